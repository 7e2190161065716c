/*
 * pca_reduce.h
 *		Rows replaced by their scores.
 */
#ifndef SYNTHDQ_CORE_MATRIX_PCA_REDUCE_H
#define SYNTHDQ_CORE_MATRIX_PCA_REDUCE_H

#include "core/base/job.h"
#include "core/matrix/pca.h"
#include "core/matrix/row_store.h"

/*
 * A finished store of the scores of all rows, in the same order. Rows that the components were not
 * fitted to must have been given the frame of those that they were (row_store_share_frame()); the
 * scores of a row then do not depend on what other rows there are. Allocated from job->arena. Same bits
 * for any number of threads. SDQ_BAD_DATA with a RowStoreFault if a score overflows, SDQ_INTERRUPTED or
 * a memory status.
 */
extern SdqStatus pca_reduce(Job *job, const RowStore *rows, const Pca *pca, RowStore *reduced);

#endif
