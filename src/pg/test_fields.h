/*
 * test_fields.h
 *		Results of tests as fields of a row, in the order in which SQL declares them.
 *
 * A test alone returns them as a composite, a test of many positions as part of each row.
 */
#ifndef SYNTHDQ_PG_TEST_FIELDS_H
#define SYNTHDQ_PG_TEST_FIELDS_H

#include "postgres.h"

#include "core/tests/cvm.h"
#include "core/tests/distances.h"
#include "core/tests/ks.h"
#include "core/tests/mw.h"
#include "pg/result.h"

extern void put_ks_fields(ResultRow *row, const KsResult *result);
extern void put_mw_fields(ResultRow *row, const MwResult *result);
extern void put_cvm_fields(ResultRow *row, const CvmResult *result);
extern void put_wasserstein_fields(ResultRow *row, const WassersteinResult *result);

#endif
