/*
 * field_grid.h
 *		The repulsion of t-SNE through a grid, in two dimensions: what field_exact.h computes, in
 *		time O(n + M^2 log M), M being twice the extent of the map in units of the spacing.
 *
 * The relative error of the forces (root mean square over all points) is below 1 %, that of Z about
 * 1e-4; see field_grid.c for the method and field_grid_test.c for the figures.
 */
#ifndef SYNTHDQ_CORE_TSNE_FIELD_GRID_H
#define SYNTHDQ_CORE_TSNE_FIELD_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/tsne/field_convolution.h"

/* Where a point lies: its cell's first node of sixteen, and its place within the cell. */
typedef struct GridPoint
{
	uint32_t node;
	float u; /* along x, 0 <= u < 1 */
	float v; /* along y */
} GridPoint;

typedef struct FieldGrid
{
	size_t n;
	double spacing;
	double origin[2]; /* coordinates of the first node */
	bool is_shifted;  /* the field is S - n */
	double z;
	Convolution convolution;

	GridPoint *points;  /* [n] */
	uint32_t *order;    /* [n] points by bands of rows */
	size_t *counts;     /* [point chunks][bands] */
	size_t *band_start; /* [bands + 1] */
} FieldGrid;

/* Allocate from job->arena for n >= 1 points. SDQ_OK or a memory status. */
extern SdqStatus field_grid_create(Job *job, size_t n, FieldGrid *field);

/* At most so many bytes are allocated by field_grid_create and field_grid_evaluate with so many threads;
 * false if that overflows. */
extern bool field_grid_bytes(size_t n, int threads, size_t *bytes);

/* The field of the points y[n][2], which must be finite. Same bits for any number of threads. */
extern SdqStatus field_grid_evaluate(Job *job, FieldGrid *field, const double *y);

/* Then: Z = sum_{i != j} 1 / (1 + |y_i - y_j|^2). */
extern double field_grid_z(const FieldGrid *field);

/* And f_i = sum_j (y_i - y_j) / (1 + |y_i - y_j|^2)^2 of the points first .. first + count - 1, into
 * force[count][2]. Any thread. */
extern void field_grid_forces(const FieldGrid *field, size_t first, size_t count, double *force);

/* Or: S(y) = sum_j 1 / (1 + |y - y_j|^2) over all points at any y[2], and gradient[2] of S; beyond the
 * points' box, at a place on its edge. Any thread. */
extern double field_grid_read(const FieldGrid *field, const double *y, double *gradient);

#endif
