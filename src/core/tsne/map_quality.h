/*
 * map_quality.h
 *		How well a map keeps the neighbours of the rows that it shows.
 *
 * Of each row, its k nearest other rows in the input are compared with its k nearest in the map, ties to
 * the lower row (J. Venna, S. Kaski, "Neighborhood preservation in nonlinear projection methods: an
 * experimental study", ICANN 2001):
 *
 *	 preservation    the share of the k in the map that are among the k in the input;
 *	 trustworthiness  1 less what the others, intruders, are too far away in the input: the sum of their
 *					  ranks there minus k, relative to the largest such sum;
 *	 continuity      the same of those missing in the map, by their ranks there.
 */
#ifndef SYNTHDQ_CORE_TSNE_MAP_QUALITY_H
#define SYNTHDQ_CORE_TSNE_MAP_QUALITY_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/matrix/row_store.h"

/* Of single rows, and their means. All are 1 for a perfect map. */
typedef struct MapQuality
{
	size_t n;
	size_t k;
	double trustworthiness;
	double continuity;
	double preservation;
	double *row_trustworthiness; /* [n]; 0 at worst */
	double *row_continuity;      /* [n] */
	double *row_preservation;    /* [n] */
} MapQuality;

/* The largest k for n rows, less than half of them: beyond it ranks have no worst case to relate to. */
extern size_t map_quality_max_k(size_t n);

/*
 * Compare input and map, two stores whose rows with the same number belong together. Exact; the same bits
 * for any number of threads. 1 <= k <= map_quality_max_k(n), else SDQ_BAD_ARGUMENT (a = k, b = largest).
 * The result is allocated from job->arena. Time 2 n^2 d operations twice; memory 4 n d bytes and some
 * 80 n k. SDQ_INTERRUPTED or a memory status, SDQ_OVER_LIMIT before the work.
 */
extern SdqStatus map_quality(Job *job, const RowStore *input, const RowStore *map, size_t k,
							 MapQuality *result);

#endif
