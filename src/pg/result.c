/*
 * result.c
 *		Tuplestores and tuples. Materialize mode, so that all work and all errors fall inside one call
 *		and nothing has to live between calls.
 */
#include "pg/result.h"

#include "access/htup_details.h"
#include "miscadmin.h"
#include "utils/memutils.h"

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
