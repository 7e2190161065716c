/*
 * knn.h
 *		Exact k nearest neighbours by blocked matrix products.
 *
 * Candidates are selected from float tiles |x|^2 + |y|^2 - 2 x.y (rows centred and scaled by the row
 * store), k plus a few to spare per row, and then refined: squared distances are recomputed as
 * sum (x - y)^2 in double, so that duplicates are at distance exactly 0. Order is by (distance,
 * row), rows being in the store's final order.
 */
#ifndef SYNTHDQ_CORE_MATRIX_KNN_H
#define SYNTHDQ_CORE_MATRIX_KNN_H

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

/*
 * The k nearest other rows of each row; 1 <= k <= n - 1 (else SDQ_BAD_ARGUMENT: a = k, b = n - 1).
 * The row itself is excluded by its index, not by its distance. Results are allocated from
 * job->arena. Same bits for any number of threads.
 */
extern SdqStatus knn_self(Job *job, const RowStore *rows, size_t k, Neighbors *result);

/* The plain one: every distance in double, one row after the other. The oracle. */
extern SdqStatus knn_self_plain(Job *job, const RowStore *rows, size_t k, Neighbors *result);

#endif
