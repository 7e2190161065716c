/*
 * computation.h
 *		A core computation inside a backend: memory, threads, cancel, progress.
 *
 *		Computation *computation = computation_begin();
 *		status = computation_run(computation, work, &arguments);
 *		... translate the room's own faults, then check_status(status) ...
 *		computation_end(computation);
 *
 * The memory lives in a child of the context that was current at computation_begin(), charged
 * against synthdq.max_memory; an error anywhere frees it with that context. Threads live inside
 * computation_run() only. A cancel, a timeout or a termination is answered there, with all threads
 * joined.
 */
#ifndef SYNTHDQ_PG_COMPUTATION_H
#define SYNTHDQ_PG_COMPUTATION_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/base/job.h"
#include "core/base/status.h"

typedef struct Computation
{
	MemoryContext context; /* owns everything, this struct included */
	Job job;               /* what the core is given */
	Arena arena;
	Stop stop;
	Progress progress;
	ErrorData *caught; /* an error thrown while interrupts were processed under way */
	TimestampTz next_notice;
	const char *phase; /* reported last, and when it began, having done so much */
	TimestampTz phase_start;
	size_t phase_first;
	size_t phase_done; /* so far */
} Computation;

/* The part that runs in the core; may be called without threads too. */
typedef SdqStatus (*ComputationWork)(Job *job, void *argument);

extern Computation *computation_begin(void);

/* Run work(job, argument) with settings_threads() threads. Raises what interrupts ask for; returns
 * any other status to the caller. */
extern SdqStatus computation_run(Computation *computation, ComputationWork work, void *argument);

/* The same on the main thread alone, for work below about 10 ms: to start and join threads takes a
 * tenth of a millisecond, which is much for each of many groups. */
extern SdqStatus computation_run_small(Computation *computation, ComputationWork work,
									   void *argument);

/* Free all memory of the computation. */
extern void computation_end(Computation *computation);

#endif
