/*
 * eigen_test.c
 *		Eigenpairs against known spectra, against Jacobi, and by their residuals.
 */
#include "check.h"

#include <float.h>
#include <string.h>
#include <time.h>

#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "core/matrix/eigen.h"
#include "stops.h"

#define MAX_N 400

static Arena arena;
static Job job = {.arena = &arena};
static double a[MAX_N * MAX_N];
static double values[MAX_N];
static double vectors[MAX_N * MAX_N];
static double oracle_values[MAX_N];
static double oracle_vectors[MAX_N * MAX_N];

/* a = Q diag(spectrum) Q', Q a product of n random reflections. */
static void
make_matrix(const double *spectrum, size_t n, uint64_t seed)
{
	static double v[MAX_N];
	static double p[MAX_N];
	Rng rng;

	rng_seed(&rng, seed, RNG_STREAM_TEST);
	memset(a, 0, n * n * sizeof(double));
	for (size_t i = 0; i < n; i++)
		a[i * n + i] = spectrum[i];
	for (int reflection = 0; reflection < 8; reflection++)
	{
		double norm2 = 0;
		double inner = 0;

		for (size_t i = 0; i < n; i++)
		{
			v[i] = rng_normal(&rng);
			norm2 += v[i] * v[i];
		}
		for (size_t i = 0; i < n; i++)
		{
			p[i] = 0;
			for (size_t j = 0; j < n; j++)
				p[i] += 2 / norm2 * a[i * n + j] * v[j];
			inner += p[i] * v[i];
		}
		for (size_t i = 0; i < n; i++)
			p[i] -= inner / norm2 * v[i];
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++)
				a[i * n + j] -= v[i] * p[j] + p[i] * v[j];
	}
	/* Exactly symmetric. */
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			a[i * n + j] = a[j * n + i];
}

/* Largest |a x - value x| / largest value, and departure from orthonormality, of the first q pairs. */
static void
measure(size_t n, size_t q, double *residual, double *orthogonality)
{
	double scale = values[0] > 0 ? 1 / values[0] : 1;

	*residual = 0;
	*orthogonality = 0;
	for (size_t k = 0; k < q; k++)
	{
		const double *x = vectors + k * n;
		double norm2 = 0;

		for (size_t i = 0; i < n; i++)
		{
			double sum = -values[k] * scale * x[i];

			for (size_t j = 0; j < n; j++)
				sum += a[i * n + j] * scale * x[j];
			norm2 += sum * sum;
		}
		*residual = fmax(*residual, sqrt(norm2));
		for (size_t l = 0; l <= k; l++)
		{
			double inner = l == k ? -1 : 0;

			for (size_t i = 0; i < n; i++)
				inner += x[i] * vectors[l * n + i];
			*orthogonality = fmax(*orthogonality, fabs(inner));
		}
	}
}

/* Is the entry of largest magnitude of every vector positive? */
static bool
signs_are_right(size_t n, size_t q)
{
	for (size_t k = 0; k < q; k++)
	{
		size_t largest = 0;

		for (size_t i = 1; i < n; i++)
			if (fabs(vectors[k * n + i]) > fabs(vectors[k * n + largest]))
				largest = i;
		if (vectors[k * n + largest] < 0)
			return false;
	}
	return true;
}

/* One spectrum (descending), with all that must hold. */
static void
check_spectrum(const char *name, const double *spectrum, size_t n, size_t q)
{
	double residual, orthogonality;
	double value_error = 0;
	bool descending = true;
	char sentence[200];
	SdqStatus status;

	make_matrix(spectrum, n, n + q);
	status = eigen_leading(&job, a, n, q, values, vectors);
	measure(n, q, &residual, &orthogonality);
	for (size_t k = 0; k < q; k++)
	{
		value_error = fmax(value_error, fabs(values[k] - spectrum[k]));
		descending &= k == 0 || values[k] <= values[k - 1];
	}
	if (spectrum[0] > 0)
		value_error /= spectrum[0];
	snprintf(sentence, sizeof(sentence), "%s (n = %zu, q = %zu): values, residuals, orthonormality",
			 name, n, q);
	check(!sdq_failed(status) && descending && value_error <= 1e-12 && residual <= 1e-12 &&
			  orthogonality <= 1e-12 && signs_are_right(n, q),
		  sentence);
	printf("# value error %.2g, residual %.2g, orthogonality %.2g\n", value_error, residual,
		   orthogonality);
}

/* Spectra of every kind, at sizes on both sides of the change of method. */
static void
test_spectra(void)
{
	static const size_t sizes[][2] = {{2, 1}, {5, 5}, {32, 7}, {33, 33}, {200, 50}, {400, 30}};
	static double spectrum[MAX_N];

	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
	{
		size_t n = sizes[s][0];
		size_t q = sizes[s][1];

		for (size_t i = 0; i < n; i++)
			spectrum[i] = (double) (n - i);
		check_spectrum("evenly spaced", spectrum, n, q);
		for (size_t i = 0; i < n; i++)
			spectrum[i] = pow(0.5, (double) i);
		check_spectrum("geometric", spectrum, n, q);
		for (size_t i = 0; i < n; i++)
			spectrum[i] = 3;
		check_spectrum("all equal", spectrum, n, q);
		for (size_t i = 0; i < n; i++)
			spectrum[i] = i < n / 2 ? 2 : 1;
		check_spectrum("two repeated values", spectrum, n, q);
		for (size_t i = 0; i < n; i++)
			spectrum[i] = 1 - 1e-14 * (double) i;
		check_spectrum("a cluster", spectrum, n, q);
		for (size_t i = 0; i < n; i++)
			spectrum[i] = i < 2 ? 1e6 * (double) (2 - i) : 0;
		check_spectrum("rank two", spectrum, n, q);
		for (size_t i = 0; i < n; i++)
			spectrum[i] = 1e-200 / (double) (i + 1);
		check_spectrum("tiny", spectrum, n, q);
		for (size_t i = 0; i < n; i++)
			spectrum[i] = 1e200 / (double) (i + 1);
		check_spectrum("huge", spectrum, n, q);
	}
}

/* Matrices whose tridiagonal form falls apart or is known. */
static void
test_special(void)
{
	static const size_t sizes[] = {1, 20, 100};
	double residual, orthogonality;
	double worst = 0;
	size_t n;
	SdqStatus status;

	for (size_t s = 0; s < 3; s++)
	{
		n = sizes[s];
		memset(a, 0, sizeof(a));
		status = eigen_leading(&job, a, n, n, values, vectors);
		measure(n, n, &residual, &orthogonality);
		check(!sdq_failed(status) && values[0] == 0 && values[n - 1] == 0 && orthogonality <= 1e-12,
			  "a matrix of zeros has zero values and orthonormal vectors");
	}
	a[0] = 5;
	status = eigen_leading(&job, a, 1, 1, values, vectors);
	check(!sdq_failed(status) && values[0] == 5 && vectors[0] == 1, "a 1 x 1 matrix is its value");

	/* 2 1 / 1 2: values 3 and 1, vectors (1, 1) and (1, -1) over sqrt 2. */
	memcpy(a, (double[]){2, 1, 1, 2}, 4 * sizeof(double));
	eigen_leading(&job, a, 2, 2, values, vectors);
	check_close(values[0], 3, 1e-15, "2 1 / 1 2 has the value 3");
	check_close(values[1], 1, 1e-15, "2 1 / 1 2 has the value 1");
	check_close(vectors[2] * vectors[3], -0.5, 1e-15, "with the vector (1, -1) / sqrt 2");

	/* Second differences: 2 - 2 cos(pi k / (n + 1)). */
	n = 300;
	memset(a, 0, sizeof(a));
	for (size_t i = 0; i < n; i++)
	{
		a[i * n + i] = 2;
		if (i > 0)
			a[i * n + i - 1] = a[(i - 1) * n + i] = -1;
	}
	status = eigen_leading(&job, a, n, 150, values, vectors);
	for (size_t k = 0; k < 150; k++)
		worst = fmax(
			worst, fabs(values[k] - (2 - 2 * cos(acos(-1) * (double) (n - k) / (double) (n + 1)))));
	measure(n, 150, &residual, &orthogonality);
	check(!sdq_failed(status) && worst <= 1e-13 && residual <= 1e-12 && orthogonality <= 1e-12,
		  "the second difference matrix has its known values");

	/* Wilkinson's matrix glued ten times: many pairs of values closer than rounding. */
	n = 210;
	memset(a, 0, sizeof(a));
	for (size_t i = 0; i < n; i++)
	{
		a[i * n + i] = fabs(10 - (double) (i % 21));
		if (i > 0)
			a[i * n + i - 1] = a[(i - 1) * n + i] = i % 21 == 0 ? 1e-8 : 1;
	}
	status = eigen_leading(&job, a, n, 100, values, vectors);
	measure(n, 100, &residual, &orthogonality);
	check(!sdq_failed(status) && residual <= 1e-12 && orthogonality <= 1e-12,
		  "glued Wilkinson matrices give orthonormal vectors");

	/* Block diagonal with equal blocks. */
	memset(a, 0, sizeof(a));
	for (size_t i = 0; i < n; i++)
		for (size_t j = i / 3 * 3; j < i / 3 * 3 + 3; j++)
			a[i * n + j] = i == j ? 2 : 1;
	status = eigen_leading(&job, a, n, n, values, vectors);
	measure(n, n, &residual, &orthogonality);
	check(!sdq_failed(status) && fabs(values[69] - 4) <= 1e-13 && fabs(values[70] - 1) <= 1e-13 &&
			  residual <= 1e-12 && orthogonality <= 1e-12,
		  "70 equal blocks have 70 equal leading values");
}

/* Jacobi and the reduction agree on a sample covariance. */
static void
test_against_jacobi(void)
{
	size_t n = 120;
	double worst = 0;
	static double rows[300][120];
	Rng rng;

	rng_seed(&rng, 3, RNG_STREAM_TEST);
	for (int r = 0; r < 300; r++)
		for (size_t j = 0; j < n; j++)
			rows[r][j] = rng_normal(&rng) * (j < 10 ? 3 : 1);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
		{
			a[i * n + j] = 0;
			for (int r = 0; r < 300; r++)
				a[i * n + j] += rows[r][i] * rows[r][j];
		}
	eigen_jacobi(&job, a, n, oracle_values, oracle_vectors);
	eigen_leading(&job, a, n, n, values, vectors);
	for (size_t k = 0; k < n; k++)
	{
		worst = fmax(worst, fabs(values[k] - oracle_values[k]) / values[0]);
		for (size_t i = 0; i < n; i++)
			worst = fmax(worst, fabs(vectors[k * n + i] - oracle_vectors[k * n + i]));
	}
	check(worst <= 1e-10, "the reduction and Jacobi agree on all pairs, signs included");
}

/* Same bits for 1, 2 and 8 threads, large enough to use them, and on every instruction set. */
static void
test_threads(void)
{
	static const int threads[] = {1, 2, 8};
	static double spectrum[MAX_N];
	bool same = true;

	for (size_t i = 0; i < MAX_N; i++)
		spectrum[i] = 1 / (double) (i + 1);
	make_matrix(spectrum, MAX_N, 9);
	for (int t = 0; t < 3; t++)
	{
		Job threaded = {.arena = &arena};

		pool_create(&threaded.pool, threads[t], NULL);
		eigen_leading(&threaded, a, MAX_N, 40, values, vectors);
		pool_destroy(threaded.pool);
		if (t == 0)
		{
			memcpy(oracle_values, values, sizeof(values));
			memcpy(oracle_vectors, vectors, 40 * MAX_N * sizeof(double));
		}
		same &= memcmp(oracle_values, values, 40 * sizeof(double)) == 0 &&
				memcmp(oracle_vectors, vectors, 40 * MAX_N * sizeof(double)) == 0;
	}
	check(same, "pairs have the same bits for 1, 2 and 8 threads");
	for (int level = CPU_PLAIN; level <= CPU_HIGHEST; level++)
	{
		cpu_set_limit((CpuLevel) level);
		eigen_leading(&job, a, MAX_N, 40, values, vectors);
		same &= memcmp(oracle_values, values, 40 * sizeof(double)) == 0 &&
				memcmp(oracle_vectors, vectors, 40 * MAX_N * sizeof(double)) == 0;
	}
	cpu_set_limit(CPU_HIGHEST);
	check(same, "and on every instruction set");
}

/* Stopped at any poll it returns, with the arena as it was. */
static void
test_stop(void)
{
	bool stopped = true;
	static double spectrum[MAX_N];

	for (size_t i = 0; i < MAX_N; i++)
		spectrum[i] = 1 / (double) (i + 1);
	make_matrix(spectrum, MAX_N, 9);
	for (int after = 1; after < 400; after += 70)
	{
		int left = after;
		Stop stop = {.poll = stop_countdown, .context = &left};
		Job stopping = {.arena = &arena, .stop = &stop};
		size_t held = arena.held;

		pool_create(&stopping.pool, 2, &stop);
		stopped &= eigen_leading(&stopping, a, MAX_N, 10, values, vectors).code == SDQ_INTERRUPTED;
		stopped &= arena.held == held;
		pool_destroy(stopping.pool);
	}
	check(stopped, "a stop request ends the computation wherever it is, and leaves no memory");
}

int
main(void)
{
	arena_init(&arena, arena_malloc_source(), 0);
	pool_create(&job.pool, 2, NULL);
	test_spectra();
	test_special();
	test_against_jacobi();
	test_threads();
	test_stop();
	pool_destroy(job.pool);
	arena_free(&arena);
	return check_done();
}
