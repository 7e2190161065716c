/*
 * pca_reduce.c
 *		Scores into a store.
 */
#include "core/matrix/pca_reduce.h"

/* Rows between two polls of the stop flag. */
#define POLL_ROWS 1024

SdqStatus
pca_reduce(Job *job, const RowStore *rows, const Pca *pca, RowStore *reduced)
{
	size_t q = pca->q;
	double *scores = arena_alloc(job->arena, rows->n, q * sizeof(double));
	SdqStatus status;

	if (scores == NULL)
		return arena_failure(job->arena);
	status = pca_scores(job, rows, pca, scores);
	row_store_init(reduced, job->arena);
	for (size_t i = 0; i < rows->n && !sdq_failed(status); i++)
	{
		if (i % POLL_ROWS == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		status = row_store_append(reduced, scores + i * q, q);
	}
	return sdq_failed(status) ? status : row_store_finish(reduced, job, NULL);
}
