/*
 * ks_band.c
 *		Limits of the band of states that have not been rejected.
 */
#include "core/tests/ks_band.h"

int64_t
ks_band_lattice(const KsBand *band, int64_t S, int64_t i)
{
	/* Fits: both products are below 2^63. */
	return i * band->n_b - (S - i) * band->n_a;
}

int64_t
ks_band_first_above(const KsBand *band, int64_t S)
{
	uint64_t N = (uint64_t) band->n_a + (uint64_t) band->n_b;

	/* The least i with i N >= S n_a + high. Fits: S n_a <= 2^63, high <= 2^62. */
	return (int64_t) (((uint64_t) S * (uint64_t) band->n_a + (uint64_t) band->high + N - 1) / N);
}

int64_t
ks_band_last_below(const KsBand *band, int64_t S)
{
	uint64_t N = (uint64_t) band->n_a + (uint64_t) band->n_b;
	uint64_t center = (uint64_t) S * (uint64_t) band->n_a;

	uint64_t low = (uint64_t) band->low;

	/* The greatest i with i N <= S n_a - low. */
	return center < low ? -(int64_t) ((low - center + N - 1) / N) : (int64_t) ((center - low) / N);
}

KsBand
ks_band_two_sided(int64_t n_x, int64_t n_y, int64_t threshold)
{
	return (KsBand){.n_a = n_x, .n_b = n_y, .high = threshold, .low = threshold, .low_hits = true};
}

KsBand
ks_band_one_sided(int64_t n_a, int64_t n_b, int64_t threshold)
{
	/* No state lies below -n_a n_b. */
	return (KsBand){
		.n_a = n_a, .n_b = n_b, .high = threshold, .low = n_a * n_b + 1, .low_hits = false};
}
