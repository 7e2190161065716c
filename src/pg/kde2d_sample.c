/*
 * kde2d_sample.c
 *		Functions over stored points: their density on a grid, and its logarithm at given places.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/array.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "pg/arguments.h"
#include "pg/array_reader.h"
#include "pg/computation.h"
#include "pg/density_arguments.h"
#include "pg/errors.h"
#include "pg/kde2d_result.h"
#include "pg/kde2d_state.h"

#include <float.h>
#include <math.h>

/* Arguments of kde2d(s, ...), in order. */
enum
{
	ARGUMENT_SAMPLE,
	ARGUMENT_GRID_SIZE,
	ARGUMENT_BANDWIDTH,
	ARGUMENT_X_RANGE, /* and the rest */
};

/* Arguments of kde2d_log_density. */
enum
{
	LOG_SAMPLE,
	LOG_X,
	LOG_Y,
	LOG_BANDWIDTH,
	LOG_ADJUST,
};

/* Places and what the core finds there. */
typedef struct LogWork
{
	const Point2d *points;
	size_t n;
	Kde2dOptions options;
	Kde2dModel model;
	const double *x;
	const double *y;
	size_t m;
	double *values;
} LogWork;

PG_FUNCTION_INFO_V1(synthdq_kde2d_sample_result);
PG_FUNCTION_INFO_V1(synthdq_kde2d_of_sample);
PG_FUNCTION_INFO_V1(synthdq_kde2d_log_density);

/* Points to be put in order. */
typedef struct SortWork
{
	const Point2d *points;
	size_t n;
	PointSet set;
} SortWork;

static SdqStatus
sort_points(Job *job, void *argument)
{
	SortWork *work = argument;

	return points_collect(job, work->points, work->n, &work->set);
}

/*
 * kde2d_sample_result(kde2d_state)
 *		The state with its points in order, so that the same points are the same bytes.
 */
Datum
synthdq_kde2d_sample_result(PG_FUNCTION_ARGS)
{
	SortWork work;
	Kde2dOptions options;
	Computation *computation;
	Datum result;

	work.n = kde2d_state_open(PG_GETARG_DATUM(0), &work.points, &options);
	computation = computation_begin();
	check_status(run_density(computation, sort_points, &work, work.n, 1));
	result = kde2d_state_of_set(&work.set, work.n, &options);
	computation_end(computation);
	PG_RETURN_DATUM(result);
}

/* `bw_adjust`: above 0. */
static double
plane_adjust(FunctionCallInfo fcinfo, int i)
{
	return argument_double(fcinfo, i, "bw_adjust", DBL_MIN, DBL_MAX);
}

Kde2dOptions
argument_kde2d_options(FunctionCallInfo fcinfo, int first, int rest)
{
	Kde2dOptions options = {.has_cut = true};

	options.grid_size = argument_grid_size(fcinfo, first);
	options.bandwidth = argument_bandwidth_text(fcinfo, first + 1);
	options.x_range = argument_range(fcinfo, rest, "x_lo", "x_hi");
	options.y_range = argument_range(fcinfo, rest + 2, "y_lo", "y_hi");
	options.adjust = plane_adjust(fcinfo, rest + 4);
	options.cut = argument_double(fcinfo, rest + 5, "cut", 0, DBL_MAX);
	options.method = argument_kde_method(fcinfo, rest + 6);
	return options;
}

/*
 * kde2d(s kde2d_state, grid_size, bandwidth, x_lo, x_hi, y_lo, y_hi, bw_adjust, cut, method)
 *		The density of stored points. Arguments are checked even where s is NULL.
 */
Datum
synthdq_kde2d_of_sample(PG_FUNCTION_ARGS)
{
	Kde2dOptions options = argument_kde2d_options(fcinfo, ARGUMENT_GRID_SIZE, ARGUMENT_X_RANGE);
	Kde2dOptions stored;
	const Point2d *points;
	size_t n;

	if (PG_ARGISNULL(ARGUMENT_SAMPLE))
		PG_RETURN_NULL();
	n = kde2d_state_open(PG_GETARG_DATUM(ARGUMENT_SAMPLE), &points, &stored);
	return kde2d_datum(fcinfo, points, n, &options);
}

static SdqStatus
evaluate_places(Job *job, void *argument)
{
	LogWork *work = argument;
	SdqStatus status = kde2d_fit(job, work->points, work->n, &work->options, &work->model);

	if (sdq_failed(status) || work->model.outcome != KDE_DONE)
		return status;
	return kde2d_log_density(job, &work->model, work->x, work->y, work->m, work->values);
}

/* The elements of an array argument, none of them NULL. */
static double *
places_argument(FunctionCallInfo fcinfo, int i, const char *name, size_t *n)
{
	ArrayElements elements = array_elements(PG_GETARG_ARRAYTYPE_P(i));
	double *values =
		MemoryContextAllocHuge(CurrentMemoryContext, (elements.n + 1) * sizeof(double));

	if (elements.n_present != elements.n)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"%s\" must not contain nulls", name)));
	array_read_doubles(&elements, values);
	*n = elements.n;
	for (size_t j = 0; j < *n; j++)
		if (isnan(values[j]))
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("argument \"%s\" has NaN at position %zu", name, j + 1)));
	return values;
}

/*
 * kde2d_log_density(s kde2d_state, x double precision[], y double precision[], bandwidth, bw_adjust)
 *		The logarithm of the density of stored points at places; NULL where there is no density.
 */
Datum
synthdq_kde2d_log_density(PG_FUNCTION_ARGS)
{
	LogWork work = {.options = {.grid_size = GRID_MIN_SIZE}};
	Kde2dOptions stored;
	Computation *computation;
	ArrayType *result;
	size_t n_y;

	work.options.bandwidth = argument_bandwidth_text(fcinfo, LOG_BANDWIDTH);
	work.options.adjust = plane_adjust(fcinfo, LOG_ADJUST);
	if (PG_ARGISNULL(LOG_SAMPLE) || PG_ARGISNULL(LOG_X) || PG_ARGISNULL(LOG_Y))
		PG_RETURN_NULL();
	work.x = places_argument(fcinfo, LOG_X, "x", &work.m);
	work.y = places_argument(fcinfo, LOG_Y, "y", &n_y);
	if (work.m != n_y)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("argument \"x\" has %zu elements, but \"y\" has %zu", work.m, n_y)));
	work.n = kde2d_state_open(PG_GETARG_DATUM(LOG_SAMPLE), &work.points, &stored);
	work.values = MemoryContextAllocHuge(CurrentMemoryContext, (work.m + 1) * sizeof(double));
	computation = computation_begin();
	check_status(run_density(computation, evaluate_places, &work, work.n, work.m));
	computation_end(computation);
	if (work.model.outcome != KDE_DONE)
		PG_RETURN_NULL();
	result = make_float8_array(work.values, work.m);
	PG_RETURN_ARRAYTYPE_P(result);
}
