/*
 * arena.h
 *		Memory of one computation: bump-allocated, released in one piece.
 *
 * Blocks come from a source that the caller provides (palloc in the server, malloc in the unit
 * tests) and are counted against a limit. Everything the arena hands out is 64-byte aligned, not
 * initialised, and lives until arena_release() of an earlier mark or arena_free(). Main thread only:
 * workers compute in memory that was allocated before they started.
 *
 * A failing allocation returns NULL and is remembered, whatever succeeds after it: several may be
 * made before `if (p == NULL || q == NULL) return arena_failure(arena)`.
 */
#ifndef SYNTHDQ_CORE_BASE_ARENA_H
#define SYNTHDQ_CORE_BASE_ARENA_H

#include <stddef.h>

#include "core/base/status.h"

#define ARENA_ALIGNMENT 64

typedef struct ArenaSource
{
	void *(*allocate)(void *context, size_t bytes); /* NULL on failure */
	void (*release)(void *context, void *block);
	void *context;
} ArenaSource;

typedef struct ArenaBlock ArenaBlock;

typedef struct Arena
{
	ArenaSource source;
	size_t limit; /* bytes that may be held at once, 0 = no limit */
	size_t held;  /* bytes held from the source */
	size_t used;  /* bytes of them that were handed out and not released */
	size_t peak;  /* the most that were in use at once */
	ArenaBlock *newest;
	SdqStatus failure; /* of the last allocation that failed */
} Arena;

/* A point to which the arena can be wound back. */
typedef struct ArenaMark
{
	ArenaBlock *block;
	size_t used;
} ArenaMark;

/* A source over malloc and free. */
extern ArenaSource arena_malloc_source(void);

extern void arena_init(Arena *arena, ArenaSource source, size_t limit);

/* count objects of size bytes each, 64-byte aligned, uninitialised; NULL on overflow, limit, failure. */
extern void *arena_alloc(Arena *arena, size_t count, size_t size);

/* The same, zeroed. */
extern void *arena_zalloc(Arena *arena, size_t count, size_t size);

/* Why the last allocation failed: SDQ_NO_MEMORY, SDQ_OVER_LIMIT or SDQ_TOO_LARGE. */
extern SdqStatus arena_failure(const Arena *arena);

/* Would count * size more bytes stay within the limit? SDQ_OK or SDQ_OVER_LIMIT, before the work. */
extern SdqStatus arena_check(const Arena *arena, size_t bytes);

extern ArenaMark arena_mark(const Arena *arena);

/* Give back everything allocated since the mark. */
extern void arena_release(Arena *arena, ArenaMark mark);

/* Give back everything. The arena may be used again. */
extern void arena_free(Arena *arena);

#endif
