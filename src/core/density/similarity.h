/*
 * similarity.h
 *		How alike two densities are that are given on one grid.
 *
 * Each density is first divided by its own integral over the grid, so that f and g integrate to 1 there. All
 * integrals are taken by the trapezoidal rule in each axis.
 *
 *		overlap		int min(f, g)						1 for equal densities, 0 for those that never meet
 *		l1			int |f - g|							2 (1 - overlap)
 *		l2			sqrt(int (f - g)^2)
 *		hellinger	sqrt(int (sqrt f - sqrt g)^2 / 2)	0 to 1
 *		js			int (f log2(f/m) + g log2(g/m)) / 2, m = (f + g) / 2: Jensen-Shannon divergence in bits, 0 to 1
 *		kl_12		int f ln(f/g), in nats; infinite where g = 0 and f > 0
 *		kl_21		int g ln(g/f)
 *		gap			f - g where |f - g| is largest
 *
 * Of these, l2 and gap depend on the unit of the axes. Equal arrays give exactly 1, 0, 0, 0, 0, 0, 0, 0. After
 * Lin, "Divergence measures based on the Shannon entropy", 1991, and Schmid and Schmidt, "Nonparametric
 * estimation of the coefficient of overlapping", 2006.
 */
#ifndef SYNTHDQ_CORE_DENSITY_SIMILARITY_H
#define SYNTHDQ_CORE_DENSITY_SIMILARITY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/job.h"
#include "core/base/status.h"

/* Axes of at least two finite, ascending nodes each. In one dimension n_y = 1 and y is not read. */
typedef struct SimilarityGrid
{
	size_t n_x;
	size_t n_y;
	const double *x; /* [n_x] */
	const double *y; /* [n_y] */
} SimilarityGrid;

typedef struct Similarity
{
	bool is_defined; /* false: a density is 0 on the whole grid, and nothing else is set */
	double overlap;
	double l1;
	double l2;
	double hellinger;
	double js;
	double kl_12;
	double kl_21;
	double gap;
	size_t gap_node; /* its index in the arrays; of equals the lowest */
} Similarity;

/* Compare f and g, [n_y][n_x], finite and at least 0, on the main thread; polls the stop flag. About 50 ns per
 * node; scratch in the job's arena. */
extern SdqStatus similarity_of(Job *job, const SimilarityGrid *grid, const double *f,
							   const double *g, Similarity *result);

#endif
