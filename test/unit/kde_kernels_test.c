/*
 * kde_kernels_test.c
 *		Densities of one variable beyond the plain Gaussian: kernels, integrals, bounds, the rule of Botev, Grotowski
 *		and Kroese, bins, weights. Reference values: test/reference/kde_kernels.py.
 */
#include "check.h"

#include <string.h>

#include "core/base/constants.h"
#include "core/base/dct.h"
#include "core/base/search.h"
#include "core/density/binned.h"
#include "core/density/isj.h"
#include "core/density/kde.h"
#include "kde.h"
#include "kde_kernels.h"
#include "stops.h"
#include "workbench.h"

#define N_KERNELS 5
#define N_INSIDE  9
#define MANY      200000
#define GRID      1024

static Bench bench;

/* values[n], sorted in place, each with weight 1. */
static WeightedSample
sample_of(double *values, size_t n)
{
	double *weights = arena_alloc(bench.job.arena, n, sizeof(double));

	for (size_t i = 0; i < n; i++)
		weights[i] = 1;
	qsort(values, n, sizeof(double), compare_doubles);
	return (WeightedSample){n, values, weights, (double) n, (double) n};
}

static KdeOptions
options_of(Kernel kernel, double h, size_t grid_size)
{
	return (KdeOptions){.grid_size = grid_size,
						.bandwidth = {.rule = BANDWIDTH_NUMBER, .value = h},
						.range = {NAN, NAN},
						.kernel = kernel};
}

/* The first n normals of the reference. */
static void
normals(double *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		values[i] = kde_normals[i] / 1024.0;
}

static Kde
evaluate(const WeightedSample *sample, const KdeOptions *options)
{
	Kde result;

	if (sdq_failed(kde_evaluate_weighted(&bench.job, sample, options, &result)))
		exit(EXIT_FAILURE);
	return result;
}

static Kde
values_at(const WeightedSample *sample, const KdeOptions *options, KdeQuantity quantity,
		  const double *at, size_t n, double *values)
{
	Kde result;

	if (sdq_failed(kde_at(&bench.job, sample, options, quantity, at, n, values, &result)))
		exit(EXIT_FAILURE);
	return result;
}

/* Largest difference as a share of the largest wanted value. */
static double
worst(const double *got, const double *want, size_t n)
{
	double peak = 0;
	double error = 0;

	for (size_t i = 0; i < n; i++)
		peak = fmax(peak, want[i]);
	for (size_t i = 0; i < n; i++)
		error = fmax(error, isfinite(got[i]) ? fabs(got[i] - want[i]) : INFINITY);
	return error / peak;
}

static void
test_kernels(void)
{
	double values[KERNELS_N];
	double got[KERNELS_PLACES];
	WeightedSample sample;

	normals(values, KERNELS_N);
	sample = sample_of(values, KERNELS_N);
	for (int kernel = 0; kernel < N_KERNELS; kernel++)
	{
		KdeOptions options = options_of((Kernel) kernel, KERNELS_H, 500);
		Kde result;

		printf("# kernel %d\n", kernel);
		values_at(&sample, &options, KDE_PDF, kernels_places, KERNELS_PLACES, got);
		check(worst(got, kernels_density + (size_t) kernel * KERNELS_PLACES, KERNELS_PLACES) <
				  1e-12,
			  "densities are those of scikit-learn");
		values_at(&sample, &options, KDE_CDF, kernels_places, KERNELS_PLACES, got);
		check(worst(got, kernels_integral + (size_t) kernel * KERNELS_PLACES, KERNELS_PLACES) <
				  1e-12,
			  "integrals are those of the kernels' distributions");
		options.has_cut = true;
		options.cut = 10;
		result = evaluate(&sample, &options);
		check_close(result.mass, 1, 1e-14, "the mass of a grid that holds all is 1");
	}
}

/* Sample, grid and bounds in [0, 1]. */
static void
test_reflection(void)
{
	const double *const tables[] = {kernels_closed, kernels_lower, kernels_upper};
	double values[KERNELS_N];
	double inside[N_INSIDE];
	double got[N_INSIDE];
	double outside[] = {-0.001, 1.001, -INFINITY, INFINITY};
	WeightedSample sample;

	normals(values, KERNELS_N);
	for (size_t i = 0; i < KERNELS_N; i++)
		values[i] = fabs(values[i]) - floor(fabs(values[i]));
	for (size_t i = 0; i < N_INSIDE; i++)
		inside[i] = (double) i / (N_INSIDE - 1);
	sample = sample_of(values, KERNELS_N);
	for (int bounds = 0; bounds < 3; bounds++)
	{
		for (int kernel = 0; kernel < N_KERNELS; kernel++)
		{
			KdeOptions options = options_of((Kernel) kernel, KERNELS_H, 1001);
			Kde result;

			/* A value on the tophat's step is on either side, by rounding. */
			if (kernel == KERNEL_TOPHAT)
				continue;
			options.bounds = (KdeBounds){bounds != 2, bounds != 1, 0, 1};
			printf("# bounds %d, kernel %d\n", bounds, kernel);
			values_at(&sample, &options, KDE_PDF, inside, N_INSIDE, got);
			check(worst(got, tables[bounds] + (size_t) kernel * N_INSIDE, N_INSIDE) < 1e-12,
				  "the density is that of the mirrored sample");
			options.has_cut = true;
			options.cut = 10;
			result = evaluate(&sample, &options);
			check(fabs(result.mass - 1) < 1e-12, "which integrates to 1 between the bounds");
			if (bounds == 0)
			{
				double sum = 0;

				for (size_t i = 0; i < 1001; i++)
					sum += result.density[i] * (i == 0 || i == 1000 ? 0.5 : 1) / 1000;
				check(fabs(sum - 1) < 1e-6, "by the trapezoidal rule as well");
				check(result.x[0] == 0 && result.x[1000] == 1, "the grid ends at the bounds");
				values_at(&sample, &options, KDE_PDF, outside, 4, got);
				check(got[0] == 0 && got[1] == 0 && got[2] == 0 && got[3] == 0,
					  "there is nothing beyond the bounds");
				values_at(&sample, &options, KDE_CDF, outside, 4, got);
				check(got[0] == 0 && got[1] == 1 && got[2] == 0 && got[3] == 1,
					  "the integral is 0 and 1 there");
			}
		}
	}
}

/* From narrow to far wider than the domain. */
static void
test_wide_kernels(void)
{
	static const double widths[] = {1e-6, 0.01, 0.2, 1, 2.5, 2.999999, 3, 3.1, 100, 1e300};
	double values[KERNELS_N];
	double at[3] = {0, 0.3, 1};
	double got[3];
	WeightedSample sample;
	KdeOptions options;
	Kde result;

	normals(values, KERNELS_N);
	for (size_t i = 0; i < KERNELS_N; i++)
		values[i] = fabs(values[i]) - floor(fabs(values[i]));
	sample = sample_of(values, KERNELS_N);
	for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]); w++)
	{
		options = options_of(KERNEL_GAUSSIAN, widths[w], 50);
		options.bounds = (KdeBounds){true, true, 0, 1};
		options.range = (GridRange){0, 1};
		result = evaluate(&sample, &options);
		printf("# h = %g\n", widths[w]);
		check(fabs(result.mass - 1) < 1e-12, "reflected mass is 1");
		values_at(&sample, &options, KDE_PDF, at, 3, got);
		/* At h = 1 the first cosine still has 2 exp(-pi^2 / 2) = 0.014. */
		if (widths[w] >= 1)
			check(fabs(got[0] - 1) < 0.015 && fabs(got[2] - 1) < 0.015,
				  "and the density nearly even");
		if (widths[w] > 2.4)
			check(fabs(got[1] - 1) < 1e-12, "wide kernels make it even");
	}
	options = options_of(KERNEL_TOPHAT, 65, 50);
	options.bounds = (KdeBounds){true, true, 0, 1};
	check(evaluate(&sample, &options).outcome == KDE_TOO_WIDE,
		  "a tophat 65 domains wide is refused");
	options.bandwidth.value = 64;
	check(fabs(evaluate(&sample, &options).mass - 1) < 1e-12, "one of 64 has mass 1");
	options = options_of(KERNEL_GAUSSIAN, 0.1, 50);
	options.bounds = (KdeBounds){.has_lower = true, .lower = 0.5};
	result = evaluate(&sample, &options);
	check(result.outcome == KDE_OUT_OF_BOUNDS && result.offender == sample.values[0],
		  "a value below the bound is reported");
}

static void
test_isj(void)
{
	static const double units[] = {1e-9, 1, 1e9, 0x1p-350, 0x1p350};
	static double values[1000];
	static double scaled[1000];
	static const double two[] = {1, 1 + 1e-9};
	static const double ones[] = {1, 1};
	WeightedSample sample;
	double h;

	for (int shape = 0; shape < 2; shape++)
	{
		double want = shape == 0 ? isj_normal : isj_bimodal;

		normals(values, 1000);
		for (size_t i = 0; shape == 1 && i < 1000; i++)
			values[i] = values[i] * 0.3 + (i % 2 == 1 ? 5.0 : -5.0);
		for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++)
		{
			for (size_t i = 0; i < 1000; i++)
				scaled[i] = values[i] * units[u];
			sample = sample_of(scaled, 1000);
			/* Repeated values are one entry in an ecdf, but may be several here. */
			if (sdq_failed(isj_bandwidth(&bench.job, &sample, &h)))
				exit(EXIT_FAILURE);
			printf("# unit %g\n", units[u]);
			check_close(h / units[u], want, 1e-9,
						shape == 0 ? "isj of normals" : "isj of two modes");
		}
	}
	sample = (WeightedSample){2, two, ones, 2, 2};
	check(!sdq_failed(isj_bandwidth(&bench.job, &sample, &h)) && h >= 0, "isj of two values");
	sample = (WeightedSample){1, two, ones, 1, 1};
	check(!sdq_failed(isj_bandwidth(&bench.job, &sample, &h)) && h == 0, "isj of one value: none");
	{
		KdeOptions options = options_of(KERNEL_GAUSSIAN, 0, 10);
		Kde result;

		options.bandwidth.rule = BANDWIDTH_ISJ;
		sample = (WeightedSample){2, two, ones, 2, 2};
		result = evaluate(&sample, &options);
		check(result.outcome == KDE_DONE && result.bandwidth > 0, "two values have a density");
		printf("# rule %d, h %g\n", result.rule, result.bandwidth);
	}
}

static void
test_dct(void)
{
	double values[16];
	double scratch[DCT_SCRATCH(16)];
	double got[16];
	double error = 0;

	normals(values, 16);
	for (size_t n = 2; n <= 16; n *= 2)
	{
		dct(values, n, scratch, got);
		for (size_t k = 0; k < n; k++)
		{
			double want = 0;

			for (size_t j = 0; j < n; j++)
				want += values[j] * cos(PI * (double) (k * (2 * j + 1)) / (double) (2 * n));
			error = fmax(error, fabs(got[k] - want));
		}
	}
	check(error < 1e-14, "the cosine transform is the sum of cosines");
}

/* Exact against binned, for data that spread, for one point, for two scales in one sample. */
static void
test_binned(void)
{
	static double values[MANY];
	static double want[GRID];
	Rng rng;

	rng_seed(&rng, 3, RNG_STREAM_TEST);
	for (int shape = 0; shape < 4; shape++)
	{
		size_t n = shape == 1 ? 1 : MANY;
		KdeOptions options = options_of(KERNEL_GAUSSIAN, 0.3, GRID);
		WeightedSample sample;
		Kde result;
		double lowest = 0;

		for (size_t i = 0; i < n; i++)
			values[i] = rng_normal(&rng) * (shape == 2 && i % 2 == 0 ? 1e-3 : 1);
		if (shape == 3)
			options.bandwidth = (Bandwidth){.rule = BANDWIDTH_SCOTT};
		sample = sample_of(values, n);
		options.method = KDE_EXACT;
		result = evaluate(&sample, &options);
		check(result.method == KDE_EXACT, "exact when asked for");
		memcpy(want, result.density, sizeof(want));
		options.method = KDE_BINNED;
		result = evaluate(&sample, &options);
		for (size_t i = 0; i < GRID; i++)
			lowest = fmin(lowest, result.density[i]);
		check(result.method == KDE_BINNED && lowest >= 0, "binned when asked for, never negative");
		printf("# error %g of the peak\n", worst(result.density, want, GRID));
		check(worst(result.density, want, GRID) < 1e-4, "kde_binned: within 1e-4 of the peak");
		check(fabs(result.mass - evaluate(&sample, &options).mass) == 0 && result.mass > 0.99 &&
				  result.mass <= 1,
			  "mass");
		options.method = KDE_AUTO;
		result = evaluate(&sample, &options);
		check(result.method == (n > 1 ? KDE_BINNED : KDE_EXACT), "the choice follows the work");
		options.grid_size = 2;
		check(evaluate(&sample, &options).method == KDE_EXACT, "few nodes are summed exactly");
	}
}

static void
test_tails(void)
{
	static const double zero[] = {0};
	static const double one[] = {1};
	static const double at[] = {-37, -20, 0, 37.4, 38, 1e300, INFINITY, -INFINITY};
	WeightedSample sample = {1, zero, one, 1, 1};
	KdeOptions options = options_of(KERNEL_GAUSSIAN, 1, 10);
	double got[8];

	values_at(&sample, &options, KDE_PDF, at, 8, got);
	check_close(got[0], exp(-37 * 37 / 2.0) / sqrt(2 * PI), 1e-12, "37 h out");
	check_close(got[3], exp(-37.4 * 37.4 / 2) / sqrt(2 * PI), 1e-12, "37.4 h out");
	check(got[4] == 0 && got[5] == 0 && got[6] == 0 && got[7] == 0, "0 beyond the reach");
	values_at(&sample, &options, KDE_CDF, at, 8, got);
	/* R: pnorm(-20) */
	check_close(got[1], 2.753624118606234e-89, 1e-13, "left tail of the integral");
	check(got[2] == 0.5 && got[4] == 1 && got[6] == 1 && got[7] == 0, "middle and ends");
}

/* Weights of reliability: numpy.cov(aweights) and Kish's effective n, by hand for (0, 2) with weights (3, 1): mean 0.5,
 * sum w d^2 / total = 0.75, n = 16 / 10, variance 0.75 * 1.6 / 0.6 = 2. */
static void
test_weights(void)
{
	static const double values[] = {-9, 0, 2, 50};
	static const double weights[] = {0, 3, 1, 0};
	WeightedSample sample = {4, values, weights, 4, 1.6};
	KdeOptions options = options_of(KERNEL_GAUSSIAN, 1, 5);
	Kde result;

	options.bandwidth = (Bandwidth){.rule = BANDWIDTH_SCOTT};
	result = evaluate(&sample, &options);
	check_close(result.bandwidth, sqrt(2) * pow(1.6, -0.2), 1e-15, "h of weighted values");
	check_close(result.x[0], -3 * result.bandwidth, 1e-15, "what weighs nothing is not there");
	options.adjust = 0.5;
	check_close(evaluate(&sample, &options).bandwidth, sqrt(2) * pow(1.6, -0.2) / 2, 1e-15,
				"the adjustment multiplies h");
	options.has_cut = true;
	result = evaluate(&sample, &options);
	check(result.x[0] == 0 && result.x[4] == 2, "cut 0 ends at the data");
	options.cut = 10;
	options.has_clip = true;
	options.clip = (GridRange){-1, NAN};
	result = evaluate(&sample, &options);
	check(result.x[0] == -1 && result.x[4] > 5, "clip shortens one end");
	options.clip = (GridRange){-1e9, 1e9};
	check(evaluate(&sample, &options).x[0] > -100, "clip lengthens nothing");
	options.clip = (GridRange){100, 200};
	check(evaluate(&sample, &options).outcome == KDE_NO_GRID, "clip beyond the data");
}

static void
test_refusals(void)
{
	static double values[MANY];
	KdeOptions options = options_of(KERNEL_GAUSSIAN, 0, 1000);
	bool interrupted = true;
	bool refused = true;

	for (size_t i = 0; i < MANY; i++)
		values[i] = sin((double) i);
	options.bandwidth.rule = BANDWIDTH_ISJ;
	for (int after = 1; after <= 5; after++)
	{
		Stop stop = {.poll = stop_countdown};
		int polls = after;
		Job job = {.arena = bench.job.arena, .stop = &stop};
		WeightedSample sample = sample_of(values, MANY);
		Kde result;

		stop.context = &polls;
		interrupted &=
			kde_evaluate_weighted(&job, &sample, &options, &result).code == SDQ_INTERRUPTED;
	}
	check(interrupted, "a stop is answered");
	for (size_t limit = 1000; limit < 100000; limit += 30000)
	{
		Arena arena;
		Job job = {.arena = &arena};
		WeightedSample sample = sample_of(values, MANY);
		Kde result;

		arena_init(&arena, arena_malloc_source(), limit);
		refused &= kde_evaluate_weighted(&job, &sample, &options, &result).code == SDQ_OVER_LIMIT;
		arena_free(&arena);
	}
	check(refused, "too little memory is refused");
}

int
main(void)
{
	bench_open(&bench, 2);
	test_kernels();
	test_reflection();
	test_wide_kernels();
	test_dct();
	test_isj();
	test_binned();
	test_tails();
	test_weights();
	test_refusals();
	bench_close(&bench);
	return check_done();
}
