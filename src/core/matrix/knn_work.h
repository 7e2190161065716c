/*
 * knn_work.h
 *		What the phases of the neighbour search share; private to the files knn*.c.
 *
 * Three kinds of row numbers: `query` counts in the store of queries, `local` in the super-block of
 * queries under way, `row` in the reference store.
 */
#ifndef SYNTHDQ_CORE_MATRIX_KNN_WORK_H
#define SYNTHDQ_CORE_MATRIX_KNN_WORK_H

#include "core/matrix/candidates.h"
#include "core/matrix/knn.h"

/* Shape of a tile: its product stays in the second-level cache. */
#define QUERY_ROWS ((size_t) 256)
#define BASE_ROWS  ((size_t) 1024)

/* Rows that one chunk reads. */
#define READ_ROWS ((size_t) 64)

typedef struct KnnEngine KnnEngine;

/* What the float engine keeps; see knn_float.c. */
typedef struct FloatSide
{
	double largest_norm; /* of a float copy of a row of either side */
	float *queries;      /* [super_rows][d] */
	double *norms;       /* [super_rows] |x|^2 of the float copies */
	float *thresholds;   /* [super_rows] keys below it are still wanted */
	bool *is_unproven;   /* [super_rows] to be scanned again */
	float *base;         /* [panel_rows][d] */
	float *base_norms;   /* [BASE_ROWS] */
	float *tiles;        /* [threads][QUERY_ROWS][BASE_ROWS] */
	Candidate *nearest;  /* [threads][keep] */
} FloatSide;

typedef struct KnnWork
{
	RowStore queries; /* copies of the caller's, with a frame in common */
	RowStore reference;
	bool is_self;    /* the two are the same, and a row is not its own neighbour */
	size_t n_others; /* reference rows that may be neighbours of a row */
	size_t k;
	size_t keep;     /* candidates kept of each row */
	size_t capacity; /* of a candidate list */
	Neighbors *result;
	Stop *stop;
	const KnnEngine *engine;

	/* The super-block. */
	size_t super_rows; /* in all but the last */
	size_t first;      /* a query */
	size_t count;
	size_t tile_rows;
	uint64_t *lists; /* [super_rows][capacity] key and row, packed in an order that integers have */
	size_t *lengths; /* [super_rows] */

	/* The panel of reference rows. */
	size_t panel_rows; /* at most BASE_ROWS */
	size_t base_first;
	size_t base_count;

	FloatSide floats;
} KnnWork;

/* How keys are made, and what they are worth. Tasks have the KnnWork as their argument. */
struct KnnEngine
{
	size_t spare;         /* candidates kept beyond k */
	size_t element_bytes; /* of an element of a row in the super-block or panel */
	size_t (*memory)(const KnnWork *work, size_t threads); /* bytes that allocate() will take */
	SdqStatus (*allocate)(Job *job, KnnWork *work);
	PoolTask read_queries;                        /* READ_ROWS of the super-block; empties lists */
	PoolTask read_panel;                          /* READ_ROWS of the panel */
	PoolTask scan;                                /* tile_rows of the super-block by the panel */
	SdqStatus (*finish)(Job *job, KnnWork *work); /* lists to results */
};

/* ---------- knn.c ---------- */

/* Write the first k candidates as the neighbours of a query row. */
extern void knn_store(Neighbors *result, size_t query, const Candidate *sorted);

/* Run a task of n_chunks on every panel of reference rows, in order. */
extern SdqStatus knn_for_each_panel(Job *job, KnnWork *work, PoolTask task, void *argument,
									size_t n_chunks);

/* The reference row that a row of the super-block must not have as a neighbour, SIZE_MAX if none. */
static inline size_t
knn_own_row(const KnnWork *work, size_t local)
{
	return work->is_self ? work->first + local : SIZE_MAX;
}

/* ---------- knn_float.c ---------- */

extern const KnnEngine knn_float_engine;

/* tile[rows][BASE_ROWS] = -2 x.y for `rows` queries against the panel. */
extern void knn_float_multiply(const KnnWork *work, const float *queries, size_t rows, float *tile);

/* How far a float key, plus |x|^2 = norm2, may be from the exact squared distance as computed in
 * double, in scaled units. */
extern double knn_float_key_error(const KnnWork *work, double norm2);

/* ---------- knn_rescan.c ---------- */

/* Scan again for the rows of the super-block whose neighbours are not proven. */
extern SdqStatus knn_rescan(Job *job, KnnWork *work);

#endif
