/*
 * kuiper_exact.h
 *		The exact null law of Kuiper's statistic, conditional on the ties.
 */
#ifndef SYNTHDQ_CORE_TESTS_KUIPER_EXACT_H
#define SYNTHDQ_CORE_TESTS_KUIPER_EXACT_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/sample/tally.h"
#include "core/tests/method.h"

/*
 * The chance of a V of at least `lattice` / (n_x n_y), lattice >= 1, unless the work exceeds `limit`, which a
 * plan tells beforehand. p is all positive terms: relative error about 1e-15 times the square root of N,
 * down to 1e-290, below which is_done is false. Without ties O(n_x n_y); with ties that times the number
 * of blocks, or less where blocks are large. The tally has n_blocks >= 2 blocks and is read once. Scratch,
 * given back: some 72 bytes an observation of the smaller sample and 8 a block. Polls `stop`. Failures:
 * SDQ_INTERRUPTED and those of the arena.
 */
extern SdqStatus kuiper_exact(Tally *tally, int64_t n_blocks, int64_t lattice, double limit,
							  Arena *scratch, Stop *stop, ExactLaw *result);

/* The same for samples of which only the sizes and those of the blocks are given: ties[n_blocks], adding up
 * to n_x + n_y, or NULL where n_blocks = n_x + n_y. */
extern SdqStatus kuiper_exact_of_ties(const int64_t *ties, int64_t n_blocks, int64_t n_x,
									  int64_t n_y, int64_t lattice, double limit, Arena *scratch,
									  Stop *stop, ExactLaw *result);

#endif
