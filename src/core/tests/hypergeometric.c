/*
 * hypergeometric.c
 *		The hypergeometric law over its whole support.
 */
#include "core/tests/hypergeometric.h"

void
hypergeometric_weights(int64_t t, int64_t left, int64_t needed, int64_t first, int64_t last,
					   double *weights)
{
	double size = (double) t;
	double lack = (double) needed;
	double others = (double) (left - t - needed); /* -c of them are left when c is least */
	int64_t mode = (int64_t) ((size + 1) * (lack + 1) / ((double) left + 2));
	double sum = 1;

	mode = mode < first ? first : mode > last ? last : mode;
	weights[mode - first] = 1;
	for (int64_t i = mode; i < last; i++)
	{
		double c = (double) i;

		weights[i + 1 - first] =
			weights[i - first] * (size - c) * (lack - c) / ((c + 1) * (others + c + 1));
		sum += weights[i + 1 - first];
	}
	for (int64_t i = mode; i > first; i--)
	{
		double c = (double) i;

		weights[i - 1 - first] =
			weights[i - first] * c * (others + c) / ((size - c + 1) * (lack - c + 1));
		sum += weights[i - 1 - first];
	}
	for (int64_t i = first; i <= last; i++)
		weights[i - first] /= sum;
}
