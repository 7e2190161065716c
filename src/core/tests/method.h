/*
 * method.h
 *		Which null law a test's p-values come from, and how a test says that it cannot oblige.
 */
#ifndef SYNTHDQ_CORE_TESTS_METHOD_H
#define SYNTHDQ_CORE_TESTS_METHOD_H

#include <stdbool.h>

#include "core/base/status.h"

/* As a request: AUTO is exact where that is cheap. As a result: what was done, never AUTO. */
typedef enum TestMethod
{
	TEST_AUTO,
	TEST_EXACT,
	TEST_ASYMPTOTIC,
} TestMethod;

/* The answer of an exact law that is counted unless that is too much work. */
typedef struct ExactLaw
{
	double work;  /* about a nanosecond each; where planning stopped early: more than the limit */
	bool is_done; /* the work was within the limit, and p not below EXACT_P_MIN */
	double log_p; /* ln P(a statistic of at least the one observed), if done */
} ExactLaw;

/* Below this, what was lost to underflow may have been seen. */
#define EXACT_P_MIN 1e-290

/* SdqStatus.detail of the tests. */
enum
{
	/* TEST_EXACT was asked for but is beyond the forced limit; SDQ_TOO_LARGE, a = units of work
	 * needed (about a nanosecond each; where counting stopped early: more than the limit), b = limit. */
	TESTS_EXACT_INFEASIBLE = 1,
};

/* The status of an exact law that would take too long. */
static inline SdqStatus
test_exact_infeasible(double work, double limit)
{
	SdqStatus status = sdq_error(SDQ_TOO_LARGE, work, limit);

	status.detail = TESTS_EXACT_INFEASIBLE;
	return status;
}

#endif
