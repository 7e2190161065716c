/*
 * neighbor_mixing.c
 *		How real and synthetic rows mix: the kinds of each row's nearest neighbors.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "core/matrix/knn.h"
#include "pg/arguments.h"
#include "pg/blas_library.h"
#include "pg/computation.h"
#include "pg/errors.h"
#include "pg/query_reader.h"
#include "pg/result.h"

/* Arguments of the form without id_type. */
#define NEIGHBOR_MIXING_ARGUMENTS 2

PG_FUNCTION_INFO_V1(synthdq_neighbor_mixing);

/* One call. */
typedef struct MixingCall
{
	size_t k;
	QueryRows rows;
	QueryColumn kind; /* true = synthetic */
	Neighbors neighbors;
} MixingCall;

/* The search as a computation's work; the argument is a MixingCall. */
static SdqStatus
run_mixing(Job *job, void *argument)
{
	MixingCall *call = argument;

	return knn_self(job, &call->rows.rows, call->k, &call->neighbors);
}

/* Read the query, whose third column says which rows are synthetic. */
static void
read_rows(Computation *computation, const char *query, Oid id_type, MixingCall *call)
{
	call->kind.name = "is_synthetic";
	query_read_columns(computation, query, id_type, &call->kind, 1, &call->rows);
	if (call->kind.type != BOOLOID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the query's last column has type %s, but is_synthetic must be "
							   "boolean",
							   format_type_be(call->kind.type)),
						errhint("Return (id, array, is_synthetic), for example by writing a "
								"comparison.")));
}

/* Raise what the core found wrong. */
static void
check_mixing(SdqStatus status)
{
	if (status.code == SDQ_BAD_ARGUMENT && status.detail == KNN_K)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"k\" is %.0f, but a row has %.0f others", status.a, status.b),
				 errhint("Choose k between 1 and %.0f.", status.b)));
	check_status(status);
}

/* Synthetic rows among the neighbors of a row. */
static size_t
count_synthetic(const MixingCall *call, size_t row)
{
	const uint32_t *index = call->neighbors.index + row * call->k;
	size_t count = 0;

	for (size_t i = 0; i < call->k; i++)
		count += DatumGetBool(call->kind.values[index[i]]);
	return count;
}

/* (id, is_synthetic, synthetic_share, expected_share) of every row. */
static void
put_rows(ResultSet *set, const MixingCall *call)
{
	size_t n = call->rows.rows.n;
	size_t n_synthetic = 0;

	for (size_t i = 0; i < n; i++)
		n_synthetic += DatumGetBool(call->kind.values[i]);
	for (size_t i = 0; i < n; i++)
	{
		bool is_synthetic = DatumGetBool(call->kind.values[i]);
		ResultRow row = {.n_fields = 0};

		result_row_datum(&row, call->rows.ids[i]);
		result_row_datum(&row, BoolGetDatum(is_synthetic));
		result_row_float8(&row, (double) count_synthetic(call, i) / (double) call->k);
		result_row_float8(&row, (double) (n_synthetic - is_synthetic) / (double) (n - 1));
		result_row_put(set, &row);
	}
}

/* Both forms; the query is argument number `first`. */
static Datum
return_mixing(FunctionCallInfo fcinfo, int first, Oid id_type)
{
	ResultSet set = result_set_begin(fcinfo);
	const char *query = argument_text(fcinfo, first, "query");
	MixingCall call = {.k = argument_k(fcinfo, first + 1)};
	Computation *computation = computation_begin();

	read_rows(computation, query, id_type, &call);
	/* A row alone has no neighbors. */
	if (call.rows.rows.n > 1)
	{
		if (knn_needs_blas(&call.rows.rows, &call.rows.rows))
			require_blas();
		check_mixing(computation_run(computation, run_mixing, &call));
		put_rows(&set, &call);
	}
	computation_end(computation);
	return (Datum) 0;
}

/* neighbor_mixing([id_type,] query, k) */
Datum
synthdq_neighbor_mixing(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int first = argument_skip_id_type(fcinfo, NEIGHBOR_MIXING_ARGUMENTS, &id_type);

	return return_mixing(fcinfo, first, id_type);
}
