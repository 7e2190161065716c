/*
 * pca_model.c
 *		Rows against a fitted model.
 */
#include "core/matrix/pca_model.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/matrix/dot_rows.h"

/* Components that go into one pass over a row; the sums are rounded in the same order whatever it is. */
#define PASS_COMPONENTS 4

/* row[d] += factor * (scores[q] components), factor being 1 or -1. */
static void
add_components(const PcaModel *model, const double *scores, double factor, double *restrict row)
{
	size_t d = model->d;
	size_t k = 0;

	for (; k + PASS_COMPONENTS <= model->q; k += PASS_COMPONENTS)
	{
		const double *c = model->components + k * d;
		double s[PASS_COMPONENTS];

		for (size_t l = 0; l < PASS_COMPONENTS; l++)
			s[l] = factor * scores[k + l];
		for (size_t j = 0; j < d; j++)
			row[j] = (((row[j] + s[0] * c[j]) + s[1] * c[d + j]) + s[2] * c[2 * d + j]) +
					 s[3] * c[3 * d + j];
	}
	for (; k < model->q; k++)
	{
		const double *c = model->components + k * d;
		double s = factor * scores[k];

		for (size_t j = 0; j < d; j++)
			row[j] += s * c[j];
	}
}

/* Is a sum of squares right, although squares may overflow or underflow? */
static bool
is_safe_sum(double sum)
{
	return sum <= DBL_MAX && sum >= DBL_MIN / DBL_EPSILON;
}

/* The Euclidean norm of x[n], which is scaled in place if it must be. */
static double
norm(double *x, size_t n)
{
	double largest = 0;
	double factor;
	double sum;
	int exponent;

	dot_rows(x, 1, n, x, 1, n, n, &sum, 1);
	if (is_safe_sum(sum) || isnan(sum))
		return sqrt(sum);
	for (size_t j = 0; j < n; j++)
		largest = fmax(largest, fabs(x[j]));
	if (largest == 0 || isinf(largest))
		return largest;
	frexp(largest, &exponent);
	/* A power of two that is finite even for the smallest numbers. */
	factor = ldexp(1, exponent <= -DBL_MAX_EXP ? DBL_MAX_EXP - 1 : -exponent);
	for (size_t j = 0; j < n; j++)
		x[j] *= factor;
	dot_rows(x, 1, n, x, 1, n, n, &sum, 1);
	return sqrt(sum) / factor;
}

void
pca_model_scores(const PcaModel *model, double *row, double *scores)
{
	size_t d = model->d;

	for (size_t j = 0; j < d; j++)
		row[j] -= model->mean[j];
	dot_rows(row, 1, d, model->components, model->q, d, d, scores, model->q);
}

void
pca_model_row(const PcaModel *model, const double *scores, double *row)
{
	memcpy(row, model->mean, model->d * sizeof(double));
	add_components(model, scores, 1, row);
}

double
pca_model_distance(const PcaModel *model, double *row, double *scores)
{
	pca_model_scores(model, row, scores);
	add_components(model, scores, -1, row);
	return norm(row, model->d);
}
