/*
 * kde2d_binned.c
 *		Cells, column by column: the points of a set are sorted by x, so that those of a column of cells
 *		are neighbours, and a table of one column is all that is needed.
 *
 * A cell's points at their mean, with the kernel widened by their covariance, have the density of the
 * points to the third moment; the covariance is not kept for each cell, but its mean over all points is
 * given to all of them. Linear binning, the usual way, spreads each point over four nodes instead and so
 * widens the kernel where points lie at one place, too.
 */
#include "core/density/kde2d_binned.h"

#include <math.h>
#include <stdint.h>

#include "core/base/sizes.h"
#include "core/base/stop.h"

/* Cells along y: more are not kept at a time. */
#define MAX_COLUMN_CELLS 1e6

/* Cell numbers along x that a double tells apart. */
#define MAX_COLUMNS 1e15

/* Points between two polls of the stop flag. */
#define POLL_INTERVAL ((size_t) 1 << 16)

/* Sums of a cell's points, relative to their first. */
typedef struct Cell
{
	double weight; /* 0: there is no point */
	double x0;
	double y0;
	double x;
	double y;
	double xx;
	double xy;
	double yy;
} Cell;

/* Sums of squares within all cells. */
typedef struct Within
{
	double weight;
	double xx;
	double xy;
	double yy;
} Within;

static void
cell_add(Cell *cell, double x, double y, double weight)
{
	if (cell->weight == 0)
		*cell = (Cell){.x0 = x, .y0 = y};
	x -= cell->x0;
	y -= cell->y0;
	cell->weight += weight;
	cell->x += weight * x;
	cell->y += weight * y;
	cell->xx += weight * x * x;
	cell->xy += weight * x * y;
	cell->yy += weight * y * y;
}

/* Empty the cells of a column that hold points, in the order in which they were met, into the set. */
static void
column_flush(Cell *cells, const uint32_t *met, size_t n_met, PointSet *binned, Within *within)
{
	for (size_t i = 0; i < n_met; i++)
	{
		Cell *cell = &cells[met[i]];
		double x = cell->x / cell->weight;
		double y = cell->y / cell->weight;

		within->weight += cell->weight;
		within->xx += cell->xx - cell->x * x;
		within->xy += cell->xy - cell->x * y;
		within->yy += cell->yy - cell->y * y;
		binned->x[binned->n] = cell->x0 + x;
		binned->y[binned->n] = cell->y0 + y;
		binned->weights[binned->n++] = cell->weight;
		cell->weight = 0;
	}
}

/* The kernel with the covariance of points inside their cells. */
static void
widen(Gaussian2d *kernel, const Within *within)
{
	double h_x = 1 / kernel->inverse_x;
	double h_y = 1 / kernel->inverse_y;
	/* First the product: the square of a slope between unlike units may overflow. */
	double tilt = kernel->slope * h_x;
	double xx = h_x * h_x + within->xx / within->weight;
	double xy = tilt * h_x + within->xy / within->weight;
	double yy = h_y * h_y + tilt * tilt + within->yy / within->weight;

	kernel->inverse_x = 1 / sqrt(xx);
	kernel->slope = xy / xx;
	kernel->inverse_y = 1 / sqrt(yy - kernel->slope * xy);
}

SdqStatus
points_bin(Job *job, const PointSet *points, Gaussian2d *kernel, bool anyway, PointSet *binned,
		   bool *is_binned)
{
	double h_x = 1 / kernel->inverse_x;
	double h_y = 1 / kernel->inverse_y; /* at a fixed x: across the ridge, as seen along y */
	double ridge = h_x / hypot(1, kernel->slope * h_x / h_y); /* the same, as seen along x */
	double side_x = ridge / CELLS_PER_BANDWIDTH;
	double side_y = h_y / CELLS_PER_BANDWIDTH;
	double low = INFINITY;
	double high = -INFINITY;
	double left = points->x[0];
	double column = 0;
	size_t n_cells;
	Cell *cells;
	uint32_t *met;
	size_t n_met = 0;
	Within within = {0};

	*is_binned = false;
	for (size_t i = 0; i < points->n; i++)
	{
		if (i % POLL_INTERVAL == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		low = fmin(low, points->y[i]);
		high = fmax(high, points->y[i]);
	}
	if (!((high - low) / side_y < MAX_COLUMN_CELLS &&
		  (points->x[points->n - 1] - left) / side_x < MAX_COLUMNS))
		return sdq_ok();
	n_cells = (size_t) ((high - low) / side_y) + 1;
	cells = arena_zalloc(job->arena, n_cells, sizeof(Cell));
	binned->n = 0;
	binned->x = arena_alloc(job->arena, points->n, sizeof(double));
	binned->y = arena_alloc(job->arena, points->n, sizeof(double));
	binned->weights = arena_alloc(job->arena, points->n, sizeof(double));
	met = arena_alloc(job->arena, n_cells, sizeof(uint32_t));
	if (cells == NULL || met == NULL || binned->x == NULL || binned->y == NULL ||
		binned->weights == NULL)
		return arena_failure(job->arena);

	for (size_t i = 0; i < points->n; i++)
	{
		double next = floor((points->x[i] - left) / side_x);
		size_t cell = minimum((size_t) ((points->y[i] - low) / side_y), n_cells - 1);

		if (i % POLL_INTERVAL == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		if (next != column)
		{
			column_flush(cells, met, n_met, binned, &within);
			n_met = 0;
		}
		column = next;
		if (cells[cell].weight == 0)
			met[n_met++] = (uint32_t) cell;
		cell_add(&cells[cell], points->x[i], points->y[i], points->weights[i]);
	}
	column_flush(cells, met, n_met, binned, &within);
	if (!anyway && binned->n > points->n / 2)
		return sdq_ok();
	widen(kernel, &within);
	*is_binned = true;
	return sdq_ok();
}
