/*
 * gemm_template.h
 *		The body of the plain matrix product, included once per element type by gemm.c, which defines
 *		GEMM_NAME and GEMM_REAL.
 *
 * B is copied, in panels of GEMM_DEPTH x GEMM_WIDTH, into rows that the innermost loop reads in
 * order; the compiler vectorises that loop. Sums run over k in ascending order within and across
 * panels, so the result does not depend on how a caller tiles m and n.
 */
void
GEMM_NAME(BlasTranspose transpose_a, BlasTranspose transpose_b, size_t m, size_t n, size_t k,
		  GEMM_REAL alpha, const GEMM_REAL *a, size_t lda, const GEMM_REAL *b, size_t ldb,
		  GEMM_REAL beta, GEMM_REAL *c, size_t ldc)
{
	GEMM_REAL panel[GEMM_DEPTH][GEMM_WIDTH];

	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++)
			c[i * ldc + j] = beta == 0 ? 0 : beta * c[i * ldc + j];

	for (size_t j0 = 0; j0 < n; j0 += GEMM_WIDTH)
	{
		size_t width = n - j0 < GEMM_WIDTH ? n - j0 : GEMM_WIDTH;

		for (size_t l0 = 0; l0 < k; l0 += GEMM_DEPTH)
		{
			size_t depth = k - l0 < GEMM_DEPTH ? k - l0 : GEMM_DEPTH;

			for (size_t l = 0; l < depth; l++)
				for (size_t j = 0; j < width; j++)
					panel[l][j] = transpose_b == BLAS_TRANSPOSE ? b[(j0 + j) * ldb + l0 + l]
																: b[(l0 + l) * ldb + j0 + j];
			for (size_t i = 0; i < m; i++)
			{
				GEMM_REAL *restrict row = c + i * ldc + j0;

				for (size_t l = 0; l < depth; l++)
				{
					GEMM_REAL factor =
						alpha * (transpose_a == BLAS_TRANSPOSE ? a[(l0 + l) * lda + i]
															   : a[i * lda + l0 + l]);

					for (size_t j = 0; j < width; j++)
						row[j] += factor * panel[l][j];
				}
			}
		}
	}
}
