/*
 * row_loops.h
 *		The loops over the elements of a stored row, in the variant of this processor.
 *
 * Every element is computed on its own, each operation rounded, so all variants agree to the bit.
 * Arrays have d elements. Private to row_store.c and row_store_finish.c.
 */
#ifndef SYNTHDQ_CORE_MATRIX_ROW_LOOPS_H
#define SYNTHDQ_CORE_MATRIX_ROW_LOOPS_H

#include <stddef.h>
#include <stdint.h>

/* So many rows of bytes have sums that fit 16 bits. */
#define ROW_LOOPS_BYTE_ROWS ((size_t) 257)

typedef struct RowLoops
{
	/* Add a row to the sums of the columns, and widen their ranges to its values. Of floats the
	 * difference to the shift is added, of doubles the difference times the factor. */
	void (*add_bytes)(const uint8_t *row, size_t d, uint16_t *sums, uint8_t *minima,
					  uint8_t *maxima);
	void (*add_floats)(const float *row, size_t d, const double *shift, double *sums, float *minima,
					   float *maxima);
	void (*add_doubles)(const double *row, size_t d, double factor, const double *shift,
						double *sums, double *minima, double *maxima);

	/* out = (row - mean) * scale, in double, then rounded to the type of out. */
	void (*center_bytes)(const uint8_t *row, size_t d, const double *mean, double scale,
						 float *out);
	void (*center_floats)(const float *row, size_t d, const double *mean, double scale, float *out);
	void (*center_doubles)(const double *row, size_t d, const double *mean, double scale,
						   float *out);
	void (*center_bytes_double)(const uint8_t *row, size_t d, const double *mean, double scale,
								double *out);
	void (*center_floats_double)(const float *row, size_t d, const double *mean, double scale,
								 double *out);
	void (*center_doubles_double)(const double *row, size_t d, const double *mean, double scale,
								  double *out);
} RowLoops;

extern const RowLoops *row_loops(void);

#endif
