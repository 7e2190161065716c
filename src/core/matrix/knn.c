/*
 * knn.c
 *		Exact nearest neighbours: the search's frame, and the plain search.
 *
 * An engine turns a tile, some query rows against some reference rows, into keys, which order the
 * reference rows by their distance from a query row, and keeps a list of the smallest keys of each
 * query row. In the end it turns the lists into neighbours. knn_bytes.c is the engine for rows of
 * bytes, knn_float.c the one for all others. Both give the neighbours of the plain search, so results
 * depend neither on the engine nor on shape and order of the tiles.
 *
 * Two sides. Query rows are taken in super-blocks, whose rows and candidate lists stay within a fixed
 * amount of memory; reference rows in panels. One chunk of work is a tile of some rows of the
 * super-block by one panel. Rows of two stores are read with the means of the reference and a common
 * scale, or a product of two float rows would say nothing about their distance.
 *
 * One side. A product x.y serves both x and y, so half of the products suffice if all lists are held
 * at once. Rows are cut into blocks; one chunk is a pair of blocks. Of B blocks, round r takes the
 * pairs whose numbers add up to r modulo B: every block is in one of them, so that no list has two
 * writers, and after B rounds every pair had its turn. Where that takes too much memory, the search is
 * one of two sides that are the same.
 *
 * Cost: 2 n n_reference d operations, half of them for one side. Memory: the result, and about 128 MB
 * for two sides, up to SYMMETRIC_BYTES for one.
 */
#include "core/matrix/knn.h"

#include <math.h>

#include "core/base/sizes.h"
#include "core/matrix/byte_products.h"
#include "core/matrix/knn_work.h"

/* Query rows of a tile are fewer where there are few in all, so that all threads have some, */
#define LEAST_TILES ((size_t) 8)

/* and with more columns than this in proportion, so that a chunk stays short. */
#define FULL_TILE_COLUMNS ((size_t) 4096)

/* Bytes of a panel of reference rows, which is BASE_ROWS high unless there are very many columns. */
#define PANEL_BYTES ((size_t) 16 * 1024 * 1024)

/* Bytes of the rows, and of the candidate lists, of one super-block. */
#define SUPER_BLOCK_BYTES    ((size_t) 64 * 1024 * 1024)
#define SUPER_BLOCK_MAX_ROWS (64 * QUERY_ROWS)

/* Bytes that a symmetric search may take. */
#define SYMMETRIC_BYTES ((size_t) 512 * 1024 * 1024)

/* Rows of its blocks: many blocks, so that threads end a round together, but not too small ones. */
#define MAX_BLOCK_ROWS ((size_t) 512)
#define MIN_BLOCKS     ((size_t) 16)

/* Bytes of a neighbour in the result. */
#define NEIGHBOR_BYTES (sizeof(uint32_t) + sizeof(double))

/* Rows of tiles and blocks start at multiples of this, as the groups of packed bytes do. */
#define ROW_STEP ((size_t) 16)

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
		if (!work->is_symmetric)
		{
			work->held_first = work->base_first;
			status = pool_run(job->pool, work->engine->read_panel, work,
							  divide_up(work->base_count, READ_ROWS));
		}
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

/* ---------- one side ---------- */

/* The pairs of a round; returns how many. */
static size_t
list_pairs(KnnWork *work, size_t round, size_t n_blocks)
{
	size_t n_pairs = 0;

	for (size_t a = 0; a < n_blocks; a++)
	{
		size_t b = (round + n_blocks - a) % n_blocks;

		if (a <= b)
			work->pairs[n_pairs++] = (BlockPair){.a = a, .b = b};
	}
	return n_pairs;
}

/* Neighbours of all rows. */
static SdqStatus
search_symmetric(Job *job, KnnWork *work)
{
	const KnnEngine *engine = work->engine;
	size_t n_blocks = divide_up(work->count, work->block_rows);
	SdqStatus status =
		pool_run(job->pool, engine->read_queries, work, divide_up(work->count, READ_ROWS));

	for (size_t round = 0; round < n_blocks && !sdq_failed(status); round++)
	{
		status = pool_run(job->pool, engine->scan_pair, work, list_pairs(work, round, n_blocks));
		job_progress(job, "neighbors", work->count / n_blocks * round, work->count, NAN);
	}
	return sdq_failed(status) ? status : engine->finish(job, work);
}

/* ---------- setting up ---------- */

/* A number of rows as a multiple of ROW_STEP, at least that. */
static size_t
whole_steps(size_t rows)
{
	return rows < ROW_STEP ? ROW_STEP : rows / ROW_STEP * ROW_STEP;
}

/* With very many columns fewer rows make a chunk. */
static size_t
fewer_rows(size_t rows, size_t d)
{
	return whole_steps(rows / divide_up(d, FULL_TILE_COLUMNS));
}

/* Sizes for a search of two sides. */
static void
plan_panels(KnnWork *work)
{
	size_t row_bytes = work->engine->row_bytes(work->reference.d);
	size_t rows = minimum(SUPER_BLOCK_BYTES / row_bytes,
						  SUPER_BLOCK_BYTES / (work->capacity * sizeof(uint64_t)));

	work->is_symmetric = false;
	work->super_rows =
		minimum(minimum(rows == 0 ? 1 : rows, SUPER_BLOCK_MAX_ROWS), work->queries.n);
	work->tile_rows = minimum(divide_up(work->super_rows, LEAST_TILES), QUERY_ROWS);
	work->tile_rows = fewer_rows(work->tile_rows, work->reference.d);
	work->held_rows = work->panel_rows;
	work->block_rows = 0;
}

/* Sizes for a search of one side; false if rows or lists alone are too large for it. */
static bool
plan_symmetric(KnnWork *work)
{
	size_t row_bytes = work->engine->row_bytes(work->reference.d);
	size_t n = work->queries.n;

	if (n > SYMMETRIC_BYTES / row_bytes ||
		n > SYMMETRIC_BYTES / (work->capacity * sizeof(uint64_t)))
		return false;
	work->is_symmetric = true;
	work->super_rows = n;
	work->held_rows = n;
	work->block_rows = fewer_rows(minimum(n / MIN_BLOCKS, MAX_BLOCK_ROWS), work->reference.d);
	return true;
}

/* Bytes of all that the planned search allocates. */
static size_t
planned_bytes(const KnnWork *work, size_t threads)
{
	size_t found = threads * (work->block_rows + KEY_SCAN_ROOM) * sizeof(uint64_t);
	size_t pairs =
		work->is_symmetric ? divide_up(work->super_rows, work->block_rows) * sizeof(BlockPair) : 0;

	return work->super_rows * (work->capacity * sizeof(uint64_t) + sizeof(size_t)) + found + pairs +
		   work->engine->memory(work, threads);
}

bool
knn_needs_blas(const RowStore *queries, const RowStore *reference)
{
	return queries->type != ELEMENT_UINT8 || reference->type != ELEMENT_UINT8 ||
		   reference->d > BYTE_PRODUCTS_MAX_COLUMNS;
}

/* Choose the engine and the sizes; returns what planned_bytes() says of them. */
static size_t
plan(Job *job, KnnWork *work)
{
	size_t threads = (size_t) pool_threads(job->pool);
	size_t d = work->reference.d;
	size_t bytes;

	work->engine =
		knn_needs_blas(&work->queries, &work->reference) ? &knn_float_engine : &knn_byte_engine;
	work->keep = minimum(work->k + work->engine->spare, work->n_others);
	work->capacity = work->keep < KEY_SCAN_ROOM ? work->keep + KEY_SCAN_ROOM : 2 * work->keep;
	work->panel_rows = minimum(BASE_ROWS, PANEL_BYTES / work->engine->row_bytes(d));
	work->panel_rows = work->panel_rows == 0 ? 1 : work->panel_rows;
	if (work->is_self && plan_symmetric(work))
	{
		/* The result is not much larger than the lists, which were found to be small. */
		size_t result = work->queries.n * work->k * NEIGHBOR_BYTES;

		bytes = planned_bytes(work, threads);
		if (bytes <= SYMMETRIC_BYTES && !sdq_failed(arena_check(job->arena, bytes + result)))
			return bytes;
	}
	plan_panels(work);
	return planned_bytes(work, threads);
}

/* Is k legal? */
static SdqStatus
check_k(size_t k, size_t n_others)
{
	SdqStatus status = sdq_ok();

	if (k < 1 || k > n_others)
	{
		status = sdq_error(SDQ_BAD_ARGUMENT, (double) k, (double) n_others);
		status.detail = KNN_K;
	}
	return status;
}

/* Allocate the result if there will be memory for the work, too. */
static SdqStatus
allocate_result(Job *job, size_t n, size_t k, size_t work_bytes, Neighbors *result)
{
	size_t bytes;
	SdqStatus status;

	*result = (Neighbors){.n = n, .k = k};
	/* k is less than 2^32. */
	if (!checked_multiply(n, k * NEIGHBOR_BYTES, &bytes) || !checked_add(bytes, work_bytes, &bytes))
		return sdq_error(SDQ_TOO_LARGE, (double) n * (double) k * (double) NEIGHBOR_BYTES,
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
	size_t threads = (size_t) pool_threads(job->pool);

	work->lists = arena_alloc(job->arena, work->super_rows, work->capacity * sizeof(uint64_t));
	work->lengths = arena_alloc(job->arena, work->super_rows, sizeof(size_t));
	if (work->lists == NULL || work->lengths == NULL)
		return arena_failure(job->arena);
	if (work->is_symmetric)
	{
		work->pairs = arena_alloc(job->arena, divide_up(work->super_rows, work->block_rows),
								  sizeof(BlockPair));
		work->found =
			arena_alloc(job->arena, threads * (work->block_rows + KEY_SCAN_ROOM), sizeof(uint64_t));
		if (work->pairs == NULL || work->found == NULL)
			return arena_failure(job->arena);
	}
	return work->engine->allocate(job, work);
}

/* The search, in memory that is there. */
static SdqStatus
search_planned(Job *job, KnnWork *work)
{
	size_t n = work->queries.n;
	SdqStatus status = allocate_work(job, work);

	if (work->is_symmetric && !sdq_failed(status))
	{
		work->count = n;
		return search_symmetric(job, work);
	}
	for (; work->first < n && !sdq_failed(status); work->first += work->super_rows)
	{
		work->count = minimum(work->super_rows, n - work->first);
		status = search_super_block(job, work);
	}
	return status;
}

/* Both forms of the search. */
static SdqStatus
search(Job *job, KnnWork *work)
{
	size_t n = work->queries.n;
	size_t bytes = 0;
	SdqStatus status = check_k(work->k, work->n_others);
	ArenaMark mark;

	if (sdq_failed(status))
		return status;
	if (n > 0)
		bytes = plan(job, work);
	status = allocate_result(job, n, work->k, bytes, work->result);
	if (sdq_failed(status) || n == 0)
		return status;
	mark = arena_mark(job->arena);
	if (!work->is_self)
		row_store_share_frame(&work->queries, &work->reference);
	status = search_planned(job, work);
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

size_t
knn_self_bytes(Job *job, const RowStore *rows, size_t k)
{
	KnnWork work = {.queries = *rows,
					.reference = *rows,
					.is_self = true,
					.n_others = count_others(rows, true),
					.k = k};

	return plan(job, &work);
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
	SdqStatus status = check_k(k, count_others(reference, is_self));
	ArenaMark mark;
	Candidate *heap;

	if (!sdq_failed(status))
		status = allocate_result(job, queries->n, k, 0, result);
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
