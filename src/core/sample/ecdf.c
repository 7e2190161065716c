/*
 * ecdf.c
 *		Questions to an empirical distribution.
 */
#include "core/sample/ecdf.h"

#include <math.h>
#include <string.h>

bool
ecdf_equal(const SampleView *a, const SampleView *b)
{
	/* Numbers of a sample are equal if their bits are: there is neither NaN nor -0. */
	return a->n == b->n && a->n_distinct == b->n_distinct &&
		   (a->n == 0 || (memcmp(a->values, b->values, a->n_distinct * sizeof(*a->values)) == 0 &&
						  memcmp(a->counts, b->counts, a->n_distinct * sizeof(*a->counts)) == 0));
}

double
ecdf_cdf(const SampleView *view, double x)
{
	uint64_t below = 0;

	if (isnan(x))
		return x;
	for (size_t i = 0; i < view->n_distinct && view->values[i] <= x; i++)
		below += view->counts[i];
	return (double) below / (double) view->n;
}

/* The smallest rank r >= 1 with r / n >= p, the division being that of doubles. */
static uint64_t
rank_of(double p, uint64_t n)
{
	double size = (double) n;
	double rank = ceil(p * size);

	/* The product may have been rounded to either side of the true one. */
	while (rank > 1 && (rank - 1) / size >= p)
		rank--;
	while (rank < 1 || rank / size < p)
		rank++;
	return (uint64_t) rank;
}

double
ecdf_quantile(const SampleView *view, double p)
{
	uint64_t rank = rank_of(p, view->n);
	uint64_t below = 0;
	size_t i = 0;

	for (; i + 1 < view->n_distinct; i++)
	{
		below += view->counts[i];
		if (below >= rank)
			break;
	}
	return view->values[i];
}

/* A running sum that carries the rounding error along (Neumaier 1974). */
typedef struct CarrySum
{
	double sum;
	double carry;
} CarrySum;

static inline void
carry_add(CarrySum *total, double term)
{
	double sum = total->sum + term;

	total->carry +=
		fabs(total->sum) >= fabs(term) ? (total->sum - sum) + term : (term - sum) + total->sum;
	total->sum = sum;
}

/* Sums over the sample of (scaled value - centre) and of its square. */
static void
sum_powers(const SampleView *view, int exponent, double centre, double *first, double *second)
{
	CarrySum linear = {0, 0};
	CarrySum square = {0, 0};

	for (size_t i = 0; i < view->n_distinct; i++)
	{
		double count = (double) view->counts[i];
		double distance = ldexp(view->values[i], -exponent) - centre;

		carry_add(&linear, count * distance);
		carry_add(&square, count * distance * distance);
	}
	*first = linear.sum + linear.carry;
	*second = square.sum + square.carry;
}

EcdfMoments
ecdf_moments(const SampleView *view)
{
	double low = view->values[0];
	double high = view->values[view->n_distinct - 1];
	double n = (double) view->n;
	int exponent = 0;
	double mean;
	double first;
	double second;
	EcdfMoments moments = {.mean = NAN, .stddev = NAN};

	if (isinf(low) || isinf(high))
	{
		/* -Infinity + Infinity is NaN, a finite end leaves the other. */
		moments.mean = low + high;
		return moments;
	}
	if (view->n_distinct == 1)
	{
		moments.mean = low;
		if (view->n > 1)
			moments.stddev = 0;
		return moments;
	}

	/* Scaled by 2^-exponent all values lie in [-1, 1], the largest above 1/2. */
	frexp(fmax(fabs(low), fabs(high)), &exponent);
	sum_powers(view, exponent, 0, &first, &second);
	mean = first / n;
	sum_powers(view, exponent, mean, &first, &second);
	moments.mean = ldexp(mean + first / n, exponent);
	/* What rounding of the mean left in the sum of distances is taken out of the squares. */
	second = fmax(second - first * first / n, 0);
	moments.stddev = ldexp(sqrt(second / (n - 1)), exponent);
	return moments;
}
