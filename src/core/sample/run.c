/*
 * run.c
 *		Radix sort into runs, and merging of runs.
 */
#include "core/sample/run.h"

/* Below this many keys insertion sort beats the fixed cost of the radix passes (measured). */
#define INSERTION_SORT_MAX 48

#define DIGIT_BITS 8
#define N_BINS     (1 << DIGIT_BITS)
#define N_DIGITS   (64 / DIGIT_BITS)

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

/* Sort a few keys in place. */
static void
insertion_sort(uint64_t *keys, size_t n)
{
	for (size_t i = 1; i < n; i++)
	{
		uint64_t key = keys[i];
		size_t j = i;

		for (; j > 0 && keys[j - 1] > key; j--)
			keys[j] = keys[j - 1];
		keys[j] = key;
	}
}

/* Sort keys[n] with scratch[n]; returns the one of the two that holds the result. */
static uint64_t *
radix_sort(uint64_t *keys, uint64_t *scratch, size_t n)
{
	uint32_t counts[N_DIGITS][N_BINS] = {0};

	for (size_t i = 0; i < n; i++)
	{
		uint64_t key = keys[i];

		for (int digit = 0; digit < N_DIGITS; digit++)
			counts[digit][(key >> (digit * DIGIT_BITS)) % N_BINS]++;
	}
	for (int digit = 0; digit < N_DIGITS; digit++)
	{
		int shift = digit * DIGIT_BITS;
		uint32_t start = 0;
		uint64_t *swap;

		/* All keys share this byte. */
		if (counts[digit][(keys[0] >> shift) % N_BINS] == n)
			continue;
		for (int bin = 0; bin < N_BINS; bin++)
		{
			uint32_t count = counts[digit][bin];

			counts[digit][bin] = start;
			start += count;
		}
		for (size_t i = 0; i < n; i++)
			scratch[counts[digit][(keys[i] >> shift) % N_BINS]++] = keys[i];
		swap = keys;
		keys = scratch;
		scratch = swap;
	}
	return keys;
}

SdqStatus
run_from_keys(SampleMemory *memory, uint64_t *keys, size_t n, Run *run)
{
	SdqStatus status = run_allocate(memory, n, run);
	uint64_t *sorted = keys;
	size_t n_distinct = 0;

	if (sdq_failed(status))
		return status;
	if (n <= INSERTION_SORT_MAX)
		insertion_sort(keys, n);
	else
		sorted = radix_sort(keys, run->counts, n);

	/* The sorted keys may lie in run->counts itself: entry k is written after key i >= k is read. */
	for (size_t i = 0; i < n;)
	{
		uint64_t key = sorted[i];
		size_t end = i + 1;

		while (end < n && sorted[end] == key)
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
	size_t i = 0;
	size_t j = 0;
	size_t k = 0;
	bool stopped = false;
	SdqStatus status = run_allocate(memory, a->n + b->n, merged);

	if (sdq_failed(status))
		return status;
	while (i < a->n && j < b->n && !stopped)
	{
		size_t piece_end = k + MERGE_PIECE;

		/* Which side comes first is unpredictable, so the loop selects without branches. Each turn
		 * advances at least one side, even if damaged data brought a NaN here. */
		while (k < piece_end && i < a->n && j < b->n)
		{
			double value_a = a->values[i];
			double value_b = b->values[j];
			size_t take_a = !(value_b < value_a);
			size_t take_b = !(value_a < value_b);

			merged->values[k] = take_a ? value_a : value_b;
			merged->counts[k] =
				(a->counts[i] & -(uint64_t) take_a) + (b->counts[j] & -(uint64_t) take_b);
			i += take_a;
			j += take_b;
			k++;
		}
		stopped = stop_poll(stop);
	}
	merged->n = k;
	if (stopped || !append_rest(a, i, merged, stop) || !append_rest(b, j, merged, stop))
	{
		run_free(memory, merged);
		return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	run_shrink(memory, merged);
	return sdq_ok();
}
