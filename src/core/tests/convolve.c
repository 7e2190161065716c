/*
 * convolve.c
 *		Convolution in vector registers.
 *
 * A tile of results is held in registers while the taps go by, each of which multiplies a piece of
 * the row. Every result is the sum of the same products in the same order whatever the width of a
 * register, products and sums are rounded separately (the build does not contract a * b + c), and
 * the taps that concern a tile do not depend on the instruction set: so all variants agree to the
 * bit. A fused multiply-add would not be faster, since each tap has to load an unaligned piece of
 * the row.
 */
#include "core/tests/convolve.h"

#include <stddef.h>
#include <string.h>

#include "core/base/cpu.h"

/* The template's function, once per instruction set. */
#define CONVOLVE_TARGET
#define CONVOLVE_NAME(name)   name##_plain
#define CONVOLVE_VECTOR_BYTES 16
#define CONVOLVE_SUMS         8
#include "core/tests/convolve_template.h"
#ifdef CPU_HAS_X86_VARIANTS
#define CONVOLVE_TARGET       CPU_TARGET_AVX2
#define CONVOLVE_NAME(name)   name##_avx2
#define CONVOLVE_VECTOR_BYTES 32
#define CONVOLVE_SUMS         8
#include "core/tests/convolve_template.h"
#define CONVOLVE_TARGET       CPU_TARGET_AVX512
#define CONVOLVE_NAME(name)   name##_avx512
#define CONVOLVE_VECTOR_BYTES 64
#define CONVOLVE_SUMS         4
#include "core/tests/convolve_template.h"
#endif

typedef void (*TileFunction)(const double *from, const double *taps, ptrdiff_t n_taps, double *to);

/* The function of this processor. */
static TileFunction
choose_tile(void)
{
#ifdef CPU_HAS_X86_VARIANTS
	switch (cpu_level())
	{
		case CPU_AVX512_VNNI:
		case CPU_AVX512: return tile_avx512;
		case CPU_AVX2: return tile_avx2;
		case CPU_PLAIN: break;
	}
#endif
	return tile_plain;
}

void
convolve(const ConvolveRow *row, const ConvolveKernel *kernel, int64_t m_first, int64_t n,
		 double *to)
{
	TileFunction tile = choose_tile();

	for (int64_t done = 0; done < n; done += CONVOLVE_TILE)
	{
		int64_t m = m_first + done;
		int64_t first = m - row->last;
		int64_t last = m + CONVOLVE_TILE - 1 - row->first;

		if (first < kernel->first)
			first = kernel->first;
		if (last > kernel->last)
			last = kernel->last;
		if (first <= last)
			tile(row->values + (m - first - row->first), kernel->taps + (first - kernel->first),
				 (ptrdiff_t) (last - first + 1), to + done);
		else
			memset(to + done, 0, CONVOLVE_TILE * sizeof(double));
	}
}
