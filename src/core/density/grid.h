/*
 * grid.h
 *		Where a density is evaluated, and the sums over all points at every node.
 */
#ifndef SYNTHDQ_CORE_DENSITY_GRID_H
#define SYNTHDQ_CORE_DENSITY_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/job.h"
#include "core/base/status.h"

/* Both ends of an axis are nodes, so there are at least two. */
#define GRID_MIN_SIZE 2
#define GRID_MAX_SIZE 4096

/* seaborn's kdeplot default, 200 nodes. */
#define GRID_DEFAULT_SIZE 200

/* A grid reaches this many bandwidths beyond the data; seaborn's default `cut`. */
#define GRID_CUT 3.0

/* One end of an axis as the caller asks for it: a number, or NAN to derive it from the data. */
typedef struct GridRange
{
	double lo;
	double hi;
} GridRange;

/* Both ends of an axis for values from min to max: where `range` leaves one open it lies `margin` beyond them. Finite
 * whatever the margin. They may meet or cross. */
extern GridRange grid_range(const GridRange *range, double min, double max, double margin);

/*
 * The nodes[n] of an axis: n >= 2 equally spaced places from lo to hi, both included, computed as
 * numpy.linspace does. An end that `range` leaves open lies GRID_CUT bandwidths beyond min or max.
 * False, and no nodes, if that gives lo >= hi: one end was stated and all data lie beyond it, or the
 * bandwidth is too small to be seen beside the data.
 */
extern bool grid_axis(const GridRange *range, double min, double max, double bandwidth, size_t n,
					  double *nodes);

/* The integral of values[n], at least 0, over nodes[n] by the trapezoidal rule. */
extern double grid_integral(const double *nodes, const double *values, size_t n);

/* The place from which on values are beyond reach of x: above x itself, even where the reach is nothing beside it. */
extern double grid_window_end(double x, double reach);

/* Narrow [*first, *end) to those of the ascending values that lie within reach of x. */
extern void grid_window(const double *values, double x, double reach, size_t *first, size_t *end);

/* What the points [first, end) contribute to one node. Called on any thread. */
typedef double (*GridTerm)(const void *argument, size_t node, size_t first, size_t end);

/*
 * sums[n_nodes] = at each node, the term of all points, of which there is at least one. Points are
 * taken in fixed blocks, in order, and the blocks' terms are added with compensation; nodes are
 * spread over the pool in fixed chunks of some milliseconds. The bits do not depend on the number of
 * threads. Scratch: 16 bytes per node.
 */
extern SdqStatus grid_sum(Job *job, size_t n_points, size_t n_nodes, GridTerm term,
						  const void *argument, double *sums);

#endif
