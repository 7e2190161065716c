/*
 * kernel.c
 *		Kernel sums. The Gaussian has a file of its own; the others are polynomials and a cosine, whose
 *		terms are cheap beside the reading of the values.
 */
#include "core/density/kernel.h"

#include <math.h>

#include "core/base/compensated.h"
#include "core/base/constants.h"
#include "core/density/gaussian.h"

/* Terms added up before the total is compensated, and sums kept side by side, so that additions do not
 * wait for each other. */
#define KERNEL_BLOCK 256
#define KERNEL_LANES 8

/* 1 - Phi(9) is 1.1e-19: less than half a unit in the last place of 1. */
#define GAUSSIAN_FULL 9.0

double
kernel_reach(Kernel kernel)
{
	return kernel == KERNEL_GAUSSIAN ? GAUSSIAN_REACH : 1;
}

double
kernel_full(Kernel kernel)
{
	return kernel == KERNEL_GAUSSIAN ? GAUSSIAN_FULL : 1;
}

double
kernel_peak(Kernel kernel)
{
	switch (kernel)
	{
		case KERNEL_GAUSSIAN: break;
		case KERNEL_EPANECHNIKOV: return 0.75;
		case KERNEL_TOPHAT: return 0.5;
		case KERNEL_TRIANGULAR: return 1;
		case KERNEL_COSINE: return PI / 4;
	}
	return 1 / SQRT_2PI;
}

/* One term of a compact kernel, as a share of its peak; t may be infinite. */
static inline __attribute__((always_inline)) double
compact_term(Kernel kernel, double t)
{
	double distance = fabs(t);
	double height = 1;

	if (kernel == KERNEL_EPANECHNIKOV)
		height = (1 - t) * (1 + t);
	else if (kernel == KERNEL_TRIANGULAR)
		height = 1 - distance;
	else if (kernel == KERNEL_COSINE)
		height = distance < 1 ? cos(PI / 2 * distance) : 0;
	return distance < 1 ? height : 0;
}

/* The sum for one kernel, a constant: inlined into one loop for each. */
static inline __attribute__((always_inline)) double
compact_sum(Kernel kernel, const double *restrict values, const double *restrict weights, size_t n,
			double x, double inverse_h)
{
	Compensated total = {0, 0};

	for (size_t start = 0; start < n; start += KERNEL_BLOCK)
	{
		size_t end = n - start < KERNEL_BLOCK ? n : start + KERNEL_BLOCK;
		double lanes[KERNEL_LANES] = {0};
		size_t i = start;

		for (; i + KERNEL_LANES <= end; i += KERNEL_LANES)
			for (size_t lane = 0; lane < KERNEL_LANES; lane++)
				lanes[lane] +=
					weights[i + lane] * compact_term(kernel, (x - values[i + lane]) * inverse_h);
		for (; i < end; i++)
			lanes[0] += weights[i] * compact_term(kernel, (x - values[i]) * inverse_h);
		for (size_t half = KERNEL_LANES / 2; half > 0; half /= 2)
			for (size_t lane = 0; lane < half; lane++)
				lanes[lane] += lanes[lane + half];
		compensated_add(&total, lanes[0]);
	}
	return compensated_total(&total);
}

double
kernel_sum(Kernel kernel, const double *values, const double *weights, size_t n, double x,
		   double inverse_h)
{
	switch (kernel)
	{
		case KERNEL_GAUSSIAN: break;
		case KERNEL_EPANECHNIKOV:
			return compact_sum(KERNEL_EPANECHNIKOV, values, weights, n, x, inverse_h);
		case KERNEL_TOPHAT: return compact_sum(KERNEL_TOPHAT, values, weights, n, x, inverse_h);
		case KERNEL_TRIANGULAR:
			return compact_sum(KERNEL_TRIANGULAR, values, weights, n, x, inverse_h);
		case KERNEL_COSINE: return compact_sum(KERNEL_COSINE, values, weights, n, x, inverse_h);
	}
	return gaussian_sum(values, weights, n, x, inverse_h);
}

double
kernel_integral(Kernel kernel, double t)
{
	if (kernel == KERNEL_GAUSSIAN)
		return erfc(-t * SQRT_1_2) / 2;
	if (!(t > -1))
		return 0;
	if (t >= 1)
		return 1;
	switch (kernel)
	{
		case KERNEL_GAUSSIAN:
		case KERNEL_TOPHAT: break;
		case KERNEL_EPANECHNIKOV: return (1 + t) * (1 + t) * (2 - t) / 4;
		case KERNEL_TRIANGULAR: return t < 0 ? (1 + t) * (1 + t) / 2 : 1 - (1 - t) * (1 - t) / 2;
		case KERNEL_COSINE: return pow(sin((1 + t) * PI / 4), 2);
	}
	return (1 + t) / 2;
}

double
kernel_integral_sum(Kernel kernel, const double *values, const double *weights, size_t n, double x,
					double inverse_h)
{
	Compensated total = {0, 0};

	for (size_t i = 0; i < n; i++)
		compensated_add(&total, weights[i] * kernel_integral(kernel, (x - values[i]) * inverse_h));
	return compensated_total(&total);
}
