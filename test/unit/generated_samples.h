/*
 * generated_samples.h
 *		The samples of the generated reference tables: their values come from the same small generator
 *		here and in test/reference/distances.py, so that a table need not hold them.
 */
#ifndef SYNTHDQ_TEST_UNIT_GENERATED_SAMPLES_H
#define SYNTHDQ_TEST_UNIT_GENERATED_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

#define GENERATED_MAX_SIZE 200

/* splitmix64 (Steele, Lea and Flood 2014). */
typedef struct Generator
{
	uint64_t state;
} Generator;

static inline uint64_t
generator_below(Generator *generator, uint64_t limit)
{
	uint64_t z = generator->state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return (z ^ (z >> 31)) % limit;
}

/* How the values of one kind of case are spread: whole numbers of a range, times a scale. */
typedef struct GeneratedKind
{
	uint64_t span;
	int64_t offset;
	int64_t shift; /* of y */
	double scale;
} GeneratedKind;

static const GeneratedKind generated_kinds[] = {
	{3, 0, 0, 1.0},                 /* three values */
	{7, -3, 1, 1.0},                /* few values */
	{256, 0, 10, 1.0},              /* pixels */
	{1000000, -500000, 0, 1e-3},    /* hardly any ties */
	{100, -50, 8, 3e306},           /* up to the largest double */
	{50, -20, 5, 5e-324},           /* denormals */
	{1000, 1000000000000, 3, 1e-3}, /* far from zero */
	{256, 0, 0, 1.0},               /* mostly zeros */
};

#define N_GENERATED_KINDS (sizeof(generated_kinds) / sizeof(generated_kinds[0]))
#define GENERATED_ZEROS   7 /* the kind in which seven tenths of the values are 0 */

typedef struct GeneratedCase
{
	Generator generator; /* for whatever else the case needs */
	size_t n_x;
	size_t n_y;
	double x[GENERATED_MAX_SIZE];
	double y[GENERATED_MAX_SIZE];
} GeneratedCase;

static inline double
generated_value(Generator *generator, size_t kind, int64_t shift)
{
	const GeneratedKind *k = &generated_kinds[kind];
	uint64_t v = generator_below(generator, k->span);

	if (kind == GENERATED_ZEROS && v * 10 < 7 * k->span)
		v = 0;
	return (double) ((int64_t) v + k->offset + shift) * k->scale;
}

/* Case number k with 1 to max_size values on each side. */
static inline void
generate_case(uint64_t k, uint64_t max_size, GeneratedCase *c)
{
	size_t kind = k % N_GENERATED_KINDS;

	c->generator.state = k;
	c->n_x = 1 + generator_below(&c->generator, max_size);
	c->n_y = 1 + generator_below(&c->generator, max_size);
	for (size_t i = 0; i < c->n_x; i++)
		c->x[i] = generated_value(&c->generator, kind, 0);
	for (size_t i = 0; i < c->n_y; i++)
		c->y[i] = generated_value(&c->generator, kind, generated_kinds[kind].shift);
}

#endif
