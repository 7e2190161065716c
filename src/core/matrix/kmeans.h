/*
 * kmeans.h
 *		k-means: rows into k clusters so that the sum of squared distances to their means is small.
 *
 * Results have the same bits for any number of threads, and depend on the rows and their final order
 * alone; of bytes (integers in 0 .. 255) they also have the same bits on every processor. Distances,
 * inertia and centres are in units of the data.
 */
#ifndef SYNTHDQ_CORE_MATRIX_KMEANS_H
#define SYNTHDQ_CORE_MATRIX_KMEANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/matrix/row_store.h"

typedef struct KmeansOptions
{
	size_t k;         /* 1 .. n */
	size_t n_init;    /* restarts, at least 1; the one of least inertia wins, the first of equals */
	size_t max_iter;  /* iterations of one restart, at least 1 */
	double tol;       /* stop when the centres' squared movement is at most tol times the mean
							* variance of a column; >= 0 */
	uint64_t seed;    /* of the random numbers; restart r has a stream of its own */
	bool measure_all; /* for tests: measure every row in every iteration, though bounds of its
						* distances prove that it stays; the result is the same */
	const double *initial; /* [k][d] centres to begin with, in units of the data: one restart, no
							* seeding. NULL = greedy k-means++ */
} KmeansOptions;

typedef struct Kmeans
{
	size_t n;
	size_t d;
	size_t k;         /* clusters found: less than asked for if there are fewer distinct rows */
	int32_t *cluster; /* [n] in 0 .. k - 1: the nearest centre, the lowest cluster among equals */
	double *distance; /* [n] to that centre */
	int32_t *second;  /* [n] the second nearest centre; NULL if k = 1 */
	double *margin;   /* [n] (d2 - d1) / (d2 + d1), 0 if both are 0; NULL if k = 1 */
	double *centers;  /* [k][d] what distances are measured to: the means of the rows, but for
						* what tol and max_iter let them lag behind */
	int64_t *size;    /* [k] rows, at least 1, descending; equal sizes by their lowest row */
	double *inertia;  /* [k] sum of squared distances */
	double total_inertia;
	size_t restart;    /* the restart that won, from 0 */
	size_t iterations; /* it took */
	bool converged;    /* it did not end at max_iter */
} Kmeans;

/*
 * Cluster the rows: greedy k-means++ and Lloyd's iteration. Everything in *result is allocated from
 * job->arena. Rows that are equal when rounded to float (relative to the extent of the data) count
 * as one distinct row. SDQ_BAD_ARGUMENT if k is not in 1 .. n (a = k, b = n); SDQ_INTERRUPTED or a
 * memory status, before the work if the estimate of all it takes exceeds the arena's limit (a = that,
 * b = the limit). Cost of an iteration: 2 n k d operations, less once few rows move; memory: n d bytes
 * for bytes, else 4 n d, and about 40 n + 20 k d per restart that runs at the same time.
 */
extern SdqStatus kmeans(Job *job, const RowStore *rows, const KmeansOptions *options,
						Kmeans *result);

/* Where a vector lies among given centres. */
typedef struct NearestCenter
{
	int32_t cluster;
	int32_t second; /* -1 if there is one centre only */
	double distance;
	double margin; /* undefined then */
} NearestCenter;

/* The nearest and second nearest of centers[k][d] to x[d], k >= 1; the lowest number among equals.
 * In double, safe from overflow. Needs no job. */
extern NearestCenter kmeans_nearest(const double *x, const double *centers, size_t k, size_t d);

#endif
