/*
 * kde2d_log_density.c
 *		The logarithm of the density of stored points, at one place or at those of two arrays.
 *
 * A query asks row by row, mostly about the same points. They are sorted and fitted once, and kept in fn_extra
 * until a row brings other points or options: in the memory of the computation that has fitted them, 24 bytes a
 * point, below the function's context, with which the query frees it. Points that come as a pointer into a TOAST
 * table are known again by it and not fetched; others by the fingerprint that a value carries
 * (kde2d_state.h). The sum at a place then runs here, without threads: to start them would take as long.
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
#include "pg/kde2d_state.h"
#include "pg/passed_value.h"
#include "pg/sample_memory.h"

#include <math.h>

/* Arguments of both functions. */
enum
{
	ARGUMENT_SAMPLE,
	ARGUMENT_X,
	ARGUMENT_Y,
	ARGUMENT_BANDWIDTH,
	ARGUMENT_ADJUST,
};

/* The points that were asked about last, fitted. */
typedef struct FittedPoints
{
	Computation *computation; /* owns what is below; NULL: nothing */
	bool is_complete;         /* or else an error came between */
	PassedValue passed;       /* a value that was fetched */
	uint64 fingerprint;       /* of any other */
	Bandwidth bandwidth;
	double adjust;
	Kde2dModel model;
} FittedPoints;

/* Points and what they are to become. */
typedef struct FitWork
{
	const Point2d *points;
	size_t n;
	const Kde2dOptions *options;
	Kde2dModel *model;
} FitWork;

/* Places and what the core finds there. */
typedef struct PlacesWork
{
	const Kde2dModel *model;
	const double *x;
	const double *y;
	size_t m;
	double *values;
} PlacesWork;

PG_FUNCTION_INFO_V1(synthdq_kde2d_log_density);
PG_FUNCTION_INFO_V1(synthdq_kde2d_log_density_array);

/* ---------- the points ---------- */

static SdqStatus
fit(Job *job, void *argument)
{
	FitWork *work = argument;

	return kde2d_fit(job, work->points, work->n, work->options, work->model);
}

/* Is this what was asked about last? */
static bool
is_fitted(const FittedPoints *fitted, struct varlena *passed, const Kde2dOptions *options)
{
	if (!fitted->is_complete || fitted->adjust != options->adjust ||
		fitted->bandwidth.rule != options->bandwidth.rule ||
		fitted->bandwidth.value != options->bandwidth.value)
		return false;
	if (is_stored_apart(passed))
		return passed_value_is(&fitted->passed, passed);
	return fitted->fingerprint == kde2d_state_fingerprint(PointerGetDatum(passed));
}

/* Fit the points that were passed, in place of what was there. */
static void
refit(FittedPoints *fitted, MemoryContext parent, struct varlena *passed,
	  const Kde2dOptions *options)
{
	FitWork work = {.options = options, .model = &fitted->model};
	Datum value = PointerGetDatum(passed);
	Kde2dOptions stored;
	MemoryContext caller;

	fitted->is_complete = false;
	if (fitted->computation != NULL)
		computation_end(fitted->computation);
	fitted->computation = NULL;
	fitted->passed = (PassedValue){.bytes = NULL};
	caller = MemoryContextSwitchTo(parent);
	fitted->computation = computation_begin();
	MemoryContextSwitchTo(caller);
	if (is_stored_apart(passed))
	{
		passed_value_keep(&fitted->passed, passed, fitted->computation->context);
		value = PointerGetDatum(PG_DETOAST_DATUM(value));
	}
	fitted->fingerprint = kde2d_state_fingerprint(value);
	work.n = kde2d_state_open(value, &work.points, &stored);
	check_status(run_density(fitted->computation, fit, &work, work.n, 1));
	fitted->bandwidth = options->bandwidth;
	fitted->adjust = options->adjust;
	fitted->is_complete = true;
}

/* The points in argument 0, fitted as arguments 3 and 4 say; NULL if they have no density. */
static const Kde2dModel *
fitted_points(FunctionCallInfo fcinfo, const Kde2dOptions *options)
{
	FmgrInfo *function = fcinfo->flinfo;
	struct varlena *passed = (struct varlena *) PG_GETARG_POINTER(ARGUMENT_SAMPLE);
	FittedPoints *fitted = function->fn_extra;

	if (fitted == NULL)
		fitted = function->fn_extra =
			MemoryContextAllocZero(function->fn_mcxt, sizeof(FittedPoints));
	if (!is_fitted(fitted, passed, options))
		refit(fitted, function->fn_mcxt, passed, options);
	return fitted->model.outcome == KDE_DONE ? &fitted->model : NULL;
}

static Kde2dOptions
argument_options(FunctionCallInfo fcinfo)
{
	return (Kde2dOptions){.grid_size = GRID_MIN_SIZE,
						  .bandwidth = argument_bandwidth_text(fcinfo, ARGUMENT_BANDWIDTH),
						  .adjust = argument_plane_adjust(fcinfo, ARGUMENT_ADJUST)};
}

/* Is one of the first three arguments NULL? */
static bool
is_something_missing(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(ARGUMENT_SAMPLE) || PG_ARGISNULL(ARGUMENT_X) || PG_ARGISNULL(ARGUMENT_Y);
}

/* ---------- one place ---------- */

/*
 * kde2d_log_density(s kde2d_state, x double precision, y double precision, bandwidth, bw_adjust)
 *		The logarithm of the density of stored points at a place; NULL where there is none.
 */
Datum
synthdq_kde2d_log_density(PG_FUNCTION_ARGS)
{
	Kde2dOptions options = argument_options(fcinfo);
	Stop stop = sample_stop();
	Job job = {.stop = &stop};
	const Kde2dModel *model;
	double x;
	double y;
	double value;

	if (is_something_missing(fcinfo))
		PG_RETURN_NULL();
	x = PG_GETARG_FLOAT8(ARGUMENT_X);
	y = PG_GETARG_FLOAT8(ARGUMENT_Y);
	if (isnan(x) || isnan(y))
		PG_RETURN_NULL();
	model = fitted_points(fcinfo, &options);
	if (model == NULL)
		PG_RETURN_NULL();
	check_status(kde2d_log_density(&job, model, &x, &y, 1, &value));
	PG_RETURN_FLOAT8(value);
}

/* ---------- many places ---------- */

static SdqStatus
evaluate_places(Job *job, void *argument)
{
	PlacesWork *work = argument;

	return kde2d_log_density(job, work->model, work->x, work->y, work->m, work->values);
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
 *		The same at the places (x[i], y[i]), on threads.
 */
Datum
synthdq_kde2d_log_density_array(PG_FUNCTION_ARGS)
{
	Kde2dOptions options = argument_options(fcinfo);
	PlacesWork work;
	Computation *computation;
	size_t n_y;

	if (is_something_missing(fcinfo))
		PG_RETURN_NULL();
	work.x = places_argument(fcinfo, ARGUMENT_X, "x", &work.m);
	work.y = places_argument(fcinfo, ARGUMENT_Y, "y", &n_y);
	if (work.m != n_y)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("argument \"x\" has %zu elements, but \"y\" has %zu", work.m, n_y)));
	work.model = fitted_points(fcinfo, &options);
	if (work.model == NULL)
		PG_RETURN_NULL();
	work.values = MemoryContextAllocHuge(CurrentMemoryContext, (work.m + 1) * sizeof(double));
	computation = computation_begin();
	check_status(run_density(computation, evaluate_places, &work, work.model->set.n, work.m));
	computation_end(computation);
	PG_RETURN_ARRAYTYPE_P(make_float8_array(work.values, work.m));
}
