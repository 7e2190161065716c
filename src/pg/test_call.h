/*
 * test_call.h
 *		What the SQL functions of all tests share: their samples, their method, how they run.
 *
 * A test in SQL is a composite result over (x ecdf, y ecdf), over the sample_pair state of an
 * aggregate, or over an ecdf[]. Its C function opens the samples, returns NULL if there is nothing to
 * compare, runs the core's test inside run_test(), and forms the result.
 */
#ifndef SYNTHDQ_PG_TEST_CALL_H
#define SYNTHDQ_PG_TEST_CALL_H

#include "postgres.h"

#include "core/sample/tally.h"
#include "core/tests/method.h"
#include "fmgr.h"
#include "pg/computation.h"

/* The samples of two ecdfs as a tally; false if one of them is empty. */
extern bool open_two(Datum x, Datum y, Tally *tally);

/* The samples of a sample_pair as a tally; false if one of them is empty. */
extern bool open_pair(Datum pair, Tally *tally);

/* The samples of an ecdf[] of any number of dimensions, in storage order, as streams[k]; a NULL element
 * is an empty sample. *streams is in CurrentMemoryContext; it is NULL if there is no element. */
extern size_t open_many(Datum array, SampleStream **streams);

/* Argument i, of type text: 'auto', 'exact' or 'asymptotic', else INVALID_PARAMETER_VALUE. */
extern TestMethod argument_method(FunctionCallInfo fcinfo, int i);

/* The name of a method that a test reports, as text. */
extern Datum method_datum(TestMethod method);

/* Raise what the status of a test stands for; n_x and n_y, the sizes of its samples, are for the message
 * of an exact law that is out of reach; n_y = 0 if there is one sample. */
extern void check_test_status(SdqStatus status, uint64 n_x, uint64 n_y);

/* Run test(job, work), which takes some ten milliseconds at most unless an exact law was asked for,
 * on the main thread. Raises all its errors, as check_test_status(). */
extern void run_test(ComputationWork test, void *work, uint64 n_x, uint64 n_y);

#endif
