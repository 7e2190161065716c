/*
 * covariance.h
 *		Exact sums of rows and of products of their columns: what means, covariances and principal
 *		components of any number of rows need, and what is added up over workers and partitions.
 *
 * The result depends on the multiset of rows alone, to the bit, for any order of adding and merging.
 * A column keeps at least 43 significant bits of its largest value: its numbers are rounded towards
 * zero to multiples of a step that is less than 2^-42 of that value, and everything after that is exact.
 * So integers of 32 bits, floats that are not below 2^-19 of the largest of their column, and 8-bit pixels,
 * also scaled to floats, lose nothing. An offset common to all rows matters only in that it takes some of
 * these bits. See covariance.c.
 *
 * The statuses are SDQ_BAD_DATA (with a CovarianceFault), SDQ_NO_MEMORY, SDQ_OVER_LIMIT (the limit of the
 * SampleMemory), SDQ_TOO_LARGE (more than COVARIANCE_MAX_COLUMNS or _ROWS: a = the number, b = the
 * limit) and SDQ_INTERRUPTED (where there is a Stop, which may be NULL). Main thread only.
 */
#ifndef SYNTHDQ_CORE_MATRIX_COVARIANCE_H
#define SYNTHDQ_CORE_MATRIX_COVARIANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/integers.h"
#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/matrix/covariance_kernel.h"
#include "core/sample/memory.h"

/* The sums of so many columns, of small integers, take 1 GB. */
#define COVARIANCE_MAX_COLUMNS ((size_t) 1 << 14)

/* So that sums of digits fit 64 bits and n times a sum of products fits 128. */
#define COVARIANCE_MAX_ROWS ((uint64_t) 1 << 40)

/* A column without a number other than 0 has no highest digit. */
#define COLUMN_OF_ZEROS (-128)

/* Where the highest digits of the smallest and the largest double lie (covariance.c). */
#define LOWEST_PLANE  (-51)
#define HIGHEST_PLANE 49

/* SdqStatus.detail of SDQ_BAD_DATA. */
typedef enum CovarianceFault
{
	COVARIANCE_NOT_FINITE =
		1,               /* a row with NaN or infinity: a = position (from 1), b = the number */
	COVARIANCE_LENGTH,   /* a row or value of another length: a = it, b = that of the first */
	COVARIANCE_EMPTY,    /* a row without elements */
	COVARIANCE_OVERFLOW, /* a result does not fit a double */
	/* What covariance_open() finds wrong with bytes. */
	COVARIANCE_BAD_VERSION, /* a = the version */
	COVARIANCE_BAD_SIZE,    /* bytes and numbers contradict each other */
	COVARIANCE_BAD_HEADER,  /* a number of rows or columns, or a plane, that cannot be */
	COVARIANCE_BAD_SUMS,    /* sums that no rows have, or not in their shortest form */
} CovarianceFault;

/* An integer of 128 bits that needs the alignment of 64. */
typedef struct WideInteger
{
	uint64_t low;
	int64_t high;
} WideInteger;

/* Sums of products of two digits, of all pairs of columns. */
typedef struct ProductSums
{
	int64_t *narrow;   /* [n_blocks][BLOCK_SUMS]; NULL while they are all 0 */
	WideInteger *wide; /* to be added to `narrow`; NULL while nothing had to be moved there */
	uint64_t bound;    /* no |narrow| is above it */
} ProductSums;

typedef struct Covariance
{
	SampleMemory *memory; /* borrowed; must outlive the object */
	uint64_t n;           /* rows, those in the buffer included */
	size_t d;             /* columns; 0 = no row has come yet */
	int8_t *planes;       /* [d] where the highest digit of a column lies, or COLUMN_OF_ZEROS */
	int64_t *sums[DIGIT_SLOTS]; /* [d] sums of digits, the highest first; NULL while they are 0 */
	ProductSums products[DIGIT_SLOTS][DIGIT_SLOTS];
	double *buffer; /* [buffer_capacity][d] rows that are not in the sums yet */
	size_t n_buffered;
	size_t buffer_capacity;
} Covariance;

/* A flat covariance (covariance_codec.h). */
typedef struct CovarianceView CovarianceView;

/* An object of no known length, without memory. */
extern void covariance_init(Covariance *covariance, SampleMemory *memory);

/* Give back all memory; the object is as after covariance_init(). */
extern void covariance_free(Covariance *covariance);

/*
 * Adding a row takes two steps: where to put its d numbers, and that they are there. The row is checked
 * in the second step, and if it is refused the object is as before. After a failure of the first step,
 * but for COVARIANCE_LENGTH and COVARIANCE_EMPTY, the object can only be freed.
 */
extern SdqStatus covariance_next_row(Covariance *covariance, size_t d, Stop *stop, double **row);
extern SdqStatus covariance_take_row(Covariance *covariance);

/* Both steps for a row that lies elsewhere. */
extern SdqStatus covariance_add(Covariance *covariance, const double *row, size_t d, Stop *stop);

/* Add all rows of a flat one. After a failure the object can only be freed. */
extern SdqStatus covariance_merge(Covariance *covariance, const CovarianceView *view, Stop *stop);

/* Bring the rows of the buffer into the sums; the value does not change. Those who read `planes`, `sums`
 * or `products` call it before. After a failure the object can only be freed. */
extern SdqStatus covariance_settle(Covariance *covariance, Stop *stop);

/* The sum of products of digit `a` of column i and digit `b` of column j, over settled rows. */
extern Int128 covariance_product(const Covariance *covariance, int a, int b, size_t i, size_t j);

/* The unit of a column's lowest digit is 2 to this; each digit above has 2^DIGIT_BITS times the unit.
 * The column is none of zeros. */
extern int covariance_unit(const Covariance *covariance, size_t column);

/* mean[d] of settled rows, at least one; correct to two roundings. */
extern void covariance_mean(const Covariance *covariance, double *mean);

/* matrix[d][d], both triangles: covariances with divisor n - 1 of at least two settled rows, each
 * correct to three roundings, without cancellation. COVARIANCE_OVERFLOW or SDQ_INTERRUPTED. */
extern SdqStatus covariance_matrix(const Covariance *covariance, Stop *stop, double *matrix);

/* variances[d], the diagonal of that. */
extern SdqStatus covariance_variances(const Covariance *covariance, double *variances);

#endif
