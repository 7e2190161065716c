/*
 * kernels.c
 *		Rates of the matrix kernels on one thread: byte products beside sgemm on the same tiles, and
 *		the selection of keys. A developer's tool; what users see is measured by compare.py.
 *
 *		test/bench/kernels
 *
 * Everything is measured alternately, several times, and the shortest time counts.
 */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/blas.h"
#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "core/matrix/byte_products.h"

#define TILE_ROWS    ((size_t) 256)
#define TILE_COLUMNS ((size_t) 1024)
#define ROUNDS       20

static const char *const level_names[] = {"plain", "avx2", "avx512", "avx512_vnni"};

/* Processor time of this thread, which load from elsewhere changes least. */
static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

/* Keep the shorter of two times. */
static void
keep_shorter(double *shortest, double start)
{
	double taken = seconds() - start;

	if (taken < *shortest)
		*shortest = taken;
}

/* Products of one tile with d columns: sgemm, and bytes at each level. */
static void
time_products(size_t d)
{
	double work = 2e-9 * (double) (TILE_ROWS * TILE_COLUMNS * d);
	uint8_t *x = malloc(TILE_ROWS * d);
	uint8_t *y = malloc(TILE_COLUMNS * d);
	float *float_x = aligned_alloc(64, TILE_ROWS * d * sizeof(float));
	float *float_y = aligned_alloc(64, TILE_COLUMNS * d * sizeof(float));
	float *float_out = aligned_alloc(64, TILE_ROWS * TILE_COLUMNS * sizeof(float));
	int32_t *out = aligned_alloc(64, TILE_ROWS * TILE_COLUMNS * sizeof(int32_t));
	void *left = aligned_alloc(64, byte_left_size(TILE_ROWS, d) / 64 * 64 + 64);
	void *right = aligned_alloc(64, byte_right_size(TILE_COLUMNS, d) / 64 * 64 + 64);
	double sgemm = DBL_MAX;
	double pack_left = DBL_MAX;
	double pack_right = DBL_MAX;
	double bytes[CPU_HIGHEST + 1];
	Rng rng;

	rng_seed(&rng, 1, RNG_STREAM_TEST);
	for (size_t v = 0; v < TILE_ROWS * d; v++)
		float_x[v] = x[v] = (uint8_t) rng_below(&rng, 256);
	for (size_t v = 0; v < TILE_COLUMNS * d; v++)
		float_y[v] = y[v] = (uint8_t) rng_below(&rng, 256);
	for (CpuLevel level = CPU_PLAIN; level <= CPU_HIGHEST; level++)
		bytes[level] = DBL_MAX;

	for (int round = 0; round < ROUNDS; round++)
	{
		double start = seconds();

		blas_sgemm(BLAS_NO_TRANSPOSE, BLAS_TRANSPOSE, TILE_ROWS, TILE_COLUMNS, d, -2, float_x, d,
				   float_y, d, 0, float_out, TILE_COLUMNS);
		keep_shorter(&sgemm, start);
		start = seconds();
		byte_left_pack(&(ByteLines){.data = x, .stride = d}, TILE_ROWS, d, left);
		keep_shorter(&pack_left, start);
		start = seconds();
		byte_right_pack(&(ByteLines){.data = y, .stride = d}, TILE_COLUMNS, d, right);
		keep_shorter(&pack_right, start);
		for (CpuLevel level = CPU_PLAIN; level <= CPU_HIGHEST; level++)
		{
			cpu_set_limit(level);
			start = seconds();
			byte_products(left, TILE_ROWS, right, TILE_COLUMNS, d, out, TILE_COLUMNS);
			keep_shorter(&bytes[level], start);
		}
	}
	printf("%5zu columns: sgemm %6.1f G/s", d, work / sgemm);
	for (CpuLevel level = CPU_PLAIN; level <= CPU_HIGHEST; level++)
		printf(", bytes %s %6.1f (%.2fx)", level_names[level], work / bytes[level],
			   sgemm / bytes[level]);
	printf("; packing %.3f + %.3f ms of %.3f ms\n", 1e3 * pack_left, 1e3 * pack_right,
		   1e3 * bytes[CPU_HIGHEST]);
	free(right);
	free(left);
	free(out);
	free(float_out);
	free(float_y);
	free(float_x);
	free(y);
	free(x);
}

int
main(void)
{
	static const size_t columns[] = {50, 128, 784, 3072};

	blas_load();
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		time_products(columns[i]);
	return EXIT_SUCCESS;
}
