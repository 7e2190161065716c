/*
 * blas.c
 *		The BLAS loader.
 *
 * Why OpenBLAS is not linked. A library in DT_NEEDED is loaded by every process that loads ours, so
 * by each parallel worker of any query once the leader has used the extension; and OpenBLAS starts
 * one thread per processor when it is loaded, with whatever signal mask the process has at that
 * moment, so that handlers of the host process may run on its threads. Therefore it is opened on
 * first use, on the main thread, with OPENBLAS_NUM_THREADS=1 in the environment (no threads are
 * started then) and with all signals but those of synchronous faults blocked meanwhile.
 *
 * Why it is checked. Builds and processors exist whose kernels are wrong (OpenBLAS issues 2126 and
 * others). On loading, products of awkward shapes are compared with the plain kernels; a library
 * that fails is not used, and stays open, since closing one that started threads is not safe. One that
 * is not there is looked for again next time: it may have been installed meanwhile.
 *
 * Threads. With the pthread and OpenMP builds and one BLAS thread each call computes in its caller,
 * so pool threads may call at once. A serial build may have been made without locking: its calls
 * are serialised by a mutex of ours.
 */
#include "core/base/blas.h"

#include <dlfcn.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define BLAS_THREADS_VARIABLE "OPENBLAS_NUM_THREADS"

/* The C interface of BLAS (netlib cblas.h): its enumerations and the two products. */
enum
{
	CBLAS_ROW_MAJOR = 101,
	CBLAS_NO_TRANSPOSE = 111,
	CBLAS_TRANSPOSE = 112,
};
typedef void (*CblasSgemm)(int order, int transpose_a, int transpose_b, int m, int n, int k,
						   float alpha, const float *a, int lda, const float *b, int ldb,
						   float beta, float *c, int ldc);
typedef void (*CblasDgemm)(int order, int transpose_a, int transpose_b, int m, int n, int k,
						   double alpha, const double *a, int lda, const double *b, int ldb,
						   double beta, double *c, int ldc);

/* Kinds of build, by openblas_get_parallel(). */
enum
{
	OPENBLAS_SERIAL = 0,
};

static BlasState state = BLAS_MISSING;
static const char *library_file = BLAS_LIBRARY;
static bool force_plain = false;
static bool serialise_calls = false;
static CblasSgemm library_sgemm = NULL;
static CblasDgemm library_dgemm = NULL;
static const char *library_name = "plain";
static pthread_mutex_t call_mutex = PTHREAD_MUTEX_INITIALIZER;

static int
cblas_transpose(BlasTranspose transpose)
{
	return transpose == BLAS_TRANSPOSE ? CBLAS_TRANSPOSE : CBLAS_NO_TRANSPOSE;
}

/* Do all sizes fit the library's int? */
static bool
sizes_fit(size_t m, size_t n, size_t k, size_t lda, size_t ldb, size_t ldc)
{
	return m <= INT_MAX && n <= INT_MAX && k <= INT_MAX && lda <= INT_MAX && ldb <= INT_MAX &&
		   ldc <= INT_MAX;
}

static void
lock_calls(void)
{
	if (serialise_calls)
		pthread_mutex_lock(&call_mutex);
}

static void
unlock_calls(void)
{
	if (serialise_calls)
		pthread_mutex_unlock(&call_mutex);
}

void
blas_sgemm(BlasTranspose transpose_a, BlasTranspose transpose_b, size_t m, size_t n, size_t k,
		   float alpha, const float *a, size_t lda, const float *b, size_t ldb, float beta,
		   float *c, size_t ldc)
{
	if (force_plain || library_sgemm == NULL || !sizes_fit(m, n, k, lda, ldb, ldc))
	{
		plain_sgemm(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
		return;
	}
	lock_calls();
	library_sgemm(CBLAS_ROW_MAJOR, cblas_transpose(transpose_a), cblas_transpose(transpose_b),
				  (int) m, (int) n, (int) k, alpha, a, (int) lda, b, (int) ldb, beta, c, (int) ldc);
	unlock_calls();
}

void
blas_dgemm(BlasTranspose transpose_a, BlasTranspose transpose_b, size_t m, size_t n, size_t k,
		   double alpha, const double *a, size_t lda, const double *b, size_t ldb, double beta,
		   double *c, size_t ldc)
{
	if (force_plain || library_dgemm == NULL || !sizes_fit(m, n, k, lda, ldb, ldc))
	{
		plain_dgemm(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
		return;
	}
	lock_calls();
	library_dgemm(CBLAS_ROW_MAJOR, cblas_transpose(transpose_a), cblas_transpose(transpose_b),
				  (int) m, (int) n, (int) k, alpha, a, (int) lda, b, (int) ldb, beta, c, (int) ldc);
	unlock_calls();
}

/* One product of shape m x n x k by both kernels, float and double: do they agree? */
static bool
shape_agrees(size_t m, size_t n, size_t k, BlasTranspose transpose_a, BlasTranspose transpose_b)
{
	/* Rounding of k products of magnitude at most 1/4, far above any real difference in order. */
	double tolerance_float = 1e-6 * (double) k;
	double tolerance_double = 1e-15 * (double) k;
	size_t lda = transpose_a == BLAS_TRANSPOSE ? m : k;
	size_t ldb = transpose_b == BLAS_TRANSPOSE ? k : n;
	size_t count = m * k + k * n + 2 * m * n;
	double *d = malloc(count * sizeof(double));
	float *f = malloc(count * sizeof(float));
	bool agrees = d != NULL && f != NULL;

	if (agrees)
	{
		size_t b = m * k;
		size_t got = b + k * n;
		size_t want = got + m * n;

		for (size_t i = 0; i < got; i++)
		{
			/* A fixed scatter over [-1/2, 1/2). */
			d[i] = (double) ((i * 2654435761u) % 1021) / 1021 - 0.5;
			f[i] = (float) d[i];
		}
		blas_sgemm(transpose_a, transpose_b, m, n, k, 1, f, lda, f + b, ldb, 0, f + got, n);
		plain_sgemm(transpose_a, transpose_b, m, n, k, 1, f, lda, f + b, ldb, 0, f + want, n);
		blas_dgemm(transpose_a, transpose_b, m, n, k, 1, d, lda, d + b, ldb, 0, d + got, n);
		plain_dgemm(transpose_a, transpose_b, m, n, k, 1, d, lda, d + b, ldb, 0, d + want, n);
		for (size_t i = 0; i < m * n; i++)
		{
			/* Written so that NaN disagrees. */
			if (!(fabs((double) f[got + i] - (double) f[want + i]) <= tolerance_float) ||
				!(fabs(d[got + i] - d[want + i]) <= tolerance_double))
				agrees = false;
		}
	}
	free(d);
	free(f);
	return agrees;
}

/* Small, odd and vector-sized shapes in all four orientations. */
static bool
library_agrees(void)
{
	static const size_t shapes[][3] = {
		{1, 1, 1}, {3, 5, 7}, {17, 33, 50}, {64, 96, 131}, {100, 10, 200}};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		for (int orientation = 0; orientation < 4; orientation++)
			if (!shape_agrees(shapes[i][0], shapes[i][1], shapes[i][2],
							  orientation & 1 ? BLAS_TRANSPOSE : BLAS_NO_TRANSPOSE,
							  orientation & 2 ? BLAS_TRANSPOSE : BLAS_NO_TRANSPOSE))
				return false;
	return true;
}

/* Open the library with one thread and resolve what we use. */
static void
open_library(void)
{
	const char *old_value = getenv(BLAS_THREADS_VARIABLE);
	char *saved = old_value == NULL ? NULL : strdup(old_value);
	void *handle;

	setenv(BLAS_THREADS_VARIABLE, "1", 1);
	handle = dlopen(library_file, RTLD_NOW | RTLD_LOCAL);
	if (saved != NULL)
		setenv(BLAS_THREADS_VARIABLE, saved, 1);
	else
		unsetenv(BLAS_THREADS_VARIABLE);
	free(saved);
	if (handle == NULL)
		return;

	/* POSIX's way to turn an object pointer into a function pointer. */
	{
		void (*set_threads)(int);
		int (*get_parallel)(void);
		char *(*get_config)(void);

		*(void **) &library_sgemm = dlsym(handle, "cblas_sgemm");
		*(void **) &library_dgemm = dlsym(handle, "cblas_dgemm");
		*(void **) &set_threads = dlsym(handle, "openblas_set_num_threads");
		*(void **) &get_parallel = dlsym(handle, "openblas_get_parallel");
		*(void **) &get_config = dlsym(handle, "openblas_get_config");

		if (library_sgemm == NULL || library_dgemm == NULL || set_threads == NULL ||
			get_parallel == NULL)
		{
			library_sgemm = NULL;
			library_dgemm = NULL;
			return;
		}
		/* Another user of the process may have loaded it before us, with threads. */
		set_threads(1);
		serialise_calls = get_parallel() == OPENBLAS_SERIAL;
		library_name = get_config != NULL ? get_config() : library_file;
	}
}

BlasState
blas_load(void)
{
	sigset_t mask;
	sigset_t before;

	if (state != BLAS_MISSING)
		return state;
	sigfillset(&mask);
	sigdelset(&mask, SIGSEGV);
	sigdelset(&mask, SIGBUS);
	sigdelset(&mask, SIGFPE);
	sigdelset(&mask, SIGILL);
	sigdelset(&mask, SIGABRT);
	pthread_sigmask(SIG_SETMASK, &mask, &before);
	open_library();
	if (library_sgemm != NULL)
		state = library_agrees() ? BLAS_READY : BLAS_WRONG;
	if (state == BLAS_WRONG)
	{
		library_sgemm = NULL;
		library_dgemm = NULL;
		library_name = "plain";
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return state;
}

void
blas_set_library(const char *name)
{
	library_file = name;
}

const char *
blas_name(void)
{
	return force_plain || library_sgemm == NULL ? "plain" : library_name;
}

void
blas_force_plain(bool plain)
{
	force_plain = plain;
}
