/*
 * tsne.c
 *		The steps of t-SNE in order, and the start of the descent.
 *
 * L. van der Maaten, G. Hinton, "Visualizing Data using t-SNE", JMLR 9 (2008). The start from scaled
 * principal components follows D. Kobak, P. Berens, "The art of using t-SNE for single-cell
 * transcriptomics", Nature Communications 10, 5416 (2019): the map keeps the large-scale arrangement
 * of the data and does not depend on luck.
 *
 * Memory: everything but the map is given back at the end. The estimate that is checked first is what
 * lives at the same time at most, in the search for neighbours or in the descent. The fit of principal
 * components, which comes before both, checks what it needs itself.
 */
#include "core/tsne/tsne.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/rng.h"
#include "core/matrix/pca.h"

/* Standard deviation of the first coordinate at the start (van der Maaten and Hinton 2008; Kobak and
 * Berens 2019): so small that the affinities alone decide the first steps. */
#define START_DEVIATION 1e-4

/* The jitter relative to it: keeps apart what shares coordinates, duplicates above all. */
#define START_JITTER 0.01

/* The most that tsne_map() takes. */
static bool
needed_bytes(Job *job, const RowStore *rows, const TsneOptions *options, size_t *bytes)
{
	AffinityBytes affinities;
	/* The map, and the components that it starts from. */
	size_t per_row = 2 * (size_t) options->dims * sizeof(double);
	/* P holds each neighbour twice at most. */
	size_t k = affinities_neighbors(rows->n, options->affinities.perplexity);
	size_t entries;
	size_t map;
	size_t descent;
	size_t held;

	if (!row_affinities_bytes(job, rows, &options->affinities, &affinities) ||
		!checked_multiply(rows->n, per_row, &map) || !checked_multiply(rows->n, 2 * k, &entries) ||
		!optimise_map_bytes(rows->n, entries, options->dims, pool_threads(job->pool), &descent) ||
		!checked_add(affinities.held, descent, &held))
		return false;
	return checked_add(map, affinities.search > held ? affinities.search : held, bytes);
}

/* Will everything that lives at once fit? */
static SdqStatus
check_memory(Job *job, const RowStore *rows, const TsneOptions *options, TsneMap *map)
{
	size_t bytes;

	if (!needed_bytes(job, rows, options, &bytes) ||
		!checked_add(bytes, job->arena->held, &map->announced_bytes))
		return sdq_error(SDQ_TOO_LARGE, (double) rows->n, (double) SIZE_MAX);
	return arena_check(job->arena, bytes);
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
	Affinities affinities;
	double since;
	SdqStatus status =
		row_affinities(job, rows, &options->affinities, &affinities, &map->affinity_times);

	since = clock_seconds();
	if (!sdq_failed(status))
		status = start_map(job, rows, options, map->y);
	if (!sdq_failed(status))
		status =
			optimise_map(job, &affinities, options->dims, &options->descent, map->y, &map->descent);
	clock_lap(&since, &map->layout_seconds);
	return status;
}

SdqStatus
tsne_map(Job *job, const RowStore *rows, const TsneOptions *options, TsneMap *map)
{
	bool all_equal = true;
	ArenaMark mark;
	SdqStatus status = sdq_ok();

	*map = (TsneMap){.n = rows->n, .dims = options->dims, .descent = {.kl = NAN}};
	map->announced_bytes = job->arena->held;
	if (rows->n >= TSNE_MIN_ROWS)
	{
		status = row_affinities_check(rows->n, options->affinities.perplexity);
		if (!sdq_failed(status))
			status = check_memory(job, rows, options, map);
		if (!sdq_failed(status))
			status = rows_all_equal(job, rows, &all_equal);
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
