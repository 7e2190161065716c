/*
 * cpu.c
 *		The choice of instruction set. The limit is process state, set by tests and the developer
 *		setting synthdq.cpu_level only.
 */
#include "core/base/cpu.h"

static CpuLevel limit_level = CPU_HIGHEST;

CpuLevel
cpu_level(void)
{
	CpuLevel level = CPU_PLAIN;

#ifdef CPU_HAS_X86_VARIANTS
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		level = CPU_AVX2;
	if (level == CPU_AVX2 && __builtin_cpu_supports("avx512f") &&
		__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
		__builtin_cpu_supports("avx512dq"))
		level = CPU_AVX512;
	if (level == CPU_AVX512 && __builtin_cpu_supports("avx512vnni"))
		level = CPU_AVX512_VNNI;
#endif
	return level < limit_level ? level : limit_level;
}

void
cpu_set_limit(CpuLevel limit)
{
	limit_level = limit;
}
