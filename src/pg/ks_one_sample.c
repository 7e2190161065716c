/*
 * ks_one_sample.c
 *		ks_test_1samp() in SQL: the aggregate over values and their distribution function, and the plain
 *		function of a stored distribution of the latter.
 *
 * Only u = F(x) matters, since F grows with x. So the state is an ecdf of u, with another transition
 * function.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/float.h"

#include "core/tests/ks_one_sample.h"
#include "pg/result.h"
#include "pg/sample_state.h"
#include "pg/test_call.h"

#include <math.h>

PG_FUNCTION_INFO_V1(synthdq_ks_test_1samp_add);
PG_FUNCTION_INFO_V1(synthdq_ks_test_1samp_final);
PG_FUNCTION_INFO_V1(synthdq_ks_test_1samp);

/* The test under way. */
typedef struct OneSampleWork
{
	Tally tally; /* u, and an empty y */
	TestMethod method;
	float8 refused; /* the first value that is no probability; 0 if there is none */
	KsOneSampleResult result;
} OneSampleWork;

/* A value of the distribution function is a probability. */
static void
check_probability(float8 u)
{
	/* Written so that NaN fails. */
	if (!(u >= 0 && u <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("value of a distribution function must be between 0 and 1, not %s",
							   float8out_internal(u)),
						errhint("Pass F(x) for each x: 1 - exp(-x) for an exponential law.")));
}

static SdqStatus
run_one_sample(Job *job, void *argument)
{
	OneSampleWork *work = argument;
	SdqStatus status =
		ks_one_sample(&work->tally, work->method, job->arena, job->stop, &work->result);

	if (status.code != SDQ_BAD_ARGUMENT || status.detail != KS_ONE_OUTSIDE)
		return status;
	/* For the caller's own message. */
	work->refused = status.a;
	return sdq_ok();
}

/* Test the ecdf of u in argument 0; the ks_1samp_result, or NULL if the ecdf is empty. */
static Datum
one_sample_datum(FunctionCallInfo fcinfo, TestMethod method)
{
	const SampleView empty = {.n_distinct = 0, .values = NULL, .counts = NULL, .n = 0};
	OneSampleWork work = {.method = method};
	const KsOneSampleResult *r = &work.result;
	ResultRow row = {.n_fields = 0};
	SampleStream stream;

	sample_state_open_streams(PG_GETARG_DATUM(0), &ecdf_type, &stream);
	if (stream.n == 0)
		PG_RETURN_NULL();
	work.tally = tally_open_streams(stream, sample_stream_of_view(&empty));
	run_test(run_one_sample, &work, stream.n, 0);
	check_probability(work.refused);
	result_row_float8(&row, r->statistic);
	result_row_float8(&row, r->two_sided.p);
	result_row_float8(&row, r->two_sided.log10_p);
	result_row_float8(&row, r->d_plus);
	result_row_float8(&row, r->d_minus);
	result_row_float8(&row, r->greater.p);
	result_row_float8(&row, r->less.p);
	result_row_float8(&row, r->location);
	result_row_int8(&row, r->n);
	result_row_datum(&row, method_datum(r->method));
	return result_row_composite(fcinfo, &row);
}

/* ks_test_1samp_add(state, x, cdf_of_x): transition function. A value whose probability is not known
 * is left out, as is a NaN; a probability that is no number is a mistake in the function. */
Datum
synthdq_ks_test_1samp_add(PG_FUNCTION_ARGS)
{
	SampleState *state;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || isnan(PG_GETARG_FLOAT8(1)))
		return sample_state_unchanged(fcinfo);
	check_probability(PG_GETARG_FLOAT8(2));
	state = sample_state_for_update(fcinfo, &ecdf_type, NULL);
	sample_state_add_float8(state, 0, PG_GETARG_FLOAT8(2));
	return sample_state_datum(state);
}

/* ks_test_1samp_final(ecdf): final function. */
Datum
synthdq_ks_test_1samp_final(PG_FUNCTION_ARGS)
{
	return one_sample_datum(fcinfo, TEST_AUTO);
}

/* ks_test_1samp(cdf_of_x ecdf, method text). */
Datum
synthdq_ks_test_1samp(PG_FUNCTION_ARGS)
{
	return one_sample_datum(fcinfo, argument_method(fcinfo, 1));
}
