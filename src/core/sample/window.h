/*
 * window.h
 *		The counting window: how many times each integer of a range was seen.
 *
 * 8-bit pixels, and whatever else is integer and dense, are counted instead of stored: a slot per
 * integer of [low, low + n_slots). A slot has four counters, used in turn by neighbouring elements
 * of an array, because images are mostly zeros and adding to one and the same word stalls until the
 * last store is through; the count of a slot is their sum. Counters have 32 bits, which suffices
 * since a whole sample has at most SAMPLE_MAX_COUNT observations.
 *
 * One more slot at the end takes what branch-free loops count for values that are not in the window;
 * its content means nothing.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_WINDOW_H
#define SYNTHDQ_CORE_SAMPLE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/sample/memory.h"
#include "core/sample/run.h"

#define WINDOW_LANES 4

/* Integers beyond this are not looked at: low + slot and its double must be exact. */
#define WINDOW_MAX_MAGNITUDE 4503599627370496.0 /* 2^52 */

typedef struct Window
{
	int64_t low;
	size_t n_slots;     /* 0 = no window yet */
	uint32_t *counters; /* [n_slots + 1][WINDOW_LANES] */
} Window;

/* The integers that a window counts. */
typedef struct WindowRange
{
	int64_t low;
	size_t n_slots; /* 0 = none yet */
} WindowRange;

/* The range that a window of `range` should grow to for from..to (both within WINDOW_MAX_MAGNITUDE) and
 * a sample of n observations; the same if it covers them. False, and the range is as it was: too wide,
 * or too sparse to be worth its memory. */
extern bool window_plan(WindowRange *range, int64_t from, int64_t to, uint64_t n);

/*
 * Make the window cover the integers from..to as window_plan() has it. False: it does not cover them, and is as it
 * was (too wide, too sparse, or no memory; the values must go elsewhere, which is no error).
 */
extern bool window_cover(Window *window, SampleMemory *memory, int64_t from, int64_t to,
						 uint64_t n);

/* Is the value an integer that a window could hold? Without a branch on the value. */
static inline bool
window_is_countable(double value)
{
	bool in_range = value >= -WINDOW_MAX_MAGNITUDE && value <= WINDOW_MAX_MAGNITUDE;
	double safe = in_range ? value : 0.5;

	return (double) (int64_t) safe == safe;
}

/* The slot of a value, n_slots if it has none (NaN has none). */
static inline size_t
window_slot(const Window *window, double value)
{
	double offset = value - (double) window->low;
	bool inside = offset >= 0 && offset < (double) window->n_slots;
	size_t slot = inside ? (size_t) offset : 0;

	/* The subtraction may have rounded, so the way back decides. */
	return inside && (double) (window->low + (int64_t) slot) == value ? slot : window->n_slots;
}

/* Count `count` observations in a slot. */
static inline void
window_add(Window *window, size_t slot, uint64_t count)
{
	window->counters[slot * WINDOW_LANES] += (uint32_t) count;
}

/* The count of a slot. */
static inline uint64_t
window_count(const Window *window, size_t slot)
{
	const uint32_t *lanes = window->counters + slot * WINDOW_LANES;

	return (uint64_t) lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

/* Slots with a count above 0. */
extern size_t window_n_distinct(const Window *window);

/* The window's content as a SampleView has it: values and counts [window_n_distinct()]. */
extern void window_entries(const Window *window, double *values, uint64_t *counts);

extern void window_free(Window *window, SampleMemory *memory);

#endif
