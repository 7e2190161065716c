/*
 * covariance_kernel.c
 *		Digits and sums of their products, for each instruction set.
 */
#include "core/matrix/covariance_kernel.h"

#include <math.h>
#include <string.h>

#include "core/base/cpu.h"

#ifdef CPU_HAS_X86_VARIANTS
#include <immintrin.h>
#endif

/* 2^DIGIT_BITS. */
#define DIGIT_BASE 2097152.0

/* A vector of two, which every processor of today has registers for. */
typedef double Pair __attribute__((vector_size(16)));

static inline Pair
load_pair(const double *from)
{
	Pair pair;

	memcpy(&pair, from, sizeof(pair));
	return pair;
}

static inline void
store_pair(double *to, Pair pair)
{
	memcpy(to, &pair, sizeof(pair));
}

#define KERNEL_TARGET
#define KERNEL_NAME(name)   name##_plain
#define VECTOR              Pair
#define VECTOR_LANES        2
#define VECTOR_ZERO()       ((Pair){0, 0})
#define VECTOR_LOAD(from)   load_pair(from)
#define VECTOR_STORE(to, v) store_pair(to, v)
#define VECTOR_FMA(x, v, s) ((s) + (x) * (v))
#define TILE_ROWS           4
#define TILE_VECTORS        2
#include "core/matrix/covariance_kernel_template.h"

#ifdef CPU_HAS_X86_VARIANTS

#define KERNEL_TARGET       CPU_TARGET_AVX2
#define KERNEL_NAME(name)   name##_avx2
#define VECTOR              __m256d
#define VECTOR_LANES        4
#define VECTOR_ZERO()       _mm256_setzero_pd()
#define VECTOR_LOAD(from)   _mm256_loadu_pd(from)
#define VECTOR_STORE(to, v) _mm256_storeu_pd(to, v)
#define VECTOR_FMA(x, v, s) _mm256_fmadd_pd(_mm256_set1_pd(x), v, s)
#define TILE_ROWS           4
#define TILE_VECTORS        2
#include "core/matrix/covariance_kernel_template.h"

#define KERNEL_TARGET       CPU_TARGET_AVX512
#define KERNEL_NAME(name)   name##_avx512
#define VECTOR              __m512d
#define VECTOR_LANES        8
#define VECTOR_ZERO()       _mm512_setzero_pd()
#define VECTOR_LOAD(from)   _mm512_loadu_pd(from)
#define VECTOR_STORE(to, v) _mm512_storeu_pd(to, v)
#define VECTOR_FMA(x, v, s) _mm512_fmadd_pd(_mm512_set1_pd(x), v, s)
#define TILE_ROWS           8
#define TILE_VECTORS        2
#include "core/matrix/covariance_kernel_template.h"

#endif

void
find_column_peaks(const double *rows, size_t n, size_t d, double *peaks)
{
#ifdef CPU_HAS_X86_VARIANTS
	CpuLevel level = cpu_level();

	if (level >= CPU_AVX512)
		column_peaks_avx512(rows, n, d, peaks);
	else if (level >= CPU_AVX2)
		column_peaks_avx2(rows, n, d, peaks);
	else
#endif
		column_peaks_plain(rows, n, d, peaks);
}

void
split_strip(const double *values, size_t n, size_t stride, size_t n_columns, double (*scale)[2],
			double *const digits[DIGIT_SLOTS], double peaks[DIGIT_SLOTS])
{
	double strip[PANEL_ROWS][STRIP_COLUMNS];
	double factors[2][STRIP_COLUMNS] = {{0}};

	for (size_t l = 0; l < n_columns; l++)
		for (int part = 0; part < 2; part++)
			factors[part][l] = scale[l][part];
	for (size_t i = 0; i < n; i++)
		for (size_t l = 0; l < STRIP_COLUMNS; l++)
			strip[i][l] = l < n_columns ? values[i * stride + l] : 0;
#ifdef CPU_HAS_X86_VARIANTS
	if (cpu_level() >= CPU_AVX512)
		split_avx512(strip, n, factors, digits[0], digits[1], digits[2]);
	else if (cpu_level() >= CPU_AVX2)
		split_avx2(strip, n, factors, digits[0], digits[1], digits[2]);
	else
#endif
		split_plain(strip, n, factors, digits[0], digits[1], digits[2]);
	for (int slot = 0; slot < DIGIT_SLOTS; slot++)
	{
		double columns[STRIP_COLUMNS];

		find_column_peaks(digits[slot], n, STRIP_COLUMNS, columns);
		peaks[slot] = 0;
		for (size_t l = 0; l < STRIP_COLUMNS; l++)
			peaks[slot] = fmax(peaks[slot], columns[l]);
	}
}

void
add_products(const double *a, const double *const b[2], size_t n, int64_t *const sums[2])
{
#ifdef CPU_HAS_X86_VARIANTS
	CpuLevel level = cpu_level();

	if (level >= CPU_AVX512)
		products_avx512(a, b, n, sums);
	else if (level >= CPU_AVX2)
		products_avx2(a, b, n, sums);
	else
#endif
		products_plain(a, b, n, sums);
}
