/*
 * bins.h
 *		Many values as shares of the nodes of a stated grid: a state of fixed size that merges exactly.
 *
 * [lo, hi] is cut into equal bins, and a value gives its two neighbouring nodes shares in proportion to nearness
 * (linear binning: Jones and Lotwick, "A Remark on Algorithm AS 176", Applied Statistics 33, 1984). That keeps the sum
 * of weights and the mean. What it adds to the variance, f (1 - f) for a value at fraction f of a bin, is summed
 * apart, so that the variance is that of the values.
 *
 * Nothing depends on the order of values and of merging: places are fixed-point numbers of 32 binary digits
 * within a bin, shares of values without a weight are whole numbers of these units, and weighted shares are exact
 * sums (core/base/exact_sums.h). A place is off by at most 2^-33 of a bin and by the rounding of (value - lo).
 *
 * Values beyond the ends, infinite ones included, are counted but not placed. NaN is skipped.
 */
#ifndef SYNTHDQ_CORE_DENSITY_BINS_H
#define SYNTHDQ_CORE_DENSITY_BINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/exact_sums.h"
#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/weighted.h"

#define BINS_MAX 65536

typedef enum BinsFault
{
	BINS_OTHER_GRID = 1, /* bins on another grid cannot be merged */
	BINS_WEIGHT,         /* a weight, a, is negative or infinite */
	BINS_OVERFLOW,       /* a sum of weights, or of their squares, exceeds a double */
	BINS_BYTES,          /* bytes that no encoder has written */
} BinsFault;

/* Memory may be aligned for nothing wider than a double. */
__extension__ typedef unsigned __int128 BinShare __attribute__((aligned(8)));

/* Sums beside those of nodes, over weighted values. */
enum
{
	BINS_WEIGHT_INSIDE,
	BINS_WEIGHT_BELOW,
	BINS_WEIGHT_ABOVE,
	BINS_SQUARES, /* of weights inside */
	BINS_SPREAD,  /* weight * f * (1 - f) inside */
	BINS_N_SUMS,
};

typedef struct Bins
{
	double lo;
	double hi;
	size_t n_bins; /* 0: no grid so far */
	double scale;  /* units of place to one of values */
	int64_t n;     /* values inside, and of them those without weight */
	int64_t n_unweighted;
	int64_t n_below; /* beyond the ends, and of them those without weight */
	int64_t n_above;
	int64_t n_unweighted_below;
	int64_t n_unweighted_above;
	double min; /* of the values inside; NaN if there are none */
	double max;
	BinShare *shares; /* [n_bins + 2], of values without weight, in 2^-32; NULL: there are none */
	BinShare spread;  /* sum of f (1 - f) of them, in 2^-64 */
	ExactSums nodes;  /* n_bins + 1: of values with weight */
	ExactSums sums;   /* BINS_N_SUMS */
} Bins;

/* Can there be so many bins in [lo, hi]? The ends are finite, lo < hi, and neither the difference nor a bin leaves
 * the range of normal doubles. */
extern bool bins_is_grid(double lo, double hi, int64_t n_bins);

/* No grid and no values. */
extern void bins_init(Bins *bins);

/* Set the grid of bins without one. */
extern void bins_set_grid(Bins *bins, double lo, double hi, size_t n_bins);

extern void bins_free(Bins *bins, SampleMemory *memory);

/* Add values[n], about 2 ns each. Failures are those of memory (nothing is added), and SDQ_INTERRUPTED. */
extern SdqStatus bins_add(Bins *bins, SampleMemory *memory, Stop *stop, const double *values,
						  size_t n);

/* Add one value with a weight, which must be finite and not negative; weight 0 adds nothing. */
extern SdqStatus bins_add_weighted(Bins *bins, SampleMemory *memory, double value, double weight);

/* Add all of other bins on the same grid. */
extern SdqStatus bins_merge(Bins *bins, SampleMemory *memory, const Bins *other);

/* What the bins know of their values. */
typedef struct BinsSummary
{
	/* Of the nodes, in the job's arena. Its weights are those of the values, times a power of 2 if they are tiny. */
	WeightedSample sample;
	double weight_inside; /* as given */
	double weight_below;
	double weight_above;
	/* Standard deviation of the values inside, by n - 1 or its like for weights; NaN below two observations, which
	 * is also what values count as whose weights are so small, below 1e-155, that their squares are none. */
	double deviation;
} BinsSummary;

/* Make the nodes a sample. Memory: 16 bytes per node. Fails with BINS_OVERFLOW. */
extern SdqStatus bins_summarize(Job *job, const Bins *bins, BinsSummary *summary);

/* As bytes: settle the sums and find the size, write, read. Equal values on equal grids have equal bytes. */
extern SdqStatus bins_measure(Bins *bins, SampleMemory *memory, size_t *size);
extern void bins_encode(const Bins *bins, uint8_t *bytes);
extern SdqStatus bins_decode(Bins *bins, SampleMemory *memory, const uint8_t *bytes, size_t size);

#endif
