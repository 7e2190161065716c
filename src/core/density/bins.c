/*
 * bins.c
 *		Linear binning in fixed point.
 */
#include "core/density/bins.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/compensated.h"
#include "core/base/double_bits.h"
#include "core/base/sizes.h"

/* Binary digits of a place within its bin; with BINS_MAX a place has at most 48 of them. */
#define PLACE_BITS 32
#define PLACE_ONE  ((uint64_t) 1 << PLACE_BITS)

/* 2^52: a number below it that is added to it is rounded to an integer, which stands in the low bits. */
#define ROUNDER      0x1p52
#define ROUNDER_MASK (((uint64_t) 1 << 52) - 1)

/* A square of a weight that is rounded among the subnormal numbers loses up to 2^-1075; squares that lose up to 2^-40 of
 * their sum, so much to each, are not trusted. */
#define SQUARE_LOSS 0x1p-1035

/* A sum of weights below 2^-WEIGHT_EXPONENT has no reciprocal; sums from there on are what they are. */
#define WEIGHT_EXPONENT 1000

/* Values between two polls of the stop flag, some milliseconds. */
#define POLL_INTERVAL ((size_t) 1 << 20)

/* Units of place to one of values. */
static double
scale_of(double lo, double hi, size_t n_bins)
{
	return (double) n_bins * (double) PLACE_ONE / (hi - lo);
}

bool
bins_is_grid(double lo, double hi, int64_t n_bins)
{
	if (n_bins < 1 || n_bins > BINS_MAX || !isfinite(lo) || !isfinite(hi) || !(lo < hi))
		return false;
	return isnormal(hi - lo) && isnormal((hi - lo) / (double) n_bins) &&
		   isnormal(scale_of(lo, hi, (size_t) n_bins));
}

void
bins_init(Bins *bins)
{
	*bins = (Bins){.min = NAN, .max = NAN};
	exact_sums_init(&bins->sums, BINS_N_SUMS);
}

void
bins_set_grid(Bins *bins, double lo, double hi, size_t n_bins)
{
	bins->lo = lo + 0.0; /* 0 for -0 */
	bins->hi = hi + 0.0;
	bins->n_bins = n_bins;
	bins->scale = scale_of(lo, hi, n_bins);
	exact_sums_init(&bins->nodes, n_bins + 1);
}

/* The size of the shares; a value at hi gives the node behind the last one nothing. */
static size_t
shares_size(const Bins *bins)
{
	return (bins->n_bins + 2) * sizeof(BinShare);
}

void
bins_free(Bins *bins, SampleMemory *memory)
{
	if (bins->shares != NULL)
		sample_memory_free(memory, bins->shares, shares_size(bins));
	exact_sums_free(&bins->nodes, memory);
	exact_sums_free(&bins->sums, memory);
	bins_init(bins);
}

/* Allocate the shares if they are not there. */
static SdqStatus
need_shares(Bins *bins, SampleMemory *memory)
{
	SdqStatus status = sdq_ok();

	if (bins->shares != NULL)
		return status;
	bins->shares = sample_memory_resize(memory, NULL, 0, shares_size(bins), &status);
	if (bins->shares != NULL)
		memset(bins->shares, 0, shares_size(bins));
	return status;
}

/* The place of a value inside, in units from lo. */
static inline uint64_t
place_of(const Bins *bins, double value)
{
	uint64_t bits = bits_of((value - bins->lo) * bins->scale + ROUNDER) & ROUNDER_MASK;

	return bits < bins->n_bins * PLACE_ONE ? bits : bins->n_bins * PLACE_ONE;
}

/* Could so many more values be counted? */
static SdqStatus
check_count(const Bins *bins, int64_t more)
{
	int64_t held = bins->n + bins->n_below + bins->n_above;

	if (more > INT64_MAX - held)
		return sdq_error(SDQ_TOO_LARGE, (double) held + (double) more, (double) INT64_MAX);
	return sdq_ok();
}

/* Widen the range of values inside. NaN is outside of all ranges. */
static void
widen(Bins *bins, double min, double max)
{
	if (!(bins->min <= min))
		bins->min = isnan(min) ? bins->min : min + 0.0;
	if (!(bins->max >= max))
		bins->max = isnan(max) ? bins->max : max + 0.0;
}

/* Add values[n] without a look at the stop flag. */
static void
add_values(Bins *bins, const double *values, size_t n)
{
	const double lo = bins->lo;
	const double hi = bins->hi;
	BinShare *shares = bins->shares;
	BinShare spread = 0;
	double min = INFINITY;
	double max = -INFINITY;
	int64_t inside = 0;
	int64_t below = 0;
	int64_t above = 0;

	for (size_t i = 0; i < n; i++)
	{
		double value = values[i];
		uint64_t place;
		uint64_t fraction;

		if (!(value >= lo && value <= hi))
		{
			below += value < lo;
			above += value > hi;
			continue;
		}
		place = place_of(bins, value);
		fraction = place & (PLACE_ONE - 1);
		shares[place >> PLACE_BITS] += PLACE_ONE - fraction;
		shares[(place >> PLACE_BITS) + 1] += fraction;
		spread += fraction * (PLACE_ONE - fraction);
		min = value < min ? value : min;
		max = value > max ? value : max;
		inside++;
	}
	bins->spread += spread;
	bins->n += inside;
	bins->n_unweighted += inside;
	bins->n_below += below;
	bins->n_above += above;
	bins->n_unweighted_below += below;
	bins->n_unweighted_above += above;
	if (inside > 0)
		widen(bins, min, max);
}

SdqStatus
bins_add(Bins *bins, SampleMemory *memory, Stop *stop, const double *values, size_t n)
{
	SdqStatus status = check_count(bins, (int64_t) n);

	if (!sdq_failed(status))
		status = need_shares(bins, memory);
	for (size_t i = 0; i < n && !sdq_failed(status); i += POLL_INTERVAL)
	{
		add_values(bins, values + i, minimum(POLL_INTERVAL, n - i));
		if (n > POLL_INTERVAL && stop_poll(stop))
			status = sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return status;
}

/* Add to one of the sums beside those of nodes. */
static SdqStatus
add_sum(Bins *bins, SampleMemory *memory, size_t which, double term)
{
	return exact_sums_add(&bins->sums, memory, which, &term, 1);
}

/* Add a value inside with its weight. */
static SdqStatus
add_inside(Bins *bins, SampleMemory *memory, double value, double weight)
{
	uint64_t place = place_of(bins, value);
	size_t node = (size_t) (place >> PLACE_BITS);
	double fraction = (double) (place & (PLACE_ONE - 1)) / (double) PLACE_ONE;
	double upper = weight * fraction;
	double shares[2] = {weight - upper, upper};
	SdqStatus status =
		exact_sums_add(&bins->nodes, memory, node, shares, node == bins->n_bins ? 1 : 2);

	if (!sdq_failed(status))
		status = add_sum(bins, memory, BINS_WEIGHT_INSIDE, weight);
	if (!sdq_failed(status))
		status = add_sum(bins, memory, BINS_SQUARES, weight * weight);
	if (!sdq_failed(status))
		status = add_sum(bins, memory, BINS_SPREAD, upper * (1 - fraction));
	if (sdq_failed(status))
		return status;
	bins->n++;
	widen(bins, value, value);
	return status;
}

SdqStatus
bins_add_weighted(Bins *bins, SampleMemory *memory, double value, double weight)
{
	SdqStatus status = check_count(bins, 1);

	if (!(weight >= 0) || isinf(weight))
		return sdq_bad_data(BINS_WEIGHT, -1, weight, 0);
	if (isinf(weight * weight))
		return sdq_bad_data(BINS_OVERFLOW, -1, 0, 0);
	if (sdq_failed(status) || weight == 0 || isnan(value))
		return status;
	if (value >= bins->lo && value <= bins->hi)
		return add_inside(bins, memory, value, weight);
	status =
		add_sum(bins, memory, value < bins->lo ? BINS_WEIGHT_BELOW : BINS_WEIGHT_ABOVE, weight);
	if (sdq_failed(status))
		return status;
	if (value < bins->lo)
		bins->n_below++;
	else
		bins->n_above++;
	return status;
}

SdqStatus
bins_merge(Bins *bins, SampleMemory *memory, const Bins *other)
{
	SdqStatus status;

	if (other->n_bins == 0)
		return sdq_ok();
	if (bins->n_bins == 0)
		bins_set_grid(bins, other->lo, other->hi, other->n_bins);
	if (bins->n_bins != other->n_bins || bins->lo != other->lo || bins->hi != other->hi)
		return sdq_bad_data(BINS_OTHER_GRID, -1, 0, 0);
	status = check_count(bins, other->n + other->n_below + other->n_above);
	if (!sdq_failed(status) && other->shares != NULL)
		status = need_shares(bins, memory);
	if (!sdq_failed(status))
		status = exact_sums_merge(&bins->nodes, memory, &other->nodes);
	if (!sdq_failed(status))
		status = exact_sums_merge(&bins->sums, memory, &other->sums);
	if (sdq_failed(status))
		return status;
	for (size_t i = 0; other->shares != NULL && i <= bins->n_bins; i++)
		bins->shares[i] += other->shares[i];
	bins->spread += other->spread;
	bins->n += other->n;
	bins->n_unweighted += other->n_unweighted;
	bins->n_below += other->n_below;
	bins->n_above += other->n_above;
	bins->n_unweighted_below += other->n_unweighted_below;
	bins->n_unweighted_above += other->n_unweighted_above;
	widen(bins, other->min, other->max);
	return status;
}

/* Mean and then variance over nodes counted from the middle, so that nothing large cancels; in bins. `spread` is of
 * the sample's weights. */
static double
variance_in_bins(const WeightedSample *sample, double spread)
{
	double middle = (double) (sample->n / 2);
	double factor = sample->effective_n / (sample->effective_n - 1);
	Compensated places = {0, 0};
	Compensated squares = {0, 0};
	double mean;

	for (size_t i = 0; i < sample->n; i++)
		compensated_add(&places, sample->weights[i] / sample->total * ((double) i - middle));
	mean = compensated_total(&places);
	for (size_t i = 0; i < sample->n; i++)
	{
		double deviation = (double) i - middle - mean;

		compensated_add(&squares, sample->weights[i] / sample->total * deviation * deviation);
	}
	compensated_add(&squares, -spread / sample->total);
	return fmax(0, compensated_total(&squares)) * factor;
}

/* Weights of nodes, weights[n], and the spread, whose reciprocals overflow, times a power of 2; their sum is `total`. */
static double
raise_tiny_weights(double *weights, size_t n, double *spread, double total)
{
	int exponent;

	if (total == 0 || total >= ldexp(1, -WEIGHT_EXPONENT))
		return total;
	frexp(total, &exponent);
	for (size_t i = 0; i < n; i++)
		weights[i] = ldexp(weights[i], -exponent);
	*spread = ldexp(*spread, -exponent);
	return ldexp(total, -exponent);
}

SdqStatus
bins_summarize(Job *job, const Bins *bins, BinsSummary *summary)
{
	size_t n = bins->n_bins + 1;
	double *values = arena_alloc(job->arena, n, sizeof(double));
	double *weights = arena_alloc(job->arena, n, sizeof(double));
	double step = (bins->hi - bins->lo) / (double) bins->n_bins;
	double unweighted = (double) bins->n_unweighted;
	double sums[BINS_N_SUMS];
	double inside;
	double squares;
	double spread;

	if (values == NULL || weights == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < BINS_N_SUMS; i++)
		sums[i] = exact_sums_quotient(&bins->sums, i, 1);
	for (size_t i = 0; i < n; i++)
	{
		double share = bins->shares == NULL ? 0 : ldexp((double) bins->shares[i], -PLACE_BITS);

		values[i] = i + 1 == n ? bins->hi : bins->lo + (double) i * step;
		weights[i] = share + exact_sums_quotient(&bins->nodes, i, 1);
	}
	inside = unweighted + sums[BINS_WEIGHT_INSIDE];
	squares = unweighted + sums[BINS_SQUARES];
	spread = ldexp((double) bins->spread, -2 * PLACE_BITS) + sums[BINS_SPREAD];
	*summary = (BinsSummary){
		.sample = {.n = n, .values = values, .weights = weights, .effective_n = 1},
		.weight_inside = inside,
		.weight_below = (double) bins->n_unweighted_below + sums[BINS_WEIGHT_BELOW],
		.weight_above = (double) bins->n_unweighted_above + sums[BINS_WEIGHT_ABOVE],
		.deviation = NAN,
	};
	if (isinf(inside + summary->weight_below + summary->weight_above) || isinf(squares))
		return sdq_bad_data(BINS_OVERFLOW, -1, 0, 0);
	summary->sample.total = raise_tiny_weights(weights, n, &spread, inside);
	if (squares > (double) bins->n * SQUARE_LOSS)
		summary->sample.effective_n = inside * (inside / squares);
	if (bins->n > 1 && summary->sample.effective_n > 1)
		summary->deviation =
			bins->min < bins->max ? sqrt(variance_in_bins(&summary->sample, spread)) * step : 0;
	return sdq_ok();
}
