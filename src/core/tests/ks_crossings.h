/*
 * ks_crossings.h
 *		A bound of Kolmogorov-Smirnov chances that is tight where they are very small.
 */
#ifndef SYNTHDQ_CORE_TESTS_KS_CROSSINGS_H
#define SYNTHDQ_CORE_TESTS_KS_CROSSINGS_H

#include "core/tests/ks_band.h"
#include "core/tests/ks_ties.h"

/*
 * ln of the expected number of block ends at which the path is outside of the band but was not at
 * the block end before. It bounds the chance to leave the band from above, and is close to it
 * where that is small: log10 within 0.02 below 1e-200. Never -INFINITY if some block ends outside
 * of the band. There are 2 to KS_TIES_KEPT_MAX blocks. O(blocks) times the length of
 * hypergeometric tails.
 */
extern double ks_crossings_log(const KsBand *band, const KsTies *ties);

#endif
