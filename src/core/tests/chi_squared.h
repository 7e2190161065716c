/*
 * chi_squared.h
 *		The chi-squared test of homogeneity: do several samples have the same shares of categories?
 *
 * A table of counts has a row for each sample and a column for each category; rows and columns without
 * any count are left out of everything. N is the sum of all counts, r and c are those of a row and of a
 * column; the expected count of a cell is r c / N. The statistic is the sum of (count - expected)^2 /
 * expected over all cells, and under the null hypothesis approximately chi-squared with
 * (rows - 1) (columns - 1) degrees of freedom (Pearson 1900). No correction for continuity.
 */
#ifndef SYNTHDQ_CORE_TESTS_CHI_SQUARED_H
#define SYNTHDQ_CORE_TESTS_CHI_SQUARED_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/density/compensated.h"
#include "core/sample/tally.h"
#include "core/tests/tail.h"

/* Below this expected count the law of the statistic is not to be trusted (Cochran 1954). */
#define CHI2_SMALL_EXPECTED 5

/* Most degrees of freedom. */
#define CHI2_MAX_DF 1e12

/*
 * rows < 2: there is nothing to compare, and all fields but n, rows and columns are undefined. One
 * column: the samples cannot differ; statistic 0, p = 1, V = 0.
 */
typedef struct Chi2Result
{
	double statistic;
	PValue p;
	int64_t df;
	double cramers_v; /* sqrt(statistic / (N min(rows - 1, columns - 1))): 0 to 1 */
	/* Without what chance adds to V: Bergsma, "A bias-correction for Cramer's V and Tschuprow's T" (2013).
	 * NaN where every row or every column holds a single observation. */
	double cramers_v_corrected;
	double min_expected;
	int64_t small_expected; /* cells with an expected count below CHI2_SMALL_EXPECTED */
	int64_t n;
	int64_t rows; /* that are not empty */
	int64_t columns;
} Chi2Result;

/* A cell that is not empty. */
typedef struct Chi2Cell
{
	size_t row;
	int64_t count; /* at least 1 */
} Chi2Cell;

/* The table column by column, by those cells of it that are not empty. Begin, add each column once,
 * finish. The statistic depends on the order of columns in its last bits. */
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

/* row_totals[n_rows], borrowed until the end, at least 0 each. Needs n_rows int64 of the arena. Their sum
 * must fit an int64 (else SDQ_TOO_LARGE). O(n_rows log n_rows). */
extern SdqStatus chi2_begin(Chi2Fold *fold, const int64_t *row_totals, size_t n_rows, Arena *arena);

/* cells[n_cells] of one column, each row at most once. O(n_cells + log n_rows). */
extern void chi2_add_column(Chi2Fold *fold, const Chi2Cell *cells, size_t n_cells);

/* SDQ_TOO_LARGE beyond CHI2_MAX_DF degrees of freedom. */
extern SdqStatus chi2_finish(const Chi2Fold *fold, Chi2Result *result);

/* The test over counts[n_rows][n_columns], each at least 0. Scratch is given back; polls `stop`. */
extern SdqStatus chi2_test_table(const int64_t *counts, size_t n_rows, size_t n_columns,
								 Arena *scratch, Stop *stop, Chi2Result *result);

/* The test over two samples, each distinct value a category. The tally is read once. */
extern SdqStatus chi2_test_tally(Tally *tally, Arena *scratch, Stop *stop, Chi2Result *result);

#endif
