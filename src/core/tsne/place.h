/*
 * place.h
 *		New rows in a map that stands: where they would lie in it, the map left as it is.
 *
 * Each new row is placed by itself: its coordinates have the same bits alone and among any others, in
 * any order and for any number of threads.
 *
 * A row that is far from everything is placed, too. What tells is its distance from the nearest reference
 * row, and how that compares with the distances of reference rows from their own nearest others.
 */
#ifndef SYNTHDQ_CORE_TSNE_PLACE_H
#define SYNTHDQ_CORE_TSNE_PLACE_H

#include <stddef.h>

#include "core/base/job.h"
#include "core/matrix/row_store.h"

/* Fewer reference rows allow no perplexity above 1. */
#define PLACE_MIN_ROWS 4

/* Larger perplexities would need chunks of work too long to be interrupted. */
#define PLACE_MAX_PERPLEXITY 1000.0

/* Reference rows whose own distances are taken: all if they are no more than this, else every
 * (n / PLACE_SAMPLE_ROWS)-th. The search among all would take longer than placing; a share of so many
 * rows has a standard error of at most 0.5 / sqrt(4096) = 0.8 %. */
#define PLACE_SAMPLE_ROWS ((size_t) 4096)

/* Coordinates of a larger magnitude have squares that leave the range of a float. */
#define PLACE_MAX_COORDINATE 1e15

/* SdqStatus.detail of SDQ_BAD_ARGUMENT. */
typedef enum PlaceFault
{
	PLACE_FEW_ROWS = 1, /* of the reference: a = how many, b = PLACE_MIN_ROWS */
	PLACE_COLUMNS,      /* a = columns of the new rows, b = columns of the reference rows */
} PlaceFault;

typedef struct PlaceOptions
{
	double
		perplexity; /* 1 < perplexity <= PLACE_MAX_PERPLEXITY; lowered to a third of the reference rows */
	size_t
		pca; /* look for neighbours among so many components of the reference if d is larger; 0 = never */
} PlaceOptions;

typedef struct Placement
{
	size_t n;
	double *y;        /* [n][2] */
	double *distance; /* [n] to the nearest reference row, in all columns, in units of the data */
	/* [n] of the reference rows, or the sample, the share that is nearer than this to its nearest other
	 * reference row: 0 = none, 1 = all */
	double *distance_rank;
} Placement;

/*
 * Place the rows of `query` in the map map[n][2] of the rows of `reference`, whose coordinates are finite
 * and at most PLACE_MAX_COORDINATE in magnitude. Both stores are finished. No query rows: no placement.
 * The result is allocated from job->arena, all else is released; memory is checked against the arena's
 * limit before the work starts. Time O((n_query + min(n_reference, PLACE_SAMPLE_ROWS)) n_reference d) for
 * the neighbours, O(n_query) for the rest. Progress phases: "reduction", "neighbors", "field", "placing".
 *
 * SDQ_BAD_ARGUMENT with a PlaceFault, SDQ_INTERRUPTED, SDQ_NOT_CONVERGED from the eigensolver, or a
 * memory status.
 */
extern SdqStatus tsne_place(Job *job, const RowStore *reference, const double *map,
							const RowStore *query, const PlaceOptions *options, Placement *result);

#endif
