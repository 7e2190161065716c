/*
 * lda.c
 *		Linear discriminants by whitening.
 *
 * With S' = L L' and W = L^-1 M, where column c of M[d][C] is sqrt(n_c / N) (m_c - m), the problem
 * B v = l S' v becomes W W' u = l u, v = L'^-1 u. The eigenvectors u come from the smaller one of W'W and
 * WW'. Everything between the scatter and the results is in the scaled units of the store; l and S' are
 * dimensionless or cancel, so that only means and components change at the end.
 *
 * Where sklearn's LinearDiscriminantAnalysis(solver='eigen', shrinkage=s) takes for B the difference of the
 * shrunk total covariance and S', which adds s tr(B) / d I to what B is by definition, we do not: ours
 * span the space of S'^-1 (m_c - m), which is that of its solver='lsqr'. Without shrinkage all agree.
 */
#include "core/matrix/lda.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/blas.h"
#include "core/base/sizes.h"
#include "core/matrix/cholesky.h"
#include "core/matrix/eigen.h"
#include "core/matrix/pca.h"

/* Rows of the small matrix that one chunk computes. */
#define GRAM_ROWS ((size_t) 64)

/* ---------- whitened means and their eigenvectors ---------- */

typedef struct Whitened
{
	size_t d;
	size_t n_classes;
	double *mean;       /* [d] of all rows, in the store's units */
	double *columns;    /* W[d][n_classes] */
	bool by_class;      /* W'W, since there are at most as many classes as columns; else WW' */
	size_t side;        /* of the one in use */
	double *gram;       /* [side][side] */
	double *vectors;    /* [q][side] eigenvectors of gram */
	double *directions; /* [d][q] u, then v */
} Whitened;

/* Everything that is needed later, so that a limit of memory is met before the work. */
static SdqStatus
allocate_whitened(Job *job, size_t q, Whitened *w)
{
	w->mean = arena_alloc(job->arena, w->d, sizeof(double));
	w->columns = arena_alloc(job->arena, w->d, w->n_classes * sizeof(double));
	w->gram = arena_alloc(job->arena, w->side, w->side * sizeof(double));
	w->vectors = arena_alloc(job->arena, q, w->side * sizeof(double));
	w->directions = arena_alloc(job->arena, w->d, q * sizeof(double));
	if (w->mean == NULL || w->columns == NULL || w->gram == NULL || w->vectors == NULL ||
		w->directions == NULL)
		return arena_failure(job->arena);
	return sdq_ok();
}

/* mean = sum n_c m_c / N; columns = sqrt(n_c / N) (m_c - mean), not yet whitened. */
static void
set_weighted_means(const ClassScatter *scatter, Whitened *whitened)
{
	size_t d = scatter->d;
	double n = (double) scatter->n;

	memset(whitened->mean, 0, d * sizeof(double));
	for (size_t c = 0; c < scatter->n_classes; c++)
		for (size_t j = 0; j < d; j++)
			whitened->mean[j] += (double) scatter->count[c] / n * scatter->mean[c * d + j];
	for (size_t c = 0; c < scatter->n_classes; c++)
	{
		double weight = sqrt((double) scatter->count[c] / n);

		for (size_t j = 0; j < d; j++)
			whitened->columns[j * scatter->n_classes + c] =
				weight * (scatter->mean[c * d + j] - whitened->mean[j]);
	}
}

/* Some rows of the small matrix. */
static void
gram_chunk(void *argument, size_t chunk, int thread)
{
	const Whitened *w = argument;
	size_t first = chunk * GRAM_ROWS;
	size_t rows = minimum(GRAM_ROWS, w->side - first);

	if (w->by_class)
		blas_dgemm(BLAS_TRANSPOSE, BLAS_NO_TRANSPOSE, rows, w->side, w->d, 1, w->columns + first,
				   w->n_classes, w->columns, w->n_classes, 0, w->gram + first * w->side, w->side);
	else
		blas_dgemm(BLAS_NO_TRANSPOSE, BLAS_TRANSPOSE, rows, w->side, w->n_classes, 1,
				   w->columns + first * w->n_classes, w->n_classes, w->columns, w->n_classes, 0,
				   w->gram + first * w->side, w->side);
}

/* Both triangles equal, which rounding need not have made them. */
static void
mirror(double *gram, size_t side)
{
	for (size_t i = 0; i < side; i++)
		for (size_t j = 0; j < i; j++)
			gram[j * side + i] = gram[i * side + j];
}

/* Make column k of u[d][q] a unit vector orthogonal to those before it, which it nearly is. */
static void
orthonormalise(double *u, size_t d, size_t q, size_t k)
{
	double norm2 = 0;

	for (size_t l = 0; l < k; l++)
	{
		double inner = 0;

		for (size_t j = 0; j < d; j++)
			inner += u[j * q + k] * u[j * q + l];
		for (size_t j = 0; j < d; j++)
			u[j * q + k] -= inner * u[j * q + l];
	}
	for (size_t j = 0; j < d; j++)
		norm2 += u[j * q + k] * u[j * q + k];
	for (size_t j = 0; j < d; j++)
		u[j * q + k] /= sqrt(norm2);
}

/* Eigenvalues into lda, eigenvectors u into directions, as many as are left in lda->q. */
static SdqStatus
solve_whitened(Job *job, Whitened *w, Lda *lda)
{
	size_t d = w->d;
	size_t asked = lda->q;
	double *directions = w->directions;
	double total = 0;
	SdqStatus status = pool_run(job->pool, gram_chunk, w, divide_up(w->side, GRAM_ROWS));

	if (sdq_failed(status))
		return status;
	mirror(w->gram, w->side);
	status = eigen_leading(job, w->gram, w->side, asked, lda->value, w->vectors);
	if (sdq_failed(status))
		return status;
	for (size_t i = 0; i < w->side; i++)
		total += w->gram[i * w->side + i];
	lda->q = 0;
	while (lda->q < asked && lda->value[lda->q] > DBL_EPSILON * (double) d * fmax(lda->value[0], 1))
	{
		lda->ratio[lda->q] = lda->value[lda->q] / total;
		lda->q++;
	}
	if (lda->q == 0)
		return status;
	if (w->by_class)
		blas_dgemm(BLAS_NO_TRANSPOSE, BLAS_TRANSPOSE, d, lda->q, w->n_classes, 1, w->columns,
				   w->n_classes, w->vectors, w->n_classes, 0, directions, lda->q);
	else
		for (size_t k = 0; k < lda->q; k++)
			for (size_t j = 0; j < d; j++)
				directions[j * lda->q + k] = w->vectors[k * d + j];
	for (size_t k = 0; k < lda->q && !sdq_failed(status); k++)
	{
		orthonormalise(directions, d, lda->q, k);
		if (stop_poll(job->stop))
			status = sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return status;
}

/* ---------- fit ---------- */

/* Components from directions[d][q]: one in each row, in units of the data, signed. */
static void
set_components(const double *directions, double scale, Lda *lda)
{
	for (size_t k = 0; k < lda->q; k++)
	{
		double *component = lda->components + k * lda->d;
		size_t largest = 0;
		double factor;

		for (size_t j = 0; j < lda->d; j++)
			if (fabs(directions[j * lda->q + k]) > fabs(directions[largest * lda->q + k]))
				largest = j;
		factor = directions[largest * lda->q + k] < 0 ? -scale : scale;
		/* + 0.0: no -0. */
		for (size_t j = 0; j < lda->d; j++)
			component[j] = factor * directions[j * lda->q + k] + 0.0;
	}
}

/* Means in units of the data. */
static void
set_means(const ClassRows *classes, const ClassScatter *scatter, const Whitened *whitened, Lda *lda)
{
	const RowStore *rows = classes->rows;
	size_t d = lda->d;

	for (size_t j = 0; j < d; j++)
		lda->mean[j] = rows->mean[j] + whitened->mean[j] / rows->scale;
	for (size_t c = 0; c < lda->n_classes; c++)
		for (size_t j = 0; j < d; j++)
			lda->class_mean[c * d + j] = rows->mean[j] + scatter->mean[c * d + j] / rows->scale;
	memcpy(lda->count, scatter->count, lda->n_classes * sizeof(int64_t));
}

/* The work of lda_fit() on what it allocated for its result; the rest is scratch. */
static SdqStatus
fit(Job *job, const ClassRows *classes, const LdaShrinkage *shrinkage, Lda *lda)
{
	size_t d = lda->d;
	Whitened whitened = {.d = d,
						 .n_classes = lda->n_classes,
						 .by_class = lda->n_classes <= d,
						 .side = minimum(d, lda->n_classes)};
	ClassScatter scatter;
	SdqStatus status = allocate_whitened(job, lda->q, &whitened);

	if (!sdq_failed(status))
		status = class_scatter(job, classes, &scatter);
	if (sdq_failed(status))
		return status;
	set_weighted_means(&scatter, &whitened);
	set_means(classes, &scatter, &whitened, lda);
	status = lda_factor(job, &scatter, shrinkage, (double) classes->n, &lda->shrinkage);
	if (!sdq_failed(status))
		status = cholesky_forward(job, scatter.product, d, d, whitened.columns, lda->n_classes,
								  lda->n_classes);
	if (!sdq_failed(status))
		status = solve_whitened(job, &whitened, lda);
	if (!sdq_failed(status) && lda->q > 0)
		status = cholesky_backward(job, scatter.product, d, d, whitened.directions, lda->q, lda->q);
	if (!sdq_failed(status))
		set_components(whitened.directions, classes->rows->scale, lda);
	return status;
}

/* Classes that have rows. */
static size_t
count_classes(const ClassRows *classes, int64_t *count)
{
	size_t present = 0;

	memset(count, 0, classes->n_classes * sizeof(int64_t));
	for (size_t i = 0; i < classes->n; i++)
	{
		size_t row = classes->index == NULL ? i : classes->index[i];

		present += count[classes->label[row]]++ == 0;
	}
	return present;
}

SdqStatus
lda_fit(Job *job, const ClassRows *classes, size_t q, const LdaShrinkage *shrinkage, Lda *lda)
{
	size_t d = classes->rows->d;
	size_t n_classes = classes->n_classes;
	size_t present;
	ArenaMark mark;
	SdqStatus status;

	if (q < 1)
		return sdq_error(SDQ_BAD_ARGUMENT, (double) q, 1);
	*lda = (Lda){.d = d, .n_classes = n_classes};
	lda->count = arena_alloc(job->arena, n_classes, sizeof(int64_t));
	if (lda->count == NULL)
		return arena_failure(job->arena);
	present = count_classes(classes, lda->count);
	if (present < 2)
		return sdq_bad_data(LDA_CLASSES, -1, (double) present, 2);
	lda->q = minimum(minimum(q, present - 1), d);
	lda->class_mean = arena_alloc(job->arena, n_classes, d * sizeof(double));
	lda->mean = arena_alloc(job->arena, d, sizeof(double));
	lda->components = arena_alloc(job->arena, lda->q, d * sizeof(double));
	lda->value = arena_alloc(job->arena, lda->q, sizeof(double));
	lda->ratio = arena_alloc(job->arena, lda->q, sizeof(double));
	if (lda->class_mean == NULL || lda->mean == NULL || lda->components == NULL ||
		lda->value == NULL || lda->ratio == NULL)
		return arena_failure(job->arena);
	blas_load();
	mark = arena_mark(job->arena);
	status = fit(job, classes, shrinkage, lda);
	arena_release(job->arena, mark);
	return status;
}

/* ---------- scores ---------- */

SdqStatus
lda_scores(Job *job, const RowStore *rows, const Lda *lda, double *scores)
{
	Pca projection = {.d = lda->d, .q = lda->q, .components = lda->components};

	if (lda->q == 0)
		return sdq_ok();
	return pca_scores(job, rows, &projection, scores);
}
