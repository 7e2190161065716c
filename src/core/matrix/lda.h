/*
 * lda.h
 *		Linear discriminants: the directions in which classes differ most, compared with how much the rows
 *		of one class differ among themselves.
 *
 * With N rows x of classes c, n_c rows and the mean m_c in each, m the mean of all rows:
 *
 *		within    S = (1/N) sum (x - m_c)(x - m_c)'			shrunk to S', see lda_shrinkage.h
 *		between   B = (1/N) sum n_c (m_c - m)(m_c - m)'
 *
 * the discriminants are the solutions of B v = l S' v with l > 0, scaled to v' S' v = 1, in descending order of
 * l: Fisher 1936; Rao 1948; Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", section
 * 4.3. l is the variance between the classes' means along v, where that within the classes is 1.
 */
#ifndef SYNTHDQ_CORE_MATRIX_LDA_H
#define SYNTHDQ_CORE_MATRIX_LDA_H

#include "core/base/job.h"
#include "core/matrix/class_scatter.h"
#include "core/matrix/lda_shrinkage.h"

typedef struct Lda
{
	size_t d;
	size_t n_classes;
	size_t q;           /* number of discriminants; may be 0 */
	int64_t *count;     /* [n_classes] */
	double *class_mean; /* [n_classes][d], in units of the data */
	double *mean;       /* [d] of all rows */
	double *components; /* [q][d]; the loading of largest magnitude is positive */
	double *value;      /* [q] the l of each discriminant, descending */
	double *ratio;      /* [q] its share in the sum of all l */
	double shrinkage;   /* the s in use */
} Lda;

/*
 * Fit at most q discriminants, q >= 1 (else SDQ_BAD_ARGUMENT). There are at most one less than classes
 * with rows, at most d, and those whose l is below rounding (d eps max(l_1, 1)) are left out: classes with
 * equal means have none. LDA_CLASSES with less than two classes, LDA_SINGULAR, LDA_NO_SCATTER,
 * SDQ_INTERRUPTED or a memory status, before the work where the limit is in the way. From job->arena,
 * 8 d (2 d + 6 n_classes) bytes or less beside a panel of rows; n d^2 + d^3/3 multiplications.
 * Same bits for any number of threads.
 */
extern SdqStatus lda_fit(Job *job, const ClassRows *classes, size_t q,
						 const LdaShrinkage *shrinkage, Lda *lda);

/* scores[rows->n][q] = (rows - their mean) components', in units of the standard deviation within classes.
 * All rows of the store, whose mean must be that of the fit: a fit of all rows. The same of a single row by mean and
 * components: pca_model_scores(). */
extern SdqStatus lda_scores(Job *job, const RowStore *rows, const Lda *lda, double *scores);

#endif
