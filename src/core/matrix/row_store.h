/*
 * row_store.h
 *		n rows of d numbers in the narrowest exact type, with what it takes to read them as float.
 *
 * Rows arrive one by one, in any order. The store begins with bytes and widens itself, all rows at
 * once, when a value needs it: uint8 (integers in 0..255), float (every value is exactly a float),
 * double. What is stored is therefore always exact and does not depend on the order of arrival.
 *
 * row_store_finish() puts the rows into their final order (ascending id, decided by the caller who
 * knows the ids) and computes column means and a scale. Readers then see
 *
 *		(value - mean[column]) * scale        as float,
 *
 * centred in double before the conversion, so that a large common offset costs no precision, and
 * scaled by the power of two that brings the largest magnitude into [0.5, 1), so that no squared
 * norm overflows or underflows. Distances in units of the data are the scaled ones divided by scale.
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

typedef struct RowStore
{
	Arena *arena; /* where the rows live; used by append and finish only */
	size_t n;
	size_t d;
	size_t capacity; /* rows */
	ElementType type;
	void *data;          /* [n][d] of the type, in order of arrival */
	const size_t *order; /* [n] after finish: arrival number of the i-th row; NULL = identity */
	double *mean;        /* [d] column means, after finish */
	double scale;        /* a power of two, after finish; 1 if every row is equal to the mean */
} RowStore;

extern void row_store_init(RowStore *store, Arena *arena);

/* Append one row of d doubles (copied). SDQ_BAD_DATA with a RowStoreFault, or a memory status; the
 * store is unchanged after a failure. */
extern SdqStatus row_store_append(RowStore *store, const double *row, size_t d);

/* The same for narrower sources, without a detour through double where none is needed. */
extern SdqStatus row_store_append_int16(RowStore *store, const int16_t *row, size_t d);
extern SdqStatus row_store_append_float(RowStore *store, const float *row, size_t d);

/* Fix the order (borrowed; NULL = order of arrival) and compute means and scale, in row order. */
extern SdqStatus row_store_finish(RowStore *store, Job *job, const size_t *order);

/* Rows first .. first + count - 1 (in final order), centred and scaled, to out[count][ldo], ldo >= d. */
extern void row_store_read(const RowStore *store, size_t first, size_t count, float *out,
						   size_t ldo);

/* Row i (in final order) as stored, uncentred, unscaled, in double: out[d]. */
extern void row_store_read_exact(const RowStore *store, size_t i, double *out);

/* Exact squared Euclidean distance of rows i and j (final order) in units of the data, summed in
 * double in column order; exactly 0 for equal rows, symmetric. */
extern double row_store_distance2(const RowStore *store, size_t i, size_t j);

#endif
