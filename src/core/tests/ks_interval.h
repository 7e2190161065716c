/*
 * ks_interval.h
 *		How far apart are two distribution functions, with certainty: bounds of Kolmogorov's distance.
 *
 * All bounds come from the inequality of Dvoretzky, Kiefer and Wolfowitz with Massart's constant ("The
 * tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality", 1990). They hold for any two
 * distributions, with ties or without, and any sizes; they are wider than need be, not narrower.
 */
#ifndef SYNTHDQ_CORE_TESTS_KS_INTERVAL_H
#define SYNTHDQ_CORE_TESTS_KS_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/stop.h"
#include "core/sample/tally.h"

/* sup(F_n - F) exceeds this with a chance of at most alpha <= 1/2, n observations: so for F - F_n. */
extern double dkw_one_side(int64_t n, double alpha);

/* D = max abs(F - G) of the two samples, by one pass; both with at least one observation. Failures:
 * SDQ_INTERRUPTED and those of the samples. */
extern SdqStatus ks_distance(Tally *tally, Stop *stop, double *d);

/* Bounds of the true distance, given that of the samples. */
typedef struct KsInterval
{
	double low; /* within [0, 1] */
	double high;
} KsInterval;

/* A confidence interval: with chance 1 - alpha or more it holds the true distance. 0 < alpha < 1. */
extern KsInterval ks_interval(double d, int64_t n_x, int64_t n_y, double alpha);

/*
 * The upper bound of a one-sided claim "the distance is at most m": where it is false, the chance that
 * this bound is at most m is at most alpha, 0 < alpha < 1. The distance is then larger than m at some
 * place and in one direction, so each sample has to err in one direction only: alpha is split in
 * two halves, not in four.
 */
extern double ks_upper_bound(double d, int64_t n_x, int64_t n_y, double alpha);

#endif
