/*
 * sample_views.h
 *		Finished samples for unit tests, made from plain values or from values with counts.
 */
#ifndef SYNTHDQ_TEST_UNIT_SAMPLE_VIEWS_H
#define SYNTHDQ_TEST_UNIT_SAMPLE_VIEWS_H

#include <stdlib.h>
#include <string.h>

#include "core/base/search.h"
#include "core/sample/tally.h"

#define N_ITEMS(array) (sizeof(array) / sizeof((array)[0]))

/* A view of values with counts; zero counts are left out. Free with view_free(). */
static inline SampleView
view_of_counts(const double *values, const uint64_t *counts, size_t n)
{
	double *kept_values = malloc((n + 1) * sizeof(double));
	uint64_t *kept_counts = malloc((n + 1) * sizeof(uint64_t));
	SampleView view = {.values = kept_values, .counts = kept_counts};

	for (size_t i = 0; i < n; i++)
	{
		if (counts[i] == 0)
			continue;
		kept_values[view.n_distinct] = values[i];
		kept_counts[view.n_distinct++] = counts[i];
		view.n += counts[i];
	}
	return view;
}

/* A view of values in any order, equal ones counted. Free with view_free(). */
static inline SampleView
view_of_values(const double *values, size_t n)
{
	double *sorted = malloc((n + 1) * sizeof(double));
	uint64_t *counts = malloc((n + 1) * sizeof(uint64_t));
	SampleView view = {.values = sorted, .counts = counts, .n = n};
	size_t n_distinct = 0;

	memcpy(sorted, values, n * sizeof(double));
	qsort(sorted, n, sizeof(double), compare_doubles);
	for (size_t i = 0; i < n; i++)
	{
		if (n_distinct > 0 && sorted[i] == sorted[n_distinct - 1])
			counts[n_distinct - 1]++;
		else
		{
			sorted[n_distinct] = sorted[i];
			counts[n_distinct++] = 1;
		}
	}
	view.n_distinct = n_distinct;
	return view;
}

/* A view of start, start + step, ..., n values in all, each of them once; step must be large enough to
 * tell them apart. Free with view_free(). */
static inline SampleView
view_of_range(size_t n, double start, double step)
{
	double *values = malloc((n + 1) * sizeof(double));
	uint64_t *counts = malloc((n + 1) * sizeof(uint64_t));

	for (size_t i = 0; i < n; i++)
	{
		values[i] = start + step * (double) i;
		counts[i] = 1;
	}
	return (SampleView){.n_distinct = n, .values = values, .counts = counts, .n = n};
}

static inline void
view_free(SampleView *view)
{
	free((void *) view->values);
	free((void *) view->counts);
}

#endif
