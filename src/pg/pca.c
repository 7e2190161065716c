/*
 * pca.c
 *		Principal components of the rows of a query: their coordinates, or the model.
 */
#include "postgres.h"

#include "fmgr.h"

#include "core/matrix/pca.h"
#include "pg/arguments.h"
#include "pg/array_reader.h"
#include "pg/blas_library.h"
#include "pg/computation.h"
#include "pg/errors.h"
#include "pg/pca_model.h"
#include "pg/query_reader.h"
#include "pg/result.h"

/* Arguments of the forms without id_type. */
#define PCA_ARGUMENTS     2
#define PCA_FIT_ARGUMENTS 2

PG_FUNCTION_INFO_V1(synthdq_pca);
PG_FUNCTION_INFO_V1(synthdq_pca_fit);

/* One call of pca or pca_fit. */
typedef struct PcaCall
{
	Computation *computation;
	QueryRows query_rows;
	size_t n_components;
	Pca pca;        /* valid if the query returned rows */
	double *scores; /* [n][n_components], if wanted */
} PcaCall;

/* pca_fit() as a computation's work; the argument is a PcaCall. */
static SdqStatus
run_fit(Job *job, void *argument)
{
	PcaCall *call = argument;

	return pca_fit(job, &call->query_rows.rows, call->n_components, &call->pca);
}

/* pca() as a computation's work; the argument is a PcaCall. */
static SdqStatus
run_scores(Job *job, void *argument)
{
	PcaCall *call = argument;
	const RowStore *rows = &call->query_rows.rows;
	SdqStatus status;

	/* Before the work: whether there is room for the result is known. */
	call->scores = arena_alloc(job->arena, rows->n, call->n_components * sizeof(double));
	if (call->scores == NULL)
		return arena_failure(job->arena);
	status = run_fit(job, call);
	return sdq_failed(status) ? status : pca_scores(job, rows, &call->pca, call->scores);
}

/* The number of components, which must be at least 1 whatever the query returns. */
static size_t
argument_n_components(FunctionCallInfo fcinfo, int i)
{
	return (size_t) argument_int(fcinfo, i, "n_components", 1, PG_INT32_MAX);
}

/* Check the arguments from number `first` on (the query), read the rows and do the work. */
static void
perform(FunctionCallInfo fcinfo, int first, Oid id_type, ComputationWork work, PcaCall *call)
{
	const char *query = argument_text(fcinfo, first, "query");
	const RowStore *rows = &call->query_rows.rows;

	memset(call, 0, sizeof(*call));
	call->n_components = argument_n_components(fcinfo, first + 1);
	call->computation = computation_begin();
	query_read_rows(call->computation, query, id_type, &call->query_rows);
	if (rows->n == 0)
		return;
	if (rows->n == 1)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("principal components need two rows, but the query returns one"),
						errhint("Look at the condition of the query.")));
	if (call->n_components > rows->d)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"n_components\" is %zu, but the arrays have %zu elements",
							   call->n_components, rows->d),
						errhint("Choose n_components between 1 and %zu.", rows->d)));
	if (pca_needs_blas(rows))
		require_blas();
	check_status(computation_run(call->computation, work, call));
}

/* (id, components) of every row. */
static Datum
return_rows(FunctionCallInfo fcinfo, int first, Oid id_type)
{
	ResultSet set = result_set_begin(fcinfo);
	PcaCall call;

	perform(fcinfo, first, id_type, run_scores, &call);
	for (size_t i = 0; i < call.query_rows.rows.n; i++)
	{
		ArrayType *components =
			make_real_array(call.scores + i * call.n_components, call.n_components);
		Datum values[2] = {call.query_rows.ids[i], PointerGetDatum(components)};
		bool nulls[2] = {false};

		result_set_put(&set, values, nulls);
		pfree(components);
	}
	computation_end(call.computation);
	return (Datum) 0;
}

/* The model, or NULL without rows. */
static Datum
return_model(FunctionCallInfo fcinfo, int first, Oid id_type)
{
	PcaCall call;
	Datum model = (Datum) 0;

	perform(fcinfo, first, id_type, run_fit, &call);
	if (call.query_rows.rows.n == 0)
		fcinfo->isnull = true;
	else
		model = pca_model_datum(fcinfo, &call.pca);
	computation_end(call.computation);
	return model;
}

/* pca([id_type,] query, n_components) */
Datum
synthdq_pca(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int first = argument_skip_id_type(fcinfo, PCA_ARGUMENTS, &id_type);

	return return_rows(fcinfo, first, id_type);
}

/* pca_fit([id_type,] query, n_components) */
Datum
synthdq_pca_fit(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int first = argument_skip_id_type(fcinfo, PCA_FIT_ARGUMENTS, &id_type);

	return return_model(fcinfo, first, id_type);
}
