/*
 * kernels.c
 *		Rates of the matrix kernels on one thread: byte products beside sgemm on the same tiles, and
 *		the selection of keys. A developer's tool; what users see is measured by compare.py.
 *
 *		make bench-kernels
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
#include "core/matrix/candidates.h"
#include "core/matrix/key_scan.h"

#define TILE_ROWS     ((size_t) 256)
#define TILE_COLUMNS  ((size_t) 1024)
#define SELECT_ROWS   ((size_t) 100)
#define SELECT_PANELS ((size_t) 10)
#define ROUNDS        20

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

/* Append the keys of one row of a tile to its list, cutting that whenever it is full. */
static void
select_row(const int32_t *products, const int32_t *offsets, uint32_t first_row, size_t keep,
		   KeyList *list, int32_t *threshold)
{
	size_t done = 0;

	for (;;)
	{
		done += key_scan_int32(products + done, offsets + done, TILE_COLUMNS - done, *threshold,
							   first_row + (uint32_t) done, list);
		if (done == TILE_COLUMNS)
			return;
		*threshold = packed_key_int32(packed_select(list->entries, list->length, keep));
		list->length = keep;
	}
}

/* Selection of the k + 8 smallest of SELECT_PANELS * TILE_COLUMNS keys, for SELECT_ROWS rows; lists
 * hold `times` as many. */
static void
time_selection(size_t k, size_t times)
{
	size_t keep = k + 8;
	size_t capacity = times * keep + KEY_SCAN_ROOM;
	size_t tile = SELECT_ROWS * TILE_COLUMNS;
	int32_t *products = malloc(SELECT_PANELS * tile * sizeof(int32_t));
	int32_t *offsets = malloc(TILE_COLUMNS * sizeof(int32_t));
	uint64_t *entries = malloc(SELECT_ROWS * capacity * sizeof(uint64_t));
	KeyList *lists = malloc(SELECT_ROWS * sizeof(KeyList));
	int32_t *thresholds = malloc(SELECT_ROWS * sizeof(int32_t));
	double shortest = DBL_MAX;
	Rng rng;

	rng_seed(&rng, 1, RNG_STREAM_TEST);
	for (size_t v = 0; v < SELECT_PANELS * tile; v++)
		products[v] = (int32_t) rng_below(&rng, 50000000) - 25000000;
	for (size_t j = 0; j < TILE_COLUMNS; j++)
		offsets[j] = (int32_t) rng_below(&rng, 1000);
	for (int round = 0; round < ROUNDS; round++)
	{
		double start = seconds();

		for (size_t i = 0; i < SELECT_ROWS; i++)
		{
			lists[i] = (KeyList){.entries = entries + i * capacity, .capacity = capacity};
			thresholds[i] = INT32_MAX;
		}
		for (size_t panel = 0; panel < SELECT_PANELS; panel++)
			for (size_t i = 0; i < SELECT_ROWS; i++)
				select_row(products + panel * tile + i * TILE_COLUMNS, offsets,
						   (uint32_t) (panel * TILE_COLUMNS), keep, &lists[i], &thresholds[i]);
		keep_shorter(&shortest, start);
	}
	printf("10,000 x %zu keys, k = %zu, lists of %zu: %.1f ms\n", SELECT_PANELS * TILE_COLUMNS, k,
		   capacity, 1e3 * shortest * 10000 / (double) SELECT_ROWS);
	free(thresholds);
	free(lists);
	free(entries);
	free(offsets);
	free(products);
}

int
main(void)
{
	static const size_t columns[] = {50, 128, 784, 3072};

	blas_load();
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		time_products(columns[i]);
	cpu_set_limit(CPU_HIGHEST);
	for (size_t times = 2; times <= 4; times *= 2)
		time_selection(90, times);
	return EXIT_SUCCESS;
}
