/*
 * arena_test.c
 *		The memory of a computation: alignment, limit, release, and what is remembered of a failure.
 */
#include "check.h"

#include <stdint.h>
#include <string.h>

#include "core/base/arena.h"

/* A limit that a first small block fits into, but not the large requests below. */
#define LIMIT ((size_t) 1024 * 1024)

static void
test_blocks(void)
{
	Arena arena;
	ArenaMark mark;
	size_t held;
	bool aligned = true;
	bool zeroed = true;

	arena_init(&arena, arena_malloc_source(), 0);
	for (size_t bytes = 0; bytes < 300000; bytes = 3 * bytes + 1)
	{
		char *block = arena_zalloc(&arena, bytes, 1);

		aligned &= (uintptr_t) block % ARENA_ALIGNMENT == 0;
		for (size_t i = 0; i < bytes; i++)
			zeroed &= block[i] == 0;
		memset(block, 1, bytes);
	}
	check(aligned, "blocks are aligned");
	check(zeroed, "zeroed blocks are zero");

	held = arena.held;
	mark = arena_mark(&arena);
	arena_alloc(&arena, 100, 1);
	arena_alloc(&arena, LIMIT, 1);
	arena_release(&arena, mark);
	check(arena.held == held, "released memory is given back");
	arena_free(&arena);
	check(arena.held == 0, "nothing is held after all is freed");
}

static void
test_failures(void)
{
	Arena arena;

	arena_init(&arena, arena_malloc_source(), LIMIT);
	check(!sdq_failed(arena_failure(&arena)), "there is no failure at first");
	check(arena_alloc(&arena, SIZE_MAX / 2, 3) == NULL &&
			  arena_failure(&arena).code == SDQ_TOO_LARGE,
		  "a product that overflows is refused");
	check(arena_alloc(&arena, 2 * LIMIT, 1) == NULL && arena_failure(&arena).code == SDQ_OVER_LIMIT,
		  "more than the limit is refused");
	/* The usual pattern: allocate several, then look whether one of them is NULL. */
	check(arena_alloc(&arena, 1, 1) != NULL && arena_alloc(&arena, LIMIT / 2, 1) != NULL,
		  "less is granted after that");
	check(arena_failure(&arena).code == SDQ_OVER_LIMIT, "and the failure is still known");
	arena_free(&arena);
}

int
main(void)
{
	test_blocks();
	test_failures();
	return check_done();
}
