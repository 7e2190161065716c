/*
 * covariance_sums.h
 *		Inside of a Covariance: where its sums lie, how they get their memory, and how they move when a plane is
 *		raised. For the files of the covariance alone; covariance.c explains.
 *
 * After a failure of a function that returns a status the object can only be freed.
 */
#ifndef SYNTHDQ_CORE_MATRIX_COVARIANCE_SUMS_H
#define SYNTHDQ_CORE_MATRIX_COVARIANCE_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/integers.h"
#include "core/base/sizes.h"
#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/matrix/covariance.h"

/* Narrow sums stay below it, so that adding to them cannot overflow. */
#define NARROW_BOUND ((uint64_t) 1 << 62)

/* The place of the lowest bit of plane 0. */
#define PLANE_ZERO_BIT (-12)

/* Strips of columns. */
static inline size_t
count_strips(const Covariance *covariance)
{
	return divide_up(covariance->d, STRIP_COLUMNS);
}

/* Where the block of strips i <= j begins. */
static inline size_t
block_start(const Covariance *covariance, size_t i, size_t j)
{
	return (i * (2 * count_strips(covariance) - i + 1) / 2 + (j - i)) * BLOCK_SUMS;
}

/* Where the sum of columns i <= j lies. */
static inline size_t
sum_place(const Covariance *covariance, size_t i, size_t j)
{
	return block_start(covariance, i / STRIP_COLUMNS, j / STRIP_COLUMNS) +
		   i % STRIP_COLUMNS * STRIP_COLUMNS + j % STRIP_COLUMNS;
}

static inline Int128
wide_value(WideInteger wide)
{
	return (Int128) wide.high * ((Int128) 1 << 64) + wide.low;
}

static inline WideInteger
wide_integer(Int128 value)
{
	return (WideInteger){.low = (uint64_t) value, .high = (int64_t) (value >> 64)};
}

/* The plane of a magnitude's highest bit. */
extern int plane_of(double magnitude);

/* How many slots the digits of a column move down when its plane is raised from one to another. */
extern int slots_between(int from, int to);

/* Fix the number of columns of an object that has none, or compare it: COVARIANCE_EMPTY, COVARIANCE_LENGTH,
 * SDQ_TOO_LARGE or SDQ_OVER_LIMIT. */
extern SdqStatus covariance_set_shape(Covariance *covariance, size_t d);

/* Make sure that there are sums for every pair of these digits. */
extern SdqStatus reserve_sums(Covariance *covariance, const bool present[DIGIT_SLOTS], Stop *stop);

/* Give sums their wide part. */
extern SdqStatus reserve_wide(Covariance *covariance, ProductSums *products, Stop *stop);

/* Make room for adding up to so much (below 2^63) to each narrow sum: move them if they could overflow. */
extern SdqStatus reserve_range(Covariance *covariance, ProductSums *products, uint64_t most,
							   Stop *stop);

/* Raise the planes of columns to planes[d] where those are higher, and move the sums. down[d] is
 * scratch. */
extern SdqStatus raise_planes(Covariance *covariance, const int8_t *planes, int *down, Stop *stop);

/* Should the buffered rows, whose columns have these peaks[d], be added as bytes? They are whole numbers from 0
 * to 255, not all of them 0, enough columns, and no plane is above plane 0. Planes have been raised for them. */
extern bool are_byte_rows(const Covariance *covariance, const double *peaks);

/* Add such rows to the sums. */
extern SdqStatus add_byte_rows(Covariance *covariance, Stop *stop);

#endif
