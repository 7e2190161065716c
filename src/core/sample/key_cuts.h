/*
 * key_cuts.h
 *		Cuts of the range of keys into buckets of about as many keys each.
 *
 * Keys are doubles (run.h), so that equal steps of the key are equal steps of the value within a power
 * of two, and of its logarithm beyond. The range of a probe of the keys is divided into segments of
 * equal length. A segment in which the probe has many keys is divided into buckets of equal length,
 * neighbours with few keys share one. So the buckets of uniform, normal and heavy-tailed numbers are all
 * of about the same size; where keys crowd within a segment, one bucket may hold most of them.
 *
 * Buckets ascend with the keys, and the first and the last take what is beyond the probe.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_KEY_CUTS_H
#define SYNTHDQ_CORE_SAMPLE_KEY_CUTS_H

#include <stddef.h>
#include <stdint.h>

#define KEY_CUTS_SEGMENTS 2048

/* Keys that are probed, at most. */
#define KEY_CUTS_PROBE 16384

/* Keys of the probe that a bucket should have, about. */
#define KEY_CUTS_BUCKET 16

/* Each segment with so many has at most twice as many buckets as it needs; between them, and at both
 * ends, are others. */
#define KEY_CUTS_MOST_BUCKETS (3 * KEY_CUTS_PROBE / KEY_CUTS_BUCKET)

/* A segment, or several that share their bucket. */
typedef struct KeySegment
{
	uint16_t first; /* its first bucket */
	uint16_t shift; /* the others follow each 2^shift keys; 63: there is no other */
} KeySegment;

typedef struct KeyCuts
{
	uint64_t low;
	uint64_t width; /* the highest key that has a bucket of its own, above low */
	int shift;      /* the segment of a key: (key - low) >> shift, at most 63 */
	size_t n_buckets;
	KeySegment segments[KEY_CUTS_SEGMENTS];
} KeyCuts;

/* Keys to be cut, in several lists. */
typedef struct KeyList
{
	const uint64_t *keys; /* [n] */
	size_t n;
} KeyList;

/* Choose for all keys of lists[k]; there is at least one. */
extern void key_cuts_choose(KeyCuts *cuts, const KeyList *lists, size_t k);

/* The bucket of a key. */
static inline size_t
key_cuts_bucket(const KeyCuts *cuts, uint64_t key)
{
	uint64_t above = key < cuts->low ? 0 : key - cuts->low;
	KeySegment segment;

	above = above > cuts->width ? cuts->width : above;
	segment = cuts->segments[above >> cuts->shift];
	return segment.first + ((above & ((UINT64_C(1) << cuts->shift) - 1)) >> segment.shift);
}

/* The keys low..high of a bucket that is part of a segment; both 0 for a bucket that is not, or that
 * takes what is beyond the probe. ranges are [n_buckets]. */
typedef struct KeyRange
{
	uint64_t low;
	uint64_t high;
} KeyRange;

extern void key_cuts_ranges(const KeyCuts *cuts, KeyRange *ranges);

#endif
