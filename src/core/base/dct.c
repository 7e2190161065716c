/*
 * dct.c
 *		The cosine transform by a Fourier transform of reordered values: the even ones ascending, then the
 *		odd ones descending.
 */
#include "core/base/dct.h"

#include <math.h>

#include "core/base/constants.h"

/* Reverse the order of the bits of i < n = 2^b. */
static size_t
reversed(size_t i, size_t n)
{
	size_t result = 0;

	for (size_t bit = 1; bit < n; bit *= 2, i /= 2)
		result = 2 * result + i % 2;
	return result;
}

/* The Fourier transform in place of values whose order is bit-reversed; turns[k] = exp(-2 pi i k / n). */
static void
transform(double *re, double *im, size_t n, const double *turn_re, const double *turn_im)
{
	for (size_t half = 1; half < n; half *= 2)
	{
		size_t stride = n / (2 * half);

		for (size_t start = 0; start < n; start += 2 * half)
		{
			for (size_t k = 0; k < half; k++)
			{
				size_t a = start + k;
				size_t b = a + half;
				double w_re = turn_re[k * stride];
				double w_im = turn_im[k * stride];
				double t_re = re[b] * w_re - im[b] * w_im;
				double t_im = re[b] * w_im + im[b] * w_re;

				re[b] = re[a] - t_re;
				im[b] = im[a] - t_im;
				re[a] += t_re;
				im[a] += t_im;
			}
		}
	}
}

void
dct(const double *from, size_t n, double *scratch, double *to)
{
	double *re = scratch;
	double *im = scratch + n;
	double *turn_re = scratch + 2 * n;
	double *turn_im = scratch + 3 * n;

	for (size_t i = 0; i < n; i++)
	{
		double angle = -2 * PI * (double) i / (double) n;

		turn_re[i] = cos(angle);
		turn_im[i] = sin(angle);
		re[reversed(i, n)] = from[i < n / 2 ? 2 * i : 2 * (n - i) - 1];
		im[i] = 0;
	}
	transform(re, im, n, turn_re, turn_im);
	for (size_t k = 0; k < n; k++)
	{
		double angle = PI / 2 * (double) k / (double) n;

		to[k] = re[k] * cos(angle) + im[k] * sin(angle);
	}
}
