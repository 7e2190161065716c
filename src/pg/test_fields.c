/*
 * test_fields.c
 *		Results of tests as fields of a row.
 */
#include "pg/test_fields.h"

#include "pg/test_call.h"

void
put_ks_fields(ResultRow *row, const KsResult *result)
{
	result_row_float8(row, result->statistic);
	result_row_float8(row, result->two_sided.p);
	result_row_float8(row, result->two_sided.log10_p);
	result_row_float8(row, result->d_plus);
	result_row_float8(row, result->d_minus);
	result_row_float8(row, result->greater.p);
	result_row_float8(row, result->less.p);
	result_row_float8(row, result->location);
	result_row_int8(row, result->n_x);
	result_row_int8(row, result->n_y);
	result_row_datum(row, method_datum(result->method));
}

void
put_mw_fields(ResultRow *row, const MwResult *result)
{
	result_row_float8(row, result->u);
	result_row_float8(row, result->two_sided.p);
	result_row_float8(row, result->two_sided.log10_p);
	result_row_float8(row, result->greater.p);
	result_row_float8(row, result->less.p);
	result_row_float8(row, result->z);
	result_row_float8(row, result->auc);
	result_row_float8(row, result->cliffs_delta);
	result_row_int8(row, result->n_x);
	result_row_int8(row, result->n_y);
	result_row_datum(row, method_datum(result->method));
}

void
put_cvm_fields(ResultRow *row, const CvmResult *result)
{
	result_row_float8(row, result->statistic);
	result_row_float8(row, result->statistic_midrank);
	result_row_float8(row, result->p_value.p);
	result_row_float8(row, result->p_value.log10_p);
	result_row_int8(row, result->n_x);
	result_row_int8(row, result->n_y);
	result_row_datum(row, method_datum(result->method));
}

void
put_wasserstein_fields(ResultRow *row, const WassersteinResult *result)
{
	result_row_float8(row, result->distance);
	result_row_float8(row, result->distance_over_sd_x);
	result_row_float8(row, result->distance_over_sd_pooled);
	result_row_float8(row, result->x_above);
	result_row_float8(row, result->y_above);
	result_row_int8(row, result->n_x);
	result_row_int8(row, result->n_y);
}
