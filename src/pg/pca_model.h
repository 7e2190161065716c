/*
 * pca_model.h
 *		The composite type pca_model: made of a fit, and read again.
 */
#ifndef SYNTHDQ_PG_PCA_MODEL_H
#define SYNTHDQ_PG_PCA_MODEL_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/array.h"

#include "core/matrix/pca.h"

/* A fit as the result of a function that returns pca_model. An error if a variance is beyond the
 * range of double precision. */
extern Datum pca_model_datum(FunctionCallInfo fcinfo, const Pca *pca);

#endif
