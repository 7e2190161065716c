/*
 * covariance_functions.c
 *		Text and binary form of the type covariance, and questions to it.
 *
 * Text: number of rows, number of columns, and the rest of the flat form (core/matrix/covariance_codec.h)
 * as hexadecimal digits, from which planes and sums can be read:
 *		{n:1,d:1,sums:01000c0103180109}
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/array_reader.h"
#include "pg/compat.h"
#include "pg/covariance.h"
#include "pg/errors.h"
#include "pg/sample_memory.h"
#include "pg/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

PG_FUNCTION_INFO_V1(synthdq_covariance_in);
PG_FUNCTION_INFO_V1(synthdq_covariance_out);
PG_FUNCTION_INFO_V1(synthdq_covariance_recv);
PG_FUNCTION_INFO_V1(synthdq_covariance_send);
PG_FUNCTION_INFO_V1(synthdq_covariance_eq);
PG_FUNCTION_INFO_V1(synthdq_covariance_n);
PG_FUNCTION_INFO_V1(synthdq_covariance_n_positions);
PG_FUNCTION_INFO_V1(synthdq_covariance_mean);
PG_FUNCTION_INFO_V1(synthdq_covariance_variances);
PG_FUNCTION_INFO_V1(synthdq_covariance_matrix);

/* Longest part of a refused text that is shown. */
#define SHOWN_TEXT 64

/* ---------- text ---------- */

/* Step over the word, after spaces; false if something else stands there. */
static bool
read_word(const char **at, const char *word)
{
	size_t length = strlen(word);

	*at += strspn(*at, " \t\n\r");
	if (strncmp(*at, word, length) != 0)
		return false;
	*at += length;
	return true;
}

/* Read digits. */
static bool
read_number(const char **at, uint64 *number)
{
	char *end;

	if (!isdigit((unsigned char) **at))
		return false;
	errno = 0;
	*number = strtoull(*at, &end, 10);
	*at = end;
	return errno == 0;
}

/* The value of a hexadecimal digit, -1 if it is none. */
static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The flat form that a text stands for, not checked; NULL if it is no such text. */
static struct varlena *
read_text(const char *text)
{
	const char *at = text;
	uint64 n;
	uint64 d;
	size_t n_bytes;
	struct varlena *flat;
	unsigned char *to;

	if (!read_word(&at, "{n:") || !read_number(&at, &n) || !read_word(&at, ",d:") ||
		!read_number(&at, &d) || !read_word(&at, ",sums:") || d > PG_UINT32_MAX)
		return NULL;
	n_bytes = strspn(at, "0123456789abcdefABCDEF") / 2;
	flat = palloc(COVARIANCE_FLAT_HEADER + n_bytes);
	SET_VARSIZE(flat, COVARIANCE_FLAT_HEADER + n_bytes);
	covariance_write_header(flat, (uint32) d, n);
	to = (unsigned char *) flat + COVARIANCE_FLAT_HEADER;
	for (size_t i = 0; i < n_bytes; i++, at += 2)
		to[i] = (unsigned char) (hex_value(at[0]) << 4 | hex_value(at[1]));
	if (!read_word(&at, "}"))
		return NULL;
	return at[strspn(at, " \t\n\r")] == '\0' ? flat : NULL;
}

/* Input function. */
Datum
synthdq_covariance_in(PG_FUNCTION_ARGS)
{
	char *text = PG_GETARG_CSTRING(0);
	struct varlena *flat = read_text(text);
	Stop stop = sample_stop();
	CovarianceView view;
	SdqStatus status = sdq_ok();

	if (flat != NULL)
		status = covariance_open(flat, VARSIZE(flat), &stop, &view);
	if (flat == NULL || status.code == SDQ_BAD_DATA)
		compat_ereturn(
			fcinfo, (Datum) 0,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%.*s\"", COVARIANCE_NAME,
					pg_mbcliplen(text, (int) strnlen(text, SHOWN_TEXT + 1), SHOWN_TEXT), text),
			 flat != NULL ? errdetail_internal("%s", covariance_fault_detail(status)) : 0,
			 errhint("A covariance is made by covariance(px). To build one from text that holds "
					 "arrays, cast it first: covariance(t::real[]).")));
	check_status(status);
	PG_RETURN_POINTER(flat);
}

/* Output function. */
Datum
synthdq_covariance_out(PG_FUNCTION_ARGS)
{
	const struct varlena *flat = covariance_value_flat(PG_GETARG_DATUM(0));
	const char *body = (const char *) flat + COVARIANCE_FLAT_HEADER;
	size_t n_bytes = VARSIZE(flat) - COVARIANCE_FLAT_HEADER;
	Stop stop = sample_stop();
	CovarianceView view;
	StringInfoData text;

	covariance_check(covariance_open(flat, VARSIZE(flat), &stop, &view));
	initStringInfo(&text);
	appendStringInfo(&text, "{n:" UINT64_FORMAT ",d:%zu,sums:", (uint64) view.n, view.d);
	enlargeStringInfo(&text, (int) Min(2 * n_bytes + 1, MaxAllocSize));
	text.len += (int) hex_encode(body, n_bytes, text.data + text.len);
	appendStringInfoChar(&text, '}');
	PG_RETURN_CSTRING(text.data);
}

/* ---------- bytes ---------- */

/* Send function: the flat form without the container's length. */
Datum
synthdq_covariance_send(PG_FUNCTION_ARGS)
{
	struct varlena *flat = covariance_value_flat(PG_GETARG_DATUM(0));
	Stop stop = sample_stop();
	CovarianceView view;
	StringInfoData message;

	/* Whoever receives it would refuse it otherwise. */
	covariance_check(covariance_open(flat, VARSIZE(flat), &stop, &view));
	pq_begintypsend(&message);
	pq_sendbytes(&message, VARDATA(flat), (int) (VARSIZE(flat) - VARHDRSZ));
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* Receive function. */
Datum
synthdq_covariance_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int n_bytes = message->len - message->cursor;
	struct varlena *flat = palloc(VARHDRSZ + n_bytes);
	Stop stop = sample_stop();
	CovarianceView view;
	SdqStatus status;

	SET_VARSIZE(flat, VARHDRSZ + n_bytes);
	pq_copymsgbytes(message, VARDATA(flat), n_bytes);
	status = covariance_open(flat, VARSIZE(flat), &stop, &view);
	if (status.code == SDQ_BAD_DATA)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid binary representation of type %s", COVARIANCE_NAME),
						errdetail_internal("%s", covariance_fault_detail(status))));
	check_status(status);
	PG_RETURN_POINTER(flat);
}

/* a = b: the same sums. The flat form is canonical. */
Datum
synthdq_covariance_eq(PG_FUNCTION_ARGS)
{
	struct varlena *a = covariance_value_flat(PG_GETARG_DATUM(0));
	struct varlena *b = covariance_value_flat(PG_GETARG_DATUM(1));

	PG_RETURN_BOOL(VARSIZE(a) == VARSIZE(b) &&
				   memcmp(VARDATA(a), VARDATA(b), VARSIZE(a) - VARHDRSZ) == 0);
}

/* ---------- questions ---------- */

/* n(covariance): number of rows. */
Datum
synthdq_covariance_n(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) covariance_value_open(PG_GETARG_DATUM(0))->n);
}

/* n_positions(covariance): number of elements of a row. */
Datum
synthdq_covariance_n_positions(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) covariance_value_open(PG_GETARG_DATUM(0))->d);
}

/* mean(covariance): the mean at each position. */
Datum
synthdq_covariance_mean(PG_FUNCTION_ARGS)
{
	const Covariance *covariance = covariance_value_open(PG_GETARG_DATUM(0));
	double *mean = palloc(covariance->d * sizeof(double));

	covariance_mean(covariance, mean);
	PG_RETURN_ARRAYTYPE_P(make_float8_array(mean, covariance->d));
}

/* variances(covariance): the diagonal of the matrix. */
Datum
synthdq_covariance_variances(PG_FUNCTION_ARGS)
{
	const Covariance *covariance = covariance_value_open(PG_GETARG_DATUM(0));
	double *variances;

	if (covariance->n < 2)
		PG_RETURN_NULL();
	variances = palloc(covariance->d * sizeof(double));
	covariance_check(covariance_variances(covariance, variances));
	PG_RETURN_ARRAYTYPE_P(make_float8_array(variances, covariance->d));
}

/* covariance_matrix(covariance): with divisor n - 1. */
Datum
synthdq_covariance_matrix(PG_FUNCTION_ARGS)
{
	const Covariance *covariance = covariance_value_open(PG_GETARG_DATUM(0));
	Stop stop = sample_stop();
	double *matrix;

	if (covariance->n < 2)
		PG_RETURN_NULL();
	/* At most 2^28 numbers. */
	matrix = palloc_extended(covariance->d * covariance->d * sizeof(double), MCXT_ALLOC_HUGE);
	covariance_check(covariance_matrix(covariance, &stop, matrix));
	PG_RETURN_ARRAYTYPE_P(make_float8_matrix(matrix, covariance->d, covariance->d));
}
