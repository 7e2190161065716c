/*
 * plane_test.c
 *		The density of points of the plane far from zero: at the nodes as they are, which are rounded to uneven
 *		places, against sums in long double.
 */
#include "core/density/plane.h"

#include "check.h"

#include <math.h>

#include "core/density/grid.h"
#include "workbench.h"

#define N_POINTS 700
#define N_NODES  60

/* 2 pi */
#define TWO_PI 6.283185307179586476925286766559L

/* The density at a place, from the differences of the numbers as they are. */
static long double
exact_density(const PointSet *set, double x, double y, const Gaussian2d *kernel)
{
	long double sum = 0;

	for (size_t i = 0; i < set->n; i++)
	{
		long double dx = (long double) x - set->x[i];
		long double dy = (long double) y - set->y[i];
		long double u = dx * kernel->inverse_x;
		long double v = (dy - kernel->slope * dx) * kernel->inverse_y;

		sum += set->weights[i] * expl(-(u * u + v * v) / 2);
	}
	return sum * kernel->inverse_x * kernel->inverse_y / N_POINTS / TWO_PI;
}

/* A cloud about (offset, offset) with standard deviations 1, its grid and a kernel of width h. */
static void
test_offset(double offset_x, double offset_y, double slope, bool is_by_products)
{
	const Gaussian2d kernel = {.inverse_x = 4, .slope = slope, .inverse_y = 5};
	Point2d points[N_POINTS];
	double nodes_x[N_NODES];
	double nodes_y[N_NODES];
	PlaneGrid grid = {.x = nodes_x, .y = nodes_y, .size = N_NODES, .kernel = kernel};
	double *rows = random_rows(N_POINTS, 2, 11);
	double *density;
	long double peak = 0;
	double worst = 0;
	double worst_relative = 0;
	PointSet set;
	Bench bench;

	bench_open(&bench, 2);
	for (size_t i = 0; i < N_POINTS; i++)
		points[i] =
			(Point2d){offset_x + rows[2 * i], offset_y + slope * rows[2 * i] + rows[2 * i + 1]};
	grid_axis(&(GridRange){.lo = offset_x - 4, .hi = offset_x + 4.5}, 0, 0, 1, N_NODES, nodes_x);
	grid_axis(&(GridRange){.lo = offset_y - 5, .hi = offset_y + 4}, 0, 0, 1, N_NODES, nodes_y);
	density = arena_alloc(&bench.arena, (size_t) N_NODES * N_NODES, sizeof(double));
	if (density == NULL || sdq_failed(points_collect(&bench.job, points, N_POINTS, &set)) ||
		sdq_failed(plane_density(&bench.job, &set, N_POINTS, &grid, density)))
		exit(EXIT_FAILURE);
	for (int pass = 0; pass < 2; pass++)
		for (size_t node = 0; node < (size_t) N_NODES * N_NODES; node++)
		{
			long double want =
				exact_density(&set, nodes_x[node % N_NODES], nodes_y[node / N_NODES], &kernel);
			double error = (double) fabsl(density[node] - want);

			if (pass == 0)
				peak = fmaxl(peak, want);
			else if (want > 1e-6L * peak)
			{
				worst = fmax(worst, error / (double) peak);
				worst_relative = fmax(worst_relative, error / (double) want);
			}
		}
	printf("# offset %g, %g, slope %g: %.2g of the peak, relative %.2g\n", offset_x, offset_y,
		   slope, worst, worst_relative);
	check(worst_relative <= 1e-12, "the density is that at the nodes, to 1e-12");
	check((plane_term_cost(&grid) < 10) == is_by_products, "by products where it is said");
	free(rows);
	bench_close(&bench);
}

int
main(void)
{
	test_offset(0, 0, 0.3, true);
	test_offset(1e3, 0, 0.3, true);
	test_offset(0, 1e3, 0.3, true);
	test_offset(-1e4, 1e5, -0.8, true);
	test_offset(1e6, 1e6, 0, true);
	test_offset(1e6, -1e6, 0.9, true);
	test_offset(1e9, 1e6, 0.9, true);
	test_offset(1e7, 1e9, 0.5, true);
	test_offset(1e9, 1e9, -3, true);
	test_offset(-1e10, 1e11, 0.5, true);
	test_offset(1e12, 1e12, 0.9, true);
	test_offset(1e12, -1e12, -3, true);
	test_offset(1e14, 1e14, 0.5, false);
	return check_done();
}
