/*
 * gamma_tail.c
 *		Incomplete gamma and beta functions in logarithm.
 *
 * Both are a prefactor, which may underflow and is kept in logarithm, times a sum or a continued
 * fraction of moderate size (Abramowitz and Stegun 6.5.29, 6.5.31; for beta see below; fractions by
 * Lentz's method, Thompson and Barnett, J. Comput. Phys. 64, 1986). On the side of the distribution
 * where the tail is large, the other tail is summed instead and 1 minus it is no loss.
 *
 * The prefactors are where digits go: a ln(x) - x - ln(Gamma(a)) is a small difference of large
 * numbers where a is large. There the large parts are cancelled by hand, which leaves ln(1 + m) - m,
 * m = x/a - 1, and the small rest of Stirling's formula.
 */
#include "core/tests/gamma_tail.h"

#include <float.h>
#include <math.h>

#include "core/base/constants.h"

/* From here on Stirling's formula is exact to the last digit (see stirling_rest()). */
#define STIRLING_FROM 64.0

/* Both sums and fractions need about 9 sqrt(a) terms at most, where x is near a. This bounds what other
 * arguments than the permitted ones can cost. */
#define TERMS_MAX 10000000

/* Lentz's method: what stands in for a denominator that is 0. */
#define LENTZ_TINY 1e-290

/* What stands for a larger F: its products with the permitted degrees of freedom are finite. */
#define F_LARGEST 1e290

/* ln(x^a e^-x / Gamma(a)), x > 0. */
static double
log_gamma_prefactor(double a, double x)
{
	if (a < STIRLING_FROM)
		return a * log(x) - x - log(tgamma(a));
	return a * log1p_minus((x - a) / a) + 0.5 * log(a) - LN_SQRT_2PI - stirling_rest(a);
}

/* P(a, x) / prefactor, for x <= a + 1: a series of positive terms. */
static double
gamma_series(double a, double x)
{
	double term = 1 / a;
	double sum = term;

	for (int n = 1; n < TERMS_MAX && term > DBL_EPSILON / 8 * sum; n++)
	{
		term *= x / (a + n);
		sum += term;
	}
	return sum;
}

/* One step of Lentz's method for b0 + a1/(b1 + a2/(b2 + ...)): the factor that brings the value of the
 * fraction cut before this step to that of the fraction cut after it. */
typedef struct Lentz
{
	double c;
	double d;
} Lentz;

static double
lentz_step(Lentz *state, double a, double b)
{
	state->d = b + a * state->d;
	state->c = b + a / state->c;
	if (state->d == 0)
		state->d = LENTZ_TINY;
	if (state->c == 0)
		state->c = LENTZ_TINY;
	state->d = 1 / state->d;
	return state->c * state->d;
}

/* Q(a, x) / prefactor, for x >= a + 1: 1/(x + 1 - a - 1 (1 - a)/(x + 3 - a - 2 (2 - a)/(x + 5 - a - ...))). */
static double
gamma_fraction(double a, double x)
{
	double b = x + 1 - a;
	Lentz state = {.c = b, .d = 0};
	double value = b;
	double factor = 2;

	for (int n = 1; n < TERMS_MAX && fabs(factor - 1) > DBL_EPSILON / 2; n++)
	{
		b += 2;
		factor = lentz_step(&state, n * (a - n), b);
		value *= factor;
	}
	return 1 / value;
}

PValue
chi_squared_tail(double df, double x)
{
	double a = 0.5 * df;

	x *= 0.5;
	if (isnan(df) || isnan(x))
		return (PValue){.p = NAN, .log10_p = NAN};
	if (x <= 0)
		return pvalue_from(1);
	if (x < a + 1)
		return pvalue_from_log(log1p(-exp(log_gamma_prefactor(a, x)) * gamma_series(a, x)));
	return pvalue_from_log(log_gamma_prefactor(a, x) + log(gamma_fraction(a, x)));
}

/* ln(1 / B(a, 1/2)) = ln(Gamma(a + 1/2) / (Gamma(a) Gamma(1/2))). */
static double
log_inverse_beta(double a)
{
	if (a < STIRLING_FROM)
		return log(tgamma(a + 0.5) / tgamma(a)) - LN_SQRT_PI;
	return a * log1p_minus(0.5 / a) + 0.5 * log(a) + stirling_rest(a + 0.5) - stirling_rest(a) -
		   LN_SQRT_PI;
}

/*
 * I_x(a, b) / (x^a y^b / B(a, b)), y = 1 - x, for x at most about a / (a + b): the even part of the usual
 * fraction (DiDonato and Morris, ACM Trans. Math. Softw. 18, 1992, section 4). Both x and y
 * are the caller's, since where one is small, as for many degrees of freedom, 1 minus the other would
 * have few digits.
 */
static double
beta_fraction(double a, double b, double x, double y)
{
	double lambda_1 = x < 0.5 ? 1 + a - (a + b) * x : 1 + (a + b) * y - b;
	double value = a / (a + 1) * lambda_1;
	Lentz state = {.c = value, .d = 0};
	double factor = 2;

	for (int n = 1; n < TERMS_MAX && fabs(factor - 1) > DBL_EPSILON / 2; n++)
	{
		double before = a + 2.0 * n - 1;
		double nb = n * (b - n);
		double numerator = (a + n - 1) / before * ((a + b + n - 1) / before) * nb * x * x;
		double denominator =
			n + nb * x / before + (a + n) / (a + 2.0 * n + 1) * (lambda_1 + n * (1 + y));

		factor = lentz_step(&state, numerator, denominator);
		value *= factor;
	}
	return 1 / value;
}

/* ln P(abs(T) >= t), t > 0. */
static double
log_student_both(double df, double t)
{
	double a = 0.5 * df;
	double s = fmin(t, sqrt(DBL_MAX)) / sqrt(df); /* I is taken at 1 / (1 + s^2) */
	double s2 = s * s;
	double x = 1 / (1 + s2);
	double y = s < 1 ? s2 / (1 + s2) : 1 / (1 + 1 / s2);
	double log_1_s2 = s < 1 ? log1p(s2) : 2 * log(s) + log1p(1 / s2);
	double log_prefactor = log_inverse_beta(a) - a * log_1_s2 + log(s) - 0.5 * log_1_s2;

	/* y >= 3/2 / (a + 5/2): from a little beyond the mean of the beta law on. */
	if (s2 * (a + 1) >= 1.5)
		return log_prefactor + log(beta_fraction(a, 0.5, x, y));
	return log1p(-exp(log_prefactor) * beta_fraction(0.5, a, y, x));
}

PValue
student_both_tails(double df, double t)
{
	if (isnan(df) || isnan(t))
		return (PValue){.p = NAN, .log10_p = NAN};
	return t == 0 ? pvalue_from(1) : pvalue_from_log(log_student_both(df, t));
}

PValue
student_upper_tail(double df, double t)
{
	double log_half;

	if (isnan(df) || isnan(t))
		return (PValue){.p = NAN, .log10_p = NAN};
	if (t == 0)
		return pvalue_from(0.5);
	log_half = log_student_both(df, fabs(t)) - LN_2;
	return t > 0 ? pvalue_from_log(log_half) : pvalue_from_log(log1p(-exp(log_half)));
}

/*
 * ln(x^a y^b / B(a, b)) of x = a / (a + b f), y = 1 - x. x^a y^b is largest at f = 1, where x = a / (a + b).
 * Relative to these values x is 1 + m, y is 1 + k; a m + b k = 0, so that near there two ln(1 + m) - m say what
 * is left. Where m or k is near -1, logarithms of what is small do.
 */
static double
log_f_prefactor(double a, double b, double f)
{
	double sum = a + b;
	double divisor = a + b * f;
	double m = -b * ((f - 1) / divisor);
	double k = a * ((f - 1) / divisor);
	double top = 0.5 * (log(a / sum) + log(b)) - LN_SQRT_2PI + stirling_rest(sum) -
				 stirling_rest(a) - stirling_rest(b);

	if (m > -0.5 && k > -0.5)
		return top + a * log1p_minus(m) + b * log1p_minus(k);
	if (m <= -0.5)
		return top + a * log(sum / divisor) + b * log1p(k);
	return top + a * log1p(m) + b * log(f * (sum / divisor));
}

PValue
f_upper_tail(double df_1, double df_2, double f)
{
	double a = 0.5 * df_2;
	double b = 0.5 * df_1;
	double x, y, log_prefactor;

	if (isnan(df_1) || isnan(df_2) || isnan(f))
		return (PValue){.p = NAN, .log10_p = NAN};
	if (f <= 0)
		return pvalue_from(1);
	f = fmin(f, F_LARGEST);
	x = 1 / (1 + b / a * f);
	y = 1 / (1 + a / b / f);
	log_prefactor = log_f_prefactor(a, b, f);
	/* The fraction of the tail on whose side f lies; the sides meet at the law's mean. */
	if (x <= a / (a + b))
		return pvalue_from_log(log_prefactor + log(beta_fraction(a, b, x, y)));
	return pvalue_from_log(log1p(-exp(log_prefactor) * beta_fraction(b, a, y, x)));
}
