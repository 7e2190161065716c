/*
 * kde.h
 *		Kernel density of one sample: on a grid, or at given places, there also its integral.
 *
 * density(x) = sum of weight * K((x - value) / h) / (h * total), K one of kernel.h. With bounds the sample
 * is reflected at them, so that the density integrates to 1 between them: density(x) is then the sum of the
 * above over all mirror images of x, and 0 outside.
 *
 * Exact sums give, for the Gaussian, the values of scipy.stats.gaussian_kde to 1e-12 relative where the
 * density is not negligible; far out every term keeps its relative accuracy down to 1e-304 of a kernel's
 * peak, and counts as 0 below. Work: one term of about 1 ns for each value within reach of each place.
 * Above KDE_EXACT_TERMS of them a sample of Gaussian kernels is binned first, see binned.h: the error is then
 * below 1e-4 of the peak. Other kernels reach h and have kinks or steps, which bins would blur: always exact.
 * Bins of CROWD_MIN counted values and more, and what decides for them, are the same for values in any order, which
 * then need not be sorted (crowd.h).
 *
 * Any finite data: units from the smallest to the largest double, any common offset. The same bits for any
 * number of threads. Memory: 16 bytes per value (8 more for data outside 1e-120 .. 1e120), 24 per place and
 * mirror image.
 */
#ifndef SYNTHDQ_CORE_DENSITY_KDE_H
#define SYNTHDQ_CORE_DENSITY_KDE_H

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/bandwidth.h"
#include "core/density/crowd.h"
#include "core/density/grid.h"
#include "core/density/kernel.h"
#include "core/density/weighted.h"
#include "core/sample/tally.h"

/* Terms of exact sums beyond which a sample is binned: about 0.05 s on two threads. */
#define KDE_EXACT_TERMS 1e8

/* A compact kernel may be so many times as wide as the domain between two bounds; each time costs a mirror
 * image. The Gaussian has no limit. */
#define KDE_MAX_FOLDS 64

typedef enum KdeMethod
{
	KDE_AUTO,
	KDE_EXACT,
	KDE_BINNED, /* Gaussian kernel only */
} KdeMethod;

/* The ends of the domain, where the sample is reflected. */
typedef struct KdeBounds
{
	bool has_lower;
	bool has_upper;
	double lower; /* finite; lower < upper where both are there */
	double upper;
} KdeBounds;

/* Zeroed members are defaults, but for grid_size, range and, for a number, bandwidth. */
typedef struct KdeOptions
{
	size_t grid_size;    /* GRID_MIN_SIZE to GRID_MAX_SIZE */
	Bandwidth bandwidth; /* a number is h itself */
	GridRange range;     /* ends that are given are finite, lo < hi; NAN where open */
	Kernel kernel;
	double adjust; /* what h is multiplied with, finite, above 0; 0 stands for 1 */
	bool has_cut;
	double
		cut; /* bandwidths by which the grid exceeds the data, at least 0; GRID_CUT without has_cut */
	bool has_clip;
	GridRange clip; /* shortens a grid; as range */
	KdeBounds bounds;
	KdeMethod method;
} KdeOptions;

typedef enum KdeOutcome
{
	KDE_DONE,
	KDE_NO_BANDWIDTH, /* fewer than two observations or all equal: a rule has no bandwidth for them */
	KDE_NO_GRID, /* the ends of the grid meet or cross, see grid_axis(); only the bandwidth is set */
	KDE_INFINITE,      /* the data hold an infinite value */
	KDE_OUT_OF_BOUNDS, /* the data hold a value beyond a bound: .offender */
	KDE_TOO_WIDE,      /* compact kernels beyond KDE_MAX_FOLDS; only the bandwidth is set */
} KdeOutcome;

/* x and density are set for KDE_DONE only; they live in the job's arena. */
typedef struct Kde
{
	KdeOutcome outcome;
	double bandwidth; /* h, in units of x; unset for KDE_NO_BANDWIDTH and KDE_INFINITE */
	size_t grid_size;
	double *x;       /* [grid_size], ascending */
	double *density; /* [grid_size], per unit of x, at least 0 (infinity beyond doubles) */
	double
		mass; /* the integral of the density between the grid's ends, from that of the kernel: exact
						 * to about 1e-14 (binned: as the density), however coarse the grid */
	BandwidthRule rule; /* the one in use: BANDWIDTH_SILVERMAN where ISJ has no solution */
	KdeMethod method;   /* KDE_EXACT or KDE_BINNED */
	double offender;
} Kde;

/* The density on a grid. Status: SDQ_INTERRUPTED, memory. An empty sample is KDE_NO_BANDWIDTH. */
extern SdqStatus kde_evaluate(Job *job, const SampleView *sample, const KdeOptions *options,
							  Kde *result);

/* The same of weighted values. */
extern SdqStatus kde_evaluate_weighted(Job *job, const WeightedSample *sample,
									   const KdeOptions *options, Kde *result);

/* May kde_evaluate_crowd() be asked for so many observations? */
extern bool kde_takes_crowds(const KdeOptions *options, double total);

/* The same of many values in no order, where bins do: the very bits that they have in order. *is_done = false, and no
 * result: sort them. Needs 8 bytes a bin and thread. */
extern SdqStatus kde_evaluate_crowd(Job *job, const Crowd *crowd, const KdeOptions *options,
									Kde *result, bool *is_done);

/* Bandwidth and rule alone, and whether there can be a density: KDE_DONE, KDE_NO_BANDWIDTH, KDE_INFINITE,
 * KDE_OUT_OF_BOUNDS or KDE_TOO_WIDE. */
extern SdqStatus kde_bandwidth(Job *job, const WeightedSample *sample, const KdeOptions *options,
							   Kde *result);

/* What is asked for at given places. */
typedef enum KdeQuantity
{
	KDE_PDF,
	KDE_CDF, /* the integral from minus infinity or the lower bound; its left tail keeps its relative accuracy */
} KdeQuantity;

/* values[n] = pdf or cdf at at[n], in any order, infinite ones included, no NaN. A pdf beyond the largest double
 * is infinite. result->outcome is as kde_bandwidth() has it; values are set for KDE_DONE. The grid's options are not
 * used. */
extern SdqStatus kde_at(Job *job, const WeightedSample *sample, const KdeOptions *options,
						KdeQuantity quantity, const double *at, size_t n, double *values,
						Kde *result);

#endif
