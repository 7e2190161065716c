/*
 * triangle_tiles_test.c
 *		Tiles cover a triangle once, whatever the size of the matrix.
 */
#include "core/matrix/triangle_tiles.h"

#include <string.h>

#include "check.h"

#define MAX_N 400

static unsigned char covered[MAX_N * MAX_N];

/* Do the tiles of a matrix of n rows cover each element of the lower triangle once, and of the upper one the
 * mirror images? What tiles on the diagonal cover beyond it does not count. */
static bool
covers(size_t n)
{
	bool holds = true;

	memset(covered, 0, sizeof(covered));
	for (size_t number = 0; number < triangle_tiles(n); number++)
	{
		TriangleTile lower = lower_tile(n, number);
		TriangleTile upper = upper_tile(n, number);

		holds &= upper.row == lower.column && upper.rows == lower.columns;
		holds &= upper.column == lower.row && upper.columns == lower.rows;
		holds &= lower.row + lower.rows <= n && lower.column + lower.columns <= n;
		holds &= lower.rows <= TRIANGLE_TILE && lower.columns <= TRIANGLE_TILE;
		for (size_t i = lower.row; holds && i < lower.row + lower.rows; i++)
			for (size_t j = lower.column; j < lower.column + lower.columns; j++)
				covered[i * n + j]++;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++)
			holds &= covered[i * n + j] == 1;
	return holds;
}

int
main(void)
{
	check(triangle_tiles(0) == 0, "nothing takes no tiles");
	check(triangle_tiles(TRIANGLE_TILE) == 1 && triangle_tiles(TRIANGLE_TILE + 1) == 3,
		  "one tile holds itself, and one more row takes three");
	check(covers(1), "one row");
	check(covers(TRIANGLE_TILE - 1), "one row less than a tile");
	check(covers(TRIANGLE_TILE), "one tile");
	check(covers(TRIANGLE_TILE + 1), "one row more");
	check(covers(3 * TRIANGLE_TILE), "whole tiles");
	check(covers(MAX_N), "the last ones cut off");
	return check_done();
}
