/*
 * distances.c
 *		Integrals over the steps of two distribution functions.
 *
 * Between two neighbouring values F - G is d / (n_x n_y), d an exact integer. So both distances are
 * sums of a weight times a gap, all terms of one sign, divided once at the end. A gap may be as small as
 * the least denormal or, from the least to the greatest double, twice what a double holds. No single
 * scale serves both, and two sums do: gaps below LARGE_GAP as they are, the others scaled down. Weights
 * are at most 2^124 and there are fewer than 2^33 gaps, so neither sum overflows, and a result that is
 * representable is found.
 *
 * The standard deviations take a second pass, around the means that the first one found. Means are sums of
 * the same kind, with counts as weights and distances from the smallest value as gaps.
 */
#include "core/tests/distances.h"

#include <math.h>
#include <string.h>

#include "core/base/compensated.h"

/* Distinct values between two looks at the stop flag: some milliseconds. */
#define POLL_BLOCKS (1 << 20)

#define LARGE_GAP       0x1p800
#define LARGE_GAP_SHIFT 300

/* Standard deviations are formed of values scaled by a power of two of at most this size, which is
 * enough to bring any range into the middle of the doubles, and is itself one. */
#define MAX_SCALE_EXPONENT 1000

/* sum of weight * (to - from), weights and gaps at least 0. */
typedef struct GapSum
{
	Compensated small;
	Compensated large; /* in units of 2^LARGE_GAP_SHIFT */
	bool infinite;
} GapSum;

/* Add the gap between two values, from <= to; one that touches an infinity counts if it has weight. */
static void
gap_sum_add(GapSum *total, double weight, double from, double to)
{
	double gap = to - from;

	if (weight == 0)
		return;
	if (isinf(from) || isinf(to))
		total->infinite = total->infinite || from < to;
	else if (gap < LARGE_GAP)
		compensated_add(&total->small, weight * gap);
	else
		compensated_add(&total->large,
						weight * (ldexp(to, -LARGE_GAP_SHIFT) - ldexp(from, -LARGE_GAP_SHIFT)));
}

/* The sum over a divisor. */
static double
gap_sum_over(const GapSum *total, double divisor)
{
	double small = compensated_total(&total->small) / divisor;
	double large = compensated_total(&total->large) / divisor;

	if (total->infinite)
		return INFINITY;
	return small + ldexp(large, LARGE_GAP_SHIFT);
}

/* The moments of a sample in the making: its ends and its mean first, then its spread. */
typedef struct Spread
{
	int64_t n;
	double low; /* smallest value; the reference point of the mean */
	double high;
	GapSum distances;    /* from low */
	int exponent;        /* values are taken times 2^-exponent from here on */
	double mean;         /* scaled, from low */
	Compensated squares; /* scaled, around the mean */
} Spread;

/* First pass. */
static void
spread_locate(Spread *spread, double value, int64_t count)
{
	if (count == 0)
		return;
	if (spread->n == 0)
		spread->low = value;
	spread->high = value;
	spread->n += count;
	gap_sum_add(&spread->distances, (double) count, spread->low, value);
}

/* Is there a standard deviation above 0? */
static bool
has_spread(const Spread *spread)
{
	return spread->low < spread->high && isfinite(spread->low) && isfinite(spread->high);
}

/* Between the passes. */
static void
spread_centre(Spread *spread)
{
	const GapSum *distances = &spread->distances;
	int exponent = 0;

	if (!has_spread(spread))
		return;
	/* Of half the range, which is always a double. */
	frexp(spread->high / 2 - spread->low / 2, &exponent);
	if (exponent > MAX_SCALE_EXPONENT)
		exponent = MAX_SCALE_EXPONENT;
	if (exponent < -MAX_SCALE_EXPONENT)
		exponent = -MAX_SCALE_EXPONENT;
	spread->exponent = exponent;
	spread->mean = (ldexp(compensated_total(&distances->small), -exponent) +
					ldexp(compensated_total(&distances->large), LARGE_GAP_SHIFT - exponent)) /
				   (double) spread->n;
}

/* Second pass. */
static void
spread_measure(Spread *spread, double value, int64_t count)
{
	double distance;

	if (count == 0 || !has_spread(spread))
		return;
	distance =
		(ldexp(value, -spread->exponent) - ldexp(spread->low, -spread->exponent)) - spread->mean;
	compensated_add(&spread->squares, (double) count * distance * distance);
}

/* A distance over the standard deviation; NaN if there is none. */
static double
over_standard_deviation(double distance, const Spread *spread)
{
	if (!has_spread(spread))
		return NAN;
	return ldexp(distance, -spread->exponent) /
		   sqrt(compensated_total(&spread->squares) / (double) (spread->n - 1));
}

/* Is it time to stop, after this many blocks? */
static bool
is_interrupted(Stop *stop, int64_t n_blocks)
{
	return n_blocks % POLL_BLOCKS == 0 && stop_poll(stop);
}

/* What one pass over the tally finds of the Wasserstein distance. */
typedef struct WassersteinFold
{
	GapSum x_above;
	GapSum y_above;
	Spread x;
	Spread pooled;
} WassersteinFold;

/* First pass: the areas, the ends and the means. */
static SdqStatus
fold_areas(Tally *tally, Stop *stop, WassersteinFold *fold)
{
	int64_t n_x = (int64_t) tally->x.n;
	int64_t n_y = (int64_t) tally->y.n;
	int64_t seen_x = 0;
	int64_t seen_y = 0;
	int64_t n_blocks = 0;
	double previous = 0;
	TallyBlock block;

	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		int64_t lattice = seen_x * n_y - seen_y * n_x;

		gap_sum_add(lattice > 0 ? &fold->y_above : &fold->x_above, fabs((double) lattice), previous,
					block.value);
		spread_locate(&fold->x, block.value, block.x);
		spread_locate(&fold->pooled, block.value, block.x + block.y);
		seen_x += block.x;
		seen_y += block.y;
		previous = block.value;
		if (is_interrupted(stop, ++n_blocks))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return tally_status(tally);
}

/* Second pass: the squares around the means. */
static SdqStatus
fold_squares(Tally *tally, Stop *stop, WassersteinFold *fold)
{
	int64_t n_blocks = 0;
	TallyBlock block;

	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		spread_measure(&fold->x, block.value, block.x);
		spread_measure(&fold->pooled, block.value, block.x + block.y);
		if (is_interrupted(stop, ++n_blocks))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return tally_status(tally);
}

SdqStatus
wasserstein_distance(Tally *tally, Stop *stop, WassersteinResult *result)
{
	WassersteinFold fold;
	double pairs;
	SdqStatus status;

	if (tally->x.n == 0 || tally->y.n == 0)
		return sdq_error(SDQ_BAD_ARGUMENT, 0, 1);
	memset(&fold, 0, sizeof(fold));
	status = fold_areas(tally, stop, &fold);
	if (sdq_failed(status))
		return status;
	spread_centre(&fold.x);
	spread_centre(&fold.pooled);
	if (has_spread(&fold.x) || has_spread(&fold.pooled))
		status = fold_squares(tally, stop, &fold);
	if (sdq_failed(status))
		return status;

	result->n_x = (int64_t) tally->x.n;
	result->n_y = (int64_t) tally->y.n;
	pairs = (double) result->n_x * (double) result->n_y;
	result->x_above = gap_sum_over(&fold.x_above, pairs);
	result->y_above = gap_sum_over(&fold.y_above, pairs);
	result->distance = result->x_above + result->y_above;
	result->distance_over_sd_x = over_standard_deviation(result->distance, &fold.x);
	result->distance_over_sd_pooled = over_standard_deviation(result->distance, &fold.pooled);
	return sdq_ok();
}

SdqStatus
energy_distance(Tally *tally, Stop *stop, EnergyResult *result)
{
	int64_t n_x = (int64_t) tally->x.n;
	int64_t n_y = (int64_t) tally->y.n;
	double pairs = (double) n_x * (double) n_y;
	int64_t seen_x = 0;
	int64_t seen_y = 0;
	int64_t n_blocks = 0;
	double previous = 0;
	double integral;
	GapSum total;
	TallyBlock block;

	if (n_x == 0 || n_y == 0)
		return sdq_error(SDQ_BAD_ARGUMENT, 0, 1);
	memset(&total, 0, sizeof(total));
	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		double lattice = (double) (seen_x * n_y - seen_y * n_x);

		gap_sum_add(&total, lattice * lattice, previous, block.value);
		seen_x += block.x;
		seen_y += block.y;
		previous = block.value;
		if (is_interrupted(stop, ++n_blocks))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	if (sdq_failed(tally_status(tally)))
		return tally_status(tally);

	integral = gap_sum_over(&total, pairs * pairs);
	result->energy = 2 * integral;
	/* Not the root of the energy, which may be beyond the largest double. */
	result->distance = sqrt(2) * sqrt(integral);
	result->n_x = n_x;
	result->n_y = n_y;
	return sdq_ok();
}
