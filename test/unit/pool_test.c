/*
 * pool_test.c
 *		The thread pool: every chunk once, stops, signals, and systems that refuse threads.
 */
#include "check.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/pool.h"

#define MAX_CHUNKS 5000

/* A long chunk takes as much as one second unless it sees the stop. */
#define MAX_STOP_SECONDS 0.9

/* An unprivileged user, for whom RLIMIT_NPROC holds. */
#define NOBODY 65534

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

/* Threads of this process. */
static int
count_threads(void)
{
	DIR *directory = opendir("/proc/self/task");
	int count = 0;

	while (directory != NULL && readdir(directory) != NULL)
		count++;
	if (directory != NULL)
		closedir(directory);
	return count;
}

typedef struct CountWork
{
	int threads;
	atomic_int runs[MAX_CHUNKS];
	atomic_int bad_thread;
} CountWork;

static void
count_chunk(void *argument, size_t chunk, int thread)
{
	CountWork *work = argument;

	atomic_fetch_add(&work->runs[chunk], 1);
	if (thread < 0 || thread >= work->threads)
		atomic_store(&work->bad_thread, 1);
}

/* Every chunk runs exactly once, run after run. */
static void
test_chunks(void)
{
	static const int threads[] = {1, 2, 3, 8, 64};
	static const size_t chunks[] = {0, 1, 2, 7, 64, MAX_CHUNKS};
	static CountWork work;
	bool once = true;
	bool counts = true;
	int before;
	Pool *first;

	/* A sanitizer starts a thread of its own with the first. */
	pool_create(&first, 2, NULL);
	pool_destroy(first);
	before = count_threads();

	for (int t = 0; t < 5; t++)
	{
		Pool *pool;

		pool_create(&pool, threads[t], NULL);
		work.threads = pool_threads(pool);
		counts &= work.threads == threads[t];
		for (int round = 0; round < 30; round++)
		{
			size_t n = chunks[round % 6];

			memset(work.runs, 0, sizeof(work.runs));
			once &= !sdq_failed(pool_run(pool, count_chunk, &work, n));
			for (size_t i = 0; i < MAX_CHUNKS; i++)
				once &= atomic_load(&work.runs[i]) == (i < n);
		}
		pool_destroy(pool);
	}
	check(counts, "a pool has the threads that were asked for");
	check(once, "every chunk runs exactly once, for any number of threads and chunks");
	check(atomic_load(&work.bad_thread) == 0, "thread numbers are below pool_threads()");
	/* The system may take a moment to forget a thread that was joined. */
	for (int wait = 0; wait < 100 && count_threads() != before; wait++)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	check(count_threads() == before, "destroyed pools leave no thread behind");
}

/* Odd numbers of threads, and no pool. */
static void
test_bounds(void)
{
	static const int asked[] = {0, -5, 1, 1000};
	static const int want[] = {1, 1, 1, POOL_MAX_THREADS};
	bool right = true;

	for (int i = 0; i < 4; i++)
	{
		Pool *pool;

		right &= !sdq_failed(pool_create(&pool, asked[i], NULL)) && pool_threads(pool) == want[i];
		pool_destroy(pool);
	}
	check(right, "the number of threads is held between 1 and POOL_MAX_THREADS");
	check(pool_threads(NULL) == 1 && pool_stop(NULL) == NULL, "no pool counts as one thread");
	pool_destroy(NULL);
}

typedef struct StopWork
{
	Stop stop;
	double stop_at; /* when poll() says so */
	double chunk_seconds;
	atomic_int running;
	atomic_int done;
	int done_at_stop;      /* -1 before the stop */
	bool waits_for_worker; /* the main thread ends no chunk before a worker has one */
} StopWork;

static bool
poll_clock(void *context)
{
	StopWork *work = context;

	if (now() < work->stop_at)
		return false;
	if (work->done_at_stop < 0)
		work->done_at_stop = atomic_load(&work->done);
	return true;
}

/* Busy for a while, unless a stop is requested. */
static void
busy_chunk(void *argument, size_t chunk, int thread)
{
	StopWork *work = argument;
	/* A worker may take longer than it should, as long as it looks at the flag itself. */
	double end = now() + (thread != 0 ? 100 : 1) * work->chunk_seconds;

	atomic_fetch_add(&work->running, 1);
	while (work->waits_for_worker && thread == 0 && atomic_load(&work->running) < 2 &&
		   now() < end + MAX_STOP_SECONDS)
		;
	while (now() < end && !stop_requested(&work->stop))
		;
	atomic_fetch_sub(&work->running, 1);
	atomic_fetch_add(&work->done, 1);
}

/* A stop is seen whether the main thread works or waits; no more than the chunks under way are done
 * after it, and nothing runs when the run returns. */
static void
test_stop(void)
{
	static const int threads[] = {1, 2, 8};
	static const size_t chunks[] = {1000000, 2};
	bool interrupted = true;
	bool idle = true;
	bool at_once = true;
	double latest = 0;

	for (int i = 0; i < 6; i++)
	{
		StopWork work = {.stop = {.poll = poll_clock}, .chunk_seconds = 0.01, .done_at_stop = -1};
		Pool *pool;
		SdqStatus status;

		/* One thread has nobody to wait for. */
		if (threads[i % 3] == 1 && chunks[i / 3] == 2)
			continue;
		work.stop.context = &work;
		pool_create(&pool, threads[i % 3], &work.stop);
		work.stop_at = now() + 0.08;
		work.waits_for_worker = chunks[i / 3] == 2;
		status = pool_run(pool, busy_chunk, &work, chunks[i / 3]);
		latest = fmax(latest, now() - work.stop_at);
		interrupted &= status.code == SDQ_INTERRUPTED;
		at_once &= atomic_load(&work.done) <= work.done_at_stop + threads[i % 3];
		idle &= atomic_load(&work.running) == 0;
		interrupted &= pool_run(pool, busy_chunk, &work, 10).code == SDQ_INTERRUPTED;
		pool_destroy(pool);
	}
	check(interrupted, "a stop interrupts the run, and every run after it");
	check(idle, "no chunk is running when an interrupted run returns");
	check(at_once, "after the request only chunks under way are finished");
	/* A busy machine may take longer than the 100 ms that users are promised. */
	printf("# latest return %.0f ms after the request\n", 1e3 * latest);
	check(latest < MAX_STOP_SECONDS, "the run returns soon");
}

/* A stop that was requested before keeps every chunk from running. */
static void
test_stopped_before(void)
{
	StopWork work = {.stop = {.poll = poll_clock}, .stop_at = 0, .done_at_stop = -1};
	Pool *pool;

	work.stop.context = &work;
	pool_create(&pool, 4, &work.stop);
	check(pool_run(pool, busy_chunk, &work, 100).code == SDQ_INTERRUPTED &&
			  atomic_load(&work.done) == 0,
		  "after a stop nothing is begun");
	check(pool_stop(pool) == &work.stop, "the pool knows its stop flag");
	pool_destroy(pool);
}

static atomic_int unblocked;
static atomic_int workers_seen;

/* Do workers block every signal that can be blocked? */
static void
mask_chunk(void *argument, size_t chunk, int thread)
{
	static const int signals[] = {SIGALRM, SIGINT, SIGTERM, SIGUSR1, SIGHUP, SIGQUIT, SIGPIPE};
	double end = now() + 0.002;
	sigset_t mask;

	while (now() < end)
		;
	if (thread == 0)
		return;
	atomic_fetch_add(&workers_seen, 1);
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!sigismember(&mask, signals[i]))
			atomic_fetch_add(&unblocked, 1);
}

static void
test_signals(void)
{
	sigset_t before;
	sigset_t after;
	Pool *pool;

	pthread_sigmask(SIG_BLOCK, NULL, &before);
	pool_create(&pool, 4, NULL);
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	pool_run(pool, mask_chunk, NULL, 200);
	pool_destroy(pool);
	check(atomic_load(&workers_seen) > 0 && atomic_load(&unblocked) == 0,
		  "workers block all signals");
	check(sigismember(&before, SIGALRM) == sigismember(&after, SIGALRM) &&
			  sigismember(&before, SIGINT) == sigismember(&after, SIGINT),
		  "the main thread's mask is as before");
}

/* In a process that may not start threads: how many has the pool, and does it work? The exit status
 * is 0 if all is well, 2 if threads could not be forbidden. */
static int
child_without_threads(void)
{
	static CountWork work;
	struct rlimit none = {0, 0};
	bool right;
	Pool *pool;

	if (setrlimit(RLIMIT_NPROC, &none) != 0 || (geteuid() == 0 && setuid(NOBODY) != 0))
		return 2;
	right = !sdq_failed(pool_create(&pool, 8, NULL));
	if (pool_threads(pool) == 8)
		return 2;
	work.threads = pool_threads(pool);
	right &= work.threads == 1 && !sdq_failed(pool_run(pool, count_chunk, &work, 1000));
	for (int i = 0; i < 1000; i++)
		right &= atomic_load(&work.runs[i]) == 1;
	pool_destroy(pool);
	return right ? 0 : 1;
}

static void
test_no_threads(void)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		_exit(child_without_threads());
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		check(true, "thread_failure # SKIP this system does not let us forbid threads");
	else
		check(WIFEXITED(status) && WEXITSTATUS(status) == 0,
			  "thread_failure: where threads cannot be started the main thread does all");
}

int
main(void)
{
	test_chunks();
	test_bounds();
	test_stop();
	test_stopped_before();
	test_signals();
	test_no_threads();
	return check_done();
}
