/*
 * map_quality.c
 *		How well a stored map keeps the neighbors of its rows: as a whole, and row by row.
 */
#include "postgres.h"

#include "fmgr.h"

#include "core/tsne/map_quality.h"
#include "pg/arguments.h"
#include "pg/blas_library.h"
#include "pg/computation.h"
#include "pg/errors.h"
#include "pg/query_ids.h"
#include "pg/query_reader.h"
#include "pg/result.h"

/* Arguments of the forms without id_type. */
#define MAP_QUALITY_ARGUMENTS        3
#define MAP_QUALITY_POINTS_ARGUMENTS 3

PG_FUNCTION_INFO_V1(synthdq_map_quality);
PG_FUNCTION_INFO_V1(synthdq_map_quality_points);

/* One call of any of the functions. */
typedef struct QualityCall
{
	size_t k;
	QueryRows original;
	QueryRows map;
	MapQuality result; /* valid if the queries returned rows */
} QualityCall;

/* The comparison as a computation's work; the argument is a QualityCall. */
static SdqStatus
run_quality(Job *job, void *argument)
{
	QualityCall *call = argument;

	return map_quality(job, &call->original.rows, &call->map.rows, call->k, &call->result);
}

/* Check the arguments from number `first` on, read both queries and compare them. False without rows. */
static bool
perform(FunctionCallInfo fcinfo, int first, Oid id_type, Computation *computation,
		QualityCall *call)
{
	const char *original = argument_text(fcinfo, first, "original");
	const char *map = argument_text(fcinfo, first + 1, "map");
	SdqStatus status;

	call->k = argument_k(fcinfo, first + 2);
	require_blas();
	query_read_argument(computation, "original", original, id_type, &call->original);
	query_read_argument(computation, "map", map, id_type, &call->map);
	query_check_same_ids("original", &call->original, "map", &call->map);
	if (call->original.rows.n == 0)
		return false;
	status = computation_run(computation, run_quality, call);
	if (status.code == SDQ_BAD_ARGUMENT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"k\" is %zu, which is too large for %zu rows", call->k,
							   call->original.rows.n),
						errhint("Choose k less than half of the number of rows, at most %.0f here.",
								status.b)));
	check_status(status);
	return true;
}

/* (n, k, trustworthiness, continuity, preservation); NULL without rows. */
static Datum
return_quality(FunctionCallInfo fcinfo, int first, Oid id_type)
{
	Computation *computation = computation_begin();
	QualityCall call = {0};
	ResultRow row = {.n_fields = 0};
	const MapQuality *result = &call.result;

	if (!perform(fcinfo, first, id_type, computation, &call))
	{
		computation_end(computation);
		PG_RETURN_NULL();
	}
	result_row_int8(&row, (int64) result->n);
	result_row_datum(&row, Int32GetDatum((int32) result->k));
	result_row_float8(&row, result->trustworthiness);
	result_row_float8(&row, result->continuity);
	result_row_float8(&row, result->preservation);
	computation_end(computation);
	return result_row_composite(fcinfo, &row);
}

/* (id, trustworthiness, continuity, preservation) of every row. */
static Datum
return_points(FunctionCallInfo fcinfo, int first, Oid id_type)
{
	ResultSet set = result_set_begin(fcinfo);
	Computation *computation = computation_begin();
	QualityCall call = {0};
	const MapQuality *result = &call.result;

	if (perform(fcinfo, first, id_type, computation, &call))
		for (size_t i = 0; i < result->n; i++)
		{
			ResultRow row = {.n_fields = 0};

			result_row_datum(&row, call.original.ids[i]);
			result_row_float8(&row, result->row_trustworthiness[i]);
			result_row_float8(&row, result->row_continuity[i]);
			result_row_float8(&row, result->row_preservation[i]);
			result_row_put(&set, &row);
		}
	computation_end(computation);
	return (Datum) 0;
}

/* map_quality([id_type,] original, map, k) */
Datum
synthdq_map_quality(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int first = argument_skip_id_type(fcinfo, MAP_QUALITY_ARGUMENTS, &id_type);

	return return_quality(fcinfo, first, id_type);
}

/* map_quality_points([id_type,] original, map, k) */
Datum
synthdq_map_quality_points(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int first = argument_skip_id_type(fcinfo, MAP_QUALITY_POINTS_ARGUMENTS, &id_type);

	return return_points(fcinfo, first, id_type);
}
