/*
 * kde2d_binned.h
 *		Points that are many beside the bandwidth, spread over the nodes of a lattice.
 */
#ifndef SYNTHDQ_CORE_DENSITY_KDE2D_BINNED_H
#define SYNTHDQ_CORE_DENSITY_KDE2D_BINNED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/gaussian.h"
#include "core/density/points.h"

/* Nodes of the lattice to a bandwidth, along both axes of the whitened plane. */
#define NODES_PER_BANDWIDTH 8

/*
 * The points of a set as points of other weights at the nodes of a lattice, and as they are where they are few; all of
 * them relative to *origin, from which nodes of a grid must then be counted, too.
 * For any points the density of the kernel about them is within 1e-4 of its peak (proof in kde2d_binned.c);
 * weights may be negative, and densities, in places where they are nothing beside the peak. The sum of the
 * weights is that of the set's but for rounding. Points ascend by x but for a part of a bandwidth.
 * *is_binned is false, and binned of no account, if more than `most` points would be left (SIZE_MAX: as many as it takes,
 * 3.2 times n), or if points are 1e9 bandwidths apart. (A column of more than a million nodes keeps a million at a time;
 * points contrived to contend for them may become more than that, too.)
 * In the job's arena, 84 bytes per node of a column, of at most a million, and 24 per point that may be left. 30 ns a
 * point, sequential, in the order of the set, so that the bits depend on the set alone.
 * Status: SDQ_INTERRUPTED, memory.
 */
extern SdqStatus points_bin(Job *job, const PointSet *points, const Gaussian2d *kernel, size_t most,
							PointSet *binned, Point2d *origin, bool *is_binned);

#endif
