/*
 * normal_quantile.c
 *		Newton's method on the logarithm of the tail. That is concave and falls, so from a z that is too
 *		large each step leads to a smaller one that is still not too small: it cannot fail.
 */
#include "core/tests/normal_quantile.h"

#include <math.h>

#include "core/base/constants.h"
#include "core/tests/tail.h"

/* Steps shrink quadratically; from p = 1e-300 it takes six. */
#define MAX_STEPS 20
#define SETTLED   1e-15

double
normal_upper_quantile(double p)
{
	double log_p = log(p);
	double z;

	if (p > 0.5)
		return -normal_upper_quantile(1 - p);
	/* The tail is at most exp(-z^2 / 2) / 2. */
	z = sqrt(fmax(0, -2 * (log_p + log(2))));
	for (int i = 0; i < MAX_STEPS; i++)
	{
		double log_tail = normal_upper_tail(z).log10_p * LN_10;
		double hazard = exp(-0.5 * z * z - LN_SQRT_2PI - log_tail);
		double step = (log_tail - log_p) / hazard;

		z += step;
		if (fabs(step) <= SETTLED * fmax(1, z))
			break;
	}
	return z;
}
