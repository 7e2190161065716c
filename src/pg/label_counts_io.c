/*
 * label_counts_io.c
 *		The type label_counts as text and as bytes.
 *
 * Text: the entries, strings in double quotes, with a backslash before a quote or a backslash:
 *		("cat","f",12) ("cat","t",9) ("dog","f",3)
 *
 * The text and the bytes of recv are hostile. They may come in any order, since another encoding may sort
 * differently; the value is built from them pair by pair.
 */
#include "pg/label_counts.h"

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "pg/compat.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#define BINARY_VERSION 1
#define SMALLEST_ENTRY 16 /* bytes of two sizes and a count */

/* Entries between two looks for interrupts. */
#define INTERRUPT_INTERVAL 4096

PG_FUNCTION_INFO_V1(synthdq_label_counts_in);
PG_FUNCTION_INFO_V1(synthdq_label_counts_out);
PG_FUNCTION_INFO_V1(synthdq_label_counts_recv);
PG_FUNCTION_INFO_V1(synthdq_label_counts_send);

/* Append a string in quotes. */
static void
append_quoted(StringInfo out, LabelText text)
{
	appendStringInfoChar(out, '"');
	for (size_t i = 0; i < text.size; i++)
	{
		if (text.bytes[i] == '"' || text.bytes[i] == '\\')
			appendStringInfoChar(out, '\\');
		appendStringInfoChar(out, text.bytes[i]);
	}
	appendStringInfoChar(out, '"');
}

/*
 * label_counts_out(label_counts)
 *		The text form described at the head of this file.
 */
Datum
synthdq_label_counts_out(PG_FUNCTION_ARGS)
{
	size_t n;
	LabelCount *pairs = label_counts_open(PG_GETARG_DATUM(0), &n);
	StringInfoData out;

	initStringInfo(&out);
	for (size_t i = 0; i < n; i++)
	{
		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&out, i == 0 ? "(" : " (");
		append_quoted(&out, pairs[i].label);
		appendStringInfoChar(&out, ',');
		append_quoted(&out, pairs[i].source);
		appendStringInfo(&out, "," INT64_FORMAT ")", pairs[i].count);
	}
	PG_RETURN_CSTRING(out.data);
}

/* Step over a character, after spaces; false if another stands there. */
static bool
read_char(const char **at, char expected)
{
	*at += strspn(*at, " \t\n\r");
	if (**at != expected)
		return false;
	(*at)++;
	return true;
}

/* Read a string in quotes into a buffer, which has room for it. */
static bool
read_quoted(const char **at, char **buffer, LabelText *text)
{
	if (!read_char(at, '"'))
		return false;
	text->bytes = *buffer;
	while (**at != '"')
	{
		/* Multibyte characters of server encodings contain neither byte. */
		if (**at == '\\')
			(*at)++;
		if (**at == '\0')
			return false;
		*(*buffer)++ = *(*at)++;
	}
	text->size = (size_t) (*buffer - text->bytes);
	(*at)++;
	return true;
}

/* Read a count: digits, at least 1, that fit. */
static bool
read_count(const char **at, int64 *count)
{
	char *end;

	*at += strspn(*at, " \t\n\r");
	if (!isdigit((unsigned char) **at))
		return false;
	errno = 0;
	*count = strtoll(*at, &end, 10);
	if (errno != 0 || *count < 1)
		return false;
	*at = end;
	return true;
}

/*
 * label_counts_in(cstring)
 *		Reads the text form, in any order of entries.
 */
Datum
synthdq_label_counts_in(PG_FUNCTION_ARGS)
{
	const char *text = PG_GETARG_CSTRING(0);
	const char *at = text;
	char *buffer = palloc_extended(strlen(text) + 1, MCXT_ALLOC_HUGE);
	LabelCounts *state = label_counts_create(fcinfo);
	size_t n = 0;

	for (at += strspn(at, " \t\n\r"); *at != '\0'; at += strspn(at, " \t\n\r"))
	{
		char *keys = buffer;
		LabelCount pair;

		if (!read_char(&at, '(') || !read_quoted(&at, &keys, &pair.label) || !read_char(&at, ',') ||
			!read_quoted(&at, &keys, &pair.source) || !read_char(&at, ',') ||
			!read_count(&at, &pair.count) || !read_char(&at, ')'))
			compat_ereturn(fcinfo, (Datum) 0,
						   (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
							errmsg("invalid input syntax for type %s", LABEL_COUNTS_NAME),
							errdetail("Unexpected text at character %d.", (int) (at - text) + 1)));
		if (!label_counts_add(state, &pair))
			compat_ereturn(fcinfo, (Datum) 0,
						   (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
							errmsg("invalid input syntax for type %s", LABEL_COUNTS_NAME),
							errdetail("A label occurs twice in one source, before character %d.",
									  (int) (at - text) + 1)));
		if (++n % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
	}
	PG_RETURN_DATUM(label_counts_flat_datum(state));
}

/* Send a string in the client's encoding, its size before it. */
static void
send_text(StringInfo out, LabelText text)
{
	char *converted = pg_server_to_client(text.bytes, (int) text.size);
	int size = converted == text.bytes ? (int) text.size : (int) strlen(converted);

	pq_sendint32(out, size);
	pq_sendbytes(out, converted, size);
	if (converted != text.bytes)
		pfree(converted);
}

/*
 * label_counts_send(label_counts)
 *		Version, number of entries; of each label and source as text, and the count.
 */
Datum
synthdq_label_counts_send(PG_FUNCTION_ARGS)
{
	size_t n;
	LabelCount *pairs = label_counts_open(PG_GETARG_DATUM(0), &n);
	StringInfoData out;

	pq_begintypsend(&out);
	pq_sendint32(&out, BINARY_VERSION);
	pq_sendint64(&out, (int64) n);
	for (size_t i = 0; i < n; i++)
	{
		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		send_text(&out, pairs[i].label);
		send_text(&out, pairs[i].source);
		pq_sendint64(&out, pairs[i].count);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&out));
}

/* Refuse received bytes; does not return. */
static _Noreturn void
bad_bytes(const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					errmsg("invalid binary value for type %s", LABEL_COUNTS_NAME),
					errdetail("%s", detail)));
}

/* A text of the message, converted to the server's encoding and valid in it. */
static LabelText
receive_text(StringInfo in)
{
	int raw_size = (int) pq_getmsgint(in, 4);
	int size;
	char *bytes;

	if (raw_size < 0 || raw_size > in->len - in->cursor)
		bad_bytes("A text is longer than the value.");
	bytes = pq_getmsgtext(in, raw_size, &size);
	return (LabelText){.bytes = bytes, .size = (size_t) size};
}

/*
 * label_counts_recv(internal)
 *		Reads what send wrote, and believes none of it.
 */
Datum
synthdq_label_counts_recv(PG_FUNCTION_ARGS)
{
	StringInfo in = (StringInfo) PG_GETARG_POINTER(0);
	LabelCounts *state = label_counts_create(fcinfo);
	int64 n;

	if (pq_getmsgint(in, 4) != BINARY_VERSION)
		bad_bytes("The version is unknown.");
	n = pq_getmsgint64(in);
	if (n < 0 || n > (in->len - in->cursor) / SMALLEST_ENTRY)
		bad_bytes("The number of labels does not fit the length.");
	for (int64 i = 0; i < n; i++)
	{
		LabelCount pair;

		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		pair.label = receive_text(in);
		pair.source = receive_text(in);
		pair.count = pq_getmsgint64(in);
		if (pair.count < 1)
			bad_bytes("A count is not positive.");
		if (!label_counts_add(state, &pair))
			bad_bytes("A label occurs twice in one source.");
		/* They are copies, and there may be many. */
		pfree((char *) pair.label.bytes);
		pfree((char *) pair.source.bytes);
	}
	pq_getmsgend(in);
	PG_RETURN_DATUM(label_counts_flat_datum(state));
}
