/*
 * regions.c
 *		Levels and shares of highest-density regions.
 *
 * Hyndman, "Computing and graphing highest density regions", The American Statistician 50 (1996);
 * levels in the plane as in seaborn, whose contours enclose shares of the mass.
 */
#include "core/density/regions.h"

#include <math.h>

#include "core/base/compensated.h"
#include "core/base/double_bits.h"
#include "core/base/search.h"
#include "core/base/sizes.h"
#include "core/density/scale.h"
#include "core/sample/sort.h"

/* Nodes between two polls of the stop flag: a few milliseconds. */
#define POLL_NODES ((size_t) 1 << 20)

/* numpy's pairwise summation: blocks of up to so many, in eight running sums. */
#define PAIRWISE_BLOCK 128
#define PAIRWISE_LANES 8

/* The sum of values[n] * scale as numpy adds it up. */
static double
pairwise_sum(const double *values, size_t n, double scale)
{
	double lanes[PAIRWISE_LANES];
	double total = 0;
	size_t i = 0;

	if (n > PAIRWISE_BLOCK)
	{
		size_t half = n / 2 - n / 2 % PAIRWISE_LANES;

		return pairwise_sum(values, half, scale) + pairwise_sum(values + half, n - half, scale);
	}
	if (n >= PAIRWISE_LANES)
	{
		for (; i < PAIRWISE_LANES; i++)
			lanes[i] = values[i] * scale;
		for (; i < n - n % PAIRWISE_LANES; i++)
			lanes[i % PAIRWISE_LANES] += values[i] * scale;
		total = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
				((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
	}
	for (; i < n; i++)
		total += values[i] * scale;
	return total;
}

/* Sorted keys become values, in their place. */
static SdqStatus
accumulate(Stop *stop, const uint64_t *keys, double total, double scale, DensityRanking *ranking)
{
	double sum = 0;

	for (size_t i = 0; i < ranking->n; i++)
	{
		double value = double_of(~keys[i]);

		if (i % POLL_NODES == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		sum += value * scale;
		ranking->values[i] = value;
		ranking->shares[i] = sum / total;
	}
	return sdq_ok();
}

SdqStatus
density_rank(Job *job, const double *density, size_t n, DensityRanking *ranking)
{
	uint64_t *keys = arena_alloc(job->arena, n, sizeof(uint64_t));
	uint64_t *scratch = arena_alloc(job->arena, n, sizeof(uint64_t));
	double scale;
	SdqStatus status;

	if (keys == NULL || scratch == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < n; i++)
	{
		if (i % POLL_NODES == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		/* In descending order; 0 for -0. */
		keys[i] = ~bits_of(density[i] + 0.0);
	}
	status = sort_keys_by_job(keys, scratch, n, job);
	if (sdq_failed(status))
		return status;

	/* Each key is read before the value is written over it; the scratch is free. */
	*ranking = (DensityRanking){
		.n = n, .values = (double *) (void *) keys, .shares = (double *) (void *) scratch};
	scale = ldexp(1, -scale_exponent(double_of(~keys[0])));
	return accumulate(job->stop, keys, pairwise_sum(density, n, scale), scale, ranking);
}

double
ranking_level(const DensityRanking *ranking, double share)
{
	size_t i = first_at_least(ranking->shares, 0, ranking->n, share);

	return ranking->values[minimum(i, ranking->n - 1)];
}

/* ---------- on a line ---------- */

/* The largest of values[n]. */
static double
peak_of(const double *values, size_t n)
{
	double peak = 0;

	for (size_t i = 0; i < n; i++)
		peak = fmax(peak, values[i]);
	return peak;
}

/* How far on the way from a, above the level, to b, below it, the level is met. */
static double
way_out(double a, double b, double level)
{
	return (a - level) / (a - b);
}

/* The integral of the density where it is at least `level`, in cells of the grid times `peak`. */
static double
mass_above(const double *density, size_t n, double level, double peak)
{
	Compensated total = {0, 0};

	for (size_t i = 1; i < n; i++)
	{
		double high = fmax(density[i - 1], density[i]);
		double low = fmin(density[i - 1], density[i]);

		if (low >= level)
			compensated_add(&total, (low / peak + high / peak) / 2);
		else if (high >= level)
			compensated_add(&total, way_out(high, low, level) * (level / peak + high / peak) / 2);
	}
	return compensated_total(&total);
}

/* The smallest of values[n], n >= 1. */
static double
floor_of(const double *values, size_t n)
{
	double least = values[0];

	for (size_t i = 1; i < n; i++)
		least = fmin(least, values[i]);
	return least;
}

double
line_level(const double *density, size_t n, double share)
{
	double peak = peak_of(density, n);
	double wanted = share * mass_above(density, n, 0, peak);
	uint64_t low = bits_of(floor_of(density, n) + 0.0);
	uint64_t high = bits_of(peak) + 1;

	/* Nothing may be left out, not even what a sum would not notice. */
	if (share >= 1)
		return double_of(low);
	/* The mass above `low` is enough, above `high` it is not; between bits, so at most 64 steps. */
	while (high - low > 1)
	{
		uint64_t middle = low + (high - low) / 2;

		if (mass_above(density, n, double_of(middle), peak) >= wanted)
			low = middle;
		else
			high = middle;
	}
	return double_of(low);
}

size_t
line_region(const double *nodes, const double *density, size_t n, double level,
			LineInterval *intervals)
{
	size_t n_intervals = 0;
	double lo = nodes[0];

	level = region_floor(level);
	for (size_t i = 0; i < n; i++)
	{
		bool begins = i > 0 && density[i - 1] < level;
		double hi = nodes[i];

		if (!(density[i] >= level))
			continue;
		if (begins)
			lo = nodes[i] - way_out(density[i], density[i - 1], level) * (nodes[i] - nodes[i - 1]);
		if (i + 1 < n && density[i + 1] >= level)
			continue;
		if (i + 1 < n)
			hi = nodes[i] + way_out(density[i], density[i + 1], level) * (nodes[i + 1] - nodes[i]);
		if (n_intervals > 0 && intervals[n_intervals - 1].hi >= lo)
			intervals[n_intervals - 1].hi = hi;
		else if (lo < hi)
			intervals[n_intervals++] = (LineInterval){.lo = lo, .hi = hi};
	}
	return n_intervals;
}
