/*
 * contours.h
 *		The borders of the region of the plane where a density reaches a level, as closed polygons.
 */
#ifndef SYNTHDQ_CORE_DENSITY_CONTOURS_H
#define SYNTHDQ_CORE_DENSITY_CONTOURS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/base/status.h"

/* A density on a grid, borrowed. Finite and at least 0; the axes are such as axis_is_regular() accepts. */
typedef struct DensityGrid
{
	size_t n_x;            /* at least 2 */
	size_t n_y;            /* at least 2; n_x * n_y < 2^32 */
	const double *x;       /* [n_x] ascending */
	const double *y;       /* [n_y] ascending */
	const double *density; /* [n_y][n_x] */
} DensityGrid;

/* Are the nodes[n], n >= 2, finite, ascending and equally spaced, with room for a double between any two? */
extern bool axis_is_regular(const double *nodes, size_t n);

/* A closed polygon: points [first, first + n) of the contour, the last one the same as the first. */
typedef struct Ring
{
	size_t first;
	size_t n; /* at least 4 */
	bool is_hole;
} Ring;

/* The region of one level. A ring that is no hole is the outer ring of a polygon; the holes in it follow. */
typedef struct Contour
{
	size_t n_rings;
	size_t n_polygons; /* rings that are no holes */
	Ring *rings;       /* [n_rings] */
	double *x;         /* coordinates of all points */
	double *y;
} Contour;

/*
 * The region {density >= level} (above 0, for level 0) by marching squares: borders meet the lines of the grid where
 * the density, linear along them, meets the level; a cell with two high corners across from each other
 * is a bridge between them if the mean of its corners reaches the level. The border of the grid closes the
 * region. Outer rings run counter-clockwise, holes clockwise (x to the right, y up).
 *
 * Rings are simple, and no two of them touch; regions of higher levels lie within those of lower ones.
 * Where a node has the very level, borders pass it at a distance of 1e-9 cells; what is no wider than
 * that, a peak or a ridge that only touches the level, is left out.
 *
 * The same bits whatever the threads (there is one). O(nodes); memory: 4 bytes a node, 32 a point, and
 * 40 for two points. Results live in the job's arena. Status: SDQ_INTERRUPTED, memory.
 */
extern SdqStatus contour_trace(Job *job, const DensityGrid *grid, double level, Contour *contour);

/* The density at a place, bilinear between nodes; NAN outside the grid. O(log n). */
extern double grid_density_at(const DensityGrid *grid, double x, double y);

#endif
