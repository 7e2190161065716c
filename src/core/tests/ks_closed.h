/*
 * ks_closed.h
 *		The null law of Kolmogorov-Smirnov statistics where it has a closed form.
 */
#ifndef SYNTHDQ_CORE_TESTS_KS_CLOSED_H
#define SYNTHDQ_CORE_TESTS_KS_CLOSED_H

#include <stdint.h>

#include "core/tests/tail.h"

/*
 * Without ties and with n in both samples: P(D+ >= c / n) = C(2n, n + c) / C(2n, n), and for D
 * 2 sum_{j >= 1} (-1)^(j-1) C(2n, n + jc) / C(2n, n) (Gnedenko and Korolyuk 1951). 1 <= c <= n.
 * O(min(n, 1e7)).
 */
extern PValue ks_equal_sizes_one_sided(int64_t n, int64_t c);
extern PValue ks_equal_sizes_two_sided(int64_t n, int64_t c);

/* The greatest possible value, D = 1: `n_paths` (1 or 2) of all C(n_x + n_y, n_x) reach it. */
extern PValue ks_disjoint(int64_t n_x, int64_t n_y, int n_paths);

#endif
