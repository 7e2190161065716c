/*
 * kmeans_score.h
 *		Distances of rows to all centres, fast, with a bound of their error; and exact where it matters.
 *
 * "The distance" of a row to a centre is double_distance2() of the row as kmeans_row_read() gives it
 * and the centre in double. Scores are approximations of its square with a proven error. Whoever
 * decides by scores where they are clear, and by distances where they are not, decides as if there
 * were distances only: results depend neither on the instruction set nor on what else was computed
 * in the same product.
 */
#ifndef SYNTHDQ_CORE_MATRIX_KMEANS_SCORE_H
#define SYNTHDQ_CORE_MATRIX_KMEANS_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/matrix/kmeans_kernel.h"
#include "core/matrix/kmeans_rows.h"

/* k centres, and what scores are computed from. */
typedef struct Centers
{
	size_t k;
	size_t n_panels;
	double *exact;   /* [k][d] in units of the rows */
	void *panels;    /* [n_panels], each as the kernels want them */
	double *offsets; /* [n_panels][PANEL_CENTERS]; infinite beyond k */
	double *norms;   /* [n_panels] the largest |c| of the panel */
	double *errors;  /* [n_panels] of bytes: the largest distance of a centre to its digits */

	double largest_norm; /* of all panels */
	double largest_error;
} Centers;

/* Scores of one row take so many doubles. */
static inline size_t
score_stride(const Centers *centers)
{
	return centers->n_panels * PANEL_CENTERS;
}

/* Allocate for k centres, whose `exact` the caller fills. */
extern SdqStatus centers_allocate(Arena *arena, const KmeansRows *rows, size_t k, Centers *centers);

/* Bytes that takes, for n rows of d columns kept as bytes or not. */
extern double centers_memory(bool is_bytes, size_t d, size_t k);

/* Bring one panel up to its centres, then, once all panels are, the rest. Different panels may be
 * prepared by different threads. */
extern void centers_prepare_panel(const KmeansRows *rows, Centers *centers, size_t panel);
extern void centers_prepared(Centers *centers);

/* Both, for all panels, on the pool. */
extern SdqStatus centers_prepare(Job *job, const KmeansRows *rows, Centers *centers);

/* scores[count][score_stride()] of up to KERNEL_ROWS rows list[count]; infinite beyond k. */
extern void score_rows(const KmeansRows *rows, const Centers *centers, const uint32_t *list,
					   size_t count, double *scores);

/* By how much a score of row i may be off the square of the distance in exact arithmetic, or that of
 * the distance in double off it. */
extern double score_error(const KmeansRows *rows, const Centers *centers, size_t i);

#endif
