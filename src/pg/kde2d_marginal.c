/*
 * kde2d_marginal.c
 *		The density of one coordinate as a kde_result, from a stored density of points.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "core/density/grid.h"
#include "core/density/marginal.h"
#include "pg/array_reader.h"
#include "pg/computation.h"
#include "pg/density_arguments.h"
#include "pg/density_grid.h"
#include "pg/errors.h"
#include "pg/kde2d_result.h"
#include "pg/result.h"

#include <math.h>

PG_FUNCTION_INFO_V1(synthdq_kde2d_marginal);

static const char *const axis_names[] = {[PLANE_AXIS_X] = "x", [PLANE_AXIS_Y] = "y"};

/* What the core is asked for. */
typedef struct MarginalWork
{
	DensityGrid grid;
	PlaneAxis axis;
	const double *nodes; /* [n] of that axis */
	size_t n;
	double *density; /* [n] */
} MarginalWork;

static SdqStatus
integrate(Job *job, void *argument)
{
	MarginalWork *work = argument;

	return grid_marginal(job, &work->grid, work->axis, work->density);
}

/* The kernel's standard deviation along the axis; NaN for NULL. */
static double
bandwidth_field(HeapTupleHeader tuple, PlaneAxis axis)
{
	int field = axis == PLANE_AXIS_X ? KDE2D_FIELD_BANDWIDTH_X : KDE2D_FIELD_BANDWIDTH_Y;
	bool is_null;
	Datum value = GetAttributeByNum(tuple, (AttrNumber) (field + 1), &is_null);
	double bandwidth;

	if (is_null)
		return get_float8_nan();
	bandwidth = DatumGetFloat8(value);
	/* Written so that NaN fails. */
	if (!(bandwidth > 0 && isfinite(bandwidth)))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("bandwidth_%s of kde2d_result must be finite and above 0, not %s",
							   axis_names[axis], float8out_internal(bandwidth))));
	return bandwidth;
}

/* The number of points, which stands for their weight too. */
static int64
count_field(HeapTupleHeader tuple)
{
	bool is_null;
	Datum value = GetAttributeByNum(tuple, KDE2D_FIELD_N + 1, &is_null);

	if (is_null)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("field \"n\" of kde2d_result must not be null")));
	if (DatumGetInt64(value) < 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("field \"n\" of kde2d_result must be at least 0, not %lld",
							   (long long) DatumGetInt64(value))));
	return DatumGetInt64(value);
}

/* Read the density; false if there is none. One that is 0 everywhere has a marginal, too. */
static bool
read_grid(HeapTupleHeader tuple, DensityGrid *grid)
{
	return density_grid_read(tuple, grid) ||
		   (grid->x != NULL && grid->y != NULL && grid->density != NULL);
}

/* Integrate along the other axis. */
static void
find_marginal(MarginalWork *work)
{
	Computation *computation = computation_begin();

	work->n = work->axis == PLANE_AXIS_X ? work->grid.n_x : work->grid.n_y;
	work->nodes = work->axis == PLANE_AXIS_X ? work->grid.x : work->grid.y;
	work->density = MemoryContextAllocHuge(CurrentMemoryContext, work->n * sizeof(double));
	check_status(computation_run_small(computation, integrate, work));
	computation_end(computation);
	for (size_t i = 0; i < work->n; i++)
		if (isinf(work->density[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("marginal density at %s = %s is out of range for type double precision",
							axis_names[work->axis], float8out_internal(work->nodes[i]))));
}

/*
 * kde2d_marginal(kde2d_result, axis text)
 *		The density of x or of y.
 */
Datum
synthdq_kde2d_marginal(PG_FUNCTION_ARGS)
{
	MarginalWork work = {.axis = (PlaneAxis) argument_choice(fcinfo, 1, "axis", axis_names,
															 lengthof(axis_names),
															 "Use \"x\" or \"y\".")};
	HeapTupleHeader tuple;
	ResultRow row = {.n_fields = 0};
	double bandwidth;
	int64 n;
	bool is_null;
	Datum method;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	tuple = PG_GETARG_HEAPTUPLEHEADER(0);
	n = count_field(tuple);
	bandwidth = bandwidth_field(tuple, work.axis);
	method = GetAttributeByNum(tuple, KDE2D_FIELD_METHOD + 1, &is_null);
	if (!read_grid(tuple, &work.grid))
	{
		result_row_null(&row);
		result_row_null(&row);
		result_row_float8(&row, bandwidth);
		result_row_int8(&row, n);
		result_row_null(&row);
		is_null = true;
	}
	else
	{
		find_marginal(&work);
		result_row_datum(&row, PointerGetDatum(make_float8_array(work.nodes, work.n)));
		result_row_datum(&row, PointerGetDatum(make_float8_array(work.density, work.n)));
		result_row_float8(&row, bandwidth);
		result_row_int8(&row, n);
		result_row_float8(&row, grid_integral(work.nodes, work.density, work.n));
	}
	result_row_float8(&row, (double) n);
	result_row_datum(&row, CStringGetTextDatum("gaussian"));
	result_row_datum(&row, CStringGetTextDatum("number"));
	if (is_null)
		result_row_null(&row);
	else
		result_row_datum(&row, method);
	return result_row_composite(fcinfo, &row);
}
