/*
 * row_covariance.c
 *		Sums of the products of all columns with all columns.
 *
 * The rows are taken in panels of fixed size, and the products of their columns are added up in tiles
 * on and above the diagonal, panel after panel. A tile belongs to one thread at a time, and its sum
 * grows in the order of the panels whatever the number of threads.
 *
 * Bytes. Products of a panel are exact in 32 bits, their sum S over all panels in 64. With column
 * sums s the covariance is (n S_ij - s_i s_j) / (n (n - 1)); the numerator is formed in 128 bits, so
 * that nothing cancels, and rounded once.
 *
 * Other rows. They are read centred and scaled, and multiplied in double. Float would be twice as
 * fast, but the error of a sum of m float products may reach m 2^-24 times the product of the norms
 * (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1): for panels of a thousand
 * rows 6e-5 of the largest variance at worst, and some 1e-6 in practice. The variances of the first 50
 * components of the digits of MNIST span a factor of 30, those of all 712 one of 6e9, and they are
 * promised to 1e-6 each.
 */
#include "core/matrix/row_covariance.h"

#include <math.h>

#include "core/base/blas.h"
#include "core/base/sizes.h"
#include "core/matrix/byte_products.h"
#include "core/matrix/triangle_tiles.h"

/* Elements of one panel of doubles (8 MB), and bounds of its rows. */
#define PANEL_ELEMENTS ((size_t) 1 << 20)
#define PANEL_MIN_ROWS ((size_t) 64)
#define PANEL_MAX_ROWS ((size_t) 1024)

/* The same of bytes: the more rows, the less often their sums are added. */
#define BYTE_PANEL_ELEMENTS ((size_t) 1 << 21)
#define BYTE_PANEL_MIN_ROWS ((size_t) 256)
#define BYTE_PANEL_MAX_ROWS ((size_t) 2048)

/* Rows of a panel that one chunk reads. */
#define READ_ROWS ((size_t) 32)

/* Rows of the matrix that one chunk completes. */
#define FINISH_ROWS ((size_t) 16)

typedef __int128 Int128;

/* ---------- bytes ---------- */

typedef struct ByteWork
{
	const RowStore *rows;
	size_t first; /* the panel under way */
	size_t count;
	const uint8_t **lines; /* [count] its rows */
	char *left;            /* its columns, packed */
	char *right;
	int32_t *products; /* [threads][TRIANGLE_TILE][TRIANGLE_TILE] */
	int64_t *sums;     /* [d][d]; tiles on and above the diagonal */
	int64_t *totals;   /* [d] sums of the columns */
	double *covariance;
} ByteWork;

/* Pack the columns of one tile of the panel on both sides. */
static void
pack_columns(void *argument, size_t chunk, int thread)
{
	const ByteWork *work = argument;
	size_t column = chunk * TRIANGLE_TILE;
	size_t columns = minimum(work->rows->d - column, TRIANGLE_TILE);
	ByteLines lines = {.lines = work->lines, .offset = column};

	byte_left_pack_transposed(&lines, columns, work->count,
							  work->left + byte_left_size(column, work->count));
	byte_right_pack_transposed(&lines, columns, work->count,
							   work->right + byte_right_size(column, work->count));
}

/* Add the panel's products to one tile. */
static void
add_byte_tile(void *argument, size_t chunk, int thread)
{
	const ByteWork *work = argument;
	size_t d = work->rows->d;
	TriangleTile tile = upper_tile(d, chunk);
	int32_t *products = work->products + (size_t) thread * TRIANGLE_TILE * TRIANGLE_TILE;

	byte_products(work->left + byte_left_size(tile.row, work->count), tile.rows,
				  work->right + byte_right_size(tile.column, work->count), tile.columns,
				  work->count, products, TRIANGLE_TILE);
	for (size_t i = 0; i < tile.rows; i++)
	{
		int64_t *restrict sums = work->sums + (tile.row + i) * d + tile.column;
		const int32_t *restrict more = products + i * TRIANGLE_TILE;

		if (work->first == 0)
			for (size_t j = 0; j < tile.columns; j++)
				sums[j] = more[j];
		else
			for (size_t j = 0; j < tile.columns; j++)
				sums[j] += more[j];
	}
}

/* Turn sums into covariances, for some rows of the matrix. */
static void
finish_byte_rows(void *argument, size_t chunk, int thread)
{
	const ByteWork *work = argument;
	size_t d = work->rows->d;
	Int128 n = (Int128) work->rows->n;
	double divisor = (double) (n * (n - 1));
	size_t end = minimum((chunk + 1) * FINISH_ROWS, d);

	for (size_t i = chunk * FINISH_ROWS; i < end; i++)
		for (size_t j = 0; j < d; j++)
		{
			int64_t sum = i <= j ? work->sums[i * d + j] : work->sums[j * d + i];

			work->covariance[i * d + j] =
				(double) (n * sum - (Int128) work->totals[i] * work->totals[j]) / divisor;
		}
}

/* Memory for the sums, one panel and its products. */
static bool
allocate_byte_work(Job *job, ByteWork *work, size_t panel_rows)
{
	size_t d = work->rows->d;
	Arena *arena = job->arena;

	work->sums = arena_alloc(arena, d, d * sizeof(int64_t));
	work->totals = arena_alloc(arena, d, sizeof(int64_t));
	work->lines = arena_alloc(arena, panel_rows, sizeof(uint8_t *));
	work->left = arena_alloc(arena, byte_left_size(d, panel_rows), 1);
	work->right = arena_alloc(arena, byte_right_size(d, panel_rows), 1);
	work->products = arena_alloc(arena, (size_t) pool_threads(job->pool),
								 TRIANGLE_TILE * TRIANGLE_TILE * sizeof(int32_t));
	return work->sums != NULL && work->totals != NULL && work->lines != NULL &&
		   work->left != NULL && work->right != NULL && work->products != NULL;
}

/* row_covariance() of a store of bytes, with scale 1. */
static SdqStatus
byte_covariance(Job *job, const RowStore *rows, double *covariance)
{
	size_t d = rows->d;
	size_t panel_rows =
		minimum(clamp(BYTE_PANEL_ELEMENTS / d, BYTE_PANEL_MIN_ROWS, BYTE_PANEL_MAX_ROWS), rows->n);
	ByteWork work = {.rows = rows, .covariance = covariance};
	SdqStatus status = sdq_ok();

	if (!allocate_byte_work(job, &work, panel_rows))
		return arena_failure(job->arena);
	/* A sum is below 2^39: the mean, rounded to a double, gives it back. */
	for (size_t j = 0; j < d; j++)
		work.totals[j] = llrint(rows->mean[j] * (double) rows->n);
	for (; work.first < rows->n && !sdq_failed(status); work.first += panel_rows)
	{
		work.count = minimum(rows->n - work.first, panel_rows);
		for (size_t i = 0; i < work.count; i++)
			work.lines[i] = row_store_bytes(rows, work.first + i);
		status = pool_run(job->pool, pack_columns, &work, divide_up(d, TRIANGLE_TILE));
		if (!sdq_failed(status))
			status = pool_run(job->pool, add_byte_tile, &work, triangle_tiles(d));
		job_progress(job, "covariance", work.first, rows->n, NAN);
	}
	if (!sdq_failed(status))
		status = pool_run(job->pool, finish_byte_rows, &work, divide_up(d, FINISH_ROWS));
	return status;
}

/* ---------- other rows ---------- */

typedef struct DoubleWork
{
	const RowStore *rows;
	size_t first; /* the panel under way */
	size_t count;
	double *panel;      /* [count][d] */
	double *covariance; /* [d][d]; tiles on and above the diagonal, until the end */
} DoubleWork;

/* Read some rows of the panel. */
static void
read_panel_chunk(void *argument, size_t chunk, int thread)
{
	const DoubleWork *work = argument;
	size_t start = chunk * READ_ROWS;
	size_t count = minimum(work->count - start, READ_ROWS);

	row_store_read_double(work->rows, work->first + start, count,
						  work->panel + start * work->rows->d, work->rows->d);
}

/* Add the panel's products to one tile. */
static void
add_double_tile(void *argument, size_t chunk, int thread)
{
	const DoubleWork *work = argument;
	size_t d = work->rows->d;
	TriangleTile tile = upper_tile(d, chunk);

	blas_dgemm(BLAS_TRANSPOSE, BLAS_NO_TRANSPOSE, tile.rows, tile.columns, work->count, 1,
			   work->panel + tile.row, d, work->panel + tile.column, d, work->first == 0 ? 0 : 1,
			   work->covariance + tile.row * d + tile.column, d);
}

/* Divide, and copy the upper triangle to the lower one, for some rows of it. */
static void
finish_double_rows(void *argument, size_t chunk, int thread)
{
	const DoubleWork *work = argument;
	size_t d = work->rows->d;
	double divisor = (double) (work->rows->n - 1);
	size_t end = minimum((chunk + 1) * FINISH_ROWS, d);

	for (size_t i = chunk * FINISH_ROWS; i < end; i++)
		for (size_t j = i; j < d; j++)
		{
			work->covariance[i * d + j] /= divisor;
			work->covariance[j * d + i] = work->covariance[i * d + j];
		}
}

/* row_covariance() of any store, with the scale of its rows. */
static SdqStatus
double_covariance(Job *job, const RowStore *rows, double *covariance)
{
	size_t d = rows->d;
	size_t panel_rows = minimum(clamp(PANEL_ELEMENTS / d, PANEL_MIN_ROWS, PANEL_MAX_ROWS), rows->n);
	DoubleWork work = {.rows = rows, .covariance = covariance};
	SdqStatus status = sdq_ok();

	work.panel = arena_alloc(job->arena, panel_rows, d * sizeof(double));
	if (work.panel == NULL)
		return arena_failure(job->arena);
	blas_load();
	for (; work.first < rows->n && !sdq_failed(status); work.first += panel_rows)
	{
		work.count = minimum(rows->n - work.first, panel_rows);
		status = pool_run(job->pool, read_panel_chunk, &work, divide_up(work.count, READ_ROWS));
		if (!sdq_failed(status))
			status = pool_run(job->pool, add_double_tile, &work, triangle_tiles(d));
		job_progress(job, "covariance", work.first, rows->n, NAN);
	}
	if (!sdq_failed(status))
		status = pool_run(job->pool, finish_double_rows, &work, divide_up(d, FINISH_ROWS));
	return status;
}

bool
row_covariance_needs_blas(const RowStore *rows)
{
	return rows->type != ELEMENT_UINT8;
}

SdqStatus
row_covariance(Job *job, const RowStore *rows, double *covariance, double *scale)
{
	ArenaMark mark = arena_mark(job->arena);
	bool is_bytes = !row_covariance_needs_blas(rows);
	SdqStatus status = is_bytes ? byte_covariance(job, rows, covariance)
								: double_covariance(job, rows, covariance);

	*scale = is_bytes ? 1 : rows->scale;
	arena_release(job->arena, mark);
	return status;
}
