/*
 * ks_exact.c
 *		The exact null law: one recursion over blocks of ties.
 *
 * Handing out the values in ascending order, each to sample a with chance theta = n_a / N and to b
 * otherwise, gives a random walk; given that it ends at state n_a after N values, all ways are
 * equally likely, which is the null hypothesis. Let g_S(i) be the chance that this walk is at
 * state i after S values and has not been outside of the band (ks_band.h) at the end of a block. A
 * block of t tied values adds a binomial number to i, so that g follows from block to block by a
 * convolution with
 *
 *		b_t(c) = C(t, c) theta^c (1 - theta)^(t - c),
 *
 * after which the states outside are taken away. What is taken away at (S, i) goes on to n_a with
 * the chance r_S(i) = b_{N-S}(n_a - i), and so
 *
 *		p = sum over the states taken away of g_S(i) r_S(i) / r_0(0).
 *
 * All terms are positive: nothing cancels, and small chances keep their relative accuracy. The
 * cost is that of the convolutions, a multiplication and an addition per state and possible c.
 *
 * Which states are kept. A state may be left out if the chance that a path visits it and then
 * leaves the band is a negligible part of p. The chance of a visit at distance x = i - S theta
 * from the mean falls like exp(-x^2 / (2 v)), v = theta (1 - theta) S (N - S) / N: for theta = 1/2
 * this is Serfling's inequality ("Probability inequalities for the sum in sampling without
 * replacement", 1974). From there the upper limit, at x = L = high / N, is reached with a chance
 * of at most exp(-2 L (L - x) / (theta (1 - theta) (N - S))), by the exponential martingale of the
 * Brownian bridge, or for theta = 1/2 by that of the walk and Hoeffding's lemma. With u = S / N,
 * the product is above exp(-log_leave) where
 *
 *		(x - 2 L u)^2 <= 2 v (log_leave - 2 L^2 / (theta (1 - theta) N)):
 *
 * a lens around the line that leads to L at half of the way, of nearly the same width however
 * small p is. log_leave is taken from the chance to be outside at the end of a single block, which
 * bounds p from below, and a margin for the number of states left out. For theta other than 1/2
 * both bounds hold up to the skewness of the binomial law; SKEW_* widens the lens for that. A
 * question for both sides at once has no such line, and keeps all states of the band whose visits
 * matter. Where hardly any path leaves on both sides, two questions of one side answer it.
 *
 * Range. All ways to the same state being equally likely, the law does not depend on theta.
 * One-sided, the walk is given the theta that makes the line to L its mean (the change of measure
 * of large deviations): g then spans exp(-log_detour) to 1 within the lens, and the smallness of p
 * is all in r. So the range of doubles suffices for p = 1e-2000 if some block ends near half of
 * the values.
 *
 * theta is rounded to a number of which 1 - theta is known exactly, so that the weights of many
 * small blocks do not drift.
 */
#include "core/tests/ks_exact.h"

#include <math.h>
#include <string.h>

#include "core/tests/convolve.h"
#include "core/tests/tail.h"

/* ln of 1e15, the accuracy that is asked for; and states that each block may leave out as if they
 * were as likely as the likeliest of them. */
#define LOG_ACCURACY     34.54
#define LEFT_OUT_A_BLOCK 8

/* How much wider the lens is if theta is not 1/2: in states per log_leave (the linear term of
 * Bernstein's inequality, twice), and relative to the exponent. */
#define SKEW_STATES   (2.0 / 3)
#define SKEW_EXPONENT 0.1

/* How much less than 2 the factor of the exponent of a path that leaves on both sides may be
 * for theta near 0 or 1. */
#define SKEW_SEPARABLE 1

/* States by which any limit may be off because states are integers. */
#define ROUNDED_STATES 2

/* g = 1 as stored, and how far below 1 it may be, as -ln: stored, 2^-960 is left. */
#define SCALE         0x1p900
#define LOG_RANGE_MAX 1280

/* Binomial weights below exp of minus this share of the largest are 0 in any case. */
#define LOG_WEIGHT_MAX 665

/* A term that ends a sum of decreasing ones. */
#define NEGLIGIBLE 1e-18

/* Where exp() is near its limits. */
#define EXPONENT_MAX 600

/* After blocks of at most the one size, r is carried on by its ratios, for so many blocks. */
#define CARRY_SIZE_MAX   4
#define CARRY_BLOCKS_MAX 128

/* Measured in nanoseconds on AVX2 (AVX-512 takes a tenth less, plain code half as much again): a
 * multiplication and addition, the making of a weight, and the rest of what a block takes. */
#define MADD_WORK  0.05
#define TAP_WORK   3
#define BLOCK_WORK 60

/* Multiplications between two looks at the stop flag, about a millisecond, and what a block counts
 * besides its own. */
#define POLL_MADDS       1e7
#define POLL_BLOCK_MADDS 1e3

/* r at a state next to the band, in units of exp(log_least). */
typedef struct Exit
{
	int64_t S;
	int64_t i;
	double log_r;  /* ln r is this */
	double factor; /* and ln of this */
	double unit;   /* exp(log_r), if that is a number */
	int n_carried;
	bool is_known;
} Exit;

/* The recursion at work. */
typedef struct Walk
{
	const KsBand *band;
	const KsExactPlan *plan;
	double N;
	double theta; /* the plan's */
	double rest;
	int64_t S;
	int64_t bottom; /* the states kept */
	int64_t top;
	double *g;     /* of state `bottom` on, with zeros on either side; within row */
	double *row;   /* [max_width + 4 tiles] */
	double *spare; /* as row */
	double *taps;  /* [2 taps_reach + 1] */
	int64_t taps_reach;
	double least_weight;   /* relative to the largest: smaller ones do not matter */
	ConvolveKernel kernel; /* of a block of kernel_size values */
	int64_t kernel_size;
	double sum; /* of what was taken away, in units of exp(log_least), stored */
	Exit up;
	Exit down;
	double since_poll;
} Walk;

/* ln of the chance that a path visits state i after S values. */
static double
log_visit(const KsBand *band, int64_t S, int64_t i)
{
	double n_a = (double) band->n_a;
	double n_b = (double) band->n_b;
	double N = n_a + n_b;
	double x = (double) ks_band_lattice(band, S, i) / N;

	return log_binomial_chance((double) S, (double) i, x, n_a, n_b) +
		   log_binomial_chance(N - (double) S, (double) (band->n_a - i), -x, n_a, n_b) -
		   log_binomial_chance(N, n_a, 0, n_a, n_b);
}

/* ln of the chance to be at the nearest state outside after S values; -INFINITY if there is
 * none. */
static double
log_look(const KsBand *band, int64_t S)
{
	int64_t above = ks_band_first_above(band, S);
	int64_t below = ks_band_last_below(band, S);
	double best = -INFINITY;

	if (above <= S && above <= band->n_a)
		best = log_visit(band, S, above);
	if (band->low_hits && below >= 0 && S - below <= band->n_b)
		best = fmax(best, log_visit(band, S, below));
	return best;
}

/* A lower bound of ln p: a single look, the nearest to half of the values from which the band
 * can be left. Even a single path is better than nothing. */
static double
log_lower_bound(const KsBand *band, const KsTies *ties, int64_t *look)
{
	int64_t N = band->n_a + band->n_b;
	int64_t S = 0;
	int64_t nearest = N;
	double best = -INFINITY;
	bool all_kept = ties->n_blocks <= KS_TIES_KEPT_MAX;
	int64_t n_looks = all_kept ? ties->n_blocks : KS_TIES_PARTS;

	*look = 0;
	for (int64_t k = 0; k < n_looks; k++)
	{
		int64_t distance;
		double log_chance;

		S = all_kept ? S + ties->kept[k] : ties->parts[k].last_end;
		distance = 2 * S > N ? 2 * S - N : N - 2 * S;
		if (S == 0 || S >= N || distance >= nearest)
			continue;
		log_chance = log_look(band, S);
		if (log_chance == -INFINITY)
			continue;
		nearest = distance;
		*look = S;
		best = log_chance;
	}
	return best > -INFINITY ? best : -log_binomial((double) N, (double) band->n_a);
}

KsStates
ks_exact_states(const KsBand *band, const KsExactPlan *plan, int64_t S)
{
	double spread = (double) S * (double) (band->n_a + band->n_b - S + 1);
	double center = (double) S * plan->share_a;
	double reach = sqrt(plan->reach * spread) + plan->slack;
	double low = center - reach;
	double high = center + reach;
	int64_t least = S > band->n_b ? S - band->n_b : 0;
	int64_t most = S < band->n_a ? S : band->n_a;
	KsStates states = {.above = ks_band_first_above(band, S), .below = 0};

	if (band->low_hits)
		states.below = ks_band_last_below(band, S);
	else
	{
		double line = center + (double) S * plan->line;
		double detour = sqrt(plan->detour * spread) + plan->slack;

		low = low > line - detour ? low : line - detour;
		/* Those outside are reached from beside the limit. */
		if (line + detour < (double) (states.above - 1) && line + detour < high)
			high = line + detour;
	}
	states.bottom =
		low > (double) least ? (low < (double) most ? (int64_t) ceil(low) : most + 1) : least;
	states.top =
		high < (double) most ? (high > (double) least ? (int64_t) floor(high) : least - 1) : most;
	return states;
}

/*
 * Is a path that leaves the band on one side unlikely enough to leave it on the other as well?
 * From L to -L, or back, it goes after the first block, and before the last: in a share 1 - u of
 * the values it does so with a chance of at most exp(-4 L^2 / (theta (1 - theta) N (1 - u))).
 */
static bool
is_separable(const KsBand *band, const KsTies *ties, double exponent)
{
	double N = (double) band->n_a + (double) band->n_b;
	double skew = fabs((double) band->n_a - (double) band->n_b) / N;
	double first = (double) ties->kept[0];
	double last = ties->n_blocks <= KS_TIES_KEPT_MAX ? (double) ties->kept[ties->n_blocks - 1] : 1;
	double share = (N - fmax(first, last)) / N;

	return exponent * (2 - SKEW_SEPARABLE * skew) >= LOG_ACCURACY * share;
}

/* The work of crossing the blocks that end in one part of the values. */
static double
work_of_part(const KsBand *band, const KsExactPlan *plan, const KsTiesPart *part)
{
	double n_blocks = (double) part->n_blocks;
	double n_taps;
	double kept;
	double computed;
	KsStates states;

	if (part->n_blocks == 0)
		return 0;
	states = ks_exact_states(band, plan, part->last_end);
	computed = (double) (states.top - states.bottom + 1);
	if (computed <= 0)
		return 0;
	if (band->low_hits && states.below >= states.bottom)
		states.bottom = states.below + 1;
	if (states.above <= states.top)
		states.top = states.above - 1;
	kept = (double) (states.top - states.bottom + 1);
	/* Of an average block. Those outside of the band are computed as far as the block leads. */
	n_taps = part->n_taps / n_blocks;
	computed = fmin(computed, kept + (band->low_hits ? 2 : 1) * n_taps);
	return n_blocks * (BLOCK_WORK + TAP_WORK * n_taps +
					   MADD_WORK * (computed + CONVOLVE_TILE) * fmin(n_taps, kept + CONVOLVE_TILE));
}

void
ks_exact_tilt(const KsBand *band, double slope, KsExactPlan *plan)
{
	double n_a = (double) band->n_a;
	double n_b = (double) band->n_b;
	double N = n_a + n_b;
	double true_theta = n_a / N;
	double excess = fmin(slope, n_b / N / 2);
	double log_a;
	double log_b;

	plan->rest = 1 - (true_theta + excess);
	plan->theta = 1 - plan->rest;
	excess = fma(plan->theta, N, -n_a) / N;
	log_a = log1p(-excess / plan->theta);
	log_b = log1p(excess / plan->rest);
	plan->tilt_a_value = true_theta * log_a + (1 - true_theta) * log_b;
	plan->tilt_a_state = log_a - log_b;
	plan->log_r0 = log_binomial_chance(N, n_a, 0, n_a, n_b);
}

double
ks_exact_log_r(const KsBand *band, const KsExactPlan *plan, int64_t S, double i, double x)
{
	double n_a = (double) band->n_a;
	double n_b = (double) band->n_b;
	double left = n_a + n_b - (double) S;

	return log_binomial_chance(left, n_a - i, -x, n_a, n_b) - plan->log_r0 +
		   (double) S * plan->tilt_a_value + x * plan->tilt_a_state;
}

KsExactPlan
ks_exact_plan(const KsBand *band, const KsTies *ties, double log_least)
{
	double n_a = (double) band->n_a;
	double n_b = (double) band->n_b;
	double N = n_a + n_b;
	double v = n_a * (n_b / N); /* of the bridge, all of it */
	double L = (double) band->high / N;
	double exponent = 2 * L * (L / v); /* the limit law is exp(-exponent) */
	double skew = fabs(n_a - n_b) / N;
	double margin = LOG_ACCURACY + log(LEFT_OUT_A_BLOCK * (double) ties->n_blocks);
	double log_leave;
	double log_detour;
	double width;
	KsExactPlan plan;

	plan.log_least = fmax(log_least, log_lower_bound(band, ties, &plan.best_look));
	log_leave = margin - plan.log_least;
	log_detour = fmax(log_leave - exponent, margin) + SKEW_EXPONENT * skew * exponent;
	plan.log_range = band->low_hits ? log_leave : log_detour;
	plan.is_possible = plan.log_range <= LOG_RANGE_MAX;
	plan.is_separable = is_separable(band, ties, exponent);

	plan.share_a = n_a / N;
	plan.line = 2 * L / N;
	plan.reach = 2 * v / (N * N) * log_leave;
	plan.detour = 2 * v / (N * N) * log_detour;
	plan.slack = ROUNDED_STATES + SKEW_STATES * skew * log_leave;
	/* The reach is greatest at half of the values. */
	width = 2 * (0.5 * (N + 1) * sqrt(plan.reach) + plan.slack + 1);
	plan.max_width = width < n_a + 1 ? (int64_t) width : band->n_a + 1;

	ks_exact_tilt(band, band->low_hits ? 0 : plan.line, &plan);

	plan.work = 0;
	for (size_t k = 0; k < KS_TIES_PARTS; k++)
		plan.work += work_of_part(band, &plan, &ties->parts[k]);
	return plan;
}

/*
 * The binomial weights of a block of t values that matter: from the mode outwards by their ratios,
 * and divided by their sum.
 */
static void
make_kernel(Walk *walk, int64_t t)
{
	int64_t mode = (int64_t) (((double) t + 1) * walk->theta);
	int64_t origin = mode > walk->taps_reach ? mode - walk->taps_reach : 0;
	int64_t end = t - mode > walk->taps_reach ? mode + walk->taps_reach : t;
	double *taps = walk->taps; /* of `origin` on */
	double odds = walk->theta / walk->rest;
	double inverse_odds = walk->rest / walk->theta;
	ConvolveKernel kernel = {.first = mode, .last = mode};
	double sum = 1;
	double inverse;

	taps[mode - origin] = 1;
	while (kernel.last < end)
	{
		double c = (double) kernel.last;
		double weight = taps[kernel.last - origin] * (((double) t - c) / (c + 1) * odds);

		if (weight < walk->least_weight)
			break;
		taps[++kernel.last - origin] = weight;
		sum += weight;
	}
	while (kernel.first > origin)
	{
		double c = (double) kernel.first;
		double weight = taps[kernel.first - origin] * (c / ((double) t - c + 1) * inverse_odds);

		if (weight < walk->least_weight)
			break;
		taps[--kernel.first - origin] = weight;
		sum += weight;
	}
	kernel.taps = taps + (kernel.first - origin);
	inverse = 1 / sum;
	for (int64_t c = kernel.first; c <= kernel.last; c++)
		taps[c - origin] *= inverse;
	walk->kernel = kernel;
	walk->kernel_size = t;
}

/* Bring r to state i after S values. */
static void
move_exit(const Walk *walk, Exit *exit, int64_t S, int64_t i)
{
	double left = walk->N - (double) S;
	double to_a = (double) (walk->band->n_a - i);

	if (exit->is_known && S - exit->S <= CARRY_SIZE_MAX && exit->n_carried < CARRY_BLOCKS_MAX)
	{
		double before = walk->N - (double) exit->S;
		double before_a = (double) (walk->band->n_a - exit->i);

		for (; before > left; before--)
		{
			if (before_a > to_a)
				exit->factor *= before_a-- / (before * walk->theta);
			else
				exit->factor *= (before - before_a) / (before * walk->rest);
		}
		exit->n_carried++;
	}
	else
	{
		double x = (double) ks_band_lattice(walk->band, S, i) / walk->N;

		exit->log_r =
			ks_exact_log_r(walk->band, walk->plan, S, (double) i, x) - walk->plan->log_least;
		exit->factor = 1;
		exit->unit = exp(exit->log_r);
		exit->n_carried = 0;
		exit->is_known = true;
	}
	exit->S = S;
	exit->i = i;
}

/* Take away n states from state i on, outwards: upwards from above the band (towards = 1),
 * downwards from below it (towards = -1). g[0] is that of the first. */
static void
take_states(Walk *walk, Exit *exit, int64_t S, int64_t i, int64_t n, int towards, const double *g)
{
	double left = walk->N - (double) S;
	double to_a = (double) (walk->band->n_a - i);
	/* Each state outwards takes one more of the values left from the one sample to the other. */
	double fewer = towards > 0 ? to_a : left - to_a;
	double more = left - fewer;
	double odds = towards > 0 ? walk->rest / walk->theta : walk->theta / walk->rest;
	double weight = 1;
	double sum = 0;

	move_exit(walk, exit, S, i);
	for (int64_t k = 0; k < n; k++, g += towards)
	{
		double term = *g * weight;

		sum += term;
		if (term <= NEGLIGIBLE * sum)
			break;
		weight *= fewer-- / ++more * odds;
	}
	if (exit->log_r < EXPONENT_MAX)
		walk->sum += sum * exit->factor * exit->unit;
	else if (sum > 0)
		walk->sum += exp(exit->log_r + log(sum * exit->factor));
}

/* g of the states that matter, into the spare row; false if a stop was requested. */
static bool
convolve_states(Walk *walk, const KsStates *states, double *to, Stop *stop)
{
	ConvolveRow row = {.values = walk->g, .first = walk->bottom, .last = walk->top};
	int64_t width = walk->top - walk->bottom + CONVOLVE_TILE;
	const ConvolveKernel *kernel = &walk->kernel;
	int64_t n_taps = kernel->last - kernel->first + 1;
	double madds_a_state = (double) (width < n_taps ? width : n_taps);
	int64_t n = states->top - states->bottom + 1;
	int64_t chunk = CONVOLVE_TILE * (1 + (int64_t) (POLL_MADDS / CONVOLVE_TILE / madds_a_state));

	for (int64_t done = 0; done < n; done += chunk)
	{
		int64_t m = n - done < chunk ? n - done : chunk;

		convolve(&row, kernel, states->bottom + done, m, to + done);
		walk->since_poll += madds_a_state * (double) m + POLL_BLOCK_MADDS;
		if (walk->since_poll > POLL_MADDS)
		{
			if (stop_poll(stop))
				return false;
			walk->since_poll = 0;
		}
	}
	return true;
}

/* Go on by a block of t values. Afterwards there may be no states left that matter. */
static SdqStatus
cross_block(Walk *walk, int64_t t, Stop *stop)
{
	int64_t S = walk->S + t;
	KsStates states = ks_exact_states(walk->band, walk->plan, S);
	double *to = walk->spare + CONVOLVE_TILE;

	if (states.bottom < walk->bottom)
		states.bottom = walk->bottom;
	if (states.top > walk->top + t)
		states.top = walk->top + t;
	if (states.bottom > states.top)
	{
		walk->top = walk->bottom - 1;
		return sdq_ok();
	}
	if (t != walk->kernel_size)
		make_kernel(walk, t);
	if (!convolve_states(walk, &states, to, stop))
		return sdq_error(SDQ_INTERRUPTED, 0, 0);

	walk->S = S;
	walk->bottom = states.bottom;
	walk->top = states.top;
	if (states.above <= states.top)
	{
		int64_t above = states.above > states.bottom ? states.above : states.bottom;

		take_states(walk, &walk->up, S, above, states.top - above + 1, 1,
					to + (above - states.bottom));
		walk->top = above - 1;
	}
	if (walk->band->low_hits && states.below >= states.bottom)
	{
		int64_t below = states.below < states.top ? states.below : states.top;

		take_states(walk, &walk->down, S, below, below - states.bottom + 1, -1,
					to + (below - states.bottom));
		walk->bottom = below + 1;
	}
	if (walk->bottom > walk->top)
		return sdq_ok();
	walk->g = to + (walk->bottom - states.bottom);
	memset(walk->g - CONVOLVE_TILE, 0, CONVOLVE_TILE * sizeof(double));
	memset(walk->g + (walk->top - walk->bottom + 1), 0, CONVOLVE_TILE * sizeof(double));
	walk->spare = walk->row;
	walk->row = to - CONVOLVE_TILE;
	return sdq_ok();
}

/* Nothing is known about any value yet: state 0, for certain. */
static SdqStatus
start_walk(Walk *walk, Arena *scratch)
{
	size_t width = (size_t) walk->plan->max_width;
	double exponent;

	walk->N = (double) walk->band->n_a + (double) walk->band->n_b;
	/* Beyond this share of all chances even the likeliest start does not matter. */
	exponent = walk->plan->log_range + log(walk->N);
	walk->least_weight = exp(-fmin(exponent, LOG_WEIGHT_MAX));
	walk->taps_reach = (int64_t) fmin(walk->N, sqrt(0.5 * walk->N * exponent) + exponent);
	walk->row = arena_zalloc(scratch, width + 4 * CONVOLVE_TILE, sizeof(double));
	walk->spare = arena_alloc(scratch, width + 4 * CONVOLVE_TILE, sizeof(double));
	walk->taps = arena_alloc(scratch, 2 * (size_t) walk->taps_reach + 1, sizeof(double));
	if (walk->row == NULL || walk->spare == NULL || walk->taps == NULL)
		return arena_failure(scratch);
	walk->theta = walk->plan->theta;
	walk->rest = walk->plan->rest;
	walk->g = walk->row + CONVOLVE_TILE;
	walk->g[0] = SCALE;
	return sdq_ok();
}

SdqStatus
ks_exact_log_p(const KsBand *band, const KsExactPlan *plan, const KsTies *ties, Arena *scratch,
			   Stop *stop, double *log_p)
{
	ArenaMark mark = arena_mark(scratch);
	Walk walk = {.band = band, .plan = plan};
	KsTiesCursor cursor = ks_ties_open(ties);
	SdqStatus status = start_walk(&walk, scratch);
	int64_t t;

	while (!sdq_failed(status) && walk.bottom <= walk.top && (t = ks_ties_next(&cursor)) > 0)
		status = cross_block(&walk, t, stop);
	arena_release(scratch, mark);
	if (!sdq_failed(status))
		status = ks_ties_status(&cursor);
	*log_p = log(walk.sum / SCALE) + plan->log_least;
	return status;
}
