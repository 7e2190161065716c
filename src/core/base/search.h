/*
 * search.h
 *		Binary search in ascending numbers.
 */
#ifndef SYNTHDQ_CORE_BASE_SEARCH_H
#define SYNTHDQ_CORE_BASE_SEARCH_H

#include <stddef.h>

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
