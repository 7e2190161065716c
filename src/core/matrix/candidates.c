/*
 * candidates.c
 *		Binary heaps and Hoare's selection (C. A. R. Hoare, "Algorithm 65: find", CACM 4, 1961).
 */
#include "core/matrix/candidates.h"

#include <stdbool.h>
#include <string.h>

/* Does a come after b? */
static inline bool
is_after(Candidate a, Candidate b)
{
	return a.distance2 > b.distance2 || (a.distance2 == b.distance2 && a.index > b.index);
}

/* Restore the heap (farthest at 0) below `hole`, where `value` is to go. */
static void
sift_down(Candidate *heap, size_t length, size_t hole, Candidate value)
{
	for (;;)
	{
		size_t child = 2 * hole + 1;

		if (child >= length)
			break;
		if (child + 1 < length && is_after(heap[child + 1], heap[child]))
			child++;
		if (!is_after(heap[child], value))
			break;
		heap[hole] = heap[child];
		hole = child;
	}
	heap[hole] = value;
}

/* Add to a heap that holds the k nearest so far. */
void
candidate_offer(Candidate *heap, size_t *length, size_t k, Candidate value)
{
	size_t hole;

	if (*length == k)
	{
		if (is_after(heap[0], value))
			sift_down(heap, k, 0, value);
		return;
	}
	hole = (*length)++;
	while (hole > 0 && is_after(value, heap[(hole - 1) / 2]))
	{
		heap[hole] = heap[(hole - 1) / 2];
		hole = (hole - 1) / 2;
	}
	heap[hole] = value;
}

/* Turn a heap into ascending order. */
void
candidates_sort_heap(Candidate *heap, size_t length)
{
	while (length > 1)
	{
		Candidate last = heap[--length];

		heap[length] = heap[0];
		sift_down(heap, length, 0, last);
	}
}

/* Heap order from any order. */
void
candidates_make_heap(Candidate *heap, size_t length)
{
	for (size_t i = length / 2; i-- > 0;)
		sift_down(heap, length, i, heap[i]);
}

/* ---------- packed keys ---------- */

/* A float key above its row number: packed values have the order of (key, row). */
uint64_t
packed_make(float key, uint32_t row)
{
	uint32_t bits;

	memcpy(&bits, &key, sizeof(bits));
	/* Negative floats descend with their bits, positive ones ascend. */
	bits = bits & UINT32_C(0x80000000) ? ~bits : bits | UINT32_C(0x80000000);
	return (uint64_t) bits << 32 | row;
}

float
packed_key(uint64_t packed)
{
	uint32_t bits = (uint32_t) (packed >> 32);
	float key;

	bits = bits & UINT32_C(0x80000000) ? bits & UINT32_C(0x7fffffff) : ~bits;
	memcpy(&key, &bits, sizeof(key));
	return key;
}

/* Exchange values until the `keep` smallest come first (Hoare's selection); values are distinct.
 * Returns the largest of those. 1 <= keep <= length. */
uint64_t
packed_select(uint64_t *values, size_t length, size_t keep)
{
	size_t low = 0;
	size_t high = length - 1;
	size_t wanted = keep - 1;

	while (low < high)
	{
		/* The median of three as pivot. */
		uint64_t a = values[low];
		uint64_t b = values[low + (high - low) / 2];
		uint64_t c = values[high];
		uint64_t smaller = a < b ? a : b;
		uint64_t larger = a < b ? b : a;
		uint64_t pivot = c < smaller ? smaller : c > larger ? larger : c;
		size_t i = low;
		size_t j = high;

		for (;;)
		{
			uint64_t exchanged;

			while (values[i] < pivot)
				i++;
			while (values[j] > pivot)
				j--;
			if (i >= j)
				break;
			exchanged = values[i];
			values[i] = values[j];
			values[j] = exchanged;
		}
		/* Both met at the pivot. */
		if (wanted == i)
			break;
		if (wanted < i)
			high = i - 1;
		else
			low = i + 1;
	}
	return values[wanted];
}
