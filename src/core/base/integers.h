/*
 * integers.h
 *		Whole numbers of observations, and products of several of them.
 *
 * A sample has up to 2^31 observations, so products of two counts fit 64 bits with a sign; sums of squares
 * and products of three overflow them: a million black pixels on each side are enough.
 */
#ifndef SYNTHDQ_CORE_BASE_INTEGERS_H
#define SYNTHDQ_CORE_BASE_INTEGERS_H

#include <stdint.h>

__extension__ typedef __int128 Int128;

static inline int64_t
min_int64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t
max_int64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

#endif
