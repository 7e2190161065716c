/*
 * auc_interval.h
 *		The chance that a value of x is larger than one of y, its variance, and what follows from them:
 *		confidence intervals, equivalence, and the Brunner-Munzel test.
 *
 * A = P(X > Y) + P(X = Y) / 2 is the auc of the Mann-Whitney test (mw.h), above 1/2 when the values of x
 * tend to be larger.
 */
#ifndef SYNTHDQ_CORE_TESTS_AUC_INTERVAL_H
#define SYNTHDQ_CORE_TESTS_AUC_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/stop.h"
#include "core/sample/tally.h"
#include "core/tests/method.h"
#include "core/tests/tail.h"

/*
 * DeLong's variance of A (DeLong, DeLong and Clarke-Pearson 1988): with psi(x) the share of y below x and
 * phi(y) the share of x above y, ties as one half, var(psi) / n_x + var(phi) / n_y, divisors n - 1.
 * Collected in whole numbers, so a variance that is 0 is exactly so.
 */
typedef struct AucMoments
{
	double auc;
	double cliffs_delta; /* 2 auc - 1 */
	double variance_x;   /* var(psi) / n_x; NaN for one observation */
	double variance_y;
	int64_t n_x;
	int64_t n_y;
} AucMoments;

/* One pass; both samples with at least one observation (else SDQ_BAD_ARGUMENT). Failures:
 * SDQ_INTERRUPTED and those of the samples. */
extern SdqStatus auc_moments(Tally *tally, Stop *stop, AucMoments *moments);

/* Conventional bands of abs(delta) (Romano et al. 2006): below .147, .33, .474, and the rest. */
typedef enum AucMagnitude
{
	AUC_NEGLIGIBLE,
	AUC_SMALL,
	AUC_MEDIUM,
	AUC_LARGE,
} AucMagnitude;

extern AucMagnitude auc_magnitude(double cliffs_delta);

typedef struct AucInterval
{
	double low;
	double high;
	double std_error; /* of A */
} AucInterval;

/*
 * The confidence interval with `tail` as the chance of either side, 0 < tail < 1/2: symmetric in
 * ln(A / (1 - A)), so that it stays within (0, 1). An approximation for large samples. Where the
 * variance is 0 (all values are equal, or A is 0 or 1) or a side has one observation, there are no
 * bounds: NaN.
 */
extern AucInterval auc_interval(const AucMoments *moments, double tail);

/*
 * Bounds for a claim that A lies within a margin. Where nearly all values are the same the variance rests
 * on few values, and is smallest in just those samples that happen to lack some of the few others; an
 * interval that takes it as it is makes such claims several times too often. So this one is a
 * score interval with a correction for continuity, as Wilson's of a proportion (1927): A -+ (h +
 * sqrt(z^2 variance + h^2)), h = (z^2 + 1) / (4 min(n_x, n_y)), clipped to [0, 1]. For a rare value on one
 * side it is that of the number of times that the value was seen, and such a claim is wrong with
 * a chance of at most `tail`. Where the variance is 0 or there is none, the bounds are those of
 * dkw_one_side() for both samples, which always hold.
 */
extern AucInterval auc_margin_interval(const AucMoments *moments, double tail);

#endif
