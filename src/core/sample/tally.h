/*
 * tally.h
 *		Several samples as one ascending stream of (value, count in each of them).
 *
 * Every two-sample test is a fold over a Tally; tests of more samples fold over a TallyMany. Where the
 * samples come from (counting tables, sorted runs, a stored ecdf, a file) is not their business.
 * Equality of values is exact comparison of doubles; NaN never occurs and -0 has been stored as +0.
 *
 * A fold reads to the end and then asks whether it was the end:
 *
 *		tally_rewind(tally);
 *		while (tally_next(tally, &block))
 *			...
 *		status = tally_status(tally);
 */
#ifndef SYNTHDQ_CORE_SAMPLE_TALLY_H
#define SYNTHDQ_CORE_SAMPLE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/sample/stream.h"

/* One distinct value of the pooled sample; x + y >= 1. */
typedef struct TallyBlock
{
	double value;
	int64_t x;
	int64_t y;
} TallyBlock;

/* The cursor over two samples. x is the real sample, y the synthetic one. x.n and y.n are their
 * sizes; the rest is tally.c's own. */
typedef struct Tally
{
	SampleStream x;
	SampleStream y;
	size_t next_x; /* index in the piece at hand */
	size_t next_y;
	SdqStatus status;
} Tally;

extern Tally tally_open(const SampleView *x, const SampleView *y);

/* The tally owns the streams from here on. */
extern Tally tally_open_streams(SampleStream x, SampleStream y);

/* tally_next() where a piece is used up. */
extern bool tally_next_piece(Tally *tally, TallyBlock *block);

/* The next block in ascending order of value; false at the end, and on failure. Which side comes first
 * is unpredictable, so the usual case selects without branches. */
static inline bool
tally_next(Tally *tally, TallyBlock *block)
{
	size_t i = tally->next_x;
	size_t j = tally->next_y;
	double value_x;
	double value_y;
	size_t take_x;
	size_t take_y;

	if (i >= tally->x.n_entries || j >= tally->y.n_entries)
		return tally_next_piece(tally, block);
	value_x = tally->x.values[i];
	value_y = tally->y.values[j];
	take_x = !(value_y < value_x);
	take_y = !(value_x < value_y);
	block->value = take_x ? value_x : value_y;
	block->x = (int64_t) (tally->x.counts[i] & -(uint64_t) take_x);
	block->y = (int64_t) (tally->y.counts[j] & -(uint64_t) take_y);
	tally->next_x = i + take_x;
	tally->next_y = j + take_y;
	return true;
}

/* Blocks that a fold over many of them reads at a time: 6 kB. */
#define TALLY_BATCH 256

/* The next blocks, up to TALLY_BATCH: how many, 0 at the end and on failure. What tally_next() would give
 * one after the other, for folds that are worth a loop of their own. */
extern size_t tally_next_batch(Tally *tally, TallyBlock *blocks);

/* The failure that ended the tally early, SDQ_OK if none did. */
static inline SdqStatus
tally_status(const Tally *tally)
{
	return tally->status;
}

/* Start again. A failure shows in tally_status(), and tally_next() then returns false. */
extern void tally_rewind(Tally *tally);

/* The cursor over k samples, k >= 1; streams[] is the caller's and must outlive it. */
typedef struct TallyMany
{
	SampleStream *streams; /* [k] */
	size_t k;
	size_t *next;    /* [k] index in the piece at hand */
	double value;    /* the block: a distinct value of the pooled sample */
	int64_t *counts; /* [k] its counts, at least one above 0 */
	SdqStatus status;
} TallyMany;

/* Needs 16 bytes a sample of scratch, not given back. Those of the arena. */
extern SdqStatus tally_many_open(SampleStream *streams, size_t k, Arena *scratch, TallyMany *tally);

/* The next block, into tally->value and tally->counts; false at the end, and on failure. O(k). */
extern bool tally_many_next(TallyMany *tally);

static inline SdqStatus
tally_many_status(const TallyMany *tally)
{
	return tally->status;
}

extern void tally_many_rewind(TallyMany *tally);

#endif
