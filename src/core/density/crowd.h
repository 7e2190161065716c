/*
 * crowd.h
 *		Many counted values in no order: their extent, variance, variety, and linear bins.
 *
 * What is needed of a large sample to estimate its density from bins. All sums are of whole numbers, so that they are
 * the same for values in any order, counted one by one or together, and for any number of threads: a sample need not
 * be sorted first.
 */
#ifndef SYNTHDQ_CORE_DENSITY_CROWD_H
#define SYNTHDQ_CORE_DENSITY_CROWD_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/weighted.h"
#include "core/sample/sample.h"

/* Fewer observations are not worth it: they are sorted in some milliseconds. */
#define CROWD_MIN ((double) (1 << 18))

/* Bins for which each thread has a slice of memory, 1 MB at most. */
#define CROWD_MOST_BINS ((double) (1 << 17))

/* One of keys and values is NULL, or has n = 0. Borrowed. The same value may come in both, and as several keys. */
typedef struct Crowd
{
	const uint64_t *keys; /* [n_keys], as in core/sample/run.h */
	size_t n_keys;
	const double *values;  /* [n_values], no NaN, no -0 */
	const double *weights; /* [n_values]: counts, whole numbers above 0 */
	size_t n_values;
	double total; /* observations, at most SAMPLE_MAX_COUNT */
} Crowd;

/* The crowd of counted values. */
extern Crowd crowd_of_sample(const WeightedSample *sample);

/* The crowd of a sample that sample_is_unordered(). What is counted is copied to the job's arena. */
extern SdqStatus crowd_of_unordered(Job *job, const Sample *sample, Crowd *crowd);

/* The smallest and the largest value, of at least one. */
extern SdqStatus crowd_extent(Job *job, const Crowd *crowd, double *min, double *max);

/*
 * The variance with divisor total - 1 of finite values from min to max, total > 1, of a size whose squares neither
 * overflow nor vanish (scale.h). Each value's deviation is squared as a double, which is then counted in units of
 * 2^-80 of the largest possible, without further loss: to about 1e-15.
 */
extern SdqStatus crowd_variance(Job *job, const Crowd *crowd, double min, double max,
								double *variance);

/*
 * Values drawn by their bits alone, so that each distinct one is drawn, or not, however often it comes: about one of
 * *one_of, a few thousand of distinct values. In the job's arena, ascending, without weights. *n = 0 and *one_of = 0 if
 * those drawn come too often to be looked at.
 */
extern SdqStatus crowd_draw(Job *job, const Crowd *crowd, const double **drawn, size_t *n,
							double *one_of);

/*
 * The crowd, whose values are finite and from min to max, as bins (binned.h) of a width, at most CROWD_MOST_BINS of
 * them. A share of a node is a multiple of 2^-32, which is an error of as much of a bin's width in a value's place. In
 * the job's arena.
 */
extern SdqStatus crowd_bin(Job *job, const Crowd *crowd, double min, double max, double step,
						   WeightedSample *binned);

#endif
