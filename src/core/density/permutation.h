/*
 * permutation.h
 *		Could the densities of two samples differ by chance? A permutation test.
 */
#ifndef SYNTHDQ_CORE_DENSITY_PERMUTATION_H
#define SYNTHDQ_CORE_DENSITY_PERMUTATION_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/base/status.h"

#define PERMUTATIONS_MAX 1000000

/* One sample, in coordinates in which the kernel is the standard normal density: bandwidths, measured from
 * the lowest value of both samples, so at least 0. */
typedef struct PermutationSide
{
	size_t n;              /* distinct points */
	const double *u;       /* [n] */
	const double *v;       /* [n]; NULL in one dimension */
	const double *weights; /* [n] counts, in sum at most 2^31 */
} PermutationSide;

/*
 * p = (b + 1) / (permutations + 1): of so many random relabellings of the pooled sample that keep the sizes of the
 * two sides, the share whose densities are at least as far apart as the observed ones, the observed labels
 * counted among them (Phipson and Smyth, "Permutation p-values should never be zero", 2010). The distance is L1,
 * that is 2 (1 - overlap), of densities with a kernel that is the same for all relabellings, of points on a
 * lattice of half a bandwidth (a quarter in one dimension), or coarser, where more than PERMUTATION_LATTICE
 * steps would be needed. So the test is exact for that statistic, whatever the lattice loses of the densities.
 * 1 <= permutations <= PERMUTATIONS_MAX. *p is NAN if the coordinates are not finite, or a side is empty.
 *
 * The same bits for any order of the points and any number of threads: each relabelling has a stream of random
 * numbers of its own. A relabelling costs about a millisecond, and 2 ms more for each million points; memory: 1
 * MB, and 1 MB a thread. Status: SDQ_INTERRUPTED, memory.
 */
#define PERMUTATION_LATTICE    256
#define PERMUTATION_LATTICE_1D 4096

extern SdqStatus permutation_test(Job *job, const PermutationSide sides[2], int64_t permutations,
								  uint64_t seed, double *p);

#endif
