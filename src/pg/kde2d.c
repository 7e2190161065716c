/*
 * kde2d.c
 *		kde2d() over points, and its rows.
 *
 * The transition functions only collect; sorting and the sums happen in the final function, which
 * changes nothing in the state and may therefore run for every row of a window.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "core/density/kde2d.h"
#include "pg/array_reader.h"
#include "pg/computation.h"
#include "pg/density_arguments.h"
#include "pg/errors.h"
#include "pg/kde2d_result.h"
#include "pg/kde2d_state.h"
#include "pg/result.h"

#include <math.h>

/* Arguments of the transition functions: state, x, y, grid_size, bandwidth, x_lo, x_hi, y_lo, y_hi. */
#define ARGUMENT_GRID_SIZE     3
#define ARGUMENT_BANDWIDTH     4
#define ARGUMENT_X_RANGE       5
#define ARGUMENT_Y_RANGE       7
#define ARGUMENTS_WITH_A_RANGE 9

/* What the core is asked for. */
typedef struct Kde2dWork
{
	const Point2d *points;
	size_t n;
	Kde2dOptions options;
	Kde2d result;
} Kde2dWork;

PG_FUNCTION_INFO_V1(synthdq_kde2d_add);
PG_FUNCTION_INFO_V1(synthdq_kde2d_add_with_rule);
PG_FUNCTION_INFO_V1(synthdq_kde2d_add_with_factor);
PG_FUNCTION_INFO_V1(synthdq_kde2d_result);
PG_FUNCTION_INFO_V1(synthdq_kde2d_points);

static GridRange
open_range(void)
{
	return (GridRange){.lo = get_float8_nan(), .hi = get_float8_nan()};
}

/* Is there a point in arguments 1 and 2? */
static bool
has_point(FunctionCallInfo fcinfo)
{
	return !PG_ARGISNULL(1) && !PG_ARGISNULL(2) && !isnan(PG_GETARG_FLOAT8(1)) &&
		   !isnan(PG_GETARG_FLOAT8(2));
}

/* The state of a row that adds nothing. */
static Datum
unchanged(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/* The state with the point in arguments 1 and 2. */
static Datum
add_point(FunctionCallInfo fcinfo, const Kde2dOptions *options)
{
	Kde2dState *state = kde2d_state_for_update(fcinfo, options);

	kde2d_state_add(state, PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2));
	return kde2d_state_datum(state);
}

/* The state with this row's point, if it has one, for a stated bandwidth. */
static Datum
add_with_bandwidth(FunctionCallInfo fcinfo, Bandwidth bandwidth)
{
	Kde2dOptions options = {.grid_size = argument_grid_size(fcinfo, ARGUMENT_GRID_SIZE),
							.bandwidth = bandwidth,
							.x_range = open_range(),
							.y_range = open_range()};

	if (PG_NARGS() == ARGUMENTS_WITH_A_RANGE)
	{
		options.x_range = argument_range(fcinfo, ARGUMENT_X_RANGE, "x_lo", "x_hi");
		options.y_range = argument_range(fcinfo, ARGUMENT_Y_RANGE, "y_lo", "y_hi");
	}
	return add_point(fcinfo, &options);
}

/*
 * kde2d_state_add(kde2d_state, x, y)
 *		Collects a point, for the default grid and bandwidth.
 */
Datum
synthdq_kde2d_add(PG_FUNCTION_ARGS)
{
	Kde2dOptions options = {.grid_size = GRID_DEFAULT_SIZE,
							.bandwidth = {.rule = BANDWIDTH_SCOTT},
							.x_range = open_range(),
							.y_range = open_range()};

	return has_point(fcinfo) ? add_point(fcinfo, &options) : unchanged(fcinfo);
}

/*
 * kde2d_state_add(kde2d_state, x, y, grid_size, bandwidth text [, x_lo, x_hi, y_lo, y_hi])
 */
Datum
synthdq_kde2d_add_with_rule(PG_FUNCTION_ARGS)
{
	if (!has_point(fcinfo))
		return unchanged(fcinfo);
	return add_with_bandwidth(fcinfo, argument_bandwidth_text(fcinfo, ARGUMENT_BANDWIDTH));
}

/*
 * kde2d_state_add(kde2d_state, x, y, grid_size, bandwidth double precision [, x_lo, ...])
 */
Datum
synthdq_kde2d_add_with_factor(PG_FUNCTION_ARGS)
{
	if (!has_point(fcinfo))
		return unchanged(fcinfo);
	return add_with_bandwidth(fcinfo, argument_bandwidth_number(fcinfo, ARGUMENT_BANDWIDTH));
}

static SdqStatus
evaluate(Job *job, void *argument)
{
	Kde2dWork *work = argument;

	return kde2d_evaluate(job, work->points, work->n, &work->options, &work->result);
}

void
kde2d_result_fields(const Kde2d *result, size_t n, ResultRow *row)
{
	const Kde2dKernel *kernel = &result->kernel;
	bool is_done = result->outcome == KDE_DONE;
	const double numbers[] = {kernel->factor, kernel->bandwidth_x, kernel->bandwidth_y,
							  kernel->correlation};

	for (int field = KDE2D_FIELD_X; field <= KDE2D_FIELD_DENSITY && !is_done; field++)
		result_row_null(row);
	if (is_done)
	{
		size_t size = result->grid_size;

		check_density_range(result->density, size * size);
		result_row_datum(row, PointerGetDatum(make_float8_array(result->x, size)));
		result_row_datum(row, PointerGetDatum(make_float8_array(result->y, size)));
		result_row_datum(row, PointerGetDatum(make_float8_matrix(result->density, size, size)));
	}
	for (size_t i = 0; i < lengthof(numbers); i++)
		result_row_float8(row, result->outcome == KDE_NO_BANDWIDTH ? get_float8_nan() : numbers[i]);
	result_row_int8(row, (int64) n);
	result_row_float8(row, is_done ? result->mass : get_float8_nan());
	if (is_done)
		result_row_datum(row, CStringGetTextDatum(kde_method_name(result->method)));
	else
		result_row_null(row);
}

Datum
kde2d_datum(FunctionCallInfo fcinfo, const Point2d *points, size_t n, const Kde2dOptions *options)
{
	Kde2dWork work = {.points = points, .n = n, .options = *options};
	ResultRow row = {.n_fields = 0};
	Computation *computation;

	computation = computation_begin();
	check_status(run_density(computation, evaluate, &work, work.n,
							 work.options.grid_size * work.options.grid_size));
	if (work.result.outcome == KDE_INFINITE || work.n == 0)
	{
		computation_end(computation);
		PG_RETURN_NULL();
	}
	kde2d_result_fields(&work.result, work.n, &row);
	computation_end(computation);
	/* On a large grid each copy of it takes a while. */
	CHECK_FOR_INTERRUPTS();
	return result_row_composite(fcinfo, &row);
}

/*
 * kde2d_result(kde2d_state)
 *		The density of the collected points. NULL if one of them is infinite.
 */
Datum
synthdq_kde2d_result(PG_FUNCTION_ARGS)
{
	const Point2d *points;
	Kde2dOptions options;
	size_t n = kde2d_state_open(PG_GETARG_DATUM(0), &points, &options);

	return kde2d_datum(fcinfo, points, n, &options);
}

/*
 * kde2d_points(kde2d_result)
 *		One row per node.
 */
Datum
synthdq_kde2d_points(PG_FUNCTION_ARGS)
{
	HeapTupleHeader tuple = PG_GETARG_HEAPTUPLEHEADER(0);
	ResultSet result = result_set_begin(fcinfo);
	size_t n_x;
	size_t n_y;
	size_t n_density;
	double *x = composite_float8_array(tuple, KDE2D_FIELD_X, &n_x);
	double *y = composite_float8_array(tuple, KDE2D_FIELD_Y, &n_y);
	double *density = composite_float8_array(tuple, KDE2D_FIELD_DENSITY, &n_density);
	size_t n_nodes;

	if (x == NULL || y == NULL || density == NULL)
		return (Datum) 0;
	if (!checked_multiply(n_x, n_y, &n_nodes) || n_nodes != n_density)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("kde2d_result with %zu values of x, %zu of y and %zu of density "
							   "contradicts itself",
							   n_x, n_y, n_density)));
	for (size_t node = 0; node < n_nodes; node++)
	{
		Datum values[3] = {Float8GetDatum(x[node % n_x]), Float8GetDatum(y[node / n_x]),
						   Float8GetDatum(density[node])};
		bool nulls[3] = {false, false, false};

		result_set_put(&result, values, nulls);
	}
	return (Datum) 0;
}
