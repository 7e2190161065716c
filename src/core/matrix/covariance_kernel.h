/*
 * covariance_kernel.h
 *		The two loops that cost the time of a covariance: cutting numbers into digits, and sums of
 *		products of digits. covariance.h says what the digits are.
 *
 * Everything here is exact, so that each instruction set gives the same numbers.
 */
#ifndef SYNTHDQ_CORE_MATRIX_COVARIANCE_KERNEL_H
#define SYNTHDQ_CORE_MATRIX_COVARIANCE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/* Bits of a digit. A product of two has 42 bits, and 2^11 of them add up exactly in a double. */
#define DIGIT_BITS 21

/* Digits that are kept of a number. */
#define DIGIT_SLOTS 3

/* Columns that lie side by side in a panel of digits, and the side of a block of sums. */
#define STRIP_COLUMNS 8
#define BLOCK_SUMS    (STRIP_COLUMNS * STRIP_COLUMNS)

/* Rows of a panel, at most. */
#define PANEL_ROWS 256

/* peaks[d] = the largest magnitude in each column of rows[n][d], which are finite. */
extern void find_column_peaks(const double *rows, size_t n, size_t d, double *peaks);

/*
 * Cut the numbers of up to STRIP_COLUMNS columns, values[n][stride], into digits: the number times
 * scale[column][0] times scale[column][1], both powers of two, is below 2^(DIGIT_BITS * DIGIT_SLOTS) in
 * magnitude, and its whole part is the digits, the highest first: digits[slot][n][STRIP_COLUMNS], each
 * with the sign of the number. Columns from n_columns on are 0. peaks[slot] becomes the largest
 * magnitude of a digit of the strip.
 */
extern void split_strip(const double *values, size_t n, size_t stride, size_t n_columns,
						double (*scale)[2], double *const digits[DIGIT_SLOTS],
						double peaks[DIGIT_SLOTS]);

/*
 * Add to sums[i][j] the products of column i of a strip a[n][STRIP_COLUMNS] and column j of the strips
 * b[0] and b[1], over the rows: n at most PANEL_ROWS. sums[0] and sums[1] are blocks of BLOCK_SUMS each,
 * NULL for a block that is not wanted.
 */
extern void add_products(const double *a, const double *const b[2], size_t n,
						 int64_t *const sums[2]);

#endif
