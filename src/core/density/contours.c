/*
 * contours.c
 *		Marching squares, ring by ring.
 *
 * Lorensen and Cline, "Marching cubes", SIGGRAPH 1987, in two dimensions. Each line of the grid between
 * a node inside the region and one outside is crossed by the border once. A walker follows the border
 * with the region on its left: it enters a cell between the corners L (left, inside) and R (right,
 * outside), sees the two far corners FL and FR, and leaves
 *
 *		FL out, FR out	to the left			FL -- FR
 *		FL in,  FR out	straight on			 |    |
 *		FL in,  FR in	to the right		 L -- R
 *		FL out, FR in	a saddle: to the right if the mean of the corners is inside, else to the left
 *						   ^ walker
 *
 * Beyond the border of the grid all is outside: a walker who leaves the grid follows its border,
 * counter-clockwise, to where the inside ends, and enters there.
 *
 * Invariants. A crossing lies strictly between its two nodes: it is kept CLOSEST away from them, and a
 * double exists there (axis_is_regular). So no two crossings coincide, pieces of border in a cell do not
 * meet (in a saddle each stays on its side of a diagonal), and rings are simple and do not touch. This
 * matters, since the levels that enclose shares of mass are densities of nodes. A crossing moves one way as the
 * level rises, so regions are nested.
 *
 * Which ring is a hole, and of whom. Every ring but those along the border of the grid crosses the lines of
 * some row. In a scan of the rows from the lowest, each from the left, a ring shows first at its lowest and
 * leftmost crossing: if that leads into the region, all to the left is beyond an outer ring; if it leads out of
 * the region, a hole begins, and the region to the left of it ends at another ring. That has been seen before;
 * the hole is its sibling if it is a hole, else its child. `owner` has the ring of each crossing of a row;
 * `border_owner` that of each node inside on the border of the grid, for holes with nothing to the left.
 * Each stretch of a row is looked at once for this, so all is linear.
 */
#include "core/density/contours.h"

#include <math.h>

#include "core/base/compensated.h"
#include "core/base/search.h"
#include "core/base/sizes.h"
#include "core/density/cell_cut.h"
#include "core/density/regions.h"

/* Nodes of an axis are equally spaced to this many spacings, or to the rounding of numbers of their size. */
#define SPACING_TOLERANCE 1e-6
#define SPACING_ROUNDING  4

/* Steps of a walker between two polls of the stop flag: a millisecond. */
#define POLL_STEPS ((size_t) 1 << 16)

/* Headings, each to the left of the one before; a side of the grid or of a cell is that to which a heading leads. A
 * walker with heading h enters a cell between its corners h and h + 1. */
enum
{
	NORTH,
	WEST,
	SOUTH,
	EAST,
	N_HEADINGS,
};

/* One step in each heading. */
static const int step_x[N_HEADINGS] = {0, -1, 0, 1};
static const int step_y[N_HEADINGS] = {1, 0, -1, 0};

/* A walker who enters a cell, which may lie beyond the border. */
typedef struct Walker
{
	int64_t x; /* the cell's lower left node */
	int64_t y;
	int heading;
} Walker;

/* A node on the border of the grid, and the heading of who walks there counter-clockwise. */
typedef struct BorderPlace
{
	int64_t x;
	int64_t y;
	int heading;
} BorderPlace;

/* A ring as it is found. */
typedef struct FoundRing
{
	Ring ring;       /* no points if it was left out */
	uint32_t parent; /* of a hole: the number of its outer ring */
} FoundRing;

/* A contour under way. Rings are numbered from 1. */
typedef struct Tracing
{
	const DensityGrid *grid;
	double level;  /* nodes from here on are inside */
	double cell_x; /* a cell's sides */
	double cell_y;
	Stop *stop;
	size_t steps;
	uint32_t *owner; /* [n_y][n_x]: the ring that crosses between this node and the next, or 0 */
	uint32_t *border_owner; /* [perimeter] */
	FoundRing *found;       /* [n_found + 1], from 1 */
	size_t n_found;
	double *x; /* [n_points] */
	double *y;
	size_t n_points;
} Tracing;

bool
axis_is_regular(const double *nodes, size_t n)
{
	double spacing = (nodes[n - 1] - nodes[0]) / (double) (n - 1);
	double largest = fmax(fabs(nodes[0]), fabs(nodes[n - 1]));
	double rounding = SPACING_ROUNDING * (nextafter(largest, INFINITY) - largest);
	double tolerance = fmax(SPACING_TOLERANCE * spacing, rounding);

	/* Written so that NaN and infinity fail. */
	if (!(spacing > 0 && isfinite(spacing)))
		return false;
	for (size_t i = 1; i < n; i++)
	{
		double distance = nodes[i] - nodes[i - 1];

		if (!(fabs(distance - spacing) <= tolerance &&
			  nextafter(nodes[i - 1], INFINITY) < nodes[i]))
			return false;
	}
	return true;
}

/* ---------- crossings ---------- */

static bool
is_inside(const Tracing *tracing, int64_t x, int64_t y)
{
	return tracing->grid->density[(size_t) y * tracing->grid->n_x + (size_t) x] >= tracing->level;
}

/* The place between two nodes, strictly. */
static double
place_between(double a, double b, double share)
{
	double place = a + share * (b - a);

	return fmax(nextafter(a, b), fmin(nextafter(b, a), place));
}

/* Append a point to the ring under way. */
static void
add_point(Tracing *tracing, double x, double y)
{
	tracing->x[tracing->n_points] = x;
	tracing->y[tracing->n_points++] = y;
}

/* Append the crossing at which the walker stands, and note whose it is if it is one of a row. */
static void
add_crossing(Tracing *tracing, const Walker *walker, uint32_t ring)
{
	const DensityGrid *grid = tracing->grid;
	int left = walker->heading;
	int right = (walker->heading + 1) % N_HEADINGS;
	size_t x = (size_t) (walker->x + (corner_x[left] & corner_x[right]));
	size_t y = (size_t) (walker->y + (corner_y[left] & corner_y[right]));
	size_t node = y * grid->n_x + x; /* the lower of the two */
	double density = grid->density[node];

	if (walker->heading == NORTH || walker->heading == SOUTH)
	{
		double share = crossing_share(density, grid->density[node + 1], tracing->level);

		tracing->owner[node] = ring;
		add_point(tracing, place_between(grid->x[x], grid->x[x + 1], share), grid->y[y]);
	}
	else
	{
		double share = crossing_share(density, grid->density[node + grid->n_x], tracing->level);

		add_point(tracing, grid->x[x], place_between(grid->y[y], grid->y[y + 1], share));
	}
}

/* ---------- the border of the grid ---------- */

static size_t
perimeter_of(const DensityGrid *grid)
{
	return 2 * (grid->n_x - 1) + 2 * (grid->n_y - 1);
}

/* The number of a node on the border, counter-clockwise from the lower left. */
static size_t
border_position(const DensityGrid *grid, int64_t x, int64_t y)
{
	size_t right = grid->n_x - 1;
	size_t top = grid->n_y - 1;

	if (y == 0)
		return (size_t) x;
	if ((size_t) x == right)
		return right + (size_t) y;
	if ((size_t) y == top)
		return right + top + (right - (size_t) x);
	return 2 * right + top + (top - (size_t) y);
}

/* Is there no node ahead? Then this is a corner. */
static bool
at_corner(const DensityGrid *grid, const BorderPlace *place)
{
	int64_t x = place->x + step_x[place->heading];
	int64_t y = place->y + step_y[place->heading];

	return x < 0 || y < 0 || x >= (int64_t) grid->n_x || y >= (int64_t) grid->n_y;
}

/* The walker who enters the grid between this node on its border, inside, and the next, outside. */
static Walker
walker_at(const BorderPlace *place)
{
	int heading = (place->heading + 1) % N_HEADINGS;

	return (Walker){
		.x = place->x - corner_x[heading], .y = place->y - corner_y[heading], .heading = heading};
}

/* Lead a walker who has left the grid along its border to where the ring enters it again. */
static void
follow_border(Tracing *tracing, Walker *walker, uint32_t ring)
{
	const DensityGrid *grid = tracing->grid;
	BorderPlace place = {.x = walker->x + corner_x[walker->heading],
						 .y = walker->y + corner_y[walker->heading],
						 .heading = (walker->heading + 1) % N_HEADINGS};

	for (;;)
	{
		tracing->border_owner[border_position(grid, place.x, place.y)] = ring;
		if (at_corner(grid, &place))
		{
			add_point(tracing, grid->x[place.x], grid->y[place.y]);
			place.heading = (place.heading + 1) % N_HEADINGS;
		}
		if (!is_inside(tracing, place.x + step_x[place.heading], place.y + step_y[place.heading]))
			break;
		place.x += step_x[place.heading];
		place.y += step_y[place.heading];
	}
	*walker = walker_at(&place);
}

/* ---------- rings ---------- */

static bool
is_beyond_border(const DensityGrid *grid, const Walker *walker)
{
	return walker->x < 0 || walker->y < 0 || walker->x + 1 >= (int64_t) grid->n_x ||
		   walker->y + 1 >= (int64_t) grid->n_y;
}

/* Does the mean of the corners reach the level, in the cell that the walker is in? */
static bool
is_centre_inside(const Tracing *tracing, const Walker *walker)
{
	double corners[N_CORNERS];

	cell_corners(tracing->grid, (size_t) walker->y * tracing->grid->n_x + (size_t) walker->x,
				 corners);
	return cell_mean(corners) >= tracing->level;
}

/* Lead the walker through a cell to the entry of the next. */
static void
cross_cell(const Tracing *tracing, Walker *walker)
{
	int far_right = (walker->heading + 2) % N_HEADINGS;
	int far_left = (walker->heading + 3) % N_HEADINGS;
	bool is_right_in =
		is_inside(tracing, walker->x + corner_x[far_right], walker->y + corner_y[far_right]);
	bool is_left_in =
		is_inside(tracing, walker->x + corner_x[far_left], walker->y + corner_y[far_left]);

	if (is_right_in && !is_left_in)
		is_left_in = is_right_in = is_centre_inside(tracing, walker);
	if (is_right_in)
		walker->heading = (walker->heading + 3) % N_HEADINGS;
	else if (!is_left_in)
		walker->heading = (walker->heading + 1) % N_HEADINGS;
	walker->x += step_x[walker->heading];
	walker->y += step_y[walker->heading];
}

/* The area of a closed ring in cells, positive if it runs counter-clockwise. */
static double
ring_cells(const Tracing *tracing, const Ring *ring)
{
	const double *x = tracing->x + ring->first;
	const double *y = tracing->y + ring->first;
	Compensated twice = {0, 0};

	for (size_t i = 1; i + 2 < ring->n; i++)
		compensated_add(
			&twice, (x[i] - x[0]) / tracing->cell_x * ((y[i + 1] - y[0]) / tracing->cell_y) -
						(x[i + 1] - x[0]) / tracing->cell_x * ((y[i] - y[0]) / tracing->cell_y));
	return compensated_total(&twice) / 2;
}

/* Close the ring that began at point `first`, and enter it. One that is no wider than the distance of crossings
 * from nodes is left out. */
static void
close_ring(Tracing *tracing, size_t first, bool is_hole, uint32_t parent)
{
	FoundRing *found = &tracing->found[++tracing->n_found];

	add_point(tracing, tracing->x[first], tracing->y[first]);
	*found =
		(FoundRing){.ring = {.first = first, .n = tracing->n_points - first, .is_hole = is_hole},
					.parent = parent};
	if (fabs(ring_cells(tracing, &found->ring)) <= 2 * CLOSEST * (double) found->ring.n)
	{
		tracing->n_points = first;
		found->ring.n = 0;
	}
}

/* Trace the ring of which the walker stands at a crossing. */
static SdqStatus
trace_ring(Tracing *tracing, Walker walker, bool is_hole, uint32_t parent)
{
	uint32_t ring = (uint32_t) tracing->n_found + 1;
	size_t first = tracing->n_points;
	Walker start = walker;

	do
	{
		add_crossing(tracing, &walker, ring);
		if (tracing->steps++ % POLL_STEPS == 0 && stop_poll(tracing->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		cross_cell(tracing, &walker);
		if (is_beyond_border(tracing->grid, &walker))
		{
			/* The crossing on the border itself comes before the way along it. */
			add_crossing(tracing, &walker, ring);
			follow_border(tracing, &walker, ring);
		}
	} while (walker.x != start.x || walker.y != start.y || walker.heading != start.heading);
	close_ring(tracing, first, is_hole, parent);
	return sdq_ok();
}

/* Trace all rings that follow the border of the grid in part. */
static SdqStatus
trace_border(Tracing *tracing)
{
	const DensityGrid *grid = tracing->grid;
	size_t perimeter = perimeter_of(grid);
	BorderPlace place = {.x = 0, .y = 0, .heading = EAST};
	bool is_all_inside = true;

	for (size_t i = 0; i < perimeter; i++)
	{
		bool inside = is_inside(tracing, place.x, place.y);
		int64_t x;
		int64_t y;

		if (at_corner(grid, &place))
			place.heading = (place.heading + 1) % N_HEADINGS;
		x = place.x + step_x[place.heading];
		y = place.y + step_y[place.heading];
		is_all_inside = is_all_inside && inside;
		if (inside && tracing->border_owner[i] == 0 && !is_inside(tracing, x, y))
		{
			SdqStatus status = trace_ring(tracing, walker_at(&place), false, 0);

			if (sdq_failed(status))
				return status;
		}
		place.x = x;
		place.y = y;
	}
	if (!is_all_inside)
		return sdq_ok();
	for (size_t i = 0; i < perimeter; i++)
		tracing->border_owner[i] = 1;
	add_point(tracing, grid->x[0], grid->y[0]);
	add_point(tracing, grid->x[grid->n_x - 1], grid->y[0]);
	add_point(tracing, grid->x[grid->n_x - 1], grid->y[grid->n_y - 1]);
	add_point(tracing, grid->x[0], grid->y[grid->n_y - 1]);
	close_ring(tracing, 0, false, 0);
	return sdq_ok();
}

/* The outer ring around a hole that begins to the right of node x of row y, inside. */
static uint32_t
parent_of_hole(const Tracing *tracing, size_t x, size_t y)
{
	const uint32_t *owner = tracing->owner + y * tracing->grid->n_x;
	uint32_t left = 0;

	while (x > 0 && left == 0)
		left = owner[--x];
	if (left == 0)
		return tracing->border_owner[border_position(tracing->grid, 0, (int64_t) y)];
	return tracing->found[left].ring.is_hole ? tracing->found[left].parent : left;
}

/* Trace all other rings. */
static SdqStatus
trace_rows(Tracing *tracing)
{
	size_t n_x = tracing->grid->n_x;

	for (size_t y = 0; y < tracing->grid->n_y; y++)
	{
		const double *density = tracing->grid->density + y * n_x;

		if (stop_poll(tracing->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (size_t x = 0; x + 1 < n_x; x++)
		{
			bool inside = density[x] >= tracing->level;
			bool is_next_inside = density[x + 1] >= tracing->level;
			SdqStatus status;

			if (inside == is_next_inside || tracing->owner[y * n_x + x] != 0)
				continue;
			/* Into the cell above where the inside is on the left, below where it is on the right. */
			if (inside)
				status = trace_ring(tracing,
									(Walker){.x = (int64_t) x, .y = (int64_t) y, .heading = NORTH},
									true, parent_of_hole(tracing, x, y));
			else
				status = trace_ring(
					tracing, (Walker){.x = (int64_t) x, .y = (int64_t) y - 1, .heading = SOUTH},
					false, 0);
			if (sdq_failed(status))
				return status;
		}
	}
	return sdq_ok();
}

/* ---------- the result ---------- */

/* How many lines of the grid does the border of the region cross? */
static SdqStatus
count_crossings(const Tracing *tracing, size_t *count)
{
	const DensityGrid *grid = tracing->grid;

	*count = 0;
	for (size_t y = 0; y < grid->n_y; y++)
	{
		const double *row = grid->density + y * grid->n_x;
		const double *above = y + 1 < grid->n_y ? row + grid->n_x : row;
		size_t in_row = 0;

		if (stop_poll(tracing->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (size_t x = 0; x < grid->n_x; x++)
			in_row += (row[x] >= tracing->level) != (above[x] >= tracing->level);
		for (size_t x = 0; x + 1 < grid->n_x; x++)
			in_row += (row[x] >= tracing->level) != (row[x + 1] >= tracing->level);
		*count += in_row;
	}
	return sdq_ok();
}

/* Rings in their final order: each outer ring in the order found, its holes behind it. */
static SdqStatus
order_rings(Job *job, const Tracing *tracing, Contour *contour)
{
	const FoundRing *found = tracing->found;
	size_t *next = arena_zalloc(job->arena, tracing->n_found + 2, sizeof(size_t));
	size_t n_rings = 0;

	if (next == NULL)
		return arena_failure(job->arena);
	/* How many rings each polygon has, then where its next one belongs. */
	for (size_t i = 1; i <= tracing->n_found; i++)
	{
		size_t polygon = found[i].ring.is_hole ? found[i].parent : i;

		next[polygon] += found[polygon].ring.n > 0 && found[i].ring.n > 0;
	}
	for (size_t i = 1; i <= tracing->n_found; i++)
	{
		size_t n = next[i];

		next[i] = n_rings;
		n_rings += n;
		contour->n_polygons += n > 0;
	}
	contour->n_rings = n_rings;
	/* The outer ring of a polygon is found before its holes. */
	for (size_t i = 1; i <= tracing->n_found; i++)
	{
		size_t polygon = found[i].ring.is_hole ? found[i].parent : i;

		if (found[polygon].ring.n > 0 && found[i].ring.n > 0)
			contour->rings[next[polygon]++] = found[i].ring;
	}
	return sdq_ok();
}

SdqStatus
contour_trace(Job *job, const DensityGrid *grid, double level, Contour *contour)
{
	Tracing tracing = {.grid = grid, .level = region_floor(level), .stop = job->stop};
	size_t n_nodes = grid->n_x * grid->n_y;
	size_t n_crossings;
	ArenaMark mark;
	SdqStatus status = count_crossings(&tracing, &n_crossings);

	*contour = (Contour){.n_rings = 0};
	if (sdq_failed(status))
		return status;
	tracing.cell_x = (grid->x[grid->n_x - 1] - grid->x[0]) / (double) (grid->n_x - 1);
	tracing.cell_y = (grid->y[grid->n_y - 1] - grid->y[0]) / (double) (grid->n_y - 1);

	/* A ring has two crossings at least, but for the one around a grid without any. All have a closing
	 * point, and the grid has four corners. */
	tracing.x = arena_alloc(job->arena, n_crossings + n_crossings / 2 + 5, sizeof(double));
	tracing.y = arena_alloc(job->arena, n_crossings + n_crossings / 2 + 5, sizeof(double));
	contour->rings = arena_alloc(job->arena, n_crossings / 2 + 1, sizeof(Ring));
	mark = arena_mark(job->arena);
	tracing.found = arena_alloc(job->arena, n_crossings / 2 + 2, sizeof(FoundRing));
	tracing.owner = arena_zalloc(job->arena, n_nodes, sizeof(uint32_t));
	tracing.border_owner = arena_zalloc(job->arena, perimeter_of(grid), sizeof(uint32_t));
	if (tracing.x == NULL || tracing.y == NULL || contour->rings == NULL || tracing.found == NULL ||
		tracing.owner == NULL || tracing.border_owner == NULL)
		return arena_failure(job->arena);

	status = trace_border(&tracing);
	if (!sdq_failed(status))
		status = trace_rows(&tracing);
	if (!sdq_failed(status))
		status = order_rings(job, &tracing, contour);
	arena_release(job->arena, mark);
	contour->x = tracing.x;
	contour->y = tracing.y;
	return status;
}

/* ---------- places ---------- */

/* The cell of an axis that holds the place, and how far on its way; false outside. */
static bool
find_cell(const double *nodes, size_t n, double place, size_t *cell, double *share)
{
	if (!(place >= nodes[0] && place <= nodes[n - 1]))
		return false;
	/* The first node from the place on ends the cell. */
	*cell = clamp(first_at_least(nodes, 0, n, place), 1, n - 1) - 1;
	*share = (place - nodes[*cell]) / (nodes[*cell + 1] - nodes[*cell]);
	return true;
}

double
grid_density_at(const DensityGrid *grid, double x, double y)
{
	size_t cell_x;
	size_t cell_y;
	double share_x;
	double share_y;
	double corners[N_CORNERS];

	if (!find_cell(grid->x, grid->n_x, x, &cell_x, &share_x) ||
		!find_cell(grid->y, grid->n_y, y, &cell_y, &share_y))
		return NAN;
	cell_corners(grid, cell_y * grid->n_x + cell_x, corners);
	return cell_density(corners, share_x, share_y);
}
