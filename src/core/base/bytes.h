/*
 * bytes.h
 *		Numbers as bytes, the lowest byte first, and the distrustful way back: for values that are stored and
 *		sent between machines.
 */
#ifndef SYNTHDQ_CORE_BASE_BYTES_H
#define SYNTHDQ_CORE_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/double_bits.h"

/* Bytes being read. Past their end there are zeros, and it is noted; so a reader may look once, at its end. */
typedef struct ByteCursor
{
	const uint8_t *at;
	size_t left;
	bool is_bad;
} ByteCursor;

/* Write the lowest n bytes of a number; where the next one goes. */
static inline uint8_t *
bytes_write(uint8_t *at, uint64_t number, size_t n)
{
	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t) (number >> (8 * i));
	return at + n;
}

/* Write the bits of a double; where the next number goes. */
static inline uint8_t *
bytes_write_double(uint8_t *at, double number)
{
	return bytes_write(at, bits_of(number), sizeof(number));
}

/* A number of n bytes. */
static inline uint64_t
bytes_read(ByteCursor *cursor, size_t n)
{
	uint64_t number = 0;

	if (cursor->left < n)
	{
		cursor->is_bad = true;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		number |= (uint64_t) cursor->at[i] << (8 * i);
	cursor->at += n;
	cursor->left -= n;
	return number;
}

/* A double, of any kind. */
static inline double
bytes_read_double(ByteCursor *cursor)
{
	return double_of(bytes_read(cursor, sizeof(double)));
}

#endif
