/*
 * sample_ahead.h
 *		Preparing the sort of samples while they grow.
 *
 * While nothing but distinct numbers in no order is added to samples, another thread can spread them
 * over buckets (sort_ahead.h), which is a good part of the sort. What it has are copies, and the samples
 * remain as whole as ever: whatever else happens to them, the sort just does without.
 * sample_sort_sides() takes it up, for the same samples in the same order.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_SAMPLE_AHEAD_H
#define SYNTHDQ_CORE_SAMPLE_SAMPLE_AHEAD_H

#include "core/sample/sample.h"
#include "core/sample/sort_ahead.h"

/* Observations of all samples from which on it is worth a thread, and the cuts of what is there fit what
 * comes. */
#define SAMPLE_AHEAD_MIN ((size_t) 1 << 20)

/* May samples[k], k <= SORT_MOST_SIDES, be what sample_sort_sides() would sort once there are more of them? */
extern bool sample_ahead_may_start(Sample *const *samples, size_t k);

/* Start, with nothing handed over yet; NULL if that is not possible. To be freed by sort_ahead_free(). */
extern SortAhead *sample_ahead_start(Sample **samples, size_t k);

/* Hand what has come since over, as far as the thread keeps up. False: it is of no use any more, and to
 * be forgotten and freed. */
extern bool sample_ahead_continue(Sample **samples, size_t k, SortAhead *ahead);

/* Let samples forget it. To be called before it is freed, unless they are never used again. */
extern void sample_ahead_forget(Sample **samples, size_t k);

#endif
