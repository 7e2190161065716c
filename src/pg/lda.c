/*
 * lda.c
 *		Linear discriminants in SQL: coordinates of rows, the model, and what two groups differ by.
 */
#include "postgres.h"

#include "fmgr.h"

#include <math.h>
#include <stdlib.h>

#include "core/matrix/lda.h"
#include "core/matrix/separation.h"
#include "pg/arguments.h"
#include "pg/array_reader.h"
#include "pg/blas_library.h"
#include "pg/computation.h"
#include "pg/errors.h"
#include "pg/lda_model.h"
#include "pg/query_labels.h"
#include "pg/query_reader.h"
#include "pg/result.h"

/* Arguments of the forms without id_type. */
#define LDA_ARGUMENTS            3
#define LDA_FIT_ARGUMENTS        3
#define LDA_SEPARATION_ARGUMENTS 2

PG_FUNCTION_INFO_V1(synthdq_lda);
PG_FUNCTION_INFO_V1(synthdq_lda_fit);
PG_FUNCTION_INFO_V1(synthdq_lda_separation);

/* One call of any of the functions. */
typedef struct LdaCall
{
	Computation *computation;
	size_t n_components;
	LdaShrinkage shrinkage;
	QueryRows query_rows;
	QueryLabels labels;
	ClassRows classes;
	/* Valid if the query returned rows: */
	Lda lda;
	double *scores; /* [n][lda.q]; lda() only */
	Separation separation;
} LdaCall;

/* ---------- arguments and rows ---------- */

/* 'auto', or a number in words. */
static LdaShrinkage
argument_shrinkage(FunctionCallInfo fcinfo, int i)
{
	char *text = argument_text(fcinfo, i, "shrinkage");
	char *end;
	double value;

	if (strcmp(text, "auto") == 0)
		return (LdaShrinkage){.automatic = true};
	/* The server keeps LC_NUMERIC at "C". */
	value = strtod(text, &end);
	/* Written so that NaN fails. */
	if (end == text || *end != '\0' || !(value >= 0 && value <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"shrinkage\" must be \"auto\" or a number between 0 and "
							   "1, not \"%s\"",
							   text),
						errhint("Numbers are given as text, as in '0.01'.")));
	/* 0 for -0. */
	return (LdaShrinkage){.value = value + 0.0};
}

/* Run the query and sort its labels. */
static void
read_rows(LdaCall *call, const char *query, Oid id_type)
{
	QueryColumn label = {.name = "label"};

	call->computation = computation_begin();
	require_blas();
	query_read_columns(call->computation, query, id_type, &label, 1, &call->query_rows);
	query_labels(call->computation, &label, call->query_rows.rows.n, &call->labels);
	call->classes = (ClassRows){.rows = &call->query_rows.rows,
								.label = call->labels.label,
								.n_classes = call->labels.n,
								.n = call->query_rows.rows.n};
}

/* Raise what the core found wrong with the rows. */
static void
check_lda(SdqStatus status)
{
	if (status.code != SDQ_BAD_DATA)
	{
		check_status(status);
		return;
	}
	switch ((LdaFault) status.detail)
	{
		case LDA_SINGULAR:
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION),
					 errmsg("covariance within the labels is singular at position %lld",
							(long long) status.row + 1),
					 errdetail("The values there are equal within each label, or follow from those "
							   "at lower positions."),
					 errhint("Pass a shrinkage above 0, such as '0.001', or 'auto'.")));
			break;
		case LDA_NO_SCATTER:
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION), errmsg("all rows of each label are equal"),
					 errhint("Return rows that differ within a label.")));
			break;
		case LDA_CLASSES:
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("the query returns rows of %.0f label, but at least %.0f are "
								   "needed",
								   status.a, status.b),
							errhint("Return (id, array, label) with rows of several labels.")));
			break;
	}
	elog(ERROR, "unknown fault %d", status.detail);
}

/* ---------- lda and lda_fit ---------- */

/* The fit as a computation's work; the argument is a LdaCall. */
static SdqStatus
run_fit(Job *job, void *argument)
{
	LdaCall *call = argument;

	return lda_fit(job, &call->classes, call->n_components, &call->shrinkage, &call->lda);
}

/* The same, and coordinates of all rows. */
static SdqStatus
run_fit_and_scores(Job *job, void *argument)
{
	LdaCall *call = argument;
	SdqStatus status = run_fit(job, argument);

	if (sdq_failed(status))
		return status;
	call->scores =
		arena_alloc(job->arena, call->query_rows.rows.n, call->lda.q * sizeof(double) + 1);
	if (call->scores == NULL)
		return arena_failure(job->arena);
	return lda_scores(job, &call->query_rows.rows, &call->lda, call->scores);
}

/* Check the arguments from number `first` on (the query), read the rows and do the work. */
static void
perform(FunctionCallInfo fcinfo, int first, Oid id_type, ComputationWork work, LdaCall *call)
{
	const char *query = argument_text(fcinfo, first, "query");

	memset(call, 0, sizeof(*call));
	call->n_components = (size_t) argument_int(fcinfo, first + 1, "n_components", 1, PG_INT32_MAX);
	call->shrinkage = argument_shrinkage(fcinfo, first + 2);
	read_rows(call, query, id_type);
	if (call->query_rows.rows.n == 0)
		return;
	check_lda(computation_run(call->computation, work, call));
	if (call->lda.q < call->n_components)
		ereport(NOTICE, (errmsg("found %zu of %zu components", call->lda.q, call->n_components),
						 errdetail("There are at most as many as labels less one (%zu), as columns "
								   "(%zu), and as dimensions that the labels' means span.",
								   call->labels.n - 1, call->query_rows.rows.d)));
}

/* (id, components) of every row. */
static Datum
return_rows(FunctionCallInfo fcinfo, int first, Oid id_type)
{
	ResultSet set = result_set_begin(fcinfo);
	LdaCall call;

	perform(fcinfo, first, id_type, run_fit_and_scores, &call);
	for (size_t i = 0; i < call.query_rows.rows.n; i++)
	{
		ArrayType *scores = make_real_array(call.scores + i * call.lda.q, call.lda.q);
		Datum values[2] = {call.query_rows.ids[i], PointerGetDatum(scores)};
		bool nulls[2] = {false, false};

		result_set_put(&set, values, nulls);
		pfree(scores);
	}
	computation_end(call.computation);
	return (Datum) 0;
}

/* The model; NULL without rows. */
static Datum
return_model(FunctionCallInfo fcinfo, int first, Oid id_type)
{
	LdaCall call;
	Datum result;

	perform(fcinfo, first, id_type, run_fit, &call);
	if (call.query_rows.rows.n == 0)
	{
		computation_end(call.computation);
		PG_RETURN_NULL();
	}
	result = lda_model_datum(fcinfo, &call.lda, &call.labels);
	computation_end(call.computation);
	return result;
}

/* lda([id_type,] query, n_components, shrinkage) */
Datum
synthdq_lda(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int first = argument_skip_id_type(fcinfo, LDA_ARGUMENTS, &id_type);

	return return_rows(fcinfo, first, id_type);
}

/* lda_fit([id_type,] query, n_components, shrinkage) */
Datum
synthdq_lda_fit(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int first = argument_skip_id_type(fcinfo, LDA_FIT_ARGUMENTS, &id_type);

	return return_model(fcinfo, first, id_type);
}

/* ---------- lda_separation ---------- */

/* The separation as a computation's work; the argument is a LdaCall. */
static SdqStatus
run_separation(Job *job, void *argument)
{
	LdaCall *call = argument;

	return separation(job, &call->classes, &call->shrinkage, &call->separation);
}

/* The direction in the shape that all arrays have, or as a vector. */
static Datum
direction_array(const LdaCall *call)
{
	int d = (int) call->query_rows.rows.d;
	bool has_shape = call->query_rows.n_dims > 0;

	return PointerGetDatum(make_real_array_shaped(call->separation.direction,
												  has_shape ? call->query_rows.n_dims : 1,
												  has_shape ? call->query_rows.dims : &d));
}

/* The fields of lda_separation_result. */
static Datum
separation_datum(FunctionCallInfo fcinfo, const LdaCall *call)
{
	const Separation *s = &call->separation;
	ResultRow row = {.n_fields = 0};

	result_row_datum(&row, direction_array(call));
	result_row_float8(&row, s->shrinkage);
	result_row_float8(&row, s->mahalanobis2);
	result_row_float8(&row, s->auc);
	result_row_float8(&row, s->auc_corrected);
	result_row_float8(&row, s->auc_cross_validated);
	result_row_float8(&row, s->t2);
	result_row_float8(&row, s->f);
	result_row_float8(&row, s->df_1);
	result_row_float8(&row, s->df_2);
	result_row_float8(&row, s->p.p);
	result_row_float8(&row, s->p.log10_p);
	result_row_int8(&row, s->n_x);
	result_row_int8(&row, s->n_y);
	return result_row_composite(fcinfo, &row);
}

/* Both forms; NULL without rows. */
static Datum
return_separation(FunctionCallInfo fcinfo, int first, Oid id_type)
{
	const char *query = argument_text(fcinfo, first, "query");
	LdaCall call = {.shrinkage = argument_shrinkage(fcinfo, first + 1)};
	Datum result;

	read_rows(&call, query, id_type);
	if (call.query_rows.rows.n == 0)
	{
		computation_end(call.computation);
		PG_RETURN_NULL();
	}
	if (call.labels.n != 2)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg_plural("the query returns rows of %zu label, but exactly two are needed",
							   "the query returns rows of %zu labels, but exactly two are needed",
							   call.labels.n, call.labels.n),
				 errhint("Return (id, array, is_synthetic), false for real rows and true for "
						 "synthetic ones.")));
	check_lda(computation_run(call.computation, run_separation, &call));
	result = separation_datum(fcinfo, &call);
	computation_end(call.computation);
	return result;
}

/* lda_separation([id_type,] query, shrinkage) */
Datum
synthdq_lda_separation(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int first = argument_skip_id_type(fcinfo, LDA_SEPARATION_ARGUMENTS, &id_type);

	return return_separation(fcinfo, first, id_type);
}
