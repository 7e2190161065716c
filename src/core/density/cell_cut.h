/*
 * cell_cut.h
 *		How the border of a region cuts a cell of a grid: one rule for those who draw it and those who measure it.
 *
 * The corners of a cell are numbered counter-clockwise from the lower left. Private to the density core.
 */
#ifndef SYNTHDQ_CORE_DENSITY_CELL_CUT_H
#define SYNTHDQ_CORE_DENSITY_CELL_CUT_H

#include <math.h>
#include <stdbool.h>

#include "core/density/contours.h"

#define N_CORNERS 4

static const int corner_x[N_CORNERS] = {0, 1, 1, 0};
static const int corner_y[N_CORNERS] = {0, 0, 1, 1};

/* How close a crossing may come to a node, in distances of nodes. */
#define CLOSEST 0x1p-30

/* Where the level is met between two nodes of densities a and b: strictly between 0 and 1. The same from
 * either side but for rounding, so callers pass the lower node first. */
static inline double
crossing_share(double a, double b, double level)
{
	return fmax(CLOSEST, fmin(1 - CLOSEST, (level - a) / (b - a)));
}

/* The densities at the corners of the cell whose lower left node has this number. */
static inline void
cell_corners(const DensityGrid *grid, size_t node, double corners[N_CORNERS])
{
	const double *lower = grid->density + node;
	const double *upper = lower + grid->n_x;

	corners[0] = lower[0];
	corners[1] = lower[1];
	corners[2] = upper[1];
	corners[3] = upper[0];
}

/* The mean of the corners. Quarters first: four large densities have no sum. */
static inline double
cell_mean(const double corners[N_CORNERS])
{
	return (corners[0] / 4 + corners[2] / 4) + (corners[1] / 4 + corners[3] / 4);
}

/* The density at a place in the cell, whose sides are 1: bilinear. */
static inline double
cell_density(const double corners[N_CORNERS], double x, double y)
{
	double lower = corners[0] + x * (corners[1] - corners[0]);
	double upper = corners[3] + x * (corners[2] - corners[3]);

	return lower + y * (upper - lower);
}

static inline double
lowest_corner(const double corners[N_CORNERS])
{
	double a = corners[0] < corners[1] ? corners[0] : corners[1];
	double b = corners[2] < corners[3] ? corners[2] : corners[3];

	return a < b ? a : b;
}

static inline double
highest_corner(const double corners[N_CORNERS])
{
	double a = corners[0] > corners[1] ? corners[0] : corners[1];
	double b = corners[2] > corners[3] ? corners[2] : corners[3];

	return a > b ? a : b;
}

/* What a cell, or a piece of one, adds, in cells and in cells times the peak. */
typedef struct CellMeasure
{
	double area;
	double mass;
} CellMeasure;

/* The part inside of a cell that the level cuts: some corners are inside, some not. */
extern CellMeasure cell_measure_cut(const double density[N_CORNERS], double level, double peak);

/* The part inside of any cell. */
extern CellMeasure cell_measure(const double corners[N_CORNERS], double level, double peak);

#endif
