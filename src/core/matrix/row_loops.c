/*
 * row_loops.c
 *		Which variant of the loops over rows; the loops themselves are in the template.
 */
#include "core/matrix/row_loops.h"

#include "core/base/cpu.h"

/* The template's table of functions, once per instruction set. */
#define ROWS_TARGET
#define ROWS_NAME(name) name##_plain
#include "core/matrix/row_loops_template.h"
#ifdef CPU_HAS_X86_VARIANTS
#define ROWS_TARGET     CPU_TARGET_AVX2
#define ROWS_NAME(name) name##_avx2
#include "core/matrix/row_loops_template.h"
#define ROWS_TARGET     CPU_TARGET_AVX512
#define ROWS_NAME(name) name##_avx512
#include "core/matrix/row_loops_template.h"
#endif

const RowLoops *
row_loops(void)
{
#ifdef CPU_HAS_X86_VARIANTS
	switch (cpu_level())
	{
		case CPU_AVX512_VNNI:
		case CPU_AVX512: return &loops_avx512;
		case CPU_AVX2: return &loops_avx2;
		case CPU_PLAIN: break;
	}
#endif
	return &loops_plain;
}
