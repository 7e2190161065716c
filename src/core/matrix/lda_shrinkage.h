/*
 * lda_shrinkage.h
 *		The covariance within classes, shrunk towards a multiple of the identity, and its factor.
 *
 * With S the covariance within classes and t = tr(S) / d its mean variance, what discriminants use is
 *
 *		S' = (1 - s) S + s t I,		0 <= s <= 1.
 *
 * s > 0 makes S' regular whatever the rows are, constant columns included, as long as not all rows of each
 * class are equal.
 */
#ifndef SYNTHDQ_CORE_MATRIX_LDA_SHRINKAGE_H
#define SYNTHDQ_CORE_MATRIX_LDA_SHRINKAGE_H

#include <stdbool.h>

#include "core/base/job.h"
#include "core/matrix/class_scatter.h"

typedef struct LdaShrinkage
{
	bool automatic; /* by Ledoit and Wolf's formula */
	double value;   /* s in [0, 1], if not automatic */
} LdaShrinkage;

/* SdqStatus.detail of SDQ_BAD_DATA from all of lda. */
typedef enum LdaFault
{
	LDA_SINGULAR =
		1, /* S' is singular: row = a column (from 0) that is constant within the classes, or
					   * a combination of those before it; only if s = 0 */
	LDA_NO_SCATTER, /* all rows of each class are equal */
	LDA_CLASSES,    /* a = number of classes with rows, where b are needed */
} LdaFault;

/* Turn scatter->product into the Cholesky factor of S', where S is the product divided by `divisor`.
 * *used = s. LDA_SINGULAR, LDA_NO_SCATTER, SDQ_INTERRUPTED or a memory status. */
extern SdqStatus lda_factor(Job *job, ClassScatter *scatter, const LdaShrinkage *shrinkage,
							double divisor, double *used);

#endif
