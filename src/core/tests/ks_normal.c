/*
 * ks_normal.c
 *		The block recursion of ks_exact.c with normal instead of hypergeometric transitions.
 *
 * In large samples the path of ks_band.h, centred and divided by sqrt(n_a n_b / (N - 1)), is a
 * Brownian bridge B looked at at the times u_k = S_k / N where blocks end. Ties matter because
 * nothing is seen between those times. The boundaries of the band lie half a state inside of the
 * first states outside, the usual continuity correction, and so vary a little with k.
 *
 * With v_k(b) the chance to have been outside by time u_k given B(u_k) = b,
 *		v_k(b) = E v_{k-1}(B(u_{k-1})),
 * where B(u_{k-1}) is normal with mean b u_{k-1} / u_k and variance u_{k-1} (u_k - u_{k-1}) / u_k.
 * v is 1 outside, v_1 = 0 inside, and the answer is v at u = 1, b = 0. The integral over the band
 * is the midpoint rule on nodes closer than the standard deviations of the steps that lead to and
 * away from them; for a normal density at that spacing the rule is right to 1e-8. The parts
 * outside are normal tails, and each row of weights is divided by its sum.
 *
 * Steps so small that they would need more than NODES_MAX nodes are joined: the ends of such tiny
 * blocks are not looked at, which matters little right beside another look.
 *
 * Far out in the tail the hypergeometric law is not normal any more. Let C be the expected number
 * of looks at which the path is outside but was not at the look before; it bounds the p-value from
 * above and is close to it where crossings are rare. C is a sum of tails of single looks, and
 * those are known exactly. So the recursion's result is multiplied by C with hypergeometric tails
 * over C with normal tails; and where C, by either kind of tails, is below FAR_OUT (there the path
 * overshoots the boundary by so little that every small step matters, and v would underflow before
 * long) C itself, with hypergeometric tails, is the result. Given that B(u_k) is outside, the
 * share of new crossings follows from the about exponential overshoot.
 */
#include "core/tests/ks_normal.h"

#include <float.h>
#include <math.h>

#include "core/tests/tail.h"

#define SQRT_1_2    0.70710678118654752440
#define LN_2        0.69314718055994530942
#define SQRT_2_PI   2.50662827463100050242
#define LN_SQRT_2PI 0.91893853320467274178

#define NODES_MIN 64
#define NODES_MAX 1024

/* Below 1e-10 it is the logarithm that matters, and C carries most of it: fewer nodes will do. */
#define LOG_FAR       (-23.03)
#define NODES_MAX_FAR 256

/* Distance of nodes in units of the smaller of the neighbouring steps' standard deviations. */
#define NODE_SPACING 1.0

/* A normal weight whose largest possible contribution is below this share ends the sum. */
#define NEGLIGIBLE 1e-14

/* See above: ln 1e-120. */
#define LOG_FAR_OUT (-276.31)

/* When a sum of hypergeometric terms is over: by size, and by number (with 1e8 values it is then
 * over by size too, and with more the tails hardly differ from normal ones). */
#define TAIL_TERM_MIN  1e-12
#define TAIL_TERMS_MAX (1 << 14)

/* One time at which the path is looked at. */
typedef struct Look
{
	int64_t S;    /* values seen */
	double share; /* u_k = S / N */
	double low;   /* the band */
	double high;
	int64_t first_above; /* the states next to the band */
	int64_t last_below;
	double sd; /* of the step from the look before to here, seen backwards */
	size_t n_nodes;
	double spacing;
} Look;

/* The step that leads from one look to the next. */
static double
step_sd(double share_before, double share)
{
	return sqrt(share_before * (share - share_before) / share);
}

/* List the looks, leaving out those nearer to the one before than a step of min_sd. */
static size_t
list_looks(const KsBand *band, const KsTies *ties, double min_sd, Look *looks)
{
	double n_a = (double) band->n_a;
	double n_b = (double) band->n_b;
	double N = n_a + n_b;
	double unit = sqrt(n_a * n_b / (N - 1)); /* states per unit of B */
	size_t n_looks = 0;
	int64_t S = 0;

	for (int64_t k = 0; k < ties->n_blocks; k++)
	{
		Look look = {.n_nodes = 0};
		double center;

		S += ties->kept[k];
		look.S = S;
		look.share = (double) S / N;
		center = (double) S * (n_a / N);
		/* The nearest states outside, half a state back. */
		look.first_above = ks_band_first_above(band, S);
		look.last_below = ks_band_last_below(band, S);
		look.high = ((double) look.first_above - 0.5 - center) / unit;
		look.low = ((double) look.last_below + 0.5 - center) / unit;
		look.sd = n_looks > 0 ? step_sd(looks[n_looks - 1].share, look.share) : 0;
		if (n_looks > 0 && look.sd < min_sd)
		{
			/* Every step from so early a look would be too small, and every path ends at the end:
			 * then it is the look before that is left out. The path is near 0 there. */
			bool is_early = looks[n_looks - 1].share < 2 * min_sd * min_sd;

			if (!is_early && S < band->n_a + band->n_b)
				continue;
			n_looks--;
			look.sd = n_looks > 0 ? step_sd(looks[n_looks - 1].share, look.share) : 0;
		}
		looks[n_looks++] = look;
	}
	/* The end is one state, and always inside. */
	looks[n_looks - 1].high = 0;
	looks[n_looks - 1].low = 0;
	return n_looks;
}

/* Choose the nodes: close enough for the steps on both sides. */
static void
place_nodes(Look *looks, size_t n_looks, size_t nodes_max)
{
	for (size_t k = 0; k + 1 < n_looks; k++)
	{
		double range = looks[k].high - looks[k].low;
		double sd = looks[k + 1].sd;
		double wanted;

		if (k > 0 && looks[k].sd < sd)
			sd = looks[k].sd;
		wanted = ceil(range / (NODE_SPACING * sd));
		looks[k].n_nodes = wanted >= (double) nodes_max ? nodes_max
						   : wanted <= NODES_MIN        ? NODES_MIN
														: (size_t) wanted;
		looks[k].spacing = range / (double) looks[k].n_nodes;
	}
	looks[n_looks - 1].n_nodes = 1;
	looks[n_looks - 1].spacing = 0;
}

/* v at one point of look `to`, from its values at the nodes of the look before. */
static double
mean_over_step(const KsBand *band, const Look *from, const Look *to, const double *v, double b)
{
	double mean = b * from->share / to->share;
	double h = from->spacing;
	double density = h / (to->sd * SQRT_2_PI);
	double high_tail = 0.5 * erfc((from->high - mean) / to->sd * SQRT_1_2);
	double low_tail = 0.5 * erfc((mean - from->low) / to->sd * SQRT_1_2);
	double total = high_tail + low_tail;
	double sum = high_tail + (band->low_hits ? low_tail : 0);
	double nearest = floor((mean - from->low) / h);
	ptrdiff_t start = nearest <= 0                        ? 0
					  : nearest >= (double) from->n_nodes ? (ptrdiff_t) from->n_nodes - 1
														  : (ptrdiff_t) nearest;
	double distance = from->low + ((double) start + 0.5) * h - mean;
	double variance = to->sd * to->sd;
	double weight_at_start = density * exp(-distance * distance / (2 * variance));
	double shrink = exp(-h * h / variance);

	/* Outwards in both directions, each weight from its neighbour. */
	for (int direction = 1; direction >= -1; direction -= 2)
	{
		double weight = weight_at_start;
		double ratio = exp(-h * (h + 2 * direction * distance) / (2 * variance));

		for (ptrdiff_t m = start; m >= 0 && m < (ptrdiff_t) from->n_nodes; m += direction)
		{
			if (m != start || direction == 1)
			{
				total += weight;
				sum += weight * v[m];
			}
			if (weight <= NEGLIGIBLE * sum || weight < DBL_MIN)
				break;
			weight *= ratio;
			ratio *= shrink;
		}
	}
	return sum / total;
}

/* The recursion over the looks. */
static SdqStatus
recursion_log_p(const KsBand *band, const Look *looks, size_t n_looks, Arena *scratch, Stop *stop,
				double *log_p)
{
	double *v = arena_zalloc(scratch, NODES_MAX, sizeof(double));
	double *v_before = arena_zalloc(scratch, NODES_MAX, sizeof(double));

	if (v == NULL || v_before == NULL)
		return arena_failure(scratch);
	for (size_t k = 1; k < n_looks; k++)
	{
		double *swap = v_before;

		v_before = v;
		v = swap;
		for (size_t m = 0; m < looks[k].n_nodes; m++)
		{
			double b = looks[k].low + ((double) m + 0.5) * looks[k].spacing;

			v[m] = mean_over_step(band, &looks[k - 1], &looks[k], v_before, b);
		}
		if (stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	*log_p = log(v[0]);
	return sdq_ok();
}

/* ln P(Z >= z). */
static double
log_normal_tail(double z)
{
	return log_erfc(z * SQRT_1_2) - LN_2;
}

/* ln P(at least i of the first S values went to a), by the terms from i up, i above the mean. */
static double
log_hypergeometric_tail(const KsBand *band, int64_t S, int64_t i)
{
	double n_a = (double) band->n_a;
	double N = n_a + (double) band->n_b;
	double rest = N - (double) S - n_a; /* of b after S, less i */
	int64_t most = S < band->n_a ? S : band->n_a;
	double sum = 0;
	double term = 1;
	double ratio = 0;

	if (i > most)
		return -INFINITY;
	for (int64_t k = 0; k < TAIL_TERMS_MAX && term > TAIL_TERM_MIN * sum; k++)
	{
		double j = (double) (i + k);

		sum += term;
		ratio = ((double) S - j) * (n_a - j) / ((j + 1) * (rest + j + 1));
		term *= ratio;
	}
	/* What is left of a very long sum, as a geometric series; no more than the tail of 1/2. */
	if (term > TAIL_TERM_MIN * sum && ratio < 1)
		sum += term / (1 - ratio);
	return log(sum) + log_binomial((double) S, (double) i) +
		   log_binomial(N - (double) S, n_a - (double) i) - log_binomial(N, n_a);
}

/* The share of new ones among the paths that are above `high` at look `to`: those that were below
 * `high_before` at look `from`. */
static double
new_crossings(const Look *from, const Look *to, double high_before, double high)
{
	double sd = sqrt(to->share * (1 - to->share));
	double z = high / sd;
	double rate = exp(-0.5 * z * z - LN_SQRT_2PI - log_normal_tail(z)) / sd; /* of the overshoot */
	double slope = from->share / to->share;
	double gap = (high_before - slope * high) / to->sd;
	double s = to->sd / slope;
	double share = exp(log_normal_tail(-gap)) - exp(0.5 * rate * rate * s * s - rate * gap * s +
													log_normal_tail(rate * s - gap));

	/* Rounding may leave nothing of a tiny step; it then adds nothing. */
	return share > 0 ? share : 0;
}

/* ln(e^a + e^b). */
static double
log_add(double a, double b)
{
	double greater = a > b ? a : b;

	return greater == -INFINITY ? greater : greater + log1p(exp((a > b ? b : a) - greater));
}

/* C, in logarithm, with exact tails and with normal ones. */
static void
count_crossings(const KsBand *band, const Look *looks, size_t n_looks, double *log_exact,
				double *log_normal)
{
	*log_exact = -INFINITY;
	*log_normal = -INFINITY;
	for (size_t k = 0; k + 1 < n_looks; k++)
	{
		const Look *from = k > 0 ? &looks[k - 1] : NULL;
		const Look *to = &looks[k];
		double sd = sqrt(to->share * (1 - to->share));
		double log_new = from == NULL ? 0 : log(new_crossings(from, to, from->high, to->high));
		KsBand mirror = {.n_a = band->n_b, .n_b = band->n_a};

		*log_exact =
			log_add(*log_exact, log_new + log_hypergeometric_tail(band, to->S, to->first_above));
		*log_normal = log_add(*log_normal, log_new + log_normal_tail(to->high / sd));
		if (!band->low_hits)
			continue;
		log_new = from == NULL ? 0 : log(new_crossings(from, to, -from->low, -to->low));
		*log_exact = log_add(
			*log_exact, log_new + log_hypergeometric_tail(&mirror, to->S, to->S - to->last_below));
		*log_normal = log_add(*log_normal, log_new + log_normal_tail(-to->low / sd));
	}
}

SdqStatus
ks_normal_log_p(const KsBand *band, const KsTies *ties, Arena *scratch, Stop *stop, double *log_p)
{
	double n_a = (double) band->n_a;
	double n_b = (double) band->n_b;
	double unit = sqrt(n_a * n_b * (n_a + n_b)); /* l = 1 on the lattice */
	double range = ((double) band->high + (double) band->low) / unit;
	ArenaMark mark = arena_mark(scratch);
	Look *looks = arena_alloc(scratch, KS_NORMAL_BLOCKS_MAX, sizeof(Look));
	SdqStatus status = sdq_ok();
	double log_exact;
	double log_normal;
	size_t n_looks;

	if (looks == NULL)
		return arena_failure(scratch);
	n_looks = list_looks(band, ties, 0, looks);
	count_crossings(band, looks, n_looks, &log_exact, &log_normal);
	*log_p = log_exact;
	if (log_exact > LOG_FAR_OUT && log_normal > LOG_FAR_OUT)
	{
		size_t nodes_max = log_exact > LOG_FAR ? NODES_MAX : NODES_MAX_FAR;

		n_looks = list_looks(band, ties, range / (NODE_SPACING * (double) nodes_max), looks);
		/* If all looks lie that close to the ends, C it is. */
		if (n_looks > 1)
		{
			place_nodes(looks, n_looks, nodes_max);
			status = recursion_log_p(band, looks, n_looks, scratch, stop, log_p);
			*log_p += log_exact - log_normal;
		}
	}
	arena_release(scratch, mark);
	return status;
}
