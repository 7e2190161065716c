/*
 * groups_test.c
 *		Several samples on one grid: kernels by hand and as pair.h has them for two, groups that spread in no way, other
 *		units, and what the result must not depend on.
 */
#include "core/density/groups.h"

#include <string.h>

#include "check.h"
#include "core/density/pair.h"
#include "sample_views.h"
#include "stops.h"
#include "workbench.h"

#define GRID_NODES 40
#define MANY       300
#define MAX_GROUPS 4

static const GridRange OPEN = {.lo = NAN, .hi = NAN};

static KdeOptions
options_of(BandwidthRule rule, double number)
{
	return (KdeOptions){
		.grid_size = GRID_NODES, .bandwidth = {.rule = rule, .value = number}, .range = OPEN};
}

static Kde2dOptions
plane_options_of(BandwidthRule rule, double number)
{
	return (Kde2dOptions){.grid_size = GRID_NODES,
						  .bandwidth = {.rule = rule, .value = number},
						  .x_range = OPEN,
						  .y_range = OPEN};
}

/* Fit groups that lie one after the other in values; options become those of all. */
static void
fit(Bench *bench, const double *values, const size_t *sizes, size_t n_groups, bool is_pooled,
	KdeOptions *options)
{
	SampleView views[MAX_GROUPS] = {{0}};
	SdqStatus status;

	for (size_t g = 0; g < n_groups; values += sizes[g++])
		views[g] = view_of_values(values, sizes[g]);
	status = groups_fit(&bench->job, views, n_groups, is_pooled, options);
	for (size_t g = 0; g < n_groups; g++)
		view_free(&views[g]);
	if (sdq_failed(status))
		exit(EXIT_FAILURE);
}

/* The same of points. */
static void
fit_plane(Bench *bench, const Point2d *points, const size_t *sizes, size_t n_groups, bool is_pooled,
		  Kde2dOptions *options, Kde2dModel *models)
{
	GroupPoints groups[MAX_GROUPS] = {{0}};

	for (size_t g = 0; g < n_groups; points += sizes[g++])
		groups[g] = (GroupPoints){.points = points, .n = sizes[g]};
	if (sdq_failed(groups_fit_plane(&bench->job, groups, n_groups, is_pooled, options, models)))
		exit(EXIT_FAILURE);
}

static Kde2d
on_grid(Bench *bench, const Kde2dModel *model, const Kde2dOptions *options)
{
	Kde2d result;

	if (sdq_failed(kde2d_on_grid(&bench->job, model, options, &result)))
		exit(EXIT_FAILURE);
	return result;
}

/* ---------- numbers ---------- */

/*
 * (0, 2), (10, 14, 12) and (20): squares about the means are 2, 8 and 0, on 1 + 2 + 0 degrees of freedom, so the variance
 * within the groups is 10 / 3. Scott's factors are 2^(-1/5), 3^(-1/5) and 1; their geometric mean is 6^(-1/15).
 */
static void
test_common_bandwidth(void)
{
	static const double values[] = {0, 2, 10, 14, 12, 20};
	static const size_t sizes[] = {2, 3, 1};
	KdeOptions options = options_of(BANDWIDTH_SCOTT, 0);
	double h = pow(6, -1.0 / 15) * sqrt(10 / 3.0);
	Bench bench;

	bench_open(&bench, 2);
	fit(&bench, values, sizes, 3, true, &options);
	check(options.bandwidth.rule == BANDWIDTH_NUMBER, "the common bandwidth is a number");
	check_close(options.bandwidth.value, h, 1e-14, "it is that within the groups");
	check_close(options.range.lo, -3 * h, 1e-13, "the grid begins three of them below all values");
	check_close(options.range.hi, 20 + 3 * h, 1e-14, "and ends as far above them");

	options = options_of(BANDWIDTH_SILVERMAN, 0);
	options.adjust = 0.5;
	options.has_cut = true;
	options.cut = 1;
	fit(&bench, values, sizes, 3, true, &options);
	h *= pow(0.75, -0.2) / 2;
	check_close(options.bandwidth.value, h, 1e-14, "Silverman's factors have a mean too, adjusted");
	check(options.adjust == 1, "which is done once");
	check_close(options.range.hi, 20 + h, 1e-14, "the grid is cut where it was said");
	bench_close(&bench);
}

/* Two groups have the kernel and the grid of a pair. */
static void
test_pair(void)
{
	static const size_t sizes[] = {MANY, MANY / 2};
	double *values = random_rows(MANY + MANY / 2, 1, 5);
	PairOptions pair_options = {.grid_size = GRID_NODES, .bandwidth = {.rule = BANDWIDTH_SCOTT}};
	KdeOptions options = options_of(BANDWIDTH_SCOTT, 0);
	SampleView sides[2] = {view_of_values(values, MANY), view_of_values(values + MANY, MANY / 2)};
	Bench bench;
	DensityPair pair;
	Kde kde;

	bench_open(&bench, 1);
	fit(&bench, values, sizes, 2, true, &options);
	if (sdq_failed(pair_compare(&bench.job, sides, &pair_options, &pair)) ||
		sdq_failed(kde_evaluate(&bench.job, &sides[1], &options, &kde)))
		exit(EXIT_FAILURE);
	check_close(options.bandwidth.value, pair.bandwidth_x, 1e-13, "two groups are a pair");
	check_close(kde.x[7], pair.grid.x[7], 1e-12, "on the pair's grid");
	check_close(kde.density[7], pair.density[1][7], 1e-10, "with the pair's densities");
	view_free(&sides[0]);
	view_free(&sides[1]);
	free(values);
	bench_close(&bench);
}

/* Each group's own bandwidth: (0, 2) has 2^(-1/5) sqrt(2), (10, 14, 12) has 3^(-1/5) 2, which is more. */
static void
test_own_bandwidths(void)
{
	static const double values[] = {0, 2, 10, 14, 12, 20};
	static const size_t sizes[] = {2, 3, 1};
	KdeOptions options = options_of(BANDWIDTH_SCOTT, 0);
	double h = pow(3, -0.2) * 2;
	Bench bench;

	bench_open(&bench, 1);
	fit(&bench, values, sizes, 3, false, &options);
	check(options.bandwidth.rule == BANDWIDTH_SCOTT, "not pooled, the rule stays");
	check_close(options.range.lo, -3 * h, 1e-13, "the largest bandwidth makes the grid");
	check_close(options.range.hi, 20 + 3 * h, 1e-14, "which holds all groups");

	options = options_of(BANDWIDTH_NUMBER, 0.25);
	options.range.lo = -7;
	fit(&bench, values, sizes, 3, true, &options);
	check(options.bandwidth.value == 0.25, "a number is the bandwidth, pooled or not");
	check(options.range.lo == -7 && options.range.hi == 20.75, "an end that is stated stays");

	options = options_of(BANDWIDTH_ISJ, 0);
	fit(&bench, values, sizes, 3, false, &options);
	check(options.bandwidth.rule == BANDWIDTH_ISJ && options.range.hi > 20,
		  "the rule without a factor has bandwidths of its own");

	options = options_of(BANDWIDTH_SCOTT, 0);
	fit(&bench, values + 2, sizes + 1, 1, true, &options);
	check_close(options.bandwidth.value, h, 1e-15, "one group pools to itself");
	bench_close(&bench);
}

/* Groups of equal values, of nothing, of infinite values. */
static void
test_no_spread(void)
{
	static const double constant[] = {3, 3, 5};
	static const double some[] = {0, 1, 2, 7, 7, 7, INFINITY, 0};
	static const double without[] = {0, 1, 2, 7, 7, 7};
	static const size_t sizes[] = {2, 1};
	static const size_t some_sizes[] = {3, 3, 2};
	KdeOptions options = options_of(BANDWIDTH_SCOTT, 0);
	KdeOptions same = options_of(BANDWIDTH_SCOTT, 0);
	SampleView view;
	Bench bench;
	Kde kde;

	bench_open(&bench, 1);
	fit(&bench, constant, sizes, 2, true, &options);
	check(options.bandwidth.value == 0, "groups that are constant have no common bandwidth");
	view = view_of_values(constant, 2);
	check(!sdq_failed(kde_evaluate(&bench.job, &view, &options, &kde)) &&
			  kde.outcome == KDE_NO_BANDWIDTH,
		  "and so no density");
	view_free(&view);

	options = options_of(BANDWIDTH_SCOTT, 0);
	fit(&bench, some, some_sizes, 3, true, &options);
	fit(&bench, without, some_sizes, 2, true, &same);
	check(options.bandwidth.value > 0 && options.bandwidth.value == same.bandwidth.value &&
			  options.range.lo == same.range.lo && options.range.hi == same.range.hi,
		  "a group with an infinite value counts for nothing");
	view = view_of_values(some + 3, 3);
	check(!sdq_failed(kde_evaluate(&bench.job, &view, &options, &kde)) && kde.outcome == KDE_DONE,
		  "a constant group has a density by the common kernel");
	view_free(&view);

	options = options_of(BANDWIDTH_SCOTT, 0);
	fit(&bench, some + 6, &some_sizes[2], 1, true, &options);
	check(options.bandwidth.value == 0 && isnan(options.range.lo), "nothing is left of that alone");
	fit(&bench, some, some_sizes, 0, true, &options);
	check(options.bandwidth.value == 0, "no groups have no bandwidth");
	bench_close(&bench);
}

/* The bandwidth follows the unit, however small or large. */
static void
test_units(void)
{
	static const int exponents[] = {-1000, -30, 30, 1000};
	static const double values[] = {0, 2, 10, 14, 12, 20};
	static const size_t sizes[] = {2, 3, 1};
	KdeOptions one = options_of(BANDWIDTH_SCOTT, 0);
	bool follows = true;
	Bench bench;

	bench_open(&bench, 1);
	fit(&bench, values, sizes, 3, true, &one);
	for (int i = 0; i < 4; i++)
	{
		KdeOptions options = options_of(BANDWIDTH_SCOTT, 0);
		double scaled[6];

		for (int v = 0; v < 6; v++)
			scaled[v] = ldexp(values[v], exponents[i]);
		fit(&bench, scaled, sizes, 3, true, &options);
		follows = follows && options.bandwidth.value == ldexp(one.bandwidth.value, exponents[i]) &&
				  options.range.hi == ldexp(one.range.hi, exponents[i]);
	}
	check(follows, "the bandwidth follows the unit, bit for bit");
	bench_close(&bench);
}

/* ---------- points ---------- */

/*
 * The unit square's corners, the same at (5, 0) with y doubled, and one point: the sums of squares are 1 and 1 along x, 1 and
 * 4 along y, on 3 + 3 + 0 degrees of freedom; no products. Scott's factor is the sizes' mean 16^(1/3) to the power -1/6.
 */
static void
test_common_kernel(void)
{
	static const Point2d points[] = {{0, 0}, {1, 0}, {0, 1}, {1, 1}, {5, 0},
									 {6, 0}, {5, 2}, {6, 2}, {9, -4}};
	static const size_t sizes[] = {4, 4, 1};
	Kde2dOptions options = plane_options_of(BANDWIDTH_SCOTT, 0);
	double factor = pow(16, -1.0 / 18);
	double h_x = factor * sqrt(2 / 6.0);
	double h_y = factor * sqrt(5 / 6.0);
	Kde2dModel models[3];
	Kde2d density;
	Bench bench;
	double t_x;
	double t_y;

	bench_open(&bench, 2);
	fit_plane(&bench, points, sizes, 3, true, &options, models);
	check(models[0].outcome == KDE_DONE && models[1].outcome == KDE_DONE &&
			  models[2].outcome == KDE_DONE,
		  "all groups have a density, one point too");
	check_close(models[2].kernel.factor, factor, 1e-14, "the factor is that of the mean size");
	check_close(models[2].kernel.bandwidth_x, h_x, 1e-14, "the kernel is that within the groups");
	check_close(models[2].kernel.bandwidth_y, h_y, 1e-14, "along both axes");
	check(models[2].kernel.correlation == 0, "which are not correlated");
	check_close(options.x_range.lo, -3 * h_x, 1e-13, "the grid begins left of all points");
	check_close(options.y_range.lo, -4 - 3 * h_y, 1e-14, "below all points");
	check_close(options.y_range.hi, 2 + 3 * h_y, 1e-14, "and ends above them");
	density = on_grid(&bench, &models[2], &options);
	t_x = (density.x[33] - 9) / h_x;
	t_y = (density.y[11] + 4) / h_y;
	check_close(density.density[11 * GRID_NODES + 33],
				exp(-(t_x * t_x + t_y * t_y) / 2) / (2 * acos(-1.0) * h_x * h_y), 1e-12,
				"the density of one point is the kernel");

	/* Not pooled: the point has none, the others their own. */
	options = plane_options_of(BANDWIDTH_SCOTT, 0);
	options.has_cut = true;
	options.cut = 2;
	fit_plane(&bench, points, sizes, 3, false, &options, models);
	factor = pow(4, -1.0 / 6);
	check(models[2].outcome == KDE_NO_BANDWIDTH, "one point alone has no kernel of its own");
	check_close(models[0].kernel.bandwidth_y, factor * sqrt(1 / 3.0), 1e-14,
				"groups that are not pooled have their own kernels");
	check_close(options.y_range.lo, -4 - 2 * factor * sqrt(4 / 3.0), 1e-14,
				"the largest of which makes the grid");
	bench_close(&bench);
}

/* Correlated points at (0, 0), and twice as many, wider, at (4, 1). */
static void
make_points(Point2d *points, double unit, bool reversed)
{
	double *rows = random_rows(3 * MANY, 2, 12);

	for (size_t i = 0; i < 3 * MANY; i++)
	{
		bool is_second = i >= MANY;
		size_t from = !reversed ? i : is_second ? 4 * MANY - 1 - i : MANY - 1 - i;
		double x = rows[2 * from] * (is_second ? 2 : 1);
		double y = 0.7 * x + rows[2 * from + 1];

		points[i] = (Point2d){unit * (x + (is_second ? 4 : 0)), unit * (y + (is_second ? 1 : 0))};
	}
	free(rows);
}

static void
test_pair_of_plane(void)
{
	static const size_t counts[] = {MANY, 2 * MANY};
	Point2d points[3 * MANY];
	PairOptions pair_options = {.grid_size = GRID_NODES, .bandwidth = {.rule = BANDWIDTH_SCOTT}};
	Kde2dOptions options = plane_options_of(BANDWIDTH_SCOTT, 0);
	Kde2dModel models[2];
	PointSet sides[2];
	DensityPair pair;
	Kde2d density;
	Bench bench;
	double worst = 0;
	double peak = 0;

	bench_open(&bench, 2);
	make_points(points, 1, false);
	fit_plane(&bench, points, counts, 2, true, &options, models);
	density = on_grid(&bench, &models[1], &options);
	if (sdq_failed(points_collect(&bench.job, points, MANY, &sides[0])) ||
		sdq_failed(points_collect(&bench.job, points + MANY, 2 * MANY, &sides[1])) ||
		sdq_failed(pair_compare_2d(&bench.job, sides, &pair_options, &pair)))
		exit(EXIT_FAILURE);
	for (size_t i = 0; i < (size_t) GRID_NODES * GRID_NODES; i++)
	{
		worst = fmax(worst, fabs(density.density[i] - pair.density[1][i]));
		peak = fmax(peak, pair.density[1][i]);
	}
	check_close(models[0].kernel.bandwidth_x, pair.bandwidth_x, 1e-13, "two groups are a pair");
	check(worst <= 1e-11 * peak, "with the pair's densities");
	bench_close(&bench);
}

/* Points on a line, infinite ones, none. */
static void
test_degenerate(void)
{
	static const Point2d points[] = {{0, 0}, {1, 1}, {2, 2}, {INFINITY, 0}, {1, 0},
									 {5, 9}, {5, 9}, {0, 1}, {1, 0},        {3, 3}};
	static const size_t sizes[] = {3, 2, 2, 3};
	Kde2dOptions options = plane_options_of(BANDWIDTH_NUMBER, 0.5);
	Kde2dModel models[4];
	Bench bench;

	bench_open(&bench, 1);
	fit_plane(&bench, points, sizes, 3, true, &options, models);
	check(models[0].outcome == KDE_NO_BANDWIDTH && models[1].outcome == KDE_INFINITE &&
			  models[2].outcome == KDE_NO_BANDWIDTH,
		  "lines and constants pool to nothing");
	options = plane_options_of(BANDWIDTH_NUMBER, 0.5);
	fit_plane(&bench, points, sizes, 4, true, &options, models);
	check(models[0].outcome == KDE_DONE && models[1].outcome == KDE_INFINITE &&
			  models[2].outcome == KDE_DONE && models[3].outcome == KDE_DONE,
		  "one group that spreads gives them all a kernel, but for infinite ones");
	check(models[2].kernel.factor == 0.5, "a number is the factor");
	options = plane_options_of(BANDWIDTH_SCOTT, 0);
	fit_plane(&bench, points + 3, sizes + 1, 1, true, &options, models);
	check(models[0].outcome == KDE_INFINITE && isnan(options.x_range.lo),
		  "an infinite group alone leaves the range open");
	fit_plane(&bench, points, sizes, 0, true, &options, models);
	check(isnan(options.x_range.lo), "so do no groups");
	bench_close(&bench);
}

/* ---------- what a result does not depend on ---------- */

static void
test_same_bits(void)
{
	static const int threads[] = {1, 2, 3, 7};
	static const size_t counts[] = {MANY, 2 * MANY};
	static const size_t bytes = (size_t) GRID_NODES * GRID_NODES * sizeof(double);
	Point2d points[3 * MANY];
	Kde2d first = {.grid_size = 0};
	Bench benches[4];
	bool same = true;

	for (int t = 0; t < 4; t++)
	{
		Kde2dOptions options = plane_options_of(BANDWIDTH_SCOTT, 0);
		Kde2dModel models[2];
		Kde2d density;

		bench_open(&benches[t], threads[t]);
		make_points(points, 1, t % 2 == 1);
		fit_plane(&benches[t], points, counts, 2, true, &options, models);
		density = on_grid(&benches[t], &models[1], &options);
		if (t == 0)
			first = density;
		same = same && memcmp(first.density, density.density, bytes) == 0;
	}
	check(same, "any order and number of threads give the same bits");
	for (int t = 0; t < 4; t++)
		bench_close(&benches[t]);
}

/* Points whose squares would overflow or vanish. */
static void
test_units_of_plane(void)
{
	static const double units[] = {0x1p-900, 0x1p900};
	static const size_t counts[] = {MANY, 2 * MANY};
	Kde2dOptions options = plane_options_of(BANDWIDTH_SCOTT, 0);
	Point2d points[3 * MANY];
	Kde2dModel one[2];
	bool follows = true;
	Bench bench;

	bench_open(&bench, 1);
	make_points(points, 1, false);
	fit_plane(&bench, points, counts, 2, true, &options, one);
	for (int i = 0; i < 2; i++)
	{
		Kde2dModel models[2];
		Kde2d density;

		options = plane_options_of(BANDWIDTH_SCOTT, 0);
		make_points(points, units[i], false);
		fit_plane(&bench, points, counts, 2, true, &options, models);
		density = on_grid(&bench, &models[0], &options);
		follows = follows && models[0].kernel.bandwidth_y == one[0].kernel.bandwidth_y * units[i] &&
				  models[0].exponent_x == models[1].exponent_x && fabs(density.mass - 1) < 0.01;
	}
	check(follows, "the kernel follows the unit");

	/* The first group alone is tiny: it lies at a point of the grid, and adds to the variance as good as nothing. */
	options = plane_options_of(BANDWIDTH_SCOTT, 0);
	make_points(points, 1, false);
	for (size_t i = 0; i < MANY; i++)
		points[i] = (Point2d){points[i].x * 0x1p-900, points[i].y * 0x1p-900};
	{
		Kde2dModel models[2];
		double want = sqrt(one[1].covariance.xx * (2 * MANY - 1) / (3 * MANY - 2));

		fit_plane(&bench, points, counts, 2, true, &options, models);
		check(models[0].outcome == KDE_DONE && models[0].exponent_x == 0, "groups have one unit");
		check_close(models[0].kernel.bandwidth_x / models[0].kernel.factor, want, 1e-13,
					"and a kernel that hides no group");
		check(fabs(on_grid(&bench, &models[0], &options).mass - 1) < 0.01, "nor loses it");
	}
	bench_close(&bench);
}

static void
test_interrupted(void)
{
	static const double values[] = {0, 1, 2};
	static const Point2d points[] = {{0, 0}, {1, 0}, {0, 1}};
	KdeOptions options = options_of(BANDWIDTH_SCOTT, 0);
	Kde2dOptions plane = plane_options_of(BANDWIDTH_SCOTT, 0);
	GroupPoints group = {.points = points, .n = 3};
	SampleView view = view_of_values(values, 3);
	Stop stop = {.poll = stop_now};
	Kde2dModel model;
	Bench bench;

	arena_init(&bench.arena, arena_malloc_source(), 0);
	bench.job = (Job){.arena = &bench.arena, .stop = &stop};
	if (sdq_failed(pool_create(&bench.job.pool, 2, &stop)))
		exit(EXIT_FAILURE);
	check(groups_fit(&bench.job, &view, 1, true, &options).code == SDQ_INTERRUPTED,
		  "a fit of numbers can be stopped");
	check(groups_fit_plane(&bench.job, &group, 1, true, &plane, &model).code == SDQ_INTERRUPTED,
		  "a fit of points can be stopped");
	view_free(&view);
	bench_close(&bench);
}

int
main(void)
{
	test_common_bandwidth();
	test_pair();
	test_own_bandwidths();
	test_no_spread();
	test_units();
	test_common_kernel();
	test_pair_of_plane();
	test_degenerate();
	test_same_bits();
	test_units_of_plane();
	test_interrupted();
	return check_done();
}
