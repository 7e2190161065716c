/*
 * edf_tests.c
 *		Tests of whole distribution functions in SQL: cvm_test(), kuiper_test() and ad_test(), plain
 *		functions of stored distributions.
 */
#include "postgres.h"

#include "fmgr.h"

#include "core/tests/ad.h"
#include "core/tests/cvm.h"
#include "core/tests/kuiper.h"
#include "pg/test_call.h"
#include "pg/test_fields.h"

PG_FUNCTION_INFO_V1(synthdq_cvm_test);
PG_FUNCTION_INFO_V1(synthdq_kuiper_test);
PG_FUNCTION_INFO_V1(synthdq_ad_test);
PG_FUNCTION_INFO_V1(synthdq_ad_test_many);

/* One test of two samples under way. */
typedef struct TwoWork
{
	Tally tally;
	TestMethod method;
	CvmResult cvm; /* of either test */
	KuiperResult kuiper;
} TwoWork;

/* One Anderson-Darling test under way. */
typedef struct ManyWork
{
	SampleStream *streams; /* [k] */
	size_t k;
	AdResult result;
} ManyWork;

static SdqStatus
run_cvm(Job *job, void *argument)
{
	TwoWork *work = argument;

	return cvm_test(&work->tally, work->method, job->arena, job->stop, &work->cvm);
}

static SdqStatus
run_kuiper(Job *job, void *argument)
{
	TwoWork *work = argument;

	return kuiper_test(&work->tally, work->method, job->arena, job->stop, &work->kuiper);
}

static SdqStatus
run_ad(Job *job, void *argument)
{
	ManyWork *work = argument;
	TallyMany tally;
	SdqStatus status = tally_many_open(work->streams, work->k, job->arena, &tally);

	if (sdq_failed(status))
		return status;
	return ad_test(&tally, job->arena, job->stop, &work->result);
}

/* cvm_test(x ecdf, y ecdf, method text). */
Datum
synthdq_cvm_test(PG_FUNCTION_ARGS)
{
	TwoWork work = {.method = argument_method(fcinfo, 2)};
	ResultRow row = {.n_fields = 0};

	if (!open_two(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), &work.tally))
		PG_RETURN_NULL();
	run_test(run_cvm, &work, work.tally.x.n, work.tally.y.n);
	put_cvm_fields(&row, &work.cvm);
	return result_row_composite(fcinfo, &row);
}

/* kuiper_test(x ecdf, y ecdf, method text). */
Datum
synthdq_kuiper_test(PG_FUNCTION_ARGS)
{
	TwoWork work = {.method = argument_method(fcinfo, 2)};
	const KuiperResult *r = &work.kuiper;
	ResultRow row = {.n_fields = 0};

	if (!open_two(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), &work.tally))
		PG_RETURN_NULL();
	run_test(run_kuiper, &work, work.tally.x.n, work.tally.y.n);
	result_row_float8(&row, r->statistic);
	result_row_float8(&row, r->p_value.p);
	result_row_float8(&row, r->p_value.log10_p);
	result_row_float8(&row, r->location_plus);
	result_row_float8(&row, r->location_minus);
	result_row_int8(&row, r->n_x);
	result_row_int8(&row, r->n_y);
	result_row_datum(&row, method_datum(r->method));
	return result_row_composite(fcinfo, &row);
}

/* Run the Anderson-Darling test; its result as an ad_result, NULL unless two samples are not empty. */
static Datum
ad_result_datum(FunctionCallInfo fcinfo, ManyWork *work)
{
	const AdResult *r = &work->result;
	ResultRow row = {.n_fields = 0};
	size_t n_samples = 0;

	for (size_t g = 0; g < work->k; g++)
		n_samples += work->streams[g].n > 0;
	if (n_samples < 2)
		PG_RETURN_NULL();
	run_test(run_ad, work, 0, 0);
	result_row_float8(&row, r->statistic);
	result_row_float8(&row, r->statistic_midrank);
	result_row_float8(&row, r->standardized);
	result_row_float8(&row, r->standardized_midrank);
	result_row_float8(&row, r->p_value.p);
	result_row_float8(&row, r->p_value.log10_p);
	result_row_int8(&row, r->k);
	result_row_int8(&row, r->n);
	result_row_datum(&row, method_datum(r->method));
	return result_row_composite(fcinfo, &row);
}

/* ad_test(x ecdf, y ecdf). */
Datum
synthdq_ad_test(PG_FUNCTION_ARGS)
{
	SampleStream streams[2];
	ManyWork work = {.streams = streams, .k = 2};
	Tally tally;

	/* The streams alone are wanted; an empty one is found again. */
	(void) open_two(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), &tally);
	streams[0] = tally.x;
	streams[1] = tally.y;
	return ad_result_datum(fcinfo, &work);
}

/* ad_test(samples ecdf[]). */
Datum
synthdq_ad_test_many(PG_FUNCTION_ARGS)
{
	ManyWork work = {.k = 0};

	work.k = open_many(PG_GETARG_DATUM(0), &work.streams);
	return ad_result_datum(fcinfo, &work);
}
