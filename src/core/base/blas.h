/*
 * blas.h
 *		Matrix products by OpenBLAS, which is loaded on first use and has to prove itself.
 *
 * All matrices are row-major. Nothing is linked: the library is opened on first use, on the main
 * thread, and each call runs on the thread that makes it. See blas.c for how and why.
 */
#ifndef SYNTHDQ_CORE_BASE_BLAS_H
#define SYNTHDQ_CORE_BASE_BLAS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum BlasTranspose
{
	BLAS_NO_TRANSPOSE,
	BLAS_TRANSPOSE,
} BlasTranspose;

/*
 * C[m][n] = alpha * op(A)[m][k] * op(B)[k][n] + beta * C, row-major; lda, ldb, ldc are the distances
 * in elements between consecutive rows of A, B, C as stored. beta = 0 does not read C. C must not
 * alias A or B. May be called from pool threads, provided blas_load() ran on the main thread before.
 */
extern void blas_sgemm(BlasTranspose transpose_a, BlasTranspose transpose_b, size_t m, size_t n,
					   size_t k, float alpha, const float *a, size_t lda, const float *b,
					   size_t ldb, float beta, float *c, size_t ldc);
extern void blas_dgemm(BlasTranspose transpose_a, BlasTranspose transpose_b, size_t m, size_t n,
					   size_t k, double alpha, const double *a, size_t lda, const double *b,
					   size_t ldb, double beta, double *c, size_t ldc);

/* The plain kernels: for sizes beyond the library's int, where there is no library, and as the oracle of
 * the library's check. */
extern void plain_sgemm(BlasTranspose transpose_a, BlasTranspose transpose_b, size_t m, size_t n,
						size_t k, float alpha, const float *a, size_t lda, const float *b,
						size_t ldb, float beta, float *c, size_t ldc);
extern void plain_dgemm(BlasTranspose transpose_a, BlasTranspose transpose_b, size_t m, size_t n,
						size_t k, double alpha, const double *a, size_t lda, const double *b,
						size_t ldb, double beta, double *c, size_t ldc);

/* The name that the library goes by unless told otherwise. */
#define BLAS_LIBRARY "libopenblas.so.0"

typedef enum BlasState
{
	BLAS_READY,   /* the library is in use */
	BLAS_MISSING, /* it could not be opened, or is not an OpenBLAS */
	BLAS_WRONG,   /* its products are wrong on this processor */
} BlasState;

/* Main thread only: open and check the library if that has not succeeded yet. Every function of the
 * core that multiplies matrices calls it before it starts its threads; unless the state is BLAS_READY the
 * plain kernels do the work, many times slower: callers with users rather tell them. */
extern BlasState blas_load(void);

/* Main thread only: the file name of the library to open, for as long as none is open. Borrowed. */
extern void blas_set_library(const char *name);

/* What is in use: the library's own description of itself, or "plain". */
extern const char *blas_name(void);

/* For tests: from now on use the plain kernels (true) or the library, if there is one (false). */
extern void blas_force_plain(bool plain);

#endif
