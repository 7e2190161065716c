/*
 * cvm_test.c
 *		The Cramer-von Mises test: by hand, references (scipy, counting in whole numbers), the oracle of all
 *		assignments, the large-sample law against the exact one, and hostile sizes.
 */
#include "core/tests/cvm.h"

#include "check.h"
#include "core/tests/cvm_exact.h"
#include "edf_cases.h"
#include "stops.h"

#define TESTED_FUNCTION cvm_test
#define TESTED_RESULT   CvmResult
#include "test_values_template.h"

static void
check_by_hand(void)
{
	static const double low[] = {1, 2, 3};
	static const double high[] = {4, 5, 6};
	CvmResult r = TEST_VALUES(low, high, TEST_AUTO);
	CvmResult swapped = TEST_VALUES(high, low, TEST_AUTO);

	/* 9 (F - G) is 3 6 9 6 3 0; the squares sum up to 171, and T = 171 / (36 * 9). */
	check_close(r.statistic, 171.0 / 324, 1e-15, "disjoint: T = 171 / 324");
	check_close(r.statistic_midrank, 171.0 / 324, 1e-15, "mid-ranks say the same without ties");
	check_close(r.p_value.p, 0.1, 1e-14, "disjoint: two of twenty assignments");
	check(r.method == TEST_EXACT && r.n_x == 3 && r.n_y == 3, "small samples: exact");
	check(swapped.statistic == r.statistic && swapped.p_value.p == r.p_value.p, "symmetric");

	/* Blocks {0, 0}, {1, 1}: after the first d = +2 or 0 or -2 of 4, t = 2: T = 2 * 4 / (16 * 4);
	 * 2 of 6 assignments have |d| = 4/2. Then d = CX n_y - CY n_x = 4 at both extremes. */
	r = TEST_VALUES(((double[]){0, 0}), ((double[]){1, 1}), TEST_AUTO);
	check_close(r.statistic, 2 * 16.0 / (16 * 4), 1e-15, "two blocks: T = 1/2");
	check_close(r.p_value.p, 2.0 / 6, 1e-15, "two blocks: 2 of 6 assignments");
	r = TEST_VALUES(((double[]){0, 1}), ((double[]){0, 1}), TEST_AUTO);
	check(r.statistic == 0 && r.p_value.p == 1, "the same twice: T = 0, p = 1");

	for (int method = TEST_AUTO; method <= TEST_ASYMPTOTIC; method++)
	{
		r = TEST_VALUES(((double[]){7, 7, 7}), ((double[]){7, 7}), (TestMethod) method);
		check(r.statistic == 0 && r.p_value.p == 1 && r.p_value.log10_p == 0,
			  "all values equal: T = 0, p = 1");
		r = TEST_VALUES(((double[]){1}), ((double[]){2}), (TestMethod) method);
		check_close(r.statistic, 0.25, 1e-15, "one against one: T = 1/4");
		check(method == TEST_ASYMPTOTIC || r.p_value.p == 1, "whichever is the smaller");
	}
	/* Infinities are the ends of the order; the distance between values means nothing. */
	r = TEST_VALUES(((double[]){-INFINITY, 0, 1e-300}), ((double[]){1e300, INFINITY, INFINITY}),
					TEST_AUTO);
	/* As low against 4 5 5: after the fifth value 0, so 9 + 36 + 81 + 36 + 2 * 0. */
	check_close(r.statistic, 162.0 / 324, 1e-15, "infinities are ordinary values");
}

/* scipy, and counting in whole numbers. */
static void
check_reference(void)
{
	for (size_t k = 0; k < N_ITEMS(edf_pairs); k++)
	{
		const EdfPair *c = &edf_pairs[k];
		char name[100];
		CvmResult r;

		snprintf(name, sizeof(name), "reference %zu (%s, %d and %d)", k, c->kind, c->n_x, c->n_y);
		test_views(edf_view(c->offset, c->n_x), edf_view(c->offset + c->n_x, c->n_y), TEST_EXACT,
				   &r);
		check(r.method == TEST_EXACT, name);
		check_close(r.statistic, c->cvm, 1e-14, name);
		check_close(r.p_value.p, c->cvm_exact, 1e-12, name);
		/* scipy takes the difference of two large numbers. */
		if (!isnan(c->cvm_midrank))
			check_close(r.statistic_midrank - c->cvm_midrank, 0, 1e-12, name);
		if (isnan(c->cvm_asymptotic) || c->cvm_asymptotic < 0)
			continue;
		test_views(edf_view(c->offset, c->n_x), edf_view(c->offset + c->n_x, c->n_y),
				   TEST_ASYMPTOTIC, &r);
		check_close(r.p_value.p, c->cvm_asymptotic, 1e-9, name);
	}
}

/* N^2 n_x n_y T of an assignment of the sorted pooled values: bit i of mask hands value i to x. */
static int64_t
lattice_statistic(const double *sorted, int n, int n_x, unsigned mask)
{
	int64_t sum = 0;
	int seen_x = 0;
	int tied = 0;

	for (int i = 0; i < n; i++)
	{
		int64_t d;

		seen_x += mask >> i & 1;
		tied++;
		if (i + 1 < n && sorted[i + 1] == sorted[i])
			continue;
		d = seen_x * (n - n_x) - (i + 1 - seen_x) * n_x;
		sum += tied * d * d;
		tied = 0;
	}
	return sum;
}

/* Several assignments of each of many small pooled samples against counting all of them. */
static void
check_all_assignments(void)
{
	double worst = 0;
	double worst_statistic = 0;
	int cases = 0;
	bool all_exact = true;
	Rng rng;

	rng_seed(&rng, 13, RNG_STREAM_TEST);
	while (cases < 6000)
	{
		int n_x = 1 + (int) rng_below(&rng, 6);
		int n_y = 1 + (int) rng_below(&rng, 7);
		int n = n_x + n_y;
		double pooled[13];
		static int64_t statistics[1 << 13];
		static unsigned masks[1 << 13];
		int all = 0;

		edf_draw_pooled(&rng, pooled, n);
		qsort(pooled, (size_t) n, sizeof(double), compare_doubles);
		for (unsigned mask = 0; mask < 1u << n; mask++)
		{
			if (__builtin_popcount(mask) != n_x)
				continue;
			masks[all] = mask;
			statistics[all++] = lattice_statistic(pooled, n, n_x, mask);
		}
		for (int repeat = 0; repeat < 5; repeat++, cases++)
		{
			int chosen = (int) rng_below(&rng, (uint64_t) all);
			double x[13];
			double y[13];
			int in_x = 0;
			int as_extreme = 0;
			CvmResult r;

			for (int i = 0; i < n; i++)
			{
				if (masks[chosen] >> i & 1)
					x[in_x++] = pooled[i];
				else
					y[i - in_x] = pooled[i];
			}
			for (int i = 0; i < all; i++)
				as_extreme += statistics[i] >= statistics[chosen];
			test_views(view_of_values(x, (size_t) n_x), view_of_values(y, (size_t) n_y), TEST_EXACT,
					   &r);
			all_exact = all_exact && r.method == TEST_EXACT;
			worst = fmax(worst, fabs(r.p_value.p * all / as_extreme - 1));
			worst_statistic = fmax(worst_statistic, fabs(r.statistic * n * n * n_x * n_y -
														 (double) statistics[chosen]));
		}
	}
	check(all_exact, "6000 small cases: exact");
	check_close(worst, 0, 1e-13, "p agrees with counting all assignments");
	check_close(worst_statistic, 0, 1e-9, "T is the whole number it should be");
}

/* Two views of few values, with counts that lean apart. */
static void
draw_counts(Rng *rng, int n_values, uint64_t n, double lean, SampleView *x, SampleView *y)
{
	double values[64];
	uint64_t counts_x[64] = {0};
	uint64_t counts_y[64] = {0};

	for (int v = 0; v < n_values; v++)
		values[v] = v;
	for (uint64_t i = 0; i < n; i++)
	{
		counts_x[rng_below(rng, (uint64_t) n_values)]++;
		counts_y[(int) (n_values * pow(rng_double(rng), lean))]++;
	}
	*x = view_of_counts(values, counts_x, (size_t) n_values);
	*y = view_of_counts(values, counts_y, (size_t) n_values);
}

/* How far the large-sample law given the ties is off: what cvm.h says. */
static void
check_tied_law(void)
{
	double worst = 0;
	double worst_log = 0;
	int compared = 0;
	Rng rng;

	rng_seed(&rng, 14, RNG_STREAM_TEST);
	for (int repeat = 0; repeat < 120; repeat++)
	{
		double lean = 1 + 0.1 * (repeat % 6);
		int n_values = 4 + 2 * (repeat % 5);
		SampleView views[2];
		CvmResult exact;
		CvmResult law;

		draw_counts(&rng, n_values, 90, lean, &views[0], &views[1]);
		{
			Tally tally = tally_open(&views[0], &views[1]);
			Arena arena;

			arena_init(&arena, arena_malloc_source(), 0);
			check(!sdq_failed(cvm_test(&tally, TEST_EXACT, &arena, NULL, &exact)) &&
					  !sdq_failed(cvm_test(&tally, TEST_ASYMPTOTIC, &arena, NULL, &law)),
				  "both laws");
			arena_free(&arena);
		}
		view_free(&views[0]);
		view_free(&views[1]);
		if (exact.p_value.p > 0.01)
			worst = fmax(worst, fabs(law.p_value.p / exact.p_value.p - 1));
		else if (exact.p_value.p > 1e-6)
			worst_log = fmax(worst_log, fabs(law.p_value.log10_p - exact.p_value.log10_p));
		compared += exact.p_value.p < 0.5;
	}
	check(compared > 40, "many cases with p below 1/2");
	check_close(worst, 0, 0.05, "90 and 90 values of 4 to 12: p within 5 % above 0.01");
	check_close(worst_log, 0, 0.2, "log10 p within 0.2 above 1e-6");
}

/* Sizes that overflow, underflow or never end elsewhere. */
static void
check_extremes(void)
{
	static const double two[] = {0, 1};
	static const double three[] = {0, 1, 2};
	CvmResult r;

	test_views(view_of_counts(two, (uint64_t[]){UINT64_C(1) << 31, 0}, 2),
			   view_of_counts(two, (uint64_t[]){0, UINT64_C(1) << 31}, 2), TEST_AUTO, &r);
	/* Half of all values have F - G = 1: T = n n / N^2 * N / 2 = N / 8. */
	check_close(r.statistic, 536870912.0, 1e-15, "2^31 against 2^31, disjoint: T = 2^32 / 8");
	check(r.p_value.p == 0 && isfinite(r.p_value.log10_p) && r.p_value.log10_p < -1e8,
		  "p is 0, its logarithm is not lost");
	check(isnan(r.statistic_midrank), "mid-ranks of such sizes are not given");
	test_views(view_of_counts(two, (uint64_t[]){3000000, 0}, 2),
			   view_of_counts(two, (uint64_t[]){3000000, 0}, 2), TEST_AUTO, &r);
	check(r.statistic == 0 && r.p_value.p == 1, "3e6 equal values a side");
	check(isfinite(r.statistic_midrank), "whose mid-ranks fit");
	test_views(view_of_counts(three, (uint64_t[]){9500, 250, 250}, 3),
			   view_of_counts(three, (uint64_t[]){9400, 300, 300}, 3), TEST_AUTO, &r);
	/* d = 100 10^4, 50 10^4; T = (18900 * 1e12 + 550 * 0.25e12) / (4e8 * 1e8) */
	check_close(r.statistic, (18900 + 550 * 0.25) * 1e12 / 4e16, 1e-14, "zero heavy: T = .4759");
	check(r.method == TEST_ASYMPTOTIC && r.p_value.p < 0.01,
		  "zero heavy: small p by the law of the ties");
	test_views(view_of_counts(two, (uint64_t[]){9000, 1000}, 2),
			   view_of_counts(two, (uint64_t[]){8900, 1100}, 2), TEST_AUTO, &r);
	check(r.method == TEST_EXACT, "two values: exact at 10,000 a side");
	test_views(view_of_range(60000, 0, 1), view_of_range(10000, 0.5, 6.1), TEST_AUTO, &r);
	check(r.method == TEST_ASYMPTOTIC && r.p_value.p < 0.02 && r.p_value.p > 0.001,
		  "60,000 against 10,000, stretched by 1.7 %");
	test_views(view_of_values(two, 1), view_of_range(20000, 0.5, 1), TEST_AUTO, &r);
	/* T of the one value at rank i depends on i alone, and is largest at both ends. */
	check_close(r.p_value.p, 2 / 20001.0, 1e-10, "one against 20,000: p = 2 / 20,001");
	check(test_views(view_of_values(two, 0), view_of_values(two, 2), TEST_AUTO, &r).code ==
			  SDQ_BAD_ARGUMENT,
		  "an empty side is refused");
}

/* Forced, infeasible, interrupted, out of memory. */
static void
check_control(void)
{
	SampleView x = view_of_range(3000, 0, 1);
	SampleView y = view_of_range(3001, 0.5, 1);
	SampleView few_x = view_of_range(90, 0, 1);
	SampleView few_y = view_of_range(91, 5.5, 1);
	Tally tally = tally_open(&x, &y);
	Tally few = tally_open(&few_x, &few_y);
	int left = 3;
	Stop stop = {.poll = stop_countdown, .context = &left};
	Arena arena;
	CvmResult r;
	ExactLaw exact;
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), 0);
	status = cvm_test(&tally, TEST_EXACT, &arena, NULL, &r);
	check(status.code == SDQ_TOO_LARGE && status.detail == TESTS_EXACT_INFEASIBLE &&
			  status.a > status.b,
		  "exact forced on 3000 against 3001 is refused");
	check(!sdq_failed(cvm_test(&tally, TEST_AUTO, &arena, NULL, &r)) && r.method == TEST_ASYMPTOTIC,
		  "and asymptotic by choice");
	status = cvm_exact(&few, 181, 1e4, &arena, NULL, &exact);
	check(!sdq_failed(status) && !exact.is_done && exact.work > 1e4,
		  "the plan says when it is too much");
	check(cvm_test(&few, TEST_EXACT, &arena, &stop, &r).code == SDQ_INTERRUPTED && left == 0,
		  "the recursion stops when asked to");
	arena_free(&arena);
	arena_init(&arena, arena_malloc_source(), 100000);
	check(cvm_test(&few, TEST_EXACT, &arena, NULL, &r).code == SDQ_OVER_LIMIT,
		  "memory beyond the limit is refused");
	arena_free(&arena);
	view_free(&x);
	view_free(&y);
	view_free(&few_x);
	view_free(&few_y);
}

int
main(void)
{
	check_by_hand();
	check_reference();
	check_all_assignments();
	check_tied_law();
	check_extremes();
	check_control();
	return check_done();
}
