/*
 * lda_model.c
 *		The type lda_model, and single rows against a value of it.
 */
#include "pg/lda_model.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include <math.h>

#include "core/matrix/pca_model.h"
#include "pg/array_reader.h"
#include "pg/model_argument.h"
#include "pg/result.h"

PG_FUNCTION_INFO_V1(synthdq_lda_transform);
PG_FUNCTION_INFO_V1(synthdq_lda_classify);

/* Fields of the type, in the order of its declaration. */
enum
{
	FIELD_LABELS,
	FIELD_N,
	FIELD_MEANS,
	FIELD_MEAN,
	FIELD_COMPONENTS,
	FIELD_CENTERS,
	FIELD_VARIANCE,
	FIELD_VARIANCE_RATIO,
	FIELD_SHRINKAGE,
	N_FIELDS,
};

#define MAKER "lda_fit()"

/* ---------- making ---------- */

/* Coordinates of the classes' means: double precision[][]. */
static Datum
centers_array(const Lda *lda)
{
	PcaModel model = {.d = lda->d, .q = lda->q, .mean = lda->mean, .components = lda->components};
	double *centers =
		palloc_extended(lda->n_classes * lda->q * sizeof(double) + 1, MCXT_ALLOC_HUGE);
	double *row = palloc_extended(lda->d * sizeof(double), MCXT_ALLOC_HUGE);

	for (size_t c = 0; c < lda->n_classes; c++)
	{
		memcpy(row, lda->class_mean + c * lda->d, lda->d * sizeof(double));
		pca_model_scores(&model, row, centers + c * lda->q);
	}
	return PointerGetDatum(make_float8_matrix(centers, lda->n_classes, lda->q));
}

Datum
lda_model_datum(FunctionCallInfo fcinfo, const Lda *lda, const QueryLabels *labels)
{
	ResultRow row = {.n_fields = 0};

	result_row_datum(&row, query_labels_array(labels));
	result_row_datum(&row, PointerGetDatum(make_int8_array(lda->count, lda->n_classes)));
	result_row_datum(&row,
					 PointerGetDatum(make_float8_matrix(lda->class_mean, lda->n_classes, lda->d)));
	result_row_datum(&row, PointerGetDatum(make_float8_array(lda->mean, lda->d)));
	result_row_datum(&row, PointerGetDatum(make_float8_matrix(lda->components, lda->q, lda->d)));
	result_row_datum(&row, centers_array(lda));
	result_row_datum(&row, PointerGetDatum(make_float8_array(lda->value, lda->q)));
	result_row_datum(&row, PointerGetDatum(make_float8_array(lda->ratio, lda->q)));
	result_row_float8(&row, lda->shrinkage);
	return result_row_composite(fcinfo, &row);
}

/* ---------- using ---------- */

/* Mean and components of the model. One without components, as of labels with equal means, has no lines. */
static PcaModel
lda_projection(const ModelArgument *model)
{
	ArrayType *mean;

	if (ARR_NDIM(model_array(model, FIELD_COMPONENTS, FLOAT8OID)) > 0)
		return model_projection(model, FIELD_MEAN, FIELD_COMPONENTS);
	mean = model_array(model, FIELD_MEAN, FLOAT8OID);
	return (PcaModel){.d = (size_t) ArrayGetNItems(ARR_NDIM(mean), ARR_DIMS(mean)),
					  .q = 0,
					  .mean = (const double *) ARR_DATA_PTR(mean)};
}

/* The coordinates[*q] of the row in argument 1 by the model in argument 0. */
static double *
transform(FunctionCallInfo fcinfo, ModelArgument *model, size_t *q)
{
	PcaModel projection;
	double *row;
	double *scores;

	model_argument(fcinfo, 0, N_FIELDS, MAKER, model);
	projection = lda_projection(model);
	row = model_row(fcinfo, 1, &projection);
	scores = model_scores(&projection);
	pca_model_scores(&projection, row, scores);
	check_model_result(model, &projection, scores, projection.q);
	*q = projection.q;
	return scores;
}

/* lda_transform(model, px); strict */
Datum
synthdq_lda_transform(PG_FUNCTION_ARGS)
{
	ModelArgument model;
	size_t q;
	double *scores = transform(fcinfo, &model, &q);

	PG_RETURN_ARRAYTYPE_P(make_real_array(scores, q));
}

/* The class with the largest ln(n_c) - |z - z_c|^2 / 2; the first of equals. */
static size_t
likeliest_class(const double *scores, const double *centers, const int64 *count, size_t n_classes,
				size_t q)
{
	double best = -INFINITY;
	size_t class = 0;

	for (size_t c = 0; c < n_classes; c++)
	{
		double distance2 = 0;
		double likelihood;

		for (size_t k = 0; k < q; k++)
		{
			double difference = scores[k] - centers[c * q + k];

			distance2 += difference * difference;
		}
		likelihood = log((double) count[c]) - 0.5 * distance2;
		if (likelihood > best)
		{
			best = likelihood;
			class = c;
		}
	}
	return class;
}

/* lda_classify(model, px); strict */
Datum
synthdq_lda_classify(PG_FUNCTION_ARGS)
{
	ModelArgument model;
	size_t q;
	double *scores = transform(fcinfo, &model, &q);
	ArrayType *labels = model_array(&model, FIELD_LABELS, TEXTOID);
	ArrayType *counts = model_array(&model, FIELD_N, INT8OID);
	size_t n_classes = (size_t) ArrayGetNItems(ARR_NDIM(labels), ARR_DIMS(labels));
	size_t n_counts = (size_t) ArrayGetNItems(ARR_NDIM(counts), ARR_DIMS(counts));
	ArrayType *centers = model_array(&model, FIELD_CENTERS, FLOAT8OID);
	size_t n_coordinates = (size_t) ArrayGetNItems(ARR_NDIM(centers), ARR_DIMS(centers));
	int subscript;
	bool is_null;

	if (ARR_NDIM(labels) != 1 || n_counts != n_classes || n_coordinates != n_classes * q)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("model has %zu labels, %zu counts, and %zu coordinates of centers along "
						"%zu components",
						n_classes, n_counts, n_coordinates, q),
				 errhint("Models are made by %s.", MAKER)));
	subscript = ARR_LBOUND(labels)[0] +
				(int) likeliest_class(scores, (const double *) ARR_DATA_PTR(centers),
									  (const int64 *) ARR_DATA_PTR(counts), n_classes, q);
	PG_RETURN_DATUM(array_ref(labels, 1, &subscript, -1, -1, false, TYPALIGN_INT, &is_null));
}
