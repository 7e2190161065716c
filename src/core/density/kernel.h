/*
 * kernel.h
 *		The kernels of densities of one variable: their sums at one place, and their integrals.
 *
 * h means what it means in scikit-learn's KernelDensity: the standard deviation of the Gaussian, and
 * half the width of the others, which are 0 from a distance of h on. All functions are pure, may run on
 * any thread, and give the same bits on every instruction set.
 */
#ifndef SYNTHDQ_CORE_DENSITY_KERNEL_H
#define SYNTHDQ_CORE_DENSITY_KERNEL_H

#include <stddef.h>

/* With t the distance in units of h; each integrates to 1 over t. */
typedef enum Kernel
{
	KERNEL_GAUSSIAN,     /* exp(-t^2 / 2) / sqrt(2 pi) */
	KERNEL_EPANECHNIKOV, /* (1 - t^2) 3/4 */
	KERNEL_TOPHAT,       /* 1/2 */
	KERNEL_TRIANGULAR,   /* 1 - abs(t); scikit-learn calls it linear */
	KERNEL_COSINE,       /* cos(pi t / 2) pi / 4 */
} Kernel;

/* How far a kernel reaches, in units of h: GAUSSIAN_REACH or 1. */
extern double kernel_reach(Kernel kernel);

/* The height at t = 0. */
extern double kernel_peak(Kernel kernel);

/* sum over i < n of weights[i] * K((x - values[i]) * inverse_h) / kernel_peak(); arguments as for
 * gaussian_sum(). */
extern double kernel_sum(Kernel kernel, const double *values, const double *weights, size_t n,
						 double x, double inverse_h);

/* The integral of a kernel from minus infinity to t, to a few units in the last place of itself; 0
 * where t is below minus the reach. */
extern double kernel_integral(Kernel kernel, double t);

/* Above this t the integral is 1 to the last bit. */
extern double kernel_full(Kernel kernel);

/* sum over i < n of weights[i] * kernel_integral((x - values[i]) * inverse_h). */
extern double kernel_integral_sum(Kernel kernel, const double *values, const double *weights,
								  size_t n, double x, double inverse_h);

#endif
