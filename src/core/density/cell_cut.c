/*
 * cell_cut.c
 *		The part of a cell that lies inside, measured.
 */
#include "core/density/cell_cut.h"

#include <stddef.h>

/* A corner of a piece of the region within a cell, whose sides are 1. */
typedef struct CellPoint
{
	double x;
	double y;
} CellPoint;

/* Add the piece with n corners in order: triangles with the first one. A bilinear density is a polynomial of
 * second degree, which the middles of a triangle's sides integrate exactly (Hammer and Stroud 1956). */
static void
measure_piece(const double corners[N_CORNERS], const CellPoint *points, size_t n,
			  CellMeasure *measure)
{
	for (size_t i = 1; i + 1 < n; i++)
	{
		const CellPoint *triangle[3] = {&points[0], &points[i], &points[i + 1]};
		double size = ((points[i].x - points[0].x) * (points[i + 1].y - points[0].y) -
					   (points[i + 1].x - points[0].x) * (points[i].y - points[0].y)) /
					  2;
		double sum = 0;

		for (size_t side = 0; side < 3; side++)
		{
			const CellPoint *a = triangle[side];
			const CellPoint *b = triangle[(side + 1) % 3];

			sum += cell_density(corners, (a->x + b->x) / 2, (a->y + b->y) / 2);
		}
		measure->area += size;
		measure->mass += size * sum / 3;
	}
}

CellMeasure
cell_measure_cut(const double density[N_CORNERS], double level, double peak)
{
	CellMeasure measure = {0, 0};
	double corners[N_CORNERS]; /* in peaks */
	CellPoint points[2 * N_CORNERS];
	size_t first[N_CORNERS]; /* of the points of each corner that is inside */
	size_t n = 0;
	bool is_saddle = (density[0] >= level) == (density[2] >= level) &&
					 (density[1] >= level) == (density[3] >= level) &&
					 (density[0] >= level) != (density[1] >= level);

	for (size_t corner = 0; corner < N_CORNERS; corner++)
	{
		size_t next = (corner + 1) % N_CORNERS;
		bool inside = density[corner] >= level;
		/* Crossings are computed from the lower node on, as in the contour. */
		bool is_forward = corner < 2;
		double share;

		corners[corner] = density[corner] / peak;
		first[corner] = n;
		if (inside)
			points[n++] = (CellPoint){corner_x[corner], corner_y[corner]};
		if (inside == (density[next] >= level))
			continue;
		share = is_forward ? crossing_share(density[corner], density[next], level)
						   : 1 - crossing_share(density[next], density[corner], level);
		points[n++] = (CellPoint){corner_x[corner] + share * (corner_x[next] - corner_x[corner]),
								  corner_y[corner] + share * (corner_y[next] - corner_y[corner])};
	}
	if (!is_saddle || cell_mean(density) >= level)
	{
		measure_piece(corners, points, n, &measure);
		return measure;
	}
	/* Two triangles: each corner inside with the crossings before and after it. */
	for (size_t corner = density[0] >= level ? 0 : 1; corner < N_CORNERS; corner += 2)
	{
		CellPoint triangle[3] = {points[(first[corner] + n - 1) % n], points[first[corner]],
								 points[first[corner] + 1]};

		measure_piece(corners, triangle, 3, &measure);
	}
	return measure;
}

CellMeasure
cell_measure(const double corners[N_CORNERS], double level, double peak)
{
	if (lowest_corner(corners) >= level)
		return (CellMeasure){.area = 1, .mass = cell_mean(corners) / peak};
	if (highest_corner(corners) < level)
		return (CellMeasure){0, 0};
	return cell_measure_cut(corners, level, peak);
}
