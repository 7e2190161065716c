/*
 * silhouette.c
 *		The simplified silhouette of clusters.
 */
#include "core/matrix/silhouette.h"

#include <math.h>

double
kmeans_silhouettes(const Kmeans *clusters, double *silhouettes)
{
	double total = 0;

	for (size_t c = 0; c < clusters->k; c++)
		silhouettes[c] = clusters->k > 1 ? 0 : NAN;
	if (clusters->k == 1)
		return NAN;
	for (size_t i = 0; i < clusters->n; i++)
	{
		/* With m = (b - a) / (b + a) and a <= b, (b - a) / b = 2 m / (1 + m). */
		double margin = clusters->margin[i];

		silhouettes[clusters->cluster[i]] += 2 * margin / (1 + margin);
	}
	for (size_t c = 0; c < clusters->k; c++)
	{
		total += silhouettes[c];
		silhouettes[c] /= (double) clusters->size[c];
	}
	return total / (double) clusters->n;
}
