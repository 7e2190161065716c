/*
 * adjust.c
 *		p_adjust() and p_adjust_log10(): arrays of p-values, adjusted for their number.
 */
#include "pg/adjust.h"

#include "utils/float.h"

#include "pg/arguments.h"
#include "pg/array_reader.h"
#include "pg/computation.h"
#include "pg/errors.h"

#include <math.h>

PG_FUNCTION_INFO_V1(synthdq_p_adjust);
PG_FUNCTION_INFO_V1(synthdq_p_adjust_log10);

/* The methods by name; the first name of each is its own. */
static const struct
{
	const char *name;
	AdjustMethod method;
} method_names[] = {
	{"bh", ADJUST_BH},     {"fdr", ADJUST_BH},    {"by", ADJUST_BY},
	{"holm", ADJUST_HOLM}, {"none", ADJUST_NONE}, {"bonferroni", ADJUST_BONFERRONI},
};

AdjustMethod
argument_adjustment(FunctionCallInfo fcinfo, int i, const char *argument)
{
	char *name = argument_text(fcinfo, i, argument);

	for (int k = 0; k < lengthof(method_names); k++)
	{
		if (pg_strcasecmp(name, method_names[k].name) == 0)
			return method_names[k].method;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unknown method of adjustment \"%s\"", name),
					errhint("Available methods are \"bh\", \"by\", \"holm\", \"bonferroni\" and "
							"\"none\".")));
}

/* A family under way. */
typedef struct AdjustWork
{
	PValue *p; /* [n] */
	size_t n;
	AdjustMethod method;
} AdjustWork;

static SdqStatus
run_adjust(Job *job, void *argument)
{
	AdjustWork *work = argument;

	return adjust_p_values(work->p, work->n, work->method, job->arena, job->stop);
}

/* A p-value of an array. Written so that NaN passes: it is a missing one. */
static PValue
pvalue_of_p(double p)
{
	if (p < 0 || p > 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("p-value must be between 0 and 1, not %s", float8out_internal(p)),
						errhint("For decimal logarithms of p-values, there is p_adjust_log10().")));
	return (PValue){.p = p, .log10_p = log10(p)};
}

/* The decimal logarithm of a p-value of an array. */
static PValue
pvalue_of_log10(double log10_p)
{
	if (log10_p > 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("decimal logarithm of a p-value must be 0 or less, not %s",
							   float8out_internal(log10_p)),
						errhint("For p-values themselves, there is p_adjust().")));
	/* Where only logarithms are asked for, p need not follow. */
	return (PValue){.p = 0, .log10_p = log10_p};
}

/* What is put back into the array. */
static double
p_of_pvalue(PValue adjusted)
{
	return adjusted.p;
}

static double
log10_of_pvalue(PValue adjusted)
{
	return adjusted.log10_p;
}

/* The array of arguments (array, method) with each present element adjusted; NaN is a missing one. */
static Datum
adjust_array(FunctionCallInfo fcinfo, PValue (*read)(double), double (*write)(PValue))
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P_COPY(0);
	ArrayElements elements = array_elements(array);
	double *values = (double *) ARR_DATA_PTR(array);
	AdjustWork work = {.n = elements.n_present, .method = argument_adjustment(fcinfo, 1, "method")};
	Computation *computation = computation_begin();

	work.p = arena_alloc(&computation->arena, work.n, sizeof(PValue));
	if (work.p == NULL)
		check_status(arena_failure(&computation->arena));
	for (size_t i = 0; i < work.n; i++)
		work.p[i] = read(values[i]);
	check_status(computation_run_small(computation, run_adjust, &work));
	for (size_t i = 0; i < work.n; i++)
		values[i] = write(work.p[i]);
	computation_end(computation);
	PG_RETURN_ARRAYTYPE_P(array);
}

/* p_adjust(p double precision[], method text). */
Datum
synthdq_p_adjust(PG_FUNCTION_ARGS)
{
	return adjust_array(fcinfo, pvalue_of_p, p_of_pvalue);
}

/* p_adjust_log10(log10_p double precision[], method text). */
Datum
synthdq_p_adjust_log10(PG_FUNCTION_ARGS)
{
	return adjust_array(fcinfo, pvalue_of_log10, log10_of_pvalue);
}
