/*
 * array_reader.h
 *		The only code that opens an array Datum.
 *
 * Arrays of smallint, integer, real and double precision, of any number of dimensions, are read in
 * storage order; lower bounds do not matter. Everything is converted in one loop per element type.
 */
#ifndef SYNTHDQ_PG_ARRAY_READER_H
#define SYNTHDQ_PG_ARRAY_READER_H

#include "postgres.h"

#include "utils/array.h"

/* An array's elements as they lie there, NULLs left out. Borrowed from the (detoasted) array. */
typedef struct ArrayElements
{
	Oid type;         /* INT2OID, INT4OID, FLOAT4OID or FLOAT8OID */
	size_t n;         /* elements, NULLs included */
	size_t n_present; /* elements that are not NULL */
	const void *data; /* [n_present], packed, aligned for the element type */
} ArrayElements;

/* Is this one of the four array types? */
extern bool is_numeric_array_type(Oid type);

/* Detoast an array, as DatumGetArrayTypeP() does, in half the time where it is large and compressed. In
 * CurrentMemoryContext if it is a copy. */
extern ArrayType *array_detoast(Datum value);

/* Look into a detoasted array. Errors on an element type that is not one of the four. */
extern ArrayElements array_elements(ArrayType *array);

/* Convert all present elements to double: out[n_present]. NaN and infinities pass unchanged. */
extern void array_read_doubles(const ArrayElements *elements, double *out);

/* All elements of the array argument called `name`, one or more dimensions of them, as doubles in
 * CurrentMemoryContext. NULL, NaN and infinity are errors. */
extern double *array_read_vector(ArrayType *array, const char *name);

/* All *n elements of a bigint[] in storage order, NULL as 0, in CurrentMemoryContext. */
extern int64 *array_read_counts(ArrayType *array, size_t *n);

/* Convert all elements to double: out[n], NaN where the array has NULL. */
extern void array_read_doubles_or_nan(ArrayType *array, double *out);

/* A new one-dimensional array of doubles, floats, bigints or smallints. */
extern ArrayType *make_float8_array(const double *values, size_t n);
extern ArrayType *make_float4_array(const float *values, size_t n);
extern ArrayType *make_int8_array(const int64 *values, size_t n);
extern ArrayType *make_int2_array(const uint8 *values, size_t n);

/* A new two-dimensional array, of n_rows rows in storage order. */
extern ArrayType *make_int2_matrix(const uint8 *values, size_t n_rows, size_t n_columns);
extern ArrayType *make_float4_matrix(const float *values, size_t n_rows, size_t n_columns);
extern ArrayType *make_float8_matrix(const double *values, size_t n_rows, size_t n_columns);

/* Doubles as a new real[]; an error if one is beyond the range of real. */
extern ArrayType *make_real_array(const double *values, size_t n);

/* The same with n_dims >= 1 dimensions, lower bounds 1. */
extern ArrayType *make_real_array_shaped(const double *values, int n_dims, const int *dims);

/* A new array of floats with the dimensions, lower bounds and NULLs of a detoasted array; values are
 * those of its elements that are not NULL. */
extern ArrayType *make_float4_array_like(ArrayType *shape, const float *values);

#endif
