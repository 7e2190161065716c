/*
 * sample_memory.c
 *		Memory, stop flag and errors of samples that live in the server.
 */
#include "pg/sample_memory.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "core/sample/stream.h"
#include "pg/errors.h"
#include "pg/settings.h"

/* The resize callback: blocks of a context. */
static void *
context_resize(void *context, void *block, size_t old_bytes, size_t new_bytes)
{
	void *moved = NULL;

	if (new_bytes > 0)
	{
		if (!AllocHugeSizeIsValid(new_bytes))
			return NULL;
		moved = MemoryContextAllocExtended((MemoryContext) context, new_bytes,
										   MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
		if (moved == NULL)
			return NULL;
		if (block != NULL)
			memcpy(moved, block, Min(old_bytes, new_bytes));
	}
	if (block != NULL)
		pfree(block);
	return moved;
}

SampleMemory
sample_context_memory(MemoryContext context)
{
	return (SampleMemory){
		.resize = context_resize, .context = context, .limit = settings_max_memory(), .held = 0};
}

/* The callbacks of an arena over a context. */
static void *
context_allocate(void *context, size_t bytes)
{
	return context_resize(context, NULL, 0, bytes);
}

static void
context_release(void *context, void *block)
{
	pfree(block);
}

ArenaSource
sample_arena_source(MemoryContext context)
{
	return (ArenaSource){
		.allocate = context_allocate, .release = context_release, .context = context};
}

/* The stop flag's question. */
static bool
poll_cancel(void *context)
{
	return InterruptPending && (QueryCancelPending || ProcDiePending) &&
		   InterruptHoldoffCount == 0 && CritSectionCount == 0;
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
