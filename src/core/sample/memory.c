/*
 * memory.c
 *		Accounted blocks for samples.
 */
#include "core/sample/memory.h"

#include <stdlib.h>

/* The resize callback over the C library. */
static void *
malloc_resize(void *context, void *block, size_t old_bytes, size_t new_bytes)
{
	if (new_bytes == 0)
	{
		free(block);
		return NULL;
	}
	return realloc(block, new_bytes);
}

SampleMemory
sample_malloc_memory(size_t limit)
{
	return (SampleMemory){.resize = malloc_resize, .context = NULL, .limit = limit, .held = 0};
}

void *
sample_memory_resize(SampleMemory *memory, void *block, size_t old_bytes, size_t new_bytes,
					 SdqStatus *status)
{
	size_t others = memory->held - old_bytes;
	size_t needed;
	void *moved;

	if (!checked_add(others, new_bytes, &needed))
	{
		*status = sdq_error(SDQ_TOO_LARGE, (double) others + (double) new_bytes, (double) SIZE_MAX);
		return NULL;
	}
	/* Giving memory back is never refused, even if the limit was lowered meanwhile. */
	if (memory->limit != 0 && needed > memory->limit && new_bytes > old_bytes)
	{
		*status = sdq_error(SDQ_OVER_LIMIT, (double) needed, (double) memory->limit);
		return NULL;
	}
	moved = memory->resize(memory->context, block, old_bytes, new_bytes);
	if (moved == NULL)
	{
		*status = sdq_error(SDQ_NO_MEMORY, (double) new_bytes, 0);
		return NULL;
	}
	memory->held = needed;
	return moved;
}

void
sample_memory_free(SampleMemory *memory, void *block, size_t bytes)
{
	if (block == NULL)
		return;
	memory->resize(memory->context, block, bytes, 0);
	memory->held -= bytes;
}
