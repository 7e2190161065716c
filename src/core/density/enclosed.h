/*
 * enclosed.h
 *		The mass that contours truly enclose: measured and prescribed.
 *
 * The mass of a region is the integral of the density, bilinear in each cell, over the polygons of
 * contour_trace(). It falls as the level rises. The mass of the grid is the integral over all cells, by the
 * trapezoidal rule. Levels of nodes (regions.h) hold their shares only as well as nodes resolve the density;
 * those of here hold them on any grid.
 */
#ifndef SYNTHDQ_CORE_DENSITY_ENCLOSED_H
#define SYNTHDQ_CORE_DENSITY_ENCLOSED_H

#include "core/density/contours.h"

/* How large a region is, and what it holds. */
typedef struct RegionMeasure
{
	double area; /* in units of x times units of y; infinite if out of range */
	double mass;
} RegionMeasure;

/* Measure the region of a level. O(nodes). Status: SDQ_INTERRUPTED. */
extern SdqStatus region_measure(Job *job, const DensityGrid *grid, double level,
								RegionMeasure *measure);

/*
 * levels[n]: the highest level whose region has shares[n], each in [0, 1], of the mass of the grid, which is
 * above 0. The region has that share to about 1e-12, more only where the mass leaps: at a plateau and where
 * the bridge over a saddle opens; and less only where not even the region of all that is above 0 has it, since
 * its border cuts the corners of cells that have nodes of density 0. Share 1 gives the lowest density, share 0 the peak. A larger share has
 * no higher level, and its level does not depend on what else is asked but for roundings.
 *
 * O(nodes) for each share. Memory: 1.5 MB, and 4 bytes for each cell that the level could cut, released. One thread.
 * Status: SDQ_INTERRUPTED, memory.
 */
extern SdqStatus region_levels(Job *job, const DensityGrid *grid, const double *shares, size_t n,
							   double *levels);

#endif
