/*
 * ks_test.c
 *		The Kolmogorov-Smirnov test: acceptance cases by name, then references (scipy, R), oracles
 *		(all assignments; the plain recursion over cells), the asymptotic laws, and hostile sizes.
 */
#include "core/tests/ks.h"

#include "check.h"
#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "core/tests/ks_band.h"
#include "core/tests/ks_closed.h"
#include "core/tests/ks_crossings.h"
#include "core/tests/ks_exact.h"
#include "core/tests/ks_normal.h"
#include "sample_views.h"
#include "stops.h"
#include "two_sample_cases.h"

#define TESTED_FUNCTION ks_test
#define TESTED_RESULT   KsResult
#include "test_values_template.h"

#define EXACT_TOLERANCE 1e-9

/* The recursion over one band. */
static double
exact_log_p(const KsBand *band, const KsTies *ties, Arena *arena)
{
	KsExactPlan plan = ks_exact_plan(band, ties, -INFINITY);
	double log_p = NAN;

	ks_exact_log_p(band, &plan, ties, arena, NULL, &log_p);
	return log_p;
}

/* ks_small_exact */
static void
check_small_exact(void)
{
	KsResult r = TEST_VALUES(((double[]){1, 2, 3}), ((double[]){4, 5, 6}), TEST_AUTO);

	check(r.statistic == 1 && r.d_plus == 1 && r.d_minus == 0, "ks_small_exact: D = D+ = 1");
	check_close(r.two_sided.p, 0.1, 1e-14, "ks_small_exact: p = 2/20");
	check_close(r.two_sided.log10_p, -1, 1e-14, "ks_small_exact: log10 p = -1");
	check_close(r.greater.p, 0.05, 1e-14, "ks_small_exact: x smaller is `greater`, p = 1/20");
	check(r.less.p == 1, "ks_small_exact: less has p = 1");
	check(r.location == 3, "ks_small_exact: D is attained at 3");
	check(r.method == TEST_EXACT && r.n_x == 3 && r.n_y == 3, "ks_small_exact: exact, 3 and 3");
}

/* ks_5_5, ks_madlib_sample, ks_1_10_3_12 */
static void
check_small_samples(void)
{
	static const double madlib_x[] = {.22, -.87, -2.39, -1.79, .37, -1.54, 1.28, -.31, -.74, 1.72,
									  .38, -.17, -.62,  -1.10, .30, .15,   2.30, .19,  -.50, -.09};
	static const double madlib_y[] = {-5.13, -2.19, -2.43, -3.83, .50,  -3.25, 4.32,
									  1.63,  5.18,  -.43,  7.11,  4.87, -3.10, -5.81,
									  3.76,  6.31,  2.58,  .07,   5.76, 3.50};
	KsResult r = TEST_VALUES(((double[]){1, 2, 3, 4, 9}), ((double[]){5, 6, 7, 8, 10}), TEST_AUTO);

	check(r.lattice_plus == 20, "ks_5_5: D = 20/25");
	check_close(r.two_sided.p, .0793651, 1e-6, "ks_5_5: p = .0793651");

	r = TEST_VALUES(madlib_x, madlib_y, TEST_AUTO);
	check(r.statistic == .45, "ks_madlib_sample: D = .45");
	check_close(r.two_sided.p, .0335416594, 1e-9, "ks_madlib_sample: p = .0335416594");

	r = TEST_VALUES(((double[]){1, 2, 3, 4, 5, 6, 7, 8, 9, 10}),
					((double[]){3, 4, 5, 6, 7, 8, 9, 10, 11, 12}), TEST_AUTO);
	check(r.statistic == .2, "ks_1_10_3_12: D = .2");
	check_close(r.two_sided.p, .9944576, 1e-7, "ks_1_10_3_12: p = .9944576");
}

/* ks_tie_block, ks_tie_conditional, ks_zero_heavy */
static void
check_ties(void)
{
	static const double zero_one_two[] = {0, 1, 2};
	KsResult r = TEST_VALUES(((double[]){1, 1, 2}), ((double[]){1, 2, 2}), TEST_AUTO);

	check_close(r.statistic, 1.0 / 3, 1e-16, "ks_tie_block: D = 1/3, not 2/3");
	check(r.two_sided.p == 1, "ks_tie_block: p = 1");

	r = TEST_VALUES(((double[]){0, 0, 0, 0, 1, 2, 3}), ((double[]){0, 0, 1, 1, 3, 4, 5, 5}),
					TEST_AUTO);
	check(r.statistic == .375, "ks_tie_conditional: D = .375");
	check_close(r.two_sided.p, 50.0 / 143, 1e-12, "ks_tie_conditional: p = 50/143");

	check(!sdq_failed(test_views(view_of_counts(zero_one_two, (uint64_t[]){9500, 250, 250}, 3),
								 view_of_counts(zero_one_two, (uint64_t[]){9400, 300, 300}, 3),
								 TEST_AUTO, &r)),
		  "ks_zero_heavy: the test succeeds");
	check(r.statistic == .01 && r.method == TEST_EXACT, "ks_zero_heavy: D = .01, exact");
	check_close(r.two_sided.p, .002132066, 1e-7, "ks_zero_heavy: p = .002132066");
}

/* ks_scale */
static void
check_scale(void)
{
	Rng rng;
	double x[40];
	double y[50];
	double large[90];
	KsResult r;
	KsResult scaled;

	rng_seed(&rng, 1, RNG_STREAM_TEST);
	for (size_t i = 0; i < 40; i++)
		x[i] = rng_double(&rng) * 5e-8;
	for (size_t i = 0; i < 50; i++)
		y[i] = 5e-8 + rng_double(&rng) * 5e-8;
	r = TEST_VALUES(x, y, TEST_AUTO);
	check(r.statistic == 1, "ks_scale: [0, 5e-8) and [5e-8, 1e-7) are disjoint");

	for (size_t i = 0; i < 50; i++)
		y[i] -= 3e-8;
	r = TEST_VALUES(x, y, TEST_AUTO);
	for (size_t i = 0; i < 90; i++)
		large[i] = (i < 40 ? x[i] : y[i - 40]) * 1e-9;
	scaled = test_values(large, 40, large + 40, 50, TEST_AUTO);
	check(scaled.lattice_plus == r.lattice_plus && scaled.lattice_minus == r.lattice_minus &&
			  scaled.two_sided.p == r.two_sided.p,
		  "ks_scale: multiplied by 1e-9, D and p stay as they are");

	r = TEST_VALUES(x, x, TEST_AUTO);
	check(r.statistic == 0 && r.two_sided.p == 1 && r.greater.p == 1 && r.less.p == 1,
		  "ks_scale: a sample against itself has D = 0, p = 1");
	check(isnan(r.location), "ks_scale: D = 0 is attained nowhere");
}

/* ks_near_copy, ks_1e5_equal */
static void
check_equal_sizes(void)
{
	KsResult r;

	test_views(view_of_range(1000000, 0, 2), view_of_range(1000000, 1, 2), TEST_AUTO, &r);
	check(r.statistic == 1e-6 && r.two_sided.p == 1, "ks_near_copy: n = 1e6, D = 1e-6, p = 1");
	test_views(view_of_range(100000, 0, 2), view_of_range(100000, 1, 2), TEST_AUTO, &r);
	check(r.statistic == 1e-5 && r.two_sided.p == 1, "ks_near_copy: n = 1e5, D = 1e-5, p = 1");

	test_views(view_of_range(100000, 0, 1), view_of_range(100000, 1999.5, 1), TEST_AUTO, &r);
	check(r.statistic == .02 && r.method == TEST_EXACT, "ks_1e5_equal: D = .02, exact");
	check_close(r.two_sided.p, 8.47577e-18, 1e-6, "ks_1e5_equal: p = 8.47577e-18");
	check_close(r.greater.p, 8.47577e-18 / 2, 1e-6, "ks_1e5_equal: greater has half of it");

	/* The closed form against the recursion that knows nothing of equal sizes. */
	for (int64_t n = 1; n <= 40; n++)
	{
		SampleView x = view_of_range((size_t) n, 0, 1);
		SampleView y = view_of_range((size_t) n, 0.5, 1);
		Tally tally = tally_open(&x, &y);
		double worst = 0;
		KsTies ties;
		Arena arena;

		ks_ties_read(&ties, &tally);
		arena_init(&arena, arena_malloc_source(), 0);
		for (int64_t c = 1; c <= n; c++)
		{
			KsBand bands[2] = {ks_band_two_sided(n, n, c * n), ks_band_one_sided(n, n, c * n)};
			PValue p[2] = {ks_equal_sizes_two_sided(n, c), ks_equal_sizes_one_sided(n, c)};

			for (int k = 0; k < 2; k++)
			{
				double log_p = exact_log_p(&bands[k], &ties, &arena);

				worst = fmax(worst, fabs(exp(log_p) / p[k].p - 1));
			}
		}
		if (worst > 1e-12)
			check(false, "equal sizes: closed form = recursion");
		arena_free(&arena);
		view_free(&x);
		view_free(&y);
	}
	check(true, "equal sizes: closed form = recursion for n up to 40 and all D");
}

/* ks_tail */
static void
check_tail(void)
{
	check_close(kolmogorov_tail(4.5).p, 5.1535e-18, 1e-5, "ks_tail: l = 4.5");
	check_close(kolmogorov_tail(5).p, 3.8575e-22, 1e-5, "ks_tail: l = 5");
	check_close(kolmogorov_tail(6).p, 1.0760e-31, 1e-4, "ks_tail: l = 6");
	check_close(kolmogorov_tail(30).log10_p, -781.429, 1e-6,
				"ks_tail: l = 30 has log10 p = -781.429");
	check(kolmogorov_tail(0).p == 1, "ks_tail: l = 0");
	check_close(kolmogorov_tail(1.18 - 1e-9).p, kolmogorov_tail(1.18 + 1e-9).p, 1e-8,
				"ks_tail: both series agree where they are switched");
	check_close(kolmogorov_tail(.3).p, 0.99999069, 1e-7, "ks_tail: l = .3");
}

/* ln of binomial chances against products of factors, and against ln C(n, k). */
static void
check_binomial_chance(void)
{
	double worst = 0;

	for (int n = 0; n <= 60; n++)
	{
		long double chance = powl(4.0L / 7, n);

		/* k + 1 successes are (n - k) / (k + 1) times 3/4 as likely as k. */
		for (int k = 0; k <= n; k++)
		{
			double deviation = (double) (7 * k - 3 * n) / 7;
			double got = log_binomial_chance(n, k, deviation, 3, 4);

			worst = fmax(worst, (double) fabsl(expm1l((long double) got - logl(chance))));
			chance *= (long double) (n - k) / (k + 1) * 0.75L;
		}
	}
	check_close(worst, 0, 3e-14, "binomial chances of up to 60 trials at 3/7");
	for (double n = 1000; n <= 1e9; n *= 10)
		for (double share = 0.1; share < 1; share += 0.1)
		{
			double k = floor(n * share);
			double got = log_binomial_chance(n, k, k - n / 2, 1, 1);

			worst = fmax(worst, fabs(got / (log_binomial(n, k) - n * log(2)) - 1));
		}
	check_close(log_binomial_chance(1e9, 5e8, 0, 1, 1), 0.5 * log(2 / (M_PI * 1e9)), 1e-10,
				"the central chance of 1e9 trials is 1 / sqrt(pi n / 2)");
	check_close(worst, 0, 1e-6, "binomial chances of up to 1e9 trials");
}

/* Two samples without ties, for laws alone. */
static SampleView
untied_view(int64_t n, double first)
{
	return view_of_range((size_t) n, first, 1);
}

/* ks_881_369, and the table of asymptotic errors. */
static void
check_laws(void)
{
	static const struct
	{
		int64_t n_x, n_y, lattice;
		double exact;
		double error; /* of Hodges' law, relative */
	} laws[] = {
		{20, 20, 180, .03354166, .053},         {100, 150, 2650, .04327950, .0055},
		{300, 50, 3100, .04607212, .0125},      {1000, 1000, 61000, .04839715, .0008},
		{997, 1009, 61093, .04667316, .0021},   {6000, 1000, 279000, .04801335, .0007},
		{881, 369, 32509, .01009711550, .0011},
	};

	for (size_t k = 0; k < N_ITEMS(laws); k++)
	{
		SampleView x = untied_view(laws[k].n_x, 0);
		SampleView y = untied_view(laws[k].n_y, 1e6);
		Tally tally = tally_open(&x, &y);
		KsBand band = ks_band_two_sided(laws[k].n_x, laws[k].n_y, laws[k].lattice);
		char name[100];
		double log_p;
		KsTies ties;
		Arena arena;

		ks_ties_read(&ties, &tally);
		arena_init(&arena, arena_malloc_source(), 0);
		log_p = exact_log_p(&band, &ties, &arena);
		snprintf(name, sizeof(name), "ks_%d_%d: exact", (int) laws[k].n_x, (int) laws[k].n_y);
		check_close(exp(log_p), laws[k].exact, k == 6 ? 1e-9 : 3e-7, name);
		snprintf(name, sizeof(name), "ks_%d_%d: asymptotic", (int) laws[k].n_x, (int) laws[k].n_y);
		check_close(ks_hodges_two_sided(laws[k].n_x, laws[k].n_y, laws[k].lattice).p, exp(log_p),
					laws[k].error, name);
		arena_free(&arena);
		view_free(&x);
		view_free(&y);
	}
}

/* ks_lattice */
static void
check_lattice(void)
{
	enum
	{
		N_X = 9999,
		N_Y = 10000
	};
	static double x[N_X];
	static double y[N_Y];
	int64_t plus = 0;
	int64_t minus = 0;
	Rng rng;
	KsResult r;

	rng_seed(&rng, 2, RNG_STREAM_TEST);
	for (int i = 0; i < N_X; i++)
		x[i] = (double) rng_below(&rng, 5000) / 8;
	for (int i = 0; i < N_Y; i++)
		y[i] = (double) rng_below(&rng, 5000) / 8;
	r = test_values(x, N_X, y, N_Y, TEST_AUTO);
	/* Without merging: count on both sides at every value. */
	for (int v = 0; v < 5000; v++)
	{
		int64_t below_x = 0;
		int64_t below_y = 0;
		int64_t d;

		for (int i = 0; i < N_Y; i++)
		{
			below_x += i < N_X && x[i] <= v / 8.0;
			below_y += y[i] <= v / 8.0;
		}
		d = below_x * N_Y - below_y * N_X;
		plus = d > plus ? d : plus;
		minus = -d > minus ? -d : minus;
	}
	check(r.lattice_plus == plus && r.lattice_minus == minus, "ks_lattice: the integers are exact");
	check(r.d_plus == (double) plus / ((double) N_X * N_Y) &&
			  r.d_minus == (double) minus / ((double) N_X * N_Y),
		  "ks_lattice: and divided once");
}

/* scipy without ties, R with ties. */
static void
check_reference(void)
{
	for (size_t k = 0; k < N_ITEMS(two_sample_cases); k++)
	{
		const TwoSampleCase *c = &two_sample_cases[k];
		KsResult r;
		char name[100];

		test_views(two_sample_view(c, false), two_sample_view(c, true), TEST_AUTO, &r);
		snprintf(name, sizeof(name), "reference %zu (%s, %d and %d): ", k, c->kind, c->n_x, c->n_y);
		check(r.lattice_plus == c->plus && r.lattice_minus == c->minus && r.method == TEST_EXACT,
			  name);
		check_close(r.two_sided.p, c->ks_exact[0], EXACT_TOLERANCE, name);
		check_close(r.greater.p, c->ks_exact[1], EXACT_TOLERANCE, name);
		check_close(r.less.p, c->ks_exact[2], EXACT_TOLERANCE, name);
	}
}

/* All assignments of small tied samples. */
static void
check_all_assignments(void)
{
	double worst = 0;
	bool lattices_agree = true;
	Rng rng;

	rng_seed(&rng, 3, RNG_STREAM_TEST);
	for (int repeat = 0; repeat < 4000; repeat++)
	{
		int n_x = 1 + (int) rng_below(&rng, 5);
		int n_y = 1 + (int) rng_below(&rng, 6);
		int n = n_x + n_y;
		int n_values = 1 + (int) rng_below(&rng, 8);
		double pooled[12];
		double sorted[12];
		int hits[3] = {0, 0, 0};
		int all = 0;
		KsResult r;

		for (int i = 0; i < n; i++)
			pooled[i] = (double) rng_below(&rng, (uint64_t) n_values);
		test_views(view_of_values(pooled, (size_t) n_x), view_of_values(pooled + n_x, (size_t) n_y),
				   TEST_EXACT, &r);
		memcpy(sorted, pooled, sizeof(sorted));
		qsort(sorted, (size_t) n, sizeof(double), compare_doubles);
		for (unsigned mask = 0; mask < 1u << n; mask++)
		{
			int d = 0;
			int plus = 0;
			int minus = 0;

			if (__builtin_popcount(mask) != n_x)
				continue;
			for (int i = 0; i < n; i++)
			{
				d += mask >> i & 1 ? n_y : -n_x;
				if (i + 1 < n && sorted[i + 1] == sorted[i])
					continue;
				plus = d > plus ? d : plus;
				minus = -d > minus ? -d : minus;
			}
			all++;
			hits[0] += (plus > minus ? plus : minus) >=
					   (r.lattice_plus > r.lattice_minus ? r.lattice_plus : r.lattice_minus);
			hits[1] += plus >= r.lattice_plus;
			hits[2] += minus >= r.lattice_minus;
		}
		worst = fmax(worst, fabs(r.two_sided.p * all / hits[0] - 1));
		worst = fmax(worst, fabs(r.greater.p * all / hits[1] - 1));
		worst = fmax(worst, fabs(r.less.p * all / hits[2] - 1));
		lattices_agree = lattices_agree && r.method == TEST_EXACT;
	}
	check(lattices_agree, "4000 small tied cases are exact");
	check_close(worst, 0, 1e-11, "and agree with counting all assignments");
}

/* The oracle: the recursion over all cells, without a band, without jumps (Viehmann 2021). Either
 * side, or both, may be asked for. In extended precision where there is one. */
static long double
plain_recursion(const int64_t *ties, size_t n_blocks, int64_t n_a, int64_t n_b, int64_t high,
				bool above, bool below)
{
	long double *u = calloc((size_t) n_a + 1, sizeof(long double));
	int64_t s = 0;
	long double p;

	for (size_t k = 0; k < n_blocks; k++)
	{
		for (int64_t t = 1; t <= ties[k]; t++)
		{
			s++;
			for (int64_t i = s < n_a ? s : n_a; i >= 0 && i >= s - n_b; i--)
			{
				int64_t d = i * n_b - (s - i) * n_a;

				u[i] = ((i > 0 ? (long double) i * u[i - 1] : 0) + (long double) (s - i) * u[i]) /
					   (long double) s;
				if (t == ties[k] && ((above && d >= high) || (below && -d >= high)))
					u[i] = 1;
			}
		}
	}
	p = u[n_a];
	free(u);
	return p;
}

/* Random ties of all sizes, some of them large; at most `n` in all. */
static size_t
draw_ties(Rng *rng, int64_t n, int64_t *ties)
{
	int64_t largest = (int64_t[]){1, 2, 3, 12, 40, 700}[rng_below(rng, 6)];
	int64_t large = n / (2 + (int64_t) rng_below(rng, 3));
	size_t n_blocks = 0;

	for (int64_t left = n; left > 0; left -= ties[n_blocks++])
	{
		bool is_large = rng_below(rng, 60) == 0 || (n_blocks == 0 && rng_below(rng, 2) == 0);

		ties[n_blocks] = is_large ? 1 + large : 1 + (int64_t) rng_below(rng, (uint64_t) largest);
		if (ties[n_blocks] > left)
			ties[n_blocks] = left;
	}
	return n_blocks;
}

/* How far the recursion is from the oracle in a number of random cases. */
typedef struct OracleErrors
{
	double law; /* relative error of p */
	double sum; /* of the two one-sided chances as the two-sided one, where that is said to do */
	int n_separable;
	bool same_bits; /* on all instruction sets */
	bool possible;
} OracleErrors;

/* One case. The law depends on the ties alone; who had which value does not matter. */
static void
compare_with_oracle(const int64_t *ties, size_t n_blocks, int64_t n_a, int64_t n_b, int64_t high,
					OracleErrors *errors)
{
	KsBand bands[3] = {ks_band_two_sided(n_a, n_b, high), ks_band_one_sided(n_a, n_b, high),
					   ks_band_one_sided(n_b, n_a, high)};
	double values[1000];
	uint64_t counts[1000];
	long double want[3];
	SampleView all;
	SampleView none = view_of_values(values, 0);
	KsExactPlan plan;
	KsTies collected;
	Tally tally;
	Arena arena;

	for (size_t k = 0; k < n_blocks; k++)
	{
		values[k] = (double) k;
		counts[k] = (uint64_t) ties[k];
	}
	all = view_of_counts(values, counts, n_blocks);
	tally = tally_open(&all, &none);
	ks_ties_read(&collected, &tally);
	arena_init(&arena, arena_malloc_source(), 0);
	for (int k = 0; k < 3; k++)
	{
		double log_p[3] = {0};

		want[k] = plain_recursion(ties, n_blocks, n_a, n_b, high, k != 2, k != 1);
		plan = ks_exact_plan(&bands[k], &collected, -INFINITY);
		errors->possible = errors->possible && plan.is_possible;
		for (int level = CPU_PLAIN; level <= CPU_AVX512; level++)
		{
			cpu_set_limit((CpuLevel) level);
			ks_exact_log_p(&bands[k], &plan, &collected, &arena, NULL, &log_p[level]);
		}
		cpu_set_limit(CPU_HIGHEST);
		errors->same_bits = errors->same_bits && log_p[0] == log_p[1] && log_p[0] == log_p[2];
		if (want[k] == 0)
			errors->law = log_p[0] == -INFINITY ? errors->law : 1;
		else
			errors->law =
				fmax(errors->law, (double) fabsl(expm1l((long double) log_p[0] - logl(want[k]))));
	}
	plan = ks_exact_plan(&bands[0], &collected, -INFINITY);
	if (plan.is_separable && want[0] > 0)
	{
		errors->n_separable++;
		errors->sum = fmax(errors->sum, (double) fabsl((want[1] + want[2]) / want[0] - 1));
	}
	arena_free(&arena);
	view_free(&all);
	view_free(&none);
}

/* Thousands of tied cases: small and larger, equal and very unequal sizes, any threshold. */
static void
check_plain_recursion(void)
{
	OracleErrors errors = {.same_bits = true, .possible = true};
	Rng rng;

	rng_seed(&rng, 4, RNG_STREAM_TEST);
	for (int repeat = 0; repeat < 6000; repeat++)
	{
		uint64_t largest = repeat % 20 > 0 ? 40 : 400;
		int64_t n_a = 1 + (int64_t) rng_below(&rng, repeat % 3 > 0 ? largest : 6);
		int64_t n_b = repeat % 4 > 0 ? 1 + (int64_t) rng_below(&rng, largest) : n_a;
		double n = (double) (n_a + n_b);
		double product = (double) (n_a * n_b);
		/* In units of the limit law's argument, l; where it is large, p is 1e-200 and less. */
		double l = (repeat % 5 > 0 ? 4 : 25) * rng_double(&rng) * rng_double(&rng);
		int64_t high = 1 + (int64_t) fmin(l * sqrt(product * n), product - 1);
		int64_t ties[1000];
		size_t n_blocks;

		if (repeat % 2 > 0)
		{
			int64_t swap = n_a;

			n_a = n_b;
			n_b = swap;
		}
		n_blocks = draw_ties(&rng, n_a + n_b, ties);
		compare_with_oracle(ties, n_blocks, n_a, n_b, high, &errors);
	}
	check(errors.possible, "6000 tied cases are within the range of the recursion");
	check(errors.same_bits, "and have the same bits on all instruction sets");
	check_close(errors.law, 0, 1e-12, "the recursion = the plain one, any ties, any threshold");
	check(errors.n_separable > 300, "in some hundreds the sides are said to be separable");
	check_close(errors.sum, 0, 1e-14, "and there the two-sided chance is the sum of both");
}

/* The recursion against the closed form: many blocks, and chances far below the range of
 * doubles. */
static void
check_far_tail(void)
{
	static const struct
	{
		int64_t n, c;
	} cases[] = {{20000, 400}, {20000, 60}, {5000, 1500}, {2000, 1000}, {2000, 1700}};

	for (size_t k = 0; k < N_ITEMS(cases); k++)
	{
		int64_t n = cases[k].n;
		SampleView x = view_of_range((size_t) n, 0, 1);
		SampleView y = view_of_range((size_t) n, 0.5, 1);
		Tally tally = tally_open(&x, &y);
		KsBand band = ks_band_one_sided(n, n, cases[k].c * n);
		PValue want = ks_equal_sizes_one_sided(n, cases[k].c);
		KsTies ties;
		Arena arena;
		char name[100];

		ks_ties_read(&ties, &tally);
		arena_init(&arena, arena_malloc_source(), 0);
		snprintf(name, sizeof(name), "recursion = closed form for n = %d, c = %d, log10 p = %.1f",
				 (int) n, (int) cases[k].c, want.log10_p);
		/* Where p is not a number any more, its logarithm has as many digits. */
		check_close(exact_log_p(&band, &ties, &arena) / log(10), want.log10_p, 1e-13, name);
		arena_free(&arena);
		view_free(&x);
		view_free(&y);
	}
}

/* A sample drawn from weights; more than 2^32 draws are never needed. */
static SampleView
draw(Rng *rng, const double *weights, size_t n_values, double lean, int64_t n)
{
	double values[512];
	double cumulated[512];
	uint64_t counts[512] = {0};
	double total = 0;

	for (size_t i = 0; i < n_values; i++)
	{
		values[i] = (double) i;
		total += weights[i] * exp(lean * ((double) i / (double) n_values - 0.5));
		cumulated[i] = total;
	}
	for (int64_t k = 0; k < n; k++)
	{
		double at = rng_double(rng) * total;
		size_t low = 0;
		size_t high = n_values - 1;

		while (low < high)
		{
			size_t middle = (low + high) / 2;

			if (at < cumulated[middle])
				high = middle;
			else
				low = middle + 1;
		}
		counts[low]++;
	}
	return view_of_counts(values, counts, n_values);
}

/* A copy that outlives view_free(). */
static SampleView
copy_of(const SampleView *view)
{
	return view_of_counts(view->values, view->counts, view->n_distinct);
}

/* The law with normal transitions against the exact one. */
static void
check_heavily_tied(void)
{
	static const double leans[] = {0, 0.1, 0.4, 1.2};
	double worst = 0;
	double worst_far = 0;
	bool methods_agree = true;
	Rng rng;

	rng_seed(&rng, 5, RNG_STREAM_TEST);
	for (int shape = 0; shape < 4; shape++)
	{
		double weights[512];
		size_t n_values = (size_t[]){256, 16, 500, 202}[shape];

		for (size_t i = 0; i < n_values; i++)
			weights[i] = 1;
		if (shape == 0) /* pixels */
		{
			weights[0] = 1600;
			weights[255] = 150;
		}
		if (shape == 3) /* two heaps between crumbs */
			weights[100] = weights[201] = 10000;
		for (size_t k = 0; k < N_ITEMS(leans); k++)
		{
			for (int large = 0; large < 2; large++)
			{
				SampleView x = draw(&rng, weights, n_values, 0, large ? 20000 : 4000);
				SampleView y = draw(&rng, weights, n_values, leans[k], large ? 20000 : 6000);
				KsResult exact;
				KsResult normal;
				double apart;

				test_views(copy_of(&x), copy_of(&y), TEST_EXACT, &exact);
				test_views(x, y, TEST_ASYMPTOTIC, &normal);
				methods_agree =
					methods_agree && exact.method == TEST_EXACT && normal.method == TEST_ASYMPTOTIC;
				apart = fabs(normal.two_sided.log10_p - exact.two_sided.log10_p);
				if (exact.two_sided.log10_p > -10)
					worst = fmax(worst, apart);
				else
					worst_far = fmax(worst_far, apart);
				if (exact.greater.p > 1e-10)
					worst = fmax(worst, fabs(normal.greater.log10_p - exact.greater.log10_p));
				if (exact.less.p > 1e-10)
					worst = fmax(worst, fabs(normal.less.log10_p - exact.less.log10_p));
			}
		}
	}
	check(methods_agree, "heavily tied: both laws say which they are");
	check_close(worst, 0, log10(1.03), "heavily tied: p within 3 % of the exact one");
	check_close(worst_far, 0, 0.4, "heavily tied: far out, log10 p within 0.4");
}

/* Is it a p-value, with its logarithm? */
static bool
is_sound(PValue p)
{
	return p.p >= 0 && p.p <= 1 && p.log10_p <= 0 && isfinite(p.log10_p);
}

/* A few values of very different counts, `least` or more: blocks so small that the path has hardly
 * moved. */
static SampleView
draw_crumbs(Rng *rng, uint64_t least, uint64_t magnitudes)
{
	double values[6];
	uint64_t counts[6];
	size_t n_values = 1 + rng_below(rng, N_ITEMS(values));

	for (size_t i = 0; i < n_values; i++)
	{
		values[i] = 2 * (double) i + (double) rng_below(rng, 3);
		if (i > 0 && values[i] <= values[i - 1])
			values[i] = values[i - 1] + 1;
		counts[i] = least + rng_below(rng, (uint64_t) pow(10, (double) rng_below(rng, magnitudes)));
	}
	return view_of_counts(values, counts, n_values);
}

/* The law with normal transitions where looks lie beside the end or the beginning of the path. */
static void
check_crumbs(void)
{
	static const double x_values[] = {2, 3, 4, 6};
	static const uint64_t x_counts[] = {142663, 10, 514106, 887411};
	static const double y_values[] = {0, 2, 4, 5, 7};
	static const uint64_t y_counts[] = {47, 66, 9, 1, 1};
	SampleView x = view_of_counts(x_values, x_counts, N_ITEMS(x_values));
	SampleView y = view_of_counts(y_values, y_counts, N_ITEMS(y_values));
	KsResult exact;
	KsResult normal;
	bool sound = true;
	Rng rng;

	test_views(copy_of(&x), copy_of(&y), TEST_EXACT, &exact);
	test_views(x, y, TEST_ASYMPTOTIC, &normal);
	check_close(normal.two_sided.log10_p, exact.two_sided.log10_p, 1e-3,
				"a last block of one value: log10 p as that of the exact law");
	check_close(normal.less.log10_p, exact.less.log10_p, 1e-3, "and the same one-sided");

	rng_seed(&rng, 6, RNG_STREAM_TEST);
	for (int i = 0; i < 2000; i++)
	{
		test_views(draw_crumbs(&rng, 5, 3), draw_crumbs(&rng, 1, 9), TEST_ASYMPTOTIC, &normal);
		sound = sound && is_sound(normal.two_sided) && is_sound(normal.greater) &&
				is_sound(normal.less);
	}
	check(sound, "a few values of very different counts have p-values");
}

/* Where p is too small for the recursions: the bound by crossings where they just reach. */
static void
check_crossings(void)
{
	static const double values[] = {0, 1, 2, 3, 4, 5, 6, 7};
	static const uint64_t x_counts[][N_ITEMS(values)] = {
		{4000, 2000, 1500, 500, 500, 500, 500, 500},
		{1000, 1000, 1000, 1000, 1000, 1000, 1000, 3000},
		/* Nearly as far apart at several block ends. */
		{3000, 20, 20, 20, 20, 20, 20, 1500},
	};
	static const uint64_t y_counts[][N_ITEMS(values)] = {
		{1500, 1000, 1000, 1000, 1000, 2500, 1000, 1000},
		{100, 200, 300, 400, 900, 2000, 3000, 9000},
		{1500, 20, 20, 20, 20, 20, 20, 3000},
	};

	for (size_t k = 0; k < N_ITEMS(x_counts); k++)
	{
		SampleView x = view_of_counts(values, x_counts[k], N_ITEMS(values));
		SampleView y = view_of_counts(values, y_counts[k], N_ITEMS(values));
		Tally tally = tally_open(&x, &y);
		KsTies ties;
		KsBand band;
		KsResult exact;

		test_views(copy_of(&x), copy_of(&y), TEST_EXACT, &exact);
		ks_ties_read(&ties, &tally);
		band = ks_band_one_sided((int64_t) x.n, (int64_t) y.n, exact.lattice_plus);
		check(exact.method == TEST_EXACT && exact.greater.log10_p < -200, "p is below 1e-200");
		check_close(ks_crossings_log(&band, &ties) / log(10), exact.greater.log10_p, 1e-5,
					"log10 p by crossings is that of the exact law");
		view_free(&x);
		view_free(&y);
	}
}

/* Sizes and statistics that overflow, underflow or never end elsewhere. */
static void
check_extremes(void)
{
	static const double two[] = {0, 1};
	KsResult r;

	/* Disjoint: the closed form holds at any size, with ties too. */
	test_views(view_of_counts(two, (uint64_t[]){UINT64_C(1) << 31, 0}, 2),
			   view_of_counts(two, (uint64_t[]){0, UINT64_C(1) << 31}, 2), TEST_AUTO, &r);
	check(r.statistic == 1 && r.method == TEST_EXACT, "2^31 against 2^31, disjoint: D = 1");
	check_close(r.two_sided.log10_p, -1292913981.34, 1e-9,
				"and log10 p is that of 2 / C(2^32, 2^31)");
	check(isfinite(r.greater.log10_p) && r.less.p == 1, "one-sided too");
	test_views(view_of_counts(two, (uint64_t[]){1, 0}, 2),
			   view_of_counts(two, (uint64_t[]){0, 1000000000}, 2), TEST_AUTO, &r);
	check_close(r.greater.p, 1 / 1000000001.0, 1e-12, "1 against 1e9, disjoint: greater 1/(N)");

	/* Ties decide whether both orders are possible: 1 zero and 2 ones leave only one. */
	r = TEST_VALUES(((double[]){0}), ((double[]){1, 1}), TEST_AUTO);
	check_close(r.two_sided.p, 1.0 / 3, 1e-15, "{0} against {1, 1}: one assignment of 3");

	test_views(view_of_range(3000, 0, 1), view_of_range(3100, 2600.5, 1), TEST_AUTO, &r);
	check(r.method == TEST_EXACT && r.two_sided.p == 0, "D = .87 of 3000: p is 0");
	check(isfinite(r.two_sided.log10_p) && isfinite(r.greater.log10_p) &&
			  r.two_sided.log10_p < -500,
		  "but its logarithm is there");
	test_views(view_of_range(3000, 0, 1), view_of_range(3100, 1300.5, 1), TEST_AUTO, &r);
	check(r.method == TEST_EXACT && r.two_sided.p > 0 && r.two_sided.log10_p < -200,
		  "D = .43 of 3000: exact at 1e-250");

	/* Pixels of 20,000 images: few values, large counts, far out. */
	test_views(view_of_counts(two, (uint64_t[]){6300000, 1540000}, 2),
			   view_of_counts(two, (uint64_t[]){6000000, 1840000}, 2), TEST_AUTO, &r);
	check(isfinite(r.two_sided.log10_p) && r.two_sided.log10_p < -1000, "7.8e6 pixels: log10 p");
	test_views(view_of_counts(two, (uint64_t[]){6300000, 1540000}, 2),
			   view_of_counts(two, (uint64_t[]){6300000, 1540000}, 2), TEST_AUTO, &r);
	check(r.two_sided.p == 1 && r.statistic == 0, "7.8e6 pixels against themselves");

	check(test_views(view_of_range(0, 0, 1), view_of_range(3, 0, 1), TEST_AUTO, &r).code ==
			  SDQ_BAD_ARGUMENT,
		  "an empty side is refused");
}

/* Forced, infeasible, interrupted. */
static void
check_control(void)
{
	SampleView x = view_of_range(1000000, 0, 1);
	SampleView y = view_of_range(1000001, 300000.5, 1);
	Tally tally = tally_open(&x, &y);
	int left = 3;
	Stop stop = {.poll = stop_countdown, .context = &left};
	double values[1000];
	uint64_t x_counts[1000];
	uint64_t y_counts[1000];
	Arena arena;
	KsResult r;
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), 0);
	check(!sdq_failed(ks_test(&tally, TEST_AUTO, &arena, NULL, &r)) && r.method == TEST_ASYMPTOTIC,
		  "1e6 against 1e6 + 1 is asymptotic by choice");
	check(ks_test(&tally, TEST_AUTO, &arena, &stop, &r).code == SDQ_INTERRUPTED || left > 0,
		  "the fold asks whether to stop");
	view_free(&x);
	view_free(&y);

	for (size_t i = 0; i < N_ITEMS(values); i++)
	{
		values[i] = (double) i;
		x_counts[i] = 1000000 - 100 * i;
		y_counts[i] = 900000 + 100 * i;
	}
	x = view_of_counts(values, x_counts, N_ITEMS(values));
	y = view_of_counts(values, y_counts, N_ITEMS(values));
	tally = tally_open(&x, &y);
	status = ks_test(&tally, TEST_EXACT, &arena, NULL, &r);
	check(status.code == SDQ_TOO_LARGE && status.detail == TESTS_EXACT_INFEASIBLE &&
			  status.a > status.b,
		  "exact forced on a thousand values of a million observations each is refused");
	view_free(&x);
	view_free(&y);

	x = view_of_range(20000, 0, 1);
	y = view_of_range(20001, 300.5, 1);
	tally = tally_open(&x, &y);
	left = 3;
	atomic_store(&stop.requested, false);
	status = ks_test(&tally, TEST_EXACT, &arena, &stop, &r);
	check(status.code == SDQ_INTERRUPTED && left == 0, "the recursion stops when asked to");
	arena_free(&arena);
	view_free(&x);
	view_free(&y);
}

int
main(void)
{
	check_small_exact();
	check_small_samples();
	check_ties();
	check_scale();
	check_equal_sizes();
	check_tail();
	check_laws();
	check_lattice();
	check_reference();
	check_all_assignments();
	check_plain_recursion();
	check_far_tail();
	check_binomial_chance();
	check_heavily_tied();
	check_crumbs();
	check_crossings();
	check_extremes();
	check_control();
	return check_done();
}
