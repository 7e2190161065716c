/*
 * knn_float.c
 *		Neighbours of rows of any kind: float tiles to find candidates, double to decide.
 *
 * Scan. A matrix product gives -2 x.y, adding |y|^2 gives a key that orders the reference rows by their
 * distance from x. Keys below the row's threshold are appended to its list; a full list is cut to its
 * k + SPARE smallest, which lowers the threshold.
 *
 * Refinement. Exact distances of the candidates, sorted by (distance, row).
 *
 * Proof. A float key is wrong by at most E (see knn_float_key_error()), so a row that was left out,
 * whose key is at least the threshold t, is farther than t + |x|^2 - E. If the k-th exact distance is
 * smaller than that, nothing better was left out. Otherwise (many duplicates, nearly equal distances,
 * an outlier that swells the norms) the row goes to the second scan, knn_rescan.c. The result equals
 * the plain one always.
 */
#include "core/matrix/knn_work.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/blas.h"
#include "core/base/sizes.h"
#include "core/matrix/distance.h"
#include "core/matrix/float_rows.h"

/* Candidates kept beyond k; few rows need a second scan then. */
#define SPARE ((size_t) 8)

/* Exact distances that one chunk of the refinement computes. */
#define REFINE_DISTANCES ((size_t) 4096)

/* ---------- error bound ---------- */

double
knn_float_key_error(const KnnWork *work, double norm2)
{
	size_t d = work->reference.d;
	double scale = work->reference.scale;
	double largest = work->floats.largest_norm;
	double norm = sqrt(norm2);
	double sum = norm + largest;

	/* The exact distance has an error of at most 2 d DBL_EPSILON relative, and may underflow in units
	 * of the data. */
	return float_product_error(norm, largest, d) + 2 * (double) d * DBL_EPSILON * sum * sum +
		   (double) d * DBL_MIN * scale * scale;
}

/* ---------- scan ---------- */

/* Convert some rows of the panel. */
static void
read_panel_chunk(void *argument, size_t chunk, int thread)
{
	KnnWork *work = argument;
	FloatSide *floats = &work->floats;
	size_t d = work->reference.d;
	size_t start = chunk * READ_ROWS;
	size_t end = minimum(start + READ_ROWS, work->base_count);

	row_store_read(&work->reference, work->base_first + start, end - start,
				   floats->base + start * d, d);
	for (size_t i = start; i < end; i++)
		floats->base_offsets[i] = (float) float_norm2(floats->base + i * d, d);
}

/* Read some query rows and empty their lists. */
static void
read_query_chunk(void *argument, size_t chunk, int thread)
{
	KnnWork *work = argument;
	FloatSide *floats = &work->floats;
	size_t d = work->queries.d;
	size_t start = chunk * READ_ROWS;
	size_t end = minimum(start + READ_ROWS, work->count);

	row_store_read(&work->queries, work->first + start, end - start, floats->queries + start * d,
				   d);
	for (size_t i = start; i < end; i++)
	{
		floats->norms[i] = float_norm2(floats->queries + i * d, d);
		floats->offsets[i] = (float) floats->norms[i];
		floats->thresholds[i] = INFINITY;
		floats->is_unproven[i] = false;
		work->lengths[i] = 0;
	}
}

void
knn_float_multiply(const KnnWork *work, const float *queries, size_t rows, size_t column,
				   size_t columns, float *tile)
{
	size_t d = work->reference.d;

	blas_sgemm(BLAS_NO_TRANSPOSE, BLAS_TRANSPOSE, rows, columns, d, -2, queries, d,
			   work->floats.base + column * d, d, 0, tile, TILE_STRIDE);
}

/* The same for rows of the super-block. */
static void
scan_multiply(const KnnWork *work, size_t start, size_t rows, size_t column, size_t columns,
			  float *tile)
{
	knn_float_multiply(work, work->floats.queries + start * work->queries.d, rows, column, columns,
					   tile);
}

/* What is left out at the threshold is measured by the proof, not lost. */
static float
scan_threshold(const KnnWork *work, uint64_t last)
{
	return packed_key(last);
}

#define SCAN_KEY        float
#define SCAN_SIDE       floats
#define SCAN_KEYS       key_scan_float
#define SCAN_THRESHOLDS key_scan_thresholds_float
#include "core/matrix/knn_scan_template.h"

/* ---------- refinement ---------- */

/* How many rows one chunk of the refinement takes. */
static size_t
refine_rows(const KnnWork *work)
{
	return work->keep >= REFINE_DISTANCES ? 1 : REFINE_DISTANCES / work->keep;
}

/* Measure, sort and prove the candidates of a row. */
static void
refine_row(KnnWork *work, size_t local, Candidate *candidates)
{
	FloatSide *floats = &work->floats;
	KeyList list = list_of(work, local);
	size_t query = work->first + local;
	double scale = work->reference.scale;
	double left_out = INFINITY;
	double reached;

	if (list.length > work->keep)
		cut_list(work, local, &list);
	if (work->n_others > work->keep)
		left_out = (double) floats->thresholds[local] + floats->norms[local] -
				   knn_float_key_error(work, floats->norms[local]);
	for (size_t i = 0; i < list.length; i++)
	{
		uint32_t row = (uint32_t) list.entries[i];

		candidates[i].distance2 =
			row_store_cross_distance2(&work->queries, query, &work->reference, row);
		candidates[i].index = row;
	}
	candidates_make_heap(candidates, list.length);
	candidates_sort_heap(candidates, list.length);
	knn_store(work->result, query, candidates);
	reached = candidates[work->k - 1].distance2 * scale * scale;
	/* Written so that NaN is unproven. */
	floats->is_unproven[local] = !(reached < left_out);
}

/* Refine some rows. */
static void
refine_chunk(void *argument, size_t chunk, int thread)
{
	KnnWork *work = argument;
	size_t start = chunk * refine_rows(work);
	size_t end = minimum(start + refine_rows(work), work->count);

	for (size_t local = start; local < end && !stop_requested(work->stop); local++)
		refine_row(work, local, work->floats.nearest + (size_t) thread * work->keep);
}

/* Refine the super-block, and scan again where that does not do. */
static SdqStatus
finish_super_block(Job *job, KnnWork *work)
{
	SdqStatus status =
		pool_run(job->pool, refine_chunk, work, divide_up(work->count, refine_rows(work)));

	return sdq_failed(status) ? status : knn_rescan(job, work);
}

/* ---------- setting up ---------- */

typedef struct NormWork
{
	const RowStore *rows;
	float *scratch;  /* [threads][d] */
	double *largest; /* [chunks] */
} NormWork;

/* The largest |x|^2 of some rows. */
static void
norm_chunk(void *argument, size_t chunk, int thread)
{
	NormWork *work = argument;
	size_t d = work->rows->d;
	size_t end = minimum((chunk + 1) * READ_ROWS, work->rows->n);
	float *x = work->scratch + (size_t) thread * d;
	double largest = 0;

	for (size_t i = chunk * READ_ROWS; i < end; i++)
	{
		double norm2;

		row_store_read(work->rows, i, 1, x, d);
		norm2 = float_norm2(x, d);
		largest = norm2 > largest ? norm2 : largest;
	}
	work->largest[chunk] = largest;
}

/* The largest norm of a float copy of a row. */
static SdqStatus
find_largest_norm(Job *job, const RowStore *rows, double *largest_norm)
{
	ArenaMark mark = arena_mark(job->arena);
	NormWork norms = {.rows = rows};
	size_t chunks = divide_up(rows->n, READ_ROWS);
	double largest = 0;
	SdqStatus status;

	norms.scratch =
		arena_alloc(job->arena, (size_t) pool_threads(job->pool), rows->d * sizeof(float));
	norms.largest = arena_alloc(job->arena, chunks, sizeof(double));
	if (norms.scratch == NULL || norms.largest == NULL)
		return arena_failure(job->arena);
	status = pool_run(job->pool, norm_chunk, &norms, chunks);
	for (size_t chunk = 0; chunk < chunks && !sdq_failed(status); chunk++)
		largest = norms.largest[chunk] > largest ? norms.largest[chunk] : largest;
	*largest_norm = fmax(*largest_norm, sqrt(largest));
	arena_release(job->arena, mark);
	return status;
}

/* Bytes of the float copy of a row. */
static size_t
row_bytes(size_t d)
{
	return d * sizeof(float);
}

/* Bytes that allocate() and the second scan take. */
static size_t
memory(const KnnWork *work, size_t threads)
{
	size_t per_row =
		row_bytes(work->reference.d) + sizeof(double) + 2 * sizeof(float) + sizeof(bool);
	size_t rows = work->super_rows + (work->is_symmetric ? 0 : work->held_rows);

	return rows * per_row +
		   threads * (QUERY_ROWS * TILE_STRIDE * sizeof(float) + work->keep * sizeof(Candidate)) +
		   knn_rescan_memory(work, threads);
}

/* Allocate what is used in a super-block; find what the error bound needs. */
static SdqStatus
allocate(Job *job, KnnWork *work)
{
	Arena *arena = job->arena;
	FloatSide *floats = &work->floats;
	size_t threads = (size_t) pool_threads(job->pool);
	size_t rows = work->super_rows;
	size_t d = work->reference.d;
	SdqStatus status;

	blas_load();
	floats->queries = arena_alloc(arena, rows, d * sizeof(float));
	floats->norms = arena_alloc(arena, rows, sizeof(double));
	floats->offsets = arena_alloc(arena, rows, sizeof(float));
	floats->thresholds = arena_alloc(arena, rows, sizeof(float));
	floats->is_unproven = arena_alloc(arena, rows, sizeof(bool));
	floats->base = floats->queries;
	floats->base_offsets = floats->offsets;
	if (!work->is_symmetric)
	{
		floats->base = arena_alloc(arena, work->held_rows, d * sizeof(float));
		floats->base_offsets = arena_alloc(arena, work->held_rows, sizeof(float));
	}
	floats->tiles = arena_alloc(arena, threads * QUERY_ROWS * TILE_STRIDE, sizeof(float));
	floats->nearest = arena_alloc(arena, threads * work->keep, sizeof(Candidate));
	if (floats->queries == NULL || floats->norms == NULL || floats->offsets == NULL ||
		floats->thresholds == NULL || floats->is_unproven == NULL || floats->base == NULL ||
		floats->base_offsets == NULL || floats->tiles == NULL || floats->nearest == NULL)
		return arena_failure(arena);
	status = find_largest_norm(job, &work->reference, &floats->largest_norm);
	if (!sdq_failed(status) && !work->is_self)
		status = find_largest_norm(job, &work->queries, &floats->largest_norm);
	return status;
}

const KnnEngine knn_float_engine = {
	.spare = SPARE,
	.row_bytes = row_bytes,
	.memory = memory,
	.allocate = allocate,
	.read_queries = read_query_chunk,
	.read_panel = read_panel_chunk,
	.scan = scan_chunk,
	.scan_pair = scan_pair_chunk,
	.finish = finish_super_block,
};
