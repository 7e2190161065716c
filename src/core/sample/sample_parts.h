/*
 * sample_parts.h
 *		The parts of a sample and how they become other parts: for sample.c and sample_show.c alone.
 *
 * Each function leaves the sample's value as it was, also where it fails.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_SAMPLE_PARTS_H
#define SYNTHDQ_CORE_SAMPLE_SAMPLE_PARTS_H

#include "core/sample/sample.h"

/* The most values that the buffer is meant to hold, whatever comes. */
extern size_t parts_buffer_max(const Sample *sample);

/* Decide at how many buffered values to sort them. */
extern void parts_plan_sort(Sample *sample);

/* Make room for so many bytes within the memory's limit, if need be by writing runs to disk. That there
 * is room then is not certain. */
extern SdqStatus parts_make_room(Sample *sample, size_t bytes, Stop *stop);

/* Hold as little memory as possible: all but the window goes to disk, where there is one. */
extern SdqStatus parts_release(Sample *sample, Stop *stop);

/* Would so many bytes be within the limit? */
extern bool parts_fit(const Sample *sample, size_t bytes);

/* Are there several runs, all large, that need not be merged? */
extern bool parts_are_large_runs(const Sample *sample);

/* Make sure that n more runs can be pushed; merges runs in memory of similar size. */
extern SdqStatus parts_reserve_runs(Sample *sample, size_t n, Stop *stop);

/* The same, without merging. */
extern SdqStatus parts_reserve_places(Sample *sample, size_t n);

/* The same for runs on disk. */
extern SdqStatus parts_reserve_files(Sample *sample, size_t n);

/* Merge all runs in memory to one. */
extern SdqStatus parts_merge_in_memory(Sample *sample, Stop *stop);

/* As many values are buffered as were meant to be: sort them, or let them be more. */
extern SdqStatus parts_buffer_full(Sample *sample, Stop *stop);

/* Turn the buffered values into a run, or into a table if they are few. */
extern SdqStatus parts_sort_buffer(Sample *sample, Stop *stop);

/* Is the buffer large, not sorted, and is there room to sort it in place? */
extern bool parts_sort_pays(const Sample *sample);

/* Then do so. */
extern SdqStatus parts_sort_here(Sample *sample, Stop *stop);

/* The same with several samples, k at most SORT_MOST_SIDES, on the threads of a job; see sort_sides_by_job(). */
extern SdqStatus parts_sort_sides(Sample **samples, size_t k, SortVisit visit, void *argument,
								  Job *job, size_t *n_groups);

/* Turn the table, if there is one, into a run. */
extern SdqStatus parts_close_table(Sample *sample, Stop *stop);

/* Write a view to disk; there is a place for the run then, which the caller pushes. */
extern SdqStatus parts_write_view(Sample *sample, const SampleView *view, Stop *stop,
								  SpillRun *written);

/* Merge runs on disk until they are few enough to be read at a time. */
extern SdqStatus parts_limit_files(Sample *sample, Stop *stop);

/* Write all runs to disk and merge them with those there to a single one. */
extern SdqStatus parts_merge_on_disk(Sample *sample, Stop *stop);

/* A fresh arena for buffers that live as long as a run is written. */
extern Arena parts_scratch(const Sample *sample);

#endif
