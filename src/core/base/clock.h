/*
 * clock.h
 *		How long something takes.
 */
#ifndef SYNTHDQ_CORE_BASE_CLOCK_H
#define SYNTHDQ_CORE_BASE_CLOCK_H

#include <time.h>

/* Seconds since some moment of the past; setting the date does not move them. Any thread. */
static inline double
clock_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

/* Add the seconds since *since to *total, and begin anew. */
static inline void
clock_lap(double *since, double *total)
{
	double now = clock_seconds();

	*total += now - *since;
	*since = now;
}

#endif
