/*
 * merge.c
 *		A tree of two-way merges.
 */
#include "core/sample/merge.h"

#include "core/sample/merge_entries.h"

/* A merge of two streams. */
typedef struct Merge
{
	SampleStream a;
	SampleStream b;
	size_t next_a; /* index in the piece at hand */
	size_t next_b;
	size_t capacity;
	double *values;   /* [capacity] the piece that is shown */
	uint64_t *counts; /* [capacity] */
} Merge;

size_t
merge_bytes_per_part(size_t block_entries)
{
	return block_entries * (sizeof(double) + sizeof(uint64_t)) + sizeof(Merge) +
		   3 * ARENA_ALIGNMENT;
}

/* Is there an entry at *next? Brings the next piece if there is not. */
static SdqStatus
look(SampleStream *stream, size_t *next, bool *has_entry)
{
	SdqStatus status = sdq_ok();

	if (*next == stream->n_entries && stream->fetch != NULL)
	{
		*next = 0;
		status = stream->fetch(stream);
	}
	*has_entry = *next < stream->n_entries;
	return status;
}

/* Show what is left of the piece at hand, without a copy. */
static void
pass_through(const SampleStream *from, size_t *next, SampleStream *to)
{
	to->values = from->values + *next;
	to->counts = from->counts + *next;
	to->n_entries = from->n_entries - *next;
	*next = from->n_entries;
}

/* Merge until a piece is used up or the buffer is full, which holds n entries; returns how many it
 * holds then. */
static size_t
merge_pieces(Merge *merge, size_t n)
{
	MergeInput a = {.values = merge->a.values,
					.counts = merge->a.counts,
					.n = merge->a.n_entries,
					.next = merge->next_a};
	MergeInput b = {.values = merge->b.values,
					.counts = merge->b.counts,
					.n = merge->b.n_entries,
					.next = merge->next_b};

	n = merge_entries(&a, &b, merge->values, merge->counts, n, merge->capacity);
	merge->next_a = a.next;
	merge->next_b = b.next;
	return n;
}

static SdqStatus
merge_fetch(SampleStream *stream)
{
	Merge *merge = stream->source;
	size_t n = 0;

	stream->n_entries = 0;
	while (n < merge->capacity)
	{
		bool has_a;
		bool has_b;
		SdqStatus status = look(&merge->a, &merge->next_a, &has_a);

		if (!sdq_failed(status))
			status = look(&merge->b, &merge->next_b, &has_b);
		if (sdq_failed(status))
			return status;
		if (has_a && has_b)
		{
			n = merge_pieces(merge, n);
			continue;
		}
		if (n > 0)
			break;
		if (has_a)
			pass_through(&merge->a, &merge->next_a, stream);
		else if (has_b)
			pass_through(&merge->b, &merge->next_b, stream);
		return sdq_ok();
	}
	stream->values = merge->values;
	stream->counts = merge->counts;
	stream->n_entries = n;
	return sdq_ok();
}

static SdqStatus
merge_restart(SampleStream *stream)
{
	Merge *merge = stream->source;
	SdqStatus status = sdq_ok();

	stream->n_entries = 0;
	merge->next_a = 0;
	merge->next_b = 0;
	if (merge->a.restart != NULL)
		status = merge->a.restart(&merge->a);
	if (merge->b.restart != NULL && !sdq_failed(status))
		status = merge->b.restart(&merge->b);
	return status;
}

/* *merged = the union of two. */
static SdqStatus
merge_two(const MergePart *a, const MergePart *b, size_t block_entries, Arena *scratch,
		  MergePart *merged)
{
	Merge *merge = arena_alloc(scratch, 1, sizeof(Merge));
	double *values = arena_alloc(scratch, block_entries, sizeof(double));
	uint64_t *counts = arena_alloc(scratch, block_entries, sizeof(uint64_t));
	uint64_t n = a->stream.n + b->stream.n;

	if (merge == NULL || values == NULL || counts == NULL)
		return arena_failure(scratch);
	*merge = (Merge){.a = a->stream,
					 .b = b->stream,
					 .next_a = 0,
					 .next_b = 0,
					 .capacity = block_entries,
					 .values = values,
					 .counts = counts};
	merged->n_entries = a->n_entries + b->n_entries;
	merged->stream = (SampleStream){.n = n,
									.values = NULL,
									.counts = NULL,
									.n_entries = 0,
									.fetch = merge_fetch,
									.restart = merge_restart,
									.source = merge};
	return sdq_ok();
}

/* Move the shortest of parts[k] to the end. */
static void
shortest_last(MergePart *parts, size_t k)
{
	size_t shortest = 0;
	MergePart swap;

	for (size_t i = 1; i < k; i++)
		if (parts[i].n_entries < parts[shortest].n_entries)
			shortest = i;
	swap = parts[shortest];
	parts[shortest] = parts[k - 1];
	parts[k - 1] = swap;
}

SdqStatus
merge_streams(MergePart *parts, size_t k, size_t block_entries, Arena *scratch,
			  SampleStream *merged)
{
	for (; k > 1; k--)
	{
		SdqStatus status;

		shortest_last(parts, k);
		shortest_last(parts, k - 1);
		status = merge_two(&parts[k - 2], &parts[k - 1], block_entries, scratch, &parts[k - 2]);
		if (sdq_failed(status))
			return status;
	}
	*merged = parts[0].stream;
	return sdq_ok();
}
