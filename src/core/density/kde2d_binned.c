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
 * largest fourth derivative within 2 d. That is He_4(u) exp(-u^2 / 2), which, moved by up to 2 d = 1/4, is below
 * C exp(-u^2 / (2 k^2)); for k^2 = 2.82, k C = 5.11 is least. With g(u) h(v) a kernel, and a and b the errors of its
 * factors, the kernel is wrong by a h + g b - a b. Summed over points, functions as wide as that are k times (a b:
 * k^2 times) the density smoothed by a normal law of variance k^2 - 1 along the axis, which nowhere exceeds the density's
 * peak. So for any points the error is at most 2 E + E^2 times the peak, E = (9/384) d^4 k C: 5.9e-5 for d = 1/8. Linear
 * binning, the usual way, would need nodes 60 to a bandwidth for that.
 *
 * Places. The nodes of the lattice are told from its origin, since far from zero they would be rounded to places
 * that are off by more than the weights are.
 *
 * Memory. The points of a set are sorted by x, so that those of a column of cells are neighbours, and four columns
 * of nodes are all that is filled at a time. A column has at most MAX_SLOTS places; if it has more nodes, some share a
 * place, and the one that is there becomes a point when the other comes: no node is lost, some become two points.
 */
#include "core/density/kde2d_binned.h"

#include <math.h>
#include <stdint.h>

#include "core/base/constants.h"
#include "core/base/sizes.h"
#include "core/base/stop.h"

/* Nodes of a column that are kept at a time. */
#define MAX_SLOT_BITS 20
#define MAX_SLOTS     ((size_t) 1 << MAX_SLOT_BITS)

/* Cells along an axis, so that a double tells places in them to 1e-5 of a cell. */
#define MAX_CELLS 1e10

/* A slot without a node. */
#define NO_ROW (-1)

/* Points of a cell that are left alone. Cells amid others add one node each, lonely ones add STENCIL^2. */
#define MAX_POINTS_LEFT 4

/* Nodes along an axis that a point is spread over. */
#define STENCIL 4

/* Points between two polls of the stop flag. */
#define POLL_INTERVAL ((size_t) 1 << 16)

/* A column of nodes. Those that were met are in order of their first point. */
typedef struct Column
{
	double *weights; /* [n_slots] */
	int64_t *rows;   /* [n_slots], the node there, or NO_ROW */
	uint32_t *met;   /* [n_slots], slots that are in use */
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
	size_t n_slots;       /* a power of 2, see slot_of() */
	Column ring[STENCIL]; /* column c of nodes at index c modulo STENCIL */
	uint32_t *counts;     /* [n_slots], points in the cells of a column */
	PointSet *binned;
	size_t capacity;
	bool is_full; /* a point found no room */
} Lattice;

/* A place along a column: the number of its cell, and the part of the step from it. */
typedef struct Place
{
	int64_t cell;
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
	int64_t cell = (int64_t) row;

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

/* Where a node or a cell is kept. Rows beyond MAX_SLOTS are moved, block by block, so that clumps at even distances do
 * not meet. */
static inline size_t
slot_of(const Lattice *lattice, int64_t row)
{
	uint64_t block = (uint64_t) row >> MAX_SLOT_BITS;
	uint64_t shift = block * GOLDEN_64 >> (64 - MAX_SLOT_BITS);

	return (size_t) ((uint64_t) row + shift) & (lattice->n_slots - 1);
}

/* Column `number` of nodes. */
static Column *
column_at(Lattice *lattice, double number)
{
	return &lattice->ring[(size_t) (number + STENCIL) % STENCIL];
}

/* Move the node in a slot of column `number` to the binned points. */
static void
node_flush(Lattice *lattice, double number, size_t slot)
{
	Column *column = column_at(lattice, number);
	double across = number * lattice->step_x;
	/* A row of nodes lies below the first row of cells. */
	double row = lattice->lowest + (double) (column->rows[slot] - 1);

	if (column->weights[slot] != 0)
		append(lattice, across, lattice->slope * across + row * lattice->step_y,
			   column->weights[slot]);
	column->weights[slot] = 0;
	column->rows[slot] = NO_ROW;
}

/* Move the nodes of column `number` to the binned points. */
static void
column_flush(Lattice *lattice, double number)
{
	Column *column = column_at(lattice, number);

	for (size_t i = 0; i < column->n_met; i++)
		node_flush(lattice, number, column->met[i]);
	column->n_met = 0;
}

/* Add to the weight of the node in `row` of column `number`. */
static inline void
node_add(Lattice *lattice, double number, int64_t row, double weight)
{
	Column *column = column_at(lattice, number);
	size_t slot = slot_of(lattice, row);

	if (column->rows[slot] != row)
	{
		if (column->rows[slot] == NO_ROW)
			column->met[column->n_met++] = (uint32_t) slot;
		else
			node_flush(lattice, number, slot);
		column->rows[slot] = row;
	}
	column->weights[slot] += weight;
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
		for (int j = 0; j < STENCIL; j++)
			node_add(lattice, number - 1 + i, place.cell + j, weight * across[i] * along[j]);
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
			uint32_t *count = &lattice->counts[slot_of(lattice, place.cell)];

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

/* Slots for the columns of a lattice that has `n_nodes` of them to a column, in the job's arena. */
static SdqStatus
lattice_allocate(Job *job, Lattice *lattice, size_t n_nodes)
{
	lattice->n_slots = 1;
	while (lattice->n_slots < minimum(n_nodes, MAX_SLOTS))
		lattice->n_slots *= 2;
	for (int i = 0; i < STENCIL; i++)
	{
		Column *column = &lattice->ring[i];

		column->weights = arena_zalloc(job->arena, lattice->n_slots, sizeof(double));
		column->rows = arena_alloc(job->arena, lattice->n_slots, sizeof(int64_t));
		column->met = arena_alloc(job->arena, lattice->n_slots, sizeof(uint32_t));
		if (column->weights == NULL || column->rows == NULL || column->met == NULL)
			return arena_failure(job->arena);
		for (size_t slot = 0; slot < lattice->n_slots; slot++)
			column->rows[slot] = NO_ROW;
	}
	lattice->counts = arena_zalloc(job->arena, lattice->n_slots, sizeof(uint32_t));
	return lattice->counts == NULL ? arena_failure(job->arena) : sdq_ok();
}

/* Lay out a lattice over the points, in the job's arena; *fits is false if it is too large. */
static SdqStatus
lattice_lay_out(Job *job, const PointSet *points, const Gaussian2d *kernel, Lattice *lattice,
				bool *fits)
{
	double lowest = INFINITY;
	double highest = -INFINITY;
	double width = points->x[points->n - 1] - points->x[0];

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
	/* Rows are differences of numbers as large as the slope makes them. */
	*fits = highest - lowest < MAX_CELLS && width * lattice->inverse_x < MAX_CELLS &&
			fabs(lattice->slope * width * lattice->inverse_y) < MAX_CELLS;
	if (!*fits)
		return sdq_ok();
	lattice->lowest = lowest;
	return lattice_allocate(job, lattice, (size_t) (highest - lowest) + STENCIL + 1);
}

SdqStatus
points_bin(Job *job, const PointSet *points, const Gaussian2d *kernel, size_t most,
		   PointSet *binned, Point2d *origin, bool *is_binned)
{
	Lattice lattice = {.binned = binned};
	SdqStatus status = lattice_lay_out(job, points, kernel, &lattice, is_binned);

	if (sdq_failed(status) || !*is_binned)
		return status;
	/* A cell that is spread has at least MAX_POINTS_LEFT + 1 points, at most STENCIL^2 / (MAX_POINTS_LEFT + 1) nodes
	 * for each of them. */
	lattice.capacity = minimum(most, points->n * STENCIL * STENCIL / (MAX_POINTS_LEFT + 1) + 1);
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
