/*
 * chi_sum.c
 *		Tails of weighted sums of chi-squared variables from their determinant.
 *
 * With M(s) = D(s)^(-nu/2), the moment generating function of Q,
 *
 *		P(Q >= x) = 1/(2 pi i) int M(s) exp(-s x) / s ds
 *
 * upwards along any line to the right of the pole at 0 and to the left of the smallest zero of D;
 * along a line to the left of the pole it is -P(Q < x). All singularities lie on the real axis to the
 * right of the line, and exp(-s x) falls to the right, so the line may be bent around them: the
 * parabola s = q - mu (1 - i t)^2 with its focus q at the smallest zero. On it the integrand falls
 * like exp(-mu x t^2), and it is analytic in a strip around the real t, so the trapezoidal rule converges
 * geometrically (Weideman and Trefethen, "Parabolic and hyperbolic contours for computing the Bromwich
 * integral", 2007, mirrored). The vertex goes through the saddle point of the integrand, where it
 * is largest and positive: its value there is taken out in logarithm, and what remains to be summed
 * is of order one however far out x lies. Nothing cancels and nothing underflows.
 *
 * Upper tails are computed on the right of the pole for x above the mean; below it the lower
 * tail is computed, and p is not small.
 *
 * Phases. D(s)^(-nu/2) is needed on its own branch, continuous from D(0) = 1. For Im s > 0 every
 * factor of D turns clockwise by less than half a turn. CVM and AD are written such that the
 * principal logarithm of each term is continuous. For beads, the positions of the string at
 * successive beads are the leading minors of a matrix whose imaginary part is negative, so each
 * lies clockwise of the one before by less than half a turn: full turns are counted by crossings of
 * the negative real axis.
 */
#include "core/tests/chi_sum.h"

#include <complex.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "core/base/constants.h"

/* Nodes that are evaluated side by side. */
#define BATCH 8

/* A string that swings wider than this is scaled down; looked at every so many beads. */
#define SWING_MAX      1e60
#define SWING_INTERVAL 8

/* The first trapezoidal sum uses steps that leave an error of about 1e-6; each one with half the steps
 * squares it. Two that agree this well make the second right to rounding. */
#define STEP_OF_STRIP   0.4
#define STEP_OF_WIDTH   1.0
#define AGREEMENT       1e-7
#define HALVINGS_MAX    6
#define NEGLIGIBLE_TERM 1e-17
#define NODES_MAX       20000

/* The saddle point only places the contour: any point near it will do. */
#define SADDLE_TOLERANCE  0.01
#define SADDLE_ITERATIONS 200
#define ZERO_TOLERANCE    1e-14
#define ZERO_ITERATIONS   100

/* ln D at a real s, and its first two derivatives. */
typedef struct LogDeterminant
{
	double value;
	double first;
	double second;
} LogDeterminant;

/* Where the parabola lies. */
typedef struct Contour
{
	double focus;
	double mu;
	double log_peak; /* ln of the integrand's absolute value at the vertex */
	double step;
} Contour;

/* ln D of the string; false if s is not below its smallest zero. */
static bool
beads_log_determinant(const ChiSum *law, double s, LogDeterminant *result)
{
	/* Position and slope of the string, and their derivatives in s. */
	double y = 0;
	double y1 = 0;
	double y2 = 0;
	double p = 1;
	double p1 = 0;
	double p2 = 0;
	double log_scale = 0;

	for (size_t k = 0; k <= law->n_beads; k++)
	{
		double force;

		y += law->gaps[k] * p;
		y1 += law->gaps[k] * p1;
		y2 += law->gaps[k] * p2;
		if (y <= 0)
			return false;
		if (k == law->n_beads)
			break;
		force = 2 * law->masses[k];
		p2 -= force * (s * y2 + 2 * y1);
		p1 -= force * (s * y1 + y);
		p -= force * s * y;
		if (y > SWING_MAX)
		{
			double scale = 1 / y;

			log_scale += log(y);
			y = 1;
			y1 *= scale;
			y2 *= scale;
			p *= scale;
			p1 *= scale;
			p2 *= scale;
		}
	}
	result->value = log(y) + log_scale;
	result->first = y1 / y;
	result->second = y2 / y - result->first * result->first;
	return true;
}

/* ln D of sin(z) / z, z^2 = 2 s, on either side of 0. */
static LogDeterminant
cvm_log_determinant(double s)
{
	double z = sqrt(2 * fabs(s));
	double ratio; /* z cot z, or z coth z */
	LogDeterminant result;

	if (s > 0)
	{
		ratio = z / tan(z);
		result.value = log(sin(z) / z);
	}
	else
	{
		ratio = z / tanh(z);
		result.value = z + log(-expm1(-2 * z) / (2 * z));
	}
	result.first = (ratio - 1) / (2 * s);
	/* From s d(ratio)/ds = (ratio - ratio^2 - 2 s) / 2. */
	result.second = ((ratio - ratio * ratio - 2 * s) / 2 - (ratio - 1)) / (2 * s * s);
	return result;
}

/* ln D of -cos(w) / (2 pi s), w = pi/2 sqrt(1 + 8 s). */
static LogDeterminant
ad_log_determinant(double s)
{
	double square = 1 + 8 * s;
	double w = 0.5 * PI * sqrt(fabs(square));
	double slope; /* tan(w) / w, or tanh(w) / w */
	LogDeterminant result;

	if (square > 0)
	{
		slope = w > 0 ? tan(w) / w : 1;
		result.value = log(cos(w) / (-2 * PI * s));
	}
	else
	{
		slope = w > 0 ? tanh(w) / w : 1;
		result.value = w + log1p(exp(-2 * w)) - log(-4 * PI * s);
	}
	/* d(w^2)/ds = 2 pi^2, signs of the hyperbolic case included. */
	result.first = -PI * PI * slope - 1 / s;
	result.second = 1 / (s * s) - PI * PI * PI * PI * (4 / (PI * PI * square)) *
									  (1 + (square > 0 ? 1 : -1) * slope * slope * w * w - slope);
	return result;
}

/* ln D at a real s != 0; false if s is not below the smallest zero of D. */
static bool
log_determinant(const ChiSum *law, double s, LogDeterminant *result)
{
	switch (law->kind)
	{
		case CHI_SUM_CVM: *result = cvm_log_determinant(s); return s < 0.5 * PI * PI;
		case CHI_SUM_AD: *result = ad_log_determinant(s); return s < 1;
		case CHI_SUM_BEADS: break;
	}
	return beads_log_determinant(law, s, result);
}

/* The smallest zero of D, from below. Newton's method from the left of the zeros of a polynomial
 * that has no others than real ones climbs to the smallest without passing it. */
static double
smallest_zero(const ChiSum *law)
{
	double s;
	LogDeterminant at;

	if (law->kind == CHI_SUM_CVM)
		return 0.5 * PI * PI;
	if (law->kind == CHI_SUM_AD)
		return 1;
	/* No weight exceeds their sum. */
	s = 0.5 * law->nu / chi_sum_mean(law);
	for (int i = 0; i < ZERO_ITERATIONS; i++)
	{
		double step;

		/* One bead: its zero is where it started. */
		if (!beads_log_determinant(law, s, &at))
			return s;
		step = -1 / at.first;
		s += step;
		if (step < ZERO_TOLERANCE * s)
			break;
	}
	return s;
}

/* Derivative of the logarithm of the integrand's absolute value along the real axis. */
static double
slope_of_integrand(const ChiSum *law, double x, double s, LogDeterminant *at)
{
	if (!log_determinant(law, s, at))
		return INFINITY;
	return -0.5 * law->nu * at->first - x - 1 / s;
}

/* The minimum of that logarithm, which is convex, between two points where its slope is negative and
 * positive, from s on; *at is ln D there. `edge` is the singularity on the other side than 0. */
static double
find_saddle(const ChiSum *law, double x, double low, double high, double edge, double s,
			LogDeterminant *at)
{
	for (int i = 0; i < SADDLE_ITERATIONS; i++)
	{
		double slope = slope_of_integrand(law, x, s, at);
		double step = -slope / (-0.5 * law->nu * at->second + 1 / (s * s));

		if (slope > 0)
			high = s;
		else
			low = s;
		if (fabs(step) <= SADDLE_TOLERANCE * fmin(fabs(s), fabs(edge - s)) && isfinite(slope))
			return s;
		s = s + step;
		if (!(s > low && s < high))
			s = 0.5 * (low + high);
	}
	slope_of_integrand(law, x, s, at);
	return s;
}

/* A saddle point to the right of the pole. */
static double
upper_saddle(const ChiSum *law, double x, double zero, LogDeterminant *at)
{
	double start = zero - fmin(0.5 * zero, 0.5 * law->nu / x);

	return find_saddle(law, x, 0, zero, zero, start, at);
}

/* The saddle point to the left of the pole. */
static double
lower_saddle(const ChiSum *law, double x, LogDeterminant *at)
{
	double high = -1 / x; /* the slope is positive from here to 0 */
	double low = high;

	do
		low *= 2;
	while (slope_of_integrand(law, x, low, at) > 0);
	return find_saddle(law, x, low, high, -INFINITY, 0.5 * (low + high), at);
}

/* The parabola with its vertex to the right of the pole, or to the left of it. */
static Contour
find_contour(const ChiSum *law, double x, bool right_of_pole)
{
	double zero = smallest_zero(law);
	LogDeterminant at;
	double s = right_of_pole ? upper_saddle(law, x, zero, &at) : lower_saddle(law, x, &at);
	Contour contour = {.focus = zero,
					   .mu = zero - s,
					   .log_peak = -0.5 * law->nu * at.value - x * s - log(fabs(s))};
	/* In t: the width of the integrand, and how far the pole is off. */
	double width = 0.5 / (contour.mu * sqrt(-0.5 * law->nu * at.second + 1 / (s * s)));
	double pole = fabs(sqrt(zero / contour.mu) - 1);

	contour.step = fmin(STEP_OF_STRIP * fmin(1, pole), STEP_OF_WIDTH * width);
	return contour;
}

/* ln D of the string at s[BATCH]; imaginary parts of s are at least 0. */
static void
beads_log_determinants(const ChiSum *law, const double complex *s, double complex *result)
{
	double s_re[BATCH];
	double s_im[BATCH];
	double y_re[BATCH];
	double y_im[BATCH];
	double p_re[BATCH];
	double p_im[BATCH];
	double turns[BATCH];
	double log_scale[BATCH];

	for (int j = 0; j < BATCH; j++)
	{
		s_re[j] = 2 * creal(s[j]);
		s_im[j] = 2 * cimag(s[j]);
		y_re[j] = law->gaps[0];
		y_im[j] = 0;
		p_re[j] = 1;
		p_im[j] = 0;
		turns[j] = 0;
		log_scale[j] = 0;
	}
	for (size_t k = 0; k < law->n_beads; k++)
	{
		double mass = law->masses[k];
		double gap = law->gaps[k + 1];

		for (int j = 0; j < BATCH; j++)
		{
			double re = p_re[j] - mass * (s_re[j] * y_re[j] - s_im[j] * y_im[j]);
			double im = p_im[j] - mass * (s_re[j] * y_im[j] + s_im[j] * y_re[j]);
			double to_re = y_re[j] + gap * re;
			double to_im = y_im[j] + gap * im;
			/* Down and, where rounding wavers about the axis, up again. */
			bool down = (y_im[j] < 0) & (to_im >= 0) & ((y_re[j] < 0) | (to_re < 0));
			bool up = (y_im[j] >= 0) & (to_im < 0) & (y_re[j] < 0) & (to_re < 0);

			turns[j] += (double) down - (double) up;
			p_re[j] = re;
			p_im[j] = im;
			y_re[j] = to_re;
			y_im[j] = to_im;
		}
		if (k % SWING_INTERVAL != 0)
			continue;
		for (int j = 0; j < BATCH; j++)
		{
			double swing = fabs(y_re[j]) + fabs(y_im[j]);

			if (swing < SWING_MAX)
				continue;
			y_re[j] /= swing;
			y_im[j] /= swing;
			p_re[j] /= swing;
			p_im[j] /= swing;
			log_scale[j] += log(swing);
		}
	}
	for (int j = 0; j < BATCH; j++)
		result[j] = log(hypot(y_re[j], y_im[j])) + log_scale[j] +
					I * (atan2(y_im[j], y_re[j]) - 2 * PI * turns[j]);
}

/* ln D at s[BATCH], on the branch that is continuous from D(0) = 1 in the upper half plane. */
static void
log_determinants(const ChiSum *law, const double complex *s, double complex *result)
{
	if (law->kind == CHI_SUM_BEADS)
	{
		beads_log_determinants(law, s, result);
		return;
	}
	for (int j = 0; j < BATCH; j++)
	{
		if (law->kind == CHI_SUM_CVM)
		{
			/* sin z = i/2 exp(-iz) (1 - exp(2iz)) */
			double complex z = csqrt(2 * s[j]);

			result[j] = -I * z + clog(1 - cexp(2 * I * z)) - log(2) + I * (0.5 * PI) - clog(z);
		}
		else
		{
			/* -cos w = -1/2 exp(-iw) (1 + exp(2iw)) */
			double complex w = 0.5 * PI * csqrt(1 + 8 * s[j]);

			result[j] = -I * w + clog(1 + cexp(2 * I * w)) + I * PI - log(4 * PI) - clog(s[j]);
		}
	}
}

/* The trapezoidal sum over the nodes first, first + stride, ... of the contour (t = node * step), without the factor
 * 2 mu / pi times the step. */
static double
sum_nodes(const ChiSum *law, double x, const Contour *contour, double step, int first, int stride)
{
	double sum = 0;

	for (int node = first; node < NODES_MAX; node += BATCH * stride)
	{
		double complex s[BATCH];
		double complex log_d[BATCH];
		double largest = 0;

		for (int j = 0; j < BATCH; j++)
		{
			double t = step * (node + j * stride);

			s[j] = (contour->focus - contour->mu * (1 - t * t)) + I * (2 * contour->mu * t);
		}
		log_determinants(law, s, log_d);
		for (int j = 0; j < BATCH; j++)
		{
			double t = step * (node + j * stride);
			double complex exponent = -0.5 * law->nu * log_d[j] - x * s[j] - contour->log_peak;
			double complex value = cexp(exponent) / s[j] * (1 - I * t);

			sum += (node + j == 0 ? 0.5 : 1) * creal(value);
			largest = fmax(largest, cabs(value));
		}
		if (largest < NEGLIGIBLE_TERM * fabs(sum))
			break;
	}
	return sum;
}

/* ln of the absolute value of the integral to the right of the pole, or to the left of it. */
static double
log_integral(const ChiSum *law, double x, bool right_of_pole)
{
	Contour contour = find_contour(law, x, right_of_pole);
	double step = contour.step;
	double sum = step * sum_nodes(law, x, &contour, step, 0, 1);

	for (int i = 0; i < HALVINGS_MAX; i++)
	{
		double coarse = sum;

		step /= 2;
		sum = 0.5 * coarse + step * sum_nodes(law, x, &contour, step, 1, 2);
		if (fabs(sum - coarse) <= AGREEMENT * fabs(sum))
			break;
	}
	return contour.log_peak + log(2 * contour.mu / PI * fabs(sum));
}

double
chi_sum_mean(const ChiSum *law)
{
	double u = 0;
	double sum = 0;

	if (law->kind == CHI_SUM_CVM)
		return law->nu / 6;
	if (law->kind == CHI_SUM_AD)
		return law->nu;
	for (size_t k = 0; k < law->n_beads; k++)
	{
		u += law->gaps[k];
		sum += law->masses[k] * u * (1 - u);
	}
	return law->nu * sum;
}

double
chi_sum_variance(const ChiSum *law)
{
	double u = 0;
	double earlier = 0; /* sum of masses times u^2 over the beads before */
	double sum = 0;

	if (law->kind == CHI_SUM_CVM)
		return law->nu / 45;
	if (law->kind == CHI_SUM_AD)
		return 2 * law->nu * (PI * PI / 3 - 3);
	for (size_t k = 0; k < law->n_beads; k++)
	{
		double mass = law->masses[k];

		u += law->gaps[k];
		sum += mass * (1 - u) * (1 - u) * (mass * u * u + 2 * earlier);
		earlier += mass * u * u;
	}
	return 2 * law->nu * sum;
}

PValue
chi_sum_upper_tail(const ChiSum *law, double x)
{
	bool is_upper = x > chi_sum_mean(law);
	double log_tail;

	if (!(x > 0))
		return pvalue_from(1);
	log_tail = log_integral(law, x, is_upper);
	return pvalue_from_log(is_upper ? log_tail : log1p(-fmin(exp(log_tail), 1)));
}
