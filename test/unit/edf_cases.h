/*
 * edf_cases.h
 *		The reference cases of edf_tests.h as views, for the tests of statistics of distribution functions.
 */
#ifndef SYNTHDQ_TEST_UNIT_EDF_CASES_H
#define SYNTHDQ_TEST_UNIT_EDF_CASES_H

#include "core/base/rng.h"
#include "edf_tests.h"
#include "sample_views.h"

#define EDF_VALUES_MAX 60

/* n values of the table from `offset` on. */
static inline SampleView
edf_view(int offset, int n)
{
	double values[EDF_VALUES_MAX];

	for (int i = 0; i < n; i++)
		values[i] = edf_values[offset + i];
	return view_of_values(values, (size_t) n);
}

/* A small pooled sample: n values of few different ones, often tied. */
static inline void
edf_draw_pooled(Rng *rng, double *pooled, int n)
{
	static const uint64_t n_values[] = {2, 3, 5, 9, 1000};
	uint64_t among = n_values[rng_below(rng, N_ITEMS(n_values))];

	for (int i = 0; i < n; i++)
		pooled[i] = (double) rng_below(rng, among);
}

#endif
