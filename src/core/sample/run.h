/*
 * run.h
 *		Runs: sorted, compressed pieces of a sample, and the two operations that make them.
 *
 * A run holds distinct values in strictly ascending order with their counts, so it is what a
 * SampleView shows. Runs are made by sorting keys and by merging two runs.
 *
 * A key is a double as an unsigned integer of the same order: its bits, all inverted for negative
 * numbers, the sign bit alone for others. Keys are what the radix sort moves; NaN has none, and -0
 * must have become +0 before (run_key does that).
 */
#ifndef SYNTHDQ_CORE_SAMPLE_RUN_H
#define SYNTHDQ_CORE_SAMPLE_RUN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/sample/memory.h"
#include "core/sample/tally.h"

typedef struct Run
{
	double *values;   /* [n], strictly ascending; start of the run's only block */
	uint64_t *counts; /* [n], each at least 1; in the same block */
	size_t n;
	size_t bytes; /* size of the block */
} Run;

/* Bytes of an entry. */
#define RUN_ENTRY_BYTES (sizeof(double) + sizeof(uint64_t))

/* The key of a number that is not NaN; -0 and +0 have the same. */
static inline uint64_t
run_key(double value)
{
	uint64_t bits;

	value += 0.0; /* -0 becomes +0 */
	memcpy(&bits, &value, sizeof(bits));
	return bits ^ (-(bits >> 63) | UINT64_C(1) << 63);
}

/* The number of a key. */
static inline double
run_key_value(uint64_t key)
{
	uint64_t bits = key ^ (((key >> 63) - 1) | UINT64_C(1) << 63);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* An empty run with room for `capacity` >= 1 values, which the caller writes before setting n. *run
 * is untouched on failure. */
extern SdqStatus run_allocate(SampleMemory *memory, size_t capacity, Run *run);

/* Free a run (a zeroed one is allowed) and zero it. */
extern void run_free(SampleMemory *memory, Run *run);

/* Give back the memory that a finished run does not use, if that is much. */
extern void run_shrink(SampleMemory *memory, Run *run);

/* The run of keys[n], 1 <= n < 2^32: sorted (sort.h), then compressed. keys[] may have another order
 * afterwards. SDQ_NO_MEMORY, SDQ_OVER_LIMIT, SDQ_INTERRUPTED leave nothing behind. */
extern SdqStatus run_from_keys(SampleMemory *memory, uint64_t *keys, size_t n, Stop *stop,
							   Run *run);

/* The same of keys that are sorted already. */
extern SdqStatus run_from_sorted(SampleMemory *memory, const uint64_t *keys, size_t n, Stop *stop,
								 Run *run);

/* The union of two runs, not both empty, as a new run; counts of equal values are added. Linear.
 * SDQ_INTERRUPTED, SDQ_NO_MEMORY, SDQ_OVER_LIMIT, SDQ_TOO_LARGE leave nothing behind. */
extern SdqStatus run_merge(SampleMemory *memory, const Run *a, const Run *b, Stop *stop,
						   Run *merged);

/* Merge a run that is not empty into *to, which may be: it takes the memory of `part`, or frees it, also
 * on failure, where *to stays as it was. */
extern SdqStatus run_absorb(SampleMemory *memory, Run *to, Run *part, Stop *stop);

#endif
