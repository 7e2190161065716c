/*
 * kde2d_binned.h
 *		Points that are many beside the bandwidth, put together in small cells.
 */
#ifndef SYNTHDQ_CORE_DENSITY_KDE2D_BINNED_H
#define SYNTHDQ_CORE_DENSITY_KDE2D_BINNED_H

#include <stdbool.h>

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/gaussian.h"
#include "core/density/points.h"

/* Sides of a cell: the width of a kernel across its ridge divided by this. */
#define CELLS_PER_BANDWIDTH 16

/*
 * The points of a set in cells of a grid, each cell as one point of their weight at their mean. The
 * kernel is widened in place by the mean covariance of points inside their cells, which makes a density
 * that is smooth at the scale of a cell exact to the fourth order: the error is mostly 1e-6, below 1e-4 of
 * the peak for points that are evenly spread in their cells or at one place of them, at most 1e-3.
 * Columns of cells ascend by x, cells within them do not.
 * *is_binned is false, and nothing is done, if there are not half as many cells as points (unless
 * `anyway`), or if their number along an axis is too large to be counted. In the job's arena, 72 bytes per
 * cell of a column and 24 per point. Sequential, in the order of the set, so that the bits depend on the set
 * alone. Status: SDQ_INTERRUPTED, memory.
 */
extern SdqStatus points_bin(Job *job, const PointSet *points, Gaussian2d *kernel, bool anyway,
							PointSet *binned, bool *is_binned);

#endif
