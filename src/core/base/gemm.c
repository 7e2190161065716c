/*
 * gemm.c
 *		The plain matrix products, for float and double.
 */
#include "core/base/blas.h"

/* A panel of doubles takes 128 kB of stack and of the second-level cache. */
#define GEMM_DEPTH 64
#define GEMM_WIDTH 256

#define GEMM_NAME plain_sgemm
#define GEMM_REAL float
#include "core/base/gemm_template.h"
#undef GEMM_NAME
#undef GEMM_REAL

#define GEMM_NAME plain_dgemm
#define GEMM_REAL double
#include "core/base/gemm_template.h"
