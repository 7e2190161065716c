/*
 * cholesky.c
 *		Blocked Cholesky factor and triangular systems (Golub and Van Loan, "Matrix Computations",
 *		section 4.2.6): blocks of BLOCK columns are worked on in plain loops, everything right of or
 *		below them by matrix products in tiles, which the pool's threads share.
 */
#include "core/matrix/cholesky.h"

#include <float.h>
#include <math.h>

#include "core/base/blas.h"
#include "core/base/sizes.h"
#include "core/matrix/triangle_tiles.h"

/* Columns of a block. */
#define BLOCK ((size_t) 64)

/* Rows and columns of right-hand sides that one product takes. */
#define SYSTEM_ROWS    ((size_t) 128)
#define SYSTEM_COLUMNS ((size_t) 256)

/* ---------- the factor ---------- */

/* One block step: columns k .. k + width - 1. */
typedef struct FactorStep
{
	double *a; /* [n][n] */
	size_t n;
	size_t k;
	size_t width;
} FactorStep;

/* The block on the diagonal, in plain loops. diagonal[n] are the elements before all steps. */
static SdqStatus
factor_block(const FactorStep *step, const double *diagonal)
{
	for (size_t i = step->k; i < step->k + step->width; i++)
	{
		double *row = step->a + i * step->n;

		for (size_t j = step->k; j <= i; j++)
		{
			const double *other = step->a + j * step->n;
			double sum = row[j];

			for (size_t l = step->k; l < j; l++)
				sum -= row[l] * other[l];
			if (j < i)
				row[j] = sum / other[j];
			/* Written so that NaN fails. */
			else if (sum > (double) step->n * DBL_EPSILON * diagonal[i])
				row[i] = sqrt(sum);
			else
				return sdq_bad_data(CHOLESKY_SINGULAR, (int64_t) i, sum, diagonal[i]);
		}
	}
	return sdq_ok();
}

/* Some rows below the block: x L' = a, row by row. */
static void
factor_rows(void *argument, size_t chunk, int thread)
{
	const FactorStep *step = argument;
	size_t first = step->k + step->width + chunk * BLOCK;
	size_t end = minimum(first + BLOCK, step->n);

	for (size_t i = first; i < end; i++)
	{
		double *row = step->a + i * step->n;

		for (size_t j = step->k; j < step->k + step->width; j++)
		{
			const double *other = step->a + j * step->n;
			double sum = row[j];

			for (size_t l = step->k; l < j; l++)
				sum -= row[l] * other[l];
			row[j] = sum / other[j];
		}
	}
}

/* One tile of the lower triangle of what is left: minus its rows' product. */
static void
factor_tile(void *argument, size_t chunk, int thread)
{
	const FactorStep *step = argument;
	size_t n = step->n;
	size_t first = step->k + step->width;
	TriangleTile tile = lower_tile(n - first, chunk);
	size_t row = first + tile.row;
	size_t column = first + tile.column;

	blas_dgemm(BLAS_NO_TRANSPOSE, BLAS_TRANSPOSE, tile.rows, tile.columns, step->width, -1,
			   step->a + row * n + step->k, n, step->a + column * n + step->k, n, 1,
			   step->a + row * n + column, n);
}

SdqStatus
cholesky_factor(Job *job, double *a, size_t n, double *scratch)
{
	FactorStep step = {.a = a, .n = n};
	SdqStatus status = sdq_ok();

	for (size_t i = 0; i < n; i++)
		scratch[i] = a[i * n + i];
	for (; step.k < n && !sdq_failed(status); step.k += step.width)
	{
		size_t left;

		step.width = minimum(BLOCK, n - step.k);
		left = n - step.k - step.width;
		status = factor_block(&step, scratch);
		if (!sdq_failed(status))
			status = pool_run(job->pool, factor_rows, &step, divide_up(left, BLOCK));
		if (!sdq_failed(status))
			status = pool_run(job->pool, factor_tile, &step, triangle_tiles(left));
	}
	return status;
}

/* ---------- systems ---------- */

/* One block step of a system: rows k .. k + width - 1 of b are done. */
typedef struct SystemStep
{
	const double *l;
	size_t ldl;
	size_t n;
	double *b; /* [n][m] */
	size_t ldb;
	size_t m;
	size_t k;
	size_t width;
	size_t column_tiles; /* tiles along a row of b */
} SystemStep;

/* Bounds of a tile of b; rows count from `first` to `end`. */
typedef struct SystemTile
{
	size_t row, rows;
	size_t column, columns;
} SystemTile;

static SystemTile
system_tile(const SystemStep *step, size_t chunk, size_t first, size_t end)
{
	SystemTile tile;

	tile.row = first + chunk / step->column_tiles * SYSTEM_ROWS;
	tile.rows = minimum(SYSTEM_ROWS, end - tile.row);
	tile.column = chunk % step->column_tiles * SYSTEM_COLUMNS;
	tile.columns = minimum(SYSTEM_COLUMNS, step->m - tile.column);
	return tile;
}

/* target[m] -= factor * source[m]. */
static void
subtract_multiple(double *target, const double *source, double factor, size_t m)
{
	for (size_t c = 0; c < m; c++)
		target[c] -= factor * source[c];
}

/* row[m] /= divisor. */
static void
divide_row(double *row, double divisor, size_t m)
{
	for (size_t c = 0; c < m; c++)
		row[c] /= divisor;
}

/* The rows of b below the block lose its share. */
static void
forward_tile(void *argument, size_t chunk, int thread)
{
	const SystemStep *step = argument;
	SystemTile tile = system_tile(step, chunk, step->k + step->width, step->n);

	blas_dgemm(BLAS_NO_TRANSPOSE, BLAS_NO_TRANSPOSE, tile.rows, tile.columns, step->width, -1,
			   step->l + tile.row * step->ldl + step->k, step->ldl,
			   step->b + step->k * step->ldb + tile.column, step->ldb, 1,
			   step->b + tile.row * step->ldb + tile.column, step->ldb);
}

SdqStatus
cholesky_forward(Job *job, const double *l, size_t ldl, size_t n, double *b, size_t ldb, size_t m)
{
	SystemStep step = {.l = l, .ldl = ldl, .n = n, .b = b, .ldb = ldb, .m = m};
	SdqStatus status = sdq_ok();

	step.column_tiles = divide_up(m, SYSTEM_COLUMNS);
	for (; step.k < n && !sdq_failed(status); step.k += step.width)
	{
		step.width = minimum(BLOCK, n - step.k);
		for (size_t i = step.k; i < step.k + step.width; i++)
		{
			for (size_t j = step.k; j < i; j++)
				subtract_multiple(b + i * ldb, b + j * ldb, l[i * ldl + j], m);
			divide_row(b + i * ldb, l[i * ldl + i], m);
		}
		status = pool_run(job->pool, forward_tile, &step,
						  divide_up(n - step.k - step.width, SYSTEM_ROWS) * step.column_tiles);
	}
	return status;
}

/* The rows of b above the block lose its share. */
static void
backward_tile(void *argument, size_t chunk, int thread)
{
	const SystemStep *step = argument;
	SystemTile tile = system_tile(step, chunk, 0, step->k);

	blas_dgemm(BLAS_TRANSPOSE, BLAS_NO_TRANSPOSE, tile.rows, tile.columns, step->width, -1,
			   step->l + step->k * step->ldl + tile.row, step->ldl,
			   step->b + step->k * step->ldb + tile.column, step->ldb, 1,
			   step->b + tile.row * step->ldb + tile.column, step->ldb);
}

SdqStatus
cholesky_backward(Job *job, const double *l, size_t ldl, size_t n, double *b, size_t ldb, size_t m)
{
	SystemStep step = {.l = l, .ldl = ldl, .n = n, .b = b, .ldb = ldb, .m = m};
	SdqStatus status = sdq_ok();

	step.column_tiles = divide_up(m, SYSTEM_COLUMNS);
	for (size_t block = divide_up(n, BLOCK); block-- > 0 && !sdq_failed(status);)
	{
		step.k = block * BLOCK;
		step.width = minimum(BLOCK, n - step.k);
		for (size_t i = step.k + step.width; i-- > step.k;)
		{
			for (size_t j = i + 1; j < step.k + step.width; j++)
				subtract_multiple(b + i * ldb, b + j * ldb, l[j * ldl + i], m);
			divide_row(b + i * ldb, l[i * ldl + i], m);
		}
		status = pool_run(job->pool, backward_tile, &step,
						  divide_up(step.k, SYSTEM_ROWS) * step.column_tiles);
	}
	return status;
}

/* The squared norm of L^-1, some of its columns at a time, which are 0 above the diagonal. */
SdqStatus
cholesky_inverse_trace(Job *job, const double *l, size_t n, double *scratch, double *trace)
{
	SdqStatus status = sdq_ok();

	*trace = 0;
	for (size_t k = 0; k < n && !sdq_failed(status); k += CHOLESKY_TRACE_COLUMNS)
	{
		size_t m = minimum(CHOLESKY_TRACE_COLUMNS, n - k);

		for (size_t i = 0; i < n - k; i++)
			for (size_t c = 0; c < m; c++)
				scratch[i * m + c] = i == c ? 1 : 0;
		status = cholesky_forward(job, l + k * n + k, n, n - k, scratch, m, m);
		for (size_t i = 0; i < (n - k) * m && !sdq_failed(status); i++)
			*trace += scratch[i] * scratch[i];
	}
	return status;
}
