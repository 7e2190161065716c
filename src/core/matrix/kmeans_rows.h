/*
 * kmeans_rows.h
 *		The rows as k-means reads them: bytes where the store has bytes, floats elsewhere.
 *
 * Bytes are kept as they are, so that sums of rows are exact and a pass reads a quarter of the
 * memory; all else is centred and scaled as float_rows.h says. "Units of the rows" are therefore those
 * of the data for bytes, and those of row_store_read() for floats.
 */
#ifndef SYNTHDQ_CORE_MATRIX_KMEANS_ROWS_H
#define SYNTHDQ_CORE_MATRIX_KMEANS_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/matrix/float_rows.h"
#include "core/matrix/row_store.h"

typedef struct KmeansRows
{
	const RowStore *store;
	size_t n;
	size_t d;
	bool is_bytes;
	double norm2_sum;     /* sum of the squared norms */
	double total;         /* sum of the squared distances to the mean of all rows */
	size_t ld;            /* bytes between rows, a multiple of BYTE_GROUP */
	int8_t *bytes;        /* [n][ld] values less BYTE_SHIFT, 0 beyond d; if is_bytes */
	uint32_t *byte_norm2; /* [n] squared norms of the values; if is_bytes */
	FloatRows floats;     /* otherwise */
} KmeansRows;

/* Are the rows of this store kept as bytes? */
extern bool kmeans_rows_are_bytes(const RowStore *store);

/* Read all rows into memory from job->arena. Same bits for any number of threads. */
extern SdqStatus kmeans_rows_load(Job *job, const RowStore *store, KmeansRows *rows);

/* Bytes that takes. */
extern double kmeans_rows_memory(const RowStore *store);

/* Row i, exact as stored, in units of the rows: out[d]. */
extern void kmeans_row_read(const KmeansRows *rows, size_t i, double *out);

/* The squared norm of row i; of floats it is rounded to float. */
static inline double
kmeans_row_norm2(const KmeansRows *rows, size_t i)
{
	return rows->is_bytes ? rows->byte_norm2[i] : (double) rows->floats.norm2[i];
}

/* sum[columns] += sign * row i from column `first` on: the values that products are formed of. */
extern void kmeans_row_add(const KmeansRows *rows, size_t i, double sign, size_t first,
						   size_t columns, double *sum);

/* Row i will be needed from column `first` on: let the memory begin to fetch it. */
static inline void
kmeans_row_prefetch(const KmeansRows *rows, size_t i, size_t first, size_t columns)
{
	const char *start = rows->is_bytes
							? (const char *) (rows->bytes + i * rows->ld + first)
							: (const char *) (rows->floats.data + i * rows->floats.ld + first);
	size_t size = rows->is_bytes ? columns : columns * sizeof(float);

	for (size_t line = 0; line < size; line += ARENA_ALIGNMENT)
		__builtin_prefetch(start + line);
}

/* Between units of the data and units of the rows, column j. */
extern double kmeans_to_rows(const KmeansRows *rows, double value, size_t j);
extern double kmeans_from_rows(const KmeansRows *rows, double value, size_t j);

/* Distances in units of the rows are those of the data times this. */
static inline double
kmeans_rows_scale(const KmeansRows *rows)
{
	return rows->is_bytes ? 1 : rows->store->scale;
}

#endif
