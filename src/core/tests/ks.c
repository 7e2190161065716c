/*
 * ks.c
 *		The statistic, and the choice of its null law.
 */
#include "core/tests/ks.h"

#include <math.h>

#include "core/tests/ks_band.h"
#include "core/tests/ks_closed.h"
#include "core/tests/ks_exact.h"
#include "core/tests/ks_normal.h"
#include "core/tests/ks_ties.h"
#include "core/tests/lattice.h"

/* With this many observations per distinct value, looking only where blocks end matters, and the
 * law with normal transitions is nearer to the truth than the one without ties. */
#define HEAVILY_TIED 8

/* An exact p this near to 1 is 1. */
#define LOG_CERTAIN 1e-13

/* Distinct values between two looks at the stop flag while folding: some milliseconds. */
#define POLL_BLOCKS (1 << 20)

/* What one pass over the tally finds. */
typedef struct KsFold
{
	KsTies ties;
	int64_t n_x;
	int64_t n_y;
	int64_t n_blocks;
	int64_t plus; /* max d_k */
	int64_t minus;
	double location;
	bool ends_at_n_x; /* a block ends after n_x values, so that all of x may lie below y */
	bool ends_at_n_y;
} KsFold;

/* The three questions of one test: two-sided, greater, less; NULL plans are not needed. */
enum
{
	TWO_SIDED,
	GREATER,
	LESS,
	N_ALTERNATIVES
};

/*
 * Fold some blocks, of which there are *seen_x and *seen_y values before. The lattice number is evaluated
 * after whole blocks only: that alone makes ties right. Where it is greatest is looked for only if
 * these blocks have a new greatest one, so that the first pass has no branches.
 */
static void
fold_blocks(KsFold *fold, const TallyBlock *blocks, size_t n, int64_t *seen_x, int64_t *seen_y)
{
	int64_t n_x = fold->n_x;
	int64_t n_y = fold->n_y;
	int64_t before = fold->plus > fold->minus ? fold->plus : fold->minus;
	int64_t start = *seen_x * n_y - *seen_y * n_x;
	int64_t x = *seen_x;
	int64_t y = *seen_y;
	int64_t high = fold->plus;
	int64_t low = -fold->minus;
	bool ends_at_n_x = false;
	bool ends_at_n_y = false;
	int64_t greatest;

	for (size_t i = 0; i < n; i++)
	{
		int64_t d;

		x += blocks[i].x;
		y += blocks[i].y;
		d = x * n_y - y * n_x;
		high = d > high ? d : high;
		low = d < low ? d : low;
		ends_at_n_x |= x + y == n_x;
		ends_at_n_y |= x + y == n_y;
	}
	fold->plus = high;
	fold->minus = -low;
	fold->ends_at_n_x |= ends_at_n_x;
	fold->ends_at_n_y |= ends_at_n_y;
	*seen_x = x;
	*seen_y = y;

	greatest = high > -low ? high : -low;
	if (greatest == before)
		return;
	for (size_t i = 0; i < n; i++)
	{
		start += blocks[i].x * n_y - blocks[i].y * n_x;
		if (start == greatest || -start == greatest)
		{
			fold->location = blocks[i].value;
			return;
		}
	}
}

static SdqStatus
fold_tally(Tally *tally, Stop *stop, KsFold *fold)
{
	TallyBlock blocks[TALLY_BATCH];
	int64_t seen_x = 0;
	int64_t seen_y = 0;
	int64_t next_poll = POLL_BLOCKS;
	size_t n;

	ks_ties_init(&fold->ties, tally);
	fold->n_x = fold->ties.n_x;
	fold->n_y = fold->ties.n_y;
	fold->plus = 0;
	fold->minus = 0;
	fold->ends_at_n_x = false;
	fold->ends_at_n_y = false;
	fold->location = NAN;
	tally_rewind(tally);
	while ((n = tally_next_batch(tally, blocks)) > 0)
	{
		fold_blocks(fold, blocks, n, &seen_x, &seen_y);
		ks_ties_add(&fold->ties, blocks, n);
		if (fold->ties.n_blocks >= next_poll)
		{
			next_poll = fold->ties.n_blocks + POLL_BLOCKS;
			if (stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
	}
	fold->n_blocks = fold->ties.n_blocks;
	return tally_status(tally);
}

/* Hodges' argument, half a lattice step below the statistic; at most 0 for a statistic of 0. */
static double
hodges_argument(int64_t n_x, int64_t n_y, int64_t lattice)
{
	double m = (double) (n_x > n_y ? n_x : n_y);
	double n = (double) (n_x > n_y ? n_y : n_x);
	double half_step = 0.5 * (double) greatest_common_divisor(n_x, n_y);
	double z = sqrt(m * n / (m + n)) * (((double) lattice - half_step) / (m * n));

	return z <= 0 ? 0 : sqrt(z * z + z * (m + 2 * n) / (3 * sqrt(m * n * (m + n))));
}

PValue
ks_hodges_two_sided(int64_t n_x, int64_t n_y, int64_t lattice)
{
	return kolmogorov_tail(hodges_argument(n_x, n_y, lattice));
}

PValue
ks_hodges_one_sided(int64_t n_x, int64_t n_y, int64_t lattice)
{
	return smirnov_tail(hodges_argument(n_x, n_y, lattice));
}

/* The band of each alternative; a statistic of 0 needs none, its p-value is 1. */
static void
make_bands(const KsFold *fold, KsBand *bands)
{
	int64_t greatest = fold->plus > fold->minus ? fold->plus : fold->minus;
	/* Two-sided is symmetric; the smaller sample as a means fewer columns. */
	int64_t smaller = fold->n_x < fold->n_y ? fold->n_x : fold->n_y;
	int64_t larger = fold->n_x < fold->n_y ? fold->n_y : fold->n_x;

	bands[TWO_SIDED] = ks_band_two_sided(smaller, larger, greatest);
	bands[GREATER] = ks_band_one_sided(fold->n_x, fold->n_y, fold->plus);
	bands[LESS] = ks_band_one_sided(fold->n_y, fold->n_x, fold->minus);
}

/* Closed forms; false if none applies. */
static bool
try_closed_form(const KsFold *fold, PValue *p)
{
	int64_t greatest = fold->plus > fold->minus ? fold->plus : fold->minus;

	if (greatest == fold->n_x * fold->n_y)
	{
		/* Then the other side's statistic is 0. */
		p[TWO_SIDED] =
			ks_disjoint(fold->n_x, fold->n_y, (int) fold->ends_at_n_x + (int) fold->ends_at_n_y);
		if (fold->plus > 0)
			p[GREATER] = ks_disjoint(fold->n_x, fold->n_y, 1);
		else
			p[LESS] = ks_disjoint(fold->n_x, fold->n_y, 1);
		return true;
	}
	if (fold->n_x == fold->n_y && fold->n_blocks == fold->n_x + fold->n_y)
	{
		int64_t n = fold->n_x;

		p[TWO_SIDED] = ks_equal_sizes_two_sided(n, greatest / n);
		if (fold->plus > 0)
			p[GREATER] = ks_equal_sizes_one_sided(n, fold->plus / n);
		if (fold->minus > 0)
			p[LESS] = ks_equal_sizes_one_sided(n, fold->minus / n);
		return true;
	}
	return false;
}

/*
 * The recursions that give all three p-values. Where hardly any path leaves the band on both
 * sides, the two-sided chance is that of the side on which D is attained (`main`) plus that of the
 * same distance on the other side, which is equal for samples of equal sizes. Two one-sided
 * recursions far out in the tail take less than a two-sided one.
 */
typedef struct Recursions
{
	KsBand bands[N_ALTERNATIVES];
	KsExactPlan plans[N_ALTERNATIVES];
	bool needed[N_ALTERNATIVES]; /* if separable, TWO_SIDED stands for the other side of D */
	bool is_separable;
	bool is_possible;
	int main;
	double work;
} Recursions;

/* Choose the recursions, and foresee their work. */
static void
plan_recursions(const KsFold *fold, Recursions *r)
{
	make_bands(fold, r->bands);
	r->main = fold->plus >= fold->minus ? GREATER : LESS;
	r->needed[TWO_SIDED] = true;
	r->needed[GREATER] = fold->plus > 0;
	r->needed[LESS] = fold->minus > 0;
	r->plans[TWO_SIDED] = ks_exact_plan(&r->bands[TWO_SIDED], &fold->ties, -INFINITY);
	r->is_separable = r->plans[TWO_SIDED].is_separable;
	for (int k = GREATER; k <= LESS; k++)
		if (r->needed[k])
			r->plans[k] = ks_exact_plan(&r->bands[k], &fold->ties, -INFINITY);
	if (r->is_separable)
	{
		const KsBand *main = &r->bands[r->main];

		r->needed[TWO_SIDED] = fold->n_x != fold->n_y;
		r->bands[TWO_SIDED] = ks_band_one_sided(main->n_b, main->n_a, main->high);
		r->plans[TWO_SIDED] =
			ks_exact_plan(&r->bands[TWO_SIDED], &fold->ties, r->plans[r->main].log_least);
	}
	r->work = 0;
	r->is_possible = true;
	for (int k = 0; k < N_ALTERNATIVES; k++)
	{
		if (!r->needed[k])
			continue;
		r->work += r->plans[k].work;
		r->is_possible = r->is_possible && r->plans[k].is_possible;
	}
}

/* ks_exact_log_p() or ks_normal_log_p(). */
typedef SdqStatus (*RecursionLaw)(const KsBand *band, const KsExactPlan *plan, const KsTies *ties,
								  Arena *scratch, Stop *stop, double *log_p);

/* Run them. */
static SdqStatus
run_recursions(RecursionLaw law, const KsFold *fold, const Recursions *r, Arena *scratch,
			   Stop *stop, PValue *p)
{
	double log_p[N_ALTERNATIVES];

	for (int k = 0; k < N_ALTERNATIVES; k++)
	{
		SdqStatus status;

		if (!r->needed[k])
			continue;
		status = law(&r->bands[k], &r->plans[k], &fold->ties, scratch, stop, &log_p[k]);
		if (sdq_failed(status))
			return status;
		/* Rounding does not tell this from a certain event. */
		if (log_p[k] > -LOG_CERTAIN)
			log_p[k] = 0;
		/* What the sample itself does is possible, even if a law should overlook it. */
		if (k != TWO_SIDED || !r->is_separable)
			log_p[k] = fmax(log_p[k], r->plans[k].log_least);
		p[k] = pvalue_from_log(log_p[k]);
	}
	if (r->is_separable)
		p[TWO_SIDED] = pvalue_from_log(
			log_add(log_p[r->main], log_p[r->needed[TWO_SIDED] ? TWO_SIDED : r->main]));
	return sdq_ok();
}

/* The law without ties. */
static void
hodges(const KsFold *fold, PValue *p)
{
	int64_t greatest = fold->plus > fold->minus ? fold->plus : fold->minus;

	p[TWO_SIDED] = ks_hodges_two_sided(fold->n_x, fold->n_y, greatest);
	p[GREATER] = ks_hodges_one_sided(fold->n_x, fold->n_y, fold->plus);
	p[LESS] = ks_hodges_one_sided(fold->n_x, fold->n_y, fold->minus);
}

/* Fill p[] by the law asked for, and say which one it was. */
static SdqStatus
find_p_values(const KsFold *fold, TestMethod method, Arena *scratch, Stop *stop, PValue *p,
			  TestMethod *done_by)
{
	bool heavily_tied = fold->n_blocks <= KS_NORMAL_BLOCKS_MAX &&
						fold->n_x + fold->n_y >= HEAVILY_TIED * fold->n_blocks;
	Recursions recursions;

	*done_by = method == TEST_ASYMPTOTIC ? TEST_ASYMPTOTIC : TEST_EXACT;
	for (int k = 0; k < N_ALTERNATIVES; k++)
		p[k] = pvalue_from(1);
	if (fold->plus == 0 && fold->minus == 0)
		return sdq_ok();
	if (method != TEST_ASYMPTOTIC && try_closed_form(fold, p))
		return sdq_ok();

	if (method != TEST_ASYMPTOTIC || heavily_tied)
		plan_recursions(fold, &recursions);
	if (method != TEST_ASYMPTOTIC)
	{
		double limit = method == TEST_EXACT ? KS_FORCED_WORK_MAX : KS_EXACT_WORK_MAX;

		if (recursions.work > limit && method == TEST_EXACT)
			return test_exact_infeasible(recursions.work, limit);
		if (recursions.work <= limit && recursions.is_possible)
			return run_recursions(ks_exact_log_p, fold, &recursions, scratch, stop, p);
	}
	*done_by = TEST_ASYMPTOTIC;
	if (heavily_tied)
		return run_recursions(ks_normal_log_p, fold, &recursions, scratch, stop, p);
	hodges(fold, p);
	return sdq_ok();
}

SdqStatus
ks_test(Tally *tally, TestMethod method, Arena *scratch, Stop *stop, KsResult *result)
{
	KsFold fold;
	PValue p[N_ALTERNATIVES];
	double product;
	SdqStatus status;

	if (tally->x.n == 0 || tally->y.n == 0)
		return sdq_error(SDQ_BAD_ARGUMENT, 0, 1);
	status = fold_tally(tally, stop, &fold);
	if (sdq_failed(status))
		return status;

	product = (double) (fold.n_x * fold.n_y);
	result->lattice_plus = fold.plus;
	result->lattice_minus = fold.minus;
	result->d_plus = (double) fold.plus / product;
	result->d_minus = (double) fold.minus / product;
	result->statistic = result->d_plus > result->d_minus ? result->d_plus : result->d_minus;
	result->location = fold.location;
	result->n_x = fold.n_x;
	result->n_y = fold.n_y;

	status = find_p_values(&fold, method, scratch, stop, p, &result->method);
	result->two_sided = p[TWO_SIDED];
	result->greater = p[GREATER];
	result->less = p[LESS];
	return status;
}
