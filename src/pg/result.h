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

/* Most fields of a row that is built field by field. */
#define RESULT_MAX_FIELDS 32

/* A row under construction: the fields are put in the order in which the type declares them. Start
 * with {.n_fields = 0}. */
typedef struct ResultRow
{
	Datum values[RESULT_MAX_FIELDS];
	bool nulls[RESULT_MAX_FIELDS];
	int n_fields;
} ResultRow;

/* Put any value. */
extern void result_row_datum(ResultRow *row, Datum value);

extern void result_row_null(ResultRow *row);

/* A double; NaN becomes NULL, which is how the core says that there is no such number. */
extern void result_row_float8(ResultRow *row, double value);

extern void result_row_int8(ResultRow *row, int64 value);

/* The finished row as a composite. An error if it does not have as many fields as the type. */
extern Datum result_row_composite(FunctionCallInfo fcinfo, ResultRow *row);

/* The finished row as the value of a field, from 0, of a set's rows: one of a named composite type. */
extern Datum result_row_field(const ResultSet *result, int field, ResultRow *row);

/* The finished row as the next one of a set. */
extern void result_row_put(ResultSet *result, ResultRow *row);

#endif
