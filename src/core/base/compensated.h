/*
 * compensated.h
 *		A running sum whose error does not grow with the number of terms.
 *
 * Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54
 * (1974): what an addition rounds away is kept beside the sum, so the total has an error of about two
 * units in the last place plus n * eps^2, where a plain loop over n terms of one sign loses up to
 * n * eps. The order of the terms is the caller's, and so are the bits.
 */
#ifndef SYNTHDQ_CORE_BASE_COMPENSATED_H
#define SYNTHDQ_CORE_BASE_COMPENSATED_H

#include <math.h>

typedef struct Compensated
{
	double sum;
	double lost; /* what the additions to `sum` have rounded away */
} Compensated;

/* Add one finite term. */
static inline void
compensated_add(Compensated *total, double term)
{
	double sum = total->sum + term;

	if (fabs(total->sum) >= fabs(term))
		total->lost += (total->sum - sum) + term;
	else
		total->lost += (term - sum) + total->sum;
	total->sum = sum;
}

static inline double
compensated_total(const Compensated *total)
{
	return total->sum + total->lost;
}

#endif
