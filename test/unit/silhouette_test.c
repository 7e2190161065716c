/*
 * silhouette_test.c
 *		The simplified silhouette: by hand, and where there is nothing to compare.
 */
#include "core/matrix/silhouette.h"

#include "check.h"

int
main(void)
{
	/* Rows 0, 1, 4 and 10 of centres 1/2, 4 and 10: distances 1/2 and 7/2; 1/2 and 3; 0 and 7/2; 0 and 6. */
	int32_t cluster[] = {0, 0, 1, 2};
	double margin[] = {3. / 4, 2.5 / 3.5, 1, 1};
	int64_t size[] = {2, 1, 1};
	Kmeans clusters = {.n = 4, .k = 3, .cluster = cluster, .margin = margin, .size = size};
	double silhouettes[3];
	double mean = kmeans_silhouettes(&clusters, silhouettes);

	check_close(silhouettes[0], (6. / 7 + 5. / 6) / 2, 1e-15, "mean of (b - a) / b in a cluster");
	check(silhouettes[1] == 1 && silhouettes[2] == 1, "a row at its centre has 1");
	check_close(mean, (6. / 7 + 5. / 6 + 2) / 4, 1e-15, "mean of all rows, not of clusters");

	/* Two rows where two centres meet, and one on the border. */
	margin[0] = margin[1] = margin[2] = 0;
	kmeans_silhouettes(&clusters, silhouettes);
	check(silhouettes[0] == 0 && silhouettes[1] == 0, "rows on a border have 0");

	clusters.k = 1;
	clusters.margin = NULL;
	check(isnan(kmeans_silhouettes(&clusters, silhouettes)) && isnan(silhouettes[0]),
		  "a single cluster has none");
	return check_done();
}
