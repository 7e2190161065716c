/*
 * tail.c
 *		Normal, Kolmogorov and combinatorial tails in logarithm.
 */
#include "core/tests/tail.h"

#include <float.h>
#include <math.h>

#include "core/base/constants.h"

#define PI_2_8 1.23370055013616982735 /* pi^2 / 8 */

/* From here on erfc() loses nothing to the continued fraction, which needs few terms. */
#define ERFC_FRACTION_FROM 5.0
/* Terms of the fraction; at x = 5 its value is settled to 1e-16 after about 40. */
#define ERFC_FRACTION_TERMS 80

/* Both series of Kolmogorov's law need at most four terms when switched here. */
#define KOLMOGOROV_SWITCH 1.18

/* Stirling's series for the logarithm of n! with eight terms is right to 1e-17 from here on. */
#define STIRLING_FROM 10.0

/* Beyond this, ln(1 + m) and m are different enough for a plain difference. */
#define LOG1P_SERIES_BELOW 0.5

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
	return -x * x - log(x) - LN_SQRT_PI - log(fraction);
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
		return pvalue_from_log(log1p(-SQRT_2PI / l * sum));
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
log_add(double a, double b)
{
	double greater = a > b ? a : b;

	return greater == -INFINITY ? greater : greater + log1p(exp((a > b ? b : a) - greater));
}

double
stirling_rest(double n)
{
	static const double series[] = {1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
									1.0 / 1188, -691.0 / 360360, 1.0 / 156,  -3617.0 / 122400};
	double below = 0;
	double r;
	double sum = 0;

	/* The difference between neighbours is (n + 1/2) ln(1 + 1/n) - 1. */
	for (; n < STIRLING_FROM; n++)
		below += (n + 0.5) * log1p(1 / n) - 1;
	r = 1 / (n * n);
	for (int k = 7; k >= 0; k--)
		sum = sum * r + series[k];
	return sum / n + below;
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
	return k * log(n / k) + m * log1p(k / m) + 0.5 * (log(n / m) - log(k)) - log(SQRT_2PI) +
		   stirling_rest(n) - stirling_rest(k) - stirling_rest(m);
}

/* With r = m / (2 + m), ln(1 + m) = 2 artanh(r), whose first term 2 r is m - r m. */
double
log1p_minus(double m)
{
	double r = m / (2 + m);
	double power = 2 * r * r;
	double sum = 0;

	if (fabs(m) >= LOG1P_SERIES_BELOW)
		return log1p(m) - m;
	for (int k = 3; power > DBL_EPSILON / 8 * fabs(sum) && power > 0; k += 2)
	{
		sum += power / k;
		power *= r * r;
	}
	return r * (sum - m);
}

/* (1 + r) ln(1 + r) - r, r > -1. */
static double
deviance(double r)
{
	return (1 + r) * log1p_minus(r) + r * r;
}

/* Loader, "Fast and accurate computation of binomial probabilities" (2000). */
double
log_binomial_chance(double n, double k, double deviation, double a, double b)
{
	double rest = n - k;
	double expected = n * (a / (a + b));
	double expected_rest = n * (b / (a + b));

	if (n == 0)
		return 0;
	if (k == 0)
		return -n * log1p(a / b);
	if (rest == 0)
		return -n * log1p(b / a);
	return stirling_rest(n) - stirling_rest(k) - stirling_rest(rest) -
		   expected * deviance(deviation / expected) -
		   expected_rest * deviance(-deviation / expected_rest) + 0.5 * log(n / (k * rest)) -
		   LN_SQRT_2PI;
}
