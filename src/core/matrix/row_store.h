/*
 * row_store.h
 *		n rows of d numbers in the narrowest exact type, with what it takes to read them as float.
 *
 * Rows arrive one by one, in any order. The store begins with bytes and widens itself when a value
 * needs it: uint8 (integers in 0..255), float (every value is exactly a float), double. After
 * row_store_finish() all rows have the widest type that any value needed, so what is stored is always
 * exact and does not depend on the order of arrival. -0 is stored as 0.
 *
 * row_store_finish() puts the rows into their final order (ascending id, decided by the caller who
 * knows the ids) and computes column means and a scale. Readers then see
 *
 *		(value - mean[column]) * scale        as float,
 *
 * centred in double before the conversion, so that a large common offset costs no precision, and
 * scaled by the power of two that brings the largest magnitude into [0.5, 1), so that no squared
 * norm overflows or underflows. Distances in units of the data are the scaled ones divided by scale.
 * Rows of two stores can be compared so once row_store_share_frame() has given both the same means
 * and scale.
 */
#ifndef SYNTHDQ_CORE_MATRIX_ROW_STORE_H
#define SYNTHDQ_CORE_MATRIX_ROW_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/job.h"
#include "core/base/status.h"

typedef enum ElementType
{
	ELEMENT_UINT8,
	ELEMENT_FLOAT,
	ELEMENT_DOUBLE,
} ElementType;

/* SdqStatus.detail of SDQ_BAD_DATA from row_store_append; row = arrival number of the row. */
typedef enum RowStoreFault
{
	ROW_NOT_FINITE = 1, /* NaN or infinity: a = position (from 1) */
	ROW_LENGTH,         /* a = its length, b = the length of the first row */
	ROW_EMPTY,          /* a row without elements */
} RowStoreFault;

/* Consecutive rows in memory of their own: growing moves no row. See row_blocks.h. */
typedef struct RowBlock
{
	ElementType type;
	void *data; /* [rows][d] of the type */
} RowBlock;

typedef struct RowStore
{
	Arena *arena; /* where the rows live; used by append and finish only */
	size_t n;
	size_t d;
	ElementType type; /* the widest that a value needed so far */
	RowBlock *blocks; /* rows in order of arrival, 1 << block_shift of them in each block */
	size_t n_blocks;
	size_t blocks_capacity;
	unsigned block_shift;
	const size_t *order; /* [n] after finish: arrival number of the i-th row; NULL = identity */
	double *mean;        /* [d] column means, after finish */
	double scale;        /* a power of two, after finish; 1 if every row is equal to the mean */
	double *lowest;      /* [d] smallest value of each column, after finish */
	double *highest;     /* [d] largest value of each column, after finish */
} RowStore;

/* Rows are numbered by 32 bits where neighbours are listed. */
#define ROW_STORE_MAX_ROWS ((size_t) 1 << 31)

extern void row_store_init(RowStore *store, Arena *arena);

/* Append one row of d doubles (copied). SDQ_BAD_DATA with a RowStoreFault, SDQ_TOO_LARGE after
 * ROW_STORE_MAX_ROWS rows, or a memory status; the store is unchanged after a failure. */
extern SdqStatus row_store_append(RowStore *store, const double *row, size_t d);

/* The same for narrower sources, without a detour through double where none is needed. */
extern SdqStatus row_store_append_int16(RowStore *store, const int16_t *row, size_t d);
extern SdqStatus row_store_append_float(RowStore *store, const float *row, size_t d);

/* Fix the order (borrowed; NULL = order of arrival), bring all rows to one type, and compute means
 * and scale, in row order; same bits for any number of threads. SDQ_INTERRUPTED or a memory status.
 * Without rows there are no means. Call it once, after the last append. */
extern SdqStatus row_store_finish(RowStore *store, Job *job, const size_t *order);

/* Let rows of both stores be read with the means of `reference` and a scale that suits both. The
 * stores have the same number of columns and are finished, and `reference` has rows; `store` borrows
 * its means. A copy of the struct is a store of its own for this: a caller who must not change the
 * stores passes copies. */
extern void row_store_share_frame(RowStore *store, RowStore *reference);

/* Rows first .. first + count - 1 (in final order), centred and scaled, to out[count][ldo], ldo >= d. */
extern void row_store_read(const RowStore *store, size_t first, size_t count, float *out,
						   size_t ldo);

/* The same in double, for what must not lose digits: out[count][ldo]. */
extern void row_store_read_double(const RowStore *store, size_t first, size_t count, double *out,
								  size_t ldo);

/* Row i (in final order) as stored, uncentred, unscaled, in double: out[d]. */
extern void row_store_read_exact(const RowStore *store, size_t i, double *out);

/* Row i (in final order) of a store whose type is ELEMENT_UINT8: its d bytes, in the store. */
extern const uint8_t *row_store_bytes(const RowStore *store, size_t i);

/* Squared Euclidean distance of rows i and j (final order) in units of the data, from differences in
 * double summed in a fixed order: exactly 0 for equal rows, symmetric, exact for uint8 rows. It
 * overflows to infinity from distances of 1e154 on, and underflows below 1e-154. */
extern double row_store_distance2(const RowStore *store, size_t i, size_t j);

/* The same for row i of a store and row j of another with the same number of columns, whatever the
 * types of the two. */
extern double row_store_cross_distance2(const RowStore *x, size_t i, const RowStore *y, size_t j);

#endif
