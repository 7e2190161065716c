/*
 * relabel.h
 *		Random labels for observations that are known by their counts.
 */
#ifndef SYNTHDQ_CORE_DENSITY_RELABEL_H
#define SYNTHDQ_CORE_DENSITY_RELABEL_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/rng.h"

/* Kinds that one call may be given: some ten milliseconds of work. */
#define RELABEL_KINDS ((size_t) 1 << 17)

/* The observations of which some are still to be taken. Start with all of them. */
typedef struct RelabelLeft
{
	int64_t left;   /* observations not yet asked about */
	int64_t needed; /* of which so many will be taken; 0 <= needed <= left */
} RelabelLeft;

/*
 * Of `needed` observations taken at random, without replacement, from `left`: how many are of each kind.
 * counts[n] are the sizes of the kinds, n <= RELABEL_KINDS, taken[n] the answer; both may be the same array.
 * More kinds are asked about in several calls, in one order, which count down *state; when all of them have
 * been, both its fields are 0. All subsets are equally likely (the multivariate hypergeometric law), so what
 * is drawn is what shuffling the labels of the single observations would give.
 *
 * Per kind one draw: a kind of up to some ten observations by looking at each of them, a larger one by
 * inversion from the most likely number outwards, in a time proportional to the square root of its size.
 * A call is a few milliseconds for kinds of ordinary size. Pure; any thread. Counts are at most 2^32 in sum.
 */
extern void relabel_draw(Rng *rng, RelabelLeft *state, const int64_t *counts, size_t n,
						 int64_t *taken);

#endif
