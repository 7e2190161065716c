/*
 * wilcoxon.c
 *		The signed rank statistic, and the choice of its null law.
 *
 * Ranks of absolute values need no sorting: the distinct differences stand in ascending order, so the
 * negative ones read backwards and the positive ones read forwards are both in order of absolute value.
 * All sums are exact integers of doubled ranks.
 */
#include "core/tests/wilcoxon.h"

#include <math.h>

#include "core/base/integers.h"
#include "core/base/search.h"
#include "core/tests/lattice.h"
#include "core/tests/wilcoxon_exact.h"

/* Distinct values between two looks at the stop flag while folding: some milliseconds. */
#define POLL_BLOCKS (1 << 20)

/* The differences in ascending order of their absolute value, without those that are 0. */
typedef struct Outwards
{
	const SampleView *differences;
	size_t negative; /* differences[0 .. negative) are to come, the last of them next */
	size_t positive; /* differences[positive .. n_distinct) are to come */
	int64_t ranked;  /* observations before the next block, ranked zeros included */
} Outwards;

/* Differences of one absolute value; minus + plus >= 1. */
typedef struct RankBlock
{
	int64_t minus;
	int64_t plus;
	int64_t doubled_rank; /* twice their mean rank */
} RankBlock;

/* What one pass finds. */
typedef struct SignFold
{
	int64_t n_zeros;
	int64_t n_signed;     /* differences that are not 0 */
	int64_t ranked_zeros; /* zeros that take up ranks */
	size_t n_blocks;      /* distinct absolute values above 0 */
	int64_t unit;         /* greatest common divisor of the doubled ranks */
	int64_t doubled_plus; /* twice W+ and W-, without any share of the zeros' ranks */
	int64_t doubled_minus;
	Int128 ties; /* sum of t^3 - t over the blocks */
} SignFold;

/* Start at the zeros, of which so many take up ranks. */
static Outwards
outwards_from_zeros(const SampleView *differences, int64_t ranked_zeros)
{
	size_t middle = first_at_least(differences->values, 0, differences->n_distinct, 0);
	bool has_zeros = middle < differences->n_distinct && differences->values[middle] == 0;

	return (Outwards){.differences = differences,
					  .negative = middle,
					  .positive = middle + has_zeros,
					  .ranked = ranked_zeros};
}

/* The next block; false at the end. */
static bool
next_block(Outwards *cursor, RankBlock *block)
{
	const SampleView *d = cursor->differences;
	bool has_minus = cursor->negative > 0;
	bool has_plus = cursor->positive < d->n_distinct;
	double below = has_minus ? -d->values[cursor->negative - 1] : INFINITY;
	double above = has_plus ? d->values[cursor->positive] : INFINITY;

	if (!has_minus && !has_plus)
		return false;
	/* An infinity that stands for nothing at all does not lose against one that is there. */
	block->minus = has_minus && below <= above ? (int64_t) d->counts[--cursor->negative] : 0;
	block->plus = has_plus && above <= below ? (int64_t) d->counts[cursor->positive++] : 0;
	block->doubled_rank = 2 * cursor->ranked + block->minus + block->plus + 1;
	cursor->ranked += block->minus + block->plus;
	return true;
}

/* One pass over the differences. */
static SdqStatus
fold_differences(const SampleView *differences, WilcoxonZeros zeros, Stop *stop, SignFold *fold)
{
	Outwards cursor;
	RankBlock block;

	*fold = (SignFold){.n_zeros = (int64_t) sample_view_count_of(differences, 0)};
	fold->n_signed = (int64_t) differences->n - fold->n_zeros;
	fold->ranked_zeros = zeros == WILCOXON_DROP ? 0 : fold->n_zeros;
	cursor = outwards_from_zeros(differences, fold->ranked_zeros);
	while (next_block(&cursor, &block))
	{
		Int128 t = block.minus + block.plus;

		fold->doubled_plus += block.plus * block.doubled_rank;
		fold->doubled_minus += block.minus * block.doubled_rank;
		fold->ties += t * t * t - t;
		fold->unit = greatest_common_divisor(fold->unit, block.doubled_rank);
		fold->n_blocks++;
		if (fold->n_blocks % POLL_BLOCKS == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return sdq_ok();
}

/* n (n + 1) (2 n + 1) */
static Int128
six_square_sums(int64_t n)
{
	return (Int128) n * (n + 1) * (2 * (Int128) n + 1);
}

/* The standard deviation of W+ of the normal law. */
static double
sigma_of_w(const SignFold *fold, WilcoxonZeros zeros)
{
	Int128 z0 = fold->ranked_zeros;
	/* 48 times the variance. */
	Int128 sum = 2 * six_square_sums(fold->n_signed + fold->ranked_zeros) - fold->ties;

	if (zeros == WILCOXON_SPLIT)
		sum -= z0 * z0 * z0 - z0;
	else
		sum -= 2 * six_square_sums(fold->ranked_zeros);
	return sqrt((double) sum / 48);
}

/* All three p-values by the normal law; result->z is set. */
static void
asymptotic(WilcoxonResult *result)
{
	result->method = TEST_ASYMPTOTIC;
	result->two_sided = normal_both_tails(fabs(result->z));
	result->greater = normal_upper_tail(result->z);
	result->less = normal_upper_tail(-result->z);
}

/* All three p-values by the exact law, of which the smaller of W+ and W- has the lower tail. */
static SdqStatus
exact(const SampleView *differences, const SignFold *fold, Arena *scratch, Stop *stop,
	  WilcoxonResult *result)
{
	ArenaMark mark = arena_mark(scratch);
	WilcoxonTie *ties = arena_alloc(scratch, fold->n_blocks, sizeof(WilcoxonTie));
	bool plus_is_smaller = fold->doubled_plus <= fold->doubled_minus;
	int64_t smaller = plus_is_smaller ? fold->doubled_plus : fold->doubled_minus;
	Outwards cursor = outwards_from_zeros(differences, fold->ranked_zeros);
	RankBlock block;
	WilcoxonTails tails;
	SdqStatus status;

	if (ties == NULL)
		return arena_failure(scratch);
	for (size_t i = 0; next_block(&cursor, &block); i++)
		ties[i] = (WilcoxonTie){.rank = block.doubled_rank / fold->unit,
								.count = block.minus + block.plus};
	status = wilcoxon_tails(ties, fold->n_blocks, smaller / fold->unit, scratch, stop, &tails);
	if (sdq_failed(status))
		return status;
	result->method = TEST_EXACT;
	result->less = plus_is_smaller ? tails.lower : tails.upper;
	result->greater = plus_is_smaller ? tails.upper : tails.lower;
	result->two_sided = pvalue_doubled(tails.lower);
	arena_release(scratch, mark);
	return sdq_ok();
}

/* The p-values by the method asked for; the rest of the result is set. */
static SdqStatus
find_p_values(const SampleView *differences, const SignFold *fold, TestMethod method,
			  Arena *scratch, Stop *stop, WilcoxonResult *result)
{
	double work;

	if (fold->n_signed == 0)
	{
		/* No signs: W+ can be nothing but what it is. */
		result->method = method == TEST_ASYMPTOTIC ? TEST_ASYMPTOTIC : TEST_EXACT;
		result->two_sided = result->greater = result->less = pvalue_from(1);
		return sdq_ok();
	}
	if (method == TEST_ASYMPTOTIC || (method == TEST_AUTO && result->n_ranked > WILCOXON_EXACT_MAX))
	{
		asymptotic(result);
		return sdq_ok();
	}
	work = wilcoxon_work(
		fold->n_signed,
		(fold->doubled_plus < fold->doubled_minus ? fold->doubled_plus : fold->doubled_minus) /
			fold->unit);
	if (work > WILCOXON_FORCED_WORK_MAX)
		return test_exact_infeasible(work, WILCOXON_FORCED_WORK_MAX);
	return exact(differences, fold, scratch, stop, result);
}

SdqStatus
wilcoxon_test(const SampleView *differences, WilcoxonZeros zeros, TestMethod method, Arena *scratch,
			  Stop *stop, WilcoxonResult *result)
{
	SignFold fold;
	double excess;
	double shared;
	SdqStatus status;

	if (differences->n == 0)
		return sdq_error(SDQ_BAD_ARGUMENT, 0, 1);
	status = fold_differences(differences, zeros, stop, &fold);
	if (sdq_failed(status))
		return status;

	/* Half of the zeros' rank sum, z0 (z0 + 1) / 4 of it on either side. */
	shared =
		zeros == WILCOXON_SPLIT ? 0.25 * (double) ((Int128) fold.n_zeros * (fold.n_zeros + 1)) : 0;
	excess = 0.5 * (double) (fold.doubled_plus - fold.doubled_minus); /* W+ - W- */
	result->w_plus = 0.5 * (double) fold.doubled_plus + shared;
	result->w_minus = 0.5 * (double) fold.doubled_minus + shared;
	/* W+ less its mean is half of W+ - W-. */
	result->z = fold.n_signed == 0 ? 0 : 0.5 * excess / sigma_of_w(&fold, zeros);
	result->effect = excess / (result->w_plus + result->w_minus);
	result->n = (int64_t) differences->n;
	result->n_ranked = fold.n_signed + fold.ranked_zeros;
	result->n_zeros = fold.n_zeros;
	return find_p_values(differences, &fold, method, scratch, stop, result);
}
