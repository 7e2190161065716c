/*
 * covariance.h
 *		Values of the SQL type covariance: expanded while an aggregate adds to them, flat elsewhere.
 */
#ifndef SYNTHDQ_PG_COVARIANCE_H
#define SYNTHDQ_PG_COVARIANCE_H

#include "postgres.h"

#include "core/base/status.h"
#include "core/matrix/covariance.h"
#include "core/matrix/covariance_codec.h"

#define COVARIANCE_NAME "covariance"

/* The settled sums of a value, flat or expanded: borrowed from it or made in CurrentMemoryContext, not to
 * be changed. */
extern const Covariance *covariance_value_open(Datum value);

/* The flat form of a value, borrowed from it or made in CurrentMemoryContext. */
extern struct varlena *covariance_value_flat(Datum value);

/* What is wrong with bytes that covariance_open() refused, as a sentence. */
extern char *covariance_fault_detail(SdqStatus status);

/* Raise what the core has reported; returns if it is SDQ_OK. */
extern void covariance_check(SdqStatus status);

#endif
