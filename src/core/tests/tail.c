/*
 * tail.c
 *		Normal, Kolmogorov and combinatorial tails in logarithm.
 */
#include "core/tests/tail.h"

#include <math.h>

#define LN_2      0.69314718055994530942
#define LN_10     2.30258509299404568402
#define SQRT_1_2  0.70710678118654752440
#define SQRT_2_PI 2.50662827463100050242 /* sqrt(2 pi) */
#define LN_PI_2   0.57236494292470008707 /* ln(pi) / 2 */
#define PI_2_8    1.23370055013616982735 /* pi^2 / 8 */

/* From here on erfc() loses nothing to the continued fraction, which needs few terms. */
#define ERFC_FRACTION_FROM 5.0
/* Terms of the fraction; at x = 5 its value is settled to 1e-16 after about 40. */
#define ERFC_FRACTION_TERMS 80

/* Both series of Kolmogorov's law need at most four terms when switched here. */
#define KOLMOGOROV_SWITCH 1.18

/* Up to this many factors a binomial coefficient is multiplied out; beyond, Stirling's series with
 * four terms is right to 1e-16. */
#define BINOMIAL_PRODUCT_MAX 64.0

PValue
pvalue_from_log(double log_p)
{
	if (log_p >= 0)
		return (PValue){.p = 1, .log10_p = 0};
	return (PValue){.p = exp(log_p), .log10_p = log_p / LN_10};
}

PValue
pvalue_from(double p)
{
	if (p >= 1)
		return (PValue){.p = 1, .log10_p = 0};
	return (PValue){.p = p, .log10_p = log10(p)};
}

PValue
pvalue_doubled(PValue p)
{
	if (p.p >= 0.5)
		return (PValue){.p = 1, .log10_p = 0};
	return (PValue){.p = 2 * p.p, .log10_p = p.log10_p + LN_2 / LN_10};
}

double
log_erfc(double x)
{
	double a;
	double fraction = 1;

	if (x < ERFC_FRACTION_FROM)
		return log(erfc(x));
	a = 1 / (2 * x * x);
	for (int k = ERFC_FRACTION_TERMS; k >= 1; k--)
		fraction = 1 + k * a / fraction;
	return -x * x - log(x) - LN_PI_2 - log(fraction);
}

PValue
normal_upper_tail(double z)
{
	return pvalue_from_log(log_erfc(z * SQRT_1_2) - LN_2);
}

PValue
normal_both_tails(double z)
{
	return pvalue_from_log(log_erfc(z * SQRT_1_2));
}

PValue
kolmogorov_tail(double l)
{
	double sum = 0;

	if (l <= 0)
		return pvalue_from(1);
	if (l < KOLMOGOROV_SWITCH)
	{
		for (int j = 1; j <= 7; j += 2)
			sum += exp(-j * j * PI_2_8 / (l * l));
		/* Here p is not small: at l = 1.18 it is .12. */
		return pvalue_from_log(log1p(-SQRT_2_PI / l * sum));
	}
	/* Relative to the first term, which alone is left in the far tail. */
	for (int j = 2; j <= 5; j++)
		sum += (j % 2 == 0 ? -1 : 1) * exp(-2.0 * (j * j - 1) * l * l);
	return pvalue_from_log(LN_2 - 2 * l * l + log1p(sum));
}

PValue
smirnov_tail(double l)
{
	return pvalue_from_log(l <= 0 ? 0 : -2 * l * l);
}

double
stirling_rest(double n)
{
	double r = 1 / (n * n);

	return (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r * (1.0 / 1680)))) / n;
}

double
log_binomial(double n, double k)
{
	double m = n - k;

	if (k > m)
	{
		double swap = k;

		k = m;
		m = swap;
	}
	if (k <= BINOMIAL_PRODUCT_MAX)
	{
		double log_sum = 0;
		double product = 1;

		for (double i = 1; i <= k; i++)
		{
			product *= (m + i) / i;
			if (product > 1e280)
			{
				log_sum += log(product);
				product = 1;
			}
		}
		return log_sum + log(product);
	}
	/* Stirling's formula with its large terms combined by hand: differences of lgamma would lose
	 * all digits of a small logarithm of large sizes. */
	return k * log(n / k) + m * log1p(k / m) + 0.5 * (log(n / m) - log(k)) - log(SQRT_2_PI) +
		   stirling_rest(n) - stirling_rest(k) - stirling_rest(m);
}
