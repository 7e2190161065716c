/*
 * pca.c
 *		Principal components from the covariance matrix.
 *
 * Cost: n d^2 multiplications for the matrix (row_covariance.c), 4 d^3 / 3 for its eigenvectors
 * (eigen.c); memory d^2 doubles and as many again beside what lies in a panel of rows.
 */
#include "core/matrix/pca.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/sizes.h"
#include "core/matrix/dot_rows.h"
#include "core/matrix/eigen.h"
#include "core/matrix/row_covariance.h"

/* Rows that one chunk turns into scores, at most, and the elements aimed at. */
#define SCORE_MAX_ROWS ((size_t) 256)
#define SCORE_ELEMENTS ((size_t) 1 << 16)

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

/* Components and variances from the covariance of rows that were multiplied by scale, a power of two.
 * What is below rounding is 0. */
static SdqStatus
decompose(Job *job, const double *covariance, double scale, Pca *pca)
{
	size_t d = pca->d;
	double trace = 0;
	double negligible;
	SdqStatus status = eigen_leading(job, covariance, d, pca->q, pca->variance, pca->components);

	if (sdq_failed(status))
		return status;
	negligible = DBL_EPSILON * (double) d * pca->variance[0];
	for (size_t k = 0; k < pca->q; k++)
	{
		/* n centred rows span n - 1 dimensions. */
		bool is_zero = pca->variance[k] <= negligible || k + 1 >= pca->n;

		/* In two steps: the square of the scale may be out of range. */
		pca->variance[k] = is_zero ? 0 : pca->variance[k] / scale / scale;
	}
	for (size_t j = 0; j < d; j++)
		trace += covariance[j * d + j];
	pca->total_variance = trace / scale / scale;
	return status;
}

/* Is there room for the covariance and, beside it, first its sums and then the matrix that the
 * eigenvectors come from? */
static SdqStatus
check_memory(Job *job, size_t d)
{
	size_t bytes;

	if (!checked_multiply(d, d, &bytes) || !checked_multiply(bytes, 2 * sizeof(double), &bytes))
		return sdq_error(SDQ_TOO_LARGE, (double) d * (double) d, (double) SIZE_MAX);
	return arena_check(job->arena, bytes);
}

bool
pca_needs_blas(const RowStore *rows)
{
	return row_covariance_needs_blas(rows);
}

SdqStatus
pca_from_covariance(Job *job, const double *covariance, const double *mean, size_t d, size_t n,
					size_t q, Pca *pca)
{
	SdqStatus status = begin_pca(job, mean, d, n, q, pca);

	return sdq_failed(status) ? status : decompose(job, covariance, 1, pca);
}

SdqStatus
pca_fit(Job *job, const RowStore *rows, size_t q, Pca *pca)
{
	size_t d = rows->d;
	double *covariance;
	double scale;
	ArenaMark mark;
	SdqStatus status = begin_pca(job, rows->mean, d, rows->n, q, pca);

	if (!sdq_failed(status))
		status = check_memory(job, d);
	if (sdq_failed(status))
		return status;
	mark = arena_mark(job->arena);
	covariance = arena_alloc(job->arena, d, d * sizeof(double));
	if (covariance == NULL)
		return arena_failure(job->arena);
	status = row_covariance(job, rows, covariance, &scale);
	if (!sdq_failed(status))
		status = decompose(job, covariance, scale, pca);
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
	double *scores = work->scores + first * q;

	row_store_read_double(work->rows, first, count, panel, d);
	dot_rows(panel, count, d, work->pca->components, q, d, d, scores, q);
	/* A power of two: exact. */
	for (size_t v = 0; v < count * q; v++)
		scores[v] /= work->rows->scale;
}

SdqStatus
pca_scores(Job *job, const RowStore *rows, const Pca *pca, double *scores)
{
	ScoreWork work = {.rows = rows, .pca = pca, .scores = scores};
	ArenaMark mark = arena_mark(job->arena);
	SdqStatus status;

	work.chunk_rows = clamp(SCORE_ELEMENTS / rows->d, 1, SCORE_MAX_ROWS);
	work.panels = arena_alloc(job->arena, (size_t) pool_threads(job->pool) * work.chunk_rows,
							  rows->d * sizeof(double));
	if (work.panels == NULL)
		return arena_failure(job->arena);
	status = pool_run(job->pool, score_chunk, &work, divide_up(rows->n, work.chunk_rows));
	arena_release(job->arena, mark);
	return status;
}
