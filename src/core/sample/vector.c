/*
 * vector.c
 *		How a vector of samples keeps its values.
 *
 * As in a single sample (sample.c), a value lives in one of three places:
 *
 *	 window  integers of a dense range are counted, in one table for all positions, whose rows are the
 *			 positions: the numbers of an image go to rows of their own, so that no increment waits
 *			 for another one. All positions have the same range, which grows as the images demand.
 *	 buffer  other values arrive here, as sortable keys, an image a row; NO_KEY stands where there is
 *			 nothing to keep (a value that was counted, NaN).
 *	 runs    a full buffer is sorted by columns, and each column merged into the run of its position.
 *
 * The buffer grows with the runs, so that a value takes part in a number of merges that grows with the
 * logarithm of their length. One value may sit in all three places at a time (the window grows while
 * the vector does); only showing adds the counts up, so the flat form depends on the multisets alone.
 *
 * A row is added whole or not at all: what may fail, room for a row in the buffer, is reserved first.
 * Emptying the buffer moves one column after the other, each in one step, and may stop between two.
 * A counter has 32 bits, which suffices since no position has more than SAMPLE_MAX_COUNT observations.
 */
#include "core/sample/vector.h"

#include <math.h>

#include "core/sample/vector_parts.h"

/* The key of a NaN, which no number has. */
#define NO_KEY UINT64_MAX

/* Rows of the first buffer. */
#define FIRST_ROWS 4
/* The buffer is emptied when it holds this many rows ... */
#define BUFFER_MIN 1024
/* ... or twice as many as the runs are long, at most this many: little repeats there. */
#define BUFFER_MAX 65536

/* Positions of another vector between two looks at the stop flag: some tenths of a millisecond. */
#define POSITIONS_PER_POLL 256

_Static_assert(SAMPLE_MAX_COUNT <= UINT32_MAX, "the window counts in 32 bits");

void
vector_init(SampleVector *vector, SampleMemory *memory)
{
	memset(vector, 0, sizeof(*vector));
	vector->memory = memory;
}

/* Bytes of the counters; they were allocated, so the product fits. */
static size_t
counter_bytes(const SampleVector *vector)
{
	return vector->n_positions * vector_row_counters(vector->window.n_slots) * sizeof(uint32_t);
}

void
vector_free(SampleVector *vector)
{
	SampleMemory *memory = vector->memory;
	size_t n = vector->n_positions;

	sample_memory_free(memory, vector->counters, counter_bytes(vector));
	sample_memory_free(memory, vector->slots, n * sizeof(uint32_t));
	sample_memory_free(memory, vector->buffer, vector->buffer_capacity * n * sizeof(uint64_t));
	for (size_t i = 0; i < n && vector->runs != NULL; i++)
		run_free(memory, &vector->runs[i]);
	sample_memory_free(memory, vector->runs, n * sizeof(Run));
	run_free(memory, &vector->shown);
	vector_init(vector, memory);
}

/* Memory for n objects of so many bytes; NULL, and *status, if there is none. */
static void *
allocate(SampleMemory *memory, size_t n, size_t size, SdqStatus *status)
{
	size_t bytes;

	if (!checked_multiply(n, size, &bytes))
	{
		*status = sdq_error(SDQ_TOO_LARGE, (double) n * (double) size, (double) SIZE_MAX);
		return NULL;
	}
	return sample_memory_resize(memory, NULL, 0, bytes, status);
}

SdqStatus
vector_set_shape(SampleVector *vector, size_t n_positions)
{
	SdqStatus status = sdq_ok();

	if (n_positions > VECTOR_MAX_POSITIONS)
		return sdq_error(SDQ_TOO_LARGE, (double) n_positions, (double) VECTOR_MAX_POSITIONS);
	if (n_positions > 0)
	{
		vector->slots = allocate(vector->memory, n_positions, sizeof(uint32_t), &status);
		if (vector->slots == NULL)
			return status;
	}
	vector->n_positions = n_positions;
	vector->has_shape = true;
	return sdq_ok();
}

/* Make the window cover from..to, for rows of so many observations a position. False: it does not. */
static bool
cover(SampleVector *vector, int64_t from, int64_t to, uint64_t n)
{
	WindowRange range = vector->window;
	size_t n_positions = vector->n_positions;
	size_t old_slots = range.n_slots;
	size_t n_counters;
	SdqStatus ignored;
	uint32_t *counters;
	size_t start;

	if (!window_plan(&range, from, to, n))
		return false;
	if (range.low == vector->window.low && range.n_slots == old_slots)
		return true;
	if (!checked_multiply(n_positions, vector_row_counters(range.n_slots), &n_counters))
		return false;
	counters = allocate(vector->memory, n_counters, sizeof(uint32_t), &ignored);
	if (counters == NULL)
		return false;
	memset(counters, 0, n_counters * sizeof(uint32_t));
	start = old_slots == 0 ? 0 : (size_t) (vector->window.low - range.low);
	for (size_t i = 0; i < n_positions && old_slots > 0; i++)
		memcpy(counters + i * vector_row_counters(range.n_slots) + start,
			   vector_counters_at(vector, i), old_slots * sizeof(uint32_t));
	sample_memory_free(vector->memory, vector->counters, counter_bytes(vector));
	vector->counters = counters;
	vector->window = range;
	return true;
}

/* The counter of a value at a position, NULL if the window does not cover it. */
static inline uint32_t *
counter_of(const SampleVector *vector, size_t position, double value)
{
	double offset = value - (double) vector->window.low;
	size_t n_slots = vector->window.n_slots;
	bool inside = offset >= 0 && offset < (double) n_slots;
	size_t slot = inside ? (size_t) offset : 0;

	if (!inside || (double) (vector->window.low + (int64_t) slot) != value)
		return NULL;
	return vector_counters_at(vector, position) + slot;
}

/* The same, after the window has grown over the value if that is worth it. n = observations that a
 * position may have. */
static uint32_t *
counter_for(SampleVector *vector, size_t position, double value, uint64_t n)
{
	uint32_t *counter = counter_of(vector, position, value);

	if (counter == NULL && window_is_countable(value) &&
		cover(vector, (int64_t) value, (int64_t) value, n))
		counter = counter_of(vector, position, value);
	return counter;
}

/* The runs' table, all empty, unless there is one. */
static SdqStatus
reserve_runs(SampleVector *vector)
{
	SdqStatus status = sdq_ok();

	if (vector->runs != NULL || vector->n_positions == 0)
		return status;
	vector->runs = allocate(vector->memory, vector->n_positions, sizeof(Run), &status);
	if (vector->runs != NULL)
		memset(vector->runs, 0, vector->n_positions * sizeof(Run));
	return status;
}

/* Move a column of the buffer to the run of its position. keys[n_buffered] is scratch. */
static SdqStatus
move_column(SampleVector *vector, size_t position, uint64_t *keys, Stop *stop)
{
	size_t n_positions = vector->n_positions;
	size_t n = 0;
	Run run;
	SdqStatus status;

	for (size_t row = 0; row < vector->n_buffered; row++)
	{
		uint64_t key = vector->buffer[row * n_positions + position];

		keys[n] = key;
		n += key != NO_KEY;
	}
	if (n == 0)
		return sdq_ok();
	status = run_from_keys(vector->memory, keys, n, NULL, &run);
	if (sdq_failed(status))
		return status;
	status = run_absorb(vector->memory, &vector->runs[position], &run, stop);
	if (sdq_failed(status))
		return status;
	for (size_t row = 0; row < vector->n_buffered; row++)
		vector->buffer[row * n_positions + position] = NO_KEY;
	return sdq_ok();
}

SdqStatus
vector_settle(SampleVector *vector, Stop *stop)
{
	size_t bytes = vector->n_buffered * sizeof(uint64_t);
	SdqStatus status;
	uint64_t *keys;

	if (vector->n_buffered == 0)
		return sdq_ok();
	status = reserve_runs(vector);
	if (sdq_failed(status))
		return status;
	keys = sample_memory_resize(vector->memory, NULL, 0, bytes, &status);
	if (keys == NULL)
		return status;
	for (size_t i = 0; i < vector->n_positions && !sdq_failed(status); i++)
	{
		status = move_column(vector, i, keys, stop);
		if (!sdq_failed(status) && stop_poll(stop))
			status = sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	sample_memory_free(vector->memory, keys, bytes);
	if (!sdq_failed(status))
		vector->n_buffered = 0;
	return status;
}

/* Rows after which the buffer is emptied. */
static size_t
buffer_threshold(const SampleVector *vector)
{
	size_t total = 0;
	size_t rows;

	for (size_t i = 0; i < vector->n_positions && vector->runs != NULL; i++)
		total += vector->runs[i].n;
	rows = total / vector->n_positions * 2;
	return rows < BUFFER_MIN ? BUFFER_MIN : rows < BUFFER_MAX ? rows : BUFFER_MAX;
}

/* Room for one more row in the buffer. */
static SdqStatus
reserve_row(SampleVector *vector, Stop *stop)
{
	size_t row_bytes = vector->n_positions * sizeof(uint64_t);
	size_t capacity = vector->buffer_capacity == 0 ? FIRST_ROWS : 2 * vector->buffer_capacity;
	SdqStatus status = sdq_ok();
	size_t bytes;
	uint64_t *buffer;

	if (vector->n_buffered < vector->buffer_capacity)
		return status;
	if (vector->n_buffered >= BUFFER_MIN && vector->n_buffered >= buffer_threshold(vector))
		return vector_settle(vector, stop);
	if (!checked_multiply(capacity, row_bytes, &bytes))
		return sdq_error(SDQ_TOO_LARGE, (double) capacity * (double) row_bytes, (double) SIZE_MAX);
	buffer = sample_memory_resize(vector->memory, vector->buffer,
								  vector->buffer_capacity * row_bytes, bytes, &status);
	if (buffer == NULL)
		return vector->n_buffered > 0 ? vector_settle(vector, stop) : status;
	vector->buffer = buffer;
	vector->buffer_capacity = capacity;
	return status;
}

/* Keep a value at the position of the row that was reserved. */
static inline void
place_value(SampleVector *vector, size_t position, double value)
{
	uint32_t *counter = counter_for(vector, position, value, vector->most);
	uint64_t *key = &vector->buffer[vector->n_buffered * vector->n_positions + position];

	*key = NO_KEY;
	if (counter != NULL)
		(*counter)++;
	else if (value == value)
		*key = run_key(value);
}

/* Keep the reserved row if a key stands in it. */
static void
finish_row(SampleVector *vector)
{
	const uint64_t *row = vector->buffer + vector->n_buffered * vector->n_positions;
	uint64_t all = NO_KEY;

	for (size_t i = 0; i < vector->n_positions; i++)
		all &= row[i];
	vector->n_buffered += all != NO_KEY;
}

/* Count a row whose slots have been found. */
static void
count_row(SampleVector *vector)
{
	size_t step = vector_row_counters(vector->window.n_slots);
	uint32_t *counters = vector->counters;
	const uint32_t *slots = vector->slots;

	for (size_t i = 0; i < vector->n_positions; i++, counters += step)
		counters[slots[i]]++;
}

/* The observations at a position whose buffer is empty. */
static uint64_t
count_position(const SampleVector *vector, size_t position)
{
	const uint32_t *counters = vector_counters_at(vector, position);
	uint64_t n = 0;

	for (size_t slot = 0; slot < vector->window.n_slots; slot++)
		n += counters[slot];
	if (vector->runs != NULL)
		for (size_t i = 0; i < vector->runs[position].n; i++)
			n += vector->runs[position].counts[i];
	return n;
}

/* The failure of a position that would have n observations. */
static SdqStatus
too_many(uint64_t n)
{
	return sdq_error(SDQ_TOO_LARGE, (double) n, (double) SAMPLE_MAX_COUNT);
}

#define ELEMENT     int16_t
#define IS_INTEGER  1
#define NAMED(name) name##_int16
#include "core/sample/vector_row_template.h"
#undef ELEMENT
#undef IS_INTEGER
#undef NAMED

#define ELEMENT     int32_t
#define IS_INTEGER  1
#define NAMED(name) name##_int32
#include "core/sample/vector_row_template.h"
#undef ELEMENT
#undef IS_INTEGER
#undef NAMED

#define ELEMENT     float
#define IS_INTEGER  0
#define NAMED(name) name##_float
#include "core/sample/vector_row_template.h"
#undef ELEMENT
#undef IS_INTEGER
#undef NAMED

#define ELEMENT     double
#define IS_INTEGER  0
#define NAMED(name) name##_double
#include "core/sample/vector_row_template.h"
#undef ELEMENT
#undef IS_INTEGER
#undef NAMED

SdqStatus
vector_add_int16(SampleVector *vector, const int16_t *values, Stop *stop)
{
	return add_row_int16(vector, values, stop);
}

SdqStatus
vector_add_int32(SampleVector *vector, const int32_t *values, Stop *stop)
{
	return add_row_int32(vector, values, stop);
}

SdqStatus
vector_add_float(SampleVector *vector, const float *values, Stop *stop)
{
	return add_row_float(vector, values, stop);
}

SdqStatus
vector_add_double(SampleVector *vector, const double *values, Stop *stop)
{
	return add_row_double(vector, values, stop);
}

/* Add the entries of a sample, n at most for a position, whose arrays are scratch. */
static SdqStatus
add_entries(SampleVector *vector, size_t position, size_t n_entries, double *values,
			uint64_t *counts, uint64_t n, Stop *stop)
{
	size_t n_outside = 0;
	SdqStatus status;
	Run run;

	for (size_t i = 0; i < n_entries; i++)
	{
		uint32_t *counter = counter_for(vector, position, values[i], n);

		if (counter != NULL)
			*counter += (uint32_t) counts[i];
		else
		{
			values[n_outside] = values[i];
			counts[n_outside++] = counts[i];
		}
	}
	if (n_outside == 0)
		return sdq_ok();
	status = reserve_runs(vector);
	if (!sdq_failed(status))
		status = run_allocate(vector->memory, n_outside, &run);
	if (sdq_failed(status))
		return status;
	memcpy(run.values, values, n_outside * sizeof(double));
	memcpy(run.counts, counts, n_outside * sizeof(uint64_t));
	run.n = n_outside;
	return run_absorb(vector->memory, &vector->runs[position], &run, stop);
}

/* *most = what no position has more of when those of the view have been added; SDQ_TOO_LARGE if a
 * position would have too many. */
static SdqStatus
check_counts(SampleVector *vector, const VectorView *view, Stop *stop, uint64_t *most)
{
	uint64_t most_added = 0;
	SdqStatus status;

	for (size_t i = 0; i < view->n_positions; i++)
		if (vector_position_n(view, i) > most_added)
			most_added = vector_position_n(view, i);
	*most = vector->most + most_added;
	if (*most <= (uint64_t) SAMPLE_MAX_COUNT)
		return sdq_ok();
	/* Not at one and the same position perhaps: now they are counted. */
	status = vector_settle(vector, stop);
	*most = 0;
	for (size_t i = 0; i < view->n_positions && !sdq_failed(status); i++)
	{
		uint64_t n = count_position(vector, i) + vector_position_n(view, i);

		if (n > (uint64_t) SAMPLE_MAX_COUNT)
			status = too_many(n);
		*most = n > *most ? n : *most;
	}
	return status;
}

/* Add all positions of a flat vector; room for its largest sample is at values and counts. */
static SdqStatus
add_positions(SampleVector *vector, const VectorView *view, double *values, uint64_t *counts,
			  uint64_t most, Stop *stop)
{
	for (size_t i = 0; i < view->n_positions; i++)
	{
		SampleView sample;
		SdqStatus status = vector_position(view, i, values, counts, &sample);

		if (!sdq_failed(status))
			status = add_entries(vector, i, sample.n_distinct, values, counts, most, stop);
		if (sdq_failed(status))
			return status;
		if (i % POSITIONS_PER_POLL == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return sdq_ok();
}

SdqStatus
vector_add_flat(SampleVector *vector, const VectorView *view, Stop *stop)
{
	uint64_t most;
	SdqStatus status = check_counts(vector, view, stop, &most);
	Run room;

	if (sdq_failed(status) || view->max_distinct == 0)
		return status;
	status = run_allocate(vector->memory, view->max_distinct, &room);
	if (sdq_failed(status))
		return status;
	vector->most = most;
	status = add_positions(vector, view, room.values, room.counts, most, stop);
	run_free(vector->memory, &room);
	return status;
}
