/*
 * sort_test.c
 *		Sorting keys: every distribution against qsort, alone and on threads; and what is left of the keys
 *		when somebody stops it.
 */
#include "core/sample/sort.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/base/rng.h"
#include "core/sample/key_cuts.h"
#include "stops.h"

#define MOST_KEYS    ((size_t) 400001)
#define STOPPED_KEYS ((size_t) 200001)

static uint64_t keys[MOST_KEYS];
static uint64_t scratch[MOST_KEYS];
static uint64_t original[MOST_KEYS];
static uint64_t expected[MOST_KEYS];

/* Key i of n in one of the distributions. */
typedef uint64_t (*MakeKey)(Rng *rng, size_t i, size_t n);

static uint64_t
any_bits(Rng *rng, size_t i, size_t n)
{
	return rng_u64(rng);
}

static uint64_t
all_equal(Rng *rng, size_t i, size_t n)
{
	return UINT64_MAX;
}

static uint64_t
ascending(Rng *rng, size_t i, size_t n)
{
	return i * 3;
}

static uint64_t
descending(Rng *rng, size_t i, size_t n)
{
	return (n - i) << 20;
}

/* The ends of the range. */
static uint64_t
two_values(Rng *rng, size_t i, size_t n)
{
	return rng_u64(rng) & 1 ? UINT64_MAX : 0;
}

/* One key far away from all others, which then share a bucket. */
static uint64_t
one_outlier(Rng *rng, size_t i, size_t n)
{
	return i == n / 2 ? UINT64_MAX : rng_u64(rng) >> 40;
}

/* Clusters within clusters: each spreading leaves a large bucket. */
static uint64_t
nested(Rng *rng, size_t i, size_t n)
{
	return rng_u64(rng) >> (rng_u64(rng) % 64);
}

static const MakeKey distributions[] = {any_bits,   all_equal,   ascending, descending,
										two_values, one_outlier, nested};

#define N_DISTRIBUTIONS (sizeof(distributions) / sizeof(distributions[0]))

static int
compare_keys(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *) a;
	uint64_t y = *(const uint64_t *) b;

	return (x > y) - (x < y);
}

/* Fill original[n], and expected[n] with the same in order. */
static void
make_keys(MakeKey make, size_t n)
{
	Rng rng;

	rng_seed(&rng, n, 0);
	for (size_t i = 0; i < n; i++)
		original[i] = make(&rng, i, n);
	memcpy(expected, original, n * sizeof(*keys));
	qsort(expected, n, sizeof(*keys), compare_keys);
}

/* Sort original[n] on so many threads, 0: without a pool; stop at a question if `stop_at` is above 0.
 * Whatever happens, keys[] must have what they had, in order unless the sort was stopped. */
static bool
sort_on(int threads, size_t n, int stop_at, bool *stopped)
{
	Stop stop = {.poll = stop_at > 0 ? stop_countdown : NULL, .context = &stop_at};
	Arena arena;
	Job job = {.arena = &arena, .stop = &stop};
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), 0);
	memcpy(keys, original, n * sizeof(*keys));
	memset(scratch, 0, n * sizeof(*scratch));
	if (threads > 0)
		pool_create(&job.pool, threads, &stop);
	status = sort_keys_by_job(keys, scratch, n, &job);
	pool_destroy(job.pool);
	arena_free(&arena);
	*stopped = status.code == SDQ_INTERRUPTED;
	if (*stopped)
		qsort(keys, n, sizeof(*keys), compare_keys);
	return (*stopped || !sdq_failed(status)) && memcmp(keys, expected, n * sizeof(*keys)) == 0;
}

/* Sizes around those from which on keys are spread, by lines, on threads. */
static void
check_distributions(void)
{
	static const size_t sizes[] = {1, 2, 48, 49, 1000, 8191, 8192, 131072, 131073, MOST_KEYS};

	for (size_t d = 0; d < N_DISTRIBUTIONS; d++)
	{
		bool alone = true;
		bool on_threads = true;
		bool stopped;

		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
		{
			size_t n = sizes[k];

			make_keys(distributions[d], n);
			memcpy(keys, original, n * sizeof(*keys));
			alone = alone && !sdq_failed(sort_keys(keys, scratch, n, NULL)) &&
					memcmp(keys, expected, n * sizeof(*keys)) == 0;
			for (int threads = 0; threads <= 4; threads++)
				on_threads = sort_on(threads, n, 0, &stopped) && !stopped && on_threads;
		}
		check(alone, "keys of each size are sorted");
		check(on_threads, "and on threads");
	}
}

/* Stop at the first question, the second, ... until there are no more. */
static void
check_stops(void)
{
	bool whole = true;
	int n_stopped = 0;

	for (size_t d = 0; d < N_DISTRIBUTIONS; d += N_DISTRIBUTIONS - 1)
	{
		make_keys(distributions[d], STOPPED_KEYS);
		for (int threads = 0; threads <= 2; threads++)
			for (int stop_at = 1; stop_at < 1000; stop_at += 1 + stop_at / 2)
			{
				bool stopped;

				whole = sort_on(threads, STOPPED_KEYS, stop_at, &stopped) && whole;
				n_stopped += stopped;
			}
	}
	check(whole, "a sort that is stopped anywhere leaves all keys");
	check(n_stopped > 20, "and there are many places to stop it");
}

/* Do the buckets of expected[n], which ascends, ascend, each within its range if it has one? */
static bool
cuts_are_sound(size_t n)
{
	static KeyRange ranges[KEY_CUTS_MOST_BUCKETS];
	/* What the keys of a side may be beyond those of the other. */
	KeyList lists[] = {{.keys = original, .n = n / 2}, {.keys = original + n / 2, .n = n - n / 2}};
	KeyCuts cuts;
	size_t last = 0;

	key_cuts_choose(&cuts, lists, 2);
	if (cuts.n_buckets > KEY_CUTS_MOST_BUCKETS)
		return false;
	key_cuts_ranges(&cuts, ranges);
	for (size_t i = 0; i < n; i++)
	{
		size_t b = key_cuts_bucket(&cuts, expected[i]);

		if (b < last || b >= cuts.n_buckets ||
			(ranges[b].low < ranges[b].high &&
			 (expected[i] < ranges[b].low || expected[i] > ranges[b].high)))
			return false;
		last = b;
	}
	return true;
}

/* Any keys are cut in order. */
static void
check_cuts(void)
{
	static const size_t sizes[] = {1, 2, 100, 8192, MOST_KEYS};
	bool sound = true;

	for (size_t d = 0; d < N_DISTRIBUTIONS; d++)
		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
		{
			make_keys(distributions[d], sizes[k]);
			sound = sound && cuts_are_sound(sizes[k]);
		}
	check(sound, "cuts bring ascending keys to ascending buckets");
}

int
main(void)
{
	check_distributions();
	check_cuts();
	check_stops();
	return check_done();
}
