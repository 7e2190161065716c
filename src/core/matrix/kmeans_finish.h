/*
 * kmeans_finish.h
 *		From the labels that Lloyd's iteration found to the result, in double.
 */
#ifndef SYNTHDQ_CORE_MATRIX_KMEANS_FINISH_H
#define SYNTHDQ_CORE_MATRIX_KMEANS_FINISH_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/matrix/float_rows.h"
#include "core/matrix/kmeans.h"
#include "core/matrix/row_store.h"

/* Fill *result (allocated, for at least k clusters) from labels[n] in 0 .. k - 1, some of which may
 * not occur. rows are the float copies of the store's rows. */
extern SdqStatus kmeans_finish(Job *job, const RowStore *store, const FloatRows *rows,
							   const int32_t *labels, size_t k, Kmeans *result);

#endif
