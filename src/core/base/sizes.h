/*
 * sizes.h
 *		Arithmetic of sizes that cutting work into tiles needs. Checked products and sums: status.h.
 */
#ifndef SYNTHDQ_CORE_BASE_SIZES_H
#define SYNTHDQ_CORE_BASE_SIZES_H

#include <stddef.h>

/* The smaller of two sizes. */
static inline size_t
minimum(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* size, but at least low and at most high. */
static inline size_t
clamp(size_t size, size_t low, size_t high)
{
	return size < low ? low : minimum(size, high);
}

/* a / b, rounded up: how many tiles of b cover a. b must not be 0. */
static inline size_t
divide_up(size_t a, size_t b)
{
	return a / b + (a % b != 0);
}

#endif
