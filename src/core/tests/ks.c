/*
 * ks.c
 *		The statistic, and the choice of its null law.
 */
#include "core/tests/ks.h"

#include <math.h>

#include "core/tests/ks_band.h"
#include "core/tests/ks_closed.h"
#include "core/tests/ks_exact.h"
#include "core/tests/ks_fold.h"
#include "core/tests/ks_normal.h"
#include "core/tests/ks_ties.h"
#include "core/tests/lattice.h"

/* With this many observations per distinct value, looking only where blocks end matters, and the
 * law with normal transitions is nearer to the truth than the one without ties. */
#define HEAVILY_TIED 8

/* An exact p this near to 1 is 1. */
#define LOG_CERTAIN 1e-13

/* The three questions of one test: two-sided, greater, less; NULL plans are not needed. */
enum
{
	TWO_SIDED,
	GREATER,
	LESS,
	N_ALTERNATIVES
};

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
ks_test_folded(const KsFold *fold, TestMethod method, Arena *scratch, Stop *stop, KsResult *result)
{
	PValue p[N_ALTERNATIVES];
	double product = (double) (fold->n_x * fold->n_y);
	SdqStatus status;

	result->lattice_plus = fold->plus;
	result->lattice_minus = fold->minus;
	result->d_plus = (double) fold->plus / product;
	result->d_minus = (double) fold->minus / product;
	result->statistic = result->d_plus > result->d_minus ? result->d_plus : result->d_minus;
	result->location = fold->location;
	result->n_x = fold->n_x;
	result->n_y = fold->n_y;

	status = find_p_values(fold, method, scratch, stop, p, &result->method);
	result->two_sided = p[TWO_SIDED];
	result->greater = p[GREATER];
	result->less = p[LESS];
	return status;
}

SdqStatus
ks_test(Tally *tally, TestMethod method, Arena *scratch, Stop *stop, KsResult *result)
{
	KsFold fold;
	SdqStatus status;

	if (tally->x.n == 0 || tally->y.n == 0)
		return sdq_error(SDQ_BAD_ARGUMENT, 0, 1);
	status = ks_fold_tally(tally, stop, &fold);
	return sdq_failed(status) ? status : ks_test_folded(&fold, method, scratch, stop, result);
}
