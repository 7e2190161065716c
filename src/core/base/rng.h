/*
 * rng.h
 *		The library's own random numbers: xoshiro256** (Blackman and Vigna 2021), seeded by splitmix64.
 *
 * Own, so that a seed means the same on every platform and server version. A generator is
 * identified by (seed, stream): each purpose draws from a stream of its own (RngStream below plus,
 * where there are restarts, the restart number), so that adding draws in one place moves no other.
 */
#ifndef SYNTHDQ_CORE_BASE_RNG_H
#define SYNTHDQ_CORE_BASE_RNG_H

#include <stdint.h>

typedef struct Rng
{
	uint64_t s[4];
	double spare; /* second value of the last pair of normals */
	int has_spare;
} Rng;

/* Streams by purpose; restarts and the like are added to them. */
enum
{
	RNG_STREAM_KMEANS = 0x10000000,
	RNG_STREAM_TSNE_INIT = 0x20000000,
	RNG_STREAM_EIGEN = 0x30000000,
	RNG_STREAM_TEST = 0x40000000,
	RNG_STREAM_LDA = 0x50000000,
	RNG_STREAM_RELABEL = 0x60000000,
};

extern void rng_seed(Rng *rng, uint64_t seed, uint64_t stream);

/* 64 uniform bits. */
extern uint64_t rng_u64(Rng *rng);

/* Uniform in [0, 1), 53 bits. */
extern double rng_double(Rng *rng);

/* Uniform in [0, n), by rejection, n >= 1. */
extern uint64_t rng_below(Rng *rng, uint64_t n);

/* Standard normal, by Marsaglia's polar method. */
extern double rng_normal(Rng *rng);

#endif
