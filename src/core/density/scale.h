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

/* Between 2^-400 and 2^400 deviations as small as 2^-53 of a value can be squared and summed up. */
#define SCALE_SAFE_EXPONENT 400

/* The exponent e of a unit 2^e for data whose largest absolute value is `largest`, finite; mostly 0. */
static inline int
scale_exponent(double largest)
{
	int exponent;

	frexp(largest, &exponent);
	return exponent >= -SCALE_SAFE_EXPONENT && exponent <= SCALE_SAFE_EXPONENT ? 0 : exponent;
}

#endif
