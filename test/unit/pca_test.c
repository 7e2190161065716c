/*
 * pca_test.c
 *		Principal components by hand, of real digits against numpy and scikit-learn, and of awkward data.
 */
#include "check.h"

#include <float.h>
#include <string.h>
#include <time.h>

#include "core/base/rng.h"
#include "core/matrix/pca.h"
#include "core/matrix/pca_model.h"
#include "digits.h"
#include "pca.h"
#include "row_stores.h"

static Arena arena;
static Job job = {.arena = &arena};

/* (0,0), (1,2), (2,4): variance 1 + 4 along (1,2)/sqrt 5, nothing across. */
static void
test_by_hand(void)
{
	RowStore store = new_store(&arena);
	double scores[6];
	Pca pca;

	for (int i = 0; i < 3; i++)
		row_store_append(&store, (double[]){i, 2 * i}, 2);
	row_store_finish(&store, &job, NULL);
	check(!sdq_failed(pca_fit(&job, &store, 2, &pca)), "two components of three points on a line");
	check_close(pca.variance[0], 5, 1e-14, "the first variance is 5");
	check(pca.variance[1] == 0, "the second is 0");
	check_close(pca.total_variance, 5, 1e-14, "and so the total is 5");
	check_close(pca.components[0], 1 / sqrt(5), 1e-14, "the line's direction, first column");
	check_close(pca.components[1], 2 / sqrt(5), 1e-14, "the line's direction, second column");
	check(pca.mean[0] == 1 && pca.mean[1] == 2, "the mean is (1, 2)");
	pca_scores(&job, &store, &pca, scores);
	check_close(scores[0], -sqrt(5), 1e-14, "the first point lies sqrt 5 before the mean");
	check(fabs(scores[2]) <= 1e-15 && fabs(scores[1]) <= 1e-15, "the second at the mean");
	check_close(scores[4], sqrt(5), 1e-14, "the third sqrt 5 behind it");
}

/* 2,000 images against numpy's eigenpairs. */
static void
test_digits(void)
{
	RowStore store = new_store(&arena);
	double *scores = malloc(PCA_REFERENCE_ROWS * 2 * sizeof(double));
	double worst_variance = 0;
	double worst_loading = 0;
	double worst_score = 0;
	Pca pca;

	check(digits_append(&store, "mnist-t10k-images-idx3-ubyte.gz", PCA_REFERENCE_ROWS),
		  "the digits can be read");
	row_store_finish(&store, &job, NULL);
	pca_fit(&job, &store, PCA_REFERENCE_COMPONENTS, &pca);
	for (size_t k = 0; k < PCA_REFERENCE_COMPONENTS; k++)
		worst_variance =
			fmax(worst_variance, fabs(pca.variance[k] / pca_reference_variance[k] - 1));
	check_close(worst_variance, 0, 1e-11, "50 variances agree with numpy");
	check_close(pca.total_variance, pca_reference_total, 1e-12, "the total variance agrees");
	for (size_t j = 0; j < DIGIT_PIXELS; j++)
		worst_loading =
			fmax(worst_loading, fabs(pca.components[j] - pca_reference_first_component[j]));
	check_close(worst_loading, 0, 1e-10, "the first component agrees, sign included");
	pca.q = 2;
	pca_scores(&job, &store, &pca, scores);
	for (size_t i = 0; i < 2 * PCA_REFERENCE_SCORES; i++)
		worst_score = fmax(worst_score, fabs(scores[i] - pca_reference_scores[i]));
	check_close(worst_score, 0, 1e-7, "the first scores agree");
	free(scores);
}

/* Are the components orthonormal? */
static double
departure_from_orthonormality(const Pca *pca)
{
	double worst = 0;

	for (size_t k = 0; k < pca->q; k++)
		for (size_t l = 0; l <= k; l++)
		{
			double inner = l == k ? -1 : 0;

			for (size_t j = 0; j < pca->d; j++)
				inner += pca->components[k * pca->d + j] * pca->components[l * pca->d + j];
			worst = fmax(worst, fabs(inner));
		}
	return worst;
}

/* More components than rank, constant data, few rows, a large offset, wrong arguments. */
static void
test_awkward(void)
{
	RowStore store = new_store(&arena);
	double row[50] = {0};
	double scores[8];
	Pca pca;
	SdqStatus status;
	Rng rng;

	rng_seed(&rng, 5, RNG_STREAM_TEST);
	for (int i = 0; i < 4; i++)
	{
		for (int j = 0; j < 50; j++)
			row[j] = j % 3 == 0 ? 7 : rng_normal(&rng);
		row_store_append(&store, row, 50);
	}
	row_store_finish(&store, &job, NULL);
	status = pca_fit(&job, &store, 50, &pca);
	check(!sdq_failed(status) && pca.variance[2] > 0 && pca.variance[3] == 0 &&
			  pca.variance[49] == 0,
		  "four rows have three variances, the others are 0");
	check_close(departure_from_orthonormality(&pca), 0, 1e-12,
				"components beyond the rank are orthonormal all the same");
	status = pca_fit(&job, &store, 51, &pca);
	check(status.code == SDQ_BAD_ARGUMENT && status.a == 51 && status.b == 50,
		  "more components than columns are refused");
	check(pca_fit(&job, &store, 0, &pca).code == SDQ_BAD_ARGUMENT, "and so are none");
	arena.limit = arena.held + 50 * 50 * sizeof(double);
	status = pca_fit(&job, &store, 1, &pca);
	check(status.code == SDQ_OVER_LIMIT && status.a > status.b && status.b == (double) arena.limit,
		  "too little memory is refused before the work, with what is needed and allowed");
	arena.limit = 0;

	store = new_store(&arena);
	row_store_append(&store, row, 50);
	row_store_finish(&store, &job, NULL);
	check(pca_fit(&job, &store, 1, &pca).code == SDQ_BAD_ARGUMENT, "one row has no covariance");

	store = new_store(&arena);
	for (int i = 0; i < 10; i++)
		row_store_append(&store, row, 50);
	row_store_finish(&store, &job, NULL);
	status = pca_fit(&job, &store, 40, &pca);
	check(!sdq_failed(status) && pca.variance[0] == 0 && pca.total_variance == 0 &&
			  departure_from_orthonormality(&pca) <= 1e-12,
		  "equal rows have no variance, and orthonormal components");

	/* Two rows: one variance, half the squared distance, along the difference (3, -4) / 5. */
	store = new_store(&arena);
	row_store_append(&store, (double[]){1, 7}, 2);
	row_store_append(&store, (double[]){4, 3}, 2);
	row_store_finish(&store, &job, NULL);
	pca_fit(&job, &store, 2, &pca);
	check_close(pca.variance[0], 12.5, 1e-15, "two rows: half of their squared distance");
	check(pca.variance[1] == 0, "and nothing across");
	check_close(pca.components[0], -0.6, 1e-15, "the larger loading is positive, first column");
	check_close(pca.components[1], 0.8, 1e-15, "the larger loading is positive, second column");

	/* One column, 0 to 9: the variance of a uniform law on 10 numbers, 82.5 / 9. */
	store = new_store(&arena);
	for (int i = 0; i < 10; i++)
		row_store_append(&store, (double[]){i}, 1);
	row_store_finish(&store, &job, NULL);
	pca_fit(&job, &store, 1, &pca);
	check_close(pca.variance[0], 82.5 / 9, 1e-15, "one column has its variance");
	check(pca.components[0] == 1, "along itself");

	/* Every row twice: sums of squares double, and 2 n - 1 takes the place of n - 1. */
	store = new_store(&arena);
	for (int i = 0; i < 20; i++)
		row_store_append(&store, (double[]){i / 2, 3}, 2);
	row_store_finish(&store, &job, NULL);
	pca_fit(&job, &store, 2, &pca);
	check_close(pca.variance[0], 2 * 82.5 / 19, 1e-15, "rows that occur twice count twice");
	check(pca.variance[1] == 0 && pca.components[3] == 1, "a constant column has no variance");

	/* 1e9 + (0 or 1) in one column, 0 in the other: variance 1/3 of four rows. */
	store = new_store(&arena);
	for (int i = 0; i < 4; i++)
		row_store_append(&store, (double[]){1e9 + i % 2, 0}, 2);
	row_store_finish(&store, &job, NULL);
	pca_fit(&job, &store, 1, &pca);
	check_close(pca.variance[0], 1.0 / 3, 1e-14, "a common offset of 1e9 costs no digits");
	pca_scores(&job, &store, &pca, scores);
	check(scores[0] == -0.5 && scores[3] == 0.5, "nor do the scores lose any");
}

/* The covariance (1, 0.5; 0.5, 1) has the variances 1.5 and 0.5 along (1, 1) and (1, -1), over sqrt 2. */
static void
test_from_covariance(void)
{
	static const double covariance[] = {1, 0.5, 0.5, 1};
	static const double mean[] = {3, 4};
	Pca pca;

	arena_free(&arena);
	check(!sdq_failed(pca_from_covariance(&job, covariance, mean, 2, 10, 2, &pca)),
		  "components come from a covariance, too");
	check(pca.n == 10 && pca.d == 2 && pca.q == 2 && pca.mean[0] == 3 && pca.mean[1] == 4,
		  "with the sizes and the mean that were given");
	check_close(pca.variance[0], 1.5, 1e-15, "the first variance is 1.5");
	check_close(pca.variance[1], 0.5, 1e-15, "the second is 0.5");
	check(pca.total_variance == 2, "the total is the trace");
	check_close(pca.components[0], sqrt(0.5), 1e-15,
				"the first lies on the diagonal, first column");
	check_close(pca.components[1], sqrt(0.5), 1e-15,
				"the first lies on the diagonal, second column");
	check_close(pca.components[2] * pca.components[3], -0.5, 1e-15, "the second is across");
	pca_from_covariance(&job, covariance, mean, 2, 2, 2, &pca);
	check(pca.variance[1] == 0, "two rows have one variance");
	check(pca_from_covariance(&job, covariance, mean, 2, 1, 1, &pca).code == SDQ_BAD_ARGUMENT,
		  "one row has no covariance of its own");
	check(pca_from_covariance(&job, covariance, mean, 2, 9, 3, &pca).code == SDQ_BAD_ARGUMENT,
		  "two columns have no three components");
}

/* Same bits for any number of threads, whatever the order of arrival; of whole numbers times a
 * factor. */
static void
test_threads(double factor)
{
	static const int threads[] = {1, 2, 3, 7};
	static size_t order[1500];
	static double components[20 * 300];
	static double scores[2][1500 * 20];
	bool same = true;

	for (int t = 0; t < 4; t++)
	{
		RowStore store = new_store(&arena);
		Job threaded = {.arena = &arena};
		double *row = malloc(300 * sizeof(double));
		Pca pca;

		pool_create(&threaded.pool, threads[t], NULL);
		for (size_t arrival = 0; arrival < 1500; arrival++)
		{
			size_t i = t >= 2 ? (arrival * 7 + 3) % 1500 : arrival;
			Rng rng;

			rng_seed(&rng, i, RNG_STREAM_TEST);
			for (size_t j = 0; j < 300; j++)
				row[j] = factor * (double) rng_below(&rng, 1 + 25 * (j % 10));
			order[i] = arrival;
			row_store_append(&store, row, 300);
		}
		row_store_finish(&store, &threaded, order);
		pca_fit(&threaded, &store, 20, &pca);
		pca_scores(&threaded, &store, &pca, scores[t > 0]);
		if (t == 0)
			memcpy(components, pca.components, sizeof(components));
		same &= memcmp(components, pca.components, sizeof(components)) == 0;
		same &= t == 0 || memcmp(scores[0], scores[1], sizeof(scores[0])) == 0;
		pool_destroy(threaded.pool);
		free(row);
	}
	check(same, "components and scores have the same bits for any threads and order of arrival");
}

/* A model as single rows see it. */
static PcaModel
model_of(const Pca *pca)
{
	return (PcaModel){.d = pca->d, .q = pca->q, .mean = pca->mean, .components = pca->components};
}

/* Mean (1, 2), component (0.6, 0.8): (8, 1) - mean = (7, -1) has the coordinate 3.4, stands for
 * (1 + 2.04, 2 + 2.72), and lies |0.8 * 7 + 0.6 * 1| = 6.2 beside it. */
static void
test_model_by_hand(void)
{
	PcaModel model = {2, 1, (double[]){1, 2}, (double[]){0.6, 0.8}};
	double row[] = {8, 1};
	double score;

	pca_model_scores(&model, row, &score);
	check_close(score, 3.4, 1e-15, "the coordinate of (8, 1) is 3.4");
	pca_model_row(&model, &score, row);
	check_close(row[0], 3.04, 1e-15, "which stands for 3.04 in the first column");
	check_close(row[1], 4.72, 1e-15, "and 4.72 in the second");
	row[0] = 8;
	row[1] = 1;
	check_close(pca_model_distance(&model, row, &score), 6.2, 1e-15, "6.2 away from (8, 1)");
	row[0] = 1 + 6e200;
	row[1] = 2 - 8e200;
	check_close(pca_model_distance(&model, row, &score), 9.6e200, 1e-14,
				"(6, -8) e200 is |0.8 * 6 + 0.6 * 8| e200 away, which does not overflow");
	row[0] = 1;
	row[1] = 2;
	check(pca_model_distance(&model, row, &score) == 0 && score == 0, "the mean has distance 0");
	model.mean = (double[]){0, 0};
	row[0] = 6e-200;
	row[1] = -4.5e-200;
	check_close(pca_model_distance(&model, row, &score), 7.5e-200, 1e-15,
				"a distance of 7.5e-200 does not underflow");
	row[0] = NAN;
	row[1] = 0;
	check(isnan(pca_model_distance(&model, row, &score)), "NaN stays NaN");
}

/* What the components of one set of digits keep of five others, against scikit-learn. */
static void
test_model_of_digits(const Pca *pca)
{
	PcaModel model = model_of(pca);
	RowStore store;
	double row[DIGIT_PIXELS];
	double exact[DIGIT_PIXELS];
	double scores[PCA_REFERENCE_COMPONENTS];
	double worst_score = 0;
	double worst_error = 0;
	double worst_row = 0;

	row_store_init(&store, &arena);
	digits_append(&store, "mnist-t10k-images-idx3-ubyte.gz", PCA_REFERENCE_SCORES);
	row_store_finish(&store, &job, NULL);
	for (size_t i = 0; i < PCA_REFERENCE_SCORES; i++)
	{
		double distance2 = 0;
		double distance;

		row_store_read_exact(&store, i, row);
		distance = pca_model_distance(&model, row, scores);
		worst_error = fmax(worst_error, fabs(distance / pca_sklearn_errors[i] - 1));
		for (size_t k = 0; k < PCA_REFERENCE_COMPONENTS; k++)
			worst_score =
				fmax(worst_score,
					 fabs(scores[k] - pca_sklearn_coordinates[i * PCA_REFERENCE_COMPONENTS + k]));
		pca_model_row(&model, scores, row);
		row_store_read_exact(&store, i, exact);
		for (size_t j = 0; j < DIGIT_PIXELS; j++)
			distance2 += (exact[j] - row[j]) * (exact[j] - row[j]);
		worst_row = fmax(worst_row, fabs(sqrt(distance2) / distance - 1));
	}
	check_close(worst_score, 0, 1e-7, "coordinates of other digits agree with scikit-learn");
	check_close(worst_error, 0, 1e-12, "and so do the distances from what the components keep");
	check_close(worst_row, 0, 1e-13,
				"which are those from the rows that the coordinates stand for");
}

/* One by one, rows have the coordinates of pca_scores(), to the bit; with all components kept nothing
 * is lost. */
static void
test_model_of_its_rows(ElementType type)
{
	static const double factor[] = {
		[ELEMENT_UINT8] = 1, [ELEMENT_FLOAT] = 0.25, [ELEMENT_DOUBLE] = 0.1};
	enum
	{
		N = 203,
		D = 37,
		Q = 37,
	};
	RowStore store = new_store(&arena);
	double scores[N * Q];
	double row[D];
	double single[Q];
	double worst = 0;
	bool same = true;
	PcaModel model;
	Pca pca;
	Rng rng;

	rng_seed(&rng, 9, RNG_STREAM_TEST);
	for (int i = 0; i < N; i++)
	{
		for (int j = 0; j < D; j++)
			row[j] = factor[type] * (double) rng_below(&rng, 256);
		row_store_append(&store, row, D);
	}
	row_store_finish(&store, &job, NULL);
	pca_fit(&job, &store, Q, &pca);
	pca_scores(&job, &store, &pca, scores);
	model = model_of(&pca);
	for (size_t i = 0; i < N; i++)
	{
		row_store_read_exact(&store, i, row);
		pca_model_scores(&model, row, single);
		same &= memcmp(single, scores + i * Q, sizeof(single)) == 0;
		row_store_read_exact(&store, i, row);
		worst = fmax(worst, pca_model_distance(&model, row, single));
	}
	check(store.type == type && same, "a row alone has the coordinates it has among others");
	check(worst <= 1e-11, "with all components nothing of a row is lost");
}

/* 10,000 images against scikit-learn; how long it takes is printed. */
static void
test_sklearn(void)
{
	RowStore store = new_store(&arena);
	double worst_variance = 0;
	double worst_ratio = 0;
	double worst_loading = 0;
	struct timespec start, end;
	Pca pca;

	check(digits_append(&store, "mnist-train-first10k-images-idx3-ubyte.gz", 10000),
		  "10,000 digits can be read");
	row_store_finish(&store, &job, NULL);
	clock_gettime(CLOCK_MONOTONIC, &start);
	pca_fit(&job, &store, PCA_REFERENCE_COMPONENTS, &pca);
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("# %.3f s\n",
		   (double) (end.tv_sec - start.tv_sec) + 1e-9 * (double) (end.tv_nsec - start.tv_nsec));
	for (size_t k = 0; k < PCA_REFERENCE_COMPONENTS; k++)
	{
		double ratio = pca.variance[k] / pca.total_variance;

		worst_variance = fmax(worst_variance, fabs(pca.variance[k] / pca_sklearn_variance[k] - 1));
		worst_ratio = fmax(worst_ratio, fabs(ratio / pca_sklearn_ratio[k] - 1));
	}
	for (size_t shown = 0; shown < PCA_SKLEARN_SHOWN; shown++)
		for (size_t j = 0; j < DIGIT_PIXELS; j++)
		{
			size_t k = (size_t) pca_sklearn_shown[shown] - 1;

			worst_loading =
				fmax(worst_loading, fabs(pca.components[k * DIGIT_PIXELS + j] -
										 pca_sklearn_components[shown * DIGIT_PIXELS + j]));
		}
	check_close(worst_variance, 0, 1e-11, "50 variances agree with scikit-learn");
	check_close(worst_ratio, 0, 1e-11, "and so do their shares");
	check_close(pca.total_variance, pca_sklearn_total, 1e-11, "and the total");
	check_close(worst_loading, 0, 1e-9, "components 1, 2, 10 and 50 agree, signs included");
	test_model_of_digits(&pca);
}

int
main(void)
{
	arena_init(&arena, arena_malloc_source(), 0);
	pool_create(&job.pool, 2, NULL);
	test_by_hand();
	test_digits();
	test_awkward();
	test_from_covariance();
	test_threads(1);
	test_threads(0.3);
	test_model_by_hand();
	test_model_of_its_rows(ELEMENT_UINT8);
	test_model_of_its_rows(ELEMENT_FLOAT);
	test_model_of_its_rows(ELEMENT_DOUBLE);
	test_sklearn();
	pool_destroy(job.pool);
	arena_free(&arena);
	return check_done();
}
