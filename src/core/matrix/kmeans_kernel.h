/*
 * kmeans_kernel.h
 *		The inner loops of k-means: products of a few rows with a panel of centres, and sums of rows.
 *
 * A panel holds PANEL_CENTERS centres side by side, so that one vector register has the same column
 * (or group of columns) of all of them, and a product needs no sum across a register. Everything over
 * bytes is exact and the same on every instruction set.
 */
#ifndef SYNTHDQ_CORE_MATRIX_KMEANS_KERNEL_H
#define SYNTHDQ_CORE_MATRIX_KMEANS_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#define PANEL_CENTERS ((size_t) 16)

/* Rows that are multiplied at once. */
#define KERNEL_ROWS ((size_t) 8)

/* Columns of bytes that are multiplied and added by one operation. */
#define BYTE_GROUP ((size_t) 4)

/* Bytes are stored less this, as signed ones. */
#define BYTE_SHIFT 128

/* Columns up to which sums of products of a signed and an unsigned byte fit an int32. */
#define BYTE_MAX_COLUMNS ((size_t) 65536)

/*
 * products[KERNEL_ROWS][panels][PANEL_CENTERS] of signed bytes rows[KERNEL_ROWS][groups][BYTE_GROUP]
 * (they may coincide) and one or two panels of unsigned bytes, [panels][groups][PANEL_CENTERS]
 * [BYTE_GROUP]. groups * BYTE_GROUP is at most BYTE_MAX_COLUMNS.
 */
extern void byte_panel_products(const int8_t *const *rows, size_t groups, const uint8_t *panel,
								size_t panels, int32_t *products);

/* products[KERNEL_ROWS][PANEL_CENTERS] in float of rows[KERNEL_ROWS][d] and panel[d][PANEL_CENTERS],
 * rounded 2 d times at most. */
extern void float_panel_products(const float *const *rows, size_t d, const float *panel,
								 float *products);

/* sum[j] += sign * (x[j] + BYTE_SHIFT), sign * x[j]: the same bits on every instruction set. */
extern void add_byte_row(double *sum, double sign, const int8_t *x, size_t columns);
extern void add_float_row(double *sum, double sign, const float *x, size_t columns);

#endif
