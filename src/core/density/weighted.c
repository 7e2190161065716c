/*
 * weighted.c
 *		Counts as weights.
 */
#include "core/density/weighted.h"

SdqStatus
weighted_from_view(Job *job, const SampleView *view, WeightedSample *sample)
{
	double *weights = arena_alloc(job->arena, view->n_distinct, sizeof(double));

	if (weights == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < view->n_distinct; i++)
	{
		if (i % WEIGHTED_POLL_INTERVAL == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		weights[i] = (double) view->counts[i];
	}
	*sample = (WeightedSample){.n = view->n_distinct,
							   .values = view->values,
							   .weights = weights,
							   .total = (double) view->n,
							   .effective_n = (double) view->n};
	return sdq_ok();
}
