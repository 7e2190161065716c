/*
 * ks_exact.h
 *		The exact null law of Kolmogorov-Smirnov statistics, conditional on the ties.
 */
#ifndef SYNTHDQ_CORE_TESTS_KS_EXACT_H
#define SYNTHDQ_CORE_TESTS_KS_EXACT_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/sample/tally.h"
#include "core/tests/ks_band.h"
#include "core/tests/tail.h"

/* What the recursion over this band and these ties takes. */
typedef struct KsExactPlan
{
	double work;       /* units of about a nanosecond */
	int64_t max_width; /* states that are kept at once */
} KsExactPlan;

/* Plan the recursion. Stops counting once the work exceeds `limit`: then work > limit, and the rest
 * is undefined. One pass over the tally, which is rewound before. O(min(blocks, limit)). */
extern KsExactPlan ks_exact_plan(const KsBand *band, Tally *tally, double limit);

/*
 * The chance that a path leaves the band, by the recursion that was planned; relative error about
 * 1e-16 times the square root of N. *log_p is its natural logarithm, -INFINITY if the chance is too
 * small for the recursion (below about 1e-420). Needs about 4 * max_width doubles of scratch, given back.
 * Polls `stop` every few milliseconds. Failures: SDQ_INTERRUPTED and those of the arena.
 */
extern SdqStatus ks_exact_log_p(const KsBand *band, const KsExactPlan *plan, Tally *tally,
								Arena *scratch, Stop *stop, double *log_p);

/*
 * Without ties and with n in both samples: P(D+ >= c / n) = C(2n, n + c) / C(2n, n), and for D
 * 2 sum_{j >= 1} (-1)^(j-1) C(2n, n + jc) / C(2n, n) (Gnedenko and Korolyuk 1951). 1 <= c <= n.
 * O(min(n, 1e7)).
 */
extern PValue ks_equal_sizes_one_sided(int64_t n, int64_t c);
extern PValue ks_equal_sizes_two_sided(int64_t n, int64_t c);

/* The greatest possible value, D = 1: `n_paths` (1 or 2) of all C(n_x + n_y, n_x) reach it. */
extern PValue ks_disjoint(int64_t n_x, int64_t n_y, int n_paths);

#endif
