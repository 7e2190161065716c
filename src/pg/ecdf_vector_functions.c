/*
 * ecdf_vector_functions.c
 *		Text and binary form of the type ecdf_vector, and questions to it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/memutils.h"

#include "core/sample/ecdf.h"
#include "core/sample/sample.h"
#include "core/sample/sample_text.h"
#include "pg/compat.h"
#include "pg/ecdf_vector.h"
#include "pg/errors.h"
#include "pg/result.h"
#include "pg/sample_flat.h"
#include "pg/sample_memory.h"

#include <math.h>

PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_in);
PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_out);
PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_recv);
PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_send);
PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_eq);
PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_n_positions);
PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_n);
PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_at);
PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_pooled);
PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_mean);
PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_stddev);
PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_points);

#define TYPE_NAME "ecdf_vector"

/* Longest part of a refused text that is shown. */
#define SHOWN_TEXT 64

/* A vector whose positions are read one after the other. */
typedef struct VectorReader
{
	VectorView view;
	SampleArrays arrays;
} VectorReader;

static VectorReader
open_reader(Datum value)
{
	VectorReader reader;

	ecdf_vector_open(value, &reader.view);
	reader.arrays = sample_arrays(reader.view.max_distinct);
	return reader;
}

/* The sample at a position (from 0), until the next one is read. */
static SampleView
read_position(VectorReader *reader, size_t position)
{
	SampleView sample;

	CHECK_FOR_INTERRUPTS();
	ecdf_vector_check(vector_position(&reader->view, position, reader->arrays.values,
									  reader->arrays.counts, &sample));
	return sample;
}

/* Input function: [{value:count,...},{...},...]. */
Datum
synthdq_ecdf_vector_in(PG_FUNCTION_ARGS)
{
	char *text = PG_GETARG_CSTRING(0);
	Stop stop = sample_stop();
	SampleArrays arrays;
	SampleView *samples;
	size_t n_samples;
	size_t n_entries;
	SdqStatus status;

	sample_text_measure(text, &n_samples, &n_entries);
	arrays = sample_arrays(n_entries);
	samples = palloc_extended(Max(n_samples, 1) * sizeof(SampleView), MCXT_ALLOC_HUGE);
	status =
		sample_text_read_vector(text, &stop, arrays.values, arrays.counts, samples, &n_samples);
	if (status.code == SDQ_BAD_DATA)
		compat_ereturn(
			fcinfo, (Datum) 0,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%.*s\"", TYPE_NAME,
					pg_mbcliplen(text, (int) strnlen(text, SHOWN_TEXT + 1), SHOWN_TEXT), text),
			 errdetail_internal("%s", sample_fault_detail(status)),
			 (EcdfFault) status.detail == ECDF_SYNTAX
				 ? errhint("An ecdf_vector is written [{value:count,...},...]. To build one from "
						   "text that holds arrays, cast it first: ecdf_vector(t::real[]).")
				 : 0));
	check_status(status);
	PG_RETURN_POINTER(ecdf_vector_make(samples, n_samples));
}

/* Output function. */
Datum
synthdq_ecdf_vector_out(PG_FUNCTION_ARGS)
{
	VectorReader reader = open_reader(PG_GETARG_DATUM(0));
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoChar(&text, '[');
	for (size_t i = 0; i < reader.view.n_positions; i++)
	{
		SampleView sample = read_position(&reader, i);
		SampleStream stream = sample_stream_of_view(&sample);

		if (i > 0)
			appendStringInfoChar(&text, ',');
		sample_append_text(&text, &stream);
	}
	appendStringInfoChar(&text, ']');
	PG_RETURN_CSTRING(text.data);
}

/* Send function, in network byte order: version as one byte; the number of positions as a 32-bit
 * integer; per position what sample_send_entries() writes. */
Datum
synthdq_ecdf_vector_send(PG_FUNCTION_ARGS)
{
	VectorReader reader = open_reader(PG_GETARG_DATUM(0));
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbyte(&message, VECTOR_FLAT_VERSION);
	pq_sendint32(&message, (uint32) reader.view.n_positions);
	for (size_t i = 0; i < reader.view.n_positions; i++)
	{
		SampleView sample = read_position(&reader, i);
		SampleStream stream = sample_stream_of_view(&sample);

		sample_send_entries(&message, &stream);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* Receive function. */
Datum
synthdq_ecdf_vector_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	SampleView *samples;
	size_t n_positions;
	int version = pq_getmsgbyte(message);

	if (version != VECTOR_FLAT_VERSION)
		sample_refuse_message(TYPE_NAME, psprintf("Format version %d is not known.", version));
	n_positions = (uint32) pq_getmsgint(message, sizeof(int32));
	/* Each position has a number of entries at least. */
	if (n_positions > (message->len - message->cursor) / sizeof(int64))
		sample_refuse_message(TYPE_NAME, "It is cut short.");
	samples = palloc_extended(Max(n_positions, 1) * sizeof(SampleView), MCXT_ALLOC_HUGE);
	for (size_t i = 0; i < n_positions; i++)
		samples[i] = sample_receive_entries(message, TYPE_NAME);
	if (message->cursor != message->len)
		sample_refuse_message(TYPE_NAME, "It has more bytes than its entries need.");
	PG_RETURN_POINTER(ecdf_vector_make(samples, n_positions));
}

/* a = b: the same samples at the same positions. */
Datum
synthdq_ecdf_vector_eq(PG_FUNCTION_ARGS)
{
	VectorReader a = open_reader(PG_GETARG_DATUM(0));
	VectorReader b = open_reader(PG_GETARG_DATUM(1));
	Stop stop = sample_stop();

	if (a.view.n_positions != b.view.n_positions)
		PG_RETURN_BOOL(false);
	for (size_t i = 0; i < a.view.n_positions; i++)
	{
		SampleView x = read_position(&a, i);
		SampleView y = read_position(&b, i);
		SampleStream stream_x = sample_stream_of_view(&x);
		SampleStream stream_y = sample_stream_of_view(&y);
		bool equal;

		check_sample_status(ecdf_equal(&stream_x, &stream_y, &stop, &equal));
		if (!equal)
			PG_RETURN_BOOL(false);
	}
	PG_RETURN_BOOL(true);
}

/* n_positions(ecdf_vector). */
Datum
synthdq_ecdf_vector_n_positions(PG_FUNCTION_ARGS)
{
	VectorView view;

	ecdf_vector_open(PG_GETARG_DATUM(0), &view);
	PG_RETURN_INT32((int32) view.n_positions);
}

/* Argument 1 as a position of the vector, from 0. */
static size_t
argument_position(FunctionCallInfo fcinfo, const VectorView *view)
{
	int32 position = PG_GETARG_INT32(1);

	if (position < 1 || position > view->n_positions)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("position %d is out of range for an %s of %zu positions", position,
							   TYPE_NAME, view->n_positions),
						errhint("Positions count from 1; n_positions(v) is the last one.")));
	return (size_t) position - 1;
}

/* n(ecdf_vector, position): observations at a position. */
Datum
synthdq_ecdf_vector_n(PG_FUNCTION_ARGS)
{
	VectorView view;

	ecdf_vector_open(PG_GETARG_DATUM(0), &view);
	PG_RETURN_INT64((int64) vector_position_n(&view, argument_position(fcinfo, &view)));
}

/* ecdf_at(ecdf_vector, position): the distribution at a position. */
Datum
synthdq_ecdf_vector_at(PG_FUNCTION_ARGS)
{
	VectorReader reader = open_reader(PG_GETARG_DATUM(0));
	SampleView sample = read_position(&reader, argument_position(fcinfo, &reader.view));

	PG_RETURN_POINTER(sample_flat_make(&ecdf_type, NULL, &sample));
}

/* ecdf_pooled(ecdf_vector): the distribution over all positions. */
Datum
synthdq_ecdf_vector_pooled(PG_FUNCTION_ARGS)
{
	VectorReader reader = open_reader(PG_GETARG_DATUM(0));
	SampleMemory memory = sample_context_memory(CurrentMemoryContext);
	Stop stop = sample_stop();
	Sample pooled;
	SampleView view;

	sample_init(&pooled, &memory);
	for (size_t i = 0; i < reader.view.n_positions; i++)
	{
		SampleView sample = read_position(&reader, i);

		check_sample_status(sample_add_view(&pooled, &sample, &stop));
	}
	check_sample_status(sample_view(&pooled, &stop, &view));
	if (view.n == 0)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(sample_flat_make(&ecdf_type, NULL, &view));
}

/* A number that is asked of each position. */
typedef enum Moment
{
	MEAN,
	STDDEV,
} Moment;

/* That number for each position, as a double precision[]; NULL where there are too few observations. */
static ArrayType *
array_of_moments(Datum value, Moment moment)
{
	VectorReader reader = open_reader(value);
	int n = (int) reader.view.n_positions;
	int lower_bound = 1;
	Datum *elements;
	bool *nulls;
	Stop stop = sample_stop();

	if (n == 0)
		return construct_empty_array(FLOAT8OID);
	elements = palloc_extended(n * sizeof(Datum), MCXT_ALLOC_HUGE);
	nulls = palloc_extended(n * sizeof(bool), MCXT_ALLOC_HUGE);
	for (int i = 0; i < n; i++)
	{
		SampleView sample = read_position(&reader, (size_t) i);
		SampleStream stream = sample_stream_of_view(&sample);
		EcdfMoments moments = {.mean = NAN, .stddev = NAN};

		nulls[i] = sample.n < (moment == MEAN ? 1 : 2);
		if (!nulls[i])
			check_sample_status(ecdf_moments(&stream, &stop, &moments));
		elements[i] = Float8GetDatum(moment == MEAN ? moments.mean : moments.stddev);
	}
	return construct_md_array(elements, nulls, 1, &n, &lower_bound, FLOAT8OID, sizeof(float8),
							  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}

/* mean(ecdf_vector): the mean image. */
Datum
synthdq_ecdf_vector_mean(PG_FUNCTION_ARGS)
{
	PG_RETURN_ARRAYTYPE_P(array_of_moments(PG_GETARG_DATUM(0), MEAN));
}

/* stddev(ecdf_vector): with divisor n - 1. */
Datum
synthdq_ecdf_vector_stddev(PG_FUNCTION_ARGS)
{
	PG_RETURN_ARRAYTYPE_P(array_of_moments(PG_GETARG_DATUM(0), STDDEV));
}

/* ecdf_vector_points(ecdf_vector): one row per position and distinct value, ascending. */
Datum
synthdq_ecdf_vector_points(PG_FUNCTION_ARGS)
{
	ResultSet result = result_set_begin(fcinfo);
	VectorReader reader = open_reader(PG_GETARG_DATUM(0));

	for (size_t i = 0; i < reader.view.n_positions; i++)
	{
		SampleView sample = read_position(&reader, i);
		uint64 below = 0;

		for (size_t k = 0; k < sample.n_distinct; k++)
		{
			ResultRow row = {.n_fields = 0};

			below += sample.counts[k];
			result_row_datum(&row, Int32GetDatum((int32) i + 1));
			result_row_datum(&row, Float8GetDatum(sample.values[k]));
			result_row_int8(&row, (int64) sample.counts[k]);
			result_row_float8(&row, (double) below / (double) sample.n);
			result_row_put(&result, &row);
		}
	}
	return (Datum) 0;
}
