/*
 * curve.h
 *		Points of the plane in the order of a space-filling curve: neighbours on it are neighbours there.
 */
#ifndef SYNTHDQ_CORE_TSNE_CURVE_H
#define SYNTHDQ_CORE_TSNE_CURVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"

/* A cell's coordinates on the curve are below this; so many cells a side has the square it fills. */
#define CURVE_SIDE 65536

/* The place of the cell (x, y), both below CURVE_SIDE, on Hilbert's curve: from 0 to CURVE_SIDE^2 - 1, one
 * for each cell, and successive places are adjacent cells. */
extern uint32_t curve_place(uint32_t x, uint32_t y);

/*
 * order[n]: the points y[n][2], finite, n < 2^32, along the curve through the square that holds them; those
 * of a cell ascend. keys[n] and scratch[n] are overwritten. SDQ_INTERRUPTED.
 */
extern SdqStatus curve_order(Job *job, const double *y, size_t n, uint64_t *keys, uint64_t *scratch,
							 uint32_t *order);

#endif
