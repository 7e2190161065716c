/*
 * integer_values.c
 *		Integers among floating point numbers, per element type and instruction set.
 *
 * Added to a number of small magnitude, 1.5 times the power of two whose last bit is worth 1 leaves the nearest integer
 * in the last bits of the sum. That is conversion and test in one addition, and a loop of it becomes vector
 * instructions; one of casts does not, because compilers keep the exceptions that a cast may raise.
 */
#include "core/sample/integer_values.h"

#include <math.h>
#include <string.h>

#define ROUNDER_FLOAT  12582912.0F        /* 1.5 x 2^23 */
#define ROUNDER_DOUBLE 6755399441055744.0 /* 1.5 x 2^52 */

/* One variant. `bits` is the unsigned type of the same size as `type`. */
#define DEFINE_INTEGER_VALUES(name, type, bits, rounder, magnitude, target)                        \
	target static bool name(const type *restrict values, size_t n, int32_t *restrict integers,     \
							int32_t *least, int32_t *greatest)                                     \
	{                                                                                              \
		const type shift = rounder;                                                                \
		int32_t low = INT32_MAX;                                                                   \
		int32_t high = INT32_MIN;                                                                  \
		bits others = 0;                                                                           \
		bits origin;                                                                               \
                                                                                                   \
		memcpy(&origin, &shift, sizeof(origin));                                                   \
		for (size_t i = 0; i < n; i++)                                                             \
		{                                                                                          \
			type shifted = values[i] + shift;                                                      \
			bits pattern;                                                                          \
			int32_t integer;                                                                       \
                                                                                                   \
			memcpy(&pattern, &shifted, sizeof(pattern));                                           \
			integer = (int32_t) (uint32_t) (pattern - origin);                                     \
			others |= shifted - shift == values[i] ? 0 : (bits) -1;                                \
			others |= magnitude(values[i]) < INTEGER_VALUE_LIMIT ? 0 : (bits) -1;                  \
			integers[i] = integer;                                                                 \
			low = integer < low ? integer : low;                                                   \
			high = integer > high ? integer : high;                                                \
		}                                                                                          \
		*least = low;                                                                              \
		*greatest = high;                                                                          \
		return others == 0;                                                                        \
	}

DEFINE_INTEGER_VALUES(double_plain, double, uint64_t, ROUNDER_DOUBLE, fabs, )
DEFINE_INTEGER_VALUES(float_plain, float, uint32_t, ROUNDER_FLOAT, fabsf, )
#ifdef CPU_HAS_X86_VARIANTS
DEFINE_INTEGER_VALUES(double_avx2, double, uint64_t, ROUNDER_DOUBLE, fabs, CPU_TARGET_AVX2)
DEFINE_INTEGER_VALUES(float_avx2, float, uint32_t, ROUNDER_FLOAT, fabsf, CPU_TARGET_AVX2)
#endif

bool
integer_values_double(CpuLevel level, const double *values, size_t n, IntegerValues *integers)
{
#ifdef CPU_HAS_X86_VARIANTS
	if (level >= CPU_AVX2)
		return double_avx2(values, n, integers->values, &integers->least, &integers->greatest);
#endif
	return double_plain(values, n, integers->values, &integers->least, &integers->greatest);
}

bool
integer_values_float(CpuLevel level, const float *values, size_t n, IntegerValues *integers)
{
#ifdef CPU_HAS_X86_VARIANTS
	if (level >= CPU_AVX2)
		return float_avx2(values, n, integers->values, &integers->least, &integers->greatest);
#endif
	return float_plain(values, n, integers->values, &integers->least, &integers->greatest);
}
