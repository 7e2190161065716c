/*
 * arguments.c
 *		Checked access to arguments.
 */
#include "pg/arguments.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/float.h"

#define RANGE_HINT "Pass a value in this range, or leave out an argument that has a default."

static void
check_not_null(FunctionCallInfo fcinfo, int i, const char *name)
{
	if (PG_ARGISNULL(i))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"%s\" must not be null", name),
						errhint("Pass a value, or leave out an argument that has a default.")));
}

char *
argument_text(FunctionCallInfo fcinfo, int i, const char *name)
{
	check_not_null(fcinfo, i, name);
	return text_to_cstring(PG_GETARG_TEXT_PP(i));
}

int32
argument_int(FunctionCallInfo fcinfo, int i, const char *name, int32 min, int32 max)
{
	int32 value;

	check_not_null(fcinfo, i, name);
	value = PG_GETARG_INT32(i);
	if (value < min || value > max)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be between %d and %d, not %d", name, min, max, value),
				 errhint(RANGE_HINT)));
	return value;
}

int64
argument_bigint(FunctionCallInfo fcinfo, int i, const char *name)
{
	check_not_null(fcinfo, i, name);
	return PG_GETARG_INT64(i);
}

bool
argument_bool(FunctionCallInfo fcinfo, int i, const char *name)
{
	check_not_null(fcinfo, i, name);
	return PG_GETARG_BOOL(i);
}

size_t
argument_k(FunctionCallInfo fcinfo, int i)
{
	if (!PG_ARGISNULL(i) && PG_GETARG_INT32(i) < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"k\" must be at least 1, not %d", PG_GETARG_INT32(i)),
						errhint("Choose k between 1 and the number of rows.")));
	return (size_t) argument_int(fcinfo, i, "k", 1, PG_INT32_MAX);
}

double
argument_double(FunctionCallInfo fcinfo, int i, const char *name, double min, double max)
{
	double value;

	check_not_null(fcinfo, i, name);
	value = PG_GETARG_FLOAT8(i);
	/* Written so that NaN fails. */
	if (!(value >= min && value <= max))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"%s\" must be between %g and %g, not %s", name, min, max,
							   float8out_internal(value)),
						errhint(RANGE_HINT)));
	return value;
}

double
argument_perplexity(FunctionCallInfo fcinfo, int i, double max)
{
	double value = argument_double(fcinfo, i, "perplexity", 1, max);

	if (value == 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"perplexity\" must be greater than 1, not %g", value),
						errhint("It is the effective number of neighbors of a row; 30 is usual.")));
	return value;
}

int
argument_skip_id_type(FunctionCallInfo fcinfo, int n, Oid *id_type)
{
	int first = PG_NARGS() - n;

	*id_type = first > 0 ? get_fn_expr_argtype(fcinfo->flinfo, 0) : INT8OID;
	if (!OidIsValid(*id_type))
		ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_DATATYPE),
						errmsg("could not determine the type of argument \"id_type\""),
						errhint("Write the type of the ids, as in NULL::uuid.")));
	return first;
}
