/*
 * result.h
 *		What functions return: sets of rows, and composites.
 */
#ifndef SYNTHDQ_PG_RESULT_H
#define SYNTHDQ_PG_RESULT_H

#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/tuplestore.h"

/* The rows of a set-returning function in materialize mode. */
typedef struct ResultSet
{
	Tuplestorestate *store;
	TupleDesc descriptor;
} ResultSet;

/* Start the result of the set-returning function that is being called. Works for polymorphic
 * RETURNS TABLE columns too. */
extern ResultSet result_set_begin(FunctionCallInfo fcinfo);

/* Append a row (copied); checks for interrupts. */
extern void result_set_put(ResultSet *result, Datum *values, bool *nulls);

/* The value of a function whose result is a named composite type. */
extern Datum make_composite(FunctionCallInfo fcinfo, Datum *values, bool *nulls);

#endif
