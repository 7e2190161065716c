/*
 * kde_test.c
 *		Densities in one and two dimensions against scipy, against a plain double loop, on hostile data,
 *		and for any number of threads. Reference values: test/reference/kde.py.
 */
#include "check.h"

#include <float.h>
#include <limits.h>
#include <string.h>

#include "core/base/constants.h"
#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "core/base/search.h"
#include "core/density/gaussian.h"
#include "core/density/kde.h"
#include "core/density/kde2d.h"
#include "kde.h"
#include "stops.h"

#define MAX_NODES   256
#define MANY_POINTS 300000

/* Nodes along one side of a grid that takes long to fill. */
#define LARGE_GRID 1000

static Arena arena;
static Stop stop;
static Job job = {.arena = &arena, .stop = &stop};

/* A fresh arena and a pool of so many threads. */
static void
new_job(int threads)
{
	pool_destroy(job.pool);
	arena_free(&arena);
	arena_init(&arena, arena_malloc_source(), 0);
	stop = (Stop){.poll = NULL};
	if (sdq_failed(pool_create(&job.pool, threads, &stop)))
		exit(EXIT_FAILURE);
}

/* The view of values[n] in any order, in the arena. */
static SampleView
view_of(const double *values, size_t n)
{
	double *sorted = arena_alloc(&arena, n + 1, sizeof(double));
	uint64_t *counts = arena_alloc(&arena, n + 1, sizeof(uint64_t));
	size_t distinct = 0;

	memcpy(sorted, values, n * sizeof(double));
	qsort(sorted, n, sizeof(double), compare_doubles);
	for (size_t i = 0; i < n; i++)
	{
		if (distinct > 0 && sorted[distinct - 1] == sorted[i])
			counts[distinct - 1]++;
		else
		{
			sorted[distinct] = sorted[i];
			counts[distinct++] = 1;
		}
	}
	return (SampleView){.n_distinct = distinct, .values = sorted, .counts = counts, .n = n};
}

static KdeOptions
options_1d(BandwidthRule rule, double value, size_t grid_size)
{
	return (KdeOptions){.grid_size = grid_size,
						.bandwidth = {.rule = rule, .value = value},
						.range = {.lo = NAN, .hi = NAN}};
}

static Kde2dOptions
options_2d(BandwidthRule rule, double value, size_t grid_size)
{
	return (Kde2dOptions){.grid_size = grid_size,
						  .bandwidth = {.rule = rule, .value = value},
						  .x_range = {.lo = NAN, .hi = NAN},
						  .y_range = {.lo = NAN, .hi = NAN}};
}

/* The density of values[n]; any failure ends the program. */
static Kde
kde(const double *values, size_t n, KdeOptions options)
{
	SampleView view = view_of(values, n);
	Kde result;

	if (sdq_failed(kde_evaluate(&job, &view, &options, &result)))
		exit(EXIT_FAILURE);
	return result;
}

static Kde2d
kde2d(const Point2d *points, size_t n, Kde2dOptions options)
{
	Kde2d result;

	if (sdq_failed(kde2d_evaluate(&job, points, n, &options, &result)))
		exit(EXIT_FAILURE);
	return result;
}

/* Largest difference as a share of the peak, and largest relative one above 1e-6 of the peak. */
static double
worst_difference(const double *got, const double *want, size_t n, bool relative)
{
	double peak = 0;
	double worst = 0;

	for (size_t i = 0; i < n; i++)
		peak = fmax(peak, want[i]);
	for (size_t i = 0; i < n; i++)
	{
		double difference = fabs(got[i] - want[i]);

		if (!(difference >= 0))
			return INFINITY;
		if (!relative)
			worst = fmax(worst, difference / peak);
		else if (want[i] > 1e-6 * peak)
			worst = fmax(worst, difference / want[i]);
	}
	return worst;
}

static bool
all_finite(const double *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(values[i]))
			return false;
	return true;
}

static void
normals(double *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		values[i] = kde_normals[i] / 1024.0;
}

static void
correlated_points(Point2d *points, double correlation)
{
	double other = sqrt(1 - correlation * correlation);

	for (size_t i = 0; i < KDE_N_POINTS; i++)
	{
		points[i].x = kde_normals[i] / 1024.0;
		points[i].y = correlation * points[i].x + other * (kde_normals[KDE_N_POINTS + i] / 1024.0);
	}
}

/* Two values by hand: 0 and 2, h = 1: density(1) = phi(1), density(0) = (phi(0) + phi(2)) / 2. */
static void
test_by_hand(void)
{
	static const double values[] = {2, 0};
	KdeOptions options = options_1d(BANDWIDTH_NUMBER, 1, 3);
	Kde result;

	new_job(1);
	options.range = (GridRange){.lo = 0, .hi = 2};
	result = kde(values, 2, options);
	check(result.outcome == KDE_DONE && result.bandwidth == 1, "a number is h itself");
	check_close(result.density[1], exp(-0.5) / sqrt(2 * PI), 1e-15, "between two values");
	check_close(result.density[0], (1 + exp(-2.0)) / 2 / sqrt(2 * PI), 1e-15, "at a value");
	check(result.density[0] == result.density[2], "symmetric data give a symmetric density");
	/* Phi(2) - 1/2 of each kernel. */
	check_close(result.mass, 0.47724986805182079, 1e-15, "mass is the integral between the ends");

	options = options_1d(BANDWIDTH_SCOTT, 0, 2);
	result = kde(values, 2, options);
	check_close(result.bandwidth, sqrt(2) * pow(2, -0.2), 1e-15, "scott: sd n^(-1/5)");
	check_close(result.x[0], -3 * result.bandwidth, 1e-15, "the grid starts at min - 3 h");
	check_close(result.x[1], 2 + 3 * result.bandwidth, 1e-15, "and ends at max + 3 h");
}

static void
check_scipy_1d(BandwidthRule rule, double h, const double *x, const double *density)
{
	double values[KDE_N_VALUES];
	Kde result;

	new_job(2);
	normals(values, KDE_N_VALUES);
	result = kde(values, KDE_N_VALUES, options_1d(rule, 0, KDE_GRID_1D));
	check_close(result.bandwidth, h, 1e-13, "kde_scipy_1d: bandwidth");
	check(worst_difference(result.x, x, KDE_GRID_1D, false) < 1e-14, "kde_scipy_1d: grid");
	check(worst_difference(result.density, density, KDE_GRID_1D, true) < 1e-12,
		  "kde_scipy_1d: density, relative");
	check(fabs(result.mass - 1) < 1e-3, "kde_scipy_1d: the grid holds nearly all mass");
}

static void
test_scipy_2d(void)
{
	static Point2d points[KDE_N_POINTS];

	for (int c = 0; c < KDE_N_CORRELATIONS; c++)
	{
		const double *axes = kde2d_axes + (ptrdiff_t) c * 2 * KDE_GRID_2D;
		const double *density = kde2d_density + (ptrdiff_t) c * KDE_GRID_2D * KDE_GRID_2D;
		Kde2d result;

		new_job(2);
		correlated_points(points, kde_correlations[c]);
		result = kde2d(points, KDE_N_POINTS, options_2d(BANDWIDTH_SCOTT, 0, KDE_GRID_2D));
		printf("# correlation %g\n", kde_correlations[c]);
		check_close(result.kernel.bandwidth_x, kde2d_h[2 * c], 1e-12, "kde_scipy_2d: h of x");
		check_close(result.kernel.bandwidth_y, kde2d_h[2 * c + 1], 1e-12, "kde_scipy_2d: h of y");
		check(worst_difference(result.x, axes, KDE_GRID_2D, false) < 1e-13, "kde_scipy_2d: x");
		check(worst_difference(result.y, axes + KDE_GRID_2D, KDE_GRID_2D, false) < 1e-13,
			  "kde_scipy_2d: y");
		check(worst_difference(result.density, density, KDE_GRID_2D * KDE_GRID_2D, false) < 1e-12,
			  "kde_scipy_2d: density, of the peak");
	}
}

/* 256 values with counts against the double loop over the expanded rows. */
static void
test_counts(void)
{
	double rows[2000];
	double want[MAX_NODES];
	Kde result;

	new_job(2);
	for (size_t i = 0; i < 2000; i++)
		rows[i] = (double) (i * i * 7919 % 256);
	result = kde(rows, 2000, options_1d(BANDWIDTH_SILVERMAN, 0, 100));
	for (size_t j = 0; j < 100; j++)
	{
		want[j] = 0;
		for (size_t i = 0; i < 2000; i++)
		{
			double t = (result.x[j] - rows[i]) / result.bandwidth;

			want[j] += exp(-t * t / 2) / sqrt(2 * PI) / result.bandwidth / 2000;
		}
	}
	check(worst_difference(result.density, want, 100, true) < 1e-12,
		  "kde_counts: counts weigh like repeated rows");
}

static void
test_constant(void)
{
	static const double constant[] = {7, 7, 7};
	static const double mostly_zero[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 255};
	static const Point2d line[] = {{0, 1}, {0.1, 1.03}, {0.2, 1.06}, {0.7, 1.21}};
	static const Point2d vertical[] = {{3, 1}, {3, 2}, {3, 4}};
	static Point2d nearly[KDE_N_POINTS];
	Kde result;
	Kde2d result_2d;

	new_job(1);
	check(kde(constant, 0, options_1d(BANDWIDTH_SCOTT, 0, 9)).outcome == KDE_NO_BANDWIDTH,
		  "kde_constant: no value");
	check(kde(constant, 1, options_1d(BANDWIDTH_SCOTT, 0, 9)).outcome == KDE_NO_BANDWIDTH,
		  "kde_constant: one value");
	check(kde(constant, 3, options_1d(BANDWIDTH_SILVERMAN, 0, 9)).outcome == KDE_NO_BANDWIDTH,
		  "kde_constant: equal values");
	result = kde(mostly_zero, 10, options_1d(BANDWIDTH_SCOTT, 0, 9));
	check(result.outcome == KDE_DONE && all_finite(result.density, 9),
		  "kde_constant: interquartile range 0");
	result = kde(constant, 3, options_1d(BANDWIDTH_NUMBER, 0.5, 3));
	check(result.outcome == KDE_DONE, "equal values have a density for a stated bandwidth");
	check_close(result.density[1], 2 / sqrt(2 * PI), 1e-15, "which is the kernel");

	result_2d = kde2d(line, 4, options_2d(BANDWIDTH_SCOTT, 0, 5));
	check(result_2d.outcome == KDE_NO_BANDWIDTH, "kde_constant: points on a line");
	check(kde2d(vertical, 3, options_2d(BANDWIDTH_NUMBER, 1, 5)).outcome == KDE_NO_BANDWIDTH,
		  "kde_constant: points on a vertical line");
	check(kde2d(line, 1, options_2d(BANDWIDTH_SCOTT, 0, 5)).outcome == KDE_NO_BANDWIDTH,
		  "kde_constant: one point");
	check(kde2d(line, 0, options_2d(BANDWIDTH_SCOTT, 0, 5)).outcome == KDE_NO_BANDWIDTH,
		  "kde_constant: no point");
	check(kde2d(line, 2, options_2d(BANDWIDTH_SCOTT, 0, 5)).outcome == KDE_NO_BANDWIDTH,
		  "kde_constant: two points lie on a line");
	correlated_points(nearly, 0.9999999);
	result_2d = kde2d(nearly, KDE_N_POINTS, options_2d(BANDWIDTH_SCOTT, 0, 5));
	check(result_2d.outcome == KDE_DONE && all_finite(result_2d.density, 25),
		  "correlation 1 - 1e-7 is no line");
}

/* Scaled data have the inversely scaled density; powers of two to the bit. */
static void
test_unit(void)
{
	static const double units[] = {1e-9, 1e9, 0x1p-900, 0x1p900, 0x1p-1040};
	double values[KDE_N_VALUES];
	static Point2d points[KDE_N_POINTS];
	static Point2d scaled_points[KDE_N_POINTS];

	correlated_points(points, 0.5);
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++)
	{
		double want[MAX_NODES];
		double scaled[KDE_N_VALUES];
		Kde result;

		new_job(1);
		normals(values, KDE_N_VALUES);
		result = kde(values, KDE_N_VALUES, options_1d(BANDWIDTH_SCOTT, 0, 50));
		for (size_t i = 0; i < 50; i++)
			want[i] = result.density[i];
		for (size_t i = 0; i < KDE_N_VALUES; i++)
			scaled[i] = values[i] * units[u];
		result = kde(scaled, KDE_N_VALUES, options_1d(BANDWIDTH_SCOTT, 0, 50));
		for (size_t i = 0; i < 50; i++)
			result.density[i] *= units[u];
		printf("# unit %g\n", units[u]);
		/* Subnormal data have fewer digits, and here no finite density. */
		if (units[u] > 0x1p-1000)
			check(worst_difference(result.density, want, 50, true) < 1e-12, "kde_unit: density");
		else
			check(result.outcome == KDE_DONE && !isnan(result.density[25]), "kde_unit: subnormal");
		check(fabs(result.mass - 1) < 1e-3, "kde_unit: mass");
	}

	for (int sign = -1; sign <= 1; sign += 2)
	{
		Kde2d plain;
		Kde2d scaled;
		bool same = true;

		new_job(1);
		for (size_t i = 0; i < KDE_N_POINTS; i++)
		{
			scaled_points[i].x = ldexp(points[i].x, sign * 700);
			scaled_points[i].y = ldexp(points[i].y, sign * -720);
		}
		plain = kde2d(points, KDE_N_POINTS, options_2d(BANDWIDTH_SCOTT, 0, 10));
		scaled = kde2d(scaled_points, KDE_N_POINTS, options_2d(BANDWIDTH_SCOTT, 0, 10));
		for (size_t i = 0; i < 100; i++)
			same &= scaled.density[i] == ldexp(plain.density[i], sign * 20);
		check(same, "kde_unit: two dimensions, powers of two, to the bit");
	}
}

/* A common offset of 1e9 moves the density and changes nothing else. */
static void
test_offset(void)
{
	double values[KDE_N_VALUES];
	static Point2d points[KDE_N_POINTS];
	KdeOptions options = options_1d(BANDWIDTH_SCOTT, 0, 9);
	Kde2dOptions options_plane = options_2d(BANDWIDTH_SCOTT, 0, 9);
	double want[9];
	double want_2d[81];
	Kde result;
	Kde2d result_2d;

	new_job(1);
	normals(values, KDE_N_VALUES);
	for (size_t i = 0; i < KDE_N_POINTS; i++)
		points[i] = (Point2d){kde_normals[i] / 1024.0, kde_normals[KDE_N_POINTS + i] / 1024.0};
	options.range = (GridRange){.lo = -4, .hi = 4};
	options_plane.x_range = options.range;
	options_plane.y_range = options.range;
	memcpy(want, kde(values, KDE_N_VALUES, options).density, sizeof(want));
	memcpy(want_2d, kde2d(points, KDE_N_POINTS, options_plane).density, sizeof(want_2d));
	for (size_t i = 0; i < KDE_N_VALUES; i++)
		values[i] += 1e9;
	for (size_t i = 0; i < KDE_N_POINTS; i++)
		points[i] = (Point2d){points[i].x + 1e9, points[i].y - 1e9};
	options.range = (GridRange){.lo = 1e9 - 4, .hi = 1e9 + 4};
	options_plane.x_range = options.range;
	options_plane.y_range = (GridRange){.lo = -1e9 - 4, .hi = -1e9 + 4};
	result = kde(values, KDE_N_VALUES, options);
	result_2d = kde2d(points, KDE_N_POINTS, options_plane);
	check(worst_difference(result.density, want, 9, true) < 1e-12, "offset 1e9, one dimension");
	check(worst_difference(result_2d.density, want_2d, 81, true) < 1e-12,
		  "offset 1e9, two dimensions");
}

/* Nothing crashes, and what is no number in the data is none in the result. */
static void
test_hostile(void)
{
	static const double extremes[] = {-DBL_MAX, DBL_MAX, 0, DBL_TRUE_MIN, -DBL_MIN, 1};
	static const double tiny[] = {0, DBL_TRUE_MIN, 3 * DBL_TRUE_MIN};
	static const double infinite[] = {1, 2, INFINITY};
	static const Point2d extreme_points[] = {
		{-DBL_MAX, 0}, {DBL_MAX, DBL_TRUE_MIN}, {0, 2 * DBL_TRUE_MIN}};
	static const Point2d triangle[] = {{0, 0}, {1, 2}, {3, 1}};
	static const Point2d infinite_points[] = {{1, 2}, {-INFINITY, 3}, {0, 5}};
	KdeOptions options = options_1d(BANDWIDTH_SCOTT, 0, 100);
	Kde2dOptions options_plane = options_2d(BANDWIDTH_SCOTT, 0, 16);
	bool no_nan = true;
	Kde result;
	Kde2d result_2d;

	new_job(1);
	result = kde(extremes, 6, options);
	check(result.outcome == KDE_DONE && all_finite(result.x, 100) &&
			  all_finite(result.density, 100),
		  "the largest doubles");
	result = kde(tiny, 3, options);
	for (size_t i = 0; i < 100; i++)
		no_nan &= !isnan(result.x[i]) && !isnan(result.density[i]);
	check(result.outcome == KDE_DONE && no_nan, "the smallest doubles");
	check(kde(infinite, 3, options).outcome == KDE_INFINITE, "an infinite value");

	options.range = (GridRange){.lo = -1e308, .hi = 1e308};
	result = kde(tiny, 3, options);
	check(all_finite(result.density, 100) && result.mass == 1, "a grid far wider than the data");
	options.range = (GridRange){.lo = 100, .hi = NAN};
	check(kde(extremes + 2, 4, options).outcome == KDE_NO_GRID, "all data below the stated end");
	options = options_1d(BANDWIDTH_NUMBER, 1e-300, 50);
	check(kde(extremes + 2, 4, options).outcome == KDE_DONE, "a bandwidth that vanishes");
	options.bandwidth.value = DBL_MAX;
	result = kde(tiny, 3, options);
	check(all_finite(result.x, 50) && all_finite(result.density, 50), "a huge bandwidth");

	result_2d = kde2d(extreme_points, 3, options_plane);
	no_nan = true;
	for (size_t i = 0; result_2d.outcome == KDE_DONE && i < 256; i++)
		no_nan &= !isnan(result_2d.density[i]);
	check(no_nan, "largest and smallest doubles in two dimensions");
	check(kde2d(infinite_points, 3, options_plane).outcome == KDE_INFINITE, "an infinite point");
	options_plane.y_range = (GridRange){.lo = NAN, .hi = -50};
	result_2d = kde2d(triangle, 3, options_plane);
	check(result_2d.outcome == KDE_NO_GRID && result_2d.kernel.bandwidth_y > 0,
		  "all points above the end");
}

/* Enough data for several blocks, and a grid for several chunks; oracle: one thread, plain code. */
static void
test_threads(void)
{
	static double values[MANY_POINTS];
	static Point2d points[MANY_POINTS];
	static double want[64];
	static double want_2d[64];
	/* Without a common divisor with MANY_POINTS. */
	static const size_t strides[12] = {7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47};
	size_t run = 0;
	Rng rng;
	bool same = true;
	bool sorted = true;
	double x_sum;
	PointSet set;

	rng_seed(&rng, 1, RNG_STREAM_TEST);
	for (int threads = 1; threads <= 8; threads = threads == 3 ? 8 : threads + 1)
	{
		for (CpuLevel level = CPU_PLAIN; level <= CPU_AVX512; level++)
		{
			const double *density;
			const double *density_2d;

			new_job(threads);
			cpu_set_limit(level);
			/* A fixed multiset, in another order each time. */
			for (size_t i = 0; i < MANY_POINTS; i++)
			{
				size_t j = i * strides[run % 12] % MANY_POINTS;
				double a = sin((double) j);

				values[i] = a * 10;
				points[i] = (Point2d){a, cos(3 * (double) (j / 2))};
			}
			density = kde(values, MANY_POINTS, options_1d(BANDWIDTH_SCOTT, 0, 64)).density;
			density_2d = kde2d(points, MANY_POINTS, options_2d(BANDWIDTH_SCOTT, 0, 8)).density;
			if (threads == 1 && level == CPU_PLAIN)
			{
				memcpy(want, density, sizeof(want));
				memcpy(want_2d, density_2d, sizeof(want_2d));
			}
			same &= memcmp(want, density, sizeof(want)) == 0;
			same &= memcmp(want_2d, density_2d, sizeof(want_2d)) == 0;
			run++;
		}
	}
	cpu_set_limit(CPU_HIGHEST);
	check(same, "the same bits for 1, 2, 3, 8 threads, any instruction set, any order");

	new_job(2);
	x_sum = 0;
	for (size_t i = 0; i < MANY_POINTS; i++)
	{
		points[i] = (Point2d){(double) rng_below(&rng, 1000), (double) rng_below(&rng, 100)};
		x_sum += points[i].x;
	}
	if (sdq_failed(points_collect(&job, points, MANY_POINTS, &set)))
		exit(EXIT_FAILURE);
	for (size_t i = 0; i < set.n; i++)
	{
		sorted &= i == 0 || set.x[i - 1] < set.x[i] ||
				  (set.x[i - 1] == set.x[i] && set.y[i - 1] < set.y[i]);
		x_sum -= set.weights[i] * set.x[i];
	}
	check(sorted && set.n <= 100000 && set.n > 90000, "points are sorted and distinct");
	check(x_sum == 0, "and none is lost");
}

static void
test_refusals(void)
{
	static Point2d points[KDE_N_POINTS];
	static double values[KDE_N_POINTS];
	KdeOptions options = options_1d(BANDWIDTH_SCOTT, 0, 100);
	Kde2dOptions options_plane = options_2d(BANDWIDTH_SCOTT, 0, 100);
	SampleView view;
	Kde result;
	Kde2d result_2d;
	int polls;
	bool interrupted = true;
	bool refused = true;

	correlated_points(points, 0.5);
	normals(values, KDE_N_POINTS);
	for (int after = 1; after <= 4; after++)
	{
		new_job(2);
		view = view_of(values, KDE_N_POINTS);
		polls = after;
		stop = (Stop){.poll = stop_countdown, .context = &polls};
		interrupted &= kde_evaluate(&job, &view, &options, &result).code == SDQ_INTERRUPTED;
		stop = (Stop){.poll = stop_countdown, .context = &polls};
		polls = after;
		interrupted &=
			kde2d_evaluate(&job, points, KDE_N_POINTS, &options_plane, &result_2d).code ==
			SDQ_INTERRUPTED;
	}
	check(interrupted, "a stop is answered");

	/* The nodes of a large grid cost more than the sums over three points. */
	new_job(1);
	polls = INT_MAX;
	stop = (Stop){.poll = stop_countdown, .context = &polls};
	options_plane.grid_size = LARGE_GRID;
	check(!sdq_failed(kde2d_evaluate(&job, points, 3, &options_plane, &result_2d)) &&
			  INT_MAX - polls > LARGE_GRID,
		  "the stop flag is polled for each line of a large grid");

	for (size_t limit = 1000; limit < 100000; limit += 10000)
	{
		new_job(1);
		arena.limit = limit;
		refused &= kde2d_evaluate(&job, points, KDE_N_POINTS, &options_plane, &result_2d).code ==
				   SDQ_OVER_LIMIT;
	}
	check(refused, "too little memory is refused");
}

int
main(void)
{
	test_by_hand();
	check_scipy_1d(BANDWIDTH_SCOTT, kde_scott_h, kde_scott_x, kde_scott_density);
	check_scipy_1d(BANDWIDTH_SILVERMAN, kde_silverman_h, kde_silverman_x, kde_silverman_density);
	test_scipy_2d();
	test_counts();
	test_constant();
	test_unit();
	test_offset();
	test_hostile();
	test_threads();
	test_refusals();
	pool_destroy(job.pool);
	arena_free(&arena);
	return check_done();
}
