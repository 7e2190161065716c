/*
 * kde2d_binned.c
 *		Binning with cubic weights on a lattice that lies along the axes of the kernel.
 *
 * Method. In the whitened plane, u along x and v along y at a fixed u, a kernel is exp(-(u^2 + v^2) / 2), however narrow
 * its ridge. A point of a cell between the nodes of a lattice is replaced by the 4 x 4 nodes about it, each with its
 * weight times the product of two weights of Lagrange's cubic through four nodes. So its kernel becomes the
 * cubic interpolation of itself, and many points become the nodes that they share. In cells that hold few points those
 * stay as they are, because the nodes would be more.
 *
 * Error. With nodes d apart, cubic interpolation between the inner nodes is wrong by at most (9/16) d^4 / 24 times the
 * largest fourth derivative within 2 d, and the second axis is interpolated by weights whose absolute sum is at
 * most 1.25. The derivative is He_4(u) exp(-u^2 / 2), which, moved by up to 2 d = 1/4, is below
 * C exp(-u^2 / (2 k^2)); for k^2 = 2.82, k C = 5.11 is least. Summed over points these wider kernels are k times the
 * density smoothed by a normal law of variance k^2 - 1, which nowhere exceeds the density's peak. So for any
 * points the error is at most (9/384) d^4 (1 + 1.25) k C times the peak: 6.6e-5 for d = 1/8. Linear binning, the usual
 * way, would need nodes 60 to a bandwidth for that.
 *
 * Places. The nodes of the lattice are told from its origin, since far from zero they would be rounded to places
 * that are off by more than the weights are.
 *
 * Memory. The points of a set are sorted by x, so that those of a column of cells are neighbours, and four columns
 * of nodes are all that is filled at a time.
 */
#include "core/density/kde2d_binned.h"

#include <math.h>
#include <stdint.h>

#include "core/base/sizes.h"
#include "core/base/stop.h"

/* Nodes of a column: more are not kept at a time. */
#define MAX_COLUMN_NODES 1e6

/* Column numbers that a double tells apart. */
#define MAX_COLUMNS 1e15

/* Points of a cell that are left alone. Cells amid others add one node each, lonely ones add STENCIL^2. */
#define MAX_POINTS_LEFT 4

/* Nodes along an axis that a point is spread over. */
#define STENCIL 4

/* Points between two polls of the stop flag. */
#define POLL_INTERVAL ((size_t) 1 << 16)

/* A column of nodes. Those that were met are in order of their first point. */
typedef struct Column
{
	double *weights; /* [n_nodes] */
	bool *is_met;    /* [n_nodes] */
	uint32_t *met;   /* [n_nodes] */
	size_t n_met;
} Column;

typedef struct Lattice
{
	Point2d origin; /* the first column of cells begins here */
	double lowest;  /* the first row of cells, counted from the origin */
	double step_x;
	double step_y;
	double slope;
	double inverse_x; /* 1 / step */
	double inverse_y;
	size_t n_nodes;       /* of a column: a row below the first cells and two above the last */
	Column ring[STENCIL]; /* column c of nodes at index c modulo STENCIL */
	uint32_t *counts;     /* [n_nodes], points in the cells of a column */
	PointSet *binned;
	size_t capacity;
	bool is_full; /* a point found no room */
} Lattice;

/* A place of a cell: its number, and the part of the step from it. */
typedef struct Place
{
	size_t cell;
	double part;
} Place;

/* Rows from the origin, at a fixed x. */
static double
row_of(const Lattice *lattice, double x, double y)
{
	return ((y - lattice->origin.y) - lattice->slope * (x - lattice->origin.x)) *
		   lattice->inverse_y;
}

static double
column_of(const Lattice *lattice, double x)
{
	return (x - lattice->origin.x) * lattice->inverse_x;
}

static Place
place_of(const Lattice *lattice, double x, double y)
{
	double row = row_of(lattice, x, y) - lattice->lowest;
	size_t cell = minimum((size_t) row, lattice->n_nodes - STENCIL);

	return (Place){cell, row - (double) cell};
}

/* Lagrange's weights of the nodes -1, 0, 1, 2 at t in [0, 1]. */
static void
cubic_weights(double t, double weights[STENCIL])
{
	weights[0] = -t * (t - 1) * (t - 2) / 6;
	weights[1] = (t + 1) * (t - 1) * (t - 2) / 2;
	weights[2] = -(t + 1) * t * (t - 2) / 2;
	weights[3] = (t + 1) * t * (t - 1) / 6;
}

/* Add a point, x and y from the origin. */
static void
append(Lattice *lattice, double x, double y, double weight)
{
	PointSet *binned = lattice->binned;

	if (binned->n == lattice->capacity)
	{
		lattice->is_full = true;
		return;
	}
	binned->x[binned->n] = x;
	binned->y[binned->n] = y;
	binned->weights[binned->n++] = weight;
}

/* Move the nodes of column `number` to the binned points. */
static void
column_flush(Lattice *lattice, double number)
{
	Column *column = &lattice->ring[(size_t) (number + STENCIL) % STENCIL];
	double across = number * lattice->step_x;

	for (size_t i = 0; i < column->n_met; i++)
	{
		size_t node = column->met[i];

		/* A row of nodes lies below the first row of cells. */
		if (column->weights[node] != 0)
			append(lattice, across,
				   lattice->slope * across +
					   (lattice->lowest + (double) node - 1) * lattice->step_y,
				   column->weights[node]);
		column->weights[node] = 0;
		column->is_met[node] = false;
	}
	column->n_met = 0;
}

/* Spread a point of column `number` of cells over its nodes. */
static void
spread(Lattice *lattice, double number, double x, Place place, double weight)
{
	double along[STENCIL];
	double across[STENCIL];

	cubic_weights(column_of(lattice, x) - number, across);
	cubic_weights(place.part, along);
	for (int i = 0; i < STENCIL; i++)
	{
		Column *column = &lattice->ring[(size_t) (number + STENCIL - 1 + i) % STENCIL];

		for (size_t j = 0; j < STENCIL; j++)
		{
			size_t node = place.cell + j;

			if (!column->is_met[node])
			{
				column->is_met[node] = true;
				column->met[column->n_met++] = (uint32_t) node;
			}
			column->weights[node] += weight * across[i] * along[j];
		}
	}
}

/* Bin points[first, end), all of column `number` of cells. */
static SdqStatus
column_add(Job *job, Lattice *lattice, const PointSet *points, size_t first, size_t end,
		   double number)
{
	for (int pass = 0; pass < 3; pass++)
		for (size_t i = first; i < end && !lattice->is_full; i++)
		{
			double x = points->x[i];
			double y = points->y[i];
			Place place = place_of(lattice, x, y);
			uint32_t *count = &lattice->counts[place.cell];

			if (i % POLL_INTERVAL == 0 && stop_poll(job->stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
			if (pass == 0)
				*count += *count <= MAX_POINTS_LEFT;
			else if (pass == 2)
				*count = 0;
			else if (*count <= MAX_POINTS_LEFT)
				append(lattice, x - lattice->origin.x, y - lattice->origin.y, points->weights[i]);
			else
				spread(lattice, number, x, place, points->weights[i]);
		}
	return sdq_ok();
}

/* Bin all points; the lattice is laid out. */
static SdqStatus
lattice_fill(Job *job, Lattice *lattice, const PointSet *points)
{
	double column = 0;

	for (size_t first = 0, end; first < points->n && !lattice->is_full; first = end)
	{
		double next = floor(column_of(lattice, points->x[first]));
		SdqStatus status;

		/* A column of cells adds to that of nodes before it, and to three more. */
		for (double old = column - 1; old < column + STENCIL - 1 && old < next - 1; old++)
			column_flush(lattice, old);
		column = next;
		end = first + 1;
		for (; end < points->n && floor(column_of(lattice, points->x[end])) == column; end++)
			if (end % POLL_INTERVAL == 0 && stop_poll(job->stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		status = column_add(job, lattice, points, first, end, column);
		if (sdq_failed(status))
			return status;
	}
	for (double old = column - 1; old < column + STENCIL - 1; old++)
		column_flush(lattice, old);
	return sdq_ok();
}

/* Lay out a lattice over the points, in the job's arena; *fits is false if it is too large. */
static SdqStatus
lattice_lay_out(Job *job, const PointSet *points, const Gaussian2d *kernel, Lattice *lattice,
				bool *fits)
{
	double lowest = INFINITY;
	double highest = -INFINITY;

	lattice->origin = (Point2d){points->x[0], points->y[0]};
	lattice->slope = kernel->slope;
	lattice->inverse_x = kernel->inverse_x * NODES_PER_BANDWIDTH;
	lattice->inverse_y = kernel->inverse_y * NODES_PER_BANDWIDTH;
	lattice->step_x = 1 / lattice->inverse_x;
	lattice->step_y = 1 / lattice->inverse_y;
	for (size_t i = 0; i < points->n; i++)
	{
		double row = row_of(lattice, points->x[i], points->y[i]);

		if (i % POLL_INTERVAL == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		lowest = fmin(lowest, row);
		highest = fmax(highest, row);
	}
	*fits = highest - lowest < MAX_COLUMN_NODES &&
			column_of(lattice, points->x[points->n - 1]) < MAX_COLUMNS;
	if (!*fits)
		return sdq_ok();
	lattice->lowest = lowest;
	lattice->n_nodes = (size_t) (highest - lowest) + STENCIL + 1;
	for (int i = 0; i < STENCIL; i++)
	{
		Column *column = &lattice->ring[i];

		column->weights = arena_zalloc(job->arena, lattice->n_nodes, sizeof(double));
		column->is_met = arena_zalloc(job->arena, lattice->n_nodes, sizeof(bool));
		column->met = arena_alloc(job->arena, lattice->n_nodes, sizeof(uint32_t));
		column->n_met = 0;
		if (column->weights == NULL || column->is_met == NULL || column->met == NULL)
			return arena_failure(job->arena);
	}
	lattice->counts = arena_zalloc(job->arena, lattice->n_nodes, sizeof(uint32_t));
	return lattice->counts == NULL ? arena_failure(job->arena) : sdq_ok();
}

SdqStatus
points_bin(Job *job, const PointSet *points, const Gaussian2d *kernel, bool anyway,
		   PointSet *binned, Point2d *origin, bool *is_binned)
{
	Lattice lattice = {.binned = binned};
	SdqStatus status = lattice_lay_out(job, points, kernel, &lattice, is_binned);

	if (sdq_failed(status) || !*is_binned)
		return status;
	/* A cell that is spread has at least MAX_POINTS_LEFT + 1 points, at most STENCIL^2 / (MAX_POINTS_LEFT + 1) nodes
	 * for each of them. */
	lattice.capacity =
		anyway ? points->n * STENCIL * STENCIL / (MAX_POINTS_LEFT + 1) + 1 : points->n / 2;
	binned->n = 0;
	binned->x = arena_alloc(job->arena, lattice.capacity, sizeof(double));
	binned->y = arena_alloc(job->arena, lattice.capacity, sizeof(double));
	binned->weights = arena_alloc(job->arena, lattice.capacity, sizeof(double));
	if (binned->x == NULL || binned->y == NULL || binned->weights == NULL)
		return arena_failure(job->arena);
	status = lattice_fill(job, &lattice, points);
	*origin = lattice.origin;
	*is_binned = !lattice.is_full;
	return status;
}
