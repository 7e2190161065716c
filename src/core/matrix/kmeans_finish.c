/*
 * kmeans_finish.c
 *		Means, labels, distances and margins in double.
 *
 * The clusters' means are formed from the stored rows in double, and each row goes to the nearest of
 * these means: scores say which centres can be the nearest or the second nearest, and those are
 * measured in double. So labels, distances, margins and centres agree with each other, also after
 * the last movement of the centres. A centre that loses its last row by that is dropped. Clusters are
 * numbered by descending size.
 */
#include "core/matrix/kmeans_finish.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/sizes.h"
#include "core/matrix/distance.h"
#include "core/matrix/kmeans_score.h"

/* The sums of means are formed in at most so many chunks of rows, and with at most so many bytes. */
#define MEAN_MAX_CHUNKS ((size_t) 64)
#define MEAN_SUM_BYTES  ((size_t) 32 * 1024 * 1024)

/* A tile takes up to so many multiplications, but has at least so many rows. */
#define TILE_OPERATIONS ((size_t) 1 << 26)
#define TILE_MAX_ROWS   ((size_t) 64)
#define TILE_MIN_ROWS   KERNEL_ROWS

/* Below this a sum of squares may have lost digits to underflow. */
#define SAFE_SQUARE 1e-280

/* All that the phases share; everything is in units of the rows. */
typedef struct Finish
{
	const KmeansRows *rows;
	const int32_t *labels;
	Centers centers;

	size_t n_chunks;
	size_t n_labels;
	double *shifts; /* [n_labels][d] a row of the cluster; zeros for bytes, whose sums are exact */
	double *sums;   /* [n_chunks][n_labels][d] of differences to the shifts */
	double *row;    /* [threads][d] */

	size_t tile_rows;
	size_t score_size; /* doubles of a thread's scores */
	double *scores;    /* [threads][score_size] */
	Kmeans *result;    /* distance and margin hold squared distances meanwhile */
} Finish;

/* How clusters are ordered. */
typedef struct ClusterRank
{
	size_t cluster;
	int64_t size;
	size_t first_row;
} ClusterRank;

/* ---------- numbering ---------- */

/* qsort: descending size, then the lower first row; empty clusters come last. */
static int
compare_ranks(const void *a, const void *b)
{
	const ClusterRank *x = a;
	const ClusterRank *y = b;

	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return x->first_row < y->first_row ? -1 : x->first_row > y->first_row;
}

/* Rank the clusters of labels[n]: ranks[k] in their order; the number of clusters that have rows. */
static size_t
rank_clusters(const int32_t *labels, size_t n, size_t k, ClusterRank *ranks)
{
	size_t occupied = 0;

	for (size_t c = 0; c < k; c++)
		ranks[c] = (ClusterRank){.cluster = c, .size = 0, .first_row = n + c};
	for (size_t i = 0; i < n; i++)
	{
		ClusterRank *rank = &ranks[labels[i]];

		if (rank->size++ == 0)
		{
			rank->first_row = i;
			occupied++;
		}
	}
	qsort(ranks, k, sizeof(ClusterRank), compare_ranks);
	return occupied;
}

/* ---------- means ---------- */

/* Sums by label of the rows of a chunk, less the clusters' shifts. */
static void
mean_chunk(void *argument, size_t chunk, int thread)
{
	const Finish *finish = argument;
	const KmeansRows *rows = finish->rows;
	size_t d = rows->d;
	double *sums = finish->sums + chunk * finish->n_labels * d;
	double *restrict row = finish->row + (size_t) thread * d;
	size_t end = rows->n * (chunk + 1) / finish->n_chunks;

	memset(sums, 0, finish->n_labels * d * sizeof(double));
	for (size_t i = rows->n * chunk / finish->n_chunks; i < end; i++)
	{
		double *restrict sum = sums + (size_t) finish->labels[i] * d;
		const double *restrict shift = finish->shifts + (size_t) finish->labels[i] * d;

		if (rows->is_bytes)
		{
			kmeans_row_add(rows, i, 1, 0, d, sum);
			continue;
		}
		kmeans_row_read(rows, i, row);
		for (size_t j = 0; j < d; j++)
			sum[j] += row[j] - shift[j];
	}
}

/* The chunks that means of k clusters are formed in. */
static size_t
mean_chunks(size_t k, size_t d)
{
	size_t chunks = MEAN_SUM_BYTES / sizeof(double) / (k * d);

	return chunks == 0 ? 1 : minimum(chunks, MEAN_MAX_CHUNKS);
}

/* The centres: the means of the ranked clusters, in the order of the ranks. Unless sums are exact,
 * they are formed from differences to each cluster's first row, so that the mean of equal rows is
 * exactly that row. */
static SdqStatus
compute_means(Job *job, Finish *finish, const ClusterRank *ranks, size_t occupied)
{
	ArenaMark mark = arena_mark(job->arena);
	size_t d = finish->rows->d;
	size_t all = finish->n_labels * d;
	SdqStatus status;

	finish->n_chunks = mean_chunks(finish->n_labels, d);
	finish->sums = arena_alloc(job->arena, finish->n_chunks, all * sizeof(double));
	finish->shifts = arena_zalloc(job->arena, all, sizeof(double));
	if (finish->sums == NULL || finish->shifts == NULL)
		return arena_failure(job->arena);
	for (size_t r = 0; r < occupied && !finish->rows->is_bytes; r++)
		kmeans_row_read(finish->rows, ranks[r].first_row, finish->shifts + ranks[r].cluster * d);
	status = pool_run(job->pool, mean_chunk, finish, finish->n_chunks);
	for (size_t r = 0; r < occupied && !sdq_failed(status); r++)
		for (size_t j = 0; j < d; j++)
		{
			double sum = 0;

			for (size_t chunk = 0; chunk < finish->n_chunks; chunk++)
				sum += finish->sums[chunk * all + ranks[r].cluster * d + j];
			finish->centers.exact[r * d + j] =
				finish->shifts[ranks[r].cluster * d + j] + sum / (double) ranks[r].size;
		}
	finish->centers.k = occupied;
	arena_release(job->arena, mark);
	return status;
}

/* ---------- the two nearest centres ---------- */

/* The two nearest of the centres measured so far. */
typedef struct TwoNearest
{
	double distance2[2];
	int32_t cluster[2];
} TwoNearest;

static const TwoNearest none_nearest = {{INFINITY, INFINITY}, {-1, -1}};

/* Take a centre into account; centres come in ascending order, so ties go to the lower one. */
static void
offer_center(TwoNearest *nearest, double distance2, int32_t cluster)
{
	if (nearest->cluster[0] < 0 || distance2 < nearest->distance2[0])
	{
		nearest->distance2[1] = nearest->distance2[0];
		nearest->cluster[1] = nearest->cluster[0];
		nearest->distance2[0] = distance2;
		nearest->cluster[0] = cluster;
	}
	else if (nearest->cluster[1] < 0 || distance2 < nearest->distance2[1])
	{
		nearest->distance2[1] = distance2;
		nearest->cluster[1] = cluster;
	}
}

/* The second smallest of k scores. */
static double
second_smallest(const double *scores, size_t k)
{
	double smallest = INFINITY;
	double second = INFINITY;

	for (size_t c = 0; c < k; c++)
		if (scores[c] < smallest)
		{
			second = smallest;
			smallest = scores[c];
		}
		else if (scores[c] < second)
			second = scores[c];
	return second;
}

/* The two nearest centres of a row, and the squares of its distances to them. */
static TwoNearest
two_nearest(const Finish *finish, size_t i, const double *scores, double *row)
{
	const Centers *centers = &finish->centers;
	size_t d = finish->rows->d;
	double limit = second_smallest(scores, centers->k) + 2 * score_error(finish->rows, centers, i);
	TwoNearest nearest = none_nearest;

	kmeans_row_read(finish->rows, i, row);
	for (size_t c = 0; c < centers->k; c++)
		/* Written so that NaN is measured. */
		if (!(scores[c] > limit))
			offer_center(&nearest, double_distance2(row, centers->exact + c * d, d), (int32_t) c);
	return nearest;
}

/* The two nearest centres of the rows of a tile. */
static void
nearest_chunk(void *argument, size_t tile, int thread)
{
	const Finish *finish = argument;
	const KmeansRows *rows = finish->rows;
	size_t end = minimum((tile + 1) * finish->tile_rows, rows->n);
	double *scores = finish->scores + (size_t) thread * finish->score_size;
	double *row = finish->row + (size_t) thread * rows->d;
	Kmeans *result = finish->result;

	for (size_t first = tile * finish->tile_rows; first < end; first += KERNEL_ROWS)
	{
		size_t count = minimum(KERNEL_ROWS, end - first);
		uint32_t list[KERNEL_ROWS];

		for (size_t i = 0; i < count; i++)
			list[i] = (uint32_t) (first + i);
		score_rows(rows, &finish->centers, list, count, scores);
		for (size_t i = 0; i < count; i++)
		{
			TwoNearest nearest =
				two_nearest(finish, first + i, scores + i * score_stride(&finish->centers), row);

			result->cluster[first + i] = nearest.cluster[0];
			result->distance[first + i] = nearest.distance2[0];
			result->second[first + i] = nearest.cluster[1];
			result->margin[first + i] = nearest.distance2[1];
		}
	}
}

/* Assign every row to the centres there are. */
static SdqStatus
find_nearest(Job *job, Finish *finish)
{
	SdqStatus status;

	finish->centers.n_panels = divide_up(finish->centers.k, PANEL_CENTERS);
	status = centers_prepare(job, finish->rows, &finish->centers);
	if (sdq_failed(status))
		return status;
	return pool_run(job->pool, nearest_chunk, finish,
					divide_up(finish->rows->n, finish->tile_rows));
}

/* Assign, and drop centres without rows, until every centre has one. */
static SdqStatus
settle(Job *job, Finish *finish, ClusterRank *ranks)
{
	size_t d = finish->rows->d;
	Centers *centers = &finish->centers;

	for (;;)
	{
		size_t kept = 0;
		SdqStatus status = find_nearest(job, finish);

		if (sdq_failed(status) || rank_clusters(finish->result->cluster, finish->rows->n,
												centers->k, ranks) == centers->k)
			return status;
		/* The sizes by cluster; the result's are written at the end. */
		for (size_t r = 0; r < centers->k; r++)
			finish->result->size[ranks[r].cluster] = ranks[r].size;
		for (size_t c = 0; c < centers->k; c++)
			if (finish->result->size[c] > 0)
				memmove(centers->exact + kept++ * d, centers->exact + c * d, d * sizeof(double));
		centers->k = kept;
	}
}

/* ---------- the result ---------- */

/* (d2 - d1) / (d2 + d1) of two distances, 0 <= d1 <= d2. */
static double
margin(double d1, double d2)
{
	return d2 > 0 ? (d2 - d1) / (d2 + d1) : 0;
}

/* Number the clusters by their final sizes and bring everything to units of the data. */
static SdqStatus
write_result(Job *job, const Finish *finish, const ClusterRank *ranks)
{
	const KmeansRows *rows = finish->rows;
	Kmeans *result = finish->result;
	size_t k = finish->centers.k;
	size_t d = rows->d;
	double scale = kmeans_rows_scale(rows);
	int32_t *number = arena_alloc(job->arena, k, sizeof(int32_t));

	if (number == NULL)
		return arena_failure(job->arena);
	result->k = k;
	for (size_t r = 0; r < k; r++)
	{
		number[ranks[r].cluster] = (int32_t) r;
		result->size[r] = ranks[r].size;
		result->inertia[r] = 0;
		for (size_t j = 0; j < d; j++)
			result->centers[r * d + j] =
				kmeans_from_rows(rows, finish->centers.exact[ranks[r].cluster * d + j], j);
	}
	for (size_t i = 0; i < rows->n; i++)
	{
		double nearest = sqrt(result->distance[i]);

		result->cluster[i] = number[result->cluster[i]];
		result->inertia[result->cluster[i]] += result->distance[i];
		result->distance[i] = nearest / scale;
		if (k == 1)
			continue;
		result->second[i] = number[result->second[i]];
		result->margin[i] = margin(nearest, sqrt(result->margin[i]));
	}
	result->total_inertia = 0;
	for (size_t r = 0; r < k; r++)
	{
		result->inertia[r] = result->inertia[r] / scale / scale;
		result->total_inertia += result->inertia[r];
	}
	if (k == 1)
	{
		result->second = NULL;
		result->margin = NULL;
	}
	return sdq_ok();
}

SdqStatus
kmeans_finish(Job *job, const KmeansRows *rows, const int32_t *labels, size_t k, Kmeans *result)
{
	Finish finish = {.rows = rows, .labels = labels, .n_labels = k, .result = result};
	Arena *arena = job->arena;
	size_t threads = (size_t) pool_threads(job->pool);
	ClusterRank *ranks = arena_alloc(arena, k, sizeof(ClusterRank));
	SdqStatus status = centers_allocate(arena, rows, k, &finish.centers);

	finish.tile_rows = minimum(TILE_OPERATIONS / (k * rows->d), TILE_MAX_ROWS);
	finish.tile_rows = finish.tile_rows < TILE_MIN_ROWS ? TILE_MIN_ROWS : finish.tile_rows;
	finish.score_size = KERNEL_ROWS * score_stride(&finish.centers);
	finish.row = arena_alloc(arena, threads, rows->d * sizeof(double));
	finish.scores = arena_alloc(arena, threads, finish.score_size * sizeof(double));
	if (sdq_failed(status) || ranks == NULL || finish.row == NULL || finish.scores == NULL)
		return arena_failure(arena);

	status = compute_means(job, &finish, ranks, rank_clusters(labels, rows->n, k, ranks));
	if (!sdq_failed(status))
		status = settle(job, &finish, ranks);
	if (!sdq_failed(status))
		status = write_result(job, &finish, ranks);
	return status;
}

double
kmeans_finish_memory(const RowStore *store, size_t k, int threads)
{
	double lanes = (double) divide_up(k, PANEL_CENTERS) * PANEL_CENTERS;
	double d = (double) store->d;

	return centers_memory(kmeans_rows_are_bytes(store), store->d, k) +
		   (double) k * (sizeof(ClusterRank) + sizeof(int32_t)) +
		   threads * (KERNEL_ROWS * lanes + d) * sizeof(double) +
		   (double) (mean_chunks(k, store->d) + 1) * (double) k * d * sizeof(double);
}

/* ---------- one vector ---------- */

/* The distance of two vectors, also where its square leaves the range of a double. */
static double
safe_distance(const double *x, const double *y, size_t d)
{
	double distance2 = double_distance2(x, y, d);
	double largest = 0;
	double sum = 0;

	if (isfinite(distance2) && distance2 > SAFE_SQUARE)
		return sqrt(distance2);
	for (size_t j = 0; j < d; j++)
		largest = fmax(largest, fabs(0.5 * x[j] - 0.5 * y[j]));
	if (largest == 0)
		return 0;
	for (size_t j = 0; j < d; j++)
	{
		double part = (0.5 * x[j] - 0.5 * y[j]) / largest;

		sum += part * part;
	}
	return 2 * (largest * sqrt(sum));
}

NearestCenter
kmeans_nearest(const double *x, const double *centers, size_t k, size_t d)
{
	/* Distances take the place of their squares: the order is the same. */
	TwoNearest nearest = none_nearest;

	for (size_t c = 0; c < k; c++)
		offer_center(&nearest, safe_distance(x, centers + c * d, d), (int32_t) c);
	return (NearestCenter){.cluster = nearest.cluster[0],
						   .second = nearest.cluster[1],
						   .distance = nearest.distance2[0],
						   .margin = margin(nearest.distance2[0], nearest.distance2[1])};
}
