/*
 * ks_one_law.h
 *		Null laws of the one-sample Kolmogorov-Smirnov statistics: n observations of a continuous law,
 *		brought to [0, 1] by its distribution function.
 *
 * 1 <= n <= SAMPLE_MAX_COUNT and 0 <= d <= 1 throughout. A statistic of 1 has the chance 0, and the
 * logarithm -INFINITY: all observations lie where the law cannot put any.
 */
#ifndef SYNTHDQ_CORE_TESTS_KS_ONE_LAW_H
#define SYNTHDQ_CORE_TESTS_KS_ONE_LAW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/tests/tail.h"

/*
 * P(D+ >= d) = P(D- >= d) by the sum of Birnbaum and Tingey ("One-sided confidence contours for
 * probability distribution functions", 1951), whose terms are positive: relative error below 1e-12
 * where p > 1e-300, of log10_p elsewhere (1e-4 where p < 1e-10000). Sums of more than 8,192 terms are
 * taken at every h-th term, as fine as that error needs (see the .c file). Where even that takes too
 * long, n being above 200,000 and sqrt(n) d below .036, p is above .997, and ks_one_upper_limit() is
 * within 1e-5 of it.
 * Up to 20 ms; polls `stop`. Failure: SDQ_INTERRUPTED.
 */
extern SdqStatus ks_one_upper(int64_t n, double d, Stop *stop, PValue *p);

/* The limit law with its first correction: exp(-2 (n d + 1/6)^2 / n) (Maag and Dicaire 1971). */
extern PValue ks_one_upper_limit(int64_t n, double d);

/* Is P(D >= d) twice P(D+ >= d), to a relative 1e-13? Exactly so from d = 1/2 on. */
extern bool ks_one_is_far(int64_t n, double d);

/* Work of ks_one_both() in units of about a nanosecond. */
extern double ks_one_both_work(int64_t n, double d);

/*
 * P(D >= d) where it is not far, by a recursion over the events of the empirical distribution
 * function meeting the borders of the band, in positive terms; relative error below 1e-12.
 * Scratch: about 4 n d doubles, given back. Polls `stop`. Failures: SDQ_INTERRUPTED and the arena's.
 */
extern SdqStatus ks_one_both(int64_t n, double d, Arena *scratch, Stop *stop, PValue *p);

/*
 * P(D >= d) for large n: up to sqrt(n) d = 1.48 the expansion of Pelz and Good ("Approximating the lower
 * tail-areas of the Kolmogorov-Smirnov one-sample statistic", 1976) with all four terms; beyond,
 * 2 P(D+ >= d) - 2 exp(-8 z^2), z = sqrt(n) d + 1/(6 sqrt(n)), the limit of the chance to leave
 * the band on both sides. `upper` is P(D+ >= d). Error of p: below 0.05 / n^2.
 * d above 0.
 */
extern PValue ks_one_both_limit(int64_t n, double d, PValue upper);

#endif
