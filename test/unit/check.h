/*
 * check.h
 *		The unit tests' whole framework: TAP lines on standard output, one program per file.
 *
 * A test file includes this once and ends main() with `return check_done();`.
 */
#ifndef SYNTHDQ_TEST_UNIT_CHECK_H
#define SYNTHDQ_TEST_UNIT_CHECK_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Is this the build that looks for data races, at fifty times the cost of each memory access? It
 * needs each parallel section once, not each comparison with a plain oracle. */
#ifdef __SANITIZE_THREAD__
#define CHECK_RACES_ONLY true
#else
#define CHECK_RACES_ONLY false
#endif

static int check_count = 0;
static int check_failures = 0;

/* One TAP line; the name is a sentence that says what must hold. */
static inline void
check(bool holds, const char *name)
{
	check_count++;
	if (!holds)
		check_failures++;
	printf("%s %d - %s\n", holds ? "ok" : "not ok", check_count, name);
}

/* The tolerance is relative to want,
 * absolute where want is 0. NaN is close to NaN only. */
static inline void
check_close(double got, double want, double tolerance, const char *name)
{
	double error = want == 0 ? fabs(got) : fabs(got - want) / fabs(want);
	bool holds = got == want || error <= tolerance || (isnan(got) && isnan(want));

	check(holds, name);
	if (!holds)
		printf("# got %.17g, want %.17g, relative error %.3g > %.3g\n", got, want, error,
			   tolerance);
}

/* The plan line, and the exit status. */
static inline int
check_done(void)
{
	printf("1..%d\n", check_count);
	return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
