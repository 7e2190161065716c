/*
 * kmeans_finish.c
 *		Means, labels, distances and margins in double.
 *
 * The clusters' means are formed from the stored rows in double, and each row goes to the nearest of
 * these means: float products, with a bound of their error, say which centres can be the nearest or
 * the second nearest, and those are measured in double. So labels, distances, margins and centres
 * agree with each other, even where the iteration's float labels were within rounding of a border.
 * A centre that loses its last row by that is dropped. Clusters are numbered by descending size.
 */
#include "core/matrix/kmeans_finish.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/blas.h"
#include "core/base/sizes.h"
#include "core/matrix/distance.h"

/* The sums of means are formed in at most so many chunks of rows, and with at most so many bytes. */
#define MEAN_MAX_CHUNKS ((size_t) 64)
#define MEAN_SUM_BYTES  ((size_t) 32 * 1024 * 1024)

/* Rows of a tile, fewer for large k d, and centres in one product. */
#define TILE_MAX_ROWS   ((size_t) 64)
#define TILE_MIN_ROWS   ((size_t) 4)
#define TILE_OPERATIONS ((size_t) 1 << 26)
#define CENTER_PANEL    ((size_t) 512)

/* Below this a sum of squares may have lost digits to underflow. */
#define SAFE_SQUARE 1e-280

/* All that the phases share; centres are scaled as the store's readers scale rows. */
typedef struct Finish
{
	const RowStore *store;
	const FloatRows *rows;
	const int32_t *labels;
	size_t k;
	double *centers; /* [k][d] */

	size_t n_chunks;
	double *shifts; /* [k][d] by label: a row of the cluster */
	double *sums;   /* [n_chunks][k][d] of differences to the shifts */
	double *row;    /* [threads][d] */

	size_t tile_rows;
	size_t panel;
	float *float_centers; /* [k][ld] */
	float *center_norms;  /* [k] squared */
	float *scores;        /* [threads][tile_rows][panel] */
	Kmeans *result;       /* distance and margin hold squared distances meanwhile */
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
	const RowStore *store = finish->store;
	size_t d = store->d;
	double *sums = finish->sums + chunk * finish->k * d;
	double *restrict row = finish->row + (size_t) thread * d;
	size_t end = store->n * (chunk + 1) / finish->n_chunks;

	memset(sums, 0, finish->k * d * sizeof(double));
	for (size_t i = store->n * chunk / finish->n_chunks; i < end; i++)
	{
		double *restrict sum = sums + (size_t) finish->labels[i] * d;
		const double *restrict shift = finish->shifts + (size_t) finish->labels[i] * d;

		row_store_read_double(store, i, 1, row, d);
		for (size_t j = 0; j < d; j++)
			sum[j] += row[j] - shift[j];
	}
}

/* finish->centers: the means of the ranked clusters, in the order of the ranks. They are formed from
 * differences to each cluster's first row, so that the mean of equal rows is exactly that row. */
static SdqStatus
compute_means(Job *job, Finish *finish, const ClusterRank *ranks, size_t occupied)
{
	ArenaMark mark = arena_mark(job->arena);
	size_t d = finish->store->d;
	size_t all = finish->k * d;
	SdqStatus status;

	finish->n_chunks = MEAN_SUM_BYTES / sizeof(double) / all;
	finish->n_chunks = finish->n_chunks == 0 ? 1 : minimum(finish->n_chunks, MEAN_MAX_CHUNKS);
	finish->sums = arena_alloc(job->arena, finish->n_chunks, all * sizeof(double));
	finish->shifts = arena_alloc(job->arena, all, sizeof(double));
	if (finish->sums == NULL || finish->shifts == NULL)
		return arena_failure(job->arena);
	for (size_t r = 0; r < occupied; r++)
		row_store_read_double(finish->store, ranks[r].first_row, 1,
							  finish->shifts + ranks[r].cluster * d, d);
	status = pool_run(job->pool, mean_chunk, finish, finish->n_chunks);
	for (size_t r = 0; r < occupied && !sdq_failed(status); r++)
		for (size_t j = 0; j < d; j++)
		{
			double sum = 0;

			for (size_t chunk = 0; chunk < finish->n_chunks; chunk++)
				sum += finish->sums[chunk * all + ranks[r].cluster * d + j];
			finish->centers[r * d + j] =
				finish->shifts[ranks[r].cluster * d + j] + sum / (double) ranks[r].size;
		}
	finish->k = occupied;
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

/* Note the two smallest of a panel's scores and of those before. */
static void
smallest_scores(const float *scores, size_t count, float smallest[2])
{
	for (size_t c = 0; c < count; c++)
		if (scores[c] < smallest[0])
		{
			smallest[1] = smallest[0];
			smallest[0] = scores[c];
		}
		else if (scores[c] < smallest[1])
			smallest[1] = scores[c];
}

/* scores[count][panel] = |c|^2 - 2 x.c for a tile of rows and a panel of centres. */
static void
score_tile(const Finish *finish, size_t start, size_t count, size_t first, size_t panel,
		   float *scores)
{
	const FloatRows *rows = finish->rows;

	blas_sgemm(BLAS_NO_TRANSPOSE, BLAS_TRANSPOSE, count, panel, rows->d, -2,
			   rows->data + start * rows->ld, rows->ld, finish->float_centers + first * rows->ld,
			   rows->ld, 0, scores, panel);
	for (size_t i = 0; i < count; i++)
		for (size_t c = 0; c < panel; c++)
			scores[i * panel + c] += finish->center_norms[first + c];
}

/* The two nearest centres of the rows of a tile. */
static void
nearest_chunk(void *argument, size_t tile, int thread)
{
	const Finish *finish = argument;
	const FloatRows *rows = finish->rows;
	size_t d = rows->d;
	size_t start = tile * finish->tile_rows;
	size_t count = minimum(finish->tile_rows, rows->n - start);
	float *scores = finish->scores + (size_t) thread * finish->tile_rows * finish->panel;
	double *row = finish->row + (size_t) thread * d;
	TwoNearest nearest[TILE_MAX_ROWS];
	float smallest[TILE_MAX_ROWS][2];

	for (size_t i = 0; i < count; i++)
	{
		nearest[i] = none_nearest;
		smallest[i][0] = smallest[i][1] = INFINITY;
	}
	for (size_t first = 0; first < finish->k; first += finish->panel)
	{
		size_t panel = minimum(finish->panel, finish->k - first);

		score_tile(finish, start, count, first, panel, scores);
		for (size_t i = 0; i < count; i++)
		{
			/* Means are no longer than the longest row. */
			double error = float_product_error(sqrt(rows->norm2[start + i]), rows->largest, d);
			double limit;

			smallest_scores(scores + i * panel, panel, smallest[i]);
			limit = smallest[i][1] + 2 * error;
			row_store_read_double(finish->store, start + i, 1, row, d);
			for (size_t c = 0; c < panel; c++)
				if (scores[i * panel + c] <= limit)
					offer_center(&nearest[i],
								 double_distance2(row, finish->centers + (first + c) * d, d),
								 (int32_t) (first + c));
		}
	}
	for (size_t i = 0; i < count; i++)
	{
		finish->result->cluster[start + i] = nearest[i].cluster[0];
		finish->result->distance[start + i] = nearest[i].distance2[0];
		finish->result->second[start + i] = nearest[i].cluster[1];
		finish->result->margin[start + i] = nearest[i].distance2[1];
	}
}

/* Assign every row to the centres there are. */
static SdqStatus
find_nearest(Job *job, Finish *finish)
{
	size_t d = finish->rows->d;
	size_t ld = finish->rows->ld;

	for (size_t c = 0; c < finish->k; c++)
	{
		double norm2 = 0;

		for (size_t j = 0; j < d; j++)
		{
			float x = (float) finish->centers[c * d + j];

			finish->float_centers[c * ld + j] = x;
			norm2 += (double) x * (double) x;
		}
		finish->center_norms[c] = (float) norm2;
	}
	return pool_run(job->pool, nearest_chunk, finish,
					divide_up(finish->rows->n, finish->tile_rows));
}

/* Assign, and drop centres without rows, until every centre has one. */
static SdqStatus
settle(Job *job, Finish *finish, ClusterRank *ranks)
{
	size_t d = finish->rows->d;

	for (;;)
	{
		size_t kept = 0;
		SdqStatus status = find_nearest(job, finish);

		if (sdq_failed(status) ||
			rank_clusters(finish->result->cluster, finish->rows->n, finish->k, ranks) == finish->k)
			return status;
		/* The sizes by cluster; the result's are written at the end. */
		for (size_t r = 0; r < finish->k; r++)
			finish->result->size[ranks[r].cluster] = ranks[r].size;
		for (size_t c = 0; c < finish->k; c++)
			if (finish->result->size[c] > 0)
				memmove(finish->centers + kept++ * d, finish->centers + c * d, d * sizeof(double));
		finish->k = kept;
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
	const RowStore *store = finish->store;
	Kmeans *result = finish->result;
	size_t k = finish->k;
	size_t d = store->d;
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
				store->mean[j] + finish->centers[ranks[r].cluster * d + j] / store->scale;
	}
	for (size_t i = 0; i < store->n; i++)
	{
		double nearest = sqrt(result->distance[i]);

		result->cluster[i] = number[result->cluster[i]];
		result->inertia[result->cluster[i]] += result->distance[i];
		result->distance[i] = nearest / store->scale;
		if (k == 1)
			continue;
		result->second[i] = number[result->second[i]];
		result->margin[i] = margin(nearest, sqrt(result->margin[i]));
	}
	result->total_inertia = 0;
	for (size_t r = 0; r < k; r++)
	{
		result->inertia[r] = result->inertia[r] / store->scale / store->scale;
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
kmeans_finish(Job *job, const RowStore *store, const FloatRows *rows, const int32_t *labels,
			  size_t k, Kmeans *result)
{
	Finish finish = {.store = store, .rows = rows, .labels = labels, .k = k, .result = result};
	Arena *arena = job->arena;
	size_t threads = (size_t) pool_threads(job->pool);
	ClusterRank *ranks = arena_alloc(arena, k, sizeof(ClusterRank));
	size_t occupied;
	SdqStatus status;

	finish.panel = minimum(k, CENTER_PANEL);
	finish.tile_rows = TILE_OPERATIONS / (k * rows->ld);
	finish.tile_rows =
		finish.tile_rows < TILE_MIN_ROWS ? TILE_MIN_ROWS : minimum(finish.tile_rows, TILE_MAX_ROWS);
	finish.centers = arena_alloc(arena, k, store->d * sizeof(double));
	finish.row = arena_alloc(arena, threads, store->d * sizeof(double));
	finish.float_centers = arena_zalloc(arena, k, rows->ld * sizeof(float));
	finish.center_norms = arena_alloc(arena, k, sizeof(float));
	finish.scores = arena_alloc(arena, threads * finish.tile_rows, finish.panel * sizeof(float));
	if (ranks == NULL || finish.centers == NULL || finish.row == NULL ||
		finish.float_centers == NULL || finish.center_norms == NULL || finish.scores == NULL)
		return arena_failure(arena);

	occupied = rank_clusters(labels, store->n, k, ranks);
	status = compute_means(job, &finish, ranks, occupied);
	if (!sdq_failed(status))
		status = settle(job, &finish, ranks);
	if (!sdq_failed(status))
		status = write_result(job, &finish, ranks);
	return status;
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
