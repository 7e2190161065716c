/*
 * knn.c
 *		knn(query, reference, k): the nearest rows of one query to each row of another.
 */
#include "postgres.h"

#include "fmgr.h"

#include <math.h>
#include <string.h>

#include "core/matrix/knn.h"
#include "pg/arguments.h"
#include "pg/blas_library.h"
#include "pg/computation.h"
#include "pg/errors.h"
#include "pg/query_ids.h"
#include "pg/query_reader.h"
#include "pg/result.h"

/* Arguments of the form without id_type. */
#define KNN_ARGUMENTS 3

PG_FUNCTION_INFO_V1(synthdq_knn);

/* One call of knn. */
typedef struct KnnCall
{
	size_t k;
	bool is_self; /* both arguments are the same query, which was read once, into `reference` */
	QueryRows query;
	QueryRows reference;
	Neighbors result;
} KnnCall;

/* The search as a computation's work; the argument is a KnnCall. */
static SdqStatus
run_knn(Job *job, void *argument)
{
	KnnCall *call = argument;

	if (call->is_self)
		return knn_self(job, &call->reference.rows, call->k, &call->result);
	return knn(job, &call->query.rows, &call->reference.rows, call->k, &call->result);
}

/* Raise what the core found wrong. */
static void
check_knn(SdqStatus status)
{
	if (status.code == SDQ_BAD_ARGUMENT && status.detail == KNN_K)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("argument \"k\" is %.0f, but the largest possible number of neighbors is %.0f",
					status.a, status.b),
			 errhint("Choose k between 1 and %.0f.", status.b)));
	check_status(status);
}

/* (id, rank, neighbor_id, distance), k times for each row. */
static void
put_neighbors(ResultSet *set, const KnnCall *call)
{
	const Neighbors *result = &call->result;
	const Datum *ids = call->is_self ? call->reference.ids : call->query.ids;
	bool nulls[4] = {false};

	for (size_t i = 0; i < result->n; i++)
		for (size_t rank = 0; rank < result->k; rank++)
		{
			size_t at = i * result->k + rank;
			Datum values[4] = {ids[i], Int32GetDatum((int32) rank + 1),
							   call->reference.ids[result->index[at]],
							   Float8GetDatum(sqrt(result->distance2[at]))};

			result_set_put(set, values, nulls);
		}
}

/* Both forms; the query is argument number `first`. */
static Datum
return_neighbors(FunctionCallInfo fcinfo, int first, Oid id_type)
{
	ResultSet set = result_set_begin(fcinfo);
	const char *query = argument_text(fcinfo, first, "query");
	const char *reference = argument_text(fcinfo, first + 1, "reference");
	KnnCall call = {.k = argument_k(fcinfo, first + 2)};
	Computation *computation = computation_begin();
	size_t n_query;

	call.is_self = strcmp(query, reference) == 0;
	query_read_argument(computation, "reference", reference, id_type, &call.reference);
	if (!call.is_self)
		query_read_argument(computation, "query", query, id_type, &call.query);
	n_query = call.is_self ? call.reference.rows.n : call.query.rows.n;

	/* A row alone has no neighbors, like rows without reference rows. */
	if (n_query > 0 && call.reference.rows.n > (call.is_self ? 1 : 0))
	{
		if (!call.is_self)
			query_check_same_length("query", &call.query, "reference", &call.reference);
		if (knn_needs_blas(call.is_self ? &call.reference.rows : &call.query.rows,
						   &call.reference.rows))
			require_blas();
		check_knn(computation_run(computation, run_knn, &call));
		put_neighbors(&set, &call);
	}
	computation_end(computation);
	return (Datum) 0;
}

/* knn([id_type,] query, reference, k) */
Datum
synthdq_knn(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int first = argument_skip_id_type(fcinfo, KNN_ARGUMENTS, &id_type);

	return return_neighbors(fcinfo, first, id_type);
}
