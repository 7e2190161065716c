/*
 * candidates.h
 *		Keeping the nearest of many: heaps of exact distances, and selection among packed keys.
 *
 * Nothing here allocates; pool threads may call everything.
 */
#ifndef SYNTHDQ_CORE_MATRIX_CANDIDATES_H
#define SYNTHDQ_CORE_MATRIX_CANDIDATES_H

#include <stddef.h>
#include <stdint.h>

/* A possible neighbour; ordered by (distance2, index). */
typedef struct Candidate
{
	double distance2; /* squared distance, never NaN */
	uint32_t index;
} Candidate;

/* Offer a candidate to a heap that keeps the k nearest offered so far, the farthest of them at
 * heap[0]; *length counts from 0 to k. */
extern void candidate_offer(Candidate *heap, size_t *length, size_t k, Candidate candidate);

/* Bring any array into heap order. */
extern void candidates_make_heap(Candidate *heap, size_t length);

/* Bring a heap into ascending order. */
extern void candidates_sort_heap(Candidate *heap, size_t length);

/* A float key and a row number in one integer; integers have the order of (key, row). Not for NaN. */
extern uint64_t packed_make(float key, uint32_t row);
extern float packed_key(uint64_t packed);

/* Move the `keep` smallest values to the front, in the order they have, and return the largest of
 * those; what lies behind them is no longer defined. Values are distinct; 1 <= keep <= length. */
extern uint64_t packed_select(uint64_t *values, size_t length, size_t keep);

#endif
