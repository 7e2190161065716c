/*
 * ks_closed.c
 *		Binomial coefficients and their ratios, as the closed forms need them.
 */
#include "core/tests/ks_closed.h"

#include <math.h>

#include "core/base/constants.h"

/* Factors that are multiplied out; beyond, p is below 1e-20000 in any case. */
#define PRODUCT_MAX 10000000

/* A term of an alternating sum that ends it, relative to its first. */
#define NEGLIGIBLE 1e-18

/* ln C(2n, n + c) / C(2n, n), as the product of (n - i) / (n + i + 1) over i < c. */
static double
log_central_ratio(int64_t n, int64_t c)
{
	double log_sum = 0;
	double product = 1;

	if (c > PRODUCT_MAX)
		return log_binomial(2.0 * (double) n, (double) (n + c)) -
			   log_binomial(2.0 * (double) n, (double) n);
	for (int64_t i = 0; i < c; i++)
	{
		product *= (double) (n - i) / (double) (n + i + 1);
		if (product < 0x1p-900)
		{
			log_sum += log(product);
			product = 1;
		}
	}
	return log_sum + log(product);
}

PValue
ks_equal_sizes_one_sided(int64_t n, int64_t c)
{
	return pvalue_from_log(log_central_ratio(n, c));
}

PValue
ks_equal_sizes_two_sided(int64_t n, int64_t c)
{
	/* Relative to the first term: 1 - r_2 + r_3 - ..., each r by continuing the product. */
	double first = log_central_ratio(n, c);
	double sum = 1;
	double ratio = 1;
	double sign = -1;

	for (int64_t i = c; i < n && c <= PRODUCT_MAX; i++)
	{
		ratio *= (double) (n - i) / (double) (n + i + 1);
		if (ratio < NEGLIGIBLE)
			break;
		if ((i + 1) % c == 0)
		{
			sum += sign * ratio;
			sign = -sign;
		}
	}
	return pvalue_from_log(LN_2 + first + log(sum));
}

PValue
ks_disjoint(int64_t n_x, int64_t n_y, int n_paths)
{
	return pvalue_from_log(log((double) n_paths) -
						   log_binomial((double) n_x + (double) n_y, (double) n_x));
}
