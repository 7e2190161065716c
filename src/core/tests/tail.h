/*
 * tail.h
 *		Tail probabilities that do not underflow.
 *
 * Every tail is computed as a tail, never as 1 minus the rest, and kept in logarithm.
 */
#ifndef SYNTHDQ_CORE_TESTS_TAIL_H
#define SYNTHDQ_CORE_TESTS_TAIL_H

/* A probability in (0, 1]. Below 1e-300 only log10_p is meaningful: p is then 0 or denormal. */
typedef struct PValue
{
	double p;
	double log10_p; /* never -infinity */
} PValue;

/* The probability whose natural logarithm is log_p; what rounding put above 0 counts as 0. */
extern PValue pvalue_from_log(double log_p);

/* The probability p, which must not be in danger of underflow; clipped to 1 from above. */
extern PValue pvalue_from(double p);

/* min(1, 2 p). */
extern PValue pvalue_doubled(PValue p);

/* ln erfc(x) for any x: erfc itself below 5, Laplace's continued fraction from there (relative
 * error below 1e-15; Abramowitz and Stegun 7.1.14). */
extern double log_erfc(double x);

/* P(Z >= z) of a standard normal Z. */
extern PValue normal_upper_tail(double z);

/* P(abs(Z) >= z), z >= 0. */
extern PValue normal_both_tails(double z);

/* Kolmogorov's limit law P(sup abs(B) >= l) of the Brownian bridge, l >= 0 (Kolmogorov 1933, in
 * Smirnov's form for large and in the theta function's other form for small l). */
extern PValue kolmogorov_tail(double l);

/* P(sup B >= l) = exp(-2 l^2). */
extern PValue smirnov_tail(double l);

/* ln(e^a + e^b); either may be -INFINITY. */
extern double log_add(double a, double b);

/* ln of the binomial coefficient C(n, k), 0 <= k <= n <= 2^33; relative error of the coefficient
 * about 1e-13 where it is below 1e300, of the logarithm about 1e-15 elsewhere. O(1). */
extern double log_binomial(double n, double k);

/* ln(Gamma(n + 1)) - (n + 1/2) ln(n) + n - ln(2 pi)/2, what Stirling's formula leaves out, n >= 1;
 * absolute error below 1e-15. */
extern double stirling_rest(double n);

/* ln(1 + m) - m without cancellation, m > -1. */
extern double log1p_minus(double m);

/* ln of the chance of k successes in n trials, k and n integers in [0, 2^33], each a success
 * with chance a / (a + b); deviation = k - n a / (a + b), which the caller knows better than a
 * subtraction would. Absolute error about 1e-15, plus 1e-15 of the logarithm. O(1). */
extern double log_binomial_chance(double n, double k, double deviation, double a, double b);

#endif
