/*
 * computation.c
 *		How the core runs inside a backend.
 *
 * Interrupts. The core calls poll_interrupts() on the main thread every few milliseconds, while
 * workers may be running. A cancel or a termination only raises the stop flag: the core returns,
 * the workers are joined, and then CHECK_FOR_INTERRUPTS() raises the error. Everything else that
 * may be pending (a barrier that other backends wait for, a request to log memory contexts, messages
 * of parallel workers) is served at once, since a computation may take minutes; should that
 * throw, the error is kept and thrown again after the join.
 */
#include "pg/computation.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "pg/errors.h"
#include "pg/settings.h"

#include <math.h>

#define NOTICE_INTERVAL_MS 2000

/* Room for the time left in a message. */
#define TIME_LEFT_SIZE 64

static void *
context_allocate(void *context, size_t bytes)
{
	if (!AllocHugeSizeIsValid(bytes))
		return NULL;
	return MemoryContextAllocExtended((MemoryContext) context, bytes,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
}

static void
context_release(void *context, void *block)
{
	pfree(block);
}

/* The stop flag's question; see the head of this file. */
static bool
poll_interrupts(void *context)
{
	Computation *computation = context;
	MemoryContext caller = CurrentMemoryContext;

	if (!InterruptPending)
		return false;
	if (QueryCancelPending || ProcDiePending || ClientConnectionLost)
		return InterruptHoldoffCount == 0 && CritSectionCount == 0;
	PG_TRY();
	{
		CHECK_FOR_INTERRUPTS();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(computation->context);
		computation->caught = CopyErrorData();
		FlushErrorState();
		MemoryContextSwitchTo(caller);
	}
	PG_END_TRY();
	return computation->caught != NULL;
}

/* Note how far the phase is; one that starts over is a new one. */
static void
follow_phase(Computation *computation, const char *phase, size_t done, TimestampTz now)
{
	if (computation->phase == NULL || strcmp(computation->phase, phase) != 0 ||
		done < computation->phase_done)
	{
		computation->phase = phase;
		computation->phase_start = now;
		computation->phase_first = done;
	}
	computation->phase_done = done;
}

/* How long the rest of the phase will take at its pace so far, for a message; empty while it has none. */
static void
print_time_left(const Computation *computation, size_t total, TimestampTz now, char *text,
				size_t size)
{
	double seconds = (double) (now - computation->phase_start) / USECS_PER_SEC;
	size_t done = computation->phase_done;

	text[0] = '\0';
	if (done > computation->phase_first && done <= total)
		snprintf(
			text, size, ", %.0f s left",
			ceil(seconds * (double) (total - done) / (double) (done - computation->phase_first)));
}

/* A NOTICE every two seconds, if synthdq.progress asks for it. */
static void
report_progress(void *context, const char *phase, size_t done, size_t total, double kl)
{
	Computation *computation = context;
	TimestampTz now = GetCurrentTimestamp();
	char left[TIME_LEFT_SIZE];

	follow_phase(computation, phase, done, now);
	if (now < computation->next_notice)
		return;
	computation->next_notice = TimestampTzPlusMilliseconds(now, NOTICE_INTERVAL_MS);
	print_time_left(computation, total, now, left, sizeof(left));
	if (isnan(kl))
		ereport(NOTICE, (errmsg("%s: %zu of %zu%s", phase, done, total, left)));
	else
		ereport(NOTICE, (errmsg("%s: %zu of %zu, KL %.4f%s", phase, done, total, kl, left)));
}

Computation *
computation_begin(void)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "synthdq computation", ALLOCSET_DEFAULT_SIZES);
	Computation *computation = MemoryContextAllocZero(context, sizeof(Computation));
	ArenaSource source = {
		.allocate = context_allocate, .release = context_release, .context = context};

	computation->context = context;
	arena_init(&computation->arena, source, settings_max_memory());
	computation->stop.poll = poll_interrupts;
	computation->stop.context = computation;
	computation->job.arena = &computation->arena;
	computation->job.stop = &computation->stop;
	if (settings_progress())
	{
		computation->progress.report = report_progress;
		computation->progress.context = computation;
		computation->job.progress = &computation->progress;
		computation->next_notice =
			TimestampTzPlusMilliseconds(GetCurrentTimestamp(), NOTICE_INTERVAL_MS);
	}
	return computation;
}

/* Run work on so many threads, with the pool gone and interrupts answered on every way out. */
static SdqStatus
run_on_threads(Computation *computation, int threads, ComputationWork work, void *argument)
{
	SdqStatus status;

	status = pool_create(&computation->job.pool, threads, &computation->stop);
	check_status(status);
	PG_TRY();
	{
		status = work(&computation->job, argument);
	}
	PG_FINALLY();
	{
		pool_destroy(computation->job.pool);
		computation->job.pool = NULL;
	}
	PG_END_TRY();

	if (computation->caught != NULL)
		ReThrowError(computation->caught);
	if (status.code == SDQ_INTERRUPTED)
		check_status(status);
	return status;
}

SdqStatus
computation_run(Computation *computation, ComputationWork work, void *argument)
{
	return run_on_threads(computation, settings_threads(), work, argument);
}

SdqStatus
computation_run_small(Computation *computation, ComputationWork work, void *argument)
{
	return run_on_threads(computation, 1, work, argument);
}

void
computation_end(Computation *computation)
{
	MemoryContextDelete(computation->context);
}
