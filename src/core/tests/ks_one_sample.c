/*
 * ks_one_sample.c
 *		The statistics, and the choice of their null laws.
 */
#include "core/tests/ks_one_sample.h"

#include <math.h>

#include "core/tests/ks_one_law.h"

/* Distinct values between two looks at the stop flag while folding: some milliseconds. */
#define POLL_BLOCKS (1 << 20)

/* F_n jumps at u: above F it is farthest after the block of equal values, below F before it. */
static SdqStatus
fold_tally(Tally *tally, Stop *stop, KsOneSampleResult *result)
{
	double n = (double) tally->x.n;
	int64_t seen = 0;
	int until_poll = POLL_BLOCKS;
	TallyBlock block;

	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		double below = block.value - (double) seen / n;
		double above;

		if (!(block.value >= 0 && block.value <= 1))
		{
			SdqStatus status = sdq_error(SDQ_BAD_ARGUMENT, block.value, 1);

			status.detail = KS_ONE_OUTSIDE;
			return status;
		}
		seen += block.x;
		above = (double) seen / n - block.value;
		if (fmax(above, below) > fmax(result->d_plus, result->d_minus))
			result->location = block.value;
		result->d_plus = fmax(result->d_plus, above);
		result->d_minus = fmax(result->d_minus, below);
		if (--until_poll == 0)
		{
			until_poll = POLL_BLOCKS;
			if (stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
	}
	return tally_status(tally);
}

/* The p-value of one side. */
static SdqStatus
find_one_sided(int64_t n, double d, TestMethod method, Stop *stop, PValue *p)
{
	if (method != TEST_ASYMPTOTIC)
		return ks_one_upper(n, d, stop, p);
	*p = ks_one_upper_limit(n, d);
	return sdq_ok();
}

/* The two-sided p-value; `upper` is the one-sided one of the same statistic. */
static SdqStatus
find_two_sided(TestMethod method, PValue upper, Arena *scratch, Stop *stop,
			   KsOneSampleResult *result)
{
	double work = ks_one_both_work(result->n, result->statistic);

	if (method != TEST_ASYMPTOTIC && ks_one_is_far(result->n, result->statistic))
	{
		result->method = TEST_EXACT;
		result->two_sided = pvalue_doubled(upper);
		return sdq_ok();
	}
	if (method == TEST_EXACT && work > KS_ONE_FORCED_WORK_MAX)
		return test_exact_infeasible(work, KS_ONE_FORCED_WORK_MAX);
	if (method == TEST_EXACT || (method == TEST_AUTO && work <= KS_ONE_EXACT_WORK_MAX))
	{
		result->method = TEST_EXACT;
		return ks_one_both(result->n, result->statistic, scratch, stop, &result->two_sided);
	}
	result->method = TEST_ASYMPTOTIC;
	result->two_sided = ks_one_both_limit(result->n, result->statistic, upper);
	return sdq_ok();
}

SdqStatus
ks_one_sample(Tally *tally, TestMethod method, Arena *scratch, Stop *stop,
			  KsOneSampleResult *result)
{
	SdqStatus status;

	if (tally->x.n == 0)
		return sdq_error(SDQ_BAD_ARGUMENT, 0, 1);
	*result = (KsOneSampleResult){.n = (int64_t) tally->x.n, .location = NAN};
	status = fold_tally(tally, stop, result);
	if (sdq_failed(status))
		return status;
	result->statistic = fmax(result->d_plus, result->d_minus);

	status = find_one_sided(result->n, result->d_plus, method, stop, &result->greater);
	if (!sdq_failed(status))
		status = find_one_sided(result->n, result->d_minus, method, stop, &result->less);
	if (sdq_failed(status))
		return status;
	return find_two_sided(method,
						  result->d_plus >= result->d_minus ? result->greater : result->less,
						  scratch, stop, result);
}
