/*
 * hypergeometric.h
 *		How the values of a block of ties are shared out.
 */
#ifndef SYNTHDQ_CORE_TESTS_HYPERGEOMETRIC_H
#define SYNTHDQ_CORE_TESTS_HYPERGEOMETRIC_H

#include <stdint.h>

/*
 * The chances weights[c - first] that c of the next t of `left` values go to a sample that lacks `needed` of
 * them, all ways being equally likely; [first, last] is every c for which there is a way. By ratios
 * from the most likely c on, divided by their sum: relative error about 1e-16 times the distance from it;
 * 0 where that is below 1e-308 of the largest. O(last - first). 1 <= t <= left, 0 <= needed <= left.
 */
extern void hypergeometric_weights(int64_t t, int64_t left, int64_t needed, int64_t first,
								   int64_t last, double *weights);

#endif
