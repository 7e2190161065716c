/*
 * separation.h
 *		How well a linear function of the columns tells two classes apart.
 */
#ifndef SYNTHDQ_CORE_MATRIX_SEPARATION_H
#define SYNTHDQ_CORE_MATRIX_SEPARATION_H

#include "core/base/job.h"
#include "core/matrix/class_scatter.h"
#include "core/matrix/lda_shrinkage.h"
#include "core/tests/tail.h"

/*
 * Class 0 is x, class 1 is y; delta = mean of y - mean of x; S the covariance within both (divisor
 * n_x + n_y - 2), shrunk to S' (lda_shrinkage.h).
 *
 *	direction		v = S'^-1 delta / D: v' S' v = 1, so that the classes' means lie D apart on it
 *	mahalanobis2	D^2 = delta' S'^-1 delta
 *	auc				Phi(D / sqrt 2), the AUC of two normal classes at this distance
 *	auc_corrected	the same of the distance without what chance adds to it:
 *						(N - e - 3) / (N - 2) D^2 - e (1/n_x + 1/n_y), at least 0,
 *					with e = tr(S'^-1 S) in place of the number of columns. For s = 0, where e = d, that is
 *					unbiased for normal classes (Lachenbruch and Mickey, Technometrics 10, 1968).
 *	auc_cross_validated  the rows of each class are dealt to two halves, of each two successive ones one to
 *					either by a coin with a fixed seed (RNG_STREAM_LDA); each half is scored by the
 *					direction of the other; pairs (x, y) of one half in which y scores higher, ties 1/2, over all
 *					such pairs. No law is assumed. NaN if a class has one row, or a half cannot be fitted
 *	t2, f, p		Hotelling's test: t2 = n_x n_y / N D^2, and
 *						f = (1 - s) t2 (N - d' - 1) / (d' (N - 2)) with d' and N - d' - 1 degrees of freedom,
 *					d' the number of columns that are not constant. Exact for normal classes if s = 0. Since
 *					S' >= (1 - s) S, p is an upper bound otherwise. NaN if N < d' + 2
 */
typedef struct Separation
{
	double *direction; /* [d] per unit of the data */
	double shrinkage;  /* the s in use */
	double mahalanobis2;
	double auc;
	double auc_corrected;
	double auc_cross_validated;
	double t2;
	double f;
	double df_1;
	double df_2;
	PValue p;
	int64_t n_x;
	int64_t n_y;
} Separation;

/*
 * All of it, for the rows of two classes (classes->n_classes = 2, index NULL); direction from job->arena.
 * LDA_CLASSES if a class has no rows, LDA_SINGULAR, LDA_NO_SCATTER, SDQ_INTERRUPTED, or a memory
 * status. 2 n d^2 multiplications. Same bits for any number of threads.
 */
extern SdqStatus separation(Job *job, const ClassRows *classes, const LdaShrinkage *shrinkage,
							Separation *result);

#endif
