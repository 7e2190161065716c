/*
 * kde_options.c
 *		Options in words and numbers, and densities as composites.
 */
#include "pg/kde_options.h"

#include "utils/builtins.h"
#include "utils/float.h"

#include "pg/arguments.h"
#include "pg/array_reader.h"
#include "pg/density_arguments.h"
#include "pg/result.h"

#include <float.h>
#include <math.h>

/* Arguments behind the state. */
enum
{
	ARGUMENT_GRID_SIZE = 1,
	ARGUMENT_BANDWIDTH,
	ARGUMENT_KERNEL,
	ARGUMENT_LO,
	ARGUMENT_HI,
	ARGUMENT_ADJUST,
	ARGUMENT_CUT,
	ARGUMENT_LOWER_BOUND,
	ARGUMENT_UPPER_BOUND,
	ARGUMENT_METHOD,
};

/* Fields of kde_result, in order. */
enum
{
	FIELD_X,
	FIELD_DENSITY,
	FIELD_BANDWIDTH,
	FIELD_N,
	FIELD_MASS,
	FIELD_WEIGHT,
	FIELD_KERNEL,
	FIELD_RULE,
	FIELD_METHOD,
	N_FIELDS,
};

/* In the order of the enums of core. scikit-learn calls the triangular kernel linear. */
static const char *const kernel_names[] = {"gaussian",   "epanechnikov", "tophat",
										   "triangular", "cosine",       "linear"};
static const char *const rule_names[] = {"scott", "silverman", "number", "isj"};
static const char *const method_names[] = {"auto", "exact", "binned"};

/* The place of an argument of type text in a list of names. */
static int
argument_name(FunctionCallInfo fcinfo, int i, const char *argument, const char *const *names, int n,
			  const char *hint)
{
	char *name = argument_text(fcinfo, i, argument);

	for (int place = 0; place < n; place++)
		if (strcmp(name, names[place]) == 0)
			return place;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unknown %s \"%s\"", argument, name), errhint("%s", hint)));
}

static Kernel
argument_kernel(FunctionCallInfo fcinfo)
{
	int place =
		argument_name(fcinfo, ARGUMENT_KERNEL, "kernel", kernel_names, lengthof(kernel_names),
					  "Use \"gaussian\", \"epanechnikov\", \"tophat\", \"triangular\" or "
					  "\"cosine\".");

	return place > KERNEL_COSINE ? KERNEL_TRIANGULAR : (Kernel) place;
}

/* A rule of one dimension, or a number. */
static Bandwidth
argument_bandwidth(FunctionCallInfo fcinfo)
{
	if (strcmp(argument_text(fcinfo, ARGUMENT_BANDWIDTH, "bandwidth"), "isj") == 0)
		return (Bandwidth){.rule = BANDWIDTH_ISJ};
	return argument_bandwidth_text(fcinfo, ARGUMENT_BANDWIDTH);
}

KdeOptions
kde_option_arguments(FunctionCallInfo fcinfo)
{
	KdeOptions options = {
		.grid_size = argument_grid_size(fcinfo, ARGUMENT_GRID_SIZE),
		.bandwidth = argument_bandwidth(fcinfo),
		.kernel = argument_kernel(fcinfo),
		.range = argument_range(fcinfo, ARGUMENT_LO, "lo", "hi"),
		.adjust = argument_double(fcinfo, ARGUMENT_ADJUST, "bw_adjust", DBL_MIN, DBL_MAX),
		.has_cut = true,
		.cut = argument_double(fcinfo, ARGUMENT_CUT, "cut", 0, DBL_MAX),
	};
	GridRange bounds = argument_range(fcinfo, ARGUMENT_LOWER_BOUND, "lower_bound", "upper_bound");

	options.bounds = (KdeBounds){.has_lower = !isnan(bounds.lo),
								 .has_upper = !isnan(bounds.hi),
								 .lower = isnan(bounds.lo) ? 0 : bounds.lo,
								 .upper = isnan(bounds.hi) ? 0 : bounds.hi};
	options.method =
		(KdeMethod) argument_name(fcinfo, ARGUMENT_METHOD, "method", method_names,
								  lengthof(method_names), "Use \"auto\", \"exact\" or \"binned\".");
	if (options.method == KDE_BINNED && options.kernel != KERNEL_GAUSSIAN)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("method \"binned\" is for the kernel \"gaussian\" only"),
						errhint("Use method \"auto\" or \"exact\".")));
	return options;
}

/* Put a value into its field. */
static void
put(Datum *values, bool *nulls, int field, Datum value)
{
	values[field] = value;
	nulls[field] = false;
}

Datum
kde_result_value(FunctionCallInfo fcinfo, const Kde *kde, const KdeOptions *options, int64 n,
				 double weight)
{
	Datum values[N_FIELDS] = {0};
	bool nulls[N_FIELDS];

	if (kde->outcome == KDE_INFINITE)
		PG_RETURN_NULL();
	if (kde->outcome == KDE_OUT_OF_BOUNDS)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("value %s lies beyond the bounds of the data",
							   float8out_internal(kde->offender)),
						errhint("Bounds are where the data end by their nature; exclude what lies "
								"beyond, or pass NULL.")));
	if (kde->outcome == KDE_TOO_WIDE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bandwidth %s is too large for a compact kernel between these bounds",
						float8out_internal(kde->bandwidth)),
				 errhint("It may be %d times the distance of the bounds.", KDE_MAX_FOLDS)));
	memset(nulls, true, sizeof(nulls));
	put(values, nulls, FIELD_N, Int64GetDatum(n));
	put(values, nulls, FIELD_WEIGHT, Float8GetDatum(weight));
	if (kde->outcome != KDE_NO_BANDWIDTH)
	{
		put(values, nulls, FIELD_BANDWIDTH, Float8GetDatum(kde->bandwidth));
		put(values, nulls, FIELD_KERNEL, CStringGetTextDatum(kernel_names[options->kernel]));
		put(values, nulls, FIELD_RULE, CStringGetTextDatum(rule_names[kde->rule]));
	}
	if (kde->outcome == KDE_DONE)
	{
		put(values, nulls, FIELD_X, PointerGetDatum(make_float8_array(kde->x, kde->grid_size)));
		put(values, nulls, FIELD_DENSITY,
			PointerGetDatum(make_float8_array(kde->density, kde->grid_size)));
		put(values, nulls, FIELD_MASS, Float8GetDatum(kde->mass));
		put(values, nulls, FIELD_METHOD, CStringGetTextDatum(method_names[kde->method]));
	}
	return make_composite(fcinfo, values, nulls);
}
