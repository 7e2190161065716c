/*
 * pair.h
 *		Two samples, their densities with one kernel on one grid, and how alike those are.
 *
 * The kernel is the same for both sides, so that it makes no difference by itself: "the principal bias terms cancel"
 * (Bowman and Azzalini, "Applied Smoothing Techniques for Data Analysis", 1997, section 6.2). Its covariance is that
 * within the sides, ((n_1 - 1) C_1 + (n_2 - 1) C_2) / (n_1 + n_2 - 2), and not that of the union, which a distance
 * between the sides would widen, and so hide. It is multiplied by the square of the geometric mean of the factors
 * that the rule has for the sizes of the sides. With equal covariances that is the geometric mean of the sides' own
 * bandwidths, which Bowman and Azzalini use; and unlike that mean it has a value where one side is constant.
 *
 * The grid reaches from GRID_CUT bandwidths below the lowest value of both sides to as far above the highest.
 *
 * For a permutation test the kernel has the covariance of the union, and the same factor: another one, because it must
 * be the same under all labels.
 */
#ifndef SYNTHDQ_CORE_DENSITY_PAIR_H
#define SYNTHDQ_CORE_DENSITY_PAIR_H

#include <stdint.h>

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/bandwidth.h"
#include "core/density/kde.h"
#include "core/density/points.h"
#include "core/density/similarity.h"
#include "core/sample/stream.h"

typedef struct PairOptions
{
	size_t grid_size;     /* nodes per axis, GRID_MIN_SIZE to GRID_MAX_SIZE */
	Bandwidth bandwidth;  /* a number is h in one dimension, the factor in two */
	int64_t permutations; /* 0: no test; at most PERMUTATIONS_MAX */
	uint64_t seed;        /* of the test */
} PairOptions;

/* Everything lives in the job's arena. */
typedef struct DensityPair
{
	KdeOutcome outcome;    /* KDE_NO_BANDWIDTH also where a side is empty */
	double bandwidth_x;    /* NAN for KDE_NO_BANDWIDTH and KDE_INFINITE */
	double bandwidth_y;    /* alike; NAN in one dimension */
	SimilarityGrid grid;   /* for KDE_DONE */
	double *density[2];    /* [n_y][n_x], for KDE_DONE */
	Similarity similarity; /* is_defined only for KDE_DONE */
	double p_value;        /* NAN without a test */
} DensityPair;

/* Compare two samples of numbers. Work: that of kde_evaluate() on both sides, and of permutation_test(); memory:
 * 16 bytes per distinct value more. The same bits for any number of threads. Status: SDQ_INTERRUPTED, memory. */
extern SdqStatus pair_compare(Job *job, const SampleView sides[2], const PairOptions *options,
							  DensityPair *pair);

/* The same of points. Coordinates of the sets are overwritten by others of another unit. */
extern SdqStatus pair_compare_2d(Job *job, PointSet sides[2], const PairOptions *options,
								 DensityPair *pair);

/*
 * Split a sample at random, without replacement, into halves of n / 2, rounded down, and the rest. All splits are
 * equally likely, and depend on the values and the seed alone. Arrays in the job's arena, 16 bytes per distinct value
 * and half.
 */
extern SdqStatus pair_split(Job *job, const SampleView *sample, uint64_t seed,
							SampleView halves[2]);
extern SdqStatus pair_split_2d(Job *job, const PointSet *set, uint64_t seed, PointSet halves[2]);

#endif
