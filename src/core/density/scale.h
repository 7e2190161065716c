/*
 * scale.h
 *		A power of two as the unit of data whose squares would overflow or vanish.
 *
 * Data of ordinary size is used as it is. Dividing by a power of two rounds nothing (subnormal
 * results aside, which are then negligible beside the largest value), so the choice of unit changes
 * no bit of a result.
 */
#ifndef SYNTHDQ_CORE_DENSITY_SCALE_H
#define SYNTHDQ_CORE_DENSITY_SCALE_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/status.h"
#include "core/base/stop.h"

/* Between 2^-400 and 2^400 deviations as small as 2^-53 of a value can be squared and summed up. */
#define SCALE_SAFE_EXPONENT 400

/* The smallest and the largest of some values, and their unit. */
typedef struct Extent
{
	double min;
	double max;
	int exponent; /* the unit is 2^exponent */
} Extent;

/* The exponent e of a unit 2^e for data whose largest absolute value is `largest`, finite; mostly 0. */
static inline int
scale_exponent(double largest)
{
	int exponent;

	frexp(largest, &exponent);
	return exponent >= -SCALE_SAFE_EXPONENT && exponent <= SCALE_SAFE_EXPONENT ? 0 : exponent;
}

/* The extent of no values. */
static inline Extent
extent_of_nothing(void)
{
	return (Extent){.min = INFINITY, .max = -INFINITY, .exponent = 0};
}

/* Let min and max of an extent take in values[n], without NaN. SDQ_INTERRUPTED. */
extern SdqStatus extent_add(Stop *stop, const double *values, size_t n, Extent *extent);

/* Is one of the values infinite? */
static inline bool
extent_is_infinite(const Extent *extent)
{
	return isinf(extent->min) || isinf(extent->max);
}

/* The largest absolute value, of at least one. */
static inline double
extent_largest(const Extent *extent)
{
	return fmax(fabs(extent->min), fabs(extent->max));
}

/* values[n] in the unit 2^exponent, in place. SDQ_INTERRUPTED. */
extern SdqStatus scale_in_place(Stop *stop, double *values, size_t n, int exponent);

#endif
