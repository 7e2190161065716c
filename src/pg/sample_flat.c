/*
 * sample_flat.c
 *		Flat values, texts and binary messages of the types that hold samples.
 *
 * Flat values come from tables and from other nodes. Whatever the stored bytes are, callers get
 * samples that keep the promises of SampleView, or an error: entries are checked while they are
 * decoded. A stream is read once for that before anybody gets it, since a test that folds over it
 * could not say which value is damaged; a fault later than that cannot happen.
 */
#include "pg/sample_flat.h"

#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "core/sample/ecdf_codec.h"
#include "core/sample/entry_list.h"
#include "core/sample/sample_text.h"
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

char *
sample_fault_detail(SdqStatus status)
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
		case ECDF_BAD_ENTRIES: return pstrdup("Its entries cannot be read.");
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

/* The error of a stored value that makes no sense. */
static void
refuse_stored(const SampleStateType *type, const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
					errmsg("stored value of type %s is damaged", type->name),
					errdetail_internal("%s", detail)));
}

/* Look into a flat Datum of any form (short, compressed, toasted): sizes, and the parameters. */
static const SampleParameter *
open_lists(Datum value, const SampleStateType *type, EntryList *sides)
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
	status = ecdf_flat_open(flat, VARSIZE(flat), &shape, &parameters, sides);
	if (sdq_failed(status))
		refuse_stored(type, sample_fault_detail(status));
	if (!parameters_are_valid(type, (const SampleParameter *) parameters))
		refuse_stored(type, "The parameters are out of range.");
	return (const SampleParameter *) parameters;
}

/* Raise what reading entries has reported. */
static void
check_entries(const SampleStateType *type, SdqStatus status)
{
	if (status.code == SDQ_BAD_DATA)
		refuse_stored(type,
					  sample_fault_detail(sdq_bad_data(ECDF_BAD_ENTRIES, 0, status.detail, 0)));
	check_status(status);
}

/* Decode a whole list. */
static SampleView
decode_list(const SampleStateType *type, const EntryList *list)
{
	SampleArrays arrays = sample_arrays(list->n_distinct);
	Stop stop = sample_stop();
	SampleView view;

	check_entries(type, entry_list_read(list, &stop, arrays.values, arrays.counts, &view));
	return view;
}

const SampleParameter *
sample_flat_open(Datum value, const SampleStateType *type, SampleView *views)
{
	EntryList sides[SAMPLE_STATE_MAX_SIDES];
	const SampleParameter *parameters = open_lists(value, type, sides);

	for (int side = 0; side < type->n_sides; side++)
		views[side] = decode_list(type, &sides[side]);
	return parameters;
}

/* A list of several blocks as a stream. It is read to the end once, so that a fault shows here. */
static SampleStream
open_long_list(const SampleStateType *type, const EntryList *list)
{
	EntryListReader *reader = palloc(sizeof(*reader));
	SampleArrays arrays = sample_arrays(entry_list_piece(list));
	SampleStream stream;

	reader->values = arrays.values;
	reader->counts = arrays.counts;
	stream = entry_list_stream(reader, list);
	do
	{
		CHECK_FOR_INTERRUPTS();
		check_entries(type, stream.fetch(&stream));
	} while (stream.n_entries > 0);
	check_entries(type, stream.restart(&stream));
	return stream;
}

const SampleParameter *
sample_flat_open_streams(Datum value, const SampleStateType *type, SampleStream *streams)
{
	EntryList sides[SAMPLE_STATE_MAX_SIDES];
	const SampleParameter *parameters = open_lists(value, type, sides);

	for (int side = 0; side < type->n_sides; side++)
	{
		if (sides[side].n_distinct > ENTRY_BLOCK_MAX_ENTRIES)
			streams[side] = open_long_list(type, &sides[side]);
		else
		{
			SampleView view = decode_list(type, &sides[side]);

			streams[side] = sample_stream_of_view(&view);
		}
	}
	return parameters;
}

Size
sample_flat_size(const SampleStateType *type, SampleStream *streams)
{
	EcdfShape shape = shape_of(type);
	Stop stop = sample_stop();
	size_t bytes;
	SdqStatus status = ecdf_flat_measure(&shape, streams, &stop, &bytes);

	if (status.code == SDQ_TOO_LARGE || (!sdq_failed(status) && !AllocSizeIsValid(bytes)))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("value of type %s with " UINT64_FORMAT
						" observations exceeds the maximum size of 1 GB",
						type->name, streams[0].n + (type->n_sides > 1 ? streams[1].n : 0)),
				 errhint("Use fewer rows per group or round the values; inside an aggregate, set "
						 "max_parallel_workers_per_gather to 0.")));
	check_status(status);
	return bytes;
}

void
sample_flat_write(const SampleStateType *type, const SampleParameter *parameters,
				  SampleStream *streams, void *result, Size bytes)
{
	EcdfShape shape = shape_of(type);
	Stop stop = sample_stop();

	check_status(ecdf_flat_write(result, &shape, (const uint64_t *) parameters, streams, &stop));
	SET_VARSIZE(result, bytes);
}

struct varlena *
sample_flat_make(const SampleStateType *type, const SampleParameter *parameters,
				 const SampleView *views)
{
	SampleStream streams[SAMPLE_STATE_MAX_SIDES];
	struct varlena *flat;
	Size bytes;

	for (int side = 0; side < type->n_sides; side++)
		streams[side] = sample_stream_of_view(&views[side]);
	bytes = sample_flat_size(type, streams);
	flat = palloc(bytes);
	sample_flat_write(type, parameters, streams, flat, bytes);
	return flat;
}

Datum
sample_state_in(FunctionCallInfo fcinfo, const SampleStateType *type)
{
	char *text = PG_GETARG_CSTRING(0);
	EcdfShape shape = shape_of(type);
	SampleParameter parameters[SAMPLE_STATE_MAX_PARAMETERS];
	SampleView views[SAMPLE_STATE_MAX_SIDES];
	SampleArrays arrays;
	size_t n_samples;
	size_t n_entries;
	Stop stop = sample_stop();
	SdqStatus status;
	char *detail = NULL;
	const char *hint = NULL;

	sample_text_measure(text, &n_samples, &n_entries);
	arrays = sample_arrays(n_entries);
	status = sample_text_read(text, &shape, &stop, (uint64_t *) parameters, arrays.values,
							  arrays.counts, views);
	if (status.code == SDQ_BAD_DATA)
	{
		detail = sample_fault_detail(status);
		if ((EcdfFault) status.detail == ECDF_SYNTAX)
			hint = type->text_hint;
	}
	else
	{
		check_status(status);
		if (!parameters_are_valid(type, parameters))
			detail = pstrdup("The parameters are out of range.");
	}
	if (detail != NULL)
		compat_ereturn(
			fcinfo, (Datum) 0,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%.*s\"", type->name,
					pg_mbcliplen(text, (int) strnlen(text, SHOWN_TEXT + 1), SHOWN_TEXT), text),
			 errdetail_internal("%s", detail), hint != NULL ? errhint("%s", _(hint)) : 0));
	PG_RETURN_POINTER(sample_flat_make(type, parameters, views));
}

void
sample_append_number(StringInfo text, double value)
{
	char digits[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (isinf(value))
		appendStringInfoString(text, value > 0 ? "Infinity" : "-Infinity");
	else
	{
		double_to_shortest_decimal_buf(value, digits);
		appendStringInfoString(text, digits);
	}
}

bool
sample_next_piece(SampleStream *stream)
{
	CHECK_FOR_INTERRUPTS();
	if (stream->fetch == NULL)
		return false;
	check_sample_status(stream->fetch(stream));
	return stream->n_entries > 0;
}

void
sample_restart(SampleStream *stream)
{
	if (stream->restart != NULL)
		check_sample_status(stream->restart(stream));
}

void
sample_append_text(StringInfo text, SampleStream *stream)
{
	bool is_first = true;

	appendStringInfoChar(text, '{');
	do
	{
		for (size_t i = 0; i < stream->n_entries; i++)
		{
			if (i % ENTRIES_PER_CHECK == 0)
				CHECK_FOR_INTERRUPTS();
			if (!is_first)
				appendStringInfoChar(text, ',');
			is_first = false;
			sample_append_number(text, stream->values[i]);
			appendStringInfo(text, ":" UINT64_FORMAT, (uint64) stream->counts[i]);
		}
	} while (sample_next_piece(stream));
	appendStringInfoChar(text, '}');
}

Datum
sample_state_out(FunctionCallInfo fcinfo, const SampleStateType *type)
{
	SampleStream streams[SAMPLE_STATE_MAX_SIDES];
	const SampleParameter *parameters =
		sample_state_open_streams(PG_GETARG_DATUM(0), type, streams);
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
		sample_append_text(&text, &streams[side]);
	}
	if (is_list)
		appendStringInfoChar(&text, ')');
	PG_RETURN_CSTRING(text.data);
}

/* The number of entries of a stream, which is brought back to its start. */
static uint64
count_entries(SampleStream *stream)
{
	uint64 n = 0;

	do
		n += stream->n_entries;
	while (sample_next_piece(stream));
	sample_restart(stream);
	return n;
}

void
sample_send_entries(StringInfo message, SampleStream *stream)
{
	pq_sendint64(message, count_entries(stream));
	do
	{
		for (size_t i = 0; i < stream->n_entries; i++)
		{
			pq_sendfloat8(message, stream->values[i]);
			pq_sendint64(message, stream->counts[i]);
		}
	} while (sample_next_piece(stream));
}

/*
 * The binary form, in network byte order: version, sides, parameters and flags as one byte each as in
 * the flat form; the parameters as 64-bit integers; per side the number of entries as such, then each
 * value as float8 with its count as a 64-bit integer.
 */
Datum
sample_state_send(FunctionCallInfo fcinfo, const SampleStateType *type)
{
	SampleStream streams[SAMPLE_STATE_MAX_SIDES];
	const SampleParameter *parameters =
		sample_state_open_streams(PG_GETARG_DATUM(0), type, streams);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbyte(&message, ECDF_FLAT_VERSION);
	pq_sendbyte(&message, type->n_sides);
	pq_sendbyte(&message, type->n_parameters);
	pq_sendbyte(&message, 0);
	for (int i = 0; i < type->n_parameters; i++)
		pq_sendint64(&message, parameters[i].integer);
	for (int side = 0; side < type->n_sides; side++)
		sample_send_entries(&message, &streams[side]);
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

void
sample_refuse_message(const char *type_name, const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					errmsg("invalid binary representation of type %s", type_name),
					errdetail_internal("%s", detail)));
}

/* Raise what is wrong with a binary message. */
static void
refuse_message(const SampleStateType *type, SdqStatus status)
{
	if (sdq_failed(status))
		sample_refuse_message(type->name, sample_fault_detail(status));
}

/* The message's head: the parameters. */
static void
receive_head(StringInfo message, const SampleStateType *type, SampleParameter *parameters)
{
	size_t head = 4 + sizeof(int64) * type->n_parameters;
	size_t left = message->len - message->cursor;
	int version;
	int n_sides;
	int n_parameters;
	int flags;

	if (left < head)
		refuse_message(type, sdq_bad_data(ECDF_BAD_SIZE, -1, left, head));
	version = pq_getmsgbyte(message);
	n_sides = pq_getmsgbyte(message);
	n_parameters = pq_getmsgbyte(message);
	flags = pq_getmsgbyte(message);
	if (version != ECDF_FLAT_VERSION)
		refuse_message(type, sdq_bad_data(ECDF_BAD_VERSION, -1, version, ECDF_FLAT_VERSION));
	if (flags != 0)
		refuse_message(type, sdq_bad_data(ECDF_BAD_FLAGS, -1, flags, 0));
	if (n_sides != type->n_sides || n_parameters != type->n_parameters)
		refuse_message(type, sdq_bad_data(ECDF_BAD_SHAPE, -1, n_sides, type->n_sides));
	for (int i = 0; i < type->n_parameters; i++)
		parameters[i].integer = pq_getmsgint64(message);
	if (!parameters_are_valid(type, parameters))
		sample_refuse_message(type->name, "The parameters are out of range.");
}

SampleView
sample_receive_entries(StringInfo message, const char *type_name)
{
	size_t left = message->len - message->cursor;
	SampleArrays arrays;
	SampleView view = {.n = 0};
	uint64 n_entries;
	SdqStatus status = sdq_ok();

	if (left < sizeof(int64))
		sample_refuse_message(type_name, "It is cut short.");
	n_entries = (uint64) pq_getmsgint64(message);
	left -= sizeof(int64);
	/* Nothing is allocated for entries that are not there. */
	if (n_entries > left / (sizeof(float8) + sizeof(int64)))
		sample_refuse_message(type_name, "It is cut short.");
	arrays = sample_arrays(n_entries);
	for (size_t i = 0; i < n_entries; i++)
	{
		if (i % ENTRIES_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
		arrays.values[i] = pq_getmsgfloat8(message);
		arrays.counts[i] = (uint64_t) pq_getmsgint64(message);
		view.n += arrays.counts[i];
	}
	view.n_distinct = n_entries;
	view.values = arrays.values;
	view.counts = arrays.counts;
	status = ecdf_view_check(&view);
	if (sdq_failed(status))
		sample_refuse_message(type_name, sample_fault_detail(status));
	return view;
}

Datum
sample_state_recv(FunctionCallInfo fcinfo, const SampleStateType *type)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	SampleParameter parameters[SAMPLE_STATE_MAX_PARAMETERS];
	SampleView views[SAMPLE_STATE_MAX_SIDES];

	receive_head(message, type, parameters);
	for (int side = 0; side < type->n_sides; side++)
		views[side] = sample_receive_entries(message, type->name);
	if (message->cursor != message->len)
		sample_refuse_message(type->name, "It has more bytes than its entries need.");
	PG_RETURN_POINTER(sample_flat_make(type, parameters, views));
}
