/*
 * ks_one_sample_test.c
 *		The one-sample Kolmogorov-Smirnov test: small cases by hand, the laws against references of many
 *		digits and against each other, samples against scipy, and hostile input.
 */
#include "core/tests/ks_one_sample.h"

#include "check.h"
#include "core/base/rng.h"
#include "core/tests/ks_one_law.h"
#include "ks_one_sample.h"
#include "sample_views.h"
#include "stops.h"

/* Test values that need not be sorted. */
static SdqStatus
test_values(const double *u, size_t n, TestMethod method, KsOneSampleResult *result)
{
	SampleView x = view_of_values(u, n);
	SampleView none = view_of_values(u, 0);
	Tally tally = tally_open(&x, &none);
	Arena arena;
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), 0);
	status = ks_one_sample(&tally, method, &arena, NULL, result);
	arena_free(&arena);
	view_free(&x);
	view_free(&none);
	return status;
}

static PValue
both(int64_t n, double d)
{
	PValue p = {.p = NAN};
	Arena arena;

	arena_init(&arena, arena_malloc_source(), 0);
	ks_one_both(n, d, &arena, NULL, &p);
	arena_free(&arena);
	return p;
}

static PValue
upper(int64_t n, double d)
{
	PValue p = {.p = NAN};

	ks_one_upper(n, d, NULL, &p);
	return p;
}

/* What can be worked out on paper. */
static void
check_small(void)
{
	KsOneSampleResult r = {.n = 0};

	/* One observation u: D+ = 1 - u, D- = u. P(D+ >= d) = 1 - d, P(D >= d) = 2 (1 - d). */
	test_values((double[]){.25}, 1, TEST_AUTO, &r);
	check(r.statistic == .75 && r.d_plus == .75 && r.d_minus == .25 && r.location == .25,
		  "one observation at 1/4: D+ = 3/4, D- = 1/4");
	check_close(r.two_sided.p, .5, 1e-15, "and p = 2 (1 - 3/4)");
	check_close(r.greater.p, .25, 1e-15, "and p_greater = 1 - 3/4: the observation is small");
	check_close(r.less.p, .75, 1e-15, "and p_less = 1 - 1/4");

	/* Two observations: P(D+ >= 1/2) = (1/2)^2 + 2 d / (d + 1/2) (d + 1/2)(1/2 - d) at d = 1/2. */
	test_values((double[]){.5, 0}, 2, TEST_AUTO, &r);
	check(r.statistic == .5 && r.d_plus == .5 && r.d_minus == 0 && r.location == 0,
		  "0 and 1/2: D = 1/2, first reached at 0");
	check_close(r.greater.p, .25, 1e-15, "and p_greater = 1/4");
	check_close(r.two_sided.p, .5, 1e-15, "and p = 1/2");
	check(r.less.p == 1, "and p_less = 1, for D- = 0");

	/* The least D there is, 1 / (2n): all samples have it. */
	test_values((double[]){.1, .3, .5, .7, .9}, 5, TEST_AUTO, &r);
	check_close(r.statistic, .1, 1e-15, "evenly spread: D = 1 / (2n)");
	check(r.two_sided.p == 1 && r.method == TEST_EXACT, "and p = 1, exact");

	/* Ties are looked at before and after the block, never inside: F_n jumps from 0 to 1 at 1/2. */
	test_values((double[]){.5, .5, .5, .5}, 4, TEST_AUTO, &r);
	check(r.d_plus == .5 && r.d_minus == .5, "ks_tie_block: four times 1/2 has D+ = D- = 1/2");

	/* Out of the reach of the law. */
	test_values((double[]){0, 0, 0}, 3, TEST_AUTO, &r);
	check(r.statistic == 1 && r.two_sided.p == 0 && r.two_sided.log10_p == -INFINITY &&
			  r.greater.p == 0 && r.less.p == 1,
		  "three values at 0: D = 1, p = 0");
	test_values((double[]){1, 1, 1}, 3, TEST_AUTO, &r);
	check(r.statistic == 1 && r.two_sided.p == 0 && r.less.p == 0 && r.greater.p == 1,
		  "three values at 1: D = 1 on the other side");
}

/* Thousands of (n, d) against laws of 60 digits. */
static void
check_laws(void)
{
	double worst_one = 0;
	double worst_two = 0;
	double worst_tail = 0;

	for (size_t i = 0; i < N_ITEMS(ks_one_laws); i++)
	{
		int n = ks_one_laws[i].n;
		double d = ks_one_laws[i].d;
		PValue one = upper(n, d);
		PValue two = ks_one_is_far(n, d) ? pvalue_doubled(one) : both(n, d);

		worst_one = fmax(worst_one, fabs(one.p / ks_one_laws[i].one - 1));
		worst_two = fmax(worst_two, fabs(two.p / ks_one_laws[i].two - 1));
	}
	check_close(worst_one, 0, 1e-12, "one-sided law: relative error of p");
	check_close(worst_two, 0, 1e-12, "two-sided law: relative error of p");
	for (size_t i = 0; i < N_ITEMS(ks_one_tails); i++)
		worst_tail = fmax(worst_tail, fabs(upper(ks_one_tails[i].n, ks_one_tails[i].d).log10_p -
										   ks_one_tails[i].log10_one) /
										  fmax(1, -ks_one_tails[i].log10_one));
	check_close(worst_tail, 0, 1e-12, "one-sided law: log10 p into the tails");
	/* The corrected limit is off by the order of 1 / n: without the correction, by 2 d / 3 = .027. */
	check_close(ks_one_upper_limit(1000, .04).p, upper(1000, .04).p, 2e-3,
				"one-sided law: the corrected limit");
	check_close(both(10, .5).p, pvalue_doubled(upper(10, .5)).p, 1e-13,
				"both laws meet at d = 1/2");
	/* By hand: all n observations in the last 1 - d. */
	check_close(upper(2000000000, .9999).log10_p, 2000000000 * log10(.0001), 1e-6,
				"log10 p of 2e9 observations in a corner");
}

/* Samples against scipy. */
static void
check_samples(void)
{
	double worst_distance = 0;
	double worst_p = 0;

	for (size_t i = 0; i < N_ITEMS(ks_one_samples); i++)
	{
		double u[12];
		KsOneSampleResult r = {.n = 0};

		for (int j = 0; j < ks_one_samples[i].n; j++)
			u[j] = ks_one_samples[i].u[j] / 64.0;
		test_values(u, (size_t) ks_one_samples[i].n, TEST_AUTO, &r);
		worst_distance = fmax(worst_distance, fabs(r.statistic - ks_one_samples[i].d));
		worst_distance = fmax(worst_distance, fabs(r.d_plus - ks_one_samples[i].plus));
		worst_distance = fmax(worst_distance, fabs(r.d_minus - ks_one_samples[i].minus));
		worst_p = fmax(worst_p, fabs(r.two_sided.p - ks_one_samples[i].two));
		worst_p = fmax(worst_p, fabs(r.greater.p - ks_one_samples[i].greater));
		worst_p = fmax(worst_p, fabs(r.less.p - ks_one_samples[i].less));
	}
	check_close(worst_distance, 0, 1e-15, "400 samples: the distances are scipy's");
	check_close(worst_p, 0, 1e-10, "and so are the p-values");
}

/* Large n: the limit against the exact law, thinned sums against whole ones, and no step where one
 * follows the other. */
static void
check_large(void)
{
	static const double z[] = {.3, .5, .8, 1.1, 1.4, 1.48, 1.49, 1.8, 2.2};
	double worst = 0;

	for (size_t i = 0; i < N_ITEMS(z); i++)
		for (int64_t n = 400; n <= 1600; n *= 2)
		{
			double d = z[i] / sqrt((double) n);
			double error = ks_one_both_limit(n, d, upper(n, d)).p - both(n, d).p;

			worst = fmax(worst, fabs(error) * (double) n * (double) n);
		}
	check(worst < .05, "Pelz and Good's expansion: error below 0.05 / n^2");
	check(ks_one_both_limit(1000000, .0001, upper(1000000, .0001)).p == 1, "p of a small d is 1");
	check_close(ks_one_both_limit(1000000, .02, upper(1000000, .02)).log10_p,
				log10(2) + upper(1000000, .02).log10_p, 1e-15,
				"and far out it is twice one side's");

	/* A sum over every term of n, as the definition has it. */
	for (size_t i = 0; i < N_ITEMS(z); i++)
	{
		double n = 300000;
		double x = floor(z[i] / 3 * sqrt(n)); /* whole, so that powers need no rounding */
		double sum = 0;

		for (double j = 0; j < n - x; j++)
			sum += x / (x + j) *
				   exp(log_binomial(n, j) + (j == 0 ? 0 : j * log((x + j) / n)) +
					   (n - j) * log1p(-(x + j) / n));
		check_close(upper(300000, x / n).p, sum, 1e-10, "thinned sums are as good as whole ones");
	}
	check_close(upper(1000000000, .01 / sqrt(1e9)).p, exp(-2 * .0001), 1e-6,
				"p near 1 of 1e9 observations");
}

/* Methods, refusals, interruptions. */
static void
check_control(void)
{
	static double u[300000];
	KsOneSampleResult exact = {.n = 0};
	KsOneSampleResult other = {.n = 0};
	SdqStatus status;
	Rng rng;
	int left = 2;
	Stop stop = {.poll = stop_countdown, .context = &left};
	Arena arena;
	PValue p;

	rng_seed(&rng, 11, RNG_STREAM_TEST);
	for (size_t i = 0; i < N_ITEMS(u); i++)
		u[i] = rng_double(&rng);

	test_values(u, 1000, TEST_EXACT, &exact);
	test_values(u, 1000, TEST_ASYMPTOTIC, &other);
	check(exact.method == TEST_EXACT && other.method == TEST_ASYMPTOTIC, "methods are obeyed");
	check_close(other.two_sided.p, exact.two_sided.p, 1e-5, "and near each other for n = 1000");
	check_close(other.greater.p, exact.greater.p, 1e-2, "one side too");
	test_values(u, 1000, TEST_AUTO, &other);
	check(other.method == TEST_EXACT && other.two_sided.p == exact.two_sided.p,
		  "1000 observations are exact by default");
	check(!sdq_failed(test_values(u, 100000, TEST_AUTO, &other)) &&
			  other.method == TEST_ASYMPTOTIC && other.two_sided.p > 1e-6,
		  "100,000 are not");
	status = test_values(u, 300000, TEST_EXACT, &other);
	check(status.code == SDQ_TOO_LARGE && status.detail == TESTS_EXACT_INFEASIBLE &&
			  status.a > status.b,
		  "exact forced on 300,000 is refused");

	check(test_values(u, 0, TEST_AUTO, &other).code == SDQ_BAD_ARGUMENT, "no observation: refused");
	status = test_values((double[]){.5, 1.5}, 2, TEST_AUTO, &other);
	check(status.code == SDQ_BAD_ARGUMENT && status.detail == KS_ONE_OUTSIDE && status.a == 1.5,
		  "a value above 1 is refused, and named");
	status = test_values((double[]){.5, -INFINITY}, 2, TEST_AUTO, &other);
	check(status.detail == KS_ONE_OUTSIDE && status.a == -INFINITY, "one below 0 too");

	arena_init(&arena, arena_malloc_source(), 0);
	check(ks_one_both(20000, .007, &arena, &stop, &p).code == SDQ_INTERRUPTED && left == 0,
		  "the two-sided law stops when asked to");
	left = 2;
	atomic_store(&stop.requested, false);
	check(ks_one_upper(190000, .00009, &stop, &p).code == SDQ_INTERRUPTED && left == 0,
		  "the one-sided law too");
	arena_free(&arena);
	arena_init(&arena, arena_malloc_source(), 100);
	check(ks_one_both(2000, .02, &arena, NULL, &p).code == SDQ_OVER_LIMIT,
		  "memory beyond the limit is refused");
	arena_free(&arena);
}

int
main(void)
{
	check_small();
	check_laws();
	check_samples();
	check_large();
	check_control();
	return check_done();
}
