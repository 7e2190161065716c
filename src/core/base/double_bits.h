/*
 * double_bits.h
 *		A double as the 64 bits that it is stored in, and back.
 */
#ifndef SYNTHDQ_CORE_BASE_DOUBLE_BITS_H
#define SYNTHDQ_CORE_BASE_DOUBLE_BITS_H

#include <stdint.h>
#include <string.h>

/* The bits of a double; of those that are not negative (-0 is) they order as whole numbers do. */
static inline uint64_t
bits_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static inline double
double_of(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

#endif
