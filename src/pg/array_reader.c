/*
 * array_reader.c
 *		Array Datums to plain buffers and back.
 */
#include "pg/array_reader.h"

#include "access/detoast.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "core/base/pglz.h"
#include "core/base/status.h"
#include "pg/compat.h"

#include <math.h>

/* Doubles that are copied between two looks for interrupts: a megabyte. */
#define INTERRUPT_INTERVAL ((size_t) 1 << 17)

/* memcpy() for doubles, of which there may be a gigabyte. */
static void
copy_doubles(double *to, const double *from, size_t n)
{
	for (size_t i = 0; i < n; i += INTERRUPT_INTERVAL)
	{
		CHECK_FOR_INTERRUPTS();
		memcpy(to + i, from + i, Min(n - i, INTERRUPT_INTERVAL) * sizeof(double));
	}
}

bool
is_numeric_array_type(Oid type)
{
	return type == INT2ARRAYOID || type == INT4ARRAYOID || type == FLOAT4ARRAYOID ||
		   type == FLOAT8ARRAYOID;
}

ArrayType *
array_detoast(Datum value)
{
	struct varlena *stored = (struct varlena *) DatumGetPointer(value);
	struct varlena *array;
	Size bytes;

	if (VARATT_IS_EXTERNAL_ONDISK(stored))
		stored = detoast_external_attr(stored);
	if (!VARATT_IS_COMPRESSED(stored) || !compat_is_pglz(stored))
		return DatumGetArrayTypeP(PointerGetDatum(stored));
	bytes = compat_raw_size(stored);
	array = palloc(VARHDRSZ + bytes);
	SET_VARSIZE(array, VARHDRSZ + bytes);
	/* What is damaged is for the server to report. */
	if (!pglz_expand((const unsigned char *) VARDATA_4B_C(stored),
					 VARSIZE(stored) - offsetof(varattrib_4b, va_compressed.va_data),
					 (unsigned char *) VARDATA(array), bytes))
		return DatumGetArrayTypeP(PointerGetDatum(stored));
	return (ArrayType *) array;
}

/* Elements that the NULL bitmap marks as present. */
static size_t
count_present(ArrayType *array, size_t n)
{
	const bits8 *bitmap = ARR_NULLBITMAP(array);
	size_t present = 0;

	for (size_t i = 0; i < n; i++)
		present += (bitmap[i / 8] >> (i % 8)) & 1;
	return present;
}

ArrayElements
array_elements(ArrayType *array)
{
	ArrayElements elements;

	elements.type = ARR_ELEMTYPE(array);
	if (elements.type != INT2OID && elements.type != INT4OID && elements.type != FLOAT4OID &&
		elements.type != FLOAT8OID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("array elements of type %s are not supported",
							   format_type_be(elements.type)),
						errhint("Cast the array to smallint[], integer[], real[] or double "
								"precision[].")));
	/* Checks the dimensions against overflow. */
	elements.n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	elements.n_present = ARR_HASNULL(array) ? count_present(array, elements.n) : elements.n;
	elements.data = ARR_DATA_PTR(array);
	return elements;
}

void
array_read_doubles(const ArrayElements *elements, double *out)
{
	size_t n = elements->n_present;

	switch (elements->type)
	{
		case INT2OID:
			for (size_t i = 0; i < n; i++)
				out[i] = ((const int16 *) elements->data)[i];
			break;
		case INT4OID:
			for (size_t i = 0; i < n; i++)
				out[i] = ((const int32 *) elements->data)[i];
			break;
		case FLOAT4OID:
			for (size_t i = 0; i < n; i++)
				out[i] = ((const float4 *) elements->data)[i];
			break;
		case FLOAT8OID: copy_doubles(out, elements->data, n); break;
		default: elog(ERROR, "unexpected array element type %u", elements->type);
	}
}

double *
array_read_vector(ArrayType *array, const char *name)
{
	ArrayElements elements = array_elements(array);
	double *values = palloc_extended(elements.n * sizeof(double) + 1, MCXT_ALLOC_HUGE);

	if (elements.n_present != elements.n)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"%s\" must not contain nulls", name)));
	array_read_doubles(&elements, values);
	for (size_t i = 0; i < elements.n; i++)
		if (!isfinite(values[i]))
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION),
					 errmsg("argument \"%s\" has NaN or infinity at position %zu", name, i + 1)));
	return values;
}

int64 *
array_read_counts(ArrayType *array, size_t *n)
{
	const bits8 *bitmap = ARR_NULLBITMAP(array);
	const int64 *present = (const int64 *) ARR_DATA_PTR(array);
	int64 *counts;

	Assert(ARR_ELEMTYPE(array) == INT8OID);
	*n = (size_t) ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	counts = palloc_extended(Max(*n, 1) * sizeof(int64), MCXT_ALLOC_HUGE);
	for (size_t i = 0; i < *n; i++)
	{
		bool is_null = bitmap != NULL && !((bitmap[i / 8] >> (i % 8)) & 1);

		counts[i] = is_null ? 0 : *present++;
	}
	return counts;
}

void
array_read_doubles_or_nan(ArrayType *array, double *out)
{
	ArrayElements elements = array_elements(array);
	const bits8 *bitmap = ARR_NULLBITMAP(array);
	size_t next = elements.n_present;

	array_read_doubles(&elements, out);
	if (bitmap == NULL)
		return;
	/* Backwards: each element moves to the right, and what it meets there has moved before. */
	for (size_t i = elements.n; i-- > 0;)
		out[i] = (bitmap[i / 8] >> (i % 8)) & 1 ? out[--next] : get_float8_nan();
}

/* A one-dimensional array without NULLs whose payload is `bytes` long, payload not yet filled. */
static ArrayType *
make_array(Oid element_type, size_t n, size_t element_size)
{
	size_t header = ARR_OVERHEAD_NONULLS(1);
	ArrayType *array;

	if (n > (MaxAllocSize - header) / element_size)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("array of %zu elements exceeds the maximum size of a value", n)));
	if (n == 0)
		return construct_empty_array(element_type);
	array = palloc(header + n * element_size); /* no padding in it */
	SET_VARSIZE(array, header + n * element_size);
	array->ndim = 1;
	array->dataoffset = 0;
	array->elemtype = element_type;
	ARR_DIMS(array)[0] = (int) n;
	ARR_LBOUND(array)[0] = 1;
	return array;
}

ArrayType *
make_float8_array(const double *values, size_t n)
{
	ArrayType *array = make_array(FLOAT8OID, n, sizeof(double));

	copy_doubles((double *) ARR_DATA_PTR(array), values, n);
	return array;
}

ArrayType *
make_float4_array(const float *values, size_t n)
{
	ArrayType *array = make_array(FLOAT4OID, n, sizeof(float));

	if (n > 0)
		memcpy(ARR_DATA_PTR(array), values, n * sizeof(float));
	return array;
}

ArrayType *
make_int8_array(const int64 *values, size_t n)
{
	ArrayType *array = make_array(INT8OID, n, sizeof(int64));

	if (n > 0)
		memcpy(ARR_DATA_PTR(array), values, n * sizeof(int64));
	return array;
}

ArrayType *
make_int2_array(const uint8 *values, size_t n)
{
	ArrayType *array = make_array(INT2OID, n, sizeof(int16));
	int16 *out = (int16 *) ARR_DATA_PTR(array);

	for (size_t i = 0; i < n; i++)
		out[i] = values[i];
	return array;
}

/* A one-dimensional array without NULLs as one of several dimensions; the given one is freed. */
static ArrayType *
reshape_array(ArrayType *array, int n_dims, const int *dims)
{
	size_t payload = VARSIZE(array) - ARR_OVERHEAD_NONULLS(1);
	size_t header = ARR_OVERHEAD_NONULLS(n_dims);
	ArrayType *shaped = palloc0(header + payload);

	SET_VARSIZE(shaped, header + payload);
	shaped->ndim = n_dims;
	shaped->dataoffset = 0;
	shaped->elemtype = array->elemtype;
	for (int k = 0; k < n_dims; k++)
	{
		ARR_DIMS(shaped)[k] = dims[k];
		ARR_LBOUND(shaped)[k] = 1;
	}
	memcpy(ARR_DATA_PTR(shaped), ARR_DATA_PTR(array), payload);
	pfree(array);
	return shaped;
}

/* A two-dimensional array without NULLs, payload not yet filled. */
static ArrayType *
make_matrix(Oid element_type, size_t n_rows, size_t n_columns, size_t element_size)
{
	size_t header = ARR_OVERHEAD_NONULLS(2);
	size_t n;
	ArrayType *array;

	if (!checked_multiply(n_rows, n_columns, &n) || n > (MaxAllocSize - header) / element_size)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("array of %zu by %zu elements exceeds the maximum size of a value",
							   n_rows, n_columns)));
	if (n == 0)
		return construct_empty_array(element_type);
	array = palloc(header + n * element_size); /* no padding in it */
	SET_VARSIZE(array, header + n * element_size);
	array->ndim = 2;
	array->dataoffset = 0;
	array->elemtype = element_type;
	ARR_DIMS(array)[0] = (int) n_rows;
	ARR_DIMS(array)[1] = (int) n_columns;
	ARR_LBOUND(array)[0] = 1;
	ARR_LBOUND(array)[1] = 1;
	return array;
}

ArrayType *
make_int2_matrix(const uint8 *values, size_t n_rows, size_t n_columns)
{
	ArrayType *array = make_matrix(INT2OID, n_rows, n_columns, sizeof(int16));
	int16 *out = (int16 *) ARR_DATA_PTR(array);

	for (size_t i = 0; i < n_rows * n_columns; i++)
		out[i] = values[i];
	return array;
}

ArrayType *
make_float4_matrix(const float *values, size_t n_rows, size_t n_columns)
{
	ArrayType *array = make_matrix(FLOAT4OID, n_rows, n_columns, sizeof(float));

	if (n_rows * n_columns > 0)
		memcpy(ARR_DATA_PTR(array), values, n_rows * n_columns * sizeof(float));
	return array;
}

ArrayType *
make_float8_matrix(const double *values, size_t n_rows, size_t n_columns)
{
	ArrayType *array = make_matrix(FLOAT8OID, n_rows, n_columns, sizeof(double));

	copy_doubles((double *) ARR_DATA_PTR(array), values, n_rows * n_columns);
	return array;
}

ArrayType *
make_float4_array_like(ArrayType *shape, const float *values)
{
	ArrayElements elements = array_elements(shape);
	const bits8 *nulls = ARR_NULLBITMAP(shape);
	int ndim = ARR_NDIM(shape);
	size_t header =
		nulls != NULL ? ARR_OVERHEAD_WITHNULLS(ndim, elements.n) : ARR_OVERHEAD_NONULLS(ndim);
	ArrayType *array;

	if (elements.n == 0)
		return construct_empty_array(FLOAT4OID);
	/* Elements are at most MaxArraySize, so that this is far from overflow. */
	array = palloc0(header + elements.n_present * sizeof(float));
	SET_VARSIZE(array, header + elements.n_present * sizeof(float));
	array->ndim = ndim;
	array->dataoffset = nulls != NULL ? (int32) header : 0;
	array->elemtype = FLOAT4OID;
	memcpy(ARR_DIMS(array), ARR_DIMS(shape), ndim * sizeof(int));
	memcpy(ARR_LBOUND(array), ARR_LBOUND(shape), ndim * sizeof(int));
	if (nulls != NULL)
		array_bitmap_copy(ARR_NULLBITMAP(array), 0, nulls, 0, (int) elements.n);
	if (elements.n_present > 0)
		memcpy(ARR_DATA_PTR(array), values, elements.n_present * sizeof(float));
	return array;
}

ArrayType *
make_real_array(const double *values, size_t n)
{
	float *reals = palloc_extended(n * sizeof(float) + 1, MCXT_ALLOC_HUGE);
	ArrayType *array;

	for (size_t i = 0; i < n; i++)
	{
		reals[i] = (float) values[i];
		if (isinf(reals[i]))
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("element %zu of the result is %g, which is out of range for "
								   "type real",
								   i + 1, values[i]),
							errhint("Scale the data.")));
	}
	array = make_float4_array(reals, n);
	pfree(reals);
	return array;
}

ArrayType *
make_real_array_shaped(const double *values, int n_dims, const int *dims)
{
	size_t n = (size_t) ArrayGetNItems(n_dims, dims);
	ArrayType *array = make_real_array(values, n);

	if (n_dims < 2 || n == 0)
		return array;
	return reshape_array(array, n_dims, dims);
}
