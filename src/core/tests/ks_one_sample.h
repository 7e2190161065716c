/*
 * ks_one_sample.h
 *		The one-sample Kolmogorov-Smirnov test: does a sample follow a given continuous distribution?
 */
#ifndef SYNTHDQ_CORE_TESTS_KS_ONE_SAMPLE_H
#define SYNTHDQ_CORE_TESTS_KS_ONE_SAMPLE_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/sample/tally.h"
#include "core/tests/method.h"
#include "core/tests/tail.h"

/* TEST_AUTO is exact up to this work of the two-sided law (about a nanosecond a unit), TEST_EXACT is
 * refused beyond the other: up to some 3,000 and 200,000 observations. */
#define KS_ONE_EXACT_WORK_MAX  2e7
#define KS_ONE_FORCED_WORK_MAX 1e10

/* SdqStatus.detail of ks_one_sample() */
enum
{
	/* A value is not a probability: SDQ_BAD_ARGUMENT, a = the value. */
	KS_ONE_OUTSIDE = 2,
};

/*
 * u = F(x) are the values of the hypothetical distribution function at the observations, and F_n is the
 * empirical one. `greater` and `less` are scipy's: `greater` is the alternative that F_n > F
 * somewhere, and has the p-value of d_plus: small when the observations tend to be SMALLER than F has them.
 */
typedef struct KsOneSampleResult
{
	double statistic; /* D = max(d_plus, d_minus), at least 1 / (2n) */
	double d_plus;    /* sup(F_n - F), at least 0 */
	double d_minus;   /* sup(F - F_n), at least 0 */
	PValue two_sided; /* a statistic of 1 has p = 0 and log10_p = -INFINITY */
	PValue greater;
	PValue less;
	double location; /* the smallest u at which D is attained */
	int64_t n;
	TestMethod method; /* the law of the two-sided p-value */
} KsOneSampleResult;

/*
 * The sample of u is x of the tally; y is empty. Two-sided laws (ks_one_law.h): exact, or
 * asymptotic. The one-sided p-values are exact, except where TEST_ASYMPTOTIC is asked for, and for large n
 * where they are above .997. They hold for a continuous F that was not fitted to the same
 * observations; where F has jumps they are too large (conservative).
 *
 * Needs at least one observation (else SDQ_BAD_ARGUMENT, with KS_ONE_OUTSIDE if a value is outside of
 * [0, 1]). One pass. Scratch memory is given back. Failures: SDQ_INTERRUPTED; those of the arena; for
 * TEST_EXACT also SDQ_TOO_LARGE with TESTS_EXACT_INFEASIBLE.
 */
extern SdqStatus ks_one_sample(Tally *tally, TestMethod method, Arena *scratch, Stop *stop,
							   KsOneSampleResult *result);

#endif
