/*
 * sort.h
 *		Sorting keys: 64-bit unsigned integers, ascending.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_SORT_H
#define SYNTHDQ_CORE_SAMPLE_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/base/stop.h"

/*
 * Sort keys[n], n < 2^32, in place; scratch[n] is overwritten. MSD radix sort: keys are spread over
 * buckets by their leading bits between the smallest and the largest, until the buckets are small.
 * About 10 ns a key where buckets of the first pass fit the second-level cache, less where keys repeat;
 * at most 16 passes. SDQ_INTERRUPTED leaves the keys in some order.
 */
extern SdqStatus sort_keys(uint64_t *keys, uint64_t *scratch, size_t n, Stop *stop);

/* The same on the threads of a job, which needs about 500 kB a side from its arena. Any failure leaves the
 * keys in some order. */
extern SdqStatus sort_keys_by_job(uint64_t *keys, uint64_t *scratch, size_t n, Job *job);

struct SortAhead;

#define SORT_MOST_SIDES 2

/* Keys to be sorted beside others; scratch[n] is overwritten. */
typedef struct SortSide
{
	uint64_t *keys;    /* [n] */
	uint64_t *scratch; /* [n] */
	size_t n;          /* below 2^32 */
} SortSide;

/* All keys of a range, side by side: those of a group are above those of the group before. */
typedef struct SortedGroup
{
	const uint64_t *keys[SORT_MOST_SIDES]; /* [n], ascending; they stay where they are */
	size_t n[SORT_MOST_SIDES];             /* may be 0 */
	size_t before[SORT_MOST_SIDES];        /* keys of the groups before */
} SortedGroup;

#define SORT_MOST_GROUPS 4096

/* Whoever looks at groups when they have been sorted, on any thread, in any order. */
typedef void (*SortVisit)(void *argument, size_t index, const SortedGroup *group);

/*
 * Sort several sides at a time, in groups of the same range: each is shown to visit() (NULL: to nobody)
 * while it is in the cache. There are at most SORT_MOST_GROUPS, numbered from 0 in ascending order. A
 * failure, as above, leaves some of them out.
 */
extern SdqStatus sort_sides_by_job(const SortSide *sides, size_t n_sides, SortVisit visit,
								   void *argument, Job *job, size_t *n_groups);

/*
 * The same of keys the first n_ahead[side] of which have been handed over to `ahead` (sort_ahead.h), whose
 * sides these are. No scratch is needed. *is_done = false, and the keys are as they were: the buckets are of no
 * use, or memory did not suffice. `ahead` is of no use afterwards, and has given its keys back.
 */
extern SdqStatus sort_sides_ahead(struct SortAhead *ahead, const size_t *n_ahead,
								  const SortSide *sides, SortVisit visit, void *argument, Job *job,
								  size_t *n_groups, bool *is_done);

#endif
