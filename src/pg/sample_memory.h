/*
 * sample_memory.h
 *		What objects that hold samples need of the server: memory of their context, a stop flag, the
 *		errors of adding and showing.
 */
#ifndef SYNTHDQ_PG_SAMPLE_MEMORY_H
#define SYNTHDQ_PG_SAMPLE_MEMORY_H

#include "postgres.h"

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/sample/memory.h"

/* Memory of a context, limited by synthdq.max_memory, in blocks larger than 1 GB if need be. It raises
 * no error, so that core can back out and report; but up to version 15 the server does where a large
 * block cannot grow, and then the context has to go. */
extern SampleMemory sample_context_memory(MemoryContext context);

/* The same for arenas. */
extern ArenaSource sample_arena_source(MemoryContext context);

/* A stop flag for one call of core on the main thread: is the query to end? */
extern Stop sample_stop(void);

/* Room for the entries of a sample. */
typedef struct SampleArrays
{
	double *values;
	uint64_t *counts;
} SampleArrays;

/* Arrays of n_entries in CurrentMemoryContext; PROGRAM_LIMIT_EXCEEDED beyond synthdq.max_memory. */
extern SampleArrays sample_arrays(size_t n_entries);

/* Raise what adding or showing has reported; returns if it is SDQ_OK. */
extern void check_sample_status(SdqStatus status);

#endif
