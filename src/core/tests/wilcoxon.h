/*
 * wilcoxon.h
 *		The Wilcoxon signed rank test of paired observations.
 */
#ifndef SYNTHDQ_CORE_TESTS_WILCOXON_H
#define SYNTHDQ_CORE_TESTS_WILCOXON_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/sample/stream.h"
#include "core/tests/method.h"
#include "core/tests/tail.h"

/* TEST_AUTO is exact up to so many ranked differences (as in scipy): some hundred microseconds. */
#define WILCOXON_EXACT_MAX 50

/* TEST_EXACT is refused beyond this number of additions, some two seconds: at 3,400 differences without
 * ties, 2,700 with ties, and more where W+ and W- are far apart. */
#define WILCOXON_FORCED_WORK_MAX 1e10

/* What differences of 0, which have no sign, are to the ranks of the others. */
typedef enum WilcoxonZeros
{
	WILCOXON_DROP, /* 'wilcox': they are dropped before ranking (Wilcoxon 1945) */
	WILCOXON_PRATT, /* 'pratt': they are ranked with the others, and their ranks dropped (Pratt 1959) */
	WILCOXON_SPLIT, /* 'zsplit': they are ranked, and half of their ranks goes to either side */
} WilcoxonZeros;

/*
 * `greater` and `less` are scipy's: `greater` is the alternative that the differences tend to be above
 * 0, so it is small when W+ is large.
 */
typedef struct WilcoxonResult
{
	double w_plus;  /* sum of the ranks of abs(d) over d > 0; a multiple of 1/4 */
	double w_minus; /* over d < 0 */
	PValue two_sided;
	PValue greater; /* P(W+ >= w_plus) under the null hypothesis */
	PValue less;    /* P(W+ <= w_plus) */
	double z; /* (w_plus - mean) / sigma, signed, without continuity correction; 0 if sigma = 0 */
	double
		effect; /* (w_plus - w_minus) / (w_plus + w_minus), between -1 and 1, the matched-pairs rank
					 * biserial correlation (Kerby 2014); NaN if both are 0 */
	int64_t n;  /* differences */
	int64_t n_ranked; /* those that have been ranked: without the zeros for WILCOXON_DROP */
	int64_t n_zeros;
	TestMethod method; /* the law of all three p-values: TEST_EXACT or TEST_ASYMPTOTIC */
} WilcoxonResult;

/*
 * The differences are ranked by absolute value, equal ones (exact comparison) by their mean rank;
 * infinite ones come last. Under the null hypothesis every difference that is not 0 has its sign by the
 * toss of a coin.
 * - exact: conditional on the ties and zeros (wilcoxon_exact.h). The law is symmetric, so the two-sided
 *	 p-value is twice the smaller tail, at most 1.
 * - asymptotic: normal, with N ranked values, z0 zeros that were ranked and t the sizes of the ties,
 *	 mean N (N + 1)/4 - z0 (z0 + 1)/4,
 *	 variance [N (N + 1)(2 N + 1) - z0 (z0 + 1)(2 z0 + 1) - sum(t^3 - t)/2] / 24
 *	 (Cureton 1967). No continuity correction. For WILCOXON_SPLIT the zeros are a tie among others and
 *	 nothing is taken off for them: so it is in scipy, whose variance is then a little too large.
 *
 * No difference but zeros: p = 1, z = 0. `differences` is in memory as a whole, because it is read from
 * its zeros outwards, in both directions; it must not be empty (else SDQ_BAD_ARGUMENT). Scratch is given
 * back. Failures: SDQ_INTERRUPTED; those of the arena; for TEST_EXACT also SDQ_TOO_LARGE with
 * TESTS_EXACT_INFEASIBLE.
 */
extern SdqStatus wilcoxon_test(const SampleView *differences, WilcoxonZeros zeros,
							   TestMethod method, Arena *scratch, Stop *stop,
							   WilcoxonResult *result);

#endif
