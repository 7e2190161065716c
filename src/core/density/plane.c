/*
 * plane.c
 *		Kernels in the plane, and the choice among the ways to sum them.
 */
#include "core/density/plane.h"

#include "core/density/grid.h"
#include "core/density/scale.h"

#define INVERSE_2PI 0.15915494309189533577

/* Nodes that are at most this uneven, in bandwidths, are done by products and their derivative: at 9 bandwidths the
 * next term of the series is 4e-13. */
#define MAX_UNEVEN_CORRECTED 1e-7

/* Ordinates of points, in bandwidths, beyond all that reach a grid; larger ones might overflow. */
#define ORDINATE_LIMIT 1e100

/* Points between two polls of the stop flag. */
#define POLL_INTERVAL ((size_t) 1 << 16)

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

/* Can this grid be done by products? */
static bool
plane_plan(const PlaneGrid *grid, TilesPlan *plan)
{
	return tiles_plan(grid, plan) && plan->uneven <= MAX_UNEVEN_CORRECTED;
}

/*
 * What is off where nodes are not equally spaced, in bandwidths along y. A kernel changes by -v e along the way e
 * from an even node, v being the ordinate of the node less that of the point.
 */
typedef struct UnevenRows
{
	PointSet points;   /* y relative to the middle row */
	double *ordinates; /* [points.n], weights times ordinates of the points */
	PlaneGrid even;    /* y relative to the middle row, and equally spaced */
	double middle_x;
	double middle_y;
} UnevenRows;

/* Arrays in the job's arena. */
static SdqStatus
uneven_rows(Job *job, const PointSet *points, const PlaneGrid *grid, UnevenRows *rows)
{
	const Gaussian2d *kernel = &grid->kernel;
	size_t middle = grid->size / 2;
	double step = (grid->y[grid->size - 1] - grid->y[0]) / (double) (grid->size - 1);
	double *nodes = arena_alloc(job->arena, grid->size, sizeof(double));
	double *y = arena_alloc(job->arena, points->n, sizeof(double));

	*rows = (UnevenRows){
		.points = *points, .even = *grid, .middle_x = grid->x[middle], .middle_y = grid->y[middle]};
	rows->ordinates = arena_alloc(job->arena, points->n, sizeof(double));
	if (nodes == NULL || y == NULL || rows->ordinates == NULL)
		return arena_failure(job->arena);
	for (size_t row = 0; row < grid->size; row++)
		nodes[row] = ((double) row - (double) middle) * step;
	for (size_t i = 0; i < points->n; i++)
	{
		double ordinate;

		if (i % POLL_INTERVAL == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		y[i] = points->y[i] - rows->middle_y;
		ordinate = (y[i] - kernel->slope * (points->x[i] - rows->middle_x)) * kernel->inverse_y;
		rows->ordinates[i] =
			points->weights[i] * fmax(fmin(ordinate, ORDINATE_LIMIT), -ORDINATE_LIMIT);
	}
	rows->points.y = y;
	rows->even.y = nodes;
	return sdq_ok();
}

/* Sums by products at nodes of y that are only nearly equally spaced. */
static SdqStatus
uneven_products(Job *job, const PointSet *points, const PlaneGrid *grid, const TilesPlan *plan,
				double *sums)
{
	const Gaussian2d *kernel = &grid->kernel;
	size_t n = grid->size;
	ArenaMark mark = arena_mark(job->arena);
	double *moments = arena_alloc(job->arena, n * n, sizeof(double));
	UnevenRows rows;
	SdqStatus status = moments == NULL ? arena_failure(job->arena) : sdq_ok();

	if (!sdq_failed(status))
		status = uneven_rows(job, points, grid, &rows);
	if (!sdq_failed(status))
		status = tiles_sum(job, &rows.points, &rows.even, plan, sums);
	if (sdq_failed(status))
		return status;
	rows.points.weights = rows.ordinates;
	status = tiles_sum(job, &rows.points, &rows.even, plan, moments);
	for (size_t row = 0; row < n && !sdq_failed(status); row++)
	{
		double way = ((grid->y[row] - rows.middle_y) - rows.even.y[row]) * kernel->inverse_y;

		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (size_t column = 0; column < n; column++)
		{
			size_t node = row * n + column;
			double ordinate =
				(rows.even.y[row] - kernel->slope * (grid->x[column] - rows.middle_x)) *
				kernel->inverse_y;

			sums[node] -= way * (ordinate * sums[node] - moments[node]);
		}
	}
	arena_release(job->arena, mark);
	return status;
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

	if (!plane_plan(grid, &plan))
		status = grid_sum(job, points->n, n_nodes, plane_term, &sum, density);
	else if (plan.uneven > TILES_MAX_UNEVEN)
		status = uneven_products(job, points, grid, &plan, density);
	else
		status = tiles_sum(job, points, grid, &plan, density);
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

	if (!plane_plan(grid, &plan))
		return DIRECT_TERM_COST;
	return plan.uneven > TILES_MAX_UNEVEN ? 2 : 1;
}

SdqStatus
plane_rescale(Job *job, double *density, size_t n, int exponent)
{
	SdqStatus status = scale_in_place(job->stop, density, n, exponent);

	for (size_t i = 0; exponent < 0 && !sdq_failed(status) && i < n; i++)
		density[i] = fmin(density[i], DBL_MAX);
	return status;
}
