/*
 * kmeans_fit.c
 *		The procedure kmeans_fit(): k-means of a table of any size, by passes of kmeans_step().
 *
 * The procedure is a loop over queries, and nothing of the rows is kept here: each pass runs through SPI, read-only,
 * with the caller's rights and one snapshot for all, and may have a parallel plan. The
 * extension's own functions are named with their schema, whatever the search_path is.
 *
 * The centres to begin with are those of kmeans_centers() over a sample: the rows whose ids have the smallest hashes.
 * That is as good as random, and depends neither on the order of rows nor on the plan, as a LIMIT alone and
 * TABLESAMPLE would. Where there are no ids the arrays are hashed, and since equal arrays have equal hashes, a
 * first copy of each comes before all second ones; otherwise all copies of a few would make up the sample.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"

#include "pg/arguments.h"
#include "pg/result.h"
#include "pg/settings.h"

#include <float.h>

/* Arguments of kmeans_fit, INOUT ones included. */
enum
{
	ARGUMENT_QUERY,
	ARGUMENT_K,
	ARGUMENT_CENTERS,
	ARGUMENT_SIZES,
	ARGUMENT_INERTIA,
	ARGUMENT_ITERATIONS,
	ARGUMENT_CONVERGED,
	ARGUMENT_MAX_ITER,
	ARGUMENT_TOL,
	ARGUMENT_SAMPLE,
	ARGUMENT_SEED,
};

/* Columns of a pass. */
enum
{
	STEP_CENTERS = 1,
	STEP_SIZES,
	STEP_INERTIA,
	STEP_MOVED,
	STEP_VARIANCE,
};

PG_FUNCTION_INFO_V1(synthdq_kmeans_fit);

/* One call. */
typedef struct FitCall
{
	MemoryContext context; /* of results, outside of SPI */
	const char *schema;    /* of the extension, quoted */
	bool has_ids;
	char *from; /* the query as an item of FROM with columns px and, if it has ids, id */
	SPIPlanPtr step;
	Datum centers; /* real[]; in the context */
	Datum sizes;   /* bigint[]; likewise */
	double inertia;
	double moved;
	double variance;
} FitCall;

/* A copy of an array of the current result of SPI, in the call's context. */
static Datum
keep_array(FitCall *call, Datum array)
{
	MemoryContext caller = MemoryContextSwitchTo(call->context);
	Datum copy = datumCopy(array, false, -1);

	MemoryContextSwitchTo(caller);
	return copy;
}

/* Prepare a read-only statement that may run in parallel. */
static SPIPlanPtr
prepare(const char *sql, int n_arguments, Oid *types)
{
	SPIPlanPtr plan = SPI_prepare_cursor(sql, n_arguments, types, CURSOR_OPT_PARALLEL_OK);

	if (plan == NULL)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("could not prepare the query: %s",
															  SPI_result_code_string(SPI_result))));
	return plan;
}

/* Put the query into call->from, in parentheses and with names for its columns: (array) or (id, array). */
static void
take_query(FitCall *call, char *query)
{
	SPIPlanPtr plan = prepare(query, 0, NULL);
	CachedPlanSource *source;
	size_t length = strlen(query);
	int n_columns;

	if (!SPI_is_cursor_plan(plan))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the query must be a single statement that returns rows"),
						errhint("Write one SELECT that returns (array) or (id, array).")));
	source = (CachedPlanSource *) linitial(SPI_plan_get_plan_sources(plan));
	n_columns = source->resultDesc->natts;
	if (n_columns != 1 && n_columns != 2)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the query returns %d columns", n_columns),
						errhint("Return (array) or (id, array).")));
	SPI_freeplan(plan);
	while (length > 0 && strchr("; \t\r\n", query[length - 1]) != NULL)
		query[--length] = '\0';
	/* The line break ends a comment. */
	call->has_ids = n_columns == 2;
	call->from = psprintf("(%s\n) AS q (%s)", query, call->has_ids ? "id, px" : "px");
}

/* Execute a plan with one argument that returns one row. */
static HeapTuple
execute_single(SPIPlanPtr plan, Datum argument)
{
	int code = SPI_execute_plan(plan, &argument, NULL, true, 0);

	if (code != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not execute the query: %s", SPI_result_code_string(code));
	return SPI_tuptable->vals[0];
}

/* Find centres to begin with; false if the query has no rows. */
static bool
find_first_centers(FitCall *call, int k, int sample, int64 seed)
{
	char *order =
		psprintf(call->has_ids ? "pg_catalog.hashtextextended(q.id::pg_catalog.text, '" INT64_FORMAT
								 "'), q.id, q.px"
							   : "pg_catalog.row_number() OVER (PARTITION BY q.px), "
								 "pg_catalog.hash_array_extended(q.px, '" INT64_FORMAT "'), q.px",
				 seed);
	char *sampled = psprintf("SELECT q.px FROM %s WHERE q.px IS NOT NULL ORDER BY %s LIMIT %d",
							 call->from, order, sample);
	char *sql = psprintf("SELECT pg_catalog.array_agg(c.center ORDER BY c.cluster) FROM "
						 "%s.kmeans_centers(%s::pg_catalog.text, %d, n_init => 1, seed => $1) AS c",
						 call->schema, quote_literal_cstr(sampled), k);
	HeapTuple row = execute_single(prepare(sql, 1, (Oid[]){INT8OID}), Int64GetDatum(seed));
	bool is_null;
	Datum centers = SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &is_null);

	if (!is_null)
		call->centers = keep_array(call, centers);
	SPI_freetuptable(SPI_tuptable);
	return !is_null;
}

/* Go over all rows once. What they say about call->centers is put there, and new centres are returned; false if
 * there are no rows. */
static bool
pass(FitCall *call, Datum *centers)
{
	HeapTuple row = execute_single(call->step, call->centers);
	TupleDesc descriptor = SPI_tuptable->tupdesc;
	bool is_null;
	Datum value = SPI_getbinval(row, descriptor, STEP_CENTERS, &is_null);

	if (is_null)
		return false;
	*centers = keep_array(call, value);
	call->sizes = keep_array(call, SPI_getbinval(row, descriptor, STEP_SIZES, &is_null));
	call->inertia = DatumGetFloat8(SPI_getbinval(row, descriptor, STEP_INERTIA, &is_null));
	call->moved = DatumGetFloat8(SPI_getbinval(row, descriptor, STEP_MOVED, &is_null));
	call->variance = DatumGetFloat8(SPI_getbinval(row, descriptor, STEP_VARIANCE, &is_null));
	SPI_freetuptable(SPI_tuptable);
	return true;
}

/* Iterate until nothing moves any more, or hardly; false if there are no rows. */
static bool
iterate(FitCall *call, int max_iter, double tol, int *iterations, bool *converged)
{
	Datum centers;

	*converged = false;
	for (*iterations = 0; *iterations < max_iter && !*converged; ++*iterations)
	{
		if (!pass(call, &centers))
			return false;
		if (settings_progress())
			ereport(NOTICE, (errmsg("kmeans_fit: pass %d, inertia %.6g, moved %.6g",
									*iterations + 1, call->inertia, call->moved)));
		*converged = call->moved <= tol * call->variance;
		pfree(DatumGetPointer(call->centers));
		call->centers = centers;
	}
	/* Sizes and inertia are those of the centres that are returned. */
	if (call->moved > 0)
	{
		if (!pass(call, &centers))
			return false;
		pfree(DatumGetPointer(centers));
	}
	return true;
}

/* kmeans_fit(query, INOUT centers, INOUT sizes, INOUT inertia, INOUT iterations, INOUT converged, k, max_iter,
 * tol, sample, seed) */
Datum
synthdq_kmeans_fit(PG_FUNCTION_ARGS)
{
	char *query = argument_text(fcinfo, ARGUMENT_QUERY, "query");
	int max_iter = argument_int(fcinfo, ARGUMENT_MAX_ITER, "max_iter", 1, PG_INT32_MAX);
	double tol = argument_double(fcinfo, ARGUMENT_TOL, "tol", 0, DBL_MAX);
	int sample = argument_int(fcinfo, ARGUMENT_SAMPLE, "sample", 1, PG_INT32_MAX);
	int64 seed = argument_bigint(fcinfo, ARGUMENT_SEED, "seed");
	bool is_begun = !PG_ARGISNULL(ARGUMENT_CENTERS);
	FitCall call = {.context = CurrentMemoryContext};
	int k = 0;
	int iterations = 0;
	bool converged = false;
	bool has_rows;

	if (is_begun == !PG_ARGISNULL(ARGUMENT_K))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("exactly one of the arguments \"k\" and \"centers\" must be given"),
						errhint("Pass k, a number of clusters, or the centers to begin with.")));
	if (is_begun)
		call.centers =
			datumCopy(PointerGetDatum(PG_GETARG_ARRAYTYPE_P(ARGUMENT_CENTERS)), false, -1);
	else
		k = (int) argument_k(fcinfo, ARGUMENT_K);
	call.schema = quote_identifier(get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid)));

	SPI_connect();
	take_query(&call, query);
	call.step =
		prepare(psprintf("SELECT (s).centers, (s).sizes, (s).inertia, (s).moved, (s).variance "
						 "FROM (SELECT %s.kmeans_step(q.px, $1) AS s FROM %s) AS step",
						 call.schema, call.from),
				1, (Oid[]){FLOAT4ARRAYOID});
	has_rows = (is_begun || find_first_centers(&call, k, sample, seed)) &&
			   iterate(&call, max_iter, tol, &iterations, &converged);
	SPI_finish();

	if (has_rows && !converged)
		ereport(NOTICE, (errmsg("k-means did not settle within max_iter = %d", max_iter),
						 errhint("Go on from the centers it has found.")));
	{
		Datum values[] = {call.centers, call.sizes, Float8GetDatum(call.inertia),
						  Int32GetDatum(iterations), BoolGetDatum(converged)};
		bool nulls[] = {!has_rows, !has_rows, !has_rows, !has_rows, !has_rows};

		return make_composite(fcinfo, values, nulls);
	}
}
