/*
 * memory.h
 *		Where samples keep their data: a resize callback and a limit.
 *
 * Unlike an arena this gives single blocks back, because a sample lives as long as an aggregate and
 * replaces its blocks as it grows. One SampleMemory may serve several samples (the two sides of a
 * pair); the limit holds for their sum.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_MEMORY_H
#define SYNTHDQ_CORE_SAMPLE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/status.h"

typedef struct SampleMemory
{
	/* Like realloc, with the old size: block NULL and old_bytes 0 allocates, new_bytes 0 frees and
	 * returns NULL. On failure NULL, and the block is as it was. Contents are not initialised. */
	void *(*resize)(void *context, void *block, size_t old_bytes, size_t new_bytes);
	void *context;
	size_t limit; /* bytes that may be held, 0 = no limit */
	size_t held;  /* bytes held now */
	/* Where runs go that the limit leaves no room for (spill.h); NULL: nowhere. Borrowed. */
	const struct SampleSpill *spill;
	/* Main thread: does the owner want to end? Cheap; NULL: never. */
	bool (*is_cancelled)(void *context);
} SampleMemory;

/* Ask that, between pieces of long work on what the memory holds. */
static inline bool
sample_memory_cancelled(const SampleMemory *memory)
{
	return memory->is_cancelled != NULL && memory->is_cancelled(memory->context);
}

/* Memory by realloc and free. */
extern SampleMemory sample_malloc_memory(size_t limit);

/* The block with new_bytes > 0 bytes; NULL on failure, with *status SDQ_OVER_LIMIT or SDQ_NO_MEMORY
 * and the old block intact. *status is left alone on success. */
extern void *sample_memory_resize(SampleMemory *memory, void *block, size_t old_bytes,
								  size_t new_bytes, SdqStatus *status);

/* Give a block back; NULL with 0 bytes is allowed. */
extern void sample_memory_free(SampleMemory *memory, void *block, size_t bytes);

#endif
