/*
 * entry_list.c
 *		Cutting samples into blocks, and putting them together again.
 */
#include "core/sample/entry_list.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/base/sizes.h"

/* Blocks between two looks at the stop flag: about a millisecond. */
#define BLOCKS_PER_POLL 64

/* The blocks of a stream: whole ones are taken from its pieces as they lie there, others are gathered. */
typedef struct BlockCutter
{
	SampleStream *stream;
	size_t next; /* in the piece at hand */
	size_t n_blocks;
	Stop *stop;
	/* The block that was cut. */
	const double *values;
	const uint64_t *counts;
	size_t n;
	double *gathered_values;   /* [ENTRY_BLOCK_MAX_ENTRIES] */
	uint64_t *gathered_counts; /* [ENTRY_BLOCK_MAX_ENTRIES] */
} BlockCutter;

/* Bring the next piece if the one at hand is used up; n_entries = 0 at the end. */
static SdqStatus
next_piece(BlockCutter *cutter)
{
	SampleStream *stream = cutter->stream;

	if (cutter->next < stream->n_entries || stream->fetch == NULL)
		return sdq_ok();
	cutter->next = 0;
	return stream->fetch(stream);
}

/* Cut the next block; n = 0 at the end. */
static SdqStatus
cut_block(BlockCutter *cutter)
{
	SampleStream *stream = cutter->stream;
	SdqStatus status = next_piece(cutter);

	if (sdq_failed(status))
		return status;
	if (cutter->n_blocks++ % BLOCKS_PER_POLL == 0 && stop_poll(cutter->stop))
		return sdq_error(SDQ_INTERRUPTED, 0, 0);
	cutter->n = 0;
	if (cutter->next == stream->n_entries)
		return sdq_ok();
	if (stream->n_entries - cutter->next >= ENTRY_BLOCK_MAX_ENTRIES || stream->fetch == NULL)
	{
		cutter->values = stream->values + cutter->next;
		cutter->counts = stream->counts + cutter->next;
		cutter->n = minimum(stream->n_entries - cutter->next, ENTRY_BLOCK_MAX_ENTRIES);
		cutter->next += cutter->n;
		return sdq_ok();
	}
	cutter->values = cutter->gathered_values;
	cutter->counts = cutter->gathered_counts;
	while (cutter->n < ENTRY_BLOCK_MAX_ENTRIES && cutter->next < stream->n_entries)
	{
		size_t n = minimum(stream->n_entries - cutter->next, ENTRY_BLOCK_MAX_ENTRIES - cutter->n);

		memcpy(cutter->gathered_values + cutter->n, stream->values + cutter->next,
			   n * sizeof(double));
		memcpy(cutter->gathered_counts + cutter->n, stream->counts + cutter->next,
			   n * sizeof(uint64_t));
		cutter->n += n;
		cutter->next += n;
		status = next_piece(cutter);
		if (sdq_failed(status))
			return status;
	}
	return sdq_ok();
}

/* All blocks of a stream, one after the other: measured, and written to out[] unless that is NULL. */
static SdqStatus
cut_all(SampleStream *stream, Stop *stop, unsigned char *out, size_t *n_distinct, size_t *n_bytes)
{
	double values[ENTRY_BLOCK_MAX_ENTRIES];
	uint64_t counts[ENTRY_BLOCK_MAX_ENTRIES];
	BlockCutter cutter = {
		.stream = stream, .stop = stop, .gathered_values = values, .gathered_counts = counts};

	*n_distinct = 0;
	*n_bytes = 0;
	for (;;)
	{
		SdqStatus status = cut_block(&cutter);

		if (sdq_failed(status))
			return status;
		if (cutter.n == 0)
			return stream->restart == NULL ? sdq_ok() : stream->restart(stream);
		*n_distinct += cutter.n;
		if (out == NULL)
			*n_bytes += entry_block_size(cutter.values, cutter.counts, cutter.n);
		else
			*n_bytes += entry_block_encode(cutter.values, cutter.counts, cutter.n, out + *n_bytes);
	}
}

SdqStatus
entry_list_measure(SampleStream *stream, Stop *stop, size_t *n_distinct, size_t *n_bytes)
{
	return cut_all(stream, stop, NULL, n_distinct, n_bytes);
}

SdqStatus
entry_list_write(SampleStream *stream, Stop *stop, unsigned char *out, size_t *n_distinct,
				 size_t *n_bytes)
{
	return cut_all(stream, stop, out, n_distinct, n_bytes);
}

SdqStatus
entry_list_check(const EntryList *list)
{
	size_t n_blocks = divide_up(list->n_distinct, ENTRY_BLOCK_MAX_ENTRIES);

	if (list->n > (uint64_t) SAMPLE_MAX_COUNT || list->n_distinct > list->n ||
		(list->n_distinct == 0 && list->n > 0))
		return sdq_bad_data(ENTRY_LIST_BAD_TOTAL, -1, (double) list->n, (double) SAMPLE_MAX_COUNT);
	if (list->n_bytes / ENTRY_BLOCK_MIN_BYTES < n_blocks || (n_blocks == 0 && list->n_bytes > 0))
		return sdq_bad_data(ENTRY_LIST_BAD_SIZE, -1, (double) list->n_bytes, (double) n_blocks);
	return sdq_ok();
}

/* Read the next block into values[] and counts[], which have room for it; there must be one. */
static SdqStatus
read_block(EntryListReader *reader, double *values, uint64_t *counts, EntryBlock *block)
{
	const EntryList *list = &reader->list;
	size_t wanted = minimum(list->n_distinct - reader->n_entries, ENTRY_BLOCK_MAX_ENTRIES);
	int64_t index = (int64_t) (reader->n_entries / ENTRY_BLOCK_MAX_ENTRIES);
	SdqStatus status =
		entry_block_decode(list->bytes + reader->n_read, list->n_bytes - reader->n_read, wanted,
						   values, counts, block);

	if (sdq_failed(status) || block->n_entries != wanted)
		return sdq_bad_data(ENTRY_LIST_BAD_BLOCK, index, status.detail, 0);
	/* No value is below -Infinity, with which reading starts; the first one may equal it. */
	if (reader->n_entries > 0 && !(values[0] > reader->last))
		return sdq_bad_data(ENTRY_LIST_NOT_ASCENDING, index, values[0], reader->last);
	/* No overflow: a block has at most 2^12 counts of at most 2^31, and all others are within 2^31. */
	if (block->total > list->n - reader->total)
		return sdq_bad_data(ENTRY_LIST_BAD_TOTAL, index, (double) block->total, (double) list->n);
	reader->n_read += block->n_bytes;
	reader->n_entries += wanted;
	reader->total += block->total;
	reader->last = values[wanted - 1];
	if (reader->n_entries < list->n_distinct)
		return sdq_ok();
	if (reader->total != list->n)
		return sdq_bad_data(ENTRY_LIST_BAD_TOTAL, index, (double) reader->total, (double) list->n);
	if (reader->n_read != list->n_bytes)
		return sdq_bad_data(ENTRY_LIST_BAD_SIZE, index, (double) list->n_bytes,
							(double) reader->n_read);
	return sdq_ok();
}

/* A reader at the start of a list. */
static EntryListReader
start_reading(const EntryList *list, double *values, uint64_t *counts)
{
	return (EntryListReader){.list = *list,
							 .values = values,
							 .counts = counts,
							 .n_read = 0,
							 .n_entries = 0,
							 .total = 0,
							 .last = -INFINITY};
}

SdqStatus
entry_list_read(const EntryList *list, Stop *stop, double *values, uint64_t *counts,
				SampleView *view)
{
	EntryListReader reader = start_reading(list, values, counts);

	for (size_t i = 0; reader.n_entries < list->n_distinct; i++)
	{
		EntryBlock block;
		SdqStatus status =
			read_block(&reader, values + reader.n_entries, counts + reader.n_entries, &block);

		if (sdq_failed(status))
			return status;
		if (i % BLOCKS_PER_POLL == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	*view = (SampleView){
		.n_distinct = list->n_distinct, .values = values, .counts = counts, .n = list->n};
	return sdq_ok();
}

size_t
entry_list_piece(const EntryList *list)
{
	return minimum(list->n_distinct, ENTRY_BLOCK_MAX_ENTRIES);
}

/* Fetch of the stream: the next block. */
static SdqStatus
fetch_block(SampleStream *stream)
{
	EntryListReader *reader = stream->source;
	EntryBlock block;
	SdqStatus status;

	stream->n_entries = 0;
	if (reader->n_entries == reader->list.n_distinct)
		return sdq_ok();
	status = read_block(reader, reader->values, reader->counts, &block);
	if (!sdq_failed(status))
		stream->n_entries = block.n_entries;
	return status;
}

/* Restart of the stream: nothing at hand, all to be fetched. */
static SdqStatus
restart_list(SampleStream *stream)
{
	EntryListReader *reader = stream->source;

	*reader = start_reading(&reader->list, reader->values, reader->counts);
	stream->n_entries = 0;
	return sdq_ok();
}

SampleStream
entry_list_stream(EntryListReader *reader, const EntryList *list)
{
	*reader = start_reading(list, reader->values, reader->counts);
	return (SampleStream){.n = list->n,
						  .values = reader->values,
						  .counts = reader->counts,
						  .n_entries = 0,
						  .fetch = fetch_block,
						  .restart = restart_list,
						  .source = reader};
}
