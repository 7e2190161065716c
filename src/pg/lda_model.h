/*
 * lda_model.h
 *		The composite type lda_model.
 */
#ifndef SYNTHDQ_PG_LDA_MODEL_H
#define SYNTHDQ_PG_LDA_MODEL_H

#include "postgres.h"

#include "fmgr.h"

#include "core/matrix/lda.h"
#include "pg/query_labels.h"

/* A fit as the result of a function that returns lda_model. */
extern Datum lda_model_datum(FunctionCallInfo fcinfo, const Lda *lda, const QueryLabels *labels);

#endif
