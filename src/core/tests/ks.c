/*
 * ks.c
 *		The statistic, and the choice of its null law.
 */
#include "core/tests/ks.h"

#include <math.h>

#include "core/tests/ks_band.h"
#include "core/tests/ks_exact.h"
#include "core/tests/ks_normal.h"
#include "core/tests/lattice.h"

/* With this many observations per distinct value, looking only where blocks end matters, and the
 * law with normal transitions is nearer to the truth than the one without ties. */
#define HEAVILY_TIED 8

/* Where the law without ties puts p below this, the recursion would only find that p is too small for
 * it (1e-420): ties make p smaller still, and so far out Hodges' law is not off by half of log10 p. */
#define HOPELESS_LOG10_P (-840.0)

/* Distinct values between two looks at the stop flag while folding: some milliseconds. */
#define POLL_BLOCKS (1 << 20)

/* What one pass over the tally finds. */
typedef struct KsFold
{
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

/* The lattice number is evaluated after whole blocks only: that alone makes ties right. */
static SdqStatus
fold_tally(Tally *tally, Stop *stop, KsFold *fold)
{
	int64_t seen_x = 0;
	int64_t seen_y = 0;
	TallyBlock block;

	fold->n_x = (int64_t) tally->x.n;
	fold->n_y = (int64_t) tally->y.n;
	fold->location = NAN;
	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		int64_t best = fold->plus > fold->minus ? fold->plus : fold->minus;
		int64_t d;

		seen_x += block.x;
		seen_y += block.y;
		d = seen_x * fold->n_y - seen_y * fold->n_x;
		if (d > best || -d > best)
			fold->location = block.value;
		if (d > fold->plus)
			fold->plus = d;
		if (-d > fold->minus)
			fold->minus = -d;
		fold->ends_at_n_x |= seen_x + seen_y == fold->n_x;
		fold->ends_at_n_y |= seen_x + seen_y == fold->n_y;
		fold->n_blocks++;
		if (fold->n_blocks % POLL_BLOCKS == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
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

/* The band of each alternative, one-sided ones cut off (ks_band.h); a statistic of 0 needs none, its p-value is 1. */
static void
make_bands(const KsFold *fold, double cut, KsBand *bands)
{
	int64_t greatest = fold->plus > fold->minus ? fold->plus : fold->minus;
	/* Two-sided is symmetric; the smaller sample as a means fewer columns. */
	int64_t smaller = fold->n_x < fold->n_y ? fold->n_x : fold->n_y;
	int64_t larger = fold->n_x < fold->n_y ? fold->n_y : fold->n_x;

	bands[TWO_SIDED] = ks_band_two_sided(smaller, larger, greatest);
	bands[GREATER] = ks_band_one_sided(fold->n_x, fold->n_y, fold->plus, cut);
	bands[LESS] = ks_band_one_sided(fold->n_y, fold->n_x, fold->minus, cut);
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

/* The recursion for all alternatives, if their work together is within the limit. *done says
 * whether the p-values are there; *work what would have been needed. */
static SdqStatus
try_recursion(const KsBand *bands, const bool *needed, double limit, Tally *tally, Arena *scratch,
			  Stop *stop, PValue *p, double *work, bool *done)
{
	KsExactPlan plans[N_ALTERNATIVES];

	*work = 0;
	*done = false;
	for (int k = 0; k < N_ALTERNATIVES; k++)
	{
		if (!needed[k])
			continue;
		plans[k] = ks_exact_plan(&bands[k], tally, limit - *work);
		*work += plans[k].work;
		if (*work > limit)
			return sdq_ok();
	}
	for (int k = 0; k < N_ALTERNATIVES; k++)
	{
		double log_p;
		SdqStatus status;

		if (!needed[k])
			continue;
		status = ks_exact_log_p(&bands[k], &plans[k], tally, scratch, stop, &log_p);
		if (sdq_failed(status))
			return status;
		if (log_p == -INFINITY)
			return sdq_ok();
		p[k] = pvalue_from_log(log_p);
	}
	*done = true;
	return sdq_ok();
}

/* Is p so small that the recursion cannot hold it? */
static bool
is_out_of_range(const KsFold *fold)
{
	int64_t greatest = fold->plus > fold->minus ? fold->plus : fold->minus;

	return ks_hodges_two_sided(fold->n_x, fold->n_y, greatest).log10_p < HOPELESS_LOG10_P;
}

/* The law for few distinct values if there are many ties, else the law without ties. */
static SdqStatus
asymptotic(const KsFold *fold, const KsBand *bands, const bool *needed, Tally *tally,
		   Arena *scratch, Stop *stop, PValue *p)
{
	bool heavily_tied = fold->n_blocks <= KS_NORMAL_BLOCKS_MAX &&
						fold->n_x + fold->n_y >= HEAVILY_TIED * fold->n_blocks;

	for (int k = 0; k < N_ALTERNATIVES; k++)
	{
		double log_p;
		SdqStatus status;

		if (!needed[k])
			continue;
		if (!heavily_tied)
		{
			p[k] = k == TWO_SIDED ? ks_hodges_two_sided(fold->n_x, fold->n_y, bands[k].high)
								  : ks_hodges_one_sided(fold->n_x, fold->n_y, bands[k].high);
			continue;
		}
		status = ks_normal_log_p(&bands[k], tally, scratch, stop, &log_p);
		if (sdq_failed(status))
			return status;
		p[k] = pvalue_from_log(log_p);
	}
	return sdq_ok();
}

/* Fill p[] by the law asked for, and say which one it was. */
static SdqStatus
find_p_values(const KsFold *fold, TestMethod method, Tally *tally, Arena *scratch, Stop *stop,
			  PValue *p, TestMethod *done_by)
{
	KsBand bands[N_ALTERNATIVES];
	bool needed[N_ALTERNATIVES] = {fold->plus > 0 || fold->minus > 0, fold->plus > 0,
								   fold->minus > 0};
	double limit = method == TEST_EXACT ? KS_FORCED_WORK_MAX : KS_EXACT_WORK_MAX;
	double work;
	bool done;
	SdqStatus status;

	*done_by = method == TEST_ASYMPTOTIC ? TEST_ASYMPTOTIC : TEST_EXACT;
	for (int k = 0; k < N_ALTERNATIVES; k++)
		p[k] = pvalue_from(1);
	if (!needed[TWO_SIDED])
		return sdq_ok();
	if (method != TEST_ASYMPTOTIC && try_closed_form(fold, p))
		return sdq_ok();

	if (method == TEST_EXACT || (method == TEST_AUTO && !is_out_of_range(fold)))
	{
		make_bands(fold, KS_CUT_EXACT, bands);
		status = try_recursion(bands, needed, limit, tally, scratch, stop, p, &work, &done);
		if (sdq_failed(status) || done)
			return status;
		if (method == TEST_EXACT && work > limit)
			return test_exact_infeasible(work, limit);
	}
	*done_by = TEST_ASYMPTOTIC;
	make_bands(fold, KS_CUT_NORMAL, bands);
	return asymptotic(fold, bands, needed, tally, scratch, stop, p);
}

SdqStatus
ks_test(Tally *tally, TestMethod method, Arena *scratch, Stop *stop, KsResult *result)
{
	KsFold fold = {.n_blocks = 0};
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

	status = find_p_values(&fold, method, tally, scratch, stop, p, &result->method);
	result->two_sided = p[TWO_SIDED];
	result->greater = p[GREATER];
	result->less = p[LESS];
	return status;
}
