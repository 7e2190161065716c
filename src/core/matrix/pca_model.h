/*
 * pca_model.h
 *		Single rows and the components of others: coordinates, the row they stand for, what is lost.
 *
 * Rows, coordinates and models are plain arrays. Nothing is allocated, no thread and no library is
 * used, and results have the same bits on every processor, alone or among other rows. Values that
 * are not finite give results that are not.
 */
#ifndef SYNTHDQ_CORE_MATRIX_PCA_MODEL_H
#define SYNTHDQ_CORE_MATRIX_PCA_MODEL_H

#include <stddef.h>

/* What is needed of a fitted model; borrowed. */
typedef struct PcaModel
{
	size_t d;
	size_t q;
	const double *mean;       /* [d] */
	const double *components; /* [q][d], orthonormal */
} PcaModel;

/* scores[q] = (row - mean) components^T; row[d] is centred in place. The bits are those of
 * pca_scores() for the same row, unless a product underflows. */
extern void pca_model_scores(const PcaModel *model, double *row, double *scores);

/* row[d] = mean + scores[q] components: the row that these coordinates stand for. */
extern void pca_model_row(const PcaModel *model, const double *scores, double *row);

/* The Euclidean distance of row[d] from the row that its coordinates stand for, from differences,
 * so that a small one keeps its digits; free of overflow as long as the scores are. Destroys row;
 * scores[q] are set as by pca_model_scores(). */
extern double pca_model_distance(const PcaModel *model, double *row, double *scores);

#endif
