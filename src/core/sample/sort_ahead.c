/*
 * sort_ahead.c
 *		Spreading keys on a thread.
 *
 * Pieces go to the thread through a ring, which copies them: so the owner may move its keys. The thread
 * spreads a piece as sort_lines_template.h does, through some lines per bucket, but not to places that
 * counting would have to find first: each bucket is a chain of blocks of fixed size. Keys have no
 * identity, so that their order within a bucket, which depends on who was faster, does not matter.
 *
 * There are two spreaders, one of the thread and one of the owner, who helps when the last keys have come.
 * Nothing is written by both but the ring's ends, under the mutex. Blocks are cut from slabs, which the
 * system maps by huge pages where it can: each of the thousand places that keys go to costs a look into
 * the page tables.
 */
#include "core/sample/sort_ahead.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "core/base/thread.h"
#include "core/sample/sort.h"
#include "core/sample/sort_part.h"

/* Pieces that wait: enough to bridge what the system gives other processes, and they stay in the cache. */
#define N_PIECES 32

/* Keys gathered for a bucket before they are stored, as in sort_lines_template.h. */
#define LINE_KEYS 32

/* Keys of a block: some lines; half of the last block of each chain is lost. */
#define BLOCK_KEYS 128

/* Memory is taken from the system so many bytes at a time. */
#define SLAB_BYTES ((size_t) 1 << 24)

/* Who spreads. */
#define BY_THREAD   0
#define BY_OWNER    1
#define N_SPREADERS 2

/* A piece of a chain. */
typedef struct KeyBlock
{
	_Alignas(64) uint64_t keys[BLOCK_KEYS];
	struct KeyBlock *before;
} KeyBlock;

/* Memory of blocks; its head is the first block's place. */
typedef struct Slab
{
	struct Slab *before;
} Slab;

/* The keys of a bucket. */
typedef struct Chain
{
	KeyBlock *last;   /* NULL if there is none */
	uint32_t n_last;  /* keys stored in it */
	uint32_t n;       /* keys stored in all */
	uint32_t n_lined; /* keys in the lines */
} Chain;

typedef struct Spreader
{
	Chain chains[SORT_MOST_SIDES][KEY_CUTS_MOST_BUCKETS];
	_Alignas(64) uint64_t lines[SORT_MOST_SIDES][KEY_CUTS_MOST_BUCKETS][LINE_KEYS];
	Slab *slab;
	KeyBlock *next; /* blocks of the slab that are free */
	KeyBlock *end;
	bool is_failed;
} Spreader;

/* A piece that waits. */
typedef struct Piece
{
	uint64_t keys[SORT_AHEAD_PIECE];
	size_t n;
	size_t side;
} Piece;

struct SortAhead
{
	KeyCuts cuts;
	size_t n_sides;
	Spreader spreaders[N_SPREADERS];

	bool is_running;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed; /* pieces were put, or the end was decided */
	size_t n_put;
	size_t n_taken;
	bool is_ending; /* no more pieces will come */
	bool is_given_up;
	Piece pieces[N_PIECES];
};

/* A fresh slab; false if there is no memory. */
static bool
add_slab(Spreader *spreader)
{
	char *mapping =
		mmap(NULL, SLAB_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	Slab *slab = (Slab *) (void *) mapping;

	if (mapping == MAP_FAILED)
		return false;
#ifdef MADV_HUGEPAGE
	(void) madvise(mapping, SLAB_BYTES, MADV_HUGEPAGE);
#endif
	slab->before = spreader->slab;
	spreader->slab = slab;
	spreader->next = (KeyBlock *) (void *) mapping + 1;
	spreader->end = (KeyBlock *) (void *) mapping + SLAB_BYTES / sizeof(KeyBlock);
	return true;
}

/* Store some keys behind a chain; false if there is no memory. */
static bool
store_keys(Spreader *spreader, Chain *chain, const uint64_t *keys, size_t n)
{
	if (chain->last == NULL || chain->n_last + n > BLOCK_KEYS)
	{
		KeyBlock *block;

		if (spreader->next == spreader->end && !add_slab(spreader))
			return false;
		block = spreader->next++;
		block->before = chain->last;
		chain->last = block;
		chain->n_last = 0;
	}
	sort_store(chain->last->keys + chain->n_last, keys, n);
	chain->n_last += (uint32_t) n;
	chain->n += (uint32_t) n;
	return true;
}

/* Spread keys[n] of a side. */
static void
spread(const KeyCuts *cuts, Spreader *spreader, size_t side, const uint64_t *keys, size_t n)
{
	for (size_t i = 0; i < n && !spreader->is_failed; i++)
	{
		size_t b = key_cuts_bucket(cuts, keys[i]);
		Chain *chain = &spreader->chains[side][b];

		spreader->lines[side][b][chain->n_lined++] = keys[i];
		if (chain->n_lined == LINE_KEYS)
		{
			spreader->is_failed = !store_keys(spreader, chain, spreader->lines[side][b], LINE_KEYS);
			chain->n_lined = 0;
		}
	}
}

/* The thread. */
static void *
spread_pieces(void *argument)
{
	SortAhead *ahead = argument;

	pthread_mutex_lock(&ahead->mutex);
	for (;;)
	{
		const Piece *piece;

		while (ahead->n_taken == ahead->n_put && !ahead->is_ending)
			pthread_cond_wait(&ahead->changed, &ahead->mutex);
		if (ahead->n_taken == ahead->n_put || ahead->is_given_up)
			break;
		piece = &ahead->pieces[ahead->n_taken % N_PIECES];
		pthread_mutex_unlock(&ahead->mutex);
		spread(&ahead->cuts, &ahead->spreaders[BY_THREAD], piece->side, piece->keys, piece->n);
		pthread_mutex_lock(&ahead->mutex);
		ahead->n_taken++;
	}
	pthread_mutex_unlock(&ahead->mutex);
	sort_store_end();
	return NULL;
}

SortAhead *
sort_ahead_start(const KeyList *lists, size_t n_sides)
{
	/* Most of it is never touched. */
	SortAhead *ahead =
		mmap(NULL, sizeof(SortAhead), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (ahead == MAP_FAILED)
		return NULL;
	key_cuts_choose(&ahead->cuts, lists, n_sides);
	ahead->n_sides = n_sides;
	pthread_mutex_init(&ahead->mutex, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	ahead->is_running = thread_start(&ahead->thread, spread_pieces, ahead);
	if (ahead->is_running)
		return ahead;
	sort_ahead_free(ahead);
	return NULL;
}

bool
sort_ahead_put(SortAhead *ahead, size_t side, const uint64_t *keys, size_t n)
{
	Piece *piece = &ahead->pieces[ahead->n_put % N_PIECES];
	bool is_full;

	pthread_mutex_lock(&ahead->mutex);
	is_full = ahead->n_put - ahead->n_taken == N_PIECES;
	pthread_mutex_unlock(&ahead->mutex);
	if (is_full)
		return false;
	memcpy(piece->keys, keys, n * sizeof(*keys));
	piece->n = n;
	piece->side = side;
	pthread_mutex_lock(&ahead->mutex);
	ahead->n_put++;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->mutex);
	return true;
}

/* Wait for the end of the thread, which does what was put or nothing more. */
static void
end_thread(SortAhead *ahead, bool give_up)
{
	if (!ahead->is_running)
		return;
	pthread_mutex_lock(&ahead->mutex);
	ahead->is_ending = true;
	ahead->is_given_up = give_up;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->mutex);
	pthread_join(ahead->thread, NULL);
	ahead->is_running = false;
}

/* Store what is in the lines of a spreader. */
static void
store_lines(const SortAhead *ahead, Spreader *spreader)
{
	for (size_t side = 0; side < ahead->n_sides; side++)
		for (size_t b = 0; b < ahead->cuts.n_buckets && !spreader->is_failed; b++)
		{
			Chain *chain = &spreader->chains[side][b];

			if (chain->n_lined > 0)
				spreader->is_failed =
					!store_keys(spreader, chain, spreader->lines[side][b], chain->n_lined);
			chain->n_lined = 0;
		}
}

bool
sort_ahead_finish(SortAhead *ahead, const KeyList *rest, Stop *stop)
{
	bool is_failed = false;

	for (size_t side = 0; side < ahead->n_sides; side++)
		for (size_t start = 0; start < rest[side].n && !stop_poll(stop); start += SORT_AHEAD_PIECE)
		{
			const uint64_t *keys = rest[side].keys + start;
			size_t n = rest[side].n - start;

			n = n < SORT_AHEAD_PIECE ? n : SORT_AHEAD_PIECE;
			if (!sort_ahead_put(ahead, side, keys, n))
				spread(&ahead->cuts, &ahead->spreaders[BY_OWNER], side, keys, n);
		}
	end_thread(ahead, stop_requested(stop));
	for (int i = 0; i < N_SPREADERS; i++)
	{
		store_lines(ahead, &ahead->spreaders[i]);
		is_failed = is_failed || ahead->spreaders[i].is_failed;
	}
	sort_store_end();
	is_failed = is_failed || stop_requested(stop);
	if (is_failed)
		sort_ahead_clear(ahead);
	return !is_failed;
}

const KeyCuts *
sort_ahead_cuts(const SortAhead *ahead)
{
	return &ahead->cuts;
}

size_t
sort_ahead_sides(const SortAhead *ahead)
{
	return ahead->n_sides;
}

size_t
sort_ahead_count(const SortAhead *ahead, size_t side, size_t bucket)
{
	size_t n = 0;

	for (int i = 0; i < N_SPREADERS; i++)
		n += ahead->spreaders[i].chains[side][bucket].n;
	return n;
}

void
sort_ahead_gather(const SortAhead *ahead, size_t side, size_t bucket, uint64_t *to)
{
	for (int i = 0; i < N_SPREADERS; i++)
	{
		const Chain *chain = &ahead->spreaders[i].chains[side][bucket];
		size_t left = chain->n;
		size_t n = chain->n_last;

		for (const KeyBlock *block = chain->last; block != NULL; block = block->before)
		{
			memcpy(to, block->keys, n * sizeof(*to));
			to += n;
			left -= n;
			n = left < BLOCK_KEYS ? left : BLOCK_KEYS;
		}
	}
}

void
sort_ahead_clear(SortAhead *ahead)
{
	for (int i = 0; i < N_SPREADERS; i++)
	{
		Slab *slab = ahead->spreaders[i].slab;

		while (slab != NULL)
		{
			Slab *before = slab->before;

			munmap(slab, SLAB_BYTES);
			slab = before;
		}
		ahead->spreaders[i].slab = NULL;
		memset(ahead->spreaders[i].chains, 0, sizeof(ahead->spreaders[i].chains));
	}
}

void
sort_ahead_free(SortAhead *ahead)
{
	if (ahead == NULL)
		return;
	end_thread(ahead, true);
	sort_ahead_clear(ahead);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->mutex);
	munmap(ahead, sizeof(SortAhead));
}
