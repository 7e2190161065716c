/*
 * kde2d.c
 *		The density of points of the plane. Points are sorted by x, so that a node sums only those
 *		that are near enough along that axis.
 */
#include "core/density/kde2d.h"

#include <float.h>
#include <math.h>

#include "core/density/gaussian.h"
#include "core/density/kde2d_tiles.h"
#include "core/density/moments.h"
#include "core/density/scale.h"

#define INVERSE_2PI 0.15915494309189533577

/* Points looked at between two polls of the stop flag. */
#define POLL_INTERVAL ((size_t) 1 << 20)

/* One coordinate of all points. */
typedef struct Coordinate
{
	double min;
	double max;
	int exponent; /* the unit is 2^exponent */
} Coordinate;

/* The kernel covariance, in the units of the two coordinates. */
typedef struct KernelCovariance
{
	double xx;
	double xy;
	double yy;
} KernelCovariance;

/* What a node's term needs. */
typedef struct Kde2dSum
{
	const PointSet *points;
	const double *x; /* the axes, in the points' units */
	const double *y;
	size_t grid_size;
	Gaussian2d kernel;
} Kde2dSum;

/* The smallest and largest of values[n], n >= 1, and the unit. */
static SdqStatus
coordinate_of(Stop *stop, const double *values, size_t n, Coordinate *coordinate)
{
	coordinate->min = values[0];
	coordinate->max = values[0];
	for (size_t i = 0; i < n; i++)
	{
		if (i % POLL_INTERVAL == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		coordinate->min = fmin(coordinate->min, values[i]);
		coordinate->max = fmax(coordinate->max, values[i]);
	}
	coordinate->exponent = scale_exponent(fmax(fabs(coordinate->min), fabs(coordinate->max)));
	return sdq_ok();
}

static bool
is_infinite(const Coordinate *coordinate)
{
	return isinf(coordinate->min) || isinf(coordinate->max);
}

/* values[n] in the coordinate's unit, in place. */
static SdqStatus
scale_values(Stop *stop, double *values, size_t n, const Coordinate *coordinate)
{
	if (coordinate->exponent == 0)
		return sdq_ok();
	for (size_t i = 0; i < n; i++)
	{
		if (i % POLL_INTERVAL == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		values[i] = ldexp(values[i], -coordinate->exponent);
	}
	return sdq_ok();
}

/* The covariance of a point set of n >= 2 observations. */
static SdqStatus
points_covariance(Stop *stop, const PointSet *points, KernelCovariance *covariance)
{
	const double *weights = points->weights;
	Centre x;
	Centre y;
	SdqStatus status;

	status = centre_of(stop, points->x, weights, points->n, &x);
	if (!sdq_failed(status))
		status = centre_of(stop, points->y, weights, points->n, &y);
	if (!sdq_failed(status))
		status =
			covariance_of(stop, points->x, &x, points->x, &x, weights, points->n, &covariance->xx);
	if (!sdq_failed(status))
		status =
			covariance_of(stop, points->x, &x, points->y, &y, weights, points->n, &covariance->xy);
	if (!sdq_failed(status))
		status =
			covariance_of(stop, points->y, &y, points->y, &y, weights, points->n, &covariance->yy);
	return status;
}

/* Fill bandwidths and correlation, in the caller's units; false if the covariance is singular. */
static bool
set_bandwidth(const KernelCovariance *covariance, double factor, const Coordinate *x,
			  const Coordinate *y, Kde2d *result)
{
	double correlation;

	if (!(covariance->xx > 0 && covariance->yy > 0))
		return false;
	correlation = covariance->xy / sqrt(covariance->xx) / sqrt(covariance->yy);
	if (!((1 - correlation) * (1 + correlation) >= KDE2D_SINGULAR))
		return false;
	result->factor = factor;
	result->bandwidth_x = ldexp(factor * sqrt(covariance->xx), x->exponent);
	result->bandwidth_y = ldexp(factor * sqrt(covariance->yy), y->exponent);
	result->correlation = correlation;
	return true;
}

/* The kernel factor^2 * covariance as the sums want it. A factor may be so small that its inverse
 * overflows; the kernel is then a point. */
static Gaussian2d
make_kernel(const KernelCovariance *covariance, double factor)
{
	double slope = covariance->xy / covariance->xx;
	double conditional = covariance->yy - slope * covariance->xy;

	return (Gaussian2d){.inverse_x = fmin(1 / (factor * sqrt(covariance->xx)), DBL_MAX),
						.slope = slope,
						.inverse_y = fmin(1 / (factor * sqrt(conditional)), DBL_MAX)};
}

/* Whatever the correlation, a point beyond the reach along x alone is beyond that of the kernel. */
static double
kde2d_term(const void *argument, size_t node, size_t first, size_t end)
{
	const Kde2dSum *sum = argument;
	const PointSet *points = sum->points;
	double x = sum->x[node % sum->grid_size];
	double y = sum->y[node / sum->grid_size];
	double reach = GAUSSIAN_REACH / sum->kernel.inverse_x;

	grid_window(points->x, x, reach, &first, &end);
	return gaussian_sum_2d(points->x + first, points->y + first, points->weights + first,
						   end - first, x, y, &sum->kernel);
}

/* A copy of an axis in the coordinate's unit; NULL if the arena refuses. */
static double *
scaled_axis(Arena *arena, const double *nodes, size_t n, const Coordinate *coordinate)
{
	double *scaled = arena_alloc(arena, n, sizeof(double));

	for (size_t i = 0; scaled != NULL && i < n; i++)
		scaled[i] = ldexp(nodes[i], -coordinate->exponent);
	return scaled;
}

/* Fill result->density and result->mass; the axes are set. */
static SdqStatus
sum_kernels(Job *job, const PointSet *points, double n, const Gaussian2d *kernel,
			const Coordinate *x, const Coordinate *y, Kde2d *result)
{
	size_t grid_size = result->grid_size;
	size_t n_nodes = grid_size * grid_size; /* at most GRID_MAX_SIZE squared */
	double *nodes_x = scaled_axis(job->arena, result->x, grid_size, x);
	double *nodes_y = scaled_axis(job->arena, result->y, grid_size, y);
	double *rows = arena_alloc(job->arena, grid_size, sizeof(double));
	double factor = INVERSE_2PI * kernel->inverse_x / n * kernel->inverse_y;
	Kde2dSum sum = {
		.points = points, .x = nodes_x, .y = nodes_y, .grid_size = grid_size, .kernel = *kernel};
	PlaneGrid grid = {.x = nodes_x, .y = nodes_y, .size = grid_size, .kernel = *kernel};
	TilesPlan plan;
	SdqStatus status;

	result->density = arena_alloc(job->arena, n_nodes, sizeof(double));
	if (nodes_x == NULL || nodes_y == NULL || rows == NULL || result->density == NULL)
		return arena_failure(job->arena);
	if (tiles_plan(&grid, &plan))
		status = tiles_sum(job, points, &grid, &plan, result->density);
	else
		status = grid_sum(job, points->n, n_nodes, kde2d_term, &sum, result->density);
	if (sdq_failed(status))
		return status;

	for (size_t row = 0; row < grid_size; row++)
	{
		double *density = result->density + row * grid_size;

		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (size_t i = 0; i < grid_size; i++)
			density[i] *= factor;
		rows[row] = grid_integral(nodes_x, density, grid_size);
		for (size_t i = 0; i < grid_size; i++)
			density[i] = ldexp(density[i], -x->exponent - y->exponent);
	}
	result->mass = grid_integral(nodes_y, rows, grid_size);
	return sdq_ok();
}

SdqStatus
kde2d_evaluate(Job *job, const Point2d *points, size_t n, const Kde2dOptions *options,
			   Kde2d *result)
{
	double factor;
	PointSet set;
	Coordinate x;
	Coordinate y;
	KernelCovariance covariance;
	Gaussian2d kernel;
	SdqStatus status;

	*result = (Kde2d){.outcome = KDE_NO_BANDWIDTH, .grid_size = options->grid_size};
	if (n == 0)
		return sdq_ok();
	status = points_collect(job, points, n, &set);
	if (!sdq_failed(status))
		status = coordinate_of(job->stop, set.x, set.n, &x);
	if (!sdq_failed(status))
		status = coordinate_of(job->stop, set.y, set.n, &y);
	if (sdq_failed(status))
		return status;
	if (is_infinite(&x) || is_infinite(&y))
	{
		result->outcome = KDE_INFINITE;
		return sdq_ok();
	}
	if (n < 2)
		return sdq_ok();

	status = scale_values(job->stop, set.x, set.n, &x);
	if (!sdq_failed(status))
		status = scale_values(job->stop, set.y, set.n, &y);
	if (!sdq_failed(status))
		status = points_covariance(job->stop, &set, &covariance);
	if (sdq_failed(status))
		return status;
	factor = bandwidth_factor(&options->bandwidth, (double) n, 2);
	if (!set_bandwidth(&covariance, factor, &x, &y, result))
		return sdq_ok();
	kernel = make_kernel(&covariance, factor);

	result->x = arena_alloc(job->arena, options->grid_size, sizeof(double));
	result->y = arena_alloc(job->arena, options->grid_size, sizeof(double));
	if (result->x == NULL || result->y == NULL)
		return arena_failure(job->arena);
	result->outcome = KDE_NO_GRID;
	if (!grid_axis(&options->x_range, x.min, x.max, result->bandwidth_x, options->grid_size,
				   result->x) ||
		!grid_axis(&options->y_range, y.min, y.max, result->bandwidth_y, options->grid_size,
				   result->y))
		return sdq_ok();
	result->outcome = KDE_DONE;
	return sum_kernels(job, &set, (double) n, &kernel, &x, &y, result);
}
