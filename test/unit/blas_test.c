/*
 * blas_test.c
 *		Matrix products: plain against a triple loop, the library against plain, from several threads.
 */
#include "check.h"

#include <string.h>

#include "core/base/blas.h"
#include "core/base/pool.h"
#include "core/base/rng.h"

#define MAX_SIDE          320
#define PADDING           5
#define CONCURRENT_CHUNKS 64

/* Errors of sums of k products grow like sqrt(k) roundings; this is far below that of a wrong term. */
#define MAX_ROUNDINGS 20

static double a[MAX_SIDE * MAX_SIDE];
static double b[MAX_SIDE * MAX_SIDE];
static double c[MAX_SIDE * MAX_SIDE];
static double want[MAX_SIDE * MAX_SIDE];
static float float_a[MAX_SIDE * MAX_SIDE];
static float float_b[MAX_SIDE * MAX_SIDE];
static float float_c[MAX_SIDE * MAX_SIDE];

static void
fill(uint64_t seed)
{
	Rng rng;

	rng_seed(&rng, seed, RNG_STREAM_TEST);
	for (size_t i = 0; i < MAX_SIDE * MAX_SIDE; i++)
	{
		float_a[i] = (float) rng_normal(&rng);
		float_b[i] = (float) rng_normal(&rng);
		float_c[i] = (float) rng_normal(&rng);
		a[i] = float_a[i];
		b[i] = float_b[i];
		c[i] = float_c[i];
	}
}

/* One shape: largest error of float and double, in units of the terms' rounding; rows of C beyond n
 * must be untouched. */
static void
measure(int orientation, size_t m, size_t n, size_t k, double beta, double *float_error,
		double *double_error, bool *in_bounds)
{
	BlasTranspose transpose_a = orientation & 1 ? BLAS_TRANSPOSE : BLAS_NO_TRANSPOSE;
	BlasTranspose transpose_b = orientation & 2 ? BLAS_TRANSPOSE : BLAS_NO_TRANSPOSE;
	size_t lda = (transpose_a == BLAS_TRANSPOSE ? m : k) + PADDING;
	size_t ldb = (transpose_b == BLAS_TRANSPOSE ? k : n) + PADDING;
	size_t ldc = n + PADDING;
	const double alpha = -1.5;

	fill(m + 1000 * n + 1000000 * k);
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++)
		{
			double sum = 0;

			for (size_t l = 0; l < k; l++)
				sum += (transpose_a == BLAS_TRANSPOSE ? a[l * lda + i] : a[i * lda + l]) *
					   (transpose_b == BLAS_TRANSPOSE ? b[j * ldb + l] : b[l * ldb + j]);
			want[i * ldc + j] = alpha * sum + (beta == 0 ? 0 : beta * c[i * ldc + j]);
		}
	if (beta == 0)
		for (size_t i = 0; i < m; i++)
			for (size_t j = 0; j < n; j++)
			{
				c[i * ldc + j] = NAN;
				float_c[i * ldc + j] = NAN;
			}
	blas_sgemm(transpose_a, transpose_b, m, n, k, (float) alpha, float_a, lda, float_b, ldb,
			   (float) beta, float_c, ldc);
	blas_dgemm(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++)
		{
			double scale = 10 * sqrt((double) k + 1);

			/* Written so that NaN is a large error. */
			double f = fabs((double) float_c[i * ldc + j] - want[i * ldc + j]) / scale / 0x1.0p-24;
			double d = fabs(c[i * ldc + j] - want[i * ldc + j]) / scale / 0x1.0p-53;

			*float_error = f < *float_error ? *float_error : f <= 1e30 ? f : 1e30;
			*double_error = d < *double_error ? *double_error : d <= 1e30 ? d : 1e30;
		}
	/* The generator again: what lies between the rows. */
	memcpy(want, c, sizeof(want));
	{
		static float after[MAX_SIDE * MAX_SIDE];

		memcpy(after, float_c, sizeof(after));
		fill(m + 1000 * n + 1000000 * k);
		for (size_t i = 0; i < m; i++)
			for (size_t j = n; j < ldc; j++)
				*in_bounds &= want[i * ldc + j] == c[i * ldc + j] &&
							  after[i * ldc + j] == float_c[i * ldc + j];
	}
}

/* All orientations, odd shapes, leading dimensions beyond the rows, beta 0 over NaN, 1 and 1/2. */
static void
test_shapes(bool plain)
{
	static const size_t shapes[][3] = {{1, 1, 1},     {1, 1, 0},      {2, 3, 4},     {17, 33, 50},
									   {64, 256, 64}, {65, 257, 129}, {300, 7, 200}, {5, 300, 311}};
	static const double betas[] = {0, 1, 0.5};
	double float_error = 0;
	double double_error = 0;
	bool in_bounds = true;
	char sentence[100];

	blas_force_plain(plain);
	for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++)
		for (int orientation = 0; orientation < 4; orientation++)
			for (int beta = 0; beta < 3; beta++)
				measure(orientation, shapes[s][0], shapes[s][1], shapes[s][2], betas[beta],
						&float_error, &double_error, &in_bounds);
	printf("# %s: errors %.2f, %.2f roundings\n", blas_name(), float_error, double_error);
	snprintf(sentence, sizeof(sentence), "%s products are right to rounding, float and double",
			 plain ? "plain" : "the library's");
	check(float_error < MAX_ROUNDINGS && double_error < MAX_ROUNDINGS, sentence);
	check(in_bounds, "nothing is written between the rows of C");
	blas_force_plain(false);
}

typedef struct ConcurrentWork
{
	float *results; /* [CONCURRENT_CHUNKS][100][90] */
	double *double_results;
} ConcurrentWork;

/* Products of many shapes, depending on the chunk alone. */
static void
concurrent_chunk(void *argument, size_t chunk, int thread)
{
	ConcurrentWork *work = argument;
	size_t m = 20 + chunk % 80;
	size_t n = 10 + 7 * chunk % 80;

	for (int round = 0; round < 10; round++)
	{
		blas_sgemm(BLAS_NO_TRANSPOSE, BLAS_TRANSPOSE, m, n, 200, 1, float_a + chunk, 201, float_b,
				   203, 0, work->results + chunk * 9000, 90);
		blas_dgemm(BLAS_TRANSPOSE, BLAS_NO_TRANSPOSE, m, n, 200, 1, a + chunk, 201, b, 203, 0,
				   work->double_results + chunk * 9000, 90);
	}
}

/* Calls at the same time from 1, 2 and 4 threads give the same bits. */
static void
test_concurrent(bool plain)
{
	static const int threads[] = {1, 2, 4};
	size_t count = (size_t) CONCURRENT_CHUNKS * 9000;
	float *first = calloc(count, sizeof(float));
	double *double_first = calloc(count, sizeof(double));
	float *results = calloc(count, sizeof(float));
	double *double_results = calloc(count, sizeof(double));
	bool same = true;
	char sentence[100];

	fill(1);
	blas_force_plain(plain);
	for (int t = 0; t < 3; t++)
	{
		ConcurrentWork work = {.results = t == 0 ? first : results,
							   .double_results = t == 0 ? double_first : double_results};
		Pool *pool;

		pool_create(&pool, threads[t], NULL);
		pool_run(pool, concurrent_chunk, &work, CONCURRENT_CHUNKS);
		pool_destroy(pool);
		same &= t == 0 || (memcmp(first, results, count * sizeof(float)) == 0 &&
						   memcmp(double_first, double_results, count * sizeof(double)) == 0);
	}
	blas_force_plain(false);
	snprintf(sentence, sizeof(sentence), "%s calls from 1, 2 and 4 threads give the same bits",
			 plain ? "plain" : "the library's");
	check(same, sentence);
	free(first);
	free(double_first);
	free(results);
	free(double_results);
}

int
main(void)
{
	blas_set_library("libnone.so.9");
	check(blas_load() == BLAS_MISSING, "a library that is not there is missing");
	blas_set_library(BLAS_LIBRARY);
	check(blas_load() == BLAS_READY, "it is looked for again");
	check(blas_load() == BLAS_READY, "once open, it stays");
	test_shapes(true);
	test_shapes(false);
	test_concurrent(true);
	test_concurrent(false);
	blas_force_plain(true);
	check(strcmp(blas_name(), "plain") == 0, "the name says that the plain kernels are in use");
	return check_done();
}
