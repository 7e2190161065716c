/*
 * weighted.h
 *		Weighted values: what densities of one variable are made of.
 */
#ifndef SYNTHDQ_CORE_DENSITY_WEIGHTED_H
#define SYNTHDQ_CORE_DENSITY_WEIGHTED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/sample/stream.h"

/*
 * Ascending values with their weights. Equal values may follow each other, and weights may be 0. Borrowed.
 *
 * Two kinds of weights: counts, that say how often a value was seen, have effective_n = total; weights of
 * reliability have (sum of weights)^2 / (sum of their squares), as scipy and Kish, "Survey Sampling", 1965. The
 * variance is sum of weight * deviation^2 / total * effective_n / (effective_n - 1), that of
 * numpy.cov(fweights) or numpy.cov(aweights).
 */
typedef struct WeightedSample
{
	size_t n;
	const double *values;  /* [n], no NaN */
	const double *weights; /* [n], finite, at least 0 */
	double total;          /* their sum: finite; above 0 unless n = 0 */
	double effective_n;
	bool is_counted; /* distinct values, with counts of at least 1, SAMPLE_MAX_COUNT in all */
} WeightedSample;

/* A sample of counted values. Needs 8 bytes per distinct value in the arena. On the pool. */
extern SdqStatus weighted_from_view(Job *job, const SampleView *view, WeightedSample *sample);

/*
 * The variance, with the divisor of the kind of weights; exactly 0 if all values are equal. Values are finite, of a size
 * whose squares neither overflow nor vanish; n >= 1, effective_n > 1. Deviations are taken from the mean, and that
 * from one of the values, so that a common offset cancels before anything is squared. On the pool, in fixed chunks.
 */
extern SdqStatus weighted_variance(Job *job, const WeightedSample *sample, double *variance);

/* Values converted or added up between two polls of the stop flag. */
#define WEIGHTED_POLL_INTERVAL ((size_t) 1 << 20)

#endif
