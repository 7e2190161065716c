/*
 * affinities_test.c
 *		P, the attraction along it, and the gradient of the whole objective.
 */
#include "check.h"

#include <float.h>
#include <string.h>

#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "core/tsne/affinities.h"
#include "core/tsne/attraction.h"
#include "core/tsne/field_exact.h"
#include "workbench.h"

/* A neighbour before it is listed. */
typedef struct Candidate
{
	double distance2;
	uint32_t index;
} Candidate;

static int
compare_candidates(const void *a, const void *b)
{
	const Candidate *x = a;
	const Candidate *y = b;

	if (x->distance2 != y->distance2)
		return x->distance2 < y->distance2 ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

/* The k nearest by sorting all distances. */
static Neighbors
brute_neighbors(Arena *arena, const double *rows, size_t n, size_t d, size_t k)
{
	Neighbors result = {.n = n,
						.k = k,
						.index = arena_alloc(arena, n * k, sizeof(uint32_t)),
						.distance2 = arena_alloc(arena, n * k, sizeof(double))};
	Candidate *candidates = malloc(n * sizeof(Candidate));

	for (size_t i = 0; i < n; i++)
	{
		size_t found = 0;

		for (size_t j = 0; j < n; j++)
		{
			double square = 0;

			for (size_t c = 0; c < d; c++)
				square += (rows[i * d + c] - rows[j * d + c]) * (rows[i * d + c] - rows[j * d + c]);
			if (j != i)
				candidates[found++] = (Candidate){.distance2 = square, .index = (uint32_t) j};
		}
		qsort(candidates, found, sizeof(Candidate), compare_candidates);
		for (size_t j = 0; j < k; j++)
		{
			result.index[i * k + j] = candidates[j].index;
			result.distance2[i * k + j] = candidates[j].distance2;
		}
	}
	free(candidates);
	return result;
}

/* exp of the entropy of p[k]. */
static double
row_perplexity(const double *p, size_t k)
{
	double entropy = 0;

	for (size_t j = 0; j < k; j++)
		if (p[j] > 0)
			entropy -= p[j] * log(p[j]);
	return exp(entropy);
}

/* p_ij, by search; 0 if there is no entry. */
static double
entry(const Affinities *affinities, size_t i, size_t j)
{
	for (size_t e = affinities->start[i]; e < affinities->start[i + 1]; e++)
		if (affinities->column[e] == j)
			return (double) affinities->p[e];
	return 0;
}

/* Columns ascending without repetition, diagonal empty, symmetric to the bit. */
static bool
is_well_formed(const Affinities *affinities)
{
	for (size_t i = 0; i < affinities->n; i++)
		for (size_t e = affinities->start[i]; e < affinities->start[i + 1]; e++)
		{
			size_t j = affinities->column[e];

			if (e > affinities->start[i] && j <= affinities->column[e - 1])
				return false;
			if (j == i || j >= affinities->n)
				return false;
			if (!isfinite(affinities->p[e]) || affinities->p[e] < 0)
				return false;
			if (entry(affinities, j, i) != (double) affinities->p[e])
				return false;
		}
	return true;
}

static double
total_of(const Affinities *affinities)
{
	double total = 0;

	for (size_t e = 0; e < affinities->start[affinities->n]; e++)
		total += (double) affinities->p[e];
	return total;
}

static void
test_matrix(void)
{
	enum
	{
		N = 1000,
		D = 10,
		PERPLEXITY = 30
	};
	double *rows = random_rows(N, D, 1);
	size_t k = affinities_neighbors(N, PERPLEXITY);
	double scratch[90];
	double p[90];
	double worst = 0;
	double asymmetry = 0;
	Bench bench;
	Neighbors neighbors;
	Affinities affinities;

	bench_open(&bench, 2);
	neighbors = brute_neighbors(&bench.arena, rows, N, D, k);
	check(k == 90, "perplexity 30 uses 90 neighbours");
	check(affinities_neighbors(50, 20) == 49, "but not more than there are other rows");
	check(!sdq_failed(affinities_build(&bench.job, &neighbors, PERPLEXITY, &affinities)),
		  "p_matrix: P of 1,000 rows is built");
	check(is_well_formed(&affinities),
		  "p_matrix: symmetric to the bit, columns ascending, diagonal empty");
	check_close(total_of(&affinities), 1, 1e-6, "p_matrix: the sum is 1");
	for (size_t i = 0; i < N; i++)
	{
		affinities_row(neighbors.distance2 + i * k, k, PERPLEXITY, scratch, p);
		worst = fmax(worst, fabs(log(row_perplexity(p, k)) - log(PERPLEXITY)));
		/* What this row gives, plus what the other gives back, is the entry of P. */
		for (size_t j = 0; j < k; j += 7)
		{
			size_t other = neighbors.index[i * k + j];
			double back[90];
			double sum = p[j];

			affinities_row(neighbors.distance2 + other * k, k, PERPLEXITY, scratch, back);
			for (size_t l = 0; l < k; l++)
				if (neighbors.index[other * k + l] == i)
					sum += back[l];
			asymmetry = fmax(asymmetry, fabs(entry(&affinities, i, other) * 2 * N / sum - 1));
		}
	}
	check(worst <= 1e-10, "p_matrix: every row's entropy is on target to 1e-10");
	check(asymmetry <= 1e-6, "p_matrix: entries are (p(j|i) + p(i|j)) / 2n");
	bench_close(&bench);
	free(rows);
}

static void
test_row_by_hand(void)
{
	/* Distances^2 0 and 1 (k = 2): p = (1, e^-b) / (1 + e^-b). With e^-b = 1/3 that is (3/4, 1/4),
	 * whose perplexity is exp(-.75 ln .75 - .25 ln .25) = 4 / 3^.75. */
	double distance2[2] = {5, 6};
	double scratch[2];
	double p[2];

	affinities_row(distance2, 2, 4 / pow(3, 0.75), scratch, p);
	check_close(p[0], 0.75, 1e-9, "by hand: perplexity 4 / 3^.75 of two neighbours gives 3/4");
	check_close(p[1], 0.25, 1e-9, "by hand: and 1/4");
}

/* Is p[k] a distribution without NaN? */
static bool
is_distribution(const double *p, size_t k)
{
	double sum = 0;

	for (size_t j = 0; j < k; j++)
	{
		if (!(p[j] >= 0))
			return false;
		sum += p[j];
	}
	return fabs(sum - 1) < 1e-9;
}

static void
test_hostile_rows(void)
{
	double x[9] = {1e300, 2e300, 3e300, 4e300, 5e300, 6e300, 7e300, 8e300, 9e300};
	double y[9] = {1e-300, 2e-300, 3e-300, 4e-300, 5e-300, 6e-300, 7e-300, 8e-300, 9e-300};
	double unit[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	double far[9] = {1, 2, 3, 4, 5, INFINITY, INFINITY, INFINITY, INFINITY};
	double all_far[9];
	double step[9] = {0, 0, 1e-320, 1, 1, 1, 1, 1e200, 1e308};
	double scratch[9];
	double p[9];
	double q[9];

	affinities_row(unit, 9, 3, scratch, q);
	affinities_row(x, 9, 3, scratch, p);
	check(fabs(p[0] - q[0]) < 1e-9, "huge distances give what their ratios say");
	affinities_row(y, 9, 3, scratch, p);
	check(fabs(p[0] - q[0]) < 1e-9, "tiny distances too");
	affinities_row(far, 9, 3, scratch, p);
	check(is_distribution(p, 9) && p[8] == 0, "infinite distances get nothing");
	for (int j = 0; j < 9; j++)
		all_far[j] = INFINITY;
	affinities_row(all_far, 9, 3, scratch, p);
	check(is_distribution(p, 9) && p[0] == p[8], "unless all are infinite");
	affinities_row(step, 9, 3, scratch, p);
	check(is_distribution(p, 9) && fabs(row_perplexity(p, 9) - 3) < 1e-8,
		  "distances over 600 orders of magnitude reach the target");
}

static void
test_duplicates(void)
{
	enum
	{
		N = 1000,
		COPIES = 100,
		D = 5
	};
	double *rows = random_rows(N, D, 2);
	bool uniform = true;
	Bench bench;
	Neighbors neighbors;
	Affinities affinities;

	for (size_t i = 1; i < COPIES; i++)
		memcpy(rows + i * 10 * D, rows, D * sizeof(double));
	bench_open(&bench, 2);

	/* Perplexity 33 keeps 99 neighbours: of each copy, all others. */
	neighbors = brute_neighbors(&bench.arena, rows, N, D, affinities_neighbors(N, 33));
	check(!sdq_failed(affinities_build(&bench.job, &neighbors, 33, &affinities)),
		  "p_duplicates: 100 copies of a row in 1,000 give a P");
	check(is_well_formed(&affinities), "p_duplicates: finite and symmetric");
	check_close(total_of(&affinities), 1, 1e-6, "p_duplicates: the sum is 1");
	for (size_t i = 0; i < COPIES; i++)
		for (size_t j = 0; j < COPIES; j++)
			if (i != j)
				uniform = uniform && entry(&affinities, i * 10, j * 10) == (float) (1.0 / 99 / N);
	check(uniform, "p_duplicates: uniform over the copies");

	/* Perplexity 30 keeps 90 of the 99. */
	neighbors = brute_neighbors(&bench.arena, rows, N, D, affinities_neighbors(N, 30));
	check(!sdq_failed(affinities_build(&bench.job, &neighbors, 30, &affinities)) &&
			  is_well_formed(&affinities) && fabs(total_of(&affinities) - 1) < 1e-6,
		  "p_duplicates: more copies than neighbours are fine");
	bench_close(&bench);
	free(rows);
}

/* The same bits whatever the threads. */
static void
test_threads(void)
{
	enum
	{
		N = 2000,
		D = 4
	};
	double *rows = random_rows(N, D, 3);
	bool equal = true;
	Bench one;
	Affinities first;
	Neighbors neighbors;

	bench_open(&one, 1);
	neighbors = brute_neighbors(&one.arena, rows, N, D, 30);
	if (sdq_failed(affinities_build(&one.job, &neighbors, 10, &first)))
		exit(EXIT_FAILURE);
	for (int threads = 2; threads <= 8; threads *= 4)
	{
		Bench many;
		Affinities other;
		size_t entries = first.start[N];

		bench_open(&many, threads);
		if (sdq_failed(affinities_build(&many.job, &neighbors, 10, &other)))
			exit(EXIT_FAILURE);
		equal = equal && memcmp(first.start, other.start, (N + 1) * sizeof(size_t)) == 0 &&
				memcmp(first.column, other.column, entries * sizeof(uint32_t)) == 0 &&
				memcmp(first.p, other.p, entries * sizeof(float)) == 0;
		bench_close(&many);
	}
	check(equal, "1, 2 and 8 threads give the same bits");
	bench_close(&one);
	free(rows);
}

/* |a - b| / |b| over n numbers. */
static double
relative_error(const double *a, const double *b, size_t n)
{
	double difference = 0;
	double norm = 0;

	for (size_t i = 0; i < n; i++)
	{
		difference += (a[i] - b[i]) * (a[i] - b[i]);
		norm += b[i] * b[i];
	}
	return sqrt(difference / norm);
}

/* Every attraction kernel against plain double, at a small and a large spread of the map. */
static void
test_attraction(void)
{
	enum
	{
		N = 600,
		D = 4
	};
	static const char *const LEVEL_NAME[] = {"plain", "avx2", "avx512"};
	double *rows = random_rows(N, D, 4);
	double *want = malloc(N * 3 * sizeof(double));
	double *got = malloc(N * 3 * sizeof(double));
	float *position = malloc(N * 4 * sizeof(float));
	Bench bench;
	Neighbors neighbors;
	Affinities affinities;

	bench_open(&bench, 1);
	neighbors = brute_neighbors(&bench.arena, rows, N, D, 31);
	if (sdq_failed(affinities_build(&bench.job, &neighbors, 10, &affinities)))
		exit(EXIT_FAILURE);
	for (int dims = 2; dims <= 3; dims++)
		for (int spread = 0; spread < 2; spread++)
		{
			double *y = random_rows(N, (size_t) dims, 5);

			for (size_t v = 0; v < N * (size_t) dims; v++)
				y[v] *= spread == 0 ? 1e-4 : 30;
			attraction_plain(&affinities, y, dims, 0, N, want);
			attraction_place(y, N, dims, position);
			for (CpuLevel level = CPU_PLAIN; level <= CPU_AVX512; level++)
			{
				char name[100];

				cpu_set_limit(level);
				if (cpu_level() != level)
					continue;
				attraction_rows(&affinities, position, dims, 0, N, got);
				snprintf(name, sizeof(name), "attraction: %s in %d dimensions, %s map",
						 LEVEL_NAME[level], dims, spread == 0 ? "first" : "wide");
				check(relative_error(got, want, N * (size_t) dims) <= 1e-5, name);
			}
			cpu_set_limit(CPU_HIGHEST);
			free(y);
		}
	bench_close(&bench);
	free(rows);
	free(want);
	free(got);
	free(position);
}

/* KL, all in double. */
static double
objective(const Affinities *affinities, const double *y, int dims)
{
	size_t n = affinities->n;
	double *force = malloc(n * (size_t) dims * sizeof(double));
	double z;

	field_plain(y, n, dims, force, &z);
	free(force);
	return attraction_entropy(affinities, 0, n) + attraction_objective(affinities, y, dims, 0, n) +
		   total_of(affinities) * log(z);
}

static void
test_gradient(void)
{
	enum
	{
		N = 50,
		D = 6
	};
	const double step = 1e-4;
	double *rows = random_rows(N, D, 6);
	Bench bench;
	Neighbors neighbors;
	Affinities affinities;

	bench_open(&bench, 1);
	neighbors = brute_neighbors(&bench.arena, rows, N, D, 30);
	if (sdq_failed(affinities_build(&bench.job, &neighbors, 10, &affinities)))
		exit(EXIT_FAILURE);
	for (int dims = 2; dims <= 3; dims++)
	{
		size_t values = N * (size_t) dims;
		double *y = random_rows(N, (size_t) dims, 7);
		double pull[N * 3];
		double push[N * 3];
		double gradient[N * 3] = {0};
		double difference[N * 3] = {0};
		double z;

		attraction_plain(&affinities, y, dims, 0, N, pull);
		field_plain(y, N, dims, push, &z);
		for (size_t v = 0; v < values; v++)
		{
			double at = y[v];
			double slope[2];

			gradient[v] = 4 * (pull[v] - push[v] / z);
			/* Central differences at two steps, extrapolated: the error falls with step^4. */
			for (int halved = 0; halved < 2; halved++)
			{
				double h = halved ? step / 2 : step;

				y[v] = at + h;
				slope[halved] = objective(&affinities, y, dims);
				y[v] = at - h;
				slope[halved] = (slope[halved] - objective(&affinities, y, dims)) / (2 * h);
				y[v] = at;
			}
			difference[v] = (4 * slope[1] - slope[0]) / 3;
		}
		check(relative_error(gradient, difference, values) <= 1e-6,
			  dims == 2 ? "grad_difference: four times the gradient is the slope of KL, 2-D"
						: "grad_difference: four times the gradient is the slope of KL, 3-D");
		free(y);
	}
	bench_close(&bench);
	free(rows);
}

int
main(void)
{
	test_row_by_hand();
	test_matrix();
	test_hostile_rows();
	test_duplicates();
	test_threads();
	test_attraction();
	test_gradient();
	return check_done();
}
