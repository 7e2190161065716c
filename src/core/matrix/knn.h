/*
 * knn.h
 *		Exact k nearest neighbours by blocked matrix products.
 *
 * Rows of bytes are compared in integers, which are exact. Of other rows candidates are selected from
 * float tiles |x|^2 + |y|^2 - 2 x.y (rows centred and scaled by the row store), k plus a few to spare
 * per row, and then refined: squared distances are recomputed as sum (x - y)^2 in double, so that
 * duplicates are at distance exactly 0, and the candidates are proven to hold the neighbours. Order is
 * by (distance, row), rows being in the store's final order.
 */
#ifndef SYNTHDQ_CORE_MATRIX_KNN_H
#define SYNTHDQ_CORE_MATRIX_KNN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/matrix/row_store.h"

typedef struct Neighbors
{
	size_t n;
	size_t k;
	uint32_t *index;   /* [n][k], nearest first */
	double *distance2; /* [n][k], squared Euclidean distances in units of the data */
} Neighbors;

/* SdqStatus.detail of SDQ_BAD_ARGUMENT. */
typedef enum KnnFault
{
	KNN_K = 1,   /* k is out of range: a = k, b = the largest that is legal */
	KNN_COLUMNS, /* a = columns of the query rows, b = columns of the reference rows */
} KnnFault;

/* Will the search multiply floats? Where both stores hold bytes, of not too many columns, it does not. */
extern bool knn_needs_blas(const RowStore *queries, const RowStore *reference);

/*
 * The k nearest reference rows of each query row; 1 <= k <= rows of the reference. Both stores are
 * finished, and may hold elements of different types. No query rows: no neighbours. Results are
 * allocated from job->arena. Same bits for any number of threads. SDQ_BAD_ARGUMENT with a KnnFault,
 * SDQ_OVER_LIMIT before any work is done, or another memory status, or SDQ_INTERRUPTED.
 */
extern SdqStatus knn(Job *job, const RowStore *queries, const RowStore *reference, size_t k,
					 Neighbors *result);

/* The k nearest other rows of each row; 1 <= k <= n - 1. The row itself is excluded by its index, not
 * by its distance. Otherwise as knn(). */
extern SdqStatus knn_self(Job *job, const RowStore *rows, size_t k, Neighbors *result);

/* What knn_self() will take beside its result, for finished rows of this number, width and type; no
 * more of the store is looked at. It takes less where less is left below the arena's limit. 1 <= k <= n - 1. */
extern size_t knn_self_bytes(Job *job, const RowStore *rows, size_t k);

/* The plain ones: every distance in double, one row after the other. The oracles. */
extern SdqStatus knn_plain(Job *job, const RowStore *queries, const RowStore *reference, size_t k,
						   Neighbors *result);
extern SdqStatus knn_self_plain(Job *job, const RowStore *rows, size_t k, Neighbors *result);

#endif
