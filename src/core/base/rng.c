/*
 * rng.c
 *		xoshiro256** 1.0: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators",
 *		ACM TOMS 47 (2021). Seeding by splitmix64: G. Steele, D. Lea, C. Flood, OOPSLA 2014.
 */
#include "core/base/rng.h"

#include <math.h>

static uint64_t
splitmix64(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t
rotate_left(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

void
rng_seed(Rng *rng, uint64_t seed, uint64_t stream)
{
	uint64_t mixed_stream = stream;
	uint64_t state = seed ^ splitmix64(&mixed_stream);

	for (int i = 0; i < 4; i++)
		rng->s[i] = splitmix64(&state);
	rng->spare = 0;
	rng->has_spare = 0;
}

uint64_t
rng_u64(Rng *rng)
{
	uint64_t *s = rng->s;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

double
rng_double(Rng *rng)
{
	return (double) (rng_u64(rng) >> 11) * 0x1.0p-53;
}

uint64_t
rng_below(Rng *rng, uint64_t n)
{
	/* Reject the incomplete last run of n values, so that every residue is equally likely. */
	uint64_t threshold = -n % n;
	uint64_t r;

	do
		r = rng_u64(rng);
	while (r < threshold);
	return r % n;
}

double
rng_normal(Rng *rng)
{
	double u, v, s, factor;

	if (rng->has_spare)
	{
		rng->has_spare = 0;
		return rng->spare;
	}
	do
	{
		u = 2 * rng_double(rng) - 1;
		v = 2 * rng_double(rng) - 1;
		s = u * u + v * v;
	} while (s >= 1 || s == 0);
	factor = sqrt(-2 * log(s) / s);
	rng->spare = v * factor;
	rng->has_spare = 1;
	return u * factor;
}
