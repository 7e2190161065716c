/*
 * isj.c
 *		The fixed-point equation of Botev, Grotowski and Kroese.
 *
 * The sample, binned, is a sum of cosines over the grid, and smoothing it by a Gaussian of variance t (in units of the
 * grid's width squared) damps its coefficients by exp(-k^2 pi^2 t / 2). The best t depends on the norm of the
 * density's second derivative; that is estimated from a density smoothed by t_2, which depends on the norm of the
 * third derivative, and so on: seven steps, of which the first starts from t itself. The t at which the chain
 * returns to where it started is the answer.
 *
 * Two errors of other implementations are avoided: the grid is padded by a share of the range, so that h follows the
 * unit of the data, and sqrt(t) is multiplied by the width of the grid, which is what it is a share of.
 */
#include "core/density/isj.h"

#include <float.h>
#include <math.h>

#include "core/base/constants.h"
#include "core/base/dct.h"
#include "core/base/sizes.h"

/* The grid exceeds the data by this share of their range on either side. */
#define PADDING 0.1

/* Norms of derivatives in the chain, from this one down to the second. */
#define FIRST_STEP 7

/* The root is looked for up to this t: an h of a third of the grid. */
#define LARGEST_T 0.1

/* Damping below exp(-SMALLEST) does not count, whatever it is multiplied with: (2^14)^14 is exp(136). */
#define SMALLEST 400.0

/* Steps that the search for the root may take; it takes about ten. */
#define MOST_STEPS 200

typedef struct IsjEquation
{
	const double *squares; /* [ISJ_NODES] squared coefficients; the first is not used */
	double n;              /* distinct values */
	Stop *stop;
} IsjEquation;

/* weights[ISJ_NODES] = the sample by linear binning, sum 1; its range is above 0. */
static SdqStatus
bin_shares(Job *job, const WeightedSample *sample, double *shares, size_t *n_distinct)
{
	double min = sample->values[0];
	double intervals = (double) (ISJ_NODES - 1);
	double per_step = intervals / ((1 + 2 * PADDING) * (sample->values[sample->n - 1] - min));
	double first = intervals * PADDING / (1 + 2 * PADDING);
	double last_value = NAN;

	*n_distinct = 0;
	for (size_t j = 0; j < ISJ_NODES; j++)
		shares[j] = 0;
	for (size_t i = 0; i < sample->n; i++)
	{
		double place = first + (sample->values[i] - min) * per_step;
		size_t node = minimum((size_t) place, ISJ_NODES - 2);
		double share = sample->weights[i] / sample->total;
		double above = share * (place - (double) node);

		if (i % WEIGHTED_POLL_INTERVAL == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		if (!(share > 0))
			continue;
		shares[node] += share - above;
		shares[node + 1] += above;
		*n_distinct += sample->values[i] != last_value;
		last_value = sample->values[i];
	}
	return sdq_ok();
}

/* The squared norm of the derivative of order s of the density smoothed by t. */
static double
derivative_norm(const IsjEquation *equation, int s, double t)
{
	double total = 0;

	for (size_t k = 1; k < ISJ_NODES; k++)
	{
		double frequency = (double) k * (double) k;
		double damping = frequency * PI * PI * t;

		if (damping > SMALLEST)
			break;
		total += pow(frequency, s) * equation->squares[k] * exp(-damping);
	}
	return 2 * pow(PI, 2 * s) * total;
}

/* t minus what the chain makes of it; NAN if a stop was requested. */
static double
fixed_point(const IsjEquation *equation, double t)
{
	double norm = derivative_norm(equation, FIRST_STEP, t);

	for (int s = FIRST_STEP - 1; s >= 2; s--)
	{
		double odd_product = 1; /* 1 * 3 * ... * (2 s - 1) */
		double constant = (1 + pow(2, -s - 0.5)) / 3;
		double step;

		if (stop_poll(equation->stop))
			return NAN;
		for (int factor = 3; factor <= 2 * s - 1; factor += 2)
			odd_product *= factor;
		step = pow(2 * constant * odd_product / SQRT_2PI / (equation->n * norm), 2.0 / (3 + 2 * s));
		norm = derivative_norm(equation, s, step);
	}
	return t - pow(2 * equation->n * sqrt(PI) * norm, -0.4);
}

/*
 * The root between 0 and LARGEST_T, 0 if the signs at the two do not differ, NAN if a stop was requested. Brent,
 * "Algorithms for Minimization without Derivatives", 1973, chapter 4: interpolation through the last points where that
 * lands well inside of the bracket and the steps shrink, halving where not.
 */
static double
find_root(const IsjEquation *equation)
{
	double other = 0; /* the far end of the bracket; `best` has the smaller value */
	double best = LARGEST_T;
	double last = other; /* `best` of the step before */
	double at_other = fixed_point(equation, other);
	double at_best = fixed_point(equation, best);
	double at_last = at_other;
	double step = best - other;
	double step_before = step;

	if (isnan(at_other) || isnan(at_best))
		return NAN;
	if (!(at_other < 0 && at_best > 0))
		return at_best == 0 ? best : 0;
	for (int i = 0; i < MOST_STEPS; i++)
	{
		double half;
		double tolerance;

		if ((at_best > 0) == (at_other > 0))
		{
			other = last;
			at_other = at_last;
			step = step_before = best - last;
		}
		if (fabs(at_other) < fabs(at_best))
		{
			last = best;
			best = other;
			other = last;
			at_last = at_best;
			at_best = at_other;
			at_other = at_last;
		}
		tolerance = 4 * DBL_EPSILON * fabs(best);
		half = (other - best) / 2;
		if (fabs(half) <= tolerance || at_best == 0)
			break;
		if (fabs(step_before) < tolerance || fabs(at_last) <= fabs(at_best))
			step = step_before = half;
		else
		{
			double ratio = at_best / at_last;
			double numerator = 2 * half * ratio;
			double denominator = 1 - ratio;

			if (last != other)
			{
				double a = at_last / at_other;
				double b = at_best / at_other;

				numerator = ratio * (2 * half * a * (a - b) - (best - last) * (b - 1));
				denominator = (a - 1) * (b - 1) * (ratio - 1);
			}
			if (numerator > 0)
				denominator = -denominator;
			numerator = fabs(numerator);
			if (2 * numerator < fmin(3 * half * denominator - fabs(tolerance * denominator),
									 fabs(step_before * denominator)))
			{
				step_before = step;
				step = numerator / denominator;
			}
			else
				step = step_before = half;
		}
		last = best;
		at_last = at_best;
		best += fabs(step) > tolerance ? step : copysign(tolerance, half);
		at_best = fixed_point(equation, best);
		if (isnan(at_best))
			return NAN;
	}
	return best;
}

SdqStatus
isj_bandwidth(Job *job, const WeightedSample *sample, double *h)
{
	ArenaMark mark = arena_mark(job->arena);
	double *shares = arena_alloc(job->arena, ISJ_NODES, sizeof(double));
	double *scratch = arena_alloc(job->arena, DCT_SCRATCH(ISJ_NODES), sizeof(double));
	IsjEquation equation = {.squares = shares, .stop = job->stop};
	size_t n_distinct;
	double range;
	double t;
	SdqStatus status;

	*h = 0;
	if (shares == NULL || scratch == NULL)
		return arena_failure(job->arena);
	range = sample->n == 0 ? 0 : sample->values[sample->n - 1] - sample->values[0];
	if (!(range > 0))
		return sdq_ok();
	status = bin_shares(job, sample, shares, &n_distinct);
	if (sdq_failed(status))
		return status;
	dct(shares, ISJ_NODES, scratch, shares);
	for (size_t k = 0; k < ISJ_NODES; k++)
		shares[k] *= shares[k];
	equation.n = (double) n_distinct;
	t = find_root(&equation);
	if (isnan(t))
		return stop_poll(job->stop) ? sdq_error(SDQ_INTERRUPTED, 0, 0) : sdq_ok();
	*h = sqrt(t) * (1 + 2 * PADDING) * range;
	arena_release(job->arena, mark);
	return sdq_ok();
}
