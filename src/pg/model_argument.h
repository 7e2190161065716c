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
 * Nobody checks a model that was put together by hand until it is used: fields that are asked for are checked for
 * type, NULL and shape at every call.
 */
#ifndef SYNTHDQ_PG_MODEL_ARGUMENT_H
#define SYNTHDQ_PG_MODEL_ARGUMENT_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "fmgr.h"
#include "utils/array.h"

#define MODEL_MAX_FIELDS 16

typedef struct ModelArgument
{
	const char *maker; /* the function that makes such models, for hints */
	int n_fields;
	const char *name[MODEL_MAX_FIELDS];
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

/* A double precision[][] as [*n_rows][n_columns]; an empty array has no rows. */
extern const double *model_matrix(const ModelArgument *model, int field, size_t n_columns,
								  size_t *n_rows);

/* A double precision[] as [*n]. */
extern const double *model_vector(const ModelArgument *model, int field, size_t *n);

/* A result of finite rows must be finite. If it is not, an error that says which of the fields holds NaN or
 * infinity, or that the result is out of range. */
extern void check_model_result(const ModelArgument *model, const double *result, size_t n);

#endif
