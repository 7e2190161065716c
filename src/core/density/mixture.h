/*
 * mixture.h
 *		Densities on one grid added up, each with a weight: the density of all their data together.
 *
 * f(node) = sum of weight * density / sum of weights. Products are rounded once and then summed
 * exactly (core/base/exact_sums.h), so that no order of adding and merging matters, and the digits of a node are
 * few: places of 32 bits that its densities reach. Memory: 8 bytes for each node and place in use, in tails
 * that fall from 1 to 1e-300 up to 34 of them.
 */
#ifndef SYNTHDQ_CORE_DENSITY_MIXTURE_H
#define SYNTHDQ_CORE_DENSITY_MIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/exact_sums.h"
#include "core/base/status.h"
#include "core/base/stop.h"

#define MIXTURE_MAX_AXES   2
#define MIXTURE_MAX_TRAITS 8

/* What is wrong with densities. */
typedef enum MixtureFault
{
	MIXTURE_GRID =
		1, /* an axis is not ascending and finite, or too short or too long; a = its number */
	MIXTURE_DENSITY, /* a density is negative or not finite: a = its number, b = the value */
	MIXTURE_WEIGHT, /* a weight, b, or a mass is negative or not finite, or there are fewer than 0 observations */
	MIXTURE_OTHER_GRID, /* two densities have different nodes */
	MIXTURE_OVERFLOW,   /* a weight times a density exceeds a double */
	MIXTURE_BYTES,      /* bytes that no encoder has written */
} MixtureFault;

/* A density to be added. Borrowed. */
typedef struct MixturePart
{
	size_t n_axes;
	size_t n[MIXTURE_MAX_AXES];           /* nodes of each axis */
	const double *axes[MIXTURE_MAX_AXES]; /* [n[axis]], ascending */
	const double *density;                /* [n[1]][n[0]] */
	double weight;
	double mass; /* its integral over the grid */
	int64_t n_observations;
	/* Numbers that describe the density, such as a bandwidth; the mixture has those that all of its parts
	 * share. NaN: the part has none. */
	double traits[MIXTURE_MAX_TRAITS];
} MixturePart;

typedef struct Mixture
{
	size_t n_axes; /* 0: nothing has been added */
	size_t n[MIXTURE_MAX_AXES];
	double *axes; /* [n[0] + n[1]] in one block */
	int64_t n_observations;
	double traits[MIXTURE_MAX_TRAITS]; /* NaN where parts differ */
	ExactSums weight;                  /* two sums: weight, and weight * mass */
	ExactSums density;                 /* weight * density */
} Mixture;

/* Nothing so far, without memory of its own. */
extern void mixture_init(Mixture *mixture);

/* Give all memory back. */
extern void mixture_free(Mixture *mixture, SampleMemory *memory);

/* Add a density; one of weight 0 adds its observations alone. Faults leave the
 * mixture whole; what interrupts or lacks memory need not. */
extern SdqStatus mixture_add(Mixture *mixture, SampleMemory *memory, Stop *stop,
							 const MixturePart *part);

/* Add all of another mixture. */
extern SdqStatus mixture_merge(Mixture *mixture, SampleMemory *memory, const Mixture *other);

/* The total weight. */
extern double mixture_weight(const Mixture *mixture);

/* The mass of the mixture, the mean of those of its parts; NaN if the total weight is 0. */
extern double mixture_mass(const Mixture *mixture);

/* The mixed density[n[1]][n[0]]; all NaN if the total weight is 0. */
extern SdqStatus mixture_density(const Mixture *mixture, Stop *stop, double *density);

/* As bytes: settle the sums and find the size (SDQ_TOO_LARGE if it exceeds a size_t), write, read.
 * Equal mixtures have equal bytes. */
extern SdqStatus mixture_measure(Mixture *mixture, SampleMemory *memory, size_t *size);
extern void mixture_encode(const Mixture *mixture, uint8_t *bytes);
extern SdqStatus mixture_decode(Mixture *mixture, SampleMemory *memory, const uint8_t *bytes,
								size_t size);

#endif
