/*
 * row_store_finish.c
 *		One type for all rows, and their means, ranges and scale.
 *
 * Means are sums over fixed chunks of rows, added in chunk order, of differences to the first row: a
 * large common offset costs no digits. Bytes need no such care, their sums are exact. One pass over the
 * data, two if sums overflow.
 */
#include "core/matrix/row_store.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/sizes.h"
#include "core/matrix/row_blocks.h"
#include "core/matrix/row_loops.h"

/* Chunks of rows: at most so many, of at least so many rows, so that the partial sums stay small
 * beside the data. */
#define FINISH_MAX_CHUNKS ((size_t) 64)
#define FINISH_MIN_ROWS   ((size_t) 16)

/* Sums of values near the largest double are formed of values times this, which 2^31 of them cannot
 * overflow. */
#define HUGE_VALUE_FACTOR 0x1.0p-40

typedef struct FinishWork
{
	const RowStore *store;
	size_t n_chunks;
	double factor;       /* values are multiplied by it before they are summed */
	const double *shift; /* [d] subtracted from the values before that */
	double *sums;        /* [n_chunks][d] */
	char *minima;        /* [n_chunks][d] of the type of the store */
	char *maxima;        /* [n_chunks][d] of the type of the store */
	uint16_t *partial;   /* [n_chunks][d], for bytes */
} FinishWork;

/* First row of a chunk. */
static size_t
chunk_start(const FinishWork *work, size_t chunk)
{
	/* n is at most 2^31 and there are few chunks. */
	return work->store->n * chunk / work->n_chunks;
}

/* Sums and ranges of the columns over some rows of bytes. */
static void
scan_bytes(const FinishWork *work, size_t chunk, void *minima, void *maxima)
{
	const RowStore *store = work->store;
	const RowLoops *loops = row_loops();
	uint16_t *partial = work->partial + chunk * store->d;
	double *sums = work->sums + chunk * store->d;
	size_t chunk_end = chunk_start(work, chunk + 1);

	for (size_t i = chunk_start(work, chunk); i < chunk_end;)
	{
		size_t end = minimum(i + ROW_LOOPS_BYTE_ROWS, chunk_end);

		memset(partial, 0, store->d * sizeof(uint16_t));
		for (; i < end; i++)
			loops->add_bytes(final_row(store, i), store->d, partial, minima, maxima);
		for (size_t j = 0; j < store->d; j++)
			sums[j] += partial[j];
	}
}

/* Sums of factor * (value - shift) and ranges of the columns over the rows of a chunk. */
static void
scan_chunk(void *argument, size_t chunk, int thread)
{
	const FinishWork *work = argument;
	const RowStore *store = work->store;
	const RowLoops *loops = row_loops();
	size_t row_bytes = store->d * row_element_size[store->type];
	size_t first = chunk_start(work, chunk);
	size_t end = chunk_start(work, chunk + 1);
	double *sums = work->sums + chunk * store->d;
	void *minima = work->minima + chunk * row_bytes;
	void *maxima = work->maxima + chunk * row_bytes;

	memset(sums, 0, store->d * sizeof(double));
	memcpy(minima, final_row(store, first), row_bytes);
	memcpy(maxima, final_row(store, first), row_bytes);
	switch (store->type)
	{
		case ELEMENT_UINT8: scan_bytes(work, chunk, minima, maxima); break;
		case ELEMENT_FLOAT:
			for (size_t i = first; i < end; i++)
				loops->add_floats(final_row(store, i), store->d, work->shift, sums, minima, maxima);
			break;
		case ELEMENT_DOUBLE:
			for (size_t i = first; i < end; i++)
				loops->add_doubles(final_row(store, i), store->d, work->factor, work->shift, sums,
								   minima, maxima);
			break;
	}
}

/* One of the values of a row of the type of the store. */
static double
element(const RowStore *store, const void *row, size_t j)
{
	switch (store->type)
	{
		case ELEMENT_UINT8: return ((const uint8_t *) row)[j];
		case ELEMENT_FLOAT: return ((const float *) row)[j];
		default: return ((const double *) row)[j];
	}
}

/* store->lowest and ->highest, from the chunks' ranges. */
static void
ranges_from_chunks(RowStore *store, const FinishWork *work)
{
	size_t row_bytes = store->d * row_element_size[store->type];

	for (size_t j = 0; j < store->d; j++)
	{
		store->lowest[j] = INFINITY;
		store->highest[j] = -INFINITY;
		for (size_t chunk = 0; chunk < work->n_chunks; chunk++)
		{
			double low = element(store, work->minima + chunk * row_bytes, j);
			double high = element(store, work->maxima + chunk * row_bytes, j);

			store->lowest[j] = low < store->lowest[j] ? low : store->lowest[j];
			store->highest[j] = high > store->highest[j] ? high : store->highest[j];
		}
	}
}

/* store->mean = shift + sum / (factor * n), from the chunks' sums; false if a sum overflowed. */
static bool
means_from_sums(RowStore *store, const FinishWork *work)
{
	bool finite = true;

	for (size_t j = 0; j < store->d; j++)
	{
		double sum = 0;

		for (size_t chunk = 0; chunk < work->n_chunks; chunk++)
			sum += work->sums[chunk * store->d + j];
		store->mean[j] = (work->factor * work->shift[j] + sum / (double) store->n) / work->factor;
		finite &= isfinite(store->mean[j]);
	}
	return finite;
}

/* Column means. */
static SdqStatus
compute_means(RowStore *store, Job *job, FinishWork *work)
{
	SdqStatus status = pool_run(job->pool, scan_chunk, work, work->n_chunks);

	if (sdq_failed(status) || means_from_sums(store, work))
		return status;
	work->factor = HUGE_VALUE_FACTOR;
	status = pool_run(job->pool, scan_chunk, work, work->n_chunks);
	if (!sdq_failed(status))
		means_from_sums(store, work);
	return status;
}

/* The largest distance of a value from its column's mean, halved so that it is finite. The extreme
 * values of a column are farthest, after rounding too. */
static double
half_reach(const RowStore *store)
{
	double largest = 0;

	for (size_t j = 0; j < store->d; j++)
	{
		double below = 0.5 * store->mean[j] - 0.5 * store->lowest[j];
		double above = 0.5 * store->highest[j] - 0.5 * store->mean[j];

		largest = below > largest ? below : largest;
		largest = above > largest ? above : largest;
	}
	return largest;
}

/* The power of two that brings the largest distance from the means into [0.5, 1). */
static double
scale_of_reach(double half_reach)
{
	int exponent;

	if (half_reach == 0)
		return 1;
	frexp(half_reach, &exponent);
	exponent = -(exponent + 1);
	/* Both the scale and its reciprocal must be normal numbers, and so must twice the scale. */
	if (exponent > DBL_MAX_EXP - 3)
		exponent = DBL_MAX_EXP - 3;
	if (exponent < DBL_MIN_EXP - 1)
		exponent = DBL_MIN_EXP - 1;
	return ldexp(1, exponent);
}

/* How many chunks the rows are cut into. */
static size_t
finish_chunks(const RowStore *store)
{
	return clamp(store->n / FINISH_MIN_ROWS, 1, FINISH_MAX_CHUNKS);
}

/* Bring all blocks to the type of the store. */
static SdqStatus
widen_blocks(RowStore *store, Job *job)
{
	size_t per_block = (size_t) 1 << store->block_shift;
	SdqStatus status = sdq_ok();

	for (size_t b = 0; b < store->n_blocks && !sdq_failed(status); b++)
	{
		RowBlock *block = &store->blocks[b];

		if (block->type >= store->type)
			continue;
		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		status = row_store_widen_block(store, block, minimum(store->n - b * per_block, per_block),
									   store->type);
	}
	return status;
}

/* Memory for the sums and ranges of chunks; shift[d] was allocated before, or NULL if that failed. */
static bool
allocate_work(RowStore *store, FinishWork *work, double *shift)
{
	Arena *arena = store->arena;
	size_t row_bytes = store->d * row_element_size[store->type];

	work->shift = shift;
	work->sums = arena_alloc(arena, work->n_chunks, store->d * sizeof(double));
	work->minima = arena_alloc(arena, work->n_chunks, row_bytes);
	work->maxima = arena_alloc(arena, work->n_chunks, row_bytes);
	work->partial = arena_alloc(arena, work->n_chunks, store->d * sizeof(uint16_t));
	return shift != NULL && work->sums != NULL && work->minima != NULL && work->maxima != NULL &&
		   work->partial != NULL;
}

SdqStatus
row_store_finish(RowStore *store, Job *job, const size_t *order)
{
	FinishWork work = {.store = store, .factor = 1};
	double *shift;
	ArenaMark mark;
	SdqStatus status;

	store->order = order;
	if (store->n == 0)
		return sdq_ok();
	status = widen_blocks(store, job);
	if (sdq_failed(status))
		return status;

	store->mean = arena_alloc(store->arena, store->d, sizeof(double));
	store->lowest = arena_alloc(store->arena, store->d, sizeof(double));
	store->highest = arena_alloc(store->arena, store->d, sizeof(double));
	if (store->mean == NULL || store->lowest == NULL || store->highest == NULL)
		return arena_failure(store->arena);

	mark = arena_mark(store->arena);
	work.n_chunks = finish_chunks(store);
	shift = arena_zalloc(store->arena, store->d, sizeof(double));
	if (!allocate_work(store, &work, shift))
		return arena_failure(store->arena);
	if (store->type != ELEMENT_UINT8)
		row_store_read_exact(store, 0, shift);
	status = compute_means(store, job, &work);
	if (!sdq_failed(status))
	{
		ranges_from_chunks(store, &work);
		store->scale = scale_of_reach(half_reach(store));
	}
	arena_release(store->arena, mark);
	return status;
}

void
row_store_share_frame(RowStore *store, RowStore *reference)
{
	store->mean = reference->mean;
	store->scale = scale_of_reach(fmax(half_reach(store), half_reach(reference)));
	reference->scale = store->scale;
}
