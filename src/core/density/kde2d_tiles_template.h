/*
 * kde2d_tiles_template.h
 *		The loops over one block of points, included once per instruction set by kde2d_tiles.c, which
 *		defines TILES_TARGET, TILES_NAME, MULTIPLY_ADD(a, b, c) for numbers, VECTOR (the type),
 *		VECTOR_LANES, VECTOR_LOAD, VECTOR_STORE, VECTOR_SET, VECTOR_ADD, VECTOR_FMA, and the shape of
 *		what is held in registers beside a group of columns, GROUP_VECTORS. The template undefines them
 *		again.
 */

/* exp(exponent) where `counts`, else 0; the exponent is within +-TILES_MAX_EXPONENT there. The method is
 * that of gaussian.c. */
TILES_TARGET static inline __attribute__((always_inline)) double
TILES_NAME(exp)(double exponent, bool counts)
{
	double shifted = MULTIPLY_ADD(exponent, LOG2_E, ROUND_TO_INTEGER);
	double k = shifted - ROUND_TO_INTEGER;
	double r = MULTIPLY_ADD(k, -LN2_LOW, MULTIPLY_ADD(k, -LN2_HIGH, exponent));
	double p = 1.0 / 6227020800.0; /* 1 / 13! */
	uint64_t power;
	uint64_t bits;

	p = MULTIPLY_ADD(p, r, 1.0 / 479001600.0);
	p = MULTIPLY_ADD(p, r, 1.0 / 39916800.0);
	p = MULTIPLY_ADD(p, r, 1.0 / 3628800.0);
	p = MULTIPLY_ADD(p, r, 1.0 / 362880.0);
	p = MULTIPLY_ADD(p, r, 1.0 / 40320.0);
	p = MULTIPLY_ADD(p, r, 1.0 / 5040.0);
	p = MULTIPLY_ADD(p, r, 1.0 / 720.0);
	p = MULTIPLY_ADD(p, r, 1.0 / 120.0);
	p = MULTIPLY_ADD(p, r, 1.0 / 24.0);
	p = MULTIPLY_ADD(p, r, 1.0 / 6.0);
	p = MULTIPLY_ADD(p, r, 0.5);
	p = MULTIPLY_ADD(p, r, 1.0);
	p = MULTIPLY_ADD(p, r, 1.0);

	memcpy(&power, &shifted, sizeof(power));
	memcpy(&bits, &p, sizeof(bits));
	bits += power << EXPONENT_SHIFT;
	bits &= -(uint64_t) counts;
	memcpy(&p, &bits, sizeof(p));
	return p;
}

/* The factors of y: along[i][m] for the points [first, first + n) of the tile. */
TILES_TARGET static void
TILES_NAME(along)(Tile *tile, size_t first, size_t n)
{
	const double *restrict line = tile->line;
	size_t width = tile->width;
	double reach = tile->along_reach;

	for (size_t i = 0; i < n; i++)
	{
		double *restrict along = tile->along + i * TILES_ALONG_STRIDE;
		double w = tile->w[first + i];

		for (size_t m = 0; m < width; m++)
		{
			double d = line[m] - w;

			along[m] = TILES_NAME(exp)(-0.5 * d * d, fabs(d) <= reach);
		}
	}
}

/* The factors of x: across[i][column]. */
TILES_TARGET static void
TILES_NAME(across)(Tile *tile, size_t first, size_t n)
{
	const double *restrict x = tile->x;
	const double *restrict shift = tile->shift;
	const double *restrict rest = tile->rest;
	size_t columns = tile->n_columns;
	double along_limit = tile->along_limit;

	for (size_t i = 0; i < n; i++)
	{
		double *restrict across = tile->across + i * TILES_MAX_COLUMNS;
		double p = tile->p[first + i];
		double w = tile->w[first + i];
		double weight = tile->weights[first + i];

		for (size_t j = 0; j < columns; j++)
		{
			double u = x[j] - p;
			double s = w - shift[j];

			/* Both comparisons are made, without a branch, so that the loop is vectorised. */
			across[j] =
				weight * TILES_NAME(exp)(MULTIPLY_ADD(s, rest[j], -0.5 * u * u),
										 (fabs(u) <= TILES_REACH) & (fabs(s) <= along_limit));
		}
	}
}

/* Add n points' products to VECTOR_LANES * vectors rows of a group of columns. */
TILES_TARGET static inline __attribute__((always_inline)) void
TILES_NAME(panel)(const double *along, const double *across, size_t n, double *sums, size_t stride,
				  const size_t group, const size_t vectors)
{
	VECTOR total[TILES_GROUP][TILES_LONE_VECTORS];

	for (size_t j = 0; j < group; j++)
		for (size_t v = 0; v < vectors; v++)
			total[j][v] = VECTOR_SET(0.0);
	for (size_t i = 0; i < n; i++)
	{
		VECTOR rows[TILES_LONE_VECTORS];

		for (size_t v = 0; v < vectors; v++)
			rows[v] = VECTOR_LOAD(along + v * VECTOR_LANES);
		for (size_t j = 0; j < group; j++)
		{
			VECTOR factor = VECTOR_SET(across[j]);

			for (size_t v = 0; v < vectors; v++)
				total[j][v] = VECTOR_FMA(factor, rows[v], total[j][v]);
		}
		along += TILES_ALONG_STRIDE;
		across += TILES_MAX_COLUMNS;
	}
	for (size_t j = 0; j < group; j++)
		for (size_t v = 0; v < vectors; v++)
		{
			double *at = sums + j * stride + v * VECTOR_LANES;

			VECTOR_STORE(at, VECTOR_ADD(VECTOR_LOAD(at), total[j][v]));
		}
}

/* The same with numbers in place of constants. */
TILES_TARGET static inline __attribute__((always_inline)) void
TILES_NAME(panel_of)(const double *along, const double *across, size_t n, double *sums,
					 size_t stride, const size_t group, size_t vectors)
{
	switch (vectors)
	{
		case 1: TILES_NAME(panel)(along, across, n, sums, stride, group, 1); break;
		case 2: TILES_NAME(panel)(along, across, n, sums, stride, group, 2); break;
		case 3: TILES_NAME(panel)(along, across, n, sums, stride, group, 3); break;
		case 4: TILES_NAME(panel)(along, across, n, sums, stride, group, 4); break;
		case 5: TILES_NAME(panel)(along, across, n, sums, stride, group, 5); break;
		case 6: TILES_NAME(panel)(along, across, n, sums, stride, group, 6); break;
		case 7: TILES_NAME(panel)(along, across, n, sums, stride, group, 7); break;
		case 8: TILES_NAME(panel)(along, across, n, sums, stride, group, 8); break;
	}
}

/* Rows in panels of nearly equal height, of at most most_vectors vectors. */
TILES_TARGET static inline __attribute__((always_inline)) void
TILES_NAME(panels)(Tile *tile, size_t n, const size_t group, const size_t most_vectors)
{
	size_t n_vectors = divide_up(tile->n_rows, VECTOR_LANES);
	size_t n_panels = divide_up(n_vectors, most_vectors);

	for (size_t panel = 0; panel < n_panels; panel++)
	{
		size_t start = panel * n_vectors / n_panels;
		size_t vectors = (panel + 1) * n_vectors / n_panels - start;
		size_t row = start * VECTOR_LANES;

		for (size_t j = 0; j < tile->n_columns; j += group)
			TILES_NAME(panel_of)
		(tile->along + tile->offset[j] + row, tile->across + j, n,
		 tile->sums + j * tile->stride + row, tile->stride, group, vectors);
	}
}

/* Add the kernels of the tile's points [first, first + n) to its sums. */
TILES_TARGET static void
TILES_NAME(block)(Tile *tile, size_t first, size_t n)
{
	TILES_NAME(along)(tile, first, n);
	TILES_NAME(across)(tile, first, n);
	if (tile->group == 1)
		TILES_NAME(panels)(tile, n, 1, TILES_LONE_VECTORS);
	else
		TILES_NAME(panels)(tile, n, TILES_GROUP, GROUP_VECTORS);
}

#undef TILES_TARGET
#undef TILES_NAME
#undef MULTIPLY_ADD
#undef VECTOR
#undef VECTOR_LANES
#undef VECTOR_LOAD
#undef VECTOR_STORE
#undef VECTOR_SET
#undef VECTOR_ADD
#undef VECTOR_FMA
#undef GROUP_VECTORS
