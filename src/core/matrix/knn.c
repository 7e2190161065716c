/*
 * knn.c
 *		Exact nearest neighbours: float tiles to find candidates, double to decide.
 *
 * Scan. Query rows are taken in super-blocks, whose float copies and candidate lists stay within a
 * fixed amount of memory; base rows in panels. One chunk of work is a tile of query rows against one
 * panel: a matrix product gives -2 x.y, adding |y|^2 gives a key that orders the base rows by their
 * distance from x. Keys below the row's threshold are appended to its list; a full list is cut to its
 * k + SPARE smallest, ties to the lower row, which lowers the threshold. Panels come in ascending
 * order for every row, so lists do not depend on the threads.
 *
 * Refinement. Exact distances of the candidates, sorted by (distance, row).
 *
 * Proof. A float key is wrong by at most E (see key_error()), so a row that was left out, whose key is
 * at least the threshold t, is farther than t + |x|^2 - E. If the k-th exact distance is smaller than
 * that, nothing better was left out. Otherwise (many duplicates, nearly equal distances, an outlier
 * that swells the norms) the row goes to the second scan: all base rows whose key is at most the k-th
 * distance + E are measured exactly, and the k best kept. The result equals the plain one always.
 *
 * Cost: 2 n^2 d float operations. Memory: the result, and about 128 MB.
 */
#include "core/matrix/knn.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/blas.h"
#include "core/base/sizes.h"
#include "core/matrix/candidates.h"
#include "core/matrix/distance.h"
#include "core/matrix/float_rows.h"

/* Shape of a tile: its product stays in the second-level cache. */
#define QUERY_ROWS ((size_t) 256)
#define BASE_ROWS  ((size_t) 1024)

/* Query rows of a tile in the second scan, where every key may lead to an exact distance. */
#define RESCAN_ROWS ((size_t) 32)

/* With more columns, tiles have proportionally fewer query rows, so that a chunk stays short. */
#define FULL_TILE_COLUMNS ((size_t) 4096)

/* Bytes of a panel of base rows, which is BASE_ROWS high unless there are very many columns. */
#define PANEL_BYTES ((size_t) 16 * 1024 * 1024)

/* Base rows that one chunk converts to float. */
#define READ_ROWS ((size_t) 64)

/* Candidates kept beyond k; few rows need a second scan then. */
#define SPARE ((size_t) 8)

/* Bytes of the float copies, and of the candidate lists, of one super-block. */
#define SUPER_BLOCK_BYTES    ((size_t) 64 * 1024 * 1024)
#define SUPER_BLOCK_MAX_ROWS (64 * QUERY_ROWS)

/* Keys compared with the threshold at a time. */
#define SCAN_WIDTH 16

/* Exact distances that one chunk of the refinement computes. */
#define REFINE_DISTANCES ((size_t) 4096)

/* Everything the phases share. Row numbers: `row` counts in the store, `local` in the super-block. */
typedef struct KnnWork
{
	const RowStore *rows;
	size_t k;
	size_t keep;     /* candidates kept: k + SPARE, at most n - 1 */
	size_t capacity; /* of a candidate list, at least keep */
	double largest_norm;
	Neighbors *result;
	Stop *stop;

	/* The super-block. */
	size_t super_rows; /* in all but the last */
	size_t first;
	size_t count;
	size_t tile_rows;
	float *queries;    /* [count][d] */
	double *norms;     /* [count] |x|^2 of the float copies */
	uint64_t *lists;   /* [count][capacity] key and row, packed in an order that integers have */
	size_t *lengths;   /* [count] */
	float *thresholds; /* [count] keys below it are still wanted */
	bool *is_unproven; /* [count] to be scanned again */

	/* The panel. */
	size_t panel_rows; /* at most BASE_ROWS */
	size_t base_first;
	size_t base_count;
	float *base;       /* [panel_rows][d] */
	float *base_norms; /* [BASE_ROWS] */

	/* The second scan: rows of the super-block, their heaps and limits. */
	size_t rescan_count;
	size_t *rescan;       /* [rescan_count] local */
	double *limits;       /* [rescan_count] keys at most this may belong to a neighbour */
	Candidate *heaps;     /* [rescan_count][k], the farthest first */
	size_t *heap_lengths; /* [rescan_count] */

	/* Per thread. */
	float *tiles;          /* [threads][QUERY_ROWS][BASE_ROWS] */
	float *packed;         /* [threads][RESCAN_ROWS][d] */
	Candidate *candidates; /* [threads][keep] */
} KnnWork;

/* Write the first k candidates as the neighbours of a row. */
static void
store_neighbors(Neighbors *result, size_t row, const Candidate *sorted)
{
	for (size_t i = 0; i < result->k; i++)
	{
		result->index[row * result->k + i] = sorted[i].index;
		result->distance2[row * result->k + i] = sorted[i].distance2;
	}
}

/* ---------- error bound ---------- */

/* How far a float key, plus |x|^2, may be from the exact squared distance as computed in double, in
 * scaled units. The exact one has an error of at most 2 d DBL_EPSILON relative, and may underflow in
 * units of the data. */
static double
key_error(const KnnWork *work, double norm2)
{
	double d = (double) work->rows->d;
	double scale = work->rows->scale;
	double norm = sqrt(norm2);
	double sum = norm + work->largest_norm;

	return float_product_error(norm, work->largest_norm, work->rows->d) +
		   2 * d * DBL_EPSILON * sum * sum + d * DBL_MIN * scale * scale;
}

/* ---------- the scans ---------- */

/* Convert some rows of the panel. */
static void
read_base_chunk(void *argument, size_t chunk, int thread)
{
	KnnWork *work = argument;
	size_t d = work->rows->d;
	size_t start = chunk * READ_ROWS;
	size_t end = minimum(start + READ_ROWS, work->base_count);

	row_store_read(work->rows, work->base_first + start, end - start, work->base + start * d, d);
	for (size_t i = start; i < end; i++)
		work->base_norms[i] = (float) float_norm2(work->base + i * d, d);
}

/* tile[rows][BASE_ROWS] = -2 x.y for `rows` queries against the panel. */
static void
multiply_tile(const KnnWork *work, const float *queries, size_t rows, float *tile)
{
	size_t d = work->rows->d;

	blas_sgemm(BLAS_NO_TRANSPOSE, BLAS_TRANSPOSE, rows, work->base_count, d, -2, queries, d,
			   work->base, d, 0, tile, BASE_ROWS);
}

/* Add |y|^2 to SCAN_WIDTH products; is any key below the threshold? */
static inline bool
finish_keys(float *restrict keys, const float *restrict norms, float threshold)
{
	int any = 0;

	for (int i = 0; i < SCAN_WIDTH; i++)
	{
		keys[i] += norms[i];
		any |= keys[i] < threshold;
	}
	return any;
}

/* Append the keys of one query row that are below its threshold. */
static void
scan_row(KnnWork *work, size_t local, float *keys)
{
	uint64_t *list = work->lists + local * work->capacity;
	size_t length = work->lengths[local];
	float threshold = work->thresholds[local];
	size_t self = work->first + local;

	for (size_t j0 = 0; j0 < work->base_count; j0 += SCAN_WIDTH)
	{
		size_t end = minimum(j0 + SCAN_WIDTH, work->base_count);

		/* The tile and the norms are wide enough for a last group that is not full. */
		if (!finish_keys(keys + j0, work->base_norms + j0, threshold))
			continue;
		for (size_t j = j0; j < end; j++)
		{
			size_t row = work->base_first + j;

			if (!(keys[j] < threshold) || row == self)
				continue;
			if (length == work->capacity)
			{
				threshold = packed_key(packed_select(list, length, work->keep));
				length = work->keep;
				/* Later rows lose ties. */
				if (!(keys[j] < threshold))
					continue;
			}
			list[length++] = packed_make(keys[j], (uint32_t) row);
		}
	}
	work->lengths[local] = length;
	work->thresholds[local] = threshold;
}

/* One tile of the first scan. */
static void
scan_chunk(void *argument, size_t chunk, int thread)
{
	KnnWork *work = argument;
	size_t d = work->rows->d;
	size_t start = chunk * work->tile_rows;
	size_t rows = minimum(work->tile_rows, work->count - start);
	float *tile = work->tiles + (size_t) thread * QUERY_ROWS * BASE_ROWS;

	multiply_tile(work, work->queries + start * d, rows, tile);
	for (size_t i = 0; i < rows; i++)
		scan_row(work, start + i, tile + i * BASE_ROWS);
}

/* Read some query rows and empty their lists. */
static void
read_query_chunk(void *argument, size_t chunk, int thread)
{
	KnnWork *work = argument;
	size_t d = work->rows->d;
	size_t start = chunk * READ_ROWS;
	size_t end = minimum(start + READ_ROWS, work->count);

	row_store_read(work->rows, work->first + start, end - start, work->queries + start * d, d);
	for (size_t i = start; i < end; i++)
	{
		work->norms[i] = float_norm2(work->queries + i * d, d);
		work->lengths[i] = 0;
		work->thresholds[i] = INFINITY;
		work->is_unproven[i] = false;
	}
}

/* How many rows one chunk of the refinement takes. */
static size_t
refine_rows(const KnnWork *work)
{
	return work->keep >= REFINE_DISTANCES ? 1 : REFINE_DISTANCES / work->keep;
}

/* Measure, sort and prove the candidates of some rows. */
static void
refine_chunk(void *argument, size_t chunk, int thread)
{
	KnnWork *work = argument;
	double scale = work->rows->scale;
	size_t start = chunk * refine_rows(work);
	size_t end = minimum(start + refine_rows(work), work->count);
	Candidate *candidates = work->candidates + (size_t) thread * work->keep;

	for (size_t local = start; local < end; local++)
	{
		uint64_t *list = work->lists + local * work->capacity;
		size_t row = work->first + local;
		size_t length = work->lengths[local];
		double left_out = INFINITY;
		double reached;

		if (stop_requested(work->stop))
			return;
		if (length > work->keep)
		{
			work->thresholds[local] = packed_key(packed_select(list, length, work->keep));
			length = work->keep;
		}
		if (work->rows->n - 1 > work->keep)
			left_out = (double) work->thresholds[local] + work->norms[local] -
					   key_error(work, work->norms[local]);
		for (size_t i = 0; i < length; i++)
		{
			uint32_t index = (uint32_t) list[i];

			candidates[i] = (Candidate){.distance2 = row_store_distance2(work->rows, row, index),
										.index = index};
		}
		candidates_make_heap(candidates, length);
		candidates_sort_heap(candidates, length);
		store_neighbors(work->result, row, candidates);
		reached = candidates[work->k - 1].distance2 * scale * scale;
		/* Written so that NaN is unproven. */
		work->is_unproven[local] = !(reached < left_out);
	}
}

/* The largest key that a neighbour nearer than `reached` (squared, in units of the data) may have. */
static double
key_limit(const KnnWork *work, size_t local, double reached)
{
	double scale = work->rows->scale;

	return reached * scale * scale - work->norms[local] + key_error(work, work->norms[local]);
}

/* Measure every base row of the panel whose key allows it to be a neighbour. */
static void
rescan_row(KnnWork *work, size_t position, const float *keys)
{
	size_t local = work->rescan[position];
	size_t self = work->first + local;
	Candidate *heap = work->heaps + position * work->k;
	size_t *length = &work->heap_lengths[position];

	for (size_t j = 0; j < work->base_count; j++)
	{
		size_t row = work->base_first + j;
		double key = (double) (keys[j] + work->base_norms[j]);
		Candidate candidate;

		if (key > work->limits[position] || row == self)
			continue;
		candidate.index = (uint32_t) row;
		candidate.distance2 = row_store_distance2(work->rows, self, row);
		candidate_offer(heap, length, work->k, candidate);
		if (*length < work->k)
			continue;
		/* Later rows lose ties, so nothing can displace k duplicates. */
		if (heap[0].distance2 == 0)
			work->limits[position] = -INFINITY;
		else if (key_limit(work, local, heap[0].distance2) < work->limits[position])
			work->limits[position] = key_limit(work, local, heap[0].distance2);
	}
}

/* One tile of the second scan. */
static void
rescan_chunk(void *argument, size_t chunk, int thread)
{
	KnnWork *work = argument;
	size_t d = work->rows->d;
	size_t start = chunk * RESCAN_ROWS;
	size_t rows = minimum(RESCAN_ROWS, work->rescan_count - start);
	float *tile = work->tiles + (size_t) thread * QUERY_ROWS * BASE_ROWS;
	float *packed = work->packed + (size_t) thread * RESCAN_ROWS * d;
	bool is_needed = false;

	for (size_t i = 0; i < rows; i++)
	{
		is_needed |= work->limits[start + i] > -INFINITY;
		memcpy(packed + i * d, work->queries + work->rescan[start + i] * d, d * sizeof(float));
	}
	if (!is_needed)
		return;
	multiply_tile(work, packed, rows, tile);
	for (size_t i = 0; i < rows && !stop_requested(work->stop); i++)
		rescan_row(work, start + i, tile + i * BASE_ROWS);
}

/* Write the heaps' contents as results. */
static void
rescan_finish_chunk(void *argument, size_t chunk, int thread)
{
	KnnWork *work = argument;
	Candidate *heap = work->heaps + chunk * work->k;

	candidates_sort_heap(heap, work->k);
	store_neighbors(work->result, work->first + work->rescan[chunk], heap);
}

/* Run a task on every panel of base rows, in order. */
static SdqStatus
for_each_panel(Job *job, KnnWork *work, PoolTask task, size_t n_chunks)
{
	size_t n = work->rows->n;
	SdqStatus status = sdq_ok();

	for (work->base_first = 0; work->base_first < n && !sdq_failed(status);
		 work->base_first += work->panel_rows)
	{
		work->base_count = minimum(work->panel_rows, n - work->base_first);
		status = pool_run(job->pool, read_base_chunk, work, divide_up(work->base_count, READ_ROWS));
		if (!sdq_failed(status))
			status = pool_run(job->pool, task, work, n_chunks);
		job_progress(job, "neighbours", work->first, n, NAN);
	}
	return status;
}

/* Scan again for the rows of the super-block whose neighbours are not proven. */
static SdqStatus
rescan_unproven(Job *job, KnnWork *work)
{
	ArenaMark mark = arena_mark(job->arena);
	SdqStatus status = sdq_ok();

	work->rescan_count = 0;
	for (size_t local = 0; local < work->count; local++)
		work->rescan_count += work->is_unproven[local];
	if (work->rescan_count == 0)
		return status;
	work->rescan = arena_alloc(job->arena, work->rescan_count, sizeof(size_t));
	work->limits = arena_alloc(job->arena, work->rescan_count, sizeof(double));
	work->heaps = arena_alloc(job->arena, work->rescan_count, work->k * sizeof(Candidate));
	work->heap_lengths = arena_zalloc(job->arena, work->rescan_count, sizeof(size_t));
	work->packed = arena_alloc(job->arena, (size_t) pool_threads(job->pool) * RESCAN_ROWS,
							   work->rows->d * sizeof(float));
	if (work->rescan == NULL || work->limits == NULL || work->heaps == NULL ||
		work->heap_lengths == NULL || work->packed == NULL)
		return arena_failure(job->arena);
	for (size_t local = 0, position = 0; local < work->count; local++)
		if (work->is_unproven[local])
		{
			size_t farthest = (work->first + local) * work->k + work->k - 1;

			work->rescan[position] = local;
			work->limits[position] = key_limit(work, local, work->result->distance2[farthest]);
			position++;
		}
	status = for_each_panel(job, work, rescan_chunk, divide_up(work->rescan_count, RESCAN_ROWS));
	if (!sdq_failed(status))
		status = pool_run(job->pool, rescan_finish_chunk, work, work->rescan_count);
	arena_release(job->arena, mark);
	return status;
}

/* Neighbours of the rows of one super-block. */
static SdqStatus
search_super_block(Job *job, KnnWork *work)
{
	SdqStatus status =
		pool_run(job->pool, read_query_chunk, work, divide_up(work->count, READ_ROWS));

	if (!sdq_failed(status))
		status = for_each_panel(job, work, scan_chunk, divide_up(work->count, work->tile_rows));
	if (!sdq_failed(status))
		status = pool_run(job->pool, refine_chunk, work, divide_up(work->count, refine_rows(work)));
	if (!sdq_failed(status))
		status = rescan_unproven(job, work);
	return status;
}

/* ---------- setting up ---------- */

typedef struct NormWork
{
	const RowStore *rows;
	size_t chunk_rows;
	float *scratch;  /* [threads][d] */
	double *largest; /* [chunks] */
} NormWork;

/* The largest |x|^2 of some rows. */
static void
norm_chunk(void *argument, size_t chunk, int thread)
{
	NormWork *work = argument;
	size_t d = work->rows->d;
	size_t end = minimum((chunk + 1) * work->chunk_rows, work->rows->n);
	float *x = work->scratch + (size_t) thread * d;
	double largest = 0;

	for (size_t i = chunk * work->chunk_rows; i < end; i++)
	{
		double norm2;

		row_store_read(work->rows, i, 1, x, d);
		norm2 = float_norm2(x, d);
		largest = norm2 > largest ? norm2 : largest;
	}
	work->largest[chunk] = largest;
}

/* work->largest_norm, the largest norm of a float copy. */
static SdqStatus
find_largest_norm(Job *job, KnnWork *work)
{
	ArenaMark mark = arena_mark(job->arena);
	NormWork norms = {.rows = work->rows, .chunk_rows = READ_ROWS};
	size_t chunks = divide_up(work->rows->n, norms.chunk_rows);
	double largest = 0;
	SdqStatus status;

	norms.scratch =
		arena_alloc(job->arena, (size_t) pool_threads(job->pool), work->rows->d * sizeof(float));
	norms.largest = arena_alloc(job->arena, chunks, sizeof(double));
	if (norms.scratch == NULL || norms.largest == NULL)
		return arena_failure(job->arena);
	status = pool_run(job->pool, norm_chunk, &norms, chunks);
	for (size_t chunk = 0; chunk < chunks && !sdq_failed(status); chunk++)
		largest = norms.largest[chunk] > largest ? norms.largest[chunk] : largest;
	work->largest_norm = sqrt(largest);
	arena_release(job->arena, mark);
	return status;
}

/* Allocate the result. */
static SdqStatus
allocate_result(Job *job, const RowStore *rows, size_t k, Neighbors *result)
{
	if (k < 1 || rows->n < 2 || k > rows->n - 1)
		return sdq_error(SDQ_BAD_ARGUMENT, (double) k, (double) rows->n - 1);
	*result = (Neighbors){.n = rows->n, .k = k};
	result->index = arena_alloc(job->arena, rows->n, k * sizeof(uint32_t));
	result->distance2 = arena_alloc(job->arena, rows->n, k * sizeof(double));
	if (result->index == NULL || result->distance2 == NULL)
		return arena_failure(job->arena);
	return sdq_ok();
}

/* Choose the super-block's size and allocate all that is used in it. */
static SdqStatus
allocate_work(Job *job, KnnWork *work)
{
	Arena *arena = job->arena;
	size_t threads = (size_t) pool_threads(job->pool);
	size_t n = work->rows->n;
	size_t d = work->rows->d;
	size_t rows;

	work->keep = minimum(work->k + SPARE, n - 1);
	work->capacity = minimum(2 * work->keep, n - 1);
	work->tile_rows = QUERY_ROWS;
	if (d > FULL_TILE_COLUMNS)
		work->tile_rows = QUERY_ROWS / minimum(divide_up(d, FULL_TILE_COLUMNS), QUERY_ROWS);

	rows = minimum(SUPER_BLOCK_BYTES / (d * sizeof(float)),
				   SUPER_BLOCK_BYTES / (work->capacity * sizeof(uint64_t)));
	rows = minimum(minimum(rows, SUPER_BLOCK_MAX_ROWS), n);
	rows = rows == 0 ? 1 : rows;
	work->super_rows = rows;

	work->panel_rows = minimum(BASE_ROWS, PANEL_BYTES / (d * sizeof(float)));
	work->panel_rows = work->panel_rows == 0 ? 1 : work->panel_rows;

	work->queries = arena_alloc(arena, rows, d * sizeof(float));
	work->norms = arena_alloc(arena, rows, sizeof(double));
	work->lists = arena_alloc(arena, rows, work->capacity * sizeof(uint64_t));
	work->lengths = arena_alloc(arena, rows, sizeof(size_t));
	work->thresholds = arena_alloc(arena, rows, sizeof(float));
	work->is_unproven = arena_alloc(arena, rows, sizeof(bool));
	work->base = arena_alloc(arena, work->panel_rows, d * sizeof(float));
	work->base_norms = arena_zalloc(arena, BASE_ROWS, sizeof(float));
	work->tiles = arena_zalloc(arena, threads * QUERY_ROWS * BASE_ROWS, sizeof(float));
	work->candidates = arena_alloc(arena, threads * work->keep, sizeof(Candidate));
	if (work->queries == NULL || work->norms == NULL || work->lists == NULL ||
		work->lengths == NULL || work->thresholds == NULL || work->is_unproven == NULL ||
		work->base == NULL || work->base_norms == NULL || work->tiles == NULL ||
		work->candidates == NULL)
		return arena_failure(arena);
	return sdq_ok();
}

SdqStatus
knn_self(Job *job, const RowStore *rows, size_t k, Neighbors *result)
{
	KnnWork work = {.rows = rows, .k = k, .result = result, .stop = job->stop};
	SdqStatus status = allocate_result(job, rows, k, result);
	ArenaMark mark;

	if (sdq_failed(status))
		return status;
	blas_load();
	mark = arena_mark(job->arena);
	status = find_largest_norm(job, &work);
	if (!sdq_failed(status))
		status = allocate_work(job, &work);
	for (; work.first < rows->n && !sdq_failed(status); work.first += work.super_rows)
	{
		work.count = minimum(work.super_rows, rows->n - work.first);
		status = search_super_block(job, &work);
	}
	arena_release(job->arena, mark);
	return status;
}

SdqStatus
knn_self_plain(Job *job, const RowStore *rows, size_t k, Neighbors *result)
{
	SdqStatus status = allocate_result(job, rows, k, result);
	ArenaMark mark;
	Candidate *heap;

	if (sdq_failed(status))
		return status;
	mark = arena_mark(job->arena);
	heap = arena_alloc(job->arena, k, sizeof(Candidate));
	if (heap == NULL)
		return arena_failure(job->arena);
	for (size_t row = 0; row < rows->n; row++)
	{
		size_t length = 0;

		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (size_t other = 0; other < rows->n; other++)
			if (other != row)
				candidate_offer(heap, &length, k,
								(Candidate){.distance2 = row_store_distance2(rows, row, other),
											.index = (uint32_t) other});
		candidates_sort_heap(heap, k);
		store_neighbors(result, row, heap);
	}
	arena_release(job->arena, mark);
	return sdq_ok();
}
