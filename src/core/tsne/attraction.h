/*
 * attraction.h
 *		The pull of similar points on each other, and the part of the objective that goes with it.
 */
#ifndef SYNTHDQ_CORE_TSNE_ATTRACTION_H
#define SYNTHDQ_CORE_TSNE_ATTRACTION_H

#include <stddef.h>

#include "core/tsne/affinities.h"

/* Floats from one point to the next in a position array: 2 in two dimensions, 4 in three. */
static inline size_t
attraction_stride(int dims)
{
	return dims == 2 ? 2 : 4;
}

/* Round y[n][dims] to position[n][attraction_stride(dims)], for the other functions. */
extern void attraction_place(const double *y, size_t n, int dims, float *position);

/* force[count][dims] = sum_j p_ij w_ij (y_i - y_j), w_ij = 1 / (1 + |y_i - y_j|^2), for the rows
 * first .. first + count - 1. Any thread; float arithmetic, relative error about 1e-6. */
extern void attraction_rows(const Affinities *affinities, const float *position, int dims,
							size_t first, size_t count, double *force);

/* The same in double from y[n][dims], one entry after the other. The oracle. */
extern void attraction_plain(const Affinities *affinities, const double *y, int dims, size_t first,
							 size_t count, double *force);

/* sum_j p_ij ln(1 + |y_i - y_j|^2) over the rows first .. first + count - 1, from y[n][dims]. */
extern double attraction_objective(const Affinities *affinities, const double *y, int dims,
								   size_t first, size_t count);

/* sum_j p_ij ln p_ij over the same rows; entries of 0 count as 0. */
extern double attraction_entropy(const Affinities *affinities, size_t first, size_t count);

#endif
