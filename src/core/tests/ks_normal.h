/*
 * ks_normal.h
 *		The large-sample null law of Kolmogorov-Smirnov statistics with few distinct values.
 */
#ifndef SYNTHDQ_CORE_TESTS_KS_NORMAL_H
#define SYNTHDQ_CORE_TESTS_KS_NORMAL_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/tests/ks_band.h"
#include "core/tests/ks_ties.h"

/* The largest number of distinct values this law is meant for. */
#define KS_NORMAL_BLOCKS_MAX KS_TIES_KEPT_MAX

/* c (c + l) of ks_band_cut_off() for this law. */
#define KS_CUT_NORMAL 10.0

/*
 * ln of the chance that the path leaves the band at the end of a block, with normal transitions
 * from block to block. There are 2 to KS_NORMAL_BLOCKS_MAX blocks. A one-sided band should be cut
 * off (ks_band.h, KS_CUT_NORMAL). Measured against the exact law: p within 6 % above 1e-10, log10
 * p within 0.1 down to 1e-30 and within 0.7 beyond. Never -INFINITY. Time: typically 10 ms for
 * 256 blocks. Polls `stop`. Failures: SDQ_INTERRUPTED and those of the arena.
 */
extern SdqStatus ks_normal_log_p(const KsBand *band, const KsTies *ties, Arena *scratch, Stop *stop,
								 double *log_p);

#endif
