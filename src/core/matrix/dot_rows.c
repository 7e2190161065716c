/*
 * dot_rows.c
 *		Inner products in tiles of a few rows by a few rows.
 *
 * Why not the library's matrix product: it orders its sums by the shape of the matrices and by the
 * processor, and one row among thousands must have the bits that it has alone.
 *
 * Each product is held in DOT_LANES sums: lane l adds the columns j with j mod DOT_LANES = l, in
 * ascending order, and the lanes are added pairwise at the end. That order does not depend on the
 * width of a register or the size of a tile, and products and sums are rounded separately (the build
 * does not contract a * b + c), so that all variants agree to the bit. A tile multiplies each value
 * it loads several times; without that, loads would be the limit.
 */
#include "core/matrix/dot_rows.h"

#include "core/base/cpu.h"

#define DOT_LANES 8

/* Add the columns from `first` on to the lanes and return the sum of all lanes. */
static inline __attribute__((always_inline)) double
finish_lanes(double *lanes, const double *x, const double *y, size_t first, size_t d)
{
	for (size_t l = 0; first + l < d; l++)
		lanes[l] += x[first + l] * y[first + l];
	for (size_t half = DOT_LANES / 2; half > 0; half /= 2)
		for (size_t l = 0; l < half; l++)
			lanes[l] += lanes[l + half];
	return lanes[0];
}

/* The template's functions, once per instruction set. Tiles are as large as the registers hold: their
 * sums, and what is loaded to be multiplied. */
#define DOT_TARGET
#define DOT_NAME(name)   name##_plain
#define DOT_VECTOR_BYTES 16
#define DOT_ROWS         1
#define DOT_COLUMNS      2
#include "core/matrix/dot_rows_template.h"
#ifdef CPU_HAS_X86_VARIANTS
#define DOT_TARGET       CPU_TARGET_AVX2
#define DOT_NAME(name)   name##_avx2
#define DOT_VECTOR_BYTES 32
#define DOT_ROWS         2
#define DOT_COLUMNS      3
#include "core/matrix/dot_rows_template.h"
#define DOT_TARGET       CPU_TARGET_AVX512
#define DOT_NAME(name)   name##_avx512
#define DOT_VECTOR_BYTES 64
#define DOT_ROWS         4
#define DOT_COLUMNS      5
#include "core/matrix/dot_rows_template.h"
#endif

void
dot_rows(const double *x, size_t n, size_t ldx, const double *y, size_t m, size_t ldy, size_t d,
		 double *out, size_t ldo)
{
#ifdef CPU_HAS_X86_VARIANTS
	CpuLevel level = cpu_level();

	if (level >= CPU_AVX512)
	{
		multiply_avx512(x, n, ldx, y, m, ldy, d, out, ldo);
		return;
	}
	if (level >= CPU_AVX2)
	{
		multiply_avx2(x, n, ldx, y, m, ldy, d, out, ldo);
		return;
	}
#endif
	multiply_plain(x, n, ldx, y, m, ldy, d, out, ldo);
}
