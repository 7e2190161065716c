/*
 * workbench.h
 *		A job over malloc, with threads, and random rows to work on, for unit tests of maps.
 */
#ifndef SYNTHDQ_TEST_UNIT_WORKBENCH_H
#define SYNTHDQ_TEST_UNIT_WORKBENCH_H

#include <stdlib.h>

#include "core/base/job.h"
#include "core/base/rng.h"

typedef struct Bench
{
	Arena arena;
	Job job; /* over the arena */
} Bench;

/* Close with bench_close(). A program that cannot start its threads ends. */
static inline void
bench_open(Bench *bench, int threads)
{
	arena_init(&bench->arena, arena_malloc_source(), 0);
	bench->job = (Job){.arena = &bench->arena};
	if (sdq_failed(pool_create(&bench->job.pool, threads, NULL)))
		exit(EXIT_FAILURE);
}

static inline void
bench_close(Bench *bench)
{
	pool_destroy(bench->job.pool);
	arena_free(&bench->arena);
}

/* n normal rows of d columns. The caller frees them. */
static inline double *
random_rows(size_t n, size_t d, uint64_t seed)
{
	double *rows = malloc(n * d * sizeof(double));
	Rng rng;

	rng_seed(&rng, seed, RNG_STREAM_TEST);
	for (size_t v = 0; v < n * d; v++)
		rows[v] = rng_normal(&rng);
	return rows;
}

#endif
