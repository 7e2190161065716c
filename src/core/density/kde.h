/*
 * kde.h
 *		Gaussian kernel density of one sample, by exact sums.
 */
#ifndef SYNTHDQ_CORE_DENSITY_KDE_H
#define SYNTHDQ_CORE_DENSITY_KDE_H

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/bandwidth.h"
#include "core/density/grid.h"
#include "core/sample/tally.h"

typedef struct KdeOptions
{
	size_t grid_size;    /* GRID_MIN_SIZE to GRID_MAX_SIZE */
	Bandwidth bandwidth; /* a number is h itself */
	GridRange range;     /* ends that are given are finite, lo < hi */
} KdeOptions;

typedef enum KdeOutcome
{
	KDE_DONE,
	KDE_NO_BANDWIDTH, /* fewer than two observations or all equal: a rule has no bandwidth for them */
	KDE_NO_GRID, /* the ends of the grid meet or cross, see grid_axis(); only the bandwidth is set */
	KDE_INFINITE, /* the data hold an infinite value */
} KdeOutcome;

/* x and density are set for KDE_DONE only; they live in the job's arena. */
typedef struct Kde
{
	KdeOutcome outcome;
	double bandwidth; /* h, in units of x; unset for KDE_NO_BANDWIDTH and KDE_INFINITE */
	size_t grid_size;
	double *x;       /* [grid_size], ascending */
	double *density; /* [grid_size], per unit of x */
	double mass;     /* integral over the grid, by the trapezoidal rule */
} Kde;

/*
 * density(x) = sum over the sample of count * phi((x - value) / h) / (n h), phi the standard normal
 * density, n the sum of counts. h = factor * standard deviation (n - 1), by the rule, or the given
 * number. The values are those of scipy.stats.gaussian_kde on the expanded rows, to 1e-12 relative
 * where the density is not negligible; below 1e-304 of a kernel's peak terms count as 0.
 *
 * Any finite data: units from the smallest to the largest double, any common offset. The same bits
 * for any number of threads. Work: n_distinct * grid_size terms of about 1 ns; memory: 8 bytes per
 * distinct value and 24 per node (16 per value for data outside 1e-120 .. 1e120).
 * Status: SDQ_INTERRUPTED, memory. An empty sample is KDE_NO_BANDWIDTH.
 */
extern SdqStatus kde_evaluate(Job *job, const SampleView *sample, const KdeOptions *options,
							  Kde *result);

#endif
