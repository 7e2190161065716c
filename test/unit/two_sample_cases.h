/*
 * two_sample_cases.h
 *		The reference cases of two_sample.h as views.
 */
#ifndef SYNTHDQ_TEST_UNIT_TWO_SAMPLE_CASES_H
#define SYNTHDQ_TEST_UNIT_TWO_SAMPLE_CASES_H

#include <math.h>

#include "sample_views.h"
#include "two_sample.h"

#define TWO_SAMPLE_VALUES_MAX 100

/* The x or the y of a case. Free with view_free(). */
static inline SampleView
two_sample_view(const TwoSampleCase *c, bool of_y)
{
	size_t n = (size_t) (of_y ? c->n_y : c->n_x);
	double values[TWO_SAMPLE_VALUES_MAX];

	for (size_t i = 0; i < n; i++)
	{
		int v = two_sample_values[c->offset + (of_y ? c->n_x : 0) + (int) i];

		values[i] = v == TWO_SAMPLE_INFINITE    ? INFINITY
					: v == -TWO_SAMPLE_INFINITE ? -INFINITY
												: v * c->scale;
	}
	return view_of_values(values, n);
}

#endif
