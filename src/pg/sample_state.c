/*
 * sample_state.c
 *		The expanded object behind the types that hold samples.
 *
 * The object lives in a memory context of its own, a child of the aggregate context (of the current
 * one in plain calls), together with the blocks of its samples: whoever accounts for the aggregate
 * context sees all of it, and deleting the context frees all of it. Nothing of the server is called
 * from core but the resize callback, which allocates without raising errors, so that core can back
 * out and report.
 *
 * Opening an object for reading may sort what has not been sorted yet and may build the list of
 * distinct values. That changes the form in memory, not the value, and leaves the object whole if
 * it fails; so it is done in read-only objects as well (as array_expanded.c does), and each final
 * call over a growing window frame finds the work of the last one done. It also makes
 * get_flat_size() cheap when it is called again.
 *
 * Flat values come from tables and from other nodes. Their entries are checked on every opening,
 * which costs no more than reading them once: whatever the stored bytes are, callers get samples
 * that keep the promises of SampleView, or an error.
 */
#include "pg/sample_state.h"

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/expandeddatum.h"
#include "utils/memutils.h"

#include "core/sample/ecdf_codec.h"
#include "core/sample/sample.h"
#include "pg/array_reader.h"
#include "pg/compat.h"
#include "pg/errors.h"
#include "pg/settings.h"

#include <math.h>

/* Entries read or written between two looks at the interrupts. */
#define ENTRIES_PER_CHECK 4096

/* Longest part of a refused text that is shown. */
#define SHOWN_TEXT 64

StaticAssertDecl(sizeof(SampleParameter) == sizeof(uint64_t), "a parameter is one word");
StaticAssertDecl(SAMPLE_STATE_MAX_SIDES <= ECDF_MAX_SIDES, "the flat form holds all sides");
StaticAssertDecl(SAMPLE_STATE_MAX_PARAMETERS <= ECDF_MAX_PARAMETERS,
				 "the flat form holds all parameters");

struct SampleState
{
	ExpandedObjectHeader header;
	const SampleStateType *type;
	SampleMemory memory;
	Size flat_size; /* 0 = not known */
	SampleParameter parameters[SAMPLE_STATE_MAX_PARAMETERS];
	Sample sides[FLEXIBLE_ARRAY_MEMBER]; /* [type->n_sides] */
};

const SampleStateType ecdf_type = {
	.name = "ecdf", .n_sides = 1, .n_parameters = 0, .parameters_valid = NULL};
const SampleStateType sample_pair_type = {
	.name = "sample_pair", .n_sides = 2, .n_parameters = 0, .parameters_valid = NULL};

static Size state_flat_size(ExpandedObjectHeader *header);
static void state_flatten(ExpandedObjectHeader *header, void *result, Size allocated_size);

static const ExpandedObjectMethods state_methods = {.get_flat_size = state_flat_size,
													.flatten_into = state_flatten};

/* The resize callback: blocks of the object's context, larger than 1 GB if need be. */
static void *
context_resize(void *context, void *block, size_t old_bytes, size_t new_bytes)
{
	void *moved = NULL;

	if (new_bytes > 0)
	{
		if (!AllocHugeSizeIsValid(new_bytes))
			return NULL;
		moved = MemoryContextAllocExtended((MemoryContext) context, new_bytes,
										   MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
		if (moved == NULL)
			return NULL;
		if (block != NULL)
			memcpy(moved, block, Min(old_bytes, new_bytes));
	}
	if (block != NULL)
		pfree(block);
	return moved;
}

/* The stop flag's question, on the main thread only: is the query to end? */
static bool
poll_cancel(void *context)
{
	return InterruptPending && (QueryCancelPending || ProcDiePending) &&
		   InterruptHoldoffCount == 0 && CritSectionCount == 0;
}

/* A stop flag for one call of core. */
static Stop
make_stop(void)
{
	return (Stop){.poll = poll_cancel, .context = NULL, .requested = false};
}

static EcdfShape
shape_of(const SampleStateType *type)
{
	return (EcdfShape){.n_sides = type->n_sides, .n_parameters = type->n_parameters};
}

/* A new, empty object. */
static SampleState *
state_create(const SampleStateType *type, const SampleParameter *parameters, MemoryContext parent)
{
	MemoryContext context =
		AllocSetContextCreate(parent, "synthdq sample", ALLOCSET_START_SMALL_SIZES);
	SampleState *state = MemoryContextAllocZero(
		context, offsetof(SampleState, sides) + (size_t) type->n_sides * sizeof(Sample));

	EOH_init_header(&state->header, &state_methods, context);
	state->type = type;
	state->memory = (SampleMemory){
		.resize = context_resize, .context = context, .limit = settings_max_memory(), .held = 0};
	if (type->n_parameters > 0)
		memcpy(state->parameters, parameters, type->n_parameters * sizeof(SampleParameter));
	for (int side = 0; side < type->n_sides; side++)
		sample_init(&state->sides[side], &state->memory);
	return state;
}

/* The object that an expanded Datum points to. */
static SampleState *
expanded_state(Datum value, const SampleStateType *type)
{
	ExpandedObjectHeader *header = DatumGetEOHP(value);
	SampleState *state = (SampleState *) header;

	/* Only a cast WITHOUT FUNCTION can bring anything else. */
	if (header->eoh_methods != &state_methods || state->type != type)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("argument is not a value of type %s", type->name)));
	return state;
}

/* What is wrong with a value that came from outside, as a sentence. */
static char *
fault_detail(SdqStatus status)
{
	switch ((EcdfFault) status.detail)
	{
		case ECDF_BAD_VERSION: return psprintf("Format version %.0f is not known.", status.a);
		case ECDF_BAD_FLAGS: return psprintf("Flags %.0f are not known.", status.a);
		case ECDF_BAD_SHAPE: return pstrdup("It is a value of another type.");
		case ECDF_BAD_SIZE: return pstrdup("Its size and its number of entries do not agree.");
		case ECDF_NAN: return psprintf("Value %lld is NaN.", (long long) status.row + 1);
		case ECDF_NEGATIVE_ZERO:
			return psprintf("Value %lld is a negative zero.", (long long) status.row + 1);
		case ECDF_NOT_ASCENDING:
			return psprintf("Value %lld is not greater than the one before it.",
							(long long) status.row + 1);
		case ECDF_BAD_COUNT:
			return psprintf("A count must be between 1 and %.0f.", (double) SAMPLE_MAX_COUNT);
		case ECDF_BAD_TOTAL:
			return psprintf("The counts are wrong or add up to more than %.0f.",
							(double) SAMPLE_MAX_COUNT);
		case ECDF_BAD_NUMBER:
			return psprintf("At character %lld stands no number of type double precision.",
							(long long) status.row + 1);
		case ECDF_SYNTAX:
			return psprintf("Unexpected character at position %lld.", (long long) status.row + 1);
		case ECDF_OK: break;
	}
	return pstrdup("Unknown fault.");
}

/* Do the parameters of a flat value make sense to its type? */
static bool
parameters_are_valid(const SampleStateType *type, const SampleParameter *parameters)
{
	return type->n_parameters == 0 || type->parameters_valid(parameters);
}

/* Look into a flat Datum of any form (short, compressed, toasted). */
static const SampleParameter *
open_flat(Datum value, const SampleStateType *type, SampleView *views)
{
	struct varlena *flat = PG_DETOAST_DATUM(value);
	EcdfShape shape = shape_of(type);
	const uint64_t *parameters;
	SdqStatus status;

	if ((uintptr_t) flat % sizeof(uint64_t) != 0)
	{
		struct varlena *aligned = palloc(VARSIZE(flat));

		memcpy(aligned, flat, VARSIZE(flat));
		flat = aligned;
	}
	status = ecdf_flat_check(flat, VARSIZE(flat), &shape, &parameters, views);
	if (sdq_failed(status))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("stored value of type %s is damaged", type->name),
						errdetail_internal("%s", fault_detail(status))));
	if (!parameters_are_valid(type, (const SampleParameter *) parameters))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("stored value of type %s is damaged", type->name),
						errdetail("The parameters are out of range.")));
	return (const SampleParameter *) parameters;
}

/* Raise what adding or showing has reported. */
static void
check_sample_status(SdqStatus status)
{
	if (status.code == SDQ_TOO_LARGE && status.b == (double) SAMPLE_MAX_COUNT)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("sample of %.0f observations exceeds the limit of %.0f", status.a,
							   status.b),
						errhint("Use fewer rows per group, or a random part of them.")));
	check_status(status);
}

/* Views of all sides of an object. */
static void
open_expanded(SampleState *state, SampleView *views)
{
	Stop stop = make_stop();

	for (int side = 0; side < state->type->n_sides; side++)
		check_sample_status(sample_view(&state->sides[side], &stop, &views[side]));
}

const SampleParameter *
sample_state_open(Datum value, const SampleStateType *type, SampleView *views)
{
	SampleState *state;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return open_flat(value, type, views);
	state = expanded_state(value, type);
	open_expanded(state, views);
	return type->n_parameters == 0 ? NULL : state->parameters;
}

const SampleParameter *
sample_state_open_streams(Datum value, const SampleStateType *type, SampleStream *streams)
{
	SampleView views[SAMPLE_STATE_MAX_SIDES];
	const SampleParameter *parameters = sample_state_open(value, type, views);

	for (int side = 0; side < type->n_sides; side++)
		streams[side] = sample_stream_of_view(&views[side]);
	return parameters;
}

/* Add the samples of a value to those of an object. */
static void
add_views(SampleState *state, const SampleView *views)
{
	Stop stop = make_stop();

	state->flat_size = 0;
	for (int side = 0; side < state->type->n_sides; side++)
		check_sample_status(sample_add_view(&state->sides[side], &views[side], &stop));
}

/* Two parameter blocks must be one and the same. */
static void
check_parameters(const SampleStateType *type, const SampleParameter *held,
				 const SampleParameter *given)
{
	if (type->n_parameters > 0 &&
		memcmp(held, given, type->n_parameters * sizeof(SampleParameter)) != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("parameters of %s must be the same for all rows", type->name),
						errhint("Pass constants, or group by the columns they come from.")));
}

SampleState *
sample_state_for_update(FunctionCallInfo fcinfo, const SampleStateType *type,
						const SampleParameter *parameters)
{
	MemoryContext aggregate;
	bool in_aggregate = AggCheckCallContext(fcinfo, &aggregate) != 0;
	MemoryContext parent = in_aggregate ? aggregate : CurrentMemoryContext;
	const SampleParameter *held;
	SampleView views[SAMPLE_STATE_MAX_SIDES];
	SampleState *state;
	Datum value;

	if (PG_ARGISNULL(0))
		return state_create(type, parameters, parent);
	value = PG_GETARG_DATUM(0);
	if (in_aggregate && VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(value)))
	{
		state = expanded_state(value, type);
		check_parameters(type, state->parameters, parameters);
		state->memory.limit = settings_max_memory();
		return state;
	}
	held = sample_state_open(value, type, views);
	check_parameters(type, held, parameters);
	state = state_create(type, parameters, parent);
	add_views(state, views);
	return state;
}

Datum
sample_state_datum(SampleState *state)
{
	return EOHPGetRWDatum(&state->header);
}

Datum
sample_state_unchanged(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return PG_GETARG_DATUM(0);
}

void
sample_state_add_float8(SampleState *state, int side, float8 value)
{
	Stop stop = make_stop();

	state->flat_size = 0;
	check_sample_status(sample_add(&state->sides[side], value, &stop));
}

void
sample_state_add_array(SampleState *state, int side, Datum array)
{
	ArrayElements elements = array_elements(DatumGetArrayTypeP(array));
	Sample *sample = &state->sides[side];
	Stop stop = make_stop();
	SdqStatus status = sdq_ok();

	state->flat_size = 0;
	switch (elements.type)
	{
		case INT2OID:
			status = sample_add_int16(sample, elements.data, elements.n_present, &stop);
			break;
		case INT4OID:
			status = sample_add_int32(sample, elements.data, elements.n_present, &stop);
			break;
		case FLOAT4OID:
			status = sample_add_float(sample, elements.data, elements.n_present, &stop);
			break;
		case FLOAT8OID:
			status = sample_add_double(sample, elements.data, elements.n_present, &stop);
			break;
		default: elog(ERROR, "unexpected array element type %u", elements.type);
	}
	check_sample_status(status);
}

Datum
sample_state_combine(FunctionCallInfo fcinfo, const SampleStateType *type)
{
	SampleView views[SAMPLE_STATE_MAX_SIDES];
	const SampleParameter *parameters;
	SampleState *state;

	if (PG_ARGISNULL(1))
		return sample_state_unchanged(fcinfo);
	parameters = sample_state_open(PG_GETARG_DATUM(1), type, views);
	state = sample_state_for_update(fcinfo, type, parameters);
	add_views(state, views);
	return sample_state_datum(state);
}

/* The size of these samples as a value, or an error if that is 1 GB or more. */
static Size
checked_flat_size(const SampleStateType *type, const SampleView *views)
{
	EcdfShape shape = shape_of(type);
	size_t n_distinct[SAMPLE_STATE_MAX_SIDES];
	size_t bytes;

	for (int side = 0; side < type->n_sides; side++)
		n_distinct[side] = views[side].n_distinct;
	if (!ecdf_flat_size(&shape, n_distinct, &bytes) || !AllocSizeIsValid(bytes))
		ereport(
			ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("value of type %s with %zu distinct values exceeds the maximum size of 1 GB",
					type->name, n_distinct[0] + (type->n_sides > 1 ? n_distinct[1] : 0)),
			 errhint("Use fewer rows per group or round the values; inside an aggregate, set "
					 "max_parallel_workers_per_gather to 0.")));
	return bytes;
}

/* Write a flat value of the size that checked_flat_size() gave. */
static void
write_flat(const SampleStateType *type, const SampleParameter *parameters, const SampleView *views,
		   void *result, Size bytes)
{
	EcdfShape shape = shape_of(type);
	Stop stop = make_stop();

	check_status(ecdf_flat_write(result, &shape, (const uint64_t *) parameters, views, &stop));
	SET_VARSIZE(result, bytes);
}

/* Method of the expanded object. */
static Size
state_flat_size(ExpandedObjectHeader *header)
{
	SampleState *state = (SampleState *) header;
	SampleView views[SAMPLE_STATE_MAX_SIDES];

	if (state->flat_size == 0)
	{
		open_expanded(state, views);
		state->flat_size = checked_flat_size(state->type, views);
	}
	return state->flat_size;
}

/* Method of the expanded object. */
static void
state_flatten(ExpandedObjectHeader *header, void *result, Size allocated_size)
{
	SampleState *state = (SampleState *) header;
	SampleView views[SAMPLE_STATE_MAX_SIDES];

	Assert(allocated_size == state->flat_size);
	open_expanded(state, views);
	write_flat(state->type, state->parameters, views, result, allocated_size);
}

/* Room for a flat value that came from outside and has these numbers of entries. */
static struct varlena *
allocate_flat(const SampleStateType *type, const size_t *n_distinct)
{
	SampleView views[SAMPLE_STATE_MAX_SIDES];
	struct varlena *flat;
	Size bytes;

	for (int side = 0; side < type->n_sides; side++)
		views[side].n_distinct = n_distinct[side];
	bytes = checked_flat_size(type, views);
	flat = palloc(bytes);
	SET_VARSIZE(flat, bytes);
	return flat;
}

Datum
sample_state_in(FunctionCallInfo fcinfo, const SampleStateType *type)
{
	char *text = PG_GETARG_CSTRING(0);
	EcdfShape shape = shape_of(type);
	SampleView views[SAMPLE_STATE_MAX_SIDES];
	size_t n_distinct[SAMPLE_STATE_MAX_SIDES];
	const uint64_t *parameters;
	struct varlena *flat;
	SdqStatus status;
	char *detail = NULL;

	ecdf_text_measure(text, &shape, n_distinct);
	flat = allocate_flat(type, n_distinct);
	status = ecdf_text_read(text, &shape, n_distinct, flat);
	if (sdq_failed(status))
		detail = fault_detail(status);
	else
	{
		check_status(ecdf_flat_open(flat, VARSIZE(flat), &shape, &parameters, views));
		if (!parameters_are_valid(type, (const SampleParameter *) parameters))
			detail = pstrdup("The parameters are out of range.");
	}
	if (detail != NULL)
		compat_ereturn(
			fcinfo, (Datum) 0,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%.*s\"", type->name,
					pg_mbcliplen(text, (int) strnlen(text, SHOWN_TEXT + 1), SHOWN_TEXT), text),
			 errdetail_internal("%s", detail)));
	PG_RETURN_POINTER(flat);
}

/* Append one side as text. */
static void
append_side(StringInfo text, const SampleView *view)
{
	char digits[DOUBLE_SHORTEST_DECIMAL_LEN];

	appendStringInfoChar(text, '{');
	for (size_t i = 0; i < view->n_distinct; i++)
	{
		double value = view->values[i];

		if (i % ENTRIES_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoChar(text, ',');
		if (isinf(value))
			appendStringInfoString(text, value > 0 ? "Infinity" : "-Infinity");
		else
		{
			double_to_shortest_decimal_buf(value, digits);
			appendStringInfoString(text, digits);
		}
		appendStringInfo(text, ":" UINT64_FORMAT, (uint64) view->counts[i]);
	}
	appendStringInfoChar(text, '}');
}

Datum
sample_state_out(FunctionCallInfo fcinfo, const SampleStateType *type)
{
	SampleView views[SAMPLE_STATE_MAX_SIDES];
	const SampleParameter *parameters = sample_state_open(PG_GETARG_DATUM(0), type, views);
	bool is_list = type->n_sides + type->n_parameters > 1;
	StringInfoData text;

	initStringInfo(&text);
	if (is_list)
		appendStringInfoChar(&text, '(');
	for (int i = 0; i < type->n_parameters; i++)
		appendStringInfo(&text, "%016llx,", (unsigned long long) parameters[i].integer);
	for (int side = 0; side < type->n_sides; side++)
	{
		if (side > 0)
			appendStringInfoChar(&text, ',');
		append_side(&text, &views[side]);
	}
	if (is_list)
		appendStringInfoChar(&text, ')');
	PG_RETURN_CSTRING(text.data);
}

/*
 * The binary form, in network byte order: version, sides, parameters and flags as one byte each as in
 * the flat form; the parameters as 64-bit integers; per side the number of entries as such; then per
 * side the values as float8 and the counts as 64-bit integers.
 */
Datum
sample_state_send(FunctionCallInfo fcinfo, const SampleStateType *type)
{
	SampleView views[SAMPLE_STATE_MAX_SIDES];
	const SampleParameter *parameters = sample_state_open(PG_GETARG_DATUM(0), type, views);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbyte(&message, ECDF_FLAT_VERSION);
	pq_sendbyte(&message, type->n_sides);
	pq_sendbyte(&message, type->n_parameters);
	pq_sendbyte(&message, 0);
	for (int i = 0; i < type->n_parameters; i++)
		pq_sendint64(&message, parameters[i].integer);
	for (int side = 0; side < type->n_sides; side++)
		pq_sendint64(&message, views[side].n_distinct);
	for (int side = 0; side < type->n_sides; side++)
	{
		CHECK_FOR_INTERRUPTS();
		for (size_t i = 0; i < views[side].n_distinct; i++)
			pq_sendfloat8(&message, views[side].values[i]);
		for (size_t i = 0; i < views[side].n_distinct; i++)
			pq_sendint64(&message, views[side].counts[i]);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* Raise what is wrong with a binary message. */
static void
refuse_message(const SampleStateType *type, SdqStatus status)
{
	if (sdq_failed(status))
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid binary representation of type %s", type->name),
						errdetail_internal("%s", fault_detail(status))));
}

/* The message's head: n_distinct[] and the parameters, all sizes checked against its length. */
static void
receive_head(StringInfo message, const SampleStateType *type, SampleParameter *parameters,
			 size_t *n_distinct)
{
	size_t head = 4 + sizeof(int64) * (type->n_parameters + type->n_sides);
	size_t left = message->len - message->cursor;
	size_t entries = 0;
	EcdfShape shape = shape_of(type);
	int version;
	int n_sides;
	int n_parameters;
	int flags;

	if (left < head)
		refuse_message(type, sdq_bad_data(ECDF_BAD_SIZE, -1, left, head));
	left -= head;
	version = pq_getmsgbyte(message);
	n_sides = pq_getmsgbyte(message);
	n_parameters = pq_getmsgbyte(message);
	flags = pq_getmsgbyte(message);
	if (version != ECDF_FLAT_VERSION)
		refuse_message(type, sdq_bad_data(ECDF_BAD_VERSION, -1, version, ECDF_FLAT_VERSION));
	if (flags != 0)
		refuse_message(type, sdq_bad_data(ECDF_BAD_FLAGS, -1, flags, 0));
	if (n_sides != shape.n_sides || n_parameters != shape.n_parameters)
		refuse_message(type, sdq_bad_data(ECDF_BAD_SHAPE, -1, n_sides, shape.n_sides));

	for (int i = 0; i < type->n_parameters; i++)
		parameters[i].integer = pq_getmsgint64(message);
	for (int side = 0; side < type->n_sides; side++)
	{
		uint64 n = (uint64) pq_getmsgint64(message);

		/* Bounded by what is there, so that the sum cannot overflow. */
		if (n > left)
			refuse_message(type, sdq_bad_data(ECDF_BAD_SIZE, -1, n, left));
		n_distinct[side] = n;
		entries += n;
	}
	if (entries > left || entries * (sizeof(float8) + sizeof(int64)) != left)
		refuse_message(type, sdq_bad_data(ECDF_BAD_SIZE, -1, left, entries));
	if (!parameters_are_valid(type, parameters))
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid binary representation of type %s", type->name),
						errdetail("The parameters are out of range.")));
}

Datum
sample_state_recv(FunctionCallInfo fcinfo, const SampleStateType *type)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	EcdfShape shape = shape_of(type);
	SampleParameter parameters[SAMPLE_STATE_MAX_PARAMETERS];
	SampleView views[SAMPLE_STATE_MAX_SIDES];
	size_t n_distinct[SAMPLE_STATE_MAX_SIDES];
	struct varlena *flat;

	receive_head(message, type, parameters, n_distinct);
	flat = allocate_flat(type, n_distinct);
	ecdf_flat_place(flat, &shape, n_distinct, views);
	for (int side = 0; side < type->n_sides; side++)
	{
		double *values = (double *) views[side].values;
		uint64_t *counts = (uint64_t *) views[side].counts;

		CHECK_FOR_INTERRUPTS();
		for (size_t i = 0; i < n_distinct[side]; i++)
			values[i] = pq_getmsgfloat8(message);
		for (size_t i = 0; i < n_distinct[side]; i++)
		{
			counts[i] = (uint64_t) pq_getmsgint64(message);
			views[side].n += counts[i];
		}
		refuse_message(type, ecdf_view_check(&views[side]));
	}
	write_flat(type, parameters, views, flat, VARSIZE(flat));
	pq_getmsgend(message);
	PG_RETURN_POINTER(flat);
}
