/*
 * window.c
 *		Growing and reading the counting window.
 */
#include "core/sample/window.h"

/* The first window: four cache lines of counters. */
#define MIN_SLOTS 16
/* The widest: any smallint sample fits, 1 MB. */
#define MAX_SLOTS 65536
/* A window this wide is always worth it: 8-bit data, 4 kB. */
#define DENSE_SLOTS 256
/* A wider one if there are at least this many observations per two slots, so that a window costs no
 * more than a few times what the observations themselves would. */
#define SLOTS_PER_OBSERVATION 2
/* A window is no larger than this part of the memory that there may be: the rest is for what it does
 * not cover. */
#define MEMORY_SHARE 4

/* Bytes of the counters of so many slots. */
static size_t
counter_bytes(size_t n_slots)
{
	return n_slots == 0 ? 0 : (n_slots + 1) * WINDOW_LANES * sizeof(uint32_t);
}

bool
window_plan(WindowRange *range, int64_t from, int64_t to, uint64_t n)
{
	int64_t old_high = range->low + (int64_t) range->n_slots - 1;
	int64_t low = from;
	int64_t high = to;
	uint64_t span;
	size_t n_slots = MIN_SLOTS;
	bool are_bytes;

	if (range->n_slots > 0)
	{
		if (from >= range->low && to <= old_high)
			return true;
		if (range->low < low)
			low = range->low;
		if (old_high > high)
			high = old_high;
	}
	span = (uint64_t) (high - low) + 1;
	if (span > MAX_SLOTS || (span > DENSE_SLOTS && span / SLOTS_PER_OBSERVATION > n))
		return false;
	while (n_slots < span)
		n_slots *= 2;
	are_bytes = low >= 0 && high < DENSE_SLOTS;
	/* The spare slots lie on the side towards which the window grows. */
	if (range->n_slots > 0 && low < range->low && high == old_high)
		low = high + 1 - (int64_t) n_slots;
	if (are_bytes)
	{
		/* Bytes have no values beyond their range, on either side: no slot is spent on them, and none
		 * of the window's growth. */
		if (low > DENSE_SLOTS - (int64_t) n_slots)
			low = DENSE_SLOTS - (int64_t) n_slots;
		if (low < 0)
			low = 0;
	}
	*range = (WindowRange){.low = low, .n_slots = n_slots};
	return true;
}

bool
window_cover(Window *window, SampleMemory *memory, int64_t from, int64_t to, uint64_t n)
{
	WindowRange range = {.low = window->low, .n_slots = window->n_slots};
	SdqStatus ignored;
	uint32_t *counters;

	if (!window_plan(&range, from, to, n))
		return false;
	if (range.low == window->low && range.n_slots == window->n_slots)
		return true;
	if (memory->limit != 0 && counter_bytes(range.n_slots) > memory->limit / MEMORY_SHARE)
		return false;
	counters = sample_memory_resize(memory, NULL, 0, counter_bytes(range.n_slots), &ignored);
	if (counters == NULL)
		return false;
	memset(counters, 0, counter_bytes(range.n_slots));
	if (window->n_slots > 0)
		memcpy(counters + (size_t) (window->low - range.low) * WINDOW_LANES, window->counters,
			   window->n_slots * WINDOW_LANES * sizeof(uint32_t));
	window_free(window, memory);
	*window = (Window){.low = range.low, .n_slots = range.n_slots, .counters = counters};
	return true;
}

size_t
window_n_distinct(const Window *window)
{
	size_t n_distinct = 0;

	for (size_t slot = 0; slot < window->n_slots; slot++)
		n_distinct += window_count(window, slot) > 0;
	return n_distinct;
}

void
window_entries(const Window *window, double *values, uint64_t *counts)
{
	size_t n = 0;

	for (size_t slot = 0; slot < window->n_slots; slot++)
	{
		uint64_t count = window_count(window, slot);

		if (count == 0)
			continue;
		values[n] = (double) (window->low + (int64_t) slot);
		counts[n] = count;
		n++;
	}
}

void
window_free(Window *window, SampleMemory *memory)
{
	sample_memory_free(memory, window->counters, counter_bytes(window->n_slots));
	*window = (Window){.low = 0, .n_slots = 0, .counters = NULL};
}
