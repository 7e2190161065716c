/*
 * run.c
 *		Making runs of keys, and merging runs.
 */
#include "core/sample/run.h"

#include "core/sample/merge_entries.h"
#include "core/sample/sort.h"

/* Values written by a merge between two looks at the stop flag: about 0.2 ms. */
#define MERGE_PIECE 65536

SdqStatus
run_allocate(SampleMemory *memory, size_t capacity, Run *run)
{
	SdqStatus status = sdq_ok();
	size_t bytes;
	double *values;

	if (!checked_multiply(capacity, sizeof(double) + sizeof(uint64_t), &bytes))
		return sdq_error(SDQ_TOO_LARGE, (double) capacity, (double) (SIZE_MAX / 16));
	values = sample_memory_resize(memory, NULL, 0, bytes, &status);
	if (values == NULL)
		return status;
	*run = (Run){.values = values, .counts = (void *) (values + capacity), .n = 0, .bytes = bytes};
	return sdq_ok();
}

void
run_free(SampleMemory *memory, Run *run)
{
	sample_memory_free(memory, run->values, run->bytes);
	*run = (Run){.values = NULL, .counts = NULL, .n = 0, .bytes = 0};
}

void
run_shrink(SampleMemory *memory, Run *run)
{
	SdqStatus ignored;
	size_t needed = run->n * (sizeof(double) + sizeof(uint64_t));
	uint64_t *counts = (void *) (run->values + run->n);
	double *values;

	if (run->n == 0 || needed > run->bytes / 4 * 3)
		return;
	memmove(counts, run->counts, run->n * sizeof(uint64_t));
	run->counts = counts;
	values = sample_memory_resize(memory, run->values, run->bytes, needed, &ignored);
	if (values == NULL)
		return;
	run->values = values;
	run->counts = (void *) (values + run->n);
	run->bytes = needed;
}

/* Fill an empty run with what sorted keys[n] are; frees it if a stop was requested. */
static SdqStatus
compress(SampleMemory *memory, const uint64_t *keys, size_t n, Stop *stop, Run *run)
{
	size_t n_distinct = 0;

	for (size_t i = 0, next_poll = MERGE_PIECE; i < n;)
	{
		uint64_t key = keys[i];
		size_t end = i + 1;

		if (i >= next_poll)
		{
			next_poll = i + MERGE_PIECE;
			if (stop_poll(stop))
			{
				run_free(memory, run);
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
			}
		}

		while (end < n && keys[end] == key)
			end++;
		run->values[n_distinct] = run_key_value(key);
		run->counts[n_distinct] = end - i;
		n_distinct++;
		i = end;
	}
	run->n = n_distinct;
	run_shrink(memory, run);
	return sdq_ok();
}

SdqStatus
run_from_keys(SampleMemory *memory, uint64_t *keys, size_t n, Stop *stop, Run *run)
{
	SdqStatus status = run_allocate(memory, n, run);

	if (sdq_failed(status))
		return status;
	status = sort_keys(keys, run->counts, n, stop);
	if (sdq_failed(status))
	{
		run_free(memory, run);
		return status;
	}
	return compress(memory, keys, n, stop, run);
}

SdqStatus
run_from_sorted(SampleMemory *memory, const uint64_t *keys, size_t n, Stop *stop, Run *run)
{
	SdqStatus status = run_allocate(memory, n, run);

	return sdq_failed(status) ? status : compress(memory, keys, n, stop, run);
}

/* Copy what is left of a run behind the merged values; false if a stop was requested. */
static bool
append_rest(const Run *from, size_t start, Run *to, Stop *stop)
{
	while (start < from->n)
	{
		size_t n = from->n - start < MERGE_PIECE ? from->n - start : MERGE_PIECE;

		memcpy(to->values + to->n, from->values + start, n * sizeof(double));
		memcpy(to->counts + to->n, from->counts + start, n * sizeof(uint64_t));
		to->n += n;
		start += n;
		if (stop_poll(stop))
			return false;
	}
	return true;
}

SdqStatus
run_merge(SampleMemory *memory, const Run *a, const Run *b, Stop *stop, Run *merged)
{
	MergeInput left_a = {.values = a->values, .counts = a->counts, .n = a->n, .next = 0};
	MergeInput left_b = {.values = b->values, .counts = b->counts, .n = b->n, .next = 0};
	size_t k = 0;
	bool stopped = false;
	SdqStatus status = run_allocate(memory, a->n + b->n, merged);

	if (sdq_failed(status))
		return status;
	while (left_a.next < a->n && left_b.next < b->n && !stopped)
	{
		k = merge_entries(&left_a, &left_b, merged->values, merged->counts, k, k + MERGE_PIECE);
		stopped = stop_poll(stop);
	}
	merged->n = k;
	if (stopped || !append_rest(a, left_a.next, merged, stop) ||
		!append_rest(b, left_b.next, merged, stop))
	{
		run_free(memory, merged);
		return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	run_shrink(memory, merged);
	return sdq_ok();
}

SdqStatus
run_absorb(SampleMemory *memory, Run *to, Run *part, Stop *stop)
{
	Run merged;
	SdqStatus status;

	if (to->n == 0)
	{
		run_free(memory, to);
		*to = *part;
		return sdq_ok();
	}
	status = run_merge(memory, to, part, stop, &merged);
	run_free(memory, part);
	if (sdq_failed(status))
		return status;
	run_free(memory, to);
	*to = merged;
	return sdq_ok();
}
