/*
 * crowd.c
 *		Sums over values in no order.
 *
 * A sum that must not depend on the order of its terms is one of whole numbers. For moments, a double t below 2^e in
 * size is cut into two digits by adding a large number and subtracting it again, which rounds to a multiple of its unit
 * in the last place: t = (high + low / 2^40) 2^(e - 40) up to 2^(e - 81), with |high| <= 2^40 and |low| <= 2^39. Sums
 * of a few hundred digits are exact in doubles, longer ones are kept in integers of 128 bits: 2^31 terms of 81 bits.
 * (Demmel and Nguyen, "Fast reproducible floating-point summation", 2013, cut in the same way.)
 *
 * Entries are taken in chunks of the pool, and those in blocks, for which keys are turned into values.
 */
#include "core/density/crowd.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/base/constants.h"
#include "core/base/sizes.h"
#include "core/sample/run.h"
#include "core/sample/sort.h"

/* Entries per chunk of the pool, some tenths of a millisecond, and per block. */
#define CHUNK_ENTRIES ((size_t) 1 << 16)
#define BLOCK_ENTRIES ((size_t) 256)

/* Sums kept side by side. */
#define LANES 8

/* Bits of a digit. */
#define DIGIT_BITS 40

/* 1.5 * 2^52: a number far below it that is added to it is rounded to an integer. */
#define ROUNDER 0x1.8p52

/* So many standard deviations may lie between the mean and the middle of the range, from which deviations are taken
 * first: their squares are then 1e2 times the variance, and what is left of 16 digits is 14. */
#define FAR_MEAN 10.0

/* About this many distinct values are drawn where all are distinct, to be known to a hundredth; at most one of
 * MOST_DRAWN observations. */
#define DRAWN_BITS 13
#define MOST_DRAWN 8

/* Binary digits of a place within its bin. */
#define PLACE_BITS 32
#define PLACE_ONE  ((uint64_t) 1 << PLACE_BITS)
#define PLACE_MASK (PLACE_ONE - 1)

/* Entries of a chunk: keys, or values with counts. */
typedef struct Entries
{
	const uint64_t *keys;
	const double *values;
	const double *weights;
	size_t n;
} Entries;

/* At most BLOCK_ENTRIES of them as values. */
typedef struct Block
{
	const double *values;
	const double *weights; /* NULL: 1 each */
	size_t n;
	double of_keys[BLOCK_ENTRIES];
} Block;

/* Where terms are cut into digits. */
typedef struct Digits
{
	int exponent; /* terms are below 2^exponent */
	double high_rounder;
	double low_rounder;
	double per_high; /* digits to 1 */
	double per_low;
} Digits;

typedef struct ExtentPass
{
	const Crowd *crowd;
	double *min; /* by chunk */
	double *max;
} ExtentPass;

/* Sums of deviations and of their squares, in units of the digits' last place. */
typedef struct MomentSums
{
	__int128 first;
	__int128 second;
} MomentSums;

typedef struct MomentPass
{
	const Crowd *crowd;
	double shift;
	double offset;
	Digits digits_first;
	Digits digits_second;
	MomentSums *sums; /* by chunk */
} MomentPass;

typedef struct DrawPass
{
	const Crowd *crowd;
	int shift;       /* of products: bits that need not be 0 */
	double *weights; /* drawn in each chunk, with their counts */
	size_t *first;   /* entries drawn in each chunk, then in those before it */
	uint64_t *keys;  /* NULL: only count */
} DrawPass;

typedef struct BinPass
{
	const Crowd *crowd;
	double origin;
	double per_step; /* units of place to one of values */
	size_t n_nodes;
	uint64_t *shares; /* [threads][n_nodes], in 1 / PLACE_ONE */
} BinPass;

Crowd
crowd_of_sample(const WeightedSample *sample)
{
	return (Crowd){.values = sample->values,
				   .weights = sample->weights,
				   .n_values = sample->n,
				   .total = sample->total};
}

SdqStatus
crowd_of_unordered(Job *job, const Sample *sample, Crowd *crowd)
{
	size_t n = sample_n_integers(sample);
	double *values = arena_alloc(job->arena, n + 1, sizeof(double));
	double *weights = arena_alloc(job->arena, n + 1, sizeof(double));
	uint64_t *counts = arena_alloc(job->arena, n + 1, sizeof(uint64_t));

	if (values == NULL || weights == NULL || counts == NULL)
		return arena_failure(job->arena);
	sample_integers(sample, values, counts);
	for (size_t i = 0; i < n; i++)
		weights[i] = (double) counts[i];
	*crowd =
		(Crowd){.values = values, .weights = weights, .n_values = n, .total = (double) sample->n};
	crowd->keys = sample_unordered_keys(sample, &crowd->n_keys);
	return sdq_ok();
}

/* ---------- blocks ---------- */

/* Chunks of keys come first. */
static size_t
count_chunks(const Crowd *crowd)
{
	return divide_up(crowd->n_keys, CHUNK_ENTRIES) + divide_up(crowd->n_values, CHUNK_ENTRIES);
}

/* The entries of a chunk. */
static Entries
chunk_entries(const Crowd *crowd, size_t chunk)
{
	size_t n_key_chunks = divide_up(crowd->n_keys, CHUNK_ENTRIES);
	size_t first = chunk * CHUNK_ENTRIES;

	if (chunk < n_key_chunks)
		return (Entries){.keys = crowd->keys + first,
						 .n = minimum(CHUNK_ENTRIES, crowd->n_keys - first)};
	first = (chunk - n_key_chunks) * CHUNK_ENTRIES;
	return (Entries){.values = crowd->values + first,
					 .weights = crowd->weights + first,
					 .n = minimum(CHUNK_ENTRIES, crowd->n_values - first)};
}

/* The block of a chunk from an entry on; false: there is none. */
static bool
next_block(const Entries *entries, size_t first, Block *block)
{
	if (first >= entries->n)
		return false;
	block->n = minimum(BLOCK_ENTRIES, entries->n - first);
	if (entries->keys == NULL)
	{
		block->values = entries->values + first;
		block->weights = entries->weights + first;
		return true;
	}
	block->values = block->of_keys;
	block->weights = NULL;
	for (size_t i = 0; i < block->n; i++)
		block->of_keys[i] = run_key_value(entries->keys[first + i]);
	return true;
}

static inline double
weight_of(const Block *block, size_t i)
{
	return block->weights == NULL ? 1 : block->weights[i];
}

/* ---------- extent ---------- */

static void
extent_chunk(void *argument, size_t chunk, int thread)
{
	const ExtentPass *pass = argument;
	double min = INFINITY;
	double max = -INFINITY;
	Entries entries = chunk_entries(pass->crowd, chunk);
	Block block;

	for (size_t start = 0; next_block(&entries, start, &block); start += BLOCK_ENTRIES)
	{
		for (size_t i = 0; i < block.n; i++)
		{
			min = block.values[i] < min ? block.values[i] : min;
			max = block.values[i] > max ? block.values[i] : max;
		}
	}
	pass->min[chunk] = min;
	pass->max[chunk] = max;
}

SdqStatus
crowd_extent(Job *job, const Crowd *crowd, double *min, double *max)
{
	ArenaMark mark = arena_mark(job->arena);
	size_t n_chunks = count_chunks(crowd);
	ExtentPass pass = {.crowd = crowd};
	SdqStatus status;

	pass.min = arena_alloc(job->arena, n_chunks, sizeof(double));
	pass.max = arena_alloc(job->arena, n_chunks, sizeof(double));
	if (pass.min == NULL || pass.max == NULL)
		return arena_failure(job->arena);
	status = pool_run(job->pool, extent_chunk, &pass, n_chunks);
	if (sdq_failed(status))
		return status;
	*min = INFINITY;
	*max = -INFINITY;
	for (size_t chunk = 0; chunk < n_chunks; chunk++)
	{
		*min = fmin(*min, pass.min[chunk]);
		*max = fmax(*max, pass.max[chunk]);
	}
	arena_release(job->arena, mark);
	return status;
}

/* ---------- variance ---------- */

/* Digits for terms below 2^exponent. */
static Digits
digits_for(int exponent)
{
	return (Digits){.exponent = exponent,
					.high_rounder = ldexp(ROUNDER, exponent - DIGIT_BITS),
					.low_rounder = ldexp(ROUNDER, exponent - 2 * DIGIT_BITS),
					.per_high = ldexp(1, DIGIT_BITS - exponent),
					.per_low = ldexp(1, 2 * DIGIT_BITS - exponent)};
}

/* Sums of digits as a number of units of the last place. */
static inline __int128
join_digits(const Digits *digits, double high, double low)
{
	return (__int128) (int64_t) (high * digits->per_high) * ((__int128) 1 << DIGIT_BITS) +
		   (int64_t) (low * digits->per_low);
}

/* The same as a double. */
static double
number_of(const Digits *digits, __int128 units)
{
	return ldexp((double) units, digits->exponent - 2 * DIGIT_BITS);
}

/* Cut a term into digits, and add them up. */
static inline void
add_digits(const Digits *digits, double term, double *high, double *low)
{
	double cut = (term + digits->high_rounder) - digits->high_rounder;

	*high += cut;
	*low += ((term - cut) + digits->low_rounder) - digits->low_rounder;
}

/* A block of values that count once. */
static void
add_single(const MomentPass *pass, const double *restrict values, size_t n, MomentSums *sums)
{
	const Digits first = pass->digits_first;
	const Digits second = pass->digits_second;
	double first_high[LANES] = {0};
	double first_low[LANES] = {0};
	double second_high[LANES] = {0};
	double second_low[LANES] = {0};
	double shift = pass->shift;
	double offset = pass->offset;
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
	{
		for (size_t lane = 0; lane < LANES; lane++)
		{
			double deviation = (values[i + lane] - shift) - offset;

			add_digits(&first, deviation, &first_high[lane], &first_low[lane]);
			add_digits(&second, deviation * deviation, &second_high[lane], &second_low[lane]);
		}
	}
	for (; i < n; i++)
	{
		double deviation = (values[i] - shift) - offset;

		add_digits(&first, deviation, &first_high[0], &first_low[0]);
		add_digits(&second, deviation * deviation, &second_high[0], &second_low[0]);
	}
	for (size_t lane = 0; lane < LANES; lane++)
	{
		sums->first += join_digits(&first, first_high[lane], first_low[lane]);
		sums->second += join_digits(&second, second_high[lane], second_low[lane]);
	}
}

/* A block of values with counts. */
static void
add_counted(const MomentPass *pass, const Block *block, MomentSums *sums)
{
	for (size_t i = 0; i < block->n; i++)
	{
		double deviation = (block->values[i] - pass->shift) - pass->offset;
		int64_t count = (int64_t) block->weights[i];
		double high = 0;
		double low = 0;

		add_digits(&pass->digits_first, deviation, &high, &low);
		sums->first += join_digits(&pass->digits_first, high, low) * count;
		high = low = 0;
		add_digits(&pass->digits_second, deviation * deviation, &high, &low);
		sums->second += join_digits(&pass->digits_second, high, low) * count;
	}
}

/* Does each value of a block count once? */
static bool
is_single(const Block *block)
{
	double most = 1;

	for (size_t i = 0; block->weights != NULL && i < block->n; i++)
		most = block->weights[i] > most ? block->weights[i] : most;
	return most == 1;
}

static void
moment_chunk(void *argument, size_t chunk, int thread)
{
	const MomentPass *pass = argument;
	MomentSums sums = {0, 0};
	Entries entries = chunk_entries(pass->crowd, chunk);
	Block block;

	for (size_t start = 0; next_block(&entries, start, &block); start += BLOCK_ENTRIES)
	{
		if (is_single(&block))
			add_single(pass, block.values, block.n, &sums);
		else
			add_counted(pass, &block, &sums);
	}
	pass->sums[chunk] = sums;
}

/* The mean deviation and the variance about it from one pass. */
static SdqStatus
run_moments(Job *job, MomentPass *pass, double *mean, double *variance)
{
	size_t n_chunks = count_chunks(pass->crowd);
	double total = pass->crowd->total;
	MomentSums sums = {0, 0};
	SdqStatus status = pool_run(job->pool, moment_chunk, pass, n_chunks);

	if (sdq_failed(status))
		return status;
	for (size_t chunk = 0; chunk < n_chunks; chunk++)
	{
		sums.first += pass->sums[chunk].first;
		sums.second += pass->sums[chunk].second;
	}
	*mean = number_of(&pass->digits_first, sums.first) / total;
	*variance =
		(number_of(&pass->digits_second, sums.second) - *mean * *mean * total) / (total - 1);
	return status;
}

SdqStatus
crowd_variance(Job *job, const Crowd *crowd, double min, double max, double *variance)
{
	ArenaMark mark = arena_mark(job->arena);
	MomentPass pass = {.crowd = crowd, .shift = min / 2 + max / 2};
	double mean;
	int exponent;
	SdqStatus status;

	*variance = 0;
	if (min == max)
		return sdq_ok();
	/* Deviations are at most the range, from whatever lies within it. */
	frexp(max - min, &exponent);
	pass.digits_first = digits_for(exponent);
	pass.digits_second = digits_for(2 * exponent);
	pass.sums = arena_alloc(job->arena, count_chunks(crowd), sizeof(MomentSums));
	if (pass.sums == NULL)
		return arena_failure(job->arena);
	status = run_moments(job, &pass, &mean, variance);
	if (!sdq_failed(status) && !(mean * mean <= FAR_MEAN * FAR_MEAN * *variance))
	{
		pass.offset = mean;
		status = run_moments(job, &pass, &mean, variance);
	}
	arena_release(job->arena, mark);
	return status;
}

/* ---------- draw ---------- */

/* Is a key drawn? By the first bits of its product. */
static inline bool
is_drawn(const DrawPass *pass, uint64_t key)
{
	return key * GOLDEN_64 >> pass->shift == 0;
}

/* Count the keys of keys[n] that are drawn, and write them down unless to = NULL. */
static size_t
draw_keys(const DrawPass *pass, const uint64_t *keys, size_t n, uint64_t *to)
{
	size_t n_drawn = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (!is_drawn(pass, keys[i]))
			continue;
		if (to != NULL)
			to[n_drawn] = keys[i];
		n_drawn++;
	}
	return n_drawn;
}

/* The same of values with counts; *weight is the sum of these. */
static size_t
draw_values(const DrawPass *pass, const double *values, const double *weights, size_t n,
			uint64_t *to, double *weight)
{
	size_t n_drawn = 0;

	*weight = 0;
	for (size_t i = 0; i < n; i++)
	{
		uint64_t key = run_key(values[i]);

		if (!is_drawn(pass, key))
			continue;
		*weight += weights[i];
		if (to != NULL)
			to[n_drawn] = key;
		n_drawn++;
	}
	return n_drawn;
}

/* Count what is drawn of a chunk, or write it down. */
static void
draw_chunk(void *argument, size_t chunk, int thread)
{
	const DrawPass *pass = argument;
	uint64_t *to = pass->keys == NULL ? NULL : pass->keys + pass->first[chunk];
	Entries entries = chunk_entries(pass->crowd, chunk);
	size_t n;
	double weight;

	if (entries.keys != NULL)
	{
		n = draw_keys(pass, entries.keys, entries.n, to);
		weight = (double) n;
	}
	else
		n = draw_values(pass, entries.values, entries.weights, entries.n, to, &weight);
	if (to != NULL)
		return;
	pass->weights[chunk] = weight;
	pass->first[chunk] = n;
}

/* Different ones of ascending keys[n] as values. */
static size_t
distinct_values(const uint64_t *keys, size_t n, double *values)
{
	size_t n_distinct = 0;

	for (size_t i = 0; i < n; i++)
		if (i == 0 || keys[i] != keys[i - 1])
			values[n_distinct++] = run_key_value(keys[i]);
	return n_distinct;
}

SdqStatus
crowd_draw(Job *job, const Crowd *crowd, const double **drawn, size_t *n, double *one_of)
{
	size_t n_chunks = count_chunks(crowd);
	int bits = ilogb(crowd->total) - DRAWN_BITS;
	DrawPass pass = {.crowd = crowd, .shift = 64 - bits};
	size_t n_drawn = 0;
	double weight = 0;
	uint64_t *scratch;
	double *values;
	SdqStatus status;

	*n = 0;
	*one_of = 0;
	pass.weights = arena_alloc(job->arena, n_chunks, sizeof(double));
	pass.first = arena_alloc(job->arena, n_chunks, sizeof(size_t));
	if (pass.weights == NULL || pass.first == NULL)
		return arena_failure(job->arena);
	status = pool_run(job->pool, draw_chunk, &pass, n_chunks);
	if (sdq_failed(status))
		return status;
	for (size_t chunk = 0; chunk < n_chunks; chunk++)
	{
		size_t n_here = pass.first[chunk];

		pass.first[chunk] = n_drawn;
		n_drawn += n_here;
		weight += pass.weights[chunk];
	}
	if (weight * MOST_DRAWN > crowd->total)
		return status;
	pass.keys = arena_alloc(job->arena, n_drawn + 1, sizeof(uint64_t));
	scratch = arena_alloc(job->arena, n_drawn + 1, sizeof(uint64_t));
	values = arena_alloc(job->arena, n_drawn + 1, sizeof(double));
	if (pass.keys == NULL || scratch == NULL || values == NULL)
		return arena_failure(job->arena);
	status = pool_run(job->pool, draw_chunk, &pass, n_chunks);
	if (!sdq_failed(status))
		status = sort_keys(pass.keys, scratch, n_drawn, job->stop);
	if (sdq_failed(status))
		return status;
	*n = distinct_values(pass.keys, n_drawn, values);
	*drawn = values;
	*one_of = ldexp(1, bits);
	return status;
}

/* ---------- bins ---------- */

/* The place of a value, at least the origin, in units. */
static inline uint64_t
place_of(const BinPass *pass, double value)
{
	return (uint64_t) (int64_t) ((value - pass->origin) * pass->per_step);
}

static void
bin_chunk(void *argument, size_t chunk, int thread)
{
	const BinPass *pass = argument;
	uint64_t *shares = pass->shares + (size_t) thread * pass->n_nodes;
	Entries entries = chunk_entries(pass->crowd, chunk);
	Block block;

	for (size_t start = 0; next_block(&entries, start, &block); start += BLOCK_ENTRIES)
	{
		for (size_t i = 0; i < block.n; i++)
		{
			uint64_t place = place_of(pass, block.values[i]);
			uint64_t fraction = place & PLACE_MASK;
			uint64_t count = (uint64_t) weight_of(&block, i);
			uint64_t *node = shares + (place >> PLACE_BITS);

			node[0] += (PLACE_ONE - fraction) * count;
			node[1] += fraction * count;
		}
	}
}

/* The nodes that have got something, with the shares of all threads together. */
static SdqStatus
collect_nodes(Job *job, const BinPass *pass, size_t n_slices, double step, WeightedSample *binned)
{
	double *values = arena_alloc(job->arena, pass->n_nodes, sizeof(double));
	double *weights = arena_alloc(job->arena, pass->n_nodes, sizeof(double));
	size_t n = 0;

	if (values == NULL || weights == NULL)
		return arena_failure(job->arena);
	for (size_t node = 0; node < pass->n_nodes; node++)
	{
		uint64_t share = 0;

		for (size_t slice = 0; slice < n_slices; slice++)
			share += pass->shares[slice * pass->n_nodes + node];
		if (share == 0)
			continue;
		values[n] = pass->origin + (double) node * step;
		weights[n++] = ldexp((double) share, -PLACE_BITS);
	}
	*binned = (WeightedSample){.n = n,
							   .values = values,
							   .weights = weights,
							   .total = pass->crowd->total,
							   .effective_n = pass->crowd->total};
	return sdq_ok();
}

SdqStatus
crowd_bin(Job *job, const Crowd *crowd, double min, double max, double step, WeightedSample *binned)
{
	size_t n_slices = (size_t) pool_threads(job->pool);
	BinPass pass = {.crowd = crowd, .origin = min, .per_step = (double) PLACE_ONE / step};
	SdqStatus status;

	/* The node above the last value's may get nothing, but is there. */
	pass.n_nodes = (size_t) (place_of(&pass, max) >> PLACE_BITS) + 2;
	pass.shares = arena_zalloc(job->arena, n_slices, pass.n_nodes * sizeof(uint64_t));
	if (pass.shares == NULL)
		return arena_failure(job->arena);
	status = pool_run(job->pool, bin_chunk, &pass, count_chunks(crowd));
	if (sdq_failed(status))
		return status;
	return collect_nodes(job, &pass, n_slices, step, binned);
}
