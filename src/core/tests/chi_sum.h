/*
 * chi_sum.h
 *		The law of a weighted sum of chi-squared variables, Q = sum of lambda_j X_j, X_j independent
 *		and chi-squared with nu degrees of freedom each.
 *
 * The null laws of quadratic statistics of distribution functions (Cramer-von Mises,
 * Anderson-Darling) are of this kind. A law is given by its determinant
 *
 *		D(s) = prod over j of (1 - 2 s lambda_j),   E exp(s Q) = D(s)^(-nu/2),
 *
 * not by its weights: the determinants below cost O(1) or O(number of distinct values) where weights
 * would cost a decomposition. All functions are pure and may run in any thread.
 */
#ifndef SYNTHDQ_CORE_TESTS_CHI_SUM_H
#define SYNTHDQ_CORE_TESTS_CHI_SUM_H

#include <stddef.h>

#include "core/tests/tail.h"

typedef enum ChiSumKind
{
	/* lambda_j = 1 / (pi j)^2: the integral of B^2, B a Brownian bridge (Smirnov 1936). */
	CHI_SUM_CVM,
	/* lambda_j = 1 / (j (j + 1)): the integral of B^2 / (u (1 - u)) (Anderson and Darling 1952). */
	CHI_SUM_AD,
	/* The sum of masses[k] B(u_k)^2. Its determinant is where a string of length 1, fixed at 0 with
	 * slope 1, ends when beads of these masses hang on it. */
	CHI_SUM_BEADS,
} ChiSumKind;

typedef struct ChiSum
{
	ChiSumKind kind;
	double nu; /* degrees of freedom of every X_j, at least 1 */
	/* For beads; borrowed. */
	size_t n_beads;       /* at least 1 */
	const double *gaps;   /* [n_beads + 1], positive, sum 1: u_1, u_2 - u_1, ..., 1 - u_n */
	const double *masses; /* [n_beads], positive */
} ChiSum;

/* E Q and Var Q. */
extern double chi_sum_mean(const ChiSum *law);
extern double chi_sum_variance(const ChiSum *law);

/*
 * P(Q >= x), by integrating exp(-s x) / s D(s)^(-nu/2) along a parabola around all of its singularities,
 * through its saddle point. 1 for x <= 0. Measured relative error: below 1e-12 down to p = 1e-300, of
 * log10_p below 1e-12 from there. Some 30 to 100 evaluations of D: 15 microseconds for CVM and AD,
 * 100 for 256 beads.
 */
extern PValue chi_sum_upper_tail(const ChiSum *law, double x);

#endif
