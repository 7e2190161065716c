/*
 * triangle_tiles.h
 *		Tiles that cover one triangle of a square matrix, with its diagonal.
 *
 * Symmetric sums are added up tile by tile, a tile by one thread at a time.
 */
#ifndef SYNTHDQ_CORE_MATRIX_TRIANGLE_TILES_H
#define SYNTHDQ_CORE_MATRIX_TRIANGLE_TILES_H

#include <stddef.h>

/* Rows and columns of a tile that is not cut off by the matrix' end; a multiple of the groups of byte
 * products. */
#define TRIANGLE_TILE ((size_t) 128)

typedef struct TriangleTile
{
	size_t row; /* the first */
	size_t column;
	size_t rows;
	size_t columns;
} TriangleTile;

/* How many tiles cover a triangle of a matrix of n rows. */
extern size_t triangle_tiles(size_t n);

/* The tile with this number, from 0: of the lower triangle, and its mirror image in the upper one. */
extern TriangleTile lower_tile(size_t n, size_t number);
extern TriangleTile upper_tile(size_t n, size_t number);

#endif
