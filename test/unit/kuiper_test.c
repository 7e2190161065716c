/*
 * kuiper_test.c
 *		Kuiper's test: by hand, references (counting in whole numbers), the oracle of all assignments, its
 *		limit law, the large-sample law against the exact one, and hostile sizes.
 */
#include "core/tests/kuiper.h"

#include "check.h"
#include "core/base/constants.h"
#include "core/tests/kuiper_exact.h"
#include "edf_cases.h"
#include "stops.h"

#define TESTED_FUNCTION kuiper_test
#define TESTED_RESULT   KuiperResult
#include "test_values_template.h"

static void
check_by_hand(void)
{
	static const double low[] = {1, 2, 3};
	static const double high[] = {4, 5, 6};
	static const double inner[] = {3, 4};
	static const double outer[] = {1, 2, 5, 6};
	KuiperResult r = TEST_VALUES(low, high, TEST_AUTO);

	check(r.statistic == 1 && r.location_plus == 3 && isnan(r.location_minus),
		  "disjoint: V = 1 at 3");
	/* Of 20 orders of xxxyyy those have V = 1 that are a circle's turn of it: 6. */
	check_close(r.p_value.p, 6.0 / 20, 1e-14, "disjoint: p = 6/20");
	check(r.method == TEST_EXACT && r.n_x == 3 && r.n_y == 3, "small samples: exact");

	/* Same centre, different spread: D is 1/2, V is 1; yyxxyy, whose turns are 6 of 15 orders. */
	r = TEST_VALUES(inner, outer, TEST_AUTO);
	check(r.statistic == 1 && r.location_plus == 4 && r.location_minus == 2,
		  "spread: V = 1/2 + 1/2, at 4 and at 2");
	check_close(r.p_value.p, 6.0 / 15, 1e-14, "spread: p = 6/15");

	for (int method = TEST_AUTO; method <= TEST_ASYMPTOTIC; method++)
	{
		r = TEST_VALUES(((double[]){7, 7, 7}), ((double[]){7, 7}), (TestMethod) method);
		check(r.statistic == 0 && r.p_value.p == 1 && isnan(r.location_plus) &&
				  isnan(r.location_minus),
			  "all values equal: V = 0, p = 1, nowhere");
		r = TEST_VALUES(((double[]){1}), ((double[]){2}), (TestMethod) method);
		check(r.statistic == 1 && r.p_value.p > 0.5, "one against one: V = 1");
	}
	r = TEST_VALUES(((double[]){-INFINITY, 0, 1}), ((double[]){1, INFINITY, INFINITY}), TEST_AUTO);
	check_close(r.statistic, 2.0 / 3, 1e-15, "infinities are ordinary values");
}

/* A circle may be cut anywhere. */
static void
check_circle(void)
{
	Rng rng;
	bool same = true;

	rng_seed(&rng, 21, RNG_STREAM_TEST);
	for (int repeat = 0; repeat < 200; repeat++)
	{
		double x[20];
		double y[20];
		size_t n_x = 1 + (size_t) rng_below(&rng, 20);
		size_t n_y = 1 + (size_t) rng_below(&rng, 20);
		double turn = 1 + (double) rng_below(&rng, 23);
		KuiperResult before;
		KuiperResult after;

		for (size_t i = 0; i < n_x; i++)
			x[i] = (double) rng_below(&rng, 24);
		for (size_t i = 0; i < n_y; i++)
			y[i] = (double) rng_below(&rng, 24);
		test_views(view_of_values(x, n_x), view_of_values(y, n_y), TEST_EXACT, &before);
		for (size_t i = 0; i < n_x; i++)
			x[i] = fmod(x[i] + turn, 24);
		for (size_t i = 0; i < n_y; i++)
			y[i] = fmod(y[i] + turn, 24);
		test_views(view_of_values(y, n_y), view_of_values(x, n_x), TEST_EXACT, &after);
		same = same && before.lattice == after.lattice &&
			   fabs(before.p_value.p - after.p_value.p) <= 1e-13 * before.p_value.p;
	}
	check(same, "hours of a day: any hour may be the first, and x and y may change places");
}

static void
check_reference(void)
{
	for (size_t k = 0; k < N_ITEMS(edf_pairs); k++)
	{
		const EdfPair *c = &edf_pairs[k];
		char name[100];
		KuiperResult r;

		snprintf(name, sizeof(name), "reference %zu (%s, %d and %d)", k, c->kind, c->n_x, c->n_y);
		test_views(edf_view(c->offset, c->n_x), edf_view(c->offset + c->n_x, c->n_y), TEST_EXACT,
				   &r);
		check(r.method == TEST_EXACT && r.lattice == c->kuiper, name);
		check_close(r.p_value.p, c->kuiper_exact, 1e-12, name);
	}
}

/* n_x n_y V of an assignment of the sorted pooled values: bit i of mask hands value i to x. */
static int
lattice_statistic(const double *sorted, int n, int n_x, unsigned mask)
{
	int seen_x = 0;
	int high = 0;
	int low = 0;

	for (int i = 0; i < n; i++)
	{
		int d;

		seen_x += mask >> i & 1;
		if (i + 1 < n && sorted[i + 1] == sorted[i])
			continue;
		d = seen_x * (n - n_x) - (i + 1 - seen_x) * n_x;
		high = d > high ? d : high;
		low = d < low ? d : low;
	}
	return high - low;
}

/* All values that V takes for each of many small pooled samples against counting all assignments. */
static void
check_all_assignments(void)
{
	double worst = 0;
	int cases = 0;
	Rng rng;

	rng_seed(&rng, 22, RNG_STREAM_TEST);
	while (cases < 6000)
	{
		int n_x = 1 + (int) rng_below(&rng, 6);
		int n_y = 1 + (int) rng_below(&rng, 7);
		int n = n_x + n_y;
		int at_least[50] = {0};
		double pooled[13];
		int all = 0;
		SampleView x;
		SampleView y;
		Tally tally;
		TallyBlock block;
		int64_t n_blocks = 0;
		Arena arena;

		edf_draw_pooled(&rng, pooled, n);
		x = view_of_values(pooled, (size_t) n_x);
		y = view_of_values(pooled + n_x, (size_t) n_y);
		qsort(pooled, (size_t) n, sizeof(double), compare_doubles);
		for (unsigned mask = 0; mask < 1u << n; mask++)
		{
			if (__builtin_popcount(mask) != n_x)
				continue;
			all++;
			for (int v = lattice_statistic(pooled, n, n_x, mask); v >= 0; v--)
				at_least[v]++;
		}
		tally = tally_open(&x, &y);
		while (tally_next(&tally, &block))
			n_blocks++;
		arena_init(&arena, arena_malloc_source(), 0);
		for (int v = 1; v <= n_x * n_y && n_blocks > 1 && at_least[v] > 0; v++, cases++)
		{
			ExactLaw exact = {.is_done = false};

			kuiper_exact(&tally, n_blocks, v, 1e7, &arena, NULL, &exact);
			worst = fmax(worst, exact.is_done ? fabs(exp(exact.log_p) * all / at_least[v] - 1) : 1);
		}
		arena_free(&arena);
		view_free(&x);
		view_free(&y);
	}
	check_close(worst, 0, 1e-13, "6000 small cases: p agrees with counting all assignments");
}

/* Kuiper's table and its tails. */
static void
check_limit(void)
{
	/* The 10 %, 5 % and 1 % points of the limit law (Stephens 1970: 1.620, 1.747, 2.001). */
	check_close(kuiper_tail(1.620).p, 0.10, 3e-3, "l = 1.620: 10 %");
	check_close(kuiper_tail(1.747).p, 0.05, 4e-3, "l = 1.747: 5 %");
	check_close(kuiper_tail(2.001).p, 0.01, 4e-3, "l = 2.001: 1 %");
	check_close(kuiper_tail(30).log10_p, (log(2 * 3599.0) - 1800) / LN_10, 1e-15,
				"l = 30: the leading term, in logarithm");
	check(kuiper_tail(30).p == 0 && kuiper_tail(0).p == 1 && kuiper_tail(-1).p == 1, "the ends");
	for (double l = 0.30; l < 0.8; l += 0.01)
		check(kuiper_tail(l).p >= kuiper_tail(l + 0.01).p && kuiper_tail(l).p <= 1,
			  "falls where the series changes");
	check_close(kuiper_tail(0.7071067).p, kuiper_tail(0.7071069).p, 1e-6, "no step there");
}

/* How far the large-sample law is off: what kuiper.h says. */
static void
check_large(void)
{
	static const struct
	{
		size_t n_x, n_y;
	} sizes[] = {{1000, 1000}, {997, 1009}, {600, 2000}};

	for (size_t k = 0; k < N_ITEMS(sizes); k++)
	{
		size_t n_x = sizes[k].n_x;
		size_t n_y = sizes[k].n_y;

		/* x shifted by more and more against y. */
		for (double shift = 0.05; shift < 0.2; shift += 0.01)
		{
			KuiperResult exact;
			KuiperResult law;

			test_views(view_of_range(n_x, shift, 1.0 / (double) n_x),
					   view_of_range(n_y, 1e-7, 1.0 / (double) n_y), TEST_EXACT, &exact);
			test_views(view_of_range(n_x, shift, 1.0 / (double) n_x),
					   view_of_range(n_y, 1e-7, 1.0 / (double) n_y), TEST_ASYMPTOTIC, &law);
			check(exact.method == TEST_EXACT && law.method == TEST_ASYMPTOTIC, "both laws");
			if (exact.p_value.p > 0.01)
				check_close(law.p_value.p, exact.p_value.p, 0.01, "p within 1 % above 0.01");
			else if (exact.p_value.p > 1e-12)
				check_close(law.p_value.log10_p - exact.p_value.log10_p, 0, 0.12,
							"log10 p within 0.12 above 1e-12");
		}
	}
}

/* How far the law of a small sample with the same ties is off: what kuiper_scaled.h says. */
static void
check_tied_law(void)
{
	double worst = 0;
	double worst_log = 0;
	int compared = 0;
	Rng rng;

	rng_seed(&rng, 23, RNG_STREAM_TEST);
	for (int repeat = 0; repeat < 60; repeat++)
	{
		double values[40];
		uint64_t counts[2][40] = {{0}};
		size_t n_values = 5 + (size_t) rng_below(&rng, 35);
		double zeros = repeat % 2 == 0 ? 0.8 : 0;
		SampleView views[2];
		KuiperResult results[2];

		for (size_t v = 0; v < n_values; v++)
			values[v] = (double) v;
		for (int side = 0; side < 2; side++)
		{
			for (int i = 0; i < 700; i++)
			{
				/* y leans to larger values, more and more. */
				double u = pow(rng_double(&rng), side == 0 ? 1 : 1 + 0.01 * repeat);
				bool is_zero = rng_double(&rng) < zeros - (side == 0 ? 0 : 0.001 * repeat);

				counts[side][is_zero ? 0 : (size_t) ((double) n_values * u)]++;
			}
		}
		for (int method = TEST_EXACT; method <= TEST_ASYMPTOTIC; method++)
		{
			for (int side = 0; side < 2; side++)
				views[side] = view_of_counts(values, counts[side], n_values);
			check(!sdq_failed(test_views(views[0], views[1], (TestMethod) method,
										 &results[method - TEST_EXACT])),
				  "the law of many ties");
		}
		if (results[0].p_value.p > 0.01)
			worst = fmax(worst, fabs(results[1].p_value.p / results[0].p_value.p - 1));
		else
			worst_log =
				fmax(worst_log, fabs(results[1].p_value.log10_p - results[0].p_value.log10_p));
		compared += results[0].p_value.p < 0.2;
	}
	check(compared > 15, "many cases with p below 0.2");
	check_close(worst, 0, 0.08, "1400 values, 5 to 40 of them different: p within 8 % above 0.01");
	check_close(worst_log, 0, 0.4, "log10 p within 0.4 below");
}

/* A few values of very different counts have p-values. */
static void
check_crumbs(void)
{
	bool sound = true;
	Rng rng;

	rng_seed(&rng, 24, RNG_STREAM_TEST);
	for (int repeat = 0; repeat < 1000; repeat++)
	{
		static const double values[] = {0, 1, 2, 3, 4, 5};
		SampleView views[2];
		KuiperResult r;

		for (int side = 0; side < 2; side++)
		{
			uint64_t counts[N_ITEMS(values)];

			for (size_t v = 0; v < N_ITEMS(values); v++)
				counts[v] = (uint64_t) pow(10, 8.9 * rng_double(&rng) * rng_double(&rng));
			views[side] = view_of_counts(values, counts, 1 + (size_t) rng_below(&rng, 6));
		}
		sound = sound && !sdq_failed(test_views(views[0], views[1], TEST_ASYMPTOTIC, &r)) &&
				r.p_value.p >= 0 && r.p_value.p <= 1 && isfinite(r.p_value.log10_p) &&
				r.p_value.log10_p <= 0;
	}
	check(sound, "1000 pairs of a few values of very different counts");
}

/* Sizes that overflow, underflow or never end elsewhere. */
static void
check_extremes(void)
{
	static const double two[] = {0, 1};
	KuiperResult r;

	test_views(view_of_counts(two, (uint64_t[]){UINT64_C(1) << 31, 0}, 2),
			   view_of_counts(two, (uint64_t[]){0, UINT64_C(1) << 31}, 2), TEST_AUTO, &r);
	check(r.statistic == 1 && r.p_value.p == 0 && isfinite(r.p_value.log10_p) &&
			  r.p_value.log10_p < -1e8,
		  "2^31 against 2^31, disjoint: V = 1, log10 p is not lost");
	test_views(view_of_counts(two, (uint64_t[]){900, 100}, 2),
			   view_of_counts(two, (uint64_t[]){870, 130}, 2), TEST_AUTO, &r);
	/* Two values: V = D, and the chance that a hypergeometric number of 230 ones among 2000 is 15 or
	 * more off its mean, summed by scipy. */
	check(r.method == TEST_EXACT, "two values: exact at 1000 a side");
	check_close(r.p_value.p, 0.041904548383735134, 1e-12, "two values: the hypergeometric tails");
	test_views(view_of_range(60000, 0, 1), view_of_range(10000, 0.5, 6.1), TEST_AUTO, &r);
	check(r.method == TEST_ASYMPTOTIC && r.p_value.p > 1e-3 && r.p_value.p < 1,
		  "60,000 against 10,000, stretched by 1.7 %");
	check(test_views(view_of_values(two, 0), view_of_values(two, 2), TEST_AUTO, &r).code ==
			  SDQ_BAD_ARGUMENT,
		  "an empty side is refused");
}

/* Forced, infeasible, interrupted, out of memory. */
static void
check_control(void)
{
	SampleView x = view_of_range(300000, 0, 1);
	SampleView y = view_of_range(300001, 0.5, 1);
	SampleView tied_x = view_of_range(400, 0, 1);
	SampleView tied_y = view_of_range(401, 0, 1);
	Tally tally = tally_open(&x, &y);
	Tally tied = tally_open(&tied_x, &tied_y);
	int left = 3;
	Stop stop = {.poll = stop_countdown, .context = &left};
	Arena arena;
	KuiperResult r;
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), 0);
	status = kuiper_test(&tally, TEST_EXACT, &arena, NULL, &r);
	check(status.code == SDQ_TOO_LARGE && status.detail == TESTS_EXACT_INFEASIBLE &&
			  status.a > status.b,
		  "exact forced on 300,000 against 300,001 is refused");
	check(!sdq_failed(kuiper_test(&tally, TEST_AUTO, &arena, NULL, &r)) &&
			  r.method == TEST_ASYMPTOTIC,
		  "and asymptotic by choice");
	check(kuiper_test(&tied, TEST_EXACT, &arena, &stop, &r).code == SDQ_INTERRUPTED && left == 0,
		  "the walks stop when asked to");
	arena_free(&arena);
	arena_init(&arena, arena_malloc_source(), 10000);
	check(kuiper_test(&tied, TEST_EXACT, &arena, NULL, &r).code == SDQ_OVER_LIMIT,
		  "memory beyond the limit is refused");
	arena_free(&arena);
	view_free(&x);
	view_free(&y);
	view_free(&tied_x);
	view_free(&tied_y);
}

int
main(void)
{
	check_by_hand();
	check_circle();
	check_reference();
	check_all_assignments();
	check_limit();
	check_large();
	check_tied_law();
	check_crumbs();
	check_extremes();
	check_control();
	return check_done();
}
