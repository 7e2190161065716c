/*
 * kmeans.c
 *		k-means from the rows to the result: loading, restarts, and which of them wins.
 *
 * The parts: kmeans_rows.c keeps the rows as bytes or floats, kmeans_seed.c chooses centres,
 * kmeans_lloyd.c iterates, with kmeans_assign.c for the labels and kmeans_score.c for distances,
 * whose inner loops are in kmeans_kernel.c; kmeans_finish.c brings the result into its final form.
 *
 * Every label, from the first iteration to the result, is the one that distances in double give;
 * faster arithmetic only decides where its error bound lets it. So labels do not depend on the
 * instruction set, nor on bounds, nor on which restarts are computed together.
 *
 * Restarts run side by side, as many at once as fit into the memory that the rows themselves take,
 * up to MOST_RUNS. The labels of the best so far are kept.
 *
 * Memory: the rows (n d bytes, or 4 n d), per restart at once 20 n + 18 k d (20 k d for floats), while
 * choosing centres 4 n (3 + ln k), up to 32 MB of sums at the end, and the result. It is
 * estimated and checked before anything is computed.
 */
#include "core/matrix/kmeans.h"

#include <math.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/base/sizes.h"
#include "core/matrix/kmeans_finish.h"
#include "core/matrix/kmeans_lloyd.h"
#include "core/matrix/kmeans_rows.h"
#include "core/matrix/kmeans_seed.h"

/* Restarts that run side by side: more would not make a phase cheaper. */
#define MOST_RUNS ((size_t) 16)

/* They may take so much memory even if the rows take less. */
#define RUNS_MEMORY 8e6

/* What the arena may hold beside what it was asked for: ends of blocks that the next piece did not fit
 * into. Restarts that run side by side leave room for that. */
#define ARENA_SLACK 32e6

/* ---------- memory ---------- */

/* Bytes of what the caller gets. */
static double
result_memory(const RowStore *rows, size_t k)
{
	return (double) rows->n * (2 * sizeof(int32_t) + 2 * sizeof(double)) +
		   (double) k * ((double) rows->d * sizeof(double) + sizeof(int64_t) + sizeof(double));
}

/* Bytes of everything, with n_runs restarts side by side. */
static double
total_memory(const RowStore *rows, size_t k, size_t n_runs, int threads)
{
	double seed = kmeans_seed_memory(rows, k);
	double iterate = lloyd_shared_memory(rows, k, threads);
	double finish = kmeans_finish_memory(rows, k, threads);
	double runs = (double) n_runs * lloyd_run_memory(rows, k) + fmax(seed, iterate);

	return result_memory(rows, k) + kmeans_rows_memory(rows) + (double) rows->n * sizeof(int32_t) +
		   (double) k * sizeof(size_t) + (double) n_runs * (double) sizeof(LloydRun) +
		   fmax(runs, finish);
}

/* Does that fit? Sizes beyond a size_t do not. */
static SdqStatus
check_memory(const Arena *arena, double bytes)
{
	/* 2^64, or what a size_t can hold elsewhere. */
	if (bytes >= (double) SIZE_MAX)
		return sdq_error(SDQ_TOO_LARGE, bytes, (double) SIZE_MAX);
	return arena_check(arena, (size_t) bytes);
}

/* How many restarts run side by side, at least 1. */
static size_t
choose_runs(const Job *job, const RowStore *rows, const KmeansOptions *options)
{
	double allowed = fmax(kmeans_rows_memory(rows), RUNS_MEMORY);
	size_t n_runs = options->initial != NULL ? 1 : minimum(options->n_init, MOST_RUNS);
	int threads = pool_threads(job->pool);

	while (n_runs > 1 &&
		   ((double) n_runs * lloyd_run_memory(rows, options->k) > allowed ||
			sdq_failed(check_memory(
				job->arena, ARENA_SLACK + total_memory(rows, options->k, n_runs, threads)))))
		n_runs--;
	return n_runs;
}

/* ---------- restarts ---------- */

/* Initial centres of a restart: given ones, or rows. */
static SdqStatus
start(Job *job, LloydRun *run, const KmeansRows *rows, const KmeansOptions *options, size_t restart,
	  size_t *chosen)
{
	double *centers = run->centers.exact;
	size_t d = rows->d;
	Rng rng;
	SdqStatus status;

	run->centers.k = options->k;
	if (options->initial != NULL)
	{
		for (size_t c = 0; c < options->k; c++)
			for (size_t j = 0; j < d; j++)
				centers[c * d + j] = kmeans_to_rows(rows, options->initial[c * d + j], j);
		return sdq_ok();
	}
	rng_seed(&rng, options->seed, RNG_STREAM_KMEANS + restart);
	status = kmeans_seed(job, rows, options->k, &rng, chosen, &run->centers.k);
	for (size_t c = 0; c < run->centers.k && !sdq_failed(status); c++)
	{
		memset(centers + c * d, 0, d * sizeof(double));
		kmeans_row_add(rows, chosen[c], 1, 0, d, centers + c * d);
	}
	return status;
}

/* Keep what a restart found if nothing better is known. */
static void
keep_better(const LloydRun *run, size_t restart, size_t n, double *best, int32_t *labels, size_t *k,
			Kmeans *result)
{
	if (restart > 0 && run->inertia >= *best)
		return;
	*best = run->inertia;
	*k = run->centers.k;
	memcpy(labels, run->labels, n * sizeof(int32_t));
	result->restart = restart;
	result->iterations = run->iterations;
	result->converged = run->converged;
}

/* Run all restarts, n_runs at a time: the labels of the best in labels[n], its number of centres in *k. */
static SdqStatus
run_restarts(Job *job, const KmeansRows *rows, const KmeansOptions *options, size_t n_runs,
			 int32_t *labels, size_t *k, Kmeans *result)
{
	ArenaMark mark = arena_mark(job->arena);
	size_t restarts = options->initial != NULL ? 1 : options->n_init;
	size_t *chosen = arena_alloc(job->arena, options->k, sizeof(size_t));
	LloydRun *runs = arena_alloc(job->arena, n_runs, sizeof(LloydRun));
	double best = INFINITY;
	SdqStatus status;

	if (chosen == NULL || runs == NULL)
		return arena_failure(job->arena);
	status = lloyd_allocate(job->arena, rows, options->k, n_runs, runs);
	for (size_t first = 0; first < restarts && !sdq_failed(status); first += n_runs)
	{
		size_t now = minimum(n_runs, restarts - first);

		for (size_t r = 0; r < now && !sdq_failed(status); r++)
			status = start(job, &runs[r], rows, options, first + r, chosen);
		if (!sdq_failed(status))
			status = lloyd_iterate(job, rows, options, runs, now, first * options->max_iter,
								   restarts * options->max_iter);
		for (size_t r = 0; r < now && !sdq_failed(status); r++)
			keep_better(&runs[r], first + r, rows->n, &best, labels, k, result);
	}
	arena_release(job->arena, mark);
	return status;
}

/* Allocate what the caller gets. */
static SdqStatus
allocate_result(Job *job, const RowStore *rows, size_t k, Kmeans *result)
{
	Arena *arena = job->arena;

	*result = (Kmeans){.n = rows->n, .d = rows->d, .k = k};
	result->cluster = arena_alloc(arena, rows->n, sizeof(int32_t));
	result->distance = arena_alloc(arena, rows->n, sizeof(double));
	result->second = arena_alloc(arena, rows->n, sizeof(int32_t));
	result->margin = arena_alloc(arena, rows->n, sizeof(double));
	result->centers = arena_alloc(arena, k, rows->d * sizeof(double));
	result->size = arena_alloc(arena, k, sizeof(int64_t));
	result->inertia = arena_alloc(arena, k, sizeof(double));
	if (result->cluster == NULL || result->distance == NULL || result->second == NULL ||
		result->margin == NULL || result->centers == NULL || result->size == NULL ||
		result->inertia == NULL)
		return arena_failure(arena);
	return sdq_ok();
}

SdqStatus
kmeans(Job *job, const RowStore *store, const KmeansOptions *options, Kmeans *result)
{
	KmeansRows rows;
	int32_t *labels;
	size_t found = 0;
	size_t n_runs;
	ArenaMark mark;
	SdqStatus status;

	if (options->k < 1 || options->k > store->n)
		return sdq_error(SDQ_BAD_ARGUMENT, (double) options->k, (double) store->n);
	status = check_memory(job->arena, total_memory(store, options->k, 1, pool_threads(job->pool)));
	if (sdq_failed(status))
		return status;
	n_runs = choose_runs(job, store, options);
	status = allocate_result(job, store, options->k, result);
	if (sdq_failed(status))
		return status;
	mark = arena_mark(job->arena);
	status = kmeans_rows_load(job, store, &rows);
	if (sdq_failed(status))
		return status;
	labels = arena_alloc(job->arena, store->n, sizeof(int32_t));
	if (labels == NULL)
		return arena_failure(job->arena);
	status = run_restarts(job, &rows, options, n_runs, labels, &found, result);
	if (!sdq_failed(status))
		status = kmeans_finish(job, &rows, labels, found, result);
	arena_release(job->arena, mark);
	return status;
}
