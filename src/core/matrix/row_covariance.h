/*
 * row_covariance.h
 *		The covariance matrix of the rows of a store.
 */
#ifndef SYNTHDQ_CORE_MATRIX_ROW_COVARIANCE_H
#define SYNTHDQ_CORE_MATRIX_ROW_COVARIANCE_H

#include <stdbool.h>

#include "core/base/job.h"
#include "core/matrix/row_store.h"

/*
 * covariance[d][d], both triangles, divisor n - 1, of the n >= 2 rows of a finished store, each
 * multiplied by *scale, a power of two that keeps their squares in range: the covariance of the rows
 * themselves is that divided by the square of *scale.
 *
 * Of bytes it is computed in integers and right to the last bit or two, on every machine. Of other
 * rows it is summed in double from centred values: an entry is off by at most about
 * n 2^-53 times the geometric mean of the two variances, in practice much less; same bits for any
 * number of threads. SDQ_INTERRUPTED or a memory status. n d^2 / 2 multiplications.
 */
extern SdqStatus row_covariance(Job *job, const RowStore *rows, double *covariance, double *scale);

/* Does it multiply doubles? Of rows of bytes it does not. */
extern bool row_covariance_needs_blas(const RowStore *rows);

#endif
