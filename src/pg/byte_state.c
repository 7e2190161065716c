/*
 * byte_state.c
 *		The expanded object around an object of the core.
 */
#include "pg/byte_state.h"

#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/expandeddatum.h"
#include "utils/memutils.h"

#include "pg/compat.h"
#include "pg/errors.h"
#include "pg/sample_memory.h"
#include "pg/settings.h"

struct ByteState
{
	ExpandedObjectHeader header;
	const ByteStateType *type;
	SampleMemory memory;
	bool is_measured; /* settled, and its size is known */
	size_t size;      /* of its bytes */
	void *object;     /* [type->object_size] */
};

static Size state_flat_size(ExpandedObjectHeader *header);
static void state_flatten(ExpandedObjectHeader *header, void *result, Size size);

static const ExpandedObjectMethods state_methods = {
	.get_flat_size = state_flat_size,
	.flatten_into = state_flatten,
};

/* Settle the object, and find the size of its bytes. */
static void
measure(ByteState *state)
{
	if (!state->is_measured)
		state->type->check(state->type->measure(state->object, &state->memory, &state->size));
	state->is_measured = true;
}

/* Method of the expanded object. */
static Size
state_flat_size(ExpandedObjectHeader *header)
{
	ByteState *state = (ByteState *) header;

	measure(state);
	if (state->size > MaxAllocSize - VARHDRSZ)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%s of %zu bytes exceeds the maximum size of a value",
							   state->type->name, state->size),
						errhint("Set max_parallel_workers_per_gather to 0, or pass fewer rows.")));
	return VARHDRSZ + state->size;
}

/* Method of the expanded object. */
static void
state_flatten(ExpandedObjectHeader *header, void *result, Size size)
{
	ByteState *state = (ByteState *) header;

	Assert(state->is_measured && size == VARHDRSZ + state->size);
	SET_VARSIZE(result, size);
	state->type->encode(state->object, (uint8_t *) VARDATA(result));
}

/* A new object, not initialised, in a context of its own. */
static ByteState *
create_state(const ByteStateType *type, MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "synthdq state", ALLOCSET_SMALL_SIZES);
	ByteState *state = MemoryContextAllocZero(context, sizeof(ByteState));

	EOH_init_header(&state->header, &state_methods, context);
	state->type = type;
	state->memory = sample_context_memory(context);
	state->object = MemoryContextAllocZero(context, type->object_size);
	return state;
}

/* The object that an expanded Datum points to. */
static ByteState *
expanded_state(Datum value, const ByteStateType *type)
{
	ByteState *state = (ByteState *) DatumGetEOHP(value);

	/* Only a cast WITHOUT FUNCTION can bring anything else. */
	if (state->header.eoh_methods != &state_methods || state->type != type)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("argument is not a value of type %s", type->name)));
	return state;
}

/* Read a flat value into an object that is not initialised. */
static void
decode_value(Datum value, const ByteStateType *type, void *object, SampleMemory *memory)
{
	struct varlena *flat = PG_DETOAST_DATUM_PACKED(value);
	SdqStatus status =
		type->decode(object, memory, (const uint8_t *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));

	if (status.code == SDQ_BAD_DATA)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED), errmsg("stored %s is damaged", type->name)));
	check_status(status);
}

const void *
byte_state_open(Datum value, const ByteStateType *type)
{
	SampleMemory memory;
	void *object;

	if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
	{
		ByteState *state = expanded_state(value, type);

		measure(state);
		return state->object;
	}
	memory = sample_context_memory(CurrentMemoryContext);
	object = palloc(type->object_size);
	decode_value(value, type, object, &memory);
	return object;
}

/* Fold a value into an object. */
static void
merge_value(ByteState *state, Datum value)
{
	const ByteStateType *type = state->type;

	state->is_measured = false;
	type->check(type->merge(state->object, &state->memory, byte_state_open(value, type)));
}

ByteState *
byte_state_for_update(FunctionCallInfo fcinfo, const ByteStateType *type)
{
	MemoryContext aggregate;
	bool in_aggregate = AggCheckCallContext(fcinfo, &aggregate) != 0;
	ByteState *state;

	if (!PG_ARGISNULL(0) && in_aggregate &&
		VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(PG_GETARG_DATUM(0))))
	{
		state = expanded_state(PG_GETARG_DATUM(0), type);
		state->memory.limit = settings_max_memory();
		state->is_measured = false;
		return state;
	}
	state = create_state(type, in_aggregate ? aggregate : CurrentMemoryContext);
	if (!PG_ARGISNULL(0) && !VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(PG_GETARG_DATUM(0))))
	{
		decode_value(PG_GETARG_DATUM(0), type, state->object, &state->memory);
		return state;
	}
	type->init(state->object);
	if (!PG_ARGISNULL(0))
		merge_value(state, PG_GETARG_DATUM(0));
	return state;
}

void *
byte_state_object(ByteState *state)
{
	return state->object;
}

SampleMemory *
byte_state_memory(ByteState *state)
{
	return &state->memory;
}

Datum
byte_state_datum(ByteState *state)
{
	return EOHPGetRWDatum(&state->header);
}

Datum
byte_state_unchanged(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return PG_GETARG_DATUM(0);
}

Datum
byte_state_combine(FunctionCallInfo fcinfo, const ByteStateType *type)
{
	ByteState *state;

	if (PG_ARGISNULL(1))
		return byte_state_unchanged(fcinfo);
	state = byte_state_for_update(fcinfo, type);
	merge_value(state, PG_GETARG_DATUM(1));
	return byte_state_datum(state);
}

/* A flat value of bytes from outside, as they are; false if no encoder has written them. */
static bool
accept_bytes(const ByteStateType *type, const void *bytes, size_t size, Datum *value)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "synthdq state", ALLOCSET_SMALL_SIZES);
	SampleMemory memory = sample_context_memory(context);
	SdqStatus status =
		type->decode(MemoryContextAlloc(context, type->object_size), &memory, bytes, size);
	struct varlena *flat;

	MemoryContextDelete(context);
	if (status.code == SDQ_BAD_DATA)
		return false;
	check_status(status);
	flat = palloc(VARHDRSZ + size);
	SET_VARSIZE(flat, VARHDRSZ + size);
	memcpy(VARDATA(flat), bytes, size);
	*value = PointerGetDatum(flat);
	return true;
}

Datum
byte_state_in(FunctionCallInfo fcinfo, const ByteStateType *type)
{
	bytea *bytes = DatumGetByteaPP(DirectFunctionCall1(byteain, PG_GETARG_DATUM(0)));
	Datum value;

	if (!accept_bytes(type, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes), &value))
		compat_ereturn(fcinfo, (Datum) 0,
					   (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
						errmsg("invalid input syntax for type %s", type->name),
						errdetail("The bytes are none that the type writes.")));
	PG_RETURN_DATUM(value);
}

Datum
byte_state_out(FunctionCallInfo fcinfo, const ByteStateType *type)
{
	/* Expanded or toasted, it becomes flat; and flat it has the form of a bytea. */
	struct varlena *flat = PG_DETOAST_DATUM(PG_GETARG_DATUM(0));

	PG_RETURN_DATUM(DirectFunctionCall1(byteaout, PointerGetDatum(flat)));
}

Datum
byte_state_recv(FunctionCallInfo fcinfo, const ByteStateType *type)
{
	StringInfo in = (StringInfo) PG_GETARG_POINTER(0);
	int size = in->len - in->cursor;
	Datum value;

	if (!accept_bytes(type, pq_getmsgbytes(in, size), (size_t) size, &value))
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid binary value for type %s", type->name),
						errdetail("The bytes are none that the type writes.")));
	PG_RETURN_DATUM(value);
}

Datum
byte_state_send(FunctionCallInfo fcinfo, const ByteStateType *type)
{
	PG_RETURN_BYTEA_P((bytea *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0)));
}
