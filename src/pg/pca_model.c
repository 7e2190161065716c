/*
 * pca_model.c
 *		The type pca_model, and single rows against a value of it.
 *
 * A model of 50 components of 784 columns has 313 kB, and is asked once per row. A value in memory is
 * used where it lies: its arrays are what the core wants, and to look at their headers takes less than
 * a microsecond. A value that comes as a pointer to a TOAST table, as from a column, or compressed,
 * would be fetched for each row; so the last one is kept in fn_extra, with the bytes it came as for a
 * key. Those of a pointer name the stored value: it cannot change, and as long as a transaction can see
 * it, no other one gets its number.
 *
 * Nobody checks a model that was put together by hand until it is used. What could lead astray, the
 * shapes, is checked for every row; NaN and infinity only when a result shows them.
 */
#include "pg/pca_model.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/typcache.h"

#include "core/matrix/pca_model.h"
#include "pg/array_reader.h"
#include "pg/result.h"

#include <math.h>

PG_FUNCTION_INFO_V1(synthdq_pca_transform);
PG_FUNCTION_INFO_V1(synthdq_pca_inverse);
PG_FUNCTION_INFO_V1(synthdq_pca_error);

/* Fields of the type, in the order of its declaration. */
enum
{
	FIELD_N,
	FIELD_MEAN,
	FIELD_COMPONENTS,
	FIELD_VARIANCE,
	FIELD_VARIANCE_RATIO,
	FIELD_TOTAL_VARIANCE,
	N_FIELDS,
};

/* ---------- making ---------- */

Datum
pca_model_datum(FunctionCallInfo fcinfo, const Pca *pca)
{
	ResultRow row = {.n_fields = 0};
	double *ratio = palloc_extended(pca->q * sizeof(double), MCXT_ALLOC_HUGE);

	if (!isfinite(pca->total_variance))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("variance of the rows is out of range for type double precision"),
						errhint("Scale the data down.")));
	for (size_t k = 0; k < pca->q; k++)
		ratio[k] = pca->total_variance > 0 ? pca->variance[k] / pca->total_variance : 0;
	result_row_int8(&row, (int64) pca->n);
	result_row_datum(&row, PointerGetDatum(make_float8_array(pca->mean, pca->d)));
	result_row_datum(&row, PointerGetDatum(make_float8_matrix(pca->components, pca->q, pca->d)));
	result_row_datum(&row, PointerGetDatum(make_float8_array(pca->variance, pca->q)));
	result_row_datum(&row, PointerGetDatum(make_float8_array(ratio, pca->q)));
	result_row_float8(&row, pca->total_variance);
	return result_row_composite(fcinfo, &row);
}

ArrayType *
make_real_array(const double *values, size_t n)
{
	float *reals = palloc_extended(n * sizeof(float), MCXT_ALLOC_HUGE);
	ArrayType *array;

	for (size_t i = 0; i < n; i++)
	{
		reals[i] = (float) values[i];
		if (isinf(reals[i]))
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("element %zu of the result is %g, which is out of range for "
								   "type real",
								   i + 1, values[i]),
							errhint("Scale the data down.")));
	}
	array = make_float4_array(reals, n);
	pfree(reals);
	return array;
}

/* ---------- reading ---------- */

/* The last model that had to be fetched or unpacked. */
typedef struct ModelCache
{
	Size key_size;
	char *key;             /* the value as it was passed */
	HeapTupleHeader value; /* the same in memory, flat */
} ModelCache;

/* The model of argument 0 from the cache, which is brought up to date. */
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

/* The model of argument 0 as a flat composite. */
static HeapTupleHeader
argument_header(FunctionCallInfo fcinfo)
{
	struct varlena *passed = (struct varlena *) PG_GETARG_POINTER(0);

	if (VARATT_IS_EXTERNAL_ONDISK(passed) || VARATT_IS_COMPRESSED(passed))
		return cached_header(fcinfo->flinfo, passed);
	return PG_GETARG_HEAPTUPLEHEADER(0);
}

/* A field that must be a double precision[] without NULLs. */
static ArrayType *
model_array(TupleDesc descriptor, int field, const Datum *values, const bool *nulls)
{
	Form_pg_attribute attribute = TupleDescAttr(descriptor, field);
	ArrayType *array;

	if (attribute->atttypid != FLOAT8ARRAYOID)
		elog(ERROR, "field \"%s\" of the model is not an array of double precision",
			 NameStr(attribute->attname));
	if (nulls[field])
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("field \"%s\" of the model must not be null", NameStr(attribute->attname)),
				 errhint("Models are made by pca_fit().")));
	array = DatumGetArrayTypeP(values[field]);
	if (ARR_HASNULL(array) && array_contains_nulls(array))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("field \"%s\" of the model must not contain nulls",
							   NameStr(attribute->attname)),
						errhint("Models are made by pca_fit().")));
	return array;
}

/* The model of argument 0: mean and components, which fit together. */
static PcaModel
argument_model(FunctionCallInfo fcinfo)
{
	HeapTupleHeader header = argument_header(fcinfo);
	TupleDesc descriptor =
		lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header), HeapTupleHeaderGetTypMod(header));
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(header), .t_data = header};
	Datum values[N_FIELDS];
	bool nulls[N_FIELDS];
	ArrayType *mean;
	ArrayType *components;
	int d;

	if (descriptor->natts != N_FIELDS)
		elog(ERROR, "type of the model has %d fields, not %d", descriptor->natts, N_FIELDS);
	heap_deform_tuple(&tuple, descriptor, values, nulls);
	mean = model_array(descriptor, FIELD_MEAN, values, nulls);
	components = model_array(descriptor, FIELD_COMPONENTS, values, nulls);
	ReleaseTupleDesc(descriptor);

	d = ArrayGetNItems(ARR_NDIM(mean), ARR_DIMS(mean));
	if (ARR_NDIM(components) != 2)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("components of the model must have two dimensions, not %d",
							   ARR_NDIM(components)),
						errhint("Each component is one line of the array.")));
	if (ARR_DIMS(components)[1] != d)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("each component of the model has %d elements, but its mean has %d",
							   ARR_DIMS(components)[1], d),
						errhint("Models are made by pca_fit().")));
	return (PcaModel){.d = (size_t) d,
					  .q = (size_t) ARR_DIMS(components)[0],
					  .mean = (const double *) ARR_DATA_PTR(mean),
					  .components = (const double *) ARR_DATA_PTR(components)};
}

/* All of values must be finite; `field` says where they stand. */
static void
check_finite(const double *values, size_t n, const char *field)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(values[i]))
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("field \"%s\" of the model has NaN or infinity at position %zu",
								   field, i + 1),
							errhint("Models are made by pca_fit().")));
}

/* A result of finite rows must be finite; if it is not, tell why. */
static void
check_result(const PcaModel *model, const double *result, size_t n)
{
	bool finite = true;

	for (size_t i = 0; i < n; i++)
		finite &= isfinite(result[i]) != 0;
	if (finite)
		return;
	check_finite(model->mean, model->d, "mean");
	check_finite(model->components, model->q * model->d, "components");
	ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("result is out of range for type double precision"),
					errhint("Scale the data down.")));
}

/* ---------- the functions ---------- */

/* Argument 1 as a row that the model can be asked about. */
static double *
argument_row(FunctionCallInfo fcinfo, const PcaModel *model)
{
	ArrayType *px = PG_GETARG_ARRAYTYPE_P(1);
	int d = ArrayGetNItems(ARR_NDIM(px), ARR_DIMS(px));

	if (d != model->d)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("argument \"px\" has %d elements, but the model is one of arrays of "
							   "%zu elements",
							   d, model->d),
						errhint("Pass arrays of the kind that the model was fitted to.")));
	return array_read_vector(px, "px");
}

/* Memory for the coordinates of a row. */
static double *
make_scores(const PcaModel *model)
{
	return palloc_extended(model->q * sizeof(double), MCXT_ALLOC_HUGE);
}

/* pca_transform(model, px); strict */
Datum
synthdq_pca_transform(PG_FUNCTION_ARGS)
{
	PcaModel model = argument_model(fcinfo);
	double *row = argument_row(fcinfo, &model);
	double *scores = make_scores(&model);

	pca_model_scores(&model, row, scores);
	check_result(&model, scores, model.q);
	PG_RETURN_ARRAYTYPE_P(make_real_array(scores, model.q));
}

/* pca_inverse(model, coords); strict */
Datum
synthdq_pca_inverse(PG_FUNCTION_ARGS)
{
	PcaModel model = argument_model(fcinfo);
	ArrayType *coords = PG_GETARG_ARRAYTYPE_P(1);
	int q = ArrayGetNItems(ARR_NDIM(coords), ARR_DIMS(coords));
	double *row;

	if (q != model.q)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("argument \"coords\" has %d elements, but the model has %zu components", q,
						model.q),
				 errhint("Pass the result of pca_transform() or pca() with as many components.")));
	row = palloc_extended(model.d * sizeof(double), MCXT_ALLOC_HUGE);
	pca_model_row(&model, array_read_vector(coords, "coords"), row);
	check_result(&model, row, model.d);
	PG_RETURN_ARRAYTYPE_P(make_real_array(row, model.d));
}

/* pca_error(model, px); strict */
Datum
synthdq_pca_error(PG_FUNCTION_ARGS)
{
	PcaModel model = argument_model(fcinfo);
	double *row = argument_row(fcinfo, &model);
	double distance = pca_model_distance(&model, row, make_scores(&model));

	check_result(&model, &distance, 1);
	PG_RETURN_FLOAT8(distance);
}
