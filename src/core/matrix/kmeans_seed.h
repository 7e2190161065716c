/*
 * kmeans_seed.h
 *		Greedy k-means++ (Arthur and Vassilvitskii 2007, with the local trials of their section 5).
 */
#ifndef SYNTHDQ_CORE_MATRIX_KMEANS_SEED_H
#define SYNTHDQ_CORE_MATRIX_KMEANS_SEED_H

#include <stddef.h>

#include "core/base/job.h"
#include "core/base/rng.h"
#include "core/matrix/kmeans_rows.h"

/*
 * Choose up to k rows as initial centres: chosen[k], of which *found are set. The first is uniform;
 * for each next one 2 + floor(ln k) rows are drawn with probability proportional to the squared
 * distance to the nearest centre chosen so far, and the one that lowers the sum of these distances
 * most is kept, the lowest row among equals. *found < k if the rows have only so many distinct
 * values (as floats, unless they are bytes). Same bits for any number of threads.
 */
extern SdqStatus kmeans_seed(Job *job, const KmeansRows *rows, size_t k, Rng *rng, size_t *chosen,
							 size_t *found);

/* Bytes that takes while it runs. */
extern double kmeans_seed_memory(const RowStore *store, size_t k);

#endif
