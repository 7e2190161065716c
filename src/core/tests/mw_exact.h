/*
 * mw_exact.h
 *		The exact null law of the Mann-Whitney statistic.
 */
#ifndef SYNTHDQ_CORE_TESTS_MW_EXACT_H
#define SYNTHDQ_CORE_TESTS_MW_EXACT_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/sample/tally.h"
#include "core/tests/tail.h"

/* P(U <= u) and P(U >= u) of the u that was asked for. */
typedef struct MwTails
{
	PValue lower;
	PValue upper;
} MwTails;

/* The work of either law for samples of these sizes, in units that each law's limit is stated in. */
extern double mw_untied_work(int64_t n_x, int64_t n_y);
extern double mw_tied_work(int64_t n_x, int64_t n_y);

/*
 * Without ties: the Gaussian binomial coefficient [N choose n_x]_q counts the assignments by U (Mann
 * and Whitney 1947). 0 <= u <= n_x n_y. Scratch: min(u, n_x n_y - u) + 1 doubles, given back.
 * Relative error below 1e-13 for up to 170 + 170 observations, 1e-10 for 342 + 342, growing faster
 * from there, where the subtractions begin to show. Polls `stop`.
 */
extern SdqStatus mw_untied_tails(int64_t n_x, int64_t n_y, int64_t u, Arena *scratch, Stop *stop,
								 MwTails *tails);

/*
 * Conditional on the ties of the tally, for twice the statistic: the shift algorithm (Streitberg and
 * Roehmel 1986) over its blocks. Scratch: up to (n + 1) (n_x n_y + 1) doubles, n the size of the
 * smaller sample, given back. Polls `stop`. The tally is rewound before use.
 */
extern SdqStatus mw_tied_tails(Tally *tally, int64_t doubled_u, Arena *scratch, Stop *stop,
							   MwTails *tails);

#endif
