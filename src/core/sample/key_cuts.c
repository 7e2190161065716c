/*
 * key_cuts.c
 *		Choosing cuts.
 */
#include "core/sample/key_cuts.h"

#include <stdbool.h>
#include <string.h>

/* A probe has one key of so many at least: it should not cost what it saves. */
#define KEYS_PER_PROBE 64

/* Shift by which all keys of a segment are in its first bucket. */
#define NO_OTHER 63

_Static_assert(KEY_CUTS_MOST_BUCKETS <= UINT16_MAX, "a segment's first bucket has 16 bits");

/* Take keys at equal distances; returns how many. */
static size_t
take_probe(const KeyList *lists, size_t k, uint64_t *probe)
{
	size_t n = 0;
	size_t taken = 0;
	size_t step;

	for (size_t i = 0; i < k; i++)
		n += lists[i].n;
	step = n / KEY_CUTS_PROBE + 1;
	if (step < KEYS_PER_PROBE)
		step = KEYS_PER_PROBE;
	for (size_t i = 0; i < k; i++)
		for (size_t j = 0; j < lists[i].n && taken < KEY_CUTS_PROBE; j += step)
			probe[taken++] = lists[i].keys[j];
	return taken;
}

/* So many bits that 2^bits buckets have at most KEY_CUTS_BUCKET each of so many keys of a segment. */
static int
bits_of_segment(uint32_t n, int most)
{
	int bits = 0;

	while (bits < most && (n >> bits) > KEY_CUTS_BUCKET)
		bits++;
	return bits;
}

/* From the probe's share in each segment to the buckets. */
static void
place_buckets(KeyCuts *cuts, const uint32_t *counts, size_t n_segments)
{
	uint32_t shared = 0; /* keys in the bucket that light segments are sharing */
	bool is_shared = false;
	size_t next = 0;

	for (size_t i = 0; i < n_segments; i++)
	{
		int bits = bits_of_segment(counts[i], cuts->shift);

		if (bits == 0)
		{
			if (!is_shared || shared + counts[i] > KEY_CUTS_BUCKET)
			{
				next++;
				shared = 0;
			}
			is_shared = true;
			shared += counts[i];
			cuts->segments[i] = (KeySegment){.first = (uint16_t) (next - 1), .shift = NO_OTHER};
			continue;
		}
		is_shared = false;
		cuts->segments[i] =
			(KeySegment){.first = (uint16_t) next, .shift = (uint16_t) (cuts->shift - bits)};
		next += (size_t) 1 << bits;
	}
	cuts->n_buckets = next;
}

void
key_cuts_choose(KeyCuts *cuts, const KeyList *lists, size_t k)
{
	uint64_t probe[KEY_CUTS_PROBE];
	uint32_t counts[KEY_CUTS_SEGMENTS];
	size_t n = take_probe(lists, k, probe);
	uint64_t high = 0;

	cuts->low = UINT64_MAX;
	for (size_t i = 0; i < n; i++)
	{
		cuts->low = probe[i] < cuts->low ? probe[i] : cuts->low;
		high = probe[i] > high ? probe[i] : high;
	}
	cuts->width = high - cuts->low;
	cuts->shift = 0;
	while (cuts->width >> cuts->shift >= KEY_CUTS_SEGMENTS)
		cuts->shift++;
	memset(counts, 0, sizeof(counts));
	for (size_t i = 0; i < n; i++)
		counts[(probe[i] - cuts->low) >> cuts->shift]++;
	place_buckets(cuts, counts, (size_t) (cuts->width >> cuts->shift) + 1);
}

void
key_cuts_ranges(const KeyCuts *cuts, KeyRange *ranges)
{
	size_t n_segments = (size_t) (cuts->width >> cuts->shift) + 1;

	memset(ranges, 0, cuts->n_buckets * sizeof(*ranges));
	for (size_t i = 0; i < n_segments; i++)
	{
		KeySegment segment = cuts->segments[i];
		uint64_t start = cuts->low + ((uint64_t) i << cuts->shift);

		if (segment.shift == NO_OTHER)
			continue;
		for (uint64_t b = 0; b < UINT64_C(1) << (cuts->shift - segment.shift); b++)
			ranges[segment.first + b] = (KeyRange){.low = start + (b << segment.shift),
												   .high = start + ((b + 1) << segment.shift) - 1};
	}
	/* They take what is beyond the probe, too. */
	ranges[0] = ranges[key_cuts_bucket(cuts, UINT64_MAX)] = (KeyRange){.low = 0, .high = 0};
}
