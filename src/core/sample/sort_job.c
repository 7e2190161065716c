/*
 * sort_job.c
 *		Sorting on threads.
 *
 * The keys of all sides are cut into the same buckets (key_cuts.h), some thousand of them, each of which
 * fits the first- or second-level cache:
 *
 *	 1. each side is divided into slices; the tasks count what each slice has of each bucket;
 *	 2. from that follows where each slice's share of each bucket belongs, and the tasks spread the keys
 *		to there, from keys[] to scratch[];
 *	 3. the tasks sort the buckets back to keys[], and show them to the visitor while they are in the
 *		cache: both sides of a range of values, and how many keys are below.
 *
 * Keys have no identity, so that any way of sorting gives the same bits; the cuts, and so what a visitor
 * sees, depend on the order of the keys, but not on the number of threads.
 *
 * Keys that were spread while they came (sort_ahead.h) have the first two steps behind them. Each of their buckets
 * is copied to scratch of the thread that sorts it.
 *
 * If one bucket has most of the keys, one thread has most of the work, and all is as right as ever.
 */
#include "core/sample/sort.h"

#include <string.h>

#include "core/sample/key_cuts.h"
#include "core/sample/sort_ahead.h"
#include "core/sample/sort_part.h"

/* Slices of a side: enough for threads that advance at different speed. A slice's share of most buckets
 * should be some lines. */
#define N_SLICES 16

/* Buckets that a task sorts: about a millisecond's work where there are ten million keys. */
#define BUCKETS_PER_TASK 8

/* Keys that were spread ahead are of no use if a bucket is larger than the cache and has more than this part of
 * them. */
#define MOST_OF_BUCKET 16

_Static_assert(KEY_CUTS_MOST_BUCKETS <= SORT_MOST_GROUPS, "each bucket is a group");

/* A sort under way. */
typedef struct SortWork
{
	const SortSide *sides; /* [n_sides] */
	size_t n_sides;
	Stop *stop;
	SortVisit visit;
	void *argument;
	KeyCuts cuts;
	KeyRange *ranges; /* [n_buckets] */
	uint32_t *
		ends; /* [n_sides][N_SLICES][n_buckets]: first counts, then as spread_by_lines() has them */
	uint32_t *starts; /* [n_sides][n_buckets + 1] */
	bool *is_done;    /* [n_buckets]: its keys are back in keys[] */

	/* If keys were spread ahead: */
	SortAhead *ahead;   /* or else NULL */
	uint64_t *gathered; /* [threads][most]: a bucket's keys */
	size_t most;        /* keys of a bucket of a side */
} SortWork;

#define MAP          KeyCuts
#define BUCKET       key_cuts_bucket
#define MOST_BUCKETS KEY_CUTS_MOST_BUCKETS
#include "core/sample/sort_lines_template.h"
#undef MAP
#undef BUCKET
#undef MOST_BUCKETS

/* The poll of a worker, who may not ask the caller. */
static bool
ask_flag(void *context)
{
	return stop_requested(context);
}

/* A slice of a side: its keys, and its ends. */
typedef struct Slice
{
	const SortSide *side;
	const uint64_t *keys; /* [n] */
	size_t n;
	uint32_t *ends; /* [n_buckets] */
} Slice;

/* Slice `index` of n_sides x N_SLICES. */
static Slice
slice_at(const SortWork *work, size_t index)
{
	const SortSide *side = &work->sides[index / N_SLICES];
	size_t i = index % N_SLICES;
	size_t start = side->n / N_SLICES * i + side->n % N_SLICES * i / N_SLICES;
	size_t end = side->n / N_SLICES * (i + 1) + side->n % N_SLICES * (i + 1) / N_SLICES;

	return (Slice){.side = side,
				   .keys = side->keys + start,
				   .n = end - start,
				   .ends = work->ends + index * work->cuts.n_buckets};
}

/* Task: what a slice has of each bucket. */
static void
count_slice(void *argument, size_t index, int thread)
{
	SortWork *work = argument;
	Slice slice = slice_at(work, index);

	memset(slice.ends, 0, work->cuts.n_buckets * sizeof(*slice.ends));
	for (size_t i = 0; i < slice.n; i++)
		slice.ends[key_cuts_bucket(&work->cuts, slice.keys[i])]++;
}

/* Task: spread a slice. */
static void
spread_slice(void *argument, size_t index, int thread)
{
	SortWork *work = argument;
	Slice slice = slice_at(work, index);
	Stop flag = {.poll = ask_flag, .context = work->stop};

	spread_by_lines(slice.keys, slice.n, &work->cuts, work->cuts.n_buckets, slice.ends,
					slice.side->scratch, thread == 0 ? work->stop : &flag);
}

/* Where the keys of a bucket are: spread from `start` on, or copied there. */
static uint64_t *
bucket_keys(const SortWork *work, size_t s, size_t bucket, size_t start, int thread)
{
	uint64_t *gathered;

	if (work->ahead == NULL)
		return work->sides[s].scratch + start;
	gathered = work->gathered + (size_t) thread * work->most;
	sort_ahead_gather(work->ahead, s, bucket, gathered);
	return gathered;
}

/* Sort a bucket of all sides, and show it. */
static void
sort_bucket(SortWork *work, size_t bucket, int thread, Stop *stop)
{
	SortedGroup group;
	KeyRange range = work->ranges[bucket];
	bool is_sorted = true;

	for (size_t s = 0; s < work->n_sides; s++)
	{
		const uint32_t *starts = work->starts + s * (work->cuts.n_buckets + 1);
		uint64_t *keys = work->sides[s].keys + starts[bucket];
		uint64_t *scratch = bucket_keys(work, s, bucket, starts[bucket], thread);
		size_t n = starts[bucket + 1] - starts[bucket];

		group.keys[s] = keys;
		group.n[s] = n;
		group.before[s] = starts[bucket];
		if (!is_sorted)
			memcpy(keys, scratch, n * sizeof(*keys));
		else
			is_sorted = sort_part_to(scratch, keys, n, range.low, range.high, stop);
	}
	work->is_done[bucket] = true;
	if (is_sorted && work->visit != NULL)
		work->visit(work->argument, bucket, &group);
}

/* Task: sort some buckets. */
static void
sort_buckets(void *argument, size_t task, int thread)
{
	SortWork *work = argument;
	Stop flag = {.poll = ask_flag, .context = work->stop};
	size_t end = (task + 1) * BUCKETS_PER_TASK;

	if (end > work->cuts.n_buckets)
		end = work->cuts.n_buckets;
	for (size_t b = task * BUCKETS_PER_TASK; b < end; b++)
		sort_bucket(work, b, thread, thread == 0 ? work->stop : &flag);
}

/* From what the slices have of each bucket to where they put it. */
static void
place_slices(SortWork *work)
{
	size_t n_buckets = work->cuts.n_buckets;

	for (size_t s = 0; s < work->n_sides; s++)
	{
		uint32_t *starts = work->starts + s * (n_buckets + 1);
		uint32_t *ends = work->ends + s * N_SLICES * n_buckets;
		uint32_t start = 0;

		for (size_t b = 0; b < n_buckets; b++)
		{
			starts[b] = start;
			for (size_t slice = 0; slice < N_SLICES; slice++)
			{
				uint32_t count = ends[slice * n_buckets + b];

				ends[slice * n_buckets + b] = start;
				start += count;
			}
		}
		starts[n_buckets] = start;
	}
}

/* Choose the cuts, and take memory for what follows. */
static SdqStatus
prepare(SortWork *work, Arena *arena)
{
	KeyList lists[SORT_MOST_SIDES];
	size_t n_buckets;

	for (size_t s = 0; s < work->n_sides; s++)
		lists[s] = (KeyList){.keys = work->sides[s].keys, .n = work->sides[s].n};
	key_cuts_choose(&work->cuts, lists, work->n_sides);
	n_buckets = work->cuts.n_buckets;
	work->ranges = arena_alloc(arena, n_buckets, sizeof(KeyRange));
	work->ends = arena_alloc(arena, n_buckets, work->n_sides * N_SLICES * sizeof(uint32_t));
	work->starts = arena_alloc(arena, n_buckets + 1, work->n_sides * sizeof(uint32_t));
	work->is_done = arena_zalloc(arena, n_buckets, sizeof(bool));
	if (work->ranges == NULL || work->ends == NULL || work->starts == NULL || work->is_done == NULL)
		return arena_failure(arena);
	key_cuts_ranges(&work->cuts, work->ranges);
	return sdq_ok();
}

/* Bring buckets that nobody has sorted back to where they were taken from. */
static void
bring_back(SortWork *work)
{
	for (size_t s = 0; s < work->n_sides; s++)
	{
		const SortSide *side = &work->sides[s];
		const uint32_t *starts = work->starts + s * (work->cuts.n_buckets + 1);

		for (size_t b = 0; b < work->cuts.n_buckets; b++)
			if (!work->is_done[b] && work->ahead != NULL)
				sort_ahead_gather(work->ahead, s, b, side->keys + starts[b]);
			else if (!work->is_done[b])
				memcpy(side->keys + starts[b], side->scratch + starts[b],
					   (starts[b + 1] - starts[b]) * sizeof(uint64_t));
	}
}

/* Run a task. */
static SdqStatus
run_task(Job *job, PoolTask task, SortWork *work, size_t n_chunks)
{
	SdqStatus status = pool_run(job->pool, task, work, n_chunks);

	return stop_requested(job->stop) ? sdq_error(SDQ_INTERRUPTED, 0, 0) : status;
}

/* Sort all buckets; whatever happens, all keys are in keys[] then. */
static SdqStatus
sort_all_buckets(SortWork *work, Job *job)
{
	SdqStatus status = run_task(job, sort_buckets, work,
								(work->cuts.n_buckets + BUCKETS_PER_TASK - 1) / BUCKETS_PER_TASK);

	if (sdq_failed(status))
		bring_back(work);
	return status;
}

/* Few keys: here, as one group. */
static SdqStatus
sort_few(const SortSide *sides, size_t n_sides, SortVisit visit, void *argument, Stop *stop)
{
	SortedGroup group;

	for (size_t s = 0; s < n_sides; s++)
	{
		SdqStatus status = sort_keys(sides[s].keys, sides[s].scratch, sides[s].n, stop);

		if (sdq_failed(status))
			return status;
		group.keys[s] = sides[s].keys;
		group.n[s] = sides[s].n;
		group.before[s] = 0;
	}
	if (visit != NULL)
		visit(argument, 0, &group);
	return sdq_ok();
}

SdqStatus
sort_sides_by_job(const SortSide *sides, size_t n_sides, SortVisit visit, void *argument, Job *job,
				  size_t *n_groups)
{
	SortWork work = {.sides = sides,
					 .n_sides = n_sides,
					 .stop = job->stop,
					 .visit = visit,
					 .argument = argument};
	size_t n = 0;
	SdqStatus status;

	for (size_t s = 0; s < n_sides; s++)
		n += sides[s].n;
	*n_groups = 1;
	if (n <= SORT_IN_CACHE_MAX)
		return sort_few(sides, n_sides, visit, argument, job->stop);
	status = prepare(&work, job->arena);
	if (!sdq_failed(status))
		status = run_task(job, count_slice, &work, n_sides * N_SLICES);
	if (sdq_failed(status))
		return status;
	place_slices(&work);
	status = run_task(job, spread_slice, &work, n_sides * N_SLICES);
	if (sdq_failed(status))
		return status;
	*n_groups = work.cuts.n_buckets;
	return sort_all_buckets(&work, job);
}

/* Memory to sort what was spread ahead, and where its buckets belong. False if that is not worth it, or not
 * possible. */
static bool
prepare_ahead(SortWork *work, Job *job)
{
	size_t n_buckets = work->cuts.n_buckets;
	size_t n = 0;

	work->ranges = arena_alloc(job->arena, n_buckets, sizeof(KeyRange));
	work->starts = arena_alloc(job->arena, n_buckets + 1, work->n_sides * sizeof(uint32_t));
	work->is_done = arena_zalloc(job->arena, n_buckets, sizeof(bool));
	if (work->ranges == NULL || work->starts == NULL || work->is_done == NULL)
		return false;
	key_cuts_ranges(&work->cuts, work->ranges);
	for (size_t s = 0; s < work->n_sides; s++)
	{
		uint32_t *starts = work->starts + s * (n_buckets + 1);

		starts[0] = 0;
		for (size_t b = 0; b < n_buckets; b++)
		{
			size_t count = sort_ahead_count(work->ahead, s, b);

			work->most = count > work->most ? count : work->most;
			starts[b + 1] = starts[b] + (uint32_t) count;
		}
		n += starts[n_buckets];
	}
	if (work->most > SORT_IN_CACHE_MAX && work->most > n / MOST_OF_BUCKET)
		return false;
	work->gathered = arena_alloc(job->arena, (size_t) pool_threads(job->pool),
								 (work->most + 1) * sizeof(uint64_t));
	return work->gathered != NULL;
}

SdqStatus
sort_sides_ahead(SortAhead *ahead, const size_t *n_ahead, const SortSide *sides, SortVisit visit,
				 void *argument, Job *job, size_t *n_groups, bool *is_done)
{
	SortWork work = {.sides = sides,
					 .n_sides = sort_ahead_sides(ahead),
					 .stop = job->stop,
					 .visit = visit,
					 .argument = argument,
					 .cuts = *sort_ahead_cuts(ahead),
					 .ahead = ahead};
	KeyList rest[SORT_MOST_SIDES] = {{.n = 0}};
	SdqStatus status = sdq_ok();

	for (size_t s = 0; s < work.n_sides; s++)
		rest[s] = (KeyList){.keys = sides[s].keys + n_ahead[s], .n = sides[s].n - n_ahead[s]};
	*is_done = sort_ahead_finish(ahead, rest, job->stop) && prepare_ahead(&work, job);
	*n_groups = work.cuts.n_buckets;
	if (*is_done)
		status = sort_all_buckets(&work, job);
	sort_ahead_clear(ahead);
	return status;
}

SdqStatus
sort_keys_by_job(uint64_t *keys, uint64_t *scratch, size_t n, Job *job)
{
	SortSide side = {.keys = keys, .scratch = scratch, .n = n};
	size_t n_groups;

	return sort_sides_by_job(&side, 1, NULL, NULL, job, &n_groups);
}
