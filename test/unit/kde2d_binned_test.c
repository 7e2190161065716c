/*
 * kde2d_binned_test.c
 *		Binned points of the plane against the points themselves: no set may be off by more than 1e-4 of its peak.
 */
#include "core/density/kde2d_binned.h"

#include "check.h"

#include <math.h>

#include "core/base/rng.h"
#include "workbench.h"

#define MOST   20000
#define N_GRID 61 /* nodes per axis */
#define BOUND  1e-4

/* Where points are put; all lengths are bandwidths, in the whitened plane. */
typedef enum Shape
{
	SHAPE_NORMAL,
	SHAPE_HEAVY_TAILS,
	SHAPE_ONE_PLACE,  /* all but the first in one clump */
	SHAPE_MIDDLES,    /* clumps in the middle of cells */
	SHAPE_CORNERS,    /* clumps at the nodes */
	SHAPE_TWO_SHARES, /* half at the middles, half at the nodes */
	SHAPE_LINE,       /* along v */
	SHAPE_SPARSE,     /* few points to a cell */
	SHAPE_FAR_APART,  /* clumps of one column, more cells apart than it has slots, taken in turn */
	N_SHAPES
} Shape;

static const char *const shape_names[N_SHAPES] = {"normal",  "heavy tails", "one place",
												  "middles", "corners",     "two shares",
												  "line",    "sparse",      "far apart"};

/* A node of the lattice, or the middle between some, and a little beside it. */
static double
clump(Rng *rng, double cells, bool is_middle)
{
	double cell = floor(rng_double(rng) * cells);

	return (cell + (is_middle ? 0.5 : 0)) / NODES_PER_BANDWIDTH + 1e-4 * rng_double(rng);
}

static Point2d
draw(Rng *rng, Shape shape, size_t i)
{
	switch (shape)
	{
		case SHAPE_NORMAL: return (Point2d){rng_normal(rng), rng_normal(rng)};
		case SHAPE_HEAVY_TAILS:
			return (Point2d){rng_normal(rng) / (0.01 + fabs(rng_normal(rng))),
							 rng_normal(rng) / (0.01 + fabs(rng_normal(rng)))};
		case SHAPE_ONE_PLACE:
			return (Point2d){0.5 / NODES_PER_BANDWIDTH + 1e-6 * rng_double(rng),
							 0.5 / NODES_PER_BANDWIDTH + 1e-6 * rng_double(rng)};
		case SHAPE_MIDDLES: return (Point2d){clump(rng, 6, true), clump(rng, 6, true)};
		case SHAPE_CORNERS: return (Point2d){clump(rng, 6, false), clump(rng, 6, false)};
		case SHAPE_TWO_SHARES:
			return (Point2d){clump(rng, 6, i % 2 == 0), clump(rng, 6, i % 2 == 0)};
		case SHAPE_LINE: return (Point2d){1e-9 * rng_double(rng), 3 * rng_double(rng)};
		case SHAPE_FAR_APART:
			return (Point2d){1e-3 * rng_double(rng),
							 (double) (i % 3) * 0x1p20 / NODES_PER_BANDWIDTH +
								 0.5 * rng_double(rng)};
		default: return (Point2d){300 * rng_double(rng), 300 * rng_double(rng)};
	}
}

/* The sum of kernels of a set at a place. */
static double
sum_at(const PointSet *set, double x, double y, const Gaussian2d *kernel)
{
	return gaussian_sum_2d(set->x, set->y, set->weights, set->n, x, y, kernel);
}

/* Points of a shape seen through a kernel, in units of x and y, all of it moved by an offset. */
static void
test_shape(Shape shape, const Gaussian2d *kernel, double offset)
{
	static Point2d points[MOST];
	PointSet set;
	PointSet binned;
	Point2d origin;
	double peak = 0;
	double worst = 0;
	double total = 0;
	bool is_binned;
	Bench bench;
	Rng rng;

	rng_seed(&rng, 7, (uint64_t) shape);
	bench_open(&bench, 1);
	for (size_t i = 0; i < MOST; i++)
	{
		/* The first point is where the lattice begins, for the shapes that are put upon it. */
		Point2d white =
			i == 0 ? (Point2d){shape == SHAPE_HEAVY_TAILS ? -300 : 0, 0} : draw(&rng, shape, i);
		double x = white.x / kernel->inverse_x;

		points[i] = (Point2d){offset + x, offset + kernel->slope * x + white.y / kernel->inverse_y};
	}
	if (sdq_failed(points_collect(&bench.job, points, MOST, &set)) ||
		sdq_failed(points_bin(&bench.job, &set, kernel, SIZE_MAX, &binned, &origin, &is_binned)))
		exit(EXIT_FAILURE);
	check(is_binned, "any points can be binned");
	for (size_t i = 0; i < binned.n; i++)
		total += binned.weights[i];
	check(fabs(total - MOST) <= 1e-9 * MOST, "their weight is kept");
	if (shape == SHAPE_SPARSE)
		check(binned.n <= set.n, "a few points in each cell do not become more");
	for (size_t node = 0; node < (size_t) N_GRID * N_GRID; node++)
	{
		double u = ((double) (node % N_GRID) / (N_GRID - 1) - 0.4) * 10;
		double v = ((double) (node / N_GRID) / (N_GRID - 1) - 0.4) * 10;
		double x = offset + u / kernel->inverse_x;
		double y = offset + kernel->slope * u / kernel->inverse_x + v / kernel->inverse_y;
		double exact = sum_at(&set, x, y, kernel);

		peak = fmax(peak, exact);
		worst = fmax(worst, fabs(sum_at(&binned, x - origin.x, y - origin.y, kernel) - exact));
	}
	printf("# %s: %zu points for %zu, error %.2g of the peak\n", shape_names[shape], binned.n,
		   set.n, worst / peak);
	check(worst <= BOUND * peak, "the density is within 1e-4 of its peak");
	bench_close(&bench);
}

/* When there is nothing to be won, and when the lattice would be too large. */
static void
test_refusals(void)
{
	static Point2d points[MOST];
	Gaussian2d kernel = {1, 0, 1};
	PointSet set;
	PointSet binned;
	Point2d origin;
	bool is_binned = true;
	Bench bench;
	Rng rng;

	rng_seed(&rng, 8, 0);
	bench_open(&bench, 1);
	for (size_t i = 0; i < MOST; i++)
		points[i] = draw(&rng, SHAPE_SPARSE, i);
	check(!sdq_failed(points_collect(&bench.job, points, MOST, &set)) &&
			  !sdq_failed(
				  points_bin(&bench.job, &set, &kernel, set.n / 2, &binned, &origin, &is_binned)) &&
			  !is_binned,
		  "points that would hardly become fewer are left alone");
	kernel.inverse_y = 1e10;
	is_binned = true;
	check(!sdq_failed(
			  points_bin(&bench.job, &set, &kernel, SIZE_MAX, &binned, &origin, &is_binned)) &&
			  !is_binned,
		  "a lattice of too many rows is refused");
	kernel.inverse_y = 1;
	kernel.inverse_x = 1e300;
	is_binned = true;
	check(!sdq_failed(
			  points_bin(&bench.job, &set, &kernel, SIZE_MAX, &binned, &origin, &is_binned)) &&
			  !is_binned,
		  "so is one of too many columns");
	bench_close(&bench);
}

int
main(void)
{
	static const Gaussian2d kernels[] = {
		{1, 0, 1}, {1 / 3.0, 0.1, 20}, {1e-3, 22.0, 2e-3}, {40, -0.3, 7}, {0.4, 0.7, 0.6}};
	static const double offsets[] = {0, 0, 0, 1e6, 1e14};

	for (int shape = 0; shape < N_SHAPES; shape++)
		for (size_t k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++)
			test_shape((Shape) shape, &kernels[k], offsets[k]);
	test_refusals();
	return check_done();
}
