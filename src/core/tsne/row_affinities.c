/*
 * row_affinities.c
 *		The steps from rows to affinities.
 */
#include "core/tsne/row_affinities.h"

#include <math.h>

#include "core/base/clock.h"
#include "core/matrix/knn.h"
#include "core/matrix/pca.h"
#include "core/matrix/pca_reduce.h"

/* Rows between two polls of the stop flag. */
#define POLL_ROWS 1024

double
tsne_max_perplexity(size_t n)
{
	return n == 0 ? 0 : (double) (n - 1) / NEIGHBORS_PER_PERPLEXITY;
}

SdqStatus
row_affinities_check(size_t n, double perplexity)
{
	double largest = tsne_max_perplexity(n);

	/* Written so that NaN fails. */
	if (!(perplexity > 1 && perplexity <= largest))
		return sdq_error(SDQ_BAD_ARGUMENT, perplexity, largest);
	return sdq_ok();
}

SdqStatus
rows_all_equal(Job *job, const RowStore *rows, bool *all_equal)
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

/* Are the rows to be reduced? */
static bool
is_reduced(const RowStore *rows, const AffinityOptions *options)
{
	return options->pca > 0 && rows->d > options->pca;
}

bool
row_affinities_bytes(Job *job, const RowStore *rows, const AffinityOptions *options,
					 AffinityBytes *bytes)
{
	size_t n = rows->n;
	size_t k = affinities_neighbors(n, options->perplexity);
	size_t per_row = k * (sizeof(uint32_t) + sizeof(double));
	RowStore searched = {.n = n, .d = rows->d, .type = rows->type};
	size_t before;
	size_t affinities;

	if (is_reduced(rows, options))
	{
		searched.d = options->pca;
		searched.type = ELEMENT_DOUBLE;
		/* The scores, and the store made of them. */
		per_row += 2 * options->pca * sizeof(double);
	}
	return checked_multiply(n, per_row, &before) && affinities_bytes(n, k, &affinities) &&
		   checked_add(before, knn_self_bytes(job, &searched, k), &bytes->search) &&
		   checked_add(before, affinities, &bytes->held);
}

/* A store of the rows' leading q scores. */
static SdqStatus
reduce_rows(Job *job, const RowStore *rows, size_t q, RowStore *reduced)
{
	Pca pca;
	SdqStatus status = pca_fit(job, rows, q, &pca);

	return sdq_failed(status) ? status : pca_reduce(job, rows, &pca, reduced);
}

SdqStatus
row_affinities(Job *job, const RowStore *rows, const AffinityOptions *options, Affinities *result,
			   AffinityTimes *times)
{
	double since = clock_seconds();
	RowStore reduced;
	Neighbors neighbors;
	SdqStatus status = sdq_ok();

	if (is_reduced(rows, options))
	{
		job_progress(job, "reduction", 0, rows->n, NAN);
		status = reduce_rows(job, rows, options->pca, &reduced);
		rows = &reduced;
		clock_lap(&since, &times->reduction);
	}
	if (!sdq_failed(status))
	{
		job_progress(job, "neighbors", 0, rows->n, NAN);
		status =
			knn_self(job, rows, affinities_neighbors(rows->n, options->perplexity), &neighbors);
		clock_lap(&since, &times->neighbors);
	}
	if (!sdq_failed(status))
	{
		job_progress(job, "affinities", 0, rows->n, NAN);
		status = affinities_build(job, &neighbors, options->perplexity, result);
		clock_lap(&since, &times->affinities);
	}
	return status;
}
