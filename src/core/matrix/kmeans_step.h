/*
 * kmeans_step.h
 *		One iteration of Lloyd's algorithm as a sum over rows, for tables of any size.
 *
 * Each row goes to the nearest of k given centres, by kmeans_nearest(), and into the exact sums of its cluster. Two
 * objects over the same centres merge, and neither the order of rows nor of merging matters to the
 * bits of the result (core/base/exact_sums.h). Memory: 12 k d bytes for the centres and 8 k d for each plane of the
 * sums, of which images have one to three.
 */
#ifndef SYNTHDQ_CORE_MATRIX_KMEANS_STEP_H
#define SYNTHDQ_CORE_MATRIX_KMEANS_STEP_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/exact_sums.h"
#include "core/base/stop.h"
#include "core/sample/memory.h"

typedef struct KmeansStep
{
	size_t k;
	size_t d;
	float *given;      /* [k][d] the centres */
	double *centers;   /* [k][d] the same */
	int64_t *sizes;    /* [k] rows */
	int64_t n;         /* all rows */
	ExactSums sums;    /* [k][d] of the rows of a cluster */
	ExactSums inertia; /* one: of squared distances */
} KmeansStep;

/* SdqStatus.detail of SDQ_BAD_DATA. */
typedef enum KmeansStepFault
{
	KMEANS_STEP_DISTANCE =
		1, /* the square of a row's distance exceeds a double: a = the distance */
	KMEANS_STEP_OTHER_CENTERS, /* objects over different centres do not merge */
	KMEANS_STEP_BYTES,         /* bytes that no encoder wrote */
} KmeansStepFault;

/* What an iteration says. */
typedef struct KmeansStepResult
{
	double inertia;  /* sum of the squared distances of all rows to the given centres */
	double moved;    /* sum of the squared distances of new to given centres */
	double variance; /* mean over the columns of the variance of all rows, with divisor n: what the
					  * tolerance of k-means is relative to */
} KmeansStepResult;

/* An object without rows over given[k][d] (copied), all finite. Failures, here and below: those of memory,
 * with what was allocated left to kmeans_step_free(). */
extern SdqStatus kmeans_step_init(KmeansStep *step, SampleMemory *memory, const float *given,
								  size_t k, size_t d);

/* Give all memory back to where it came from. */
extern void kmeans_step_free(KmeansStep *step, SampleMemory *memory);

/* Add a row x[d], all finite. SDQ_BAD_DATA with KMEANS_STEP_DISTANCE; SDQ_TOO_LARGE after INT64_MAX rows. */
extern SdqStatus kmeans_step_add(KmeansStep *step, SampleMemory *memory, const double *x);

/* Add the rows of another object. SDQ_BAD_DATA with KMEANS_STEP_OTHER_CENTERS. */
extern SdqStatus kmeans_step_merge(KmeansStep *step, SampleMemory *memory, const KmeansStep *other);

/* The means of the clusters, centers[k][d], rounded to float, with means[k][d] as scratch; a cluster without rows keeps
 * its centre. A mean that exceeds a float is infinite, and *result means nothing then. Polls `stop`:
 * SDQ_INTERRUPTED. */
extern SdqStatus kmeans_step_finish(const KmeansStep *step, Stop *stop, double *means,
									float *centers, KmeansStepResult *result);

/*
 * The bytes of an object, the same for the same centres and multiset of rows, on every machine: little-endian
 *		u32 version, u32 k, u32 d, float centres[k][d], i64 sizes[k], sums, inertia
 * and of sums u32 planes, then for each u32 place and i32 digits in normal form; places ascend, and every plane
 * has a digit that is not 0. kmeans_step_prepare() brings the object into normal form; its value stays.
 */
extern SdqStatus kmeans_step_prepare(KmeansStep *step, SampleMemory *memory);

/* Of a prepared object: the number of bytes (SIZE_MAX if that is no size_t), and the bytes. */
extern size_t kmeans_step_size(const KmeansStep *step);
extern void kmeans_step_encode(const KmeansStep *step, uint8_t *bytes);

/* The object of untrusted bytes, with its own memory. SDQ_BAD_DATA with KMEANS_STEP_BYTES. */
extern SdqStatus kmeans_step_decode(KmeansStep *step, SampleMemory *memory, const uint8_t *bytes,
									size_t size);

#endif
