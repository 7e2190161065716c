/*
 * tsne_point_kl.c
 *		tsne_point_kl(query, map, ...): which rows of a map lie badly.
 */
#include "postgres.h"

#include "fmgr.h"

#include <math.h>

#include "core/tsne/field_exact.h"
#include "core/tsne/point_kl.h"
#include "pg/affinity_errors.h"
#include "pg/arguments.h"
#include "pg/blas_library.h"
#include "pg/computation.h"
#include "pg/errors.h"
#include "pg/query_ids.h"
#include "pg/query_reader.h"
#include "pg/result.h"

/* Arguments of the form without id_type. */
#define POINT_KL_ARGUMENTS 4

PG_FUNCTION_INFO_V1(synthdq_tsne_point_kl);

/* One call. */
typedef struct PointKlCall
{
	AffinityOptions options;
	QueryRows rows;
	QueryRows map;
	double *coordinates; /* [rows.n][map's columns] */
	double *kl;          /* [rows.n] */
} PointKlCall;

/* The core's part; the argument is a PointKlCall. */
static SdqStatus
run_point_kl(Job *job, void *argument)
{
	PointKlCall *call = argument;

	return point_kl(job, &call->rows.rows, call->coordinates, (int) call->map.rows.d,
					&call->options, call->kl);
}

/* Check the map and copy it. */
static void
copy_map(Computation *computation, PointKlCall *call)
{
	const RowStore *map = &call->map.rows;

	if (map->d > MAP_MAX_DIMS)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("the query of argument \"map\" returns arrays of %zu elements, but "
							   "a map has at most %d dimensions",
							   map->d, MAP_MAX_DIMS),
						errhint("Return (id, ARRAY[x, y]).")));
	call->coordinates = arena_alloc(&computation->arena, map->n, map->d * sizeof(double));
	call->kl = arena_alloc(&computation->arena, map->n, sizeof(double));
	if (call->coordinates == NULL || call->kl == NULL)
		check_status(arena_failure(&computation->arena));
	for (size_t i = 0; i < map->n; i++)
	{
		double *row = call->coordinates + i * map->d;

		row_store_read_exact(map, i, row);
		for (size_t d = 0; d < map->d; d++)
			if (fabs(row[d]) > POINT_KL_MAX_COORDINATE)
				ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
								errmsg("row with id %s of argument \"map\" has the coordinate %g",
									   id_text(call->map.id_type, call->map.ids[i]), row[d]),
								errhint("Coordinates lie between -%g and %g.",
										POINT_KL_MAX_COORDINATE, POINT_KL_MAX_COORDINATE)));
	}
}

/* (id, kl) of every row. */
static void
put_points(ResultSet *set, const PointKlCall *call)
{
	for (size_t i = 0; i < call->rows.rows.n; i++)
	{
		ResultRow row = {.n_fields = 0};

		result_row_datum(&row, call->rows.ids[i]);
		result_row_float8(&row, call->kl[i]);
		result_row_put(set, &row);
	}
}

/* tsne_point_kl([id_type,] query, map, perplexity, pca) */
Datum
synthdq_tsne_point_kl(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int first = argument_skip_id_type(fcinfo, POINT_KL_ARGUMENTS, &id_type);
	ResultSet set = result_set_begin(fcinfo);
	const char *query = argument_text(fcinfo, first, "query");
	const char *map = argument_text(fcinfo, first + 1, "map");
	PointKlCall call = {
		.options = {.perplexity = argument_perplexity(fcinfo, first + 2, MAX_PERPLEXITY),
					.pca = (size_t) argument_int(fcinfo, first + 3, "pca", 0, PG_INT32_MAX)}};
	Computation *computation = computation_begin();

	require_blas();
	query_read_argument(computation, "query", query, id_type, &call.rows);
	query_read_argument(computation, "map", map, id_type, &call.map);
	query_check_same_ids("query", &call.rows, "map", &call.map);
	if (call.rows.rows.n > 0)
	{
		copy_map(computation, &call);
		check_affinities(computation_run(computation, run_point_kl, &call), call.rows.rows.n);
		put_points(&set, &call);
	}
	computation_end(computation);
	return (Datum) 0;
}
