/*
 * contours_test.c
 *		Highest-density regions: levels against seaborn (test/reference/contours.py), contours by hand, what
 *		must hold of all polygons on smooth, random and tied densities, and that they enclose the mass they claim.
 */
#include "check.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

#include "contours.h"
#include "core/base/constants.h"
#include "core/base/rng.h"
#include "core/density/contours.h"
#include "core/density/enclosed.h"
#include "core/density/regions.h"
#include "core/density/share_table.h"
#include "stops.h"
#include "workbench.h"

#define MAX_SIDE 201

static Bench bench;
static double axis_x[MAX_SIDE];
static double axis_y[MAX_SIDE];
static double density[MAX_SIDE * MAX_SIDE];

/* The shared grid with unit spacing. */
static DensityGrid
unit_grid(size_t n_x, size_t n_y, const double *values)
{
	for (size_t i = 0; i < n_x; i++)
		axis_x[i] = (double) i;
	for (size_t i = 0; i < n_y; i++)
		axis_y[i] = (double) i;
	if (values != density)
		memcpy(density, values, n_x * n_y * sizeof(double));
	return (DensityGrid){.n_x = n_x, .n_y = n_y, .x = axis_x, .y = axis_y, .density = density};
}

static Contour
trace(const DensityGrid *grid, double level)
{
	Contour contour;

	if (sdq_failed(contour_trace(&bench.job, grid, level, &contour)))
		exit(EXIT_FAILURE);
	return contour;
}

static RegionMeasure
measure_of(const DensityGrid *grid, double level)
{
	RegionMeasure measure;

	if (sdq_failed(region_measure(&bench.job, grid, level, &measure)))
		exit(EXIT_FAILURE);
	return measure;
}

static double
ring_area(const Contour *contour, const Ring *ring)
{
	const double *x = contour->x + ring->first;
	const double *y = contour->y + ring->first;
	double twice = 0;

	for (size_t i = 0; i + 1 < ring->n; i++)
		twice += (x[i] - x[0]) * (y[i + 1] - y[0]) - (x[i + 1] - x[0]) * (y[i] - y[0]);
	return twice / 2;
}

/* Is the place within a ring, by the parity of crossings to its right? */
static bool
ring_holds(const Contour *contour, const Ring *ring, double px, double py)
{
	const double *x = contour->x + ring->first;
	const double *y = contour->y + ring->first;
	bool holds = false;

	for (size_t i = 0; i + 1 < ring->n; i++)
		if ((y[i] > py) != (y[i + 1] > py) &&
			px < x[i] + (py - y[i]) / (y[i + 1] - y[i]) * (x[i + 1] - x[i]))
			holds = !holds;
	return holds;
}

/* Is the place within the region? */
static bool
contour_holds(const Contour *contour, double px, double py)
{
	bool holds = false;

	for (size_t i = 0; i < contour->n_rings; i++)
		holds ^= ring_holds(contour, &contour->rings[i], px, py);
	return holds;
}

/* ---------- what must hold of all contours ---------- */

typedef struct Segment
{
	long double x1, y1, x2, y2;
} Segment;

/* On which side of the segment's line is the place? Exact enough for small grids. */
static int
side_of(const Segment *s, long double x, long double y)
{
	long double cross = (s->x2 - s->x1) * (y - s->y1) - (s->y2 - s->y1) * (x - s->x1);

	return (cross > 0) - (cross < 0);
}

/* Is the place, on the segment's line, within its box? */
static bool
in_box(const Segment *s, long double x, long double y)
{
	return fminl(s->x1, s->x2) <= x && x <= fmaxl(s->x1, s->x2) && fminl(s->y1, s->y2) <= y &&
		   y <= fmaxl(s->y1, s->y2);
}

/* Do two segments have a point in common? */
static bool
segments_meet(const Segment *a, const Segment *b)
{
	int b1 = side_of(a, b->x1, b->y1);
	int b2 = side_of(a, b->x2, b->y2);
	int a1 = side_of(b, a->x1, a->y1);
	int a2 = side_of(b, a->x2, a->y2);

	if (b1 * b2 < 0 && a1 * a2 < 0)
		return true;
	return (b1 == 0 && in_box(a, b->x1, b->y1)) || (b2 == 0 && in_box(a, b->x2, b->y2)) ||
		   (a1 == 0 && in_box(b, a->x1, a->y1)) || (a2 == 0 && in_box(b, a->x2, a->y2));
}

static Segment
segment_of(const Contour *contour, size_t i)
{
	return (Segment){contour->x[i], contour->y[i], contour->x[i + 1], contour->y[i + 1]};
}

/* Does segment i of a ring meet another one, of this or a later ring, other than at the end they share? */
static bool
meets_others(const Contour *contour, size_t r, size_t i)
{
	const Ring *ring = &contour->rings[r];
	size_t n = ring->n - 1;
	Segment one = segment_of(contour, ring->first + i);

	for (size_t j = i + 2; j < n; j++)
	{
		Segment other = segment_of(contour, ring->first + j);

		if (!(i == 0 && j == n - 1) && segments_meet(&one, &other))
			return true;
	}
	for (size_t q = r + 1; q < contour->n_rings; q++)
		for (size_t j = 0; j + 1 < contour->rings[q].n; j++)
		{
			Segment other = segment_of(contour, contour->rings[q].first + j);

			if (segments_meet(&one, &other))
				return true;
		}
	return false;
}

/* Closed, no edge of length zero, simple, apart from all others, turning as its kind does. */
static bool
rings_are_valid(const Contour *contour)
{
	for (size_t r = 0; r < contour->n_rings; r++)
	{
		const Ring *ring = &contour->rings[r];
		size_t last = ring->first + ring->n - 1;

		if (ring->n < 4 || contour->x[ring->first] != contour->x[last] ||
			contour->y[ring->first] != contour->y[last])
			return false;
		if ((ring_area(contour, ring) > 0) == ring->is_hole)
			return false;
		for (size_t i = 0; i + 1 < ring->n; i++)
			if ((contour->x[ring->first + i] == contour->x[ring->first + i + 1] &&
				 contour->y[ring->first + i] == contour->y[ring->first + i + 1]) ||
				meets_others(contour, r, i))
				return false;
	}
	return true;
}

/* Each hole stands behind the smallest outer ring that holds it. */
static bool
holes_are_assigned(const Contour *contour)
{
	const Ring *outer = NULL;
	size_t n_polygons = 0;

	for (size_t r = 0; r < contour->n_rings; r++)
	{
		const Ring *ring = &contour->rings[r];
		const Ring *smallest = NULL;
		double x = contour->x[ring->first];
		double y = contour->y[ring->first];

		if (!ring->is_hole)
		{
			outer = ring;
			n_polygons++;
			continue;
		}
		for (size_t q = 0; q < contour->n_rings; q++)
		{
			const Ring *other = &contour->rings[q];

			if (!other->is_hole && ring_holds(contour, other, x, y) &&
				(smallest == NULL || ring_area(contour, other) < ring_area(contour, smallest)))
				smallest = other;
		}
		if (smallest != outer || outer == NULL)
			return false;
	}
	return n_polygons == contour->n_polygons;
}

/* Nodes that are clear of the border are within exactly if they are above the level. */
static bool
nodes_agree(const DensityGrid *grid, double level, const Contour *contour)
{
	for (size_t y = 1; y + 1 < grid->n_y; y++)
		for (size_t x = 1; x + 1 < grid->n_x; x++)
		{
			double f = grid->density[y * grid->n_x + x];

			if (f != level && contour_holds(contour, grid->x[x], grid->y[y]) != (f > level))
				return false;
		}
	return true;
}

/* The area within the rings, and that measured cell by cell. */
static bool
areas_agree(const DensityGrid *grid, double level, const Contour *contour)
{
	double area = 0;

	for (size_t r = 0; r < contour->n_rings; r++)
		area += ring_area(contour, &contour->rings[r]);
	return fabs(area - measure_of(grid, level).area) <= 1e-6;
}

/* All points of the inner contour are in the outer region, or at a hair's breadth of it. */
static bool
is_nested(const Contour *inner, const Contour *outer)
{
	for (size_t r = 0; r < inner->n_rings; r++)
	{
		const Ring *ring = &inner->rings[r];

		for (size_t i = ring->first; i < ring->first + ring->n; i++)
		{
			bool holds = false;

			for (int k = 0; k < 9 && !holds; k++)
				holds = contour_holds(outer, inner->x[i] + (k % 3 - 1) * 1e-8,
									  inner->y[i] + (k / 3 - 1) * 1e-8);
			if (!holds)
				return false;
		}
	}
	return true;
}

/* Random grids: whole numbers with many ties, which put nodes on the level, or any numbers. */
static void
test_random_grids(void)
{
	Rng rng;
	bool valid = true;
	bool assigned = true;
	bool nodes = true;
	bool areas = true;
	bool nested = true;
	size_t n_holes = 0;

	rng_seed(&rng, 17, RNG_STREAM_TEST);
	for (int round = 0; round < 300; round++)
	{
		size_t n_x = 2 + (size_t) (rng_double(&rng) * 12);
		size_t n_y = 2 + (size_t) (rng_double(&rng) * 12);
		double kinds = round % 3 == 0 ? 3 : round % 3 == 1 ? 6 : 1e6;
		DensityGrid grid;
		Contour before = {.n_rings = 0};

		for (size_t i = 0; i < n_x * n_y; i++)
			density[i] = floor(rng_double(&rng) * kinds) / kinds * 6;
		grid = unit_grid(n_x, n_y, density);
		for (int step = 0; step < 6; step++)
		{
			double level = round % 3 == 0 ? step * 2 : step;
			Contour contour = trace(&grid, level);

			valid &= rings_are_valid(&contour);
			assigned &= holes_are_assigned(&contour);
			nodes &= nodes_agree(&grid, level, &contour);
			areas &= areas_agree(&grid, level, &contour);
			nested &= step == 0 || is_nested(&contour, &before);
			for (size_t r = 0; r < contour.n_rings; r++)
				n_holes += contour.rings[r].is_hole;
			before = contour;
		}
		arena_free(&bench.arena);
	}
	check(
		valid,
		"random grids: rings are closed, simple, apart, outer counter-clockwise, holes clockwise");
	check(assigned, "random grids: each hole follows the outer ring around it");
	check(nodes, "random grids: nodes above the level are within, those below are not");
	check(areas, "random grids: the rings enclose the area that is measured by cells");
	check(nested, "random grids: contours are nested");
	check(n_holes > 100, "random grids: there are holes");
}

/* ---------- by hand ---------- */

/* Does a ring have these points, in this order, from the first? */
static bool
has_points(const Contour *contour, size_t r, const double (*points)[2], size_t n)
{
	const Ring *ring = &contour->rings[r];

	if (r >= contour->n_rings || ring->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (fabs(contour->x[ring->first + i] - points[i][0]) > 1e-8 ||
			fabs(contour->y[ring->first + i] - points[i][1]) > 1e-8)
			return false;
	return true;
}

static void
test_by_hand(void)
{
	static const double peak[] = {0, 0, 0, 0, 4, 0, 0, 0, 0};
	static const double flat[] = {2, 2, 2, 2, 2, 2};
	static const double corner[] = {4, 0, 0, 0};
	static const double saddle[] = {4, 1, 1, 4};
	static const double pit[] = {4, 4, 4, 4, 0, 4, 4, 4, 4};
	static const double shelf[] = {0, 0, 0, 0, 0, 2, 2, 0, 0, 2, 2, 0, 0, 0, 0, 0};
	static const double ridge[] = {0, 0, 0, 0, 0, 0, 2, 2, 2, 0, 0, 0, 0, 0, 0};
	/* A pit in an island in a lake in an island. */
	static const double lake[] = {4, 4, 4, 4, 4, 4, 4, 4, 0, 0, 0, 0, 0, 4, 4, 0, 4,
								  4, 4, 0, 4, 4, 0, 4, 0, 4, 0, 4, 4, 0, 4, 4, 4, 0,
								  4, 4, 0, 0, 0, 0, 0, 4, 4, 4, 4, 4, 4, 4, 4};
	static const double diamond[][2] = {{0.5, 1}, {1, 0.5}, {1.5, 1}, {1, 1.5}, {0.5, 1}};
	static const double rectangle[][2] = {{0, 0}, {2, 0}, {2, 1}, {0, 1}, {0, 0}};
	static const double triangle[][2] = {{0.75, 0}, {0, 0.75}, {0, 0}, {0.75, 0}};
	DensityGrid grid = unit_grid(3, 3, peak);
	Contour contour = trace(&grid, 2);
	RegionMeasure measure = measure_of(&grid, 2);

	check(contour.n_rings == 1 && has_points(&contour, 0, diamond, 5),
		  "one peak: its contour at half height is a diamond, counter-clockwise");
	check_close(measure.area, 0.5, 1e-12, "one peak: the diamond's area");
	/* In the quarter cell around the peak, f = 4 (1 - u)(1 - v) and u + v < 1/2: with the integrals of
	 * 1, u, v, uv over that triangle, 1/8, 1/48, 1/48, 1/384, it is 4 (1/8 - 1/24 + 1/384) = 11/32. */
	check_close(measure.mass, 4 * 11.0 / 32, 1e-12,
				"one peak: the mass of the bilinear density in it");
	check(trace(&grid, 4).n_rings == 0, "at the peak the region is one point: no ring");
	check(trace(&grid, 5).n_rings == 0, "above the peak there is no ring");
	check_close(measure_of(&grid, 5).area, 0, 0, "above the peak there is no area");
	contour = trace(&grid, 0);
	check(contour.n_rings == 1 && fabs(ring_area(&contour, contour.rings) - 2) < 1e-8,
		  "at level 0 it is where the density is above 0: the diamond between the neighbours");

	grid = unit_grid(3, 2, flat);
	contour = trace(&grid, 2);
	check(contour.n_rings == 1 && has_points(&contour, 0, rectangle, 5),
		  "a flat density at the level: the whole grid");
	check_close(measure_of(&grid, 2).mass, 4, 1e-12, "a flat density: all its mass");
	check(trace(&grid, 3).n_rings == 0, "above a flat density: nothing");

	grid = unit_grid(2, 2, corner);
	contour = trace(&grid, 1);
	check(contour.n_rings == 1 && has_points(&contour, 0, triangle, 4),
		  "2 x 2 nodes, one high: a triangle, closed by the corner");

	grid = unit_grid(2, 2, saddle);
	check(trace(&grid, 2.5).n_rings == 1, "a saddle at the mean of its corners is a bridge");
	check(trace(&grid, 2.6).n_rings == 2, "a saddle below the level parts the corners");
	check_close(measure_of(&grid, 2.5).area, 0.75, 1e-12,
				"the bridge's area: 1 less two triangles of 1/8");
	check_close(measure_of(&grid, 2.8).area, 2 * 0.4 * 0.4 / 2, 1e-12, "the corners' area");

	grid = unit_grid(3, 3, pit);
	contour = trace(&grid, 2);
	check(contour.n_rings == 2 && contour.n_polygons == 1 && contour.rings[1].is_hole &&
			  ring_area(&contour, &contour.rings[1]) == -0.5,
		  "a pit is a clockwise hole in the border of the grid");

	grid = unit_grid(4, 4, shelf);
	contour = trace(&grid, 2);
	check(contour.n_rings == 1 && fabs(ring_area(&contour, contour.rings) - 1) < 1e-8,
		  "a plateau at the level is in the region");
	check_close(measure_of(&grid, 2).mass, 2, 1e-7, "and so is its mass");

	grid = unit_grid(5, 3, ridge);
	check(trace(&grid, 2).n_rings == 0, "a ridge that only touches the level has no ring");

	grid = unit_grid(7, 7, lake);
	contour = trace(&grid, 2);
	check(contour.n_rings == 4 && contour.n_polygons == 2 && rings_are_valid(&contour) &&
			  holes_are_assigned(&contour),
		  "an island with a pit, in a lake: two polygons with a hole each");
	arena_free(&bench.arena);
}

/* ---------- levels ---------- */

static void
compare_levels(const double *values, size_t n, size_t n_levels, double thresh, const double *want)
{
	DensityRanking ranking;
	bool equal = true;

	if (sdq_failed(density_rank(&bench.job, values, n, &ranking)))
		exit(EXIT_FAILURE);
	for (size_t i = 0; i < n_levels; i++)
	{
		double quantile =
			i + 1 == n_levels ? 1 : (double) i * ((1 - thresh) / (double) (n_levels - 1)) + thresh;

		equal &= ranking_level(&ranking, 1 - quantile) == want[i];
	}
	check(equal, "kde_levels: the very levels of seaborn's _quantile_to_level");
	arena_free(&bench.arena);
}

static void
test_levels(void)
{
	static const double few[] = {1, 4, 0, 2, 3};
	static const double large[] = {1e308, 1.5e308, 1e308, 0.5e308};
	DensityRanking ranking;

	compare_levels(contours_density_0, 12 * 9, 10, 0.05, contours_levels_0_0);
	compare_levels(contours_density_0, 12 * 9, 5, 0.2, contours_levels_0_1);
	compare_levels(contours_density_0, 12 * 9, 7, 0, contours_levels_0_2);
	compare_levels(contours_density_1, 30 * 40, 10, 0.05, contours_levels_1_0);
	compare_levels(contours_density_1, 30 * 40, 5, 0.2, contours_levels_1_1);
	compare_levels(contours_density_1, 30 * 40, 7, 0, contours_levels_1_2);

	/* In descending order 4, 3, 2, 1, 0; cumulated .4, .7, .9, 1, 1. */
	density_rank(&bench.job, few, 5, &ranking);
	check(ranking_level(&ranking, 0) == 4 && ranking_level(&ranking, 0.4) == 4 &&
			  ranking_level(&ranking, 0.5) == 3 && ranking_level(&ranking, 0.71) == 2 &&
			  ranking_level(&ranking, 1) == 1,
		  "levels of five nodes");
	density_rank(&bench.job, large, 4, &ranking);
	check(ranking_level(&ranking, 0.3) == 1.5e308 && ranking_level(&ranking, 0.8) == 1e308,
		  "densities whose sum is out of range");
	arena_free(&bench.arena);
}

/* ---------- mass ---------- */

/* The density of a normal law with these centres, standard deviations and correlation. */
static double
normal_density(double x, double y, const double law[5])
{
	double u = (x - law[0]) / law[2];
	double v = (y - law[1]) / law[3];
	double rest = (1 - law[4]) * (1 + law[4]);

	return exp(-(u * u - 2 * law[4] * u * v + v * v) / (2 * rest)) /
		   (2 * PI * law[2] * law[3] * sqrt(rest));
}

/* A smooth density of total mass 1: three normal laws. The narrowest has 2.5 of 100 nodes to a standard deviation. */
static double
smooth(double x, double y)
{
	static const double wide[5] = {0, 0, 1, 1, 0};
	static const double skewed[5] = {4, 1, 1, 1.2, 0.5};
	static const double narrow[5] = {1, 4, 0.354, 0.33, -0.3};

	return 0.5 * normal_density(x, y, wide) + 0.3 * normal_density(x, y, skewed) +
		   0.2 * normal_density(x, y, narrow);
}

/* The smooth density on n x n nodes of [-6, 8] x [-5, 8]. */
static DensityGrid
smooth_grid(size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		axis_x[i] = -6 + 14 * (double) i / (double) (n - 1);
		axis_y[i] = -5 + 13 * (double) i / (double) (n - 1);
	}
	for (size_t i = 0; i < n * n; i++)
		density[i] = smooth(axis_x[i % n], axis_y[i / n]);
	return (DensityGrid){.n_x = n, .n_y = n, .x = axis_x, .y = axis_y, .density = density};
}

/* The mass of the smooth density within the rings: the middle rule on 2000 lines, each cut where the rings cross it. */
static double
mass_within(const Contour *contour)
{
	const size_t lines = 2000;
	double total = 0;

	for (size_t line = 0; line < lines; line++)
	{
		double y = -5 + 13 * ((double) line + 0.5) / (double) lines;
		double cuts[64];
		size_t n_cuts = 0;

		for (size_t r = 0; r < contour->n_rings; r++)
			for (size_t i = 0; i + 1 < contour->rings[r].n; i++)
			{
				Segment s = segment_of(contour, contour->rings[r].first + i);

				if ((s.y1 > y) != (s.y2 > y) && n_cuts < 64)
					cuts[n_cuts++] = (double) (s.x1 + (y - s.y1) / (s.y2 - s.y1) * (s.x2 - s.x1));
			}
		for (size_t i = 1; i < n_cuts; i++)
			for (size_t j = i; j > 0 && cuts[j - 1] > cuts[j]; j--)
			{
				double swap = cuts[j];

				cuts[j] = cuts[j - 1];
				cuts[j - 1] = swap;
			}
		for (size_t i = 0; i + 1 < n_cuts; i += 2)
			for (size_t k = 0; k < 400; k++)
				total += smooth(cuts[i] + (cuts[i + 1] - cuts[i]) * ((double) k + 0.5) / 400, y) *
						 (cuts[i + 1] - cuts[i]) / 400;
	}
	return total * 13 / (double) lines;
}

/* The mass of a grid. */
static double
trapezoidal_mass(const DensityGrid *grid)
{
	double cell_x = (grid->x[grid->n_x - 1] - grid->x[0]) / (double) (grid->n_x - 1);
	double cell_y = (grid->y[grid->n_y - 1] - grid->y[0]) / (double) (grid->n_y - 1);
	double total = 0;

	for (size_t y = 0; y < grid->n_y; y++)
		for (size_t x = 0; x < grid->n_x; x++)
			total += grid->density[y * grid->n_x + x] * (x == 0 || x + 1 == grid->n_x ? 0.5 : 1) *
					 (y == 0 || y + 1 == grid->n_y ? 0.5 : 1);
	return total * cell_x * cell_y;
}

/* The levels of shares. */
static void
levels_of(const DensityGrid *grid, const double *shares, size_t n, double *levels)
{
	if (sdq_failed(region_levels(&bench.job, grid, shares, n, levels)))
		exit(EXIT_FAILURE);
}

/* Contours of stated shares, on a coarse and on a finer grid, against the density itself. */
static void
test_mass(void)
{
	static const double shares[] = {0.99, 0.95, 0.8, 0.5, 0.25, 0.1, 0.05};
	enum
	{
		N = sizeof(shares) / sizeof(shares[0])
	};

	for (size_t n = 100; n <= 200; n += 100)
	{
		DensityGrid grid = smooth_grid(n);
		double total = trapezoidal_mass(&grid);
		double levels[N];
		Contour before = {.n_rings = 0};
		double worst = 0;
		double worst_measure = 0;
		bool valid = true;
		bool nested = true;

		levels_of(&grid, shares, N, levels);
		for (size_t i = 0; i < N; i++)
		{
			Contour contour = trace(&grid, levels[i]);

			worst = fmax(worst, fabs(mass_within(&contour) - shares[i]));
			worst_measure =
				fmax(worst_measure, fabs(measure_of(&grid, levels[i]).mass / total - shares[i]));
			valid &= rings_are_valid(&contour) && holes_are_assigned(&contour);
			nested &= i == 0 || (levels[i] > levels[i - 1] && is_nested(&contour, &before));
			before = contour;
		}
		printf("# %zu x %zu nodes: mass off by %.5f, measured by %.1e\n", n, n, worst,
			   worst_measure);
		check(worst <= 0.005, "contours enclose the mass they claim within 0.5 %");
		check(worst_measure <= 1e-11, "the measured mass is the share of that of the grid");
		check(valid, "and are valid");
		check(nested, "and nested");
		arena_free(&bench.arena);
	}
}

/* One to seven normal laws of any shape, some with their tops beyond the border. */
static DensityGrid
mixture_grid(Rng *rng)
{
	size_t n_x = 20 + (size_t) (rng_double(rng) * 130);
	size_t n_y = 20 + (size_t) (rng_double(rng) * 130);
	int n_laws = 1 + (int) (rng_double(rng) * 7);

	for (size_t i = 0; i < n_x; i++)
		axis_x[i] = -5 + 12 * (double) i / (double) (n_x - 1);
	for (size_t i = 0; i < n_y; i++)
		axis_y[i] = -3 + 7 * (double) i / (double) (n_y - 1);
	memset(density, 0, n_x * n_y * sizeof(double));
	for (int k = 0; k < n_laws; k++)
	{
		double weight = 0.1 + rng_double(rng);
		const double law[5] = {-5 + 12 * rng_double(rng), -3 + 7 * rng_double(rng),
							   0.2 + 2 * rng_double(rng), 0.2 + 1.5 * rng_double(rng),
							   1.9 * rng_double(rng) - 0.95};

		for (size_t i = 0; i < n_x * n_y; i++)
			density[i] += weight * normal_density(axis_x[i % n_x], axis_y[i / n_x], law);
	}
	return (DensityGrid){.n_x = n_x, .n_y = n_y, .x = axis_x, .y = axis_y, .density = density};
}

/* Contours of random mixtures: what the mass leaps by at a saddle is far below the bound. */
static void
test_mixtures(void)
{
	static const double shares[] = {0.99, 0.9, 0.5, 0.1};
	enum
	{
		N = sizeof(shares) / sizeof(shares[0])
	};
	double worst = 0;
	bool valid = true;
	bool nested = true;
	Rng rng;

	rng_seed(&rng, 31, RNG_STREAM_TEST);
	for (int round = 0; round < 30; round++)
	{
		DensityGrid grid = mixture_grid(&rng);
		double total = trapezoidal_mass(&grid);
		Contour before = {.n_rings = 0};
		double levels[N];

		levels_of(&grid, shares, N, levels);
		for (size_t i = 0; i < N; i++)
		{
			Contour contour = trace(&grid, levels[i]);

			worst = fmax(worst, fabs(measure_of(&grid, levels[i]).mass / total - shares[i]));
			valid &= rings_are_valid(&contour) && holes_are_assigned(&contour);
			nested &= i == 0 || is_nested(&contour, &before);
			before = contour;
		}
		arena_free(&bench.arena);
	}
	printf("# 30 mixtures: mass off by %.1e\n", worst);
	check(worst <= 0.005, "mixtures: contours enclose the mass they claim within 0.5 %");
	check(valid, "mixtures: contours are valid");
	check(nested, "mixtures: contours are nested");
}

/* Random grids, with plateaus and saddles: the level is the highest one with enough mass. */
static void
test_levels_of_mass(void)
{
	static const double shares[] = {1, 0.999999, 0.9, 0.5, 0.5, 0.3, 0.01, 1e-9, 0};
	enum
	{
		N = sizeof(shares) / sizeof(shares[0])
	};
	Rng rng;
	bool enough = true;
	bool highest = true;
	bool falling = true;
	bool scaled = true;

	rng_seed(&rng, 23, RNG_STREAM_TEST);
	for (int round = 0; round < 300; round++)
	{
		size_t n_x = 2 + (size_t) (rng_double(&rng) * 12);
		size_t n_y = 2 + (size_t) (rng_double(&rng) * 12);
		double kinds = round % 3 == 0 ? 3 : round % 3 == 1 ? 6 : 1e6;
		/* From the smallest normal numbers to sums out of range; powers of two change no bit else. */
		double unit = round % 2 == 0 ? 0x1p1021 : 0x1p-980;
		DensityGrid grid;
		double levels[N];
		double other[N];
		double total;

		for (size_t i = 0; i < n_x * n_y; i++)
			density[i] = floor(rng_double(&rng) * kinds) / kinds * 6;
		density[0] += 1;
		grid = unit_grid(n_x, n_y, density);
		total = trapezoidal_mass(&grid);
		levels_of(&grid, shares, N, levels);
		for (size_t i = 0; i < N; i++)
		{
			double mass = measure_of(&grid, levels[i]).mass;
			double above = measure_of(&grid, levels[i] * (1 + 1e-9)).mass;

			/* Where all that is above 0 has not, which leaves out corners of cells with nodes of 0, it is that. */
			enough &= mass >= (shares[i] - 1e-11) * total || levels[i] == 0;
			highest &= shares[i] == 1 || shares[i] == 0 || above <= (shares[i] + 1e-11) * total;
			falling &= i == 0 || levels[i] >= levels[i - 1];
		}
		falling &= levels[3] == levels[4];
		for (size_t i = 0; i < n_x * n_y; i++)
			density[i] *= unit;
		levels_of(&grid, shares, N, other);
		for (size_t i = 0; i < N; i++)
			scaled &= fabs(other[i] / unit - levels[i]) <= 1e-9 * levels[i];
		arena_free(&bench.arena);
	}
	check(enough, "levels: their regions have the mass");
	check(highest, "levels: regions above have not");
	check(falling, "levels: the smaller the share, the higher, and equal for equal ones");
	check(scaled, "levels: of densities near the ends of the range of doubles");
}

/* Levels that follow from a formula. */
static void
test_levels_by_hand(void)
{
	static const double slope[] = {0, 4, 0, 4};
	static const double plateau[] = {1, 1, 3, 3, 1, 1, 3, 3};
	static const double half[] = {0.5};
	static const double ends[] = {0, 1};
	double levels[2];
	DensityGrid grid = unit_grid(2, 2, slope);
	EnclosedShares table;

	/* f = 4 x: above level L there is 2 (1 - (L / 4)^2) of 2. */
	levels_of(&grid, half, 1, levels);
	check_close(levels[0], 4 * sqrt(0.5), 1e-11, "half the mass of a slope");
	levels_of(&grid, ends, 2, levels);
	check(levels[0] == 4 && levels[1] == 0, "nothing and all: the peak and the lowest density");
	enclosed_shares(&bench.job, &grid, &table);
	check(enclosed_share(&table, 4) == 0 && enclosed_share(&table, 5) == 0 &&
			  enclosed_share(&table, 0) == 1,
		  "shares at the peak, above it, and at the foot");
	check_close(enclosed_share(&table, 2), 0.75, 1e-6,
				"the share of a place half way up the slope");

	/* Columns of 1, 1, 3, 3: masses 1, 2, 3 by cells. A sixth and more of them is on the plateau of 3. */
	grid = unit_grid(4, 2, plateau);
	levels_of(&grid, half, 1, levels);
	check(levels[0] == 3, "the level of a plateau, to the bit");
	enclosed_shares(&bench.job, &grid, &table);
	check(enclosed_share(&table, 3) == 0,
		  "a plateau is in the smallest region, whatever its share");
	check_close(enclosed_share(&table, 2), 3.0 / 6 + (2 + 3) / 2.0 / 2 / 6, 1e-3,
				"the share of a place between two plateaus");
	check_close(enclosed_share(&table, 1), 5.0 / 6, 1e-6, "and on the lower one");
	arena_free(&bench.arena);
}

/* The table of shares tells what a measurement would. */
static void
test_shares(void)
{
	DensityGrid grid = smooth_grid(100);
	double total = trapezoidal_mass(&grid);
	double peak = 0;
	double worst = 0;
	double sum = 0;
	bool falling = true;
	double before = 1;
	EnclosedShares table;

	if (sdq_failed(enclosed_shares(&bench.job, &grid, &table)))
		exit(EXIT_FAILURE);
	for (size_t i = 0; i < 10000; i++)
		peak = fmax(peak, density[i]);
	for (int i = 0; i <= 3000; i++)
	{
		/* Half of them over the whole range, half over some powers of ten. */
		double level = i < 1500 ? peak * exp2(-(1500 - i) / 30.0) : peak * (i - 1500) / 1500;
		double share = enclosed_share(&table, level);
		double error = fabs(share - measure_of(&grid, level).mass / total);

		if (i == 1500)
			before = 1;
		falling &= share <= before;
		before = share;
		worst = fmax(worst, error);
		sum += error;
	}
	printf("# shares from the table: off by %.1e, by %.1e on average\n", worst, sum / 3001);
	/* The worst are near tops, where neighbours are almost equal. */
	check(worst <= 1e-4 && sum / 3001 <= 1e-6, "shares of places are those that are measured");
	check(falling, "and fall with the density");
	arena_free(&bench.arena);
}

/* The largest error of the table at levels of nodes, of the middles of cells, and between. */
static double
worst_share(Rng *rng, const DensityGrid *grid, double peak)
{
	double total = trapezoidal_mass(grid);
	double worst = 0;
	EnclosedShares table;

	if (sdq_failed(enclosed_shares(&bench.job, grid, &table)))
		exit(EXIT_FAILURE);
	for (int i = 0; i < 60; i++)
	{
		size_t x = (size_t) (rng_double(rng) * (double) (grid->n_x - 1));
		size_t y = (size_t) (rng_double(rng) * (double) (grid->n_y - 1));
		double middle_x = (grid->x[x] + grid->x[x + 1]) / 2;
		double middle_y = (grid->y[y] + grid->y[y + 1]) / 2;
		double level = i % 3 == 0   ? grid->density[y * grid->n_x + x]
					   : i % 3 == 1 ? grid_density_at(grid, middle_x, middle_y)
									: rng_double(rng) * peak;
		/* The smallest region that holds the place: all that is above it. */
		double want = level == 0 ? 1 : measure_of(grid, nextafter(level, INFINITY)).mass / total;

		worst = fmax(worst, fabs(enclosed_share(&table, level) - want));
	}
	arena_free(&bench.arena);
	return worst;
}

/* Grids that are all saddles and plateaus, where the mass leaps at many levels. */
static void
test_shares_of_leaps(void)
{
	DensityGrid grid;
	double worst = 0;
	double worst_stairs = 0;
	Rng rng;

	rng_seed(&rng, 29, RNG_STREAM_TEST);
	for (int round = 0; round < 300; round++)
	{
		double most = round < 290 ? 12 : 120;
		size_t n_x = 2 + (size_t) (rng_double(&rng) * most);
		size_t n_y = 2 + (size_t) (rng_double(&rng) * most);
		double kinds = round % 3 == 0 ? 3 : round % 3 == 1 ? 6 : 1e6;

		for (size_t i = 0; i < n_x * n_y; i++)
			density[i] = floor(rng_double(&rng) * kinds) / kinds * 6;
		density[0] += 1;
		grid = unit_grid(n_x, n_y, density);
		worst = fmax(worst, worst_share(&rng, &grid, 7));
	}
	for (int steps = 2; steps < 2000; steps *= 3)
	{
		grid = smooth_grid(100);
		for (size_t i = 0; i < 100 * 100; i++)
			density[i] = floor(density[i] * steps / 0.3) / steps;
		worst_stairs = fmax(worst_stairs, worst_share(&rng, &grid, 1));
	}
	printf("# shares among leaps: off by %.1e, on stairs by %.1e\n", worst, worst_stairs);
	check(worst <= 1e-4, "shares on grids of saddles and plateaus are those that are measured");
	check(worst_stairs <= 1e-4, "and so are those on stairs");
}

/* ---------- places and axes ---------- */

static void
test_places(void)
{
	static const double values[] = {0, 2, 4, 10};
	static const double regular[] = {1e9, 1e9 + 0.001, 1e9 + 0.002, 1e9 + 0.003};
	static const double uneven[] = {0, 1, 3};
	static const double descending[] = {0, -1, -2};
	static const double infinite[] = {0, 1, INFINITY};
	static const double unknown[] = {0, NAN, 2};
	static const double wide[] = {-DBL_MAX, DBL_MAX};
	double close[] = {1, nextafter(1, 2)};
	DensityGrid grid = unit_grid(2, 2, values);

	check(grid_density_at(&grid, 0, 0) == 0 && grid_density_at(&grid, 1, 0) == 2 &&
			  grid_density_at(&grid, 0, 1) == 4 && grid_density_at(&grid, 1, 1) == 10,
		  "the density at nodes");
	check(grid_density_at(&grid, 0.5, 0.5) == 4, "and between them");
	check(isnan(grid_density_at(&grid, 1.01, 0)) && isnan(grid_density_at(&grid, 0, -0.01)) &&
			  isnan(grid_density_at(&grid, NAN, 0)) && isnan(grid_density_at(&grid, INFINITY, 0)),
		  "there is none outside the grid");
	check(axis_is_regular(regular, 4), "a regular axis with a large offset");
	check(!axis_is_regular(uneven, 3) && !axis_is_regular(descending, 3) &&
			  !axis_is_regular(infinite, 3) && !axis_is_regular(unknown, 3) &&
			  !axis_is_regular(wide, 2) && !axis_is_regular(close, 2),
		  "axes that are uneven, descending, not finite, too wide, too close");
}

/* ---------- lines ---------- */

static void
test_lines(void)
{
	static const double nodes[] = {0, 1, 2, 3, 4};
	static const double tent[] = {0, 1, 2, 1, 0};
	static const double flat[] = {3, 3, 3, 3, 3};
	static const double shelf[] = {0, 2, 2, 1, 0};
	static const double two[] = {0, 2, 0, 2, 0};
	double x[MAX_SIDE];
	double f[MAX_SIDE];
	LineInterval parts[(MAX_SIDE + 1) / 2];
	double level;

	/* Mass 4; above level L of the tent it is (4 - L^2). Half of it: L = sqrt(2). */
	level = line_level(tent, 5, 0.5);
	check_close(level, sqrt(2), 1e-12, "the level above which half of a tent lies");
	check(line_region(nodes, tent, 5, level, parts) == 1 && fabs(parts[0].lo - sqrt(2)) < 1e-12 &&
			  fabs(parts[0].hi - (4 - sqrt(2))) < 1e-12,
		  "and where it lies");
	level = line_level(tent, 5, 1);
	check(level == 0 && line_region(nodes, tent, 5, level, parts) == 1 && parts[0].lo == 0 &&
			  parts[0].hi == 4,
		  "all of the tent");
	check(line_region(nodes, tent, 5, 2, parts) == 0, "at the peak there is no interval");
	level = line_level(flat, 5, 0.3);
	check(level == 3 && line_region(nodes, flat, 5, level, parts) == 1 && parts[0].lo == 0 &&
			  parts[0].hi == 4,
		  "a flat density: the whole grid for any share");
	level = line_level(shelf, 5, 0.2);
	check(level == 2 && line_region(nodes, shelf, 5, level, parts) == 1 && parts[0].lo == 1 &&
			  parts[0].hi == 2,
		  "a plateau at the level is in the region");
	check(line_region(nodes, two, 5, 0, parts) == 1 && parts[0].lo == 0 && parts[0].hi == 4,
		  "two tents that meet in a point: one part");
	level = line_level(two, 5, 0.75);
	check_close(level, 1, 1e-12, "two tents: each of mass 2, above level L 2 - L^2 / 2");
	check(line_region(nodes, two, 5, level, parts) == 2 && fabs(parts[1].lo - 2.5) < 1e-12 &&
			  fabs(parts[1].hi - 3.5) < 1e-12,
		  "two tents: two parts");

	for (size_t i = 0; i < MAX_SIDE; i++)
	{
		x[i] = -5 + (double) i / 20;
		f[i] = 1e300 * exp(-x[i] * x[i] / 2);
	}
	level = line_level(f, MAX_SIDE, 0.95);
	check(line_region(x, f, MAX_SIDE, level, parts) == 1 && fabs(parts[0].hi - 1.959964) < 2e-3 &&
			  fabs(parts[0].lo + 1.959964) < 2e-3,
		  "a normal density, as large as can be: 1.96 standard deviations hold 95 %");
}

/* ---------- large grids, threads, interrupts ---------- */

static void
test_large(void)
{
	const size_t n = CHECK_RACES_ONLY ? 512 : 2048;
	double *nodes = malloc(n * sizeof(double));
	double *values = malloc(n * n * sizeof(double));
	DensityGrid grid = {.n_x = n, .n_y = n, .x = nodes, .y = nodes, .density = values};
	DensityRanking one;
	DensityRanking many;
	Contour contour;
	RegionMeasure measure;
	EnclosedShares table;
	const double share = 0.3;
	double level;
	Stop stop = {.poll = stop_now};
	Bench threads;
	int questions = 20;

	for (size_t i = 0; i < n; i++)
		nodes[i] = (double) i;
	for (size_t i = 0; i < n * n; i++)
		values[i] =
			(double) ((i % n / 8 + i / n / 8) % 2) + 1e-9 * (double) (i * 2654435761u % 1000);
	density_rank(&bench.job, values, n * n, &one);
	bench_open(&threads, 3);
	density_rank(&threads.job, values, n * n, &many);
	check(memcmp(one.values, many.values, n * n * sizeof(double)) == 0 &&
			  memcmp(one.shares, many.shares, n * n * sizeof(double)) == 0,
		  "a ranking has the same bits on three threads");
	bench_close(&threads);
	contour = trace(&grid, 0.5);
	check(contour.n_rings > 1000 || n < 2048, "a chessboard of fields has many rings");

	/* The single place where each function asks for the first time, and a later one. */
	bench.job.stop = &stop;
	check(contour_trace(&bench.job, &grid, 0.5, &contour).code == SDQ_INTERRUPTED,
		  "contours stop on request");
	check(density_rank(&bench.job, values, n * n, &one).code == SDQ_INTERRUPTED,
		  "a ranking stops on request");
	check(region_measure(&bench.job, &grid, 0.5, &measure).code == SDQ_INTERRUPTED,
		  "a measurement stops on request");
	check(region_levels(&bench.job, &grid, &share, 1, &level).code == SDQ_INTERRUPTED,
		  "levels stop on request");
	stop = (Stop){.poll = stop_countdown, .context = &questions};
	questions = (int) n + 2;
	check(contour_trace(&bench.job, &grid, 0.5, &contour).code == SDQ_INTERRUPTED,
		  "contours stop while they are traced");
	questions = (int) n + 2;
	check(region_levels(&bench.job, &grid, &share, 1, &level).code == SDQ_INTERRUPTED,
		  "levels stop while cells are gathered");
	questions = 2 * (int) n;
	check(region_levels(&bench.job, &grid, &share, 1, &level).code == SDQ_INTERRUPTED,
		  "levels stop in their search");
	questions = (int) n;
	check(enclosed_shares(&bench.job, &grid, &table).code == SDQ_INTERRUPTED,
		  "a table of shares stops");
	bench.job.stop = NULL;
	arena_free(&bench.arena);
	free(nodes);
	free(values);
}

/* Memory that is refused is a status. */
static void
test_memory(void)
{
	DensityGrid grid = smooth_grid(100);
	DensityRanking ranking;
	EnclosedShares table;
	Contour contour;
	const double share = 0.3;
	double level;

	bench.arena.limit = 1000;
	check(contour_trace(&bench.job, &grid, 0.01, &contour).code == SDQ_OVER_LIMIT,
		  "contours that need too much memory are refused");
	check(density_rank(&bench.job, density, 10000, &ranking).code == SDQ_OVER_LIMIT,
		  "so is a ranking");
	check(region_levels(&bench.job, &grid, &share, 1, &level).code == SDQ_OVER_LIMIT &&
			  enclosed_shares(&bench.job, &grid, &table).code == SDQ_OVER_LIMIT,
		  "so are levels and shares");
	bench.arena.limit = 0;
	arena_free(&bench.arena);
}

int
main(void)
{
	bench_open(&bench, 1);
	test_by_hand();
	test_levels();
	test_random_grids();
	test_mass();
	test_mixtures();
	test_levels_of_mass();
	test_levels_by_hand();
	test_shares();
	test_shares_of_leaps();
	test_places();
	test_lines();
	test_large();
	test_memory();
	bench_close(&bench);
	return check_done();
}
