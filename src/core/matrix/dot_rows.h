/*
 * dot_rows.h
 *		Inner products of rows with rows, with the same bits on every processor.
 */
#ifndef SYNTHDQ_CORE_MATRIX_DOT_ROWS_H
#define SYNTHDQ_CORE_MATRIX_DOT_ROWS_H

#include <stddef.h>

/*
 * out[n][m] = x[n][d] y[m][d]^T; ldx, ldy and ldo are the doubles between consecutive rows. Each
 * product is summed in double in an order that depends on d alone: whether a row is multiplied alone
 * or among others, here or on another processor, the result has the same bits. out must not overlap
 * x or y. n m d multiplications; takes nothing from an arena, so pool threads and parallel workers
 * may call it.
 */
extern void dot_rows(const double *x, size_t n, size_t ldx, const double *y, size_t m, size_t ldy,
					 size_t d, double *out, size_t ldo);

#endif
