/*
 * kde_bins.c
 *		The type kde_bins, values as shares of the nodes of a stated grid, and kde() over it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/float.h"

#include "core/density/bins_density.h"
#include "pg/array_reader.h"
#include "pg/byte_state.h"
#include "pg/errors.h"
#include "pg/kde_result.h"
#include "pg/sample_memory.h"

#include <math.h>

/* Elements of an array that are converted at a time, on the stack. */
#define BLOCK_ELEMENTS 512

PG_FUNCTION_INFO_V1(synthdq_kde_bins_in);
PG_FUNCTION_INFO_V1(synthdq_kde_bins_out);
PG_FUNCTION_INFO_V1(synthdq_kde_bins_recv);
PG_FUNCTION_INFO_V1(synthdq_kde_bins_send);
PG_FUNCTION_INFO_V1(synthdq_kde_bins_combine);
PG_FUNCTION_INFO_V1(synthdq_kde_bins_add);
PG_FUNCTION_INFO_V1(synthdq_kde_bins_add_weighted);
PG_FUNCTION_INFO_V1(synthdq_kde_bins_add_array);
PG_FUNCTION_INFO_V1(synthdq_kde_bins_n);
PG_FUNCTION_INFO_V1(synthdq_kde_bins_n_below);
PG_FUNCTION_INFO_V1(synthdq_kde_bins_n_above);
PG_FUNCTION_INFO_V1(synthdq_kde_bins_density);

/* Raise what is wrong with bins and weights. */
static void
check_bins(SdqStatus status)
{
	if (status.code != SDQ_BAD_DATA)
		check_status(status);
	else if (status.detail == BINS_OTHER_GRID)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("arguments \"lo\", \"hi\" and \"bins\" of kde_bins must be the same "
							   "for all rows"),
						errhint("Pass constants, or group by the columns they come from.")));
	else if (status.detail == BINS_WEIGHT)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("weight must be finite and not negative, not %s",
							   float8out_internal(status.a)),
						errhint("A weight of 0 leaves the row out.")));
	else
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("sum of weights is out of range for type double precision"),
						errhint("Scale the weights down.")));
}

static void
init_object(void *object)
{
	bins_init(object);
}

static SdqStatus
measure_object(void *object, SampleMemory *memory, size_t *size)
{
	return bins_measure(object, memory, size);
}

static void
encode_object(const void *object, uint8_t *bytes)
{
	bins_encode(object, bytes);
}

static SdqStatus
decode_object(void *object, SampleMemory *memory, const uint8_t *bytes, size_t size)
{
	return bins_decode(object, memory, bytes, size);
}

static SdqStatus
merge_object(void *object, SampleMemory *memory, const void *other)
{
	return bins_merge(object, memory, other);
}

static const ByteStateType bins_type = {
	.name = "kde_bins",
	.object_size = sizeof(Bins),
	.init = init_object,
	.measure = measure_object,
	.encode = encode_object,
	.decode = decode_object,
	.merge = merge_object,
	.check = check_bins,
};

Datum
synthdq_kde_bins_in(PG_FUNCTION_ARGS)
{
	return byte_state_in(fcinfo, &bins_type);
}

Datum
synthdq_kde_bins_out(PG_FUNCTION_ARGS)
{
	return byte_state_out(fcinfo, &bins_type);
}

Datum
synthdq_kde_bins_recv(PG_FUNCTION_ARGS)
{
	return byte_state_recv(fcinfo, &bins_type);
}

Datum
synthdq_kde_bins_send(PG_FUNCTION_ARGS)
{
	return byte_state_send(fcinfo, &bins_type);
}

/*
 * kde_bins_combine(kde_bins, kde_bins)
 *		Combine function, and transition function of the union.
 */
Datum
synthdq_kde_bins_combine(PG_FUNCTION_ARGS)
{
	return byte_state_combine(fcinfo, &bins_type);
}

/* The state in argument 0, on the grid of arguments first to first + 2: lo, hi, bins. */
static ByteState *
bins_for_update(FunctionCallInfo fcinfo, int first)
{
	ByteState *state;
	Bins *bins;
	double lo;
	double hi;
	int32 n_bins;

	if (PG_ARGISNULL(first) || PG_ARGISNULL(first + 1) || PG_ARGISNULL(first + 2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("arguments \"lo\", \"hi\" and \"bins\" of kde_bins must not be null")));
	lo = PG_GETARG_FLOAT8(first);
	hi = PG_GETARG_FLOAT8(first + 1);
	n_bins = PG_GETARG_INT32(first + 2);
	state = byte_state_for_update(fcinfo, &bins_type);
	bins = byte_state_object(state);
	if (bins->n_bins != 0)
	{
		if (bins->lo != lo || bins->hi != hi || bins->n_bins != (size_t) n_bins)
			check_bins(sdq_bad_data(BINS_OTHER_GRID, -1, 0, 0));
		return state;
	}
	if (n_bins < 1 || n_bins > BINS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"bins\" must be between 1 and %d, not %d", BINS_MAX, n_bins)));
	if (!bins_is_grid(lo, hi, n_bins))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s and %s are no ends of a grid of %d bins", float8out_internal(lo),
						float8out_internal(hi), n_bins),
				 errhint("\"lo\" must be below \"hi\", both finite, and a bin no smaller than a "
						 "double can be.")));
	bins_set_grid(bins, lo, hi, (size_t) n_bins);
	return state;
}

/*
 * kde_bins_add(kde_bins, x, lo, hi, bins)
 */
Datum
synthdq_kde_bins_add(PG_FUNCTION_ARGS)
{
	ByteState *state;
	double value;

	if (PG_ARGISNULL(1) || isnan(PG_GETARG_FLOAT8(1)))
		return byte_state_unchanged(fcinfo);
	state = bins_for_update(fcinfo, 2);
	value = PG_GETARG_FLOAT8(1);
	check_bins(bins_add(byte_state_object(state), byte_state_memory(state), NULL, &value, 1));
	return byte_state_datum(state);
}

/*
 * kde_bins_add(kde_bins, x, weight, lo, hi, bins)
 */
Datum
synthdq_kde_bins_add_weighted(PG_FUNCTION_ARGS)
{
	ByteState *state;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || isnan(PG_GETARG_FLOAT8(1)) ||
		isnan(PG_GETARG_FLOAT8(2)) || PG_GETARG_FLOAT8(2) == 0)
		return byte_state_unchanged(fcinfo);
	state = bins_for_update(fcinfo, 3);
	check_bins(bins_add_weighted(byte_state_object(state), byte_state_memory(state),
								 PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2)));
	return byte_state_datum(state);
}

/* Bytes of an element. */
static size_t
element_size(Oid type)
{
	switch (type)
	{
		case INT2OID: return sizeof(int16);
		case INT4OID: return sizeof(int32);
		case FLOAT4OID: return sizeof(float4);
		default: return sizeof(float8);
	}
}

/*
 * kde_bins_add(kde_bins, x array, lo, hi, bins)
 *		All elements, without NULLs and NaN.
 */
Datum
synthdq_kde_bins_add_array(PG_FUNCTION_ARGS)
{
	double values[BLOCK_ELEMENTS];
	Stop stop = sample_stop();
	ArrayElements elements;
	ByteState *state;
	size_t size;

	if (PG_ARGISNULL(1))
		return byte_state_unchanged(fcinfo);
	elements = array_elements(PG_GETARG_ARRAYTYPE_P(1));
	if (elements.n_present == 0)
		return byte_state_unchanged(fcinfo);
	size = element_size(elements.type);
	state = bins_for_update(fcinfo, 2);
	for (size_t i = 0; i < elements.n_present; i += BLOCK_ELEMENTS)
	{
		size_t n = Min(BLOCK_ELEMENTS, elements.n_present - i);
		ArrayElements block = {.type = elements.type,
							   .n = n,
							   .n_present = n,
							   .data = (const char *) elements.data + i * size};

		array_read_doubles(&block, values);
		check_bins(bins_add(byte_state_object(state), byte_state_memory(state), NULL, values, n));
		if (i % (1024 * BLOCK_ELEMENTS) == 0 && stop_poll(&stop))
			check_status(sdq_error(SDQ_INTERRUPTED, 0, 0));
	}
	return byte_state_datum(state);
}

/*
 * n(kde_bins)
 */
Datum
synthdq_kde_bins_n(PG_FUNCTION_ARGS)
{
	const Bins *bins = byte_state_open(PG_GETARG_DATUM(0), &bins_type);

	PG_RETURN_INT64(bins->n + bins->n_below + bins->n_above);
}

/*
 * n_below(kde_bins)
 */
Datum
synthdq_kde_bins_n_below(PG_FUNCTION_ARGS)
{
	const Bins *bins = byte_state_open(PG_GETARG_DATUM(0), &bins_type);

	PG_RETURN_INT64(bins->n_below);
}

/*
 * n_above(kde_bins)
 */
Datum
synthdq_kde_bins_n_above(PG_FUNCTION_ARGS)
{
	const Bins *bins = byte_state_open(PG_GETARG_DATUM(0), &bins_type);

	PG_RETURN_INT64(bins->n_above);
}

static SdqStatus
evaluate(Job *job, KdeRequest *request, Kde *result)
{
	const Bins *bins = request->source;
	BinsSummary summary;
	SdqStatus status = bins_density(job, bins, &request->options, &summary, result);

	if (sdq_failed(status))
		return status;
	request->weighted = summary.sample;
	request->n = bins->n + bins->n_below + bins->n_above;
	request->weight = summary.weight_inside + summary.weight_below + summary.weight_above;
	return status;
}

/*
 * kde(b kde_bins, ...)
 *		The density of binned values. Arguments are checked even where b is NULL.
 */
Datum
synthdq_kde_bins_density(PG_FUNCTION_ARGS)
{
	KdeRequest request = {
		.options = argument_kde_options(fcinfo, 1, 3), .evaluate = evaluate, .check = check_bins};
	const Bins *bins;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	bins = byte_state_open(PG_GETARG_DATUM(0), &bins_type);
	request.source = bins;
	request.n_values = bins->n > 0 ? bins->n_bins + 1 : 0;
	return kde_result_datum(fcinfo, &request);
}
