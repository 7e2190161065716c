/*
 * ad.c
 *		The statistic, and its null law.
 */
#include "core/tests/ad.h"

#include <math.h>

#include "core/base/compensated.h"
#include "core/base/integers.h"
#include "core/tests/bridge_law.h"

/* Counts of one sample read between two looks at the stop flag: some milliseconds. */
#define POLL_COUNTS (1 << 18)

/* What one pass over the tally finds. */
typedef struct AdFold
{
	size_t k;        /* samples that are not empty */
	size_t *samples; /* [k] which ones */
	int64_t *sizes;  /* [k] */
	int64_t *seen;   /* [k] values so far */
	int64_t N;
	int64_t n_blocks;
	Compensated sum;     /* N A2 */
	Compensated midrank; /* N^2 / (N - 1) A2 by mid-ranks */
	size_t since_poll;
} AdFold;

/* List the samples that are not empty. */
static SdqStatus
list_samples(const TallyMany *tally, Arena *scratch, AdFold *fold)
{
	fold->samples = arena_alloc(scratch, tally->k, sizeof(size_t));
	fold->sizes = arena_alloc(scratch, tally->k, sizeof(int64_t));
	fold->seen = arena_zalloc(scratch, tally->k, sizeof(int64_t));
	if (fold->samples == NULL || fold->sizes == NULL || fold->seen == NULL)
		return arena_failure(scratch);
	for (size_t g = 0; g < tally->k; g++)
	{
		int64_t n = (int64_t) tally->streams[g].n;

		if (n == 0)
			continue;
		fold->samples[fold->k] = g;
		fold->sizes[fold->k++] = n;
		/* No sum of two overflows, since neither is above the limit. */
		fold->N += n;
		if (fold->N > AD_MAX_COUNT)
			return sdq_error(SDQ_TOO_LARGE, (double) fold->N, (double) AD_MAX_COUNT);
	}
	if (fold->k < 2)
		return sdq_error(SDQ_BAD_ARGUMENT, (double) fold->k, 2);
	return sdq_ok();
}

/* The size of the block at hand. */
static int64_t
block_size(const TallyMany *tally, const AdFold *fold)
{
	int64_t t = 0;

	for (size_t g = 0; g < fold->k; g++)
		t += tally->counts[fold->samples[g]];
	return t;
}

/* Count work done; has the caller asked to stop? */
static bool
poll_work(AdFold *fold, Stop *stop)
{
	fold->since_poll += fold->k;
	if (fold->since_poll < POLL_COUNTS)
		return false;
	fold->since_poll = 0;
	return stop_poll(stop);
}

/* Take in the block at hand, after `before` values. Differences are exact before they are squared. */
static void
fold_block(const TallyMany *tally, int64_t before, int64_t t, AdFold *fold)
{
	Int128 N = fold->N;
	Int128 S = before + t;
	/* Four times B (N - B) - N t / 4, with B = S - t / 2. */
	Int128 midrank_room = (2 * S - t) * (2 * N - 2 * S + t) - N * t;
	double squares = 0;
	double midrank_squares = 0;

	for (size_t g = 0; g < fold->k; g++)
	{
		int64_t count = tally->counts[fold->samples[g]];
		int64_t n = fold->sizes[g];
		double d;
		double midrank_d;

		fold->seen[g] += count;
		d = (double) (N * fold->seen[g] - S * n);
		midrank_d = (double) (N * (2 * (Int128) fold->seen[g] - count) - (2 * S - t) * n);
		squares += d * d / (double) n;
		midrank_squares += midrank_d * midrank_d / (double) n;
	}
	if (S < N)
		compensated_add(&fold->sum,
						(double) t * squares / ((double) S * (double) (fold->N - (int64_t) S)));
	/* One block: its mid-rank is in the middle, and nothing differs. */
	if (midrank_room > 0)
		compensated_add(&fold->midrank, (double) t * midrank_squares / (double) midrank_room);
}

static SdqStatus
fold_tally(TallyMany *tally, Stop *stop, AdFold *fold)
{
	int64_t before = 0;

	tally_many_rewind(tally);
	while (tally_many_next(tally))
	{
		int64_t t = block_size(tally, fold);

		fold_block(tally, before, t, fold);
		before += t;
		fold->n_blocks++;
		if (poll_work(fold, stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return tally_many_status(tally);
}

/* The large-sample law, which needs to see the ties if there are any. */
static SdqStatus
find_p_value(TallyMany *tally, AdFold *fold, Arena *scratch, Stop *stop, AdResult *result)
{
	BridgeLaw law;
	SdqStatus status;

	if (fold->n_blocks == fold->N)
	{
		result->p_value =
			bridge_law_untied_tail(BRIDGE_AD, fold->sizes, fold->k, result->statistic);
		return sdq_ok();
	}
	status = bridge_law_begin(BRIDGE_AD, fold->sizes, fold->k, fold->n_blocks, scratch, &law);
	if (sdq_failed(status))
		return status;
	tally_many_rewind(tally);
	while (tally_many_next(tally))
	{
		bridge_law_add(&law, block_size(tally, fold));
		if (poll_work(fold, stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	if (sdq_failed(tally_many_status(tally)))
		return tally_many_status(tally);
	result->p_value = bridge_law_tail(&law, result->statistic);
	return sdq_ok();
}

SdqStatus
ad_test(TallyMany *tally, Arena *scratch, Stop *stop, AdResult *result)
{
	ArenaMark mark = arena_mark(scratch);
	AdFold fold = {.k = 0};
	SdqStatus status = list_samples(tally, scratch, &fold);
	double N = (double) fold.N;
	double sigma;

	if (!sdq_failed(status))
		status = fold_tally(tally, stop, &fold);
	if (sdq_failed(status))
		return status;

	result->statistic = compensated_total(&fold.sum) / N;
	result->statistic_midrank = compensated_total(&fold.midrank) * (N - 1) / (N * N);
	result->k = (int64_t) fold.k;
	result->n = fold.N;
	if (fold.n_blocks == 1)
	{
		result->standardized = result->standardized_midrank = NAN;
		result->p_value = pvalue_from(1);
		result->method = TEST_EXACT;
	}
	else
	{
		sigma = sqrt(bridge_ad_variance(fold.sizes, fold.k));
		result->standardized = (result->statistic - (double) (fold.k - 1)) / sigma;
		result->standardized_midrank = (result->statistic_midrank - (double) (fold.k - 1)) / sigma;
		result->method = TEST_ASYMPTOTIC;
		status = find_p_value(tally, &fold, scratch, stop, result);
	}
	arena_release(scratch, mark);
	return status;
}
