/*
 * pglz.h
 *		Decompressing what the server compressed with pglz, its own method for values of tables.
 *
 * The format, which is stored in tables and so stands: a control byte is followed by eight items, one for
 * each of its bits from the lowest on. A bit of 0 is a literal, one byte. A bit of 1 is a match, two or three
 * bytes: copy `length` bytes from `offset` bytes before the end of what has been written,
 *
 *		byte 0		the lowest four bits: length - 3; the others: offset >> 8
 *		byte 1		offset & 255
 *		byte 2		only if the lowest four bits of byte 0 are all set: length - 18
 *
 * where length may exceed offset: then what is copied repeats. The last control byte may have bits left.
 */
#ifndef SYNTHDQ_CORE_BASE_PGLZ_H
#define SYNTHDQ_CORE_BASE_PGLZ_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Decompress from[n_from] to to[n_to]; neither may overlap the other. False if that is not what has been
 * compressed: the bytes end early, or are too many, or a match begins before to[0]. No byte outside of the
 * two is touched, whatever from[] holds. Some 0.5 ns a byte of random numbers, at least twice as fast as an
 * item at a time. Any thread may call it.
 */
extern bool pglz_expand(const unsigned char *from, size_t n_from, unsigned char *to, size_t n_to);

#endif
