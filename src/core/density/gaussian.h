/*
 * gaussian.h
 *		Sums of Gaussian kernels at one place: the inner loop of every exact density.
 *
 * Both functions are pure, may run on any thread, and give the same bits on every instruction set
 * (no fused multiply-add, eight running sums whatever the width of the registers). A term's relative
 * error is below 2e-15 plus 2e-16 times its exponent, as for the exp() of the C library. A term
 * whose exponent is below -GAUSSIAN_LIMIT counts as zero; it is smaller than 1e-304.
 */
#ifndef SYNTHDQ_CORE_DENSITY_GAUSSIAN_H
#define SYNTHDQ_CORE_DENSITY_GAUSSIAN_H

#include <stddef.h>

/* exp(-700) is 1e-304: above the smallest normal double, so no term is ever subnormal. */
#define GAUSSIAN_LIMIT 700.0

/* Kernels farther away than this many bandwidths are zero: sqrt(2 * GAUSSIAN_LIMIT), rounded up. */
#define GAUSSIAN_REACH 37.5

/*
 * sum over i < n of weights[i] * exp(-t^2 / 2), t = (x - values[i]) * inverse_h.
 * values are finite, in any order; weights are at least 0; inverse_h > 0. x may be infinite.
 */
extern double gaussian_sum(const double *values, const double *weights, size_t n, double x,
						   double inverse_h);

/*
 * The kernel covariance H of two dimensions, as what the exponent needs: with dx, dy the distance
 * from a point, u = dx * inverse_x and v = (dy - slope * dx) * inverse_y, the kernel is
 * exp(-(u^2 + v^2) / 2). inverse_x = Hxx^(-1/2), slope = Hxy / Hxx, inverse_y = (Hyy - Hxy^2 /
 * Hxx)^(-1/2): the Cholesky factor of H, inverted.
 */
typedef struct Gaussian2d
{
	double inverse_x;
	double slope;
	double inverse_y;
} Gaussian2d;

/* The same sum in two dimensions, at (x, y), both finite. */
extern double gaussian_sum_2d(const double *point_x, const double *point_y, const double *weights,
							  size_t n, double x, double y, const Gaussian2d *kernel);

#endif
