/*
 * chi_sum_test.c
 *		Tails of weighted sums of chi-squared variables: against chi-squared itself, Smirnov's integrals,
 *		each other, and hostile arguments. The exact moments of bridge_law against counting.
 */
#include "core/tests/chi_sum.h"

#include "check.h"
#include "core/base/constants.h"
#include "core/base/rng.h"
#include "core/tests/bridge_law.h"
#include "edf_tests.h"
#include "sample_views.h"

#define MANY     1000
#define MAX_SIZE 12

/* Compare p where it is not small, its logarithm where it is. */
static void
check_log_close(double got, double want, double tolerance, const char *name)
{
	check_close((got - want) / fmax(1, fabs(want)), 0, tolerance, name);
}

/* One bead of mass 1 in the middle: Q = X / 4. */
static void
check_one_bead(void)
{
	static const double gaps[] = {0.5, 0.5};
	static const double masses[] = {1};
	double worst = 0;
	double worst_log = 0;

	for (size_t k = 0; k < N_ITEMS(edf_chi_squares); k++)
	{
		const EdfChiSquare *c = &edf_chi_squares[k];
		ChiSum law = {CHI_SUM_BEADS, c->nu, 1, gaps, masses};
		PValue p = chi_sum_upper_tail(&law, c->x / 4);

		if (c->log_p > -690)
			worst = fmax(worst, fabs(p.p / exp(c->log_p) - 1));
		worst_log = fmax(worst_log, fabs(p.log10_p * LN_10 - c->log_p) / fmax(1, -c->log_p));
		check(p.log10_p <= 0 && isfinite(p.log10_p), "log10 p of chi-squared is there");
	}
	check_close(worst, 0, 1e-12, "one bead is chi-squared");
	check_close(worst_log, 0, 1e-12, "in logarithm too");
}

/* The limit laws by another formula. */
static void
check_limits(void)
{
	for (size_t k = 0; k < N_ITEMS(edf_limits); k++)
	{
		const EdfLimit *c = &edf_limits[k];
		ChiSum law = {.kind = c->kind == 0 ? CHI_SUM_CVM : CHI_SUM_AD, .nu = 1};
		PValue p = chi_sum_upper_tail(&law, c->x);

		check_log_close(log(p.p), c->log_p, 1e-11, "limit laws as by Smirnov's integrals");
	}
	/* The leading terms far out. */
	{
		ChiSum cvm = {.kind = CHI_SUM_CVM, .nu = 1};
		ChiSum ad = {.kind = CHI_SUM_AD, .nu = 1};

		check_close(chi_sum_upper_tail(&cvm, 4e5).log10_p,
					(log(sqrt(2)) + log_erfc(PI * sqrt(4e5 / 2))) / LN_10, 1e-9,
					"Cramer-von Mises: sqrt2 erfc(pi sqrt(T/2)) in the tail");
		check_close(chi_sum_upper_tail(&ad, 4e6).log10_p,
					(log(sqrt(3)) + log_erfc(sqrt(4e6))) / LN_10, 1e-9,
					"Anderson-Darling: sqrt3 erfc(sqrt A2) in the tail");
	}
}

/* Evenly spaced beads approach the whole bridge, with an error of 1 / n^2. */
static void
check_many_beads(void)
{
	static double gaps[MANY];
	static double masses[MANY];
	static double ad_masses[MANY];

	for (int k = 0; k < MANY; k++)
	{
		double u = (k + 1.0) / MANY;

		gaps[k] = 1.0 / MANY;
		masses[k] = 1.0 / MANY;
		ad_masses[k] = 1.0 / MANY / (u * (1 - u));
	}
	for (double nu = 1; nu <= 16; nu *= 4)
	{
		ChiSum beads = {CHI_SUM_BEADS, nu, MANY - 1, gaps, masses};
		ChiSum cvm = {.kind = CHI_SUM_CVM, .nu = nu};
		ChiSum ad_beads = {CHI_SUM_BEADS, nu, MANY - 1, gaps, ad_masses};
		ChiSum ad = {.kind = CHI_SUM_AD, .nu = nu};

		check_close(chi_sum_mean(&beads), chi_sum_mean(&cvm), 1e-5, "mean of many beads");
		check_close(chi_sum_variance(&beads), chi_sum_variance(&cvm), 1e-5, "variance");
		for (double x = 0.03; x < 20; x *= 1.7)
		{
			check_log_close(chi_sum_upper_tail(&beads, x * nu).log10_p,
							chi_sum_upper_tail(&cvm, x * nu).log10_p, 2e-4,
							"many beads: the integral of B^2");
			/* Weights 1 / (u (1 - u)) miss 1 / n of the integral at the ends. */
			check_log_close(chi_sum_upper_tail(&ad_beads, 2 * x * nu).log10_p,
							chi_sum_upper_tail(&ad, 2 * x * nu).log10_p, 5e-2,
							"many beads: the integral of B^2 / (u (1 - u))");
		}
	}
}

/* p falls with x, from 1 to what has no more digits, without jumps between the two tails. */
static void
check_monotone(void)
{
	Rng rng;
	bool sound = true;

	rng_seed(&rng, 11, RNG_STREAM_TEST);
	for (int repeat = 0; repeat < 300; repeat++)
	{
		double gaps[40];
		double masses[40];
		size_t n = 1 + (size_t) rng_below(&rng, 39);
		ChiSum law = {repeat % 10 == 0   ? CHI_SUM_CVM
					  : repeat % 10 == 1 ? CHI_SUM_AD
										 : CHI_SUM_BEADS,
					  1 + (double) rng_below(&rng, 12), n, gaps, masses};
		double sum = 0;
		double previous = 0;

		/* Of very different sizes: zeros that are 80 % of all pixels, and values that occur once. */
		for (size_t k = 0; k <= n; k++)
			sum += gaps[k] = pow(10, -6 * rng_double(&rng));
		for (size_t k = 0; k <= n; k++)
		{
			gaps[k] /= sum;
			masses[k] = gaps[k];
		}
		for (double share = 1e-12; share < 1e7; share *= 1 + 10 * rng_double(&rng))
		{
			PValue p = chi_sum_upper_tail(&law, share * chi_sum_mean(&law));

			sound = sound && p.p >= 0 && p.p <= 1 && isfinite(p.log10_p) &&
					p.log10_p <= previous + 1e-12;
			previous = p.log10_p;
		}
	}
	check(sound, "tails fall with x for 300 laws, from 1e-12 to 1e7 times the mean");
	check(chi_sum_upper_tail(&(ChiSum){.kind = CHI_SUM_CVM, .nu = 1}, 0).p == 1 &&
			  chi_sum_upper_tail(&(ChiSum){.kind = CHI_SUM_AD, .nu = 3}, -1).p == 1,
		  "nothing lies below 0");
}

static void
swap_ints(int *a, int *b)
{
	int swap = *a;

	*a = *b;
	*b = swap;
}

/* The next assignment of groups to N places in lexicographic order; false after the last. */
static bool
next_assignment(int *groups, int N)
{
	int i = N - 2;
	int j = N - 1;

	while (i >= 0 && groups[i] >= groups[i + 1])
		i--;
	if (i < 0)
		return false;
	while (groups[j] <= groups[i])
		j--;
	swap_ints(&groups[i], &groups[j]);
	for (int a = i + 1, b = N - 1; a < b; a++, b--)
		swap_ints(&groups[a], &groups[b]);
	return true;
}

/* Q of one assignment. */
static double
quadratic_form(BridgeWeight weight, const int *groups, const int64_t *sizes, size_t k,
			   const int64_t *ties, size_t n_blocks, int N)
{
	double seen[4] = {0};
	double Q = 0;
	int S = 0;

	for (size_t b = 0; b + 1 < n_blocks; b++)
	{
		double w;

		for (int64_t j = 0; j < ties[b]; j++)
			seen[groups[S++]]++;
		w = weight == BRIDGE_CVM ? (double) ties[b] / N
								 : (double) ties[b] * N / ((double) S * (N - S));
		for (size_t g = 0; g < k; g++)
		{
			double delta = seen[g] - (double) S * (double) sizes[g] / N;

			Q += w * delta * delta / (double) sizes[g];
		}
	}
	return Q;
}

/* Mean and variance given the ties, against all assignments. */
static void
check_moments(void)
{
	double worst = 0;
	double worst_untied = 0;
	Rng rng;

	rng_seed(&rng, 12, RNG_STREAM_TEST);
	for (int repeat = 0; repeat < 200; repeat++)
	{
		size_t k = 2 + (size_t) rng_below(&rng, 3);
		int64_t sizes[4];
		int64_t ties[MAX_SIZE];
		int groups[MAX_SIZE];
		int N = 0;
		size_t n_blocks = 0;
		bool untied = repeat % 4 == 0;
		BridgeWeight weight = repeat % 2 == 0 ? BRIDGE_AD : BRIDGE_CVM;
		double sum = 0;
		double sum_squares = 0;
		double count = 0;
		double mean;
		BridgeLaw law;
		Arena arena;

		for (size_t g = 0; g < k; g++)
		{
			sizes[g] = 1 + (int64_t) rng_below(&rng, 3) + (k == 2);
			for (int64_t j = 0; j < sizes[g]; j++)
				groups[N++] = (int) g;
		}
		for (int left = N; left > 0; left -= (int) ties[n_blocks++])
			ties[n_blocks] = untied ? 1 : 1 + (int64_t) rng_below(&rng, left < 3 ? left : 3);
		if (N < 4 || n_blocks < 2)
			continue;
		do
		{
			double Q = quadratic_form(weight, groups, sizes, k, ties, n_blocks, N);

			count++;
			sum += Q;
			sum_squares += Q * Q;
		} while (next_assignment(groups, N));
		mean = sum / count;

		arena_init(&arena, arena_malloc_source(), 0);
		bridge_law_begin(weight, sizes, k, (int64_t) n_blocks, &arena, &law);
		for (size_t b = 0; b < n_blocks; b++)
			bridge_law_add(&law, ties[b]);
		worst = fmax(worst, fabs(law.mean / mean - 1));
		worst = fmax(worst, fabs(law.second_moment / (sum_squares / count) - 1));
		if (untied && weight == BRIDGE_AD)
			worst_untied = fmax(worst_untied, fabs(bridge_ad_variance(sizes, k) -
												   sum_squares / count + mean * mean));
		arena_free(&arena);
	}
	check_close(worst, 0, 1e-11, "moments given the ties agree with all assignments");
	check_close(worst_untied, 0, 1e-11, "and so does Scholz and Stephens' variance without ties");
	check(isnan(bridge_ad_variance((int64_t[]){1, 2}, 2)), "which three observations do not have");
	/* The running sums and the closed form, on both sides of the switch of harmonic numbers. */
	for (int64_t n = 300; n <= 1000; n += 233)
	{
		int64_t sizes[3] = {n, n / 2, 7};
		BridgeLaw law;
		Arena arena;

		arena_init(&arena, arena_malloc_source(), 0);
		bridge_law_begin(BRIDGE_AD, sizes, 3, n + n / 2 + 7, &arena, &law);
		for (int64_t i = 0; i < n + n / 2 + 7; i++)
			bridge_law_add(&law, 1);
		check_close(law.second_moment - law.mean * law.mean, bridge_ad_variance(sizes, 3), 1e-11,
					"both variances of larger samples agree");
		arena_free(&arena);
	}
	/* One against three in two pairs: every assignment gives the same Q. */
	{
		BridgeLaw law;
		Arena arena;

		arena_init(&arena, arena_malloc_source(), 0);
		bridge_law_begin(BRIDGE_AD, (int64_t[]){1, 3}, 2, 2, &arena, &law);
		bridge_law_add(&law, 2);
		bridge_law_add(&law, 2);
		check(bridge_law_tail(&law, law.mean).p == 1, "a statistic that cannot vary has p = 1");
		arena_free(&arena);
	}
}

int
main(void)
{
	check_one_bead();
	check_limits();
	check_many_beads();
	check_monotone();
	check_moments();
	return check_done();
}
