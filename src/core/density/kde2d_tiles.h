/*
 * kde2d_tiles.h
 *		Gaussian kernels of all points at all nodes of a plane grid, as matrix products.
 */
#ifndef SYNTHDQ_CORE_DENSITY_KDE2D_TILES_H
#define SYNTHDQ_CORE_DENSITY_KDE2D_TILES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/gaussian.h"
#include "core/density/points.h"

/* A kernel farther away than this many bandwidths, along either axis of the whitened plane, is zero:
 * exp(-20^2 / 2) is 1e-87. */
#define TILES_REACH 20.0

/* The nodes of a grid and the kernel, in one unit; borrowed. */
typedef struct PlaneGrid
{
	const double *x; /* [size], ascending, equally spaced but for rounding */
	const double *y; /* [size] */
	size_t size;
	Gaussian2d kernel;
} PlaneGrid;

/* How the products are cut. */
typedef struct TilesPlan
{
	size_t rows;    /* of a tile: nodes of y */
	size_t columns; /* nodes of x, a multiple of `group` */
	size_t group;   /* neighbouring columns that share a factor of y */
	double step;    /* between nodes of y, in bandwidths at a fixed x */
	double
		uneven; /* by which nodes of y are off their equally spaced places at most, in bandwidths */
} TilesPlan;

/* Nodes of y may be this uneven: at 9 bandwidths from a point it changes its term by 5e-13. Products are those
 * of equally spaced nodes. */
#define TILES_MAX_UNEVEN 5e-14

/*
 * Can this grid be done by products? False where the nodes are so coarse beside the kernel that it would cost
 * accuracy: a direct sum is the answer then. Nodes far from zero beside their distance are uneven, which
 * the caller must look at.
 */
extern bool tiles_plan(const PlaneGrid *grid, TilesPlan *plan);

/*
 * sums[size of y][size of x] = sum over the points of weight * exp(-(u^2 + v^2) / 2), as in
 * gaussian_sum_2d(), with a relative error below 1e-12 where terms up to 1e-60 of the largest matter.
 * The same bits for any number of threads; those of instruction sets differ in the last digits. One
 * fused multiplication and addition a term; memory: up to 16 copies of a grid of 256 x 256 nodes, one
 * of a larger grid. Status: SDQ_INTERRUPTED, memory.
 */
extern SdqStatus tiles_sum(Job *job, const PointSet *points, const PlaneGrid *grid,
						   const TilesPlan *plan, double *sums);

#endif
