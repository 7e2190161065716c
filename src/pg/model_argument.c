/*
 * model_argument.c
 *		Fitted models as arguments.
 */
#include "pg/model_argument.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include <math.h>

/* ---------- the value ---------- */

/* The last model that had to be fetched or unpacked. */
typedef struct ModelCache
{
	Size key_size;
	char *key;             /* the value as it was passed */
	HeapTupleHeader value; /* the same in memory, flat */
} ModelCache;

/* The model that was passed, from the cache, which is brought up to date. */
static HeapTupleHeader
cached_header(FmgrInfo *flinfo, struct varlena *passed)
{
	ModelCache *cache = flinfo->fn_extra;
	Size size = VARSIZE_ANY(passed);
	MemoryContext caller;

	if (cache != NULL && cache->key != NULL && cache->key_size == size &&
		memcmp(cache->key, passed, size) == 0)
		return cache->value;

	caller = MemoryContextSwitchTo(flinfo->fn_mcxt);
	if (cache == NULL)
		cache = flinfo->fn_extra = palloc0(sizeof(ModelCache));
	else if (cache->key != NULL)
	{
		pfree(cache->key);
		cache->key = NULL;
		pfree(cache->value);
	}
	/* The key last: an error while the value is fetched leaves an empty cache. */
	cache->value = (HeapTupleHeader) PG_DETOAST_DATUM_COPY(PointerGetDatum(passed));
	cache->key = memcpy(palloc(size), passed, size);
	cache->key_size = size;
	MemoryContextSwitchTo(caller);
	return cache->value;
}

void
model_argument(FunctionCallInfo fcinfo, int i, int n_fields, const char *maker,
			   ModelArgument *model)
{
	struct varlena *passed = (struct varlena *) PG_GETARG_POINTER(i);
	HeapTupleHeader header = VARATT_IS_EXTERNAL_ONDISK(passed) || VARATT_IS_COMPRESSED(passed)
								 ? cached_header(fcinfo->flinfo, passed)
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
	model->n_fields = n_fields;
	heap_deform_tuple(&tuple, descriptor, model->values, model->nulls);
	for (int field = 0; field < n_fields; field++)
	{
		/* The names live in the type cache, or in a type that other statements cannot drop meanwhile. */
		model->name[field] = NameStr(TupleDescAttr(descriptor, field)->attname);
		model->type[field] = TupleDescAttr(descriptor, field)->atttypid;
	}
	ReleaseTupleDesc(descriptor);
}

/* ---------- its fields ---------- */

ArrayType *
model_array(const ModelArgument *model, int field, Oid element_type)
{
	ArrayType *array;

	if (get_element_type(model->type[field]) != element_type)
		elog(ERROR, "field \"%s\" of the model has an unexpected type", model->name[field]);
	if (model->nulls[field])
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("field \"%s\" of the model must not be null", model->name[field]),
						errhint("Models are made by %s.", model->maker)));
	array = DatumGetArrayTypeP(model->values[field]);
	if (ARR_HASNULL(array) && array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("field \"%s\" of the model must not contain nulls", model->name[field]),
				 errhint("Models are made by %s.", model->maker)));
	return array;
}

const double *
model_matrix(const ModelArgument *model, int field, size_t n_columns, size_t *n_rows)
{
	ArrayType *array = model_array(model, field, FLOAT8OID);

	*n_rows = 0;
	if (ARR_NDIM(array) == 0)
		return (const double *) ARR_DATA_PTR(array);
	if (ARR_NDIM(array) != 2)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("field \"%s\" of the model must have two dimensions, not %d",
							   model->name[field], ARR_NDIM(array)),
						errhint("Models are made by %s.", model->maker)));
	if ((size_t) ARR_DIMS(array)[1] != n_columns)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("lines of field \"%s\" of the model have %d elements, not %zu",
							   model->name[field], ARR_DIMS(array)[1], n_columns),
						errhint("Models are made by %s.", model->maker)));
	*n_rows = (size_t) ARR_DIMS(array)[0];
	return (const double *) ARR_DATA_PTR(array);
}

const double *
model_vector(const ModelArgument *model, int field, size_t *n)
{
	ArrayType *array = model_array(model, field, FLOAT8OID);

	*n = (size_t) ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	return (const double *) ARR_DATA_PTR(array);
}

/* Is one of values[n] NaN or infinite? Its position, from 1; 0 if not. */
static size_t
find_not_finite(const double *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(values[i]))
			return i + 1;
	return 0;
}

void
check_model_result(const ModelArgument *model, const double *result, size_t n)
{
	if (find_not_finite(result, n) == 0)
		return;
	for (int field = 0; field < model->n_fields; field++)
	{
		size_t size;
		size_t position;
		const double *values;

		if (model->nulls[field] || model->type[field] != FLOAT8ARRAYOID)
			continue;
		values = model_vector(model, field, &size);
		position = find_not_finite(values, size);
		if (position > 0)
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("field \"%s\" of the model has NaN or infinity at position %zu",
								   model->name[field], position),
							errhint("Models are made by %s.", model->maker)));
	}
	ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("result is out of range for type double precision"),
					errhint("Scale the data down.")));
}
