/*
 * ad_test.c
 *		The k-sample Anderson-Darling test: by hand, references (scipy, whole numbers), its law against
 *		random assignments and against that of two samples, and hostile sizes.
 */
#include "core/tests/ad.h"

#include "check.h"
#include "core/tests/bridge_law.h"
#include "edf_cases.h"
#include "stops.h"

#define MAX_SAMPLES 8

static const double nothing[] = {0};

/* Test views, which are freed. */
static SdqStatus
test_views(SampleView *views, size_t k, AdResult *result)
{
	SampleStream streams[MAX_SAMPLES];
	TallyMany tally;
	Arena arena;
	SdqStatus status;

	for (size_t g = 0; g < k; g++)
		streams[g] = sample_stream_of_view(&views[g]);
	arena_init(&arena, arena_malloc_source(), 0);
	status = tally_many_open(streams, k, &arena, &tally);
	if (!sdq_failed(status))
		status = ad_test(&tally, &arena, NULL, result);
	arena_free(&arena);
	for (size_t g = 0; g < k; g++)
		view_free(&views[g]);
	return status;
}

#define VIEW(...)                                                                                  \
	view_of_values((const double[]){__VA_ARGS__},                                                  \
				   sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static void
check_by_hand(void)
{
	AdResult r;

	/* 9 (F - G) is 3 6 9 6 3 before the last value, S (6 - S) is 5 8 9 8 5:
	 * A2 = (9/5 + 36/8 + 81/9 + 36/8 + 9/5) / 9. */
	check(!sdq_failed(test_views((SampleView[]){VIEW(1, 2, 3), VIEW(4, 5, 6)}, 2, &r)),
		  "two samples");
	check_close(r.statistic, 21.6 / 9, 1e-15, "disjoint: A2 = 2.4");
	check(r.k == 2 && r.n == 6 && r.method == TEST_ASYMPTOTIC, "two samples of six values");
	check_close(r.standardized, 1.4 / sqrt(bridge_ad_variance((int64_t[]){3, 3}, 2)), 1e-14,
				"standardised by the mean 1");
	check(r.p_value.p > 0.01 && r.p_value.p < 0.2, "disjoint: p near 2/20");

	/* All equal; fewer than four. */
	test_views((SampleView[]){VIEW(7, 7), VIEW(7), VIEW(7, 7, 7)}, 3, &r);
	check(r.statistic == 0 && r.statistic_midrank == 0 && r.p_value.p == 1 &&
			  r.p_value.log10_p == 0 && r.method == TEST_EXACT,
		  "all values equal: A2 = 0, p = 1");
	check(isnan(r.standardized) && isnan(r.standardized_midrank), "and not standardised");
	test_views((SampleView[]){VIEW(1), VIEW(2)}, 2, &r);
	check_close(r.statistic, 1, 1e-15, "one against one: A2 = 1");
	check(isnan(r.standardized) && r.p_value.p > 0 && r.p_value.p <= 1,
		  "no variance, but a p-value");
	test_views((SampleView[]){VIEW(1, 1), VIEW(1, 2, 2, 2)}, 2, &r);
	check(isfinite(r.standardized) && r.p_value.p < 1, "two values");

	/* Empty samples do not take part. */
	{
		AdResult without;

		test_views((SampleView[]){VIEW(1, 2, 3), VIEW(2, 4), VIEW(5, 6, 6)}, 3, &without);
		test_views((SampleView[]){view_of_values(nothing, 0), VIEW(1, 2, 3), VIEW(2, 4),
								  view_of_values(nothing, 0), VIEW(5, 6, 6)},
				   5, &r);
		check(r.statistic == without.statistic && r.p_value.p == without.p_value.p && r.k == 3,
			  "empty samples are left out");
		test_views((SampleView[]){VIEW(5, 6, 6), VIEW(1, 2, 3), VIEW(2, 4)}, 3, &r);
		check_close(r.statistic, without.statistic, 1e-15, "the order of samples does not matter");
		test_views((SampleView[]){VIEW(1e300, INFINITY, INFINITY), VIEW(-INFINITY, -1e300, 0),
								  VIEW(-1e300, 1)},
				   3, &r);
		check_close(r.statistic, without.statistic, 1e-15, "infinities are ordinary values");
	}
	check(test_views((SampleView[]){VIEW(1, 2)}, 1, &r).code == SDQ_BAD_ARGUMENT &&
			  test_views((SampleView[]){VIEW(1, 2), view_of_values(nothing, 0)}, 2, &r).code ==
				  SDQ_BAD_ARGUMENT,
		  "fewer than two samples are refused");
}

static void
check_reference(void)
{
	AdResult r;

	for (size_t k = 0; k < N_ITEMS(edf_pairs); k++)
	{
		const EdfPair *c = &edf_pairs[k];

		test_views(
			(SampleView[]){edf_view(c->offset, c->n_x), edf_view(c->offset + c->n_x, c->n_y)}, 2,
			&r);
		check_close(r.statistic, c->ad, 1e-13, "A2 of two samples in whole numbers");
		check(r.p_value.p > 0 && r.p_value.p <= 1, "p is one");
		if (isnan(c->ad_standardized))
			continue;
		check_close(r.standardized - c->ad_standardized, 0, 1e-10, "scipy, midrank=False");
		check_close(r.standardized_midrank - c->ad_standardized_midrank, 0, 1e-10, "scipy");
	}
	for (size_t k = 0; k < N_ITEMS(edf_groups); k++)
	{
		const EdfGroups *c = &edf_groups[k];
		SampleView views[MAX_SAMPLES];
		int offset = c->offset;

		for (int g = 0; g < c->k; g++)
		{
			views[g] = edf_view(offset, c->n[g]);
			offset += c->n[g];
		}
		test_views(views, (size_t) c->k, &r);
		check_close(r.statistic, c->ad, 1e-13, "A2 of k samples in whole numbers");
		if (isnan(c->ad_standardized))
			continue;
		check_close(r.standardized - c->ad_standardized, 0, 1e-10,
					"scipy, k samples, midrank=False");
		check_close(r.standardized_midrank - c->ad_standardized_midrank, 0, 1e-10,
					"scipy, k samples");
	}
}

/* Deal n values of `n_values` different ones to k samples at random, and test. */
static AdResult
deal(Rng *rng, const double *pooled, size_t n, size_t k)
{
	double dealt[MAX_SAMPLES][64];
	size_t sizes[MAX_SAMPLES] = {0};
	size_t order[64];
	SampleView views[MAX_SAMPLES];
	AdResult r = {.n = 0};

	for (size_t i = 0; i < n; i++)
	{
		size_t j = (size_t) rng_below(rng, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (size_t i = 0; i < n; i++)
		dealt[i % k][sizes[i % k]++] = pooled[order[i]];
	for (size_t g = 0; g < k; g++)
		views[g] = view_of_values(dealt[g], sizes[g]);
	test_views(views, k, &r);
	return r;
}

/* Under the null hypothesis p is below each level about as often as the level says: what ad.h says,
 * and the share's own error. */
static void
check_level(size_t n, size_t k, int n_values)
{
	static const double levels[] = {0.5, 0.1, 0.02};
	enum
	{
		DEALS = 20000
	};
	int below[N_ITEMS(levels)] = {0};
	double pooled[64];
	Rng rng;

	rng_seed(&rng, 15 + n * k + (uint64_t) n_values, RNG_STREAM_TEST);
	for (size_t i = 0; i < n; i++)
		pooled[i] = n_values == 0 ? (double) i : (double) rng_below(&rng, (uint64_t) n_values);
	for (int i = 0; i < DEALS; i++)
	{
		double p = deal(&rng, pooled, n, k).p_value.p;

		for (size_t l = 0; l < N_ITEMS(levels); l++)
			below[l] += p <= levels[l];
	}
	for (size_t l = 0; l < N_ITEMS(levels); l++)
	{
		double want = levels[l] * DEALS;

		check_close(below[l] - want, 0, 0.07 * want + 4 * sqrt(want),
					"p is below its level as often as it should be");
	}
}

static void
check_law(void)
{
	check_level(60, 2, 0);
	check_level(60, 3, 0);
	check_level(60, 6, 0);
	check_level(60, 2, 9);
	check_level(60, 4, 12);
}

/* Sizes that overflow or underflow elsewhere. */
static void
check_extremes(void)
{
	static const double two[] = {0, 1};
	SampleView views[3];
	AdResult r;
	AdResult thousand;

	for (int g = 0; g < 3; g++)
		views[g] = view_of_counts(
			two, (uint64_t[]){g == 0 ? 0 : UINT64_C(1) << 31, g == 0 ? UINT64_C(1) << 31 : 0}, 2);
	test_views(views, 3, &r);
	/* One look, at S = 2 n of 3 n: N C - n S is -2 n^2, n^2 and n^2, so the sum of squares over n is
	 * 6 n^3, and A2 = 2 n 6 n^3 / (2 n n) / (3 n) = 2 n. */
	check_close(r.statistic, 4294967296.0, 1e-14, "2^31 in each of three: A2 = 2^32");
	check(r.p_value.p == 0 && isfinite(r.p_value.log10_p) && r.p_value.log10_p < -1e8 &&
			  isfinite(r.standardized_midrank),
		  "p is 0, its logarithm is not lost");

	/* Thousands of values without ties, by the limit law: sqrt3 erfc(sqrt A2) far out. */
	views[0] = view_of_range(1000, 0, 1);
	views[1] = view_of_range(1000, 500.5, 1);
	test_views(views, 2, &thousand);
	check(thousand.p_value.log10_p < -80 && thousand.p_value.log10_p > -200,
		  "1000 and 1000, half of them shifted out");
	views[0] = view_of_range(1000, 0, 1);
	views[1] = view_of_range(1000, 0.5, 1);
	test_views(views, 2, &r);
	check(r.p_value.p > 0.999, "1000 and 1000 interleaved");
}

static void
check_control(void)
{
	SampleView views[2] = {view_of_range(300000, 0, 1), view_of_range(300000, 0.5, 1)};
	SampleStream streams[2] = {sample_stream_of_view(&views[0]), sample_stream_of_view(&views[1])};
	int left = 2;
	Stop stop = {.poll = stop_countdown, .context = &left};
	TallyMany tally;
	Arena arena;
	AdResult r;

	arena_init(&arena, arena_malloc_source(), 0);
	check(!sdq_failed(tally_many_open(streams, 2, &arena, &tally)), "a tally of 600,000 values");
	check(ad_test(&tally, &arena, &stop, &r).code == SDQ_INTERRUPTED && left == 0,
		  "the fold stops when asked to");
	arena_free(&arena);
	view_free(&views[0]);
	view_free(&views[1]);
}

int
main(void)
{
	check_by_hand();
	check_reference();
	check_law();
	check_extremes();
	check_control();
	return check_done();
}
