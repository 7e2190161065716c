/*
 * kde2d.h
 *		Gaussian kernel density of points of the plane, on a grid or at given places.
 */
#ifndef SYNTHDQ_CORE_DENSITY_KDE2D_H
#define SYNTHDQ_CORE_DENSITY_KDE2D_H

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/bandwidth.h"
#include "core/density/gaussian.h"
#include "core/density/grid.h"
#include "core/density/kde.h"
#include "core/density/moments.h"
#include "core/density/points.h"

/* A kernel in the caller's units. */
typedef struct Kde2dKernel
{
	double factor;      /* the kernel's covariance is factor^2 times that of the points */
	double bandwidth_x; /* standard deviations of the kernel along the axes, in units of x and y */
	double bandwidth_y;
	double correlation; /* of the kernel, and of the points it is made from */
} Kde2dKernel;

/* Zeroed members are defaults, but for grid_size and the ranges. */
typedef struct Kde2dOptions
{
	size_t grid_size;    /* nodes per axis, GRID_MIN_SIZE to GRID_MAX_SIZE */
	Bandwidth bandwidth; /* a number is the factor, as in scipy; not BANDWIDTH_ISJ */
	GridRange x_range;   /* ends that are given are finite, lo < hi; NAN where open */
	GridRange y_range;
	double adjust; /* what the factor is multiplied with, finite, above 0; 0 stands for 1 */
	bool has_cut;
	double cut; /* bandwidths by which the grid exceeds the points; GRID_CUT without has_cut */
	KdeMethod method;
	const Kde2dKernel *kernel; /* of other points, in place of that of these; NULL: of these */
} Kde2dOptions;

/* Points and kernel, ready to be evaluated; in the job's arena. Its members are for core/density alone. */
typedef struct Kde2dModel
{
	KdeOutcome outcome; /* KDE_DONE, KDE_NO_BANDWIDTH, KDE_INFINITE */
	Kde2dKernel kernel;
	double n;
	double min_x;
	double max_x;
	double min_y;
	double max_y;
	int exponent_x; /* the units of set, whitened and covariance are 2^exponent */
	int exponent_y;
	PointSet set;
	Covariance2d covariance; /* of the points; 0 for fewer than two, and with options->kernel */
	Gaussian2d whitened;
} Kde2dModel;

/* Arrays are set for KDE_DONE only; they live in the job's arena. KDE_NO_BANDWIDTH stands for a
 * covariance that is singular (PLANE_SINGULAR), the other outcomes for what they mean in one dimension. */
typedef struct Kde2d
{
	KdeOutcome outcome;
	Kde2dKernel kernel;
	size_t grid_size;
	double *x;        /* [grid_size], ascending */
	double *y;        /* [grid_size], ascending */
	double *density;  /* [grid_size of y][grid_size of x], per unit of x times unit of y */
	double mass;      /* integral over the grid, by the trapezoidal rule in each axis */
	KdeMethod method; /* KDE_EXACT or KDE_BINNED */
} Kde2d;

/* Terms of exact sums by products, plane_term_cost() 1, beyond which points are binned: a second of two threads. */
#define KDE2D_EXACT_TERMS 4e10

/* What it costs to bin a point, in the same terms: 30 ns. */
#define KDE2D_BIN_TERMS 600.0

/*
 * density(p) = sum over points of phi_H(p - point) / n, phi_H the normal density with the full
 * covariance H = factor^2 * C, C the covariance of the points (n - 1). The values are those of
 * scipy.stats.gaussian_kde, to 1e-12 of the peak. points[n] is borrowed and not changed; no NaN, no -0.
 * The result has the same bits for any order of the points and any number of threads.
 *
 * Grids that allow it are done by matrix products (kde2d_tiles.h), n * grid_size^2 terms of 0.05 ns
 * (AVX-512); there a kernel ends 20 bandwidths from its point, at 1e-87 of its peak. They cost two to five times that
 * where nodes are rounded to uneven places because they are far from zero. What remains, coarse grids,
 * correlations beyond 0.999, nodes uneven by more than 1e-3 bandwidths, is a direct sum of terms of 1.5 ns.
 * Memory: 72 bytes per point, 32 per node.
 *
 * Where these are estimated at more than KDE2D_EXACT_TERMS and binning (kde2d_binned.h) would leave half of that or
 * less, its own cost included, points are binned first: the error is then below 1e-4 of the peak. KDE_BINNED bins
 * any points but those that points_bin() refuses, KDE_EXACT none; the result tells what was done.
 * Status: SDQ_INTERRUPTED, memory. No points at all are KDE_NO_BANDWIDTH.
 */
extern SdqStatus kde2d_evaluate(Job *job, const Point2d *points, size_t n,
								const Kde2dOptions *options, Kde2d *result);

/* The two halves of kde2d_evaluate(): the kernel, and the density on the grid of a model that is KDE_DONE.
 * The outcome of a grid is KDE_DONE or KDE_NO_GRID. */
extern SdqStatus kde2d_fit(Job *job, const Point2d *points, size_t n, const Kde2dOptions *options,
						   Kde2dModel *model);
extern SdqStatus kde2d_on_grid(Job *job, const Kde2dModel *model, const Kde2dOptions *options,
							   Kde2d *result);

/*
 * values[m] = natural logarithm of the density of a model that is KDE_DONE at (x[m], y[m]), no NaN: finite
 * wherever the places are, however far out (minus infinity where a square overflows or the place is
 * infinite). Relative error of the density: 1e-12, and 1e-15 times the logarithm. Work: one term of 1 ns
 * (AVX-512) for each point within 8 to 10 bandwidths of a place along x, more where the density is very small;
 * ten times as much for each point at places beyond all of them. A place has the same bits whatever the
 * others are. Without a pool the main thread does it all, and polls the stop flag as well.
 */
extern SdqStatus kde2d_log_density(Job *job, const Kde2dModel *model, const double *x,
								   const double *y, size_t m, double *values);

#endif
