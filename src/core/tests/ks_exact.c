/*
 * ks_exact.c
 *		The exact null law: one recursion with two ways to cross a block of ties, and closed forms.
 *
 * Let u_S(i) be the chance that a path to state i after S values (all such paths being equally
 * likely) has been outside of the band at the end of a block (ks_band.h). States outside have
 * u = 1, the start has u = 0, and the p-value is u_N(n_a). All terms are positive and at most 1, so
 * nothing cancels, and small chances keep their relative accuracy.
 *
 * Within a block of t tied values nothing is looked at. It can be crossed
 * - value by value: u_s(i) = i/s u_{s-1}(i - 1) + (s - i)/s u_{s-1}(i), Viehmann's recursion (2021,
 *	 "Numerically more stable computation of the p-values for the two-sample Kolmogorov-Smirnov
 *	 test") along antidiagonals, which need no order of evaluation and so run in vector registers; or
 * - at once: u_S(i) = sum_c h(c) u_{S-t}(i - c), where h(c), the chance that c of the t values went
 *	 to a, is hypergeometric.
 * The first takes t passes over the band, the second a number of terms per state that does not grow
 * with t beyond the band's width; each block takes the cheaper one. So samples without ties and
 * millions of 8-bit pixels are the same recursion.
 *
 * Of the u's only those between the states of the band before and after the block are ever computed:
 * below the former all is as below the band, above it all is 1.
 *
 * Range: u spans everything between 1 and p, so u is stored times 2^450, and hypergeometric weights
 * start at 2^450 at the mode. p is then right down to about 1e-420.
 */
#include "core/tests/ks_exact.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define LN_2 0.69314718055994530942

/* u = 1 as stored, and the largest weight. Their product, times a number of terms or a count, stays
 * below the largest double, 2^1024. */
#define SCALE     0x1p450
#define LOG_SCALE 311.91623125197543 /* 450 ln 2 */

/* Below this, stored, what was lost to underflow may have been seen. */
#define SMALLEST_STORED 0x1p-950

/* A hypergeometric term whose largest possible contribution is below this share ends the sum. */
#define NEGLIGIBLE 1e-18

/* Measured in units of one step of the value-by-value recursion for one state: a term of the
 * hypergeometric sum (two multiplications and a division in sequence), and a pass over the band. */
#define TERM_WORK 8
#define PASS_WORK 8

/* A hypergeometric sum is over at this many standard deviations on either side, and is never
 * shorter than some terms. */
#define SUM_DEVIATIONS 20
#define SUM_TERMS_MIN  8

/* Work between two looks at the stop flag: about a millisecond. */
#define POLL_WORK 1e6

/* Factors that the closed form multiplies out; beyond, p is below 1e-20000 in any case. */
#define EQUAL_SIZES_PRODUCT_MAX 10000000

/* One block of ties about to be crossed. */
typedef struct Crossing
{
	int64_t before;    /* values before the block */
	int64_t after;     /* values with it */
	int64_t old_first; /* the band before */
	int64_t old_last;
	int64_t first; /* the band after */
	int64_t last;
} Crossing;

/* The u's of the band, and a second buffer to compute the next ones into. The state old_first is at
 * u[offset], offset >= 1; there is room for max_width states twice, so that the band can slide up a
 * while before it must be moved back. */
typedef struct Workspace
{
	double *u;
	double *spare;
	size_t capacity;
	size_t offset;
} Workspace;

/* Lowest state that the band after the block needs, and that is not known to be below the band. */
static int64_t
lowest_needed(const Crossing *crossing, int64_t values_left)
{
	int64_t needed = crossing->first - values_left;

	return needed > crossing->old_first ? needed : crossing->old_first;
}

/* Work of crossing the block value by value. */
static double
stepping_work(const Crossing *crossing)
{
	double t = (double) (crossing->after - crossing->before);
	double width =
		(double) (crossing->last - lowest_needed(crossing, crossing->after - crossing->before));

	return t * (width + 1 + PASS_WORK);
}

/* Work of crossing the block at once. */
static double
jumping_work(const KsBand *band, const Crossing *crossing)
{
	double t = (double) (crossing->after - crossing->before);
	double N = (double) band->n_a + (double) band->n_b;
	double sd = sqrt(t * ((double) band->n_a / N) * ((double) band->n_b / N));
	double terms = (double) (crossing->old_last - crossing->old_first + 1) + SUM_DEVIATIONS * sd;

	if (terms > t + 1)
		terms = t + 1;
	return (double) (crossing->last - crossing->first + 1) * (terms + SUM_TERMS_MIN) * TERM_WORK;
}

KsExactPlan
ks_exact_plan(const KsBand *band, Tally *tally, double limit)
{
	KsExactPlan plan = {.work = 0, .max_width = 1};
	Crossing crossing = {.before = 0};
	TallyBlock block;

	tally_rewind(tally);
	while (plan.work <= limit && tally_next(tally, &block))
	{
		int64_t width;

		crossing.after = crossing.before + block.x + block.y;
		ks_band_states(band, crossing.after, &crossing.first, &crossing.last);
		if (crossing.first > crossing.last)
			break; /* no path stays inside */
		width = crossing.last - crossing.first + 1;
		if (crossing.before == 0)
			plan.work += (double) width;
		else
		{
			double stepping = stepping_work(&crossing);
			double jumping = jumping_work(band, &crossing);

			plan.work += stepping <= jumping ? stepping : jumping;
			if (stepping <= jumping)
				width = crossing.last - crossing.old_first + 1;
		}
		if (width > plan.max_width)
			plan.max_width = width;
		crossing.before = crossing.after;
		crossing.old_first = crossing.first;
		crossing.old_last = crossing.last;
	}
	return plan;
}

/* One pass: from s - 1 values to s, for the n states from `first` on. from[-1] is read. */
static void
step(const double *restrict from, double *restrict to, int32_t n, double first, double s)
{
	double rest = s - first;
	double inverse = 1 / s;

	for (int32_t m = 0; m < n; m++)
		to[m] = ((first + m) * from[m - 1] + (rest - m) * from[m]) * inverse;
}

/* Cross a block value by value. */
static void
cross_stepping(const KsBand *band, const Crossing *crossing, Workspace *space)
{
	int64_t first = crossing->old_first;
	int64_t top = crossing->old_last;
	double below = band->low_hits ? SCALE : 0;

	if (space->offset + (size_t) (crossing->last - first) >= space->capacity)
	{
		memmove(space->u + 1, space->u + space->offset,
				(size_t) (top - first + 1) * sizeof(double));
		space->offset = 1;
	}
	for (int64_t s = crossing->before + 1; s <= crossing->after; s++)
	{
		double *u = space->u + space->offset; /* of state i: u[i - first] */
		double *next = space->spare + space->offset;
		int64_t bottom = lowest_needed(crossing, crossing->after - s);

		u[-1] = below;
		if (top < crossing->last)
		{
			top++;
			u[top - first] = SCALE;
		}
		if (bottom <= top)
			step(u + (bottom - first), next + (bottom - first), (int32_t) (top - bottom + 1),
				 (double) bottom, (double) s);
		space->u = next - space->offset;
		space->spare = u - space->offset;
	}
	/* Where even the lowest state of the new band lies above all that the old one leads to. */
	for (int64_t i = top + 1; i <= crossing->last; i++)
		space->u[space->offset + (size_t) (i - first)] = SCALE;
	space->offset += (size_t) (crossing->first - first);
}

/* u of any state before the block, as stored; u[0] is that of the first in the band. */
static inline double
u_of(const KsBand *band, const Crossing *crossing, const double *u, int64_t state)
{
	if (state > crossing->old_last)
		return SCALE;
	if (state < crossing->old_first)
		return band->low_hits ? SCALE : 0;
	return u[state - crossing->old_first];
}

/* The hypergeometric mean of u over the states that lead through the block to state i. */
static double
mean_over_block(const KsBand *band, const Crossing *crossing, const double *u, int64_t i)
{
	int64_t before = crossing->before;
	int64_t t = crossing->after - before;
	int64_t least = i > before ? i - before : 0;
	int64_t most = i < t ? i : t;
	double guess = ((double) t + 1) * ((double) i + 1) / ((double) crossing->after + 2);
	int64_t mode = guess <= (double) least  ? least
				   : guess >= (double) most ? most
											: (int64_t) guess;
	double total = 0;
	double sum = 0;
	double weight = SCALE; /* the mode's */

	for (int64_t c = mode; c <= most && weight >= DBL_MIN; c++)
	{
		int64_t source = i - c;

		total += weight;
		sum += weight * u_of(band, crossing, u, source);
		if (weight < NEGLIGIBLE * total && weight * SCALE < NEGLIGIBLE * sum)
			break;
		weight *= ((double) (t - c) * (double) source) /
				  ((double) (c + 1) * (double) (before - source + 1));
	}
	weight = SCALE;
	for (int64_t c = mode; c > least && weight >= DBL_MIN; c--)
	{
		int64_t source = i - c + 1; /* of c - 1 */

		weight *= ((double) c * (double) (before - source + 1)) /
				  ((double) (t - c + 1) * (double) source);
		total += weight;
		sum += weight * u_of(band, crossing, u, source);
		if (weight < NEGLIGIBLE * total && weight * SCALE < NEGLIGIBLE * sum)
			break;
	}
	return sum / total;
}

/* Cross a block at once. Polls by itself; false if a stop was requested. */
static bool
cross_jumping(const KsBand *band, const Crossing *crossing, Workspace *space, Stop *stop)
{
	const double *u = space->u + space->offset;
	double *next = space->spare;
	double work_per_state =
		jumping_work(band, crossing) / (double) (crossing->last - crossing->first + 1);
	double since_poll = 0;

	for (int64_t i = crossing->first; i <= crossing->last; i++)
	{
		next[1 + i - crossing->first] = mean_over_block(band, crossing, u, i);
		since_poll += work_per_state;
		if (since_poll > POLL_WORK)
		{
			if (stop_poll(stop))
				return false;
			since_poll = 0;
		}
	}
	space->spare = space->u;
	space->u = next;
	space->offset = 1;
	return true;
}

/* The recursion over all blocks; *p is scaled. */
static SdqStatus
cross_all(const KsBand *band, Tally *tally, Workspace *space, Stop *stop, double *p)
{
	Crossing crossing = {.before = 0};
	double since_poll = 0;
	TallyBlock block;

	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		double stepping;

		crossing.after = crossing.before + block.x + block.y;
		ks_band_states(band, crossing.after, &crossing.first, &crossing.last);
		if (crossing.first > crossing.last)
		{
			*p = SCALE; /* no path stays inside */
			return sdq_ok();
		}
		if (crossing.before == 0)
		{
			/* However large the first block is, whoever is inside now has never been outside. */
			space->offset = 1;
			for (int64_t i = crossing.first; i <= crossing.last; i++)
				space->u[1 + i - crossing.first] = 0;
		}
		else if ((stepping = stepping_work(&crossing)) <= jumping_work(band, &crossing))
		{
			cross_stepping(band, &crossing, space);
			since_poll += stepping;
		}
		else if (!cross_jumping(band, &crossing, space, stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);

		crossing.before = crossing.after;
		crossing.old_first = crossing.first;
		crossing.old_last = crossing.last;
		if (since_poll > POLL_WORK)
		{
			if (stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
			since_poll = 0;
		}
	}
	if (sdq_failed(tally_status(tally)))
		return tally_status(tally);
	/* After the last block one state is left. */
	*p = space->u[space->offset];
	return sdq_ok();
}

SdqStatus
ks_exact_log_p(const KsBand *band, const KsExactPlan *plan, Tally *tally, Arena *scratch,
			   Stop *stop, double *log_p)
{
	ArenaMark mark = arena_mark(scratch);
	Workspace space = {.capacity = 2 * (size_t) plan->max_width + 2};
	double p;
	SdqStatus status;

	space.u = arena_alloc(scratch, space.capacity, sizeof(double));
	space.spare = arena_alloc(scratch, space.capacity, sizeof(double));
	if (space.u == NULL || space.spare == NULL)
		return arena_failure(scratch);
	status = cross_all(band, tally, &space, stop, &p);
	arena_release(scratch, mark);
	if (sdq_failed(status))
		return status;
	if (p < SMALLEST_STORED)
		*log_p = -INFINITY;
	else
		*log_p = p < 1 ? log(p) - LOG_SCALE : log(p / SCALE);
	return sdq_ok();
}

/* ln C(2n, n + c) / C(2n, n), as the product of (n - i) / (n + i + 1) over i < c. */
static double
log_central_ratio(int64_t n, int64_t c)
{
	double log_sum = 0;
	double product = 1;

	if (c > EQUAL_SIZES_PRODUCT_MAX)
		return log_binomial(2.0 * (double) n, (double) (n + c)) -
			   log_binomial(2.0 * (double) n, (double) n);
	for (int64_t i = 0; i < c; i++)
	{
		product *= (double) (n - i) / (double) (n + i + 1);
		if (product < 0x1p-900)
		{
			log_sum += log(product);
			product = 1;
		}
	}
	return log_sum + log(product);
}

PValue
ks_equal_sizes_one_sided(int64_t n, int64_t c)
{
	return pvalue_from_log(log_central_ratio(n, c));
}

PValue
ks_equal_sizes_two_sided(int64_t n, int64_t c)
{
	/* Relative to the first term: 1 - r_2 + r_3 - ..., each r by continuing the product. */
	double first = log_central_ratio(n, c);
	double sum = 1;
	double ratio = 1;
	double sign = -1;

	for (int64_t i = c; i < n && c <= EQUAL_SIZES_PRODUCT_MAX; i++)
	{
		ratio *= (double) (n - i) / (double) (n + i + 1);
		if (ratio < NEGLIGIBLE)
			break;
		if ((i + 1) % c == 0)
		{
			sum += sign * ratio;
			sign = -sign;
		}
	}
	return pvalue_from_log(LN_2 + first + log(sum));
}

PValue
ks_disjoint(int64_t n_x, int64_t n_y, int n_paths)
{
	return pvalue_from_log(log((double) n_paths) -
						   log_binomial((double) n_x + (double) n_y, (double) n_x));
}
