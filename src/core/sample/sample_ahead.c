/*
 * sample_ahead.c
 *		Handing the buffers of samples over to be spread.
 */
#include "core/sample/sample_ahead.h"

#include "core/sample/sample_parts.h"

/* A buffer that may become so many times as large is not about to be turned into a run. */
#define ROOM_TO_GROW 4

bool
sample_ahead_may_start(Sample *const *samples, size_t k)
{
	size_t n = 0;

	for (size_t i = 0; i < k; i++)
	{
		size_t n_unsorted = sample_is_loose(samples[i]) ? sample_unsorted(samples[i]) : 0;

		if (n_unsorted == 0 || n_unsorted > parts_buffer_max(samples[i]) / ROOM_TO_GROW)
			return false;
		n += n_unsorted;
	}
	return n >= SAMPLE_AHEAD_MIN;
}

SortAhead *
sample_ahead_start(Sample **samples, size_t k)
{
	KeyList lists[SORT_MOST_SIDES] = {{.n = 0}};
	SortAhead *ahead;

	for (size_t i = 0; i < k; i++)
		lists[i] = (KeyList){.keys = samples[i]->buffer, .n = samples[i]->n_buffered};
	ahead = sort_ahead_start(lists, k);
	if (ahead == NULL)
		return NULL;
	for (size_t i = 0; i < k; i++)
	{
		samples[i]->ahead = ahead;
		samples[i]->n_ahead = 0;
	}
	return ahead;
}

bool
sample_ahead_continue(Sample **samples, size_t k, SortAhead *ahead)
{
	for (size_t i = 0; i < k; i++)
		if (samples[i]->ahead != ahead || !sample_is_loose(samples[i]) ||
			sample_unsorted(samples[i]) == 0)
			return false;
	for (size_t i = 0; i < k; i++)
	{
		Sample *sample = samples[i];

		while (sample->n_buffered - sample->n_ahead >= SORT_AHEAD_PIECE &&
			   sort_ahead_put(ahead, i, sample->buffer + sample->n_ahead, SORT_AHEAD_PIECE))
			sample->n_ahead += SORT_AHEAD_PIECE;
	}
	return true;
}

void
sample_ahead_forget(Sample **samples, size_t k)
{
	for (size_t i = 0; i < k; i++)
		samples[i]->ahead = NULL;
}
