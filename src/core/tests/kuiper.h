/*
 * kuiper.h
 *		Kuiper's two-sample test.
 */
#ifndef SYNTHDQ_CORE_TESTS_KUIPER_H
#define SYNTHDQ_CORE_TESTS_KUIPER_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/sample/tally.h"
#include "core/tests/method.h"
#include "core/tests/tail.h"

/* TEST_AUTO is exact up to this work (kuiper_exact.h), in units of about a nanosecond. It is a constant,
 * so that a result depends on the samples alone. */
#define KUIPER_EXACT_WORK_MAX 2e7

/* TEST_EXACT is refused beyond this (about ten seconds). */
#define KUIPER_FORCED_WORK_MAX 1e10

/* V = D+ + D-, F and G being the right-continuous empirical distribution functions of x and y. */
typedef struct KuiperResult
{
	double statistic;      /* V = max(F - G) + max(G - F), between 0 and 1 */
	PValue p_value;        /* P(V at least this large) under the null hypothesis */
	double location_plus;  /* the smallest value at which F - G is largest; NaN if that is 0 */
	double location_minus; /* the same of G - F */
	int64_t n_x;
	int64_t n_y;
	int64_t lattice; /* n_x n_y V */
	TestMethod method;
} KuiperResult;

/*
 * V sees differences of spread as well as of location, and on a circle (hours of a day, angles) it does
 * not depend on where the circle is cut. The null laws:
 * - exact, conditional on the ties (kuiper_exact.h). Where p is below about 1e-290, the asymptotic value is
 *	 returned instead, and `method` says so.
 * - asymptotic, untied or lightly tied: Kuiper's series at l = z + 2 h,
 *
 *		z = sqrt(n_x n_y / N) (V - half a lattice step),   h = (m + 2 n) / (6 sqrt(m n (m + n))),
 *
 *	 m >= n the sizes, h being what Hodges (1957) found one boundary to be off. Measured against the exact
 *	 law without ties from 1000 + 1000 on: p within 1 % above 0.01, too large by 5 % at 1e-4 and by 30 % at
 *	 1e-12.
 * - asymptotic, at most KUIPER_SCALED_BLOCKS_MAX distinct values and many ties: kuiper_scaled.h.
 *
 * Both samples must have at least one observation (else SDQ_BAD_ARGUMENT). The tally is read several times.
 * Scratch memory is given back. Failures: SDQ_INTERRUPTED; those of the arena; for TEST_EXACT also
 * SDQ_TOO_LARGE with TESTS_EXACT_INFEASIBLE.
 */
extern SdqStatus kuiper_test(Tally *tally, TestMethod method, Arena *scratch, Stop *stop,
							 KuiperResult *result);

/* Kuiper's limit law P(max B - min B >= l) of the Brownian bridge, 2 sum over j of
 * (4 j^2 l^2 - 1) exp(-2 j^2 l^2) (Kuiper 1960). */
extern PValue kuiper_tail(double l);

#endif
