/*
 * plane.c
 *		Kernels in the plane, and the choice among the ways to sum them.
 */
#include "core/density/plane.h"

#include <string.h>

#include "core/base/constants.h"
#include "core/density/grid.h"
#include "core/density/scale.h"

/* Powers of a Taylor series about even nodes. */
#define MAX_ORDER 4

/* Nodes that are at most so uneven, in bandwidths, need that power: at 9 bandwidths the next term of the series,
 * (9 e)^(power + 1) / (power + 1)!, is below 5e-13. */
static const double uneven_limits[MAX_ORDER + 1] = {TILES_MAX_UNEVEN, 1e-7, 1.5e-5, 2e-4, 1e-3};

/* Ordinates of points, in bandwidths, beyond all that reach a grid; powers of larger ones might overflow. */
#define ORDINATE_LIMIT 1e70

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

/* The power of the series that the nodes of y need; above MAX_ORDER: no series will do. */
static int
series_order(const TilesPlan *plan)
{
	int order = 0;

	while (order <= MAX_ORDER && !(plan->uneven <= uneven_limits[order]))
		order++;
	return order;
}

/* Can this grid be done by products? */
static bool
plane_plan(const PlaneGrid *grid, TilesPlan *plan)
{
	return tiles_plan(grid, plan) && series_order(plan) <= MAX_ORDER;
}

/*
 * A grid whose nodes are not equally spaced, beside one whose nodes are. With v and w the ordinates of an even node
 * and of a point, in bandwidths, and e the way from there to the node as it is, a kernel is
 *		exp(-(v + e - w)^2 / 2) = exp(-(v - w)^2 / 2) exp(-e^2 / 2) exp(-(v - w) e),
 * and the last factor is cut after the power `order` of e:
 *		sum over j of w^j e^j / j! (sum over m <= order - j of (-v e)^m / m!).
 * So each w^j is one more product, of points with other weights, times a factor of the node.
 */
typedef struct UnevenRows
{
	PointSet points;   /* y relative to the middle row; weights times ordinates^j */
	double *ordinates; /* [points.n], of the points */
	PlaneGrid even;    /* y relative to the middle row, and equally spaced */
	double *ways;      /* [even.size], e */
	double middle_x;
	int order;
} UnevenRows;

/* Arrays in the job's arena. */
static SdqStatus
uneven_rows(Job *job, const PointSet *points, const PlaneGrid *grid, int order, UnevenRows *rows)
{
	const Gaussian2d *kernel = &grid->kernel;
	size_t middle = grid->size / 2;
	double middle_y = grid->y[middle];
	double step = (grid->y[grid->size - 1] - grid->y[0]) / (double) (grid->size - 1);
	double *nodes = arena_alloc(job->arena, grid->size, sizeof(double));
	double *y = arena_alloc(job->arena, points->n, sizeof(double));
	double *weights = arena_alloc(job->arena, points->n, sizeof(double));

	*rows =
		(UnevenRows){.points = *points, .even = *grid, .middle_x = grid->x[middle], .order = order};
	rows->ordinates = arena_alloc(job->arena, points->n, sizeof(double));
	rows->ways = arena_alloc(job->arena, grid->size, sizeof(double));
	if (nodes == NULL || y == NULL || weights == NULL || rows->ordinates == NULL ||
		rows->ways == NULL)
		return arena_failure(job->arena);
	for (size_t row = 0; row < grid->size; row++)
	{
		nodes[row] = ((double) row - (double) middle) * step;
		rows->ways[row] = ((grid->y[row] - middle_y) - nodes[row]) * kernel->inverse_y;
	}
	for (size_t i = 0; i < points->n; i++)
	{
		double ordinate;

		if (i % POLL_INTERVAL == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		y[i] = points->y[i] - middle_y;
		weights[i] = points->weights[i];
		ordinate = (y[i] - kernel->slope * (points->x[i] - rows->middle_x)) * kernel->inverse_y;
		rows->ordinates[i] = fmax(fmin(ordinate, ORDINATE_LIMIT), -ORDINATE_LIMIT);
	}
	rows->points.y = y;
	rows->points.weights = weights;
	rows->even.y = nodes;
	return sdq_ok();
}

/* Add the product of power j, moments, to the sums. */
static SdqStatus
add_power(Job *job, const UnevenRows *rows, int j, const double *moments, double *sums)
{
	const PlaneGrid *even = &rows->even;
	const Gaussian2d *kernel = &even->kernel;

	for (size_t row = 0; row < even->size; row++)
	{
		double way = rows->ways[row];
		double power = exp(-way * way / 2); /* times way^j / j! */

		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (int i = 1; i <= j; i++)
			power *= way / i;
		for (size_t column = 0; column < even->size; column++)
		{
			size_t node = row * even->size + column;
			double ordinate = (even->y[row] - kernel->slope * (even->x[column] - rows->middle_x)) *
							  kernel->inverse_y;
			double series = 1;

			for (int m = rows->order - j; m > 0; m--)
				series = 1 - ordinate * way / m * series;
			sums[node] += power * series * moments[node];
		}
	}
	return sdq_ok();
}

/* Sums by products at nodes of y that are only nearly equally spaced. */
static SdqStatus
uneven_products(Job *job, const PointSet *points, const PlaneGrid *grid, const TilesPlan *plan,
				double *sums)
{
	size_t n_nodes = grid->size * grid->size;
	ArenaMark mark = arena_mark(job->arena);
	double *moments = arena_alloc(job->arena, n_nodes, sizeof(double));
	UnevenRows rows;
	SdqStatus status = moments == NULL ? arena_failure(job->arena) : sdq_ok();

	if (!sdq_failed(status))
		status = uneven_rows(job, points, grid, series_order(plan), &rows);
	if (sdq_failed(status))
		return status;
	memset(sums, 0, n_nodes * sizeof(double));
	for (int j = 0; j <= rows.order && !sdq_failed(status); j++)
	{
		for (size_t i = 0; j > 0 && i < points->n; i++)
		{
			if (i % POLL_INTERVAL == 0 && stop_poll(job->stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
			rows.points.weights[i] *= rows.ordinates[i];
		}
		status = tiles_sum(job, &rows.points, &rows.even, plan, moments);
		if (!sdq_failed(status))
			status = add_power(job, &rows, j, moments, sums);
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
	else if (series_order(&plan) > 0)
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
	return 1 + series_order(&plan);
}

SdqStatus
plane_rescale(Job *job, double *density, size_t n, int exponent)
{
	SdqStatus status = scale_in_place(job->stop, density, n, exponent);

	for (size_t i = 0; exponent < 0 && !sdq_failed(status) && i < n; i++)
		density[i] = fmin(density[i], DBL_MAX);
	return status;
}
