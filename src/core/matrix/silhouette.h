/*
 * silhouette.h
 *		How well clusters are separated: the simplified silhouette.
 *
 * Of a row with the distance a to its own centre and b to the second nearest, (b - a) / max(a, b): 1 at
 * its centre, 0 on a border. The silhouette of Rousseeuw ("Silhouettes", Journal of Computational and Applied
 * Mathematics 20, 1987) has mean distances to all rows of a cluster in place of those to its centre, which
 * takes n^2 d operations; Hruschka, de Castro and Campello (ICDM 2004) propose the centres.
 */
#ifndef SYNTHDQ_CORE_MATRIX_SILHOUETTE_H
#define SYNTHDQ_CORE_MATRIX_SILHOUETTE_H

#include "core/matrix/kmeans.h"

/* Mean silhouettes of all rows, returned, and of the rows of each cluster, to silhouettes[k], in row order; both
 * distances 0 count as 0. NaN if there is a single cluster. */
extern double kmeans_silhouettes(const Kmeans *clusters, double *silhouettes);

#endif
