/*
 * rng_test.c
 *		The generator against published sequences, and the distributions drawn from it.
 */
#include "check.h"

#include <string.h>

#include "core/base/rng.h"

/* The first output of splitmix64 from state 0, which seeding mixes into the seed for stream 0. */
#define SPLITMIX_OF_0 UINT64_C(0xe220a8397b1dcdaf)

#define DRAWS 200000

/* Sequences of the authors' reference code (prng.di.unimi.it), as other implementations test them. */
static void
test_known_values(void)
{
	/* splitmix64 from 1234567. */
	static const uint64_t seeded[4] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
									   UINT64_C(9817491932198370423),
									   UINT64_C(4593380528125082431)};
	/* xoshiro256** from the state 1, 2, 3, 4. */
	static const uint64_t want[10] = {11520,
									  0,
									  1509978240,
									  UINT64_C(1215971899390074240),
									  UINT64_C(1216172134540287360),
									  UINT64_C(607988272756665600),
									  UINT64_C(16172922978634559625),
									  UINT64_C(8476171486693032832),
									  UINT64_C(10595114339597558777),
									  UINT64_C(2904607092377533576)};
	Rng rng = {.s = {1, 2, 3, 4}};
	bool same = true;

	for (int i = 0; i < 10; i++)
		same &= rng_u64(&rng) == want[i];
	check(same, "xoshiro256** gives the published sequence");
	rng_seed(&rng, 1234567 ^ SPLITMIX_OF_0, 0);
	check(memcmp(rng.s, seeded, sizeof(seeded)) == 0, "seeding is splitmix64's published sequence");
}

/* The same (seed, stream) gives the same numbers, any other pair others. */
static void
test_streams(void)
{
	static const uint64_t pairs[][2] = {{0, 0}, {0, 1},          {1, 0},
										{1, 1}, {UINT64_MAX, 0}, {0, UINT64_MAX}};
	uint64_t first[6];
	bool repeats = true;
	bool differs = true;

	for (int i = 0; i < 6; i++)
	{
		Rng a, b;

		rng_seed(&a, pairs[i][0], pairs[i][1]);
		rng_seed(&b, pairs[i][0], pairs[i][1]);
		first[i] = rng_u64(&a);
		repeats &= first[i] == rng_u64(&b);
		for (int j = 0; j < i; j++)
			differs &= first[i] != first[j];
	}
	check(repeats, "equal seeds and streams repeat");
	check(differs, "other seeds or streams differ");
}

/* Moments and ranges; the bounds are five standard errors wide. */
static void
test_distributions(void)
{
	double sum = 0;
	double sum2 = 0;
	double sum4 = 0;
	double low = 1;
	double high = 0;
	long counts[7] = {0};
	double chi2 = 0;
	Rng rng;

	rng_seed(&rng, 42, RNG_STREAM_TEST);
	for (int i = 0; i < DRAWS; i++)
	{
		double u = rng_double(&rng);

		sum += u;
		low = fmin(low, u);
		high = fmax(high, u);
	}
	check(low >= 0 && low < 1e-4 && high < 1 && high > 1 - 1e-4, "uniform numbers lie in [0, 1)");
	check(fabs(sum / DRAWS - 0.5) < 5 * sqrt(1.0 / 12 / DRAWS), "their mean is 1/2");

	sum = 0;
	for (int i = 0; i < DRAWS; i++)
	{
		double z = rng_normal(&rng);

		sum += z;
		sum2 += z * z;
		sum4 += z * z * z * z;
	}
	check(fabs(sum / DRAWS) < 5 / sqrt(DRAWS), "normal numbers have mean 0");
	check(fabs(sum2 / DRAWS - 1) < 5 * sqrt(2.0 / DRAWS), "variance 1");
	check(fabs(sum4 / DRAWS - 3) < 5 * sqrt(96.0 / DRAWS), "and fourth moment 3");

	for (int i = 0; i < DRAWS; i++)
		counts[rng_below(&rng, 7)]++;
	for (int i = 0; i < 7; i++)
		chi2 += pow((double) counts[i] - DRAWS / 7.0, 2) / (DRAWS / 7.0);
	check(chi2 < 30, "bounded numbers are even (chi-squared with 6 degrees of freedom)");
	check(rng_below(&rng, 1) == 0, "below 1 there is only 0");
	{
		/* Just above half of the range nearly every second draw is rejected. */
		uint64_t bound = (UINT64_C(1) << 63) + 1;
		bool below = true;

		for (int i = 0; i < 1000; i++)
			below &= rng_below(&rng, bound) < bound;
		check(below, "large bounds are kept");
	}
}

/* The second normal of a pair is not carried over to a new seed. */
static void
test_reseed(void)
{
	Rng rng;
	double first;

	rng_seed(&rng, 3, 4);
	first = rng_normal(&rng);
	rng_seed(&rng, 3, 4);
	check(rng_normal(&rng) == first, "seeding anew forgets the spare normal number");
}

int
main(void)
{
	test_known_values();
	test_streams();
	test_distributions();
	test_reseed();
	return check_done();
}
