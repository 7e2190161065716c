/*
 * ks_band.h
 *		The question that every conditional Kolmogorov-Smirnov law answers.
 *
 * Under the null hypothesis all C(N, n_a) ways of handing the pooled values, ties and all, to the
 * samples a and b are equally likely. A way is a path: after the S smallest values it stands at
 * state i, the number of them that went to a. The lattice number of the state is
 *
 *		d(i) = i n_b - (S - i) n_a = i N - S n_a = n_a n_b (F_a - F_b),
 *
 * looked at only where a block of tied values ends. The question: what is the chance that some d
 * is at or above `high`, or at or below -`low`? States between the two are in the band.
 */
#ifndef SYNTHDQ_CORE_TESTS_KS_BAND_H
#define SYNTHDQ_CORE_TESTS_KS_BAND_H

#include <stdbool.h>
#include <stdint.h>

typedef struct KsBand
{
	int64_t n_a; /* observations that count upwards, 1 to SAMPLE_MAX_COUNT */
	int64_t n_b;
	int64_t high;  /* at least 1 */
	int64_t low;   /* at least 1 */
	bool low_hits; /* leaving below is asked for as well (two-sided); else it cannot come back */
} KsBand;

/* P(max abs(d) >= threshold). */
extern KsBand ks_band_two_sided(int64_t n_x, int64_t n_y, int64_t threshold);

/* P(max d >= threshold), d counting a upwards: a = x asks for F - G, a = y for G - F. No state is
 * below the band. */
extern KsBand ks_band_one_sided(int64_t n_a, int64_t n_b, int64_t threshold);

/* The lowest state above the band after S values, and the highest below it. They need not
 * exist, and may be negative. Both move up by at most one per value. */
extern int64_t ks_band_first_above(const KsBand *band, int64_t S);
extern int64_t ks_band_last_below(const KsBand *band, int64_t S);

/* The lattice number of state i after S values, for a state that there is. */
extern int64_t ks_band_lattice(const KsBand *band, int64_t S, int64_t i);

#endif
