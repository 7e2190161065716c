/*
 * test_call.c
 *		Opening samples for tests, and running them.
 */
#include "pg/test_call.h"

#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/arguments.h"
#include "pg/errors.h"
#include "pg/sample_state.h"

bool
open_two(Datum x, Datum y, Tally *tally)
{
	SampleStream streams[2];

	sample_state_open_streams(x, &ecdf_type, &streams[0]);
	sample_state_open_streams(y, &ecdf_type, &streams[1]);
	*tally = tally_open_streams(streams[0], streams[1]);
	return streams[0].n > 0 && streams[1].n > 0;
}

bool
open_pair(Datum pair, Tally *tally)
{
	SampleStream streams[2];

	sample_state_open_streams(pair, &sample_pair_type, streams);
	*tally = tally_open_streams(streams[0], streams[1]);
	return streams[0].n > 0 && streams[1].n > 0;
}

size_t
open_many(Datum array, SampleStream **streams)
{
	const SampleView empty = {.n_distinct = 0, .values = NULL, .counts = NULL, .n = 0};
	ArrayType *samples = DatumGetArrayTypeP(array);
	int16 length;
	bool by_value;
	char alignment;
	Datum *elements;
	bool *nulls;
	int k;

	get_typlenbyvalalign(ARR_ELEMTYPE(samples), &length, &by_value, &alignment);
	deconstruct_array(samples, ARR_ELEMTYPE(samples), length, by_value, alignment, &elements,
					  &nulls, &k);
	*streams = k == 0 ? NULL : palloc(k * sizeof(SampleStream));
	for (int i = 0; i < k; i++)
	{
		if (nulls[i])
			(*streams)[i] = sample_stream_of_view(&empty);
		else
			sample_state_open_streams(elements[i], &ecdf_type, &(*streams)[i]);
	}
	return (size_t) k;
}

TestMethod
argument_method(FunctionCallInfo fcinfo, int i)
{
	char *name = argument_text(fcinfo, i, "method");

	if (strcmp(name, "auto") == 0)
		return TEST_AUTO;
	if (strcmp(name, "exact") == 0)
		return TEST_EXACT;
	if (strcmp(name, "asymptotic") == 0)
		return TEST_ASYMPTOTIC;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown method \"%s\"", name),
					errhint("Available methods are \"auto\", \"exact\" and \"asymptotic\".")));
}

Datum
method_datum(TestMethod method)
{
	return CStringGetTextDatum(method == TEST_EXACT ? "exact" : "asymptotic");
}

void
check_test_status(SdqStatus status, uint64 n_x, uint64 n_y)
{
	if (status.code == SDQ_TOO_LARGE && status.detail == TESTS_EXACT_INFEASIBLE)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 n_y == 0 ? errmsg("exact p-value is out of reach for a sample of " UINT64_FORMAT
								   " observations",
								   n_x)
						  : errmsg("exact p-value is out of reach for samples of " UINT64_FORMAT
								   " and " UINT64_FORMAT " observations",
								   n_x, n_y),
				 errdetail("It needs at least %.3g units of work; the limit is %.3g.", status.a,
						   status.b),
				 errhint("Use method => 'asymptotic', or 'auto' to let the sizes decide.")));
	check_status(status);
}

void
run_test(ComputationWork test, void *work, uint64 n_x, uint64 n_y)
{
	Computation *computation = computation_begin();

	check_test_status(computation_run_small(computation, test, work), n_x, n_y);
	computation_end(computation);
}
