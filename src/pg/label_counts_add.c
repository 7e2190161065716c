/*
 * label_counts_add.c
 *		The transition functions of the aggregates over pairs of labels, one for each pair of types.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/compat.h"
#include "pg/label_counts.h"
#include "pg/sample_state.h"

PG_FUNCTION_INFO_V1(synthdq_label_counts_add_text_flag);
PG_FUNCTION_INFO_V1(synthdq_label_counts_add_text_text);
PG_FUNCTION_INFO_V1(synthdq_label_counts_add_int8_flag);
PG_FUNCTION_INFO_V1(synthdq_label_counts_add_int8_text);
PG_FUNCTION_INFO_V1(synthdq_label_counts_add_text_int8);
PG_FUNCTION_INFO_V1(synthdq_label_counts_add_int8_int8);

/* Room for a bigint in digits. */
#define MAX_INT8_LENGTH 24

/* The bytes of a text argument. */
static LabelText
argument_label(FunctionCallInfo fcinfo, int i)
{
	text *value = PG_GETARG_TEXT_PP(i);

	return (LabelText){.bytes = VARDATA_ANY(value), .size = VARSIZE_ANY_EXHDR(value)};
}

/* A bigint argument in digits, which the buffer takes. */
static LabelText
argument_number(FunctionCallInfo fcinfo, int i, char *buffer)
{
	pg_lltoa(PG_GETARG_INT64(i), buffer);
	return (LabelText){.bytes = buffer, .size = strlen(buffer)};
}

/* A boolean argument as PostgreSQL prints it: f for the real side, t for the synthetic one. */
static LabelText
argument_flag(FunctionCallInfo fcinfo, int i)
{
	return (LabelText){.bytes = PG_GETARG_BOOL(i) ? "t" : "f", .size = 1};
}

/* Count a pair once more. */
static Datum
count_pair(FunctionCallInfo fcinfo, LabelText label, LabelText source)
{
	LabelCounts *state = label_counts_for_update(fcinfo);

	label_counts_add(state, &(LabelCount){.label = label, .source = source, .count = 1});
	return label_counts_datum(state);
}

/* label_counts_add(state, label text, is_synthetic boolean). */
Datum
synthdq_label_counts_add_text_flag(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return sample_state_unchanged(fcinfo);
	return count_pair(fcinfo, argument_label(fcinfo, 1), argument_flag(fcinfo, 2));
}

/* label_counts_add(state, label text, source text). */
Datum
synthdq_label_counts_add_text_text(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return sample_state_unchanged(fcinfo);
	return count_pair(fcinfo, argument_label(fcinfo, 1), argument_label(fcinfo, 2));
}

/* label_counts_add(state, label bigint, is_synthetic boolean). */
Datum
synthdq_label_counts_add_int8_flag(PG_FUNCTION_ARGS)
{
	char buffer[MAX_INT8_LENGTH];

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return sample_state_unchanged(fcinfo);
	return count_pair(fcinfo, argument_number(fcinfo, 1, buffer), argument_flag(fcinfo, 2));
}

/* label_counts_add(state, label bigint, source text). */
Datum
synthdq_label_counts_add_int8_text(PG_FUNCTION_ARGS)
{
	char buffer[MAX_INT8_LENGTH];

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return sample_state_unchanged(fcinfo);
	return count_pair(fcinfo, argument_number(fcinfo, 1, buffer), argument_label(fcinfo, 2));
}

/* label_counts_add(state, label text, cluster bigint). */
Datum
synthdq_label_counts_add_text_int8(PG_FUNCTION_ARGS)
{
	char buffer[MAX_INT8_LENGTH];

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return sample_state_unchanged(fcinfo);
	return count_pair(fcinfo, argument_label(fcinfo, 1), argument_number(fcinfo, 2, buffer));
}

/* label_counts_add(state, label bigint, cluster bigint). */
Datum
synthdq_label_counts_add_int8_int8(PG_FUNCTION_ARGS)
{
	char label[MAX_INT8_LENGTH];
	char cluster[MAX_INT8_LENGTH];

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return sample_state_unchanged(fcinfo);
	return count_pair(fcinfo, argument_number(fcinfo, 1, label),
					  argument_number(fcinfo, 2, cluster));
}
