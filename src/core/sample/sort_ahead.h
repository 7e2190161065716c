/*
 * sort_ahead.h
 *		Spreading keys for a sort while more of them come.
 *
 * Whoever collects keys hands copies of them over, piece by piece, and a thread spreads them over buckets
 * (key_cuts.h) meanwhile; so that, when the last has come, sort_sides_ahead() (sort.h) need only sort
 * buckets that fit the cache. The keys themselves stay where they are, and what is here may be given up at
 * any time.
 *
 * The cuts are those of the keys that there are at the start. Where later keys lie elsewhere, some
 * buckets become too large to be of use, and sort_sides_ahead() refuses.
 *
 * Memory comes from the system, as the thread needs it: about as much as the keys take, and some MB. The
 * thread touches nothing else. All functions are for the owner's thread, unless they say otherwise.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_SORT_AHEAD_H
#define SYNTHDQ_CORE_SAMPLE_SORT_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/stop.h"
#include "core/sample/key_cuts.h"

/* Keys of a piece. */
#define SORT_AHEAD_PIECE ((size_t) 1 << 13)

typedef struct SortAhead SortAhead;

/* Choose cuts for the keys of lists[n_sides], of which there is at least one, and start the thread; hands
 * nothing over yet. NULL if there is no memory or no thread. n_sides is at most SORT_MOST_SIDES. */
extern SortAhead *sort_ahead_start(const KeyList *lists, size_t n_sides);

/* Hand n <= SORT_AHEAD_PIECE keys of a side over; false, and nothing is done: the thread lags behind. */
extern bool sort_ahead_put(SortAhead *ahead, size_t side, const uint64_t *keys, size_t n);

/* Stop the thread if it runs, whatever it has done, and free all memory. NULL is allowed. */
extern void sort_ahead_free(SortAhead *ahead);

/* For the sort. */

/* Spread the last keys, here too while the thread is busy, and wait until all are spread and the thread
 * has ended. False if memory did not suffice or a stop was requested: all is given up. */
extern bool sort_ahead_finish(SortAhead *ahead, const KeyList *rest, Stop *stop);

/* The cuts; the number of keys in a bucket; and a copy of these to to[]. After sort_ahead_finish(), on any
 * thread. */
extern const KeyCuts *sort_ahead_cuts(const SortAhead *ahead);
extern size_t sort_ahead_count(const SortAhead *ahead, size_t side, size_t bucket);
extern void sort_ahead_gather(const SortAhead *ahead, size_t side, size_t bucket, uint64_t *to);

/* Free the keys. */
extern void sort_ahead_clear(SortAhead *ahead);

/* The sides given at the start. */
extern size_t sort_ahead_sides(const SortAhead *ahead);

#endif
