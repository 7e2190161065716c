/*
 * row_covariance_test.c
 *		Covariance of bytes against exact sums, of other rows against that of bytes, awkward rows.
 */
#include "core/matrix/row_covariance.h"

#include "check.h"

#include <float.h>
#include <string.h>

#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "row_stores.h"
#include "stops.h"

#define MAX_D 300
#define MAX_N 5000

static Arena arena;
static Job job = {.arena = &arena};
static uint8_t bytes[MAX_N * MAX_D];
static double covariance[MAX_D * MAX_D];
static double wanted[MAX_D * MAX_D];

typedef __int128 Int128;

/* Rows of bytes, many of them 0, each column with a range of its own; every tenth column constant. */
static void
make_bytes(size_t n, size_t d, uint64_t seed)
{
	Rng rng;

	rng_seed(&rng, seed, RNG_STREAM_TEST);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < d; j++)
		{
			uint64_t value = rng_below(&rng, j % 256 + 1);

			bytes[i * d + j] = j % 10 == 9 ? 200 : rng_below(&rng, 3) == 0 ? 0 : (uint8_t) value;
		}
}

/* The bytes in a store, each plus `offset`. */
static RowStore
make_store(size_t n, size_t d, double offset)
{
	RowStore store = new_store(&arena);
	double row[MAX_D];

	for (size_t i = 0; i < n; i++)
	{
		for (size_t j = 0; j < d; j++)
			row[j] = bytes[i * d + j] + offset;
		row_store_append(&store, row, d);
	}
	row_store_finish(&store, &job, NULL);
	return store;
}

/* wanted = the definition, in integers to the last step. */
static void
exact_covariance(size_t n, size_t d)
{
	for (size_t a = 0; a < d; a++)
		for (size_t b = 0; b <= a; b++)
		{
			int64_t product = 0;
			int64_t sum_a = 0;
			int64_t sum_b = 0;

			for (size_t i = 0; i < n; i++)
			{
				sum_a += bytes[i * d + a];
				sum_b += bytes[i * d + b];
				product += (int64_t) bytes[i * d + a] * bytes[i * d + b];
			}
			wanted[a * d + b] = wanted[b * d + a] =
				(double) ((Int128) n * product - (Int128) sum_a * sum_b) /
				((double) n * (double) (n - 1));
		}
}

/* By how much a covariance is off at most, relative to the geometric mean of the variances. */
static double
worst_error(size_t d, double scale)
{
	double worst = 0;

	for (size_t a = 0; a < d; a++)
		for (size_t b = 0; b < d; b++)
		{
			double error = fabs(covariance[a * d + b] / scale / scale - wanted[a * d + b]);
			double size = sqrt(wanted[a * d + a] * wanted[b * d + b]);

			worst = fmax(worst, size > 0 ? error / size : error);
		}
	return worst;
}

/* (0, 0), (1, 2), (2, 4): variances 1 and 4, covariance 2. */
static void
test_by_hand(void)
{
	RowStore store = new_store(&arena);
	double scale;

	for (int i = 0; i < 3; i++)
		row_store_append(&store, (double[]){i, 2 * i}, 2);
	row_store_finish(&store, &job, NULL);
	check(!sdq_failed(row_covariance(&job, &store, covariance, &scale)), "three points on a line");
	check(scale == 1 && covariance[0] == 1 && covariance[1] == 2 && covariance[2] == 2 &&
			  covariance[3] == 4,
		  "have the variances 1 and 4 and the covariance 2");
}

/* Sizes about those of tiles and panels. */
static void
test_sizes(void)
{
	static const size_t sizes[][2] = {{2, 1},      {2, 300},    {3, 16},     {257, 17}, {2047, 128},
									  {2048, 129}, {2049, 300}, {5000, 144}, {4097, 7}};
	bool exact = true;
	bool floats_agree = true;
	double scale;

	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
	{
		size_t n = sizes[s][0];
		size_t d = sizes[s][1];
		RowStore store;

		make_bytes(n, d, s);
		exact_covariance(n, d);
		store = make_store(n, d, 0);
		row_covariance(&job, &store, covariance, &scale);
		exact &= store.type == ELEMENT_UINT8 && scale == 1 &&
				 memcmp(covariance, wanted, d * d * sizeof(double)) == 0;
		store = make_store(n, d, 0.5);
		row_covariance(&job, &store, covariance, &scale);
		floats_agree &= store.type == ELEMENT_FLOAT && worst_error(d, scale) <= 1e-13;
		store = make_store(n, d, 0.1);
		row_covariance(&job, &store, covariance, &scale);
		/* The offset itself costs digits of the data: 255.1 has 45 bits behind the point. */
		floats_agree &= store.type == ELEMENT_DOUBLE && worst_error(d, scale) <= 1e-12;
	}
	check(exact, "covariances of bytes have the bits of the definition in integers");
	check(floats_agree, "those of the same rows as float and double agree with them");
}

/* Extremes: all of 0 and 255, so that every product is the largest; huge and tiny doubles. */
static void
test_extremes(void)
{
	RowStore store;
	double scale;

	for (size_t v = 0; v < (size_t) MAX_N * 2; v++)
		bytes[v] = v < MAX_N ? 0 : 255;
	exact_covariance(MAX_N, 2);
	store = make_store(MAX_N, 2, 0);
	row_covariance(&job, &store, covariance, &scale);
	check(memcmp(covariance, wanted, 4 * sizeof(double)) == 0 && covariance[0] > 255.0 * 255 / 4,
		  "half of the rows 0 and half 255: the largest variance of bytes, exactly");

	memset(bytes, 77, (size_t) 3000 * 20);
	store = make_store(3000, 20, 0);
	row_covariance(&job, &store, covariance, &scale);
	memset(wanted, 0, sizeof(wanted));
	check(memcmp(covariance, wanted, 400 * sizeof(double)) == 0, "equal rows have none");

	store = new_store(&arena);
	row_store_append(&store, (double[]){1e300, 1e-300}, 2);
	row_store_append(&store, (double[]){-1e300, -1e-300}, 2);
	row_store_finish(&store, &job, NULL);
	row_covariance(&job, &store, covariance, &scale);
	check_close(sqrt(covariance[0]) / scale, sqrt(2) * 1e300, 1e-15,
				"the scale keeps squares of 1e300 in range");
}

/* Same bits for any number of threads, and of bytes on any instruction set. */
static void
test_sameness(void)
{
	static const int threads[] = {1, 2, 3, 7};
	static double first[2][MAX_D * MAX_D];
	bool same[2] = {true, true};
	bool same_level = true;
	double scale;

	make_bytes(2100, MAX_D, 77);
	for (int t = 0; t < 4; t++)
		for (int kind = 0; kind < 2; kind++)
		{
			RowStore store = make_store(2100, MAX_D, 0.1 * kind);
			Job threaded = {.arena = &arena};

			pool_create(&threaded.pool, threads[t], NULL);
			row_covariance(&threaded, &store, covariance, &scale);
			if (t == 0)
				memcpy(first[kind], covariance, sizeof(covariance));
			same[kind] &= memcmp(first[kind], covariance, sizeof(covariance)) == 0;
			pool_destroy(threaded.pool);
		}
	check(same[0], "covariances of bytes have the same bits for any number of threads");
	check(same[1], "and so have those of doubles");
	for (int level = CPU_PLAIN; level <= CPU_HIGHEST; level++)
	{
		RowStore store = make_store(2100, MAX_D, 0);

		cpu_set_limit((CpuLevel) level);
		row_covariance(&job, &store, covariance, &scale);
		same_level &= memcmp(first[0], covariance, sizeof(covariance)) == 0;
	}
	cpu_set_limit(CPU_HIGHEST);
	check(same_level, "those of bytes have the same bits on any instruction set");
}

/* A stop, and too little memory. */
static void
test_failures(void)
{
	int left = 2;
	Stop stop = {.poll = stop_countdown, .context = &left};
	Job stopped = {.arena = &arena, .stop = &stop};
	RowStore store = make_store(2100, 200, 0);
	double scale;

	pool_create(&stopped.pool, 2, &stop);
	check(row_covariance(&stopped, &store, covariance, &scale).code == SDQ_INTERRUPTED,
		  "a stop is answered");
	pool_destroy(stopped.pool);
	store = make_store(2100, 200, 0);
	arena.limit = arena.held + 100000;
	check(row_covariance(&job, &store, covariance, &scale).code == SDQ_OVER_LIMIT,
		  "the memory limit is kept for bytes");
	store = make_store(2100, 200, 0.5);
	arena.limit = arena.held + 100000;
	check(row_covariance(&job, &store, covariance, &scale).code == SDQ_OVER_LIMIT,
		  "and for other rows");
	arena.limit = 0;
}

int
main(void)
{
	arena_init(&arena, arena_malloc_source(), 0);
	pool_create(&job.pool, 2, NULL);
	test_by_hand();
	test_sizes();
	test_extremes();
	test_sameness();
	test_failures();
	pool_destroy(job.pool);
	arena_free(&arena);
	return check_done();
}
