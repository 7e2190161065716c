/*
 * wilcoxon.c
 *		wilcoxon_test() over pairs of values and over a stored distribution of differences.
 *
 * The test needs nothing of a pair but its difference, so the aggregate's state is a sample of the
 * differences, with the ways to handle zeros and to find the p-value as parameters. It merges exactly.
 */
#include "postgres.h"

#include "fmgr.h"

#include "core/tests/wilcoxon.h"
#include "pg/arguments.h"
#include "pg/result.h"
#include "pg/sample_state.h"
#include "pg/test_call.h"

/* Arguments of the transition functions: state, x, y, zero_method, method. */
#define ARGUMENT_ZERO_METHOD 3
#define ARGUMENT_METHOD      4
#define N_ARGUMENTS          5

/* Parameters of wilcoxon_state. */
enum
{
	PARAMETER_ZEROS,
	PARAMETER_METHOD,
	N_PARAMETERS,
};

/* One test under way. */
typedef struct WilcoxonWork
{
	SampleView differences;
	WilcoxonZeros zeros;
	TestMethod method;
	WilcoxonResult result;
} WilcoxonWork;

PG_FUNCTION_INFO_V1(synthdq_wilcoxon_state_in);
PG_FUNCTION_INFO_V1(synthdq_wilcoxon_state_out);
PG_FUNCTION_INFO_V1(synthdq_wilcoxon_state_recv);
PG_FUNCTION_INFO_V1(synthdq_wilcoxon_state_send);
PG_FUNCTION_INFO_V1(synthdq_wilcoxon_state_combine);
PG_FUNCTION_INFO_V1(synthdq_wilcoxon_add);
PG_FUNCTION_INFO_V1(synthdq_wilcoxon_final);
PG_FUNCTION_INFO_V1(synthdq_wilcoxon_test);

/* Could these parameters stem from the transition functions? */
static bool
are_valid_parameters(const SampleParameter *parameters)
{
	int64 zeros = parameters[PARAMETER_ZEROS].integer;
	int64 method = parameters[PARAMETER_METHOD].integer;

	return zeros >= WILCOXON_DROP && zeros <= WILCOXON_SPLIT && method >= TEST_AUTO &&
		   method <= TEST_ASYMPTOTIC;
}

static const SampleStateType wilcoxon_type = {
	.name = "wilcoxon_state",
	.n_sides = 1,
	.n_parameters = N_PARAMETERS,
	.parameters_valid = are_valid_parameters,
};

Datum
synthdq_wilcoxon_state_in(PG_FUNCTION_ARGS)
{
	return sample_state_in(fcinfo, &wilcoxon_type);
}

Datum
synthdq_wilcoxon_state_out(PG_FUNCTION_ARGS)
{
	return sample_state_out(fcinfo, &wilcoxon_type);
}

Datum
synthdq_wilcoxon_state_recv(PG_FUNCTION_ARGS)
{
	return sample_state_recv(fcinfo, &wilcoxon_type);
}

Datum
synthdq_wilcoxon_state_send(PG_FUNCTION_ARGS)
{
	return sample_state_send(fcinfo, &wilcoxon_type);
}

Datum
synthdq_wilcoxon_state_combine(PG_FUNCTION_ARGS)
{
	return sample_state_combine(fcinfo, &wilcoxon_type);
}

/* Argument i, of type text: 'wilcox', 'pratt' or 'zsplit', else INVALID_PARAMETER_VALUE. */
static WilcoxonZeros
argument_zeros(FunctionCallInfo fcinfo, int i)
{
	char *name = argument_text(fcinfo, i, "zero_method");

	if (strcmp(name, "wilcox") == 0)
		return WILCOXON_DROP;
	if (strcmp(name, "pratt") == 0)
		return WILCOXON_PRATT;
	if (strcmp(name, "zsplit") == 0)
		return WILCOXON_SPLIT;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown zero method \"%s\"", name),
			 errhint("Available methods are \"wilcox\", \"pratt\" and \"zsplit\".")));
}

/*
 * wilcoxon_state_add(wilcoxon_state, x, y [, zero_method, method])
 *		Collects the difference of a pair. Two infinities of one sign have none (NaN), which a sample skips.
 */
Datum
synthdq_wilcoxon_add(PG_FUNCTION_ARGS)
{
	WilcoxonZeros zeros = WILCOXON_DROP;
	TestMethod method = TEST_AUTO;
	SampleParameter parameters[N_PARAMETERS];
	SampleState *state;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return sample_state_unchanged(fcinfo);
	if (PG_NARGS() == N_ARGUMENTS)
	{
		zeros = argument_zeros(fcinfo, ARGUMENT_ZERO_METHOD);
		method = argument_method(fcinfo, ARGUMENT_METHOD);
	}
	parameters[PARAMETER_ZEROS].integer = (int64) zeros;
	parameters[PARAMETER_METHOD].integer = (int64) method;
	state = sample_state_for_update(fcinfo, &wilcoxon_type, parameters);
	sample_state_add_float8(state, 0, PG_GETARG_FLOAT8(1) - PG_GETARG_FLOAT8(2));
	return sample_state_datum(state);
}

static SdqStatus
run_wilcoxon(Job *job, void *argument)
{
	WilcoxonWork *work = argument;

	return wilcoxon_test(&work->differences, work->zeros, work->method, job->arena, job->stop,
						 &work->result);
}

/* The wilcoxon_result of a sample of differences: NULL if that is empty. */
static Datum
wilcoxon_datum(FunctionCallInfo fcinfo, WilcoxonWork *work)
{
	const WilcoxonResult *r = &work->result;
	ResultRow row = {.n_fields = 0};

	if (work->differences.n == 0)
		PG_RETURN_NULL();
	run_test(run_wilcoxon, work, work->differences.n, 0);
	result_row_float8(&row, r->w_plus);
	result_row_float8(&row, r->w_minus);
	result_row_float8(&row, r->two_sided.p);
	result_row_float8(&row, r->two_sided.log10_p);
	result_row_float8(&row, r->greater.p);
	result_row_float8(&row, r->less.p);
	result_row_float8(&row, r->z);
	result_row_float8(&row, r->effect);
	result_row_int8(&row, r->n);
	result_row_int8(&row, r->n_ranked);
	result_row_int8(&row, r->n_zeros);
	result_row_datum(&row, method_datum(r->method));
	return result_row_composite(fcinfo, &row);
}

/* wilcoxon_final(wilcoxon_state): the test of the collected differences. */
Datum
synthdq_wilcoxon_final(PG_FUNCTION_ARGS)
{
	WilcoxonWork work;
	const SampleParameter *parameters =
		sample_state_open(PG_GETARG_DATUM(0), &wilcoxon_type, &work.differences);

	work.zeros = (WilcoxonZeros) parameters[PARAMETER_ZEROS].integer;
	work.method = (TestMethod) parameters[PARAMETER_METHOD].integer;
	return wilcoxon_datum(fcinfo, &work);
}

/* wilcoxon_test(differences ecdf, zero_method, method). */
Datum
synthdq_wilcoxon_test(PG_FUNCTION_ARGS)
{
	WilcoxonWork work = {.zeros = argument_zeros(fcinfo, 1), .method = argument_method(fcinfo, 2)};

	sample_state_open(PG_GETARG_DATUM(0), &ecdf_type, &work.differences);
	return wilcoxon_datum(fcinfo, &work);
}
