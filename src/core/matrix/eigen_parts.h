/*
 * eigen_parts.h
 *		What the files of the eigensolver share. Private to eigen*.c and tridiagonal*.c; eigen.c
 *		explains the whole.
 */
#ifndef SYNTHDQ_CORE_MATRIX_EIGEN_PARTS_H
#define SYNTHDQ_CORE_MATRIX_EIGEN_PARTS_H

#include <stddef.h>

#include "core/base/job.h"

/* Copy a[n][n], multiplied by a power of two that brings its largest magnitude into [0.5, 1); the
 * factor is 1 for a matrix of zeros. SDQ_INTERRUPTED. */
extern SdqStatus eigen_copy_scaled(Job *job, double *copy, const double *a, size_t n,
								   double *factor);

/* Turn the vector so that its entry of largest magnitude, the first of equals, is positive. */
extern void eigen_fix_sign(double *vector, size_t n);

#endif
