/*
 * tsne_place.c
 *		tsne_place(reference, query, ...): rows placed in the map of others.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include <math.h>

#include "core/matrix/knn.h"
#include "core/tsne/place.h"
#include "pg/arguments.h"
#include "pg/blas_library.h"
#include "pg/computation.h"
#include "pg/errors.h"
#include "pg/query_ids.h"
#include "pg/query_reader.h"
#include "pg/result.h"

/* Arguments of the form without id_type. */
#define TSNE_PLACE_ARGUMENTS 4

PG_FUNCTION_INFO_V1(synthdq_tsne_place);

/* One call. */
typedef struct PlaceCall
{
	PlaceOptions options;
	QueryRows reference;
	double *map; /* [reference.rows.n][2] */
	QueryRows query;
	Placement result;
} PlaceCall;

/* The core's part; the argument is a PlaceCall. */
static SdqStatus
run_place(Job *job, void *argument)
{
	PlaceCall *call = argument;

	return tsne_place(job, &call->reference.rows, call->map, &call->query.rows, &call->options,
					  &call->result);
}

/* An error unless a column behind the array holds floating-point numbers. */
static void
check_column_type(const QueryColumn *column)
{
	if (column->type != FLOAT4OID && column->type != FLOAT8OID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("column %s of argument \"reference\" has type %s, but must be "
							   "real or double precision",
							   column->name, format_type_be(column->type)),
						errhint("Return (id, array, x, y), x and y being the row's place in the "
								"map.")));
}

/* The coordinate of a row. */
static double
read_coordinate(const QueryColumn *column, const QueryRows *rows, size_t row)
{
	Datum datum = column->values[row];
	double value =
		column->type == FLOAT4OID ? (double) DatumGetFloat4(datum) : DatumGetFloat8(datum);

	/* Written so that NaN fails. */
	if (!(fabs(value) <= PLACE_MAX_COORDINATE))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("%s of row with id %s of argument \"reference\" is %s", column->name,
							   id_text(rows->id_type, rows->ids[row]), float8out_internal(value)),
						errhint("Coordinates must be finite, and of a magnitude of at most %g.",
								PLACE_MAX_COORDINATE)));
	return value;
}

/* Read the reference, whose third and fourth columns are the map. */
static void
read_reference(Computation *computation, const char *query, Oid id_type, PlaceCall *call)
{
	QueryColumn columns[2] = {{.name = "x"}, {.name = "y"}};

	query_read_argument_columns(computation, "reference", query, id_type, columns, 2,
								&call->reference);
	for (int d = 0; d < 2; d++)
		check_column_type(&columns[d]);
	call->map = arena_alloc(computation->job.arena, call->reference.rows.n, 2 * sizeof(double));
	if (call->map == NULL)
		check_status(arena_failure(computation->job.arena));
	for (size_t i = 0; i < call->reference.rows.n; i++)
		for (int d = 0; d < 2; d++)
			call->map[2 * i + (size_t) d] = read_coordinate(&columns[d], &call->reference, i);
}

/* Raise what the core found wrong. */
static void
check_place(SdqStatus status)
{
	if (status.code == SDQ_BAD_ARGUMENT && status.detail == PLACE_FEW_ROWS)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"reference\" returned %.0f rows with a place in the map, "
							   "but at least %.0f are needed",
							   status.a, status.b),
						errhint("Return (id, array, x, y) of all rows of the map.")));
	check_status(status);
}

/* Do the computation; there are rows to place. */
static void
place_rows(Computation *computation, PlaceCall *call)
{
	const RowStore *reference = &call->reference.rows;

	if (reference->n > 0)
	{
		query_check_same_length("query", &call->query, "reference", &call->reference);
		if (knn_needs_blas(&call->query.rows, reference) ||
			(call->options.pca > 0 && reference->d > call->options.pca))
			require_blas();
	}
	check_place(computation_run(computation, run_place, call));
}

/* (id, x, y, distance, distance_rank) of every new row. */
static void
put_places(ResultSet *set, const PlaceCall *call)
{
	const Placement *result = &call->result;

	for (size_t i = 0; i < result->n; i++)
	{
		ResultRow row = {.n_fields = 0};

		result_row_datum(&row, call->query.ids[i]);
		for (size_t d = 0; d < 2; d++)
			result_row_float8(&row, result->y[2 * i + d]);
		result_row_float8(&row, result->distance[i]);
		result_row_float8(&row, result->distance_rank[i]);
		result_row_put(set, &row);
	}
}

/* tsne_place([id_type,] reference, query, perplexity, pca) */
Datum
synthdq_tsne_place(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int first = argument_skip_id_type(fcinfo, TSNE_PLACE_ARGUMENTS, &id_type);
	ResultSet set = result_set_begin(fcinfo);
	const char *reference = argument_text(fcinfo, first, "reference");
	const char *query = argument_text(fcinfo, first + 1, "query");
	PlaceCall call = {
		.options = {.perplexity = argument_perplexity(fcinfo, first + 2, PLACE_MAX_PERPLEXITY),
					.pca = (size_t) argument_int(fcinfo, first + 3, "pca", 0, PG_INT32_MAX)}};
	Computation *computation = computation_begin();

	read_reference(computation, reference, id_type, &call);
	query_read_argument(computation, "query", query, id_type, &call.query);
	if (call.query.rows.n > 0)
	{
		place_rows(computation, &call);
		put_places(&set, &call);
	}
	computation_end(computation);
	return (Datum) 0;
}
