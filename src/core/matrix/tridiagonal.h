/*
 * tridiagonal.h
 *		The tridiagonal form of a symmetric matrix, and its leading eigenpairs. Private to eigen.c, which
 *		explains the method.
 */
#ifndef SYNTHDQ_CORE_MATRIX_TRIDIAGONAL_H
#define SYNTHDQ_CORE_MATRIX_TRIDIAGONAL_H

#include <stddef.h>

#include "core/base/job.h"

/* A tridiagonal matrix T, and the reflections that lead to it. */
typedef struct Tridiagonal
{
	size_t n;
	double *diagonal; /* [n] */
	double *beside;   /* [n], of which n - 1 are used: T[i][i + 1] */
	double norm;      /* an upper bound of the largest magnitude of an eigenvalue of T */

	double *w;    /* [n][n]: row k holds, from column k + 1 on, the vector of reflection k */
	double *beta; /* [n]: reflection k is I - beta v v'; 0 = none */
} Tridiagonal;

/* Rows of n doubles that tridiagonal_reduce() and tridiagonal_pairs() need, one after the other. */
#define TRIDIAGONAL_SCRATCH ((size_t) 4)

/* Reduce t->w[n][n], which is symmetric, and set all else but n; the arrays are the caller's. scratch:
 * TRIDIAGONAL_SCRATCH rows of n doubles. Same bits for any number of threads. SDQ_INTERRUPTED. */
extern SdqStatus tridiagonal_reduce(Job *job, Tridiagonal *t, double *scratch);

/* The q largest eigenvalues of T, descending, and orthonormal eigenvectors vectors[q][n]; swapped[n]
 * is scratch, too. SDQ_NOT_CONVERGED or SDQ_INTERRUPTED. */
extern SdqStatus tridiagonal_pairs(Job *job, const Tridiagonal *t, size_t q, double *scratch,
								   bool *swapped, double *values, double *vectors);

/* Turn vectors[q][n] of T into those of the matrix that was reduced. SDQ_INTERRUPTED. */
extern SdqStatus tridiagonal_back(Job *job, const Tridiagonal *t, size_t q, double *vectors);

#endif
