/*
 * gaussian_template.h
 *		The two sums, included once per instruction set by gaussian.c, which defines GAUSSIAN_NAME and
 *		GAUSSIAN_TARGET and explains the method. Both macros are undefined again here.
 */
GAUSSIAN_TARGET static double
GAUSSIAN_NAME(sum)(const double *restrict values, const double *restrict weights, size_t n,
				   double x, double inverse_h)
{
	Compensated total = {0, 0};
	double terms[GAUSSIAN_BLOCK];

	for (size_t start = 0; start < n; start += GAUSSIAN_BLOCK)
	{
		size_t m = n - start < GAUSSIAN_BLOCK ? n - start : GAUSSIAN_BLOCK;

		for (size_t i = 0; i < m; i++)
		{
			double t = (x - values[start + i]) * inverse_h;

			terms[i] = weights[start + i] * gaussian_term(-0.5 * (t * t));
		}
		compensated_add(&total, sum_terms(terms, m));
	}
	return compensated_total(&total);
}

GAUSSIAN_TARGET static double
GAUSSIAN_NAME(sum_2d)(const double *restrict point_x, const double *restrict point_y,
					  const double *restrict weights, size_t n, double x, double y,
					  const Gaussian2d *kernel)
{
	double inverse_x = kernel->inverse_x;
	double inverse_y = kernel->inverse_y;
	double slope = kernel->slope;
	Compensated total = {0, 0};
	double terms[GAUSSIAN_BLOCK];

	for (size_t start = 0; start < n; start += GAUSSIAN_BLOCK)
	{
		size_t m = n - start < GAUSSIAN_BLOCK ? n - start : GAUSSIAN_BLOCK;

		for (size_t i = 0; i < m; i++)
		{
			double dx = x - point_x[start + i];
			double dy = y - point_y[start + i];
			double u = dx * inverse_x;
			double v = (dy - slope * dx) * inverse_y;

			terms[i] = weights[start + i] * gaussian_term(-0.5 * (u * u + v * v));
		}
		compensated_add(&total, sum_terms(terms, m));
	}
	return compensated_total(&total);
}

#undef GAUSSIAN_NAME
#undef GAUSSIAN_TARGET
