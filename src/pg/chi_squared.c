/*
 * chi_squared.c
 *		chi2_test() in SQL: over arrays of counts, over two stored distributions, and as an aggregate over
 *		labels.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "core/tests/chi_squared.h"
#include "pg/array_reader.h"
#include "pg/label_counts_table.h"
#include "pg/result.h"
#include "pg/test_call.h"

PG_FUNCTION_INFO_V1(synthdq_chi2_test);
PG_FUNCTION_INFO_V1(synthdq_chi2_test_counts);
PG_FUNCTION_INFO_V1(synthdq_chi2_test_table);
PG_FUNCTION_INFO_V1(synthdq_chi2_final);

/* One test under way, over one of its inputs. */
typedef struct Chi2Work
{
	Tally tally;
	const int64 *counts; /* [n_rows][n_columns] */
	size_t n_rows;
	size_t n_columns;
	CountTable cells;
	Chi2Result result;
} Chi2Work;

static SdqStatus
run_tally(Job *job, void *argument)
{
	Chi2Work *work = argument;

	return chi2_test_tally(&work->tally, job->arena, job->stop, &work->result);
}

static SdqStatus
run_table(Job *job, void *argument)
{
	Chi2Work *work = argument;

	return chi2_test_table(work->counts, work->n_rows, work->n_columns, job->arena, job->stop,
						   &work->result);
}

static SdqStatus
run_cells(Job *job, void *argument)
{
	Chi2Work *work = argument;

	return chi2_test_cells(&work->cells, job->arena, job->stop, &work->result);
}

/* Run the test; its result as a chi2_result, NULL if there is nothing to compare. */
static Datum
chi2_result_datum(FunctionCallInfo fcinfo, ComputationWork run, Chi2Work *work)
{
	const Chi2Result *r = &work->result;
	ResultRow row = {.n_fields = 0};

	/* No exact law is asked for, so no message needs the sizes. */
	run_test(run, work, 0, 0);
	if (r->rows < 2)
		PG_RETURN_NULL();
	result_row_float8(&row, r->statistic);
	result_row_float8(&row, r->p.p);
	result_row_float8(&row, r->p.log10_p);
	result_row_int8(&row, r->df);
	result_row_float8(&row, r->cramers_v);
	result_row_float8(&row, r->cramers_v_corrected);
	result_row_float8(&row, r->min_expected);
	result_row_int8(&row, r->small_expected);
	if (r->small_expected > 0)
		result_row_datum(&row, CStringGetTextDatum(psprintf(
								   "expected counts below %d in " INT64_FORMAT " of %.0f cells",
								   CHI2_SMALL_EXPECTED, r->small_expected,
								   (double) r->rows * (double) r->columns)));
	else
		result_row_null(&row);
	result_row_int8(&row, r->n);
	result_row_int8(&row, r->rows);
	result_row_int8(&row, r->columns);
	result_row_datum(&row, method_datum(TEST_ASYMPTOTIC));
	return result_row_composite(fcinfo, &row);
}

/* chi2_test(x ecdf, y ecdf): every distinct value is a category. */
Datum
synthdq_chi2_test(PG_FUNCTION_ARGS)
{
	Chi2Work work;

	if (!open_two(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), &work.tally))
		PG_RETURN_NULL();
	return chi2_result_datum(fcinfo, run_tally, &work);
}

/* Counts cannot be negative. */
static void
check_counts(const char *name, const int64 *counts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (counts[i] < 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("argument \"%s\" must not have negative counts, but element "
								   "%zu is " INT64_FORMAT,
								   name, i + 1, counts[i]),
							errhint("Pass how often each category occurs, not differences.")));
}

/* chi2_test(counts_x bigint[], counts_y bigint[]): a count per category for each side. */
Datum
synthdq_chi2_test_counts(PG_FUNCTION_ARGS)
{
	size_t n_x;
	size_t n_y;
	int64 *x = array_read_counts(PG_GETARG_ARRAYTYPE_P(0), &n_x);
	int64 *y = array_read_counts(PG_GETARG_ARRAYTYPE_P(1), &n_y);
	int64 *counts;
	Chi2Work work = {.n_rows = 2, .n_columns = n_x};

	if (n_x != n_y)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("arguments \"counts_x\" and \"counts_y\" must have the same number of "
						"elements, not %zu and %zu",
						n_x, n_y),
				 errhint("A category that is missing on one side has the count 0 there.")));
	check_counts("counts_x", x, n_x);
	check_counts("counts_y", y, n_y);
	counts = palloc_extended(Max(1, 2 * n_x) * sizeof(int64), MCXT_ALLOC_HUGE);
	if (n_x > 0)
	{
		memcpy(counts, x, n_x * sizeof(int64));
		memcpy(counts + n_x, y, n_x * sizeof(int64));
	}
	work.counts = counts;
	return chi2_result_datum(fcinfo, run_table, &work);
}

/* chi2_test(counts bigint[][]): a row per sample, a column per category. */
Datum
synthdq_chi2_test_table(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	Chi2Work work;
	size_t n;

	if (ARR_NDIM(array) == 0)
		PG_RETURN_NULL();
	if (ARR_NDIM(array) != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"counts\" must have 2 dimensions, not %d", ARR_NDIM(array)),
				 errhint("Pass a row per sample, as in ARRAY[[600,400],[550,450]].")));
	work.n_rows = (size_t) ARR_DIMS(array)[0];
	work.n_columns = (size_t) ARR_DIMS(array)[1];
	work.counts = array_read_counts(array, &n);
	check_counts("counts", work.counts, n);
	return chi2_result_datum(fcinfo, run_table, &work);
}

/* chi2_final(label_counts): final function of the aggregates chi2_test(). A row per source, a column
 * per label. */
Datum
synthdq_chi2_final(PG_FUNCTION_ARGS)
{
	Chi2Work work;

	work.cells = label_counts_table(PG_GETARG_DATUM(0));
	return chi2_result_datum(fcinfo, run_cells, &work);
}
