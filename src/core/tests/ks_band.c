/*
 * ks_band.c
 *		Limits of the band of states that have not been rejected.
 */
#include "core/tests/ks_band.h"

#include <math.h>

int64_t
ks_band_lattice(const KsBand *band, int64_t S, int64_t i)
{
	/* Fits: both products are below 2^63. */
	return i * band->n_b - (S - i) * band->n_a;
}

void
ks_band_states(const KsBand *band, int64_t S, int64_t *first, int64_t *last)
{
	int64_t lowest = S > band->n_b ? S - band->n_b : 0;
	int64_t highest = S < band->n_a ? S : band->n_a;
	double N = (double) band->n_a + (double) band->n_b;
	double center = (double) S * ((double) band->n_a / N);
	double guess;

	/* d(i) = i N - S n_a. The quotients in floating point are off by less than one state; the
	 * exact integers decide. */
	guess = floor(center - (double) band->low / N);
	*first = guess <= (double) lowest    ? lowest
			 : guess >= (double) highest ? highest
										 : (int64_t) guess;
	while (*first > lowest && ks_band_lattice(band, S, *first - 1) > -band->low)
		(*first)--;
	while (*first <= highest && ks_band_lattice(band, S, *first) <= -band->low)
		(*first)++;

	guess = ceil(center + (double) band->high / N);
	*last = guess >= (double) highest  ? highest
			: guess <= (double) lowest ? lowest
									   : (int64_t) guess;
	while (*last < highest && ks_band_lattice(band, S, *last + 1) < band->high)
		(*last)++;
	while (*last >= lowest && ks_band_lattice(band, S, *last) >= band->high)
		(*last)--;
}

KsBand
ks_band_two_sided(int64_t n_x, int64_t n_y, int64_t threshold)
{
	return (KsBand){.n_a = n_x, .n_b = n_y, .high = threshold, .low = threshold, .low_hits = true};
}

KsBand
ks_band_one_sided(int64_t n_a, int64_t n_b, int64_t threshold, double cut)
{
	double product = (double) n_a * (double) n_b;
	double unit = sqrt(product * ((double) n_a + (double) n_b)); /* l = 1 on the lattice */
	double l = (double) threshold / unit;
	double c = 2 * cut / (l + sqrt(l * l + 4 * cut));
	double low = ceil(c * unit) + (double) n_a + (double) n_b;

	/* No state lies below -n_a n_b. */
	return (KsBand){.n_a = n_a,
					.n_b = n_b,
					.high = threshold,
					.low = low <= product ? (int64_t) low : n_a * n_b + 1,
					.low_hits = false};
}
