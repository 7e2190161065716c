/*
 * eigen.h
 *		Leading eigenpairs of a symmetric positive semidefinite matrix.
 */
#ifndef SYNTHDQ_CORE_MATRIX_EIGEN_H
#define SYNTHDQ_CORE_MATRIX_EIGEN_H

#include <stddef.h>

#include "core/base/job.h"

/* The q largest eigenvalues (descending) and orthonormal eigenvectors vectors[q][n] of the symmetric
 * a[n][n] (not modified), 1 <= q <= n. Each vector's entry of largest magnitude (the first of equals)
 * is positive. SDQ_NOT_CONVERGED, SDQ_INTERRUPTED or a memory status. */
extern SdqStatus eigen_leading(Job *job, const double *a, size_t n, size_t q, double *values,
							   double *vectors);

/* All eigenpairs by cyclic Jacobi rotations; the oracle, and the method for small n. */
extern SdqStatus eigen_jacobi(Job *job, const double *a, size_t n, double *values, double *vectors);

#endif
