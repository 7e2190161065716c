/*
 * wilcoxon_exact.h
 *		The exact null law of the signed rank statistic.
 */
#ifndef SYNTHDQ_CORE_TESTS_WILCOXON_EXACT_H
#define SYNTHDQ_CORE_TESTS_WILCOXON_EXACT_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/tests/tail.h"

/* Some differences of one absolute value. */
typedef struct WilcoxonTie
{
	int64_t rank;  /* of each, in a unit that makes all ranks whole; at least 1 */
	int64_t count; /* at least 1 */
} WilcoxonTie;

/* P(W <= w) and P(W >= w) of the w that was asked for. */
typedef struct WilcoxonTails
{
	PValue lower;
	PValue upper;
} WilcoxonTails;

/* The additions that the law takes for n differences and a statistic of w. */
extern double wilcoxon_work(int64_t n, int64_t w);

/*
 * W is the sum of the ranks of those differences for which a coin shows heads, in the unit of
 * ties[n_ties], and w at most half of the sum of all: beyond lies the mirror image. Scratch: w + 1
 * doubles, given back. Up to 53 differences the counts are exact; relative error below 1e-12 for all that
 * wilcoxon_test() permits. Polls `stop`.
 */
extern SdqStatus wilcoxon_tails(const WilcoxonTie *ties, size_t n_ties, int64_t w, Arena *scratch,
								Stop *stop, WilcoxonTails *tails);

#endif
