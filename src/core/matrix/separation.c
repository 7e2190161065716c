/*
 * separation.c
 *		The direction between two classes, and what it is worth.
 *
 * Three fits: of all rows, and of each half of them for cross-validation. The scores of the halves come
 * from one pass that scores every row by both directions; a row then counts with the one that was
 * fitted without it.
 */
#include "core/matrix/separation.h"

#include <math.h>

#include "core/base/blas.h"
#include "core/base/rng.h"
#include "core/matrix/cholesky.h"
#include "core/matrix/pca.h"
#include "core/sample/run.h"
#include "core/sample/sort.h"
#include "core/tests/gamma_tail.h"

/* The direction between two classes, in the store's units. */
typedef struct Direction
{
	double *v; /* [d], v' S' v = 1, or 0 if the means are equal */
	double distance2;
	double shrinkage;
	double effective_columns; /* tr(S'^-1 S) */
	size_t n_varying;         /* columns that are not constant */
} Direction;

/* ---------- one fit ---------- */

/* Columns in which not all rows of both classes are equal. */
static size_t
count_varying(const ClassScatter *scatter)
{
	size_t d = scatter->d;
	size_t n = 0;

	for (size_t j = 0; j < d; j++)
		n += scatter->product[j * d + j] > 0 || scatter->mean[j] != scatter->mean[d + j];
	return n;
}

/* tr(S'^-1 S), from S = (S' - s t I) / (1 - s), where `variance` is t. */
static SdqStatus
set_effective_columns(Job *job, const ClassScatter *factored, double variance, Direction *direction)
{
	size_t d = factored->d;
	double s = direction->shrinkage;
	double *scratch;
	double inverse_trace;
	SdqStatus status;

	direction->effective_columns = (double) d;
	/* S = S', or S' = t I: the trace is d either way. */
	if (s == 0 || s == 1)
		return sdq_ok();
	scratch = arena_alloc(job->arena, d, CHOLESKY_TRACE_COLUMNS * sizeof(double));
	if (scratch == NULL)
		return arena_failure(job->arena);
	status = cholesky_inverse_trace(job, factored->product, d, scratch, &inverse_trace);
	direction->effective_columns = fmax(((double) d - s * variance * inverse_trace) / (1 - s), 0);
	return status;
}

/* v = S'^-1 delta / D from the factor of S'. */
static SdqStatus
solve_direction(Job *job, const ClassScatter *factored, Direction *direction)
{
	size_t d = factored->d;
	double *v = direction->v;
	SdqStatus status;

	for (size_t j = 0; j < d; j++)
		v[j] = factored->mean[d + j] - factored->mean[j];
	status = cholesky_forward(job, factored->product, d, d, v, 1, 1);
	direction->distance2 = 0;
	for (size_t j = 0; j < d; j++)
		direction->distance2 += v[j] * v[j];
	if (!sdq_failed(status))
		status = cholesky_backward(job, factored->product, d, d, v, 1, 1);
	for (size_t j = 0; j < d && direction->distance2 > 0; j++)
		v[j] /= sqrt(direction->distance2);
	return status;
}

/* The divisor of S; one row in each class leaves nothing to divide, and no scatter either. */
static double
degrees_of_freedom(const ClassRows *classes)
{
	return classes->n > 2 ? (double) classes->n - 2 : 1;
}

/* Fit rows that are in both classes. direction->v is the caller's. */
static SdqStatus
fit_direction(Job *job, const ClassRows *classes, const LdaShrinkage *shrinkage,
			  Direction *direction)
{
	ArenaMark mark = arena_mark(job->arena);
	ClassScatter scatter;
	double variance;
	SdqStatus status = class_scatter(job, classes, &scatter);

	if (sdq_failed(status))
		return status;
	direction->n_varying = count_varying(&scatter);
	variance = scatter.trace / degrees_of_freedom(classes) / (double) scatter.d;
	status =
		lda_factor(job, &scatter, shrinkage, degrees_of_freedom(classes), &direction->shrinkage);
	if (!sdq_failed(status))
		status = solve_direction(job, &scatter, direction);
	if (!sdq_failed(status))
		status = set_effective_columns(job, &scatter, variance, direction);
	arena_release(job->arena, mark);
	return status;
}

/* ---------- cross-validation ---------- */

/* Rows dealt to two halves. */
typedef struct Halves
{
	size_t *index[2]; /* [n] rows of each half, ascending */
	size_t n[2];
	size_t count[2][2]; /* [half][class] */
} Halves;

/*
 * The first row of each pair of rows of a class goes to the half that a coin says, the second to the other. To
 * take the rows in turn would be simpler, and misleading: real data sets alternate between their sources, as
 * MNIST's training images do between two groups of writers.
 */
static SdqStatus
deal_rows(Job *job, const ClassRows *classes, Halves *halves)
{
	Rng coins[2];
	int next[2] = {0, 0};
	bool is_second[2] = {false, false};

	*halves = (Halves){.n = {0, 0}};
	for (int label = 0; label < 2; label++)
		rng_seed(&coins[label], 0, RNG_STREAM_LDA + (uint64_t) label);
	for (int half = 0; half < 2; half++)
	{
		halves->index[half] = arena_alloc(job->arena, classes->n, sizeof(size_t));
		if (halves->index[half] == NULL)
			return arena_failure(job->arena);
	}
	for (size_t i = 0; i < classes->n; i++)
	{
		int label = classes->label[i];
		int half = is_second[label] ? 1 - next[label] : (int) (rng_u64(&coins[label]) >> 63);

		next[label] = half;
		is_second[label] = !is_second[label];
		halves->index[half][halves->n[half]++] = i;
		halves->count[half][label]++;
	}
	return sdq_ok();
}

/* Pairs of a key of x and a greater key of y count 2, of equal keys 1; both ascending. */
static uint64_t
count_pairs(const uint64_t *x, size_t n_x, const uint64_t *y, size_t n_y)
{
	uint64_t sum = 0;
	size_t below = 0;
	size_t not_above = 0;

	for (size_t j = 0; j < n_y; j++)
	{
		while (below < n_x && x[below] < y[j])
			below++;
		while (not_above < n_x && x[not_above] <= y[j])
			not_above++;
		sum += below + not_above;
	}
	return sum;
}

/* 2 U of one half, from scores[n][2] by the directions of both; keys[2][n] and scratch[n] are overwritten. */
static SdqStatus
half_pairs(Job *job, const ClassRows *classes, const Halves *halves, int half, const double *scores,
		   uint64_t *keys[2], uint64_t *scratch, uint64_t *pairs)
{
	size_t n[2] = {0, 0};
	SdqStatus status = sdq_ok();

	for (size_t i = 0; i < halves->n[half]; i++)
	{
		size_t row = halves->index[half][i];
		int label = classes->label[row];

		keys[label][n[label]++] = run_key(scores[2 * row + (size_t) (1 - half)]);
	}
	for (int label = 0; label < 2 && !sdq_failed(status); label++)
		status = sort_keys_by_job(keys[label], scratch, n[label], job);
	if (!sdq_failed(status))
		*pairs = count_pairs(keys[0], n[0], keys[1], n[1]);
	return status;
}

/* The AUC of both halves together, from the directions[2][d] fitted to each. */
static SdqStatus
cross_validated_auc(Job *job, const ClassRows *classes, const Halves *halves, double *directions,
					double *auc)
{
	size_t n = classes->n;
	Pca projection = {.d = classes->rows->d, .q = 2, .components = directions};
	double *scores = arena_alloc(job->arena, n, 2 * sizeof(double));
	uint64_t *scratch = arena_alloc(job->arena, n, sizeof(uint64_t));
	uint64_t *keys[2] = {arena_alloc(job->arena, n, sizeof(uint64_t)),
						 arena_alloc(job->arena, n, sizeof(uint64_t))};
	uint64_t pairs[2] = {0, 0};
	double all = 0;
	SdqStatus status;

	if (scores == NULL || scratch == NULL || keys[0] == NULL || keys[1] == NULL)
		return arena_failure(job->arena);
	status = pca_scores(job, classes->rows, &projection, scores);
	for (int half = 0; half < 2 && !sdq_failed(status); half++)
	{
		status = half_pairs(job, classes, halves, half, scores, keys, scratch, &pairs[half]);
		all += (double) halves->count[half][0] * (double) halves->count[half][1];
	}
	/* 2^31 rows make less than 2^61 pairs. */
	if (!sdq_failed(status))
		*auc = (double) (pairs[0] + pairs[1]) / (2 * all);
	return status;
}

/* Fit both halves and score each by the other; *auc is NaN where that cannot be. */
static SdqStatus
cross_validate(Job *job, const ClassRows *classes, const LdaShrinkage *shrinkage, double *auc)
{
	size_t d = classes->rows->d;
	ArenaMark mark = arena_mark(job->arena);
	double *directions = arena_alloc(job->arena, 2, d * sizeof(double));
	Halves halves;
	SdqStatus status;

	*auc = NAN;
	if (directions == NULL)
		return arena_failure(job->arena);
	status = deal_rows(job, classes, &halves);
	for (int half = 0; half < 2 && !sdq_failed(status); half++)
	{
		ClassRows some = *classes;
		Direction direction = {.v = directions + (size_t) half * d};

		if (halves.count[half][0] == 0 || halves.count[half][1] == 0)
		{
			arena_release(job->arena, mark);
			return sdq_ok();
		}
		some.index = halves.index[half];
		some.n = halves.n[half];
		status = fit_direction(job, &some, shrinkage, &direction);
	}
	if (!sdq_failed(status))
		status = cross_validated_auc(job, classes, &halves, directions, auc);
	arena_release(job->arena, mark);
	return status.code == SDQ_BAD_DATA ? sdq_ok() : status;
}

/* ---------- what the direction is worth ---------- */

/* Phi(D / sqrt 2) of D^2. */
static double
normal_auc(double distance2)
{
	return 0.5 * erfc(-0.5 * sqrt(distance2));
}

/* Everything that follows from distance, sizes and shrinkage; see the header. */
static void
set_measures(const Direction *direction, Separation *result)
{
	double n_x = (double) result->n_x;
	double n_y = (double) result->n_y;
	double n = n_x + n_y;
	double e = direction->effective_columns;
	double corrected;

	result->shrinkage = direction->shrinkage;
	result->mahalanobis2 = direction->distance2;
	result->auc = normal_auc(direction->distance2);
	corrected = fmax(n - e - 3, 0) / (n - 2) * direction->distance2 - e * (1 / n_x + 1 / n_y);
	result->auc_corrected = normal_auc(fmax(corrected, 0));

	result->t2 = n_x * (n_y / n) * direction->distance2;
	result->f = result->df_1 = result->df_2 = NAN;
	if (n >= (double) direction->n_varying + 2)
	{
		result->df_1 = (double) direction->n_varying;
		result->df_2 = n - result->df_1 - 1;
		result->f = (1 - result->shrinkage) * result->t2 * (result->df_2 / (n - 2)) / result->df_1;
	}
	result->p = f_upper_tail(result->df_1, result->df_2, result->f);
}

/* The direction per unit of the data; 0 if the classes' means are equal. */
static void
set_direction(const Direction *direction, const RowStore *rows, double *out)
{
	for (size_t j = 0; j < rows->d; j++)
		out[j] = direction->v[j] * rows->scale + 0.0;
}

SdqStatus
separation(Job *job, const ClassRows *classes, const LdaShrinkage *shrinkage, Separation *result)
{
	size_t d = classes->rows->d;
	Direction direction = {.n_varying = 0};
	ArenaMark mark;
	SdqStatus status;

	*result = (Separation){.n_x = 0};
	for (size_t i = 0; i < classes->n; i++)
		result->n_y += classes->label[i];
	result->n_x = (int64_t) classes->n - result->n_y;
	if (result->n_x == 0 || result->n_y == 0)
		return sdq_bad_data(LDA_CLASSES, -1, result->n_x + result->n_y > 0, 2);
	blas_load();
	result->direction = arena_alloc(job->arena, d, sizeof(double));
	mark = arena_mark(job->arena);
	direction.v = arena_alloc(job->arena, d, sizeof(double));
	if (result->direction == NULL || direction.v == NULL)
		return arena_failure(job->arena);
	status = fit_direction(job, classes, shrinkage, &direction);
	if (!sdq_failed(status))
	{
		set_direction(&direction, classes->rows, result->direction);
		set_measures(&direction, result);
		status = cross_validate(job, classes, shrinkage, &result->auc_cross_validated);
	}
	arena_release(job->arena, mark);
	return status;
}
