/*
 * search.h
 *		The order of numbers, and binary search in ascending ones.
 */
#ifndef SYNTHDQ_CORE_BASE_SEARCH_H
#define SYNTHDQ_CORE_BASE_SEARCH_H

#include <stddef.h>

/* qsort's order of doubles that are no NaN. */
static inline int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *) a;
	double y = *(const double *) b;

	return (x > y) - (x < y);
}

/* The first index in [first, end) whose value is not below the bound; end if there is none. */
static inline size_t
first_at_least(const double *values, size_t first, size_t end, double bound)
{
	while (first < end)
	{
		size_t middle = first + (end - first) / 2;

		if (values[middle] < bound)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

#endif
