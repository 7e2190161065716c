/*
 * chi_squared.c
 *		Pearson's statistic over columns of a table.
 *
 * count - expected is (count N - r c) / N, formed in whole numbers of 128 bits: both products are below
 * 2^126. All terms are positive, so nothing cancels after that. The empty cells of a column together add
 * their expected counts, which is c (N - sum of the other rows' totals) / N: the work is that of the cells
 * that are not empty, however many rows and columns there are.
 */
#include "core/tests/chi_squared.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/compensated.h"
#include "core/base/integers.h"
#include "core/tests/gamma_tail.h"

/* Columns, or cells, between two looks at the stop flag: some milliseconds. */
#define POLL_COLUMNS (1 << 18)

/* The table under way: begin, add each column once, finish. */
typedef struct Chi2Fold
{
	const int64_t *row_totals;
	const int64_t *sorted_totals; /* [rows] ascending, those above 0 */
	size_t rows;
	size_t columns;
	int64_t n;
	int64_t min_column;
	int64_t small_expected;
	Compensated sum;
} Chi2Fold;

/* qsort's order of counts. */
static int
compare_counts(const void *a, const void *b)
{
	int64_t x = *(const int64_t *) a;
	int64_t y = *(const int64_t *) b;

	return (x > y) - (x < y);
}

/* Start with row_totals[n_rows], borrowed until the end. */
static SdqStatus
chi2_begin(Chi2Fold *fold, const int64_t *row_totals, size_t n_rows, Arena *arena)
{
	int64_t *sorted = arena_alloc(arena, n_rows, sizeof(int64_t));
	size_t rows = 0;
	int64_t n = 0;

	if (sorted == NULL)
		return arena_failure(arena);
	for (size_t i = 0; i < n_rows; i++)
	{
		if (row_totals[i] == 0)
			continue;
		sorted[rows++] = row_totals[i];
		if (__builtin_add_overflow(n, row_totals[i], &n))
			return sdq_error(SDQ_TOO_LARGE, 2 * (double) INT64_MAX, (double) INT64_MAX);
	}
	qsort(sorted, rows, sizeof(int64_t), compare_counts);
	*fold = (Chi2Fold){.row_totals = row_totals, .sorted_totals = sorted, .rows = rows, .n = n};
	return sdq_ok();
}

/* How many rows have an expected count below CHI2_SMALL_EXPECTED in a column of this total. */
static int64_t
count_small(const Chi2Fold *fold, int64_t column_total)
{
	size_t low = 0;
	size_t high = fold->rows;

	while (low < high)
	{
		size_t middle = low + (high - low) / 2;

		if ((Int128) fold->sorted_totals[middle] * column_total <
			(Int128) CHI2_SMALL_EXPECTED * fold->n)
			low = middle + 1;
		else
			high = middle;
	}
	return (int64_t) low;
}

/* Add the cells of one column that are not empty. */
static void
chi2_add_column(Chi2Fold *fold, const CountCell *cells, size_t n_cells)
{
	int64_t column_total = 0;
	int64_t rows_total = 0;
	double n = (double) fold->n;

	for (size_t i = 0; i < n_cells; i++)
	{
		column_total += cells[i].count;
		rows_total += fold->row_totals[cells[i].row];
	}
	if (column_total == 0)
		return;

	for (size_t i = 0; i < n_cells; i++)
	{
		Int128 product = (Int128) fold->row_totals[cells[i].row] * column_total;
		double excess = (double) ((Int128) cells[i].count * fold->n - product);

		compensated_add(&fold->sum, excess * (excess / (double) product) / n);
	}
	compensated_add(&fold->sum, (double) ((Int128) column_total * (fold->n - rows_total)) / n);
	if (fold->columns == 0 || column_total < fold->min_column)
		fold->min_column = column_total;
	fold->small_expected += count_small(fold, column_total);
	fold->columns++;
}

/* Cramer's V with and without what chance adds. */
static void
find_effect(Chi2Result *result)
{
	double n = (double) result->n;
	double r = (double) (result->rows - 1);
	double k = (double) (result->columns - 1);
	double phi2 = result->statistic / n;
	double corrected_phi2 = fmax(0, phi2 - r * k / (n - 1));
	double corrected_r = r - r * r / (n - 1);
	double corrected_k = k - k * k / (n - 1);

	if (result->columns == 1)
	{
		result->cramers_v = result->cramers_v_corrected = 0;
		return;
	}
	result->cramers_v = fmin(1, sqrt(phi2 / fmin(r, k)));
	result->cramers_v_corrected =
		result->rows == result->n || result->columns == result->n
			? NAN
			: fmin(1, sqrt(corrected_phi2 / fmin(corrected_r, corrected_k)));
}

/* The result of all columns. */
static SdqStatus
chi2_finish(const Chi2Fold *fold, Chi2Result *result)
{
	double df;

	result->n = fold->n;
	result->rows = (int64_t) fold->rows;
	result->columns = (int64_t) fold->columns;
	if (fold->rows < 2)
		return sdq_ok();

	df = (double) (fold->rows - 1) * (double) (fold->columns - 1);
	if (df > CHI2_MAX_DF)
		return sdq_error(SDQ_TOO_LARGE, df, CHI2_MAX_DF);
	result->df = (int64_t) df;
	result->statistic = compensated_total(&fold->sum);
	result->p = df == 0 ? pvalue_from(1) : chi_squared_tail(df, result->statistic);
	result->min_expected =
		(double) ((Int128) fold->sorted_totals[0] * fold->min_column) / (double) fold->n;
	result->small_expected = fold->small_expected;
	find_effect(result);
	return sdq_ok();
}

/* Sums of the rows; false if one does not fit. */
static bool
add_row_totals(const CountTable *table, int64_t *row_totals)
{
	size_t n_cells = table->n_columns == 0 ? 0 : table->column_ends[table->n_columns - 1];

	for (size_t i = 0; i < n_cells; i++)
	{
		int64_t *total = &row_totals[table->cells[i].row];

		if (__builtin_add_overflow(*total, table->cells[i].count, total))
			return false;
	}
	return true;
}

/* The test over cells, in scratch memory that the caller gives back. */
static SdqStatus
test_cells(const CountTable *table, Arena *scratch, Stop *stop, Chi2Result *result)
{
	int64_t *row_totals = arena_zalloc(scratch, table->n_rows, sizeof(int64_t));
	Chi2Fold fold;
	SdqStatus status;
	size_t first = 0;

	if (row_totals == NULL)
		return arena_failure(scratch);
	if (!add_row_totals(table, row_totals))
		return sdq_error(SDQ_TOO_LARGE, 2 * (double) INT64_MAX, (double) INT64_MAX);
	status = chi2_begin(&fold, row_totals, table->n_rows, scratch);
	if (sdq_failed(status))
		return status;
	for (size_t j = 0; j < table->n_columns; j++)
	{
		size_t end = table->column_ends[j];

		chi2_add_column(&fold, table->cells + first, end - first);
		first = end;
		if ((j + 1) % POLL_COLUMNS == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return chi2_finish(&fold, result);
}

SdqStatus
chi2_test_cells(const CountTable *table, Arena *scratch, Stop *stop, Chi2Result *result)
{
	ArenaMark mark = arena_mark(scratch);
	SdqStatus status = test_cells(table, scratch, stop, result);

	arena_release(scratch, mark);
	return status;
}

/* The test over a table, in scratch memory that the caller gives back. */
static SdqStatus
test_table(const int64_t *counts, size_t n_rows, size_t n_columns, Arena *scratch, Stop *stop,
		   Chi2Result *result)
{
	CountCell *cells;
	size_t *column_ends = arena_alloc(scratch, n_columns, sizeof(size_t));
	size_t n_all;
	size_t n_cells = 0;

	if (!checked_multiply(n_rows, n_columns, &n_all))
		return sdq_error(SDQ_TOO_LARGE, (double) n_rows * (double) n_columns, (double) SIZE_MAX);
	cells = arena_alloc(scratch, n_all, sizeof(CountCell));
	if (cells == NULL || column_ends == NULL)
		return arena_failure(scratch);
	for (size_t j = 0; j < n_columns; j++)
	{
		for (size_t i = 0; i < n_rows; i++)
			if (counts[i * n_columns + j] > 0)
				cells[n_cells++] = (CountCell){.row = i, .count = counts[i * n_columns + j]};
		column_ends[j] = n_cells;
		if ((j + 1) % POLL_COLUMNS == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return test_cells(
		&(CountTable){
			.cells = cells, .column_ends = column_ends, .n_columns = n_columns, .n_rows = n_rows},
		scratch, stop, result);
}

SdqStatus
chi2_test_table(const int64_t *counts, size_t n_rows, size_t n_columns, Arena *scratch, Stop *stop,
				Chi2Result *result)
{
	ArenaMark mark = arena_mark(scratch);
	SdqStatus status = test_table(counts, n_rows, n_columns, scratch, stop, result);

	arena_release(scratch, mark);
	return status;
}

/* Every block of the tally is a column. */
static SdqStatus
fold_tally(Tally *tally, Chi2Fold *fold, Stop *stop)
{
	TallyBlock block;

	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		CountCell cells[2];
		size_t n_cells = 0;

		if (block.x > 0)
			cells[n_cells++] = (CountCell){.row = 0, .count = block.x};
		if (block.y > 0)
			cells[n_cells++] = (CountCell){.row = 1, .count = block.y};
		chi2_add_column(fold, cells, n_cells);
		if (fold->columns % POLL_COLUMNS == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return tally_status(tally);
}

SdqStatus
chi2_test_tally(Tally *tally, Arena *scratch, Stop *stop, Chi2Result *result)
{
	ArenaMark mark = arena_mark(scratch);
	int64_t row_totals[] = {(int64_t) tally->x.n, (int64_t) tally->y.n};
	Chi2Fold fold;
	SdqStatus status = chi2_begin(&fold, row_totals, 2, scratch);

	if (!sdq_failed(status))
		status = fold_tally(tally, &fold, stop);
	if (!sdq_failed(status))
		status = chi2_finish(&fold, result);
	arena_release(scratch, mark);
	return status;
}
