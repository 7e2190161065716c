/*
 * dct.h
 *		One discrete cosine transform in double.
 */
#ifndef SYNTHDQ_CORE_BASE_DCT_H
#define SYNTHDQ_CORE_BASE_DCT_H

#include <stddef.h>

/* Doubles of scratch that a transform of length n needs. */
#define DCT_SCRATCH(n) (4 * (n))

/*
 * to[k] = sum over j < n of from[j] cos(pi k (2 j + 1) / (2 n)), the DCT-II without factors (half of scipy's type 2),
 * for n a power of two, at least 2. to may be from. Makhoul, "A fast cosine transform in one and two dimensions", IEEE
 * Trans. ASSP 28 (1980): one complex Fourier transform of length n. The error is some 1e-16 of the root mean square
 * of the result. O(n log n): below a millisecond for 2^14. Any thread.
 */
extern void dct(const double *from, size_t n, double *scratch, double *to);

#endif
