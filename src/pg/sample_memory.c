/*
 * sample_memory.c
 *		Memory, stop flag and errors of samples that live in the server.
 */
#include "pg/sample_memory.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include <sys/mman.h>
#include <unistd.h>

#include "core/sample/stream.h"
#include "pg/compat.h"
#include "pg/errors.h"
#include "pg/settings.h"

/* Blocks from this size on are resized where they are, and are worth huge pages. */
#define LARGE_BLOCK ((size_t) 1 << 22)

/*
 * Ask the system to back a large block by huge pages: each small one costs as much as sorting some twenty
 * values that lie in it. Whether it does makes no other difference.
 *
 * All pages that the block touches are named, and not just the huge ones inside: a block of this size is mostly a
 * mapping of its own, and the system moves a mapping only while all of it has been advised alike.
 */
static void
want_huge_pages(void *block, size_t bytes)
{
#ifdef MADV_HUGEPAGE
	uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);
	uintptr_t start = TYPEALIGN_DOWN(page, (uintptr_t) block);
	uintptr_t end = TYPEALIGN(page, (uintptr_t) block + bytes);

	(void) madvise((void *) start, end - start, MADV_HUGEPAGE);
#endif
}

/* A block of a context, NULL if there is no memory. */
static void *
context_allocate(void *context, size_t bytes)
{
	void *block;

	if (!AllocHugeSizeIsValid(bytes))
		return NULL;
	block = MemoryContextAllocExtended((MemoryContext) context, bytes,
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
	if (block != NULL && bytes >= LARGE_BLOCK)
		want_huge_pages(block, bytes);
	return block;
}

/* Give a block back. */
static void
context_release(void *context, void *block)
{
	pfree(block);
}

/* The resize callback: blocks of a context. The system moves large ones without a copy and without fresh
 * pages. */
static void *
context_resize(void *context, void *block, size_t old_bytes, size_t new_bytes)
{
	void *moved = NULL;

	if (block != NULL && Min(old_bytes, new_bytes) >= LARGE_BLOCK)
	{
		if (!AllocHugeSizeIsValid(new_bytes))
			return NULL;
		moved = compat_repalloc_huge(block, new_bytes);
		if (moved != NULL)
			want_huge_pages(moved, new_bytes);
		return moved;
	}
	if (new_bytes > 0)
	{
		moved = context_allocate(context, new_bytes);
		if (moved == NULL)
			return NULL;
		if (block != NULL)
			memcpy(moved, block, Min(old_bytes, new_bytes));
	}
	if (block != NULL)
		pfree(block);
	return moved;
}

/* The stop flag's question. */
static bool
poll_cancel(void *context)
{
	return InterruptPending && (QueryCancelPending || ProcDiePending) &&
		   InterruptHoldoffCount == 0 && CritSectionCount == 0;
}

SampleMemory
sample_context_memory(MemoryContext context)
{
	return (SampleMemory){.resize = context_resize,
						  .context = context,
						  .limit = settings_max_memory(),
						  .is_cancelled = poll_cancel};
}

ArenaSource
sample_arena_source(MemoryContext context)
{
	return (ArenaSource){
		.allocate = context_allocate, .release = context_release, .context = context};
}

Stop
sample_stop(void)
{
	return (Stop){.poll = poll_cancel, .context = NULL, .requested = false};
}

SampleArrays
sample_arrays(size_t n_entries)
{
	/* Never NULL, so that pointers into them may be formed. */
	size_t n = Max(n_entries, 1);
	size_t limit = settings_max_memory();
	size_t bytes;
	SampleArrays arrays;

	if (!checked_multiply(n, sizeof(*arrays.values) + sizeof(*arrays.counts), &bytes) ||
		bytes > limit)
		check_status(
			sdq_error(SDQ_OVER_LIMIT, (double) n * (sizeof(double) + sizeof(uint64_t)), limit));
	arrays.values = palloc_extended(bytes, MCXT_ALLOC_HUGE);
	arrays.counts = (void *) (arrays.values + n);
	return arrays;
}

void
check_sample_status(SdqStatus status)
{
	if (status.code == SDQ_TOO_LARGE && status.b == (double) SAMPLE_MAX_COUNT)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("sample of %.0f observations exceeds the limit of %.0f", status.a,
							   status.b),
						errhint("Use fewer rows per group, or a random part of them.")));
	check_status(status);
}
