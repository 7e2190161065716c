/*
 * covariance_kernel_template.h
 *		The loops, included once per instruction set by covariance_kernel.c, which defines KERNEL_TARGET,
 *		KERNEL_NAME, VECTOR (the type), VECTOR_LANES, the operations VECTOR_ZERO, VECTOR_LOAD,
 *		VECTOR_STORE and VECTOR_FMA(x, v, s) (s + x * v for a number x), and the shape of what is held in
 *		registers: TILE_ROWS columns of a by TILE_VECTORS vectors of columns of b. The template undefines
 *		them again.
 */
KERNEL_TARGET static void
KERNEL_NAME(column_peaks)(const double *restrict rows, size_t n, size_t d, double *restrict peaks)
{
	for (size_t j = 0; j < d; j++)
		peaks[j] = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < d; j++)
		{
			double magnitude = fabs(rows[i * d + j]);

			peaks[j] = magnitude > peaks[j] ? magnitude : peaks[j];
		}
}

KERNEL_TARGET static void
KERNEL_NAME(split)(const double (*restrict strip)[STRIP_COLUMNS], size_t n,
				   const double (*restrict scale)[STRIP_COLUMNS], double *restrict high,
				   double *restrict middle, double *restrict low)
{
	for (size_t i = 0; i < n; i++)
		for (size_t l = 0; l < STRIP_COLUMNS; l++)
		{
			double rest = strip[i][l] * scale[0][l] * scale[1][l];
			double first = trunc(rest * (1 / DIGIT_BASE / DIGIT_BASE));
			double second;

			rest -= first * (DIGIT_BASE * DIGIT_BASE);
			second = trunc(rest * (1 / DIGIT_BASE));
			high[i * STRIP_COLUMNS + l] = first;
			middle[i * STRIP_COLUMNS + l] = second;
			low[i * STRIP_COLUMNS + l] = trunc(rest - second * DIGIT_BASE);
		}
}

KERNEL_TARGET static void
KERNEL_NAME(products)(const double *a, const double *const b[2], size_t n, int64_t *const sums[2])
{
	double totals[TILE_ROWS][TILE_VECTORS * VECTOR_LANES];

	for (size_t column = 0; column < 2 * STRIP_COLUMNS; column += TILE_VECTORS * VECTOR_LANES)
		for (size_t row = 0; row < STRIP_COLUMNS; row += TILE_ROWS)
		{
			VECTOR sum[TILE_ROWS][TILE_VECTORS];
			const double *strip[TILE_VECTORS];

			for (size_t v = 0; v < TILE_VECTORS; v++)
			{
				size_t first = column + v * VECTOR_LANES;

				strip[v] = b[first / STRIP_COLUMNS] + first % STRIP_COLUMNS;
				for (size_t r = 0; r < TILE_ROWS; r++)
					sum[r][v] = VECTOR_ZERO();
			}
			for (size_t i = 0; i < n; i++)
			{
				VECTOR right[TILE_VECTORS];

				for (size_t v = 0; v < TILE_VECTORS; v++)
					right[v] = VECTOR_LOAD(strip[v] + i * STRIP_COLUMNS);
				for (size_t r = 0; r < TILE_ROWS; r++)
				{
					double left = a[i * STRIP_COLUMNS + row + r];

					for (size_t v = 0; v < TILE_VECTORS; v++)
						sum[r][v] = VECTOR_FMA(left, right[v], sum[r][v]);
				}
			}
			for (size_t r = 0; r < TILE_ROWS; r++)
				for (size_t v = 0; v < TILE_VECTORS; v++)
					VECTOR_STORE(totals[r] + v * VECTOR_LANES, sum[r][v]);
			for (size_t r = 0; r < TILE_ROWS; r++)
				for (size_t v = 0; v < TILE_VECTORS; v++)
				{
					size_t first = column + v * VECTOR_LANES;
					int64_t *block = sums[first / STRIP_COLUMNS];

					if (block == NULL)
						continue;
					block += (row + r) * STRIP_COLUMNS + first % STRIP_COLUMNS;
					for (size_t l = 0; l < VECTOR_LANES; l++)
						block[l] += (int64_t) totals[r][v * VECTOR_LANES + l];
				}
		}
}

#undef KERNEL_TARGET
#undef KERNEL_NAME
#undef VECTOR
#undef VECTOR_LANES
#undef VECTOR_ZERO
#undef VECTOR_LOAD
#undef VECTOR_STORE
#undef VECTOR_FMA
#undef TILE_ROWS
#undef TILE_VECTORS
