/*
 * arena.c
 *		A list of blocks, bump-allocated. Blocks grow with what has been held so far; a request larger
 *		than the default block gets one of its own.
 */
#include "core/base/arena.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_MIN_BLOCK ((size_t) 64 * 1024)
#define ARENA_MAX_BLOCK ((size_t) 8 * 1024 * 1024)

struct ArenaBlock
{
	ArenaBlock *older;
	char *start; /* first aligned byte */
	size_t size; /* usable bytes from start */
	size_t used;
	size_t held; /* bytes obtained from the source */
};

static void *
malloc_allocate(void *context, size_t bytes)
{
	(void) context;
	return malloc(bytes);
}

static void
malloc_release(void *context, void *block)
{
	(void) context;
	free(block);
}

ArenaSource
arena_malloc_source(void)
{
	return (ArenaSource){.allocate = malloc_allocate, .release = malloc_release, .context = NULL};
}

void
arena_init(Arena *arena, ArenaSource source, size_t limit)
{
	*arena = (Arena){.source = source, .limit = limit, .failure = sdq_ok()};
}

/* The next multiple of the alignment; callers have checked that it does not overflow. */
static size_t
align_up(size_t bytes)
{
	return (bytes + ARENA_ALIGNMENT - 1) & ~(size_t) (ARENA_ALIGNMENT - 1);
}

SdqStatus
arena_check(const Arena *arena, size_t bytes)
{
	size_t total;

	if (!checked_add(arena->held, bytes, &total))
		return sdq_error(SDQ_TOO_LARGE, (double) bytes, (double) SIZE_MAX);
	if (arena->limit != 0 && total > arena->limit)
		return sdq_error(SDQ_OVER_LIMIT, (double) total, (double) arena->limit);
	return sdq_ok();
}

/* Obtain a block with at least `bytes` usable bytes; false with arena->failure set. */
static bool
arena_grow(Arena *arena, size_t bytes)
{
	size_t overhead = align_up(sizeof(ArenaBlock)) + ARENA_ALIGNMENT;
	size_t wanted = arena->held < ARENA_MIN_BLOCK ? ARENA_MIN_BLOCK : arena->held;
	size_t total;
	ArenaBlock *block;
	SdqStatus status;

	if (wanted > ARENA_MAX_BLOCK)
		wanted = ARENA_MAX_BLOCK;
	/* Near the limit take only what is asked for. */
	if (wanted < bytes || sdq_failed(arena_check(arena, wanted + overhead)))
		wanted = bytes;
	if (!checked_add(wanted, overhead, &total))
	{
		arena->failure = sdq_error(SDQ_TOO_LARGE, (double) bytes, (double) SIZE_MAX);
		return false;
	}
	status = arena_check(arena, total);
	if (sdq_failed(status))
	{
		/* Set by a failure only: several allocations may be made before one of them is asked for. */
		arena->failure = status;
		return false;
	}
	block = arena->source.allocate(arena->source.context, total);
	if (block == NULL)
	{
		arena->failure = sdq_error(SDQ_NO_MEMORY, (double) total, 0);
		return false;
	}
	block->older = arena->newest;
	block->start = (char *) align_up((uintptr_t) (block + 1));
	block->size = total - (size_t) (block->start - (char *) block);
	block->used = 0;
	block->held = total;
	arena->held += total;
	arena->newest = block;
	return true;
}

void *
arena_alloc(Arena *arena, size_t count, size_t size)
{
	size_t bytes;
	void *result;

	if (!checked_multiply(count, size, &bytes) || bytes > SIZE_MAX - ARENA_ALIGNMENT)
	{
		arena->failure =
			sdq_error(SDQ_TOO_LARGE, (double) count * (double) size, (double) SIZE_MAX);
		return NULL;
	}
	bytes = align_up(bytes == 0 ? 1 : bytes);
	if (arena->newest == NULL || arena->newest->size - arena->newest->used < bytes)
	{
		if (!arena_grow(arena, bytes))
			return NULL;
	}
	result = arena->newest->start + arena->newest->used;
	arena->newest->used += bytes;
	arena->used += bytes;
	if (arena->used > arena->peak)
		arena->peak = arena->used;
	return result;
}

void *
arena_zalloc(Arena *arena, size_t count, size_t size)
{
	void *result = arena_alloc(arena, count, size);

	if (result != NULL)
		memset(result, 0, count * size);
	return result;
}

SdqStatus
arena_failure(const Arena *arena)
{
	return arena->failure;
}

ArenaMark
arena_mark(const Arena *arena)
{
	return (ArenaMark){.block = arena->newest,
					   .used = arena->newest == NULL ? 0 : arena->newest->used};
}

void
arena_release(Arena *arena, ArenaMark mark)
{
	while (arena->newest != mark.block)
	{
		ArenaBlock *block = arena->newest;

		arena->newest = block->older;
		arena->held -= block->held;
		arena->used -= block->used;
		arena->source.release(arena->source.context, block);
	}
	if (arena->newest != NULL)
	{
		arena->used -= arena->newest->used - mark.used;
		arena->newest->used = mark.used;
	}
}

void
arena_free(Arena *arena)
{
	arena_release(arena, (ArenaMark){.block = NULL, .used = 0});
}
