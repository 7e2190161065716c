/*
 * tests.c
 *		Two-sample tests in SQL: ks_test() and mw_test() as aggregates over sample_pair states and as
 *		plain functions of two stored distributions.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "core/tests/ks.h"
#include "core/tests/mw.h"
#include "pg/computation.h"
#include "pg/errors.h"
#include "pg/result.h"
#include "pg/sample_state.h"

#include <math.h>

PG_FUNCTION_INFO_V1(synthdq_ks_final);
PG_FUNCTION_INFO_V1(synthdq_ks_test);
PG_FUNCTION_INFO_V1(synthdq_mw_final);
PG_FUNCTION_INFO_V1(synthdq_mw_test);

#define N_KS_FIELDS 11
#define N_MW_FIELDS 11

/* One test under way. */
typedef struct TestWork
{
	SampleView views[2]; /* x, y */
	TestMethod method;
	KsResult ks; /* of either test */
	MwResult mw;
} TestWork;

/* The method by its SQL name. */
static TestMethod
method_argument(FunctionCallInfo fcinfo, int i)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(i));

	if (strcmp(name, "auto") == 0)
		return TEST_AUTO;
	if (strcmp(name, "exact") == 0)
		return TEST_EXACT;
	if (strcmp(name, "asymptotic") == 0)
		return TEST_ASYMPTOTIC;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown method \"%s\"", name),
					errhint("Available methods are \"auto\", \"exact\" and \"asymptotic\".")));
}

/* The name of a method that a test reports. */
static Datum
method_datum(TestMethod method)
{
	return CStringGetTextDatum(method == TEST_EXACT ? "exact" : "asymptotic");
}

/* Run one of the tests below; raises all its errors. */
static void
run_test(TestWork *work, ComputationWork test)
{
	Computation *computation = computation_begin();
	SdqStatus status = computation_run_small(computation, test, work);

	if (status.code == SDQ_TOO_LARGE && status.detail == TESTS_EXACT_INFEASIBLE)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("exact p-value is out of reach for samples of " UINT64_FORMAT
							   " and " UINT64_FORMAT " observations",
							   work->views[0].n, work->views[1].n),
						errdetail("It needs at least %.3g units of work; the limit is %.3g.",
								  status.a, status.b),
						errhint("Use method => 'asymptotic', or 'auto' to let the sizes decide.")));
	check_status(status);
	computation_end(computation);
}

static SdqStatus
run_ks(Job *job, void *argument)
{
	TestWork *work = argument;
	Tally tally = tally_open(&work->views[0], &work->views[1]);

	return ks_test(&tally, work->method, job->arena, job->stop, &work->ks);
}

static SdqStatus
run_mw(Job *job, void *argument)
{
	TestWork *work = argument;
	Tally tally = tally_open(&work->views[0], &work->views[1]);

	return mw_test(&tally, work->method, job->arena, job->stop, &work->mw);
}

/* The samples of a sample_pair; false if one is empty. */
static bool
open_pair(Datum pair, TestWork *work)
{
	sample_state_open(pair, &sample_pair_type, work->views);
	return work->views[0].n > 0 && work->views[1].n > 0;
}

/* The samples of two ecdfs; false if one is empty. */
static bool
open_two(Datum x, Datum y, TestWork *work)
{
	sample_state_open(x, &ecdf_type, &work->views[0]);
	sample_state_open(y, &ecdf_type, &work->views[1]);
	return work->views[0].n > 0 && work->views[1].n > 0;
}

/* Run the Kolmogorov-Smirnov test; its result as a ks_result. */
static Datum
ks_result_datum(FunctionCallInfo fcinfo, TestWork *work)
{
	const KsResult *r = &work->ks;
	Datum values[N_KS_FIELDS];
	bool nulls[N_KS_FIELDS] = {false};

	run_test(work, run_ks);
	values[0] = Float8GetDatum(r->statistic);
	values[1] = Float8GetDatum(r->two_sided.p);
	values[2] = Float8GetDatum(r->two_sided.log10_p);
	values[3] = Float8GetDatum(r->d_plus);
	values[4] = Float8GetDatum(r->d_minus);
	values[5] = Float8GetDatum(r->greater.p);
	values[6] = Float8GetDatum(r->less.p);
	values[7] = Float8GetDatum(r->location);
	nulls[7] = isnan(r->location);
	values[8] = Int64GetDatum(r->n_x);
	values[9] = Int64GetDatum(r->n_y);
	values[10] = method_datum(r->method);
	return make_composite(fcinfo, values, nulls);
}

/* Run the Mann-Whitney test; its result as an mw_result. */
static Datum
mw_result_datum(FunctionCallInfo fcinfo, TestWork *work)
{
	const MwResult *r = &work->mw;
	Datum values[N_MW_FIELDS];
	bool nulls[N_MW_FIELDS] = {false};

	run_test(work, run_mw);
	values[0] = Float8GetDatum(r->u);
	values[1] = Float8GetDatum(r->two_sided.p);
	values[2] = Float8GetDatum(r->two_sided.log10_p);
	values[3] = Float8GetDatum(r->greater.p);
	values[4] = Float8GetDatum(r->less.p);
	values[5] = Float8GetDatum(r->z);
	values[6] = Float8GetDatum(r->auc);
	values[7] = Float8GetDatum(r->cliffs_delta);
	values[8] = Int64GetDatum(r->n_x);
	values[9] = Int64GetDatum(r->n_y);
	values[10] = method_datum(r->method);
	return make_composite(fcinfo, values, nulls);
}

/* ks_final(sample_pair): final function of the aggregates ks_test(); NULL if a side is empty. */
Datum
synthdq_ks_final(PG_FUNCTION_ARGS)
{
	TestWork work = {.method = TEST_AUTO};

	if (!open_pair(PG_GETARG_DATUM(0), &work))
		PG_RETURN_NULL();
	return ks_result_datum(fcinfo, &work);
}

/* ks_test(x ecdf, y ecdf, method text). */
Datum
synthdq_ks_test(PG_FUNCTION_ARGS)
{
	TestWork work = {.method = method_argument(fcinfo, 2)};

	if (!open_two(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), &work))
		PG_RETURN_NULL();
	return ks_result_datum(fcinfo, &work);
}

/* mw_final(sample_pair): final function of the aggregates mw_test(); NULL if a side is empty. */
Datum
synthdq_mw_final(PG_FUNCTION_ARGS)
{
	TestWork work = {.method = TEST_AUTO};

	if (!open_pair(PG_GETARG_DATUM(0), &work))
		PG_RETURN_NULL();
	return mw_result_datum(fcinfo, &work);
}

/* mw_test(x ecdf, y ecdf, method text). */
Datum
synthdq_mw_test(PG_FUNCTION_ARGS)
{
	TestWork work = {.method = method_argument(fcinfo, 2)};

	if (!open_two(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), &work))
		PG_RETURN_NULL();
	return mw_result_datum(fcinfo, &work);
}
