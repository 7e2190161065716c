/*
 * field_test.c
 *		The repulsion over all pairs: every instruction set against plain double.
 */
#include "check.h"

#include <string.h>

#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "core/tsne/field_exact.h"
#include "workbench.h"

/* n normal points of the given spread around 20 centres of the given extent. */
static void
random_map(double *y, size_t n, int dims, double spread, double extent)
{
	double centre[20][MAP_MAX_DIMS];
	Rng rng;

	rng_seed(&rng, 7, RNG_STREAM_TEST);
	for (int c = 0; c < 20; c++)
		for (int d = 0; d < MAP_MAX_DIMS; d++)
			centre[c][d] = extent * (rng_double(&rng) - 0.5);
	for (size_t i = 0; i < n; i++)
		for (int d = 0; d < dims; d++)
			y[i * (size_t) dims + (size_t) d] = centre[i % 20][d] + spread * rng_normal(&rng);
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

static const char *const LEVEL_NAME[] = {"plain", "avx2", "avx512"};

/* One map at every level. */
static void
compare_levels(size_t n, int dims, double spread, double extent, const char *stage)
{
	size_t values = n * (size_t) dims;
	double *y = malloc(values * sizeof(double));
	double *want = malloc(values * sizeof(double));
	double *got = malloc(values * sizeof(double));
	double want_z;

	random_map(y, n, dims, spread, extent);
	field_plain(y, n, dims, want, &want_z);
	for (CpuLevel level = CPU_PLAIN; level <= CPU_AVX512; level++)
	{
		Bench bench;
		FieldExact field;
		double z = 0;
		char name[200];

		bench_open(&bench, 2);
		cpu_set_limit(level);
		if (cpu_level() == level && !sdq_failed(field_exact_create(&bench.job, n, dims, &field)))
		{
			field_exact_evaluate(&bench.job, &field, y, got, &z);
			snprintf(name, sizeof(name), "field_oracle: %s, n = %zu, %d dimensions, %s: Z",
					 LEVEL_NAME[level], n, dims, stage);
			check_close(z, want_z, 2e-6, name);
			snprintf(name, sizeof(name), "field_oracle: %s, n = %zu, %d dimensions, %s: forces",
					 LEVEL_NAME[level], n, dims, stage);
			check(relative_error(got, want, values) <= 1e-5, name);
			if (getenv("VERBOSE"))
				printf("# errors: Z %.1e, forces %.1e\n", fabs(z - want_z) / want_z,
					   relative_error(got, want, values));
		}
		bench_close(&bench);
	}
	cpu_set_limit(CPU_HIGHEST);
	free(y);
	free(want);
	free(got);
}

/* The bits for a number of threads. */
static void
evaluate_with(int threads, const double *y, size_t n, double *force, double *z)
{
	Bench bench;
	FieldExact field;

	bench_open(&bench, threads);
	if (sdq_failed(field_exact_create(&bench.job, n, 2, &field)) ||
		sdq_failed(field_exact_evaluate(&bench.job, &field, y, force, z)))
		exit(EXIT_FAILURE);
	bench_close(&bench);
}

static void
test_threads(void)
{
	enum
	{
		N = 3000
	};
	double *y = malloc(2 * N * sizeof(double));
	double *one = malloc(2 * N * sizeof(double));
	double *many = malloc(2 * N * sizeof(double));
	double z_one;
	double z_many;
	bool equal = true;

	random_map(y, N, 2, 1, 50);
	evaluate_with(1, y, N, one, &z_one);
	for (int threads = 2; threads <= 8; threads *= 2)
	{
		evaluate_with(threads, y, N, many, &z_many);
		equal = equal && z_one == z_many && memcmp(one, many, 2 * N * sizeof(double)) == 0;
	}
	check(equal, "1, 2, 4 and 8 threads give the same bits");
	free(y);
	free(one);
	free(many);
}

int
main(void)
{
	static const size_t SIZES[] = {1, 2, 5, 16, 255, 257, 500, 2100};

	for (size_t s = 1; s < sizeof(SIZES) / sizeof(SIZES[0]); s++)
		for (int dims = 2; dims <= 3; dims++)
		{
			compare_levels(SIZES[s], dims, 1e-4, 0, "start");
			compare_levels(SIZES[s], dims, 0.5, 8, "mid-run");
			compare_levels(SIZES[s], dims, 2, 150, "final");
		}
	test_threads();
	return check_done();
}
