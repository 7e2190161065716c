/*
 * lda_shrinkage.c
 *		Shrinking and factoring the covariance within classes.
 */
#include "core/matrix/lda_shrinkage.h"

#include <math.h>

#include "core/matrix/cholesky.h"

/*
 * The s in [0, 1] that is estimated to bring S' nearest to the true covariance, by Frobenius' norm, for rows
 * centred at their classes' means: Ledoit and Wolf, "A well-conditioned estimator for large-dimensional
 * covariance matrices", J. Multivariate Analysis 88, 2004, whose finite-sample form is
 *
 *		s = min(b, c) / c,	c = |S - t I|^2 / d,	b = (sum |x|^4 / n - |S|^2) / (n d),
 *
 * S with the divisor n. That is sklearn.covariance.ledoit_wolf_shrinkage() of the centred rows with
 * assume_centered=True. 0 if c is 0, as for a single column.
 */
static SdqStatus
ledoit_wolf_shrinkage(Job *job, const ClassScatter *scatter, double *s)
{
	size_t d = scatter->d;
	double n = (double) scatter->n;
	double t = scatter->trace / n / (double) d;
	double norm2 = 0; /* |S|^2 */
	double c = 0;     /* |S - t I|^2: no difference of two norms, which would lose digits */
	double b;

	*s = 0;
	for (size_t i = 0; i < d; i++)
	{
		const double *row = scatter->product + i * d;
		double beside = 0;
		double variance = row[i] / n;

		for (size_t j = 0; j < i; j++)
			beside += row[j] / n * (row[j] / n);
		norm2 += 2 * beside + variance * variance;
		c += 2 * beside + (variance - t) * (variance - t);
		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	b = fmax((scatter->fourth / n - norm2) / n, 0);
	if (c > 0)
		*s = fmin(b, c) / c;
	return sdq_ok();
}

/* product = (1 - s) product / divisor, and s t more on the diagonal. */
static SdqStatus
shrink(Job *job, ClassScatter *scatter, double s, double divisor)
{
	size_t d = scatter->d;
	double ridge = s * (scatter->trace / divisor / (double) d);

	for (size_t i = 0; i < d; i++)
	{
		double *row = scatter->product + i * d;

		for (size_t j = 0; j <= i; j++)
			row[j] *= (1 - s) / divisor;
		row[i] += ridge;
		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return sdq_ok();
}

SdqStatus
lda_factor(Job *job, ClassScatter *scatter, const LdaShrinkage *shrinkage, double divisor,
		   double *used)
{
	ArenaMark mark = arena_mark(job->arena);
	double *scratch = arena_alloc(job->arena, scatter->d, sizeof(double));
	SdqStatus status = sdq_ok();

	if (scratch == NULL)
		return arena_failure(job->arena);
	if (scatter->trace == 0)
		return sdq_bad_data(LDA_NO_SCATTER, -1, 0, 0);
	*used = shrinkage->value;
	if (shrinkage->automatic)
		status = ledoit_wolf_shrinkage(job, scatter, used);
	if (!sdq_failed(status))
		status = shrink(job, scatter, *used, divisor);
	if (!sdq_failed(status))
		status = cholesky_factor(job, scatter->product, scatter->d, scratch);
	if (status.code == SDQ_BAD_DATA)
		status.detail = LDA_SINGULAR;
	arena_release(job->arena, mark);
	return status;
}
