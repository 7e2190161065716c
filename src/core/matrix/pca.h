/*
 * pca.h
 *		Principal components of the rows of a store.
 */
#ifndef SYNTHDQ_CORE_MATRIX_PCA_H
#define SYNTHDQ_CORE_MATRIX_PCA_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/job.h"
#include "core/matrix/row_store.h"

typedef struct Pca
{
	size_t n; /* number of rows */
	size_t d;
	size_t q;              /* number of components */
	double *mean;          /* [d] */
	double *components;    /* [q][d], orthonormal; the loading of largest magnitude is positive */
	double *variance;      /* [q] eigenvalues of the covariance (divisor n - 1), descending, >= 0 */
	double total_variance; /* trace of the covariance */
} Pca;

/* The leading q components, 1 <= q <= d, n >= 2 (else SDQ_BAD_ARGUMENT: a = q, b = d). If the rank
 * is lower than q the trailing variances are 0 and their vectors an arbitrary orthonormal
 * completion. Allocated from job->arena. Same bits for any number of threads. */
extern SdqStatus pca_fit(Job *job, const RowStore *rows, size_t q, Pca *pca);

/* Does pca_fit() multiply doubles? Of rows of bytes it does not; nor does any other function here. */
extern bool pca_needs_blas(const RowStore *rows);

/* The same as pca_fit() from the covariance[d][d] (symmetric, both triangles, divisor n - 1, finite, not modified)
 * and the mean[d] of n rows that are not at hand. */
extern SdqStatus pca_from_covariance(Job *job, const double *covariance, const double *mean,
									 size_t d, size_t n, size_t q, Pca *pca);

/* scores[n][q] = (rows - mean) components^T, in units of the data. */
extern SdqStatus pca_scores(Job *job, const RowStore *rows, const Pca *pca, double *scores);

#endif
