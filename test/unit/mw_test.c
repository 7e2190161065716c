/*
 * mw_test.c
 *		The Mann-Whitney test: acceptance cases by name, then references (scipy), the oracle of all
 *		assignments, and hostile sizes.
 */
#include "core/tests/mw.h"

#include "check.h"
#include "core/base/rng.h"
#include "core/tests/mw_exact.h"
#include "sample_views.h"
#include "stops.h"
#include "two_sample_cases.h"

#define TESTED_FUNCTION mw_test
#define TESTED_RESULT   MwResult
#include "test_values_template.h"

/* mw_small_exact, mw_sign, mw_one_sided */
static void
check_small(void)
{
	static const double low[] = {1, 2, 3};
	static const double middle[] = {4, 5, 6};
	static const double high[] = {10, 11, 12};
	MwResult r = TEST_VALUES(low, middle, TEST_AUTO);

	check(r.u == 0 && r.method == TEST_EXACT, "mw_small_exact: U = 0, exact");
	check_close(r.two_sided.p, .1, 1e-14, "mw_small_exact: p = 2/20");
	check_close(r.less.p, .05, 1e-14, "mw_small_exact: x smaller is `less`, p = 1/20");
	check(r.greater.p == 1, "mw_small_exact: greater has p = 1");
	/* sigma^2 = 9 * 7 / 12, z = -4.5 / sigma */
	check_close(r.z, -4.5 / sqrt(63.0 / 12), 1e-15, "mw_small_exact: z without correction");
	r = TEST_VALUES(low, middle, TEST_ASYMPTOTIC);
	check(r.method == TEST_ASYMPTOTIC, "mw_small_exact: asymptotic on demand");
	check_close(r.two_sided.p, .0808556, 1e-6, "mw_small_exact: asymptotic p = .0808556");

	r = TEST_VALUES(high, low, TEST_AUTO);
	check(r.u == 9 && r.auc == 1 && r.cliffs_delta == 1, "mw_sign: U = 9, A = 1, delta = +1");
	check_close(r.greater.p, .05, 1e-14, "mw_sign: greater is small");

	r = TEST_VALUES(((double[]){1, 5, 7, 8}), ((double[]){2, 3, 4, 6, 9}), TEST_AUTO);
	/* U = 0 + 3 + 4 + 4 = 11. The coefficients of [9 choose 4]_q are 1 1 2 3 5 6 8 9 11 11 12 11 ... */
	check(r.u == 11, "mw_one_sided: U = 11");
	check_close(r.greater.p + r.less.p, 1 + 11.0 / 126, 1e-13,
				"mw_one_sided: p_greater + p_less = 1 + P(U = u)");
}

/* mw_at_mean, mw_all_equal, mw_big_tie */
static void
check_mean(void)
{
	static const double five[] = {5};
	MwResult r;

	for (int method = TEST_AUTO; method <= TEST_ASYMPTOTIC; method++)
	{
		r = TEST_VALUES(((double[]){1, 4}), ((double[]){2, 3}), (TestMethod) method);
		check(r.two_sided.p == 1 && r.z == 0, "mw_at_mean: 2 and 2, p = 1");
		r = TEST_VALUES(((double[]){1, 4, 5, 8}), ((double[]){2, 3, 6, 7}), (TestMethod) method);
		check(r.two_sided.p == 1, "mw_at_mean: 4 and 4, p = 1");
		r = TEST_VALUES(((double[]){7, 7, 7}), ((double[]){7, 7}), (TestMethod) method);
		check(r.u == 3 && r.two_sided.p == 1 && r.greater.p == 1 && r.less.p == 1 &&
				  r.cliffs_delta == 0 && r.z == 0,
			  "mw_all_equal: U = n_x n_y / 2, p = 1, delta = 0, z = 0");
		test_views(view_of_counts(five, (uint64_t[]){3000000}, 1),
				   view_of_counts(five, (uint64_t[]){3000000}, 1), (TestMethod) method, &r);
		check(r.u == 4.5e12 && r.two_sided.p == 1 && r.two_sided.log10_p == 0,
			  "mw_big_tie: 3e6 equal values a side, p = 1");
	}
	/* Nearly all equal, at the largest sizes there are. */
	test_views(view_of_counts((double[]){0, 1}, (uint64_t[]){(UINT64_C(1) << 31) - 1, 1}, 2),
			   view_of_counts((double[]){0, 1}, (uint64_t[]){UINT64_C(1) << 31, 0}, 2), TEST_AUTO,
			   &r);
	/* One value of 2^32 sticks out: sigma = n / 2 * sqrt(1 / N) * ..., U - mu = n / 2; z = 1. */
	check_close(r.z, 1, 1e-8, "mw_big_tie: one of 2^32 values differs, z = 1");
	check_close(r.auc, 0.5 + 0.5 / 2147483648.0, 1e-16, "mw_big_tie: A = 1/2 + 1/(2n)");
}

/* mw_zero_heavy, mw_tied_exact */
static void
check_ties(void)
{
	static const double zero_one_two[] = {0, 1, 2};
	static const double x[] = {0, 0, 0, 0, 1, 2, 3};
	static const double y[] = {0, 0, 1, 1, 3, 4, 5, 5};
	MwResult r;

	test_views(view_of_counts(zero_one_two, (uint64_t[]){9500, 250, 250}, 3),
			   view_of_counts(zero_one_two, (uint64_t[]){9400, 300, 300}, 3), TEST_AUTO, &r);
	check(r.u == 49500000 && r.cliffs_delta == -.01 && r.method == TEST_ASYMPTOTIC,
		  "mw_zero_heavy: U = 49,500,000, delta = -.01");
	check_close(r.two_sided.p, .0019332922, 1e-7, "mw_zero_heavy: p = .0019332922");

	r = TEST_VALUES(x, y, TEST_AUTO);
	check(r.u == 15.5 && r.method == TEST_EXACT, "mw_tied_exact: U = 15.5, exact");
	check_close(r.less.p, .0764569, 1e-6, "mw_tied_exact: less = .0764569");
	check_close(r.two_sided.p, .1529137, 1e-6, "mw_tied_exact: two-sided = .1529137");
	r = TEST_VALUES(x, y, TEST_ASYMPTOTIC);
	check_close(r.two_sided.p, .1491498, 1e-6, "mw_tied_exact: asymptotic = .1491498");
}

/* ks_madlib_sample, the Mann-Whitney part */
static void
check_madlib(void)
{
	static const double x[] = {.22, -.87, -2.39, -1.79, .37, -1.54, 1.28, -.31, -.74, 1.72,
							   .38, -.17, -.62,  -1.10, .30, .15,   2.30, .19,  -.50, -.09};
	static const double y[] = {-5.13, -2.19, -2.43, -3.83, .50,  -3.25, 4.32, 1.63, 5.18, -.43,
							   7.11,  4.87,  -3.10, -5.81, 3.76, 6.31,  2.58, .07,  5.76, 3.50};
	MwResult r = TEST_VALUES(x, y, TEST_AUTO);

	check(r.u == 165 && r.cliffs_delta == -.175, "ks_madlib_sample: U = 165, delta = -.175");
	check_close(r.two_sided.p, .3546522034, 1e-9, "ks_madlib_sample: exact p = .3546522034");
	r = TEST_VALUES(x, y, TEST_ASYMPTOTIC);
	check_close(r.two_sided.p, .3507022237, 1e-9, "ks_madlib_sample: asymptotic p = .3507022237");
}

/* mw_z30 */
static void
check_tail(void)
{
	static const struct
	{
		double z, log10_p;
	} tails[] = {{30, -197.00818}, {38, -315.23876}, {40, -349.13598}, {100, -2173.57051}};
	MwResult r;

	check_close(normal_both_tails(30).p, 9.8134e-198, 1e-4, "mw_z30: p = 9.8134e-198");
	for (size_t k = 0; k < N_ITEMS(tails); k++)
		check_close(normal_both_tails(tails[k].z).log10_p, tails[k].log10_p, 1e-7,
					"mw_z30: log10 p of z = 30, 38, 40, 100");
	check(normal_both_tails(0).p == 1 && normal_both_tails(0).log10_p == 0, "mw_z30: z = 0");
	check_close(normal_upper_tail(-40).p, 1, 0, "mw_z30: the tail above -40 is everything");
	for (double x = 4.99; x < 5.01; x += 0.001)
		check_close(log_erfc(x), log(erfc(x)), 1e-14, "ln erfc on both sides of the switch");

	/* A whole test far out: half of a million values, all of them smaller. */
	test_views(view_of_counts((double[]){0, 1}, (uint64_t[]){1000000, 0}, 2),
			   view_of_counts((double[]){0, 1}, (uint64_t[]){500000, 500000}, 2), TEST_AUTO, &r);
	check(r.two_sided.p == 0 && isfinite(r.two_sided.log10_p) && r.two_sided.log10_p < -100000,
		  "mw_z30: p is 0, its logarithm is not lost");
	check(isfinite(r.less.log10_p) && r.greater.p == 1, "mw_z30: one-sided too");
}

/* mw_swap */
static void
check_swap(void)
{
	static double many[17000];
	static const double two[] = {1, 2};
	MwResult r;
	MwResult swapped;

	for (int i = 0; i < 17000; i++)
		many[i] = i + 3;
	r = TEST_VALUES(two, many, TEST_AUTO);
	swapped = TEST_VALUES(many, two, TEST_AUTO);
	check(r.u == 0 && swapped.u == 34000 && r.method == TEST_EXACT, "mw_swap: U = 0 and 34,000");
	check_close(r.two_sided.p, 1.38384e-8, 1e-5, "mw_swap: p = 1.38384e-8");
	check(swapped.two_sided.p == r.two_sided.p && swapped.greater.p == r.less.p,
		  "mw_swap: both ways");
}

/* Exact and asymptotic p-values by scipy, exact ones with ties by counting. */
static void
check_reference(void)
{
	for (size_t k = 0; k < N_ITEMS(two_sample_cases); k++)
	{
		const TwoSampleCase *c = &two_sample_cases[k];
		char name[100];

		snprintf(name, sizeof(name), "reference %zu (%s, %d and %d)", k, c->kind, c->n_x, c->n_y);
		for (int method = TEST_EXACT; method <= TEST_ASYMPTOTIC; method++)
		{
			const double *want = method == TEST_EXACT ? c->mw_exact : c->mw_asymptotic;
			MwResult r;

			test_views(two_sample_view(c, false), two_sample_view(c, true), (TestMethod) method,
					   &r);
			check(r.u == c->u && r.method == (TestMethod) method, name);
			check_close(r.two_sided.p, want[0], 1e-9, name);
			check_close(r.greater.p, want[1], 1e-9, name);
			check_close(r.less.p, want[2], 1e-9, name);
		}
	}
}

/* All assignments of small samples. */
static void
check_all_assignments(void)
{
	double worst = 0;
	bool statistics_agree = true;
	Rng rng;

	rng_seed(&rng, 6, RNG_STREAM_TEST);
	for (int repeat = 0; repeat < 4000; repeat++)
	{
		int n_x = 1 + (int) rng_below(&rng, 5);
		int n_y = 1 + (int) rng_below(&rng, 6);
		int n = n_x + n_y;
		int n_values = 1 + (int) rng_below(&rng, repeat % 4 == 0 ? 1000 : 7);
		double pooled[12];
		int greater = 0;
		int less = 0;
		int all = 0;
		int observed = 0;
		MwResult r;

		for (int i = 0; i < n; i++)
			pooled[i] = (double) rng_below(&rng, (uint64_t) n_values);
		test_views(view_of_values(pooled, (size_t) n_x), view_of_values(pooled + n_x, (size_t) n_y),
				   TEST_EXACT, &r);
		/* The first assignment is the sample itself: the lowest n_x bits. */
		for (unsigned mask = (1u << n_x) - 1; mask < 1u << n; mask++)
		{
			int doubled = 0;

			if (__builtin_popcount(mask) != n_x)
				continue;
			for (int i = 0; i < n; i++)
				for (int j = 0; j < n; j++)
					if ((mask >> i & 1) && !(mask >> j & 1))
						doubled += 2 * (pooled[i] > pooled[j]) + (pooled[i] == pooled[j]);
			if (all == 0)
				observed = doubled;
			all++;
			greater += doubled >= observed;
			less += doubled <= observed;
		}
		statistics_agree = statistics_agree && r.u == 0.5 * observed && r.method == TEST_EXACT;
		worst = fmax(worst, fabs(r.greater.p * all / greater - 1));
		worst = fmax(worst, fabs(r.less.p * all / less - 1));
		worst = fmax(worst,
					 fabs(r.two_sided.p - fmin(1, 2.0 * (greater < less ? greater : less) / all)));
	}
	check(statistics_agree, "4000 small cases: U is right, and the law exact");
	check_close(worst, 0, 1e-11, "and agrees with counting all assignments");
}

/* The law without ties against the one with ties, which knows nothing of it. */
static void
check_two_laws(void)
{
	double worst = 0;

	for (int n_x = 1; n_x <= 24; n_x += 3)
	{
		for (int n_y = 1; n_y <= 30; n_y += 4)
		{
			double values[60];
			SampleView x;
			SampleView y;
			Tally tally;
			Arena arena;

			for (int i = 0; i < n_x + n_y; i++)
				values[i] = i;
			x = view_of_values(values, (size_t) n_x);
			y = view_of_values(values + n_x, (size_t) n_y);
			tally = tally_open(&x, &y);
			arena_init(&arena, arena_malloc_source(), 0);
			for (int u = 0; u <= n_x * n_y; u += 1 + n_x * n_y / 40)
			{
				MwTails untied;
				MwTails tied;

				mw_untied_tails(n_x, n_y, u, &arena, NULL, &untied);
				mw_tied_tails(&tally, 2 * u, &arena, NULL, &tied);
				worst = fmax(worst, fabs(untied.lower.p / tied.lower.p - 1));
				worst = fmax(worst, fabs(untied.upper.p / tied.upper.p - 1));
			}
			arena_free(&arena);
			view_free(&x);
			view_free(&y);
		}
	}
	check_close(worst, 0, 1e-11, "Gaussian binomial = shift algorithm without ties");
}

/* Forced, infeasible, interrupted, out of memory. */
static void
check_control(void)
{
	static double x[340];
	static double y[340];
	SampleView view_x;
	SampleView view_y;
	Tally tally;
	int left = 2;
	Stop stop = {.poll = stop_countdown, .context = &left};
	Arena arena;
	MwResult r;
	SdqStatus status;

	for (int i = 0; i < 340; i++)
	{
		x[i] = i / 2;
		y[i] = i / 2 + 3;
	}
	check(test_views(view_of_values(x, 0), view_of_values(y, 5), TEST_AUTO, &r).code ==
			  SDQ_BAD_ARGUMENT,
		  "an empty side is refused");
	status =
		test_views(view_of_counts((double[]){0, 1}, (uint64_t[]){500, 500}, 2),
				   view_of_counts((double[]){0, 1}, (uint64_t[]){400, 500}, 2), TEST_EXACT, &r);
	check(status.code == SDQ_TOO_LARGE && status.detail == TESTS_EXACT_INFEASIBLE &&
			  status.a > status.b,
		  "exact forced on 1000 against 900 is refused");

	view_x = view_of_values(x, 340);
	view_y = view_of_values(y, 340);
	tally = tally_open(&view_x, &view_y);
	arena_init(&arena, arena_malloc_source(), 1000000);
	check(mw_test(&tally, TEST_EXACT, &arena, NULL, &r).code == SDQ_OVER_LIMIT,
		  "counts beyond the limit of memory are refused");
	arena_free(&arena);
	arena_init(&arena, arena_malloc_source(), 0);
	check(mw_test(&tally, TEST_EXACT, &arena, &stop, &r).code == SDQ_INTERRUPTED && left == 0,
		  "the shift algorithm stops when asked to");
	arena_free(&arena);
	view_free(&view_x);
	view_free(&view_y);

	/* No block of ties is work enough for a look at the flag. */
	for (int i = 0; i < 340; i++)
		x[i] = y[i] = i;
	view_x = view_of_values(x, 340);
	view_y = view_of_values(y, 40);
	tally = tally_open(&view_x, &view_y);
	left = 2;
	atomic_store(&stop.requested, false);
	check(mw_test(&tally, TEST_EXACT, &arena, &stop, &r).code == SDQ_INTERRUPTED && left == 0,
		  "with many small blocks too");
	arena_free(&arena);
	view_free(&view_x);
	view_free(&view_y);
}

int
main(void)
{
	check_small();
	check_mean();
	check_ties();
	check_madlib();
	check_tail();
	check_swap();
	check_reference();
	check_all_assignments();
	check_two_laws();
	check_control();
	return check_done();
}
