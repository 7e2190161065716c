/*
 * knn_rescan.c
 *		The second scan: for rows whose neighbours the float keys could not prove.
 *
 * All reference rows whose key is at most the k-th distance found + E (the keys' error bound) are
 * measured exactly, and the k best kept; the bound falls with the k-th distance. Such rows are few on
 * ordinary data. On data where they are not (everything is nearly equally far in float), this
 * approaches the cost of the plain search, on all threads.
 */
#include "core/matrix/knn_work.h"

#include <math.h>
#include <string.h>

#include "core/base/sizes.h"

/* Query rows of a tile, every key of which may lead to an exact distance, and the element pairs that
 * a tile may have: its time must stay short. */
#define RESCAN_ROWS     ((size_t) 32)
#define RESCAN_ELEMENTS ((size_t) 32 * 1024 * 1024)

/* The rows, their heaps and limits. */
typedef struct Rescan
{
	KnnWork *work;
	size_t tile_rows; /* at most RESCAN_ROWS */
	size_t count;
	size_t *locals; /* [count] */
	double *limits; /* [count] keys at most this may belong to a neighbour */
	Candidate
		*heaps;      /* [count][k], the farthest first; where the lists were, which are done with */
	size_t *lengths; /* [count] */
	float *packed;   /* [threads][tile_rows][d] */
} Rescan;

/* The largest key that a neighbour nearer than `reached` (squared, in units of the data) may have. */
static double
key_limit(const KnnWork *work, size_t local, double reached)
{
	double scale = work->reference.scale;
	double norm2 = work->floats.norms[local];

	return reached * scale * scale - norm2 + knn_float_key_error(work, norm2);
}

/* Measure every row of the panel whose key allows it to be a neighbour. */
static void
rescan_row(Rescan *rescan, size_t position, const float *keys)
{
	KnnWork *work = rescan->work;
	size_t local = rescan->locals[position];
	size_t own = knn_own_row(work, local);
	const float *offsets = work->floats.base_offsets + (work->base_first - work->held_first);
	Candidate *heap = rescan->heaps + position * work->k;
	size_t *length = &rescan->lengths[position];

	for (size_t j = 0; j < work->base_count; j++)
	{
		size_t row = work->base_first + j;
		double key = (double) (keys[j] + offsets[j]);
		Candidate candidate;
		double limit;

		if (key > rescan->limits[position] || row == own)
			continue;
		candidate.index = (uint32_t) row;
		candidate.distance2 =
			row_store_cross_distance2(&work->queries, work->first + local, &work->reference, row);
		candidate_offer(heap, length, work->k, candidate);
		if (*length < work->k)
			continue;
		/* Later rows lose ties, so nothing can displace k duplicates. */
		limit = heap[0].distance2 == 0 ? -INFINITY : key_limit(work, local, heap[0].distance2);
		if (limit < rescan->limits[position])
			rescan->limits[position] = limit;
	}
}

/* One tile. */
static void
rescan_chunk(void *argument, size_t chunk, int thread)
{
	Rescan *rescan = argument;
	KnnWork *work = rescan->work;
	size_t d = work->reference.d;
	size_t start = chunk * rescan->tile_rows;
	size_t rows = minimum(rescan->tile_rows, rescan->count - start);
	float *tile = work->floats.tiles + (size_t) thread * QUERY_ROWS * TILE_STRIDE;
	float *packed = rescan->packed + (size_t) thread * rescan->tile_rows * d;
	bool is_needed = false;

	for (size_t i = 0; i < rows; i++)
	{
		is_needed |= rescan->limits[start + i] > -INFINITY;
		memcpy(packed + i * d, work->floats.queries + rescan->locals[start + i] * d,
			   d * sizeof(float));
	}
	if (!is_needed)
		return;
	knn_float_multiply(work, packed, rows, work->base_first - work->held_first, work->base_count,
					   tile);
	for (size_t i = 0; i < rows && !stop_requested(work->stop); i++)
		rescan_row(rescan, start + i, tile + i * TILE_STRIDE);
}

/* Write the heap of one row as its neighbours. */
static void
finish_chunk(void *argument, size_t chunk, int thread)
{
	Rescan *rescan = argument;
	KnnWork *work = rescan->work;
	Candidate *heap = rescan->heaps + chunk * work->k;

	candidates_sort_heap(heap, work->k);
	knn_store(work->result, work->first + rescan->locals[chunk], heap);
}

/* Rows of a tile. */
static size_t
rescan_tile_rows(const KnnWork *work)
{
	return minimum(RESCAN_ROWS, divide_up(RESCAN_ELEMENTS / work->panel_rows, work->reference.d));
}

size_t
knn_rescan_memory(const KnnWork *work, size_t threads)
{
	return work->super_rows * (2 * sizeof(size_t) + sizeof(double)) +
		   threads * rescan_tile_rows(work) * work->reference.d * sizeof(float);
}

/* Allocate for the rows that are not proven, and list them. */
static SdqStatus
begin(Job *job, Rescan *rescan)
{
	KnnWork *work = rescan->work;
	size_t d = work->reference.d;
	size_t position = 0;

	rescan->tile_rows = rescan_tile_rows(work);
	rescan->locals = arena_alloc(job->arena, rescan->count, sizeof(size_t));
	rescan->limits = arena_alloc(job->arena, rescan->count, sizeof(double));
	rescan->lengths = arena_zalloc(job->arena, rescan->count, sizeof(size_t));
	rescan->packed = arena_alloc(job->arena, (size_t) pool_threads(job->pool) * rescan->tile_rows,
								 d * sizeof(float));
	if (rescan->locals == NULL || rescan->limits == NULL || rescan->lengths == NULL ||
		rescan->packed == NULL)
		return arena_failure(job->arena);
	rescan->heaps = (Candidate *) work->lists;
	for (size_t local = 0; local < work->count; local++)
		if (work->floats.is_unproven[local])
		{
			size_t farthest = (work->first + local) * work->k + work->k - 1;

			rescan->locals[position] = local;
			rescan->limits[position] = key_limit(work, local, work->result->distance2[farthest]);
			position++;
		}
	return sdq_ok();
}

SdqStatus
knn_rescan(Job *job, KnnWork *work)
{
	Rescan rescan = {.work = work};
	ArenaMark mark = arena_mark(job->arena);
	SdqStatus status;

	for (size_t local = 0; local < work->count; local++)
		rescan.count += work->floats.is_unproven[local];
	if (rescan.count == 0)
		return sdq_ok();
	status = begin(job, &rescan);
	if (!sdq_failed(status))
		status = knn_for_each_panel(job, work, rescan_chunk, &rescan,
									divide_up(rescan.count, rescan.tile_rows));
	if (!sdq_failed(status))
		status = pool_run(job->pool, finish_chunk, &rescan, rescan.count);
	arena_release(job->arena, mark);
	return status;
}
