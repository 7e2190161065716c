/*
 * kmeans.c
 *		Lloyd's iteration on float products, finished in double.
 *
 * Method (Lloyd 1982; the stopping rules are scikit-learn's, so that results can be compared).
 * Assignment: tiles of rows times all centres give |c|^2 - 2 x.c in float; the least wins, the
 * lowest cluster among equals. Update: sums per cluster in double are kept from one iteration to the
 * next and corrected for the rows that moved, which soon are few; every REFRESH_ITERATIONS they are
 * formed anew, so that rounding does not pile up. A restart ends when no row moves, when the centres
 * move less than the tolerance, or after max_iter. Its inertia is the total of squared norms minus
 * sum n_c |mu_c|^2, in double.
 *
 * Threads. Tiles of rows are independent. Sums are shared out by columns: each chunk adds all rows,
 * in row order, to its own columns of all clusters. Nothing is reduced, no memory is needed per
 * thread, and the bits do not depend on the threads.
 *
 * Empty clusters are given the row that is farthest from its own centre (scikit-learn's rule), each
 * row once, the lowest row among equals, never the only row of a cluster.
 *
 * The end, in double, is the business of kmeans_finish.c.
 *
 * Memory: the float rows (4 n d bytes), the sums (8 k d), and what seeding needs (4 n (2 + ln k)).
 */
#include "core/matrix/kmeans.h"

#include <math.h>
#include <string.h>

#include "core/base/blas.h"
#include "core/base/rng.h"
#include "core/base/sizes.h"
#include "core/matrix/distance.h"
#include "core/matrix/float_rows.h"
#include "core/matrix/kmeans_finish.h"
#include "core/matrix/kmeans_seed.h"

/* Rows of a tile, fewer when there are so many centres and columns that a chunk would take long. */
#define TILE_MAX_ROWS   ((size_t) 256)
#define TILE_MIN_ROWS   ((size_t) 8)
#define TILE_OPERATIONS ((size_t) 1 << 28)

/* Centres in one product. */
#define CENTER_PANEL ((size_t) 512)

/* Columns of the sums in one chunk: one cache line of floats. */
#define SUM_COLUMNS ((size_t) 16)

/* Rows may move in and out of a sum so often before it is formed anew. */
#define REFRESH_ITERATIONS 10

/* A row that changed its cluster. */
typedef struct Move
{
	size_t row;
	int32_t from;
	int32_t to;
} Move;

/* One restart, and what the chunks of its phases need. */
typedef struct Lloyd
{
	const FloatRows *rows;
	size_t k;
	size_t tile_rows;
	size_t n_tiles;
	size_t panel; /* centres in one product */

	double *centers;      /* [k][ld] scaled */
	float *float_centers; /* [k][ld] */
	float *center_norms;  /* [k] squared */
	int32_t *labels;      /* [n] */
	int32_t *old_labels;  /* [n]; -1 before the first assignment */
	double *sums;         /* [k][ld] of the rows with this label */
	int64_t *counts;      /* [k] */
	Move *moves;          /* [n] in row order */
	size_t n_moves;
	bool add_all;      /* the sums are formed anew */
	double *distance2; /* [n] to the own centre, when clusters are empty */
	float *scores;     /* [threads][tile_rows][panel] */
	size_t iterations;
	size_t iterations_before; /* at most, by earlier restarts; for progress */
	size_t iterations_total;  /* at most, by all restarts */
	bool converged;
} Lloyd;

/* ---------- assignment ---------- */

/* scores[count][panel] = |c|^2 - 2 x.c for a tile of rows and a panel of centres. */
static void
score_tile(const Lloyd *lloyd, size_t start, size_t count, size_t first, size_t panel,
		   float *scores)
{
	const FloatRows *rows = lloyd->rows;

	blas_sgemm(BLAS_NO_TRANSPOSE, BLAS_TRANSPOSE, count, panel, rows->d, -2,
			   rows->data + start * rows->ld, rows->ld, lloyd->float_centers + first * rows->ld,
			   rows->ld, 0, scores, panel);
	for (size_t i = 0; i < count; i++)
		for (size_t c = 0; c < panel; c++)
			scores[i * panel + c] += lloyd->center_norms[first + c];
}

/* Labels of one tile. */
static void
assign_chunk(void *argument, size_t tile, int thread)
{
	const Lloyd *lloyd = argument;
	size_t start = tile * lloyd->tile_rows;
	size_t count = minimum(lloyd->tile_rows, lloyd->rows->n - start);
	float *scores = lloyd->scores + (size_t) thread * lloyd->tile_rows * lloyd->panel;
	float best[TILE_MAX_ROWS];

	for (size_t first = 0; first < lloyd->k; first += lloyd->panel)
	{
		size_t panel = minimum(lloyd->panel, lloyd->k - first);

		score_tile(lloyd, start, count, first, panel, scores);
		for (size_t i = 0; i < count; i++)
			for (size_t c = 0; c < panel; c++)
				if (first + c == 0 || scores[i * panel + c] < best[i])
				{
					best[i] = scores[i * panel + c];
					lloyd->labels[start + i] = (int32_t) (first + c);
				}
	}
}

/* Assign every row, and list the rows that moved. */
static SdqStatus
assign(Job *job, Lloyd *lloyd)
{
	const FloatRows *rows = lloyd->rows;
	int32_t *labels = lloyd->old_labels;
	SdqStatus status;

	for (size_t c = 0; c < lloyd->k; c++)
	{
		double norm2 = 0;

		for (size_t j = 0; j < rows->ld; j++)
		{
			float x = (float) lloyd->centers[c * rows->ld + j];

			lloyd->float_centers[c * rows->ld + j] = x;
			norm2 += (double) x * (double) x;
		}
		lloyd->center_norms[c] = (float) norm2;
	}
	lloyd->old_labels = lloyd->labels;
	lloyd->labels = labels;
	status = pool_run(job->pool, assign_chunk, lloyd, lloyd->n_tiles);
	lloyd->n_moves = 0;
	for (size_t i = 0; i < rows->n && !sdq_failed(status); i++)
		if (lloyd->labels[i] != lloyd->old_labels[i])
			lloyd->moves[lloyd->n_moves++] =
				(Move){.row = i, .from = lloyd->old_labels[i], .to = lloyd->labels[i]};
	return status;
}

/* ---------- update ---------- */

/* sum += sign * x over a few columns. */
static inline void
add_columns(double *restrict sum, double sign, const float *restrict x, size_t columns)
{
	for (size_t j = 0; j < columns; j++)
		sum[j] += sign * (double) x[j];
}

/* Add the rows that moved, or all, to some columns of the sums. */
static void
sum_chunk(void *argument, size_t chunk, int thread)
{
	const Lloyd *lloyd = argument;
	const FloatRows *rows = lloyd->rows;
	size_t first = chunk * SUM_COLUMNS;
	size_t columns = minimum(SUM_COLUMNS, rows->ld - first);
	double *sums = lloyd->sums + first;
	const float *data = rows->data + first;

	if (lloyd->add_all)
	{
		for (size_t c = 0; c < lloyd->k; c++)
			memset(sums + c * rows->ld, 0, columns * sizeof(double));
		for (size_t i = 0; i < rows->n; i++)
			add_columns(sums + (size_t) lloyd->labels[i] * rows->ld, 1, data + i * rows->ld,
						columns);
		return;
	}
	for (size_t m = 0; m < lloyd->n_moves; m++)
	{
		const Move *move = &lloyd->moves[m];

		add_columns(sums + (size_t) move->from * rows->ld, -1, data + move->row * rows->ld,
					columns);
		add_columns(sums + (size_t) move->to * rows->ld, 1, data + move->row * rows->ld, columns);
	}
}

/* Bring sums and counts up to the labels. */
static SdqStatus
update_sums(Job *job, Lloyd *lloyd)
{
	size_t chunks = divide_up(lloyd->rows->ld, SUM_COLUMNS);

	/* Correcting costs two additions a row, and rounds. */
	if (lloyd->iterations % REFRESH_ITERATIONS == 0 || lloyd->n_moves > lloyd->rows->n / 2)
		lloyd->add_all = true;
	if (lloyd->add_all)
		memset(lloyd->counts, 0, lloyd->k * sizeof(int64_t));
	for (size_t i = 0; i < lloyd->rows->n && lloyd->add_all; i++)
		lloyd->counts[lloyd->labels[i]]++;
	for (size_t m = 0; m < lloyd->n_moves && !lloyd->add_all; m++)
	{
		lloyd->counts[lloyd->moves[m].from]--;
		lloyd->counts[lloyd->moves[m].to]++;
	}
	return pool_run(job->pool, sum_chunk, lloyd, chunks);
}

/* Squared distance of each row of a tile to its own centre. */
static void
own_distance_chunk(void *argument, size_t tile, int thread)
{
	const Lloyd *lloyd = argument;
	const FloatRows *rows = lloyd->rows;
	size_t end = minimum((tile + 1) * lloyd->tile_rows, rows->n);

	for (size_t i = tile * lloyd->tile_rows; i < end; i++)
		lloyd->distance2[i] =
			float_distance2(rows->data + i * rows->ld,
							lloyd->float_centers + (size_t) lloyd->labels[i] * rows->ld, rows->d);
}

/* Give each empty cluster the farthest row that is left, until there is none. The sums then differ
 * from the labels and are formed anew next time. */
static SdqStatus
fill_empty_clusters(Job *job, Lloyd *lloyd, bool *filled)
{
	const FloatRows *rows = lloyd->rows;
	size_t ld = rows->ld;
	bool has_distances = false;

	*filled = false;
	for (size_t c = 0; c < lloyd->k; c++)
	{
		size_t farthest = rows->n;
		size_t donor;

		if (lloyd->counts[c] > 0)
			continue;
		if (!has_distances)
		{
			SdqStatus status = pool_run(job->pool, own_distance_chunk, lloyd, lloyd->n_tiles);

			if (sdq_failed(status))
				return status;
			has_distances = true;
		}
		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (size_t i = 0; i < rows->n; i++)
			if (lloyd->distance2[i] > 0 && lloyd->counts[lloyd->labels[i]] > 1 &&
				(farthest == rows->n || lloyd->distance2[i] > lloyd->distance2[farthest]))
				farthest = i;
		if (farthest == rows->n)
			break;
		donor = (size_t) lloyd->labels[farthest];
		add_columns(lloyd->sums + donor * ld, -1, rows->data + farthest * ld, ld);
		lloyd->counts[donor]--;
		memset(lloyd->sums + c * ld, 0, ld * sizeof(double));
		add_columns(lloyd->sums + c * ld, 1, rows->data + farthest * ld, ld);
		lloyd->counts[c] = 1;
		lloyd->distance2[farthest] = 0;
		*filled = true;
	}
	return sdq_ok();
}

/* Move the centres to the means; a cluster that stayed empty keeps its centre. Returns the sum of
 * squared movements. */
static double
move_centers(Lloyd *lloyd)
{
	size_t ld = lloyd->rows->ld;
	double movement = 0;

	for (size_t c = 0; c < lloyd->k; c++)
		for (size_t j = 0; j < ld && lloyd->counts[c] > 0; j++)
		{
			double *center = &lloyd->centers[c * ld + j];
			double mean = lloyd->sums[c * ld + j] / (double) lloyd->counts[c];

			movement += (mean - *center) * (mean - *center);
			*center = mean;
		}
	return movement;
}

/* Sum of squared distances to the means of the labels, from the sums. */
static double
inertia_of_labels(const Lloyd *lloyd)
{
	size_t ld = lloyd->rows->ld;
	double explained = 0;

	for (size_t c = 0; c < lloyd->k; c++)
	{
		double norm2 = 0;

		for (size_t j = 0; j < ld; j++)
			norm2 += lloyd->sums[c * ld + j] * lloyd->sums[c * ld + j];
		if (lloyd->counts[c] > 0)
			explained += norm2 / (double) lloyd->counts[c];
	}
	return lloyd->rows->total - explained;
}

/* Iterate from lloyd->centers until a stopping rule holds; labels and sums agree at the end. */
static SdqStatus
iterate(Job *job, Lloyd *lloyd, const KmeansOptions *options, double *inertia)
{
	const FloatRows *rows = lloyd->rows;
	double tolerance = options->tol * rows->total / (double) rows->n / (double) rows->d;
	bool filled = false;
	bool is_last = false;
	SdqStatus status;

	for (size_t i = 0; i < rows->n; i++)
		lloyd->labels[i] = -1;
	lloyd->add_all = true;
	lloyd->converged = false;
	for (lloyd->iterations = 0;; lloyd->iterations++)
	{
		status = assign(job, lloyd);
		if (sdq_failed(status))
			return status;
		if (lloyd->n_moves == 0 && !filled && !lloyd->add_all)
		{
			lloyd->converged = true;
			break;
		}
		status = update_sums(job, lloyd);
		lloyd->add_all = false;
		if (sdq_failed(status))
			return status;
		/* After a stop by tolerance or max_iter: the assignment that makes labels fit the centres. */
		if (is_last)
			break;
		status = fill_empty_clusters(job, lloyd, &filled);
		if (sdq_failed(status))
			return status;
		lloyd->add_all = filled;
		lloyd->converged = move_centers(lloyd) <= tolerance && !filled;
		is_last = lloyd->converged || lloyd->iterations + 1 >= options->max_iter;
		job_progress(job, "k-means iterations, at most",
					 lloyd->iterations_before + lloyd->iterations + 1, lloyd->iterations_total,
					 NAN);
	}
	*inertia = inertia_of_labels(lloyd);
	return sdq_ok();
}

/* ---------- restarts ---------- */

/* Begin a restart: from given centres, or from rows. */
static SdqStatus
start(Job *job, Lloyd *lloyd, const RowStore *store, const KmeansOptions *options, size_t restart,
	  size_t *chosen)
{
	const FloatRows *rows = lloyd->rows;
	Rng rng;
	SdqStatus status;

	memset(lloyd->centers, 0, options->k * rows->ld * sizeof(double));
	lloyd->k = options->k;
	if (options->initial != NULL)
	{
		for (size_t c = 0; c < options->k; c++)
			for (size_t j = 0; j < rows->d; j++)
				lloyd->centers[c * rows->ld + j] =
					(options->initial[c * rows->d + j] - store->mean[j]) * store->scale;
		return sdq_ok();
	}
	rng_seed(&rng, options->seed, RNG_STREAM_KMEANS + restart);
	status = kmeans_seed(job, rows, options->k, &rng, chosen, &lloyd->k);
	if (sdq_failed(status))
		return status;
	for (size_t c = 0; c < lloyd->k; c++)
		for (size_t j = 0; j < rows->ld; j++)
			lloyd->centers[c * rows->ld + j] = rows->data[chosen[c] * rows->ld + j];
	return sdq_ok();
}

static SdqStatus
allocate_lloyd(Job *job, Lloyd *lloyd, size_t k)
{
	Arena *arena = job->arena;
	size_t n = lloyd->rows->n;
	size_t ld = lloyd->rows->ld;

	lloyd->panel = minimum(k, CENTER_PANEL);
	/* k d is at most the size of the data, which exists. */
	lloyd->tile_rows = TILE_OPERATIONS / (k * ld);
	lloyd->tile_rows = lloyd->tile_rows < TILE_MIN_ROWS   ? TILE_MIN_ROWS
					   : lloyd->tile_rows > TILE_MAX_ROWS ? TILE_MAX_ROWS
														  : lloyd->tile_rows;
	lloyd->n_tiles = divide_up(n, lloyd->tile_rows);
	lloyd->centers = arena_alloc(arena, k, ld * sizeof(double));
	lloyd->float_centers = arena_alloc(arena, k, ld * sizeof(float));
	lloyd->center_norms = arena_alloc(arena, k, sizeof(float));
	lloyd->labels = arena_alloc(arena, n, sizeof(int32_t));
	lloyd->old_labels = arena_alloc(arena, n, sizeof(int32_t));
	lloyd->sums = arena_alloc(arena, k, ld * sizeof(double));
	lloyd->counts = arena_alloc(arena, k, sizeof(int64_t));
	lloyd->moves = arena_alloc(arena, n, sizeof(Move));
	lloyd->distance2 = arena_alloc(arena, n, sizeof(double));
	lloyd->scores = arena_alloc(arena, (size_t) pool_threads(job->pool) * lloyd->tile_rows,
								lloyd->panel * sizeof(float));
	if (lloyd->centers == NULL || lloyd->float_centers == NULL || lloyd->center_norms == NULL ||
		lloyd->labels == NULL || lloyd->old_labels == NULL || lloyd->sums == NULL ||
		lloyd->counts == NULL || lloyd->moves == NULL || lloyd->distance2 == NULL ||
		lloyd->scores == NULL)
		return arena_failure(arena);
	return sdq_ok();
}

/* Run all restarts: the labels of the best in labels[n], its number of centres in *k. */
static SdqStatus
run_restarts(Job *job, const RowStore *store, const FloatRows *rows, const KmeansOptions *options,
			 int32_t *labels, size_t *k, Kmeans *result)
{
	Lloyd lloyd = {.rows = rows};
	size_t restarts = options->initial != NULL ? 1 : options->n_init;
	double best = INFINITY;
	size_t *chosen = arena_alloc(job->arena, options->k, sizeof(size_t));
	SdqStatus status = allocate_lloyd(job, &lloyd, options->k);

	if (chosen == NULL)
		return arena_failure(job->arena);
	for (size_t restart = 0; restart < restarts && !sdq_failed(status); restart++)
	{
		double inertia = 0;

		lloyd.iterations_before = restart * options->max_iter;
		lloyd.iterations_total = restarts * options->max_iter;
		status = start(job, &lloyd, store, options, restart, chosen);
		if (!sdq_failed(status))
			status = iterate(job, &lloyd, options, &inertia);
		if (sdq_failed(status) || (restart > 0 && inertia >= best))
			continue;
		best = inertia;
		*k = lloyd.k;
		memcpy(labels, lloyd.labels, rows->n * sizeof(int32_t));
		result->restart = restart;
		result->iterations = lloyd.iterations;
		result->converged = lloyd.converged;
	}
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
kmeans(Job *job, const RowStore *rows, const KmeansOptions *options, Kmeans *result)
{
	FloatRows floats;
	int32_t *labels;
	size_t found = 0;
	ArenaMark mark;
	SdqStatus status;

	if (options->k < 1 || options->k > rows->n)
		return sdq_error(SDQ_BAD_ARGUMENT, (double) options->k, (double) rows->n);
	blas_load();
	status = allocate_result(job, rows, options->k, result);
	if (sdq_failed(status))
		return status;
	mark = arena_mark(job->arena);
	status = float_rows_load(job, rows, &floats);
	if (sdq_failed(status))
		return status;
	labels = arena_alloc(job->arena, rows->n, sizeof(int32_t));
	if (labels == NULL)
		return arena_failure(job->arena);
	status = run_restarts(job, rows, &floats, options, labels, &found, result);
	if (!sdq_failed(status))
		status = kmeans_finish(job, rows, &floats, labels, found, result);
	arena_release(job->arena, mark);
	return status;
}
