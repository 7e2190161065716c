/*
 * thread.h
 *		Starting a thread.
 */
#ifndef SYNTHDQ_CORE_BASE_THREAD_H
#define SYNTHDQ_CORE_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Start a thread with every signal blocked, so that no handler of the host process ever runs on it;
 * false if the system refuses. To be joined. */
extern bool thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument);

#endif
