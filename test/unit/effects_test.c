/*
 * effects_test.c
 *		Intervals of D and of the auc, equivalence, the Brunner-Munzel test: small cases by hand, then
 *		references (scipy, all pairs), samples without variance, and the largest sizes there are.
 */
#include "core/tests/auc_interval.h"

#include "check.h"
#include "core/tests/brunner_munzel.h"
#include "core/tests/ks_interval.h"
#include "core/tests/normal_quantile.h"
#include "effects.h"
#include "sample_views.h"
#include "stops.h"

/* The moments of two views, which are freed. */
static AucMoments
moments_of_views(SampleView x, SampleView y)
{
	Tally tally = tally_open(&x, &y);
	AucMoments moments = {.n_x = 0};

	check(!sdq_failed(auc_moments(&tally, NULL, &moments)), "the moments are found");
	view_free(&x);
	view_free(&y);
	return moments;
}

static AucMoments
moments_of_values(const double *x, size_t n_x, const double *y, size_t n_y)
{
	return moments_of_views(view_of_values(x, n_x), view_of_values(y, n_y));
}

#define MOMENTS(x, y) moments_of_values(x, N_ITEMS(x), y, N_ITEMS(y))

static void
check_quantile(void)
{
	double worst = 0;

	check(normal_upper_quantile(.5) == 0, "half of the normal law lies above 0");
	check_close(normal_upper_quantile(.025), 1.959963984540054, 1e-14, "2.5 % lie above 1.96");
	check_close(normal_upper_quantile(.95), -1.6448536269514722, 1e-14, "95 % lie above -1.645");
	for (double z = -8; z < 37; z += .25)
		worst = fmax(worst, fabs(normal_upper_quantile(normal_upper_tail(z).p) - z) /
								(z < 0 ? exp(z * z / 2) : 1));
	check_close(worst, 0, 1e-13, "the quantile undoes the tail");
}

/* x = {1, 3}, y = {2, 2}: U = 2, auc = 1/2. psi = 0, 1: variance 1/2, of the mean 1/4. phi = 1/2, 1/2. */
static void
check_small(void)
{
	AucMoments m = MOMENTS(((double[]){1, 3}), ((double[]){2, 2}));
	AucInterval interval = auc_interval(&m, .025);
	BrunnerMunzelResult r = brunner_munzel(&m);

	check(m.auc == .5 && m.cliffs_delta == 0, "{1,3} against {2,2}: auc 1/2");
	check(m.variance_x == .25 && m.variance_y == 0, "variances 1/4 and 0");
	check(interval.std_error == .5, "standard error 1/2");
	/* ln(A / (1 - A)) = 0 -+ 1.96 * 0.5 / 0.25 */
	check_close(interval.high, 1 / (1 + exp(-1.959963984540054 * 2)), 1e-13, "upper bound");
	check_close(interval.low, 1 - interval.high, 1e-13, "lower bound");
	check(r.statistic == 0 && r.df == 1 && r.two_sided.p == 1 && r.greater.p == .5 &&
			  r.less.p == .5 && r.method == TEST_ASYMPTOTIC,
		  "Brunner-Munzel: 0 on one degree of freedom");

	m = MOMENTS(((double[]){10, 11, 5}), ((double[]){1, 2, 7}));
	r = brunner_munzel(&m);
	check(r.auc == 8.0 / 9 && r.statistic > 0 && r.greater.p < r.less.p,
		  "bm_sign: larger x, positive statistic, small p_greater");
	check_close(r.greater.p + r.less.p, 1, 1e-14, "bm_sign: the sides add up to 1");

	check(auc_magnitude(.146) == AUC_NEGLIGIBLE && auc_magnitude(-.147) == AUC_SMALL &&
			  auc_magnitude(-.33) == AUC_MEDIUM && auc_magnitude(.474) == AUC_LARGE,
		  "bands of Cliff's delta");
}

/* A thousand samples against scipy and against all pairs. */
static void
check_reference(void)
{
	double worst_moments = 0;
	double worst_bounds = 0;
	double worst_test = 0;

	for (size_t i = 0; i < N_ITEMS(effect_cases); i++)
	{
		const double *want = effect_cases[i].want;
		double values[100];
		int n = effect_cases[i].n_x + effect_cases[i].n_y;
		AucMoments m;
		AucInterval interval;
		BrunnerMunzelResult r;

		for (int j = 0; j < n; j++)
			values[j] = effect_values[effect_cases[i].offset + j];
		m = moments_of_values(values, (size_t) effect_cases[i].n_x, values + effect_cases[i].n_x,
							  (size_t) effect_cases[i].n_y);
		interval = auc_interval(&m, .025);
		r = brunner_munzel(&m);
		worst_moments = fmax(worst_moments, fabs(m.auc / want[0] - 1));
		worst_moments = fmax(worst_moments, fabs(interval.std_error / want[1] - 1));
		worst_bounds = fmax(worst_bounds, fabs(interval.low / want[2] - 1));
		worst_bounds = fmax(worst_bounds, fabs(interval.high / want[3] - 1));
		worst_test = fmax(worst_test, fabs(r.statistic - want[4]) / fmax(1, fabs(want[4])));
		worst_test = fmax(worst_test, fabs(r.two_sided.p / want[5] - 1));
		worst_test = fmax(worst_test, fabs(r.greater.p / want[6] - 1));
		worst_test = fmax(worst_test, fabs(r.less.p / want[7] - 1));
	}
	check_close(worst_moments, 0, 1e-11, "auc and standard error are those of all pairs");
	check_close(worst_bounds, 0, 1e-11, "so is the interval");
	check_close(worst_test, 0, 1e-9, "Brunner-Munzel is scipy's, with the sign turned");
}

/* Where no variance can be estimated. */
static void
check_degenerate(void)
{
	AucMoments m = MOMENTS(((double[]){1, 2, 3}), ((double[]){4, 5, 5}));
	AucInterval interval = auc_interval(&m, .025);
	BrunnerMunzelResult r = brunner_munzel(&m);

	check(isnan(interval.low) && isnan(interval.high) && interval.std_error == 0,
		  "bm_separated: no bounds of an auc of 0");
	check(r.statistic == -INFINITY && isnan(r.df) && r.method == TEST_EXACT,
		  "bm_separated: the statistic is infinite");
	/* 20 assignments, of which two do not overlap. */
	check_close(r.two_sided.p, .1, 1e-14, "bm_separated: p = 2/20, where scipy has NaN");
	check_close(r.less.p, .05, 1e-14, "bm_separated: one side 1/20");
	check(r.greater.p == 1, "bm_separated: the other side 1");
	m = MOMENTS(((double[]){4, 5, 5}), ((double[]){1, 2, 3}));
	r = brunner_munzel(&m);
	check(r.statistic == INFINITY && r.greater.p < .06 && r.less.p == 1, "bm_separated: swapped");

	m = MOMENTS(((double[]){7, 7, 7}), ((double[]){7, 7}));
	interval = auc_interval(&m, .025);
	r = brunner_munzel(&m);
	check(m.auc == .5 && isnan(interval.low) && r.statistic == 0 && r.two_sided.p == 1 &&
			  r.two_sided.log10_p == 0 && r.greater.p == 1 && r.less.p == 1,
		  "bm_all_equal: p = 1");
	m = MOMENTS(((double[]){7}), ((double[]){7, 8}));
	interval = auc_interval(&m, .025);
	r = brunner_munzel(&m);
	check(m.auc == .25 && isnan(interval.std_error) && isnan(interval.low) && isnan(r.statistic) &&
			  isnan(r.two_sided.p),
		  "one observation on a side has no variance");

	/* Equal constants, many of them, are the same: by the bounds that always hold. */
	m = moments_of_views(view_of_counts((double[]){0}, (uint64_t[]){60000}, 1),
						 view_of_counts((double[]){0}, (uint64_t[]){10000}, 1));
	interval = auc_margin_interval(&m, .05);
	check_close(interval.high - .5, sqrt(log(40) / 120000) + sqrt(log(40) / 20000), 1e-12,
				"bounds without variance are those of both samples");
	check_close(interval.low, 1 - interval.high, 1e-15, "on both sides");

	/* equivalence_rare_value: 1 of 1,000 differs. The upper bound of the score interval of a count of 1 is
	 * 1 + c + sqrt(z^2 + c^2) = 5.33033, c = (z^2 + 1) / 2; a chance of it in 1,000 moves auc by half of that. */
	m = moments_of_views(view_of_counts((double[]){0}, (uint64_t[]){1000}, 1),
						 view_of_counts((double[]){0, 1}, (uint64_t[]){999, 1}, 2));
	interval = auc_margin_interval(&m, .05);
	check_close(interval.low, .5 - 5.33033 / 2000, 1e-8,
				"equivalence_rare_value: as much as one cannot tell from a single value");
	m = MOMENTS(((double[]){1}), ((double[]){2}));
	interval = auc_margin_interval(&m, .05);
	check(interval.low == 0 && interval.high == 1, "two observations say nothing");
}

/* The largest sizes: whole numbers up to 2^126. */
static void
check_largest(void)
{
	uint64_t n = UINT64_C(1) << 31;
	AucMoments m =
		moments_of_views(view_of_counts((double[]){0, 1}, (uint64_t[]){n / 2, n / 2}, 2),
						 view_of_counts((double[]){0, 1}, (uint64_t[]){n / 2, n / 2}, 2));
	/* psi and phi are 1/4 and 3/4: variance 1/16, times n / (n - 1). */
	double want = 1 / (16 * ((double) n - 1));

	check(m.auc == .5 && m.cliffs_delta == 0, "2^31 values a side: auc 1/2");
	check_close(m.variance_x, want, 1e-14, "and the variance is not lost");
	check_close(m.variance_y, want, 1e-14, "on either side");
	m = moments_of_views(view_of_counts((double[]){0, 1}, (uint64_t[]){0, n}, 2),
						 view_of_counts((double[]){0, 1}, (uint64_t[]){n, 0}, 2));
	check(m.auc == 1 && m.cliffs_delta == 1 && m.variance_x == 0 && m.variance_y == 0,
		  "2^31 values above 2^31: auc 1, variance exactly 0");
}

/* ks_interval and ks_upper_bound. */
static void
check_ks(void)
{
	SampleView x = view_of_values((double[]){1, 1, 2, 3}, 4);
	SampleView y = view_of_values((double[]){2, 2, 3, 3}, 4);
	SampleView none = view_of_values((double[]){0}, 0);
	Tally tally = tally_open(&x, &y);
	KsInterval interval;
	double d;

	check(!sdq_failed(ks_distance(&tally, NULL, &d)) && d == .5, "D of {1,1,2,3} and {2,2,3,3}");
	tally = tally_open(&y, &x);
	check(!sdq_failed(ks_distance(&tally, NULL, &d)) && d == .5, "and swapped");
	tally = tally_open(&none, &y);
	{
		AucMoments m;

		check(auc_moments(&tally, NULL, &m).code == SDQ_BAD_ARGUMENT, "an empty side is refused");
	}

	/* Half-widths at 95 %: .0060 for 60,000, .0148 for 10,000. */
	interval = ks_interval(.3, 60000, 10000, .05);
	check_close(interval.high - .3, sqrt(log(80) / 120000) + sqrt(log(80) / 20000), 1e-12,
				"DKW: the sum of both half-widths");
	check_close(interval.high - .3, .0060 + .0148, 3e-3, "which are .0060 and .0148");
	check_close(interval.low, .6 - interval.high, 1e-12, "to both sides");
	interval = ks_interval(.001, 100, 100, .05);
	check(interval.low == 0, "the lower bound is at least 0");
	interval = ks_interval(.99, 100, 100, .05);
	check(interval.high == 1, "the upper bound is at most 1");
	check_close(ks_upper_bound(.3, 60000, 10000, .05) - .3,
				sqrt(log(40) / 120000) + sqrt(log(40) / 20000), 1e-12,
				"a claim in one direction splits alpha in two");
	check(ks_upper_bound(.3, 60000, 10000, .05) < ks_interval(.3, 60000, 10000, .05).high,
		  "and so is sharper than the interval");
	view_free(&x);
	view_free(&y);
	view_free(&none);
}

/* Three million distinct values, interrupted. */
static void
check_stop(void)
{
	SampleView x = view_of_range(3000000, 0, 1);
	Tally tally = tally_open(&x, &x);
	Stop stop = {.poll = stop_now};
	AucMoments m;
	double d;

	check(auc_moments(&tally, &stop, &m).code == SDQ_INTERRUPTED,
		  "auc_moments stops when asked to");
	check(ks_distance(&tally, &stop, &d).code == SDQ_INTERRUPTED, "ks_distance too");
	view_free(&x);
}

int
main(void)
{
	check_quantile();
	check_small();
	check_reference();
	check_degenerate();
	check_largest();
	check_ks();
	check_stop();
	return check_done();
}
