/*
 * lattice.h
 *		Whole numbers of the lattice on which differences of two distribution functions lie.
 */
#ifndef SYNTHDQ_CORE_TESTS_LATTICE_H
#define SYNTHDQ_CORE_TESTS_LATTICE_H

#include <stdint.h>

/* For a, b >= 0; that of 0 and b is b. n_x n_y (F - G) is a multiple of that of n_x and n_y. */
static inline int64_t
greatest_common_divisor(int64_t a, int64_t b)
{
	while (b != 0)
	{
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

#endif
