/*
 * kmeans_lloyd.h
 *		Lloyd's iteration of several restarts side by side.
 */
#ifndef SYNTHDQ_CORE_MATRIX_KMEANS_LLOYD_H
#define SYNTHDQ_CORE_MATRIX_KMEANS_LLOYD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/matrix/kmeans.h"
#include "core/matrix/kmeans_rows.h"
#include "core/matrix/kmeans_score.h"

/* A row that changed its cluster; where to is its label. */
typedef struct Move
{
	uint32_t row;
	int32_t from;
} Move;

/* One restart. The caller sets centers.exact, and centers.k if it is less than what was allocated. */
typedef struct LloydRun
{
	Centers centers;
	int32_t *labels; /* [n] result */
	double inertia;  /* of the labels: the sum of squared distances to their means */
	size_t iterations;
	bool converged; /* the labels or, but for the tolerance, the centres had settled */

	/* Private to kmeans_lloyd.c and kmeans_assign.c. */
	float *upper;         /* [n] at least the distance to the own centre */
	float *lower;         /* [n] at most the distance to any other */
	float *shifts;        /* [k] at least the distance each centre moved by last */
	size_t farthest;      /* the centre that moved most */
	float most;           /* by this */
	float second_most;    /* and of the others the one that moved most by this */
	Move *moves;          /* [n_tiles][tile_rows], of which */
	uint32_t *tile_moves; /* [n_tiles] */
	size_t n_moves;       /* of all tiles */
	size_t n_corrections; /* rows moved since the sums were formed */
	double *sums;         /* [k][d] of the rows with this label */
	int64_t *counts;      /* [k] */
	double *movements;    /* [n_panels] sum of the squared movements of the centres */
	bool add_all;         /* the sums are to be formed anew */
	bool filled;          /* a cluster was empty and given a row */
	bool is_last;         /* one assignment is left */
	bool is_done;
} LloydRun;

/* Allocate the runs' memory, for up to k centres each. */
extern SdqStatus lloyd_allocate(Arena *arena, const KmeansRows *rows, size_t k, size_t n_runs,
								LloydRun *runs);

/* Bytes that one run takes, and those that all of them share while they iterate. */
extern double lloyd_run_memory(const RowStore *store, size_t k);
extern double lloyd_shared_memory(const RowStore *store, size_t k, int threads);

/* Iterate each run from its centres until a stopping rule holds. Every run gets what it would get
 * alone. `before` of `total` iterations are counted as done for progress reports. */
extern SdqStatus lloyd_iterate(Job *job, const KmeansRows *rows, const KmeansOptions *options,
							   LloydRun *runs, size_t n_runs, size_t before, size_t total);

#endif
