/*
 * spill_file.h
 *		Temporary files for samples that are larger than their memory.
 */
#ifndef SYNTHDQ_PG_SPILL_FILE_H
#define SYNTHDQ_PG_SPILL_FILE_H

#include "postgres.h"

#include "core/sample/spill.h"

/* Where samples whose memory is this context's may put their runs. The files are closed, and with that
 * removed, when the context is reset or deleted. */
extern const SampleSpill *spill_files(MemoryContext context);

/* Raise what a temporary file has reported last as SDQ_IO, with its own SQLSTATE. */
extern _Noreturn void spill_file_rethrow(void);

#endif
