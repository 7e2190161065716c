/*
 * pca.c
 *		Principal components from the covariance matrix.
 *
 * The rows are read in panels of fixed size, centred and scaled, and the products of their columns
 * are added up in tiles of the upper triangle, panel after panel, in double: float products would
 * leave the small variances with few digits, and cost half the time only. The eigenpairs come from
 * eigen_leading().
 *
 * Cost: n d^2 multiplications; memory d^2 doubles for the covariance and as many again in
 * eigen_leading(), beside one panel.
 */
#include "core/matrix/pca.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/blas.h"
#include "core/base/sizes.h"
#include "core/matrix/eigen.h"

/* Elements of one panel (8 MB), and bounds of its rows. */
#define PANEL_ELEMENTS ((size_t) 1 << 20)
#define PANEL_MIN_ROWS ((size_t) 64)
#define PANEL_MAX_ROWS ((size_t) 1024)

/* Rows of a panel that one chunk reads. */
#define READ_ROWS ((size_t) 32)

/* Columns of one tile of the covariance. */
#define TILE_COLUMNS ((size_t) 128)

/* Rows that one chunk turns into scores, at most, and the elements aimed at. */
#define SCORE_MAX_ROWS ((size_t) 256)
#define SCORE_ELEMENTS ((size_t) 1 << 18)

/* value, but at least low and at most high. */
static size_t
clamp_size(size_t value, size_t low, size_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* ---------- covariance ---------- */

typedef struct CovarianceWork
{
	const RowStore *rows;
	size_t first; /* the panel under way */
	size_t count;
	double *panel;      /* [count][d] */
	double *covariance; /* [d][d]; tiles on and above the diagonal */
	size_t tiles;       /* tiles along one side */
} CovarianceWork;

/* Read some rows of the panel. */
static void
read_panel_chunk(void *argument, size_t chunk, int thread)
{
	const CovarianceWork *work = argument;
	size_t start = chunk * READ_ROWS;
	size_t count = work->count - start < READ_ROWS ? work->count - start : READ_ROWS;

	row_store_read_double(work->rows, work->first + start, count,
						  work->panel + start * work->rows->d, work->rows->d);
}

/* Add the panel's products to one tile, counted along the rows of the upper triangle. */
static void
covariance_tile(void *argument, size_t chunk, int thread)
{
	const CovarianceWork *work = argument;
	size_t d = work->rows->d;
	size_t row = 0;
	size_t column;
	size_t m, n;

	while (chunk >= work->tiles - row)
		chunk -= work->tiles - row++;
	column = (row + chunk) * TILE_COLUMNS;
	row *= TILE_COLUMNS;
	m = d - row < TILE_COLUMNS ? d - row : TILE_COLUMNS;
	n = d - column < TILE_COLUMNS ? d - column : TILE_COLUMNS;
	blas_dgemm(BLAS_TRANSPOSE, BLAS_NO_TRANSPOSE, m, n, work->count, 1, work->panel + row, d,
			   work->panel + column, d, work->first == 0 ? 0 : 1,
			   work->covariance + row * d + column, d);
}

/* covariance[d][d] = sum of x x' over all rows, centred and scaled, both triangles. */
static SdqStatus
sum_products(Job *job, const RowStore *rows, double *covariance)
{
	size_t d = rows->d;
	size_t panel_rows = clamp_size(PANEL_ELEMENTS / d, PANEL_MIN_ROWS, PANEL_MAX_ROWS);
	size_t tiles = divide_up(d, TILE_COLUMNS);
	CovarianceWork work = {.rows = rows, .covariance = covariance, .tiles = tiles};
	SdqStatus status = sdq_ok();

	if (panel_rows > rows->n)
		panel_rows = rows->n;
	work.panel = arena_alloc(job->arena, panel_rows, d * sizeof(double));
	if (work.panel == NULL)
		return arena_failure(job->arena);
	for (; work.first < rows->n && !sdq_failed(status); work.first += panel_rows)
	{
		work.count = rows->n - work.first < panel_rows ? rows->n - work.first : panel_rows;
		status = pool_run(job->pool, read_panel_chunk, &work, divide_up(work.count, READ_ROWS));
		if (!sdq_failed(status))
			status = pool_run(job->pool, covariance_tile, &work, tiles * (tiles + 1) / 2);
		job_progress(job, "principal components", work.first, rows->n, NAN);
	}
	for (size_t i = 0; i < d && !sdq_failed(status); i++)
	{
		for (size_t j = 0; j < i; j++)
			covariance[i * d + j] = covariance[j * d + i];
		if (stop_poll(job->stop))
			status = sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return status;
}

/* ---------- components ---------- */

/* Make an empty result, with the mean in it. */
static SdqStatus
begin_pca(Job *job, const double *mean, size_t d, size_t n, size_t q, Pca *pca)
{
	if (q < 1 || q > d || n < 2)
		return sdq_error(SDQ_BAD_ARGUMENT, (double) q, (double) d);
	*pca = (Pca){.n = n, .d = d, .q = q};
	pca->mean = arena_alloc(job->arena, d, sizeof(double));
	pca->components = arena_alloc(job->arena, q, d * sizeof(double));
	pca->variance = arena_alloc(job->arena, q, sizeof(double));
	if (pca->mean == NULL || pca->components == NULL || pca->variance == NULL)
		return arena_failure(job->arena);
	memcpy(pca->mean, mean, d * sizeof(double));
	return sdq_ok();
}

/* Components and variances from a multiple of the covariance: its entries are those of the covariance
 * times divisor * scale^2. What is below rounding is 0. */
static SdqStatus
decompose(Job *job, const double *products, double divisor, double scale, Pca *pca)
{
	size_t d = pca->d;
	double trace = 0;
	double negligible;
	SdqStatus status = eigen_leading(job, products, d, pca->q, pca->variance, pca->components);

	if (sdq_failed(status))
		return status;
	negligible = DBL_EPSILON * (double) d * pca->variance[0];
	for (size_t k = 0; k < pca->q; k++)
	{
		/* n centred rows span n - 1 dimensions. */
		bool is_zero = pca->variance[k] <= negligible || k + 1 >= pca->n;

		/* The scale is a power of two; its square may be out of range. */
		pca->variance[k] = is_zero ? 0 : pca->variance[k] / divisor / scale / scale;
	}
	for (size_t j = 0; j < d; j++)
		trace += products[j * d + j];
	pca->total_variance = trace / divisor / scale / scale;
	return status;
}

SdqStatus
pca_from_covariance(Job *job, const double *covariance, const double *mean, size_t d, size_t n,
					size_t q, Pca *pca)
{
	SdqStatus status = begin_pca(job, mean, d, n, q, pca);

	return sdq_failed(status) ? status : decompose(job, covariance, 1, 1, pca);
}

SdqStatus
pca_fit(Job *job, const RowStore *rows, size_t q, Pca *pca)
{
	size_t d = rows->d;
	double *products;
	ArenaMark mark;
	SdqStatus status = begin_pca(job, rows->mean, d, rows->n, q, pca);

	if (sdq_failed(status))
		return status;
	mark = arena_mark(job->arena);
	products = arena_alloc(job->arena, d, d * sizeof(double));
	if (products == NULL)
		return arena_failure(job->arena);
	blas_load();
	status = sum_products(job, rows, products);
	if (!sdq_failed(status))
		status = decompose(job, products, (double) (rows->n - 1), rows->scale, pca);
	arena_release(job->arena, mark);
	return status;
}

/* ---------- scores ---------- */

typedef struct ScoreWork
{
	const RowStore *rows;
	const Pca *pca;
	size_t chunk_rows;
	double *panels; /* [threads][chunk_rows][d] */
	double *scores; /* [n][q] */
} ScoreWork;

/* Scores of one chunk of rows. */
static void
score_chunk(void *argument, size_t chunk, int thread)
{
	const ScoreWork *work = argument;
	size_t d = work->rows->d;
	size_t q = work->pca->q;
	size_t first = chunk * work->chunk_rows;
	size_t count =
		work->rows->n - first < work->chunk_rows ? work->rows->n - first : work->chunk_rows;
	double *panel = work->panels + (size_t) thread * work->chunk_rows * d;

	row_store_read_double(work->rows, first, count, panel, d);
	/* 1 / scale is a power of two: exact. */
	blas_dgemm(BLAS_NO_TRANSPOSE, BLAS_TRANSPOSE, count, q, d, 1 / work->rows->scale, panel, d,
			   work->pca->components, d, 0, work->scores + first * q, q);
}

SdqStatus
pca_scores(Job *job, const RowStore *rows, const Pca *pca, double *scores)
{
	ScoreWork work = {.rows = rows, .pca = pca, .scores = scores};
	ArenaMark mark = arena_mark(job->arena);
	SdqStatus status;

	blas_load();
	work.chunk_rows = clamp_size(SCORE_ELEMENTS / rows->d, 1, SCORE_MAX_ROWS);
	work.panels = arena_alloc(job->arena, (size_t) pool_threads(job->pool) * work.chunk_rows,
							  rows->d * sizeof(double));
	if (work.panels == NULL)
		return arena_failure(job->arena);
	status = pool_run(job->pool, score_chunk, &work, divide_up(rows->n, work.chunk_rows));
	arena_release(job->arena, mark);
	return status;
}
