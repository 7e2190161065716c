/*
 * ecdf.h
 *		What one asks of an empirical distribution: F(x), quantiles, mean, standard deviation.
 *
 * All functions but ecdf_equal() need n >= 1; they read only the view, and are linear in n_distinct.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_ECDF_H
#define SYNTHDQ_CORE_SAMPLE_ECDF_H

#include <stdbool.h>

#include "core/sample/tally.h"

/* The same values with the same counts? */
extern bool ecdf_equal(const SampleView *a, const SampleView *b);

/* F(x) = (number of observations <= x) / n, right-continuous; NaN for a NaN. */
extern double ecdf_cdf(const SampleView *view, double x);

/*
 * The smallest observed value v with F(v) >= p, 0 <= p <= 1 (definition 1 of Hyndman and Fan 1996;
 * the minimum for p = 0). F(v) is the double that ecdf_cdf() returns, so that
 * ecdf_quantile(ecdf_cdf(v)) = v for every observed v.
 */
extern double ecdf_quantile(const SampleView *view, double p);

/* Mean and standard deviation. */
typedef struct EcdfMoments
{
	double mean;   /* NaN if both infinities occur, else the infinity that occurs */
	double stddev; /* square root of the variance with divisor n - 1; NaN if n = 1 or if an
					* infinity occurs */
} EcdfMoments;

/*
 * In two passes over values scaled by a power of two, the second one centred at the first mean: no
 * overflow, and full accuracy for a small spread around a large mean (Chan, Golub and LeVeque 1983,
 * "corrected two-pass"). The order of summation is ascending, so equal samples have equal bits.
 */
extern EcdfMoments ecdf_moments(const SampleView *view);

#endif
