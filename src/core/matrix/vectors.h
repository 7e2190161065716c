/*
 * vectors.h
 *		Sums and products of vectors of doubles.
 */
#ifndef SYNTHDQ_CORE_MATRIX_VECTORS_H
#define SYNTHDQ_CORE_MATRIX_VECTORS_H

#include "core/matrix/dot_rows.h"

/* x . y, summed in the order of dot_rows(). */
static inline double
vector_dot(const double *x, const double *y, size_t n)
{
	double product;

	dot_rows(x, 1, n, y, 1, n, n, &product, 1);
	return product;
}

/* y += factor * x. */
static inline void
vector_add_multiple(double *restrict y, double factor, const double *restrict x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] += factor * x[i];
}

/* x *= factor. */
static inline void
vector_multiply(double *x, double factor, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] *= factor;
}

#endif
