/*
 * wilcoxon_test.c
 *		The signed rank test: acceptance cases by name, then references (scipy, R, counting in Python),
 *		all signs of small samples, large ones, and hostile input.
 */
#include "core/tests/wilcoxon.h"

#include "check.h"
#include "core/base/rng.h"
#include "ranks.h"
#include "sample_views.h"
#include "stops.h"

/* Test a view, which is freed. */
static SdqStatus
test_view(SampleView differences, WilcoxonZeros zeros, TestMethod method, WilcoxonResult *result)
{
	Arena arena;
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), 0);
	status = wilcoxon_test(&differences, zeros, method, &arena, NULL, result);
	arena_free(&arena);
	view_free(&differences);
	return status;
}

/* Test differences in any order; must succeed. */
static WilcoxonResult
test_values(const double *differences, size_t n, WilcoxonZeros zeros, TestMethod method)
{
	WilcoxonResult result = {.method = TEST_AUTO};

	if (sdq_failed(test_view(view_of_values(differences, n), zeros, method, &result)))
		check(false, "the test succeeds");
	return result;
}

#define TEST_VALUES(differences, zeros, method)                                                    \
	test_values(differences, N_ITEMS(differences), zeros, method)

/* wsr_neg_ties, wsr_ten_slices, and hand-checkable cases */
static void
check_small(void)
{
	double ten[10];
	WilcoxonResult r = TEST_VALUES(((double[]){-1, -1, -1, 1}), WILCOXON_DROP, TEST_AUTO);

	check(r.w_plus == 2.5 && r.w_minus == 7.5, "wsr_neg_ties: W+ = 2.5, W- = 7.5");
	/* Of 16 choices of signs, 1 has no + and 4 have one: P(W+ <= 2.5) = 5/16. */
	check(r.method == TEST_EXACT && r.less.p == 5.0 / 16 && r.greater.p == 15.0 / 16 &&
			  r.two_sided.p == 10.0 / 16,
		  "wsr_neg_ties: exact p-values by hand");
	check(r.effect == -0.5, "wsr_neg_ties: effect (2.5 - 7.5) / 10");
	/* Variance 4 * 2.5^2 / 4 */
	check_close(r.z, -1, 1e-15, "wsr_neg_ties: z = -2.5 / 2.5");

	for (int i = 0; i < 10; i++)
		ten[i] = i + 1;
	r = TEST_VALUES(ten, WILCOXON_DROP, TEST_AUTO);
	check(r.two_sided.p == 2.0 / 1024 && r.greater.p == 1.0 / 1024 && r.less.p == 1,
		  "wsr_ten_slices: the smallest p of ten pairs is .00195");
	check(r.effect == 1 && r.w_minus == 0 && r.n == 10 && r.n_ranked == 10 && r.n_zeros == 0,
		  "wsr_ten_slices: everything is positive");
	for (int i = 0; i < 10; i++)
		ten[i] = -ten[i];
	r = TEST_VALUES(ten, WILCOXON_DROP, TEST_AUTO);
	check(r.less.p == 1.0 / 1024 && r.greater.p == 1 && r.effect == -1,
		  "wsr_ten_slices: `less` when everything is negative");

	r = TEST_VALUES(((double[]){-2, 5}), WILCOXON_DROP, TEST_AUTO);
	/* W+ is 0, 1, 2 or 3; it is 2. */
	check(r.w_plus == 2 && r.greater.p == .5 && r.less.p == .75 && r.two_sided.p == 1,
		  "two differences: p_greater + p_less = 1 + P(W = w)");
}

/* Zeros in all three ways: 0, 0, 3, -4. */
static void
check_zeros(void)
{
	static const double mixed[] = {0, 0, 3, -4};
	static const double only[] = {0, 0, 0};
	WilcoxonResult r = TEST_VALUES(mixed, WILCOXON_DROP, TEST_AUTO);

	check(r.w_plus == 1 && r.w_minus == 2 && r.n == 4 && r.n_ranked == 2 && r.n_zeros == 2,
		  "wilcox: zeros are dropped before ranking");
	r = TEST_VALUES(mixed, WILCOXON_PRATT, TEST_AUTO);
	check(r.w_plus == 3 && r.w_minus == 4 && r.n == 4 && r.n_ranked == 4 && r.n_zeros == 2,
		  "pratt: zeros have the lowest ranks, and drop out then");
	/* W+ is 0, 3, 4 or 7. */
	check(r.less.p == .5 && r.greater.p == .75, "pratt: exact by hand");
	r = TEST_VALUES(mixed, WILCOXON_SPLIT, TEST_AUTO);
	check(r.w_plus == 4.5 && r.w_minus == 5.5 && r.n_ranked == 4, "zsplit: ranks 1.5 to each side");
	check(r.less.p == .5 && r.greater.p == .75, "zsplit: the exact law is that of pratt");
	check_close(r.effect, -0.1, 1e-15, "zsplit: zeros pull the effect towards 0");

	for (int zeros = WILCOXON_DROP; zeros <= WILCOXON_SPLIT; zeros++)
	{
		for (int method = TEST_AUTO; method <= TEST_ASYMPTOTIC; method++)
		{
			r = TEST_VALUES(only, (WilcoxonZeros) zeros, (TestMethod) method);
			check(r.two_sided.p == 1 && r.greater.p == 1 && r.less.p == 1 && r.z == 0 &&
					  r.w_plus == r.w_minus && r.n == 3 && r.n_zeros == 3 && r.method != TEST_AUTO,
				  "wsr_all_zero: p = 1, z = 0");
			check(zeros == WILCOXON_SPLIT ? r.effect == 0 : isnan(r.effect),
				  "wsr_all_zero: no effect where no rank is left");
		}
	}
}

/* nan_everywhere's infinities, and absolute values that are nearly equal. */
static void
check_values(void)
{
	double above = 1 + 0x1p-52;
	WilcoxonResult r =
		TEST_VALUES(((double[]){-INFINITY, INFINITY, 7, -1e308}), WILCOXON_DROP, TEST_AUTO);

	check(r.w_plus == 1 + 3.5 && r.w_minus == 2 + 3.5,
		  "infinities tie with each other, at the end");
	r = TEST_VALUES(((double[]){INFINITY, INFINITY, 1}), WILCOXON_DROP, TEST_AUTO);
	check(r.w_plus == 6 && r.w_minus == 0, "infinities of one sign alone");
	r = TEST_VALUES(((double[]){-INFINITY, -1}), WILCOXON_DROP, TEST_AUTO);
	check(r.w_plus == 0 && r.w_minus == 3, "infinities of the other sign alone");
	r = TEST_VALUES(((double[]){-1, above}), WILCOXON_DROP, TEST_AUTO);
	check(r.w_plus == 2 && r.w_minus == 1, "the next double above 1 is larger than 1");
	r = TEST_VALUES(((double[]){-5e-324, 1e-323}), WILCOXON_DROP, TEST_AUTO);
	check(r.w_plus == 2 && r.w_minus == 1, "denormal differences are differences");
	r = TEST_VALUES(((double[]){-1e-9, 1e-9, 2e-9}), WILCOXON_DROP, TEST_AUTO);
	check(r.w_plus == 4.5 && r.w_minus == 1.5, "wsr_scale: no tolerance for small numbers");
}

static void
check_reference(void)
{
	for (size_t k = 0; k < N_ITEMS(wilcoxon_cases); k++)
	{
		const WilcoxonCase *c = &wilcoxon_cases[k];
		double d[200];
		char name[100];

		snprintf(name, sizeof(name), "reference %zu (%s, %d)", k, c->kind, c->n);
		for (int i = 0; i < c->n; i++)
		{
			int v = wilcoxon_differences[c->offset + i];

			d[i] = v == RANKS_INFINITE ? INFINITY : v == -RANKS_INFINITE ? -INFINITY : v;
		}
		for (int zeros = WILCOXON_DROP; zeros <= WILCOXON_SPLIT; zeros++)
		{
			for (int method = TEST_EXACT; method <= TEST_ASYMPTOTIC; method++)
			{
				const double *want =
					method == TEST_EXACT ? c->by_zeros[zeros].exact : c->by_zeros[zeros].normal;
				double tolerance = method == TEST_EXACT ? 1e-12 : 1e-9;
				WilcoxonResult r =
					test_values(d, (size_t) c->n, (WilcoxonZeros) zeros, (TestMethod) method);

				check(r.w_plus == c->by_zeros[zeros].w_plus &&
						  r.w_minus == c->by_zeros[zeros].w_minus &&
						  r.method == (TestMethod) method && r.n == c->n,
					  name);
				check_close(r.two_sided.p, want[0], tolerance, name);
				check_close(r.greater.p, want[1], tolerance, name);
				check_close(r.less.p, want[2], tolerance, name);
			}
		}
	}
}

/* The mean rank of the i-th difference among those of [n] that are ranked. */
static double
plain_rank(const double *d, int n, int i, bool without_zeros)
{
	int below = 0;
	int equal = 0;

	for (int j = 0; j < n; j++)
	{
		if (without_zeros && d[j] == 0)
			continue;
		below += fabs(d[j]) < fabs(d[i]);
		equal += fabs(d[j]) == fabs(d[i]);
	}
	return below + (equal + 1) / 2.0;
}

/* One small sample against all its signs; the largest relative error. */
static double
error_against_all_signs(const double *d, int n, WilcoxonZeros zeros)
{
	WilcoxonResult r = test_values(d, (size_t) n, zeros, TEST_EXACT);
	double ranks[12];
	double observed = 0;
	double share = 0;
	double variance = 0;
	double excess = 0;
	double worst = 0;
	int n_signed = 0;
	int greater = 0;
	int less = 0;

	for (int i = 0; i < n; i++)
	{
		double rank = plain_rank(d, n, i, zeros == WILCOXON_DROP);

		if (d[i] != 0 || zeros == WILCOXON_SPLIT)
			variance += rank * rank / 4;
		if (d[i] != 0)
			ranks[n_signed++] = rank;
		else if (zeros == WILCOXON_SPLIT)
			share += rank / 2;
		observed += d[i] > 0 ? rank : 0;
		excess += d[i] > 0 ? rank / 2 : d[i] < 0 ? -rank / 2 : 0;
	}
	for (unsigned mask = 0; mask < 1u << n_signed; mask++)
	{
		double w = 0;

		for (int i = 0; i < n_signed; i++)
			w += mask >> i & 1 ? ranks[i] : 0;
		greater += w >= observed;
		less += w <= observed;
	}
	worst = fmax(worst, fabs(ldexp(r.greater.p, n_signed) / greater - 1));
	worst = fmax(worst, fabs(ldexp(r.less.p, n_signed) / less - 1));
	worst =
		fmax(worst, fabs(r.two_sided.p / fmin(1, ldexp(2 * fmin(greater, less), -n_signed)) - 1));
	worst = fmax(worst, fabs(r.w_plus - observed - share));
	worst = fmax(worst, n_signed == 0 ? fabs(r.z) : fabs(r.z - excess / sqrt(variance)));
	return worst;
}

static void
check_all_signs(void)
{
	double worst = 0;
	Rng rng;

	rng_seed(&rng, 9, RNG_STREAM_TEST);
	for (int repeat = 0; repeat < 4000; repeat++)
	{
		int n = 1 + (int) rng_below(&rng, repeat % 8 == 0 ? 12 : 8);
		uint64_t n_values = 1 + rng_below(&rng, repeat % 4 == 0 ? 1000 : 6);
		double d[12];

		for (int i = 0; i < n; i++)
			d[i] = (double) rng_below(&rng, n_values + 1) * (rng_below(&rng, 2) == 0 ? -0.5 : 0.5);
		for (int i = 0; i < n; i++)
			d[i] = d[i] == 0 ? 0 : d[i]; /* no -0 in a sample */
		for (int zeros = WILCOXON_DROP; zeros <= WILCOXON_SPLIT; zeros++)
			worst = fmax(worst, error_against_all_signs(d, n, (WilcoxonZeros) zeros));
	}
	check_close(worst, 0, 1e-13,
				"4000 small cases agree with counting all signs, in all three ways");
}

/* Sizes at which counts overflow, probabilities underflow, and sums of cubes leave 64 bits. */
static void
check_large(void)
{
	static double d[3000];
	const uint64_t half = UINT64_C(1) << 30;
	WilcoxonResult r;
	WilcoxonResult normal;

	/* One absolute value: a sign test, z = (plus - minus) / sqrt(n). */
	test_view(view_of_counts((double[]){-1, 1}, (uint64_t[]){half, half}, 2), WILCOXON_DROP,
			  TEST_AUTO, &r);
	check(r.z == 0 && r.two_sided.p == 1 && r.effect == 0 && r.method == TEST_ASYMPTOTIC,
		  "wsr_big_tie: 2^30 of either sign");
	test_view(view_of_counts((double[]){-1, 1}, (uint64_t[]){half - 500, half + 500}, 2),
			  WILCOXON_DROP, TEST_AUTO, &r);
	check_close(r.z, 1000 / sqrt(2.0 * (double) half), 1e-12, "wsr_big_tie: 500 more of one sign");
	test_view(view_of_counts((double[]){1}, (uint64_t[]){2 * half}, 1), WILCOXON_DROP, TEST_AUTO,
			  &r);
	check_close(r.z, sqrt(2.0 * (double) half), 1e-12, "wsr_big_tie: 2^31 of one sign");
	check(r.two_sided.p == 0 && isfinite(r.two_sided.log10_p) && r.effect == 1 && r.less.p == 1,
		  "wsr_big_tie: p is gone, its logarithm is not");
	for (int zeros = WILCOXON_DROP; zeros <= WILCOXON_SPLIT; zeros++)
	{
		test_view(view_of_counts((double[]){0, 1}, (uint64_t[]){2 * half - 4, 4}, 2),
				  (WilcoxonZeros) zeros, TEST_AUTO, &r);
		check(r.n_zeros == 2147483644 && isfinite(r.z) && r.z > 0 &&
				  (r.method == TEST_EXACT) == (zeros == WILCOXON_DROP),
			  "wsr_big_tie: 2^31 zeros");
		/* Four equal ranks, all positive: z = 4 r / 2 / sqrt(4 r^2 / 4) = 2. */
		if (zeros != WILCOXON_SPLIT)
			check_close(r.z, 2, 1e-12, "wsr_big_tie: z of four differences among 2^31 zeros");
		test_view(view_of_counts((double[]){0, 1}, (uint64_t[]){2 * half - 4, 4}, 2),
				  (WilcoxonZeros) zeros, TEST_EXACT, &r);
		check(r.greater.p == 1.0 / 16, "wsr_big_tie: they are four tosses of a coin");
	}

	/* More tosses than doubles have exponents. */
	for (int i = 0; i < 2000; i++)
		d[i] = i + 1;
	r = test_values(d, 2000, WILCOXON_DROP, TEST_EXACT);
	check(r.greater.p == 0 && r.less.p == 1, "2000 positive differences: p underflows to 0");
	check_close(r.greater.log10_p, -2000 * log10(2), 1e-14, "its logarithm is 2000 log10(1/2)");
	d[0] = -1;
	d[1] = -2;
	r = test_values(d, 2000, WILCOXON_DROP, TEST_EXACT);
	/* W- is 0, 1, 2 or, in two ways, 3. */
	check_close(r.greater.log10_p, log10(5) - 2000 * log10(2), 1e-14,
				"five choices are as extreme");

	/* Near the middle, where all counts are large. */
	for (int i = 0; i < 1500; i++)
		d[i] = (i % 7 < 3 || i % 50 == 0 ? -1 : 1) * (1 + i);
	r = test_values(d, 1500, WILCOXON_DROP, TEST_EXACT);
	normal = test_values(d, 1500, WILCOXON_DROP, TEST_ASYMPTOTIC);
	check(r.method == TEST_EXACT && normal.z > 3 && normal.z < 8, "1500 differences, lopsided");
	check_close(r.two_sided.p, normal.two_sided.p, 0.05, "1500: exact is near normal");
	for (int i = 0; i < 1500; i++)
		d[i] = -d[i];
	check(test_values(d, 1500, WILCOXON_DROP, TEST_EXACT).less.p == r.greater.p,
		  "1500: reversed signs reverse the answer");
	for (int i = 0; i < 1000; i++)
		d[i] = (i % 2 == 0 ? -1 : 1) * (1 + i);
	r = test_values(d, 1000, WILCOXON_DROP, TEST_EXACT);
	normal = test_values(d, 1000, WILCOXON_DROP, TEST_ASYMPTOTIC);
	check_close(r.two_sided.p, normal.two_sided.p, 1e-3, "1000 of alternating signs");
	check(r.greater.p + r.less.p > 1 && r.greater.p + r.less.p < 1.0001,
		  "p_greater + p_less = 1 + P(W = w)");
	check(test_values(d, 50, WILCOXON_DROP, TEST_AUTO).method == TEST_EXACT &&
			  test_values(d, 51, WILCOXON_DROP, TEST_AUTO).method == TEST_ASYMPTOTIC,
		  "auto is exact up to 50 ranked differences");
}

/* Nothing, too much, interrupted, too little memory. */
static void
check_hostile(void)
{
	enum
	{
		N = 1 << 22
	};
	double *d = malloc(N * sizeof(double));
	Stop stop = {.poll = stop_now};
	SampleView view;
	WilcoxonResult r;
	SdqStatus status;
	Arena arena;

	check(test_view(view_of_values((double[]){0}, 0), WILCOXON_DROP, TEST_AUTO, &r).code ==
			  SDQ_BAD_ARGUMENT,
		  "no differences at all are refused");
	for (int i = 0; i < N; i++)
		d[i] = i % 2 == 0 ? i + 1 : -i - 1;
	status = test_view(view_of_values(d, 5000), WILCOXON_DROP, TEST_EXACT, &r);
	check(status.code == SDQ_TOO_LARGE && status.detail == TESTS_EXACT_INFEASIBLE &&
			  status.a > status.b,
		  "an exact law of 5000 differences is out of reach");
	test_view(view_of_values(d, N), WILCOXON_DROP, TEST_AUTO, &r);
	check(r.n == N && r.method == TEST_ASYMPTOTIC && fabs(r.z) < 1, "4 million differences");

	arena_init(&arena, arena_malloc_source(), 0);
	view = view_of_values(d, N);
	check(wilcoxon_test(&view, WILCOXON_DROP, TEST_AUTO, &arena, &stop, &r).code == SDQ_INTERRUPTED,
		  "a stop request ends the fold");
	view_free(&view);
	stop.requested = false;
	view = view_of_values(d, 1000);
	check(wilcoxon_test(&view, WILCOXON_DROP, TEST_EXACT, &arena, &stop, &r).code ==
			  SDQ_INTERRUPTED,
		  "a stop request ends the exact law");
	arena_free(&arena);
	arena_init(&arena, arena_malloc_source(), 100000);
	check(wilcoxon_test(&view, WILCOXON_DROP, TEST_EXACT, &arena, NULL, &r).code == SDQ_OVER_LIMIT,
		  "the memory limit is kept");
	arena_free(&arena);
	view_free(&view);
	free(d);
}

int
main(void)
{
	check_small();
	check_zeros();
	check_values();
	check_reference();
	check_all_signs();
	check_large();
	check_hostile();
	return check_done();
}
