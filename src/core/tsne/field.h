/*
 * field.h
 *		The repulsion of t-SNE: over all pairs while there are few points, through a grid beyond.
 *
 * For n points it gives Z = sum_{i != j} w_ij and f_i = sum_j w_ij^2 (y_i - y_j), with
 * w_ij = 1 / (1 + |y_i - y_j|^2). One evaluation: field_begin(), then field_chunk() for every chunk
 * (from any thread, in any order), then the readers. Same bits for any number of threads.
 */
#ifndef SYNTHDQ_CORE_TSNE_FIELD_H
#define SYNTHDQ_CORE_TSNE_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/job.h"
#include "core/tsne/field_exact.h"
#include "core/tsne/field_grid.h"

/* Two-dimensional maps of at least so many points go through the grid, which takes a fixed time of some
 * 0.3 ms and little more for each point; from here on that is less than all pairs take. */
#define FIELD_GRID_MIN_POINTS 2000

typedef struct Field
{
	bool is_grid;
	FieldExact exact;
	FieldGrid grid;
} Field;

/* Allocate from job->arena for n >= 1 points in dims (2 or 3) dimensions. SDQ_OK or a memory status. */
extern SdqStatus field_create(Job *job, size_t n, int dims, Field *field);

/* At most so many bytes are allocated by field_create with so many threads; false if that overflows. */
extern bool field_bytes(size_t n, int dims, int threads, size_t *bytes);

/* Begin an evaluation at y[n][dims]; what can be shared by threads is. SDQ_INTERRUPTED. */
extern SdqStatus field_begin(Job *job, Field *field, const double *y);

/* The chunks that are left then, possibly none, and one of them; any thread. */
extern size_t field_chunks(const Field *field);
extern void field_chunk(Field *field, size_t chunk);

/* After all chunks: Z, and f of the rows first .. first + count - 1 into force[count][dims]. Rows may
 * not cross a multiple of FIELD_ROW_ALIGNMENT. */
extern double field_z(const Field *field);
extern void field_forces(const Field *field, size_t first, size_t count, double *force);

#endif
