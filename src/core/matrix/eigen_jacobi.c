/*
 * eigen_jacobi.c
 *		All eigenpairs by cyclic Jacobi rotations (Golub and Van Loan, "Matrix Computations", section
 *		8.5): slow, simple and most accurate.
 */
#include "core/matrix/eigen.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/matrix/eigen_parts.h"
#include "core/matrix/vectors.h"

/* Sweeps converge quadratically; some ten are usual. */
#define JACOBI_MAX_SWEEPS 60

/* Rotate two rows: x, y = c x - s y, s x + c y. */
static void
rotate_rows(double *restrict x, double *restrict y, double c, double s, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		double old = x[i];

		x[i] = c * old - s * y[i];
		y[i] = s * old + c * y[i];
	}
}

/* Make w[p][r] zero by a rotation of both sides, and rotate the vectors with it. */
static void
jacobi_rotate(double *w, double *vectors, size_t n, size_t p, size_t r)
{
	double theta = (w[r * n + r] - w[p * n + p]) / (2 * w[p * n + r]);
	double t = 1 / (fabs(theta) + sqrt(theta * theta + 1));
	double c, s;

	t = theta < 0 ? -t : t;
	c = 1 / sqrt(t * t + 1);
	s = t * c;
	rotate_rows(w + p * n, w + r * n, c, s, n);
	for (size_t i = 0; i < n; i++)
	{
		double old = w[i * n + p];

		w[i * n + p] = c * old - s * w[i * n + r];
		w[i * n + r] = s * old + c * w[i * n + r];
	}
	w[p * n + r] = 0;
	w[r * n + p] = 0;
	rotate_rows(vectors + p * n, vectors + r * n, c, s, n);
}

/* Order pairs by descending value, the earlier first among equals (selection sort; n is small beside
 * the sweeps). */
static void
sort_pairs(double *values, double *vectors, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		size_t best = i;

		for (size_t j = i + 1; j < n; j++)
			if (values[j] > values[best])
				best = j;
		if (best == i)
			continue;
		{
			double value = values[i];

			values[i] = values[best];
			values[best] = value;
		}
		for (size_t j = 0; j < n; j++)
		{
			double entry = vectors[i * n + j];

			vectors[i * n + j] = vectors[best * n + j];
			vectors[best * n + j] = entry;
		}
	}
}

/* All eigenpairs, unsorted, of w[n][n], which is destroyed. */
static SdqStatus
jacobi_sweeps(Job *job, double *w, double *vectors, size_t n)
{
	double norm = sqrt(vector_dot(w, w, n * n));
	double negligible = DBL_EPSILON * norm / (double) n;

	for (int sweep = 0; sweep < JACOBI_MAX_SWEEPS; sweep++)
	{
		bool rotated = false;

		for (size_t p = 0; p + 1 < n; p++)
		{
			if (stop_poll(job->stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
			for (size_t r = p + 1; r < n; r++)
				if (fabs(w[p * n + r]) > negligible)
				{
					jacobi_rotate(w, vectors, n, p, r);
					rotated = true;
				}
		}
		if (!rotated)
			return sdq_ok();
	}
	return sdq_error(SDQ_NOT_CONVERGED, JACOBI_MAX_SWEEPS, 0);
}

SdqStatus
eigen_jacobi(Job *job, const double *a, size_t n, double *values, double *vectors)
{
	ArenaMark mark = arena_mark(job->arena);
	double *w = arena_alloc(job->arena, n, n * sizeof(double));
	double factor;
	SdqStatus status;

	if (w == NULL)
		return arena_failure(job->arena);
	memset(vectors, 0, n * n * sizeof(double));
	for (size_t i = 0; i < n; i++)
		vectors[i * n + i] = 1;
	status = eigen_copy_scaled(job, w, a, n, &factor);
	if (!sdq_failed(status))
		status = jacobi_sweeps(job, w, vectors, n);
	if (!sdq_failed(status))
	{
		for (size_t i = 0; i < n; i++)
			values[i] = w[i * n + i] / factor;
		sort_pairs(values, vectors, n);
		for (size_t i = 0; i < n; i++)
			eigen_fix_sign(vectors + i * n, n);
	}
	arena_release(job->arena, mark);
	return status;
}
