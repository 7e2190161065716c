/*
 * float_rows.h
 *		All rows of a store as one float matrix, for what reads them again and again.
 */
#ifndef SYNTHDQ_CORE_MATRIX_FLOAT_ROWS_H
#define SYNTHDQ_CORE_MATRIX_FLOAT_ROWS_H

#include <stddef.h>

#include "core/base/job.h"
#include "core/matrix/row_store.h"

typedef struct FloatRows
{
	size_t n;
	size_t d;
	size_t ld;      /* floats between consecutive rows, at least d */
	float *data;    /* [n][ld], centred and scaled as row_store_read() does; zero beyond d */
	float *norm2;   /* [n] squared norms of these rows, summed in double */
	double total;   /* sum of the squared norms, in row order */
	double largest; /* the largest norm */
} FloatRows;

/* Read all rows: 4 n d bytes from job->arena. Same bits for any number of threads. */
extern SdqStatus float_rows_load(Job *job, const RowStore *store, FloatRows *rows);

/*
 * By how much |x|^2 + |y|^2 - 2 x.y, formed in float by a matrix product, may be off the squared
 * distance of the vectors that x and y were rounded from, given bounds of their norms. With
 * u = 2^-24: rounding of x and y changes the squared distance by at most 2.1 u (|x| + |y|)^2; the
 * product of d terms, in whatever order, by 2 d u |x||y| (Higham, "Accuracy and Stability of
 * Numerical Algorithms", section 3.1); norms and additions by 2.1 u (|x| + |y|)^2. The constants in
 * use are larger; the last term is for products that underflow.
 */
extern double float_product_error(double norm_x, double norm_y, size_t d);

#endif
