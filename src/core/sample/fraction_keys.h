/*
 * fraction_keys.h
 *		The keys of many numbers none of which is an integer: the usual case of a sample that is neither
 *		counted nor looked up, at a third of a nanosecond each.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_FRACTION_KEYS_H
#define SYNTHDQ_CORE_SAMPLE_FRACTION_KEYS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/cpu.h"

/* Doubles from this magnitude on are not looked at here: adding FRACTION_ROUNDER to smaller ones rounds
 * them to the next integer. */
#define FRACTION_LIMIT   2251799813685248.0 /* 2^51 */
#define FRACTION_ROUNDER 6755399441055744.0 /* 1.5 x 2^52 */

/* Is a value certainly no integer, NaN or infinity, and so a key of its own? */
static inline bool
is_fraction(double value)
{
	return fabs(value) < FRACTION_LIMIT && (value + FRACTION_ROUNDER) - FRACTION_ROUNDER != value;
}

/* Write the keys (run.h) of values[n] to keys[n]; false if not all of them are fractions: then what is
 * in keys[] means nothing. For an instruction set, as cpu_level() says. */
extern bool fraction_keys_double(CpuLevel level, const double *values, size_t n, uint64_t *keys);
extern bool fraction_keys_float(CpuLevel level, const float *values, size_t n, uint64_t *keys);

#endif
