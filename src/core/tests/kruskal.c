/*
 * kruskal.c
 *		Rank sums of k samples, and what follows from them.
 *
 * All sums are exact integers of 128 bits. In place of a rank sum R_g stands its excess
 * E_g = 2 R_g - n_g (N + 1), twice its distance from what it is on average under the null hypothesis:
 * H is a sum of squares of these, all positive, and keeps its digits however small it is beside N.
 */
#include "core/tests/kruskal.h"

#include <math.h>

#include "core/base/integers.h"
#include "core/tests/gamma_tail.h"

/* Work between two looks at the stop flag: counts of one sample read, or pairs compared (which take
 * longer); some milliseconds. */
#define POLL_COUNTS (1 << 21)
#define POLL_PAIRS  (1 << 14)

/* What one pass over the tally finds. */
typedef struct RankFold
{
	Int128 *excess;  /* [k] E_g = 2 R_g - n_g (N + 1) */
	int64_t n;       /* N */
	Int128 untied;   /* N^3 - sum t^3; 0 if all values are equal */
	size_t n_groups; /* samples with an observation */
} RankFold;

size_t
kruskal_count_samples(const SampleStream *streams, size_t k)
{
	size_t n_groups = 0;

	for (size_t g = 0; g < k; g++)
		n_groups += streams[g].n > 0;
	return n_groups;
}

/* N, or the failure that there are too few samples or too many observations. */
static SdqStatus
count_observations(const TallyMany *tally, RankFold *fold)
{
	fold->n_groups = kruskal_count_samples(tally->streams, tally->k);
	if (fold->n_groups < 2)
		return sdq_error(SDQ_BAD_ARGUMENT, (double) fold->n_groups, 2);
	fold->n = 0;
	for (size_t g = 0; g < tally->k; g++)
	{
		/* No sum of two overflows, since neither is above the limit. */
		fold->n += (int64_t) tally->streams[g].n;
		if (fold->n > KRUSKAL_MAX_COUNT)
			return sdq_error(SDQ_TOO_LARGE, (double) fold->n, (double) KRUSKAL_MAX_COUNT);
	}
	return sdq_ok();
}

/* One pass. The excesses are in the arena. */
static SdqStatus
fold_tally(TallyMany *tally, Arena *arena, Stop *stop, RankFold *fold)
{
	SdqStatus status = count_observations(tally, fold);
	int64_t before = 0;
	size_t since_poll = 0;

	if (sdq_failed(status))
		return status;
	fold->excess = arena_zalloc(arena, tally->k, sizeof(Int128));
	if (fold->excess == NULL)
		return arena_failure(arena);
	fold->untied = (Int128) fold->n * fold->n * fold->n;

	tally_many_rewind(tally);
	while (tally_many_next(tally))
	{
		Int128 t = 0;
		Int128 doubled_rank_excess;

		for (size_t g = 0; g < tally->k; g++)
			t += tally->counts[g];
		/* Twice the mean rank of the block is 2 before + t + 1. */
		doubled_rank_excess = 2 * (Int128) before + t - fold->n;
		for (size_t g = 0; g < tally->k; g++)
			fold->excess[g] += tally->counts[g] * doubled_rank_excess;
		fold->untied -= t * t * t;
		before += (int64_t) t;
		since_poll += tally->k;
		if (since_poll > POLL_COUNTS)
		{
			if (stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
			since_poll = 0;
		}
	}
	return tally_many_status(tally);
}

SdqStatus
kruskal_test(TallyMany *tally, Arena *scratch, Stop *stop, KruskalResult *result)
{
	ArenaMark mark = arena_mark(scratch);
	RankFold fold;
	double sum = 0;
	SdqStatus status = fold_tally(tally, scratch, stop, &fold);

	if (sdq_failed(status))
		return status;
	for (size_t g = 0; g < tally->k; g++)
	{
		double excess = (double) fold.excess[g];

		if (tally->streams[g].n > 0)
			sum += excess * excess / (double) tally->streams[g].n;
	}
	result->effect = fold.untied == 0 ? 0 : 3 * sum / (double) fold.untied;
	result->h = result->effect * (double) (fold.n - 1);
	result->k = (int64_t) fold.n_groups;
	result->n = fold.n;
	result->df = result->k - 1;
	result->p = chi_squared_tail((double) result->df, result->h);
	arena_release(scratch, mark);
	return sdq_ok();
}

/* Compare the samples a and b. */
static DunnPair
compare(const TallyMany *tally, const RankFold *fold, size_t a, size_t b)
{
	int64_t n_a = (int64_t) tally->streams[a].n;
	int64_t n_b = (int64_t) tally->streams[b].n;
	/* 2 n_a n_b times the difference of the mean ranks, an exact integer. */
	Int128 difference = fold->excess[a] * n_b - fold->excess[b] * n_a;
	double product = (double) n_a * (double) n_b;
	double N = (double) fold->n;
	double variance =
		(double) fold->untied / (12 * (N - 1)) * ((double) n_a + (double) n_b) / product;
	DunnPair pair = {.a = a, .b = b};

	pair.mean_rank_difference = (double) difference / (2 * product);
	pair.z = fold->untied == 0 ? 0 : pair.mean_rank_difference / sqrt(variance);
	pair.p = normal_both_tails(fabs(pair.z));
	return pair;
}

/* Compare all pairs of samples that are not empty; there may be many more that are. */
static SdqStatus
compare_all(const TallyMany *tally, const RankFold *fold, Arena *scratch, Stop *stop,
			DunnPair *pairs)
{
	size_t *groups = arena_alloc(scratch, fold->n_groups, sizeof(size_t));
	size_t n_groups = 0;
	size_t done = 0;

	if (groups == NULL)
		return arena_failure(scratch);
	for (size_t g = 0; g < tally->k; g++)
	{
		if (tally->streams[g].n > 0)
			groups[n_groups++] = g;
	}
	for (size_t i = 0; i < n_groups; i++)
	{
		for (size_t j = i + 1; j < n_groups; j++)
		{
			pairs[done++] = compare(tally, fold, groups[i], groups[j]);
			if (done % POLL_PAIRS == 0 && stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
	}
	return sdq_ok();
}

/* Fill in the adjusted p-values of pairs[n]. */
static SdqStatus
adjust_pairs(DunnPair *pairs, size_t n, AdjustMethod method, Arena *scratch, Stop *stop)
{
	PValue *p = arena_alloc(scratch, n, sizeof(PValue));
	SdqStatus status;

	if (p == NULL)
		return arena_failure(scratch);
	for (size_t i = 0; i < n; i++)
		p[i] = pairs[i].p;
	status = adjust_p_values(p, n, method, scratch, stop);
	for (size_t i = 0; i < n; i++)
		pairs[i].p_adjusted = p[i];
	return status;
}

SdqStatus
dunn_test(TallyMany *tally, AdjustMethod adjust, Arena *arena, Stop *stop, DunnPair **pairs,
		  size_t *n_pairs)
{
	RankFold fold;
	size_t doubled;
	SdqStatus status = fold_tally(tally, arena, stop, &fold);

	if (sdq_failed(status))
		return status;
	if (!checked_multiply(fold.n_groups, fold.n_groups - 1, &doubled))
		return sdq_error(SDQ_TOO_LARGE, (double) fold.n_groups * (double) fold.n_groups,
						 (double) SIZE_MAX);
	*n_pairs = doubled / 2;
	*pairs = arena_alloc(arena, *n_pairs, sizeof(DunnPair));
	if (*pairs == NULL)
		return arena_failure(arena);
	status = compare_all(tally, &fold, arena, stop, *pairs);
	if (sdq_failed(status))
		return status;
	return adjust_pairs(*pairs, *n_pairs, adjust, arena, stop);
}
