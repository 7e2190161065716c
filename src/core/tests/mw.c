/*
 * mw.c
 *		The statistic, and the choice of its null law.
 */
#include "core/tests/mw.h"

#include <math.h>

#include "core/base/integers.h"
#include "core/tests/mw_exact.h"

/* Distinct values between two looks at the stop flag while folding: some milliseconds. */
#define POLL_BLOCKS (1 << 20)

/* What one pass over the tally finds. */
typedef struct MwFold
{
	int64_t n_x;
	int64_t n_y;
	int64_t n_blocks;
	Int128 doubled_u; /* up to 2^63, which an int64 just misses */
	Int128 tie_cubes; /* sum of t^3 */
} MwFold;

static SdqStatus
fold_tally(Tally *tally, Stop *stop, MwFold *fold)
{
	TallyBlock blocks[TALLY_BATCH];
	int64_t seen_y = 0;
	int64_t next_poll = POLL_BLOCKS;
	size_t n;

	fold->n_x = (int64_t) tally->x.n;
	fold->n_y = (int64_t) tally->y.n;
	tally_rewind(tally);
	while ((n = tally_next_batch(tally, blocks)) > 0)
	{
		for (size_t i = 0; i < n; i++)
		{
			Int128 t = blocks[i].x + blocks[i].y;

			fold->doubled_u += (Int128) blocks[i].x * (2 * seen_y + blocks[i].y);
			fold->tie_cubes += t * t * t;
			seen_y += blocks[i].y;
		}
		fold->n_blocks += (int64_t) n;
		if (fold->n_blocks >= next_poll)
		{
			next_poll = fold->n_blocks + POLL_BLOCKS;
			if (stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
	}
	return tally_status(tally);
}

/* The standard deviation of U under the null hypothesis, given the ties. */
static double
sigma_of_u(const MwFold *fold)
{
	Int128 N = (Int128) fold->n_x + fold->n_y;
	double product = (double) fold->n_x * (double) fold->n_y;

	return sqrt(product * (double) (N * N * N - fold->tie_cubes) /
				(12 * (double) N * (double) (N - 1)));
}

/* All three p-values by the normal law. */
static void
asymptotic(const MwFold *fold, MwResult *result)
{
	double sigma = sigma_of_u(fold);
	/* U minus its mean; half of an exact integer. */
	double excess = 0.5 * (double) (fold->doubled_u - (Int128) fold->n_x * fold->n_y);
	/* The correction never takes u past the mean: the sign of a difference decides nothing else. */
	double distance = fmax(0, fabs(excess) - 0.5);

	result->method = TEST_ASYMPTOTIC;
	result->two_sided = normal_both_tails(distance / sigma);
	result->greater = normal_upper_tail((excess - 0.5) / sigma);
	result->less = normal_upper_tail((-excess - 0.5) / sigma);
}

/* Is the exact law within the limits of the method? *work and *limit are for the message. */
static bool
is_exact_feasible(const MwFold *fold, bool untied, TestMethod method, double *work, double *limit)
{
	if (untied)
	{
		*work = mw_untied_work(fold->n_x, fold->n_y);
		*limit = method == TEST_EXACT ? MW_FORCED_UNTIED_WORK_MAX : MW_UNTIED_WORK_MAX;
	}
	else
	{
		*work = mw_tied_work(fold->n_x, fold->n_y);
		*limit = method == TEST_EXACT ? MW_FORCED_TIED_WORK_MAX : MW_TIED_WORK_MAX;
	}
	return *work <= *limit;
}

/* The p-values by the method asked for. */
static SdqStatus
find_p_values(const MwFold *fold, TestMethod method, Tally *tally, Arena *scratch, Stop *stop,
			  MwResult *result)
{
	bool untied = fold->n_blocks == fold->n_x + fold->n_y;
	double work;
	double limit;
	MwTails tails;
	SdqStatus status;

	if (fold->n_blocks == 1)
	{
		/* One value: U can be nothing but its mean. */
		result->method = method == TEST_ASYMPTOTIC ? TEST_ASYMPTOTIC : TEST_EXACT;
		result->two_sided = result->greater = result->less = pvalue_from(1);
		return sdq_ok();
	}
	if (method == TEST_ASYMPTOTIC)
	{
		asymptotic(fold, result);
		return sdq_ok();
	}
	if (!is_exact_feasible(fold, untied, method, &work, &limit))
	{
		if (method == TEST_EXACT)
			return test_exact_infeasible(work, limit);
		asymptotic(fold, result);
		return sdq_ok();
	}

	status = untied ? mw_untied_tails(fold->n_x, fold->n_y, (int64_t) (fold->doubled_u / 2),
									  scratch, stop, &tails)
					: mw_tied_tails(tally, (int64_t) fold->doubled_u, scratch, stop, &tails);
	if (sdq_failed(status))
		return status;
	result->method = TEST_EXACT;
	result->less = tails.lower;
	result->greater = tails.upper;
	result->two_sided =
		pvalue_doubled(tails.lower.log10_p < tails.upper.log10_p ? tails.lower : tails.upper);
	return sdq_ok();
}

SdqStatus
mw_test(Tally *tally, TestMethod method, Arena *scratch, Stop *stop, MwResult *result)
{
	MwFold fold = {.n_blocks = 0};
	Int128 product;
	SdqStatus status;

	if (tally->x.n == 0 || tally->y.n == 0)
		return sdq_error(SDQ_BAD_ARGUMENT, 0, 1);
	status = fold_tally(tally, stop, &fold);
	if (sdq_failed(status))
		return status;

	product = (Int128) fold.n_x * fold.n_y;
	result->u = 0.5 * (double) fold.doubled_u;
	result->auc = (double) fold.doubled_u / (double) (2 * product);
	result->cliffs_delta = (double) (fold.doubled_u - product) / (double) product;
	result->z =
		fold.n_blocks == 1 ? 0 : 0.5 * (double) (fold.doubled_u - product) / sigma_of_u(&fold);
	result->n_x = fold.n_x;
	result->n_y = fold.n_y;
	return find_p_values(&fold, method, tally, scratch, stop, result);
}
