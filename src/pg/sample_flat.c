/*
 * sample_flat.c
 *		Flat values, texts and binary messages of the types that hold samples.
 *
 * Flat values come from tables and from other nodes. Their entries are checked on every opening,
 * which costs no more than reading them once: whatever the stored bytes are, callers get samples
 * that keep the promises of SampleView, or an error.
 */
#include "pg/sample_flat.h"

#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "core/sample/ecdf_codec.h"
#include "pg/compat.h"
#include "pg/errors.h"
#include "pg/sample_memory.h"

#include <math.h>

/* Entries read or written between two looks at the interrupts. */
#define ENTRIES_PER_CHECK 4096

/* Longest part of a refused text that is shown. */
#define SHOWN_TEXT 64

StaticAssertDecl(sizeof(SampleParameter) == sizeof(uint64_t), "a parameter is one word");
StaticAssertDecl(SAMPLE_STATE_MAX_SIDES <= ECDF_MAX_SIDES, "the flat form holds all sides");
StaticAssertDecl(SAMPLE_STATE_MAX_PARAMETERS <= ECDF_MAX_PARAMETERS,
				 "the flat form holds all parameters");

static EcdfShape
shape_of(const SampleStateType *type)
{
	return (EcdfShape){.n_sides = type->n_sides, .n_parameters = type->n_parameters};
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
const SampleParameter *
sample_flat_open(Datum value, const SampleStateType *type, SampleView *views)
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

/* The size of these samples as a value, or an error if that is 1 GB or more. */
Size
sample_flat_size(const SampleStateType *type, const SampleView *views)
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
void
sample_flat_write(const SampleStateType *type, const SampleParameter *parameters,
				  const SampleView *views, void *result, Size bytes)
{
	EcdfShape shape = shape_of(type);
	Stop stop = sample_stop();

	check_status(ecdf_flat_write(result, &shape, (const uint64_t *) parameters, views, &stop));
	SET_VARSIZE(result, bytes);
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
	bytes = sample_flat_size(type, views);
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
	sample_flat_write(type, parameters, views, flat, VARSIZE(flat));
	pq_getmsgend(message);
	PG_RETURN_POINTER(flat);
}
