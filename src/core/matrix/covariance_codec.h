/*
 * covariance_codec.h
 *		The flat form of a covariance, which is stored in tables and sent between machines.
 *
 *		offset 0	4 bytes that belong to the container (the server keeps the length there)
 *			   4	version (COVARIANCE_FLAT_VERSION)
 *			   5	3 bytes, 0
 *			   8	number of columns d, 32 bits
 *			  12	number of rows n, 64 bits
 *			  20	which digits are not 0 throughout: bit 0 stands for the highest
 *			  21	plane of each column, d bytes with a sign
 *				then for each of those digits, the highest first: its d sums, a list
 *				then for each pair a <= b of those digits, by a and then by b: sums of products, a list;
 *				for a = b of columns i <= j, by i and then by j; for a < b of digit a of column i and digit
 *				b of column j, for all i and j, by i and then by j
 *
 * A list begins with two bytes, shift and width; then each integer, divided by 2^shift, in `width` bytes
 * of two's complement. Both numbers are as the list needs them: the shift as large, then the width as
 * small as possible, and both 0 if all integers are. All numbers begin with their lowest byte. The form
 * is canonical: equal multisets of rows have equal bytes. Every later version of this file must read it.
 */
#ifndef SYNTHDQ_CORE_MATRIX_COVARIANCE_CODEC_H
#define SYNTHDQ_CORE_MATRIX_COVARIANCE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/integers.h"
#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/matrix/covariance.h"

#define COVARIANCE_FLAT_VERSION 1

/* Bytes of the header: all but digits, planes and lists. */
#define COVARIANCE_FLAT_HEADER ((size_t) 20)

/* Integers of one list. */
typedef struct IntegerList
{
	uint8_t shift;
	uint8_t width;
	size_t n;
	const unsigned char *bytes; /* [n][width] */
} IntegerList;

/* A flat covariance that is being read. Borrowed from its bytes. */
struct CovarianceView
{
	uint64_t n;
	size_t d;
	const int8_t *planes; /* [d] */
	bool present[DIGIT_SLOTS];
	IntegerList sums[DIGIT_SLOTS];                  /* of digits that are present */
	IntegerList products[DIGIT_SLOTS][DIGIT_SLOTS]; /* a <= b, of digits that are present */
};

/* Look into flat[n_bytes] and check all of it; any bytes are understood or refused with SDQ_BAD_DATA. What
 * is understood can be merged without an overflow. Some nanoseconds an integer. */
extern SdqStatus covariance_open(const void *flat, size_t n_bytes, Stop *stop,
								 CovarianceView *view);

/* Integer i of a list. */
extern Int128 integer_list_get(const IntegerList *list, size_t i);

/* No sum of products of a view is above it; UINT64_MAX if they do not fit 64 bits. */
extern uint64_t covariance_view_bound(const CovarianceView *view);

/* What covariance_write() has to know. */
typedef struct CovarianceLayout
{
	bool present[DIGIT_SLOTS];
	IntegerList sums[DIGIT_SLOTS]; /* without bytes */
	IntegerList products[DIGIT_SLOTS][DIGIT_SLOTS];
	size_t bytes; /* of the whole */
} CovarianceLayout;

/* Find the layout of settled rows, at least one. SDQ_INTERRUPTED. */
extern SdqStatus covariance_measure(const Covariance *covariance, Stop *stop,
									CovarianceLayout *layout);

/* Write the header, without the container's 4 bytes. */
extern void covariance_write_header(void *flat, uint32_t d, uint64_t n);

/* Write flat[layout->bytes] but for the container's 4 bytes. SDQ_INTERRUPTED. */
extern SdqStatus covariance_write(const Covariance *covariance, const CovarianceLayout *layout,
								  Stop *stop, void *flat);

#endif
