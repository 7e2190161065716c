/*
 * arena_test.c
 *		Alignment, limits, overflow, marks, and a source that fails.
 */
#include "check.h"

#include <stdint.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/rng.h"

#define PIECES 2000

/* A source that counts what it gives, and fails on demand. */
typedef struct CountingSource
{
	size_t blocks;
	int fail_after; /* calls; -1 = never */
} CountingSource;

static void *
counting_allocate(void *context, size_t bytes)
{
	CountingSource *source = context;
	void *block;

	if (source->fail_after == 0)
		return NULL;
	if (source->fail_after > 0)
		source->fail_after--;
	block = malloc(bytes);
	source->blocks += block != NULL;
	return block;
}

static void
counting_release(void *context, void *block)
{
	CountingSource *source = context;

	source->blocks--;
	free(block);
}

static CountingSource counting = {.fail_after = -1};

static Arena
new_arena(size_t limit)
{
	ArenaSource source = {
		.allocate = counting_allocate, .release = counting_release, .context = &counting};
	Arena arena;

	counting.fail_after = -1;
	arena_init(&arena, source, limit);
	return arena;
}

/* Pieces of all sizes are aligned, do not overlap, and keep what is written to them. */
static void
test_pieces(void)
{
	static unsigned char *piece[PIECES];
	static size_t size[PIECES];
	Arena arena = new_arena(0);
	bool aligned = true;
	bool kept = true;
	Rng rng;

	rng_seed(&rng, 1, RNG_STREAM_TEST);
	for (int i = 0; i < PIECES; i++)
	{
		size[i] = rng_below(&rng, i % 100 == 0 ? 3000000 : 2000);
		piece[i] = arena_alloc(&arena, size[i], 1);
		aligned &= piece[i] != NULL && (uintptr_t) piece[i] % ARENA_ALIGNMENT == 0;
		memset(piece[i], i % 251, size[i]);
	}
	for (int i = 0; i < PIECES; i++)
		for (size_t j = 0; j < size[i]; j += 61)
			kept &= piece[i][j] == i % 251;
	check(aligned, "pieces of all sizes are 64-byte aligned");
	check(kept, "pieces do not overlap");
	check(arena.held > 0 && counting.blocks > 0, "the arena knows what it holds");
	arena_free(&arena);
	check(arena.held == 0 && counting.blocks == 0, "freeing gives everything back");
	check(arena_alloc(&arena, 1, 8) != NULL, "after that the arena may be used again");
	arena_free(&arena);
	arena_free(&arena);
	check(counting.blocks == 0, "freeing twice is harmless");
}

/* Sizes that cannot be. */
static void
test_overflow(void)
{
	static const size_t sizes[][2] = {{SIZE_MAX, 2},
									  {SIZE_MAX / 2 + 1, 2},
									  {SIZE_MAX, 1},
									  {SIZE_MAX - 10, 1},
									  {SIZE_MAX - 64, 1},
									  {SIZE_MAX / 8 + 1, 8},
									  {(size_t) 1 << 33, (size_t) 1 << 33}};
	Arena arena = new_arena(0);
	bool refused = !sdq_failed(arena_failure(&arena));
	unsigned char *zeros;
	bool zero = true;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		refused &= arena_alloc(&arena, sizes[i][0], sizes[i][1]) == NULL &&
				   arena_failure(&arena).code == SDQ_TOO_LARGE;
	check(refused && arena.held == 0, "sizes beyond a size_t are refused as too large");
	check(arena_check(&arena, SIZE_MAX).code == SDQ_OK || arena.held > 0,
		  "without a limit any representable size passes the check");
	check(arena_alloc(&arena, 0, 8) != NULL && arena_alloc(&arena, 8, 0) != NULL,
		  "nothing is a valid amount");
	memset(arena_alloc(&arena, 1000, 1), 0xff, 1000);
	zeros = arena_zalloc(&arena, 500, 2);
	for (int i = 0; i < 1000; i++)
		zero &= zeros[i] == 0;
	check(zero, "zeroed pieces are zero");
	arena_free(&arena);
}

/* The limit holds for what is held, and names both numbers. */
static void
test_limit(void)
{
	size_t limit = 1000000;
	Arena arena = new_arena(limit);
	size_t got = 0;
	SdqStatus status;

	while (arena_alloc(&arena, 1000, 1) != NULL)
		got++;
	status = arena_failure(&arena);
	check(status.code == SDQ_OVER_LIMIT && status.a > (double) limit && status.b == (double) limit,
		  "the limit is kept, with what was needed and what is allowed");
	check(arena.held <= limit, "no more than the limit is held");
	check(got > 800, "most of the limit can be used");
	check(arena_check(&arena, limit).code == SDQ_OVER_LIMIT &&
			  arena_check(&arena, 0).code == SDQ_OK,
		  "the check before the work says the same");
	check(arena_alloc(&arena, 2 * limit, 1) == NULL, "a single piece above the limit is refused");
	/* The usual pattern: allocate several, then look whether one of them is NULL. */
	arena_free(&arena);
	check(arena_alloc(&arena, 900000, 1) != NULL && arena_failure(&arena).code == SDQ_OVER_LIMIT,
		  "a failure is still known after an allocation that succeeds");
	arena_free(&arena);
	check(arena_alloc(&arena, 900000, 1) != NULL, "freed memory counts no more");
	arena_free(&arena);
}

/* Winding back to a mark keeps what was there and gives the rest back. */
static void
test_marks(void)
{
	Arena arena = new_arena(0);
	ArenaMark start = arena_mark(&arena);
	char *kept = arena_alloc(&arena, 100, 1);
	ArenaMark mark = arena_mark(&arena);
	size_t held = arena.held;
	size_t blocks = counting.blocks;
	void *again;

	strcpy(kept, "still here");
	again = arena_alloc(&arena, 100, 1);
	for (int i = 0; i < 100; i++)
		arena_alloc(&arena, 100000, 1);
	check(arena.held > held, "more is held after more was allocated");
	arena_release(&arena, mark);
	check(arena.held == held && counting.blocks == blocks, "a mark gives back all that came after");
	check(strcmp(kept, "still here") == 0, "and keeps what came before");
	check(arena_alloc(&arena, 100, 1) == again, "the room is used again");
	arena_release(&arena, start);
	check(arena.held == 0 && counting.blocks == 0, "the mark of an empty arena empties it");
}

/* What is in use, and the most that was. */
static void
test_use(void)
{
	Arena arena = new_arena(0);
	ArenaMark mark;

	arena_alloc(&arena, 100, 1);
	check(arena.used == 128 && arena.peak == 128, "100 bytes are two lines of 64 in use");
	mark = arena_mark(&arena);
	arena_alloc(&arena, 1, 1);
	arena_alloc(&arena, 1 << 24, 1);
	arena_release(&arena, mark);
	check(arena.used == 128, "what is released is no longer in use");
	check(arena.peak == 128 + 64 + (1 << 24), "the most that was in use is remembered");
	arena_alloc(&arena, 64, 1);
	check(arena.used == 192 && arena.peak > 1 << 24, "less than that does not change it");
	arena_free(&arena);
	check(arena.used == 0, "an empty arena is not in use");
}

/* A source that refuses. */
static void
test_failing_source(void)
{
	Arena arena = new_arena(0);
	SdqStatus status;

	counting.fail_after = 0;
	check(arena_alloc(&arena, 1, 1) == NULL, "a source that refuses gives NULL");
	status = arena_failure(&arena);
	check(status.code == SDQ_NO_MEMORY && status.a >= 1, "and out of memory with the size");
	counting.fail_after = -1;
	check(arena_alloc(&arena, 1, 1) != NULL, "later allocations may succeed");
	arena_free(&arena);
	check(counting.blocks == 0, "nothing is lost");
}

int
main(void)
{
	test_pieces();
	test_overflow();
	test_limit();
	test_marks();
	test_use();
	test_failing_source();
	return check_done();
}
