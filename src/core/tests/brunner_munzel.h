/*
 * brunner_munzel.h
 *		The Brunner-Munzel test of P(X > Y) + P(X = Y) / 2 = 1/2, whatever the spreads.
 */
#ifndef SYNTHDQ_CORE_TESTS_BRUNNER_MUNZEL_H
#define SYNTHDQ_CORE_TESTS_BRUNNER_MUNZEL_H

#include <stdint.h>

#include "core/tests/auc_interval.h"
#include "core/tests/method.h"
#include "core/tests/tail.h"

/* `greater` and `less` are those of the Mann-Whitney test and of scipy: `greater` is the alternative that
 * the values of x tend to be LARGER. */
typedef struct BrunnerMunzelResult
{
	double
		statistic; /* (auc - 1/2) / its standard error: positive when x tends to be larger, which is
						* minus the statistic of scipy and R */
	double df;     /* Satterthwaite's degrees of freedom; NaN without a t law */
	double auc;
	PValue two_sided;
	PValue greater;
	PValue less;
	int64_t n_x;
	int64_t n_y;
	TestMethod method;
} BrunnerMunzelResult;

/*
 * Brunner and Munzel, "The nonparametric Behrens-Fisher problem" (2000): the statistic is referred to
 * Student's law, which is an approximation (TEST_ASYMPTOTIC). Where the variance is estimated as 0 there is
 * no such law, but the permutation law of the statistic is known (TEST_EXACT): if all values are equal
 * the statistic is 0 and p is 1; if the samples do not overlap it is infinite, and 2 / C(n_x + n_y, n_x) of
 * all assignments are at least so extreme (1 for one side). With one observation on a side there is no
 * variance: statistic and p-values are NaN.
 */
extern BrunnerMunzelResult brunner_munzel(const AucMoments *moments);

#endif
