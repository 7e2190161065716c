/*
 * kmeans_step.c
 *		The aggregate kmeans_step(): one iteration of k-means over a table of any size.
 */
#include "postgres.h"

#include "fmgr.h"

#include "pg/array_reader.h"
#include "pg/errors.h"
#include "pg/kmeans_step_state.h"
#include "pg/result.h"
#include "pg/sample_memory.h"

#include <math.h>

PG_FUNCTION_INFO_V1(synthdq_kmeans_step_add);
PG_FUNCTION_INFO_V1(synthdq_kmeans_step_final);

/*
 * kmeans_step_add(state, px, centers)
 *		Transition function, for all types of px. Not strict: a NULL px adds nothing.
 */
Datum
synthdq_kmeans_step_add(PG_FUNCTION_ARGS)
{
	ArrayType *px;
	ArrayType *centers;
	ByteState *state;
	const KmeansStep *step;
	size_t d;

	if (PG_ARGISNULL(1))
		return byte_state_unchanged(fcinfo);
	if (PG_ARGISNULL(2))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"centers\" must not be null"),
						errhint("Build it with array_agg(center ORDER BY cluster).")));
	px = PG_GETARG_ARRAYTYPE_P(1);
	centers = PG_GETARG_ARRAYTYPE_P(2);
	state = kmeans_step_state_for_update(fcinfo, centers);
	step = byte_state_object(state);
	d = (size_t) ArrayGetNItems(ARR_NDIM(px), ARR_DIMS(px));
	if (d != step->d)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("argument \"px\" has %zu elements, but each center has %zu", d, step->d),
				 errhint("Compare arrays with centers of the same kind of arrays.")));
	kmeans_step_state_add(state, array_read_vector(px, "px"));
	PG_RETURN_DATUM(byte_state_datum(state));
}

/* kmeans_step_final(kmeans_step_state) -> kmeans_step_result; strict */
Datum
synthdq_kmeans_step_final(PG_FUNCTION_ARGS)
{
	const KmeansStep *step = kmeans_step_state_open(PG_GETARG_DATUM(0));
	size_t n = step->k * step->d;
	double *means = palloc_extended(n * sizeof(double), MCXT_ALLOC_HUGE);
	float *centers = palloc_extended(n * sizeof(float), MCXT_ALLOC_HUGE);
	Stop stop = sample_stop();
	KmeansStepResult result;
	ResultRow row = {.n_fields = 0};

	check_status(kmeans_step_finish(step, &stop, means, centers, &result));
	for (size_t i = 0; i < n; i++)
		if (!isfinite(centers[i]))
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("center of cluster %zu has the value %g, which is out of range "
								   "for type real",
								   i / step->d, means[i]),
							errhint("Scale the data down.")));
	if (!isfinite(result.inertia))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("inertia is out of range for type double precision"),
						errhint("Scale the data down.")));
	result_row_datum(&row, PointerGetDatum(make_float4_matrix(centers, step->k, step->d)));
	result_row_datum(&row, PointerGetDatum(make_int8_array(step->sizes, step->k)));
	result_row_float8(&row, result.inertia);
	result_row_float8(&row, result.moved);
	result_row_float8(&row, result.variance);
	result_row_int8(&row, step->n);
	return result_row_composite(fcinfo, &row);
}
