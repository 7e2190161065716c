/*
 * labelled_points.h
 *		Points of the plane on two sides, and what is to be asked of them: what aggregates collect.
 *
 * Memory is that of a SampleMemory, which every function is given. Main thread.
 */
#ifndef SYNTHDQ_CORE_DENSITY_LABELLED_POINTS_H
#define SYNTHDQ_CORE_DENSITY_LABELLED_POINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/density/pair.h"
#include "core/density/points.h"
#include "core/sample/memory.h"

typedef struct LabelledPoints
{
	bool has_options; /* false: no point has come yet */
	PairOptions options;
	size_t n[2];
	size_t capacity[2];
	Point2d *points[2]; /* [capacity], in the order in which they came; no NaN, no -0 */
} LabelledPoints;

/* What is wrong with bytes or with a merge: the detail of SDQ_BAD_DATA. */
typedef enum LabelledPointsFault
{
	LABELLED_POINTS_BYTES = 1, /* the encoder has not written them */
	LABELLED_POINTS_OPTIONS,   /* two values with different options are to be merged */
} LabelledPointsFault;

/* No points, no options. */
extern void labelled_points_init(LabelledPoints *labelled);

/* The options of the next point: taken from the first, compared with those of the others. */
extern SdqStatus labelled_points_expect(LabelledPoints *labelled, const PairOptions *options);

/* Add a point without NaN to side 0 or 1. After a failure the value is whole. At most SAMPLE_MAX_COUNT a side:
 * SDQ_TOO_LARGE. */
extern SdqStatus labelled_points_add(LabelledPoints *labelled, SampleMemory *memory, int side,
									 double x, double y);

/* Add all points of another value, which may be the same one. */
extern SdqStatus labelled_points_merge(LabelledPoints *labelled, SampleMemory *memory,
									   const LabelledPoints *other);

/* Could these be options of a comparison? For what comes from outside. */
extern bool pair_options_are_valid(const PairOptions *options);

/* The size of the value in bytes; writing it; and the way back into uninitialised memory, which believes
 * nothing. */
extern size_t labelled_points_size(const LabelledPoints *labelled);
extern void labelled_points_encode(const LabelledPoints *labelled, uint8_t *bytes);
extern SdqStatus labelled_points_decode(LabelledPoints *labelled, SampleMemory *memory,
										const uint8_t *bytes, size_t size);

#endif
