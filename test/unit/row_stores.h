/*
 * row_stores.h
 *		Stores of rows for unit tests.
 */
#ifndef SYNTHDQ_TEST_UNIT_ROW_STORES_H
#define SYNTHDQ_TEST_UNIT_ROW_STORES_H

#include <stdlib.h>

#include "core/base/job.h"
#include "core/matrix/row_store.h"

/* n rows of d columns as a finished store in the job's arena. A program that cannot have it ends. */
static inline RowStore
store_of_rows(Job *job, const double *rows, size_t n, size_t d)
{
	RowStore store;

	row_store_init(&store, job->arena);
	for (size_t i = 0; i < n; i++)
		if (sdq_failed(row_store_append(&store, rows + i * d, d)))
			exit(EXIT_FAILURE);
	if (sdq_failed(row_store_finish(&store, job, NULL)))
		exit(EXIT_FAILURE);
	return store;
}

/* A fresh store over a fresh arena, for tests that keep one arena for all of their stores: whatever was in the
 * arena is freed. */
static inline RowStore
new_store(Arena *arena)
{
	RowStore store;

	arena_free(arena);
	row_store_init(&store, arena);
	return store;
}

#endif
