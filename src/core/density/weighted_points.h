/*
 * weighted_points.h
 *		Values that each have a weight, collected for densities: a multiset that merges exactly.
 *
 * Pairs are kept as they are, 16 bytes each, and brought into order when somebody looks; so nothing depends on
 * the order in which they came.
 */
#ifndef SYNTHDQ_CORE_DENSITY_WEIGHTED_POINTS_H
#define SYNTHDQ_CORE_DENSITY_WEIGHTED_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/weighted.h"
#include "core/sample/memory.h"

typedef enum WeightedFault
{
	WEIGHTED_WEIGHT = 1, /* a weight, a, is negative or infinite */
	WEIGHTED_OVERFLOW,   /* the sum of the weights, or of their squares, exceeds a double */
	WEIGHTED_BYTES,      /* bytes that no encoder has written */
} WeightedFault;

/* No NaN, no -0; the weight is finite and above 0. */
typedef struct WeightedPoint
{
	double value;
	double weight;
} WeightedPoint;

typedef struct WeightedPoints
{
	size_t n;
	size_t n_sorted; /* the first of them are in order: by value, then by weight */
	size_t capacity;
	WeightedPoint *points; /* [capacity] */
} WeightedPoints;

extern void weighted_points_init(WeightedPoints *points);

extern void weighted_points_free(WeightedPoints *points, SampleMemory *memory);

/* Add a value. A weight of 0, and NaN for either number, add nothing. Failures leave all as it is. */
extern SdqStatus weighted_points_add(WeightedPoints *points, SampleMemory *memory, double value,
									 double weight);

/* Add all of another one. */
extern SdqStatus weighted_points_merge(WeightedPoints *points, SampleMemory *memory,
									   const WeightedPoints *other);

/* Bring all into order: merge sort, with room for as many again. SDQ_INTERRUPTED, memory. */
extern SdqStatus weighted_points_sort(WeightedPoints *points, SampleMemory *memory, Stop *stop);

/* Sorted points as a sample, in the job's arena, 16 bytes each. The weights are those given times a power of 2 that brings
 * their sum into [4, 8), which changes nothing that a density is; *total is the sum of those given. */
extern SdqStatus weighted_points_sample(Job *job, const WeightedPoints *points,
										WeightedSample *sample, double *total);

/* As bytes: the size, write sorted points, read. Equal multisets have equal bytes. */
extern SdqStatus weighted_points_measure(const WeightedPoints *points, size_t *size);
extern void weighted_points_encode(const WeightedPoints *points, uint8_t *bytes);
extern SdqStatus weighted_points_decode(WeightedPoints *points, SampleMemory *memory,
										const uint8_t *bytes, size_t size);

#endif
