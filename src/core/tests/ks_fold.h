/*
 * ks_fold.h
 *		What a Kolmogorov-Smirnov test needs to know of two samples, found in one pass.
 */
#ifndef SYNTHDQ_CORE_TESTS_KS_FOLD_H
#define SYNTHDQ_CORE_TESTS_KS_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/base/stop.h"
#include "core/sample/sample.h"
#include "core/sample/sort.h"
#include "core/sample/tally.h"
#include "core/tests/ks_ties.h"

/* d_k = X_k n_y - Y_k n_x, where X_k of x and Y_k of y are at most the distinct value k of both. */
typedef struct KsFold
{
	KsTies ties;
	int64_t n_x;
	int64_t n_y;
	int64_t n_blocks;
	int64_t plus;     /* max(d_k), at least 0 */
	int64_t minus;    /* max(-d_k), at least 0 */
	double location;  /* the smallest value at which the larger of the two is attained; NaN if 0 */
	bool ends_at_n_x; /* a block ends after n_x values, so that all of x may lie below y */
	bool ends_at_n_y;
} KsFold;

/* Read the tally, which fold->ties keeps. Failures: those of the tally; SDQ_INTERRUPTED. */
extern SdqStatus ks_fold_tally(Tally *tally, Stop *stop, KsFold *fold);

/*
 * Sort two samples (sample_sort_sides()) and find the same on the way, on the threads of a job. *is_folded =
 * false, and the samples may be sorted or not: they are of another kind, or have few or heavily tied
 * values, and must be read as a tally. The tally that fold->ties needs is not set. Takes about 400 kB of
 * the job's arena. Failures: those of sample_sort_sides().
 */
extern SdqStatus ks_fold_samples(Sample *x, Sample *y, Job *job, KsFold *fold, bool *is_folded);

/* The same of keys; for tests. */
extern SdqStatus ks_fold_sides(const SortSide *x, const SortSide *y, Job *job, KsFold *fold,
							   bool *is_folded);

#endif
