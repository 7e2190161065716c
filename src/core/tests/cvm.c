/*
 * cvm.c
 *		The statistic, and the choice of its null law.
 */
#include "core/tests/cvm.h"

#include <math.h>
#include <stdbool.h>

#include "core/base/compensated.h"
#include "core/base/integers.h"
#include "core/tests/bridge_law.h"
#include "core/tests/cvm_exact.h"

/* Distinct values between two looks at the stop flag: some milliseconds. */
#define POLL_BLOCKS (1 << 18)

/* Twelve times Anderson's U fits 128 bits for n_x n_y up to here. */
#define MIDRANK_PRODUCT_MAX (INT64_C(1) << 60)

/* What one pass over the tally finds. */
typedef struct CvmFold
{
	int64_t n_x;
	int64_t n_y;
	int64_t n_blocks;
	Compensated squares; /* sum of t d^2, d = n_x n_y (F - G) exact */
	Int128 u12;          /* 12 U; 0 where it might not fit */
} CvmFold;

/*
 * Anderson's U = n_x sum (R_i - i)^2 + n_y sum (S_j - j)^2, R and S the pooled ranks of the i-th and j-th value of either
 * sample. In a block with x and y values, after A and B others, the mid-rank less i averages B + y/2,
 * and i varies about its mean: the block adds n_x (x (B + y/2)^2 + x (x^2 - 1) / 12), and alike for y.
 */
static Int128
midrank_share(const CvmFold *fold, const TallyBlock *block, int64_t seen_x, int64_t seen_y)
{
	Int128 x = block->x;
	Int128 y = block->y;
	Int128 b = 2 * (Int128) seen_y + y;
	Int128 a = 2 * (Int128) seen_x + x;

	return fold->n_x * (3 * x * b * b + x * (x * x - 1)) +
		   fold->n_y * (3 * y * a * a + y * (y * y - 1));
}

static SdqStatus
fold_tally(Tally *tally, Stop *stop, CvmFold *fold)
{
	int64_t seen_x = 0;
	int64_t seen_y = 0;
	bool has_midrank;
	TallyBlock block;

	fold->n_x = (int64_t) tally->x.n;
	fold->n_y = (int64_t) tally->y.n;
	has_midrank = fold->n_x * fold->n_y <= MIDRANK_PRODUCT_MAX;
	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		double d;

		if (has_midrank)
			fold->u12 += midrank_share(fold, &block, seen_x, seen_y);
		seen_x += block.x;
		seen_y += block.y;
		d = (double) (seen_x * fold->n_y - seen_y * fold->n_x);
		compensated_add(&fold->squares, (double) (block.x + block.y) * d * d);
		fold->n_blocks++;
		if (fold->n_blocks % POLL_BLOCKS == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return tally_status(tally);
}

/* U / (n_x n_y N) - (4 n_x n_y - 1) / (6 N): the difference of two large numbers, taken exactly. */
static double
midrank_statistic(const CvmFold *fold)
{
	Int128 product = (Int128) fold->n_x * fold->n_y;
	Int128 difference = fold->u12 - 2 * product * (4 * product - 1);

	if (product > MIDRANK_PRODUCT_MAX)
		return NAN;
	return (double) difference /
		   (12 * (double) product * ((double) fold->n_x + (double) fold->n_y));
}

/* The large-sample law, which needs to see the ties if there are any. */
static SdqStatus
asymptotic(const CvmFold *fold, Tally *tally, Arena *scratch, Stop *stop, CvmResult *result)
{
	const int64_t sizes[2] = {fold->n_x, fold->n_y};
	ArenaMark mark = arena_mark(scratch);
	int64_t n_seen = 0;
	BridgeLaw law;
	TallyBlock block;
	SdqStatus status;

	result->method = TEST_ASYMPTOTIC;
	if (fold->n_blocks == fold->n_x + fold->n_y)
	{
		result->p_value = bridge_law_untied_tail(BRIDGE_CVM, sizes, 2, result->statistic);
		return sdq_ok();
	}
	status = bridge_law_begin(BRIDGE_CVM, sizes, 2, fold->n_blocks, scratch, &law);
	if (sdq_failed(status))
		return status;
	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		bridge_law_add(&law, block.x + block.y);
		n_seen++;
		if (n_seen % POLL_BLOCKS == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	if (sdq_failed(tally_status(tally)))
		return tally_status(tally);
	result->p_value = bridge_law_tail(&law, result->statistic);
	arena_release(scratch, mark);
	return sdq_ok();
}

/* The exact law, if it is within the limits of the method. *done says whether p is there. */
static SdqStatus
try_exact(const CvmFold *fold, TestMethod method, Tally *tally, Arena *scratch, Stop *stop,
		  CvmResult *result, bool *done)
{
	double limit = method == TEST_EXACT ? CVM_FORCED_WORK_MAX : CVM_EXACT_WORK_MAX;
	ExactLaw exact;
	SdqStatus status = cvm_exact(tally, fold->n_blocks, limit, scratch, stop, &exact);

	*done = exact.is_done;
	if (sdq_failed(status))
		return status;
	if (method == TEST_EXACT && exact.work > limit)
		return test_exact_infeasible(exact.work, limit);
	if (exact.is_done)
	{
		result->method = TEST_EXACT;
		result->p_value = pvalue_from_log(exact.log_p);
	}
	return sdq_ok();
}

SdqStatus
cvm_test(Tally *tally, TestMethod method, Arena *scratch, Stop *stop, CvmResult *result)
{
	CvmFold fold = {.n_blocks = 0};
	double product;
	double N;
	bool done;
	SdqStatus status;

	if (tally->x.n == 0 || tally->y.n == 0)
		return sdq_error(SDQ_BAD_ARGUMENT, 0, 1);
	status = fold_tally(tally, stop, &fold);
	if (sdq_failed(status))
		return status;

	product = (double) fold.n_x * (double) fold.n_y;
	N = (double) fold.n_x + (double) fold.n_y;
	result->statistic = compensated_total(&fold.squares) / product / (N * N);
	result->statistic_midrank = midrank_statistic(&fold);
	result->n_x = fold.n_x;
	result->n_y = fold.n_y;
	if (fold.n_blocks == 1)
	{
		/* One value: T can be nothing but 0. */
		result->method = method == TEST_ASYMPTOTIC ? TEST_ASYMPTOTIC : TEST_EXACT;
		result->p_value = pvalue_from(1);
		return sdq_ok();
	}
	if (method != TEST_ASYMPTOTIC)
	{
		status = try_exact(&fold, method, tally, scratch, stop, result, &done);
		if (sdq_failed(status) || done)
			return status;
	}
	return asymptotic(&fold, tally, scratch, stop, result);
}
