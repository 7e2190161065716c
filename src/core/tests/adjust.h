/*
 * adjust.h
 *		p-values of a family of tests, adjusted for their number.
 */
#ifndef SYNTHDQ_CORE_TESTS_ADJUST_H
#define SYNTHDQ_CORE_TESTS_ADJUST_H

#include <math.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/tests/tail.h"

/* Of m p-values p_(1) <= ... <= p_(m), each adjusted one is at most 1 and: */
typedef enum AdjustMethod
{
	ADJUST_NONE,       /* p_(i) as it is */
	ADJUST_BONFERRONI, /* m p_(i); bounds the chance of any false rejection */
	ADJUST_HOLM,       /* the running maximum of (m - i + 1) p_(i); the same bound, never larger */
	ADJUST_BH, /* the running minimum, from the top, of m p_(i) / i; bounds the expected share of
						* false rejections among all, for tests that are independent or positively dependent */
	ADJUST_BY, /* that of BH times sum 1/i, i <= m: under any dependence */
} AdjustMethod;

/* There is no p-value: its test had nothing to compare. It stays so and is not counted in m. */
#define PVALUE_MISSING ((PValue){.p = NAN, .log10_p = NAN})

static inline bool
pvalue_is_missing(PValue p)
{
	return isnan(p.log10_p);
}

/*
 * Adjust p[n] in place; log10_p <= 0, minus infinity allowed. The order is that of log10_p, so that what
 * has underflowed is still ranked; equal log10_p have the order of p. Both numbers are adjusted by the
 * same factor: p, if in no danger of underflow, to the last digits, as by R's p.adjust().
 *
 * Holm, "A simple sequentially rejective multiple test procedure" (1979); Benjamini and Hochberg,
 * "Controlling the false discovery rate" (1995); Benjamini and Yekutieli (2001).
 *
 * O(n log n); 16 bytes a value of scratch, given back. Failures: SDQ_INTERRUPTED; those of the arena.
 */
extern SdqStatus adjust_p_values(PValue *p, size_t n, AdjustMethod method, Arena *scratch,
								 Stop *stop);

#endif
