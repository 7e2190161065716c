/*
 * place.c
 *		Placing rows in a frozen map.
 *
 * Method. P. G. Policar, M. Strazar, B. Zupan, "Embedding to reference t-SNE space addresses batch
 * effects in single-cell classification", Machine Learning 112, 721 (2023): a new row has similarities
 * p_j to its nearest reference rows, on a small perplexity, normalised by themselves, and minimises
 * KL(p || q) with q_j = w_j / S(y), w_j = 1 / (1 + |y - y_j|^2), S = sum w_j over the whole reference. The
 * gradient, halved, is
 *
 *		sum_j p_j w_j (y - y_j) + grad S(y) / (2 S(y)).
 *
 * The first sum is exaggerated a little. S is that of the reference alone, so it is laid on one grid,
 * once (field_grid.h), and a step costs the same whatever the size of the map.
 *
 * Start. The objective has a minimum in every cluster that holds some of the neighbours, and a descent
 * ends in the one that it starts next to. So the objective is taken at the positions of the nearest
 * reference rows and at their median, and the lowest is the start. The median alone, which the authors
 * start from, lies between the clusters where the neighbours are of several: of 10,000 digits placed anew
 * in their own map it left one in 27 far from its place, while from the lowest start all came back.
 *
 * Bounds. The grid is smooth where the map is sparse, and S read there may be too small; it is at least
 * what the neighbours alone contribute. Points stay in the disc around the map's box.
 *
 * The map is moved to the middle of its box first, so that an offset costs no digits.
 *
 * Distances. Rows of the reference are searched for in the whole reference as new rows are, as a store
 * that is a copy with an order of its own. Each finds itself, or a row equal to it, at distance 0; so its
 * second neighbour is as far as its nearest other row. The sample is spaced evenly in row order, which is
 * that of the ids: it depends neither on the order of arrival nor on the new rows.
 *
 * Threads: chunks of new rows, each with scratch of its thread.
 */
#include "core/tsne/place.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/search.h"
#include "core/base/sizes.h"
#include "core/matrix/knn.h"
#include "core/matrix/pca.h"
#include "core/matrix/pca_reduce.h"
#include "core/tsne/affinities.h"
#include "core/tsne/field_grid.h"

/* Reference rows whose positions, and whose median, may be the start; no fewer are looked for. */
#define START_NEIGHBORS ((size_t) 25)

/* The descent, with the defaults of the authors' openTSNE. */
#define STEPS         250
#define EXAGGERATION  1.5
#define LEARNING_RATE 0.1
#define MOMENTUM      0.8
#define MAX_GRADIENT  0.25

/* Neighbours of the rows of a chunk: about 10 ms. */
#define CHUNK_NEIGHBORS ((size_t) 4096)

/* Doubles of scratch for each neighbour: a similarity, two coordinates; the search for the first takes
 * one more, that of the coordinates. */
#define SCRATCH_PER_NEIGHBOR ((size_t) 3)

/* Bytes of a neighbour in a search's result. */
#define NEIGHBOR_BYTES (sizeof(uint32_t) + sizeof(double))

/* Bytes of a row of the sample: its number, its distance, two neighbours. */
#define SAMPLE_BYTES (sizeof(size_t) + sizeof(double) + 2 * NEIGHBOR_BYTES)

typedef struct PlaceWork
{
	const double *map; /* [n][2], the middle of its box at the origin */
	double centre[2];
	double radius; /* of the box */
	const Neighbors *neighbors;
	double perplexity;
	FieldGrid field;
	size_t chunk_rows;
	double *scratch; /* [threads][SCRATCH_PER_NEIGHBOR][k] */
	double *y;       /* [n_query][2] */
} PlaceWork;

/* ---------- one row ---------- */

/* The median of coordinate d of the first n <= START_NEIGHBORS positions. */
static double
median_position(const double *position, size_t n, size_t d)
{
	double sorted[START_NEIGHBORS] = {0};

	for (size_t j = 0; j < n; j++)
		sorted[j] = position[2 * j + d];
	qsort(sorted, n, sizeof(double), compare_doubles);
	return 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]);
}

/* The objective at y, less what does not depend on it: EXAGGERATION sum_j p_j ln(1 + |y - y_j|^2) + ln S. */
static double
objective_at(const PlaceWork *work, const double *p, const double *position, const double *y)
{
	double attraction = 0;
	double near = 0;
	double slope[2];

	for (size_t j = 0; j < work->neighbors->k; j++)
	{
		double dx = y[0] - position[2 * j];
		double dy = y[1] - position[2 * j + 1];
		double square = 1 + dx * dx + dy * dy;

		near += 1 / square;
		attraction += p[j] * log(square);
	}
	return EXAGGERATION * attraction + log(fmax(field_grid_read(&work->field, y, slope), near));
}

/* Half the gradient at y, clipped. */
static void
gradient_at(const PlaceWork *work, const double *p, const double *position, const double *y,
			double *gradient)
{
	double attraction[2] = {0, 0};
	double near = 0;
	double slope[2];
	double s;
	double norm;

	for (size_t j = 0; j < work->neighbors->k; j++)
	{
		double dx = y[0] - position[2 * j];
		double dy = y[1] - position[2 * j + 1];
		double w = 1 / (1 + dx * dx + dy * dy);

		near += w;
		attraction[0] += p[j] * w * dx;
		attraction[1] += p[j] * w * dy;
	}
	s = fmax(field_grid_read(&work->field, y, slope), near);
	for (int d = 0; d < 2; d++)
		gradient[d] = EXAGGERATION * attraction[d] + slope[d] / (2 * s);
	norm = hypot(gradient[0], gradient[1]);
	if (norm > MAX_GRADIENT)
		for (int d = 0; d < 2; d++)
			gradient[d] *= MAX_GRADIENT / norm;
}

/* Bring a point that left the disc back to its border, at rest. */
static void
keep_in_disc(double radius, double *y, double *velocity)
{
	double norm = hypot(y[0], y[1]);

	if (norm <= radius)
		return;
	for (int d = 0; d < 2; d++)
	{
		y[d] *= radius / norm;
		velocity[d] = 0;
	}
}

/* The lowest of the positions of the nearest reference rows and of their median, into y[2]; of equally
 * low ones the median, then the nearest. */
static void
choose_start(const PlaceWork *work, const double *p, const double *position, double *y)
{
	size_t n_start = minimum(work->neighbors->k, START_NEIGHBORS);
	const double median[2] = {median_position(position, n_start, 0),
							  median_position(position, n_start, 1)};
	const double *best = median;
	double lowest = objective_at(work, p, position, median);

	for (size_t j = 0; j < n_start; j++)
	{
		double objective = objective_at(work, p, position, position + 2 * j);

		if (objective < lowest)
		{
			lowest = objective;
			best = position + 2 * j;
		}
	}
	y[0] = best[0];
	y[1] = best[1];
}

/* From the start down to y[2]. */
static void
place_row(const PlaceWork *work, const double *p, const double *position, double *y)
{
	double velocity[2] = {0, 0};

	choose_start(work, p, position, y);
	for (int step = 0; step < STEPS; step++)
	{
		double gradient[2];

		gradient_at(work, p, position, y, gradient);
		for (int d = 0; d < 2; d++)
		{
			velocity[d] = MOMENTUM * velocity[d] - LEARNING_RATE * gradient[d];
			y[d] += velocity[d];
		}
		keep_in_disc(work->radius, y, velocity);
	}
}

/* Place the rows of a chunk. */
static void
place_chunk(void *argument, size_t chunk, int thread)
{
	const PlaceWork *work = argument;
	const Neighbors *neighbors = work->neighbors;
	size_t k = neighbors->k;
	double *p = work->scratch + (size_t) thread * SCRATCH_PER_NEIGHBOR * k;
	double *position = p + k;
	size_t end = minimum((chunk + 1) * work->chunk_rows, neighbors->n);

	for (size_t i = chunk * work->chunk_rows; i < end; i++)
	{
		affinities_row(neighbors->distance2 + i * k, k, work->perplexity, position, p);
		for (size_t j = 0; j < k; j++)
			for (size_t d = 0; d < 2; d++)
				position[2 * j + d] = work->map[2 * (size_t) neighbors->index[i * k + j] + d];
		place_row(work, p, position, work->y + 2 * i);
		for (size_t d = 0; d < 2; d++)
			work->y[2 * i + d] += work->centre[d];
	}
}

/* ---------- all rows ---------- */

/* The neighbours that this perplexity needs among n reference rows. */
static size_t
count_neighbors(double perplexity, size_t n)
{
	double wanted = fmax(ceil(NEIGHBORS_PER_PERPLEXITY * perplexity), (double) START_NEIGHBORS);

	return wanted < (double) n ? (size_t) wanted : n;
}

/* The reference rows whose own distances are taken, of n. */
static size_t
count_sample(size_t n)
{
	return minimum(n, PLACE_SAMPLE_ROWS);
}

/* Are the arguments legal, and will everything that lives at once fit? */
static SdqStatus
check_arguments(Job *job, const RowStore *reference, const RowStore *query,
				const PlaceOptions *options)
{
	size_t k = count_neighbors(options->perplexity, reference->n);
	int threads = pool_threads(job->pool);
	size_t per_query = k * NEIGHBOR_BYTES + 4 * sizeof(double);
	size_t per_reference = 2 * sizeof(double);
	size_t sample = count_sample(reference->n) * SAMPLE_BYTES;
	size_t field;
	size_t total;
	size_t more;

	if (reference->n < PLACE_MIN_ROWS)
		return (SdqStatus){.code = SDQ_BAD_ARGUMENT,
						   .detail = PLACE_FEW_ROWS,
						   .row = -1,
						   .a = (double) reference->n,
						   .b = PLACE_MIN_ROWS};
	if (query->d != reference->d)
		return (SdqStatus){.code = SDQ_BAD_ARGUMENT,
						   .detail = PLACE_COLUMNS,
						   .row = -1,
						   .a = (double) query->d,
						   .b = (double) reference->d};
	if (options->pca > 0 && reference->d > options->pca)
	{
		/* The scores, and the stores made of them. */
		per_query += 2 * options->pca * sizeof(double);
		per_reference += 2 * options->pca * sizeof(double);
	}
	if (!checked_multiply(query->n, per_query, &total) ||
		!checked_multiply(reference->n, per_reference, &more) ||
		!checked_add(total, more, &total) || !checked_add(total, sample, &total) ||
		!field_grid_bytes(reference->n, threads, &field) || !checked_add(total, field, &total))
		return sdq_error(SDQ_TOO_LARGE, (double) query->n * (double) per_query, (double) SIZE_MAX);
	return arena_check(job->arena, total);
}

/* The distance of each row from its k-th nearest reference row, in all columns: reduced rows may not
 * tell. */
static SdqStatus
measure_distances(Job *job, const RowStore *reference, const RowStore *rows, size_t k,
				  double *distance)
{
	ArenaMark mark = arena_mark(job->arena);
	Neighbors nearest;
	SdqStatus status = knn(job, rows, reference, k, &nearest);

	for (size_t i = 0; i < rows->n && !sdq_failed(status); i++)
		distance[i] = sqrt(nearest.distance2[i * k + k - 1]);
	arena_release(job->arena, mark);
	return status;
}

/* How far the rows of the sample are from their nearest other reference rows, ascending: own[]. */
static SdqStatus
measure_sample(Job *job, const RowStore *reference, double *own)
{
	ArenaMark mark = arena_mark(job->arena);
	RowStore sample = *reference;
	size_t *order;
	SdqStatus status;

	sample.n = count_sample(reference->n);
	order = arena_alloc(job->arena, sample.n, sizeof(size_t));
	if (order == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < sample.n; i++)
	{
		size_t row = i * reference->n / sample.n;

		order[i] = reference->order == NULL ? row : reference->order[row];
	}
	sample.order = order;
	job_progress(job, "neighbors", 0, sample.n, NAN);
	status = measure_distances(job, reference, &sample, 2, own);
	arena_release(job->arena, mark);
	if (!sdq_failed(status))
		qsort(own, sample.n, sizeof(double), compare_doubles);
	return status;
}

/* The share of own[n_own], ascending, that is below each distance. */
static void
rank_distances(Placement *result, const double *own, size_t n_own)
{
	for (size_t i = 0; i < result->n; i++)
		result->distance_rank[i] =
			(double) first_at_least(own, 0, n_own, result->distance[i]) / (double) n_own;
}

/* Both stores by the principal components of the reference. */
static SdqStatus
reduce_both(Job *job, RowStore *reference, RowStore *query, size_t q)
{
	RowStore rows = *reference;
	RowStore new_rows = *query;
	Pca pca;
	SdqStatus status = pca_fit(job, reference, q, &pca);

	if (sdq_failed(status))
		return status;
	row_store_share_frame(&new_rows, &rows);
	status = pca_reduce(job, &rows, &pca, reference);
	return sdq_failed(status) ? status : pca_reduce(job, &new_rows, &pca, query);
}

/* The k nearest reference rows, and the distance of the first in all columns. */
static SdqStatus
find_neighbors(Job *job, const RowStore *reference, const RowStore *query,
			   const PlaceOptions *options, Neighbors *neighbors, double *distance)
{
	size_t k = count_neighbors(options->perplexity, reference->n);
	bool is_reduced = options->pca > 0 && reference->d > options->pca;
	RowStore rows = *reference;
	RowStore new_rows = *query;
	SdqStatus status = sdq_ok();

	if (is_reduced)
	{
		job_progress(job, "reduction", 0, reference->n, NAN);
		status = reduce_both(job, &rows, &new_rows, options->pca);
	}
	if (sdq_failed(status))
		return status;
	job_progress(job, "neighbors", 0, query->n, NAN);
	if (is_reduced)
		status = measure_distances(job, reference, query, 1, distance);
	if (!sdq_failed(status))
		status = knn(job, &new_rows, &rows, k, neighbors);
	for (size_t i = 0; i < query->n && !is_reduced && !sdq_failed(status); i++)
		distance[i] = sqrt(neighbors->distance2[i * k]);
	return status;
}

/* The k nearest reference rows, the distance of the first, and its rank. */
static SdqStatus
search_reference(Job *job, const RowStore *reference, const RowStore *query,
				 const PlaceOptions *options, Neighbors *neighbors, Placement *result)
{
	size_t n_own = count_sample(reference->n);
	double *own = arena_alloc(job->arena, n_own, sizeof(double));
	SdqStatus status;

	if (own == NULL)
		return arena_failure(job->arena);
	status = measure_sample(job, reference, own);
	if (!sdq_failed(status))
		status = find_neighbors(job, reference, query, options, neighbors, result->distance);
	if (!sdq_failed(status))
		rank_distances(result, own, n_own);
	return status;
}

/* A copy of the map with the middle of its box at the origin. */
static SdqStatus
centre_map(Job *job, const double *map, size_t n, PlaceWork *work)
{
	double *centred = arena_alloc(job->arena, n, 2 * sizeof(double));
	double half[2];

	if (centred == NULL)
		return arena_failure(job->arena);
	for (size_t d = 0; d < 2; d++)
	{
		double low = map[d];
		double high = map[d];

		for (size_t i = 1; i < n; i++)
		{
			low = fmin(low, map[2 * i + d]);
			high = fmax(high, map[2 * i + d]);
		}
		half[d] = 0.5 * (high - low);
		work->centre[d] = low + half[d];
		for (size_t i = 0; i < n; i++)
			centred[2 * i + d] = map[2 * i + d] - work->centre[d];
	}
	work->map = centred;
	work->radius = hypot(half[0], half[1]);
	return sdq_ok();
}

/* All steps; the scratch is the caller's to release. */
static SdqStatus
place_rows(Job *job, const RowStore *reference, const double *map, const RowStore *query,
		   const PlaceOptions *options, Placement *result)
{
	Neighbors neighbors;
	PlaceWork work = {.neighbors = &neighbors, .y = result->y};
	SdqStatus status = search_reference(job, reference, query, options, &neighbors, result);

	if (!sdq_failed(status))
		status = centre_map(job, map, reference->n, &work);
	if (sdq_failed(status))
		return status;
	job_progress(job, "field", 0, reference->n, NAN);
	status = field_grid_create(job, reference->n, &work.field);
	if (!sdq_failed(status))
		status = field_grid_evaluate(job, &work.field, work.map);
	if (sdq_failed(status))
		return status;
	work.scratch = arena_alloc(job->arena, (size_t) pool_threads(job->pool) * SCRATCH_PER_NEIGHBOR,
							   neighbors.k * sizeof(double));
	if (work.scratch == NULL)
		return arena_failure(job->arena);
	work.perplexity = fmin(options->perplexity, (double) neighbors.k / NEIGHBORS_PER_PERPLEXITY);
	work.chunk_rows = CHUNK_NEIGHBORS / neighbors.k + 1;
	job_progress(job, "placing", 0, query->n, NAN);
	return pool_run(job->pool, place_chunk, &work, divide_up(query->n, work.chunk_rows));
}

SdqStatus
tsne_place(Job *job, const RowStore *reference, const double *map, const RowStore *query,
		   const PlaceOptions *options, Placement *result)
{
	ArenaMark mark;
	SdqStatus status;

	*result = (Placement){.n = query->n};
	if (query->n == 0)
		return sdq_ok();
	status = check_arguments(job, reference, query, options);
	if (sdq_failed(status))
		return status;
	result->y = arena_alloc(job->arena, query->n, 2 * sizeof(double));
	result->distance = arena_alloc(job->arena, query->n, sizeof(double));
	result->distance_rank = arena_alloc(job->arena, query->n, sizeof(double));
	if (result->y == NULL || result->distance == NULL || result->distance_rank == NULL)
		return arena_failure(job->arena);
	mark = arena_mark(job->arena);
	status = place_rows(job, reference, map, query, options, result);
	arena_release(job->arena, mark);
	return status;
}
