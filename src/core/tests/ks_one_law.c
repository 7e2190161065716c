/*
 * ks_one_law.c
 *		See the header. The notation: N(t) of the n observations are at most t, x = n d, z = sqrt(n) d.
 *
 * One side. Birnbaum and Tingey's sum runs over the place j/n + d, the last one at which N(t) meets
 * the line n t + x, having j + x there:
 *
 *		P(D+ >= d) = sum_{0 <= j < n - x} x / (x + j) b(j; n, (x + j) / n),
 *
 * b being the binomial probability of j. In t = j/n the terms are a smooth bump that vanishes with all
 * its derivatives at both ends, about exp(-z^2 / (2 t (1 - t))). For such functions the trapezoid
 * rule converges faster than any power of the step. With m nodes the error is about
 * exp(-sqrt(2 pi m z^2)) from the ends, and exp(-2 (pi m s)^2) from the bump of standard deviation
 * s = 1 / (4 z), for large z: hence NODES_ENDS and NODES_BUMP.
 *
 * Both sides. The path N(t) leaves the band |N(t) - n t| < x if it has I + 1 or more observations
 * at the time I + 1 = n t + x, or I or fewer at I = n t - x. Given N(t) = i, the number at an earlier
 * time s is binomial (i, s/t) wherever the path goes after t. So u(t, i), the chance that a path with
 * N(t) = i has left the band, or is bound to, since N grows:
 *
 *		u(t, i) = 1 outside of the band,
 *		u(t, i) = sum_c binomial(c; i, 1 - s/t) u(s, i - c) inside,
 *
 * from event to event, and P(D >= d) = u(1, n). There are about 2 n events, 2 x states, and twenty terms,
 * since c has a mean of 1/2 or so. This is the one-sample form of the recursion in ks_exact.c.
 */
#include "core/tests/ks_one_law.h"

#include <math.h>

#include "core/base/constants.h"

#define SQRT_PI_2 1.25331413731550025121 /* sqrt(pi / 2) */
#define LN_2_PI   1.83787706640934548356 /* ln(2 pi) */
#define PI_2      9.86960440108935861883 /* pi^2 */

/* Stirling's rest holds from here on (tail.h). */
#define STIRLING_FROM 64

/* Nodes of the one-sided sum: at least MIN, NODES_ENDS / z^2, NODES_BUMP z; MAX is a matter of time. For z
 * above 25,000 it leaves fewer than NODES_BUMP z, and log10 p of some -10^9 a relative error of 1e-6. */
#define NODES_MIN  8192.0
#define NODES_ENDS 256.0
#define NODES_BUMP 8.0
#define NODES_MAX  2e5

/* Terms between two looks at the stop flag: a millisecond. */
#define POLL_TERMS 10000

/* Leaving on both sides has a chance of about exp(-8 z^2), 1e-13 of that of leaving on one from here
 * (relative: exp(-6 z^2)). */
#define FAR_Z2 5.0

/* Probabilities of a step below this are left out: there are some thousand steps, and p is above
 * 2 exp(-2 FAR_Z2). */
#define NEGLIGIBLE 1e-22
/* Terms of a step, and what one takes, in nanoseconds. */
#define TERMS_OF_STEP 18.0
#define COST_OF_TERM  1.6

/* From here on p follows from the one-sided law (numerically as good as Pelz and Good's expansion
 * here, better beyond); and up to here it is 1 to the last digit. */
#define BODY_Z2 2.2
#define ONE_Z   0.15
/* Terms of the theta-like sums: the next is below exp(-pi^2 6.5^2 / (2 BODY_Z2)) = 1e-41. */
#define THETA_TERMS 6

/* ln of the j-th term of the one-sided sum; -INFINITY where the chance is 0. */
static double
log_term(double n, double d, double j)
{
	double x = n * d;
	double rest = n * (1 - d) - j; /* n times the chance to be beyond */
	double log_meets = log(x / (x + j));

	if (rest <= 0)
		return -INFINITY;
	if (j < STIRLING_FROM || n - j < STIRLING_FROM)
		return log_meets + log_binomial(n, j) + (j == 0 ? 0 : j * log((x + j) / n)) +
			   (n - j) * log(rest / n);
	/* What is large in the binomial coefficient and in the powers cancels. */
	return log_meets + j * log1p(x / j) + (n - j) * log1p(-x / (n - j)) + stirling_rest(n) -
		   stirling_rest(j) - stirling_rest(n - j) + 0.5 * (log(n / j) - log(n - j) - LN_2_PI);
}

PValue
ks_one_upper_limit(int64_t n, double d)
{
	double x = (double) n * d;

	return d <= 0 ? pvalue_from(1) : smirnov_tail((x + 1.0 / 6) / sqrt((double) n));
}

/* The sum of every step-th term as a logarithm. It may be far below the smallest double, so terms are
 * taken relative to the largest so far. */
static SdqStatus
sum_terms(double n, double d, int64_t step, Stop *stop, double *log_sum)
{
	/* With a step, the ends matter as little as their terms, which vanish. */
	int64_t j = step / 2;
	double greatest = log_term(n, d, (double) j);
	double sum = 1;
	int until_poll = POLL_TERMS;

	for (j += step; (double) j < n * (1 - d); j += step)
	{
		double term = log_term(n, d, (double) j);

		if (term > greatest)
		{
			sum = sum * exp(greatest - term) + 1;
			greatest = term;
		}
		else
			sum += exp(term - greatest);
		if (--until_poll == 0)
		{
			until_poll = POLL_TERMS;
			if (stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
	}
	*log_sum = greatest + log(sum) + log((double) step);
	return sdq_ok();
}

SdqStatus
ks_one_upper(int64_t n, double d, Stop *stop, PValue *p)
{
	double z = sqrt((double) n) * d;
	double range = (double) n * (1 - d);
	double nodes = fmax(NODES_MIN, NODES_ENDS / (z * z));
	double log_p;
	SdqStatus status;

	if (d <= 0 || d >= 1)
	{
		*p = d <= 0 ? pvalue_from(1) : (PValue){.p = 0, .log10_p = -INFINITY};
		return sdq_ok();
	}
	if (fmin(nodes, range) > NODES_MAX)
	{
		/* A sum over every term takes too long, and so does one over fewer. */
		*p = ks_one_upper_limit(n, d);
		return sdq_ok();
	}
	nodes = fmin(NODES_MAX, fmax(nodes, NODES_BUMP * z));
	status = sum_terms((double) n, d, (int64_t) fmax(1, floor(range / nodes)), stop, &log_p);
	if (!sdq_failed(status))
		*p = pvalue_from_log(log_p);
	return status;
}

bool
ks_one_is_far(int64_t n, double d)
{
	return d >= 0.5 || (double) n * d * d >= FAR_Z2;
}

double
ks_one_both_work(int64_t n, double d)
{
	double x = (double) n * d;

	return 2 * (double) n * (2 * x + 2) * TERMS_OF_STEP * COST_OF_TERM;
}

/* The states inside of the band at an event, and their u; the states around are outside. */
typedef struct Band
{
	double time; /* n t */
	int64_t first;
	int64_t last;
	double *u; /* [last - first + 1] */
} Band;

/* u(t, i) of a state inside of the band from the band of an earlier event, at a time above 0. */
static double
look_back(const Band *before, double time, int64_t i)
{
	double odds = (time - before->time) / before->time;
	double mean = (double) i * odds / (1 + odds);
	/* The probability of c steps. In this form rounding leaves their sum at 1 for any i. */
	double h = exp(-(double) i * log1p(odds));
	double sum = 0;

	for (int64_t c = 0; c <= i; c++)
	{
		int64_t from = i - c;
		bool is_inside = from >= before->first && from <= before->last;

		sum += is_inside ? h * before->u[from - before->first] : h;
		if (h < NEGLIGIBLE && (double) c > mean)
			break;
		h *= (double) from * odds / (double) (c + 1);
	}
	return sum;
}

/* The events: at j + f = n t the path must have less than j + k observations, at j - f more than j - k;
 * x = k - f, 0 <= f < 1. */
typedef struct Events
{
	int64_t n;
	int64_t k;
	double f;
	int64_t upper; /* j of the next event at the upper border, at most n - k */
	int64_t lower;
} Events;

/* Set the time and the limits of the next event's band; false if there is none left. */
static bool
next_event(Events *events, Band *band)
{
	double at_upper =
		events->upper <= events->n - events->k ? (double) events->upper + events->f : INFINITY;
	double at_lower = events->lower <= events->n ? (double) events->lower - events->f : INFINITY;

	if (at_upper == INFINITY && at_lower == INFINITY)
		return false;
	/* A state that the next event at the upper border closes is lost before it, since N grows. */
	band->last = events->upper + events->k - 1;
	if (at_upper <= at_lower)
	{
		band->time = at_upper;
		events->upper++;
	}
	else
	{
		band->time = at_lower;
		band->first = events->lower - events->k + 1;
		events->lower++;
	}
	return true;
}

/* The recursion; u[2] are two rows of 2 k + 2 doubles. */
static SdqStatus
run_events(Events *events, double *u[2], Stop *stop, double *p)
{
	Band before = {.time = 0};
	Band band = {.first = 0};
	int64_t until_poll = POLL_TERMS;

	for (int row = 0; next_event(events, &band); row = 1 - row)
	{
		if (band.time <= 0)
			continue;
		if (band.last < band.first)
		{
			*p = 1;
			return sdq_ok();
		}
		band.u = u[row];
		for (int64_t i = band.first; i <= band.last; i++)
			/* Nothing leaves before the first event. */
			band.u[i - band.first] = before.time > 0 ? look_back(&before, band.time, i) : 0;
		before = band;
		until_poll -= (band.last - band.first + 1) * (int64_t) TERMS_OF_STEP;
		if (until_poll <= 0)
		{
			until_poll = POLL_TERMS;
			if (stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
	}
	*p = look_back(&before, (double) events->n, events->n);
	return sdq_ok();
}

SdqStatus
ks_one_both(int64_t n, double d, Arena *scratch, Stop *stop, PValue *p)
{
	double x = (double) n * d;
	double k = ceil(x);
	Events events = {.n = n, .k = (int64_t) k, .f = k - x, .upper = 0, .lower = (int64_t) k};
	ArenaMark mark = arena_mark(scratch);
	size_t width = 2 * (size_t) events.k + 2;
	double *u[2] = {arena_alloc(scratch, width, sizeof(double)),
					arena_alloc(scratch, width, sizeof(double))};
	double result = 1;
	SdqStatus status = sdq_ok();

	if (u[0] == NULL || u[1] == NULL)
		status = arena_failure(scratch);
	else if (x > 0)
		status = run_events(&events, u, stop, &result);
	arena_release(scratch, mark);
	if (!sdq_failed(status))
		*p = pvalue_from(result);
	return status;
}

/* P(D < z / sqrt(n)) by Pelz and Good's expansion. With a = pi^2 (k + 1/2)^2 and b = pi^2 k^2, the sums
 * run over all integers k; those over a are twice those over k >= 0, those over b over k >= 1. The
 * sum over b in the last term is halved against what is sometimes printed: only then is the error,
 * measured against the exact law, of order n^-2. */
static double
pelz_good(double n, double z)
{
	double z2 = z * z;
	double z4 = z2 * z2;
	double z6 = z4 * z2;
	double k0 = 0;
	double k1 = 0;
	double k2 = 0;
	double k3 = 0;
	double k2_whole = 0;
	double k3_whole = 0;

	for (int k = THETA_TERMS - 1; k >= 0; k--)
	{
		double a = PI_2 * (k + 0.5) * (k + 0.5);
		double b = PI_2 * k * k;
		double e = 2 * exp(-a / (2 * z2));
		double e_whole = 2 * exp(-b / (2 * z2));

		k0 += e;
		k1 += (a - z2) * e;
		k2 += (6 * z6 + 2 * z4 + a * (2 * z4 - 5 * z2 + a * (1 - 2 * z2))) * e;
		k3 += (-30 * z6 - 90 * z4 * z4 +
			   a * (135 * z4 - 96 * z6 + a * (212 * z4 - 60 * z2 + a * (5 - 30 * z2)))) *
			  e;
		/* Vanishes at k = 0. */
		k2_whole += b * e_whole;
		k3_whole += b * (3 * z2 - b) * e_whole;
	}
	k0 *= SQRT_2PI / (2 * z);
	k1 *= SQRT_PI_2 / (6 * z4);
	k2 = SQRT_PI_2 * (k2 / (72 * z6 * z) - k2_whole / (36 * z2 * z));
	k3 = SQRT_PI_2 * (k3 / (6480 * z6 * z4) + k3_whole / (216 * z6));
	return k0 + (k1 + (k2 + k3 / sqrt(n)) / sqrt(n)) / sqrt(n);
}

PValue
ks_one_both_limit(int64_t n, double d, PValue upper)
{
	double root = sqrt((double) n);
	double z = root * d;
	double both;

	if (z <= ONE_Z)
		return pvalue_from(1);
	if (z * z < BODY_Z2)
		return pvalue_from(fmax(1 - pelz_good((double) n, z), 0));
	/* ln of P(both sides) / (2 P(one side)). */
	both = smirnov_tail(2 * (z + 1 / (6 * root))).log10_p - upper.log10_p;
	return pvalue_from_log(LN_2 + LN_10 * upper.log10_p + log1p(-exp(LN_10 * both)));
}
