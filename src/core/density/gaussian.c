/*
 * gaussian.c
 *		Gaussian kernel sums, vectorised, with the same bits on every instruction set.
 *
 * The terms of GAUSSIAN_BLOCK points are written to a buffer by a loop without any dependence between
 * its iterations, which every compiler vectorises, and the buffer is then added up in
 * GAUSSIAN_LANES fixed lanes. Neither step depends on the width of a register, the build does not
 * contract a * b + c, and so the plain, AVX2 and AVX-512 variants agree to the bit. Block sums are
 * added with compensation.
 *
 * exp(e) is computed as 2^k * exp(r) with k = round(e / ln 2) and
 * abs(r) <= ln(2) / 2, r formed with ln 2 in two pieces (Cody and Waite, "Software Manual for the
 * Elementary Functions", 1980), exp(r) by its Taylor polynomial of degree 13, whose remainder is
 * below 5e-18 relative, and 2^k by adding k to the exponent bits.
 */
#include "core/density/gaussian.h"

#include <stdint.h>
#include <string.h>

#include "core/base/compensated.h"
#include "core/base/cpu.h"

#define GAUSSIAN_BLOCK 256
#define GAUSSIAN_LANES 8

#define LOG2_E 0x1.71547652b82fep0
/* ln 2 = LN2_HIGH + LN2_LOW; the high part has 32 bits, so k * LN2_HIGH is exact. */
#define LN2_HIGH 0x1.62e42feep-1
#define LN2_LOW  0x1.a39ef35793c76p-33
/* Adding 1.5 * 2^52 rounds to an integer and leaves it in the low bits of the mantissa. */
#define ROUND_TO_INTEGER 0x1.8p52
#define EXPONENT_SHIFT   52

/* exp(exponent) for an exponent <= 0; 0 below -GAUSSIAN_LIMIT, which includes minus infinity, and for
 * NaN, which arises only where both coordinates are infinitely far away. */
static inline __attribute__((always_inline)) double
gaussian_term(double exponent)
{
	double shifted = exponent * LOG2_E + ROUND_TO_INTEGER;
	double k = shifted - ROUND_TO_INTEGER;
	double r = (exponent - k * LN2_HIGH) - k * LN2_LOW;
	double p = 1.0 / 6227020800.0; /* 1 / 13! */
	uint64_t power;
	uint64_t bits;

	p = p * r + 1.0 / 479001600.0;
	p = p * r + 1.0 / 39916800.0;
	p = p * r + 1.0 / 3628800.0;
	p = p * r + 1.0 / 362880.0;
	p = p * r + 1.0 / 40320.0;
	p = p * r + 1.0 / 5040.0;
	p = p * r + 1.0 / 720.0;
	p = p * r + 1.0 / 120.0;
	p = p * r + 1.0 / 24.0;
	p = p * r + 1.0 / 6.0;
	p = p * r + 0.5;
	p = p * r + 1.0;
	p = p * r + 1.0;

	memcpy(&power, &shifted, sizeof(power));
	memcpy(&bits, &p, sizeof(bits));
	bits += power << EXPONENT_SHIFT;
	/* As a mask and not as a branch, which compilers do not vectorise where a comparison may trap. */
	bits &= -(uint64_t) (exponent >= -GAUSSIAN_LIMIT);
	memcpy(&p, &bits, sizeof(p));
	return p;
}

/* The sum of a buffer of `n` terms, in fixed lanes; the buffer is padded with zeros here. */
static inline __attribute__((always_inline)) double
sum_terms(double *terms, size_t n)
{
	double lanes[GAUSSIAN_LANES] = {0};

	for (size_t i = n; i % GAUSSIAN_LANES != 0; i++)
		terms[i] = 0;
	for (size_t i = 0; i < n; i += GAUSSIAN_LANES)
		for (size_t lane = 0; lane < GAUSSIAN_LANES; lane++)
			lanes[lane] += terms[i + lane];
	for (size_t half = GAUSSIAN_LANES / 2; half > 0; half /= 2)
		for (size_t lane = 0; lane < half; lane++)
			lanes[lane] += lanes[lane + half];
	return lanes[0];
}

/* The template's functions, once per instruction set. */
#define GAUSSIAN_TARGET
#define GAUSSIAN_NAME(name) name##_plain
#include "core/density/gaussian_template.h"
#ifdef CPU_HAS_X86_VARIANTS
#define GAUSSIAN_TARGET     CPU_TARGET_AVX2
#define GAUSSIAN_NAME(name) name##_avx2
#include "core/density/gaussian_template.h"
#define GAUSSIAN_TARGET     CPU_TARGET_AVX512
#define GAUSSIAN_NAME(name) name##_avx512
#include "core/density/gaussian_template.h"
#endif

double
gaussian_sum(const double *values, const double *weights, size_t n, double x, double inverse_h)
{
#ifdef CPU_HAS_X86_VARIANTS
	switch (cpu_level())
	{
		case CPU_AVX512_VNNI:
		case CPU_AVX512: return sum_avx512(values, weights, n, x, inverse_h);
		case CPU_AVX2: return sum_avx2(values, weights, n, x, inverse_h);
		case CPU_PLAIN: break;
	}
#endif
	return sum_plain(values, weights, n, x, inverse_h);
}

double
gaussian_sum_2d(const double *point_x, const double *point_y, const double *weights, size_t n,
				double x, double y, const Gaussian2d *kernel)
{
#ifdef CPU_HAS_X86_VARIANTS
	switch (cpu_level())
	{
		case CPU_AVX512_VNNI:
		case CPU_AVX512: return sum_2d_avx512(point_x, point_y, weights, n, x, y, kernel);
		case CPU_AVX2: return sum_2d_avx2(point_x, point_y, weights, n, x, y, kernel);
		case CPU_PLAIN: break;
	}
#endif
	return sum_2d_plain(point_x, point_y, weights, n, x, y, kernel);
}
