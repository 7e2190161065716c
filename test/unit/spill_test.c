/*
 * spill_test.c
 *		Samples larger than memory: what they show is what sorting all values shows, streams and views
 *		agree, and whatever fails, at any call, leaves the value whole and no file behind.
 */
#include "check.h"

#include <math.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/sample/sample.h"
#include "core/tests/ks.h"
#include "sample_views.h"
#include "stops.h"

#define MAX_VALUES 400000
#define N_KINDS    6

/* Files in memory, which fail when calls_left is used up. */
struct SpillFile
{
	char *bytes;
	size_t n;
	size_t capacity;
};

typedef struct Disk
{
	int calls_left; /* negative: never fails */
	int n_open;
	int n_created;
	int n_reads;
} Disk;

static SdqStatus
disk_call(Disk *disk)
{
	if (disk->calls_left == 0)
		return sdq_error(SDQ_IO, 0, 0);
	if (disk->calls_left > 0)
		disk->calls_left--;
	return sdq_ok();
}

static SdqStatus
disk_create(void *context, SpillFile **file)
{
	Disk *disk = context;
	SdqStatus status = disk_call(disk);

	if (sdq_failed(status))
		return status;
	*file = calloc(1, sizeof(SpillFile));
	disk->n_open++;
	disk->n_created++;
	return sdq_ok();
}

static SdqStatus
disk_write(void *context, SpillFile *file, const void *bytes, size_t n)
{
	SdqStatus status = disk_call(context);

	if (sdq_failed(status))
		return status;
	if (file->n + n > file->capacity)
	{
		file->capacity = 2 * (file->n + n);
		file->bytes = realloc(file->bytes, file->capacity);
	}
	memcpy(file->bytes + file->n, bytes, n);
	file->n += n;
	return sdq_ok();
}

static SdqStatus
disk_read(void *context, SpillFile *file, uint64_t offset, void *bytes, size_t n)
{
	Disk *disk = context;
	SdqStatus status = disk_call(disk);

	if (sdq_failed(status))
		return status;
	if (offset > file->n || n > file->n - offset)
		return sdq_error(SDQ_IO, 0, 0);
	memcpy(bytes, file->bytes + offset, n);
	disk->n_reads++;
	return sdq_ok();
}

static void
disk_close(void *context, SpillFile *file)
{
	Disk *disk = context;

	free(file->bytes);
	free(file);
	disk->n_open--;
}

static SampleSpill
spill_to(Disk *disk)
{
	return (SampleSpill){.create = disk_create,
						 .write = disk_write,
						 .read = disk_read,
						 .close = disk_close,
						 .context = disk,
						 .scratch = arena_malloc_source()};
}

static Arena
new_scratch(void)
{
	Arena scratch;

	arena_init(&scratch, arena_malloc_source(), 0);
	return scratch;
}

/* Does a stream show what the view says, twice? */
static bool
stream_agrees(SampleStream *stream, const SampleView *want)
{
	bool equal = stream->n == want->n;

	for (int pass = 0; pass < 2 && equal; pass++)
	{
		size_t k = 0;

		do
		{
			for (size_t i = 0; i < stream->n_entries && equal; i++, k++)
				equal = k < want->n_distinct && stream->counts[i] == want->counts[k] &&
						memcmp(&stream->values[i], &want->values[k], sizeof(double)) == 0;
			if (stream->fetch == NULL)
				break;
			equal &= !sdq_failed(stream->fetch(stream));
		} while (equal && stream->n_entries > 0);
		equal &= k == want->n_distinct;
		if (stream->restart != NULL)
			equal &= !sdq_failed(stream->restart(stream));
	}
	return equal;
}

/* Does a sample show what sorting values[n] shows? */
static bool
agrees(Sample *sample, const double *values, size_t n)
{
	SampleView want = view_of_values(values, n);
	Arena scratch = new_scratch();
	SampleStream stream;
	bool equal = sample->n == n &&
				 !sdq_failed(sample_stream_open(sample, &scratch, NULL, &stream)) &&
				 stream_agrees(&stream, &want);

	arena_free(&scratch);
	view_free(&want);
	return equal;
}

/* One random value: distinct; few; many that repeat; integers; a mixture; few for long, then others. */
static double
draw(Rng *rng, int kind, size_t i)
{
	switch (kind)
	{
		case 0: return rng_normal(rng);
		case 1: return (double) rng_below(rng, 200) / 255;
		case 2: return (double) rng_below(rng, 30000) / 7;
		case 3: return (double) rng_below(rng, 3000);
		case 4: return rng_below(rng, 3) == 0 ? rng_normal(rng) : (double) rng_below(rng, 256);
		default: return i < 20000 ? (double) (i % 100) / 3 : rng_normal(rng) + 100;
	}
}

/* Add values[n] in pieces of any size, by any way. */
static SdqStatus
add_values(Rng *rng, Sample *sample, const double *values, size_t n)
{
	SdqStatus status = sdq_ok();

	for (size_t start = 0; start < n && !sdq_failed(status);)
	{
		size_t length = 1 + rng_below(rng, rng_below(rng, 4) == 0 ? n - start : 1000);

		if (length > n - start)
			length = n - start;
		if (rng_below(rng, 3) == 0)
			for (size_t i = 0; i < length && !sdq_failed(status); i++)
				status = sample_add(sample, values[start + i], NULL);
		else
			status = sample_add_double(sample, values + start, length, NULL);
		start += length;
	}
	return status;
}

/* Samples within 32 kB to 4 MB show what larger ones do, and no file is left. */
static void
test_against_oracle(void)
{
	static double values[MAX_VALUES];
	int wrong = 0;
	int failed = 0;
	int spilled = 0;
	int left = 0;
	Rng rng;

	rng_seed(&rng, 1, RNG_STREAM_TEST);
	for (int i = 0; i < 120; i++)
	{
		size_t n = rng_below(&rng, i % 10 == 0 ? MAX_VALUES : 60000);
		size_t split = rng_below(&rng, n + 1);
		Disk disk = {.calls_left = -1};
		SampleSpill spill = spill_to(&disk);
		SampleMemory memory = sample_malloc_memory((size_t) 32768 << rng_below(&rng, 8));
		SampleMemory other_memory = memory;
		Sample sample;
		Sample other;

		memory.spill = &spill;
		other_memory.spill = rng_below(&rng, 4) > 0 ? &spill : NULL;
		if (other_memory.spill == NULL)
			other_memory.limit = 0;
		sample_init(&sample, &memory);
		sample_init(&other, &other_memory);
		for (size_t k = 0; k < n; k++)
			values[k] = draw(&rng, i % N_KINDS, k);
		failed += sdq_failed(add_values(&rng, &sample, values, split));
		if (rng_below(&rng, 2) == 0)
			wrong += !agrees(&sample, values, split);
		failed += sdq_failed(add_values(&rng, &other, values + split, n - split));
		failed += sdq_failed(sample_merge(&sample, &other, NULL));
		wrong += !agrees(&other, values + split, n - split);
		wrong += !agrees(&sample, values, n);
		wrong += memory.held > memory.limit;
		spilled += disk.n_created > 0;
		sample_free(&sample);
		sample_free(&other);
		left += disk.n_open + (memory.held != 0) + (other_memory.held != 0);
	}
	check(failed == 0, "nothing fails in 32 kB to 4 MB");
	check(spilled > 30, "most of the samples were larger than that");
	check(wrong == 0, "streams of samples on disk show the sorted values, within the limit");
	check(left == 0, "all files are closed, all memory is given back");
}

/* Two streams over one sample at a time, through a test. */
static void
test_two_streams(void)
{
	static double values[MAX_VALUES];
	Disk disk = {.calls_left = -1};
	SampleSpill spill = spill_to(&disk);
	SampleMemory memory = sample_malloc_memory(256 * 1024);
	Arena scratch = new_scratch();
	SampleStream streams[2];
	Sample sample;
	KsResult result;
	Tally tally;
	Rng rng;

	memory.spill = &spill;
	rng_seed(&rng, 2, RNG_STREAM_TEST);
	sample_init(&sample, &memory);
	for (size_t i = 0; i < MAX_VALUES; i++)
		sample_add(&sample, values[i] = rng_normal(&rng), NULL);
	check(!sdq_failed(sample_stream_open(&sample, &scratch, NULL, &streams[0])) &&
			  !sdq_failed(sample_stream_open(&sample, &scratch, NULL, &streams[1])),
		  "two streams over one sample are opened");
	check(disk.n_open > 1, "it lies in several files");
	tally = tally_open_streams(streams[0], streams[1]);
	check(!sdq_failed(ks_test(&tally, TEST_ASYMPTOTIC, &scratch, NULL, &result)) &&
			  result.statistic == 0 && result.n_x == MAX_VALUES && result.n_y == MAX_VALUES,
		  "a sample does not differ from itself");
	arena_free(&scratch);
	sample_free(&sample);
	check(disk.n_open == 0 && memory.held == 0, "nothing is left of it");
}

/* A view of what is on disk: where it fits, and the refusal with both numbers where it does not. */
static void
test_view(void)
{
	Disk disk = {.calls_left = -1};
	SampleSpill spill = spill_to(&disk);
	SampleMemory memory = sample_malloc_memory(256 * 1024);
	double *values = malloc(MAX_VALUES * sizeof(double));
	SampleView want;
	SampleView view;
	SdqStatus status;
	Sample sample;
	Rng rng;

	memory.spill = &spill;
	rng_seed(&rng, 3, RNG_STREAM_TEST);
	sample_init(&sample, &memory);
	for (size_t i = 0; i < 50000; i++)
		sample_add(&sample, values[i] = rng_normal(&rng), NULL);
	status = sample_view(&sample, NULL, &view);
	check(status.code == SDQ_OVER_LIMIT && status.a >= 16 * 50000 && status.b == 256 * 1024,
		  "a sample on disk that does not fit is not shown as a whole: both sizes are told");
	check(agrees(&sample, values, 50000), "its value is whole after that");
	sample_free(&sample);

	/* 6000 values that repeat: many files, which together fit. */
	sample_init(&sample, &memory);
	for (size_t i = 0; i < MAX_VALUES; i++)
		sample_add(&sample, values[i] = (double) rng_below(&rng, 6000) / 7, NULL);
	check(disk.n_open > 0, "many values of 6000 different ones are on disk");
	want = view_of_values(values, MAX_VALUES);
	status = sample_view(&sample, NULL, &view);
	check(!sdq_failed(status) && view.n_distinct == want.n_distinct && view.n == want.n &&
			  memcmp(view.values, want.values, want.n_distinct * sizeof(double)) == 0 &&
			  memcmp(view.counts, want.counts, want.n_distinct * sizeof(uint64_t)) == 0,
		  "and are shown as a whole");
	view_free(&want);
	sample_free(&sample);
	check(disk.n_open == 0 && memory.held == 0, "nothing is left of it");
	free(values);
}

/* A sample that is looked at after each value, as in a window, stays fast and within the limit. */
static void
test_many_looks(void)
{
	Disk disk = {.calls_left = -1};
	SampleSpill spill = spill_to(&disk);
	SampleMemory memory = sample_malloc_memory(64 * 1024);
	size_t n = 20000;
	double *values = malloc(n * sizeof(double));
	size_t most_runs = 0;
	bool failed = false;
	Sample sample;

	memory.spill = &spill;
	sample_init(&sample, &memory);
	for (size_t i = 0; i < n && !failed; i++)
	{
		Arena scratch;
		SampleStream stream;

		arena_init(&scratch, arena_malloc_source(), memory.limit);
		values[i] = (double) i / 4;
		failed = sdq_failed(sample_add(&sample, values[i], NULL)) ||
				 sdq_failed(sample_stream_open(&sample, &scratch, NULL, &stream));
		if (sample.n_runs > most_runs)
			most_runs = sample.n_runs;
		arena_free(&scratch);
	}
	check(!failed && agrees(&sample, values, n), "a stream after each value, on disk");
	check(most_runs < 20, "does not leave many runs");
	sample_free(&sample);
	check(disk.n_open == 0 && memory.held == 0, "nothing is left of it");
	free(values);
}

/* Many values in memory that hardly repeat: streams read them where they were sorted, and values that
 * come after that are found too. */
static void
test_sorted_in_place(void)
{
	size_t n = MAX_VALUES;
	SampleMemory memory = sample_malloc_memory(0);
	double *values = malloc(n * sizeof(double));
	Arena scratch = new_scratch();
	SampleStream streams[2];
	SampleView want;
	SampleView view;
	Sample sample;
	Rng rng;

	rng_seed(&rng, 6, RNG_STREAM_TEST);
	sample_init(&sample, &memory);
	for (size_t i = 0; i < n; i++)
		values[i] = 0.5 + (double) rng_below(&rng, 2 * MAX_VALUES);
	sample_add_double(&sample, values, n - 2, NULL);
	want = view_of_values(values, n - 2);
	check(!sdq_failed(sample_stream_open(&sample, &scratch, NULL, &streams[0])) &&
			  !sdq_failed(sample_stream_open(&sample, &scratch, NULL, &streams[1])) &&
			  sample.is_sorted && stream_agrees(&streams[0], &want) &&
			  stream_agrees(&streams[1], &want),
		  "two streams read what was sorted in place");
	view_free(&want);
	sample_add(&sample, values[n - 2], NULL);
	check(!sample.is_sorted && agrees(&sample, values, n - 1), "a value comes after that");
	sample_add_double(&sample, values + n - 1, 1, NULL);
	want = view_of_values(values, n);
	check(!sdq_failed(sample_view(&sample, NULL, &view)) && view.n_distinct == want.n_distinct &&
			  memcmp(view.values, want.values, want.n_distinct * sizeof(double)) == 0 &&
			  memcmp(view.counts, want.counts, want.n_distinct * sizeof(uint64_t)) == 0,
		  "and the whole is shown");
	view_free(&want);
	arena_free(&scratch);
	sample_free(&sample);
	check(memory.held == 0, "nothing is left of it");
	free(values);
}

/* A view that is larger than the limit goes to disk from where it is. */
static void
test_large_view(void)
{
	size_t n = 100000;
	Disk disk = {.calls_left = -1};
	SampleSpill spill = spill_to(&disk);
	SampleMemory memory = sample_malloc_memory(256 * 1024);
	double *values = malloc(2 * n * sizeof(double));
	SampleStream stream;
	SampleView view;
	Sample sample;

	memory.spill = &spill;
	for (size_t i = 0; i < 2 * n; i++)
		values[i] = (double) (i % n) / 3;
	view = view_of_values(values, n);
	sample_init(&sample, &memory);
	check(!sdq_failed(sample_add_view(&sample, &view, NULL)) && agrees(&sample, values, n),
		  "a view of 1.6 MB is added within 256 kB");
	stream = sample_stream_of_view(&view);
	check(!sdq_failed(sample_add_stream(&sample, &stream, NULL)) && agrees(&sample, values, 2 * n),
		  "and again as a stream");
	check(memory.held < 256 * 1024, "within the limit");
	view_free(&view);
	sample_free(&sample);
	check(disk.n_open == 0 && memory.held == 0, "nothing is left of it");
	free(values);
}

/* Large runs that are merged when they are read, not when they are added: the same stream and the same view
 * as of all values in one sample; also with a limit that forbids it. */
static void
test_large_runs(void)
{
	static const size_t limits[] = {0, (size_t) 1 << 28, (size_t) 1 << 26};
	const size_t n_parts = 10;
	const size_t n = 530000;
	double *values = malloc(n_parts * n * sizeof(double));

	/* Parts interleave; every fifth value is in the next part, too. */
	for (size_t i = 0; i < n_parts * n; i++)
		values[i] = (double) (i % n * n_parts + i / n + (i % 5 == 0)) / 3;
	for (size_t k = 0; k < N_ITEMS(limits); k++)
	{
		Disk disk = {.calls_left = -1};
		SampleSpill spill = spill_to(&disk);
		SampleMemory memory = sample_malloc_memory(limits[k]);
		Sample all;
		bool added = true;

		memory.spill = &spill;
		sample_init(&all, &memory);
		for (size_t part = 0; part < n_parts && added; part++)
		{
			SampleMemory of_part = sample_malloc_memory(0);
			Arena scratch = new_scratch();
			SampleStream stream;
			Sample one;

			of_part.spill = &spill;
			sample_init(&one, &of_part);
			added = !sdq_failed(sample_add_double(&one, values + part * n, n, NULL)) &&
					!sdq_failed(sample_stream_open(&one, &scratch, NULL, &stream)) &&
					!sdq_failed(sample_add_stream(&all, &stream, NULL));
			sample_free(&one);
			arena_free(&scratch);
			/* Two, three, and more than are left unmerged. */
			if (part == 1 || part == 2 || part == n_parts - 1)
				added = added && agrees(&all, values, (part + 1) * n);
		}
		check(added, "large samples are added up");
		sample_free(&all);
		check(disk.n_open == 0 && memory.held == 0, "nothing is left of them");
	}
	free(values);
}

/* Each call to the disk fails once, or the stop flag is raised at each look at it: the value stays what
 * it was, the same call succeeds afterwards, and no file is left. */
static void
test_failures(void)
{
	enum
	{
		N = 12000,
		ADDED = 6000
	};
	static double values[N + ADDED];
	int failures = 0;
	int lost = 0;
	int wrong_code = 0;
	Rng rng;

	rng_seed(&rng, 4, RNG_STREAM_TEST);
	for (size_t i = 0; i < N + ADDED; i++)
		values[i] = rng_normal(&rng);
	for (int kind = 0; kind < 6; kind++)
	{
		bool failed = true;

		for (int calls = 0; failed; calls += 1 + calls / 40)
		{
			Disk disk = {.calls_left = -1};
			SampleSpill spill = spill_to(&disk);
			SampleMemory memory = sample_malloc_memory(64 * 1024);
			Arena scratch = new_scratch();
			int left = calls + 1;
			Stop stop = {.poll = stop_countdown, .context = &left};
			Stop *used = kind % 2 == 0 ? NULL : &stop;
			Sample sample;
			Sample other;
			SampleStream stream;
			SampleView view;
			SdqStatus status;
			size_t n = N;

			memory.spill = &spill;
			sample_init(&sample, &memory);
			sample_init(&other, &memory);
			sample_add_double(&sample, values, N, NULL);
			if (kind % 2 == 0)
				disk.calls_left = calls;
			switch (kind / 2)
			{
				case 0: status = sample_add_double(&sample, values + N, ADDED, used); break;
				case 1:
					status = sample_stream_open(&sample, &scratch, used, &stream);
					while (!sdq_failed(status))
					{
						status = stream.fetch(&stream);
						if (stream.n_entries == 0)
							break;
					}
					break;
				default:
					status = sample_view(&sample, used, &view);
					if (status.code == SDQ_OVER_LIMIT)
						status = sdq_ok();
					break;
			}
			failed = sdq_failed(status);
			failures += failed;
			wrong_code += failed && status.code != (kind % 2 == 0 ? SDQ_IO : SDQ_INTERRUPTED);
			if (kind / 2 == 0 && !failed)
				n += ADDED;
			disk.calls_left = -1;
			lost += !agrees(&sample, values, n);
			if (n == N)
			{
				lost += sdq_failed(sample_add_double(&sample, values + N, ADDED, NULL));
				lost += !agrees(&sample, values, N + ADDED);
			}
			arena_free(&scratch);
			sample_free(&sample);
			lost += disk.n_open != 0 || memory.held != 0;
		}
	}
	check(failures > 100, "failures were provoked");
	check(wrong_code == 0, "a failure says what it was");
	check(lost == 0, "a failed call leaves the value whole, and no file");
}

/* A file that does not hold what was written is an error, not a wrong answer. */
static void
test_damage(void)
{
	Disk disk = {.calls_left = -1};
	SampleSpill spill = spill_to(&disk);
	SampleMemory memory = sample_malloc_memory(64 * 1024);
	Arena scratch = new_scratch();
	SampleStream stream;
	SdqStatus status;
	Sample sample;
	Rng rng;

	memory.spill = &spill;
	rng_seed(&rng, 5, RNG_STREAM_TEST);
	sample_init(&sample, &memory);
	for (size_t i = 0; i < 30000; i++)
		sample_add(&sample, rng_normal(&rng), NULL);
	memset(sample.files[0].file->bytes, 0xff, sample.files[0].file->n);
	status = sample_stream_open(&sample, &scratch, NULL, &stream);
	while (!sdq_failed(status))
	{
		status = stream.fetch(&stream);
		if (stream.n_entries == 0)
			break;
	}
	check(status.code == SDQ_IO, "a damaged file is an error");
	arena_free(&scratch);
	sample_free(&sample);
}

int
main(void)
{
	test_against_oracle();
	test_two_streams();
	test_view();
	test_many_looks();
	test_sorted_in_place();
	test_large_view();
	test_large_runs();
	test_failures();
	test_damage();
	return check_done();
}
