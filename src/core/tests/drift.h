/*
 * drift.h
 *		Measures of drift between two samples over bins: population stability index,
 *		Jensen-Shannon, Hellinger, total variation.
 *
 * Edges e_1 < ... < e_(B-1) cut the line into B bins: up to and including e_1, above e_1 up to and
 * including e_2, ..., above e_(B-1). The first and the last one are open and take the infinities.
 */
#ifndef SYNTHDQ_CORE_TESTS_DRIFT_H
#define SYNTHDQ_CORE_TESTS_DRIFT_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/sample/tally.h"

/* Most bins; beyond some thousands the counts say nothing. */
#define DRIFT_MAX_BINS 10000

/* Most that is added to each count. */
#define DRIFT_MAX_SMOOTHING 1e9

typedef struct DriftBins
{
	const double *edges; /* [n_bins - 1], strictly ascending, no NaN */
	size_t n_bins;       /* 1 to DRIFT_MAX_BINS */
} DriftBins;

/*
 * Bins for a reference sample x, at most about n_bins of them, 2 <= n_bins <= DRIFT_MAX_BINS:
 * - where both samples together have no more than n_bins distinct values, one for each of them;
 * - else the edges are the quantiles j / n_bins of x, j = 1 .. n_bins - 1, each the smallest value v with
 *	 F(v) >= j / n_bins, equal ones merged. If the smallest (largest) value of x is among them, whatever
 *	 lies below (above) it gets a bin of its own if there is anything: else a constant x would have
 *	 one bin, and drift from nothing. The edge below is the double before x's smallest value.
 *
 * The edges are allocated from the arena and stay there. Both samples must have at least one
 * observation (else SDQ_BAD_ARGUMENT). The tally is read once. Failures: SDQ_INTERRUPTED, those of
 * the arena and of the tally.
 */
extern SdqStatus drift_quantile_bins(Tally *tally, size_t n_bins, Arena *arena, Stop *stop,
									 DriftBins *bins);

/*
 * With p and q the shares of x and y in a bin and m = (p + q) / 2. All are 0 exactly if all p = q, and
 * have a relative error below 1e-12, also close to 0.
 *
 * Under the null hypothesis psi is approximately (1/n_x + 1/n_y) times a chi-squared variable with one
 * degree of freedom less than there are bins that are not empty on both sides; js_divergence ln 2 and
 * hellinger^2 are an eighth of it.
 */
typedef struct DriftResult
{
	double psi; /* sum (p' - q') ln(p' / q'), p' and q' smoothed; INFINITY if a bin is empty on
							 * one side only and the smoothing is 0 */
	double js_divergence;   /* sum (p ld(p/m) + q ld(q/m)) / 2, in bits: 0 to 1 */
	double js_distance;     /* its square root */
	double hellinger;       /* sqrt(sum (sqrt p - sqrt q)^2 / 2): 0 to 1 */
	double total_variation; /* sum abs(p - q) / 2: 0 to 1 */
	double psi_null_mean;   /* mean of psi if nothing has drifted */
	double psi_null_95;     /* 95 of 100 such psi lie below */
	int64_t n_x;
	int64_t n_y;
} DriftResult;

/*
 * Measure drift over the given bins. p' = (count + smoothing) / (n_x + smoothing * B), q' likewise,
 * 0 <= smoothing <= DRIFT_MAX_SMOOTHING. The tally is read once; scratch (16 bytes a bin) is given back.
 * Failures as above.
 */
extern SdqStatus drift_measure(Tally *tally, const DriftBins *bins, double smoothing,
							   Arena *scratch, Stop *stop, DriftResult *result);

#endif
