/*
 * kmeans_assign.h
 *		Labels for a tile of rows, without measuring rows whose label cannot have changed.
 */
#ifndef SYNTHDQ_CORE_MATRIX_KMEANS_ASSIGN_H
#define SYNTHDQ_CORE_MATRIX_KMEANS_ASSIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/matrix/kmeans_lloyd.h"

/* The most rows of a tile. */
#define TILE_MAX_ROWS ((size_t) 256)

/* The root of a squared distance, rounded up. */
extern float kmeans_upper_root(double distance2);

/*
 * Bring the labels of rows start .. start + count - 1 up to the run's centres, and list those that
 * changed in moves[count]: returns their number. Bounds are brought up to date with the last movement
 * of the centres; with use_bounds, rows that they prove to keep their label are not read. Scratch:
 * scores[KERNEL_ROWS][score_stride()], row[d].
 */
extern size_t assign_tile(const KmeansRows *rows, LloydRun *run, bool use_bounds, size_t start,
						  size_t count, Move *moves, double *scores, double *row);

#endif
