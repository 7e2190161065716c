/*
 * model_argument.c
 *		Fitted models as arguments.
 */
#include "pg/model_argument.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "pg/array_reader.h"
#include "pg/compat.h"
#include "pg/passed_value.h"

#include <math.h>

/* ---------- the value ---------- */

/* The last model that had to be fetched or unpacked. */
typedef struct ModelCache
{
	PassedValue passed;
	HeapTupleHeader value; /* the same in memory, flat */
} ModelCache;

/* The model that was passed, from the cache, which is brought up to date. */
static HeapTupleHeader
cached_header(FmgrInfo *flinfo, struct varlena *passed)
{
	ModelCache *cache = flinfo->fn_extra;
	MemoryContext caller;

	if (cache != NULL && passed_value_is(&cache->passed, passed))
		return cache->value;

	caller = MemoryContextSwitchTo(flinfo->fn_mcxt);
	if (cache == NULL)
		cache = flinfo->fn_extra = palloc0(sizeof(ModelCache));
	else if (cache->passed.bytes != NULL)
	{
		pfree(cache->passed.bytes);
		cache->passed.bytes = NULL;
		pfree(cache->value);
	}
	/* The key last: an error while the value is fetched leaves an empty cache. */
	cache->value = (HeapTupleHeader) PG_DETOAST_DATUM_COPY(PointerGetDatum(passed));
	passed_value_keep(&cache->passed, passed, flinfo->fn_mcxt);
	MemoryContextSwitchTo(caller);
	return cache->value;
}

void
model_argument(FunctionCallInfo fcinfo, int i, int n_fields, const char *maker,
			   ModelArgument *model)
{
	struct varlena *passed = (struct varlena *) PG_GETARG_POINTER(i);
	HeapTupleHeader header = is_stored_apart(passed) ? cached_header(fcinfo->flinfo, passed)
													 : PG_GETARG_HEAPTUPLEHEADER(i);
	TupleDesc descriptor =
		lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header), HeapTupleHeaderGetTypMod(header));
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(header), .t_data = header};

	Assert(n_fields <= MODEL_MAX_FIELDS);
	/* An installed script of another version may declare other fields. */
	if (descriptor->natts != n_fields)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("type of the model has %d fields, not %d", descriptor->natts, n_fields),
				 errhint("Run ALTER EXTENSION synthdq UPDATE.")));
	model->maker = maker;
	heap_deform_tuple(&tuple, descriptor, model->values, model->nulls);
	model->row_type = HeapTupleHeaderGetTypeId(header);
	model->row_typmod = HeapTupleHeaderGetTypMod(header);
	for (int field = 0; field < n_fields; field++)
		model->type[field] = TupleDescAttr(descriptor, field)->atttypid;
	ReleaseTupleDesc(descriptor);
}

/* ---------- its fields ---------- */

/* The name of a field, for messages. */
static const char *
field_name(const ModelArgument *model, int field)
{
	TupleDesc descriptor = lookup_rowtype_tupdesc_copy(model->row_type, model->row_typmod);

	return NameStr(TupleDescAttr(descriptor, field)->attname);
}

ArrayType *
model_array(const ModelArgument *model, int field, Oid element_type)
{
	ArrayType *array;

	if (get_element_type(model->type[field]) != element_type)
		elog(ERROR, "field \"%s\" of the model has an unexpected type", field_name(model, field));
	if (model->nulls[field])
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("field \"%s\" of the model must not be null", field_name(model, field)),
				 errhint("Models are made by %s.", model->maker)));
	array = DatumGetArrayTypeP(model->values[field]);
	if (ARR_HASNULL(array) && array_contains_nulls(array))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("field \"%s\" of the model must not contain nulls",
							   field_name(model, field)),
						errhint("Models are made by %s.", model->maker)));
	return array;
}

PcaModel
model_projection(const ModelArgument *model, int mean_field, int components_field)
{
	ArrayType *mean = model_array(model, mean_field, FLOAT8OID);
	ArrayType *components = model_array(model, components_field, FLOAT8OID);
	int d = ArrayGetNItems(ARR_NDIM(mean), ARR_DIMS(mean));

	if (ARR_NDIM(components) != 2)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("components of the model must have two dimensions, not %d",
							   ARR_NDIM(components)),
						errhint("Each component is one line of the array.")));
	if (ARR_DIMS(components)[1] != d)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("each component of the model has %d elements, but its mean has %d",
							   ARR_DIMS(components)[1], d),
						errhint("Models are made by %s.", model->maker)));
	return (PcaModel){.d = (size_t) d,
					  .q = (size_t) ARR_DIMS(components)[0],
					  .mean = (const double *) ARR_DATA_PTR(mean),
					  .components = (const double *) ARR_DATA_PTR(components)};
}

/* ---------- rows and results ---------- */

double *
model_row(FunctionCallInfo fcinfo, int i, const PcaModel *projection)
{
	ArrayType *px = PG_GETARG_ARRAYTYPE_P(i);
	int d = ArrayGetNItems(ARR_NDIM(px), ARR_DIMS(px));

	if (d != projection->d)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("argument \"px\" has %d elements, but the model is one of arrays of "
							   "%zu elements",
							   d, projection->d),
						errhint("Pass arrays of the kind that the model was fitted to.")));
	return array_read_vector(px, "px");
}

double *
model_scores(const PcaModel *projection)
{
	return palloc_extended(projection->q * sizeof(double) + 1, MCXT_ALLOC_HUGE);
}

/* All of values must be finite; `field` says where they stand. */
static void
check_finite(const ModelArgument *model, const double *values, size_t n, const char *field)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(values[i]))
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("field \"%s\" of the model has NaN or infinity at position %zu",
								   field, i + 1),
							errhint("Models are made by %s.", model->maker)));
}

void
check_model_result(const ModelArgument *model, const PcaModel *projection, const double *result,
				   size_t n)
{
	bool finite = true;

	for (size_t i = 0; i < n; i++)
		finite &= isfinite(result[i]) != 0;
	if (finite)
		return;
	check_finite(model, projection->mean, projection->d, "mean");
	check_finite(model, projection->components, projection->q * projection->d, "components");
	ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("result is out of range for type double precision"),
					errhint("Scale the data down.")));
}
