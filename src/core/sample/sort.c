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
 * On threads the first spreading is cut into slices of the keys, each with its own place in every bucket,
 * and the buckets are then sorted in groups of about the same number of keys. Keys have no identity, so
 * that any way of sorting gives the same bits.
 *
 * Each spreading of n > INSERTION_SORT_MAX keys shortens the range by at least five bits, so that
 * the recursion is at most thirteen deep, and a part of equal keys ends it at once.
 */
#include "core/sample/sort.h"

#include <string.h>

/* Below this many keys insertion sort beats the fixed cost of a spreading (measured). */
#define INSERTION_SORT_MAX 48

/* Most buckets of one spreading: their ends fit the second-level cache ... */
#define MAX_BUCKET_BITS 14
/* ... and, of a part that does not, the lines in which keys are gathered. */
#define LARGE_BUCKET_BITS 11

/* Buckets of at most so many keys are not worth a call of their own. */
#define SMALL_BUCKET 24

/* Parts of at most so many keys are spread key by key: 1 MB, and as much scratch. */
#define IN_CACHE_MAX ((size_t) 1 << 17)

#define KEYS_PER_LINE 8

/* Slices and groups of a sort on threads: enough for threads that advance at different speed. A slice's
 * share of most buckets should be some lines. */
#define N_SLICES 16
#define N_GROUPS 64

#define RANGE_LANES 4

/* Keys handled between two looks at the stop flag: about a millisecond. */
#define KEYS_PER_POLL ((size_t) 1 << 17)

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
	int most_bits = n > IN_CACHE_MAX ? LARGE_BUCKET_BITS : MAX_BUCKET_BITS;
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

/* Spread a part that is larger than the caches: keys are gathered to whole lines first, since each
 * line that is fetched to be written would be gone before its next key comes. */
static bool
spread_by_lines(const uint64_t *keys, size_t n, const Spread *spread, uint32_t *ends,
				uint64_t *other, Stop *stop)
{
	uint64_t lines[1 << LARGE_BUCKET_BITS][KEYS_PER_LINE];
	uint8_t filled[1 << LARGE_BUCKET_BITS];

	memset(filled, 0, spread->n_buckets);
	for (size_t i = 0; i < n;)
	{
		size_t piece_end = n - i > KEYS_PER_POLL ? i + KEYS_PER_POLL : n;

		for (; i < piece_end; i++)
		{
			uint64_t key = keys[i];
			size_t b = (size_t) ((key - spread->low) >> spread->shift);

			lines[b][filled[b]++] = key;
			if (filled[b] == KEYS_PER_LINE)
			{
				memcpy(other + ends[b], lines[b], sizeof(lines[b]));
				ends[b] += KEYS_PER_LINE;
				filled[b] = 0;
			}
		}
		if (stop_poll(stop))
			return false;
	}
	for (size_t b = 0; b < spread->n_buckets; b++)
	{
		memcpy(other + ends[b], lines[b], filled[b] * sizeof(uint64_t));
		ends[b] += filled[b];
	}
	return true;
}

/* Spread the keys, whose buckets' ends move from their starts to where they belong; false if a stop
 * was requested. */
static bool
spread_keys(const uint64_t *keys, size_t n, const Spread *spread, uint32_t *ends, uint64_t *other,
			Stop *stop)
{
	if (n > IN_CACHE_MAX)
		return spread_by_lines(keys, n, spread, ends, other, stop);
	for (size_t i = 0; i < n; i++)
		other[ends[(keys[i] - spread->low) >> spread->shift]++] = keys[i];
	return true;
}

/* Sort keys[n] to other[n] if to_other, else to keys[n] itself; the array that is not asked for is
 * scratch. False if a stop was requested: then the array asked for has the keys in some order. */
static bool
sort_part(uint64_t *keys, uint64_t *other, size_t n, bool to_other, Stop *stop)
{
	uint64_t *result = to_other ? other : keys;
	uint32_t ends[(1 << MAX_BUCKET_BITS) + 1];
	uint64_t low;
	uint64_t high;
	size_t largest;
	size_t start = 0;
	size_t since_poll = 0;
	Spread spread;

	find_range(keys, n, &low, &high);
	if (low == high)
	{
		if (to_other)
			memcpy(other, keys, n * sizeof(*keys));
		return true;
	}
	spread = choose_spread(low, high, n);
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
		if (!stopped && since_poll >= KEYS_PER_POLL)
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

/* A sort on threads under way. */
typedef struct SortWork
{
	uint64_t *keys;
	uint64_t *scratch;
	size_t n;
	Stop *stop;
	uint64_t lows[N_SLICES];
	uint64_t highs[N_SLICES];
	Spread spread;
	uint32_t *ends;              /* [N_SLICES][n_buckets], first counts, then as in spread_keys() */
	uint32_t *starts;            /* [n_buckets + 1] */
	size_t groups[N_GROUPS + 1]; /* the first bucket of each, and the end */
	bool is_done[N_GROUPS];      /* the keys of the group are back in keys[] */
} SortWork;

/* The poll of a worker, who may not ask the caller. */
static bool
ask_flag(void *context)
{
	return stop_requested(context);
}

/* Where a slice begins. */
static size_t
slice_start(const SortWork *work, size_t slice)
{
	return work->n / N_SLICES * slice + work->n % N_SLICES * slice / N_SLICES;
}

/* Task: the range of a slice. */
static void
find_slice_range(void *argument, size_t slice, int thread)
{
	SortWork *work = argument;
	size_t start = slice_start(work, slice);

	find_range(work->keys + start, slice_start(work, slice + 1) - start, &work->lows[slice],
			   &work->highs[slice]);
}

/* Task: the bucket sizes of a slice. */
static void
count_slice(void *argument, size_t slice, int thread)
{
	SortWork *work = argument;
	size_t start = slice_start(work, slice);

	count_buckets(work->keys + start, slice_start(work, slice + 1) - start, &work->spread,
				  work->ends + slice * work->spread.n_buckets);
}

/* Task: spread a slice. */
static void
spread_slice(void *argument, size_t slice, int thread)
{
	SortWork *work = argument;
	size_t start = slice_start(work, slice);
	Stop flag = {.poll = ask_flag, .context = work->stop};

	spread_by_lines(work->keys + start, slice_start(work, slice + 1) - start, &work->spread,
					work->ends + slice * work->spread.n_buckets, work->scratch,
					thread == 0 ? work->stop : &flag);
}

/* Task: sort the buckets of a group. */
static void
sort_group(void *argument, size_t group, int thread)
{
	SortWork *work = argument;
	Stop flag = {.poll = ask_flag, .context = work->stop};
	Stop *stop = thread == 0 ? work->stop : &flag;
	bool stopped = false;

	for (size_t b = work->groups[group]; b < work->groups[group + 1]; b++)
	{
		uint32_t start = work->starts[b];
		size_t n = work->starts[b + 1] - start;

		if (stopped || work->spread.shift == 0 || n <= 1)
			memcpy(work->keys + start, work->scratch + start, n * sizeof(uint64_t));
		else if (n <= INSERTION_SORT_MAX)
			insertion_sort(work->scratch + start, work->keys + start, n);
		else
			stopped = !sort_part(work->scratch + start, work->keys + start, n, true, stop);
	}
	work->is_done[group] = true;
}

/* From the slices' bucket sizes to where each slice puts its keys, and to the groups. */
static void
place_slices(SortWork *work)
{
	size_t n_buckets = work->spread.n_buckets;
	uint32_t start = 0;
	size_t group = 0;

	for (size_t b = 0; b < n_buckets; b++)
	{
		work->starts[b] = start;
		while (group <= start / (work->n / N_GROUPS + 1))
			work->groups[group++] = b;
		for (size_t slice = 0; slice < N_SLICES; slice++)
		{
			uint32_t *end = &work->ends[slice * n_buckets + b];
			uint32_t count = *end;

			*end = start;
			start += count;
		}
	}
	work->starts[n_buckets] = start;
	while (group <= N_GROUPS)
		work->groups[group++] = n_buckets;
}

/* Run a task over slices or groups. */
static SdqStatus
run_task(Job *job, PoolTask task, SortWork *work, size_t n_chunks)
{
	SdqStatus status = pool_run(job->pool, task, work, n_chunks);

	return stop_requested(job->stop) ? sdq_error(SDQ_INTERRUPTED, 0, 0) : status;
}

SdqStatus
sort_keys_by_job(uint64_t *keys, uint64_t *scratch, size_t n, Job *job)
{
	SortWork work = {.keys = keys, .scratch = scratch, .n = n, .stop = job->stop};
	SdqStatus status;

	if (n <= IN_CACHE_MAX)
		return sort_keys(keys, scratch, n, job->stop);
	status = run_task(job, find_slice_range, &work, N_SLICES);
	if (sdq_failed(status))
		return status;
	for (size_t slice = 1; slice < N_SLICES; slice++)
	{
		if (work.lows[slice] < work.lows[0])
			work.lows[0] = work.lows[slice];
		if (work.highs[slice] > work.highs[0])
			work.highs[0] = work.highs[slice];
	}
	if (work.lows[0] == work.highs[0])
		return sdq_ok();
	work.spread = choose_spread(work.lows[0], work.highs[0], n);
	work.ends = arena_alloc(job->arena, work.spread.n_buckets, N_SLICES * sizeof(uint32_t));
	work.starts = arena_alloc(job->arena, work.spread.n_buckets + 1, sizeof(uint32_t));
	if (work.ends == NULL || work.starts == NULL)
		return arena_failure(job->arena);
	status = run_task(job, count_slice, &work, N_SLICES);
	if (sdq_failed(status))
		return status;
	place_slices(&work);
	status = run_task(job, spread_slice, &work, N_SLICES);
	if (sdq_failed(status))
		return status;
	status = run_task(job, sort_group, &work, N_GROUPS);
	for (size_t group = 0; group < N_GROUPS; group++)
	{
		uint32_t start = work.starts[work.groups[group]];
		uint32_t end = work.starts[work.groups[group + 1]];

		if (!work.is_done[group])
			memcpy(keys + start, scratch + start, (end - start) * sizeof(uint64_t));
	}
	return status;
}
