/*
 * kde2d_state.h
 *		The aggregate state of kde2d: parameters and points.
 *
 * In memory under construction it is an expanded object, changed in place; elsewhere it is flat, with
 * the points in the order in which they came. Merging appends. No result depends on that order: the
 * density sorts a copy. A point holds no NaN and no -0; infinities are values.
 */
#ifndef SYNTHDQ_PG_KDE2D_STATE_H
#define SYNTHDQ_PG_KDE2D_STATE_H

#include "postgres.h"

#include "core/density/kde2d.h"
#include "fmgr.h"

/* An expanded value that may be changed. */
typedef struct Kde2dState Kde2dState;

/*
 * Argument 0 as an object that may be changed in place; an empty one if argument 0 is NULL, in the
 * aggregate's context where there is one. `options` are this row's; if argument 0 holds others:
 * INVALID_PARAMETER_VALUE.
 */
extern Kde2dState *kde2d_state_for_update(FunctionCallInfo fcinfo, const Kde2dOptions *options);

/* Add a point. Errors (PROGRAM_LIMIT_EXCEEDED) beyond synthdq.max_memory leave the value whole. */
extern void kde2d_state_add(Kde2dState *state, double x, double y);

/* The read-write Datum of a state, as a transition function returns it. */
extern Datum kde2d_state_datum(Kde2dState *state);

/* Look into a value, flat or expanded: the number of points, and the points and options, which are
 * borrowed from it or from a detoasted copy in CurrentMemoryContext. */
extern size_t kde2d_state_open(Datum value, const Point2d **points, Kde2dOptions *options);

/* A number that values with the same points in the same order share, and that others have with a chance of 2^-64:
 * at once where the value is flat and in memory, else after a look at all points. */
extern uint64 kde2d_state_fingerprint(Datum value);

/* A flat value with the points of a set, each as often as its weight says, n in all. */
extern Datum kde2d_state_of_set(const PointSet *set, size_t n, const Kde2dOptions *options);

#endif
