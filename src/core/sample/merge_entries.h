/*
 * merge_entries.h
 *		The inner loop of every merge of two sorted lists of entries.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_MERGE_ENTRIES_H
#define SYNTHDQ_CORE_SAMPLE_MERGE_ENTRIES_H

#include <stddef.h>
#include <stdint.h>

/* One of the two lists: entries in strictly ascending order of value. */
typedef struct MergeInput
{
	const double *values;   /* [n] */
	const uint64_t *counts; /* [n] */
	size_t n;
	size_t next; /* index of the first entry that is not merged yet */
} MergeInput;

/*
 * Write the union of two lists to values[] and counts[] from index n on, counts of equal values added,
 * until a list is used up or index `end` is reached; returns the index behind the last entry written.
 *
 * Which side comes first is unpredictable, so the loop selects without branches. Each turn advances at
 * least one side, even if damaged data brought a NaN here.
 */
static inline size_t
merge_entries(MergeInput *a, MergeInput *b, double *values, uint64_t *counts, size_t n, size_t end)
{
	size_t i = a->next;
	size_t j = b->next;

	while (n < end && i < a->n && j < b->n)
	{
		double value_a = a->values[i];
		double value_b = b->values[j];
		size_t take_a = !(value_b < value_a);
		size_t take_b = !(value_a < value_b);

		values[n] = take_a ? value_a : value_b;
		counts[n] = (a->counts[i] & -(uint64_t) take_a) + (b->counts[j] & -(uint64_t) take_b);
		i += take_a;
		j += take_b;
		n++;
	}
	a->next = i;
	b->next = j;
	return n;
}

#endif
