/*
 * density_arguments.c
 *		Grid, bandwidth and range as arguments; results back into arrays.
 */
#include "pg/density_arguments.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "pg/arguments.h"
#include "pg/array_reader.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Kernel terms that take a few milliseconds, at 1 to 8 ns each. */
#define SMALL_TERMS 2e6

static const char *const method_names[] = {
	[KDE_AUTO] = "auto",
	[KDE_EXACT] = "exact",
	[KDE_BINNED] = "binned",
};

bool
is_valid_grid_size(int64 grid_size)
{
	return grid_size >= GRID_MIN_SIZE && grid_size <= GRID_MAX_SIZE;
}

bool
is_valid_bandwidth(const Bandwidth *bandwidth)
{
	switch (bandwidth->rule)
	{
		case BANDWIDTH_SCOTT:
		case BANDWIDTH_SILVERMAN: return bandwidth->value == 0;
		case BANDWIDTH_NUMBER: return isfinite(bandwidth->value) && bandwidth->value > 0;
		case BANDWIDTH_ISJ: break; /* one dimension only */
	}
	return false;
}

bool
is_valid_range(const GridRange *range)
{
	return !isinf(range->lo) && !isinf(range->hi) &&
		   (isnan(range->lo) || isnan(range->hi) || range->lo < range->hi);
}

size_t
argument_grid_size(FunctionCallInfo fcinfo, int i)
{
	return (size_t) argument_int(fcinfo, i, "grid_size", GRID_MIN_SIZE, GRID_MAX_SIZE);
}

/* The bandwidth of a number, or an error. */
static Bandwidth
number_bandwidth(double value)
{
	Bandwidth bandwidth = {.rule = BANDWIDTH_NUMBER, .value = value};

	if (!is_valid_bandwidth(&bandwidth))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"bandwidth\" must be finite and above 0, not %s",
							   float8out_internal(value))));
	return bandwidth;
}

Bandwidth
argument_bandwidth_text(FunctionCallInfo fcinfo, int i)
{
	return argument_bandwidth_hinted(fcinfo, i,
									 "Use \"scott\", \"silverman\", or a number above 0.");
}

Bandwidth
argument_bandwidth_hinted(FunctionCallInfo fcinfo, int i, const char *hint)
{
	char *name = argument_text(fcinfo, i, "bandwidth");
	char *end;
	double value;

	if (strcmp(name, "scott") == 0)
		return (Bandwidth){.rule = BANDWIDTH_SCOTT};
	if (strcmp(name, "silverman") == 0)
		return (Bandwidth){.rule = BANDWIDTH_SILVERMAN};
	/* The server keeps LC_NUMERIC at "C". What overflows is infinite and refused as such. */
	value = strtod(name, &end);
	if (end == name || *end != '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("unknown bandwidth \"%s\"", name), errhint("%s", hint)));
	return number_bandwidth(value);
}

Bandwidth
argument_bandwidth_number(FunctionCallInfo fcinfo, int i)
{
	if (PG_ARGISNULL(i))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"bandwidth\" must not be null")));
	return number_bandwidth(PG_GETARG_FLOAT8(i));
}

int
argument_choice(FunctionCallInfo fcinfo, int i, const char *name, const char *const *names, int n,
				const char *hint)
{
	char *choice = argument_text(fcinfo, i, name);

	for (int position = 0; position < n; position++)
		if (strcmp(choice, names[position]) == 0)
			return position;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unknown %s \"%s\"", name, choice), errhint("%s", hint)));
}

KdeMethod
argument_kde_method(FunctionCallInfo fcinfo, int i)
{
	return (KdeMethod) argument_choice(fcinfo, i, "method", method_names, lengthof(method_names),
									   "Use \"auto\", \"exact\" or \"binned\".");
}

const char *
kde_method_name(KdeMethod method)
{
	return method_names[method];
}

double
argument_plane_adjust(FunctionCallInfo fcinfo, int i)
{
	return argument_double(fcinfo, i, "bw_adjust", DBL_MIN, DBL_MAX);
}

/* One end of an axis: finite, or NaN for NULL. */
static double
range_end(FunctionCallInfo fcinfo, int i, const char *name)
{
	double value;

	if (PG_ARGISNULL(i))
		return get_float8_nan();
	value = PG_GETARG_FLOAT8(i);
	if (!isfinite(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be finite, not %s", name, float8out_internal(value)),
				 errhint("Pass NULL to derive it from the data.")));
	/* 0 for -0, since parameters are compared bit for bit. */
	return value + 0.0;
}

GridRange
argument_range(FunctionCallInfo fcinfo, int i, const char *lo_name, const char *hi_name)
{
	GridRange range = {.lo = range_end(fcinfo, i, lo_name),
					   .hi = range_end(fcinfo, i + 1, hi_name)};

	if (!is_valid_range(&range))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be below \"%s\", but %s is not below %s", lo_name,
						hi_name, float8out_internal(range.lo), float8out_internal(range.hi))));
	return range;
}

SdqStatus
run_density(Computation *computation, ComputationWork work, void *argument, size_t n_points,
			size_t n_nodes)
{
	if ((double) n_points * (double) n_nodes < SMALL_TERMS)
		return computation_run_small(computation, work, argument);
	return computation_run(computation, work, argument);
}

void
check_density_range(const double *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		if (i % DENSITY_INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		/* Written so that NaN fails. */
		if (!(values[i] < DBL_MAX))
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("density is out of range for type double precision"),
							errhint("Scale the data up, or use a larger bandwidth.")));
	}
}

double *
composite_float8_array(HeapTupleHeader tuple, int field, size_t *n)
{
	bool is_null;
	Datum value = GetAttributeByNum(tuple, (AttrNumber) (field + 1), &is_null);
	ArrayElements elements;
	double *result;

	if (is_null)
		return NULL;
	elements = array_elements(DatumGetArrayTypeP(value));
	if (elements.n_present != elements.n)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("arrays of a density must not contain nulls")));
	result = MemoryContextAllocHuge(CurrentMemoryContext, (elements.n + 1) * sizeof(double));
	array_read_doubles(&elements, result);
	*n = elements.n;
	return result;
}
