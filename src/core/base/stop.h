/*
 * stop.h
 *		The stop flag: how a long computation learns that its caller wants it to end.
 *
 * The caller supplies poll(), which may touch anything the main thread may touch and must be cheap
 * (it is called every few milliseconds). Only the main thread calls stop_poll(); workers look at the
 * flag it leaves behind with stop_requested(). Whoever sees true returns SDQ_INTERRUPTED as soon as
 * its outputs can be abandoned. A NULL Stop never stops.
 */
#ifndef SYNTHDQ_CORE_BASE_STOP_H
#define SYNTHDQ_CORE_BASE_STOP_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/base/status.h"

typedef struct Stop
{
	bool (*poll)(void *context); /* true = stop; NULL = never */
	void *context;
	atomic_bool requested;
} Stop;

/* Main thread: ask the caller, remember and return the answer. */
static inline bool
stop_poll(Stop *stop)
{
	if (stop == NULL)
		return false;
	if (!atomic_load_explicit(&stop->requested, memory_order_relaxed) && stop->poll != NULL &&
		stop->poll(stop->context))
		atomic_store_explicit(&stop->requested, true, memory_order_relaxed);
	return atomic_load_explicit(&stop->requested, memory_order_relaxed);
}

/* Any thread: has a stop been requested? */
static inline bool
stop_requested(Stop *stop)
{
	return stop != NULL && atomic_load_explicit(&stop->requested, memory_order_relaxed);
}

#endif
