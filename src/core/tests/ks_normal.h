/*
 * ks_normal.h
 *		The large-sample null law of Kolmogorov-Smirnov statistics with few distinct values.
 */
#ifndef SYNTHDQ_CORE_TESTS_KS_NORMAL_H
#define SYNTHDQ_CORE_TESTS_KS_NORMAL_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/tests/ks_band.h"
#include "core/tests/ks_exact.h"
#include "core/tests/ks_ties.h"

/* The largest number of distinct values this law is meant for. */
#define KS_NORMAL_BLOCKS_MAX KS_TIES_KEPT_MAX

/*
 * ln of the chance that the path leaves the band at the end of a block, with normal steps from
 * block to block; the plan is that of the exact law, and need not be possible. There are 2 to
 * KS_NORMAL_BLOCKS_MAX blocks. Measured against the exact law at some thousand pixel positions: p
 * within 3 % above 1e-10, log10 p within 0.03 down to 1e-120 and within 0.4 beyond. -INFINITY where
 * the walk cannot leave, or only beside other block ends. Time: a millisecond or two for 256
 * blocks. Polls `stop`. Failures: SDQ_INTERRUPTED and those of the arena.
 */
extern SdqStatus ks_normal_log_p(const KsBand *band, const KsExactPlan *plan, const KsTies *ties,
								 Arena *scratch, Stop *stop, double *log_p);

#endif
