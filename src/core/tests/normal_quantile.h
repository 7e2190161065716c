/*
 * normal_quantile.h
 *		The inverse of the normal tail.
 */
#ifndef SYNTHDQ_CORE_TESTS_NORMAL_QUANTILE_H
#define SYNTHDQ_CORE_TESTS_NORMAL_QUANTILE_H

/* The z with P(Z >= z) = p of a standard normal Z, 0 < p < 1; relative error of z below 1e-13, absolute
 * below 1e-15 around p = 1/2. About a microsecond. */
extern double normal_upper_quantile(double p);

#endif
