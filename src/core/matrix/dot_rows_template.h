/*
 * dot_rows_template.h
 *		Tiles of inner products, included once per instruction set by dot_rows.c, which defines
 *		DOT_NAME, DOT_TARGET, DOT_VECTOR_BYTES and the size of a tile, DOT_ROWS by DOT_COLUMNS, and
 *		explains the method. The macros are undefined again here.
 */
#define DOT_VECTOR_LANES (DOT_VECTOR_BYTES / sizeof(double))
#define DOT_PARTS        (DOT_LANES / DOT_VECTOR_LANES)

typedef double DOT_NAME(Vector) __attribute__((vector_size(DOT_VECTOR_BYTES)));
typedef double DOT_NAME(Unaligned)
	__attribute__((vector_size(DOT_VECTOR_BYTES), aligned(8), may_alias));

/* A tile of `rows` rows of x by `columns` rows of y; both numbers are constants to the compiler. */
DOT_TARGET static inline __attribute__((always_inline)) void
DOT_NAME(tile)(const double *x, size_t ldx, const double *y, size_t ldy, size_t d, double *out,
			   size_t ldo, size_t rows, size_t columns)
{
	DOT_NAME(Vector) sums[DOT_ROWS][DOT_COLUMNS][DOT_PARTS] = {{{{0}}}};
	size_t j = 0;

	for (; j + DOT_LANES <= d; j += DOT_LANES)
	{
#pragma GCC unroll 8
		for (size_t r = 0; r < rows; r++)
		{
			const DOT_NAME(Unaligned) *xs = (const DOT_NAME(Unaligned) *) (x + r * ldx + j);

#pragma GCC unroll 8
			for (size_t c = 0; c < columns; c++)
			{
				const DOT_NAME(Unaligned) *ys = (const DOT_NAME(Unaligned) *) (y + c * ldy + j);

#pragma GCC unroll 8
				for (size_t p = 0; p < DOT_PARTS; p++)
					sums[r][c][p] += xs[p] * ys[p];
			}
		}
	}
#pragma GCC unroll 8
	for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 8
		for (size_t c = 0; c < columns; c++)
		{
			double lanes[DOT_LANES];

#pragma GCC unroll 8
			for (size_t p = 0; p < DOT_PARTS; p++)
				((DOT_NAME(Unaligned) *) lanes)[p] = sums[r][c][p];
			out[r * ldo + c] = finish_lanes(lanes, x + r * ldx, y + c * ldy, j, d);
		}
}

/* `rows` rows of x by all of y. */
DOT_TARGET static inline __attribute__((always_inline)) void
DOT_NAME(strip)(const double *x, size_t ldx, const double *y, size_t m, size_t ldy, size_t d,
				double *out, size_t ldo, size_t rows)
{
	size_t k = 0;

	for (; k + DOT_COLUMNS <= m; k += DOT_COLUMNS)
		DOT_NAME(tile)(x, ldx, y + k * ldy, ldy, d, out + k, ldo, rows, DOT_COLUMNS);
	for (; k < m; k++)
		DOT_NAME(tile)(x, ldx, y + k * ldy, ldy, d, out + k, ldo, rows, 1);
}

/* dot_rows() */
DOT_TARGET static void
DOT_NAME(multiply)(const double *x, size_t n, size_t ldx, const double *y, size_t m, size_t ldy,
				   size_t d, double *out, size_t ldo)
{
	size_t i = 0;

	for (; i + DOT_ROWS <= n; i += DOT_ROWS)
		DOT_NAME(strip)(x + i * ldx, ldx, y, m, ldy, d, out + i * ldo, ldo, DOT_ROWS);
	for (; i < n; i++)
		DOT_NAME(strip)(x + i * ldx, ldx, y, m, ldy, d, out + i * ldo, ldo, 1);
}

#undef DOT_VECTOR_LANES
#undef DOT_PARTS
#undef DOT_NAME
#undef DOT_TARGET
#undef DOT_VECTOR_BYTES
#undef DOT_ROWS
#undef DOT_COLUMNS
