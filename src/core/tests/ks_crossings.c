/*
 * ks_crossings.c
 *		Counting the crossings of a boundary.
 *
 * The chance to be outside at the end of a block is a hypergeometric tail, and known exactly.
 * Given that the path, as a Brownian bridge, is outside at one time, the share of new crossings
 * follows from the about exponential overshoot and the normal step back to the time before.
 */
#include "core/tests/ks_crossings.h"

#include <math.h>

#include "core/base/constants.h"
#include "core/tests/tail.h"

/* When a sum of hypergeometric terms is over: by size, and by number (with 1e8 values it is then
 * over by size too, and with more the tails hardly differ from normal ones). */
#define TAIL_TERM_MIN  1e-12
#define TAIL_TERMS_MAX (1 << 14)

/* One time at which the path is looked at, in units of the bridge. */
typedef struct Look
{
	double share; /* S / N */
	double high;  /* the limit, half a state inside of the first state outside */
} Look;

/* ln P(Z >= z). */
static double
log_normal_tail(double z)
{
	return log_erfc(z * SQRT_1_2) - LN_2;
}

/* ln P(at least i of the first S values went to a), by the terms from i up, i above the mean. */
static double
log_hypergeometric_tail(const KsBand *band, int64_t S, int64_t i)
{
	double n_a = (double) band->n_a;
	double N = n_a + (double) band->n_b;
	double rest = N - (double) S - n_a; /* of b after S, less i */
	int64_t most = S < band->n_a ? S : band->n_a;
	double sum = 0;
	double term = 1;
	double ratio = 0;

	if (i > most)
		return -INFINITY;
	for (int64_t k = 0; k < TAIL_TERMS_MAX && term > TAIL_TERM_MIN * sum; k++)
	{
		double j = (double) (i + k);

		sum += term;
		ratio = ((double) S - j) * (n_a - j) / ((j + 1) * (rest + j + 1));
		term *= ratio;
	}
	/* What is left of a very long sum, as a geometric series; no more than the tail of 1/2. */
	if (term > TAIL_TERM_MIN * sum && ratio < 1)
		sum += term / (1 - ratio);
	return log(sum) + log_binomial((double) S, (double) i) +
		   log_binomial(N - (double) S, n_a - (double) i) - log_binomial(N, n_a);
}

/* The share of new ones among the paths that are above the limit at look `to`: those that were
 * below it at look `from`. */
static double
new_crossings(const Look *from, const Look *to)
{
	double sd = sqrt(to->share * (1 - to->share));
	double step = sqrt(from->share * (to->share - from->share) / to->share);
	double z = to->high / sd;
	double rate = exp(-0.5 * z * z - LN_SQRT_2PI - log_normal_tail(z)) / sd; /* of the overshoot */
	double slope = from->share / to->share;
	double gap = (from->high - slope * to->high) / step;
	double s = step / slope;
	double share = exp(log_normal_tail(-gap)) - exp(0.5 * rate * rate * s * s - rate * gap * s +
													log_normal_tail(rate * s - gap));

	/* Rounding may leave nothing of a tiny step; it then adds nothing. */
	return share > 0 ? share : 0;
}

/* ln of the expected number of new crossings of the upper limit. */
static double
log_upper_crossings(const KsBand *band, const KsTies *ties)
{
	double n_a = (double) band->n_a;
	double n_b = (double) band->n_b;
	double N = n_a + n_b;
	double unit = sqrt(n_a * n_b / (N - 1)); /* states per unit of the bridge */
	double log_sum = -INFINITY;
	int64_t S = 0;
	Look before = {.share = 0};

	for (int64_t k = 0; k + 1 < ties->n_blocks; k++)
	{
		int64_t first_above;
		double log_chance;
		Look look;

		S += ties->kept[k];
		first_above = ks_band_first_above(band, S);
		look.share = (double) S / N;
		look.high = ((double) first_above - 0.5 - (double) S * (n_a / N)) / unit;
		log_chance = log_hypergeometric_tail(band, S, first_above);
		if (k > 0)
			log_chance += log(new_crossings(&before, &look));
		log_sum = log_add(log_sum, log_chance);
		before = look;
	}
	return log_sum;
}

double
ks_crossings_log(const KsBand *band, const KsTies *ties)
{
	double above = log_upper_crossings(band, ties);
	KsBand mirror = ks_band_one_sided(band->n_b, band->n_a, band->low);

	return band->low_hits ? log_add(above, log_upper_crossings(&mirror, ties)) : above;
}
