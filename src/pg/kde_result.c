/*
 * kde_result.c
 *		Arguments and results of densities of one variable.
 */
#include "pg/kde_result.h"

#include "utils/builtins.h"
#include "utils/float.h"

#include "pg/arguments.h"
#include "pg/array_reader.h"
#include "pg/density_arguments.h"
#include "pg/errors.h"

/* Limits of arguments that any sensible value is far from. */
#define MAX_ADJUST 1e9
#define MAX_CUT    1e6

/* So few distinct values, each so often, are no sample of a continuous variable. */
#define FEW_DISTINCT 100
#define OFTEN        10

/* A kernel's name. */
static const char *const kernel_names[] = {
	[KERNEL_GAUSSIAN] = "gaussian", [KERNEL_EPANECHNIKOV] = "epanechnikov",
	[KERNEL_TOPHAT] = "tophat",     [KERNEL_TRIANGULAR] = "triangular",
	[KERNEL_COSINE] = "cosine",
};

static const char *const rule_names[] = {
	[BANDWIDTH_SCOTT] = "scott",
	[BANDWIDTH_SILVERMAN] = "silverman",
	[BANDWIDTH_NUMBER] = "number",
	[BANDWIDTH_ISJ] = "isj",
};

/* The core's part of the work. */
typedef struct KdeWork
{
	KdeRequest *request;
	KdeQuantity quantity;
	const double *at; /* NULL: on a grid */
	size_t n;
	double *values;
	Kde result;
} KdeWork;

Bandwidth
argument_kde_bandwidth(FunctionCallInfo fcinfo, int i)
{
	if (strcmp(argument_text(fcinfo, i, "bandwidth"), rule_names[BANDWIDTH_ISJ]) == 0)
		return (Bandwidth){.rule = BANDWIDTH_ISJ};
	return argument_bandwidth_hinted(fcinfo, i,
									 "Use \"scott\", \"silverman\", \"isj\", or a number above 0.");
}

bool
is_valid_kde_bandwidth(const Bandwidth *bandwidth)
{
	if (bandwidth->rule == BANDWIDTH_ISJ)
		return bandwidth->value == 0;
	return is_valid_bandwidth(bandwidth);
}

static Kernel
argument_kernel(FunctionCallInfo fcinfo, int i)
{
	/* scikit-learn's name. */
	if (strcmp(argument_text(fcinfo, i, "kernel"), "linear") == 0)
		return KERNEL_TRIANGULAR;
	return (Kernel) argument_choice(
		fcinfo, i, "kernel", kernel_names, lengthof(kernel_names),
		"Use \"gaussian\", \"epanechnikov\", \"tophat\", \"triangular\" or \"cosine\".");
}

/* The method, for a kernel. */
static KdeMethod
argument_method(FunctionCallInfo fcinfo, int i, Kernel kernel)
{
	KdeMethod method = argument_kde_method(fcinfo, i);

	if (method == KDE_BINNED && kernel != KERNEL_GAUSSIAN)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("method \"binned\" needs kernel \"gaussian\", not \"%s\"",
							   kernel_names[kernel]),
						errhint("Use method \"auto\" or \"exact\".")));
	return method;
}

static KdeBounds
argument_bounds(FunctionCallInfo fcinfo, int i)
{
	GridRange range = argument_range(fcinfo, i, "lower_bound", "upper_bound");

	return (KdeBounds){.has_lower = !isnan(range.lo),
					   .has_upper = !isnan(range.hi),
					   .lower = isnan(range.lo) ? 0 : range.lo,
					   .upper = isnan(range.hi) ? 0 : range.hi};
}

/* `clip`: two numbers, NULL where open; NULL: none. */
static bool
argument_clip(FunctionCallInfo fcinfo, int i, GridRange *clip)
{
	ArrayType *array;
	double ends[2];

	if (PG_ARGISNULL(i))
		return false;
	array = PG_GETARG_ARRAYTYPE_P(i);
	if (array_elements(array).n != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"clip\" must have 2 elements, not %zu", array_elements(array).n),
				 errhint("Pass the lowest and the highest end of the grid, NULL where it "
						 "is open.")));
	array_read_doubles_or_nan(array, ends);
	*clip = (GridRange){.lo = ends[0], .hi = ends[1]};
	if (!is_valid_range(clip))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"clip\" must be finite and ascending, not %s and %s",
							   float8out_internal(ends[0]), float8out_internal(ends[1]))));
	return true;
}

KdeOptions
default_kde_options(void)
{
	return (KdeOptions){.grid_size = GRID_DEFAULT_SIZE,
						.bandwidth = {.rule = BANDWIDTH_SCOTT},
						.range = {.lo = get_float8_nan(), .hi = get_float8_nan()}};
}

KdeOptions
argument_kde_options(FunctionCallInfo fcinfo, int first, int rest)
{
	KdeOptions options = {.grid_size = argument_grid_size(fcinfo, first),
						  .bandwidth = argument_kde_bandwidth(fcinfo, first + 1),
						  .kernel = argument_kernel(fcinfo, rest),
						  .range = argument_range(fcinfo, rest + 1, "lo", "hi"),
						  .has_cut = true,
						  .bounds = argument_bounds(fcinfo, rest + 5)};

	options.adjust = argument_double(fcinfo, rest + 3, "bw_adjust", 1 / MAX_ADJUST, MAX_ADJUST);
	options.cut = argument_double(fcinfo, rest + 4, "cut", 0, MAX_CUT);
	options.method = argument_method(fcinfo, rest + 7, options.kernel);
	options.has_clip = argument_clip(fcinfo, rest + 8, &options.clip);
	return options;
}

KdeOptions
argument_kde_at_options(FunctionCallInfo fcinfo, int first)
{
	KdeOptions options = default_kde_options();

	options.bandwidth = argument_kde_bandwidth(fcinfo, first);
	options.kernel = argument_kernel(fcinfo, first + 1);
	options.adjust = argument_double(fcinfo, first + 2, "bw_adjust", 1 / MAX_ADJUST, MAX_ADJUST);
	options.bounds = argument_bounds(fcinfo, first + 3);
	options.method = argument_method(fcinfo, first + 5, options.kernel);
	return options;
}

/* The density of a sample in no order, if that can be. */
static SdqStatus
evaluate_unordered(Job *job, KdeRequest *request, Kde *result)
{
	Crowd crowd;
	SdqStatus status = crowd_of_unordered(job, request->unordered, &crowd);

	if (sdq_failed(status))
		return status;
	request->n = (int64) crowd.total;
	request->weight = crowd.total;
	return kde_evaluate_crowd(job, &crowd, &request->options, result, &request->is_unordered_done);
}

static SdqStatus
evaluate(Job *job, void *argument)
{
	KdeWork *work = argument;
	KdeRequest *request = work->request;
	const SampleView *view = request->source;
	SdqStatus status;

	if (request->evaluate != NULL)
		return request->evaluate(job, request, &work->result);
	if (request->unordered != NULL)
		return evaluate_unordered(job, request, &work->result);
	status = weighted_from_view(job, view, &request->weighted);
	if (sdq_failed(status))
		return status;
	request->n = (int64) view->n;
	request->weight = (double) view->n;
	if (work->at == NULL)
		return kde_evaluate_weighted(job, &request->weighted, &request->options, &work->result);
	return kde_at(job, &request->weighted, &request->options, work->quantity, work->at, work->n,
				  work->values, &work->result);
}

/* Raise what the data and the options do not allow together. */
static void
check_outcome(const KdeRequest *request, const Kde *result)
{
	const KdeBounds *bounds = &request->options.bounds;

	if (result->outcome == KDE_OUT_OF_BOUNDS)
	{
		bool below = bounds->has_lower && result->offender < bounds->lower;

		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("value %s is %s \"%s\", %s", float8out_internal(result->offender),
						below ? "below" : "above", below ? "lower_bound" : "upper_bound",
						float8out_internal(below ? bounds->lower : bounds->upper)),
				 errhint("Bounds are the ends of what values are possible. To cut the grid, use lo "
						 "and hi.")));
	}
	if (result->outcome == KDE_TOO_WIDE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bandwidth %s is more than %d times as wide as the domain from %s to %s",
						float8out_internal(result->bandwidth), KDE_MAX_FOLDS,
						float8out_internal(bounds->lower), float8out_internal(bounds->upper)),
				 errhint("Use a smaller bandwidth, or kernel \"gaussian\".")));
}

/* The number of different values that weigh anything, up to a limit. */
static size_t
count_distinct(const WeightedSample *sample, size_t limit)
{
	size_t n_distinct = 0;
	double last = 0;

	for (size_t i = 0; i < sample->n && n_distinct < limit; i++)
	{
		if (!(sample->weights[i] > 0) || (n_distinct > 0 && sample->values[i] == last))
			continue;
		last = sample->values[i];
		n_distinct++;
	}
	return n_distinct;
}

/* Say where the rule does not suit the data. */
static void
warn_of_rule(const KdeRequest *request, const Kde *result)
{
	size_t n_distinct;

	if (result->outcome != KDE_DONE || result->rule != BANDWIDTH_ISJ)
		return;
	n_distinct = count_distinct(&request->weighted, FEW_DISTINCT);
	if (n_distinct < FEW_DISTINCT && request->weighted.effective_n > OFTEN * (double) n_distinct)
		ereport(WARNING,
				(errmsg("bandwidth \"isj\" is meant for continuous data, but there are only %zu "
						"distinct values",
						n_distinct),
				 errhint("Use \"scott\" or \"silverman\", or state a number.")));
}

/* The number of kernels at each node. */
static size_t
count_values(const KdeRequest *request)
{
	if (request->evaluate != NULL)
		return request->n_values;
	if (request->unordered != NULL)
		return request->unordered->n;
	return ((const SampleView *) request->source)->n_distinct;
}

/* Run the work; errors are raised. */
static void
run(Computation *computation, KdeWork *work)
{
	KdeRequest *request = work->request;
	size_t n_nodes = work->at != NULL ? work->n : request->options.grid_size;
	SdqStatus status = run_density(computation, evaluate, work, count_values(request), n_nodes);

	if (request->check != NULL)
		request->check(status);
	else
		check_status(status);
	if (request->unordered != NULL && !request->is_unordered_done)
		return;
	check_outcome(request, &work->result);
	warn_of_rule(request, &work->result);
}

static const char *
rule_text(const KdeRequest *request, const Kde *result)
{
	if (request->options.bandwidth.rule == BANDWIDTH_ISJ && result->rule != BANDWIDTH_ISJ)
		return KDE_RULE_WITHOUT_SOLUTION;
	return rule_names[result->rule];
}

void
kde_request_run(Computation *computation, KdeRequest *request, Kde *result)
{
	KdeWork work = {.request = request};

	run(computation, &work);
	*result = work.result;
}

void
kde_result_fields(const KdeRequest *request, const Kde *result, ResultRow *row)
{
	bool is_done = result->outcome == KDE_DONE;

	if (is_done)
	{
		check_density_range(result->density, result->grid_size);
		result_row_datum(row, PointerGetDatum(make_float8_array(result->x, result->grid_size)));
		result_row_datum(row,
						 PointerGetDatum(make_float8_array(result->density, result->grid_size)));
	}
	else
	{
		result_row_null(row);
		result_row_null(row);
	}
	result_row_float8(row,
					  result->outcome == KDE_NO_BANDWIDTH ? get_float8_nan() : result->bandwidth);
	result_row_int8(row, request->n);
	result_row_float8(row, is_done ? result->mass : get_float8_nan());
	result_row_float8(row, request->weight);
	result_row_datum(row, CStringGetTextDatum(kernel_names[request->options.kernel]));
	result_row_datum(row, CStringGetTextDatum(rule_text(request, result)));
	if (is_done)
		result_row_datum(row, CStringGetTextDatum(kde_method_name(result->method)));
	else
		result_row_null(row);
}

Datum
kde_result_datum(FunctionCallInfo fcinfo, KdeRequest *request)
{
	ResultRow row = {.n_fields = 0};
	Computation *computation;
	Datum composite;
	Kde result;

	if (count_values(request) == 0)
		PG_RETURN_NULL();
	computation = computation_begin();
	kde_request_run(computation, request, &result);
	if (result.outcome == KDE_INFINITE)
	{
		computation_end(computation);
		PG_RETURN_NULL();
	}
	kde_result_fields(request, &result, &row);
	composite = result_row_composite(fcinfo, &row);
	computation_end(computation);
	return composite;
}

bool
kde_unordered_datum(FunctionCallInfo fcinfo, const KdeOptions *options, const Sample *sample,
					Datum *datum)
{
	KdeRequest request = {.options = *options, .unordered = sample};
	ResultRow row = {.n_fields = 0};
	Computation *computation;
	Kde result;

	if (!sample_is_unordered(sample) || !kde_takes_crowds(options, (double) sample->n))
		return false;
	computation = computation_begin();
	kde_request_run(computation, &request, &result);
	if (request.is_unordered_done)
	{
		kde_result_fields(&request, &result, &row);
		*datum = result_row_composite(fcinfo, &row);
	}
	computation_end(computation);
	return request.is_unordered_done;
}

bool
kde_values_at(KdeRequest *request, KdeQuantity quantity, const double *at, size_t n, double *values)
{
	KdeWork work = {.request = request, .quantity = quantity, .at = at, .n = n, .values = values};
	Computation *computation = computation_begin();

	run(computation, &work);
	computation_end(computation);
	if (work.result.outcome != KDE_DONE)
		return false;
	if (quantity == KDE_PDF)
		check_density_range(values, n);
	return true;
}
