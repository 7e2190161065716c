/*
 * fraction_keys.c
 *		The keys of fractions, per element type and instruction set.
 */
#include "core/sample/fraction_keys.h"

#include "core/sample/run.h"

/* One variant. */
#define DEFINE_FRACTION_KEYS(name, type, target)                                                   \
	target static bool name(const type *restrict values, size_t n, uint64_t *restrict keys)        \
	{                                                                                              \
		uint64_t others = 0;                                                                       \
                                                                                                   \
		for (size_t i = 0; i < n; i++)                                                             \
		{                                                                                          \
			double value = values[i];                                                              \
			double rounded = (value + FRACTION_ROUNDER) - FRACTION_ROUNDER;                        \
			uint64_t is_integer = rounded == value ? UINT64_MAX : 0;                               \
			uint64_t is_beyond = fabs(value) < FRACTION_LIMIT ? 0 : UINT64_MAX;                    \
                                                                                                   \
			others |= is_integer | is_beyond;                                                      \
			keys[i] = run_key(value);                                                              \
		}                                                                                          \
		return others == 0;                                                                        \
	}

DEFINE_FRACTION_KEYS(double_plain, double, )
DEFINE_FRACTION_KEYS(float_plain, float, )
#ifdef CPU_HAS_X86_VARIANTS
DEFINE_FRACTION_KEYS(double_avx2, double, CPU_TARGET_AVX2)
DEFINE_FRACTION_KEYS(float_avx2, float, CPU_TARGET_AVX2)
#endif

bool
fraction_keys_double(CpuLevel level, const double *values, size_t n, uint64_t *keys)
{
#ifdef CPU_HAS_X86_VARIANTS
	if (level >= CPU_AVX2)
		return double_avx2(values, n, keys);
#endif
	return double_plain(values, n, keys);
}

bool
fraction_keys_float(CpuLevel level, const float *values, size_t n, uint64_t *keys)
{
#ifdef CPU_HAS_X86_VARIANTS
	if (level >= CPU_AVX2)
		return float_avx2(values, n, keys);
#endif
	return float_plain(values, n, keys);
}
