/*
 * candidates.c
 *		Binary heaps, and selection by counting.
 */
#include "core/matrix/candidates.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/cpu.h"

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

/*
 * Selection by bisection: the numbers between which the limit lies are halved until exactly `keep`
 * values are at most the limit. Counting has no branch that depends on a value and is vectorised,
 * which makes ten or twenty passes over a short list faster than the three of Hoare's selection, where
 * each exchange begins with two branches that no processor predicts. At most 64 passes.
 */

/* How many values are at most the limit? */
static inline __attribute__((always_inline)) size_t
count_up_to(const uint64_t *values, size_t length, uint64_t limit)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += values[i] <= limit;
	return count;
}

/* A number such that exactly `keep` of the values, which are distinct, are at most that. */
static inline __attribute__((always_inline)) uint64_t
find_limit(const uint64_t *values, size_t length, size_t keep)
{
	uint64_t low = UINT64_MAX;
	uint64_t high = 0;

	for (size_t i = 0; i < length; i++)
	{
		low = values[i] < low ? values[i] : low;
		high = values[i] > high ? values[i] : high;
	}
	/* At least `keep` values are at most high, and a limit below low is too small. */
	while (low < high)
	{
		uint64_t middle = low + (high - low) / 2;
		size_t count = count_up_to(values, length, middle);

		if (count == keep)
			return middle;
		if (count < keep)
			low = middle + 1;
		else
			high = middle;
	}
	return high;
}

/* Values up to the limit to the front, and the largest of them. */
static inline __attribute__((always_inline)) uint64_t
select_smallest(uint64_t *values, size_t length, size_t keep)
{
	uint64_t limit = find_limit(values, length, keep);
	uint64_t largest = 0;
	size_t kept = 0;

	for (size_t i = 0; i < length; i++)
	{
		uint64_t value = values[i];

		values[kept] = value;
		kept += value <= limit;
	}
	for (size_t i = 0; i < keep; i++)
		largest = values[i] > largest ? values[i] : largest;
	return largest;
}

#ifdef CPU_HAS_X86_VARIANTS

CPU_TARGET_AVX2 static uint64_t
select_avx2(uint64_t *values, size_t length, size_t keep)
{
	return select_smallest(values, length, keep);
}

CPU_TARGET_AVX512 static uint64_t
select_avx512(uint64_t *values, size_t length, size_t keep)
{
	return select_smallest(values, length, keep);
}

#endif

uint64_t
packed_select(uint64_t *values, size_t length, size_t keep)
{
#ifdef CPU_HAS_X86_VARIANTS
	switch (cpu_level())
	{
		case CPU_AVX512_VNNI:
		case CPU_AVX512: return select_avx512(values, length, keep);
		case CPU_AVX2: return select_avx2(values, length, keep);
		case CPU_PLAIN: break;
	}
#endif
	return select_smallest(values, length, keep);
}
