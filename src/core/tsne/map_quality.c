/*
 * map_quality.c
 *		Ranks of a few rows by streams of matrix products.
 *
 * The rank of row j among the others of row i is 1 + the number of rows l with (d(i, l), l) before
 * (d(i, j), j). It is needed for intruders only, so no row of ranks is ever sorted: for each tile of
 * rows by rows, the products of float copies give squared distances with an error below E
 * (float_product_error()). What is nearer than d(i, j) - E is counted, what is farther than d(i, j) + E
 * is not, and what lies between is measured exactly, in double. Ranks are whole numbers, so sums of them
 * do not depend on the threads.
 *
 * Both directions are the same with the roles of input and map exchanged.
 */
#include "core/tsne/map_quality.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "core/base/blas.h"
#include "core/base/sizes.h"
#include "core/matrix/float_rows.h"
#include "core/matrix/knn.h"

/* Shape of a tile: its products stay in the second-level cache. */
#define TILE_ROWS    ((size_t) 128)
#define TILE_COLUMNS ((size_t) 1024)

/* With more columns of data tiles have fewer rows, so that a chunk stays short. */
#define FULL_TILE_COLUMNS ((size_t) 4096)

/* A neighbour in one space that is not one in the other. */
typedef struct Intruder
{
	double distance2; /* in the space where it is none, in units of the data */
	uint32_t row;
	uint32_t rank; /* rows counted before it */
} Intruder;

typedef struct RankWork
{
	const RowStore *store; /* the space in which intruders are ranked */
	FloatRows rows;
	size_t k;
	const uint32_t *own;   /* [n][k] neighbours there, ascending by row */
	const uint32_t *other; /* [n][k] neighbours in the other space, ascending by row */
	size_t tile_rows;
	size_t first_column; /* of the panel */
	size_t n_columns;
	Intruder *intruders; /* [n][k] */
	uint32_t *counts;    /* [n] intruders of each row */
	float *tiles;        /* [threads][tile_rows][TILE_COLUMNS] */
} RankWork;

/* ---------- neighbours as sets ---------- */

static int
compare_rows(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *) a;
	uint32_t y = *(const uint32_t *) b;

	return (x > y) - (x < y);
}

static void
sort_chunk(void *argument, size_t row, int thread)
{
	Neighbors *neighbors = argument;

	qsort(neighbors->index + row * neighbors->k, neighbors->k, sizeof(uint32_t), compare_rows);
}

/* The k nearest other rows of each row, ascending by row. */
static SdqStatus
neighbor_sets(Job *job, const RowStore *store, size_t k, Neighbors *neighbors)
{
	SdqStatus status = knn_self(job, store, k, neighbors);

	return sdq_failed(status) ? status : pool_run(job->pool, sort_chunk, neighbors, store->n);
}

/* ---------- ranks ---------- */

/* List the intruders of some rows, with their distances. */
static void
list_chunk(void *argument, size_t chunk, int thread)
{
	RankWork *work = argument;
	size_t k = work->k;
	size_t end = minimum((chunk + 1) * work->tile_rows, work->store->n);

	for (size_t i = chunk * work->tile_rows; i < end; i++)
	{
		const uint32_t *own = work->own + i * k;
		const uint32_t *other = work->other + i * k;
		Intruder *intruders = work->intruders + i * k;
		size_t o = 0;
		uint32_t count = 0;

		for (size_t m = 0; m < k; m++)
		{
			while (o < k && own[o] < other[m])
				o++;
			if (o < k && own[o] == other[m])
				continue;
			intruders[count++] =
				(Intruder){.distance2 = row_store_distance2(work->store, i, other[m]),
						   .row = other[m],
						   .rank = 0};
		}
		work->counts[i] = count;
	}
}

/* How far the float distances of row i may be from the exact ones, in scaled units; see
 * knn_float_key_error(). */
static double
distance_error(const RankWork *work, size_t i)
{
	double norm = sqrt((double) work->rows.norm2[i]);
	double sum = norm + work->rows.largest;
	double d = (double) work->rows.d;

	return float_product_error(norm, work->rows.largest, work->rows.d) +
		   2 * d * DBL_EPSILON * sum * sum + d * DBL_MIN * work->store->scale * work->store->scale;
}

/* Does row l come before an intruder of row i, exactly? */
static bool
is_before(const RankWork *work, size_t i, size_t l, const Intruder *intruder)
{
	double distance2 = row_store_distance2(work->store, i, l);

	return distance2 < intruder->distance2 ||
		   (distance2 == intruder->distance2 && l < intruder->row);
}

/* Count the rows of the panel before one intruder of row i; distances are those of the panel. */
static uint32_t
count_before(const RankWork *work, size_t i, const float *distances, const Intruder *intruder,
			 double error)
{
	double scale = work->store->scale;
	double at = intruder->distance2 * scale * scale;
	/* Rounded outward. */
	float low = nextafterf((float) (at - error), -INFINITY);
	float high = nextafterf((float) (at + error), INFINITY);
	uint32_t before = 0;
	uint32_t not_after = 0;

	for (size_t c = 0; c < work->n_columns; c++)
	{
		before += distances[c] < low;
		not_after += distances[c] <= high;
	}
	if (before == not_after)
		return before;
	for (size_t c = 0; c < work->n_columns; c++)
		if (distances[c] >= low && distances[c] <= high)
			before += is_before(work, i, work->first_column + c, intruder);
	return before;
}

/* One tile: rows of a chunk by the rows of the panel. */
static void
rank_chunk(void *argument, size_t chunk, int thread)
{
	RankWork *work = argument;
	const FloatRows *rows = &work->rows;
	size_t first = chunk * work->tile_rows;
	size_t count = minimum(work->tile_rows, rows->n - first);
	float *tile = work->tiles + (size_t) thread * work->tile_rows * TILE_COLUMNS;

	blas_sgemm(BLAS_NO_TRANSPOSE, BLAS_TRANSPOSE, count, work->n_columns, rows->d, -2,
			   rows->data + first * rows->ld, rows->ld, rows->data + work->first_column * rows->ld,
			   rows->ld, 0, tile, TILE_COLUMNS);
	for (size_t i = first; i < first + count; i++)
	{
		float *distances = tile + (i - first) * TILE_COLUMNS;
		double error = distance_error(work, i);

		if (work->counts[i] == 0)
			continue;
		for (size_t c = 0; c < work->n_columns; c++)
			distances[c] += rows->norm2[i] + rows->norm2[work->first_column + c];
		/* No row is its own neighbour. */
		if (i >= work->first_column && i < work->first_column + work->n_columns)
			distances[i - work->first_column] = INFINITY;
		for (uint32_t m = 0; m < work->counts[i]; m++)
		{
			Intruder *intruder = &work->intruders[i * work->k + m];

			intruder->rank += count_before(work, i, distances, intruder, error);
		}
	}
}

/* Rank all intruders. */
static SdqStatus
rank_intruders(Job *job, RankWork *work)
{
	size_t n = work->store->n;
	size_t chunks = divide_up(n, work->tile_rows);
	SdqStatus status = pool_run(job->pool, list_chunk, work, chunks);

	for (work->first_column = 0; work->first_column < n && !sdq_failed(status);
		 work->first_column += TILE_COLUMNS)
	{
		work->n_columns = minimum(TILE_COLUMNS, n - work->first_column);
		status = pool_run(job->pool, rank_chunk, work, chunks);
		job_progress(job, "ranks", work->first_column, n, NAN);
	}
	return status;
}

/* ---------- the result ---------- */

size_t
map_quality_max_k(size_t n)
{
	return n == 0 ? 0 : (n - 1) / 2;
}

/* 1 less the intruders' ranks beyond k, relative to the worst case, in which they are the last rows: of
 * each row, and the mean. */
static double
judge_ranks(const RankWork *work, double *of_row)
{
	size_t n = work->store->n;
	/* n and k are below 2^32, but not their product. */
	double worst = (double) work->k * (2 * (double) n - 3 * (double) work->k - 1) / 2;
	double total = 0;

	for (size_t i = 0; i < n; i++)
	{
		uint64_t beyond = 0;

		for (uint32_t m = 0; m < work->counts[i]; m++)
			beyond += work->intruders[i * work->k + m].rank + 1 - work->k;
		of_row[i] = 1 - (double) beyond / worst;
		total += (double) beyond;
	}
	return 1 - total / worst / (double) n;
}

/* What one direction needs beside the neighbours. */
static size_t
work_bytes(size_t n, size_t d, size_t k, size_t tile_rows, size_t threads)
{
	return n * ((d + 16) * sizeof(float) + k * sizeof(Intruder) + 2 * sizeof(uint32_t)) +
		   threads * tile_rows * TILE_COLUMNS * sizeof(float);
}

/* Rows of a tile of n rows with d columns. */
static size_t
choose_tile_rows(size_t n, size_t d)
{
	size_t parts = divide_up(d, FULL_TILE_COLUMNS);

	return minimum(parts < TILE_ROWS ? TILE_ROWS / parts : 1, n);
}

/* One direction: intruders of the other space's neighbours ranked in this one. */
static SdqStatus
judge(Job *job, const RowStore *store, const Neighbors *own, const Neighbors *other, double *of_row,
	  double *mean, uint32_t **counts)
{
	size_t n = store->n;
	RankWork work = {.store = store, .k = own->k, .own = own->index, .other = other->index};
	SdqStatus status;

	work.tile_rows = choose_tile_rows(n, store->d);
	work.counts = arena_alloc(job->arena, n, sizeof(uint32_t));
	work.intruders = arena_alloc(job->arena, n, work.k * sizeof(Intruder));
	work.tiles = arena_alloc(job->arena, (size_t) pool_threads(job->pool) * work.tile_rows,
							 TILE_COLUMNS * sizeof(float));
	if (work.counts == NULL || work.intruders == NULL || work.tiles == NULL)
		return arena_failure(job->arena);
	status = float_rows_load(job, store, &work.rows);
	if (!sdq_failed(status))
		status = rank_intruders(job, &work);
	if (sdq_failed(status))
		return status;
	*mean = judge_ranks(&work, of_row);
	*counts = work.counts;
	return status;
}

/* Both directions; the scratch is the caller's to release. */
static SdqStatus
compare_neighbors(Job *job, const RowStore *input, const RowStore *map, MapQuality *result)
{
	Neighbors in_input;
	Neighbors in_map;
	uint32_t *intruders = NULL;
	double total = 0;
	ArenaMark mark;
	SdqStatus status = neighbor_sets(job, input, result->k, &in_input);

	if (!sdq_failed(status))
		status = neighbor_sets(job, map, result->k, &in_map);
	if (sdq_failed(status))
		return status;
	mark = arena_mark(job->arena);
	status = judge(job, map, &in_map, &in_input, result->row_continuity, &result->continuity,
				   &intruders);
	arena_release(job->arena, mark);
	if (!sdq_failed(status))
		status = judge(job, input, &in_input, &in_map, result->row_trustworthiness,
					   &result->trustworthiness, &intruders);
	if (sdq_failed(status))
		return status;
	for (size_t i = 0; i < result->n; i++)
	{
		result->row_preservation[i] = 1 - intruders[i] / (double) result->k;
		total += (double) intruders[i];
	}
	result->preservation = 1 - total / (double) result->k / (double) result->n;
	return status;
}

SdqStatus
map_quality(Job *job, const RowStore *input, const RowStore *map, size_t k, MapQuality *result)
{
	size_t n = input->n;
	size_t threads = (size_t) pool_threads(job->pool);
	size_t neighbors;
	ArenaMark mark;
	SdqStatus status;

	*result = (MapQuality){.n = n, .k = k};
	if (k < 1 || k > map_quality_max_k(n))
		return sdq_error(SDQ_BAD_ARGUMENT, (double) k, (double) map_quality_max_k(n));
	blas_load();
	if (!checked_multiply(n, k * 2 * (sizeof(uint32_t) + sizeof(double)), &neighbors))
		return sdq_error(SDQ_TOO_LARGE, (double) n * (double) k, (double) SIZE_MAX);
	/* The rows exist in memory, and k is less than n: the other products fit. */
	status = arena_check(
		job->arena, neighbors + work_bytes(n, input->d, k, choose_tile_rows(n, input->d), threads));
	if (sdq_failed(status))
		return status;
	result->row_trustworthiness = arena_alloc(job->arena, n, sizeof(double));
	result->row_continuity = arena_alloc(job->arena, n, sizeof(double));
	result->row_preservation = arena_alloc(job->arena, n, sizeof(double));
	if (result->row_trustworthiness == NULL || result->row_continuity == NULL ||
		result->row_preservation == NULL)
		return arena_failure(job->arena);
	mark = arena_mark(job->arena);
	status = compare_neighbors(job, input, map, result);
	arena_release(job->arena, mark);
	return status;
}
