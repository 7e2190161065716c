/*
 * kde.c
 *		kde() over values and over a stored distribution, its values at given places, and its rows.
 *
 * The aggregate's state is a sample with three parameters (grid size, rule, number); it merges exactly
 * and is sorted, so that the sums see the same data in the same order whatever the plan was.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"

#include "pg/array_reader.h"
#include "pg/compat.h"
#include "pg/density_arguments.h"
#include "pg/kde_result.h"
#include "pg/result.h"
#include "pg/sample_state.h"

/* Arguments of the transition functions: state, x, grid_size, bandwidth. */
#define ARGUMENT_GRID_SIZE 2
#define ARGUMENT_BANDWIDTH 3

/* Parameters of kde_state. */
enum
{
	PARAMETER_GRID_SIZE,
	PARAMETER_RULE,
	PARAMETER_NUMBER,
	N_PARAMETERS,
};

PG_FUNCTION_INFO_V1(synthdq_kde_state_in);
PG_FUNCTION_INFO_V1(synthdq_kde_state_out);
PG_FUNCTION_INFO_V1(synthdq_kde_state_recv);
PG_FUNCTION_INFO_V1(synthdq_kde_state_send);
PG_FUNCTION_INFO_V1(synthdq_kde_state_combine);
PG_FUNCTION_INFO_V1(synthdq_kde_add);
PG_FUNCTION_INFO_V1(synthdq_kde_add_with_rule);
PG_FUNCTION_INFO_V1(synthdq_kde_add_with_number);
PG_FUNCTION_INFO_V1(synthdq_kde_add_array);
PG_FUNCTION_INFO_V1(synthdq_kde_add_array_with_rule);
PG_FUNCTION_INFO_V1(synthdq_kde_add_array_with_number);
PG_FUNCTION_INFO_V1(synthdq_kde_result);
PG_FUNCTION_INFO_V1(synthdq_kde_ecdf);
PG_FUNCTION_INFO_V1(synthdq_kde_pdf);
PG_FUNCTION_INFO_V1(synthdq_kde_pdf_array);
PG_FUNCTION_INFO_V1(synthdq_kde_cdf);
PG_FUNCTION_INFO_V1(synthdq_kde_cdf_array);
PG_FUNCTION_INFO_V1(synthdq_kde_points);

/* The longest text of a bandwidth that is remembered. */
#define REMEMBERED_BYTES 32

/* The bandwidth that a call has read last: nearly always the next row has the same. */
typedef struct RememberedBandwidth
{
	Size n_bytes;
	char text[REMEMBERED_BYTES];
	Bandwidth bandwidth;
} RememberedBandwidth;

static Bandwidth
bandwidth_of_parameters(const SampleParameter *parameters)
{
	return (Bandwidth){.rule = (BandwidthRule) parameters[PARAMETER_RULE].integer,
					   .value = parameters[PARAMETER_NUMBER].number};
}

/* Could these parameters stem from the transition functions? */
static bool
are_valid_parameters(const SampleParameter *parameters)
{
	Bandwidth bandwidth = bandwidth_of_parameters(parameters);

	/* A rule is an enum: one beyond 32 bits must not pass for another. */
	return is_valid_grid_size(parameters[PARAMETER_GRID_SIZE].integer) &&
		   parameters[PARAMETER_RULE].integer == (int64) bandwidth.rule &&
		   is_valid_kde_bandwidth(&bandwidth);
}

static const SampleStateType kde_type = {
	.name = "kde_state",
	.n_sides = 1,
	.n_parameters = N_PARAMETERS,
	.parameters_valid = are_valid_parameters,
};

Datum
synthdq_kde_state_in(PG_FUNCTION_ARGS)
{
	return sample_state_in(fcinfo, &kde_type);
}

Datum
synthdq_kde_state_out(PG_FUNCTION_ARGS)
{
	return sample_state_out(fcinfo, &kde_type);
}

Datum
synthdq_kde_state_recv(PG_FUNCTION_ARGS)
{
	return sample_state_recv(fcinfo, &kde_type);
}

Datum
synthdq_kde_state_send(PG_FUNCTION_ARGS)
{
	return sample_state_send(fcinfo, &kde_type);
}

Datum
synthdq_kde_state_combine(PG_FUNCTION_ARGS)
{
	return sample_state_combine(fcinfo, &kde_type);
}

/* Argument `bandwidth` of type text, which is read again only if it differs from that of the row before. */
static Bandwidth
row_bandwidth(FunctionCallInfo fcinfo)
{
	RememberedBandwidth *last = fcinfo->flinfo->fn_extra;
	Bandwidth bandwidth;
	text *given;
	Size n_bytes;

	if (PG_ARGISNULL(ARGUMENT_BANDWIDTH))
		return argument_kde_bandwidth(fcinfo, ARGUMENT_BANDWIDTH);
	given = PG_GETARG_TEXT_PP(ARGUMENT_BANDWIDTH);
	n_bytes = VARSIZE_ANY_EXHDR(given);
	if (last != NULL && n_bytes == last->n_bytes &&
		memcmp(VARDATA_ANY(given), last->text, n_bytes) == 0)
		return last->bandwidth;
	bandwidth = argument_kde_bandwidth(fcinfo, ARGUMENT_BANDWIDTH);
	if (n_bytes > REMEMBERED_BYTES)
		return bandwidth;
	if (last == NULL)
		last = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(*last));
	last->n_bytes = n_bytes;
	memcpy(last->text, VARDATA_ANY(given), n_bytes);
	last->bandwidth = bandwidth;
	fcinfo->flinfo->fn_extra = last;
	return bandwidth;
}

/* The state to which a row with such parameters adds. */
static SampleState *
state_for_update(FunctionCallInfo fcinfo, size_t grid_size, Bandwidth bandwidth)
{
	SampleParameter parameters[N_PARAMETERS];

	parameters[PARAMETER_GRID_SIZE].integer = (int64) grid_size;
	parameters[PARAMETER_RULE].integer = (int64) bandwidth.rule;
	parameters[PARAMETER_NUMBER].number = bandwidth.value;
	return sample_state_for_update(fcinfo, &kde_type, parameters);
}

/* The state with the value in argument 1, which is not NULL. */
static Datum
add_value(FunctionCallInfo fcinfo, size_t grid_size, Bandwidth bandwidth)
{
	SampleState *state = state_for_update(fcinfo, grid_size, bandwidth);

	sample_state_add_float8(state, 0, PG_GETARG_FLOAT8(1));
	return sample_state_datum(state);
}

/* The same with the elements of an array. */
static Datum
add_array(FunctionCallInfo fcinfo, size_t grid_size, Bandwidth bandwidth)
{
	SampleState *state = state_for_update(fcinfo, grid_size, bandwidth);

	sample_state_add_array(state, 0, PG_GETARG_DATUM(1));
	return sample_state_datum(state);
}

/*
 * kde_state_add(kde_state, x)
 *		Collects a value, for the default grid and bandwidth.
 */
Datum
synthdq_kde_add(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		return sample_state_unchanged(fcinfo);
	return add_value(fcinfo, GRID_DEFAULT_SIZE, (Bandwidth){.rule = BANDWIDTH_SCOTT});
}

/*
 * kde_state_add(kde_state, x, grid_size, bandwidth text)
 */
Datum
synthdq_kde_add_with_rule(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		return sample_state_unchanged(fcinfo);
	return add_value(fcinfo, argument_grid_size(fcinfo, ARGUMENT_GRID_SIZE), row_bandwidth(fcinfo));
}

/*
 * kde_state_add(kde_state, x, grid_size, bandwidth double precision)
 */
Datum
synthdq_kde_add_with_number(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		return sample_state_unchanged(fcinfo);
	return add_value(fcinfo, argument_grid_size(fcinfo, ARGUMENT_GRID_SIZE),
					 argument_bandwidth_number(fcinfo, ARGUMENT_BANDWIDTH));
}

/*
 * kde_state_add(kde_state, x double precision[])
 *		Collects the elements of an array.
 */
Datum
synthdq_kde_add_array(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		return sample_state_unchanged(fcinfo);
	return add_array(fcinfo, GRID_DEFAULT_SIZE, (Bandwidth){.rule = BANDWIDTH_SCOTT});
}

/*
 * kde_state_add(kde_state, x double precision[], grid_size, bandwidth text)
 */
Datum
synthdq_kde_add_array_with_rule(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		return sample_state_unchanged(fcinfo);
	return add_array(fcinfo, argument_grid_size(fcinfo, ARGUMENT_GRID_SIZE), row_bandwidth(fcinfo));
}

/*
 * kde_state_add(kde_state, x double precision[], grid_size, bandwidth double precision)
 */
Datum
synthdq_kde_add_array_with_number(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		return sample_state_unchanged(fcinfo);
	return add_array(fcinfo, argument_grid_size(fcinfo, ARGUMENT_GRID_SIZE),
					 argument_bandwidth_number(fcinfo, ARGUMENT_BANDWIDTH));
}

/* The density of a state that holds values in no order, without a sort; false: they need one. */
static bool
is_unordered_density(FunctionCallInfo fcinfo, Datum value, const SampleStateType *type,
					 const KdeOptions *options, Datum *datum)
{
	Sample *samples[SAMPLE_STATE_MAX_SIDES];

	return sample_state_unsorted(value, type, samples) &&
		   kde_unordered_datum(fcinfo, options, samples[0], datum);
}

/* The options that parameters stand for. */
static KdeOptions
options_of_parameters(const SampleParameter *parameters)
{
	KdeOptions options = default_kde_options();

	options.grid_size = (size_t) parameters[PARAMETER_GRID_SIZE].integer;
	options.bandwidth = bandwidth_of_parameters(parameters);
	return options;
}

/*
 * kde_result(kde_state)
 *		The density of the collected values.
 */
Datum
synthdq_kde_result(PG_FUNCTION_ARGS)
{
	Datum value = PG_GETARG_DATUM(0);
	KdeRequest request = {.n = 0};
	SampleView view;
	Datum datum;

	if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
	{
		request.options = options_of_parameters(sample_state_parameters(value, &kde_type));
		if (is_unordered_density(fcinfo, value, &kde_type, &request.options, &datum))
			return datum;
	}
	request.options = options_of_parameters(sample_state_open(value, &kde_type, &view));
	request.source = &view;
	return kde_result_datum(fcinfo, &request);
}

/*
 * kde(e ecdf, ...)
 *		The density of a stored distribution. Arguments are checked even where e is NULL.
 */
Datum
synthdq_kde_ecdf(PG_FUNCTION_ARGS)
{
	KdeRequest request = {.options = argument_kde_options(fcinfo, 1, 3)};
	SampleView view;
	Datum datum;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (is_unordered_density(fcinfo, PG_GETARG_DATUM(0), &ecdf_type, &request.options, &datum))
		return datum;
	sample_state_open(PG_GETARG_DATUM(0), &ecdf_type, &view);
	request.source = &view;
	return kde_result_datum(fcinfo, &request);
}

/* values[n] = the quantity of argument 0, an ecdf, at at[n], NaN for NaN; false if it has no density. */
static bool
values_at(FunctionCallInfo fcinfo, const KdeOptions *options, KdeQuantity quantity,
		  const double *at, size_t n, double *values)
{
	KdeRequest request = {.options = *options};
	double *places = MemoryContextAllocHuge(CurrentMemoryContext, (n + 1) * sizeof(double));
	double *results = MemoryContextAllocHuge(CurrentMemoryContext, (n + 1) * sizeof(double));
	size_t n_places = 0;
	SampleView view;

	sample_state_open(PG_GETARG_DATUM(0), &ecdf_type, &view);
	request.source = &view;
	for (size_t i = 0; i < n; i++)
		if (!isnan(at[i]))
			places[n_places++] = at[i];
	if (!kde_values_at(&request, quantity, places, n_places, results))
		return false;
	n_places = 0;
	for (size_t i = 0; i < n; i++)
		values[i] = isnan(at[i]) ? at[i] : results[n_places++];
	return true;
}

/* A density or its integral at one place. Arguments are checked even where e is NULL. */
static Datum
value_at(FunctionCallInfo fcinfo, KdeQuantity quantity)
{
	KdeOptions options = argument_kde_at_options(fcinfo, 2);
	double at;
	double value;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	at = PG_GETARG_FLOAT8(1);
	if (isnan(at) || !values_at(fcinfo, &options, quantity, &at, 1, &value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value);
}

/* The same at each element of an array: an array of as many elements, NULL where that is NULL or NaN. */
static Datum
array_at(FunctionCallInfo fcinfo, KdeQuantity quantity)
{
	KdeOptions options = argument_kde_at_options(fcinfo, 2);
	ArrayType *at;
	double *values;
	ArrayBuildState *result;
	size_t n;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	at = PG_GETARG_ARRAYTYPE_P(1);
	n = array_elements(at).n;
	values = MemoryContextAllocHuge(CurrentMemoryContext, (n + 1) * sizeof(double));
	array_read_doubles_or_nan(at, values);
	if (!values_at(fcinfo, &options, quantity, values, n, values))
		PG_RETURN_NULL();
	result = initArrayResult(FLOAT8OID, CurrentMemoryContext, false);
	for (size_t i = 0; i < n; i++)
		result = accumArrayResult(result, Float8GetDatum(values[i]), isnan(values[i]), FLOAT8OID,
								  CurrentMemoryContext);
	return makeArrayResult(result, CurrentMemoryContext);
}

/*
 * kde_pdf(e ecdf, at double precision, bandwidth, kernel, bw_adjust, lower_bound, upper_bound, method)
 */
Datum
synthdq_kde_pdf(PG_FUNCTION_ARGS)
{
	return value_at(fcinfo, KDE_PDF);
}

/*
 * kde_pdf(e ecdf, at double precision[], ...)
 */
Datum
synthdq_kde_pdf_array(PG_FUNCTION_ARGS)
{
	return array_at(fcinfo, KDE_PDF);
}

/*
 * kde_cdf(e ecdf, at double precision, bandwidth, kernel, bw_adjust, lower_bound, upper_bound, method)
 */
Datum
synthdq_kde_cdf(PG_FUNCTION_ARGS)
{
	return value_at(fcinfo, KDE_CDF);
}

/*
 * kde_cdf(e ecdf, at double precision[], ...)
 */
Datum
synthdq_kde_cdf_array(PG_FUNCTION_ARGS)
{
	return array_at(fcinfo, KDE_CDF);
}

/*
 * kde_points(kde_result)
 *		One row per node.
 */
Datum
synthdq_kde_points(PG_FUNCTION_ARGS)
{
	HeapTupleHeader tuple = PG_GETARG_HEAPTUPLEHEADER(0);
	ResultSet result = result_set_begin(fcinfo);
	size_t n_x;
	size_t n_density;
	double *x = composite_float8_array(tuple, KDE_FIELD_X, &n_x);
	double *density = composite_float8_array(tuple, KDE_FIELD_DENSITY, &n_density);

	if (x == NULL || density == NULL)
		return (Datum) 0;
	if (n_x != n_density)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("kde_result with %zu values of x and %zu of density contradicts itself",
						n_x, n_density)));
	for (size_t i = 0; i < n_x; i++)
	{
		Datum values[2] = {Float8GetDatum(x[i]), Float8GetDatum(density[i])};
		bool nulls[2] = {false, false};

		result_set_put(&result, values, nulls);
	}
	return (Datum) 0;
}
