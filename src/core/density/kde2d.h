/*
 * kde2d.h
 *		Gaussian kernel density of points of the plane, by exact sums.
 */
#ifndef SYNTHDQ_CORE_DENSITY_KDE2D_H
#define SYNTHDQ_CORE_DENSITY_KDE2D_H

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/bandwidth.h"
#include "core/density/grid.h"
#include "core/density/kde.h"
#include "core/density/points.h"

typedef struct Kde2dOptions
{
	size_t grid_size;    /* nodes per axis, GRID_MIN_SIZE to GRID_MAX_SIZE */
	Bandwidth bandwidth; /* a number is the factor, as in scipy */
	GridRange x_range;   /* ends that are given are finite, lo < hi */
	GridRange y_range;
} Kde2dOptions;

/* Arrays are set for KDE_DONE only; they live in the job's arena. KDE_NO_BANDWIDTH stands for a
 * covariance that is singular, the other outcomes for what they mean in one dimension. */
typedef struct Kde2d
{
	KdeOutcome outcome;
	double factor;      /* the kernel's covariance is factor^2 times that of the points */
	double bandwidth_x; /* standard deviations of the kernel along the axes, in units of x and y */
	double bandwidth_y;
	double correlation; /* of the kernel, and of the points */
	size_t grid_size;
	double *x;       /* [grid_size], ascending */
	double *y;       /* [grid_size], ascending */
	double *density; /* [grid_size of y][grid_size of x], per unit of x times unit of y */
	double mass;     /* integral over the grid, by the trapezoidal rule in each axis */
} Kde2d;

/* Points count as lying on a line, and the density as undefined, where 1 - correlation^2 is below this;
 * rounding of coordinates alone leaves some 1e-15. */
#define KDE2D_SINGULAR 1e-12

/*
 * density(p) = sum over points of phi_H(p - point) / n, phi_H the normal density with the full
 * covariance H = factor^2 * C, C the covariance of the points (n - 1). The values are those of
 * scipy.stats.gaussian_kde, to 1e-12 of the peak. points[n] is borrowed and not changed; no NaN, no -0.
 * The result has the same bits for any order of the points and any number of threads.
 *
 * Grids that allow it are done by matrix products (kde2d_tiles.h), n * grid_size^2 terms of 0.05 ns
 * (AVX-512); there a kernel ends 20 bandwidths from its point, at 1e-87 of its peak. What remains, coarse
 * grids, correlations beyond 0.999, nodes that are rounded because they are far from zero, is a direct sum
 * of terms of 1.5 ns. Memory: 56 bytes per point, 24 per node. Nothing is approximated.
 * Status: SDQ_INTERRUPTED, memory. No points at all are KDE_NO_BANDWIDTH.
 */
extern SdqStatus kde2d_evaluate(Job *job, const Point2d *points, size_t n,
								const Kde2dOptions *options, Kde2d *result);

#endif
