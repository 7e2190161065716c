/*
 * convolve.h
 *		A row of numbers convolved with a short kernel, vectorised, with the same bits on every
 *		instruction set.
 */
#ifndef SYNTHDQ_CORE_TESTS_CONVOLVE_H
#define SYNTHDQ_CORE_TESTS_CONVOLVE_H

#include <stdint.h>

/* Results are computed this many at a time. */
#define CONVOLVE_TILE 32

/* Elements first to last of a row that is 0 elsewhere. */
typedef struct ConvolveRow
{
	const double *values; /* of element `first` on; CONVOLVE_TILE - 1 zeros on either side */
	int64_t first;
	int64_t last;
} ConvolveRow;

/* Taps first to last of a kernel. */
typedef struct ConvolveKernel
{
	const double *taps; /* of tap `first` on */
	int64_t first;
	int64_t last;
} ConvolveKernel;

/*
 * to[m - m_first] = sum over c of kernel[c] row[m - c], c ascending, for the n elements m from
 * m_first on; n is rounded up to whole tiles. Each product and each sum is rounded. O(n) times the
 * number of taps or the length of the row, whichever is less.
 */
extern void convolve(const ConvolveRow *row, const ConvolveKernel *kernel, int64_t m_first,
					 int64_t n, double *to);

#endif
