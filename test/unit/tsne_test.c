/*
 * tsne_test.c
 *		Maps: the descent against reference runs, determinism, small and degenerate input.
 */
#include "check.h"

#include <string.h>

#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "core/base/search.h"
#include "core/matrix/knn.h"
#include "core/tsne/tsne.h"
#include "row_stores.h"
#include "stops.h"
#include "tsne.h"
#include "workbench.h"

/* The defaults of the SQL function, at a perplexity. */
static TsneOptions
default_options(double perplexity)
{
	return (TsneOptions){
		.affinities = {.perplexity = perplexity, .pca = 50},
		.dims = 2,
		.init = TSNE_INIT_PCA,
		.descent = {.n_iter = 750, .early_exaggeration = 12, .exaggeration = 1},
	};
}

static bool
all_finite(const TsneMap *map)
{
	for (size_t v = 0; v < map->n * (size_t) map->dims; v++)
		if (!isfinite(map->y[v]))
			return false;
	return true;
}

static bool
all_zero(const TsneMap *map)
{
	for (size_t v = 0; v < map->n * (size_t) map->dims; v++)
		if (map->y[v] != 0)
			return false;
	return true;
}

/* The digits of the reference as doubles. */
static double *
reference_values(void)
{
	double *values = malloc(sizeof(double) * REFERENCE_N * REFERENCE_D);

	for (size_t v = 0; v < (size_t) REFERENCE_N * REFERENCE_D; v++)
		values[v] = reference_rows[v];
	return values;
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

/* P of the reference digits. */
static Affinities
reference_affinities(Bench *bench)
{
	double *values = reference_values();
	RowStore rows = store_of_rows(&bench->job, values, REFERENCE_N, REFERENCE_D);
	Neighbors neighbors;
	Affinities affinities;

	if (sdq_failed(knn_self(&bench->job, &rows,
							affinities_neighbors(REFERENCE_N, REFERENCE_PERPLEXITY), &neighbors)) ||
		sdq_failed(affinities_build(&bench->job, &neighbors, REFERENCE_PERPLEXITY, &affinities)))
		exit(EXIT_FAILURE);
	free(values);
	return affinities;
}

static void
test_reference_affinities(void)
{
	Bench bench;
	Affinities affinities;
	double entropy = 0;
	double worst = 0;

	bench_open(&bench, 2);
	affinities = reference_affinities(&bench);
	check(affinities.start[REFERENCE_N] == (size_t) reference_entries,
		  "p_matrix: as many entries as the reference");
	for (size_t e = 0; e < affinities.start[REFERENCE_N]; e++)
		entropy += (double) affinities.p[e] * log((double) affinities.p[e]);
	check_close(entropy, reference_entropy, 1e-7, "p_matrix: the entropy of the reference");
	for (size_t i = 0; i < REFERENCE_PICKED; i++)
		worst = fmax(
			worst, fabs(entry(&affinities, (size_t) reference_p[i][0], (size_t) reference_p[i][1]) /
							reference_p[i][2] -
						1));
	check(worst <= 1e-6, "p_matrix: the entries of the reference");
	bench_close(&bench);
}

/* The first steps from a start that the reference computes too, at every instruction set. */
static void
test_steps(int dims, const double *want)
{
	static const char *const LEVEL_NAME[] = {"plain", "avx2", "avx512"};
	DescentOptions options = {
		.n_iter = REFERENCE_EARLY, .early_exaggeration = 12, .exaggeration = 1};
	double *y = malloc(sizeof(double) * REFERENCE_N * MAP_MAX_DIMS);
	Bench bench;
	Affinities affinities;

	bench_open(&bench, 2);
	affinities = reference_affinities(&bench);
	for (CpuLevel level = CPU_PLAIN; level <= CPU_AVX512; level++)
	{
		double difference = 0;
		double norm = 0;
		DescentResult result;
		char name[100];

		cpu_set_limit(level);
		if (cpu_level() != level)
			continue;
		for (int i = 0; i < REFERENCE_N; i++)
			for (int d = 0; d < dims; d++)
				y[i * dims + d] = 1e-4 * sin(12.9898 * i + 78.233 * d);
		if (sdq_failed(optimise_map(&bench.job, &affinities, dims, &options, y, &result)))
			exit(EXIT_FAILURE);
		for (int i = 0; i < REFERENCE_PICKED; i++)
			for (int d = 0; d < dims; d++)
			{
				double error =
					y[i * (REFERENCE_N / REFERENCE_PICKED) * dims + d] - want[i * dims + d];

				difference += error * error;
				norm += want[i * dims + d] * want[i * dims + d];
			}
		snprintf(name, sizeof(name), "the first %d steps are the reference's: %d-D, %s",
				 REFERENCE_EARLY, dims, LEVEL_NAME[level]);
		check(sqrt(difference / norm) <= 1e-3, name);
		if (getenv("VERBOSE"))
			printf("# relative error %.1e\n", sqrt(difference / norm));
	}
	cpu_set_limit(CPU_HIGHEST);
	bench_close(&bench);
	free(y);
}

/* The median objective of three whole runs on the reference digits. */
static double
median_kl(int dims)
{
	double *values = reference_values();
	double kl[3];

	for (uint64_t seed = 0; seed < 3; seed++)
	{
		Bench bench;
		RowStore rows;
		TsneOptions options = default_options(REFERENCE_PERPLEXITY);
		TsneMap map;

		bench_open(&bench, 2);
		rows = store_of_rows(&bench.job, values, REFERENCE_N, REFERENCE_D);
		options.dims = dims;
		options.seed = seed;
		if (sdq_failed(tsne_map(&bench.job, &rows, &options, &map)))
			exit(EXIT_FAILURE);
		kl[seed] = map.descent.kl;
		bench_close(&bench);
	}
	free(values);
	qsort(kl, 3, sizeof(double), compare_doubles);
	if (getenv("VERBOSE"))
		printf("# KL in %d dimensions: %.4f %.4f %.4f\n", dims, kl[0], kl[1], kl[2]);
	return kl[1];
}

static void
test_objective(void)
{
	double kl = median_kl(2);

	check(kl <= reference_kl_2d_sklearn + 0.02 && kl > 0,
		  "KL is within 0.02 of scikit-learn's optimiser on the same affinities");
	check(fabs(kl - reference_kl_2d) <= 0.02,
		  "KL is within 0.02 of the documented rule in numpy on the same affinities");
	check(fabs(median_kl(3) - reference_kl_3d) <= 0.02,
		  "KL in three dimensions is within 0.02 of the documented rule in numpy");
}

/* One map; y[n][dims] is malloc'ed. */
static double *
run_map(const double *values, size_t n, size_t d, const TsneOptions *options, int threads)
{
	Bench bench;
	RowStore rows;
	TsneMap map;
	double *y = malloc(n * (size_t) options->dims * sizeof(double));

	bench_open(&bench, threads);
	rows = store_of_rows(&bench.job, values, n, d);
	if (sdq_failed(tsne_map(&bench.job, &rows, options, &map)))
		exit(EXIT_FAILURE);
	memcpy(y, map.y, n * (size_t) options->dims * sizeof(double));
	bench_close(&bench);
	return y;
}

static void
test_same_bits(void)
{
	enum
	{
		N = 2500, /* enough for the descent to use its threads */
		D = 60    /* enough for the reduction to 50 components */
	};
	double *values = random_rows(N, D, 11);
	TsneOptions options = default_options(20);
	size_t bytes = N * 2 * sizeof(double);
	double *one;
	double *longer;
	bool equal = true;

	options.descent.n_iter = 60;
	one = run_map(values, N, D, &options, 1);
	for (int threads = 1; threads <= 8; threads = threads == 2 ? 8 : threads + 1)
	{
		double *other = run_map(values, N, D, &options, threads);

		equal = equal && memcmp(one, other, bytes) == 0;
		free(other);
	}
	check(equal, "tsne_same_bits: run twice, and with 1, 2 and 8 threads");
	options.seed = 1;
	longer = run_map(values, N, D, &options, 2);
	check(memcmp(one, longer, bytes) != 0, "another seed gives another map");
	free(longer);
	free(one);
	free(values);
}

/* The mean of each coordinate is 0 and the map is not a point. */
static bool
is_centred(const TsneMap *map)
{
	for (int d = 0; d < map->dims; d++)
	{
		double sum = 0;
		double size = 0;

		for (size_t i = 0; i < map->n; i++)
		{
			sum += map->y[i * (size_t) map->dims + (size_t) d];
			size += fabs(map->y[i * (size_t) map->dims + (size_t) d]);
		}
		if (!(fabs(sum) <= 1e-9 * size))
			return false;
	}
	return true;
}

static void
test_small(void)
{
	static const size_t SIZES[] = {0, 1, 2, 3, 4, 5, 10, 91};

	for (size_t s = 0; s < sizeof(SIZES) / sizeof(SIZES[0]); s++)
	{
		size_t n = SIZES[s];
		double *values = random_rows(n + 1, 3, 12);
		TsneOptions options = default_options(n < TSNE_MIN_ROWS ? 30 : tsne_max_perplexity(n));
		Bench bench;
		RowStore rows;
		TsneMap map;
		SdqStatus status;
		char name[100];

		bench_open(&bench, 2);
		rows = store_of_rows(&bench.job, values, n, 3);
		status = tsne_map(&bench.job, &rows, &options, &map);
		snprintf(name, sizeof(name), "tsne_small: %zu rows at the largest perplexity", n);
		if (n < TSNE_MIN_ROWS)
			check(!sdq_failed(status) && all_zero(&map) && isnan(map.descent.kl), name);
		else
			check(!sdq_failed(status) && all_finite(&map) && is_centred(&map) &&
					  map.descent.kl >= 0,
				  name);
		if (n >= TSNE_MIN_ROWS)
		{
			options.affinities.perplexity = tsne_max_perplexity(n) * 1.01;
			status = tsne_map(&bench.job, &rows, &options, &map);
			snprintf(name, sizeof(name), "tsne_small: %zu rows above it are refused", n);
			check(status.code == SDQ_BAD_ARGUMENT && status.a == options.affinities.perplexity &&
					  status.b == (double) (n - 1) / 3,
				  name);
			options.affinities.perplexity = 1;
			check(tsne_map(&bench.job, &rows, &options, &map).code == SDQ_BAD_ARGUMENT,
				  "perplexity 1 is refused");
		}
		bench_close(&bench);
		free(values);
	}
}

static void
test_constant(void)
{
	enum
	{
		N = 200,
		D = 3
	};
	double *values = random_rows(N, D, 13);
	TsneOptions options = default_options(30);
	TsneInit init;

	for (init = TSNE_INIT_PCA; init <= TSNE_INIT_RANDOM; init++)
	{
		Bench bench;
		RowStore rows;
		TsneMap map;
		SdqStatus status;

		options.init = init;
		for (size_t v = 0; v < N * D; v++)
			if (v < N / 2 * D)
				values[v] = 0.1;
		bench_open(&bench, 2);
		rows = store_of_rows(&bench.job, values, N, D);
		status = tsne_map(&bench.job, &rows, &options, &map);
		check(!sdq_failed(status) && all_finite(&map) && is_centred(&map),
			  init == TSNE_INIT_PCA ? "tsne_constant: half of the rows equal, start pca"
									: "tsne_constant: half of the rows equal, start random");
		bench_close(&bench);
	}
	for (size_t v = 0; v < N * D; v++)
		values[v] = 0.1;
	{
		Bench bench;
		RowStore rows;
		TsneMap map;
		SdqStatus status;

		bench_open(&bench, 2);
		rows = store_of_rows(&bench.job, values, N, D);
		status = tsne_map(&bench.job, &rows, &options, &map);
		check(!sdq_failed(status) && all_zero(&map), "tsne_constant: all rows equal");
		bench_close(&bench);
	}
	free(values);
}

/* Rows of extreme magnitudes and of one column. */
static void
test_hostile(void)
{
	static const double FACTOR[] = {1e-300, 1e-30, 1e30, 1e150, 1e300};

	for (size_t f = 0; f < sizeof(FACTOR) / sizeof(FACTOR[0]); f++)
		for (size_t d = 1; d <= 4; d += 3)
		{
			double *values = random_rows(60, d, 14);
			TsneOptions options = default_options(5);
			Bench bench;
			RowStore rows;
			TsneMap map;
			char name[100];

			for (size_t v = 0; v < 60 * d; v++)
				values[v] *= FACTOR[f];
			bench_open(&bench, 1);
			rows = store_of_rows(&bench.job, values, 60, d);
			options.descent.n_iter = 300;
			options.dims = d == 1 ? 2 : 3;
			snprintf(name, sizeof(name), "%zu columns of magnitude %g give a finite map", d,
					 FACTOR[f]);
			check(!sdq_failed(tsne_map(&bench.job, &rows, &options, &map)) && all_finite(&map),
				  name);
			bench_close(&bench);
			free(values);
		}
	{
		/* The most violent options that the server admits. */
		double *values = random_rows(60, 4, 15);
		TsneOptions options = default_options(5);
		double *y;
		bool finite = true;

		options.descent = (DescentOptions){
			.n_iter = 400, .early_exaggeration = 1000, .exaggeration = 1000, .learning_rate = 1e9};
		y = run_map(values, 60, 4, &options, 1);
		for (size_t v = 0; v < 60 * 2; v++)
			finite = finite && isfinite(y[v]);
		check(finite, "the largest learning rate and exaggeration give a finite map");
		free(y);
		free(values);
	}
}

static void
test_iterations(void)
{
	double *values = random_rows(100, 4, 16);
	TsneOptions options = default_options(10);
	double *start;
	double square = 0;

	options.descent.n_iter = 0;
	start = run_map(values, 100, 4, &options, 1);
	for (size_t i = 0; i < 100; i++)
		square += start[2 * i] * start[2 * i];
	check_close(sqrt(square / 100), 1e-4, 0.01,
				"no iteration: the start, whose first coordinate has deviation 1e-4");
	free(start);
	free(values);
}

/* The descent of the reference digits ends where its gradient has stayed small, and nowhere else. */
static void
test_early_stop(void)
{
	enum
	{
		LIMIT = 3000
	};
	double *values = reference_values();
	TsneOptions options = default_options(REFERENCE_PERPLEXITY);
	Bench bench;
	RowStore rows;
	TsneMap never;
	TsneMap stopped;
	TsneMap as_long;
	size_t bytes = sizeof(double) * REFERENCE_N * 2;

	bench_open(&bench, 2);
	rows = store_of_rows(&bench.job, values, REFERENCE_N, REFERENCE_D);
	options.descent.n_iter = LIMIT;
	if (sdq_failed(tsne_map(&bench.job, &rows, &options, &never)))
		exit(EXIT_FAILURE);
	check(never.descent.iterations == LIMIT, "min_grad_norm 0: all iterations");

	options.descent.n_iter = LIMIT;
	options.descent.min_grad_norm = 2e-4;
	if (sdq_failed(tsne_map(&bench.job, &rows, &options, &stopped)))
		exit(EXIT_FAILURE);
	if (getenv("VERBOSE"))
		printf("# stopped after %d: norm %g, KL %g (%g)\n", stopped.descent.iterations,
			   stopped.descent.gradient_norm, stopped.descent.kl, never.descent.kl);
	check(stopped.descent.iterations >= EARLY_ITERATIONS + SETTLED_ITERATIONS &&
			  stopped.descent.iterations < LIMIT,
		  "min_grad_norm: it stops early");
	check(stopped.descent.gradient_norm < options.descent.min_grad_norm,
		  "its last gradient is below the limit");
	check(stopped.descent.kl - never.descent.kl < 0.01, "what is left is little");

	/* A run of as many iterations that looks at no gradient. */
	options.descent.n_iter = stopped.descent.iterations;
	options.descent.min_grad_norm = 0;
	if (sdq_failed(tsne_map(&bench.job, &rows, &options, &as_long)))
		exit(EXIT_FAILURE);
	check(memcmp(stopped.y, as_long.y, bytes) == 0, "its map is that of the run cut off there");

	/* Everything is below this from the first iteration on. */
	options.descent.n_iter = LIMIT;
	options.descent.min_grad_norm = 1e300;
	if (sdq_failed(tsne_map(&bench.job, &rows, &options, &stopped)))
		exit(EXIT_FAILURE);
	check(stopped.descent.iterations == EARLY_ITERATIONS + SETTLED_ITERATIONS,
		  "the exaggerated iterations do not count");
	options.descent.n_iter = 200;
	if (sdq_failed(tsne_map(&bench.job, &rows, &options, &stopped)))
		exit(EXIT_FAILURE);
	check(stopped.descent.iterations == 200, "and are not cut");
	bench_close(&bench);
	free(values);
}

/* One map that starts at start[n][2]; false if it fails. The map is malloc'ed. */
static bool
run_from(const double *values, size_t n, const double *start, int n_iter, double **y, double *kl)
{
	TsneOptions options = default_options(10);
	Bench bench;
	RowStore rows;
	TsneMap map;
	bool finite;

	options.init = TSNE_INIT_GIVEN;
	options.start = start;
	options.descent.n_iter = n_iter;
	options.descent.early_exaggeration = 1;
	*y = malloc(n * 2 * sizeof(double));
	bench_open(&bench, 2);
	rows = store_of_rows(&bench.job, values, n, 4);
	if (sdq_failed(tsne_map(&bench.job, &rows, &options, &map)))
		exit(EXIT_FAILURE);
	memcpy(*y, map.y, n * 2 * sizeof(double));
	*kl = map.descent.kl;
	finite = all_finite(&map) && isfinite(map.descent.kl);
	bench_close(&bench);
	return finite;
}

static void
test_given_start(void)
{
	enum
	{
		N = 100
	};
	double *values = random_rows(N, 4, 19);
	double start[N * 2];
	double *same;
	double *one;
	double *two;
	double kl_same;
	double kl_one;
	double kl_two;
	double worst = 0;
	double moved = 0;
	double size = 0;

	/* Each coordinate has the mean 3, which is all that the map takes off. */
	for (int i = 0; i < N; i++)
	{
		start[2 * i] = 3 + (i - (N - 1) / 2.0);
		start[2 * i + 1] = 3 + (i % 2 == 0 ? 20 : -20);
	}
	run_from(values, N, start, 0, &same, &kl_same);
	for (int v = 0; v < 2 * N; v++)
		worst = fmax(worst, fabs(same[v] + 3 - start[v]));
	check(worst <= 1e-12, "a given start, no iteration: its coordinates, centred");

	/* A finished map that is passed on is left a little better, and close to where it was. */
	run_from(values, N, same, 750, &one, &kl_one);
	run_from(values, N, one, 50, &two, &kl_two);
	check(kl_one < kl_same, "the descent from a given start goes down");
	check(kl_two <= kl_one + 1e-6, "a finished map that is continued does not get worse");
	for (int v = 0; v < 2 * N; v++)
	{
		moved += (two[v] - one[v]) * (two[v] - one[v]);
		size += one[v] * one[v];
	}
	if (getenv("VERBOSE"))
		printf("# KL %g, %g, %g; moved by %g of its size\n", kl_same, kl_one, kl_two,
			   sqrt(moved / size));
	check(moved <= 0.2 * 0.2 * size, "nor does it move by more than a fifth of its size");
	free(same);
	free(one);
	free(two);
	free(values);
}

/* All points at one place, and one point as far away as is legal, with exact forces and with the grid. */
static void
test_hostile_start(void)
{
	static const size_t SIZES[] = {100, 2500};

	for (size_t s = 0; s < sizeof(SIZES) / sizeof(SIZES[0]); s++)
	{
		size_t n = SIZES[s];
		double *values = random_rows(n, 4, 20);
		double *start = random_rows(n, 2, 21);
		double *y;
		double kl;
		char name[100];

		start[7] = TSNE_MAX_START;
		start[8] = -TSNE_MAX_START;
		snprintf(name, sizeof(name), "%zu rows, two of them far away at the start: finite", n);
		check(run_from(values, n, start, 100, &y, &kl), name);
		free(y);
		for (size_t v = 0; v < 2 * n; v++)
			start[v] = 5;
		snprintf(name, sizeof(name), "%zu rows that start at one place: finite", n);
		check(run_from(values, n, start, 100, &y, &kl), name);
		free(y);
		free(start);
		free(values);
	}
}

static void
test_cancel(void)
{
	double *values = random_rows(2500, 8, 17);
	TsneOptions options = default_options(10);
	bool interrupted = true;

	for (int patience = 1; patience <= 200; patience += 13)
	{
		int left = patience;
		Stop stop = {.poll = stop_countdown, .context = &left};
		Arena arena;
		RowStore rows;
		TsneMap map;
		Bench quiet;
		Job job = {.arena = &arena, .stop = &stop};

		bench_open(&quiet, 1);
		rows = store_of_rows(&quiet.job, values, 2500, 8);
		arena_init(&arena, arena_malloc_source(), 0);
		if (sdq_failed(pool_create(&job.pool, 2, &stop)))
			exit(EXIT_FAILURE);
		interrupted = interrupted && tsne_map(&job, &rows, &options, &map).code == SDQ_INTERRUPTED;
		pool_destroy(job.pool);
		arena_free(&arena);
		bench_close(&quiet);
	}
	check(interrupted, "cancel: every step gives up when asked");
	free(values);
}

static void
test_memory(void)
{
	double *values = random_rows(1000, 8, 18);
	TsneOptions options = default_options(30);
	Bench bench;
	RowStore rows;
	TsneMap map;
	SdqStatus status;
	size_t held;

	bench_open(&bench, 1);
	rows = store_of_rows(&bench.job, values, 1000, 8);
	held = bench.arena.held;
	bench.arena.limit = held + 1000000;
	status = tsne_map(&bench.job, &rows, &options, &map);
	check(status.code == SDQ_OVER_LIMIT && status.a > status.b,
		  "memory_refused: with both numbers");
	check(bench.arena.held == held, "memory_refused: before anything was allocated");
	bench.arena.limit = 0;
	options.descent.n_iter = 10;
	status = tsne_map(&bench.job, &rows, &options, &map);
	check(!sdq_failed(status) && bench.arena.held < held + 1000000,
		  "everything but the map is given back");
	bench_close(&bench);
	free(values);
}

int
main(void)
{
	test_reference_affinities();
	test_steps(2, reference_steps_2d);
	test_steps(3, reference_steps_3d);
	test_objective();
	test_same_bits();
	test_small();
	test_constant();
	test_hostile();
	test_iterations();
	test_early_stop();
	test_given_start();
	test_hostile_start();
	test_cancel();
	test_memory();
	return check_done();
}
