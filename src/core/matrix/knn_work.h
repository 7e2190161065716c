/*
 * knn_work.h
 *		What the phases of the neighbour search share; private to the files knn*.c.
 *
 * Row numbers: `query` counts in the store of queries, `local` in the super-block of queries under way,
 * `row` in the reference store, `column` in the reference rows that the engine holds.
 */
#ifndef SYNTHDQ_CORE_MATRIX_KNN_WORK_H
#define SYNTHDQ_CORE_MATRIX_KNN_WORK_H

#include "core/matrix/candidates.h"
#include "core/matrix/key_scan.h"
#include "core/matrix/knn.h"

/* Shape of a tile: its products stay in the second-level cache. */
#define QUERY_ROWS ((size_t) 256)
#define BASE_ROWS  ((size_t) 1024)

/* Products between consecutive rows of a tile: no power of two, which cache lines would collide at. */
#define TILE_STRIDE (BASE_ROWS + 16)

/* Rows that one chunk reads. */
#define READ_ROWS ((size_t) 64)

typedef struct KnnEngine KnnEngine;

/* What the float engine holds; see knn_float.c. */
typedef struct FloatSide
{
	double largest_norm; /* of a float copy of a row of either side */
	float *queries;      /* [super_rows][d] */
	double *norms;       /* [super_rows] |x|^2 of the float copies */
	float *offsets;      /* [super_rows] the same as float */
	float *thresholds;   /* [super_rows] keys below it are still wanted */
	bool *is_unproven;   /* [super_rows] to be scanned again */
	float *base;         /* [columns][d] reference rows; the queries if the search is symmetric */
	float *base_offsets; /* [columns] their |y|^2 */
	float *tiles;        /* [threads][QUERY_ROWS][TILE_STRIDE] -2 x.y */
	Candidate *nearest;  /* [threads][keep] */
} FloatSide;

/* What the engine for bytes holds; see knn_bytes.c. */
typedef struct ByteSide
{
	char *queries;         /* packed as left rows: [super_rows] */
	int32_t *offsets;      /* [super_rows] |x|^2 */
	int32_t *thresholds;   /* [super_rows] keys below it are still wanted */
	char *base;            /* packed as right rows: [columns] */
	int32_t *base_offsets; /* [columns] |y|^2 */
	int32_t *tiles;        /* [threads][QUERY_ROWS][TILE_STRIDE] x.y */
	Candidate *nearest;    /* [threads][k] */
} ByteSide;

/* Two blocks of rows of a symmetric search. */
typedef struct BlockPair
{
	size_t a;
	size_t b; /* at least a */
} BlockPair;

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
	uint64_t *lists; /* [super_rows][capacity] packed keys and rows */
	size_t *lengths; /* [super_rows] */

	/* The panel: reference rows base_first .. base_first + base_count - 1. */
	size_t panel_rows; /* at most BASE_ROWS */
	size_t base_first;
	size_t base_count;

	/* The reference rows that the engine holds begin with this one: with that of the panel, but if the
	 * search is symmetric it holds all. */
	size_t held_first;
	size_t held_rows; /* room for so many */

	/* A symmetric search: all rows are one super-block. */
	bool is_symmetric;
	size_t block_rows; /* at most BASE_ROWS */
	BlockPair *pairs;  /* [blocks] of the round under way, no block in two of them */
	uint64_t *found;   /* [threads][block_rows + KEY_SCAN_ROOM] */

	FloatSide floats;
	ByteSide bytes;
} KnnWork;

/* How keys are made, and what they are worth. Tasks have the KnnWork as their argument. */
struct KnnEngine
{
	size_t spare;                                          /* candidates kept beyond k */
	size_t (*row_bytes)(size_t d);                         /* of a row as the engine holds it */
	size_t (*memory)(const KnnWork *work, size_t threads); /* bytes that allocate() will take */
	SdqStatus (*allocate)(Job *job, KnnWork *work);
	PoolTask read_queries;                        /* READ_ROWS of the super-block; empties lists */
	PoolTask read_panel;                          /* READ_ROWS of the panel */
	PoolTask scan;                                /* tile_rows of the super-block by the panel */
	PoolTask scan_pair;                           /* a pair of blocks, for the rows of both */
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

/* ---------- knn_float.c, knn_bytes.c ---------- */

extern const KnnEngine knn_float_engine;

/* For bytes of at most BYTE_PRODUCTS_MAX_COLUMNS columns, on both sides. */
extern const KnnEngine knn_byte_engine;

/* tile[rows][TILE_STRIDE] = -2 x.y of `rows` queries with `columns` held reference rows from number
 * `column` on. */
extern void knn_float_multiply(const KnnWork *work, const float *queries, size_t rows,
							   size_t column, size_t columns, float *tile);

/* How far a float key, plus |x|^2 = norm2, may be from the exact squared distance as computed in
 * double, in scaled units. */
extern double knn_float_key_error(const KnnWork *work, double norm2);

/* ---------- knn_rescan.c ---------- */

/* Scan again for the rows of the super-block whose neighbours are not proven. */
extern SdqStatus knn_rescan(Job *job, KnnWork *work);

/* Bytes that it may take. */
extern size_t knn_rescan_memory(const KnnWork *work, size_t threads);

#endif
