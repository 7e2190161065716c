/*
 * kmeans_step_state.c
 *		The type kmeans_step_state: an object of the core (pg/byte_state.h) that knows its centres.
 */
#include "pg/kmeans_step_state.h"

#include "utils/memutils.h"

#include "pg/byte_state.h"
#include "pg/errors.h"

#include <math.h>

PG_FUNCTION_INFO_V1(synthdq_kmeans_step_state_in);
PG_FUNCTION_INFO_V1(synthdq_kmeans_step_state_out);
PG_FUNCTION_INFO_V1(synthdq_kmeans_step_state_recv);
PG_FUNCTION_INFO_V1(synthdq_kmeans_step_state_send);
PG_FUNCTION_INFO_V1(synthdq_kmeans_step_state_combine);

/* Raise what adding or merging reports. */
static void
check_step_status(SdqStatus status)
{
	if (status.code != SDQ_BAD_DATA)
		check_status(status);
	else if (status.detail == KMEANS_STEP_DISTANCE)
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("distance %g to the nearest center is out of range for its square",
							   status.a),
						errhint("Scale the data down.")));
	else
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"centers\" must be the same for all rows"),
						errhint("Pass a constant, or group by the column it comes from.")));
}

/* Does the object know its centres? A new one does not. */
static bool
has_centers(const KmeansStep *step)
{
	return step->given != NULL;
}

/* A step without centres. */
static void
init_object(void *object)
{
	memset(object, 0, sizeof(KmeansStep));
}

static SdqStatus
measure_object(void *object, SampleMemory *memory, size_t *size)
{
	KmeansStep *step = object;
	SdqStatus status = kmeans_step_prepare(step, memory);

	if (sdq_failed(status))
		return status;
	*size = kmeans_step_size(step);
	if (*size > MaxAllocSize - VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("kmeans_step_state of %zu centers exceeds the maximum size of a value",
						step->k),
				 errhint("Set max_parallel_workers_per_gather to 0, or pass fewer centers.")));
	return status;
}

static void
encode_object(const void *object, uint8_t *bytes)
{
	kmeans_step_encode(object, bytes);
}

static SdqStatus
decode_object(void *object, SampleMemory *memory, const uint8_t *bytes, size_t size)
{
	return kmeans_step_decode(object, memory, bytes, size);
}

static SdqStatus
merge_object(void *object, SampleMemory *memory, const void *other)
{
	KmeansStep *step = object;
	const KmeansStep *added = other;
	SdqStatus status = sdq_ok();

	if (!has_centers(step))
		status = kmeans_step_init(step, memory, added->given, added->k, added->d);
	return sdq_failed(status) ? status : kmeans_step_merge(step, memory, added);
}

static const ByteStateType step_type = {
	.name = "kmeans_step_state",
	.object_size = sizeof(KmeansStep),
	.init = init_object,
	.measure = measure_object,
	.encode = encode_object,
	.decode = decode_object,
	.merge = merge_object,
	.check = check_step_status,
};

/* Centres must be a matrix of finite numbers. */
static void
check_centers(ArrayType *centers)
{
	const float *values = (const float *) ARR_DATA_PTR(centers);
	size_t n = (size_t) ArrayGetNItems(ARR_NDIM(centers), ARR_DIMS(centers));

	if (ARR_NDIM(centers) != 2)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("argument \"centers\" must have two dimensions, not %d", ARR_NDIM(centers)),
				 errhint("Build it with array_agg(center ORDER BY cluster).")));
	if (array_contains_nulls(centers))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"centers\" must not contain nulls")));
	for (size_t i = 0; i < n; i++)
		if (!isfinite(values[i]))
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION),
					 errmsg("argument \"centers\" has NaN or infinity at position %zu", i + 1)));
}

/* Are these the centres of the step? */
static bool
are_same_centers(const KmeansStep *step, ArrayType *centers)
{
	return ARR_NDIM(centers) == 2 && !ARR_HASNULL(centers) &&
		   (size_t) ARR_DIMS(centers)[0] == step->k && (size_t) ARR_DIMS(centers)[1] == step->d &&
		   memcmp(ARR_DATA_PTR(centers), step->given, step->sums.n * sizeof(float)) == 0;
}

ByteState *
kmeans_step_state_for_update(FunctionCallInfo fcinfo, ArrayType *centers)
{
	ByteState *state = byte_state_for_update(fcinfo, &step_type);
	KmeansStep *step = byte_state_object(state);

	if (!has_centers(step))
	{
		check_centers(centers);
		check_step_status(
			kmeans_step_init(step, byte_state_memory(state), (const float *) ARR_DATA_PTR(centers),
							 (size_t) ARR_DIMS(centers)[0], (size_t) ARR_DIMS(centers)[1]));
	}
	else if (!are_same_centers(step, centers))
	{
		check_centers(centers);
		check_step_status(sdq_bad_data(KMEANS_STEP_OTHER_CENTERS, -1, 0, 0));
	}
	return state;
}

void
kmeans_step_state_add(ByteState *state, const double *x)
{
	check_step_status(kmeans_step_add(byte_state_object(state), byte_state_memory(state), x));
}

const KmeansStep *
kmeans_step_state_open(Datum value)
{
	return byte_state_open(value, &step_type);
}

/*
 * kmeans_step_state_combine(kmeans_step_state, kmeans_step_state)
 *		The union of two states, in all four cases of NULL.
 */
Datum
synthdq_kmeans_step_state_combine(PG_FUNCTION_ARGS)
{
	return byte_state_combine(fcinfo, &step_type);
}

Datum
synthdq_kmeans_step_state_in(PG_FUNCTION_ARGS)
{
	return byte_state_in(fcinfo, &step_type);
}

Datum
synthdq_kmeans_step_state_out(PG_FUNCTION_ARGS)
{
	return byte_state_out(fcinfo, &step_type);
}

Datum
synthdq_kmeans_step_state_recv(PG_FUNCTION_ARGS)
{
	return byte_state_recv(fcinfo, &step_type);
}

Datum
synthdq_kmeans_step_state_send(PG_FUNCTION_ARGS)
{
	return byte_state_send(fcinfo, &step_type);
}
