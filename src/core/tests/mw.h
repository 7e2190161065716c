/*
 * mw.h
 *		The Mann-Whitney U test, also known as Wilcoxon's rank-sum test.
 */
#ifndef SYNTHDQ_CORE_TESTS_MW_H
#define SYNTHDQ_CORE_TESTS_MW_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/sample/tally.h"
#include "core/tests/method.h"
#include "core/tests/tail.h"

/* TEST_AUTO is exact up to this work (mw_exact.h), without and with ties; some milliseconds. */
#define MW_UNTIED_WORK_MAX 5e6
#define MW_TIED_WORK_MAX   2e8

/* TEST_EXACT is refused beyond this: without ties, where counts would have lost more than six of their
 * sixteen digits (342 + 342 observations); with ties, where they would not fit a double any more and
 * take some ten seconds (397 + 397). */
#define MW_FORCED_UNTIED_WORK_MAX 4e7
#define MW_FORCED_TIED_WORK_MAX   1e11

/*
 * `greater` and `less` are scipy's: `greater` is the alternative that the values of x tend to be LARGER.
 * (In the Kolmogorov-Smirnov test the same word means that they tend to be smaller.)
 */
typedef struct MwResult
{
	double u;            /* U of x: pairs with x > y, ties count 1/2; an integer or half of one */
	double auc;          /* u / (n_x n_y) = P(X > Y) + P(X = Y) / 2 */
	double cliffs_delta; /* 2 auc - 1 = P(X > Y) - P(X < Y) */
	double
		z; /* (u - n_x n_y / 2) / sigma, signed, sigma corrected for ties, no continuity correction;
			   * 0 if sigma = 0 */
	PValue two_sided;
	PValue greater; /* P(U >= u) under the null hypothesis */
	PValue less;    /* P(U <= u) */
	int64_t n_x;
	int64_t n_y;
	TestMethod method; /* the law of all three p-values: TEST_EXACT or TEST_ASYMPTOTIC */
} MwResult;

/*
 * The null laws:
 * - exact, conditional on the ties (mw_exact.h). The two-sided p-value is twice the smaller tail, at
 *	 most 1, as in scipy; with ties and unequal sizes the law is not symmetric, and R's coin, which
 *	 adds the tails at equal distance from the mean, differs.
 * - asymptotic: normal with the variance n_x n_y (N^3 - sum t^3) / (12 N (N - 1)), and 1/2 as continuity
 *	 correction: u moves by 1/2 towards the mean, two-sided not beyond it.
 *
 * Both samples must have at least one observation (else SDQ_BAD_ARGUMENT). Scratch memory is given
 * back. Failures: SDQ_INTERRUPTED; those of the arena; for TEST_EXACT also SDQ_TOO_LARGE with
 * TESTS_EXACT_INFEASIBLE.
 */
extern SdqStatus mw_test(Tally *tally, TestMethod method, Arena *scratch, Stop *stop,
						 MwResult *result);

#endif
