/*
 * field_exact.h
 *		The repulsion of t-SNE by summing over all pairs, in 2 or 3 dimensions.
 *
 * With w_ij = 1 / (1 + |y_i - y_j|^2) it computes
 *
 *		Z = sum_{i != j} w_ij		and		f_i = sum_j w_ij^2 (y_i - y_j)
 *
 * for n points. It is the path for small maps and for three dimensions, and the oracle of any faster
 * approximation. O(n^2) time; memory O(n) up to 33,000 points and at most 4 kB a point beyond.
 *
 * One evaluation: field_exact_place(), then field_exact_chunk() for every chunk (from any thread, in
 * any order), then the readers. field_exact_evaluate() does all of it.
 */
#ifndef SYNTHDQ_CORE_TSNE_FIELD_EXACT_H
#define SYNTHDQ_CORE_TSNE_FIELD_EXACT_H

#include <stddef.h>

#include "core/base/job.h"

#define MAP_MAX_DIMS 3

/* Readers may not cross a multiple of this many rows. */
#define FIELD_ROW_ALIGNMENT 256

/* The pairs of a block of rows with the columns right of it. */
typedef struct FieldTile
{
	const float *row[MAP_MAX_DIMS]; /* [n_rows] */
	size_t n_rows;
	const float *column[MAP_MAX_DIMS]; /* [n_columns], a multiple of FIELD_LANES, aligned */
	size_t n_columns;
	double *row_force[MAP_MAX_DIMS];   /* [n_rows]: the tile's sum is added */
	float *column_force[MAP_MAX_DIMS]; /* [n_columns]: the tile's sum over rows is added */
} FieldTile;

/* Adds sum_j w^2 (y_i - y_j) to the rows, sum_i of the same to the columns; returns sum of w. */
typedef double (*FieldKernel)(const FieldTile *tile);

typedef struct FieldExact
{
	size_t n;
	int dims;
	FieldKernel kernel;
	size_t block;                  /* rows of a block, a multiple of FIELD_ROW_ALIGNMENT */
	size_t n_blocks;               /* a chunk of work is one block of rows */
	size_t padded;                 /* n_blocks * block */
	float *position[MAP_MAX_DIMS]; /* [padded] */
	float *others[MAP_MAX_DIMS];   /* [padded]: the same, while one row at a time is put far away */
	double *
		own[MAP_MAX_DIMS]; /* [padded]: the part of f_i from columns of the same or a later block */
	float *reaction
		[MAP_MAX_DIMS]; /* the part from earlier blocks, negated, one row per earlier block */
	float *unused;      /* [n_blocks][block]: the diagonal tiles' column sums go here */
	double *block_z;    /* [n_blocks] */
} FieldExact;

/* Allocate from job->arena for n >= 1 points in dims (2 or 3) dimensions, for the processor at hand.
 * SDQ_OK or a memory status. */
extern SdqStatus field_exact_create(Job *job, size_t n, int dims, FieldExact *field);

/* So many bytes are allocated by field_exact_create; false if that overflows. */
extern bool field_exact_bytes(size_t n, int dims, size_t *bytes);

/* The number of chunks of one evaluation. It depends on n alone. */
extern size_t field_exact_chunks(const FieldExact *field);

/* Begin an evaluation at y[n][dims]; |y| must be far below 1e9. */
extern void field_exact_place(FieldExact *field, const double *y);

/* One chunk, below 20 ms up to 70,000 points; any thread. */
extern void field_exact_chunk(FieldExact *field, size_t chunk);

/* After all chunks: Z. Relative error about 1e-6. */
extern double field_exact_z(const FieldExact *field);

/* After all chunks: f of the rows first .. first + count - 1 into force[count][dims]. */
extern void field_exact_forces(const FieldExact *field, size_t first, size_t count, double *force);

/* A whole evaluation by the pool: force[n][dims], *z. */
extern SdqStatus field_exact_evaluate(Job *job, FieldExact *field, const double *y, double *force,
									  double *z);

/* The plain one, in double, one pair after the other; its loops do not poll. The oracle. */
extern void field_plain(const double *y, size_t n, int dims, double *force, double *z);

#endif
