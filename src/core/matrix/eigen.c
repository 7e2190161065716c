/*
 * eigen.c
 *		Leading eigenpairs by tridiagonalisation, bisection and inverse iteration.
 *
 * Why own code. LAPACK's drivers cannot be interrupted, and take seconds at a few thousand columns.
 *
 * Method (Golub and Van Loan, "Matrix Computations", chapter 8; Wilkinson, "The Algebraic Eigenvalue
 * Problem"). The matrix is scaled by a power of two and reduced to tridiagonal form T by Householder
 * reflections (tridiagonal.c). The q largest eigenvalues of T come from bisection on Sturm counts, each
 * independent of the rest of the spectrum (tridiagonal_pairs.c). Their vectors come from inverse
 * iteration on T, every iterate being orthogonalised against all vectors found before: with repeated or
 * close eigenvalues the vectors span the right space and are orthonormal to rounding, at a cost of
 * n q^2. The reflections are then applied to the vectors in reverse. Small matrices go to cyclic Jacobi
 * rotations (eigen_jacobi.c).
 *
 * One pass per reflection. Step k needs the product of the trailing matrix with its vector, after the
 * rank-two update of step k - 1. Both are done while a row is in cache: the update of the row that
 * defines the next reflection first, then all rows below it, in chunks of rows on the pool. A row's
 * arithmetic depends neither on the chunk it is in nor on the instruction set, so results have the same
 * bits for any number of threads, and on every processor.
 *
 * Cost: 2 n^3 operations, memory n^2 + O(n) doubles. All loops poll the stop flag.
 */
#include "core/matrix/eigen.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/matrix/eigen_parts.h"
#include "core/matrix/tridiagonal.h"
#include "core/matrix/vectors.h"

/* Up to this size Jacobi's rotations are as fast, and most accurate. */
#define JACOBI_MAX_N ((size_t) 32)

/* Rows copied between two looks at the stop flag. */
#define STOP_ROWS 64

SdqStatus
eigen_copy_scaled(Job *job, double *copy, const double *a, size_t n, double *factor)
{
	double largest = 0;
	int exponent;

	for (size_t i = 0; i < n; i++)
	{
		if (i % STOP_ROWS == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (size_t j = 0; j < n; j++)
		{
			double magnitude = fabs(a[i * n + j]);

			largest = magnitude > largest ? magnitude : largest;
		}
	}
	*factor = 1;
	if (largest > 0)
	{
		frexp(largest, &exponent);
		*factor = ldexp(1, exponent < DBL_MIN_EXP ? -DBL_MIN_EXP : -exponent);
	}
	for (size_t i = 0; i < n; i++)
	{
		if (i % STOP_ROWS == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		memcpy(copy + i * n, a + i * n, n * sizeof(double));
		vector_multiply(copy + i * n, *factor, n);
	}
	return sdq_ok();
}

void
eigen_fix_sign(double *vector, size_t n)
{
	size_t largest = 0;

	for (size_t i = 1; i < n; i++)
		if (fabs(vector[i]) > fabs(vector[largest]))
			largest = i;
	if (vector[largest] < 0)
		vector_multiply(vector, -1, n);
}

SdqStatus
eigen_leading(Job *job, const double *a, size_t n, size_t q, double *values, double *vectors)
{
	ArenaMark mark = arena_mark(job->arena);
	Tridiagonal t = {.n = n};
	double *scratch;
	bool *swapped;
	double factor;
	SdqStatus status;

	if (n <= JACOBI_MAX_N)
	{
		double *all_values = arena_alloc(job->arena, n, sizeof(double));
		double *all_vectors = arena_alloc(job->arena, n, n * sizeof(double));

		if (all_values == NULL || all_vectors == NULL)
			return arena_failure(job->arena);
		status = eigen_jacobi(job, a, n, all_values, all_vectors);
		memcpy(values, all_values, q * sizeof(double));
		memcpy(vectors, all_vectors, q * n * sizeof(double));
		arena_release(job->arena, mark);
		return status;
	}

	t.w = arena_alloc(job->arena, n, n * sizeof(double));
	/* Diagonal, off-diagonal and beta; scratch, which both phases use in turn. */
	t.diagonal = arena_alloc(job->arena, (3 + TRIDIAGONAL_SCRATCH) * n, sizeof(double));
	swapped = arena_alloc(job->arena, n, sizeof(bool));
	if (t.w == NULL || t.diagonal == NULL || swapped == NULL)
		return arena_failure(job->arena);
	t.beside = t.diagonal + n;
	t.beta = t.diagonal + 2 * n;
	scratch = t.diagonal + 3 * n;

	status = eigen_copy_scaled(job, t.w, a, n, &factor);
	if (!sdq_failed(status))
		status = tridiagonal_reduce(job, &t, scratch);
	if (!sdq_failed(status))
		status = tridiagonal_pairs(job, &t, q, scratch, swapped, values, vectors);
	if (!sdq_failed(status))
		status = tridiagonal_back(job, &t, q, vectors);
	for (size_t j = 0; j < q && !sdq_failed(status); j++)
		values[j] /= factor;
	arena_release(job->arena, mark);
	return status;
}
