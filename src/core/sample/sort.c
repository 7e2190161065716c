/*
 * sort.c
 *		MSD radix sort.
 *
 * A part of the keys is spread over buckets by the leading bits of (key - smallest key), into the
 * same place of the other array; then each bucket is sorted from there in the same way, the arrays
 * changing roles. The leading bits are those of the part's own range, not of the type, because the
 * first bits of numbers of one size are all alike. After two spreadings most buckets hold a few keys,
 * and one insertion sort over the nearly sorted part moves them to where they belong.
 *
 * Each spreading of n > INSERTION_SORT_MAX keys shortens the range by at least five bits, so that
 * the recursion is at most thirteen deep, and a part of equal keys ends it at once.
 */
#include "core/sample/sort.h"

#include <string.h>

#include "core/sample/sort_part.h"

/* Below this many keys insertion sort beats the fixed cost of a spreading (measured). */
#define INSERTION_SORT_MAX 48

/* Most buckets of one spreading: their ends fit the second-level cache ... */
#define MAX_BUCKET_BITS 14
/* ... and, of a part that does not, the lines in which keys are gathered. */
#define LARGE_BUCKET_BITS 11

/* Buckets of at most so many keys are not worth a call of their own. */
#define SMALL_BUCKET 24

#define RANGE_LANES 4

/* Sort from[n] to to[n], which may be the same. */
static void
insertion_sort(const uint64_t *from, uint64_t *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		uint64_t key = from[i];
		size_t j = i;

		for (; j > 0 && to[j - 1] > key; j--)
			to[j] = to[j - 1];
		to[j] = key;
	}
}

/* The position of the highest bit of a number above 0, counted from 1. */
static inline int
bit_length(uint64_t number)
{
	return 64 - __builtin_clzll(number);
}

/* How a part is spread: bucket = (key - low) >> shift. */
typedef struct Spread
{
	uint64_t low;
	int shift;
	size_t n_buckets;
} Spread;

/* The smallest and the largest of keys[n]; in lanes, which do not wait for each other. */
static void
find_range(const uint64_t *keys, size_t n, uint64_t *low, uint64_t *high)
{
	uint64_t lows[RANGE_LANES];
	uint64_t highs[RANGE_LANES];
	size_t i = 0;

	for (int lane = 0; lane < RANGE_LANES; lane++)
		lows[lane] = highs[lane] = keys[0];
	for (; i + RANGE_LANES <= n; i += RANGE_LANES)
		for (int lane = 0; lane < RANGE_LANES; lane++)
		{
			uint64_t key = keys[i + lane];

			lows[lane] = key < lows[lane] ? key : lows[lane];
			highs[lane] = key > highs[lane] ? key : highs[lane];
		}
	for (; i < n; i++)
	{
		lows[0] = keys[i] < lows[0] ? keys[i] : lows[0];
		highs[0] = keys[i] > highs[0] ? keys[i] : highs[0];
	}
	for (int lane = 1; lane < RANGE_LANES; lane++)
	{
		lows[0] = lows[lane] < lows[0] ? lows[lane] : lows[0];
		highs[0] = highs[lane] > highs[0] ? highs[lane] : highs[0];
	}
	*low = lows[0];
	*high = highs[0];
}

/* Choose for keys[n] that lie in low..high: about as many buckets as keys, if that is not too many. */
static Spread
choose_spread(uint64_t low, uint64_t high, size_t n)
{
	int range_bits = bit_length(high - low);
	int most_bits = n > SORT_IN_CACHE_MAX ? LARGE_BUCKET_BITS : MAX_BUCKET_BITS;
	int bucket_bits = bit_length(n) - 1;

	if (bucket_bits > most_bits)
		bucket_bits = most_bits;
	if (bucket_bits > range_bits)
		bucket_bits = range_bits;
	return (Spread){.low = low,
					.shift = range_bits - bucket_bits,
					.n_buckets = (size_t) ((high - low) >> (range_bits - bucket_bits)) + 1};
}

/* counts[b] = how many keys belong into bucket b. */
static void
count_buckets(const uint64_t *keys, size_t n, const Spread *spread, uint32_t *counts)
{
	memset(counts, 0, spread->n_buckets * sizeof(*counts));
	for (size_t i = 0; i < n; i++)
		counts[(keys[i] - spread->low) >> spread->shift]++;
}

/* ends[b] = the start of bucket b; returns the size of the largest one. */
static size_t
place_buckets(const uint64_t *keys, size_t n, const Spread *spread, uint32_t *ends)
{
	uint32_t start = 0;
	uint32_t largest = 0;

	count_buckets(keys, n, spread, ends);
	for (size_t b = 0; b < spread->n_buckets; b++)
	{
		uint32_t count = ends[b];

		largest = count > largest ? count : largest;
		ends[b] = start;
		start += count;
	}
	return largest;
}

/* Where a key belongs. */
static inline size_t
spread_bucket(const Spread *spread, uint64_t key)
{
	return (size_t) ((key - spread->low) >> spread->shift);
}

#define MAP          Spread
#define BUCKET       spread_bucket
#define MOST_BUCKETS (1 << LARGE_BUCKET_BITS)
#include "core/sample/sort_lines_template.h"
#undef MAP
#undef BUCKET
#undef MOST_BUCKETS

/* Spread the keys, whose buckets' ends move from their starts to where they belong; false if a stop
 * was requested. */
static bool
spread_keys(const uint64_t *keys, size_t n, const Spread *spread, uint32_t *ends, uint64_t *other,
			Stop *stop)
{
	if (n > SORT_IN_CACHE_MAX)
		return spread_by_lines(keys, n, spread, spread->n_buckets, ends, other, stop);
	for (size_t i = 0; i < n; i++)
		other[ends[(keys[i] - spread->low) >> spread->shift]++] = keys[i];
	return true;
}

static bool sort_part(uint64_t *keys, uint64_t *other, size_t n, bool to_other, Stop *stop);

/* Sort a part as sort_part() does whose keys lie in low..high, low < high. */
static bool
sort_between(uint64_t *keys, uint64_t *other, size_t n, uint64_t low, uint64_t high, bool to_other,
			 Stop *stop)
{
	uint64_t *result = to_other ? other : keys;
	uint32_t ends[(1 << MAX_BUCKET_BITS) + 1];
	Spread spread = choose_spread(low, high, n);
	size_t largest;
	size_t start = 0;
	size_t since_poll = 0;

	largest = place_buckets(keys, n, &spread, ends);
	if (!spread_keys(keys, n, &spread, ends, other, stop))
	{
		if (to_other)
			memcpy(other, keys, n * sizeof(*keys));
		return false;
	}
	if (largest <= SMALL_BUCKET)
	{
		insertion_sort(other, result, n);
		return true;
	}
	for (size_t b = 0; b < spread.n_buckets; b++)
	{
		size_t count = ends[b] - start;
		bool stopped = false;

		if (spread.shift == 0 || count <= 1)
		{
			if (!to_other)
				memcpy(keys + start, other + start, count * sizeof(*keys));
		}
		else if (count <= INSERTION_SORT_MAX)
			insertion_sort(other + start, result + start, count);
		else
			stopped = !sort_part(other + start, keys + start, count, !to_other, stop);
		start += count;
		since_poll += count;
		if (!stopped && since_poll >= SORT_KEYS_PER_POLL)
		{
			since_poll = 0;
			stopped = stop_poll(stop);
		}
		if (stopped)
		{
			if (!to_other)
				memcpy(keys + start, other + start, (n - start) * sizeof(*keys));
			return false;
		}
	}
	return true;
}

/* Sort keys[n] to other[n] if to_other, else to keys[n] itself; the array that is not asked for is
 * scratch. False if a stop was requested: then the array asked for has the keys in some order. */
static bool
sort_part(uint64_t *keys, uint64_t *other, size_t n, bool to_other, Stop *stop)
{
	uint64_t low;
	uint64_t high;

	find_range(keys, n, &low, &high);
	if (low < high)
		return sort_between(keys, other, n, low, high, to_other, stop);
	if (to_other)
		memcpy(other, keys, n * sizeof(*keys));
	return true;
}

bool
sort_part_to(uint64_t *from, uint64_t *to, size_t n, uint64_t low, uint64_t high, Stop *stop)
{
	if (n <= INSERTION_SORT_MAX)
	{
		insertion_sort(from, to, n);
		return true;
	}
	return low < high ? sort_between(from, to, n, low, high, true, stop)
					  : sort_part(from, to, n, true, stop);
}

SdqStatus
sort_keys(uint64_t *keys, uint64_t *scratch, size_t n, Stop *stop)
{
	if (n <= INSERTION_SORT_MAX)
	{
		insertion_sort(keys, keys, n);
		return sdq_ok();
	}
	return sort_part(keys, scratch, n, false, stop) ? sdq_ok() : sdq_error(SDQ_INTERRUPTED, 0, 0);
}
