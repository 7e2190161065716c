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
#include "core/sample/tally.h"
#include "core/tests/count_table.h"
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

/* The test over a table of which most cells may be empty: a row for each sample. O(cells + columns log rows + rows log rows). Scratch (24 bytes a row) is given
 * back; polls `stop`. Failures, here and below: SDQ_INTERRUPTED, those of the arena, and SDQ_TOO_LARGE for
 * a sum of counts beyond INT64_MAX or more than CHI2_MAX_DF degrees of freedom. The statistic depends on the
 * order of columns in its last bits. */
extern SdqStatus chi2_test_cells(const CountTable *table, Arena *scratch, Stop *stop,
								 Chi2Result *result);

/* The test over counts[n_rows][n_columns], each at least 0. Scratch is given back; polls `stop`. */
extern SdqStatus chi2_test_table(const int64_t *counts, size_t n_rows, size_t n_columns,
								 Arena *scratch, Stop *stop, Chi2Result *result);

/* The test over two samples, each distinct value a category. The tally is read once. */
extern SdqStatus chi2_test_tally(Tally *tally, Arena *scratch, Stop *stop, Chi2Result *result);

#endif
