/*
 * kmeans_step_state.h
 *		The aggregate state of kmeans_step: the given centres, and exact sums of the rows of each.
 *
 * In memory under construction it is an expanded object, changed in place; elsewhere it is flat. The
 * same centres and rows have the same flat bytes, whatever the order of rows and of merging.
 */
#ifndef SYNTHDQ_PG_KMEANS_STEP_STATE_H
#define SYNTHDQ_PG_KMEANS_STEP_STATE_H

#include "postgres.h"

#include "core/matrix/kmeans_step.h"
#include "fmgr.h"
#include "pg/byte_state.h"
#include "utils/array.h"

/* Argument 0 as an object that may be changed in place; one without rows if argument 0 is NULL, in the
 * aggregate's context where there is one. `centers` is this row's argument, a detoasted real[]; if it is no
 * matrix of finite numbers, or argument 0 holds others: an error. */
extern ByteState *kmeans_step_state_for_update(FunctionCallInfo fcinfo, ArrayType *centers);

/* Add a row of so many finite numbers. */
extern void kmeans_step_state_add(ByteState *state, const double *x);

/* Look into a value, flat or expanded: borrowed from it, or in CurrentMemoryContext. DATA_CORRUPTED if its bytes
 * make no sense. */
extern const KmeansStep *kmeans_step_state_open(Datum value);

#endif
