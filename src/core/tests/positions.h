/*
 * positions.h
 *		One two-sample test at each position of two vectors of samples, and what is said of all of them.
 *
 * An image is a vector of pixels; over many images each position has a sample on either side.
 */
#ifndef SYNTHDQ_CORE_TESTS_POSITIONS_H
#define SYNTHDQ_CORE_TESTS_POSITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/job.h"
#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/sample/tally.h"
#include "core/tests/adjust.h"
#include "core/tests/method.h"
#include "core/tests/tail.h"

/* One side: a sample for each position. Borrowed. */
typedef struct PositionSide
{
	size_t n_positions;
	size_t max_distinct; /* most distinct values of any one position */
	/* Show the sample of a position (from 0), borrowed from the source or from the scratch values and
	 * counts [max_distinct]. Called from any thread; it must not allocate. */
	SdqStatus (*show)(const void *source, size_t position, double *values, uint64_t *counts,
					  SampleView *sample);
	const void *source;
} PositionSide;

/* A test that can be made at each position. */
typedef struct PositionTest
{
	size_t result_size;
	/* The test of two samples that are not empty. `scratch` need not be given back. May be called from
	 * a thread: it allocates from `scratch` alone and asks `stop` alone. */
	SdqStatus (*run)(Tally *tally, TestMethod method, Arena *scratch, Stop *stop, void *result);
	/* The two-sided p-value in a result; NULL if the test has none. */
	PValue (*p_value)(const void *result);
} PositionTest;

extern const PositionTest position_ks;          /* KsResult */
extern const PositionTest position_mw;          /* MwResult */
extern const PositionTest position_cvm;         /* CvmResult */
extern const PositionTest position_wasserstein; /* WassersteinResult */

typedef struct PositionsResult
{
	size_t n_positions;
	size_t result_size;
	char *results;    /* [n_positions] of result_size bytes; read them by positions_result() */
	bool *is_tested;  /* [n_positions] false: a side is empty there */
	double *zeros_x;  /* [n_positions] share of exact zeros; NaN where the side is empty */
	double *zeros_y;  /* [n_positions] */
	PValue *adjusted; /* [n_positions] p-values adjusted for their number, missing where not tested;
						* NULL if the test has none */
} PositionsResult;

/*
 * Make the test at each position, on the threads of the job, and adjust the p-values. x and y must
 * have the same number of positions (else SDQ_BAD_ARGUMENT: a = that of y, b = that of x). Each
 * position gives the very result that the test gives for its two samples by themselves, for any number
 * of threads.
 *
 * Failures are those of the test and of `show`, with row = the position, the first one of those that
 * fail; SDQ_INTERRUPTED; those of the arena, which holds the result and the scratch memory.
 */
extern SdqStatus positions_test(Job *job, const PositionTest *test, const PositionSide *x,
								const PositionSide *y, TestMethod method, AdjustMethod adjust,
								PositionsResult *result);

/* The result at a position, NULL where there is none. */
static inline const void *
positions_result(const PositionsResult *result, size_t position)
{
	return result->is_tested[position] ? result->results + position * result->result_size : NULL;
}

#endif
