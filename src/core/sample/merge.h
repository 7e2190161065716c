/*
 * merge.h
 *		The union of many sample streams as one stream.
 *
 * A binary tree of two-way merges, each of which brings blocks of some thousand entries to a buffer that
 * stays in the cache. Where the next entry comes from is unpredictable, so the inner loop has no
 * branch on it; a tree of such loops is faster than one merge of k streams that compares at each entry.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_MERGE_H
#define SYNTHDQ_CORE_SAMPLE_MERGE_H

#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/sample/stream.h"

/* A stream to merge. */
typedef struct MergePart
{
	SampleStream stream;
	uint64_t n_entries; /* entries at most: the tree joins the shortest first */
} MergePart;

/*
 * *merged = the union of parts[k], k >= 1, which are used up (their order changes); its n is the sum of
 * theirs. Blocks have at most block_entries entries, unless only one part has entries left. Needs
 * (k - 1) (16 block_entries + 200) bytes of scratch, not given back. Failures: those of the arena; of
 * the stream those of the parts.
 */
extern SdqStatus merge_streams(MergePart *parts, size_t k, size_t block_entries, Arena *scratch,
							   SampleStream *merged);

/* Bytes of scratch that each part but the first needs. */
extern size_t merge_bytes_per_part(size_t block_entries);

#endif
