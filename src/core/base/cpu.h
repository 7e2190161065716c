/*
 * cpu.h
 *		Which instruction set the kernels use, chosen at run time.
 *
 * A kernel with several variants compiles each with __attribute__((target(...))) and picks by
 * cpu_level(). The plain variant always exists and is the oracle of the others' tests.
 */
#ifndef SYNTHDQ_CORE_BASE_CPU_H
#define SYNTHDQ_CORE_BASE_CPU_H

typedef enum CpuLevel
{
	CPU_PLAIN = 0,       /* what the compiler's base target allows */
	CPU_AVX2 = 1,        /* avx2 and fma */
	CPU_AVX512 = 2,      /* avx512 f, bw, vl, dq */
	CPU_AVX512_VNNI = 3, /* and avx512 vnni, products of bytes; nothing else differs */
	CPU_HIGHEST = CPU_AVX512_VNNI,
} CpuLevel;

#if defined(__x86_64__)
#define CPU_HAS_X86_VARIANTS 1
#define CPU_TARGET_AVX2      __attribute__((target("avx2,fma")))
#define CPU_TARGET_AVX512    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")))
#define CPU_TARGET_AVX512_VNNI                                                                     \
	__attribute__((target("avx512vnni,avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")))
#endif

/* The best level that this processor has and that cpu_set_limit() allows. */
extern CpuLevel cpu_level(void);

/* For tests and developers: use at most this level from now on. */
extern void cpu_set_limit(CpuLevel limit);

#endif
