/*
 * bridge_law.h
 *		The large-sample null law of quadratic statistics of k distribution functions, given the ties.
 *
 * After the S smallest of N pooled values, let delta_g = C_g - S n_g / N be what sample g has more than
 * its share of them. Under the null hypothesis all ways of handing the pooled values, ties and all, to
 * the samples are equally likely, and the statistics of this file are
 *
 *		Q = sum over blocks of ties of w sum over g of delta_g^2 / n_g,
 *
 * looked at where blocks end, with w = t / N (Cramer-von Mises; t is the size of the block) or
 * w = t N / (S (N - S)) (Anderson-Darling).
 *
 * The mean and the variance of Q under that law are computed exactly. In the limit sum of
 * delta_g^2 / n_g is the square of k - 1 independent Brownian bridges at u = S / N, and Q a
 * weighted sum of chi-squared variables (chi_sum.h): for at most BRIDGE_BEADS_MAX distinct values and
 * any ties that of the bridges at just these u; else that of the whole bridges. Q is moved and
 * stretched so that its mean and variance are those of that law, as Anderson (1962) did without
 * ties.
 */
#ifndef SYNTHDQ_CORE_TESTS_BRIDGE_LAW_H
#define SYNTHDQ_CORE_TESTS_BRIDGE_LAW_H

#include <stdint.h>

#include "core/base/arena.h"
#include "core/tests/tail.h"

/* With more distinct values than this, the law does not look at where they lie. */
#define BRIDGE_BEADS_MAX 512

typedef enum BridgeWeight
{
	BRIDGE_CVM,
	BRIDGE_AD,
} BridgeWeight;

/* The law while it learns the ties. Fields are bridge_law.c's own. */
typedef struct BridgeLaw
{
	BridgeWeight weight;
	double N;
	const int64_t *sizes;
	size_t k;
	size_t n_beads;
	double *gaps; /* NULL where the law does not need them */
	double *masses;
	double S;
	double mean;
	double second_moment;
	double sum_s;  /* of w S over the blocks so far */
	double sum_ss; /* of w S^2 */
} BridgeLaw;

/*
 * Begin the law for sizes[k] (borrowed; each at least 1; k >= 2) with n_blocks >= 2 blocks of ties. Needs up to
 * 16 bytes a block of scratch, not given back, for at most BRIDGE_BEADS_MAX blocks. Fails with the status
 * of the arena.
 */
extern SdqStatus bridge_law_begin(BridgeWeight weight, const int64_t *sizes, size_t k,
								  int64_t n_blocks, Arena *scratch, BridgeLaw *law);

/* Tell it the size of the next block, in order, to the last. O(k). */
extern void bridge_law_add(BridgeLaw *law, int64_t t);

/* P(Q >= statistic). */
extern PValue bridge_law_tail(const BridgeLaw *law, double statistic);

/* The same without ties, where mean and variance have closed forms. */
extern PValue bridge_law_untied_tail(BridgeWeight weight, const int64_t *sizes, size_t k,
									 double statistic);

/* Variance of the k-sample Anderson-Darling statistic without ties (Scholz and Stephens, "K-sample
 * Anderson-Darling tests", 1987, equation 4; its double sum g in closed form, O(1)). NaN for N < 4. */
extern double bridge_ad_variance(const int64_t *sizes, size_t k);

#endif
