/*
 * pool.h
 *		The thread pool of one computation.
 *
 * Work is cut into chunks whose number and boundaries depend on the problem alone, never on the
 * number of threads; threads take chunks in turn. A chunk writes only memory that is its own, so the
 * result has the same bits for any number of threads. Reductions run over per-chunk partial results,
 * in chunk order, by the caller.
 *
 * The main thread does its share and polls the stop flag between chunks and at least every 20 ms;
 * a chunk must therefore stay below about 50 ms. Workers are started with every signal blocked, sleep
 * between runs, and are joined by pool_destroy(): no thread outlives the computation. If threads
 * cannot be started the pool has fewer, down to the main thread alone; that is no error.
 *
 * Workers (and so every PoolTask) must not print, raise, or call anything of the server, and must not
 * allocate from an arena that is not theirs alone: the server's allocator is not for threads.
 */
#ifndef SYNTHDQ_CORE_BASE_POOL_H
#define SYNTHDQ_CORE_BASE_POOL_H

#include <stddef.h>

#include "core/base/status.h"
#include "core/base/stop.h"

#define POOL_MAX_THREADS 64

typedef struct Pool Pool;

/*
 * One chunk of work. `thread` is in [0, pool_threads()): an index into per-thread scratch, nothing
 * a result may depend on.
 */
typedef void (*PoolTask)(void *argument, size_t chunk, int thread);

/* A pool of up to `threads` threads, the caller's included (1 = no workers). Never fails for lack of
 * threads; SDQ_NO_MEMORY only. `stop` is borrowed and may be NULL. */
extern SdqStatus pool_create(Pool **pool, int threads, Stop *stop);

/* The number of threads that really run, at least 1. NULL counts as 1. */
extern int pool_threads(const Pool *pool);

/* The stop flag given to pool_create. */
extern Stop *pool_stop(const Pool *pool);

/* Run task(argument, chunk, thread) for every chunk in [0, n_chunks); returns when all are done, or
 * SDQ_INTERRUPTED, with no task running, once a stop was requested. Without a pool (NULL) the chunks
 * run here, one after the other, and nothing stops them. */
extern SdqStatus pool_run(Pool *pool, PoolTask task, void *argument, size_t n_chunks);

/* Join all workers and free the pool. NULL is allowed. */
extern void pool_destroy(Pool *pool);

#endif
