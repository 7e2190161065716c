/*
 * tally.h
 *		Two samples as one ascending stream of (value, count in x, count in y).
 *
 * Every two-sample test is a fold over this stream; where the samples come from (counting tables,
 * sorted runs, a stored ecdf) is not its business. Equality of values is exact comparison of
 * doubles; NaN never occurs and -0 has been stored as +0.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_TALLY_H
#define SYNTHDQ_CORE_SAMPLE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Largest number of observations in one sample, so that products of two sizes fit an int64. */
#define SAMPLE_MAX_COUNT (INT64_C(1) << 31)

/* A finished sample: distinct values in strictly ascending order with their counts. Borrowed. */
typedef struct SampleView
{
	size_t n_distinct;
	const double *values;   /* [n_distinct], strictly ascending, no NaN, no -0 */
	const uint64_t *counts; /* [n_distinct], each at least 1 */
	uint64_t n;             /* sum of counts, at most SAMPLE_MAX_COUNT */
} SampleView;

/* One distinct value of the pooled sample; x + y >= 1. */
typedef struct TallyBlock
{
	double value;
	int64_t x;
	int64_t y;
} TallyBlock;

/* The cursor. x is the real sample, y the synthetic one. */
typedef struct Tally
{
	SampleView x;
	SampleView y;
	size_t next_x;
	size_t next_y;
} Tally;

extern Tally tally_open(const SampleView *x, const SampleView *y);

/* The next block in ascending order of value; false at the end. */
extern bool tally_next(Tally *tally, TallyBlock *block);

extern void tally_rewind(Tally *tally);

#endif
