/*
 * chi_squared.c
 *		chi2_test() in SQL: over arrays of counts, over two stored distributions, and as an aggregate over
 *		labels.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "core/tests/chi_squared.h"
#include "pg/array_reader.h"
#include "pg/label_counts.h"
#include "pg/result.h"
#include "pg/sample_state.h"
#include "pg/test_call.h"

PG_FUNCTION_INFO_V1(synthdq_chi2_test);
PG_FUNCTION_INFO_V1(synthdq_chi2_test_counts);
PG_FUNCTION_INFO_V1(synthdq_chi2_test_table);
PG_FUNCTION_INFO_V1(synthdq_chi2_final);
PG_FUNCTION_INFO_V1(synthdq_label_counts_add_text_flag);
PG_FUNCTION_INFO_V1(synthdq_label_counts_add_text_text);
PG_FUNCTION_INFO_V1(synthdq_label_counts_add_int8_flag);
PG_FUNCTION_INFO_V1(synthdq_label_counts_add_int8_text);

/* Room for a bigint in digits. */
#define MAX_INT8_LENGTH 24

/* Comparisons between two looks for interrupts. */
#define INTERRUPT_INTERVAL 4096

/* One test under way, over one of its inputs. */
typedef struct Chi2Work
{
	Tally tally;
	const int64 *counts; /* [n_rows][n_columns] */
	size_t n_rows;
	size_t n_columns;
	Chi2Cells cells;
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

/* The order of strings, for qsort_arg; *calls counts, so that a long sort can be interrupted. */
static int
compare_sources(const void *a, const void *b, void *calls)
{
	if (++*(size_t *) calls % INTERRUPT_INTERVAL == 0)
		CHECK_FOR_INTERRUPTS();
	return compare_label_texts(*(const LabelText *) a, *(const LabelText *) b);
}

/* The distinct sources of the pairs, in ascending order. */
static LabelText *
distinct_sources(const LabelCount *pairs, size_t n, size_t *n_sources)
{
	LabelText *sources = palloc_extended(Max(n, 1) * sizeof(LabelText), MCXT_ALLOC_HUGE);
	size_t calls = 0;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		sources[i] = pairs[i].source;
	qsort_arg(sources, n, sizeof(LabelText), compare_sources, &calls);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || compare_label_texts(sources[kept - 1], sources[i]) != 0)
			sources[kept++] = sources[i];
	*n_sources = kept;
	return sources;
}

/* The number of a source among the distinct ones. */
static size_t
find_source(const LabelText *sources, size_t n_sources, LabelText source)
{
	size_t low = 0;
	size_t high = n_sources - 1;

	while (low < high)
	{
		size_t middle = low + (high - low) / 2;

		if (compare_label_texts(sources[middle], source) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* chi2_final(label_counts): final function of the aggregates chi2_test(). A row per source, a column
 * per label. */
Datum
synthdq_chi2_final(PG_FUNCTION_ARGS)
{
	size_t n;
	LabelCount *pairs = label_counts_open(PG_GETARG_DATUM(0), &n);
	size_t n_sources;
	LabelText *sources = distinct_sources(pairs, n, &n_sources);
	Chi2Cell *cells = palloc_extended(Max(n, 1) * sizeof(Chi2Cell), MCXT_ALLOC_HUGE);
	size_t *column_ends = palloc_extended(Max(n, 1) * sizeof(size_t), MCXT_ALLOC_HUGE);
	size_t n_columns = 0;
	Chi2Work work;

	for (size_t i = 0; i < n; i++)
	{
		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		cells[i] = (Chi2Cell){.row = find_source(sources, n_sources, pairs[i].source),
							  .count = pairs[i].count};
		if (i == 0 || compare_label_texts(pairs[i - 1].label, pairs[i].label) != 0)
			n_columns++;
		column_ends[n_columns - 1] = i + 1;
	}
	work.cells = (Chi2Cells){
		.cells = cells, .column_ends = column_ends, .n_columns = n_columns, .n_rows = n_sources};
	return chi2_result_datum(fcinfo, run_cells, &work);
}

/* The bytes of a text argument. */
static LabelText
argument_label(FunctionCallInfo fcinfo, int i)
{
	text *value = PG_GETARG_TEXT_PP(i);

	return (LabelText){.bytes = VARDATA_ANY(value), .size = VARSIZE_ANY_EXHDR(value)};
}

/* A bigint argument in digits, which the buffer takes. */
static LabelText
argument_number(FunctionCallInfo fcinfo, int i, char *buffer)
{
	pg_lltoa(PG_GETARG_INT64(i), buffer);
	return (LabelText){.bytes = buffer, .size = strlen(buffer)};
}

/* A boolean argument as PostgreSQL prints it: f for the real side, t for the synthetic one. */
static LabelText
argument_flag(FunctionCallInfo fcinfo, int i)
{
	return (LabelText){.bytes = PG_GETARG_BOOL(i) ? "t" : "f", .size = 1};
}

/* Count a pair once more. */
static Datum
count_pair(FunctionCallInfo fcinfo, LabelText label, LabelText source)
{
	LabelCounts *state = label_counts_for_update(fcinfo);

	label_counts_add(state, &(LabelCount){.label = label, .source = source, .count = 1});
	return label_counts_datum(state);
}

/* label_counts_add(state, label text, is_synthetic boolean). */
Datum
synthdq_label_counts_add_text_flag(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return sample_state_unchanged(fcinfo);
	return count_pair(fcinfo, argument_label(fcinfo, 1), argument_flag(fcinfo, 2));
}

/* label_counts_add(state, label text, source text). */
Datum
synthdq_label_counts_add_text_text(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return sample_state_unchanged(fcinfo);
	return count_pair(fcinfo, argument_label(fcinfo, 1), argument_label(fcinfo, 2));
}

/* label_counts_add(state, label bigint, is_synthetic boolean). */
Datum
synthdq_label_counts_add_int8_flag(PG_FUNCTION_ARGS)
{
	char buffer[MAX_INT8_LENGTH];

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return sample_state_unchanged(fcinfo);
	return count_pair(fcinfo, argument_number(fcinfo, 1, buffer), argument_flag(fcinfo, 2));
}

/* label_counts_add(state, label bigint, source text). */
Datum
synthdq_label_counts_add_int8_text(PG_FUNCTION_ARGS)
{
	char buffer[MAX_INT8_LENGTH];

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return sample_state_unchanged(fcinfo);
	return count_pair(fcinfo, argument_number(fcinfo, 1, buffer), argument_label(fcinfo, 2));
}
