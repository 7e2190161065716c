/*
 * covariance_pca.c
 *		Principal components from a covariance.
 */
#include "postgres.h"

#include "fmgr.h"

#include "core/matrix/pca.h"
#include "pg/arguments.h"
#include "pg/computation.h"
#include "pg/covariance.h"
#include "pg/pca_model.h"

PG_FUNCTION_INFO_V1(synthdq_pca_fit_covariance);

/* One call of pca_fit. */
typedef struct FitCall
{
	const Covariance *covariance;
	size_t n_components;
	Pca pca;
} FitCall;

/* A computation's work; the argument is a FitCall. */
static SdqStatus
run_fit(Job *job, void *argument)
{
	FitCall *call = argument;
	size_t d = call->covariance->d;
	double *mean = arena_alloc(job->arena, d, sizeof(double));
	double *matrix = arena_alloc(job->arena, d, d * sizeof(double));
	SdqStatus status;

	if (mean == NULL || matrix == NULL)
		return arena_failure(job->arena);
	covariance_mean(call->covariance, mean);
	status = covariance_matrix(call->covariance, job->stop, matrix);
	if (sdq_failed(status))
		return status;
	return pca_from_covariance(job, matrix, mean, d, (size_t) call->covariance->n,
							   call->n_components, &call->pca);
}

/* pca_fit(covariance, n_components) */
Datum
synthdq_pca_fit_covariance(PG_FUNCTION_ARGS)
{
	FitCall call = {.n_components =
						(size_t) argument_int(fcinfo, 1, "n_components", 1, PG_INT32_MAX)};
	Computation *computation;
	Datum model;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	call.covariance = covariance_value_open(PG_GETARG_DATUM(0));
	if (call.covariance->n < 2)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("principal components need two rows, but the covariance is of one"),
						errhint("Look at the condition of the query that made it.")));
	if (call.n_components > call.covariance->d)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"n_components\" is %zu, but the arrays have %zu elements",
							   call.n_components, call.covariance->d),
						errhint("Choose n_components between 1 and %zu.", call.covariance->d)));
	computation = computation_begin();
	covariance_check(computation_run(computation, run_fit, &call));
	model = pca_model_datum(fcinfo, &call.pca);
	computation_end(computation);
	return model;
}
