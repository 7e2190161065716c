/*
 * tests.c
 *		Two-sample tests in SQL: ks_test() and mw_test() as aggregates over sample_pair states and as
 *		plain functions of two stored distributions.
 */
#include "postgres.h"

#include "fmgr.h"

#include "pg/sample_memory.h"
#include "pg/sample_state.h"
#include "pg/test_call.h"
#include "pg/test_fields.h"

PG_FUNCTION_INFO_V1(synthdq_ks_final);
PG_FUNCTION_INFO_V1(synthdq_ks_test);
PG_FUNCTION_INFO_V1(synthdq_mw_final);
PG_FUNCTION_INFO_V1(synthdq_mw_test);

/* One test under way. */
typedef struct TestWork
{
	Tally tally;
	TestMethod method;
	Sample *samples[2]; /* x and y, if they are to be folded while they are sorted */
	KsFold fold;
	bool is_folded;
	KsResult ks; /* of either test */
	MwResult mw;
} TestWork;

/* Work of a computation: fold samples on threads. */
static SdqStatus
fold_samples(Job *job, void *argument)
{
	TestWork *work = argument;

	return ks_fold_samples(work->samples[0], work->samples[1], job, &work->fold, &work->is_folded);
}

/* Do so. */
static void
fold_on_threads(TestWork *work)
{
	Computation *computation = computation_begin();

	check_sample_status(computation_run(computation, fold_samples, work));
	computation_end(computation);
}

static SdqStatus
run_ks(Job *job, void *argument)
{
	TestWork *work = argument;

	if (work->is_folded)
	{
		work->fold.ties.tally = &work->tally;
		return ks_test_folded(&work->fold, work->method, job->arena, job->stop, &work->ks);
	}
	return ks_test(&work->tally, work->method, job->arena, job->stop, &work->ks);
}

static SdqStatus
run_mw(Job *job, void *argument)
{
	TestWork *work = argument;

	return mw_test(&work->tally, work->method, job->arena, job->stop, &work->mw);
}

/* Run the Kolmogorov-Smirnov test; its result as a ks_result. */
static Datum
ks_result_datum(FunctionCallInfo fcinfo, TestWork *work)
{
	ResultRow row = {.n_fields = 0};

	run_test(run_ks, work, work->tally.x.n, work->tally.y.n);
	put_ks_fields(&row, &work->ks);
	return result_row_composite(fcinfo, &row);
}

/* Run the Mann-Whitney test; its result as an mw_result. */
static Datum
mw_result_datum(FunctionCallInfo fcinfo, TestWork *work)
{
	ResultRow row = {.n_fields = 0};

	run_test(run_mw, work, work->tally.x.n, work->tally.y.n);
	put_mw_fields(&row, &work->mw);
	return result_row_composite(fcinfo, &row);
}

/* ks_final(sample_pair): final function of the aggregates ks_test(); NULL if a side is empty. */
Datum
synthdq_ks_final(PG_FUNCTION_ARGS)
{
	TestWork work = {.method = TEST_AUTO};

	if (sample_state_unsorted(PG_GETARG_DATUM(0), &sample_pair_type, work.samples))
		fold_on_threads(&work);
	if (!open_pair(PG_GETARG_DATUM(0), &work.tally))
		PG_RETURN_NULL();
	return ks_result_datum(fcinfo, &work);
}

/* ks_test(x ecdf, y ecdf, method text). */
Datum
synthdq_ks_test(PG_FUNCTION_ARGS)
{
	TestWork work = {.method = argument_method(fcinfo, 2)};

	if (sample_state_unsorted(PG_GETARG_DATUM(0), &ecdf_type, &work.samples[0]) &&
		sample_state_unsorted(PG_GETARG_DATUM(1), &ecdf_type, &work.samples[1]))
		fold_on_threads(&work);
	if (!open_two(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), &work.tally))
		PG_RETURN_NULL();
	return ks_result_datum(fcinfo, &work);
}

/* mw_final(sample_pair): final function of the aggregates mw_test(); NULL if a side is empty. */
Datum
synthdq_mw_final(PG_FUNCTION_ARGS)
{
	TestWork work = {.method = TEST_AUTO};

	if (!open_pair(PG_GETARG_DATUM(0), &work.tally))
		PG_RETURN_NULL();
	return mw_result_datum(fcinfo, &work);
}

/* mw_test(x ecdf, y ecdf, method text). */
Datum
synthdq_mw_test(PG_FUNCTION_ARGS)
{
	TestWork work = {.method = argument_method(fcinfo, 2)};

	if (!open_two(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), &work.tally))
		PG_RETURN_NULL();
	return mw_result_datum(fcinfo, &work);
}
