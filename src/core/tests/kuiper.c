/*
 * kuiper.c
 *		The statistic, and the choice of its null law.
 */
#include "core/tests/kuiper.h"

#include <math.h>
#include <stdbool.h>

#include "core/base/constants.h"
#include "core/tests/kuiper_exact.h"
#include "core/tests/kuiper_scaled.h"
#include "core/tests/lattice.h"

/* Below this the limit law is 1 to sixteen digits. */
#define KUIPER_CERTAIN 0.34

/* The exponent at which a term of the series, relative to the first, is lost in rounding. */
#define NEGLIGIBLE_EXPONENT 40.0

/* Distinct values between two looks at the stop flag while folding: some milliseconds. */
#define POLL_BLOCKS (1 << 20)

/* With this many observations per distinct value, the law of a small sample with such ties is nearer to
 * the truth than the one without ties. */
#define HEAVILY_TIED 8

/* What one pass over the tally finds. */
typedef struct KuiperFold
{
	int64_t n_x;
	int64_t n_y;
	int64_t n_blocks;
	int64_t plus; /* max d_k */
	int64_t minus;
	double location_plus;
	double location_minus;
} KuiperFold;

/* The lattice number is evaluated after whole blocks only: that alone makes ties right. */
static SdqStatus
fold_tally(Tally *tally, Stop *stop, KuiperFold *fold)
{
	int64_t seen_x = 0;
	int64_t seen_y = 0;
	TallyBlock block;

	fold->n_x = (int64_t) tally->x.n;
	fold->n_y = (int64_t) tally->y.n;
	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		int64_t d;

		seen_x += block.x;
		seen_y += block.y;
		d = seen_x * fold->n_y - seen_y * fold->n_x;
		if (d > fold->plus)
		{
			fold->plus = d;
			fold->location_plus = block.value;
		}
		if (-d > fold->minus)
		{
			fold->minus = -d;
			fold->location_minus = block.value;
		}
		fold->n_blocks++;
		if (fold->n_blocks % POLL_BLOCKS == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return tally_status(tally);
}

PValue
kuiper_tail(double l)
{
	double square = l * l;
	double first = 4 * square - 1;
	double sum = 0;

	if (l < KUIPER_CERTAIN)
		return pvalue_from(1);
	/* Where the first term is not positive, the sum is near 1 and the logarithm no help. */
	if (first <= 1)
	{
		for (int j = 1; 2 * j * j * square < NEGLIGIBLE_EXPONENT; j++)
			sum += (4 * j * j * square - 1) * exp(-2 * j * j * square);
		return pvalue_from(2 * sum);
	}
	/* Relative to the first term, which alone is left in the far tail. */
	for (int j = 2; 2 * (j * j - 1) * square < NEGLIGIBLE_EXPONENT; j++)
		sum += (4 * j * j * square - 1) / first * exp(-2 * (j * j - 1) * square);
	return pvalue_from_log(LN_2 + log(first) - 2 * square + log1p(sum));
}

/* The limit law at an argument corrected for finite sizes, without regard to ties. */
static PValue
untied_tail(const KuiperFold *fold)
{
	double m = (double) (fold->n_x > fold->n_y ? fold->n_x : fold->n_y);
	double n = (double) (fold->n_x > fold->n_y ? fold->n_y : fold->n_x);
	double half_step = 0.5 * (double) greatest_common_divisor(fold->n_x, fold->n_y);
	double lattice = (double) (fold->plus + fold->minus);
	double z = sqrt(m * n / (m + n)) * ((lattice - half_step) / (m * n));

	return kuiper_tail(z + 2 * (m + 2 * n) / (6 * sqrt(m * n * (m + n))));
}

/* The large-sample law for the ties there are. */
static SdqStatus
asymptotic(const KuiperFold *fold, Tally *tally, Arena *scratch, Stop *stop, PValue *p)
{
	bool is_done = false;
	double log_p;

	if (fold->n_blocks <= KUIPER_SCALED_BLOCKS_MAX &&
		fold->n_x + fold->n_y >= HEAVILY_TIED * fold->n_blocks)
	{
		SdqStatus status = kuiper_scaled_log_p(tally, fold->n_blocks, fold->plus + fold->minus,
											   scratch, stop, &is_done, &log_p);

		if (sdq_failed(status))
			return status;
	}
	*p = is_done ? pvalue_from_log(log_p) : untied_tail(fold);
	return sdq_ok();
}

/* The p-value by the law asked for. */
static SdqStatus
find_p_value(const KuiperFold *fold, TestMethod method, Tally *tally, Arena *scratch, Stop *stop,
			 KuiperResult *result)
{
	double limit = method == TEST_EXACT ? KUIPER_FORCED_WORK_MAX : KUIPER_EXACT_WORK_MAX;
	ExactLaw exact;
	SdqStatus status;

	result->method = method == TEST_ASYMPTOTIC ? TEST_ASYMPTOTIC : TEST_EXACT;
	result->p_value = pvalue_from(1);
	/* V is never less than 0. */
	if (result->lattice == 0)
		return sdq_ok();
	if (method != TEST_ASYMPTOTIC)
	{
		status = kuiper_exact(tally, fold->n_blocks, result->lattice, limit, scratch, stop, &exact);
		if (sdq_failed(status))
			return status;
		if (method == TEST_EXACT && exact.work > limit)
			return test_exact_infeasible(exact.work, limit);
		if (exact.is_done)
		{
			result->p_value = pvalue_from_log(exact.log_p);
			return sdq_ok();
		}
	}
	result->method = TEST_ASYMPTOTIC;
	return asymptotic(fold, tally, scratch, stop, &result->p_value);
}

SdqStatus
kuiper_test(Tally *tally, TestMethod method, Arena *scratch, Stop *stop, KuiperResult *result)
{
	KuiperFold fold = {.location_plus = NAN, .location_minus = NAN};
	SdqStatus status;

	if (tally->x.n == 0 || tally->y.n == 0)
		return sdq_error(SDQ_BAD_ARGUMENT, 0, 1);
	status = fold_tally(tally, stop, &fold);
	if (sdq_failed(status))
		return status;

	result->lattice = fold.plus + fold.minus;
	result->statistic = (double) result->lattice / (double) (fold.n_x * fold.n_y);
	result->location_plus = fold.location_plus;
	result->location_minus = fold.location_minus;
	result->n_x = fold.n_x;
	result->n_y = fold.n_y;
	return find_p_value(&fold, method, tally, scratch, stop, result);
}
