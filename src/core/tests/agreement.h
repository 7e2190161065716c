/*
 * agreement.h
 *		How well clusters agree with labels: adjusted Rand index, normalised mutual information, purity.
 *
 * All are functions of the table of counts n_ij of rows with label j in cluster i; neither the names of
 * labels and clusters nor their order matter, but for the last bits of sums over logarithms. They are what
 * scikit-learn's functions of these names return, degenerate cases included.
 *
 * Adjusted Rand index (Hubert and Arabie, "Comparing partitions", Journal of Classification 2, 1985). Of the
 * n (n - 1) pairs of rows, count those that are together in both partitions (a), in the labels alone
 * (b), in the clusters alone (c), in neither (d):
 *
 *		ARI = 2 (a d - b c) / ((a + b) (b + d) + (a + c) (c + d))
 *
 * It is 1 for equal partitions, 0 on average for clusters drawn at random with the same sizes, and may
 * be negative. The counts are exact. The difference is, too, for up to 2^32 rows; beyond, the result has an
 * absolute error of some 1e-16.
 *
 * Mutual information I of label and cluster, entropies H (natural logarithms):
 *
 *		homogeneity = I / H(label)             1 if every cluster holds one label only
 *		completeness = I / H(cluster)          1 if every label lies in one cluster only
 *		NMI = 2 I / (H(label) + H(cluster))    their harmonic mean, also called V-measure
 *
 * (Rosenberg and Hirschberg, "V-measure", EMNLP-CoNLL 2007). A quotient whose divisor is 0 is 1, since nothing
 * is left to be told. NMI is not corrected for chance: it rises with the number of clusters.
 *
 * Purity is the share of rows that bear the most frequent label of their cluster; it is 1 if
 * each row is a cluster of its own.
 */
#ifndef SYNTHDQ_CORE_TESTS_AGREEMENT_H
#define SYNTHDQ_CORE_TESTS_AGREEMENT_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/tests/count_table.h"

/* n = 0: all other fields are 0. */
typedef struct Agreement
{
	double adjusted_rand_index;
	double normalized_mutual_info;
	double homogeneity;
	double completeness;
	double purity;
	int64_t n_labels; /* that occur */
	int64_t n_clusters;
	int64_t n; /* rows */
} Agreement;

/* The agreement of a table with a row per cluster and a column per label. O(cells + rows), in one pass of
 * integers and one of logarithms. Scratch (16 bytes a row) is given back; polls `stop`. SDQ_TOO_LARGE for a
 * sum of counts beyond INT64_MAX, SDQ_INTERRUPTED, or a failure of the arena. */
extern SdqStatus measure_agreement(const CountTable *table, Arena *scratch, Stop *stop,
								   Agreement *result);

#endif
