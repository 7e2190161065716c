/*
 * kmeans_finish.h
 *		From the labels that Lloyd's iteration found to the result, in double.
 */
#ifndef SYNTHDQ_CORE_MATRIX_KMEANS_FINISH_H
#define SYNTHDQ_CORE_MATRIX_KMEANS_FINISH_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/matrix/kmeans.h"
#include "core/matrix/kmeans_rows.h"

/* Fill *result (allocated, for at least k clusters) from labels[n] in 0 .. k - 1, some of which may
 * not occur. */
extern SdqStatus kmeans_finish(Job *job, const KmeansRows *rows, const int32_t *labels, size_t k,
							   Kmeans *result);

/* Bytes that takes while it runs. */
extern double kmeans_finish_memory(const RowStore *store, size_t k, int threads);

#endif
