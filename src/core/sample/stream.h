/*
 * stream.h
 *		A finished sample as a stream of pieces: what tests read, wherever the sample is kept.
 *
 * A piece is an array of distinct values with their counts; the pieces follow each other in strictly
 * ascending order. A sample in memory is one piece; one that is encoded or on disk is brought piece by
 * piece. Each stream is read by one reader; a sample that is read twice at a time has two streams.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_STREAM_H
#define SYNTHDQ_CORE_SAMPLE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/search.h"
#include "core/base/status.h"

/* Largest number of observations in one sample, so that products of two sizes fit an int64. */
#define SAMPLE_MAX_COUNT (INT64_C(1) << 31)

/* A finished sample that lies in memory as a whole. Borrowed. */
typedef struct SampleView
{
	size_t n_distinct;
	const double *values;   /* [n_distinct], strictly ascending, no NaN, no -0 */
	const uint64_t *counts; /* [n_distinct], each at least 1 */
	uint64_t n;             /* sum of counts, at most SAMPLE_MAX_COUNT */
} SampleView;

/* How many observations are exactly this value? */
static inline uint64_t
sample_view_count_of(const SampleView *view, double value)
{
	size_t i = first_at_least(view->values, 0, view->n_distinct, value);

	return i < view->n_distinct && view->values[i] == value ? view->counts[i] : 0;
}

typedef struct SampleStream
{
	uint64_t n; /* observations in the whole sample, at most SAMPLE_MAX_COUNT */
	/* The piece at hand. After opening it may be empty before the first fetch. */
	const double *values;   /* [n_entries] */
	const uint64_t *counts; /* [n_entries] */
	size_t n_entries;
	/* Replace the piece at hand by the next one; n_entries = 0 at the end. NULL: there is no other
	 * piece than the one at hand. Any failure of whoever keeps the sample, SDQ_INTERRUPTED included. */
	SdqStatus (*fetch)(struct SampleStream *stream);
	/* Start again: the piece at hand is what it was after opening. NULL if fetch is NULL. */
	SdqStatus (*restart)(struct SampleStream *stream);
	void *source; /* of fetch and restart */
} SampleStream;

/* The stream of a sample in memory; the view's arrays must outlive it. */
static inline SampleStream
sample_stream_of_view(const SampleView *view)
{
	return (SampleStream){.n = view->n,
						  .values = view->values,
						  .counts = view->counts,
						  .n_entries = view->n_distinct,
						  .fetch = NULL,
						  .restart = NULL,
						  .source = NULL};
}

#endif
