/*
 * sample.h
 *		A sample: a growing multiset of doubles, exact, mergeable, in the smallest form that fits.
 *
 * NaN is skipped and not counted; -0 becomes 0; infinities are ordinary values. What a sample holds
 * depends on nothing but the multiset of values added: sample_view() and sample_stream_open() show
 * the same distinct values and counts for any order of adding and merging. How it holds them is its
 * own business (see sample.c) and may change with any call. Where memory is limited and there is a
 * SampleSpill, what exceeds the limit goes to disk, and the answer stays exact.
 *
 * Every function that can fail either does all it says or leaves the sample's value as it was. The
 * statuses are SDQ_NO_MEMORY, SDQ_OVER_LIMIT (the limit of the SampleMemory), SDQ_TOO_LARGE (more
 * than SAMPLE_MAX_COUNT observations: a = the number, b = the limit), SDQ_IO (of the spill) and
 * SDQ_INTERRUPTED (where there is a Stop, which may be NULL). Main thread only, one caller at a time.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_SAMPLE_H
#define SYNTHDQ_CORE_SAMPLE_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/job.h"
#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/sample/memory.h"
#include "core/sample/run.h"
#include "core/sample/sort.h"
#include "core/sample/spill.h"
#include "core/sample/tally.h"
#include "core/sample/value_table.h"
#include "core/sample/window.h"

typedef struct Sample
{
	SampleMemory *memory; /* borrowed; must outlive the sample */
	uint64_t n;           /* observations */
	Window window;        /* dense integers */
	ValueTable table;     /* few distinct values */
	uint64_t *buffer;     /* [buffer_capacity] keys of other values, in order of arrival */
	size_t n_buffered;
	size_t buffer_capacity;
	size_t next_sort; /* n_buffered at which they are sorted; 0 = not decided yet */
	bool is_sorted_once;
	bool is_sorted; /* all that is buffered, in place */
	/* Who spreads the first n_ahead of the buffer meanwhile (sample_ahead.h), or NULL. Borrowed. */
	struct SortAhead *ahead;
	size_t n_ahead;
	Run *runs; /* [runs_capacity], the oldest and largest first */
	size_t n_runs;
	size_t runs_capacity;
	SpillRun *files; /* [files_capacity] runs on disk */
	size_t n_files;
	size_t files_capacity;
	Run shown; /* what sample_view() built where the runs alone are not the whole */
	bool shown_is_current;
	bool is_streamed; /* streams may be reading the runs: they must stay until something is added */
} Sample;

/* An empty sample. It holds no memory until something is added. */
extern void sample_init(Sample *sample, SampleMemory *memory);

/* Give back all memory and files; the sample is empty again. */
extern void sample_free(Sample *sample);

/* Add one value. Constant time, but for a sort of the buffered values now and then. */
extern SdqStatus sample_add(Sample *sample, double value, Stop *stop);

/* Add one value if that takes nothing but a place in the buffer; false, and nothing is done: call
 * sample_add(). */
extern bool sample_try_add(Sample *sample, double value);

/* Add values[n]. Integers of a dense range take about half a nanosecond each, few distinct values one
 * or two, others about ten. */
extern SdqStatus sample_add_int16(Sample *sample, const int16_t *values, size_t n, Stop *stop);
extern SdqStatus sample_add_int32(Sample *sample, const int32_t *values, size_t n, Stop *stop);
extern SdqStatus sample_add_float(Sample *sample, const float *values, size_t n, Stop *stop);
extern SdqStatus sample_add_double(Sample *sample, const double *values, size_t n, Stop *stop);

/* Add all observations of a view, which must not be one of this sample. */
extern SdqStatus sample_add_view(Sample *sample, const SampleView *view, Stop *stop);

/* Add all observations of a stream, which has been opened or restarted and is read to its end. The
 * status may also be any of the stream's own. */
extern SdqStatus sample_add_stream(Sample *sample, SampleStream *stream, Stop *stop);

/* Add all observations of another sample, whose value does not change. */
extern SdqStatus sample_merge(Sample *sample, Sample *other, Stop *stop);

/* Is the sample nothing but numbers in no order, or empty? */
extern bool sample_is_loose(const Sample *sample);

/* Copy the numbers of a loose sample from index `start` on to values[n]. */
extern void sample_loose_values(const Sample *sample, size_t start, size_t n, double *values);

/* Is the sample nothing but numbers in no order, beside integers that are counted? */
extern bool sample_is_unordered(const Sample *sample);

/* The keys (run.h) of those numbers, *n of them; borrowed until something is added or sorted. */
extern const uint64_t *sample_unordered_keys(const Sample *sample, size_t *n);

/* How many different integers are counted, and these with their counts. Others of the same value may be among the
 * keys. */
extern size_t sample_n_integers(const Sample *sample);
extern void sample_integers(const Sample *sample, double *values, uint64_t *counts);

/* How many observations sample_sort() would sort: 0 if they are few, sorted, or lack room. */
extern uint64_t sample_unsorted(const Sample *sample);

/* Do the largest part of what a view or a stream takes beforehand, on the threads of a job. The sample's
 * value does not change. Not while streams are open. */
extern SdqStatus sample_sort(Sample *sample, Job *job);

/*
 * The same for several samples at a time, if each of them is nothing but keys that sample_sort() would
 * sort; they are shown to visit() as sort_sides_by_job() does. *n_groups = 0, and nothing is done: they
 * are not, or are one and the same. k is at most SORT_MOST_SIDES.
 */
extern SdqStatus sample_sort_sides(Sample **samples, size_t k, SortVisit visit, void *argument,
								   Job *job, size_t *n_groups);

/*
 * Show the sample as a whole in memory: borrowed from it, valid until the next call that adds or frees.
 * Sorts what is not sorted yet, so the first call costs, the next one is free until something is added.
 * The sample's value does not change. An empty sample has n_distinct = 0. SDQ_OVER_LIMIT, with what it
 * takes, also for a sample on disk that does not fit. Not while streams are open.
 */
extern SdqStatus sample_view(Sample *sample, Stop *stop, SampleView *view);

/*
 * Show the sample in order: also where it does not fit into memory. The stream is valid until the next
 * call that adds or frees; any number of streams may be open at a time. The view's stream where there
 * is room for one; else buffers come from scratch and are not given back (about 100 kB per run on
 * disk, at most a quarter of the memory's limit for these), and the stop flag, asked at each piece,
 * must outlive the stream. Failures: also those of the arena.
 */
extern SdqStatus sample_stream_open(Sample *sample, Arena *scratch, Stop *stop,
									SampleStream *stream);

#endif
