/*
 * point_kl.h
 *		The part of each row in the divergence of a map.
 */
#ifndef SYNTHDQ_CORE_TSNE_POINT_KL_H
#define SYNTHDQ_CORE_TSNE_POINT_KL_H

#include <stddef.h>

#include "core/base/job.h"
#include "core/matrix/row_store.h"
#include "core/tsne/row_affinities.h"

/* Coordinates of a larger magnitude have differences whose squares overflow. */
#define POINT_KL_MAX_COORDINATE 1e100

/*
 * kl[n] of the rows' map[n][dims], dims from 1 to 3:
 *
 *		kl_i = sum_j p_ij ln(p_ij / q_ij),	q_ij = w_ij / Z,	w_ij = 1 / (1 + |y_i - y_j|^2),
 *
 * with the P of row_affinities() and the exact Z = sum_{i != j} w_ij. They add up to the divergence that the
 * descent makes small; a row whose neighbours are far from it in the map has more than its share, and a
 * value can be negative. NAN for all rows where there are no affinities: fewer than TSNE_MIN_ROWS, or all
 * equal. Coordinates are finite and within POINT_KL_MAX_COORDINATE.
 *
 * All memory is given back; it is checked against the arena's limit before the work starts. Time O(n^2 d).
 * Progress phases: those of row_affinities(), "divergence". Same bits for any number of threads.
 * SDQ_BAD_ARGUMENT as row_affinities_check() for n >= TSNE_MIN_ROWS, SDQ_INTERRUPTED, SDQ_NOT_CONVERGED
 * from the eigensolver, or a memory status.
 */
extern SdqStatus point_kl(Job *job, const RowStore *rows, const double *map, int dims,
						  const AffinityOptions *options, double *kl);

#endif
