/*
 * bridge_law.c
 *		Exact moments of quadratic statistics, and their limit laws.
 *
 * Variance. Let k < l be block ends with S < R values before them. Given how many of the R values went
 * to g, how many of the first S did is hypergeometric, and so
 *
 *		E(delta_gk^2 | delta_gl = d) = (S/R)^2 d^2 + S (R - S) / (R^2 (R - 1)) *
 *			(R^2 n m / N^2 + R (m - n) / N d - d^2),			n = n_g, m = N - n_g.
 *
 * Given delta_gl, how many of the R values went to another sample h is hypergeometric as well; summed
 * over h and divided by n_h, only k, n and m remain:
 *
 *		E(sum over h of delta_hl^2 / n_h | delta_gl = d) = (1/n + 1/m) d^2 + (k - 2) / (m (m - 1)) *
 *			(R (N - R) m^2 / N^2 + (2 R - N) m / N d - d^2).
 *
 * The product of the two is a polynomial of degree 4 in d, whose mean needs the first four central
 * moments of a hypergeometric law. The sums over k < l of w_k times the first are two running sums. So
 * E Q^2 takes O(k) for each block. Checked against all assignments of small samples.
 */
#include "core/tests/bridge_law.h"

#include <math.h>

#include "core/tests/chi_sum.h"

/* A variance below this share of the squared mean is rounding: every assignment gives the same
 * statistic. */
#define NO_VARIANCE 1e-12

/* Harmonic sums are added up to here; beyond, three terms of Euler's expansion are right to 1e-17. */
#define HARMONIC_SUM_MAX 1000

/* gamma and pi^2 / 6 */
#define EULER_GAMMA 0.57721566490153286061
#define ZETA_2      1.64493406684822643647

/* Central moments of the number of values of a sample of n among the first R of N. */
typedef struct Moments
{
	double second;
	double third;
	double fourth;
} Moments;

/* The sum of all sizes. */
static double
total_size(const int64_t *sizes, size_t k)
{
	int64_t N = 0;

	for (size_t g = 0; g < k; g++)
		N += sizes[g];
	return (double) N;
}

SdqStatus
bridge_law_begin(BridgeWeight weight, const int64_t *sizes, size_t k, int64_t n_blocks,
				 Arena *scratch, BridgeLaw *law)
{
	*law = (BridgeLaw){.weight = weight, .N = total_size(sizes, k), .sizes = sizes, .k = k};
	if (n_blocks > BRIDGE_BEADS_MAX)
		return sdq_ok();
	law->gaps = arena_alloc(scratch, (size_t) n_blocks, sizeof(double));
	law->masses = arena_alloc(scratch, (size_t) n_blocks - 1, sizeof(double));
	if (law->gaps == NULL || law->masses == NULL)
		return arena_failure(scratch);
	return sdq_ok();
}

/* The hypergeometric moments (Kendall and Stuart, The Advanced Theory of Statistics, 5.18). N >= 4. */
static Moments
hypergeometric_moments(double N, double n, double R)
{
	double p = n / N;
	double q = (N - n) / N;
	double both = R * (N - R);
	double base = p * q * both / (N - 1);

	return (Moments){
		.second = base,
		.third = base * (q - p) * (N - 2 * R) / (N - 2),
		.fourth = base * (N * (N + 1) - 6 * both + 3 * p * q * (N * both - 2 * N * N + 6 * both)) /
				  ((N - 2) * (N - 3)),
	};
}

/* What sample g adds to E Q^2 at the block end R of weight w. */
static double
second_moment_share(const BridgeLaw *law, double n, double R, double w, const Moments *moments)
{
	double N = law->N;
	double m = N - n;
	double others = m > 1 ? ((double) law->k - 2) / (m * (m - 1)) : 0;
	/* E(sum over h of delta_h^2 / n_h | d) = a0 + a1 d + a2 d^2 */
	double a0 = others * R * (N - R) * (m / N) * (m / N);
	double a1 = others * (2 * R - N) * (m / N);
	double a2 = 1 / n + 1 / m - others;
	/* E(w/2 delta_g^2 + sum over earlier blocks | d) = b0 + b1 d + b2 d^2 */
	double c = R > 1 ? (R * law->sum_s - law->sum_ss) / (R * R * (R - 1)) : 0;
	double b0 = c * R * R * (n / N) * (m / N);
	double b1 = c * R * ((m - n) / N);
	double b2 = law->sum_ss / (R * R) - c + 0.5 * w;

	return 2 * w / n *
		   (b0 * a0 + (b0 * a2 + b1 * a1 + b2 * a0) * moments->second +
			(b1 * a2 + b2 * a1) * moments->third + b2 * a2 * moments->fourth);
}

void
bridge_law_add(BridgeLaw *law, int64_t t)
{
	double N = law->N;
	double gap = (double) t / N;
	double R = law->S + (double) t;
	double w;

	law->S = R;
	if (law->gaps != NULL)
		law->gaps[law->n_beads] = gap;
	if (R >= N)
		return;
	w = law->weight == BRIDGE_CVM ? gap : (double) t * N / (R * (N - R));
	if (law->gaps != NULL)
		law->masses[law->n_beads] = w * N / (N - 1);
	law->n_beads++;
	law->mean += w * ((double) law->k - 1) * R * (N - R) / (N * (N - 1));
	for (size_t g = 0; g < law->k && N >= 4; g++)
	{
		double n = (double) law->sizes[g];
		Moments moments = hypergeometric_moments(N, n, R);

		law->second_moment += second_moment_share(law, n, R, w, &moments);
	}
	law->sum_s += w * R;
	law->sum_ss += w * R * R;
}

/* The tail of the limit law, after giving the statistic its mean and variance. */
static PValue
standardised_tail(const ChiSum *limit, double statistic, double mean, double variance)
{
	double limit_mean = chi_sum_mean(limit);

	if (variance <= NO_VARIANCE * mean * mean)
		return pvalue_from(1);
	/* Below four observations there are no moments to give it. */
	if (isnan(variance))
		return chi_sum_upper_tail(limit, statistic);
	return chi_sum_upper_tail(limit, limit_mean + (statistic - mean) *
													  sqrt(chi_sum_variance(limit) / variance));
}

PValue
bridge_law_tail(const BridgeLaw *law, double statistic)
{
	ChiSum limit = {.kind = CHI_SUM_BEADS,
					.nu = (double) law->k - 1,
					.n_beads = law->n_beads,
					.gaps = law->gaps,
					.masses = law->masses};

	if (law->gaps == NULL)
		limit.kind = law->weight == BRIDGE_CVM ? CHI_SUM_CVM : CHI_SUM_AD;
	return standardised_tail(&limit, statistic, law->mean,
							 law->N >= 4 ? law->second_moment - law->mean * law->mean : NAN);
}

/* The sum of 1 / i for i from 1 to n. */
static double
harmonic(double n)
{
	double sum = 0;

	if (n > HARMONIC_SUM_MAX)
		return log(n) + EULER_GAMMA + 0.5 / n - 1 / (12 * n * n) + 1 / (120 * n * n * n * n);
	for (double i = n; i >= 1; i--)
		sum += 1 / i;
	return sum;
}

/* The sum of 1 / i^2. */
static double
harmonic_squares(double n)
{
	double sum = 0;

	if (n > HARMONIC_SUM_MAX)
		return ZETA_2 - 1 / n + 0.5 / (n * n) - 1 / (6 * n * n * n) + 1 / (30 * pow(n, 5));
	for (double i = n; i >= 1; i--)
		sum += 1 / (i * i);
	return sum;
}

double
bridge_ad_variance(const int64_t *sizes, size_t k)
{
	double N = total_size(sizes, k);
	double groups = (double) k;
	double H = 0;
	double h = harmonic(N - 1);
	/* The sum over i < j < N of 1 / ((N - i) j). */
	double g = harmonic_squares(N - 1) - 2 * h / N;
	double a;
	double b;
	double c;
	double d;

	if (N < 4)
		return NAN;
	for (size_t i = 0; i < k; i++)
		H += 1 / (double) sizes[i];
	a = (4 * g - 6) * (groups - 1) + (10 - 6 * g) * H;
	b = (2 * g - 4) * groups * groups + 8 * h * groups + (2 * g - 14 * h - 4) * H - 8 * h + 4 * g -
		6;
	c = (6 * h + 2 * g - 2) * groups * groups + (4 * h - 4 * g + 6) * groups + (2 * h - 6) * H +
		4 * h;
	d = (2 * h + 6) * groups * groups - 4 * h * groups;
	return (((a * N + b) * N + c) * N + d) / ((N - 1) * (N - 2) * (N - 3));
}

PValue
bridge_law_untied_tail(BridgeWeight weight, const int64_t *sizes, size_t k, double statistic)
{
	ChiSum limit = {.kind = weight == BRIDGE_CVM ? CHI_SUM_CVM : CHI_SUM_AD, .nu = (double) k - 1};
	double N = total_size(sizes, k);
	double n_x = (double) sizes[0];
	double n_y = (double) sizes[1];

	if (weight == BRIDGE_AD)
		return standardised_tail(&limit, statistic, limit.nu, bridge_ad_variance(sizes, k));
	/* Anderson 1962, equations 11 and 14; two samples. */
	return standardised_tail(&limit, statistic, (1 + 1 / N) / 6,
							 (N + 1) *
								 (4 * n_x * n_y * N - 3 * (n_x * n_x + n_y * n_y) - 2 * n_x * n_y) /
								 (180 * N * N * n_x * n_y));
}
