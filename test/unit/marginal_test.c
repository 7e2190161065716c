/*
 * marginal_test.c
 *		Densities of one coordinate from a grid: by hand, against the density in one dimension, at the edge
 *		of doubles, and interrupted.
 */
#include "check.h"
#include "stops.h"
#include "workbench.h"

#include <float.h>
#include <string.h>

#include "core/density/grid.h"
#include "core/density/kde2d.h"
#include "core/density/marginal.h"

#define N_POINTS  400
#define GRID      301
#define MANY_X    21
#define MANY_Y    3
#define TEST_SEED 17

/* Densities 1 2 4 / 3 5 7 over x = 0 1 2 and y = 0 2: along x the columns' means times 2, along y the lines
 * 1.5 + 3 and 4 + 6. */
static void
test_by_hand(void)
{
	static const double x[] = {0, 1, 2};
	static const double y[] = {0, 2};
	static const double density[] = {1, 2, 4, 3, 5, 7};
	DensityGrid grid = {.n_x = 3, .n_y = 2, .x = x, .y = y, .density = density};
	double got[3];
	Bench bench;

	bench_open(&bench, 1);
	check(!sdq_failed(grid_marginal(&bench.job, &grid, PLANE_AXIS_X, got)) && got[0] == 4 &&
			  got[1] == 7 && got[2] == 11,
		  "the marginal along x, by hand");
	check(!sdq_failed(grid_marginal(&bench.job, &grid, PLANE_AXIS_Y, got)) && got[0] == 4.5 &&
			  got[1] == 10,
		  "the marginal along y, by hand");
	bench_close(&bench);
}

/* Columns are taken several at a time: density[i][j] = j + 1 over y = 0 1 2 gives 2 (j + 1). */
static void
test_many_columns(void)
{
	double x[MANY_X];
	double y[MANY_Y];
	double density[MANY_Y * MANY_X];
	double got[MANY_X];
	DensityGrid grid = {.n_x = MANY_X, .n_y = MANY_Y, .x = x, .y = y, .density = density};
	bool holds;
	Bench bench;

	bench_open(&bench, 1);
	for (size_t i = 0; i < MANY_Y; i++)
		for (size_t j = 0; j < MANY_X; j++)
		{
			x[j] = (double) j;
			y[i] = (double) i;
			density[i * MANY_X + j] = (double) j + 1;
		}
	holds = !sdq_failed(grid_marginal(&bench.job, &grid, PLANE_AXIS_X, got));
	for (size_t j = 0; j < MANY_X; j++)
		holds &= got[j] == 2 * ((double) j + 1);
	check(holds, "each of many columns has its own integral");
	bench_close(&bench);
}

/* What is exact: sum over points of phi((node - value) / h) / (n h). */
static double
line_density(const Point2d *points, bool along_x, double h, double node)
{
	double sum = 0;

	for (size_t i = 0; i < N_POINTS; i++)
	{
		double t = (node - (along_x ? points[i].x : points[i].y)) / h;

		sum += exp(-t * t / 2);
	}
	return sum / (N_POINTS * h * sqrt(2 * 3.14159265358979323846));
}

static void
test_against_line(double correlation)
{
	double *rows = random_rows(N_POINTS, 2, TEST_SEED);
	Point2d points[N_POINTS];
	Kde2dOptions options = {.grid_size = GRID,
							.bandwidth = {.rule = BANDWIDTH_SCOTT},
							.x_range = {.lo = NAN, .hi = NAN},
							.y_range = {.lo = NAN, .hi = NAN},
							.has_cut = true,
							.cut = 9};
	Kde2d plane;
	DensityGrid grid;
	Bench bench;

	bench_open(&bench, 2);
	for (size_t i = 0; i < N_POINTS; i++)
	{
		points[i].x = 100 + 5 * rows[2 * i];
		points[i].y =
			correlation * rows[2 * i] + sqrt(1 - correlation * correlation) * rows[2 * i + 1];
	}
	if (sdq_failed(kde2d_evaluate(&bench.job, points, N_POINTS, &options, &plane)))
		exit(EXIT_FAILURE);
	grid = (DensityGrid){
		.n_x = GRID, .n_y = GRID, .x = plane.x, .y = plane.y, .density = plane.density};
	for (int axis = PLANE_AXIS_X; axis <= PLANE_AXIS_Y; axis++)
	{
		bool along_x = axis == PLANE_AXIS_X;
		const double *nodes = along_x ? plane.x : plane.y;
		double h = along_x ? plane.kernel.bandwidth_x : plane.kernel.bandwidth_y;
		double got[GRID];
		double worst = 0;
		double peak = 0;

		if (sdq_failed(grid_marginal(&bench.job, &grid, (PlaneAxis) axis, got)))
			exit(EXIT_FAILURE);
		for (size_t i = 0; i < GRID; i++)
		{
			double want = line_density(points, along_x, h, nodes[i]);

			worst = fmax(worst, fabs(got[i] - want));
			peak = fmax(peak, want);
		}
		printf("# correlation %g: error %.2g of the peak\n", correlation, worst / peak);
		check(worst <= 1e-11 * peak, along_x ? "the marginal along x is the density of the x"
											 : "the marginal along y is the density of the y");
		check_close(grid_integral(nodes, got, GRID), plane.mass, 1e-13, "it has the mass of both");
	}
	bench_close(&bench);
	free(rows);
}

static void
test_extremes(void)
{
	static const double axis[] = {-DBL_MAX, DBL_MAX};
	static const double large[] = {DBL_MAX, DBL_MAX, 0, 0};
	static const double none[] = {0, 0, 0, 0};
	DensityGrid grid = {.n_x = 2, .n_y = 2, .x = axis, .y = axis, .density = large};
	double got[2];
	Bench bench;

	bench_open(&bench, 1);
	check(!sdq_failed(grid_marginal(&bench.job, &grid, PLANE_AXIS_Y, got)) && got[0] == INFINITY &&
			  got[1] == 0,
		  "an integral that overflows is infinite, and no other");
	grid.density = none;
	check(!sdq_failed(grid_marginal(&bench.job, &grid, PLANE_AXIS_X, got)) && got[0] == 0 &&
			  got[1] == 0,
		  "nothing has marginals of nothing");
	bench_close(&bench);
}

static void
test_interrupt(void)
{
	static const double axis[] = {0, 1};
	static const double density[] = {1, 1, 1, 1};
	DensityGrid grid = {.n_x = 2, .n_y = 2, .x = axis, .y = axis, .density = density};
	Stop stop = {.poll = stop_now};
	double got[2];
	Bench bench;

	bench_open(&bench, 1);
	bench.job.stop = &stop;
	check(grid_marginal(&bench.job, &grid, PLANE_AXIS_X, got).code == SDQ_INTERRUPTED &&
			  grid_marginal(&bench.job, &grid, PLANE_AXIS_Y, got).code == SDQ_INTERRUPTED,
		  "both axes can be interrupted");
	bench_close(&bench);
}

int
main(void)
{
	test_by_hand();
	test_many_columns();
	test_against_line(0);
	test_against_line(0.9);
	test_extremes();
	test_interrupt();
	return check_done();
}
