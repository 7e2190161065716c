/*
 * ecdf.h
 *		What one asks of an empirical distribution: F(x), quantiles, mean, standard deviation, equality.
 *
 * All functions read a stream from its start, once unless it says otherwise, need n >= 1 (but for
 * ecdf_equal()) and are linear in the number of distinct values. The statuses are those of the stream
 * and SDQ_INTERRUPTED (the Stop may be NULL).
 */
#ifndef SYNTHDQ_CORE_SAMPLE_ECDF_H
#define SYNTHDQ_CORE_SAMPLE_ECDF_H

#include <stdbool.h>

#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/sample/stream.h"

/* F(x) = (number of observations <= x) / n, right-continuous; NaN for a NaN. */
extern SdqStatus ecdf_cdf(SampleStream *stream, double x, Stop *stop, double *share);

/*
 * The smallest observed value v with F(v) >= p, 0 <= p <= 1 (definition 1 of Hyndman and Fan 1996;
 * the minimum for p = 0). F(v) is the double that ecdf_cdf() returns, so that
 * ecdf_quantile(ecdf_cdf(v)) = v for every observed v.
 */
extern SdqStatus ecdf_quantile(SampleStream *stream, double p, Stop *stop, double *value);

/* Mean and standard deviation. */
typedef struct EcdfMoments
{
	double mean;   /* NaN if both infinities occur, else the infinity that occurs */
	double stddev; /* square root of the variance with divisor n - 1; NaN if n = 1 or if an
					* infinity occurs */
} EcdfMoments;

/*
 * Over values scaled by a power of two, first the mean, then centred at it: no overflow, and full
 * accuracy for a small spread around a large mean (Chan, Golub and LeVeque 1983, "corrected two-pass").
 * The order of summation is ascending, so equal samples have equal bits. The stream is read three times.
 */
extern SdqStatus ecdf_moments(SampleStream *stream, Stop *stop, EcdfMoments *moments);

/* Have both the same values with the same counts? */
extern SdqStatus ecdf_equal(SampleStream *a, SampleStream *b, Stop *stop, bool *equal);

#endif
