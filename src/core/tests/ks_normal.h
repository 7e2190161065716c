/*
 * ks_normal.h
 *		The large-sample null law of Kolmogorov-Smirnov statistics with few distinct values.
 */
#ifndef SYNTHDQ_CORE_TESTS_KS_NORMAL_H
#define SYNTHDQ_CORE_TESTS_KS_NORMAL_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/sample/tally.h"
#include "core/tests/ks_band.h"

/* The largest number of distinct values this law is meant for. */
#define KS_NORMAL_BLOCKS_MAX 512

/*
 * ln of the chance that the path leaves the band at the end of a block, with normal transitions
 * from block to block. One pass over the tally (rewound before), which has 2 to
 * KS_NORMAL_BLOCKS_MAX blocks. Against the exact law the p-value is within a few percent for p above
 * 1e-30; below, ln p is within one percent. Never -INFINITY. Time: up to some 10 ms, typically 1 ms.
 * Polls `stop`. Failures: SDQ_INTERRUPTED and those of the arena.
 */
extern SdqStatus ks_normal_log_p(const KsBand *band, Tally *tally, Arena *scratch, Stop *stop,
								 double *log_p);

#endif
