/*
 * thread.c
 *		Starting a thread. Signals are blocked while it is created, since it inherits the mask.
 */
#include "core/base/thread.h"

#include <signal.h>
#include <stddef.h>

#define STACK_SIZE ((size_t) 4 * 1024 * 1024)

bool
thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument)
{
	pthread_attr_t attributes;
	sigset_t all;
	sigset_t before;
	bool is_started;

	if (pthread_attr_init(&attributes) != 0)
		return false;
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	is_started = pthread_create(thread, &attributes, run, argument) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return is_started;
}
