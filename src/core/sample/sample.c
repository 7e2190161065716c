/*
 * sample.c
 *		How a sample keeps its values.
 *
 * A value lives in one of three places:
 *
 *	 window  integers of a dense range are counted (window.h): 8-bit images need nothing else;
 *	 buffer  everything else arrives here, as sortable keys, unsorted;
 *	 runs    the full buffer is sorted and compressed into a run of (value, count); runs form a stack.
 *
 * The stack is kept geometric: before a new run is pushed, neighbours are merged until each run is at
 * least twice as large as the next. A value therefore takes part in at most log2(n / buffer) merges,
 * and where values repeat, runs stay as small as the number of distinct values. The same value may
 * sit in all three places at once (the window grows while the sample does); only sample_view() adds
 * the counts up, so the canonical form depends on the multiset alone.
 *
 * A failure must leave the value whole. Every operation therefore reserves what it may need first
 * (buffer space for all values of an array, a free place on the stack), and what follows cannot fail.
 * Sorting and merging replace one form of a part by another of the same value in one step each. An
 * array longer than PIECE is gathered in a sample of its own, with looks at the stop flag, and then
 * merged as a whole.
 */
#include "core/sample/sample.h"

/* Longest piece of an array added without a look at the stop flag: a few milliseconds. */
#define PIECE ((size_t) 1 << 20)

/* The buffer is sorted when it holds this many values (fits the second-level cache) ... */
#define BUFFER_MIN ((size_t) 1 << 16)
/* ... or twice as many as the largest run, at most this many (16 ms to sort): little repeats there,
 * and larger runs mean fewer merges. */
#define BUFFER_MAX ((size_t) 1 << 20)

/* Entries of a view looked at between two looks at the stop flag: about 0.2 ms. */
#define ENTRIES_PER_POLL 65536

#define FIRST_BUFFER 16
#define FIRST_RUNS   4

_Static_assert(SAMPLE_MAX_COUNT <= UINT32_MAX, "the window counts in 32 bits");

void
sample_init(Sample *sample, SampleMemory *memory)
{
	memset(sample, 0, sizeof(*sample));
	sample->memory = memory;
}

void
sample_free(Sample *sample)
{
	SampleMemory *memory = sample->memory;

	window_free(&sample->window, memory);
	sample_memory_free(memory, sample->buffer, sample->buffer_capacity * sizeof(uint64_t));
	for (size_t i = 0; i < sample->n_runs; i++)
		run_free(memory, &sample->runs[i]);
	sample_memory_free(memory, sample->runs, sample->runs_capacity * sizeof(Run));
	run_free(memory, &sample->shown);
	sample_init(sample, memory);
}

/* Would n more observations be within the limit? */
static SdqStatus
check_count(const Sample *sample, uint64_t n)
{
	if (n > (uint64_t) SAMPLE_MAX_COUNT - sample->n)
		return sdq_error(SDQ_TOO_LARGE, (double) sample->n + (double) n, (double) SAMPLE_MAX_COUNT);
	return sdq_ok();
}

/* Merge the two youngest runs. */
static SdqStatus
merge_top(Sample *sample, Stop *stop)
{
	Run *older = &sample->runs[sample->n_runs - 2];
	Run *younger = &sample->runs[sample->n_runs - 1];
	Run merged;
	SdqStatus status = run_merge(sample->memory, older, younger, stop, &merged);

	if (sdq_failed(status))
		return status;
	run_free(sample->memory, older);
	run_free(sample->memory, younger);
	*older = merged;
	sample->n_runs--;
	return sdq_ok();
}

/* Make the stack geometric again and make sure that one more run can be pushed. */
static SdqStatus
reserve_run(Sample *sample, Stop *stop)
{
	SdqStatus status = sdq_ok();

	while (sample->n_runs >= 2 &&
		   sample->runs[sample->n_runs - 2].n / 2 < sample->runs[sample->n_runs - 1].n)
	{
		status = merge_top(sample, stop);
		if (sdq_failed(status))
			return status;
	}
	if (sample->n_runs == sample->runs_capacity)
	{
		size_t capacity = sample->runs_capacity == 0 ? FIRST_RUNS : 2 * sample->runs_capacity;
		Run *runs =
			sample_memory_resize(sample->memory, sample->runs, sample->runs_capacity * sizeof(Run),
								 capacity * sizeof(Run), &status);

		if (runs == NULL)
			return status;
		sample->runs = runs;
		sample->runs_capacity = capacity;
	}
	return sdq_ok();
}

/* Turn the buffered values into runs. */
static SdqStatus
sort_buffer(Sample *sample, Stop *stop)
{
	while (sample->n_buffered > 0)
	{
		size_t n = sample->n_buffered < BUFFER_MAX ? sample->n_buffered : BUFFER_MAX;
		SdqStatus status = reserve_run(sample, stop);

		if (!sdq_failed(status))
			status = run_from_keys(sample->memory, sample->buffer + sample->n_buffered - n, n,
								   &sample->runs[sample->n_runs]);
		if (sdq_failed(status))
			return status;
		sample->n_runs++;
		sample->n_buffered -= n;
		if (stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return sdq_ok();
}

/* The number of buffered values worth a sort. */
static size_t
buffer_threshold(const Sample *sample)
{
	size_t largest = sample->n_runs == 0 ? 0 : sample->runs[0].n;

	if (largest >= BUFFER_MAX / 2)
		return BUFFER_MAX;
	return 2 * largest < BUFFER_MIN ? BUFFER_MIN : 2 * largest;
}

/* Room for n more values in the buffer, and for one more that a branch-free loop may scribble. */
static SdqStatus
reserve_buffer(Sample *sample, size_t n, Stop *stop)
{
	SdqStatus status = sdq_ok();
	size_t needed;
	size_t capacity = sample->buffer_capacity;
	uint64_t *buffer;

	if (sample->n_buffered + n > BUFFER_MIN && sample->n_buffered + n > buffer_threshold(sample))
	{
		status = sort_buffer(sample, stop);
		if (sdq_failed(status))
			return status;
	}
	needed = sample->n_buffered + n + 1;
	if (needed <= capacity)
		return sdq_ok();
	capacity = capacity == 0 ? FIRST_BUFFER : 2 * capacity;
	if (capacity < needed)
		capacity = needed;
	buffer = sample_memory_resize(sample->memory, sample->buffer,
								  sample->buffer_capacity * sizeof(uint64_t),
								  capacity * sizeof(uint64_t), &status);
	if (buffer == NULL)
		return status;
	sample->buffer = buffer;
	sample->buffer_capacity = capacity;
	return sdq_ok();
}

/* Count a number (not NaN) or buffer it; room is reserved. n is the sample's size after the call. */
static void
place_value(Sample *sample, double value, uint64_t n)
{
	size_t slot = window_slot(&sample->window, value);

	if (slot == sample->window.n_slots && window_is_countable(value) &&
		window_cover(&sample->window, sample->memory, (int64_t) value, (int64_t) value, n))
		slot = window_slot(&sample->window, value);
	if (slot < sample->window.n_slots)
		window_add(&sample->window, slot, 1);
	else
		sample->buffer[sample->n_buffered++] = run_key(value);
}

SdqStatus
sample_add(Sample *sample, double value, Stop *stop)
{
	SdqStatus status;

	if (value != value)
		return sdq_ok();
	status = check_count(sample, 1);
	if (!sdq_failed(status))
		status = reserve_buffer(sample, 1, stop);
	if (sdq_failed(status))
		return status;
	place_value(sample, value, sample->n + 1);
	sample->n++;
	sample->shown_is_current = false;
	return sdq_ok();
}

/* The bodies for arrays, per element type. */
#define ELEMENT     int16_t
#define NAMED(name) name##_int16
#include "core/sample/sample_integer_template.h"
#undef ELEMENT
#undef NAMED

#define ELEMENT     int32_t
#define NAMED(name) name##_int32
#include "core/sample/sample_integer_template.h"
#undef ELEMENT
#undef NAMED

#define ELEMENT     float
#define NAMED(name) name##_float
#include "core/sample/sample_real_template.h"
#undef ELEMENT
#undef NAMED

#define ELEMENT     double
#define NAMED(name) name##_double
#include "core/sample/sample_real_template.h"
#undef ELEMENT
#undef NAMED

typedef SdqStatus (*AddPiece)(Sample *sample, const void *data, size_t n, Stop *stop);

/* Add a whole array, all of it or nothing. */
static SdqStatus
add_array(Sample *sample, const void *data, size_t n, size_t element_size, AddPiece add_piece,
		  Stop *stop)
{
	Sample gathered;
	SdqStatus status = sdq_ok();

	if (n == 0)
		return sdq_ok();
	if (n <= PIECE)
		return add_piece(sample, data, n, stop);
	sample_init(&gathered, sample->memory);
	for (size_t start = 0; start < n && !sdq_failed(status); start += PIECE)
	{
		size_t piece = n - start < PIECE ? n - start : PIECE;

		status = add_piece(&gathered, (const char *) data + start * element_size, piece, stop);
		if (!sdq_failed(status) && stop_poll(stop))
			status = sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	if (!sdq_failed(status))
		status = sample_merge(sample, &gathered, stop);
	sample_free(&gathered);
	return status;
}

SdqStatus
sample_add_int16(Sample *sample, const int16_t *values, size_t n, Stop *stop)
{
	return add_array(sample, values, n, sizeof(*values), add_piece_int16, stop);
}

SdqStatus
sample_add_int32(Sample *sample, const int32_t *values, size_t n, Stop *stop)
{
	return add_array(sample, values, n, sizeof(*values), add_piece_int32, stop);
}

SdqStatus
sample_add_float(Sample *sample, const float *values, size_t n, Stop *stop)
{
	return add_array(sample, values, n, sizeof(*values), add_piece_float, stop);
}

SdqStatus
sample_add_double(Sample *sample, const double *values, size_t n, Stop *stop)
{
	return add_array(sample, values, n, sizeof(*values), add_piece_double, stop);
}

/* Let the window grow over what it can of a view; *n_outside = the most entries that it leaves out (it
 * may still grow over one of them later). */
static SdqStatus
cover_view(Sample *sample, const SampleView *view, Stop *stop, size_t *n_outside)
{
	*n_outside = 0;
	for (size_t i = 0; i < view->n_distinct; i++)
	{
		double value = view->values[i];

		if (i % ENTRIES_PER_POLL == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		if (window_slot(&sample->window, value) < sample->window.n_slots)
			continue;
		if (!window_is_countable(value) ||
			!window_cover(&sample->window, sample->memory, (int64_t) value, (int64_t) value,
						  sample->n + view->n))
			(*n_outside)++;
	}
	return sdq_ok();
}

/* Copy the entries of a view that the window does not cover to a run with room for them. */
static SdqStatus
copy_outside(const Sample *sample, const SampleView *view, Stop *stop, Run *run)
{
	for (size_t i = 0; i < view->n_distinct; i++)
	{
		if (i % ENTRIES_PER_POLL == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		if (window_slot(&sample->window, view->values[i]) < sample->window.n_slots)
			continue;
		run->values[run->n] = view->values[i];
		run->counts[run->n] = view->counts[i];
		run->n++;
	}
	return sdq_ok();
}

/* Count the entries of a view that the window covers. */
static void
count_inside(Sample *sample, const SampleView *view)
{
	for (size_t i = 0; i < view->n_distinct; i++)
	{
		size_t slot = window_slot(&sample->window, view->values[i]);

		if (slot < sample->window.n_slots)
			window_add(&sample->window, slot, view->counts[i]);
	}
}

SdqStatus
sample_add_view(Sample *sample, const SampleView *view, Stop *stop)
{
	SdqStatus status = check_count(sample, view->n);
	Run run = {.values = NULL, .counts = NULL, .n = 0, .bytes = 0};
	size_t n_outside = 0;

	if (!sdq_failed(status))
		status = cover_view(sample, view, stop, &n_outside);
	if (!sdq_failed(status) && n_outside > 0)
	{
		status = reserve_run(sample, stop);
		if (!sdq_failed(status))
			status = run_allocate(sample->memory, n_outside, &run);
		if (!sdq_failed(status))
			status = copy_outside(sample, view, stop, &run);
	}
	if (sdq_failed(status))
	{
		run_free(sample->memory, &run);
		return status;
	}

	/* From here on nothing fails. */
	if (n_outside < view->n_distinct || run.n < n_outside)
		count_inside(sample, view);
	if (run.n > 0)
		sample->runs[sample->n_runs++] = run;
	else
		run_free(sample->memory, &run);
	sample->n += view->n;
	sample->shown_is_current = false;
	return sdq_ok();
}

SdqStatus
sample_merge(Sample *sample, Sample *other, Stop *stop)
{
	SampleView view;
	SdqStatus status = sample_view(other, stop, &view);

	if (sdq_failed(status))
		return status;
	return sample_add_view(sample, &view, stop);
}

/* Build what a view shows from the window and the one run there may be. */
static SdqStatus
build_shown(Sample *sample, size_t n_in_window, Stop *stop)
{
	SampleMemory *memory = sample->memory;
	Run counted;
	Run merged;
	SdqStatus status;

	run_free(memory, &sample->shown);
	status = window_to_run(&sample->window, memory, n_in_window, &counted);
	if (sdq_failed(status))
		return status;
	if (sample->n_runs == 0)
	{
		sample->shown = counted;
		return sdq_ok();
	}
	status = run_merge(memory, &counted, &sample->runs[0], stop, &merged);
	run_free(memory, &counted);
	if (sdq_failed(status))
		return status;
	sample->shown = merged;
	return sdq_ok();
}

/* A view of a run that holds n observations. */
static SampleView
view_of(const Run *run, uint64_t n)
{
	return (SampleView){.n_distinct = run->n, .values = run->values, .counts = run->counts, .n = n};
}

SdqStatus
sample_view(Sample *sample, Stop *stop, SampleView *view)
{
	SdqStatus status;
	size_t n_in_window;

	if (sample->shown_is_current)
	{
		*view = view_of(&sample->shown, sample->n);
		return sdq_ok();
	}
	status = sort_buffer(sample, stop);
	while (!sdq_failed(status) && sample->n_runs > 1)
		status = merge_top(sample, stop);
	if (sdq_failed(status))
		return status;

	n_in_window = window_n_distinct(&sample->window);
	if (n_in_window == 0)
	{
		const Run empty = {.values = NULL, .counts = NULL, .n = 0, .bytes = 0};

		*view = view_of(sample->n_runs == 0 ? &empty : &sample->runs[0], sample->n);
		return sdq_ok();
	}
	status = build_shown(sample, n_in_window, stop);
	if (sdq_failed(status))
		return status;
	sample->shown_is_current = true;
	*view = view_of(&sample->shown, sample->n);
	return sdq_ok();
}
