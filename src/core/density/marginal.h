/*
 * marginal.h
 *		The density of one coordinate, from a density of points of the plane.
 */
#ifndef SYNTHDQ_CORE_DENSITY_MARGINAL_H
#define SYNTHDQ_CORE_DENSITY_MARGINAL_H

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/contours.h"

/* The axis that stays. */
typedef enum PlaneAxis
{
	PLANE_AXIS_X,
	PLANE_AXIS_Y,
} PlaneAxis;

/*
 * marginal[nodes of the axis] = at each of them, the integral of the density over the other axis, by the
 * trapezoidal rule: not divided by anything, so that mass beyond the grid is missing. For a Gaussian
 * kernel of standard deviation s along the other axis (at a fixed place of this one) and nodes d apart the
 * rule errs by 2 exp(-2 (pi s / d)^2) relative, 5e-9 at s = d, below 1e-15 from s = 1.4 d on.
 *
 * An integral beyond the largest double is infinite. O(nodes) in time; scratch 64 bytes per node of the
 * other axis. The same bits whatever the threads (there is one). Status: SDQ_INTERRUPTED, memory.
 */
extern SdqStatus grid_marginal(Job *job, const DensityGrid *grid, PlaneAxis axis, double *marginal);

#endif
