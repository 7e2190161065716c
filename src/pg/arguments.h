/*
 * arguments.h
 *		Arguments of functions that are not STRICT: not NULL, in range, or a clear error.
 *
 * `name` is the argument's name in SQL. Errors are INVALID_PARAMETER_VALUE or, for NULL,
 * NULL_VALUE_NOT_ALLOWED, and name the argument and the value.
 */
#ifndef SYNTHDQ_PG_ARGUMENTS_H
#define SYNTHDQ_PG_ARGUMENTS_H

#include "postgres.h"

#include "fmgr.h"

extern char *argument_text(FunctionCallInfo fcinfo, int i, const char *name);
extern int32 argument_int(FunctionCallInfo fcinfo, int i, const char *name, int32 min, int32 max);
extern int64 argument_bigint(FunctionCallInfo fcinfo, int i, const char *name);
extern bool argument_bool(FunctionCallInfo fcinfo, int i, const char *name);

/* An argument "k", a number of rows or clusters: at least 1, whatever the query returns. */
extern size_t argument_k(FunctionCallInfo fcinfo, int i);

/* Finite and min <= value <= max. */
extern double argument_double(FunctionCallInfo fcinfo, int i, const char *name, double min,
							  double max);

/* An argument "perplexity": 1 < perplexity <= max. */
extern double argument_perplexity(FunctionCallInfo fcinfo, int i, double max);

/*
 * One C function serves f(...) of n arguments, whose ids are bigint, and its overloads f(id_type, ...) for
 * ids of the type of that first argument. Returns the number of the first of the n arguments, and the type
 * of ids in *id_type.
 */
extern int argument_skip_id_type(FunctionCallInfo fcinfo, int n, Oid *id_type);

#endif
