/*
 * triangle_tiles.c
 *		Tiles are numbered along the rows of tiles of the lower triangle.
 */
#include "core/matrix/triangle_tiles.h"

#include "core/base/sizes.h"

size_t
triangle_tiles(size_t n)
{
	size_t side = divide_up(n, TRIANGLE_TILE);

	return side * (side + 1) / 2;
}

TriangleTile
lower_tile(size_t n, size_t number)
{
	size_t row = 0;
	TriangleTile tile;

	while (number > row)
		number -= ++row;
	tile.row = row * TRIANGLE_TILE;
	tile.column = number * TRIANGLE_TILE;
	tile.rows = minimum(n - tile.row, TRIANGLE_TILE);
	tile.columns = minimum(n - tile.column, TRIANGLE_TILE);
	return tile;
}

TriangleTile
upper_tile(size_t n, size_t number)
{
	TriangleTile lower = lower_tile(n, number);

	return (TriangleTile){
		.row = lower.column, .column = lower.row, .rows = lower.columns, .columns = lower.rows};
}
