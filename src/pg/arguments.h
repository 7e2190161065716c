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

/* An argument "k", a number of rows or clusters: at least 1, whatever the query returns. */
extern size_t argument_k(FunctionCallInfo fcinfo, int i);

/* Finite and min <= value <= max. */
extern double argument_double(FunctionCallInfo fcinfo, int i, const char *name, double min,
							  double max);

/* The type of the first argument of an overload `f(id_type anyelement, query text, ...)`. */
extern Oid argument_id_type(FunctionCallInfo fcinfo);

#endif
