/*
 * distances_test.c
 *		Wasserstein and energy distances: by hand, infinities and the ends of the doubles, generated
 *		cases with references in fractions, interruption.
 */
#include "core/tests/distances.h"

#include <float.h>

#include "check.h"
#include "distances.h"
#include "generated_samples.h"
#include "sample_views.h"
#include "stops.h"

/* Both distances of two views, which are freed. */
static SdqStatus
measure_views(SampleView x, SampleView y, WassersteinResult *w, EnergyResult *e)
{
	Tally tally = tally_open(&x, &y);
	SdqStatus status = wasserstein_distance(&tally, NULL, w);

	if (!sdq_failed(status))
		status = energy_distance(&tally, NULL, e);
	view_free(&x);
	view_free(&y);
	return status;
}

static WassersteinResult
measure_values(const double *x, size_t n_x, const double *y, size_t n_y, EnergyResult *e)
{
	WassersteinResult w = {.n_x = 0};

	check(!sdq_failed(measure_views(view_of_values(x, n_x), view_of_values(y, n_y), &w, e)),
		  "the measurement succeeds");
	return w;
}

#define MEASURE_VALUES(x, y, e) measure_values(x, N_ITEMS(x), y, N_ITEMS(y), e)

/* Areas that can be drawn on paper. */
static void
check_small(void)
{
	static const double low[] = {1, 2, 3};
	static const double high[] = {4, 5, 6};
	static const double wide[] = {0, 5};
	static const double middle[] = {2};
	EnergyResult e;
	WassersteinResult w = MEASURE_VALUES(low, high, &e);

	/* Each value moves by 3. F - G = 1/3, 2/3, 1, 2/3, 1/3: the squares sum to 19/9. */
	check_close(w.distance, 3, 1e-15, "1 2 3 and 4 5 6 are 3 apart");
	check(w.x_above == 0 && w.y_above == w.distance, "and all of it is y above x");
	check_close(w.distance_over_sd_x, 3, 1e-15, "which is 3 standard deviations of x");
	/* 1 to 6: sum of squares around 3.5 is 17.5. */
	check_close(w.distance_over_sd_pooled, 3 / sqrt(3.5), 1e-15, "and 3 / sqrt(3.5) of all");
	check_close(e.energy, 38.0 / 9, 1e-15, "energy 38/9");
	check_close(e.distance, sqrt(38.0 / 9), 1e-15, "and its root");
	check(w.n_x == 3 && w.n_y == 3 && e.n_x == 3 && e.n_y == 3, "sizes are reported");

	w = MEASURE_VALUES(high, low, &e);
	check(w.y_above == 0 && w.x_above == w.distance, "swapped, x lies above");

	/* F - G is 1/2 on [0, 2) and -1/2 on [2, 5). */
	w = MEASURE_VALUES(wide, middle, &e);
	check_close(w.y_above, 1, 1e-15, "0 5 and 2: y above x on 2 * 1/2");
	check_close(w.x_above, 1.5, 1e-15, "and x above y on 3 * 1/2");
	check_close(w.distance, 2.5, 1e-15, "2.5 in all");
	check_close(e.energy, 2.5, 1e-15, "energy 2 * 5 * 1/4");

	/* One value, one observation: no standard deviation to divide by. */
	w = MEASURE_VALUES(middle, wide, &e);
	check(isnan(w.distance_over_sd_x) && isfinite(w.distance_over_sd_pooled),
		  "a single observation has no standard deviation");
	w = MEASURE_VALUES(((double[]){7, 7}), ((double[]){7, 7, 7}), &e);
	check(w.distance == 0 && e.energy == 0 && e.distance == 0, "all equal: distance 0");
	check(isnan(w.distance_over_sd_x) && isnan(w.distance_over_sd_pooled),
		  "and no standard deviation");
	w = MEASURE_VALUES(low, low, &e);
	check(w.distance == 0 && w.distance_over_sd_x == 0 && e.distance == 0,
		  "one sample twice: exactly 0");
	check(measure_views(view_of_values(low, 0), view_of_values(low, 3), &w, &e).code ==
			  SDQ_BAD_ARGUMENT,
		  "an empty side is refused");
}

/* ks_scale of the distances: they have the unit of the values, and no tolerance. */
static void
check_scale(void)
{
	static const double x[] = {1, 3, 4, 9, 9};
	static const double y[] = {2, 3, 5, 5, 11, 12};
	double small_x[N_ITEMS(x)];
	double small_y[N_ITEMS(y)];
	EnergyResult e;
	EnergyResult small_e;
	WassersteinResult w = MEASURE_VALUES(x, y, &e);
	WassersteinResult small_w;

	for (int exponent = -1060; exponent <= 1000; exponent += 206)
	{
		for (size_t i = 0; i < N_ITEMS(x); i++)
			small_x[i] = ldexp(x[i], exponent);
		for (size_t i = 0; i < N_ITEMS(y); i++)
			small_y[i] = ldexp(y[i], exponent);
		small_w = MEASURE_VALUES(small_x, small_y, &small_e);
		/* Denormal results keep only some of their digits. */
		check_close(ldexp(small_w.distance, -exponent), w.distance, exponent < -1000 ? 1e-3 : 1e-15,
					"ks_scale: the distance scales with the values");
		check_close(ldexp(small_e.energy, -exponent), e.energy, exponent < -1000 ? 1e-3 : 1e-15,
					"ks_scale: so does the energy");
		check_close(small_w.distance_over_sd_x, w.distance_over_sd_x,
					exponent < -1000 ? 1e-3 : 1e-15, "ks_scale: the scaled distance does not");
	}
}

/* nan_everywhere, as far as it reaches here: infinities. */
static void
check_infinities(void)
{
	EnergyResult e;
	WassersteinResult w = MEASURE_VALUES(((double[]){-INFINITY, 1, INFINITY}),
										 ((double[]){-INFINITY, 2, INFINITY}), &e);

	check_close(w.distance, 1.0 / 3, 1e-15, "the same infinities on both sides add nothing");
	check_close(e.energy, 2.0 / 9, 1e-15, "to the energy neither");
	check(isnan(w.distance_over_sd_x) && isnan(w.distance_over_sd_pooled),
		  "but there is no standard deviation");
	w = MEASURE_VALUES(((double[]){0, 1, INFINITY}), ((double[]){0, 1, 1}), &e);
	check(w.distance == INFINITY && w.x_above == INFINITY && w.y_above == 0 &&
			  e.energy == INFINITY && e.distance == INFINITY,
		  "an infinity on one side is infinitely far above");
	w = MEASURE_VALUES(((double[]){-INFINITY, 1, 2}), ((double[]){0, 1, 1}), &e);
	check(w.distance == INFINITY && w.y_above == INFINITY && isfinite(w.x_above),
		  "or below, and the other part stays finite");
	w = MEASURE_VALUES(((double[]){0, 1, 2}), ((double[]){0, 1, INFINITY}), &e);
	check(w.distance_over_sd_x == INFINITY && isnan(w.distance_over_sd_pooled),
		  "an infinity in y leaves x its standard deviation");
	w = MEASURE_VALUES(((double[]){-INFINITY}), ((double[]){INFINITY}), &e);
	check(w.distance == INFINITY && e.energy == INFINITY, "from end to end is infinite");
	w = MEASURE_VALUES(((double[]){INFINITY}), ((double[]){INFINITY}), &e);
	check(w.distance == 0 && e.energy == 0, "from one infinity to itself is 0, not NaN");
}

/* Gaps larger than a double, beside gaps that nothing of that size would leave a trace of. */
static void
check_ends_of_doubles(void)
{
	EnergyResult e;
	WassersteinResult w =
		MEASURE_VALUES(((double[]){-DBL_MAX, DBL_MAX}), ((double[]){DBL_MAX, DBL_MAX}), &e);

	check_close(w.distance, DBL_MAX, 1e-15, "half of twice the largest double");
	check_close(e.energy, DBL_MAX, 1e-15, "2 * 1/4 of it");
	/* The standard deviation of -M and M is sqrt(2) M, which is no double. */
	check_close(w.distance_over_sd_x, sqrt(0.5), 1e-15, "over a sum of squares that is none");
	w = MEASURE_VALUES(((double[]){-DBL_MAX}), ((double[]){DBL_MAX}), &e);
	check(w.distance == INFINITY && e.energy == INFINITY, "what is no double is Infinity");
	w = MEASURE_VALUES(((double[]){0}), ((double[]){DBL_MAX}), &e);
	check_close(e.distance, sqrt(DBL_MAX) * sqrt(2), 1e-15, "the root of a sum that is none");
	w = MEASURE_VALUES(((double[]){0, 1e300}), ((double[]){1e-300, 1e300}), &e);
	check_close(w.distance, 5e-301, 1e-15, "a small gap below a large one that weighs nothing");
	w = MEASURE_VALUES(((double[]){0, DBL_MAX}), ((double[]){5e-324, DBL_MAX}), &e);
	check(w.distance <= 5e-324, "the smallest gap below the largest value");
	measure_views(view_of_counts((double[]){0, 1}, (uint64_t[]){(UINT64_C(1) << 31) - 1, 1}, 2),
				  view_of_counts((double[]){0, 1}, (uint64_t[]){UINT64_C(1) << 31, 0}, 2), &w, &e);
	check_close(w.distance, 1 / 2147483648.0, 1e-15, "one of 2^31 observations differs");
	check_close(e.energy, 2 / 2147483648.0 / 2147483648.0, 1e-15, "its square for the energy");
	/* p (1 - p) N / (N - 1) with p = 2^-31. */
	check_close(w.distance_over_sd_x, sqrt(1 / 2147483648.0), 1e-14, "over sqrt(p)");
}

/* The generated cases, against fractions. */
static void
check_reference(void)
{
	for (size_t k = 0; k < N_ITEMS(distances_cases); k++)
	{
		/* What rounding leaves of denormals. */
		double slack = generated_kinds[k % N_GENERATED_KINDS].scale == 5e-324 ? 5e-324 : 0;
		GeneratedCase c;
		WassersteinResult w;
		EnergyResult e;
		const double *want = &distances_cases[k].distance;
		double got[6];
		bool agrees;

		generate_case(k, 30, &c);
		agrees = !sdq_failed(
			measure_views(view_of_values(c.x, c.n_x), view_of_values(c.y, c.n_y), &w, &e));
		memcpy(got,
			   (double[]){w.distance, w.distance_over_sd_x, w.distance_over_sd_pooled, w.x_above,
						  w.y_above, e.energy},
			   sizeof(got));
		for (size_t i = 0; i < N_ITEMS(got); i++)
		{
			/* The distance is rounded before it is divided. */
			double tolerance = slack > 0 && (i == 1 || i == 2) ? 1 : 1e-12;

			/* A distance that is no double is infinitely many standard deviations too. */
			if ((i == 1 || i == 2) && isinf(want[0]) && !isnan(want[i]))
				agrees = agrees && got[i] == INFINITY;
			else
				agrees = agrees && (got[i] == want[i] || (isnan(got[i]) && isnan(want[i])) ||
									fabs(got[i] - want[i]) <= tolerance * fabs(want[i]) + slack);
		}
		agrees = agrees && (isinf(e.energy) ||
							fabs(e.distance * e.distance - e.energy) <= 1e-12 * e.energy + slack);
		if (!agrees)
			printf("# case %zu: %.17g %.17g %.17g %.17g %.17g %.17g\n", k, got[0], got[1], got[2],
				   got[3], got[4], got[5]);
		if (!agrees || k + 1 == N_ITEMS(distances_cases))
			check(agrees, "generated cases agree with fractions to 1e-12");
	}
}

/* Both passes, and the energy's one, answer the stop flag. */
static void
check_interrupted(void)
{
	SampleView x = view_of_range((size_t) 1 << 21, 0, 1);
	Tally tally = tally_open(&x, &x);
	int left;
	Stop stop = {.poll = stop_countdown, .context = &left};
	WassersteinResult w;
	EnergyResult e;

	for (int question = 1; question <= 4; question++)
	{
		left = question;
		atomic_store(&stop.requested, false);
		check(wasserstein_distance(&tally, &stop, &w).code == SDQ_INTERRUPTED && left == 0,
			  "the Wasserstein distance stops in either pass");
	}
	left = 1;
	atomic_store(&stop.requested, false);
	check(energy_distance(&tally, &stop, &e).code == SDQ_INTERRUPTED,
		  "the energy distance stops when asked to");
	left = 100;
	atomic_store(&stop.requested, false);
	check(!sdq_failed(wasserstein_distance(&tally, &stop, &w)) && w.distance == 0,
		  "and neither is worse for it");
	view_free(&x);
}

int
main(void)
{
	check_small();
	check_scale();
	check_infinities();
	check_ends_of_doubles();
	check_reference();
	check_interrupted();
	return check_done();
}
