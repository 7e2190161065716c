/*
 * spill.c
 *		Writing runs to files, and reading them block by block.
 */
#include "core/sample/spill.h"

#include <string.h>

#include "core/sample/entry_block.h"

/* A block per so many bytes of memory ... */
#define MEMORY_PER_ENTRY 16384
/* ... within these bounds: 32 kB of entries is where larger blocks stop being faster (measured). */
#define MIN_BLOCK_ENTRIES 16
#define MAX_BLOCK_ENTRIES 2048

/* Blocks that the buffer for encoded ones has room for: what is left of one, and a whole one. */
#define BLOCKS_PER_READ 2

/* Most bytes of an entry in a block. */
#define ENTRY_BYTES (ENTRY_BLOCK_MAX_BYTES / ENTRY_BLOCK_MAX_ENTRIES)

_Static_assert(MAX_BLOCK_ENTRIES <= ENTRY_BLOCK_MAX_ENTRIES, "entry_block.h can hold a block");

/* Most bytes of a block of so many entries. */
static size_t
block_bytes(size_t block_entries)
{
	return ENTRY_BLOCK_MIN_BYTES + block_entries * ENTRY_BYTES;
}

size_t
spill_block_entries(size_t memory_limit)
{
	size_t n = memory_limit / MEMORY_PER_ENTRY;

	if (memory_limit == 0 || n > MAX_BLOCK_ENTRIES)
		return MAX_BLOCK_ENTRIES;
	return n < MIN_BLOCK_ENTRIES ? MIN_BLOCK_ENTRIES : n;
}

SdqStatus
spill_writer_open(SpillWriter *writer, const SampleSpill *spill, size_t block_entries,
				  Arena *scratch)
{
	unsigned char *block = arena_alloc(scratch, block_bytes(block_entries), 1);
	SpillFile *file;
	SdqStatus status;

	if (block == NULL)
		return arena_failure(scratch);
	status = spill->create(spill->context, &file);
	if (sdq_failed(status))
		return status;
	*writer = (SpillWriter){
		.spill = spill, .run = {.file = file, .block_entries = block_entries}, .block = block};
	return sdq_ok();
}

SdqStatus
spill_write(SpillWriter *writer, const double *values, const uint64_t *counts, size_t n, Stop *stop)
{
	const SampleSpill *spill = writer->spill;
	size_t most = writer->run.block_entries;

	for (size_t start = 0; start < n;)
	{
		size_t piece = n - start < most ? n - start : most;
		size_t bytes = entry_block_encode(values + start, counts + start, piece, writer->block);
		SdqStatus status = spill->write(spill->context, writer->run.file, writer->block, bytes);

		if (sdq_failed(status))
			return status;
		if (stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		writer->run.n_bytes += bytes;
		writer->run.n_entries += piece;
		start += piece;
	}
	return sdq_ok();
}

void
spill_writer_abandon(SpillWriter *writer)
{
	if (writer->run.file != NULL)
		spill_run_free(writer->spill, &writer->run);
}

void
spill_run_free(const SampleSpill *spill, SpillRun *run)
{
	spill->close(spill->context, run->file);
	*run = (SpillRun){.file = NULL};
}

/* What a stream of a run reads with. */
typedef struct Reader
{
	const SampleSpill *spill;
	SpillRun run;
	Stop *stop;
	uint64_t offset;      /* bytes of the file that have been read */
	unsigned char *bytes; /* [capacity] encoded blocks */
	size_t capacity;
	size_t start; /* of what is not decoded yet */
	size_t end;
	double *values;   /* [block_entries] the block at hand */
	uint64_t *counts; /* [block_entries] */
} Reader;

size_t
spill_reader_bytes(size_t block_entries)
{
	return sizeof(Reader) + BLOCKS_PER_READ * block_bytes(block_entries) +
		   block_entries * (sizeof(double) + sizeof(uint64_t)) + 4 * ARENA_ALIGNMENT;
}

/* Have a whole block in the buffer, or all that is left of the file. */
static SdqStatus
fill_buffer(Reader *reader)
{
	const SampleSpill *spill = reader->spill;
	uint64_t left = reader->run.n_bytes - reader->offset;
	size_t n = reader->end - reader->start;
	SdqStatus status;

	if (left == 0 || n >= block_bytes(reader->run.block_entries))
		return sdq_ok();
	memmove(reader->bytes, reader->bytes + reader->start, n);
	reader->start = 0;
	reader->end = n;
	n = reader->capacity - n;
	if (n > left)
		n = (size_t) left;
	status = spill->read(spill->context, reader->run.file, reader->offset,
						 reader->bytes + reader->end, n);
	if (sdq_failed(status))
		return status;
	reader->offset += n;
	reader->end += n;
	return sdq_ok();
}

static SdqStatus
reader_fetch(SampleStream *stream)
{
	Reader *reader = stream->source;
	EntryBlock block;
	SdqStatus status;

	stream->n_entries = 0;
	if (stop_poll(reader->stop))
		return sdq_error(SDQ_INTERRUPTED, 0, 0);
	status = fill_buffer(reader);
	if (sdq_failed(status) || reader->start == reader->end)
		return status;
	status = entry_block_decode(reader->bytes + reader->start, reader->end - reader->start,
								reader->run.block_entries, reader->values, reader->counts, &block);
	if (sdq_failed(status))
		return sdq_error(SDQ_IO, (double) reader->offset, 0);
	reader->start += block.n_bytes;
	stream->values = reader->values;
	stream->counts = reader->counts;
	stream->n_entries = block.n_entries;
	return sdq_ok();
}

static SdqStatus
reader_restart(SampleStream *stream)
{
	Reader *reader = stream->source;

	reader->offset = 0;
	reader->start = 0;
	reader->end = 0;
	stream->n_entries = 0;
	return sdq_ok();
}

SdqStatus
spill_open(const SampleSpill *spill, const SpillRun *run, Arena *scratch, Stop *stop,
		   SampleStream *stream)
{
	size_t block_entries = run->block_entries;
	size_t capacity = BLOCKS_PER_READ * block_bytes(block_entries);
	Reader *reader = arena_alloc(scratch, 1, sizeof(Reader));
	unsigned char *bytes = arena_alloc(scratch, capacity, 1);
	double *values = arena_alloc(scratch, block_entries, sizeof(double));
	uint64_t *counts = arena_alloc(scratch, block_entries, sizeof(uint64_t));

	if (reader == NULL || bytes == NULL || values == NULL || counts == NULL)
		return arena_failure(scratch);
	*reader = (Reader){.spill = spill,
					   .run = *run,
					   .stop = stop,
					   .bytes = bytes,
					   .capacity = capacity,
					   .values = values,
					   .counts = counts};
	*stream = (SampleStream){.n = 0,
							 .values = NULL,
							 .counts = NULL,
							 .n_entries = 0,
							 .fetch = reader_fetch,
							 .restart = reader_restart,
							 .source = reader};
	return sdq_ok();
}
