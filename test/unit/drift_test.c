/*
 * drift_test.c
 *		Drift over bins: by hand, bins of every origin, acceptance cases, generated cases with
 *		references from exact counts, control.
 */
#include "core/tests/drift.h"

#include <float.h>

#include "check.h"
#include "drift.h"
#include "generated_samples.h"
#include "sample_views.h"
#include "stops.h"

/* Quantile bins of two views and the drift over them; the views are freed, the edges are copied. */
static SdqStatus
drift_of_views(SampleView x, SampleView y, size_t n_bins, double smoothing, double *edges,
			   size_t *n_edges, DriftResult *result)
{
	Tally tally = tally_open(&x, &y);
	DriftBins bins;
	Arena arena;
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), 0);
	status = drift_quantile_bins(&tally, n_bins, &arena, NULL, &bins);
	if (!sdq_failed(status))
	{
		*n_edges = bins.n_bins - 1;
		memcpy(edges, bins.edges, *n_edges * sizeof(double));
		status = drift_measure(&tally, &bins, smoothing, &arena, NULL, result);
	}
	arena_free(&arena);
	view_free(&x);
	view_free(&y);
	return status;
}

/* Drift over edges that are given; the views are freed. */
static DriftResult
drift_over(SampleView x, SampleView y, const double *edges, size_t n_edges, double smoothing)
{
	Tally tally = tally_open(&x, &y);
	DriftBins bins = {.edges = edges, .n_bins = n_edges + 1};
	DriftResult result = {.psi = NAN};
	Arena arena;

	arena_init(&arena, arena_malloc_source(), 0);
	check(!sdq_failed(drift_measure(&tally, &bins, smoothing, &arena, NULL, &result)),
		  "the measurement succeeds");
	arena_free(&arena);
	view_free(&x);
	view_free(&y);
	return result;
}

/* The edges for two arrays of values are those expected. */
static void
check_edges(const double *x, size_t n_x, const double *y, size_t n_y, size_t n_bins,
			const double *want, size_t n_want, const char *name)
{
	double edges[20];
	size_t n_edges = 0;
	DriftResult result;
	bool agrees = !sdq_failed(drift_of_views(view_of_values(x, n_x), view_of_values(y, n_y), n_bins,
											 0.5, edges, &n_edges, &result));

	agrees = agrees && n_edges == n_want;
	for (size_t i = 0; agrees && i < n_edges; i++)
		agrees = edges[i] == want[i];
	check(agrees, name);
}

#define CHECK_EDGES(x, y, n_bins, want, name)                                                      \
	check_edges(x, N_ITEMS(x), y, N_ITEMS(y), n_bins, want, N_ITEMS(want), name)

static void
check_bins(void)
{
	static const double eight[] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const double seven[] = {1, 2, 3, 4, 5, 6, 7};
	static const double fives[] = {5, 5, 5, 5};
	static const double zeros[] = {0, 0, 0, 0, 0, 0, 0, 0, 10, 20};
	static const double tops[] = {10, 20, 30, 30, 30, 30, 30, 30};

	CHECK_EDGES(eight, eight, 4, ((double[]){2, 4, 6}), "quartiles of 1 to 8 are 2, 4, 6");
	/* The smallest v with F(v) >= 1/4, 1/2, 3/4: the 2nd, 4th and 6th of 7. */
	CHECK_EDGES(seven, eight, 4, ((double[]){2, 4, 6}), "of 1 to 7 too");
	CHECK_EDGES(eight, eight, 8, ((double[]){1, 2, 3, 4, 5, 6, 7}),
				"eight values, eight bins: one each");
	CHECK_EDGES(seven, ((double[]){0.5, 9}), 9, ((double[]){0.5, 1, 2, 3, 4, 5, 6, 7}),
				"one each for the values of both sides");
	CHECK_EDGES(zeros, ((double[]){1, 2, 3}), 4, ((double[]){0}),
				"equal quantiles merge: three of four are 0");
	CHECK_EDGES(zeros, ((double[]){-1, 2, 3}), 4, ((double[]){-5e-324, 0}),
				"what lies below them gets a bin");
	CHECK_EDGES(tops, ((double[]){1, 2}), 4, ((double[]){20}),
				"a quantile at the top of everything makes no empty bin");
	CHECK_EDGES(tops, ((double[]){1, 2, 31}), 4, ((double[]){20, 30}),
				"what lies above it gets a bin");
	CHECK_EDGES(fives, ((double[]){1, 2, 3}), 3, ((double[]){nextafter(5, 0)}),
				"a constant x against what lies below");
	CHECK_EDGES(fives, ((double[]){6, 7, 8}), 3, ((double[]){5}), "or above");
	CHECK_EDGES(fives, ((double[]){4, 5, 6, 7}), 3, ((double[]){nextafter(5, 0), 5}), "or both");
	CHECK_EDGES(((double[]){-INFINITY, -INFINITY, 1, 1, INFINITY, INFINITY}),
				((double[]){-1, 2, 3, 4}), 3, ((double[]){-INFINITY, 1}),
				"infinities are values like others: quantiles -inf and 1");
	CHECK_EDGES(((double[]){-DBL_MAX, -DBL_MAX, 1}), ((double[]){-INFINITY, 2, 3}), 2,
				((double[]){-INFINITY, -DBL_MAX}), "below the smallest double there is one value");
}

/* What chance does at 10 bins, by chi-squared tables: 16.918978 at 9 degrees of freedom. */
static void
check_null_scale(void)
{
	static const double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
	static const struct
	{
		uint64_t n_x, n_y;
		double psi_95;
	} sizes[] = {{60000, 10000, .0020}, {6000, 1000, .0197}, {500, 500, .068}};

	for (size_t k = 0; k < N_ITEMS(sizes); k++)
	{
		uint64_t counts_x[10];
		uint64_t counts_y[10];
		DriftResult r;

		for (int i = 0; i < 10; i++)
		{
			counts_x[i] = sizes[k].n_x / 10;
			counts_y[i] = sizes[k].n_y / 10;
		}
		r = drift_over(view_of_counts(values, counts_x, 10), view_of_counts(values, counts_y, 10),
					   values, 9, 0.5);
		check_close(r.psi_null_95, 16.918978 * (1. / sizes[k].n_x + 1. / sizes[k].n_y), 1e-7,
					"psi_null_95 at 10 bins");
		check_close(r.psi_null_95, sizes[k].psi_95, .02, "which is .0020, .0197, .068");
		check_close(r.psi_null_mean, 9 * (1. / sizes[k].n_x + 1. / sizes[k].n_y), 1e-15,
					"psi_null_mean at 10 bins");
	}
}

/* Counts that can be worked out on paper. */
static void
check_small(void)
{
	static const double one_two[] = {1, 2};
	static const double edge[] = {1};
	static const double lows[] = {-1};
	DriftResult r = drift_over(view_of_counts(one_two, (uint64_t[]){6, 4}, 2),
							   view_of_counts(one_two, (uint64_t[]){3, 7}, 2), edge, 1, 0);

	/* p = (.6, .4), q = (.3, .7). */
	check_close(r.psi, .3 * log(2) - .3 * log(4. / 7), 1e-15, "psi of (.6 .4) and (.3 .7)");
	check_close(r.total_variation, .3, 1e-15, "total variation .3");
	check_close(r.hellinger * r.hellinger, 1 - sqrt(.18) - sqrt(.28), 1e-14, "Hellinger");
	check_close(
		r.js_divergence,
		(.6 * log2(.6 / .45) + .4 * log2(.4 / .55) + .3 * log2(.3 / .45) + .7 * log2(.7 / .55)) / 2,
		1e-14, "Jensen-Shannon in bits");
	check_close(r.js_distance, sqrt(r.js_divergence), 1e-15, "and its root");
	check_close(r.psi_null_mean, .2, 1e-15, "null mean (2 - 1) (1/10 + 1/10)");
	check_close(r.psi_null_95, 3.841458820694124 * .2, 1e-12, "95 % of chi-squared with 1 df");
	check(r.n_x == 10 && r.n_y == 10, "sizes are reported");

	/* Half an observation in each of two bins: (6.5, 4.5) / 11 and (3.5, 7.5) / 11. */
	r = drift_over(view_of_counts(one_two, (uint64_t[]){6, 4}, 2),
				   view_of_counts(one_two, (uint64_t[]){3, 7}, 2), edge, 1, 0.5);
	check_close(r.psi, 3. / 11 * log(6.5 / 3.5) - 3. / 11 * log(4.5 / 7.5), 1e-14,
				"smoothing by 1/2");
	check_close(r.total_variation, .3, 1e-15, "touches psi alone");

	/* A value on an edge lies below it. */
	r = drift_over(view_of_counts(one_two, (uint64_t[]){5, 5}, 2),
				   view_of_counts(one_two, (uint64_t[]){5, 0}, 2), lows, 1, 0);
	check(r.total_variation == 0 && r.psi == 0, "both values above -1");
	r = drift_over(view_of_counts(one_two, (uint64_t[]){5, 5}, 2),
				   view_of_counts(one_two, (uint64_t[]){5, 0}, 2), edge, 1, 0.5);
	check_close(r.total_variation, .5, 1e-15, "1 lies below the edge 1, 2 above it");

	r = drift_over(view_of_counts(one_two, (uint64_t[]){30000, 30000}, 2),
				   view_of_counts(one_two, (uint64_t[]){5000, 5000}, 2), edge, 1, 0.5);
	check(r.psi == 0 && r.js_divergence == 0 && r.hellinger == 0 && r.total_variation == 0,
		  "equal shares of unequal samples: exactly 0");
	check_null_scale();
}

/* drift_empty_bin: a bin of one side only is finite and counted. */
static void
check_empty_bin(void)
{
	static const double values[] = {1, 2, 3};
	static const double edges[] = {1, 2};
	static const double more[] = {-5, 1, 2, 2.5, 2.75, 3};
	DriftResult r = drift_over(view_of_counts(values, (uint64_t[]){50, 50, 0}, 3),
							   view_of_counts(values, (uint64_t[]){40, 40, 20}, 3), edges, 2, 0.5);

	/* (50.5 50.5 .5) and (40.5 40.5 20.5), over 101.5. */
	check_close(r.psi, 20 / 101.5 * log(50.5 / 40.5) + 20 / 101.5 * log(20.5 / .5), 1e-13,
				"drift_empty_bin: psi is finite and counts the bin");
	check_close(r.total_variation, .2, 1e-15, "drift_empty_bin: total variation .2");
	/* (1/2) .2 ld 2 + ... of the common bins */
	check_close(r.js_divergence,
				.5 * (2 * .5 * log2(.5 / .45) + 2 * .4 * log2(.4 / .45) + .2 * log2(2)), 1e-13,
				"drift_empty_bin: Jensen-Shannon");
	r = drift_over(view_of_counts(values, (uint64_t[]){50, 50, 0}, 3),
				   view_of_counts(values, (uint64_t[]){40, 40, 20}, 3), edges, 2, 0);
	check(r.psi == INFINITY && isfinite(r.js_divergence) && isfinite(r.hellinger),
		  "drift_empty_bin: without smoothing psi is Infinity, the others are finite");

	/* Bins that are empty on both sides neither add nor divide by 0, and are no degree of freedom. */
	r = drift_over(view_of_counts(values, (uint64_t[]){50, 0, 50}, 3),
				   view_of_counts(values, (uint64_t[]){50, 0, 50}, 3), more, 6, 0);
	check(r.psi == 0 && r.js_divergence == 0 && r.psi_null_mean == 1. / 50,
		  "drift_empty_bin: empty on both sides");

	/* Nothing in common. */
	r = drift_over(view_of_values(values, 1), view_of_values(values + 1, 2), edges, 1, 0.5);
	check(r.js_divergence == 1 && r.js_distance == 1 && r.hellinger == 1 && r.total_variation == 1,
		  "disjoint samples: 1, 1, 1, 1");
	/* One bin. */
	r = drift_over(view_of_values(values, 1), view_of_values(values, 1), edges, 0, 0.5);
	check(r.psi == 0 && r.psi_null_mean == 0 && r.psi_null_95 == 0, "one bin: nothing drifts");
	r = drift_over(view_of_values((double[]){-INFINITY, INFINITY, INFINITY}, 3),
				   view_of_values((double[]){-INFINITY, 1, INFINITY}, 3), edges, 2, 0.5);
	check_close(r.total_variation, 1. / 3, 1e-15, "infinities lie in the open bins");
}

/* A drift of one observation in 2^31 keeps its digits. */
static void
check_small_drift(void)
{
	static const double one_two[] = {1, 2};
	static const double edge[] = {1};
	const uint64_t half = UINT64_C(1) << 30;
	const double d = 1 / 1073741824.; /* (p - q) / (p + q) in both bins, nearly */
	DriftResult r = drift_over(view_of_counts(one_two, (uint64_t[]){half + 1, half - 1}, 2),
							   view_of_counts(one_two, (uint64_t[]){half, half}, 2), edge, 1, 0.5);

	/* p - q = d/2, around 1/2: psi = 2 * (d/2) ln(1 + d) and so on, to first order. */
	check_close(r.psi, d * d, 1e-8, "psi of one observation in 2^31");
	check_close(r.js_divergence, d * d / 8 / log(2), 1e-8, "Jensen-Shannon, an eighth of it");
	check_close(r.hellinger, d / sqrt(8), 1e-8, "Hellinger, its root");
	check_close(r.total_variation, d / 2, 1e-15, "total variation");
	check(r.psi_null_mean > r.psi, "well below what chance does");

	/* Of three in 2e9, whose ratio of shares is no double: its logarithm must not go by way of it. */
	r = drift_over(view_of_counts(one_two, (uint64_t[]){1000000003, 999999997}, 2),
				   view_of_counts(one_two, (uint64_t[]){1000000000, 1000000000}, 2), edge, 1, 0.5);
	check_close(r.psi, 9 / (1000000000.5 * 1000000000.5), 1e-13,
				"psi of three observations in 2e9");
}

/* The generated cases. */
static void
check_reference(void)
{
	double worst = 0;
	bool bins_agree = true;

	for (size_t k = 0; k < N_ITEMS(drift_cases); k++)
	{
		static const double smoothings[] = {0.5, 0, 1, 0.01};
		const double *want = &drift_cases[k].psi;
		double edges[20];
		size_t n_edges = 0;
		size_t n_bins;
		GeneratedCase c;
		DriftResult r = {.psi = NAN};

		generate_case(k, GENERATED_MAX_SIZE, &c);
		n_bins = 2 + generator_below(&c.generator, 12);
		drift_of_views(view_of_values(c.x, c.n_x), view_of_values(c.y, c.n_y), n_bins,
					   smoothings[generator_below(&c.generator, 4)], edges, &n_edges, &r);
		bins_agree = bins_agree && n_edges + 1 == (size_t) drift_cases[k].n_bins;
		for (size_t i = 0; i < 5; i++)
		{
			double got[] = {r.psi, r.js_divergence, r.hellinger, r.total_variation, r.psi_null_95};
			double error = got[i] == want[i] ? 0 : fabs(got[i] - want[i]) / fabs(want[i]);

			if (!(error <= 1e-12))
				printf("# case %zu, field %zu: got %.17g, want %.17g\n", k, i, got[i], want[i]);
			worst = error <= worst ? worst : error;
		}
	}
	check(bins_agree, "3000 generated cases have the right number of bins");
	check_close(worst, 0, 1e-12, "and agree with exact counts in 40 digits");
}

/* Refusals, limits, interruption. */
static void
check_control(void)
{
	size_t n = (size_t) 1 << 20;
	SampleView x = view_of_range(n, 0, 1);
	SampleView none = view_of_range(0, 0, 1);
	Tally tally = tally_open(&x, &x);
	Tally half = tally_open(&x, &none);
	Stop stop = {.poll = stop_now};
	DriftBins bins;
	DriftResult r;
	Arena arena;

	arena_init(&arena, arena_malloc_source(), 0);
	check(drift_quantile_bins(&half, 10, &arena, NULL, &bins).code == SDQ_BAD_ARGUMENT,
		  "an empty side is refused");
	check(drift_quantile_bins(&tally, 1, &arena, NULL, &bins).code == SDQ_BAD_ARGUMENT &&
			  drift_quantile_bins(&tally, DRIFT_MAX_BINS + 1, &arena, NULL, &bins).code ==
				  SDQ_BAD_ARGUMENT,
		  "one bin and too many are refused");
	check(drift_quantile_bins(&tally, 10, &arena, &stop, &bins).code == SDQ_INTERRUPTED,
		  "placing edges stops when asked to");
	check(!sdq_failed(drift_quantile_bins(&tally, DRIFT_MAX_BINS, &arena, NULL, &bins)) &&
			  bins.n_bins == DRIFT_MAX_BINS && bins.edges[0] == 104,
		  "the largest number of bins: the first edge is the 105th of 2^20");
	check(drift_measure(&tally, &bins, -1, &arena, NULL, &r).code == SDQ_BAD_ARGUMENT &&
			  drift_measure(&tally, &bins, NAN, &arena, NULL, &r).code == SDQ_BAD_ARGUMENT &&
			  drift_measure(&half, &bins, 0.5, &arena, NULL, &r).code == SDQ_BAD_ARGUMENT,
		  "a negative smoothing, NaN and an empty side are refused");
	atomic_store(&stop.requested, false);
	check(drift_measure(&tally, &bins, 0.5, &arena, &stop, &r).code == SDQ_INTERRUPTED,
		  "counting stops when asked to");
	check(!sdq_failed(drift_measure(&tally, &bins, 0.5, &arena, NULL, &r)) && r.psi == 0 &&
			  r.psi_null_95 > r.psi_null_mean,
		  "and counts all the same afterwards");
	arena_free(&arena);
	arena_init(&arena, arena_malloc_source(), 1000);
	check(drift_measure(&tally, &bins, 0.5, &arena, NULL, &r).code == SDQ_OVER_LIMIT,
		  "a limit of memory holds");
	arena_free(&arena);
	view_free(&x);
	view_free(&none);
}

int
main(void)
{
	check_bins();
	check_small();
	check_empty_bin();
	check_small_drift();
	check_reference();
	check_control();
	return check_done();
}
