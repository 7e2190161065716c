/*
 * kde2d.c
 *		The density of points of the plane: the kernel, the choice among the ways to sum, and sums at
 *		single places. Points are sorted by x, so that a place sums only those near it along that axis.
 */
#include "core/density/kde2d.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

#include "core/base/compensated.h"
#include "core/base/constants.h"
#include "core/base/sizes.h"
#include "core/density/kde2d_binned.h"
#include "core/density/plane.h"
#include "core/density/scale.h"

/* Terms of the places of one chunk, and of a block of the points of one place: some milliseconds. */
#define PLACE_TERMS ((size_t) 1 << 21)

/* The same of places far out, whose terms cost ten times as much. */
#define FAR_TERMS ((size_t) 1 << 18)

/* A place first sums the points within so many bandwidths along x: as far as most places need. */
#define NEAR_REACH 8.0

/* What points farther away may add to a sum, relative to it: below its rounding. */
#define DROPPED_SHARE 0x1p-56

/* A sum of kernels above this misses none whose exponent was below -GAUSSIAN_LIMIT: they are 1e-304. */
#define LEAST_FULL_SUM 1e-280

/* The covariance of a point set of n >= 2 observations. */
static SdqStatus
points_covariance(Stop *stop, const PointSet *points, Covariance2d *covariance)
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

/* A kernel that is given, in the units of the points. */
static Gaussian2d
whiten_kernel(const Kde2dKernel *kernel, const Extent *x, const Extent *y)
{
	double h_x = ldexp(kernel->bandwidth_x, -x->exponent);
	double h_y = ldexp(kernel->bandwidth_y, -y->exponent);
	double conditional = sqrt((1 - kernel->correlation) * (1 + kernel->correlation));

	return (Gaussian2d){.inverse_x = fmin(1 / h_x, DBL_MAX),
						.slope = kernel->correlation * h_y / h_x,
						.inverse_y = fmin(1 / (h_y * conditional), DBL_MAX)};
}

/* A copy of an axis in the unit 2^exponent; NULL if the arena refuses. */
static double *
scaled_axis(Arena *arena, const double *nodes, size_t n, int exponent)
{
	double *scaled = arena_alloc(arena, n, sizeof(double));

	for (size_t i = 0; scaled != NULL && i < n; i++)
		scaled[i] = ldexp(nodes[i], -exponent);
	return scaled;
}

/*
 * How many points binning may leave to be worth it; 0: none shall be binned. By estimates in terms of a product, never
 * by a clock: binning costs KDE2D_BIN_TERMS a point, and what it leaves costs what as many points cost.
 */
static size_t
most_binned(KdeMethod method, size_t n, double n_nodes, double term_cost)
{
	double point_cost = n_nodes * term_cost;

	if (method == KDE_EXACT)
		return 0;
	if (method == KDE_BINNED)
		return SIZE_MAX;
	if ((double) n * point_cost <= KDE2D_EXACT_TERMS)
		return 0;
	return (size_t) ((double) n * fmax(0.5 - KDE2D_BIN_TERMS / point_cost, 0));
}

/* Fill result->density, mass and method; the axes are set. */
static SdqStatus
sum_kernels(Job *job, const Kde2dModel *model, KdeMethod method, Kde2d *result)
{
	size_t grid_size = result->grid_size;
	size_t n_nodes = grid_size * grid_size; /* at most GRID_MAX_SIZE squared */
	double *nodes_x = scaled_axis(job->arena, result->x, grid_size, model->exponent_x);
	double *nodes_y = scaled_axis(job->arena, result->y, grid_size, model->exponent_y);
	double *rows = arena_alloc(job->arena, grid_size, sizeof(double));
	PlaneGrid grid = {.x = nodes_x, .y = nodes_y, .size = grid_size, .kernel = model->whitened};
	PointSet set = model->set;
	size_t most;
	SdqStatus status;

	result->density = arena_alloc(job->arena, n_nodes, sizeof(double));
	if (nodes_x == NULL || nodes_y == NULL || rows == NULL || result->density == NULL)
		return arena_failure(job->arena);
	result->method = KDE_EXACT;
	most = most_binned(method, set.n, (double) n_nodes, plane_term_cost(&grid));
	if (most > 0)
	{
		PointSet binned;
		Point2d origin;
		bool is_binned;

		status = points_bin(job, &model->set, &grid.kernel, most, &binned, &origin, &is_binned);
		if (sdq_failed(status))
			return status;
		if (is_binned)
		{
			result->method = KDE_BINNED;
			set = binned;
			for (size_t i = 0; i < grid_size; i++)
			{
				nodes_x[i] -= origin.x;
				nodes_y[i] -= origin.y;
			}
		}
	}
	status = plane_density(job, &set, model->n, &grid, result->density);
	if (sdq_failed(status))
		return status;

	for (size_t row = 0; row < grid_size; row++)
	{
		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		rows[row] = grid_integral(nodes_x, result->density + row * grid_size, grid_size);
	}
	result->mass = grid_integral(nodes_y, rows, grid_size);
	return plane_rescale(job, result->density, n_nodes, model->exponent_x + model->exponent_y);
}

SdqStatus
kde2d_fit(Job *job, const Point2d *points, size_t n, const Kde2dOptions *options, Kde2dModel *model)
{
	Extent x = extent_of_nothing();
	Extent y = extent_of_nothing();
	double factor;
	SdqStatus status;

	*model = (Kde2dModel){.outcome = KDE_NO_BANDWIDTH, .n = (double) n};
	if (n == 0)
		return sdq_ok();
	status = points_collect(job, points, n, &model->set);
	if (!sdq_failed(status))
		status = extent_add(job->stop, model->set.x, model->set.n, &x);
	if (!sdq_failed(status))
		status = extent_add(job->stop, model->set.y, model->set.n, &y);
	if (sdq_failed(status))
		return status;
	if (extent_is_infinite(&x) || extent_is_infinite(&y))
	{
		model->outcome = KDE_INFINITE;
		return sdq_ok();
	}
	model->min_x = x.min;
	model->max_x = x.max;
	model->min_y = y.min;
	model->max_y = y.max;
	model->exponent_x = x.exponent = scale_exponent(extent_largest(&x));
	model->exponent_y = y.exponent = scale_exponent(extent_largest(&y));
	status = scale_in_place(job->stop, model->set.x, model->set.n, x.exponent);
	if (!sdq_failed(status))
		status = scale_in_place(job->stop, model->set.y, model->set.n, y.exponent);
	if (sdq_failed(status))
		return status;
	if (options->kernel != NULL)
	{
		model->kernel = *options->kernel;
		model->whitened = whiten_kernel(options->kernel, &x, &y);
		model->outcome = KDE_DONE;
		return sdq_ok();
	}
	if (n < 2)
		return sdq_ok();
	status = points_covariance(job->stop, &model->set, &model->covariance);
	if (sdq_failed(status))
		return status;
	factor = bandwidth_factor(&options->bandwidth, (double) n, 2);
	if (options->adjust > 0)
		factor *= options->adjust;
	if (!plane_kernel(&model->covariance, factor, &model->whitened, &model->kernel.correlation))
		return sdq_ok();
	model->kernel.factor = factor;
	model->kernel.bandwidth_x = plane_bandwidth(model->covariance.xx, factor, x.exponent);
	model->kernel.bandwidth_y = plane_bandwidth(model->covariance.yy, factor, y.exponent);
	model->outcome = KDE_DONE;
	return sdq_ok();
}

/* The nodes of one axis, `cut` bandwidths beyond the points; false as grid_axis(). */
static bool
axis_nodes(const Kde2dOptions *options, const GridRange *range, double min, double max,
		   double bandwidth, double *nodes)
{
	double margin = (options->has_cut ? options->cut : GRID_CUT) * bandwidth;
	GridRange ends = grid_range(range, min, max, margin);

	return grid_axis(&ends, min, max, bandwidth, options->grid_size, nodes);
}

SdqStatus
kde2d_on_grid(Job *job, const Kde2dModel *model, const Kde2dOptions *options, Kde2d *result)
{
	*result =
		(Kde2d){.outcome = KDE_NO_GRID, .kernel = model->kernel, .grid_size = options->grid_size};
	result->x = arena_alloc(job->arena, options->grid_size, sizeof(double));
	result->y = arena_alloc(job->arena, options->grid_size, sizeof(double));
	if (result->x == NULL || result->y == NULL)
		return arena_failure(job->arena);
	if (!axis_nodes(options, &options->x_range, model->min_x, model->max_x,
					model->kernel.bandwidth_x, result->x) ||
		!axis_nodes(options, &options->y_range, model->min_y, model->max_y,
					model->kernel.bandwidth_y, result->y))
		return sdq_ok();
	result->outcome = KDE_DONE;
	return sum_kernels(job, model, options->method, result);
}

SdqStatus
kde2d_evaluate(Job *job, const Point2d *points, size_t n, const Kde2dOptions *options,
			   Kde2d *result)
{
	Kde2dModel model;
	SdqStatus status = kde2d_fit(job, points, n, options, &model);

	if (sdq_failed(status))
		return status;
	if (model.outcome == KDE_DONE)
		return kde2d_on_grid(job, &model, options, result);
	*result = (Kde2d){.outcome = model.outcome, .grid_size = options->grid_size};
	return sdq_ok();
}

/* The places at which a model is asked. */
typedef struct Places
{
	const Kde2dModel *model;
	Stop *stop;
	const double *x;
	const double *y;
	double *values;
	size_t m;
	size_t chunk;
	double constant; /* logarithm of the kernel's peak over n, in the caller's units */
} Places;

/* Is it time to give up? Asked between two blocks of points. */
static bool
is_stopped(const Places *places, int thread)
{
	/* The main thread is the first one. */
	return thread == 0 ? stop_poll(places->stop) : stop_requested(places->stop);
}

/* log of the sum of kernels where each of them underflows: relative to the nearest point. */
static double
log_sum_far_out(const Places *places, double x, double y, int thread)
{
	const PointSet *set = &places->model->set;
	const Gaussian2d *kernel = &places->model->whitened;
	double nearest = INFINITY;
	double sum = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < set->n; i++)
		{
			double dx = x - set->x[i];
			double u = dx * kernel->inverse_x;
			double v = ((y - set->y[i]) - kernel->slope * dx) * kernel->inverse_y;
			double exponent = (u * u + v * v) / 2;

			if (pass == 0)
				nearest = fmin(nearest, exponent);
			else
				sum += set->weights[i] * exp(nearest - exponent);
			if (i % FAR_TERMS == FAR_TERMS - 1 && is_stopped(places, thread))
				return NAN;
		}
	/* Squares that overflow leave nothing to compare. */
	return isinf(nearest) ? -INFINITY : log(sum) - nearest;
}

/* The sum of the kernels of points [first, end) at a place. */
static double
sum_of_points(const Places *places, size_t first, size_t end, double x, double y, int thread)
{
	const PointSet *set = &places->model->set;
	Compensated total = {0, 0};

	while (first < end)
	{
		size_t n = minimum(end - first, PLACE_TERMS);

		compensated_add(&total,
						gaussian_sum_2d(set->x + first, set->y + first, set->weights + first, n, x,
										y, &places->model->whitened));
		first += n;
		if (first < end && is_stopped(places, thread))
			break;
	}
	return compensated_total(&total);
}

/*
 * The sum of all kernels at a place, but for terms that do not count. Points near it come first; what
 * they add up to bounds how far the others can be and still count, since n terms beyond a reach r are
 * at most n * exp(-r^2 / 2), whatever the slope.
 */
static double
sum_at(const Places *places, double x, double y, int thread)
{
	const Kde2dModel *model = places->model;
	const double *points = model->set.x;
	double unit = 1 / model->whitened.inverse_x;
	double reach = GAUSSIAN_REACH;
	size_t first = 0;
	size_t end = model->set.n;
	size_t near_first = 0;
	size_t near_end = model->set.n;
	double sum;

	grid_window(points, x, NEAR_REACH * unit, &near_first, &near_end);
	sum = sum_of_points(places, near_first, near_end, x, y, thread);
	if (sum > 0)
		reach = fmin(reach, sqrt(2 * log(model->n / DROPPED_SHARE / sum)));
	if (reach <= NEAR_REACH)
		return sum;
	grid_window(points, x, reach * unit, &first, &end);
	return sum + (sum_of_points(places, first, near_first, x, y, thread) +
				  sum_of_points(places, near_end, end, x, y, thread));
}

/* The logarithm at one place. */
static double
log_density_at(const Places *places, size_t i, int thread)
{
	double x = ldexp(places->x[i], -places->model->exponent_x);
	double y = ldexp(places->y[i], -places->model->exponent_y);
	double sum;

	if (isinf(x) || isinf(y))
		return -INFINITY;
	sum = sum_at(places, x, y, thread);
	/* Beside a sum as large as this no term that was dropped counts. */
	return places->constant +
		   (sum > LEAST_FULL_SUM ? log(sum) : log_sum_far_out(places, x, y, thread));
}

static void
log_density_chunk(void *argument, size_t chunk, int thread)
{
	Places *places = argument;
	size_t end = minimum((chunk + 1) * places->chunk, places->m);

	for (size_t i = chunk * places->chunk; i < end; i++)
		places->values[i] = log_density_at(places, i, thread);
}

SdqStatus
kde2d_log_density(Job *job, const Kde2dModel *model, const double *x, const double *y, size_t m,
				  double *values)
{
	Places places = {.model = model, .stop = job->stop, .x = x, .y = y, .values = values, .m = m};
	SdqStatus status;

	places.chunk = PLACE_TERMS / (model->set.n + 1) + 1;
	places.constant = log(INVERSE_2PI) + log(model->whitened.inverse_x) +
					  log(model->whitened.inverse_y) - log(model->n) -
					  (model->exponent_x + model->exponent_y) * LN_2;
	status = pool_run(job->pool, log_density_chunk, &places, divide_up(m, places.chunk));
	if (!sdq_failed(status) && stop_requested(job->stop))
		return sdq_error(SDQ_INTERRUPTED, 0, 0);
	return status;
}
