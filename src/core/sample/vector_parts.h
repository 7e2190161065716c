/*
 * vector_parts.h
 *		The parts of a vector of samples: for vector.c and vector_show.c alone.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_VECTOR_PARTS_H
#define SYNTHDQ_CORE_SAMPLE_VECTOR_PARTS_H

#include "core/sample/vector.h"

/* Counters in a cache line. */
#define VECTOR_LINE_COUNTERS 16

/* Counters from one position to the next. A cache line more than the slots, whose number is a power of
 * two: the same slot of all positions would fall into a few sets of the cache. */
static inline size_t
vector_row_counters(size_t n_slots)
{
	return n_slots == 0 ? 0 : n_slots + VECTOR_LINE_COUNTERS;
}

/* The counters of a position; NULL if there are none. */
static inline uint32_t *
vector_counters_at(const SampleVector *vector, size_t position)
{
	if (vector->counters == NULL)
		return NULL;
	return vector->counters + position * vector_row_counters(vector->window.n_slots);
}

/* Empty the buffer into the runs; the value does not change, also where it fails. */
extern SdqStatus vector_settle(SampleVector *vector, Stop *stop);

#endif
