/*
 * vector_show.c
 *		The flat form of a vector of samples: what is counted and what is in runs, position by position.
 */
#include "core/sample/entry_list.h"
#include "core/sample/vector_parts.h"

/* Slots of a position with a count above 0. */
static size_t
count_slots(const uint32_t *counters, size_t n_slots)
{
	size_t n = 0;

	for (size_t slot = 0; slot < n_slots; slot++)
		n += counters[slot] > 0;
	return n;
}

/* Append an entry to a run that has room for it. */
static inline void
append(Run *run, double value, uint64_t count)
{
	run->values[run->n] = value;
	run->counts[run->n++] = count;
}

/* What is counted and what is in the run of a position as one run, which has room. */
static void
merge_position(const SampleVector *vector, const uint32_t *counters, const Run *run, Run *merged)
{
	size_t next = 0;

	merged->n = 0;
	for (size_t slot = 0; slot < vector->window.n_slots; slot++)
	{
		double value = (double) (vector->window.low + (int64_t) slot);
		uint64_t count = counters[slot];

		if (count == 0)
			continue;
		for (; next < run->n && run->values[next] < value; next++)
			append(merged, run->values[next], run->counts[next]);
		if (next < run->n && run->values[next] == value)
			count += run->counts[next++];
		append(merged, value, count);
	}
	for (; next < run->n; next++)
		append(merged, run->values[next], run->counts[next]);
}

/* Show the sample of a position whose buffer is empty: borrowed until the next call. */
static SdqStatus
show(SampleVector *vector, size_t position, SampleView *view)
{
	static const Run empty = {.values = NULL, .counts = NULL, .n = 0, .bytes = 0};
	const Run *run = vector->runs == NULL ? &empty : &vector->runs[position];
	size_t n_slots = vector->window.n_slots;
	const uint32_t *counters = vector_counters_at(vector, position);
	size_t n_counted = count_slots(counters, n_slots);
	uint64_t n = 0;

	if (n_counted > 0)
	{
		size_t needed = n_counted + run->n;

		/* The run's capacity follows from its bytes. */
		if (vector->shown.bytes / (sizeof(double) + sizeof(uint64_t)) < needed)
		{
			SdqStatus status;

			run_free(vector->memory, &vector->shown);
			status = run_allocate(vector->memory, needed, &vector->shown);
			if (sdq_failed(status))
				return status;
		}
		merge_position(vector, counters, run, &vector->shown);
		run = &vector->shown;
	}
	for (size_t i = 0; i < run->n; i++)
		n += run->counts[i];
	*view =
		(SampleView){.n_distinct = run->n, .values = run->values, .counts = run->counts, .n = n};
	return sdq_ok();
}

SdqStatus
vector_measure(SampleVector *vector, Stop *stop, size_t *bytes)
{
	SdqStatus status = vector_settle(vector, stop);
	size_t entry_bytes = 0;

	for (size_t i = 0; i < vector->n_positions && !sdq_failed(status); i++)
	{
		SampleView view;
		SampleStream stream;
		size_t n_distinct;
		size_t n_bytes;

		status = show(vector, i, &view);
		if (sdq_failed(status))
			return status;
		stream = sample_stream_of_view(&view);
		status = entry_list_measure(&stream, stop, &n_distinct, &n_bytes);
		if (sdq_failed(status))
			return status;
		if (!checked_add(entry_bytes, n_bytes, &entry_bytes))
			return sdq_error(SDQ_TOO_LARGE, (double) entry_bytes, (double) UINT32_MAX);
	}
	if (!sdq_failed(status) && !vector_flat_size(vector->n_positions, entry_bytes, bytes))
		return sdq_error(SDQ_TOO_LARGE, (double) entry_bytes, (double) UINT32_MAX);
	return status;
}

SdqStatus
vector_write(SampleVector *vector, Stop *stop, void *flat)
{
	VectorWriter writer = vector_write_begin(flat, vector->n_positions);
	SdqStatus status = vector_settle(vector, stop);

	for (size_t i = 0; i < vector->n_positions && !sdq_failed(status); i++)
	{
		SampleView view;

		status = show(vector, i, &view);
		if (!sdq_failed(status))
			status = vector_write_position(&writer, &view, stop);
	}
	return status;
}
