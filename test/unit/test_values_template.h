/*
 * test_values_template.h
 *		Calls of a test of two samples, for its unit test: on views and on plain values.
 *
 * Included once by the unit test, which defines before it
 *
 *		TESTED_FUNCTION		SdqStatus f(Tally *, TestMethod, Arena *, Stop *, TESTED_RESULT *)
 *		TESTED_RESULT		the type of its result, which has a member `method`
 */
#include "check.h"
#include "sample_views.h"

/* Test two views, which are freed. */
static SdqStatus
test_views(SampleView x, SampleView y, TestMethod method, TESTED_RESULT *result)
{
	Tally tally = tally_open(&x, &y);
	Arena arena;
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), 0);
	status = TESTED_FUNCTION(&tally, method, &arena, NULL, result);
	arena_free(&arena);
	view_free(&x);
	view_free(&y);
	return status;
}

/* Test two arrays of values in any order; must succeed. */
static TESTED_RESULT
test_values(const double *x, size_t n_x, const double *y, size_t n_y, TestMethod method)
{
	TESTED_RESULT result = {.method = TEST_AUTO};

	check(!sdq_failed(test_views(view_of_values(x, n_x), view_of_values(y, n_y), method, &result)),
		  "the test succeeds");
	return result;
}

/* The same for two arrays in scope. */
#define TEST_VALUES(x, y, method) test_values(x, N_ITEMS(x), y, N_ITEMS(y), method)
