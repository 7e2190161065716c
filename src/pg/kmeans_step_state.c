/*
 * kmeans_step_state.c
 *		The type kmeans_step_state: expanded in memory, flat in rows.
 *
 * A flat value is a varlena of the bytes that core/matrix/kmeans_step.h describes. They are the binary form as
 * well, and the text form is that of bytea. Whoever reads them checks them completely.
 *
 * An expanded object lives in a context of its own below the aggregate's, and is charged against
 * synthdq.max_memory.
 */
#include "pg/kmeans_step_state.h"

#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/expandeddatum.h"
#include "utils/memutils.h"

#include "pg/array_reader.h"
#include "pg/compat.h"
#include "pg/errors.h"
#include "pg/sample_memory.h"

#include <math.h>

#define STATE_NAME     "kmeans_step_state"
#define EXPANDED_MAGIC 0x6b737470 /* "kstp" */

struct KmeansStepState
{
	ExpandedObjectHeader header;
	uint32 magic;
	SampleMemory memory;
	KmeansStep step;
};

PG_FUNCTION_INFO_V1(synthdq_kmeans_step_state_in);
PG_FUNCTION_INFO_V1(synthdq_kmeans_step_state_out);
PG_FUNCTION_INFO_V1(synthdq_kmeans_step_state_recv);
PG_FUNCTION_INFO_V1(synthdq_kmeans_step_state_send);
PG_FUNCTION_INFO_V1(synthdq_kmeans_step_state_combine);

static Size step_flat_size(ExpandedObjectHeader *header);
static void step_flatten(ExpandedObjectHeader *header, void *result, Size size);

static const ExpandedObjectMethods kmeans_step_state_methods = {
	.get_flat_size = step_flat_size,
	.flatten_into = step_flatten,
};

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

static Size
step_flat_size(ExpandedObjectHeader *header)
{
	KmeansStepState *state = (KmeansStepState *) header;
	size_t size;

	check_step_status(kmeans_step_prepare(&state->step, &state->memory));
	size = kmeans_step_size(&state->step);
	if (size > MaxAllocSize - VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s of %zu centers exceeds the maximum size of a value", STATE_NAME,
						state->step.k),
				 errhint("Set max_parallel_workers_per_gather to 0, or pass fewer centers.")));
	return VARHDRSZ + size;
}

static void
step_flatten(ExpandedObjectHeader *header, void *result, Size size)
{
	SET_VARSIZE(result, size);
	kmeans_step_encode(&((KmeansStepState *) header)->step, (uint8_t *) VARDATA(result));
}

/* A new object without a step, in a context below the aggregate's, or below the current one. */
static KmeansStepState *
create_state(FunctionCallInfo fcinfo)
{
	MemoryContext parent;
	MemoryContext context;
	KmeansStepState *state;

	if (!AggCheckCallContext(fcinfo, &parent))
		parent = CurrentMemoryContext;
	context = AllocSetContextCreate(parent, STATE_NAME, ALLOCSET_SMALL_SIZES);
	state = MemoryContextAllocZero(context, sizeof(KmeansStepState));
	EOH_init_header(&state->header, &kmeans_step_state_methods, context);
	state->magic = EXPANDED_MAGIC;
	state->memory = sample_context_memory(context);
	return state;
}

/* Is this Datum an expanded object of ours? */
static bool
is_expanded_state(Datum value)
{
	return VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)) &&
		   DatumGetEOHP(value)->eoh_methods == &kmeans_step_state_methods;
}

/* Read a flat value into a step with memory of its own. */
static void
decode_value(Datum value, KmeansStep *step, SampleMemory *memory)
{
	struct varlena *flat = PG_DETOAST_DATUM_PACKED(value);
	SdqStatus status = kmeans_step_decode(step, memory, (const uint8_t *) VARDATA_ANY(flat),
										  VARSIZE_ANY_EXHDR(flat));

	if (status.code == SDQ_BAD_DATA)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED), errmsg("stored %s is damaged", STATE_NAME)));
	check_status(status);
}

const KmeansStep *
kmeans_step_state_open(Datum value)
{
	KmeansStep *step;
	SampleMemory memory;

	if (is_expanded_state(value))
	{
		KmeansStepState *state = (KmeansStepState *) DatumGetEOHP(value);

		Assert(state->magic == EXPANDED_MAGIC);
		return &state->step;
	}
	step = palloc(sizeof(KmeansStep));
	memory = sample_context_memory(CurrentMemoryContext);
	decode_value(value, step, &memory);
	return step;
}

/* Argument 0, not NULL, as an object that may be changed. */
static KmeansStepState *
own_state(FunctionCallInfo fcinfo)
{
	Datum value = PG_GETARG_DATUM(0);
	KmeansStepState *state;

	if (is_expanded_state(value) && VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(value)))
		return (KmeansStepState *) DatumGetEOHP(value);
	state = create_state(fcinfo);
	if (is_expanded_state(value))
	{
		const KmeansStep *step = kmeans_step_state_open(value);

		check_step_status(
			kmeans_step_init(&state->step, &state->memory, step->given, step->k, step->d));
		check_step_status(kmeans_step_merge(&state->step, &state->memory, step));
	}
	else
		decode_value(value, &state->step, &state->memory);
	return state;
}

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

KmeansStepState *
kmeans_step_state_for_update(FunctionCallInfo fcinfo, ArrayType *centers)
{
	KmeansStepState *state;

	if (!PG_ARGISNULL(0))
	{
		state = own_state(fcinfo);
		if (!are_same_centers(&state->step, centers))
		{
			check_centers(centers);
			check_step_status(sdq_bad_data(KMEANS_STEP_OTHER_CENTERS, -1, 0, 0));
		}
		return state;
	}
	check_centers(centers);
	state = create_state(fcinfo);
	check_step_status(
		kmeans_step_init(&state->step, &state->memory, (const float *) ARR_DATA_PTR(centers),
						 (size_t) ARR_DIMS(centers)[0], (size_t) ARR_DIMS(centers)[1]));
	return state;
}

size_t
kmeans_step_state_d(const KmeansStepState *state)
{
	return state->step.d;
}

void
kmeans_step_state_add(KmeansStepState *state, const double *x)
{
	check_step_status(kmeans_step_add(&state->step, &state->memory, x));
}

Datum
kmeans_step_state_datum(KmeansStepState *state)
{
	return EOHPGetRWDatum(&state->header);
}

/*
 * kmeans_step_state_combine(kmeans_step_state, kmeans_step_state)
 *		The union of two states, in all four cases of NULL.
 */
Datum
synthdq_kmeans_step_state_combine(PG_FUNCTION_ARGS)
{
	const KmeansStep *other;
	KmeansStepState *state;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	other = kmeans_step_state_open(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
	{
		state = create_state(fcinfo);
		check_step_status(
			kmeans_step_init(&state->step, &state->memory, other->given, other->k, other->d));
	}
	else
		state = own_state(fcinfo);
	check_step_status(kmeans_step_merge(&state->step, &state->memory, other));
	PG_RETURN_DATUM(kmeans_step_state_datum(state));
}

/* A flat value of bytes from outside, as they are; false if no encoder has written them. */
static bool
accept_bytes(const void *bytes, size_t size, Datum *value)
{
	SampleMemory memory = sample_context_memory(CurrentMemoryContext);
	KmeansStep step;
	SdqStatus status = kmeans_step_decode(&step, &memory, bytes, size);
	struct varlena *flat;

	kmeans_step_free(&step, &memory);
	if (status.code == SDQ_BAD_DATA)
		return false;
	check_status(status);
	flat = palloc(VARHDRSZ + size);
	SET_VARSIZE(flat, VARHDRSZ + size);
	memcpy(VARDATA(flat), bytes, size);
	*value = PointerGetDatum(flat);
	return true;
}

/* The bytes of a value as a bytea. */
static bytea *
value_bytes(Datum value)
{
	/* Expanded or toasted, it becomes flat; and flat it has the form of a bytea. */
	return (bytea *) PG_DETOAST_DATUM(value);
}

/*
 * kmeans_step_state_in(cstring)
 *		Reads the text form, which is that of bytea.
 */
Datum
synthdq_kmeans_step_state_in(PG_FUNCTION_ARGS)
{
	bytea *bytes = DatumGetByteaPP(DirectFunctionCall1(byteain, PG_GETARG_DATUM(0)));
	Datum value;

	if (!accept_bytes(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes), &value))
		compat_ereturn(fcinfo, (Datum) 0,
					   (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
						errmsg("invalid input syntax for type %s", STATE_NAME),
						errdetail("The bytes are none that the type writes.")));
	PG_RETURN_DATUM(value);
}

/* kmeans_step_state_out(kmeans_step_state) */
Datum
synthdq_kmeans_step_state_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(
		DirectFunctionCall1(byteaout, PointerGetDatum(value_bytes(PG_GETARG_DATUM(0)))));
}

/*
 * kmeans_step_state_recv(internal)
 *		Reads what send wrote, and believes none of it.
 */
Datum
synthdq_kmeans_step_state_recv(PG_FUNCTION_ARGS)
{
	StringInfo in = (StringInfo) PG_GETARG_POINTER(0);
	int size = in->len - in->cursor;
	Datum value;

	if (!accept_bytes(pq_getmsgbytes(in, size), (size_t) size, &value))
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid binary value for type %s", STATE_NAME),
						errdetail("The bytes are none that the type writes.")));
	PG_RETURN_DATUM(value);
}

/* kmeans_step_state_send(kmeans_step_state) */
Datum
synthdq_kmeans_step_state_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(value_bytes(PG_GETARG_DATUM(0)));
}
