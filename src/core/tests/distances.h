/*
 * distances.h
 *		Distances of two samples in the unit of their values: Wasserstein-1 and energy distance.
 *
 * F and G are the right-continuous empirical distribution functions of x and y, N = n_x + n_y.
 *
 * Infinite values count: where F = G on the whole stretch up to an infinity it adds nothing, else
 * the distance is infinite. Differences of values may exceed the largest double on the way; a result
 * that does so is Infinity, and so is what is divided from it. Relative error of all results below 1e-14.
 *
 * Both samples must have at least one observation (else SDQ_BAD_ARGUMENT). Failures:
 * SDQ_INTERRUPTED, and those of the tally. O(distinct values), no memory.
 */
#ifndef SYNTHDQ_CORE_TESTS_DISTANCES_H
#define SYNTHDQ_CORE_TESTS_DISTANCES_H

#include "core/base/stop.h"
#include "core/sample/tally.h"

/*
 * The two scaled distances divide by a standard deviation with divisor n - 1. They are NaN where there is
 * none: a single observation, all values equal, or an infinite value.
 */
typedef struct WassersteinResult
{
	double distance;                /* integral of abs(F - G) */
	double distance_over_sd_x;      /* by the standard deviation of x */
	double distance_over_sd_pooled; /* by that of all N values together */
	double x_above;                 /* the part where F < G: x lies higher */
	double y_above;                 /* the part where F > G: y lies higher */
	int64_t n_x;
	int64_t n_y;
} WassersteinResult;

/* The tally is read twice. */
extern SdqStatus wasserstein_distance(Tally *tally, Stop *stop, WassersteinResult *result);

/* Szekely and Rizzo, "Energy statistics" (2013): 2 E|X-Y| - E|X-X'| - E|Y-Y'| of the two samples. */
typedef struct EnergyResult
{
	double energy;   /* 2 * integral of (F - G)^2 */
	double distance; /* its square root: what scipy calls energy_distance */
	int64_t n_x;
	int64_t n_y;
} EnergyResult;

/* The tally is read once. */
extern SdqStatus energy_distance(Tally *tally, Stop *stop, EnergyResult *result);

#endif
