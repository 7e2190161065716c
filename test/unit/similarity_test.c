/*
 * similarity_test.c
 *		Measures of similarity by hand, against numpy (test/reference/similarity.py), closed forms and their identities;
 *		random labels against the hypergeometric law; the permutation test against all relabellings of
 *		small samples.
 */
#include "check.h"

#include <float.h>
#include <string.h>

#include "core/density/permutation.h"
#include "core/density/relabel.h"
#include "core/density/similarity.h"
#include "core/tests/hypergeometric.h"
#include "permutation.h"
#include "similarity.h"
#include "stops.h"
#include "workbench.h"

/* Draws whose frequencies are compared with chances: a standard error of 0.005 at most. */
#define DRAWS 10000

/* Relabellings asked for where all of them are known: an error of 0.01 is three standard errors. */
#define PERMUTATIONS 9999

static Similarity
compare(const SimilarityGrid *grid, const double *f, const double *g)
{
	Bench bench;
	Similarity result;

	bench_open(&bench, 1);
	check(!sdq_failed(similarity_of(&bench.job, grid, f, g, &result)),
		  "two densities are compared");
	bench_close(&bench);
	return result;
}

static void
check_measures(const Similarity *got, const double *want, const char *name)
{
	const double values[] = {got->overlap, got->l1,    got->l2,    got->hellinger,
							 got->js,      got->kl_12, got->kl_21, got->gap};

	printf("# %s\n", name);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		check_close(values[i], want[i], 1e-13, "a measure is that of the reference");
	check(got->gap_node == (size_t) want[8], "the largest gap is where it is in the reference");
}

static const SimilarityGrid line = {
	.n_x = SIMILARITY_N_LINE, .n_y = 1, .x = similarity_line_x, .y = NULL};
static const SimilarityGrid plane = {
	.n_x = SIMILARITY_N_X, .n_y = SIMILARITY_N_Y, .x = similarity_plane_x, .y = similarity_plane_y};

static void
test_reference(void)
{
	Similarity on_line = compare(&line, similarity_line_f, similarity_line_g);
	Similarity on_plane = compare(&plane, similarity_plane_f, similarity_plane_g);

	check_measures(&on_line, similarity_line, "a grid of unequal steps");
	check_measures(&on_plane, similarity_plane, "a plane");
	check_close(on_line.l1, 2 * (1 - on_line.overlap), 1e-14, "L1 is 2 (1 - overlap)");
	check_close(on_plane.l1, 2 * (1 - on_plane.overlap), 1e-14, "L1 is 2 (1 - overlap) in a plane");
}

/* Nodes 0, 1, 2 have weights 1/2, 1, 1/2. f = (2, 0, 0) and g = (0, 1, 0) both integrate to 1 and never meet.
 * Against f = (1, 1/2, 0), which is 1 as well, g shares min = 1/2 at the middle: overlap 1/2, L1 1/2 + 1/2 = 1,
 * squares 1/2 * 1 + 1/4, KL of g to f = 1 * ln 2. */
static void
test_by_hand(void)
{
	static const double x[] = {0, 1, 2};
	static const double left[] = {6, 0, 0};
	static const double middle[] = {0, 5, 0};
	static const double both[] = {1, 0.5, 0};
	static const double zero[] = {0, 0, 0};
	SimilarityGrid grid = {.n_x = 3, .n_y = 1, .x = x};
	Similarity apart = compare(&grid, left, middle);
	Similarity half = compare(&grid, both, middle);

	check(apart.overlap == 0 && apart.l1 == 2, "densities that never meet share nothing");
	check(apart.hellinger == 1 && apart.js == 1, "their distances have their upper bounds");
	check(isinf(apart.kl_12) && isinf(apart.kl_21),
		  "their Kullback-Leibler divergences are infinite");
	check(apart.gap == 2 && apart.gap_node == 0, "the gap is that of the normalised densities");
	check_close(half.overlap, 0.5, 1e-15, "half of the mass is shared");
	check_close(half.l1, 1, 1e-15, "L1 then is 1");
	check_close(half.l2, sqrt(0.75), 1e-15, "L2 is the root of the squares' integral");
	check(isinf(half.kl_12), "mass where the other side has none: infinite");
	check_close(half.kl_21, log(2), 1e-15, "the other way round it is finite");
	check(half.gap == 1 && half.gap_node == 0, "of equal gaps the first counts");
	check(!compare(&grid, zero, middle).is_defined && !compare(&grid, middle, zero).is_defined,
		  "a density that is 0 on the whole grid cannot be compared");
}

/* kde_same */
/* Normal laws with means 0 and 1, deviations 1 and 3/2, and 1 and 1, on a fine and wide grid, against closed forms. */
static void
test_normal_laws(void)
{
	enum
	{
		N = 4001
	};
	static double x[N];
	static double f[N];
	static double g[N];
	static double h[N];
	SimilarityGrid grid = {.n_x = N, .n_y = 1, .x = x};
	double pi = acos(-1);
	double s = 1.5;
	double both = 1 + s * s; /* variance of the difference */
	Similarity result;

	for (size_t i = 0; i < N; i++)
	{
		x[i] = -20 + 0.01 * (double) i;
		f[i] = exp(-x[i] * x[i] / 2) / sqrt(2 * pi);
		g[i] = exp(-(x[i] - 1) * (x[i] - 1) / (2 * s * s)) / (s * sqrt(2 * pi));
		h[i] = exp(-(x[i] - 1) * (x[i] - 1) / 2) / sqrt(2 * pi);
	}
	result = compare(&grid, f, g);
	check_close(result.hellinger, sqrt(1 - sqrt(2 * s / both) * exp(-1 / (4 * both))), 1e-12,
				"normal laws: their Hellinger distance");
	check_close(result.kl_12, log(s) + (1 + 1) / (2 * s * s) - 0.5, 1e-12,
				"normal laws: the divergence of the first from the second");
	check_close(result.kl_21, -log(s) + (s * s + 1) / 2 - 0.5, 1e-12,
				"normal laws: the divergence of the second from the first");
	/* int f^2 = 1 / (2 sqrt(pi)), and int f g is the density of the difference at 0. */
	check_close(result.l2,
				sqrt((1 + 1 / s) / (2 * sqrt(pi)) - 2 * exp(-1 / (2 * both)) / sqrt(2 * pi * both)),
				1e-12, "normal laws: their L2 distance");
	/* Laws of one deviation meet half way, at a node: 2 Phi(-1/2). */
	result = compare(&grid, f, h);
	check_close(result.overlap, erfc(0.5 / sqrt(2)), 1e-4, "normal laws: their overlap");
	check_close(result.l1, 2 * (1 - result.overlap), 1e-12, "normal laws: L1 follows from it");
}

static void
test_same(void)
{
	double other[SIMILARITY_N_X * SIMILARITY_N_Y];
	double scales[] = {1, 1e300, 5e-324, 3};

	for (int k = 0; k < 4; k++)
	{
		Similarity same;

		for (size_t i = 0; i < SIMILARITY_N_X * SIMILARITY_N_Y; i++)
			other[i] = similarity_plane_f[i] * scales[k];
		same = compare(&plane, other, other);
		check(same.overlap == 1 && same.l1 == 0 && same.l2 == 0 && same.hellinger == 0 &&
				  same.js == 0 && same.kl_12 == 0 && same.kl_21 == 0 && same.gap == 0,
			  "equal densities give exactly 1 and zeros");
	}
	check_close(compare(&plane, similarity_plane_f, other).overlap, 1, 1e-15,
				"densities are divided by their own mass");
}

/* Sides change places; axes change their unit. */
static void
test_symmetry(void)
{
	Similarity ab = compare(&plane, similarity_plane_f, similarity_plane_g);
	Similarity ba = compare(&plane, similarity_plane_g, similarity_plane_f);
	double x[SIMILARITY_N_X];
	SimilarityGrid grid = plane;
	Similarity scaled;

	check(ab.overlap == ba.overlap && ab.l1 == ba.l1 && ab.l2 == ba.l2 &&
			  ab.hellinger == ba.hellinger,
		  "distances are symmetric");
	check_close(ab.js, ba.js, 1e-14, "so is the Jensen-Shannon divergence");
	check(ab.kl_12 == ba.kl_21 && ab.kl_21 == ba.kl_12, "Kullback-Leibler changes its sides");
	check(ab.gap == -ba.gap && ab.gap_node == ba.gap_node, "the gap changes its sign");

	for (int k = -1; k <= 1; k += 2)
	{
		double unit = k < 0 ? 0x1p-1000 : 0x1p1000;

		for (size_t i = 0; i < SIMILARITY_N_X; i++)
			x[i] = similarity_plane_x[i] * unit;
		grid.x = x;
		scaled = compare(&grid, similarity_plane_f, similarity_plane_g);
		check(scaled.overlap == ab.overlap && scaled.hellinger == ab.hellinger &&
				  scaled.js == ab.js && scaled.kl_21 == ab.kl_21,
			  "the unit of an axis does not matter");
		check_close(scaled.gap * unit, ab.gap, 1e-14, "but to the gap, a density");
		check_close(scaled.l2 * sqrt(unit), ab.l2, 1e-14, "and to L2, the root of one");
	}
	x[0] = -DBL_MAX;
	x[SIMILARITY_N_X - 1] = DBL_MAX;
	for (size_t i = 1; i < SIMILARITY_N_X - 1; i++)
		x[i] = similarity_plane_x[i];
	scaled = compare(&grid, similarity_plane_f, similarity_plane_g);
	check(isfinite(scaled.overlap) && isfinite(scaled.l2) && isfinite(scaled.gap),
		  "an axis of all doubles does not overflow");
}

/* Frequencies of what a kind of `count` gets when `needed` of `left` are taken, and the chances. */
static double
largest_error(int64_t count, int64_t left, int64_t needed)
{
	int64_t first = needed - (left - count) > 0 ? needed - (left - count) : 0;
	int64_t last = count < needed ? count : needed;
	double *chances = malloc((size_t) (last - first + 1) * sizeof(double));
	double *frequencies = calloc((size_t) (last - first + 1), sizeof(double));
	double largest = 0;
	double sum = 0;
	double chance = 0;
	Rng rng;

	hypergeometric_weights(count, left, needed, first, last, chances);
	rng_seed(&rng, 7, RNG_STREAM_TEST);
	for (int i = 0; i < DRAWS; i++)
	{
		const int64_t counts[] = {count, left - count};
		int64_t taken[2];
		RelabelLeft state = {.left = left, .needed = needed};

		relabel_draw(&rng, &state, counts, 2, taken);
		if (taken[0] < first || taken[0] > last || taken[0] + taken[1] != needed ||
			taken[1] > counts[1] || state.left != 0 || state.needed != 0)
			return INFINITY;
		frequencies[taken[0] - first] += 1.0 / DRAWS;
	}
	for (int64_t k = 0; k <= last - first; k++)
	{
		sum += frequencies[k];
		chance += chances[k];
		largest = fmax(largest, fabs(sum - chance));
	}
	free(chances);
	free(frequencies);
	return largest;
}

/* Half of 2^32 observations, half of them of a kind: that gets 2^30, with a standard deviation of 2^14. */
static void
check_largest(void)
{
	const int64_t half = INT64_C(1) << 31;
	const int64_t counts[] = {half, half};
	int64_t taken[2];
	double sum = 0;
	Rng rng;

	rng_seed(&rng, 13, RNG_STREAM_TEST);
	for (int i = 0; i < 100; i++)
	{
		RelabelLeft state = {.left = 2 * half, .needed = half};

		relabel_draw(&rng, &state, counts, 2, taken);
		sum += (double) (taken[0] - half / 2) / 0x1p14 / 10;
	}
	check(fabs(sum) < 4, "the largest samples are drawn from");
}

static void
test_relabel(void)
{
	/* Kolmogorov's 99.9 % point of 10,000 draws is 0.0195. */
	check(largest_error(5, 12, 4) < 0.0195, "small kinds are drawn by the hypergeometric law");
	check(largest_error(24, 1000, 900) < 0.0195, "also those of which most are taken");
	check(largest_error(25, 60, 10) < 0.0195, "kinds drawn by inversion follow the law");
	check(largest_error(100, 120, 90) < 0.0195, "also where some must be taken");
	check(largest_error(100000, 1000000, 300000) < 0.0195, "also large ones");
	check(largest_error(1000000, 1000100, 500) < 0.0195,
		  "also where hardly any other kind is left");
	check(largest_error(40, 40, 17) < 1e-9, "the only kind gives all that is taken");
	check(largest_error(40, 100, 0) < 1e-9 && largest_error(40, 100, 100) < 1e-9,
		  "none or all of the observations may be taken");
	check_largest();
}

static double
p_of(const double *u_1, size_t n_1, const double *u_2, size_t n_2, const double *v_1,
	 const double *v_2, int64_t permutations, int threads)
{
	Bench bench;
	double ones[400];
	PermutationSide sides[2] = {{.n = n_1, .u = u_1, .v = v_1, .weights = ones},
								{.n = n_2, .u = u_2, .v = v_2, .weights = ones}};
	double p;

	for (size_t i = 0; i < 400; i++)
		ones[i] = 1;
	bench_open(&bench, threads);
	check(!sdq_failed(permutation_test(&bench.job, sides, permutations, 3, &p)), "a test ends");
	bench_close(&bench);
	return p;
}

static void
test_permutations(void)
{
	static const double low[] = {0, 1, 2};
	static const double high[] = {100, 101, 102};
	static const double mixed_1[] = {0, 100, 200};
	static const double mixed_2[] = {0, 100, 200};
	static const double one[] = {0};
	double u[400];
	double v[400];
	double p;
	Rng rng;

	/* Of the 20 ways to choose three of six, two separate low from high: the observed and its mirror. */
	check(fabs(p_of(low, 3, high, 3, NULL, NULL, PERMUTATIONS, 1) - 0.1) < 0.01,
		  "the share of relabellings that are as far apart is met");
	/* The same points in a plane, apart along the second axis. */
	check(fabs(p_of(low, 3, low, 3, low, high, PERMUTATIONS, 1) - 0.1) < 0.01, "also in a plane");
	/* Nothing is closer than equal samples: all relabellings are at least as far apart. */
	check(p_of(mixed_1, 3, mixed_2, 3, NULL, NULL, PERMUTATIONS, 1) == 1,
		  "equal samples have p = 1");
	/* One point against three: of four relabellings the observed one and no other has the point at 0
	 * alone; the one that has the far end alone is its mirror. */
	check(p_of(one, 1, high, 3, NULL, NULL, 1, 1) >= 0.5, "p of one relabelling is 1/2 or 1");
	check(isnan(p_of(one, 1, high, 0, NULL, NULL, 10, 1)), "an empty side has no p");
	u[0] = INFINITY;
	check(isnan(p_of(u, 1, high, 3, NULL, NULL, 10, 1)), "an infinite coordinate has none either");
	u[0] = 1e300;
	check(p_of(u, 1, high, 3, NULL, NULL, 10, 1) <= 1, "a far one has one");

	rng_seed(&rng, 5, RNG_STREAM_TEST);
	for (size_t i = 0; i < 400; i++)
	{
		u[i] = 4 + rng_normal(&rng) + (i < 200 ? 0 : 0.2);
		v[i] = 40 + 10 * rng_normal(&rng);
	}
	p = p_of(u, 200, u + 200, 200, v, v + 200, 999, 1);
	check(p > 0 && p < 1, "random samples have a p between 0 and 1");
	for (int threads = 2; threads <= 7; threads += threads == 3 ? 4 : 1)
		check(p_of(u, 200, u + 200, 200, v, v + 200, 999, threads) == p,
			  "p has the same bits for any number of threads");
	for (size_t i = 0; i < 100; i++)
	{
		double swap = u[i];

		u[i] = u[199 - i];
		u[199 - i] = swap;
		swap = v[i];
		v[i] = v[199 - i];
		v[199 - i] = swap;
	}
	check(p_of(u, 200, u + 200, 200, v, v + 200, 999, 1) == p,
		  "p has the same bits for any order of the points");
	for (size_t i = 200; i < 400; i++)
		u[i] += 2;
	check(p_of(u, 200, u + 200, 200, v, v + 200, 999, 1) == 1 / 1000.0,
		  "samples two kernels apart have the smallest p there is");
}

/* Small samples against all their relabellings, which the reference has looked at. */
static void
test_all_relabellings(void)
{
	size_t n_all = sizeof(permutation_cases) / sizeof(permutation_cases[0]);
	size_t n_cases = CHECK_RACES_ONLY ? 1 : n_all;

	for (size_t i = 0; i < n_cases; i++)
	{
		size_t n_1 = permutation_cases[i].n_1;
		size_t n_2 = permutation_cases[i].n_2;
		const double *u = permutation_cases[i].u;
		const double *v = permutation_cases[i].d == 2 ? permutation_cases[i].v : NULL;
		double p = p_of(u, n_1, u + n_1, n_2, v, v == NULL ? NULL : v + n_1, 4 * PERMUTATIONS, 1);

		printf("# p %.4f, of all relabellings %.4f\n", p, permutation_cases[i].p);
		/* Four standard errors of at most 0.0025. */
		check(fabs(p - permutation_cases[i].p) < 0.01, "p is that of all relabellings");
	}
}

/* Under the null hypothesis P(p <= alpha) is alpha for each multiple of 1/(m + 1). */
static void
test_level(void)
{
	int n_small = 0;
	int n_tests = CHECK_RACES_ONLY ? 10 : 400;
	Rng rng;
	double u[60];

	rng_seed(&rng, 11, RNG_STREAM_TEST);
	for (int test = 0; test < n_tests; test++)
	{
		for (size_t i = 0; i < 60; i++)
			u[i] = 20 + 3 * rng_normal(&rng);
		n_small += p_of(u, 20, u + 20, 40, NULL, NULL, 19, 1) <= 0.1;
	}
	/* 400 tests at 0.1 reject 40 +- 6. */
	check(CHECK_RACES_ONLY || (n_small > 16 && n_small < 64), "the test keeps its level");
}

static void
test_stop(void)
{
	Bench bench;
	double *u = random_rows(2000, 1, 1);
	double *ones = malloc(1000 * sizeof(double));
	int asked = 3;
	Stop stop = {.poll = stop_countdown, .context = &asked};
	PermutationSide sides[2] = {{.n = 1000, .u = u, .v = u, .weights = ones},
								{.n = 1000, .u = u + 1000, .v = u + 1000, .weights = ones}};
	double p;
	Similarity result;

	for (size_t i = 0; i < 2000; i++)
		u[i] = 50 + 10 * u[i];
	for (size_t i = 0; i < 1000; i++)
		ones[i] = 1;
	bench_open(&bench, 1);
	bench.job.stop = &stop;
	pool_destroy(bench.job.pool);
	if (sdq_failed(pool_create(&bench.job.pool, 2, &stop)))
		exit(EXIT_FAILURE);
	check(permutation_test(&bench.job, sides, PERMUTATIONS_MAX, 0, &p).code == SDQ_INTERRUPTED,
		  "a permutation test can be stopped");
	stop = (Stop){.poll = stop_now};
	check(similarity_of(&bench.job, &plane, similarity_plane_f, similarity_plane_g, &result).code ==
			  SDQ_INTERRUPTED,
		  "so can a comparison");
	bench_close(&bench);
	bench_open(&bench, 1);
	bench.arena.limit = 1000;
	check(permutation_test(&bench.job, sides, 10, 0, &p).code == SDQ_OVER_LIMIT,
		  "a permutation test keeps to its memory");
	bench_close(&bench);
	free(u);
	free(ones);
}

int
main(void)
{
	test_by_hand();
	test_reference();
	test_normal_laws();
	test_same();
	test_symmetry();
	test_relabel();
	test_permutations();
	test_all_relabellings();
	test_level();
	test_stop();
	return check_done();
}
