/*
 * distance.h
 *		Squared Euclidean distances of two vectors of d numbers, and squared norms.
 *
 * Differences in double, or in integers for bytes, summed in an order that depends on d alone:
 * exactly 0 for equal vectors, symmetric, the same on every machine; exact for bytes. Overflow gives
 * infinity. Vectors of two types have the distance that both would have as doubles.
 */
#ifndef SYNTHDQ_CORE_MATRIX_DISTANCE_H
#define SYNTHDQ_CORE_MATRIX_DISTANCE_H

#include <stddef.h>
#include <stdint.h>

extern double byte_distance2(const uint8_t *x, const uint8_t *y, size_t d);
extern double float_distance2(const float *x, const float *y, size_t d);
extern double double_distance2(const double *x, const double *y, size_t d);
extern double byte_float_distance2(const uint8_t *x, const float *y, size_t d);
extern double byte_double_distance2(const uint8_t *x, const double *y, size_t d);
extern double float_double_distance2(const float *x, const double *y, size_t d);

/* |x|^2, each product exact in double, summed like the distances. */
extern double float_norm2(const float *x, size_t d);

#endif
