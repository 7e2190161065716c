/*
 * cvm_exact.h
 *		The exact null law of the Cramer-von Mises statistic, conditional on the ties.
 */
#ifndef SYNTHDQ_CORE_TESTS_CVM_EXACT_H
#define SYNTHDQ_CORE_TESTS_CVM_EXACT_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/sample/tally.h"
#include "core/tests/method.h"

/*
 * Count all assignments of the pooled values by their statistic, unless the work exceeds `limit`, which
 * a plan tells beforehand; planning takes at most as long. p is all positive terms: relative error about
 * 1e-15 times the square root of N, down to 1e-290, below which is_done is false. The tally has n_blocks >= 2
 * blocks and is read twice. Scratch, given back: 40 bytes a state (of the C_x after each block) and what
 * the recursion needs for two blocks, within the work in doubles. Polls `stop`. Failures:
 * SDQ_INTERRUPTED and those of the arena.
 */
extern SdqStatus cvm_exact(Tally *tally, int64_t n_blocks, double limit, Arena *scratch, Stop *stop,
						   ExactLaw *result);

#endif
