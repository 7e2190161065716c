/*
 * result.c
 *		Tuplestores and tuples. Materialize mode, so that all work and all errors fall inside one call
 *		and nothing has to live between calls.
 */
#include "pg/result.h"

#include "access/htup_details.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include <math.h>

ResultSet
result_set_begin(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext caller;
	TupleDesc descriptor;
	ResultSet result;

	if (info == NULL || !IsA(info, ReturnSetInfo))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("set-valued function called in context that cannot accept a set")));
	if (!(info->allowedModes & SFRM_Materialize))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("materialize mode required, but it is not allowed in this context")));

	/* What finding the type leaves behind must not pile up where a rescan frees nothing. */
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("could not determine the result type of the function"),
						errhint("Give the first argument a type, as in NULL::uuid.")));
	caller = MemoryContextSwitchTo(info->econtext->ecxt_per_query_memory);
	result.descriptor = CreateTupleDescCopy(descriptor);
	result.store =
		tuplestore_begin_heap((info->allowedModes & SFRM_Materialize_Random) != 0, false, work_mem);
	MemoryContextSwitchTo(caller);

	info->returnMode = SFRM_Materialize;
	info->setResult = result.store;
	info->setDesc = result.descriptor;
	return result;
}

void
result_set_put(ResultSet *result, Datum *values, bool *nulls)
{
	CHECK_FOR_INTERRUPTS();
	tuplestore_putvalues(result->store, result->descriptor, values, nulls);
}

Datum
make_composite(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	TupleDesc descriptor;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	descriptor = BlessTupleDesc(descriptor);
	return HeapTupleGetDatum(heap_form_tuple(descriptor, values, nulls));
}

void
result_row_datum(ResultRow *row, Datum value)
{
	if (row->n_fields == RESULT_MAX_FIELDS)
		elog(ERROR, "row has more than %d fields", RESULT_MAX_FIELDS);
	row->values[row->n_fields] = value;
	row->nulls[row->n_fields++] = false;
}

void
result_row_null(ResultRow *row)
{
	result_row_datum(row, (Datum) 0);
	row->nulls[row->n_fields - 1] = true;
}

void
result_row_float8(ResultRow *row, double value)
{
	if (isnan(value))
		result_row_null(row);
	else
		result_row_datum(row, Float8GetDatum(value));
}

void
result_row_int8(ResultRow *row, int64 value)
{
	result_row_datum(row, Int64GetDatum(value));
}

/* An installed script of another version may declare other fields. */
static void
check_fields(const ResultRow *row, TupleDesc descriptor)
{
	if (row->n_fields != descriptor->natts)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("result has %d fields, but its type has %d", row->n_fields,
							   descriptor->natts),
						errhint("Run ALTER EXTENSION synthdq UPDATE.")));
}

Datum
result_row_composite(FunctionCallInfo fcinfo, ResultRow *row)
{
	TupleDesc descriptor;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	check_fields(row, descriptor);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), row->values, row->nulls));
}

Datum
result_row_field(const ResultSet *result, int field, ResultRow *row)
{
	TupleDesc descriptor =
		lookup_rowtype_tupdesc(TupleDescAttr(result->descriptor, field)->atttypid, -1);
	HeapTuple tuple;

	check_fields(row, descriptor);
	tuple = heap_form_tuple(descriptor, row->values, row->nulls);
	ReleaseTupleDesc(descriptor);
	return HeapTupleGetDatum(tuple);
}

void
result_row_put(ResultSet *result, ResultRow *row)
{
	check_fields(row, result->descriptor);
	result_set_put(result, row->values, row->nulls);
}
