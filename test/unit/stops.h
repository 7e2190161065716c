/*
 * stops.h
 *		Callers who want a computation to stop: poll functions for Stop, for unit tests.
 */
#ifndef SYNTHDQ_TEST_UNIT_STOPS_H
#define SYNTHDQ_TEST_UNIT_STOPS_H

#include <stdbool.h>

#include "core/base/stop.h"

/* Stop at once. */
static inline bool
stop_now(void *context)
{
	(void) context;
	return true;
}

/* Stop at the n-th question; the context is an int, n, which is counted down to 0 and below. */
static inline bool
stop_countdown(void *context)
{
	int *left = context;

	return --*left <= 0;
}

#endif
