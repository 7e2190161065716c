/*
 * sample_show.c
 *		A sample as a whole in memory, or as a stream.
 */
#include "core/sample/merge.h"
#include "core/sample/sample_parts.h"

/* Entries that are made of sorted keys at a time: they stay in the first-level cache. */
#define KEYS_PIECE 1024

/* A view of a run that holds n observations. */
static SampleView
view_of(const Run *run, uint64_t n)
{
	return (SampleView){.n_distinct = run->n, .values = run->values, .counts = run->counts, .n = n};
}

/* Entries of all parts, where a value in two of them counts twice; nothing is buffered. */
static uint64_t
count_entries(const Sample *sample)
{
	uint64_t n = window_n_distinct(&sample->window) + sample->table.n_values;

	for (size_t i = 0; i < sample->n_runs; i++)
		n += sample->runs[i].n;
	for (size_t i = 0; i < sample->n_files; i++)
		n += sample->files[i].n_entries;
	return n;
}

/* The run of all parts in memory but the runs. On failure *counted is freed. */
static SdqStatus
build_counted(Sample *sample, size_t n_in_window, Stop *stop, Run *counted)
{
	SampleMemory *memory = sample->memory;
	SdqStatus status = sdq_ok();
	Run part;

	if (n_in_window > 0)
	{
		status = run_allocate(memory, n_in_window, counted);
		if (sdq_failed(status))
			return status;
		window_entries(&sample->window, counted->values, counted->counts);
		counted->n = n_in_window;
	}
	if (sample->table.n_values > 0)
	{
		status = run_allocate(memory, sample->table.n_values, &part);
		if (!sdq_failed(status))
		{
			value_table_entries(&sample->table, part.values, part.counts);
			part.n = sample->table.n_values;
			status = run_absorb(memory, counted, &part, stop);
		}
	}
	if (sdq_failed(status))
		run_free(memory, counted);
	return status;
}

/* Build what a view shows from everything that is in memory; there is at most one run. */
static SdqStatus
build_shown(Sample *sample, size_t n_in_window, Stop *stop)
{
	SampleMemory *memory = sample->memory;
	Run counted = {.values = NULL, .counts = NULL, .n = 0, .bytes = 0};
	Run merged;
	SdqStatus status = build_counted(sample, n_in_window, stop, &counted);

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

/* Reads sorted keys as entries. */
typedef struct KeyReader
{
	const uint64_t *keys;
	size_t n;
	size_t next;
	double *values;   /* [KEYS_PIECE] */
	uint64_t *counts; /* [KEYS_PIECE] */
} KeyReader;

static SdqStatus
keys_fetch(SampleStream *stream)
{
	KeyReader *reader = stream->source;
	const uint64_t *keys = reader->keys;
	size_t i = reader->next;
	size_t n = 0;

	for (; i < reader->n && n < KEYS_PIECE; n++)
	{
		uint64_t key = keys[i];
		size_t start = i++;

		while (i < reader->n && keys[i] == key)
			i++;
		reader->values[n] = run_key_value(key);
		reader->counts[n] = i - start;
	}
	reader->next = i;
	stream->values = reader->values;
	stream->counts = reader->counts;
	stream->n_entries = n;
	return sdq_ok();
}

static SdqStatus
keys_restart(SampleStream *stream)
{
	KeyReader *reader = stream->source;

	reader->next = 0;
	stream->n_entries = 0;
	return sdq_ok();
}

/* The stream of a sample that is nothing but a sorted buffer. */
static SdqStatus
open_keys(const Sample *sample, Arena *scratch, SampleStream *stream)
{
	KeyReader *reader = arena_alloc(scratch, 1, sizeof(KeyReader));
	double *values = arena_alloc(scratch, KEYS_PIECE, sizeof(double));
	uint64_t *counts = arena_alloc(scratch, KEYS_PIECE, sizeof(uint64_t));

	if (reader == NULL || values == NULL || counts == NULL)
		return arena_failure(scratch);
	*reader = (KeyReader){
		.keys = sample->buffer, .n = sample->n_buffered, .values = values, .counts = counts};
	*stream = (SampleStream){.n = sample->n,
							 .values = values,
							 .counts = counts,
							 .n_entries = 0,
							 .fetch = keys_fetch,
							 .restart = keys_restart,
							 .source = reader};
	return sdq_ok();
}

/* The stream of a sample whose buffer is sorted and whose files are few enough. */
static SdqStatus
open_merged(Sample *sample, Arena *scratch, Stop *stop, SampleStream *stream)
{
	size_t n_in_window = window_n_distinct(&sample->window);
	size_t n_in_table = sample->table.n_values;
	MergePart *parts =
		arena_alloc(scratch, 2 + sample->n_runs + sample->n_files, sizeof(MergePart));
	double *values = arena_alloc(scratch, n_in_window + n_in_table, sizeof(double));
	uint64_t *counts = arena_alloc(scratch, n_in_window + n_in_table, sizeof(uint64_t));
	SampleView view = {.n_distinct = n_in_window, .values = values, .counts = counts};
	size_t k = 0;
	SdqStatus status;

	if (parts == NULL || values == NULL || counts == NULL)
		return arena_failure(scratch);
	window_entries(&sample->window, values, counts);
	if (n_in_window > 0)
		parts[k++] = (MergePart){.stream = sample_stream_of_view(&view), .n_entries = n_in_window};
	view = (SampleView){
		.n_distinct = n_in_table, .values = values + n_in_window, .counts = counts + n_in_window};
	if (n_in_table > 0)
	{
		value_table_entries(&sample->table, values + n_in_window, counts + n_in_window);
		parts[k++] = (MergePart){.stream = sample_stream_of_view(&view), .n_entries = n_in_table};
	}
	for (size_t i = 0; i < sample->n_runs; i++)
	{
		view = view_of(&sample->runs[i], 0);
		parts[k++] =
			(MergePart){.stream = sample_stream_of_view(&view), .n_entries = sample->runs[i].n};
	}
	for (size_t i = 0; i < sample->n_files; i++)
	{
		parts[k].n_entries = sample->files[i].n_entries;
		status =
			spill_open(sample->memory->spill, &sample->files[i], scratch, stop, &parts[k].stream);
		if (sdq_failed(status))
			return status;
		k++;
	}
	/* There is at least one: an empty sample is shown as a view. */
	status = merge_streams(parts, k, spill_block_entries(sample->memory->limit), scratch, stream);
	stream->n = sample->n;
	return status;
}

/* Bring a sample that is on disk into memory, if it fits. */
static SdqStatus
load_shown(Sample *sample, Stop *stop)
{
	uint64_t n_entries = count_entries(sample);
	Arena scratch;
	SampleStream stream;
	Run loaded;
	SdqStatus status = parts_limit_files(sample, stop);

	if (!sdq_failed(status) && !parts_fit(sample, n_entries * RUN_ENTRY_BYTES))
	{
		/* The same values may be in many files; as one file they are counted once. */
		status = parts_merge_on_disk(sample, stop);
		n_entries = count_entries(sample);
	}
	if (sdq_failed(status))
		return status;
	status = run_allocate(sample->memory, n_entries, &loaded);
	if (sdq_failed(status))
		return status;
	scratch = parts_scratch(sample);
	status = open_merged(sample, &scratch, stop, &stream);
	while (!sdq_failed(status))
	{
		status = stream.fetch(&stream);
		if (sdq_failed(status) || stream.n_entries == 0)
			break;
		memcpy(loaded.values + loaded.n, stream.values, stream.n_entries * sizeof(double));
		memcpy(loaded.counts + loaded.n, stream.counts, stream.n_entries * sizeof(uint64_t));
		loaded.n += stream.n_entries;
	}
	arena_free(&scratch);
	if (sdq_failed(status))
	{
		run_free(sample->memory, &loaded);
		return status;
	}
	sample->shown = loaded;
	return sdq_ok();
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
	run_free(sample->memory, &sample->shown);
	status = parts_sort_buffer(sample, stop);
	if (!sdq_failed(status) && sample->n_files == 0)
		status = parts_merge_in_memory(sample, stop);
	if (sdq_failed(status))
		return status;

	n_in_window = window_n_distinct(&sample->window);
	if (sample->n_files > 0)
		status = load_shown(sample, stop);
	else if (n_in_window > 0 || sample->table.n_values > 0)
		status = build_shown(sample, n_in_window, stop);
	else
	{
		const Run empty = {.values = NULL, .counts = NULL, .n = 0, .bytes = 0};

		*view = view_of(sample->n_runs == 0 ? &empty : &sample->runs[0], sample->n);
		return sdq_ok();
	}
	if (sdq_failed(status))
		return status;
	sample->shown_is_current = true;
	*view = view_of(&sample->shown, sample->n);
	return sdq_ok();
}

/* Can a view be made, with all that it needs on the way? Nothing is buffered. */
static bool
can_show(const Sample *sample)
{
	size_t n_counted = window_n_distinct(&sample->window) + sample->table.n_values;

	if (sample->shown_is_current || sample->memory->spill == NULL)
		return true;
	if (sample->n_files > 0 || sample->is_streamed || parts_are_large_runs(sample))
		return false;
	if (sample->n_runs <= 1 && n_counted == 0)
		return true;
	/* The last merge is the largest: of all, while its parts are there; what is counted becomes a run
	 * for it. */
	return parts_fit(sample, (count_entries(sample) + n_counted) * RUN_ENTRY_BYTES);
}

/* Is all that there is in the buffer, but for the window? */
static bool
is_buffer_and_window(const Sample *sample)
{
	return sample->n_files == 0 && sample->n_runs == 0 && sample->table.n_values == 0;
}

/* Is all that there is in the buffer? */
static bool
is_buffer_alone(const Sample *sample)
{
	return is_buffer_and_window(sample) && sample->window.n_slots == 0;
}

bool
sample_is_loose(const Sample *sample)
{
	return is_buffer_alone(sample) && !sample->is_sorted;
}

void
sample_loose_values(const Sample *sample, size_t start, size_t n, double *values)
{
	for (size_t i = 0; i < n; i++)
		values[i] = run_key_value(sample->buffer[start + i]);
}

bool
sample_is_unordered(const Sample *sample)
{
	return is_buffer_and_window(sample) && !sample->is_sorted;
}

const uint64_t *
sample_unordered_keys(const Sample *sample, size_t *n)
{
	*n = sample->n_buffered;
	return sample->buffer;
}

size_t
sample_n_integers(const Sample *sample)
{
	return window_n_distinct(&sample->window);
}

void
sample_integers(const Sample *sample, double *values, uint64_t *counts)
{
	window_entries(&sample->window, values, counts);
}

uint64_t
sample_unsorted(const Sample *sample)
{
	return parts_sort_pays(sample) ? sample->n_buffered : 0;
}

SdqStatus
sample_sort(Sample *sample, Job *job)
{
	size_t n_groups;

	return parts_sort_pays(sample) ? parts_sort_sides(&sample, 1, NULL, NULL, job, &n_groups)
								   : sdq_ok();
}

SdqStatus
sample_sort_sides(Sample **samples, size_t k, SortVisit visit, void *argument, Job *job,
				  size_t *n_groups)
{
	*n_groups = 0;
	for (size_t i = 0; i < k; i++)
		if (!is_buffer_alone(samples[i]) || !parts_sort_pays(samples[i]) ||
			(i > 0 && samples[i] == samples[0]))
			return sdq_ok();
	return parts_sort_sides(samples, k, visit, argument, job, n_groups);
}

SdqStatus
sample_stream_open(Sample *sample, Arena *scratch, Stop *stop, SampleStream *stream)
{
	SampleView view;
	SdqStatus status = sdq_ok();

	/* Entries of a run are read faster than keys, and few keys become a run soon. */
	if (is_buffer_alone(sample) && parts_sort_pays(sample))
		status = parts_sort_here(sample, stop);
	if (sdq_failed(status))
		return status;
	if (sample->is_sorted && is_buffer_alone(sample))
		return open_keys(sample, scratch, stream);
	if (!sample->shown_is_current)
		status = parts_sort_buffer(sample, stop);

	if (!sdq_failed(status) && can_show(sample))
	{
		status = sample_view(sample, stop, &view);
		if (!sdq_failed(status))
			*stream = sample_stream_of_view(&view);
		return status;
	}
	if (!sdq_failed(status))
		status = parts_limit_files(sample, stop);
	if (sdq_failed(status))
		return status;
	sample->is_streamed = true;
	return open_merged(sample, scratch, stop, stream);
}
