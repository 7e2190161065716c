/*
 * pca_model.c
 *		The type pca_model, and single rows against a value of it.
 */
#include "pg/pca_model.h"

#include "core/matrix/pca_model.h"
#include "pg/array_reader.h"
#include "pg/model_argument.h"
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

/* ---------- the functions ---------- */

/* Mean and components of the model in argument 0. */
static PcaModel
argument_model(FunctionCallInfo fcinfo, ModelArgument *model)
{
	model_argument(fcinfo, 0, N_FIELDS, "pca_fit()", model);
	return model_projection(model, FIELD_MEAN, FIELD_COMPONENTS);
}

/* pca_transform(model, px); strict */
Datum
synthdq_pca_transform(PG_FUNCTION_ARGS)
{
	ModelArgument argument;
	PcaModel model = argument_model(fcinfo, &argument);
	double *row = model_row(fcinfo, 1, &model);
	double *scores = model_scores(&model);

	pca_model_scores(&model, row, scores);
	check_model_result(&argument, &model, scores, model.q);
	PG_RETURN_ARRAYTYPE_P(make_real_array(scores, model.q));
}

/* pca_inverse(model, coords); strict */
Datum
synthdq_pca_inverse(PG_FUNCTION_ARGS)
{
	ModelArgument argument;
	PcaModel model = argument_model(fcinfo, &argument);
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
	check_model_result(&argument, &model, row, model.d);
	PG_RETURN_ARRAYTYPE_P(make_real_array(row, model.d));
}

/* pca_error(model, px); strict */
Datum
synthdq_pca_error(PG_FUNCTION_ARGS)
{
	ModelArgument argument;
	PcaModel model = argument_model(fcinfo, &argument);
	double *row = model_row(fcinfo, 1, &model);
	double distance = pca_model_distance(&model, row, model_scores(&model));

	check_model_result(&argument, &model, &distance, 1);
	PG_RETURN_FLOAT8(distance);
}
