/*
 * kmeans_kernel.c
 *		The inner loops of k-means in plain C, AVX2 and AVX-512.
 *
 * OpenBLAS copies both factors of every product into a layout of its own, which for ten centres takes
 * longer than the product; byte_products.c packs both once, for all of them, while here only some rows
 * are needed, others each time. So the centres are laid out once per iteration, and rows are read where
 * they are.
 */
#include "core/matrix/kmeans_kernel.h"

#include <string.h>

#include "core/base/cpu.h"

#ifdef CPU_HAS_X86_VARIANTS
#include <immintrin.h>
#endif

/* Rows that the AVX2 kernels take at once: two registers each, and some for the factors. */
#define AVX2_ROWS ((size_t) 4)

/* ---------- products of bytes ---------- */

/* One row and one panel, plain. */
static void
byte_products_plain(const int8_t *row, size_t groups, const uint8_t *panel, int32_t *products)
{
	int32_t sums[PANEL_CENTERS] = {0};

	for (size_t g = 0; g < groups; g++)
	{
		const int8_t *x = row + g * BYTE_GROUP;
		const uint8_t *y = panel + g * PANEL_CENTERS * BYTE_GROUP;

		for (size_t c = 0; c < PANEL_CENTERS; c++)
			sums[c] += x[0] * y[c * BYTE_GROUP] + x[1] * y[c * BYTE_GROUP + 1] +
					   x[2] * y[c * BYTE_GROUP + 2] + x[3] * y[c * BYTE_GROUP + 3];
	}
	memcpy(products, sums, sizeof(sums));
}

#ifdef CPU_HAS_X86_VARIANTS

/* Four bytes of a row as one number. */
static inline int32_t
load_group(const int8_t *x)
{
	int32_t group;

	memcpy(&group, x, sizeof(group));
	return group;
}

/* AVX2_ROWS rows and one panel. The products of neighbouring bytes do not fit 16 bits, so even and odd
 * columns are widened and multiplied separately. */
CPU_TARGET_AVX2 static void
byte_products_avx2(const int8_t *const *rows, size_t groups, const uint8_t *panel,
				   int32_t *products, size_t stride)
{
	const __m256i low_bytes = _mm256_set1_epi16(0xff);
	__m256i sums[AVX2_ROWS][2];

#pragma GCC unroll 4
	for (size_t r = 0; r < AVX2_ROWS; r++)
		sums[r][0] = sums[r][1] = _mm256_setzero_si256();
	for (size_t g = 0; g < groups; g++)
	{
		const __m256i *y = (const __m256i *) (panel + g * PANEL_CENTERS * BYTE_GROUP);
		__m256i y0 = _mm256_loadu_si256(y);
		__m256i y1 = _mm256_loadu_si256(y + 1);
		__m256i even0 = _mm256_and_si256(y0, low_bytes);
		__m256i even1 = _mm256_and_si256(y1, low_bytes);
		__m256i odd0 = _mm256_srli_epi16(y0, 8);
		__m256i odd1 = _mm256_srli_epi16(y1, 8);

#pragma GCC unroll 4
		for (size_t r = 0; r < AVX2_ROWS; r++)
		{
			__m256i x = _mm256_set1_epi32(load_group(rows[r] + g * BYTE_GROUP));
			__m256i even = _mm256_srai_epi16(_mm256_slli_epi16(x, 8), 8);
			__m256i odd = _mm256_srai_epi16(x, 8);

			sums[r][0] =
				_mm256_add_epi32(sums[r][0], _mm256_add_epi32(_mm256_madd_epi16(even, even0),
															  _mm256_madd_epi16(odd, odd0)));
			sums[r][1] =
				_mm256_add_epi32(sums[r][1], _mm256_add_epi32(_mm256_madd_epi16(even, even1),
															  _mm256_madd_epi16(odd, odd1)));
		}
	}
#pragma GCC unroll 4
	for (size_t r = 0; r < AVX2_ROWS; r++)
	{
		_mm256_storeu_si256((__m256i *) (products + r * stride), sums[r][0]);
		_mm256_storeu_si256((__m256i *) (products + r * stride + PANEL_CENTERS / 2), sums[r][1]);
	}
}

/* KERNEL_ROWS rows and one panel. */
CPU_TARGET_AVX512_VNNI static void
byte_products_vnni1(const int8_t *const *rows, size_t groups, const uint8_t *panel,
					int32_t *products)
{
	__m512i sums[KERNEL_ROWS];

#pragma GCC unroll 8
	for (size_t r = 0; r < KERNEL_ROWS; r++)
		sums[r] = _mm512_setzero_si512();
	for (size_t g = 0; g < groups; g++)
	{
		__m512i y = _mm512_loadu_si512(panel + g * PANEL_CENTERS * BYTE_GROUP);

#pragma GCC unroll 8
		for (size_t r = 0; r < KERNEL_ROWS; r++)
			sums[r] = _mm512_dpbusd_epi32(sums[r], y,
										  _mm512_set1_epi32(load_group(rows[r] + g * BYTE_GROUP)));
	}
#pragma GCC unroll 8
	for (size_t r = 0; r < KERNEL_ROWS; r++)
		_mm512_storeu_si512(products + r * PANEL_CENTERS, sums[r]);
}

/* KERNEL_ROWS rows and two panels. */
CPU_TARGET_AVX512_VNNI static void
byte_products_vnni2(const int8_t *const *rows, size_t groups, const uint8_t *panel,
					int32_t *products)
{
	size_t panel_bytes = groups * PANEL_CENTERS * BYTE_GROUP;
	__m512i sums[KERNEL_ROWS][2];

#pragma GCC unroll 8
	for (size_t r = 0; r < KERNEL_ROWS; r++)
		sums[r][0] = sums[r][1] = _mm512_setzero_si512();
	for (size_t g = 0; g < groups; g++)
	{
		const uint8_t *group = panel + g * PANEL_CENTERS * BYTE_GROUP;
		__m512i y0 = _mm512_loadu_si512(group);
		__m512i y1 = _mm512_loadu_si512(group + panel_bytes);

#pragma GCC unroll 8
		for (size_t r = 0; r < KERNEL_ROWS; r++)
		{
			__m512i x = _mm512_set1_epi32(load_group(rows[r] + g * BYTE_GROUP));

			sums[r][0] = _mm512_dpbusd_epi32(sums[r][0], y0, x);
			sums[r][1] = _mm512_dpbusd_epi32(sums[r][1], y1, x);
		}
	}
#pragma GCC unroll 8
	for (size_t r = 0; r < KERNEL_ROWS; r++)
	{
		_mm512_storeu_si512(products + r * 2 * PANEL_CENTERS, sums[r][0]);
		_mm512_storeu_si512(products + (r * 2 + 1) * PANEL_CENTERS, sums[r][1]);
	}
}

#endif

void
byte_panel_products(const int8_t *const *rows, size_t groups, const uint8_t *panel, size_t panels,
					int32_t *products)
{
	size_t panel_bytes = groups * PANEL_CENTERS * BYTE_GROUP;

#ifdef CPU_HAS_X86_VARIANTS
	if (cpu_level() >= CPU_AVX512_VNNI)
	{
		if (panels == 1)
			byte_products_vnni1(rows, groups, panel, products);
		else
			byte_products_vnni2(rows, groups, panel, products);
		return;
	}
	if (cpu_level() >= CPU_AVX2)
	{
		for (size_t p = 0; p < panels; p++)
			for (size_t r = 0; r < KERNEL_ROWS; r += AVX2_ROWS)
				byte_products_avx2(rows + r, groups, panel + p * panel_bytes,
								   products + (r * panels + p) * PANEL_CENTERS,
								   panels * PANEL_CENTERS);
		return;
	}
#endif
	for (size_t r = 0; r < KERNEL_ROWS; r++)
		for (size_t p = 0; p < panels; p++)
			byte_products_plain(rows[r], groups, panel + p * panel_bytes,
								products + (r * panels + p) * PANEL_CENTERS);
}

/* ---------- products of floats ---------- */

/* A column of a panel, which the compiler cuts into registers as wide as there are. */
typedef float FloatColumn __attribute__((vector_size(PANEL_CENTERS * sizeof(float))));

/* One row and one panel, plain. */
static void
float_products_plain(const float *row, size_t d, const float *panel, float *products)
{
	FloatColumn sums = {0};

	for (size_t j = 0; j < d; j++)
	{
		FloatColumn column;

		memcpy(&column, panel + j * PANEL_CENTERS, sizeof(column));
		sums += row[j] * column;
	}
	memcpy(products, &sums, sizeof(sums));
}

#ifdef CPU_HAS_X86_VARIANTS

/* AVX2_ROWS rows and one panel. */
CPU_TARGET_AVX2 static void
float_products_avx2(const float *const *rows, size_t d, const float *panel, float *products)
{
	__m256 sums[AVX2_ROWS][2];

#pragma GCC unroll 4
	for (size_t r = 0; r < AVX2_ROWS; r++)
		sums[r][0] = sums[r][1] = _mm256_setzero_ps();
	for (size_t j = 0; j < d; j++)
	{
		__m256 y0 = _mm256_loadu_ps(panel + j * PANEL_CENTERS);
		__m256 y1 = _mm256_loadu_ps(panel + j * PANEL_CENTERS + PANEL_CENTERS / 2);

#pragma GCC unroll 4
		for (size_t r = 0; r < AVX2_ROWS; r++)
		{
			__m256 x = _mm256_broadcast_ss(rows[r] + j);

			sums[r][0] = _mm256_fmadd_ps(x, y0, sums[r][0]);
			sums[r][1] = _mm256_fmadd_ps(x, y1, sums[r][1]);
		}
	}
#pragma GCC unroll 4
	for (size_t r = 0; r < AVX2_ROWS; r++)
	{
		_mm256_storeu_ps(products + r * PANEL_CENTERS, sums[r][0]);
		_mm256_storeu_ps(products + r * PANEL_CENTERS + PANEL_CENTERS / 2, sums[r][1]);
	}
}

/* KERNEL_ROWS rows and one panel. */
CPU_TARGET_AVX512 static void
float_products_avx512(const float *const *rows, size_t d, const float *panel, float *products)
{
	__m512 sums[KERNEL_ROWS];

#pragma GCC unroll 8
	for (size_t r = 0; r < KERNEL_ROWS; r++)
		sums[r] = _mm512_setzero_ps();
	for (size_t j = 0; j < d; j++)
	{
		__m512 y = _mm512_loadu_ps(panel + j * PANEL_CENTERS);

#pragma GCC unroll 8
		for (size_t r = 0; r < KERNEL_ROWS; r++)
			sums[r] = _mm512_fmadd_ps(_mm512_set1_ps(rows[r][j]), y, sums[r]);
	}
#pragma GCC unroll 8
	for (size_t r = 0; r < KERNEL_ROWS; r++)
		_mm512_storeu_ps(products + r * PANEL_CENTERS, sums[r]);
}

#endif

void
float_panel_products(const float *const *rows, size_t d, const float *panel, float *products)
{
#ifdef CPU_HAS_X86_VARIANTS
	if (cpu_level() >= CPU_AVX512)
	{
		float_products_avx512(rows, d, panel, products);
		return;
	}
	if (cpu_level() >= CPU_AVX2)
	{
		for (size_t r = 0; r < KERNEL_ROWS; r += AVX2_ROWS)
			float_products_avx2(rows + r, d, panel, products + r * PANEL_CENTERS);
		return;
	}
#endif
	for (size_t r = 0; r < KERNEL_ROWS; r++)
		float_products_plain(rows[r], d, panel, products + r * PANEL_CENTERS);
}

/* ---------- sums of rows ---------- */

/* The two sums, for the compiler to vectorise: no element depends on another. */
static inline __attribute__((always_inline)) void
add_bytes(double *restrict sum, double sign, const int8_t *restrict x, size_t columns)
{
	for (size_t j = 0; j < columns; j++)
		sum[j] += sign * (double) (x[j] + BYTE_SHIFT);
}

static inline __attribute__((always_inline)) void
add_floats(double *restrict sum, double sign, const float *restrict x, size_t columns)
{
	for (size_t j = 0; j < columns; j++)
		sum[j] += sign * (double) x[j];
}

#ifdef CPU_HAS_X86_VARIANTS

CPU_TARGET_AVX512 static void
add_bytes_avx512(double *sum, double sign, const int8_t *x, size_t columns)
{
	add_bytes(sum, sign, x, columns);
}

CPU_TARGET_AVX512 static void
add_floats_avx512(double *sum, double sign, const float *x, size_t columns)
{
	add_floats(sum, sign, x, columns);
}

CPU_TARGET_AVX2 static void
add_bytes_avx2(double *sum, double sign, const int8_t *x, size_t columns)
{
	add_bytes(sum, sign, x, columns);
}

CPU_TARGET_AVX2 static void
add_floats_avx2(double *sum, double sign, const float *x, size_t columns)
{
	add_floats(sum, sign, x, columns);
}

#endif

void
add_byte_row(double *sum, double sign, const int8_t *x, size_t columns)
{
#ifdef CPU_HAS_X86_VARIANTS
	if (cpu_level() >= CPU_AVX512)
	{
		add_bytes_avx512(sum, sign, x, columns);
		return;
	}
	if (cpu_level() >= CPU_AVX2)
	{
		add_bytes_avx2(sum, sign, x, columns);
		return;
	}
#endif
	add_bytes(sum, sign, x, columns);
}

void
add_float_row(double *sum, double sign, const float *x, size_t columns)
{
#ifdef CPU_HAS_X86_VARIANTS
	if (cpu_level() >= CPU_AVX512)
	{
		add_floats_avx512(sum, sign, x, columns);
		return;
	}
	if (cpu_level() >= CPU_AVX2)
	{
		add_floats_avx2(sum, sign, x, columns);
		return;
	}
#endif
	add_floats(sum, sign, x, columns);
}
