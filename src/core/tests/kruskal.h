/*
 * kruskal.h
 *		The Kruskal-Wallis test of k samples, and Dunn's test of each pair of them.
 */
#ifndef SYNTHDQ_CORE_TESTS_KRUSKAL_H
#define SYNTHDQ_CORE_TESTS_KRUSKAL_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/sample/tally.h"
#include "core/tests/adjust.h"
#include "core/tests/tail.h"

/* Largest number of observations in all samples together, so that its cube fits 128 bits. */
#define KRUSKAL_MAX_COUNT (INT64_C(1) << 42)

typedef struct KruskalResult
{
	double h;      /* corrected for ties; 0 if all values are equal */
	PValue p;      /* P(chi-squared of df degrees of freedom >= h) */
	int64_t df;    /* k - 1 */
	double effect; /* epsilon squared: h / (n - 1), between 0 and 1 */
	int64_t k;     /* samples that are not empty */
	int64_t n;     /* observations in all of them */
} KruskalResult;

/* How many of streams[k] have an observation. Both tests need two of them. */
extern size_t kruskal_count_samples(const SampleStream *streams, size_t k);

/*
 * Do all samples have one distribution? The pooled values are ranked, ties by their mean rank; with the
 * rank sum R_g of n_g observations, N = sum n_g and t the sizes of the ties,
 *
 *		H = 3 (N - 1) sum((2 R_g - n_g (N + 1))^2 / n_g) / (N^3 - sum t^3),
 *
 * which is the textbook's H over its tie correction (Kruskal and Wallis 1952) without the difference of
 * two nearly equal sums. The law of H is its limit for large samples. Empty samples do not take part.
 *
 * One pass over the tally, O(k) per distinct value. Scratch: 16 bytes a sample, given back. Failures:
 * SDQ_BAD_ARGUMENT (fewer than two samples with an observation), SDQ_TOO_LARGE (KRUSKAL_MAX_COUNT),
 * SDQ_INTERRUPTED, those of the arena and of the tally.
 */
extern SdqStatus kruskal_test(TallyMany *tally, Arena *scratch, Stop *stop, KruskalResult *result);

/* One comparison of two samples, a < b, both counted from 0 over all samples, empty ones included. */
typedef struct DunnPair
{
	size_t a;
	size_t b;
	double mean_rank_difference; /* of a minus that of b: positive when a tends to be larger */
	double z;
	PValue p;          /* two-sided */
	PValue p_adjusted; /* for the number of pairs */
} DunnPair;

/*
 * Which samples differ? For each pair that is not empty
 *
 *		z = (R_a / n_a - R_b / n_b) / sqrt((N^3 - sum t^3) / (12 (N - 1)) (1 / n_a + 1 / n_b))
 *
 * with the ranks among the values of ALL samples, and the normal law (Dunn 1964). All values equal: z = 0
 * and p = 1. pairs[n_pairs], in order of a and then of b, is in `arena`. Failures as above, and
 * SDQ_TOO_LARGE for more pairs than there are addresses.
 */
extern SdqStatus dunn_test(TallyMany *tally, AdjustMethod adjust, Arena *arena, Stop *stop,
						   DunnPair **pairs, size_t *n_pairs);

#endif
