/*
 * points.h
 *		Points of the plane in canonical order.
 */
#ifndef SYNTHDQ_CORE_DENSITY_POINTS_H
#define SYNTHDQ_CORE_DENSITY_POINTS_H

#include <stddef.h>

#include "core/base/job.h"
#include "core/base/status.h"

/* No NaN, no -0. */
typedef struct Point2d
{
	double x;
	double y;
} Point2d;

/* A multiset of points: the distinct ones ascending by (x, y), with their counts as doubles. */
typedef struct PointSet
{
	size_t n;
	double *x;       /* [n] */
	double *y;       /* [n] */
	double *weights; /* [n] */
} PointSet;

/*
 * The multiset of points[n] (borrowed, not changed), in the job's arena: the same bits for any order
 * of the points and any number of threads. A merge sort over the pool, O(n log n); memory 56 bytes
 * per point, of which 24 stay.
 */
extern SdqStatus points_collect(Job *job, const Point2d *points, size_t n, PointSet *set);

#endif
