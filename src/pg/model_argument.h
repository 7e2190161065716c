/*
 * model_argument.h
 *		A fitted model as an argument: a composite with large arrays, asked once per row.
 *
 * A value in memory is used where it lies: its arrays are what the core wants, and to look at their
 * headers takes less than a microsecond. A value that comes as a pointer into a TOAST table, as from a
 * column, or compressed, would be fetched for each row; so the last one is kept in fn_extra, with the bytes it
 * came as for a key. Those of a pointer name the stored value: it cannot change, and as long as a
 * transaction can see it, no other one gets its number.
 *
 * Nobody checks a model that was put together by hand until it is used. What could lead astray, types, NULL and
 * shapes of the fields in use, is checked for every row; NaN and infinity only when a result shows them.
 */
#ifndef SYNTHDQ_PG_MODEL_ARGUMENT_H
#define SYNTHDQ_PG_MODEL_ARGUMENT_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "fmgr.h"
#include "utils/array.h"

#include "core/matrix/pca_model.h"

#define MODEL_MAX_FIELDS 16

typedef struct ModelArgument
{
	const char *maker; /* the function that makes such models, for hints */
	Oid row_type;
	int32 row_typmod;
	Oid type[MODEL_MAX_FIELDS];
	Datum values[MODEL_MAX_FIELDS];
	bool nulls[MODEL_MAX_FIELDS];
} ModelArgument;

/* The fields of the composite argument i, which is not NULL, of a type with n_fields fields. The values live
 * as long as the argument, or in fn_extra until the argument changes; only one argument of a function may be
 * a model. */
extern void model_argument(FunctionCallInfo fcinfo, int i, int n_fields, const char *maker,
						   ModelArgument *model);

/* A field that must be an array of such elements, without NULLs. */
extern ArrayType *model_array(const ModelArgument *model, int field, Oid element_type);

/* The fields `mean` and `components`, which must fit together: a double precision[] and one line of another for
 * each component. */
extern PcaModel model_projection(const ModelArgument *model, int mean_field, int components_field);

/* The array argument i, `px`, as a row that the model can be asked about. */
extern double *model_row(FunctionCallInfo fcinfo, int i, const PcaModel *projection);

/* Memory for the coordinates of a row. */
extern double *model_scores(const PcaModel *projection);

/* A result of finite rows must be finite. If it is not, an error that says where the model has NaN or infinity, or
 * that the result is out of range. */
extern void check_model_result(const ModelArgument *model, const PcaModel *projection,
							   const double *result, size_t n);

#endif
