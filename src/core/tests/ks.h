/*
 * ks.h
 *		The two-sample Kolmogorov-Smirnov test.
 */
#ifndef SYNTHDQ_CORE_TESTS_KS_H
#define SYNTHDQ_CORE_TESTS_KS_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/sample/tally.h"
#include "core/tests/ks_fold.h"
#include "core/tests/method.h"
#include "core/tests/tail.h"

/* TEST_AUTO is exact up to this work for all three p-values together, in units of about a
 * nanosecond: about five milliseconds. That is enough for 8-bit values of 30,000 observations a side
 * and most of 60,000, and for 10,000 different values a side. It is a constant, so that a result
 * depends on the samples alone. */
#define KS_EXACT_WORK_MAX 6e6

/* TEST_EXACT is refused beyond this (about ten seconds). */
#define KS_FORCED_WORK_MAX 1e10

/*
 * F and G are the right-continuous empirical distribution functions of x and y. All statistics are
 * integers divided once by n_x n_y.
 *
 * `greater` and `less` are scipy's: `greater` is the alternative that F > G somewhere, and has the
 * p-value of d_plus: it is small when the values of x tend to be SMALLER. (In the Mann-Whitney
 * test the same word means that they tend to be larger.)
 */
typedef struct KsResult
{
	double statistic; /* D = max(d_plus, d_minus) = max abs(F - G) */
	double d_plus;    /* max(F - G), at least 0 */
	double d_minus;   /* max(G - F), at least 0 */
	PValue two_sided; /* P(statistic at least this large) under the null hypothesis */
	PValue greater;   /* the same of d_plus */
	PValue less;      /* the same of d_minus */
	double location;  /* the smallest value at which D is attained; NaN if D = 0 */
	int64_t n_x;
	int64_t n_y;
	int64_t lattice_plus; /* d_plus n_x n_y */
	int64_t lattice_minus;
	TestMethod method; /* the law of all three p-values: TEST_EXACT or TEST_ASYMPTOTIC */
} KsResult;

/*
 * The null laws:
 * - exact, conditional on the ties (ks_exact.h, ks_closed.h). Where the numbers of its recursion
 *	 would span too much (never above 1e-450), the asymptotic value is returned instead, and
 *	 `method` says so.
 * - asymptotic, untied or lightly tied: Kolmogorov's law at
 *	 l^2 = z^2 + z (m + 2n) / (3 sqrt(m n (m + n))), m >= n the sizes,
 *	 z = sqrt(m n / (m + n)) (D - half a lattice step): Hodges, "The significance probability of
 *	 the Smirnov two-sample test" (1957). One-sided: exp(-2 l^2).
 * - asymptotic, at most KS_NORMAL_BLOCKS_MAX distinct values and many ties: ks_normal.h.
 *
 * Both samples must have at least one observation (else SDQ_BAD_ARGUMENT). The tally is read once,
 * and again for each law if it has more than KS_TIES_KEPT_MAX distinct values. Scratch memory is
 * given back. Nothing is shared between calls: threads may test different tallies with arenas of
 * their own. Failures: SDQ_INTERRUPTED; those of the arena and of the tally; for TEST_EXACT also
 * SDQ_TOO_LARGE with TESTS_EXACT_INFEASIBLE.
 */
extern SdqStatus ks_test(Tally *tally, TestMethod method, Arena *scratch, Stop *stop,
						 KsResult *result);

/* The same of samples, neither of them empty, that have been folded; fold->ties.tally is set. */
extern SdqStatus ks_test_folded(const KsFold *fold, TestMethod method, Arena *scratch, Stop *stop,
								KsResult *result);

/* The asymptotic p-values without ties, for a statistic of `lattice` / (n_x n_y). */
extern PValue ks_hodges_two_sided(int64_t n_x, int64_t n_y, int64_t lattice);
extern PValue ks_hodges_one_sided(int64_t n_x, int64_t n_y, int64_t lattice);

#endif
