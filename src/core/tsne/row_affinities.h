/*
 * row_affinities.h
 *		From rows to the P of t-SNE: (PCA) -> exact nearest neighbours -> affinities.
 */
#ifndef SYNTHDQ_CORE_TSNE_ROW_AFFINITIES_H
#define SYNTHDQ_CORE_TSNE_ROW_AFFINITIES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/job.h"
#include "core/matrix/row_store.h"
#include "core/tsne/affinities.h"

/* With fewer rows no perplexity is legal. */
#define TSNE_MIN_ROWS 5

typedef struct AffinityOptions
{
	double perplexity; /* 1 < perplexity <= tsne_max_perplexity(n) */
	size_t pca;        /* reduce to so many components first if d is larger; 0 = never */
} AffinityOptions;

/* Seconds that each phase took. */
typedef struct AffinityTimes
{
	double reduction;
	double neighbors;
	double affinities;
} AffinityTimes;

/* (n - 1) / 3: a perplexity needs three times as many neighbours. */
extern double tsne_max_perplexity(size_t n);

/* SDQ_BAD_ARGUMENT if the perplexity is out of range for n >= TSNE_MIN_ROWS (a = perplexity, b = largest
 * legal value). */
extern SdqStatus row_affinities_check(size_t n, double perplexity);

/* Are all rows the same, as far as squared distances can tell? They have no affinities that mean
 * anything. SDQ_INTERRUPTED. */
extern SdqStatus rows_all_equal(Job *job, const RowStore *rows, bool *all_equal);

/*
 * P of all rows, in their final order: n >= TSNE_MIN_ROWS, options checked. The result and all scratch
 * come from job->arena; the caller releases them together. Adds to *times. Time O(n^2 d). Progress phases:
 * "reduction", "neighbors", "affinities". Same bits for any number of threads. SDQ_INTERRUPTED,
 * SDQ_NOT_CONVERGED from the eigensolver, or a memory status.
 */
extern SdqStatus row_affinities(Job *job, const RowStore *rows, const AffinityOptions *options,
								Affinities *result, AffinityTimes *times);

/* What row_affinities() takes: the most at any moment of the search for neighbours, and what is held when
 * it returns, which is the most at any moment after the search. */
typedef struct AffinityBytes
{
	size_t search;
	size_t held;
} AffinityBytes;

/* False if that overflows. */
extern bool row_affinities_bytes(Job *job, const RowStore *rows, const AffinityOptions *options,
								 AffinityBytes *bytes);

#endif
