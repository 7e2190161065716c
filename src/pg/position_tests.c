/*
 * position_tests.c
 *		A test at each array position of two stored vectors of distributions: ks_tests() and the like.
 */
#include "postgres.h"

#include "fmgr.h"

#include "core/sample/vector_codec.h"
#include "core/tests/ks_interval.h"
#include "core/tests/positions.h"
#include "pg/adjust.h"
#include "pg/arguments.h"
#include "pg/ecdf_vector.h"
#include "pg/result.h"
#include "pg/test_call.h"
#include "pg/test_fields.h"

PG_FUNCTION_INFO_V1(synthdq_ks_tests);
PG_FUNCTION_INFO_V1(synthdq_mw_tests);
PG_FUNCTION_INFO_V1(synthdq_cvm_tests);
PG_FUNCTION_INFO_V1(synthdq_wasserstein_tests);

/* Columns after them: p_adjusted, log10_p_adjusted where there is a p-value; zeros_x, zeros_y. */
#define P_COLUMNS    2
#define ZERO_COLUMNS 2

/* d_low of ks_tests() is the lower end of a 95 % interval, as ks_interval() gives by default. */
#define D_LOW_ALPHA 0.05

/* What distinguishes the functions. */
typedef struct PositionFunction
{
	const PositionTest *test;
	void (*put_fields)(ResultRow *row, const void *result);
} PositionFunction;

/* One call under way. */
typedef struct PositionsCall
{
	const PositionTest *test;
	VectorView x;
	VectorView y;
	TestMethod method;
	AdjustMethod adjust;
	int32 width; /* 0: not given */
	PositionsResult result;
} PositionsCall;

static SdqStatus
show_position(const void *source, size_t position, double *values, uint64_t *counts,
			  SampleView *sample)
{
	return vector_position(source, position, values, counts, sample);
}

static PositionSide
side_of_vector(const VectorView *vector)
{
	return (PositionSide){.n_positions = vector->n_positions,
						  .max_distinct = vector->max_distinct,
						  .show = show_position,
						  .source = vector};
}

static SdqStatus
run_positions(Job *job, void *argument)
{
	PositionsCall *call = argument;
	PositionSide x = side_of_vector(&call->x);
	PositionSide y = side_of_vector(&call->y);

	return positions_test(job, call->test, &x, &y, call->method, call->adjust, &call->result);
}

/* Argument 2, `width`: columns of the image, which fill whole rows; 0 if it is NULL. */
static int32
argument_width(FunctionCallInfo fcinfo, size_t n_positions)
{
	int32 width;

	if (PG_ARGISNULL(2))
		return 0;
	width = argument_int(fcinfo, 2, "width", 1, PG_INT32_MAX);
	if (n_positions % width != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"width\" is %d, which does not divide the number of "
							   "positions, %zu",
							   width, n_positions),
						errhint("Pass the number of columns of the images, or leave it out.")));
	return width;
}

/* Open both vectors, which must be of one length. */
static void
open_vectors(FunctionCallInfo fcinfo, PositionsCall *call)
{
	ecdf_vector_open(PG_GETARG_DATUM(0), &call->x);
	ecdf_vector_open(PG_GETARG_DATUM(1), &call->y);
	if (call->x.n_positions != call->y.n_positions)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("vectors must have the same number of positions, but x has %zu and y has %zu",
					call->x.n_positions, call->y.n_positions),
			 errhint("Compare images of one size.")));
}

/* Raise what went wrong, if anything. */
static void
check_positions_status(SdqStatus status, const PositionsCall *call)
{
	uint64 n_x = 0;
	uint64 n_y = 0;

	if (status.code == SDQ_BAD_DATA)
		ecdf_vector_check(status);
	if (status.row >= 0)
	{
		n_x = vector_position_n(&call->x, status.row);
		n_y = vector_position_n(&call->y, status.row);
	}
	check_test_status(status, n_x, n_y);
}

/* Put the row of a position (from 0). */
static void
put_position(ResultSet *set, const PositionsCall *call, const PositionFunction *function,
			 size_t position)
{
	const PositionsResult *result = &call->result;
	const void *of_position = positions_result(result, position);
	ResultRow row = {.n_fields = 0};

	result_row_datum(&row, Int32GetDatum((int32) position + 1));
	if (call->width == 0)
	{
		result_row_null(&row);
		result_row_null(&row);
	}
	else
	{
		result_row_datum(&row, Int32GetDatum((int32) (position / call->width) + 1));
		result_row_datum(&row, Int32GetDatum((int32) (position % call->width) + 1));
	}
	if (of_position != NULL)
		function->put_fields(&row, of_position);
	else
	{
		int n_after = ZERO_COLUMNS + (result->adjusted != NULL ? P_COLUMNS : 0);

		while (row.n_fields < set->descriptor->natts - n_after)
			result_row_null(&row);
	}
	if (result->adjusted != NULL)
	{
		/* A missing one is NaN, which becomes NULL. */
		result_row_float8(&row, result->adjusted[position].p);
		result_row_float8(&row, result->adjusted[position].log10_p);
	}
	result_row_float8(&row, result->zeros_x[position]);
	result_row_float8(&row, result->zeros_y[position]);
	result_row_put(set, &row);
}

/* The whole of a function (x, y, width, ...), whose other arguments are in *call. No rows if there is no
 * vector on one side. */
static Datum
test_positions(FunctionCallInfo fcinfo, const PositionFunction *function, PositionsCall *call)
{
	ResultSet set = result_set_begin(fcinfo);
	Computation *computation;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	call->test = function->test;
	open_vectors(fcinfo, call);
	call->width = argument_width(fcinfo, call->x.n_positions);
	computation = computation_begin();
	check_positions_status(computation_run(computation, run_positions, call), call);
	for (size_t i = 0; i < call->result.n_positions; i++)
		put_position(&set, call, function, i);
	computation_end(computation);
	return (Datum) 0;
}

/* The arguments of a function that has p-values. */
static PositionsCall
p_value_arguments(FunctionCallInfo fcinfo)
{
	return (PositionsCall){.method = argument_method(fcinfo, 3),
						   .adjust = argument_adjustment(fcinfo, 4, "adjust")};
}

/* The fields of ks_result, and d_low. */
static void
put_ks(ResultRow *row, const void *result)
{
	const KsResult *ks = result;

	put_ks_fields(row, ks);
	result_row_float8(row, ks_interval(ks->statistic, ks->n_x, ks->n_y, D_LOW_ALPHA).low);
}

/* ks_tests(x, y, width, method, adjust). */
Datum
synthdq_ks_tests(PG_FUNCTION_ARGS)
{
	static const PositionFunction function = {.test = &position_ks, .put_fields = put_ks};
	PositionsCall call = p_value_arguments(fcinfo);

	return test_positions(fcinfo, &function, &call);
}

static void
put_mw(ResultRow *row, const void *result)
{
	put_mw_fields(row, result);
}

/* mw_tests(x, y, width, method, adjust). */
Datum
synthdq_mw_tests(PG_FUNCTION_ARGS)
{
	static const PositionFunction function = {.test = &position_mw, .put_fields = put_mw};
	PositionsCall call = p_value_arguments(fcinfo);

	return test_positions(fcinfo, &function, &call);
}

static void
put_cvm(ResultRow *row, const void *result)
{
	put_cvm_fields(row, result);
}

/* cvm_tests(x, y, width, method, adjust). */
Datum
synthdq_cvm_tests(PG_FUNCTION_ARGS)
{
	static const PositionFunction function = {.test = &position_cvm, .put_fields = put_cvm};
	PositionsCall call = p_value_arguments(fcinfo);

	return test_positions(fcinfo, &function, &call);
}

static void
put_wasserstein(ResultRow *row, const void *result)
{
	put_wasserstein_fields(row, result);
}

/* wasserstein_tests(x, y, width). */
Datum
synthdq_wasserstein_tests(PG_FUNCTION_ARGS)
{
	static const PositionFunction function = {.test = &position_wasserstein,
											  .put_fields = put_wasserstein};
	PositionsCall call = {.method = TEST_AUTO, .adjust = ADJUST_NONE};

	return test_positions(fcinfo, &function, &call);
}
