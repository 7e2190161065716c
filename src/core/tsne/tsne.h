/*
 * tsne.h
 *		t-SNE of the rows of a store: the whole way from rows to a map.
 *
 * (PCA) -> exact nearest neighbours -> affinities -> start -> descent. The parts are documented in
 * their own headers.
 */
#ifndef SYNTHDQ_CORE_TSNE_TSNE_H
#define SYNTHDQ_CORE_TSNE_TSNE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/matrix/row_store.h"
#include "core/tsne/optimiser.h"
#include "core/tsne/row_affinities.h"

/* Largest magnitude of a coordinate of a given start: the same order as the farthest that points get in
 * MAX_ITERATIONS steps, for which the kernels are made. */
#define TSNE_MAX_START 1e6

typedef enum TsneInit
{
	TSNE_INIT_PCA,    /* the leading principal components, std of the first 1e-4, and 1 % jitter */
	TSNE_INIT_RANDOM, /* normal, std 1e-4 */
	TSNE_INIT_GIVEN,  /* the caller's coordinates, as they are */
} TsneInit;

typedef struct TsneOptions
{
	AffinityOptions affinities;
	int dims; /* 2 or 3 */
	TsneInit init;
	const double
		*start;    /* [n][dims] in the final order of rows, borrowed, within TSNE_MAX_START; read
						  * for TSNE_INIT_GIVEN alone */
	uint64_t seed; /* of the jitter or of the random start */
	DescentOptions descent;
} TsneOptions;

typedef struct TsneMap
{
	size_t n;
	int dims;
	double *y; /* [n][dims], centred; all 0 if n < TSNE_MIN_ROWS or all rows are equal */
	DescentResult descent; /* kl = NAN and no iteration where there is no map */
	AffinityTimes affinity_times;
	double layout_seconds; /* start and descent */
	size_t
		announced_bytes; /* what the arena was expected to hold at most, with what it held before */
} TsneMap;

/*
 * The map of all rows, in their final order. The result is allocated from job->arena, all else is
 * released. Time O(n^2) for the neighbours, O(n) for each iteration in two dimensions, O(n^2) in three;
 * memory is checked against the arena's limit before the work starts.
 * Progress phases: "reduction", "neighbors", "affinities", "layout". Same bits for any number of
 * threads.
 *
 * SDQ_BAD_ARGUMENT as row_affinities_check() for n >= TSNE_MIN_ROWS, SDQ_INTERRUPTED, SDQ_NOT_CONVERGED from the eigensolver, or a memory
 * status.
 */
extern SdqStatus tsne_map(Job *job, const RowStore *rows, const TsneOptions *options, TsneMap *map);

#endif
