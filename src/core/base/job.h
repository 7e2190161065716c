/*
 * job.h
 *		What a long computation is given by its caller: memory, threads, stop flag, progress.
 */
#ifndef SYNTHDQ_CORE_BASE_JOB_H
#define SYNTHDQ_CORE_BASE_JOB_H

#include "core/base/arena.h"
#include "core/base/pool.h"
#include "core/base/stop.h"

/* Called on the main thread, as often as the computation likes; the receiver limits the rate. */
typedef struct Progress
{
	void (*report)(void *context, const char *phase, size_t done, size_t total, double kl);
	void *context;
} Progress;

typedef struct Job
{
	Arena *arena;       /* results and scratch; the caller frees it */
	Pool *pool;         /* holds the stop flag too */
	Stop *stop;         /* the same flag, for loops that run on the main thread alone */
	Progress *progress; /* NULL = silent */
} Job;

/* Tell the caller how far the phase is. `kl` is the Kullback-Leibler divergence that a map has reached, NAN
 * where there is none. */
static inline void
job_progress(Job *job, const char *phase, size_t done, size_t total, double kl)
{
	if (job->progress != NULL)
		job->progress->report(job->progress->context, phase, done, total, kl);
}

#endif
