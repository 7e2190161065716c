/*
 * pool.c
 *		Threads that take chunks from a shared counter.
 *
 * A run is published by raising the generation under the mutex; workers that sleep on the condition
 * variable wake, take chunks by atomic increment until none is left, and report back. The main
 * thread works too, polls the stop flag after each chunk, and when it runs out of chunks waits for
 * the workers in steps of 20 ms so that it never stops polling. After a stop no further chunk is
 * handed out; the run ends when the chunks under way have ended.
 */
#include "core/base/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/thread.h"

#define POOL_WAIT_NANOSECONDS 20000000L

typedef struct Worker
{
	Pool *pool;
	pthread_t thread;
	int number;
} Worker;

struct Pool
{
	Stop *stop;
	int n_workers; /* beside the main thread */
	Worker workers[POOL_MAX_THREADS];

	pthread_mutex_t mutex;
	pthread_cond_t work_ready; /* a new generation, or shutdown */
	pthread_cond_t work_done;  /* the last busy worker went idle */
	uint64_t generation;
	int busy;
	bool shutdown;

	/* The current run. */
	PoolTask task;
	void *argument;
	size_t n_chunks;
	atomic_size_t next_chunk;
};

/* Take and do one chunk; false when there is none left or a stop was requested. */
static bool
pool_step(Pool *pool, int thread)
{
	size_t chunk;

	if (stop_requested(pool->stop))
		return false;
	chunk = atomic_fetch_add_explicit(&pool->next_chunk, 1, memory_order_relaxed);
	if (chunk >= pool->n_chunks)
		return false;
	pool->task(pool->argument, chunk, thread);
	return true;
}

static void *
worker_main(void *argument)
{
	Worker *worker = argument;
	Pool *pool = worker->pool;
	uint64_t seen = 0;

	pthread_mutex_lock(&pool->mutex);
	for (;;)
	{
		while (pool->generation == seen && !pool->shutdown)
			pthread_cond_wait(&pool->work_ready, &pool->mutex);
		if (pool->shutdown)
			break;
		seen = pool->generation;
		pthread_mutex_unlock(&pool->mutex);

		while (pool_step(pool, worker->number))
			;

		pthread_mutex_lock(&pool->mutex);
		if (--pool->busy == 0)
			pthread_cond_signal(&pool->work_done);
	}
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

/* Start workers until there are `wanted` or the system refuses. */
static void
start_workers(Pool *pool, int wanted)
{
	while (pool->n_workers < wanted)
	{
		Worker *worker = &pool->workers[pool->n_workers];

		worker->pool = pool;
		worker->number = pool->n_workers + 1;
		if (!thread_start(&worker->thread, worker_main, worker))
			break;
		pool->n_workers++;
	}
}

SdqStatus
pool_create(Pool **result, int threads, Stop *stop)
{
	pthread_condattr_t clock;
	Pool *pool = calloc(1, sizeof(Pool));

	*result = NULL;
	if (pool == NULL)
		return sdq_error(SDQ_NO_MEMORY, (double) sizeof(Pool), 0);
	pool->stop = stop;
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->work_ready, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->work_done, &clock);
	pthread_condattr_destroy(&clock);
	if (threads > POOL_MAX_THREADS)
		threads = POOL_MAX_THREADS;
	start_workers(pool, threads - 1);
	*result = pool;
	return sdq_ok();
}

int
pool_threads(const Pool *pool)
{
	return pool == NULL ? 1 : pool->n_workers + 1;
}

Stop *
pool_stop(const Pool *pool)
{
	return pool == NULL ? NULL : pool->stop;
}

/* Wait until no worker is busy, polling the stop flag meanwhile. */
static void
wait_for_workers(Pool *pool)
{
	pthread_mutex_lock(&pool->mutex);
	while (pool->busy > 0)
	{
		struct timespec until;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += POOL_WAIT_NANOSECONDS;
		if (until.tv_nsec >= 1000000000L)
		{
			until.tv_nsec -= 1000000000L;
			until.tv_sec++;
		}
		if (pthread_cond_timedwait(&pool->work_done, &pool->mutex, &until) == ETIMEDOUT)
		{
			pthread_mutex_unlock(&pool->mutex);
			stop_poll(pool->stop);
			pthread_mutex_lock(&pool->mutex);
		}
	}
	pthread_mutex_unlock(&pool->mutex);
}

SdqStatus
pool_run(Pool *pool, PoolTask task, void *argument, size_t n_chunks)
{
	if (pool == NULL)
	{
		for (size_t chunk = 0; chunk < n_chunks; chunk++)
			task(argument, chunk, 0);
		return sdq_ok();
	}
	if (stop_poll(pool->stop))
		return sdq_error(SDQ_INTERRUPTED, 0, 0);

	pool->task = task;
	pool->argument = argument;
	pool->n_chunks = n_chunks;
	atomic_store_explicit(&pool->next_chunk, 0, memory_order_relaxed);

	if (pool->n_workers > 0 && n_chunks > 1)
	{
		pthread_mutex_lock(&pool->mutex);
		pool->busy = pool->n_workers;
		pool->generation++;
		pthread_cond_broadcast(&pool->work_ready);
		pthread_mutex_unlock(&pool->mutex);
	}
	while (pool_step(pool, 0))
		stop_poll(pool->stop);
	wait_for_workers(pool);

	return stop_requested(pool->stop) ? sdq_error(SDQ_INTERRUPTED, 0, 0) : sdq_ok();
}

void
pool_destroy(Pool *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->mutex);
	pool->shutdown = true;
	pthread_cond_broadcast(&pool->work_ready);
	pthread_mutex_unlock(&pool->mutex);
	for (int i = 0; i < pool->n_workers; i++)
		pthread_join(pool->workers[i].thread, NULL);
	pthread_cond_destroy(&pool->work_done);
	pthread_cond_destroy(&pool->work_ready);
	pthread_mutex_destroy(&pool->mutex);
	free(pool);
}
