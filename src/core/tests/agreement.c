/*
 * agreement.c
 *		Agreement of clusters with labels.
 */
#include "core/tests/agreement.h"

#include <math.h>
#include <stdbool.h>

#include "core/base/compensated.h"
#include "core/base/integers.h"

/* Cells, or rows, between two looks at the stop flag: logarithms of a few milliseconds at most. */
#define POLL_CELLS 65536

/* Up to so many rows n^4, and with it every product of two numbers of pairs, fits an Int128. */
#define MAX_EXACT_N ((int64_t) 1 << 32)

/* Sums over cells, rows and columns. */
typedef struct AgreementFold
{
	const CountTable *table;
	Stop *stop;
	int64_t *row_totals;  /* [n_rows] */
	int64_t *row_largest; /* [n_rows] */
	int64_t n;
	Int128 cell_squares; /* sums of squared counts */
	Int128 row_squares;
	Int128 column_squares;
	Compensated information; /* I(label; cluster) */
	Compensated label_entropy;
	Compensated cluster_entropy;
	Compensated label_rest;   /* H(label | cluster) */
	Compensated cluster_rest; /* H(cluster | label) */
} AgreementFold;

/* The sum of the counts of cells first to end - 1. Counts of a table with a sum that fits cannot overflow. */
static int64_t
cells_total(const CountTable *table, size_t first, size_t end)
{
	int64_t total = 0;

	for (size_t i = first; i < end; i++)
		total += table->cells[i].count;
	return total;
}

/* Is it time to stop? Asked with a running number. */
static bool
is_stopped(const AgreementFold *fold, size_t i)
{
	return i % POLL_CELLS == 0 && stop_poll(fold->stop);
}

/* Everything that is a sum of integers. */
static SdqStatus
count_cells(AgreementFold *fold)
{
	const CountTable *table = fold->table;
	size_t n_cells = table->n_columns == 0 ? 0 : table->column_ends[table->n_columns - 1];

	for (size_t i = 0; i < n_cells; i++)
	{
		const CountCell *cell = &table->cells[i];

		if (is_stopped(fold, i))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		if (__builtin_add_overflow(fold->n, cell->count, &fold->n))
			return sdq_error(SDQ_TOO_LARGE, 2 * (double) INT64_MAX, (double) INT64_MAX);
		fold->cell_squares += (Int128) cell->count * cell->count;
		fold->row_totals[cell->row] += cell->count;
		fold->row_largest[cell->row] = max_int64(fold->row_largest[cell->row], cell->count);
	}
	return sdq_ok();
}

/* log(a / b) of products of two counts: accurate also where they are nearly equal, exactly 0 where they are
 * equal. */
static double
log_quotient(Int128 a, Int128 b)
{
	return 2 * a < b ? log((double) a / (double) b) : log1p((double) (a - b) / (double) b);
}

/* Add the part of an entropy that a class of `part` of `whole` rows has, weighted by its share of all rows. */
static void
add_entropy(Compensated *sum, int64_t part, int64_t whole, int64_t n)
{
	compensated_add(sum, -(double) part / (double) n * log_quotient(part, whole));
}

/* Add what the cells of one column say. */
static SdqStatus
add_column(AgreementFold *fold, size_t first, size_t end)
{
	int64_t column_total = cells_total(fold->table, first, end);

	if (column_total == 0)
		return sdq_ok();
	fold->column_squares += (Int128) column_total * column_total;
	add_entropy(&fold->label_entropy, column_total, fold->n, fold->n);
	for (size_t i = first; i < end; i++)
	{
		int64_t count = fold->table->cells[i].count;
		int64_t row_total = fold->row_totals[fold->table->cells[i].row];

		if (is_stopped(fold, i))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		/* Of exact products: what is independent has no information at all. */
		compensated_add(&fold->information, (double) count / (double) fold->n *
												log_quotient((Int128) count * fold->n,
															 (Int128) row_total * column_total));
		add_entropy(&fold->label_rest, count, row_total, fold->n);
		add_entropy(&fold->cluster_rest, count, column_total, fold->n);
	}
	return sdq_ok();
}

/* Add the rows; the number of rows that have a count, and what they bear of their most frequent label. */
static SdqStatus
add_rows(AgreementFold *fold, int64_t *n_rows, int64_t *largest)
{
	for (size_t i = 0; i < fold->table->n_rows; i++)
	{
		int64_t total = fold->row_totals[i];

		if (is_stopped(fold, i))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		if (total == 0)
			continue;
		fold->row_squares += (Int128) total * total;
		add_entropy(&fold->cluster_entropy, total, fold->n, fold->n);
		*n_rows += 1;
		*largest += fold->row_largest[i];
	}
	return sdq_ok();
}

/* The index of Hubert and Arabie; see the header. All pairs are counted twice. */
static double
adjusted_rand_index(const AgreementFold *fold)
{
	Int128 a = fold->cell_squares - fold->n;
	Int128 b = fold->column_squares - fold->cell_squares;
	Int128 c = fold->row_squares - fold->cell_squares;
	Int128 d = ((Int128) fold->n * fold->n - fold->row_squares) - b;
	double difference;

	if (b == 0 && c == 0)
		return 1;
	if (fold->n <= MAX_EXACT_N)
		difference = (double) (a * d - b * c);
	else
		difference = (double) a * (double) d - (double) b * (double) c;
	return 2 * difference /
		   ((double) (a + b) * (double) (b + d) + (double) (a + c) * (double) (c + d));
}

/* information / entropy, entropy = information + rest: by the smaller of the two, which is the more
 * accurate one, and exact if it is 0. */
static double
told_share(double information, double rest, double entropy)
{
	if (entropy == 0)
		return 1;
	return information < rest ? fmax(0, information / entropy) : fmin(1, 1 - rest / entropy);
}

/* The measures of a table, in scratch memory that the caller gives back. */
static SdqStatus
fold_table(AgreementFold *fold, Arena *scratch, Agreement *result)
{
	const CountTable *table = fold->table;
	int64_t largest = 0;
	size_t first = 0;
	SdqStatus status;
	double information;
	double label_rest;
	double cluster_rest;
	double label_entropy;
	double cluster_entropy;

	fold->row_totals = arena_zalloc(scratch, table->n_rows, sizeof(int64_t));
	fold->row_largest = arena_zalloc(scratch, table->n_rows, sizeof(int64_t));
	if (fold->row_totals == NULL || fold->row_largest == NULL)
		return arena_failure(scratch);
	status = count_cells(fold);
	if (sdq_failed(status) || fold->n == 0)
		return status;
	for (size_t j = 0; j < table->n_columns; j++)
	{
		status = add_column(fold, first, table->column_ends[j]);
		if (sdq_failed(status))
			return status;
		result->n_labels += table->column_ends[j] > first;
		first = table->column_ends[j];
	}
	status = add_rows(fold, &result->n_clusters, &largest);
	if (sdq_failed(status))
		return status;

	information = compensated_total(&fold->information);
	label_rest = compensated_total(&fold->label_rest);
	cluster_rest = compensated_total(&fold->cluster_rest);
	label_entropy = compensated_total(&fold->label_entropy);
	cluster_entropy = compensated_total(&fold->cluster_entropy);
	result->n = fold->n;
	result->adjusted_rand_index = adjusted_rand_index(fold);
	result->homogeneity = told_share(information, label_rest, label_entropy);
	result->completeness = told_share(information, cluster_rest, cluster_entropy);
	/* With I on both sides of the harmonic mean, a quotient of sums is left. */
	result->normalized_mutual_info =
		told_share(2 * information, label_rest + cluster_rest, label_entropy + cluster_entropy);
	result->purity = (double) largest / (double) fold->n;
	return sdq_ok();
}

SdqStatus
measure_agreement(const CountTable *table, Arena *scratch, Stop *stop, Agreement *result)
{
	ArenaMark mark = arena_mark(scratch);
	AgreementFold fold = {.table = table, .stop = stop};
	SdqStatus status;

	*result = (Agreement){.n = 0};
	status = fold_table(&fold, scratch, result);
	arena_release(scratch, mark);
	return status;
}
