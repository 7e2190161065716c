/*
 * marginal.c
 *		Integrals of a grid along one of its axes.
 *
 * Lines of equal y lie together in memory and are integrated where they are. Lines of equal x are first
 * copied out, as many at a time as share a cache line, or each value would be fetched from memory alone.
 */
#include "core/density/marginal.h"

#include <math.h>

#include "core/base/sizes.h"
#include "core/density/grid.h"

/* Doubles of a cache line. */
#define COLUMNS 8

/* The integral of a line; infinite if it overflows. */
static double
line_integral(const double *nodes, const double *values, size_t n)
{
	double integral = grid_integral(nodes, values, n);

	return isfinite(integral) ? integral : INFINITY;
}

/* Integrals over y. */
static SdqStatus
integrate_columns(Job *job, const DensityGrid *grid, double *marginal)
{
	ArenaMark mark = arena_mark(job->arena);
	double *columns = arena_alloc(job->arena, grid->n_y, COLUMNS * sizeof(double));

	if (columns == NULL)
		return arena_failure(job->arena);
	for (size_t first = 0; first < grid->n_x; first += COLUMNS)
	{
		size_t n = minimum(COLUMNS, grid->n_x - first);

		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (size_t i = 0; i < grid->n_y; i++)
			for (size_t j = 0; j < n; j++)
				columns[j * grid->n_y + i] = grid->density[i * grid->n_x + first + j];
		for (size_t j = 0; j < n; j++)
			marginal[first + j] = line_integral(grid->y, columns + j * grid->n_y, grid->n_y);
	}
	arena_release(job->arena, mark);
	return sdq_ok();
}

/* Integrals over x. */
static SdqStatus
integrate_rows(Job *job, const DensityGrid *grid, double *marginal)
{
	for (size_t i = 0; i < grid->n_y; i++)
	{
		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		marginal[i] = line_integral(grid->x, grid->density + i * grid->n_x, grid->n_x);
	}
	return sdq_ok();
}

SdqStatus
grid_marginal(Job *job, const DensityGrid *grid, PlaneAxis axis, double *marginal)
{
	return axis == PLANE_AXIS_X ? integrate_columns(job, grid, marginal)
								: integrate_rows(job, grid, marginal);
}
