/*
 * cvm.h
 *		The two-sample Cramer-von Mises test.
 */
#ifndef SYNTHDQ_CORE_TESTS_CVM_H
#define SYNTHDQ_CORE_TESTS_CVM_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/sample/tally.h"
#include "core/tests/method.h"
#include "core/tests/tail.h"

/* TEST_AUTO is exact up to this work (cvm_exact.h), in units of about a nanosecond. It is a constant, so
 * that a result depends on the samples alone. */
#define CVM_EXACT_WORK_MAX 5e6

/* TEST_EXACT is refused beyond this (about ten seconds). */
#define CVM_FORCED_WORK_MAX 1e10

typedef struct CvmResult
{
	/* T = n_x n_y / N^2 times the sum of (F - G)^2 over all N pooled observations. */
	double statistic;
	/* The same by mid-ranks (Anderson 1962, equation 9; what scipy reports): equal to T without ties.
	 * NaN where n_x n_y exceeds 2^60 and its whole numbers 128 bits. */
	double statistic_midrank;
	PValue p_value; /* P(T at least this large) under the null hypothesis */
	int64_t n_x;
	int64_t n_y;
	TestMethod method; /* TEST_EXACT or TEST_ASYMPTOTIC */
} CvmResult;

/*
 * The null laws of T:
 * - exact, conditional on the ties (cvm_exact.h). Where p is below about 1e-290, the asymptotic value is
 *	 returned instead, and `method` says so.
 * - asymptotic (bridge_law.h): a weighted sum of chi-squared variables, T moved and stretched such
 *	 that its mean and variance are right. Without ties that is Anderson's law (1962), the one of
 *	 scipy; with ties and at most 512 distinct values the weights are those of the ties. Measured
 *	 against the exact law: p within 1 % above 0.01 for 50 + 50 observations without ties, and for
 *	 100 + 100 with eight distinct values; too large by at most 10 % at 1e-3, and by a factor of 2 at
 *	 1e-6. Where two or three values hold nearly all observations the steps of T itself show: 25 %.
 *
 * Both samples must have at least one observation (else SDQ_BAD_ARGUMENT). The tally is read up to
 * three times. Scratch memory is given back. May run in any thread if `stop` is NULL. Failures:
 * SDQ_INTERRUPTED; those of the arena; for TEST_EXACT also SDQ_TOO_LARGE with TESTS_EXACT_INFEASIBLE.
 */
extern SdqStatus cvm_test(Tally *tally, TestMethod method, Arena *scratch, Stop *stop,
						  CvmResult *result);

#endif
