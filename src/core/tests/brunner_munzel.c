/*
 * brunner_munzel.c
 *		The placements of auc_interval.h are the differences of ranks that the paper takes the variances
 *		of, divided by the size of the other sample.
 */
#include "core/tests/brunner_munzel.h"

#include <math.h>

#include "core/tests/gamma_tail.h"
#include "core/tests/ks_closed.h"

/* No variance: all x have one rank among y and all y one among x, so either all values are equal, or one
 * sample lies below the other. */
static void
without_variance(BrunnerMunzelResult *result)
{
	PValue one = pvalue_from(1);
	PValue extreme;

	result->method = TEST_EXACT;
	result->two_sided = result->greater = result->less = one;
	result->statistic = 0;
	if (result->auc == 0.5)
		return;
	extreme = ks_disjoint(result->n_x, result->n_y, 1);
	result->two_sided = ks_disjoint(result->n_x, result->n_y, 2);
	result->statistic = result->auc > 0.5 ? INFINITY : -INFINITY;
	result->greater = result->auc > 0.5 ? extreme : one;
	result->less = result->auc > 0.5 ? one : extreme;
}

BrunnerMunzelResult
brunner_munzel(const AucMoments *moments)
{
	double v_x = moments->variance_x;
	double v_y = moments->variance_y;
	double variance = v_x + v_y;
	PValue none = {.p = NAN, .log10_p = NAN};
	BrunnerMunzelResult result = {.statistic = NAN,
								  .df = NAN,
								  .auc = moments->auc,
								  .two_sided = none,
								  .greater = none,
								  .less = none,
								  .n_x = moments->n_x,
								  .n_y = moments->n_y,
								  .method = TEST_ASYMPTOTIC};

	if (isnan(variance))
		return result;
	if (variance == 0)
	{
		without_variance(&result);
		return result;
	}
	result.statistic = 0.5 * moments->cliffs_delta / sqrt(variance);
	result.df = 1 / (v_x / variance * (v_x / variance) / (double) (moments->n_x - 1) +
					 v_y / variance * (v_y / variance) / (double) (moments->n_y - 1));
	result.two_sided = student_both_tails(result.df, fabs(result.statistic));
	result.greater = student_upper_tail(result.df, result.statistic);
	result.less = student_upper_tail(result.df, -result.statistic);
	return result;
}
