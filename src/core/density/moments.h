/*
 * moments.h
 *		Mean and covariance of values with counts, for data far from zero as well.
 *
 * Values are taken relative to one of their own, so that a common offset (1e9 + noise) cancels
 * exactly before anything is squared, and all sums are compensated. Main thread; polls the stop flag.
 * Values must be finite and so scaled that their squares neither overflow nor vanish.
 */
#ifndef SYNTHDQ_CORE_DENSITY_MOMENTS_H
#define SYNTHDQ_CORE_DENSITY_MOMENTS_H

#include <stddef.h>

#include "core/base/status.h"
#include "core/base/stop.h"

/* Of points of the plane. */
typedef struct Covariance2d
{
	double xx;
	double xy;
	double yy;
} Covariance2d;

/* A mean in two pieces: shift + offset. */
typedef struct Centre
{
	double shift;  /* one of the values */
	double offset; /* mean of (value - shift) */
} Centre;

/* The centre of values[n] with weights[n] (counts as doubles, their sum exact); n >= 1. */
extern SdqStatus centre_of(Stop *stop, const double *values, const double *weights, size_t n,
						   Centre *centre);

/* sum of weights * (a - centre_a) * (b - centre_b) / (sum of weights - 1); the sum must exceed 1. With
 * a = b the variance, exactly 0 if all values are equal. */
extern SdqStatus covariance_of(Stop *stop, const double *a, const Centre *centre_a, const double *b,
							   const Centre *centre_b, const double *weights, size_t n,
							   double *covariance);

#endif
