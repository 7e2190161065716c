/*
 * spill.h
 *		Runs on disk: sorted pieces of a sample in temporary files of whoever keeps the sample.
 *
 * A file holds one run as a sequence of entry blocks (entry_block.h), each of at most as many entries
 * as the sample's spill_block_entries(). The core knows no file: it calls the callbacks of a
 * SampleSpill, on the main thread only. A failing callback reports SDQ_IO (or another code) and has
 * changed nothing that matters: the sample keeps its value, and closes the file it was writing.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_SPILL_H
#define SYNTHDQ_CORE_SAMPLE_SPILL_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/sample/stream.h"

/* A temporary file, as whoever keeps it knows it. */
typedef struct SpillFile SpillFile;

typedef struct SampleSpill
{
	/* A new, empty file. */
	SdqStatus (*create)(void *context, SpillFile **file);
	/* Append bytes[n]. */
	SdqStatus (*write)(void *context, SpillFile *file, const void *bytes, size_t n);
	/* Read exactly n bytes from an offset. */
	SdqStatus (*read)(void *context, SpillFile *file, uint64_t offset, void *bytes, size_t n);
	/* Close and remove. */
	void (*close)(void *context, SpillFile *file);
	void *context;
	ArenaSource scratch; /* for buffers while runs are written */
} SampleSpill;

/* A run on disk. */
typedef struct SpillRun
{
	SpillFile *file;
	uint64_t n_bytes;
	uint64_t n_entries;
	size_t block_entries; /* most entries of a block */
} SpillRun;

/* Entries per block for a sample that may hold so many bytes: as many as let enough runs be read at a
 * time. */
extern size_t spill_block_entries(size_t memory_limit);

/* Bytes of scratch for reading a run. */
extern size_t spill_reader_bytes(size_t block_entries);

/* Writes one run. Zeroed it is closed. */
typedef struct SpillWriter
{
	const SampleSpill *spill;
	SpillRun run;
	unsigned char *block; /* what is to be written next */
} SpillWriter;

/* A new file; the buffer is from scratch. Failures: those of the arena and of create. */
extern SdqStatus spill_writer_open(SpillWriter *writer, const SampleSpill *spill,
								   size_t block_entries, Arena *scratch);

/* Append entries, all above those written before. Failures: those of write; SDQ_INTERRUPTED. */
extern SdqStatus spill_write(SpillWriter *writer, const double *values, const uint64_t *counts,
							 size_t n, Stop *stop);

/* Close and remove the file, if there is one. */
extern void spill_writer_abandon(SpillWriter *writer);

/* Close and remove a run. */
extern void spill_run_free(const SampleSpill *spill, SpillRun *run);

/*
 * A run as a stream, which needs spill_reader_bytes() of scratch, not given back; the run, the spill and
 * the stop flag must outlive it. The stream's n is left 0. Its failures: those of read, SDQ_IO for a
 * file that does not hold what was written, SDQ_INTERRUPTED.
 */
extern SdqStatus spill_open(const SampleSpill *spill, const SpillRun *run, Arena *scratch,
							Stop *stop, SampleStream *stream);

#endif
