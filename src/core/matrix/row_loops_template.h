/*
 * row_loops_template.h
 *		The loops over rows, written for the compiler to vectorise; included by row_loops.c once per
 *		instruction set. It defines ROWS_TARGET and ROWS_NAME; the template undefines them again.
 */

ROWS_TARGET static void
ROWS_NAME(add_bytes)(const uint8_t *restrict row, size_t d, uint16_t *restrict sums,
					 uint8_t *restrict minima, uint8_t *restrict maxima)
{
	for (size_t j = 0; j < d; j++)
	{
		sums[j] = (uint16_t) (sums[j] + row[j]);
		minima[j] = row[j] < minima[j] ? row[j] : minima[j];
		maxima[j] = row[j] > maxima[j] ? row[j] : maxima[j];
	}
}

ROWS_TARGET static void
ROWS_NAME(add_floats)(const float *restrict row, size_t d, const double *restrict shift,
					  double *restrict sums, float *restrict minima, float *restrict maxima)
{
	for (size_t j = 0; j < d; j++)
	{
		sums[j] += row[j] - shift[j];
		minima[j] = row[j] < minima[j] ? row[j] : minima[j];
		maxima[j] = row[j] > maxima[j] ? row[j] : maxima[j];
	}
}

ROWS_TARGET static void
ROWS_NAME(add_doubles)(const double *restrict row, size_t d, double factor,
					   const double *restrict shift, double *restrict sums, double *restrict minima,
					   double *restrict maxima)
{
	for (size_t j = 0; j < d; j++)
	{
		sums[j] += factor * row[j] - factor * shift[j];
		minima[j] = row[j] < minima[j] ? row[j] : minima[j];
		maxima[j] = row[j] > maxima[j] ? row[j] : maxima[j];
	}
}

/* Define the centring of rows of one type to another. */
#define DEFINE_CENTER(name, stored, real)                                                          \
	ROWS_TARGET static void ROWS_NAME(name)(const stored *restrict row, size_t d,                  \
											const double *restrict mean, double scale,             \
											real *restrict out)                                    \
	{                                                                                              \
		for (size_t j = 0; j < d; j++)                                                             \
			out[j] = (real) ((row[j] - mean[j]) * scale);                                          \
	}

DEFINE_CENTER(center_bytes, uint8_t, float)
DEFINE_CENTER(center_bytes_double, uint8_t, double)
DEFINE_CENTER(center_floats, float, float)
DEFINE_CENTER(center_floats_double, float, double)

/* The same of doubles: halved, since the difference of two large ones may overflow. */
#define DEFINE_CENTER_DOUBLES(name, real)                                                          \
	ROWS_TARGET static void ROWS_NAME(name)(const double *restrict row, size_t d,                  \
											const double *restrict mean, double scale,             \
											real *restrict out)                                    \
	{                                                                                              \
		for (size_t j = 0; j < d; j++)                                                             \
			out[j] = (real) ((0.5 * row[j] - 0.5 * mean[j]) * (2 * scale));                        \
	}

DEFINE_CENTER_DOUBLES(center_doubles, float)
DEFINE_CENTER_DOUBLES(center_doubles_double, double)

static const RowLoops ROWS_NAME(loops) = {
	.add_bytes = ROWS_NAME(add_bytes),
	.add_floats = ROWS_NAME(add_floats),
	.add_doubles = ROWS_NAME(add_doubles),
	.center_bytes = ROWS_NAME(center_bytes),
	.center_floats = ROWS_NAME(center_floats),
	.center_doubles = ROWS_NAME(center_doubles),
	.center_bytes_double = ROWS_NAME(center_bytes_double),
	.center_floats_double = ROWS_NAME(center_floats_double),
	.center_doubles_double = ROWS_NAME(center_doubles_double),
};

#undef DEFINE_CENTER
#undef DEFINE_CENTER_DOUBLES
#undef ROWS_TARGET
#undef ROWS_NAME
