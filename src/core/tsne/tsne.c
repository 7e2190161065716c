/*
 * tsne.c
 *		The steps of t-SNE in order, and the start of the descent.
 *
 * L. van der Maaten, G. Hinton, "Visualizing Data using t-SNE", JMLR 9 (2008). The start from scaled
 * principal components follows D. Kobak, P. Berens, "The art of using t-SNE for single-cell
 * transcriptomics", Nature Communications 10, 5416 (2019): the map keeps the large-scale arrangement
 * of the data and does not depend on luck.
 *
 * Memory: everything but the map is given back at the end. The estimate that is checked first adds
 * what lives at the same time at most; neighbour search and PCA have small scratch of their own on
 * top of it.
 */
#include "core/tsne/tsne.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/matrix/knn.h"
#include "core/matrix/pca.h"
#include "core/matrix/pca_reduce.h"
#include "core/tsne/affinities.h"

/* Standard deviation of the first coordinate at the start (van der Maaten and Hinton 2008; Kobak and
 * Berens 2019): so small that the affinities alone decide the first steps. */
#define START_DEVIATION 1e-4

/* The jitter relative to it: keeps apart what shares coordinates, duplicates above all. */
#define START_JITTER 0.01

/* Rows between two polls of the stop flag. */
#define POLL_ROWS 1024

double
tsne_max_perplexity(size_t n)
{
	return n == 0 ? 0 : (double) (n - 1) / NEIGHBORS_PER_PERPLEXITY;
}

/* Will everything that lives at once fit? */
static SdqStatus
check_memory(Job *job, const RowStore *rows, const TsneOptions *options)
{
	size_t n = rows->n;
	size_t k = affinities_neighbors(n, options->perplexity);
	size_t per_row =
		k * (sizeof(uint32_t) + sizeof(double)) + (size_t) options->dims * sizeof(double);
	size_t neighbors;
	size_t affinities;
	size_t descent;
	size_t total;

	if (options->pca > 0 && rows->d > options->pca)
		per_row += 2 * options->pca * sizeof(double); /* the scores, and the store made of them */
	if (!checked_multiply(n, per_row, &neighbors) || !affinities_bytes(n, k, &affinities) ||
		!optimise_map_bytes(n, options->dims, pool_threads(job->pool), &descent) ||
		!checked_add(neighbors, affinities, &total) || !checked_add(total, descent, &total))
		return sdq_error(SDQ_TOO_LARGE, (double) n * (double) per_row, (double) SIZE_MAX);
	return arena_check(job->arena, total);
}

/* Are all rows the same, as far as squared distances can tell? */
static SdqStatus
compare_rows(Job *job, const RowStore *rows, bool *all_equal)
{
	*all_equal = true;
	for (size_t i = 1; i < rows->n && *all_equal; i++)
	{
		if (i % POLL_ROWS == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		*all_equal = row_store_distance2(rows, 0, i) == 0;
	}
	return sdq_ok();
}

/* The leading q scores[n][q] of the rows. */
static SdqStatus
principal_scores(Job *job, const RowStore *rows, size_t q, double **scores)
{
	Pca pca;
	SdqStatus status = pca_fit(job, rows, q, &pca);

	if (sdq_failed(status))
		return status;
	*scores = arena_alloc(job->arena, rows->n, q * sizeof(double));
	if (*scores == NULL)
		return arena_failure(job->arena);
	return pca_scores(job, rows, &pca, *scores);
}

/* A store of the rows' leading q scores. */
static SdqStatus
reduce_rows(Job *job, const RowStore *rows, size_t q, RowStore *reduced)
{
	Pca pca;
	SdqStatus status = pca_fit(job, rows, q, &pca);

	return sdq_failed(status) ? status : pca_reduce(job, rows, &pca, reduced);
}

/* Neighbours and affinities of the rows. */
static SdqStatus
find_affinities(Job *job, const RowStore *rows, double perplexity, Affinities *affinities)
{
	Neighbors neighbors;
	SdqStatus status;

	job_progress(job, "neighbours", 0, rows->n, NAN);
	status = knn_self(job, rows, affinities_neighbors(rows->n, perplexity), &neighbors);
	if (sdq_failed(status))
		return status;
	job_progress(job, "affinities", 0, rows->n, NAN);
	return affinities_build(job, &neighbors, perplexity, affinities);
}

/* Add the leading principal components to y[n][dims], with START_DEVIATION along the first. */
static SdqStatus
add_components(Job *job, const RowStore *rows, size_t dims, double *y)
{
	size_t q = rows->d < dims ? rows->d : dims;
	double *scores;
	double largest = 0;
	double square = 0;
	double factor;
	SdqStatus status = principal_scores(job, rows, q, &scores);

	if (sdq_failed(status))
		return status;
	/* Scores are centred. Dividing by the largest keeps their squares in range. */
	for (size_t i = 0; i < rows->n; i++)
		largest = fmax(largest, fabs(scores[i * q]));
	if (!(largest >= DBL_MIN && largest <= DBL_MAX))
		return sdq_ok();
	for (size_t i = 0; i < rows->n; i++)
		square += (scores[i * q] / largest) * (scores[i * q] / largest);
	factor = START_DEVIATION / sqrt(square / (double) rows->n);
	for (size_t i = 0; i < rows->n; i++)
		for (size_t d = 0; d < q; d++)
			y[i * dims + d] += scores[i * q + d] / largest * factor;
	return sdq_ok();
}

/* The start of the descent. */
static SdqStatus
start_map(Job *job, const RowStore *rows, const TsneOptions *options, double *y)
{
	size_t values = rows->n * (size_t) options->dims;
	double deviation = START_DEVIATION;
	Rng rng;

	if (options->init == TSNE_INIT_GIVEN)
	{
		memcpy(y, options->start, values * sizeof(double));
		return sdq_ok();
	}
	if (options->init == TSNE_INIT_PCA)
		deviation *= START_JITTER;
	rng_seed(&rng, options->seed, RNG_STREAM_TSNE_INIT);
	for (size_t v = 0; v < values; v++)
		y[v] = deviation * rng_normal(&rng);
	return options->init == TSNE_INIT_PCA ? add_components(job, rows, (size_t) options->dims, y)
										  : sdq_ok();
}

/* All steps; the scratch is the caller's to release. */
static SdqStatus
map_rows(Job *job, const RowStore *rows, const TsneOptions *options, TsneMap *map)
{
	RowStore reduced;
	Affinities affinities;
	SdqStatus status = sdq_ok();

	if (options->pca > 0 && rows->d > options->pca)
	{
		job_progress(job, "reduction", 0, rows->n, NAN);
		status = reduce_rows(job, rows, options->pca, &reduced);
		rows = &reduced;
	}
	if (!sdq_failed(status))
		status = find_affinities(job, rows, options->perplexity, &affinities);
	if (!sdq_failed(status))
		status = start_map(job, rows, options, map->y);
	if (!sdq_failed(status))
		status =
			optimise_map(job, &affinities, options->dims, &options->descent, map->y, &map->descent);
	return status;
}

SdqStatus
tsne_map(Job *job, const RowStore *rows, const TsneOptions *options, TsneMap *map)
{
	double max_perplexity = tsne_max_perplexity(rows->n);
	bool all_equal = true;
	ArenaMark mark;
	SdqStatus status = sdq_ok();

	*map = (TsneMap){.n = rows->n, .dims = options->dims, .descent = {.kl = NAN}};
	if (rows->n >= TSNE_MIN_ROWS)
	{
		if (!(options->perplexity > 1 && options->perplexity <= max_perplexity))
			return sdq_error(SDQ_BAD_ARGUMENT, options->perplexity, max_perplexity);
		status = check_memory(job, rows, options);
		if (!sdq_failed(status))
			status = compare_rows(job, rows, &all_equal);
		if (sdq_failed(status))
			return status;
	}
	map->y = arena_zalloc(job->arena, rows->n, (size_t) options->dims * sizeof(double));
	if (map->y == NULL)
		return arena_failure(job->arena);
	if (all_equal)
		return sdq_ok();

	mark = arena_mark(job->arena);
	status = map_rows(job, rows, options, map);
	arena_release(job->arena, mark);
	return status;
}
