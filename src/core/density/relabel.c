/*
 * relabel.c
 *		The multivariate hypergeometric law, one kind after the other.
 *
 * Given what the kinds before it took, a kind's share is hypergeometric. It is drawn by inversion with the
 * terms taken in the order of their distance from the most likely one, so that few are needed (Kachitvichyanukul
 * and Schmeiser, "Computer generation of hypergeometric random variates", 1985, section 2). The term at the mode
 * comes from three binomial chances in Loader's form, the others by ratios.
 */
#include "core/density/relabel.h"

#include <math.h>
#include <stdbool.h>

#include "core/tests/tail.h"

/* Up to so many observations of a kind it is faster to ask about each of them. */
#define ASK_EACH 24

/* The chance that exactly k of a kind of `count` are taken. 0 < needed < left. */
static double
chance_of(int64_t count, const RelabelLeft *state, int64_t k)
{
	double a = (double) state->needed;
	double b = (double) (state->left - state->needed);
	double deviation = (double) k - (double) count * (a / (a + b));

	return exp(
		log_binomial_chance((double) count, (double) k, deviation, a, b) +
		log_binomial_chance((double) (state->left - count), a - (double) k, -deviation, a, b) -
		log_binomial_chance(a + b, a, 0, a, b));
}

/* Look at each of a kind. */
static int64_t
draw_each(Rng *rng, int64_t count, RelabelLeft state)
{
	int64_t k = 0;

	for (int64_t i = 0; i < count; i++)
	{
		bool is_taken = rng_below(rng, (uint64_t) state.left) < (uint64_t) state.needed;

		k += is_taken;
		state.needed -= is_taken;
		state.left--;
	}
	return k;
}

/* Subtract the terms from u, those nearest to the mode first. 0 < needed < left. */
static int64_t
draw_by_inversion(Rng *rng, int64_t count, const RelabelLeft *state)
{
	double size = (double) count;
	double needed = (double) state->needed;
	double others = (double) (state->left - count - state->needed);
	int64_t mode = (int64_t) ((size + 1) * (needed + 1) / ((double) state->left + 2));
	int64_t first = others < 0 ? -(int64_t) others : 0;
	int64_t last = count < state->needed ? count : state->needed;
	double u = rng_double(rng);
	double above;
	double below;
	int64_t up;
	int64_t down;

	mode = mode < first ? first : mode > last ? last : mode;
	above = below = chance_of(count, state, mode);
	u -= above;
	up = down = mode;
	while (u >= 0 && (up < last || down > first))
	{
		if (up < last)
		{
			double k = (double) up;

			above *= (size - k) / (k + 1) * ((needed - k) / (others + k + 1));
			u -= above;
			up++;
			if (u < 0)
				return up;
		}
		if (down > first)
		{
			double k = (double) down;

			below *= k / (size - k + 1) * ((others + k) / (needed - k + 1));
			u -= below;
			down--;
			if (u < 0)
				return down;
		}
		/* What rounding leaves of u is nobody's; it goes to the mode. */
		if (above == 0 && below == 0)
			break;
	}
	return mode;
}

void
relabel_draw(Rng *rng, RelabelLeft *state, const int64_t *counts, size_t n, int64_t *taken)
{
	for (size_t i = 0; i < n; i++)
	{
		int64_t count = counts[i];
		int64_t k;

		if (state->needed == 0)
			k = 0;
		else if (state->needed == state->left)
			k = count;
		else if (count <= ASK_EACH)
			k = draw_each(rng, count, *state);
		else
			k = draw_by_inversion(rng, count, state);
		state->left -= count;
		state->needed -= k;
		taken[i] = k;
	}
}
