/*
 * field_exact_template.h
 *		The inner loops over one tile, included once per instruction set by field_exact.c, which
 *		defines VECTOR (the type), VECTOR_LANES, VECTOR_TARGET, the operations VECTOR_LOAD, _STORE,
 *		_SET, _ADD, _SUB, _MUL, _FMA (a * b + c), _RECIPROCAL, TILE_ROWS (rows that share a load of
 *		the columns) and FIELD_NAME. The template undefines them again.
 *
 * dims and rows are constants at every call, so that the loops over them unroll into registers.
 */

/* Add the lanes up, in a fixed order. */
VECTOR_TARGET static inline double
FIELD_NAME(sum)(VECTOR v)
{
	float lane[VECTOR_LANES] = {0};

	VECTOR_STORE(lane, v);
	for (int width = VECTOR_LANES / 2; width > 0; width /= 2)
		for (int l = 0; l < width; l++)
			lane[l] += lane[l + width];
	return lane[0];
}

/* Rows first .. first + rows - 1 against all columns. */
VECTOR_TARGET static inline __attribute__((always_inline)) double
FIELD_NAME(rows)(const FieldTile *tile, size_t first, const int dims, const int rows)
{
	VECTOR at[TILE_ROWS][MAP_MAX_DIMS];
	VECTOR force[TILE_ROWS][MAP_MAX_DIMS];
	VECTOR z = VECTOR_SET(0);

	for (int r = 0; r < rows; r++)
		for (int d = 0; d < dims; d++)
		{
			at[r][d] = VECTOR_SET(tile->row[d][first + r]);
			force[r][d] = VECTOR_SET(0);
		}
	for (size_t j = 0; j < tile->n_columns; j += VECTOR_LANES)
	{
		VECTOR column[MAP_MAX_DIMS];
		VECTOR reaction[MAP_MAX_DIMS];

		for (int d = 0; d < dims; d++)
		{
			column[d] = VECTOR_LOAD(tile->column[d] + j);
			reaction[d] = VECTOR_LOAD(tile->column_force[d] + j);
		}
		for (int r = 0; r < rows; r++)
		{
			VECTOR delta[MAP_MAX_DIMS];
			VECTOR w = VECTOR_SET(1);

			for (int d = 0; d < dims; d++)
			{
				delta[d] = VECTOR_SUB(at[r][d], column[d]);
				w = VECTOR_FMA(delta[d], delta[d], w);
			}
			w = VECTOR_RECIPROCAL(w);
			z = VECTOR_ADD(z, w);
			w = VECTOR_MUL(w, w);
			for (int d = 0; d < dims; d++)
			{
				force[r][d] = VECTOR_FMA(w, delta[d], force[r][d]);
				reaction[d] = VECTOR_FMA(w, delta[d], reaction[d]);
			}
		}
		for (int d = 0; d < dims; d++)
			VECTOR_STORE(tile->column_force[d] + j, reaction[d]);
	}
	for (int r = 0; r < rows; r++)
		for (int d = 0; d < dims; d++)
			tile->row_force[d][first + r] += FIELD_NAME(sum)(force[r][d]);
	return FIELD_NAME(sum)(z);
}

/* The tile in dims dimensions. */
VECTOR_TARGET static inline __attribute__((always_inline)) double
FIELD_NAME(tile)(const FieldTile *tile, const int dims)
{
	double z = 0;
	size_t i = 0;

	for (; i + TILE_ROWS <= tile->n_rows; i += TILE_ROWS)
		z += FIELD_NAME(rows)(tile, i, dims, TILE_ROWS);
	for (; i < tile->n_rows; i++)
		z += FIELD_NAME(rows)(tile, i, dims, 1);
	return z;
}

VECTOR_TARGET static double FIELD_NAME(2d)(const FieldTile *tile)
{
	return FIELD_NAME(tile)(tile, 2);
}

VECTOR_TARGET static double FIELD_NAME(3d)(const FieldTile *tile)
{
	return FIELD_NAME(tile)(tile, 3);
}

#undef VECTOR
#undef VECTOR_LANES
#undef VECTOR_TARGET
#undef VECTOR_LOAD
#undef VECTOR_STORE
#undef VECTOR_SET
#undef VECTOR_ADD
#undef VECTOR_SUB
#undef VECTOR_MUL
#undef VECTOR_FMA
#undef VECTOR_RECIPROCAL
#undef TILE_ROWS
#undef FIELD_NAME
