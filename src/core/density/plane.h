/*
 * plane.h
 *		Gaussian kernels in the plane: from a covariance, and their density on a grid.
 *
 * All numbers are in the units of the two coordinates (scale.h) unless it is said.
 */
#ifndef SYNTHDQ_CORE_DENSITY_PLANE_H
#define SYNTHDQ_CORE_DENSITY_PLANE_H

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/gaussian.h"
#include "core/density/kde2d_tiles.h"
#include "core/density/moments.h"
#include "core/density/points.h"

/* Points count as lying on a line, and the density as undefined, where 1 - correlation^2 is below this;
 * rounding of coordinates alone leaves some 1e-15. */
#define PLANE_SINGULAR 1e-12

/* The kernel factor^2 * covariance, and its correlation; false, and neither, if the covariance is singular. A
 * factor may be so small that its inverse overflows; the kernel is then a point. */
extern bool plane_kernel(const Covariance2d *covariance, double factor, Gaussian2d *kernel,
						 double *correlation);

/* The standard deviation of a kernel along an axis of that variance, in the caller's unit: at most the largest
 * double. */
static inline double
plane_bandwidth(double variance, double factor, int exponent)
{
	return fmin(ldexp(factor * sqrt(variance), exponent), DBL_MAX);
}

/*
 * density[size of y][size of x] = sum over the points of weight * phi / n, phi the density of the grid's kernel
 * about the point: by products where the grid allows it (kde2d_tiles.h), by two to five times those where it is so
 * far from zero that nodes are rounded to uneven places, else by direct sums. What exceeds the largest double is the largest
 * double, and what negative weights (of binned points) make negative is 0.
 * points ascend by x, or as points_bin() leaves them.
 * Status: SDQ_INTERRUPTED, memory.
 */
extern SdqStatus plane_density(Job *job, const PointSet *points, double n, const PlaneGrid *grid,
							   double *density);

/* What a point at a node costs there, relative to the cost by products: a deterministic estimate. */
extern double plane_term_cost(const PlaneGrid *grid);

/* density[n] per unit of the caller, from that per unit 2^exponent, the product of both: at most the largest
 * double. SDQ_INTERRUPTED. */
extern SdqStatus plane_rescale(Job *job, double *density, size_t n, int exponent);

#endif
