/*
 * kde_weighted.c
 *		The type kde_weighted, weighted values that can be stored and merged, and kde() over it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/float.h"

#include "core/density/weighted_points.h"
#include "pg/byte_state.h"
#include "pg/errors.h"
#include "pg/kde_result.h"
#include "pg/sample_memory.h"

PG_FUNCTION_INFO_V1(synthdq_kde_weighted_in);
PG_FUNCTION_INFO_V1(synthdq_kde_weighted_out);
PG_FUNCTION_INFO_V1(synthdq_kde_weighted_recv);
PG_FUNCTION_INFO_V1(synthdq_kde_weighted_send);
PG_FUNCTION_INFO_V1(synthdq_kde_weighted_combine);
PG_FUNCTION_INFO_V1(synthdq_kde_weighted_add);
PG_FUNCTION_INFO_V1(synthdq_kde_weighted_n);
PG_FUNCTION_INFO_V1(synthdq_kde_weighted_density);

/* Raise what is wrong with weights. */
static void
check_weighted(SdqStatus status)
{
	if (status.code != SDQ_BAD_DATA)
		check_status(status);
	else if (status.detail == WEIGHTED_WEIGHT)
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
	weighted_points_init(object);
}

static SdqStatus
measure_object(void *object, SampleMemory *memory, size_t *size)
{
	Stop stop = sample_stop();
	SdqStatus status = weighted_points_sort(object, memory, &stop);

	return sdq_failed(status) ? status : weighted_points_measure(object, size);
}

static void
encode_object(const void *object, uint8_t *bytes)
{
	weighted_points_encode(object, bytes);
}

static SdqStatus
decode_object(void *object, SampleMemory *memory, const uint8_t *bytes, size_t size)
{
	return weighted_points_decode(object, memory, bytes, size);
}

static SdqStatus
merge_object(void *object, SampleMemory *memory, const void *other)
{
	return weighted_points_merge(object, memory, other);
}

static const ByteStateType weighted_type = {
	.name = "kde_weighted",
	.object_size = sizeof(WeightedPoints),
	.init = init_object,
	.measure = measure_object,
	.encode = encode_object,
	.decode = decode_object,
	.merge = merge_object,
	.check = check_weighted,
};

Datum
synthdq_kde_weighted_in(PG_FUNCTION_ARGS)
{
	return byte_state_in(fcinfo, &weighted_type);
}

Datum
synthdq_kde_weighted_out(PG_FUNCTION_ARGS)
{
	return byte_state_out(fcinfo, &weighted_type);
}

Datum
synthdq_kde_weighted_recv(PG_FUNCTION_ARGS)
{
	return byte_state_recv(fcinfo, &weighted_type);
}

Datum
synthdq_kde_weighted_send(PG_FUNCTION_ARGS)
{
	return byte_state_send(fcinfo, &weighted_type);
}

/*
 * kde_weighted_combine(kde_weighted, kde_weighted)
 *		Combine function, and transition function of the union.
 */
Datum
synthdq_kde_weighted_combine(PG_FUNCTION_ARGS)
{
	return byte_state_combine(fcinfo, &weighted_type);
}

/*
 * kde_weighted_add(kde_weighted, x, weight)
 */
Datum
synthdq_kde_weighted_add(PG_FUNCTION_ARGS)
{
	ByteState *state;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return byte_state_unchanged(fcinfo);
	state = byte_state_for_update(fcinfo, &weighted_type);
	check_weighted(weighted_points_add(byte_state_object(state), byte_state_memory(state),
									   PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2)));
	return byte_state_datum(state);
}

/*
 * n(kde_weighted)
 */
Datum
synthdq_kde_weighted_n(PG_FUNCTION_ARGS)
{
	const WeightedPoints *points = byte_state_open(PG_GETARG_DATUM(0), &weighted_type);

	PG_RETURN_INT64((int64) points->n);
}

static SdqStatus
evaluate(Job *job, KdeRequest *request, Kde *result)
{
	const WeightedPoints *points = request->source;
	SdqStatus status = weighted_points_sample(job, points, &request->weighted, &request->weight);

	if (sdq_failed(status))
		return status;
	request->n = (int64) points->n;
	return kde_evaluate_weighted(job, &request->weighted, &request->options, result);
}

/*
 * kde(w kde_weighted, ...)
 *		The density of weighted values. Arguments are checked even where w is NULL.
 */
Datum
synthdq_kde_weighted_density(PG_FUNCTION_ARGS)
{
	KdeRequest request = {.options = argument_kde_options(fcinfo, 1, 3),
						  .evaluate = evaluate,
						  .check = check_weighted};
	const WeightedPoints *points;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	points = byte_state_open(PG_GETARG_DATUM(0), &weighted_type);
	request.source = points;
	request.n_values = points->n;
	return kde_result_datum(fcinfo, &request);
}
