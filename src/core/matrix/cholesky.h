/*
 * cholesky.h
 *		Triangular factors of positive definite matrices, and systems with them.
 *
 * All matrices are row-major, in double; ld.. is the distance in elements between rows. Work is cut
 * into blocks that depend on the sizes alone, products run on the pool: same bits for any number of
 * threads. blas_load() must have run before.
 */
#ifndef SYNTHDQ_CORE_MATRIX_CHOLESKY_H
#define SYNTHDQ_CORE_MATRIX_CHOLESKY_H

#include <stddef.h>

#include "core/base/job.h"

/* SdqStatus.detail of SDQ_BAD_DATA. */
typedef enum CholeskyFault
{
	CHOLESKY_SINGULAR = 1, /* row = the first column (from 0) that those before it determine */
} CholeskyFault;

/* A = L L' of the symmetric a[n][n], of which the lower triangle is read and overwritten with L; what
 * lies above the diagonal is not read, and undefined afterwards. CHOLESKY_SINGULAR if a pivot is 0 or below rounding,
 * n eps of its diagonal element. scratch[n]. n^3/3 multiplications. */
extern SdqStatus cholesky_factor(Job *job, double *a, size_t n, double *scratch);

/* B = L^-1 B for b[n][m], in place. n^2 m / 2 multiplications. */
extern SdqStatus cholesky_forward(Job *job, const double *l, size_t ldl, size_t n, double *b,
								  size_t ldb, size_t m);

/* B = L'^-1 B for b[n][m], in place. */
extern SdqStatus cholesky_backward(Job *job, const double *l, size_t ldl, size_t n, double *b,
								   size_t ldb, size_t m);

/* *trace = the trace of (L L')^-1; scratch[n][CHOLESKY_TRACE_COLUMNS]. n^3/6 multiplications. */
#define CHOLESKY_TRACE_COLUMNS ((size_t) 64)
extern SdqStatus cholesky_inverse_trace(Job *job, const double *l, size_t n, double *scratch,
										double *trace);

#endif
