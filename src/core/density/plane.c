/*
 * plane.c
 *		Kernels in the plane, and the choice between the two ways to sum them.
 */
#include "core/density/plane.h"

#include "core/density/grid.h"
#include "core/density/scale.h"

#define INVERSE_2PI 0.15915494309189533577

/* A term of a direct sum beside one by products, 1.5 and 0.05 ns with the instruction sets of AVX-512. */
#define DIRECT_TERM_COST 30.0

/* What a node's term needs. */
typedef struct PlaneSum
{
	const PointSet *points;
	const PlaneGrid *grid;
} PlaneSum;

bool
plane_kernel(const Covariance2d *covariance, double factor, Gaussian2d *kernel, double *correlation)
{
	double slope;
	double r;

	if (!(covariance->xx > 0 && covariance->yy > 0))
		return false;
	r = covariance->xy / sqrt(covariance->xx) / sqrt(covariance->yy);
	if (!((1 - r) * (1 + r) >= PLANE_SINGULAR))
		return false;
	slope = covariance->xy / covariance->xx;
	*kernel = (Gaussian2d){
		.inverse_x = fmin(1 / (factor * sqrt(covariance->xx)), DBL_MAX),
		.slope = slope,
		.inverse_y = fmin(1 / (factor * sqrt(covariance->yy - slope * covariance->xy)), DBL_MAX)};
	*correlation = r;
	return true;
}

/* Cells of binned points ascend by x but for a part of a bandwidth, which does not matter at the reach.
 * Whatever the slope, a point beyond the reach along x alone is beyond that of the kernel. */
static double
plane_term(const void *argument, size_t node, size_t first, size_t end)
{
	const PlaneSum *sum = argument;
	const PointSet *points = sum->points;
	const Gaussian2d *kernel = &sum->grid->kernel;
	double x = sum->grid->x[node % sum->grid->size];
	double y = sum->grid->y[node / sum->grid->size];

	grid_window(points->x, x, GAUSSIAN_REACH / kernel->inverse_x, &first, &end);
	return gaussian_sum_2d(points->x + first, points->y + first, points->weights + first,
						   end - first, x, y, kernel);
}

SdqStatus
plane_density(Job *job, const PointSet *points, double n, const PlaneGrid *grid, double *density)
{
	PlaneSum sum = {.points = points, .grid = grid};
	/* The peak of a kernel that is hardly more than a point overflows; 0 beside it is still 0. */
	double peak = fmin(INVERSE_2PI * grid->kernel.inverse_x / n * grid->kernel.inverse_y, DBL_MAX);
	size_t n_nodes = grid->size * grid->size; /* at most GRID_MAX_SIZE squared */
	TilesPlan plan;
	SdqStatus status;

	if (tiles_plan(grid, &plan))
		status = tiles_sum(job, points, grid, &plan, density);
	else
		status = grid_sum(job, points->n, n_nodes, plane_term, &sum, density);
	if (sdq_failed(status))
		return status;
	for (size_t node = 0; node < n_nodes; node++)
	{
		if (node % grid->size == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		density[node] = fmin(fmax(density[node], 0) * peak, DBL_MAX);
	}
	return status;
}

double
plane_term_cost(const PlaneGrid *grid)
{
	TilesPlan plan;

	return tiles_plan(grid, &plan) ? 1 : DIRECT_TERM_COST;
}

SdqStatus
plane_rescale(Job *job, double *density, size_t n, int exponent)
{
	SdqStatus status = scale_in_place(job->stop, density, n, exponent);

	for (size_t i = 0; exponent < 0 && !sdq_failed(status) && i < n; i++)
		density[i] = fmin(density[i], DBL_MAX);
	return status;
}
