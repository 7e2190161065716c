/*
 * knn.c
 *		Exact nearest neighbours: the search's frame, and the plain search.
 *
 * Query rows are taken in super-blocks, whose rows and candidate lists stay within a fixed amount of
 * memory; reference rows in panels. One chunk of work is a tile: some query rows of the super-block
 * against one panel. An engine turns a tile into keys, which order the reference rows by their
 * distance from a query row, and keeps a list of the smallest keys of each query row; after the last
 * panel it turns the lists into neighbours. knn_float.c is the engine for rows of any kind.
 *
 * Rows of two stores are read with the means of the reference and a common scale, or a product of two
 * float rows would say nothing about their distance.
 *
 * Cost: 2 n n_reference d operations. Memory: the result, and about 128 MB.
 */
#include "core/matrix/knn.h"

#include <math.h>

#include "core/base/sizes.h"
#include "core/matrix/knn_work.h"

/* Query rows of a tile are fewer where there are few in all, so that all threads have some, */
#define LEAST_TILES     ((size_t) 8)
#define LEAST_TILE_ROWS ((size_t) 16)

/* and with more columns than this in proportion, so that a chunk stays short. */
#define FULL_TILE_COLUMNS ((size_t) 4096)

/* Bytes of a panel of reference rows, which is BASE_ROWS high unless there are very many columns. */
#define PANEL_BYTES ((size_t) 16 * 1024 * 1024)

/* Bytes of the rows, and of the candidate lists, of one super-block. */
#define SUPER_BLOCK_BYTES    ((size_t) 64 * 1024 * 1024)
#define SUPER_BLOCK_MAX_ROWS (64 * QUERY_ROWS)

void
knn_store(Neighbors *result, size_t query, const Candidate *sorted)
{
	for (size_t i = 0; i < result->k; i++)
	{
		result->index[query * result->k + i] = sorted[i].index;
		result->distance2[query * result->k + i] = sorted[i].distance2;
	}
}

SdqStatus
knn_for_each_panel(Job *job, KnnWork *work, PoolTask task, void *argument, size_t n_chunks)
{
	size_t n = work->reference.n;
	SdqStatus status = sdq_ok();

	for (work->base_first = 0; work->base_first < n && !sdq_failed(status);
		 work->base_first += work->panel_rows)
	{
		work->base_count = minimum(work->panel_rows, n - work->base_first);
		status = pool_run(job->pool, work->engine->read_panel, work,
						  divide_up(work->base_count, READ_ROWS));
		if (!sdq_failed(status))
			status = pool_run(job->pool, task, argument, n_chunks);
		job_progress(job, "neighbors", work->first, work->queries.n, NAN);
	}
	return status;
}

/* Neighbours of the rows of one super-block. */
static SdqStatus
search_super_block(Job *job, KnnWork *work)
{
	const KnnEngine *engine = work->engine;
	SdqStatus status =
		pool_run(job->pool, engine->read_queries, work, divide_up(work->count, READ_ROWS));

	if (!sdq_failed(status))
		status = knn_for_each_panel(job, work, engine->scan, work,
									divide_up(work->count, work->tile_rows));
	return sdq_failed(status) ? status : engine->finish(job, work);
}

/* Choose the sizes of super-block, tile and panel. */
static void
choose_sizes(KnnWork *work)
{
	size_t row_bytes = work->reference.d * work->engine->element_bytes;
	size_t n = work->queries.n;

	work->keep = minimum(work->k + work->engine->spare, work->n_others);
	work->capacity = 2 * work->keep;
	work->super_rows = minimum(SUPER_BLOCK_BYTES / row_bytes,
							   SUPER_BLOCK_BYTES / (work->capacity * sizeof(uint64_t)));
	work->super_rows = minimum(work->super_rows, SUPER_BLOCK_MAX_ROWS);
	work->super_rows = minimum(work->super_rows == 0 ? 1 : work->super_rows, n);
	work->tile_rows = divide_up(work->super_rows, LEAST_TILES);
	work->tile_rows = work->tile_rows < LEAST_TILE_ROWS ? LEAST_TILE_ROWS : work->tile_rows;
	work->tile_rows = minimum(work->tile_rows, QUERY_ROWS);
	work->tile_rows = divide_up(work->tile_rows, divide_up(work->reference.d, FULL_TILE_COLUMNS));
	work->panel_rows = minimum(BASE_ROWS, PANEL_BYTES / row_bytes);
	work->panel_rows = work->panel_rows == 0 ? 1 : work->panel_rows;
}

/* Is k legal, and does the memory suffice? Allocates the result. */
static SdqStatus
begin_result(Job *job, size_t n, size_t k, size_t n_others, size_t work_bytes, Neighbors *result)
{
	size_t per_neighbor = sizeof(uint32_t) + sizeof(double);
	size_t bytes;
	SdqStatus status;

	*result = (Neighbors){.n = n, .k = k};
	if (k < 1 || k > n_others)
	{
		status = sdq_error(SDQ_BAD_ARGUMENT, (double) k, (double) n_others);
		status.detail = KNN_K;
		return status;
	}
	/* k and n are below 2^32, and so is the work's share. */
	if (!checked_multiply(n, k * per_neighbor, &bytes) || !checked_add(bytes, work_bytes, &bytes))
		return sdq_error(SDQ_TOO_LARGE, (double) n * (double) k * (double) per_neighbor,
						 (double) SIZE_MAX);
	status = arena_check(job->arena, bytes);
	if (sdq_failed(status))
		return status;
	result->index = arena_alloc(job->arena, n, k * sizeof(uint32_t));
	result->distance2 = arena_alloc(job->arena, n, k * sizeof(double));
	if (result->index == NULL || result->distance2 == NULL)
		return arena_failure(job->arena);
	return sdq_ok();
}

/* Have both sides as many columns? A side without rows has none. */
static SdqStatus
check_columns(const RowStore *queries, const RowStore *reference)
{
	SdqStatus status = sdq_ok();

	if (queries->n > 0 && reference->n > 0 && queries->d != reference->d)
	{
		status = sdq_error(SDQ_BAD_ARGUMENT, (double) queries->d, (double) reference->d);
		status.detail = KNN_COLUMNS;
	}
	return status;
}

/* The lists and what the engine needs. */
static SdqStatus
allocate_work(Job *job, KnnWork *work)
{
	work->lists = arena_alloc(job->arena, work->super_rows, work->capacity * sizeof(uint64_t));
	work->lengths = arena_alloc(job->arena, work->super_rows, sizeof(size_t));
	if (work->lists == NULL || work->lengths == NULL)
		return arena_failure(job->arena);
	return work->engine->allocate(job, work);
}

/* Both forms of the search, once the sides and the frame are settled. */
static SdqStatus
search(Job *job, KnnWork *work)
{
	size_t n = work->queries.n;
	size_t bytes = 0;
	SdqStatus status;
	ArenaMark mark;

	work->engine = &knn_float_engine;
	if (n > 0 && work->k >= 1 && work->k <= work->n_others)
	{
		choose_sizes(work);
		bytes = work->super_rows * (work->capacity * sizeof(uint64_t) + sizeof(size_t)) +
				work->engine->memory(work, (size_t) pool_threads(job->pool));
	}
	status = begin_result(job, n, work->k, work->n_others, bytes, work->result);
	if (sdq_failed(status) || n == 0)
		return status;
	mark = arena_mark(job->arena);
	if (!work->is_self)
		status = row_store_share_frame(job, &work->queries, &work->reference);
	if (!sdq_failed(status))
		status = allocate_work(job, work);
	for (; work->first < n && !sdq_failed(status); work->first += work->super_rows)
	{
		work->count = minimum(work->super_rows, n - work->first);
		status = search_super_block(job, work);
	}
	arena_release(job->arena, mark);
	return status;
}

/* How many reference rows may be neighbours of a row. */
static size_t
count_others(const RowStore *reference, bool is_self)
{
	return is_self && reference->n > 0 ? reference->n - 1 : reference->n;
}

SdqStatus
knn(Job *job, const RowStore *queries, const RowStore *reference, size_t k, Neighbors *result)
{
	KnnWork work = {.queries = *queries,
					.reference = *reference,
					.n_others = count_others(reference, false),
					.k = k,
					.result = result,
					.stop = job->stop};
	SdqStatus status = check_columns(queries, reference);

	return sdq_failed(status) ? status : search(job, &work);
}

SdqStatus
knn_self(Job *job, const RowStore *rows, size_t k, Neighbors *result)
{
	KnnWork work = {.queries = *rows,
					.reference = *rows,
					.is_self = true,
					.n_others = count_others(rows, true),
					.k = k,
					.result = result,
					.stop = job->stop};

	return search(job, &work);
}

/* ---------- the plain search ---------- */

/* Both forms. */
static SdqStatus
search_plain(Job *job, const RowStore *queries, const RowStore *reference, bool is_self, size_t k,
			 Neighbors *result)
{
	SdqStatus status =
		begin_result(job, queries->n, k, count_others(reference, is_self), 0, result);
	ArenaMark mark;
	Candidate *heap;

	if (sdq_failed(status))
		return status;
	mark = arena_mark(job->arena);
	heap = arena_alloc(job->arena, k, sizeof(Candidate));
	if (heap == NULL)
		return arena_failure(job->arena);
	for (size_t query = 0; query < queries->n; query++)
	{
		size_t length = 0;

		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (size_t row = 0; row < reference->n; row++)
			if (!is_self || row != query)
				candidate_offer(heap, &length, k,
								(Candidate){.distance2 = row_store_cross_distance2(queries, query,
																				   reference, row),
											.index = (uint32_t) row});
		candidates_sort_heap(heap, k);
		knn_store(result, query, heap);
	}
	arena_release(job->arena, mark);
	return sdq_ok();
}

SdqStatus
knn_plain(Job *job, const RowStore *queries, const RowStore *reference, size_t k, Neighbors *result)
{
	SdqStatus status = check_columns(queries, reference);

	return sdq_failed(status) ? status : search_plain(job, queries, reference, false, k, result);
}

SdqStatus
knn_self_plain(Job *job, const RowStore *rows, size_t k, Neighbors *result)
{
	return search_plain(job, rows, rows, true, k, result);
}
