/*
 * curve_test.c
 *		The space-filling curve, and points in its order.
 */
#include "check.h"

#include <stdint.h>
#include <string.h>

#include "core/tsne/curve.h"
#include "stops.h"
#include "workbench.h"

/* Cells a side of the grids whose every cell is visited. */
#define GRID 64

/* Is the curve through GRID x GRID cells, at so many fine cells each, one path through all of them? */
static bool
is_path(uint32_t step)
{
	static uint32_t cell[GRID * GRID];
	uint32_t per_cell = step * step;

	memset(cell, 0xff, sizeof(cell));
	for (uint32_t x = 0; x < GRID; x++)
		for (uint32_t y = 0; y < GRID; y++)
		{
			uint32_t place = curve_place(x * step, y * step) / per_cell;

			if (place >= GRID * GRID || cell[place] != UINT32_MAX)
				return false;
			cell[place] = x * GRID + y;
		}
	for (uint32_t q = 1; q < GRID * GRID; q++)
	{
		int along = abs((int) (cell[q] / GRID) - (int) (cell[q - 1] / GRID));
		int across = abs((int) (cell[q] % GRID) - (int) (cell[q - 1] % GRID));

		if (along + across != 1)
			return false;
	}
	return true;
}

static void
test_place(void)
{
	const uint32_t half = CURVE_SIDE / 2;
	const uint32_t last = CURVE_SIDE - 1;
	const uint32_t quarter = UINT32_C(1) << 30;

	/* The U: from the lower left up, to the right, and down. */
	check(curve_place(0, 0) == 0, "the curve begins in the lower left corner");
	check(curve_place(last, 0) == UINT32_MAX, "and ends in the lower right one");
	check(curve_place(0, half) / quarter == 1 && curve_place(half, half) / quarter == 2 &&
			  curve_place(half, 0) / quarter == 3,
		  "it visits the quarters in the shape of a U");
	check(is_path(1), "the first 4,096 cells are one path through a square of 64 x 64");
	check(is_path(CURVE_SIDE / GRID), "so is the curve as a whole, seen coarsely");
}

/* The order of points, from a job of so many threads. */
static void
order_points(const double *y, size_t n, int threads, uint32_t *order)
{
	Bench bench;
	uint64_t *keys = malloc(2 * n * sizeof(uint64_t));

	bench_open(&bench, threads);
	if (sdq_failed(curve_order(&bench.job, y, n, keys, keys + n, order)))
		exit(EXIT_FAILURE);
	bench_close(&bench);
	free(keys);
}

/* Are all points there, each once? */
static bool
is_permutation(const uint32_t *order, size_t n)
{
	bool *seen = calloc(n, sizeof(bool));
	bool all = true;

	for (size_t q = 0; q < n && all; q++)
	{
		all = order[q] < n && !seen[order[q]];
		if (all)
			seen[order[q]] = true;
	}
	free(seen);
	return all;
}

static void
test_small(void)
{
	/* Lower right, upper left, lower left, upper right. */
	static const double SQUARE[] = {1, 0, 0, 1, 0, 0, 1, 1};
	static const double LINE[] = {3, 7, 1, 7, 2, 7, 0, 7};
	uint32_t order[4];

	order_points(SQUARE, 4, 1, order);
	check(order[0] == 2 && order[1] == 1 && order[2] == 3 && order[3] == 0,
		  "the corners of a square in the order of the U");
	order_points(LINE, 4, 1, order);
	check(order[0] == 3 && order[1] == 1 && order[2] == 2 && order[3] == 0,
		  "points of a level line from left to right");
	order_points(LINE, 1, 1, order);
	check(order[0] == 0, "one point");
}

/* The length of the way through the points in an order, NULL for the given one. */
static double
way(const double *y, size_t n, const uint32_t *order)
{
	double length = 0;

	for (size_t q = 1; q < n; q++)
	{
		const double *a = y + 2 * (order == NULL ? q - 1 : order[q - 1]);
		const double *b = y + 2 * (order == NULL ? q : order[q]);

		length += hypot(a[0] - b[0], a[1] - b[1]);
	}
	return length;
}

static void
test_locality(void)
{
	enum
	{
		N = 20000
	};
	double *y = random_rows(N, 2, 31);
	uint32_t *order = malloc(N * sizeof(uint32_t));
	uint32_t *other = malloc(N * sizeof(uint32_t));
	bool equal = true;

	order_points(y, N, 1, order);
	check(is_permutation(order, N), "every point has one place");
	/* Along the curve a step is about the distance of neighbours, the scale over sqrt(n); at random it is
	 * the scale itself. */
	check(way(y, N, order) < 4 * way(y, N, NULL) / sqrt(N), "points follow on near ones");
	for (int threads = 2; threads <= 7; threads += threads == 3 ? 4 : 1)
	{
		order_points(y, N, threads, other);
		equal = equal && memcmp(order, other, N * sizeof(uint32_t)) == 0;
	}
	check(equal, "the same order for 1, 2, 3 and 7 threads");
	free(y);
	free(order);
	free(other);
}

/* Does every point have its own number as its place? */
static bool
is_given_order(const uint32_t *order, size_t n)
{
	for (size_t q = 0; q < n; q++)
		if (order[q] != q)
			return false;
	return true;
}

static void
test_hostile(void)
{
	enum
	{
		N = 500
	};
	double *y = malloc(2 * N * sizeof(double));
	uint32_t order[N];

	for (size_t v = 0; v < 2 * N; v++)
		y[v] = 5;
	order_points(y, N, 2, order);
	check(is_given_order(order, N), "points at one place keep their order");
	y[0] = 5e-324;
	for (size_t v = 1; v < 2 * N; v++)
		y[v] = 0;
	order_points(y, N, 2, order);
	check(is_given_order(order, N), "so do points that the smallest number sets apart");
	y[2 * (N - 1)] = -1e300;
	order_points(y, N, 2, order);
	check(order[0] == N - 1 && order[1] == 0 && is_permutation(order, N),
		  "all points but a far one share a cell, and keep their order");
	free(y);
}

static void
test_cancel(void)
{
	enum
	{
		N = 20000
	};
	double *y = random_rows(N, 2, 32);
	uint64_t *keys = malloc(2 * N * sizeof(uint64_t));
	uint32_t *order = malloc(N * sizeof(uint32_t));
	Stop stop = {.poll = stop_now};
	Job job = {.stop = &stop};

	if (sdq_failed(pool_create(&job.pool, 2, &stop)))
		exit(EXIT_FAILURE);
	check(curve_order(&job, y, N, keys, keys + N, order).code == SDQ_INTERRUPTED,
		  "the order gives up when asked");
	pool_destroy(job.pool);
	free(y);
	free(keys);
	free(order);
}

int
main(void)
{
	test_place();
	test_small();
	test_locality();
	test_hostile();
	test_cancel();
	return check_done();
}
