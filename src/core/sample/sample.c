/*
 * sample.c
 *		How a sample keeps its values.
 *
 * A value lives in one of five places:
 *
 *	 window  integers of a dense range are counted (window.h): 8-bit images need nothing else;
 *	 table   other values are counted too while they are few (value_table.h): scaled images;
 *	 buffer  everything else arrives here, as sortable keys, unsorted;
 *	 runs    the full buffer is sorted and compressed into a run of (value, count); runs form a stack;
 *	 files   runs that memory does not suffice for, on disk (spill.h).
 *
 * The first few thousand values of the buffer, and each full buffer again, become a table if they are
 * few; a table that overflows becomes a run. The stack of runs is kept geometric: before a new run is
 * pushed, neighbours are merged until each run is at least twice as large as the next; and the buffer
 * grows with the runs. A value therefore takes part in few merges, and where values repeat, runs stay
 * as small as the number of distinct values. The same value may sit in all places at once (the window
 * grows while the sample does); only sample_view() and the streams add the counts up, so the canonical
 * form depends on the multiset alone.
 *
 * A failure must leave the value whole. Every operation therefore reserves what it may need first
 * (buffer space for all values of an array, free places on the stacks), and what follows cannot fail.
 * Sorting and merging replace one form of a part by another of the same value in one step each. An
 * array longer than the buffer is gathered in a sample of its own, with looks at the stop flag, and
 * then taken over as a whole, its runs and files without a copy.
 *
 * sample_parts.c turns parts into other parts, sample_show.c shows them.
 */
#include "core/sample/sample.h"

#include "core/base/cpu.h"
#include "core/sample/fraction_keys.h"
#include "core/sample/integer_values.h"
#include "core/sample/sample_parts.h"

/* Longest piece of an array added without a look at the stop flag: a few milliseconds. */
#define PIECE ((size_t) 1 << 20)

/* What a value of an array or a stream that is gathered may take: its run, and that of others that it is
 * merged with. */
#define GATHERED_BYTES (2 * RUN_ENTRY_BYTES)

/* Entries of a view looked at between two looks at the stop flag: about 0.2 ms. */
#define ENTRIES_PER_POLL 65536

/* Values of an array looked at together, whether they are fractions: few enough to be no loss. */
#define FRACTIONS_PIECE 64

/* The same, whether they are integers. */
#define INTEGERS_PIECE 256

/* Sums that do not wait for each other. */
#define FINITE_LANES 8

#define FIRST_BUFFER 16

/* Values from which on the buffer grows to its full size at once. */
#define LARGE_BUFFER ((size_t) 1 << 15)

/* Entries of the first run that a stream is gathered in. */
#define FIRST_APPENDED 4096

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
	value_table_free(&sample->table, memory);
	sample_memory_free(memory, sample->buffer, sample->buffer_capacity * sizeof(uint64_t));
	for (size_t i = 0; i < sample->n_runs; i++)
		run_free(memory, &sample->runs[i]);
	sample_memory_free(memory, sample->runs, sample->runs_capacity * sizeof(Run));
	for (size_t i = 0; i < sample->n_files; i++)
		spill_run_free(memory->spill, &sample->files[i]);
	sample_memory_free(memory, sample->files, sample->files_capacity * sizeof(SpillRun));
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

/* Something was added. */
static void
value_changed(Sample *sample, uint64_t n)
{
	sample->n += n;
	sample->shown_is_current = false;
	sample->is_streamed = false;
	sample->is_sorted = false;
}

/* A table that is full serves nothing any more. */
static SdqStatus
close_full_table(Sample *sample, Stop *stop)
{
	return sample->table.n_values == VALUE_TABLE_MAX ? parts_close_table(sample, stop) : sdq_ok();
}

/* Room for n more values in the buffer, and for one more that a branch-free loop may scribble. */
static SdqStatus
reserve_buffer(Sample *sample, size_t n, Stop *stop)
{
	SdqStatus status = sdq_ok();
	size_t needed;
	size_t capacity = sample->buffer_capacity;
	uint64_t *buffer;

	if (sample->next_sort == 0)
		parts_plan_sort(sample);
	while (sample->n_buffered > 0 && sample->n_buffered + n > sample->next_sort)
	{
		status = parts_buffer_full(sample, stop);
		if (sdq_failed(status))
			return status;
	}
	needed = sample->n_buffered + n + 1;
	if (needed <= capacity)
		return sdq_ok();
	/* Each new block of a large buffer costs a copy and fresh pages: one that will do for some time. */
	if (capacity >= LARGE_BUFFER)
		capacity = sample->next_sort + 1;
	else
		capacity = capacity == 0 ? FIRST_BUFFER : 2 * capacity;
	if (capacity > sample->next_sort + 1)
		capacity = sample->next_sort + 1;
	if (capacity < needed)
		capacity = needed;
	status = parts_make_room(sample, capacity * sizeof(uint64_t), stop);
	if (sdq_failed(status))
		return status;
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
	size_t slot;

	/* First, so that all that an image holds is found in one place. */
	if (sample->table.slots != NULL)
	{
		ValueSlot *counter = value_table_add(&sample->table, sample->memory, run_key(value));

		if (counter != NULL)
		{
			counter->counts[0]++;
			return;
		}
	}
	slot = window_slot(&sample->window, value);
	if (slot == sample->window.n_slots && window_is_countable(value) &&
		window_cover(&sample->window, sample->memory, (int64_t) value, (int64_t) value, n))
		slot = window_slot(&sample->window, value);
	if (slot < sample->window.n_slots)
		window_add(&sample->window, slot, 1);
	else
		sample->buffer[sample->n_buffered++] = run_key(value);
}

bool
sample_try_add(Sample *sample, double value)
{
	if (sample->table.slots != NULL || sample->n_buffered + 1 >= sample->buffer_capacity ||
		sample->n_buffered >= sample->next_sort || sample->n >= (uint64_t) SAMPLE_MAX_COUNT ||
		!is_fraction(value))
		return false;
	sample->buffer[sample->n_buffered++] = run_key(value);
	value_changed(sample, 1);
	return true;
}

SdqStatus
sample_add(Sample *sample, double value, Stop *stop)
{
	SdqStatus status;

	if (sample_try_add(sample, value))
		return sdq_ok();
	if (value != value)
		return sdq_ok();
	status = check_count(sample, 1);
	if (sdq_failed(status))
		return status;
	if (sample->n_buffered + 1 >= sample->buffer_capacity ||
		sample->n_buffered >= sample->next_sort)
	{
		status = close_full_table(sample, stop);
		if (!sdq_failed(status))
			status = reserve_buffer(sample, 1, stop);
		if (sdq_failed(status))
			return status;
	}
	place_value(sample, value, sample->n + 1);
	value_changed(sample, 1);
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

/* Let the window grow over that of another sample; false if it does not. */
static bool
cover_window(Sample *sample, const Sample *from)
{
	int64_t low = from->window.low;
	int64_t high = low + (int64_t) from->window.n_slots - 1;

	return window_cover(&sample->window, sample->memory, low, high, sample->n + from->n);
}

/* Count what another window has counted; it is covered. */
static void
add_window(Window *window, const Window *from)
{
	size_t first = (size_t) (from->low - window->low);

	for (size_t slot = 0; slot < from->n_slots; slot++)
		window_add(window, first + slot, window_count(from, slot));
}

/* Memory for a sample that gathers at most n values before they are taken over: what the limit leaves. */
static SdqStatus
memory_to_gather(Sample *sample, uint64_t n, Stop *stop, SampleMemory *memory)
{
	SdqStatus status = sdq_ok();

	if (!parts_fit(sample, n * GATHERED_BYTES))
		status = parts_release(sample, stop);
	*memory = *sample->memory;
	memory->held = 0;
	if (memory->limit > sample->memory->held)
		memory->limit -= sample->memory->held;
	else if (memory->limit > 0)
		memory->limit = 1;
	return status;
}

/* Take over what a sample with memory from memory_to_gather() holds, all of it or nothing; it is empty
 * then. */
static SdqStatus
take_over(Sample *sample, Sample *from, Stop *stop)
{
	size_t n_in_window = window_n_distinct(&from->window);
	Run counted = {.values = NULL, .counts = NULL, .n = 0, .bytes = 0};
	SdqStatus status = check_count(sample, from->n);

	if (!sdq_failed(status))
		status = parts_sort_buffer(from, stop);
	if (!sdq_failed(status))
		status = parts_close_table(from, stop);
	if (!sdq_failed(status))
		status = parts_reserve_runs(sample, from->n_runs + 1, stop);
	if (!sdq_failed(status))
		status = parts_reserve_files(sample, from->n_files);
	if (!sdq_failed(status) && n_in_window > 0 && !cover_window(sample, from))
	{
		status = run_allocate(sample->memory, n_in_window, &counted);
		if (!sdq_failed(status))
			window_entries(&from->window, counted.values, counted.counts);
		counted.n = n_in_window;
	}
	if (sdq_failed(status))
		return status;

	/* From here on nothing fails. */
	if (counted.n > 0)
		sample->runs[sample->n_runs++] = counted;
	else if (n_in_window > 0)
		add_window(&sample->window, &from->window);
	for (size_t i = 0; i < from->n_files; i++)
		sample->files[sample->n_files++] = from->files[i];
	from->n_files = 0;
	for (size_t i = 0; i < from->n_runs; i++)
	{
		sample->memory->held += from->runs[i].bytes;
		from->memory->held -= from->runs[i].bytes;
		sample->runs[sample->n_runs++] = from->runs[i];
	}
	from->n_runs = 0;
	value_changed(sample, from->n);
	parts_plan_sort(sample);
	sample_free(from);
	return sdq_ok();
}

/* Take over what has been gathered, unless that failed, and free the rest. */
static SdqStatus
finish_gathering(Sample *sample, Sample *gathered, SdqStatus status, Stop *stop)
{
	if (!sdq_failed(status) && gathered->n_runs > 0)
		run_shrink(gathered->memory, &gathered->runs[gathered->n_runs - 1]);
	if (!sdq_failed(status))
		status = take_over(sample, gathered, stop);
	sample_free(gathered);
	return status;
}

/* Add a whole array, all of it or nothing. */
static SdqStatus
add_array(Sample *sample, const void *data, size_t n, size_t element_size, AddPiece add_piece,
		  Stop *stop)
{
	size_t most = parts_buffer_max(sample) < PIECE ? parts_buffer_max(sample) : PIECE;
	SampleMemory memory;
	Sample gathered;
	SdqStatus status = close_full_table(sample, stop);

	if (n == 0 || sdq_failed(status))
		return status;
	if (n <= most)
		return add_piece(sample, data, n, stop);
	status = memory_to_gather(sample, n, stop, &memory);
	sample_init(&gathered, &memory);
	most = parts_buffer_max(&gathered) < PIECE ? parts_buffer_max(&gathered) : PIECE;
	for (size_t start = 0; start < n && !sdq_failed(status); start += most)
	{
		size_t piece = n - start < most ? n - start : most;

		status = add_piece(&gathered, (const char *) data + start * element_size, piece, stop);
		if (!sdq_failed(status))
			status = close_full_table(&gathered, stop);
		if (!sdq_failed(status) && stop_poll(stop))
			status = sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return finish_gathering(sample, &gathered, status, stop);
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

/* Add a view that memory does not suffice for. */
static SdqStatus
add_to_disk(Sample *sample, const SampleView *view, Stop *stop)
{
	SpillRun written;
	SdqStatus status = parts_write_view(sample, view, stop, &written);

	if (sdq_failed(status))
		return status;
	sample->files[sample->n_files++] = written;
	value_changed(sample, view->n);
	parts_plan_sort(sample);
	return sdq_ok();
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
		size_t bytes = n_outside * RUN_ENTRY_BYTES;

		status = parts_reserve_runs(sample, 1, stop);
		if (!sdq_failed(status))
			status = parts_make_room(sample, bytes, stop);
		if (!sdq_failed(status) && sample->memory->spill != NULL && !parts_fit(sample, bytes))
			return add_to_disk(sample, view, stop);
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
	value_changed(sample, view->n);
	parts_plan_sort(sample);
	return sdq_ok();
}

/* At most n entries of the piece that a stream has at hand, from `start` on, as a view. */
static SampleView
view_of_piece(const SampleStream *stream, size_t start, size_t n)
{
	SampleView view = {.n_distinct = stream->n_entries - start < n ? stream->n_entries - start : n,
					   .values = stream->values + start,
					   .counts = stream->counts + start};

	for (size_t i = 0; i < view.n_distinct; i++)
		view.n += view.counts[i];
	return view;
}

/* Entries of a stream that are still to come, `view` included, if the rest repeats like the view. */
static size_t
entries_expected(const Sample *gathered, const SampleStream *stream, const SampleView *view)
{
	double share = (double) view->n_distinct / (double) view->n;

	return (size_t) ((double) (stream->n - gathered->n) * share) + 1;
}

/* The youngest run with room for n more entries, which are above all that it has; or else a new one, as
 * large as all before it, or for as many entries as are expected if there is room. */
static SdqStatus
run_to_append(Sample *sample, size_t n, size_t expected, Stop *stop, Run **run)
{
	size_t most = parts_buffer_max(sample);
	size_t capacity = FIRST_APPENDED;
	SdqStatus status;

	*run = sample->n_runs == 0 ? NULL : &sample->runs[sample->n_runs - 1];
	if (*run != NULL && (*run)->n + n <= (*run)->bytes / RUN_ENTRY_BYTES)
		return sdq_ok();
	for (size_t i = 0; i < sample->n_runs; i++)
		capacity += sample->runs[i].n;
	if (capacity < expected)
		capacity = expected;
	if (capacity > most)
		capacity = most;
	if (capacity < n)
		capacity = n;
	status = parts_make_room(sample, capacity * RUN_ENTRY_BYTES, stop);
	if (!sdq_failed(status))
		status = parts_reserve_places(sample, 1);
	if (sdq_failed(status))
		return status;
	*run = &sample->runs[sample->n_runs];
	status = run_allocate(sample->memory, capacity, *run);
	if (!sdq_failed(status))
		sample->n_runs++;
	return status;
}

/* Add a view whose values are above all that the sample holds. */
static SdqStatus
append_view(Sample *sample, const SampleView *view, size_t expected, Stop *stop)
{
	size_t n_outside;
	Run *run;
	SdqStatus status = check_count(sample, view->n);

	if (!sdq_failed(status))
		status = cover_view(sample, view, stop, &n_outside);
	if (!sdq_failed(status) && n_outside > 0)
	{
		status = run_to_append(sample, n_outside, expected, stop, &run);
		if (!sdq_failed(status))
			status = copy_outside(sample, view, stop, run);
	}
	if (sdq_failed(status))
		return status;
	count_inside(sample, view);
	value_changed(sample, view->n);
	return sdq_ok();
}

/* The same for the piece that a stream has at hand, in parts that the buffer has memory for. */
static SdqStatus
append_piece(Sample *sample, const SampleStream *stream, Stop *stop)
{
	size_t most = parts_buffer_max(sample);
	SdqStatus status = sdq_ok();

	for (size_t start = 0; start < stream->n_entries && !sdq_failed(status); start += most)
	{
		SampleView view = view_of_piece(stream, start, most);

		status = append_view(sample, &view, entries_expected(sample, stream, &view), stop);
	}
	return status;
}

SdqStatus
sample_add_stream(Sample *sample, SampleStream *stream, Stop *stop)
{
	SampleMemory memory;
	Sample gathered;
	SdqStatus status = check_count(sample, stream->n);

	if (sdq_failed(status))
		return status;
	if (stream->fetch == NULL)
	{
		SampleView view = view_of_piece(stream, 0, stream->n_entries);

		return sample_add_view(sample, &view, stop);
	}
	/* In a sample of its own first, so that a failure leaves nothing behind. */
	status = memory_to_gather(sample, stream->n, stop, &memory);
	sample_init(&gathered, &memory);
	while (!sdq_failed(status))
	{
		status = append_piece(&gathered, stream, stop);
		if (!sdq_failed(status))
			status = stream->fetch(stream);
		if (stream->n_entries == 0)
			break;
	}
	return finish_gathering(sample, &gathered, status, stop);
}

SdqStatus
sample_merge(Sample *sample, Sample *other, Stop *stop)
{
	SampleStream stream;
	SdqStatus status;
	Arena scratch;

	if (other->memory->spill == NULL)
	{
		SampleView view;

		status = sample_view(other, stop, &view);
		return sdq_failed(status) ? status : sample_add_view(sample, &view, stop);
	}
	scratch = parts_scratch(other);
	status = sample_stream_open(other, &scratch, stop, &stream);
	if (!sdq_failed(status))
		status = sample_add_stream(sample, &stream, stop);
	arena_free(&scratch);
	return status;
}
