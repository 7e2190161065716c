/*
 * fraction_keys_test.c
 *		Which numbers are fractions, and their keys, on each instruction set.
 */
#include "core/sample/fraction_keys.h"

#include <string.h>

#include "check.h"
#include "core/base/rng.h"
#include "core/sample/run.h"

#define MOST     150
#define N_ROUNDS 3000

#define N_ITEMS(array) (sizeof(array) / sizeof((array)[0]))

/* No key of its own, or none at all; the last double below 2^51 has a half, the first from there on is not
 * looked at. */
static const double others[] = {0.0,       -0.0,     1,      -1,           3,
								1e9,       -1e15,    0x1p51, -0x1p51,      1e300,
								-INFINITY, INFINITY, NAN,    0x1p51 + 0.5, 4503599627370497.0};
static const double fractions[] = {0.5,       -0.5,     5e-324,       -5e-324,        1e-300,
								   1e9 + 0.5, -1234.25, 0x1p51 - 0.5, -(0x1p51 - 0.5)};

/* All levels on values that have one other among them, or none (at >= n). */
static bool
levels_agree(Rng *rng, size_t n, size_t at, double other)
{
	double values[MOST];
	float floats[MOST];
	bool right = true;

	for (size_t i = 0; i < n; i++)
	{
		values[i] = rng_double(rng) - 0.5 + (double) (rng_u64(rng) % 1000) / 7;
		values[i] = i == at ? other : is_fraction(values[i]) ? values[i] : 0.5;
		floats[i] = (float) values[i];
		if (i != at && !is_fraction(floats[i]))
			floats[i] = 0.25f;
	}
	for (int level = CPU_PLAIN; level <= (int) cpu_level(); level++)
	{
		uint64_t keys[MOST];
		bool all = fraction_keys_double((CpuLevel) level, values, n, keys);

		right = right && all == (at >= n);
		for (size_t i = 0; i < n && all; i++)
			right = right && keys[i] == run_key(values[i]);
		all = fraction_keys_float((CpuLevel) level, floats, n, keys);
		right = right && all == (at >= n || is_fraction(floats[at]));
		for (size_t i = 0; i < n && all; i++)
			right = right && keys[i] == run_key(floats[i]);
	}
	return right;
}

int
main(void)
{
	bool right = true;
	Rng rng;

	rng_seed(&rng, 1, 0);
	for (size_t i = 0; i < N_ITEMS(others); i++)
		right = right && !is_fraction(others[i]);
	check(right, "integers, what is beyond 2^51, infinities and NaN are no fractions");
	right = true;
	for (size_t i = 0; i < N_ITEMS(fractions); i++)
		right = right && is_fraction(fractions[i]);
	check(right, "all else is");

	right = true;
	for (size_t k = 0; k < N_ROUNDS; k++)
	{
		size_t n = 1 + k % MOST;

		right =
			levels_agree(&rng, n, rng_u64(&rng) % (2 * n), others[k % N_ITEMS(others)]) && right;
	}
	check(right, "every instruction set finds the same");
	return check_done();
}
