/*
 * integer_values.h
 *		Integers among floating point numbers: images of 8-bit pixels that are stored as real[].
 */
#ifndef SYNTHDQ_CORE_SAMPLE_INTEGER_VALUES_H
#define SYNTHDQ_CORE_SAMPLE_INTEGER_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/cpu.h"

/* Integers of this magnitude and more are not looked at here: room for them in the mantissa of either type is
 * what makes the conversion one addition. */
#define INTEGER_VALUE_LIMIT 4194304 /* 2^22 */

typedef struct IntegerValues
{
	int32_t *values; /* [n], the caller's memory */
	int32_t least;
	int32_t greatest;
} IntegerValues;

/* Write values[n] to integers->values, with the least and the greatest of them, n > 0; false if not all are
 * integers below the limit: then what is written means nothing. For an instruction set, as cpu_level() says. */
extern bool integer_values_double(CpuLevel level, const double *values, size_t n,
								  IntegerValues *integers);
extern bool integer_values_float(CpuLevel level, const float *values, size_t n,
								 IntegerValues *integers);

#endif
