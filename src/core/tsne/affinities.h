/*
 * affinities.h
 *		The input similarities of t-SNE: a sparse, symmetric matrix P that sums to 1.
 */
#ifndef SYNTHDQ_CORE_TSNE_AFFINITIES_H
#define SYNTHDQ_CORE_TSNE_AFFINITIES_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/matrix/knn.h"

/* Neighbours kept per row, as a multiple of the perplexity (van der Maaten 2014, section 4.1). */
#define NEIGHBORS_PER_PERPLEXITY 3

/*
 * P in compressed rows, both triangles stored, the diagonal empty. Row i has the entries
 * start[i] .. start[i + 1] - 1, columns ascending. p_ij and p_ji have the same bits. An entry may be
 * 0: two rows can be neighbours whose similarity underflows.
 */
typedef struct Affinities
{
	size_t n;
	size_t *start;    /* [n + 1] */
	uint32_t *column; /* [start[n]] */
	float *p;         /* [start[n]] */
} Affinities;

/* The number of neighbours that n rows need at this perplexity: min(n - 1, floor(3 perplexity)). */
extern size_t affinities_neighbors(size_t n, double perplexity);

/*
 * The conditional similarities of one row: p[j] = exp(-b d_j) / sum, with b such that the entropy of
 * p is ln(perplexity) to 1e-10. distance2[k] are squared distances >= 0, ascending; infinity is
 * allowed and gets 0. Where the target cannot be reached because at least `perplexity` neighbours
 * share the smallest distance, they share equally and all others get 0. 1 < perplexity < k.
 * scratch[k] is overwritten; the three arrays do not overlap.
 */
extern void affinities_row(const double *distance2, size_t k, double perplexity, double *scratch,
						   double *p);

/*
 * P = (p(j|i) + p(i|j)) / 2n of the given neighbours, each row on the given perplexity. n <= 2^32.
 * The result and all scratch come from job->arena. Time O(n k); the bits do not depend on the number
 * of threads. SDQ_INTERRUPTED or a memory status.
 */
extern SdqStatus affinities_build(Job *job, const Neighbors *neighbors, double perplexity,
								  Affinities *result);

/* At most so many bytes are allocated by affinities_build; false if that overflows. */
extern bool affinities_bytes(size_t n, size_t k, size_t *bytes);

#endif
