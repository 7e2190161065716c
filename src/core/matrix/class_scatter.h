/*
 * class_scatter.h
 *		Means of classes, and how rows scatter around them.
 *
 * Everything is in the units of row_store_read_double(): centred at the store's means and scaled.
 */
#ifndef SYNTHDQ_CORE_MATRIX_CLASS_SCATTER_H
#define SYNTHDQ_CORE_MATRIX_CLASS_SCATTER_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/matrix/row_store.h"

/* Rows that belong to classes; borrowed. */
typedef struct ClassRows
{
	const RowStore *rows;
	const int32_t *label; /* [rows->n] class of each row, 0 to n_classes - 1 */
	size_t n_classes;
	const size_t *index; /* [n] the rows that count, ascending; NULL = all */
	size_t n;
} ClassRows;

typedef struct ClassScatter
{
	size_t n;
	size_t d;
	size_t n_classes;
	int64_t *count; /* [n_classes] rows of each class; may be 0 */
	double *mean;   /* [n_classes][d]; 0 for a class without rows */
	double
		*product;  /* [d][d] sum of (x - mean)(x - mean)' of each row and its class, lower triangle;
					  * above the diagonal undefined */
	double trace;  /* of product */
	double fourth; /* sum of |x - mean|^4 */
} ClassScatter;

/*
 * Compute all of it, from job->arena; at least one row. That takes 8 d (d + 2 n_classes) bytes, and
 * up to 8 MB for a panel of rows (more where 64 rows are larger), all of it allocated before the work. A
 * column in which all rows of each class are equal has a product of exactly 0, whatever its values. n d^2
 * multiplications, two passes over the rows. Same bits for any number of threads.
 */
extern SdqStatus class_scatter(Job *job, const ClassRows *classes, ClassScatter *scatter);

#endif
