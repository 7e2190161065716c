/*
 * kde.c
 *		kde() over values and over a stored distribution, and its rows.
 *
 * The aggregate's state is a sample with three parameters (grid size, rule, number); it merges exactly
 * and is sorted, so that the sums see the same data in the same order whatever the plan was.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/float.h"

#include "core/density/kde.h"
#include "pg/arguments.h"
#include "pg/array_reader.h"
#include "pg/computation.h"
#include "pg/density_arguments.h"
#include "pg/errors.h"
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

/* Fields of kde_result, in order. */
enum
{
	FIELD_X,
	FIELD_DENSITY,
	FIELD_BANDWIDTH,
	FIELD_N,
	FIELD_MASS,
	N_FIELDS,
};

/* What the core is asked for. */
typedef struct KdeWork
{
	SampleView sample;
	KdeOptions options;
	Kde result;
} KdeWork;

PG_FUNCTION_INFO_V1(synthdq_kde_state_in);
PG_FUNCTION_INFO_V1(synthdq_kde_state_out);
PG_FUNCTION_INFO_V1(synthdq_kde_state_recv);
PG_FUNCTION_INFO_V1(synthdq_kde_state_send);
PG_FUNCTION_INFO_V1(synthdq_kde_state_combine);
PG_FUNCTION_INFO_V1(synthdq_kde_add);
PG_FUNCTION_INFO_V1(synthdq_kde_add_with_rule);
PG_FUNCTION_INFO_V1(synthdq_kde_add_with_number);
PG_FUNCTION_INFO_V1(synthdq_kde_result);
PG_FUNCTION_INFO_V1(synthdq_kde_ecdf);
PG_FUNCTION_INFO_V1(synthdq_kde_points);

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
		   is_valid_bandwidth(&bandwidth);
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

/* The state with the value in argument 1, which is not NULL. */
static Datum
add_value(FunctionCallInfo fcinfo, size_t grid_size, Bandwidth bandwidth)
{
	SampleParameter parameters[N_PARAMETERS];
	SampleState *state;

	parameters[PARAMETER_GRID_SIZE].integer = (int64) grid_size;
	parameters[PARAMETER_RULE].integer = (int64) bandwidth.rule;
	parameters[PARAMETER_NUMBER].number = bandwidth.value;
	state = sample_state_for_update(fcinfo, &kde_type, parameters);
	sample_state_add_float8(state, 0, PG_GETARG_FLOAT8(1));
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
	return add_value(fcinfo, argument_grid_size(fcinfo, ARGUMENT_GRID_SIZE),
					 argument_bandwidth_text(fcinfo, ARGUMENT_BANDWIDTH));
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

static SdqStatus
evaluate(Job *job, void *argument)
{
	KdeWork *work = argument;

	return kde_evaluate(job, &work->sample, &work->options, &work->result);
}

/* The kde_result of a sample: NULL if that is empty or holds an infinite value. */
static Datum
kde_datum(FunctionCallInfo fcinfo, KdeWork *work)
{
	const Kde *result = &work->result;
	Computation *computation;
	Datum values[N_FIELDS] = {0};
	bool nulls[N_FIELDS];

	if (work->sample.n == 0)
		PG_RETURN_NULL();
	computation = computation_begin();
	check_status(
		run_density(computation, evaluate, work, work->sample.n_distinct, work->options.grid_size));
	if (result->outcome == KDE_INFINITE)
	{
		computation_end(computation);
		PG_RETURN_NULL();
	}

	memset(nulls, true, sizeof(nulls));
	nulls[FIELD_N] = false;
	values[FIELD_N] = Int64GetDatum((int64) work->sample.n);
	if (result->outcome != KDE_NO_BANDWIDTH)
	{
		nulls[FIELD_BANDWIDTH] = false;
		values[FIELD_BANDWIDTH] = Float8GetDatum(result->bandwidth);
	}
	if (result->outcome == KDE_DONE)
	{
		nulls[FIELD_X] = false;
		nulls[FIELD_DENSITY] = false;
		nulls[FIELD_MASS] = false;
		values[FIELD_X] = PointerGetDatum(make_float8_array(result->x, result->grid_size));
		values[FIELD_DENSITY] =
			PointerGetDatum(make_float8_array(result->density, result->grid_size));
		values[FIELD_MASS] = Float8GetDatum(result->mass);
	}
	computation_end(computation);
	return make_composite(fcinfo, values, nulls);
}

/*
 * kde_result(kde_state)
 *		The density of the collected values.
 */
Datum
synthdq_kde_result(PG_FUNCTION_ARGS)
{
	KdeWork work;
	const SampleParameter *parameters;

	parameters = sample_state_open(PG_GETARG_DATUM(0), &kde_type, &work.sample);
	work.options = (KdeOptions){
		.grid_size = (size_t) parameters[PARAMETER_GRID_SIZE].integer,
		.bandwidth = bandwidth_of_parameters(parameters),
		.range = {.lo = get_float8_nan(), .hi = get_float8_nan()},
	};
	return kde_datum(fcinfo, &work);
}

/* The only kernel there is. */
static void
check_kernel(const char *kernel)
{
	if (strcmp(kernel, "gaussian") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown kernel \"%s\"", kernel),
				 errhint("The kernel must be \"gaussian\".")));
}

/*
 * kde(e ecdf, grid_size, bandwidth, kernel, lo, hi)
 *		The density of a stored distribution. Arguments are checked even where e is NULL.
 */
Datum
synthdq_kde_ecdf(PG_FUNCTION_ARGS)
{
	KdeWork work = {0};

	work.options.grid_size = argument_grid_size(fcinfo, 1);
	work.options.bandwidth = argument_bandwidth_text(fcinfo, 2);
	check_kernel(argument_text(fcinfo, 3, "kernel"));
	work.options.range = argument_range(fcinfo, 4, "lo", "hi");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	sample_state_open(PG_GETARG_DATUM(0), &ecdf_type, &work.sample);
	return kde_datum(fcinfo, &work);
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
	double *x = composite_float8_array(tuple, FIELD_X, &n_x);
	double *density = composite_float8_array(tuple, FIELD_DENSITY, &n_density);

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
