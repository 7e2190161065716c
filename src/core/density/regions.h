/*
 * regions.h
 *		Highest-density regions: the smallest sets that hold a given share of the mass.
 *
 * The region of a share s is {f >= level(s)}; regions are nested, and the smaller the share, the
 * higher the level. In the plane the mass is counted over nodes here, as seaborn counts it, and integrated in
 * enclosed.h; on a line, where a node holds much more of it, it is integrated. A level of 0 stands for
 * "wherever f is above 0".
 */
#ifndef SYNTHDQ_CORE_DENSITY_REGIONS_H
#define SYNTHDQ_CORE_DENSITY_REGIONS_H

#include <float.h>
#include <math.h>
#include <stddef.h>

#include "core/base/job.h"
#include "core/base/status.h"

/* The least density that counts as inside the region of a level. */
static inline double
region_floor(double level)
{
	return fmax(level, DBL_TRUE_MIN);
}

/* The densities of a grid in descending order, with the share of all mass up to each of them. */
typedef struct DensityRanking
{
	size_t n;
	double *values; /* [n] descending */
	double *shares; /* [n] ascending: sum of values[0..i] / sum of all; the last is about 1 */
} DensityRanking;

/*
 * Rank density[n], 1 <= n < 2^32, borrowed: finite, at least 0, and not all 0. Each node counts
 * alike (a plain sum over equal cells). Sums are those of numpy, bit for bit: cumsum() adds one after
 * the other, sum() in pairs of blocks; so level and share are those of seaborn's _quantile_to_level.
 * O(n), by a radix sort over the pool; memory in the job's arena: 16 bytes a node, which stay.
 */
extern SdqStatus density_rank(Job *job, const double *density, size_t n, DensityRanking *ranking);

/* The first of the descending densities at which `share`, in [0, 1], of the mass is reached; the
 * lowest one if rounding lets none reach it. Share 0 gives the peak. O(log n). */
extern double ranking_level(const DensityRanking *ranking, double share);

/* A piece of a region on a line. */
typedef struct LineInterval
{
	double lo;
	double hi; /* above lo */
} LineInterval;

/*
 * The highest level above which the density on a line, density[n] at the equally spaced nodes[n] and
 * linear between them, has at least `share`, in [0, 1], of its integral; n >= 2, values as above. The
 * region has that share to about 1e-12, more only if the density is constant at the level somewhere.
 * O(64 n).
 */
extern double line_level(const double *density, size_t n, double share);

/* The region of a level: intervals[(n + 1) / 2] has room for all of them, ascending; returns how many
 * there are. Where the density only touches the level there is none; parts that meet are one. */
extern size_t line_region(const double *nodes, const double *density, size_t n, double level,
						  LineInterval *intervals);

#endif
