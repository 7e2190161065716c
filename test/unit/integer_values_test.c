/*
 * integer_values_test.c
 *		Integers among floating point numbers, on each instruction set.
 */
#include "core/sample/integer_values.h"

#include <float.h>
#include <math.h>

#include "check.h"
#include "core/base/rng.h"

#define MOST     150
#define N_ROUNDS 3000

#define N_ITEMS(array) (sizeof(array) / sizeof((array)[0]))

/* No integers, or not below the limit: as doubles, and as floats too. */
static const double others[] = {0.5,
								-0.5,
								1e-30,
								-1e-30,
								1000.25,
								-254.75,
								INTEGER_VALUE_LIMIT,
								-INTEGER_VALUE_LIMIT,
								INTEGER_VALUE_LIMIT + 1,
								16777216,
								-4294967296.0,
								0x1p52,
								0x1p127,
								-FLT_MAX,
								INFINITY,
								-INFINITY,
								NAN};

/* The extremes of what is taken. */
static const int32_t extremes[] = {
	0, 1, -1, 255, INTEGER_VALUE_LIMIT - 1, -(INTEGER_VALUE_LIMIT - 1)};

/* All levels on integers, with an other number among them, or none (at >= n). */
static bool
levels_agree(Rng *rng, size_t n, size_t at, double other)
{
	double doubles[MOST];
	float floats[MOST];
	int32_t wanted[MOST];
	int32_t least = INT32_MAX;
	int32_t greatest = INT32_MIN;
	bool right = true;

	for (size_t i = 0; i < n; i++)
	{
		wanted[i] = i % 4 == 0 ? extremes[rng_u64(rng) % N_ITEMS(extremes)]
							   : (int32_t) (rng_u64(rng) % 2000) - 1000;
		least = wanted[i] < least ? wanted[i] : least;
		greatest = wanted[i] > greatest ? wanted[i] : greatest;
		doubles[i] = i == at ? other : wanted[i];
		/* The other zero is the same number. */
		if (doubles[i] == 0 && rng_u64(rng) % 2 == 0)
			doubles[i] = -0.0;
		floats[i] = (float) doubles[i];
	}
	for (int level = CPU_PLAIN; level <= (int) cpu_level(); level++)
	{
		int32_t room[2][MOST];
		IntegerValues of_doubles = {.values = room[0]};
		IntegerValues of_floats = {.values = room[1]};
		bool all = at >= n;

		right = right && integer_values_double((CpuLevel) level, doubles, n, &of_doubles) == all &&
				integer_values_float((CpuLevel) level, floats, n, &of_floats) == all;
		if (!all)
			continue;
		right = right && of_doubles.least == least && of_doubles.greatest == greatest &&
				of_floats.least == least && of_floats.greatest == greatest;
		for (size_t i = 0; i < n; i++)
			right = right && room[0][i] == wanted[i] && room[1][i] == wanted[i];
	}
	return right;
}

int
main(void)
{
	bool right = true;
	Rng rng;

	rng_seed(&rng, 1, 0);
	for (size_t k = 0; k < N_ROUNDS; k++)
	{
		size_t n = 1 + k % MOST;

		right = levels_agree(&rng, n, n, 0) && right;
	}
	check(right, "integers of either type are found, on every instruction set");
	right = true;
	for (size_t k = 0; k < N_ROUNDS; k++)
	{
		size_t n = 1 + k % MOST;

		right = levels_agree(&rng, n, rng_u64(&rng) % n, others[k % N_ITEMS(others)]) && right;
	}
	check(right, "fractions, large integers, infinities and NaN are not taken for them");
	return check_done();
}
