/*
 * ecdf_json.c
 *		Distributions as json, for whoever inspects or plots them elsewhere.
 *
 * An ecdf is {"n": 5, "values": [0, 1.5, "Infinity"], "counts": [1, 3, 1]}, with as many counts as
 * values; JSON has no infinities, so they are strings. An ecdf_vector is
 * {"n_positions": 2, "positions": [ecdf, ecdf]}. Numbers are the shortest decimals that read back exactly.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "pg/ecdf_vector.h"
#include "pg/sample_flat.h"
#include "pg/sample_memory.h"

#include <math.h>

PG_FUNCTION_INFO_V1(synthdq_ecdf_json);
PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_json);

/* Entries written between two looks at the interrupts. */
#define ENTRIES_PER_CHECK 4096

/* Append the values of the piece at hand; *separator is what precedes the next one. */
static void
append_values(StringInfo json, const SampleStream *stream, const char **separator)
{
	for (size_t i = 0; i < stream->n_entries; i++)
	{
		double value = stream->values[i];
		const char *quote = isinf(value) ? "\"" : "";

		appendStringInfo(json, "%s%s", *separator, quote);
		sample_append_number(json, value);
		appendStringInfoString(json, quote);
		*separator = ", ";
		if (i % ENTRIES_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

/* Append the counts of the piece at hand. */
static void
append_counts(StringInfo json, const SampleStream *stream, const char **separator)
{
	for (size_t i = 0; i < stream->n_entries; i++)
	{
		appendStringInfo(json, "%s" UINT64_FORMAT, *separator, (uint64) stream->counts[i]);
		*separator = ", ";
		if (i % ENTRIES_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

/* Append one sample, from the start of its stream. */
static void
append_sample(StringInfo json, SampleStream *stream)
{
	const char *separator = "";

	appendStringInfo(json, "{\"n\": " UINT64_FORMAT ", \"values\": [", (uint64) stream->n);
	do
		append_values(json, stream, &separator);
	while (sample_next_piece(stream));
	sample_restart(stream);
	appendStringInfoString(json, "], \"counts\": [");
	separator = "";
	do
		append_counts(json, stream, &separator);
	while (sample_next_piece(stream));
	appendStringInfoString(json, "]}");
}

/* A finished text. */
static Datum
text_datum(StringInfo text)
{
	return PointerGetDatum(cstring_to_text_with_len(text->data, text->len));
}

/* ecdf_json(ecdf): the cast to json. */
Datum
synthdq_ecdf_json(PG_FUNCTION_ARGS)
{
	SampleStream stream;
	StringInfoData json;

	sample_state_open_streams(PG_GETARG_DATUM(0), &ecdf_type, &stream);
	initStringInfo(&json);
	append_sample(&json, &stream);
	return text_datum(&json);
}

/* ecdf_vector_json(ecdf_vector): the cast to json. */
Datum
synthdq_ecdf_vector_json(PG_FUNCTION_ARGS)
{
	VectorView view;
	SampleArrays arrays;
	StringInfoData json;

	ecdf_vector_open(PG_GETARG_DATUM(0), &view);
	arrays = sample_arrays(view.max_distinct);
	initStringInfo(&json);
	appendStringInfo(&json, "{\"n_positions\": %zu, \"positions\": [", view.n_positions);
	for (size_t i = 0; i < view.n_positions; i++)
	{
		SampleView sample;
		SampleStream stream;

		ecdf_vector_check(vector_position(&view, i, arrays.values, arrays.counts, &sample));
		stream = sample_stream_of_view(&sample);
		if (i > 0)
			appendStringInfoString(&json, ", ");
		append_sample(&json, &stream);
	}
	appendStringInfoString(&json, "]}");
	return text_datum(&json);
}
