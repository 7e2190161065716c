/*
 * sample_parts.c
 *		Buffer to run, table to run, run to disk.
 *
 * How memory is shared where it is limited to L bytes. The window may take L/4, the table L/8, the
 * buffer L/8 and the run that is made of it L/4; older runs have what is left, but for a reserve of
 * L/8, and go to disk, merged to one run, when it does not suffice. So a run on disk has at least
 * L/64 entries where values are distinct. Runs on disk are read at as many at a time as L/4 of scratch
 * allows, which comes on top of L while it lasts.
 */
#include "core/sample/sample_parts.h"

#include "core/sample/merge.h"
#include "core/sample/sort.h"
#include "core/sample/sort_ahead.h"

/* The buffer is sorted for the first time when it holds this many values, to see whether they are few;
 * ... */
#define FIRST_SORT ((size_t) 1 << 12)
/* ... then when it holds this many (fits the second-level cache) ... */
#define BUFFER_MIN ((size_t) 1 << 16)
/* ... or so many times as many as the runs: where little repeats, one large sort costs less than the
 * merges of many runs. */
#define BUFFER_PER_RUNS 4

/* A buffer in which values hardly repeat is not sorted before it has to be. To see that, so many of its
 * values are sorted; ... */
#define PROBE_SIZE 2048
/* ... where a value is expected so many times, sorting is worth it. */
#define REPEATS_WORTH_SORTING 2

/* Parts of the memory's limit. */
#define BUFFER_SHARE  8
#define RESERVE_SHARE 8
#define READING_SHARE 4

/* Values become a table if each occurs this many times, and the table would be at most half full. */
#define TABLE_REPEATS 4

/* ... and there are so many values: a buffer is sorted before the array that would overfill it, so that it is
 * seldom full. */
#define TABLE_MIN (FIRST_SORT / 4)

/* Values that the buffer is meant to hold whatever the limit. */
#define BUFFER_LEAST 16

#define FIRST_RUNS 4

/* Runs in memory that are left as they are while there are others on disk, or while they are large and
 * have room: whoever reads the sample merges them on the way. */
#define UNMERGED_RUNS 8
/* Entries of a large run: they exceed the caches. */
#define LARGE_RUN ((size_t) 1 << 19)
/* The part of the memory's limit that runs may have without being merged. */
#define UNMERGED_SHARE 4

/* Runs on disk that must be readable at a time, whatever the memory. */
#define MIN_FAN_IN 2

size_t
parts_buffer_max(const Sample *sample)
{
	size_t limit = sample->memory->limit;
	size_t n = limit / BUFFER_SHARE / sizeof(uint64_t);

	if (limit == 0)
		return (size_t) SAMPLE_MAX_COUNT;
	return n < BUFFER_LEAST ? BUFFER_LEAST : n;
}

bool
parts_fit(const Sample *sample, size_t bytes)
{
	size_t limit = sample->memory->limit;
	size_t held = sample->memory->held;

	return limit == 0 || (held <= limit && bytes <= limit - held);
}

Arena
parts_scratch(const Sample *sample)
{
	Arena scratch;

	arena_init(&scratch, sample->memory->spill->scratch, sample->memory->limit);
	return scratch;
}

/* Give the memory of the buffer back; whatever was in it is elsewhere by now. */
static void
free_buffer(Sample *sample)
{
	sample_memory_free(sample->memory, sample->buffer, sample->buffer_capacity * sizeof(uint64_t));
	sample->buffer = NULL;
	sample->buffer_capacity = 0;
}

/* Make room for n more elements in a list; *capacity counts them. */
static SdqStatus
reserve_places(SampleMemory *memory, void **list, size_t n_used, size_t n, size_t *capacity,
			   size_t element_size)
{
	SdqStatus status = sdq_ok();
	size_t wanted = *capacity == 0 ? FIRST_RUNS : *capacity;
	void *longer;

	if (n_used + n <= *capacity)
		return sdq_ok();
	while (wanted < n_used + n)
		wanted *= 2;
	longer = sample_memory_resize(memory, *list, *capacity * element_size, wanted * element_size,
								  &status);
	if (longer == NULL)
		return status;
	*list = longer;
	*capacity = wanted;
	return sdq_ok();
}

SdqStatus
parts_reserve_files(Sample *sample, size_t n)
{
	return reserve_places(sample->memory, (void **) &sample->files, sample->n_files, n,
						  &sample->files_capacity, sizeof(SpillRun));
}

/* The runs on disk that may be read at a time. */
static size_t
fan_in(const Sample *sample)
{
	size_t limit = sample->memory->limit;
	size_t block_entries = spill_block_entries(limit);
	size_t n = limit / READING_SHARE /
			   (spill_reader_bytes(block_entries) + merge_bytes_per_part(block_entries));

	if (limit == 0)
		return SIZE_MAX;
	return n < MIN_FAN_IN ? MIN_FAN_IN : n;
}

/* Write what parts[k] hold to one new run on disk. */
static SdqStatus
write_merged(Sample *sample, MergePart *parts, size_t k, Arena *scratch, Stop *stop,
			 SpillRun *written)
{
	size_t block_entries = spill_block_entries(sample->memory->limit);
	SpillWriter writer = {.run = {.file = NULL}};
	SampleStream merged;
	SdqStatus status = merge_streams(parts, k, block_entries, scratch, &merged);

	if (!sdq_failed(status))
		status = spill_writer_open(&writer, sample->memory->spill, block_entries, scratch);
	/* The stream of a single run in memory begins with its only piece. */
	if (!sdq_failed(status) && merged.n_entries > 0)
		status = spill_write(&writer, merged.values, merged.counts, merged.n_entries, stop);
	while (!sdq_failed(status) && merged.fetch != NULL)
	{
		status = merged.fetch(&merged);
		if (sdq_failed(status) || merged.n_entries == 0)
			break;
		status = spill_write(&writer, merged.values, merged.counts, merged.n_entries, stop);
	}
	if (sdq_failed(status))
	{
		spill_writer_abandon(&writer);
		return status;
	}
	*written = writer.run;
	return sdq_ok();
}

/* Merge the `n` shortest runs on disk to one. */
static SdqStatus
merge_files(Sample *sample, size_t n, Stop *stop)
{
	SpillRun *files = sample->files;
	Arena scratch = parts_scratch(sample);
	MergePart *parts = arena_alloc(&scratch, n, sizeof(MergePart));
	SdqStatus status = parts == NULL ? arena_failure(&scratch) : sdq_ok();
	SpillRun merged;
	size_t first = sample->n_files - n;

	/* Longest first. They are nearly in this order already. */
	for (size_t i = 1; i < sample->n_files; i++)
		for (size_t j = i; j > 0 && files[j - 1].n_entries < files[j].n_entries; j--)
		{
			SpillRun swap = files[j];

			files[j] = files[j - 1];
			files[j - 1] = swap;
		}
	for (size_t i = 0; i < n && !sdq_failed(status); i++)
	{
		parts[i].n_entries = files[first + i].n_entries;
		status =
			spill_open(sample->memory->spill, &files[first + i], &scratch, stop, &parts[i].stream);
	}
	if (!sdq_failed(status))
		status = write_merged(sample, parts, n, &scratch, stop, &merged);
	arena_free(&scratch);
	if (sdq_failed(status))
		return status;
	for (size_t i = first; i < sample->n_files; i++)
		spill_run_free(sample->memory->spill, &files[i]);
	files[first] = merged;
	sample->n_files = first + 1;
	return sdq_ok();
}

SdqStatus
parts_limit_files(Sample *sample, Stop *stop)
{
	size_t most = fan_in(sample);

	while (sample->n_files > most)
	{
		/* Half of them at a time: an entry is then rewritten about log(n) / log(most / 2) times. */
		size_t n = most / 2 < MIN_FAN_IN ? MIN_FAN_IN : most / 2;
		SdqStatus status = merge_files(sample, n, stop);

		if (sdq_failed(status))
			return status;
	}
	return sdq_ok();
}

SdqStatus
parts_write_view(Sample *sample, const SampleView *view, Stop *stop, SpillRun *written)
{
	Arena scratch = parts_scratch(sample);
	MergePart part = {.stream = sample_stream_of_view(view), .n_entries = view->n_distinct};
	SdqStatus status = parts_reserve_files(sample, 1);

	if (!sdq_failed(status))
		status = write_merged(sample, &part, 1, &scratch, stop, written);
	arena_free(&scratch);
	return status;
}

/* Write the runs in memory to disk, as one run. */
static SdqStatus
spill_runs(Sample *sample, Stop *stop)
{
	Arena scratch = parts_scratch(sample);
	MergePart *parts = arena_alloc(&scratch, sample->n_runs, sizeof(MergePart));
	SdqStatus status = parts == NULL ? arena_failure(&scratch) : sdq_ok();
	SpillRun written;

	if (!sdq_failed(status))
		status = parts_reserve_files(sample, 1);
	if (!sdq_failed(status))
	{
		for (size_t i = 0; i < sample->n_runs; i++)
		{
			const Run *run = &sample->runs[i];
			const SampleView view = {
				.n_distinct = run->n, .values = run->values, .counts = run->counts, .n = 0};

			parts[i].n_entries = run->n;
			parts[i].stream = sample_stream_of_view(&view);
		}
		status = write_merged(sample, parts, sample->n_runs, &scratch, stop, &written);
	}
	arena_free(&scratch);
	if (sdq_failed(status))
		return status;
	for (size_t i = 0; i < sample->n_runs; i++)
		run_free(sample->memory, &sample->runs[i]);
	sample->n_runs = 0;
	sample->files[sample->n_files++] = written;
	return parts_limit_files(sample, stop);
}

SdqStatus
parts_make_room(Sample *sample, size_t bytes, Stop *stop)
{
	size_t limit = sample->memory->limit;
	size_t reserve = limit / RESERVE_SHARE;

	if (limit == 0 || parts_fit(sample, bytes + reserve))
		return sdq_ok();
	if (!sample->shown_is_current)
		run_free(sample->memory, &sample->shown);
	if (sample->memory->spill == NULL || sample->n_runs == 0 || parts_fit(sample, bytes + reserve))
		return sdq_ok();
	return spill_runs(sample, stop);
}

SdqStatus
parts_release(Sample *sample, Stop *stop)
{
	SdqStatus status;

	if (sample->memory->spill == NULL)
		return sdq_ok();
	status = parts_sort_buffer(sample, stop);
	if (!sdq_failed(status))
		status = parts_close_table(sample, stop);
	if (!sdq_failed(status) && sample->n_runs > 0)
		status = spill_runs(sample, stop);
	if (sdq_failed(status))
		return status;
	free_buffer(sample);
	if (!sample->shown_is_current)
		run_free(sample->memory, &sample->shown);
	return sdq_ok();
}

SdqStatus
parts_merge_on_disk(Sample *sample, Stop *stop)
{
	SdqStatus status = sample->n_runs > 0 ? spill_runs(sample, stop) : sdq_ok();

	if (!sdq_failed(status) && sample->n_files > 1)
		status = merge_files(sample, sample->n_files, stop);
	return status;
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

SdqStatus
parts_merge_in_memory(Sample *sample, Stop *stop)
{
	SdqStatus status = sdq_ok();

	while (!sdq_failed(status) && sample->n_runs > 1)
		status = merge_top(sample, stop);
	return status;
}

SdqStatus
parts_reserve_places(Sample *sample, size_t n)
{
	return reserve_places(sample->memory, (void **) &sample->runs, sample->n_runs, n,
						  &sample->runs_capacity, sizeof(Run));
}

bool
parts_are_large_runs(const Sample *sample)
{
	size_t limit = sample->memory->limit;
	size_t bytes = 0;

	for (size_t i = 0; i < sample->n_runs; i++)
	{
		if (sample->runs[i].n < LARGE_RUN)
			return false;
		bytes += sample->runs[i].bytes;
	}
	return sample->n_runs > 1 && sample->memory->spill != NULL &&
		   (limit == 0 || bytes <= limit / UNMERGED_SHARE);
}

SdqStatus
parts_reserve_runs(Sample *sample, size_t n, Stop *stop)
{
	/* Large runs that go to disk are merged on the way. Small ones come from looking at the sample again
	 * and again. */
	size_t fewest = sample->n_files == 0 && !parts_are_large_runs(sample) ? 2 : UNMERGED_RUNS;

	while (sample->n_runs >= fewest)
	{
		const Run *older = &sample->runs[sample->n_runs - 2];
		const Run *younger = &sample->runs[sample->n_runs - 1];
		SdqStatus status;

		if (older->n / 2 >= younger->n)
			break;
		status = parts_make_room(sample, (older->n + younger->n) * RUN_ENTRY_BYTES, stop);
		if (!sdq_failed(status) && sample->n_runs >= 2)
			status = merge_top(sample, stop);
		if (sdq_failed(status))
			return status;
	}
	return parts_reserve_places(sample, n);
}

void
parts_plan_sort(Sample *sample)
{
	size_t most = parts_buffer_max(sample);
	size_t in_runs = 0;
	size_t limit;

	for (size_t i = 0; i < sample->n_runs; i++)
		in_runs += sample->runs[i].n;
	limit = in_runs > most / BUFFER_PER_RUNS ? most : in_runs * BUFFER_PER_RUNS;
	if (limit < BUFFER_MIN)
		limit = sample->is_sorted_once ? BUFFER_MIN : FIRST_SORT;
	if (limit > most || sample->n_files > 0)
		limit = most;
	sample->next_sort = limit;
}

/* A run of few values that repeat becomes a table; true if it did. */
static bool
open_table(Sample *sample, Run *run, size_t n)
{
	if (n < TABLE_MIN || sample->table.slots != NULL || run->n > VALUE_TABLE_MAX / 2 ||
		run->n > n / TABLE_REPEATS)
		return false;
	if (sdq_failed(value_table_open(&sample->table, sample->memory, run)))
		return false;
	run_free(sample->memory, run);
	/* From now on the buffer only takes what the table does not have. */
	free_buffer(sample);
	return true;
}

/*
 * Would sorting leave much fewer entries than there are values? Of the m (m - 1) / 2 pairs of a probe of
 * m values about one in D has two equal values if there are D different ones (the birthday problem),
 * so that many equal pairs mean that the n values of the buffer occur n / D times each.
 */
static bool
values_repeat(const Sample *sample)
{
	uint64_t probe[PROBE_SIZE];
	uint64_t scratch[PROBE_SIZE];
	size_t step = sample->n_buffered / PROBE_SIZE;
	double pairs = 0.5 * PROBE_SIZE * (PROBE_SIZE - 1);
	double equal = 0;
	size_t same = 0;

	if (step == 0)
		return true;
	for (size_t i = 0; i < PROBE_SIZE; i++)
		probe[i] = sample->buffer[i * step];
	sort_keys(probe, scratch, PROBE_SIZE, NULL);
	for (size_t i = 1; i < PROBE_SIZE; i++)
	{
		same = probe[i] == probe[i - 1] ? same + 1 : 0;
		equal += (double) same;
	}
	return equal * (double) sample->n_buffered >= REPEATS_WORTH_SORTING * pairs;
}

SdqStatus
parts_buffer_full(Sample *sample, Stop *stop)
{
	size_t most = parts_buffer_max(sample);

	if (sample->is_sorted || sample->n_files > 0 || sample->next_sort >= most ||
		values_repeat(sample))
		return parts_sort_buffer(sample, stop);
	sample->is_sorted_once = true;
	if (sample->next_sort < BUFFER_MIN / BUFFER_PER_RUNS)
		sample->next_sort = BUFFER_MIN / BUFFER_PER_RUNS;
	sample->next_sort =
		sample->next_sort > most / BUFFER_PER_RUNS ? most : sample->next_sort * BUFFER_PER_RUNS;
	return sdq_ok();
}

bool
parts_sort_pays(const Sample *sample)
{
	return !sample->is_sorted && sample->n_buffered >= BUFFER_MIN &&
		   parts_fit(sample, sample->n_buffered * sizeof(uint64_t));
}

/* All that is buffered has been sorted in place. */
static void
buffer_is_sorted(Sample *sample)
{
	sample->is_sorted = true;
	/* Whatever is added next finds the buffer full, and makes a run of it. */
	sample->next_sort = sample->n_buffered;
}

SdqStatus
parts_sort_here(Sample *sample, Stop *stop)
{
	size_t n = sample->n_buffered;
	size_t bytes = n * sizeof(uint64_t);
	SdqStatus status = sdq_ok();
	uint64_t *scratch = sample_memory_resize(sample->memory, NULL, 0, bytes, &status);

	if (scratch == NULL)
		return status;
	sample->ahead = NULL;
	status = sort_keys(sample->buffer, scratch, n, stop);
	sample_memory_free(sample->memory, scratch, bytes);
	if (!sdq_failed(status))
		buffer_is_sorted(sample);
	return status;
}

/* Are the sides of these samples, and no other, being spread ahead? Not once this has been asked. */
static struct SortAhead *
take_ahead(Sample **samples, size_t k, size_t *n_ahead)
{
	struct SortAhead *ahead = samples[0]->ahead;

	for (size_t i = 0; i < k; i++)
	{
		if (samples[i]->ahead != ahead)
			ahead = NULL;
		n_ahead[i] = samples[i]->n_ahead;
		samples[i]->ahead = NULL;
	}
	return ahead != NULL && sort_ahead_sides(ahead) == k ? ahead : NULL;
}

/* Sort the buffers of samples that have been spread ahead, if they were. */
static SdqStatus
sort_spread_sides(Sample **samples, size_t k, SortVisit visit, void *argument, Job *job,
				  size_t *n_groups, bool *is_done)
{
	SortSide sides[SORT_MOST_SIDES];
	size_t n_ahead[SORT_MOST_SIDES];
	struct SortAhead *ahead = take_ahead(samples, k, n_ahead);

	*is_done = false;
	if (ahead == NULL)
		return sdq_ok();
	for (size_t i = 0; i < k; i++)
		sides[i] = (SortSide){.keys = samples[i]->buffer, .n = samples[i]->n_buffered};
	return sort_sides_ahead(ahead, n_ahead, sides, visit, argument, job, n_groups, is_done);
}

/* Sort the buffers of samples, with scratch. */
static SdqStatus
sort_buffers(Sample **samples, size_t k, SortVisit visit, void *argument, Job *job,
			 size_t *n_groups)
{
	SortSide sides[SORT_MOST_SIDES];
	SdqStatus status = sdq_ok();
	size_t n_ready = 0;

	for (; n_ready < k && !sdq_failed(status); n_ready++)
	{
		size_t n = samples[n_ready]->n_buffered;

		sides[n_ready] =
			(SortSide){.keys = samples[n_ready]->buffer,
					   .scratch = sample_memory_resize(samples[n_ready]->memory, NULL, 0,
													   n * sizeof(uint64_t), &status),
					   .n = n};
	}
	if (!sdq_failed(status))
		status = sort_sides_by_job(sides, k, visit, argument, job, n_groups);
	for (size_t i = 0; i < n_ready; i++)
		sample_memory_free(samples[i]->memory, sides[i].scratch, sides[i].n * sizeof(uint64_t));
	return status;
}

SdqStatus
parts_sort_sides(Sample **samples, size_t k, SortVisit visit, void *argument, Job *job,
				 size_t *n_groups)
{
	bool is_done;
	SdqStatus status = sort_spread_sides(samples, k, visit, argument, job, n_groups, &is_done);

	if (!sdq_failed(status) && !is_done)
		status = sort_buffers(samples, k, visit, argument, job, n_groups);
	for (size_t i = 0; i < k && !sdq_failed(status); i++)
		buffer_is_sorted(samples[i]);
	return status;
}

SdqStatus
parts_sort_buffer(Sample *sample, Stop *stop)
{
	size_t n = sample->n_buffered;
	Run run;
	SdqStatus status;

	if (n == 0)
		return sdq_ok();
	status = parts_reserve_runs(sample, 1, stop);
	if (!sdq_failed(status))
		status = parts_make_room(sample, n * RUN_ENTRY_BYTES, stop);
	if (!sdq_failed(status))
	{
		sample->ahead = NULL;
		status = sample->is_sorted ? run_from_sorted(sample->memory, sample->buffer, n, stop, &run)
								   : run_from_keys(sample->memory, sample->buffer, n, stop, &run);
	}
	if (sdq_failed(status))
		return status;
	if (!open_table(sample, &run, n))
		sample->runs[sample->n_runs++] = run;
	sample->n_buffered = 0;
	sample->is_sorted = false;
	sample->is_sorted_once = true;
	parts_plan_sort(sample);
	return sdq_ok();
}

SdqStatus
parts_close_table(Sample *sample, Stop *stop)
{
	size_t n = sample->table.n_values;
	Run run;
	SdqStatus status;

	if (sample->table.slots == NULL)
		return sdq_ok();
	status = parts_reserve_runs(sample, 1, stop);
	if (!sdq_failed(status))
		status = parts_make_room(sample, n * RUN_ENTRY_BYTES, stop);
	if (!sdq_failed(status))
		status = run_allocate(sample->memory, n, &run);
	if (sdq_failed(status))
		return status;
	value_table_entries(&sample->table, run.values, run.counts);
	run.n = n;
	sample->runs[sample->n_runs++] = run;
	value_table_free(&sample->table, sample->memory);
	return sdq_ok();
}
