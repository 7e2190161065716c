/*
 * kde2d_test.c
 *		Densities of points by matrix products: against scipy, against the direct sum, on every
 *		instruction set, and the same bits for any number of threads. Reference values:
 *		test/reference/kde2d.py. Small cases and hostile data are in kde_test.c.
 */
#include "check.h"
#include "stops.h"
#include "workbench.h"

#include <string.h>

#include "core/base/cpu.h"
#include "core/density/gaussian.h"
#include "core/density/kde2d.h"
#include "core/density/kde2d_tiles.h"
#include "kde.h"
#include "kde2d.h"

#define MANY_POINTS 20000

/* Above KDE2D_EXACT_TERMS at 200 x 200 nodes. */
#define CHOICE_POINTS ((size_t) 1010000)
#define N_PLACES      1000

static Kde2dOptions
options_of(size_t grid_size, double limit)
{
	return (Kde2dOptions){.grid_size = grid_size,
						  .bandwidth = {.rule = BANDWIDTH_SCOTT},
						  .x_range = {.lo = -limit, .hi = limit},
						  .y_range = {.lo = -limit, .hi = limit}};
}

/* The density, or the end of the program. */
static Kde2d
density_of(Bench *bench, const Point2d *points, size_t n, Kde2dOptions options)
{
	Kde2d result;

	if (sdq_failed(kde2d_evaluate(&bench->job, points, n, &options, &result)) ||
		result.outcome != KDE_DONE)
		exit(EXIT_FAILURE);
	return result;
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

/* The whitened kernel of a density. */
static Gaussian2d
kernel_of(const Kde2d *density)
{
	double conditional = 1 - density->kernel.correlation * density->kernel.correlation;

	return (Gaussian2d){.inverse_x = 1 / density->kernel.bandwidth_x,
						.slope = density->kernel.correlation * density->kernel.bandwidth_y /
								 density->kernel.bandwidth_x,
						.inverse_y = 1 / (density->kernel.bandwidth_y * sqrt(conditional))};
}

/* Relative, at the nodes that matter: above 1e-6 of the peak. */
static void
test_scipy(void)
{
	static Point2d points[KDE_N_POINTS];
	Bench bench;

	for (int c = 0; c < PLANE_N_CORRELATIONS; c++)
	{
		double peak = 0;
		double worst = 0;
		Kde2d got;
		PlaneGrid grid;
		TilesPlan plan;

		bench_open(&bench, 2);
		correlated_points(points, plane_correlations[c]);
		got = density_of(&bench, points, KDE_N_POINTS, options_of(PLANE_GRID, PLANE_LIMIT));
		for (size_t i = 0; i < PLANE_GRID * PLANE_GRID; i++)
			peak = fmax(peak, got.density[i]);
		for (size_t i = 0; i < PLANE_LISTED; i++)
		{
			double want = plane_density[c][i];

			if (want > 1e-6 * peak)
				worst = fmax(worst, fabs(got.density[i * PLANE_STRIDE] / want - 1));
		}
		grid = (PlaneGrid){.x = got.x, .y = got.y, .size = PLANE_GRID, .kernel = kernel_of(&got)};
		printf("# correlation %g: relative error %.2g\n", plane_correlations[c], worst);
		check(tiles_plan(&grid, &plan), "kde_scipy_2d: the grid is done by products");
		check(worst < 1e-12, "kde_scipy_2d: density, relative");
		bench_close(&bench);
	}
}

/* Largest relative difference of got from want where want is above `floor`; zeros stay zeros. */
static double
worst_error(const double *got, const double *want, size_t n, double floor)
{
	double worst = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (!(got[i] >= 0))
			return INFINITY;
		if (want[i] > floor)
			worst = fmax(worst, fabs(got[i] / want[i] - 1));
		else
			worst = fmax(worst, got[i] / floor - 1);
	}
	return worst;
}

/* Points with weights: a cloud, ascending by x as a set must be. */
static PointSet
weighted_cloud(Bench *bench, size_t n, double correlation)
{
	double *rows = random_rows(n, 2, 7);
	Point2d *points = malloc(n * sizeof(Point2d));
	PointSet set;

	for (size_t i = 0; i < n; i++)
		points[i] =
			(Point2d){rows[2 * i], correlation * rows[2 * i] +
									   sqrt(1 - correlation * correlation) * rows[2 * i + 1]};
	if (sdq_failed(points_collect(&bench->job, points, n, &set)))
		exit(EXIT_FAILURE);
	for (size_t i = 0; i < set.n; i++)
		set.weights[i] = (double) (1 + i * 7919 % 5);
	free(rows);
	free(points);
	return set;
}

/* One case: grid of `size` nodes from -limit to limit, kernel of standard deviations h. */
static void
compare_with_direct_sum(size_t n, size_t size, double limit, double h, double correlation)
{
	Bench bench;
	Gaussian2d kernel = {.inverse_x = 1 / h,
						 .slope = correlation,
						 .inverse_y = 1 / (h * sqrt(1 - correlation * correlation))};
	PlaneGrid grid = {.size = size, .kernel = kernel};
	TilesPlan plan;
	PointSet set;
	double *nodes;
	double *want;
	double *got;
	double worst = 0;

	bench_open(&bench, 2);
	set = weighted_cloud(&bench, n, correlation);
	nodes = arena_alloc(&bench.arena, size, sizeof(double));
	want = arena_alloc(&bench.arena, size * size, sizeof(double));
	got = arena_alloc(&bench.arena, size * size, sizeof(double));
	grid_axis(&(GridRange){.lo = -limit, .hi = limit}, 0, 0, 1, size, nodes);
	grid.x = nodes;
	grid.y = nodes;
	for (size_t i = 0; i < size * size; i++)
		want[i] = gaussian_sum_2d(set.x, set.y, set.weights, set.n, nodes[i % size],
								  nodes[i / size], &kernel);
	printf("# %zu points, %zu nodes, h = %g, correlation %g\n", n, size, h, correlation);
	check(tiles_plan(&grid, &plan), "the grid is done by products");
	for (CpuLevel level = CPU_PLAIN; level <= CPU_AVX512; level++)
	{
		cpu_set_limit(level);
		if (sdq_failed(tiles_sum(&bench.job, &set, &grid, &plan, got)))
			exit(EXIT_FAILURE);
		worst = fmax(worst, worst_error(got, want, size * size, 1e-60));
	}
	cpu_set_limit(CPU_HIGHEST);
	printf("# relative error %.2g\n", worst);
	check(worst < 1e-11, "products equal the direct sum down to 1e-60, on every instruction set");
	bench_close(&bench);
}

static void
test_direct_sum(void)
{
	static const double correlations[] = {0, 0.5, -0.9, 0.99, -0.999};

	if (CHECK_RACES_ONLY)
		return;
	for (size_t c = 0; c < sizeof(correlations) / sizeof(correlations[0]); c++)
		compare_with_direct_sum(1500, 201, 4, 0.25, correlations[c]);
	/* More than one tile, with a last one that is hardly there; few points; one point a block. */
	compare_with_direct_sum(100, 257, 5, 0.3, 0.6);
	compare_with_direct_sum(33, 515, 5, 0.1, -0.7);
	compare_with_direct_sum(1, 16, 2, 0.5, 0.3);
	/* Nodes far beyond all points, and a grid that holds only some of them. */
	compare_with_direct_sum(500, 300, 40, 0.5, 0.4);
	compare_with_direct_sum(3000, 64, 0.5, 0.2, 0.8);
}

/* Where products would cost digits the direct sum stands in. */
static void
test_plan(void)
{
	double nodes[100];
	double far[100];
	PlaneGrid grid = {.x = nodes, .y = nodes, .size = 100, .kernel = {10, 0, 10}};
	TilesPlan plan;

	grid_axis(&(GridRange){.lo = -5, .hi = 5}, 0, 0, 1, 100, nodes);
	grid_axis(&(GridRange){.lo = 1e9 - 5, .hi = 1e9 + 5}, 0, 0, 1, 100, far);
	check(tiles_plan(&grid, &plan), "an ordinary grid is done by products");
	grid.y = far;
	check(tiles_plan(&grid, &plan) && plan.uneven > TILES_MAX_UNEVEN && plan.uneven < 1e-5,
		  "one whose nodes are rounded is said to be uneven");
	grid.y = nodes;
	grid.kernel.inverse_y = 1e6;
	check(!tiles_plan(&grid, &plan), "one with nodes far apart is not");
	grid.kernel.inverse_y = 1.7e308;
	check(!tiles_plan(&grid, &plan), "one whose kernel is a point is not");
	grid.kernel = (Gaussian2d){10, 1000, 10};
	check(!tiles_plan(&grid, &plan), "one with columns far apart is not");
	/* 100 nodes of x on five doubles: columns next to each other are 25 steps apart or none. */
	grid.kernel = (Gaussian2d){1e6, 1, 1e6};
	grid_axis(&(GridRange){.lo = 1e9, .hi = 1e9 + 4.8e-7}, 0, 0, 1, 100, far);
	grid_axis(&(GridRange){.lo = 0, .hi = 4.8e-7}, 0, 0, 1, 100, nodes);
	grid.x = far;
	check(!tiles_plan(&grid, &plan), "one whose columns are rounded to few places is not");
	grid_axis(&(GridRange){.lo = 0, .hi = 1.7e308}, 0, 0, 1, 100, far);
	grid.kernel = (Gaussian2d){0, 0, 1e6};
	check(!tiles_plan(&grid, &plan), "one to the largest double is not");
	grid.x = nodes;
	grid.kernel = (Gaussian2d){10, 0, 10};
	grid.size = 2;
	check(!tiles_plan(&grid, &plan), "one of two nodes is not");
}

/* Kernels as wide and as narrow as doubles can be. Points far from all nodes add 0 to them however high the
 * kernel's peak is; what is beyond the largest double is the largest double. */
static void
test_extreme_factors(void)
{
	static const Point2d points[] = {{0, 0}, {1e9, 1}, {2e9, 5}, {3e9, 2}};
	static const double factors[] = {1e-300, 1e-200, 1e200, 1e300};

	for (int i = 0; i < 4; i++)
	{
		Kde2dOptions options = options_of(40, NAN);
		bool is_finite = true;
		Kde2d got;
		Bench bench;

		bench_open(&bench, 2);
		options.bandwidth = (Bandwidth){.rule = BANDWIDTH_NUMBER, .value = factors[i]};
		/* One end stated, as the data are on one side of it: the other may be the largest double. */
		options.x_range.lo = 0;
		options.y_range.hi = 5;
		got = density_of(&bench, points, 4, options);
		for (size_t node = 0; node < 40 * 40; node++)
			is_finite = is_finite && isfinite(got.density[node]) && got.density[node] >= 0;
		check(is_finite, "kernels of extreme width have finite densities");
		check(isfinite(got.kernel.bandwidth_x) && !isnan(got.mass), "and bandwidths and a mass");
		bench_close(&bench);
	}
}

/* kde_binned: points in cells against every point, of the peak. The spiky cloud has a tenth of its points at
 * one place, where nothing may be widened. */
static void
test_binned(void)
{
	static Point2d points[MANY_POINTS];
	double *rows = random_rows(MANY_POINTS, 2, 3);

	for (int shape = 0; shape < 4; shape++)
	{
		Kde2dOptions options = options_of(100, shape == 3 ? NAN : 4);
		double peak = 0;
		double worst = 0;
		Kde2d exact;
		Kde2d binned;
		Bench bench;

		bench_open(&bench, 2);
		for (size_t i = 0; i < MANY_POINTS; i++)
		{
			points[i] = (Point2d){rows[2 * i], rows[2 * i + 1]};
			if (shape == 1)
				points[i].y = 0.9 * points[i].x + 0.43 * points[i].y;
			if (shape == 2 && i % 10 == 0)
				points[i] = (Point2d){0.123, -0.456};
			/* Correlated, and in units whose ratio has a square beyond all doubles. */
			if (shape == 3)
				points[i] = (Point2d){1e-90 * points[i].x, 1e90 * (points[i].x + points[i].y)};
		}
		exact = density_of(&bench, points, MANY_POINTS, options);
		options.method = KDE_BINNED;
		binned = density_of(&bench, points, MANY_POINTS, options);
		for (size_t i = 0; i < 100 * 100; i++)
		{
			peak = fmax(peak, exact.density[i]);
			worst = fmax(worst, fabs(exact.density[i] - binned.density[i]));
		}
		printf("# error %.2g of the peak\n", worst / peak);
		check(exact.method == KDE_EXACT && binned.method == KDE_BINNED, "the method is told");
		check(worst <= 1e-4 * peak, "kde_binned: within 1e-4 of the peak");
		check(fabs(exact.mass - binned.mass) < 1e-6, "kde_binned: the same mass");
		bench_close(&bench);
	}
	free(rows);
}

/* Three corners of a triangle with a stated kernel, by hand: round, h = 1. */
static void
test_log_density(void)
{
	static const Point2d corners[] = {{0, 0}, {2, 0}, {0, 2}};
	static const double x[] = {0, 1, 1000, -1e200, INFINITY};
	static const double y[] = {0, 1, 0, 0, 3};
	Kde2dKernel kernel = {.factor = 1, .bandwidth_x = 1, .bandwidth_y = 1};
	Kde2dOptions options = {.kernel = &kernel};
	double unit = -log(2 * 3.14159265358979323846 * 3);
	Kde2dModel model;
	double got[5];
	Bench bench;

	bench_open(&bench, 2);
	if (sdq_failed(kde2d_fit(&bench.job, corners, 3, &options, &model)) ||
		sdq_failed(kde2d_log_density(&bench.job, &model, x, y, 5, got)))
		exit(EXIT_FAILURE);
	check_close(got[0], unit + log(1 + 2 * exp(-2)), 1e-14, "log density at a point");
	check_close(got[1], unit + log(3) - 1, 1e-14, "log density between points");
	check_close(got[2], unit - 998.0 * 998 / 2, 1e-15, "log density where the density underflows");
	check(isinf(got[3]) && isinf(got[4]), "and minus infinity where squares overflow");
	bench_close(&bench);
}

/* The exponent of a kernel about a point of a model. */
static long double
exponent_of(const Kde2dModel *model, size_t i, double x, double y)
{
	const Gaussian2d *kernel = &model->whitened;
	long double dx = (long double) x - model->set.x[i];
	long double u = dx * kernel->inverse_x;
	long double v = (((long double) y - model->set.y[i]) - kernel->slope * dx) * kernel->inverse_y;

	return -(u * u + v * v) / 2;
}

/* log of the density of a model at a place, term by term beside the largest. */
static double
plain_log_density(const Kde2dModel *model, double x, double y)
{
	const Gaussian2d *kernel = &model->whitened;
	long double largest = exponent_of(model, 0, x, y);
	long double sum = 0; /* at least 1 in the end */

	for (size_t i = 1; i < model->set.n; i++)
		largest = fmaxl(largest, exponent_of(model, i, x, y));
	for (size_t i = 0; i < model->set.n; i++)
		sum += model->set.weights[i] * expl(exponent_of(model, i, x, y) - largest);
	return (double) (largest + log1pl(sum - 1) + logl(kernel->inverse_x) + logl(kernel->inverse_y) -
					 logl(2 * 3.14159265358979323846L * model->n));
}

/* Points that are left out because they are far away must not be missed: narrow and wide kernels, places amid the
 * points, in gaps between them and beyond them. A place alone, without a pool, has the same bits. */
static void
test_near_points(void)
{
	static const double adjusts[] = {0.003, 0.05, 1, 20};
	double *rows = random_rows(3 * N_PLACES, 2, 11);
	Point2d points[3 * N_PLACES];
	double x[N_PLACES];
	double y[N_PLACES];
	double got[N_PLACES];

	for (size_t i = 0; i < 3 * N_PLACES; i++)
		points[i] = (Point2d){rows[2 * i], 0.8 * rows[2 * i] + 0.6 * rows[2 * i + 1]};
	for (size_t i = 0; i < N_PLACES; i++)
	{
		x[i] = 1.5 * rows[2 * i + 1];
		y[i] = i % 3 == 0 ? points[i].y : 2 * rows[2 * i];
	}
	for (size_t a = 0; a < sizeof(adjusts) / sizeof(adjusts[0]); a++)
	{
		Kde2dOptions options = {.bandwidth = {.rule = BANDWIDTH_SCOTT}, .adjust = adjusts[a]};
		double worst = 0;
		bool same = true;
		Kde2dModel model;
		Bench bench;

		bench_open(&bench, 3);
		if (sdq_failed(kde2d_fit(&bench.job, points, 3 * N_PLACES, &options, &model)) ||
			sdq_failed(kde2d_log_density(&bench.job, &model, x, y, N_PLACES, got)))
			exit(EXIT_FAILURE);
		for (size_t i = 0; i < N_PLACES; i++)
		{
			double want = plain_log_density(&model, x[i], y[i]);
			Job alone = {.arena = NULL};
			double single;

			worst = fmax(worst, fabs(got[i] - want) / fmax(1, fabs(want)));
			same &= !sdq_failed(kde2d_log_density(&alone, &model, &x[i], &y[i], 1, &single)) &&
					memcmp(&single, &got[i], sizeof(double)) == 0;
		}
		printf("# bandwidth times %g: error %.2g\n", adjusts[a], worst);
		check(worst < 1e-12, "no point that counts is left out");
		check(same, "a place alone has the same bits");
		bench_close(&bench);
	}
	free(rows);
}

/* One place takes long if there are very many points: near ones or, out there, any. */
static void
test_interrupted_place(void)
{
	size_t n = (size_t) 5 << 20;
	double *zeros = calloc(n, sizeof(double));
	double *weights = malloc(n * sizeof(double));
	double x = 0.5;
	double far = 1e6;
	Kde2dModel model = {.outcome = KDE_DONE,
						.n = (double) n,
						.set = {.n = n, .x = zeros, .y = zeros, .weights = weights},
						.whitened = {.inverse_x = 1, .inverse_y = 1}};
	Stop stop = {.poll = stop_now};
	Job job = {.stop = &stop};
	double got;

	for (size_t i = 0; i < n; i++)
		weights[i] = 1;
	check(kde2d_log_density(&job, &model, &x, &x, 1, &got).code == SDQ_INTERRUPTED,
		  "a place among many points can be interrupted");
	stop = (Stop){.poll = stop_now};
	check(kde2d_log_density(&job, &model, &far, &far, 1, &got).code == SDQ_INTERRUPTED,
		  "a place far from many points can be interrupted");
	job.stop = NULL;
	check(!sdq_failed(kde2d_log_density(&job, &model, &x, &x, 1, &got)),
		  "and is done without a stop flag");
	check_close(got, -0.25 - log(2 * 3.14159265358979323846), 1e-14, "in blocks that add up");
	free(zeros);
	free(weights);
}

/* A fixed multiset about (offset, offset), in an order of each run's own. */
static void
test_threads(KdeMethod method, double offset)
{
	static Point2d points[MANY_POINTS];
	static double want[120 * 120];
	static const size_t strides[4] = {7, 11, 13,
									  17}; /* without a common divisor with MANY_POINTS */
	Kde2dOptions options = options_of(120, 1.5);
	bool same = true;
	int run = 0;

	options.method = method;
	options.x_range = options.y_range = (GridRange){.lo = offset - 1.5, .hi = offset + 1.5};
	for (int threads = 1; threads <= 7; threads = threads == 3 ? 7 : threads + 1)
	{
		Bench bench;
		Kde2d got;

		bench_open(&bench, threads);
		for (size_t i = 0; i < MANY_POINTS; i++)
		{
			size_t j = i * strides[run] % MANY_POINTS;

			points[i] = (Point2d){offset + sin((double) j), offset + cos(3 * (double) (j / 2))};
		}
		got = density_of(&bench, points, MANY_POINTS, options);
		if (run++ == 0)
			memcpy(want, got.density, sizeof(want));
		same &= memcmp(want, got.density, sizeof(want)) == 0;
		bench_close(&bench);
	}
	check(same, "the same bits for 1, 2, 3, 7 threads and any order of the points");
}

/* More terms than are summed exactly are binned, if that makes them fewer; others are not. */
static void
test_choice(void)
{
	double *rows = random_rows(CHOICE_POINTS, 2, 5);
	Point2d *points = (Point2d *) rows; /* pairs as well */
	Kde2dOptions options = options_of(200, NAN);
	Bench bench;

	bench_open(&bench, 2);
	options.adjust = 3;
	check(density_of(&bench, points, CHOICE_POINTS, options).method == KDE_BINNED,
		  "where points crowd, many are binned");
	check(density_of(&bench, points, CHOICE_POINTS / 20, options).method == KDE_EXACT,
		  "few are not");
	options.grid_size = 20;
	check(density_of(&bench, points, CHOICE_POINTS, options).method == KDE_EXACT,
		  "nor are many at few nodes");
	options.grid_size = 200;
	options.adjust = 0.02;
	check(density_of(&bench, points, CHOICE_POINTS, options).method == KDE_EXACT,
		  "nor those of which binning leaves most");
	bench_close(&bench);
	free(rows);
}

int
main(void)
{
	test_scipy();
	test_direct_sum();
	test_plan();
	test_extreme_factors();
	test_binned();
	test_log_density();
	test_near_points();
	test_interrupted_place();
	test_threads(KDE_AUTO, 0);
	test_threads(KDE_BINNED, 0);
	test_threads(KDE_AUTO, 1e9);
	test_choice();
	return check_done();
}
