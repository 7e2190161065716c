/*
 * tridiagonal_pairs.c
 *		Eigenvalues of a tridiagonal matrix by bisection, eigenvectors by inverse iteration.
 */
#include "core/matrix/tridiagonal.h"

#include <float.h>
#include <math.h>

#include "core/base/rng.h"
#include "core/matrix/vectors.h"

/* Bisection halves an interval of at most 2 n times the norm down to the last bit of a double. */
#define BISECTION_MAX_STEPS 120

/* Inverse iteration converges in two or three steps; clusters may need some more. */
#define INVERSE_MAX_STEPS 12

/* Residual, relative to the norm and per unknown, at which an eigenvector of T is accepted. */
#define INVERSE_TOLERANCE (8 * DBL_EPSILON)

/* How many eigenvalues of T are greater than x: by Sylvester's law, the positive pivots of T - x I. */
static size_t
count_above(const Tridiagonal *t, double x)
{
	/* A vanishing pivot is replaced by one that a perturbation of the last bit could make. */
	double smallest = DBL_MIN / DBL_EPSILON;
	double pivot = 1;
	size_t count = 0;

	for (size_t i = 0; i < t->n; i++)
	{
		double beside = i > 0 ? t->beside[i - 1] : 0;

		pivot = t->diagonal[i] - x - beside * beside / pivot;
		if (fabs(pivot) < smallest)
			pivot = -smallest;
		count += pivot > 0;
	}
	return count;
}

/* The eigenvalue with `rank` greater ones, known to be at most `upper`. */
static double
bisect(const Tridiagonal *t, size_t rank, double upper)
{
	double low = -t->norm * (1 + DBL_EPSILON * (double) t->n);
	double high = upper;

	for (int step = 0; step < BISECTION_MAX_STEPS; step++)
	{
		double middle = low + 0.5 * (high - low);

		if (middle <= low || middle >= high || high - low <= 0.5 * DBL_EPSILON * t->norm)
			break;
		if (count_above(t, middle) > rank)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* Scratch of the inverse iteration: P (T - value I) = L U, U with two upper diagonals. */
typedef struct Factors
{
	double *pivot;  /* [n] diagonal of U */
	double *upper1; /* [n] */
	double *upper2; /* [n] */
	double *factor; /* [n] multipliers: row i + 1 minus factor[i] times row i */
	bool *swapped;  /* [n] rows i and i + 1 were exchanged before that */
} Factors;

/* Gaussian elimination with partial pivoting of T - value I. */
static void
factorise(const Tridiagonal *t, double value, Factors *f)
{
	size_t n = t->n;
	double smallest = DBL_EPSILON * t->norm;
	double diagonal = t->diagonal[0] - value;
	double beside = n > 1 ? t->beside[0] : 0;

	for (size_t i = 0; i + 1 < n; i++)
	{
		double below = t->beside[i];
		double next_diagonal = t->diagonal[i + 1] - value;
		double next_beside = i + 2 < n ? t->beside[i + 1] : 0;

		f->swapped[i] = fabs(below) > fabs(diagonal);
		if (f->swapped[i])
		{
			f->pivot[i] = below;
			f->upper1[i] = next_diagonal;
			f->upper2[i] = next_beside;
			f->factor[i] = diagonal / below;
			diagonal = beside - f->factor[i] * next_diagonal;
			beside = -f->factor[i] * next_beside;
		}
		else
		{
			f->pivot[i] = fabs(diagonal) < smallest ? smallest : diagonal;
			f->upper1[i] = beside;
			f->upper2[i] = 0;
			f->factor[i] = below / f->pivot[i];
			diagonal = next_diagonal - f->factor[i] * beside;
			beside = next_beside;
		}
		if (fabs(f->pivot[i]) < smallest)
			f->pivot[i] = smallest;
	}
	f->pivot[n - 1] = fabs(diagonal) < smallest ? smallest : diagonal;
	f->upper1[n - 1] = 0;
	f->upper2[n - 1] = 0;
}

/* Solve (T - value I) y = x in place. */
static void
solve(const Factors *f, double *x, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++)
	{
		if (f->swapped[i])
		{
			double old = x[i];

			x[i] = x[i + 1];
			x[i + 1] = old;
		}
		x[i + 1] -= f->factor[i] * x[i];
	}
	for (size_t i = n; i-- > 0;)
	{
		double sum = x[i];

		if (i + 1 < n)
			sum -= f->upper1[i] * x[i + 1];
		if (i + 2 < n)
			sum -= f->upper2[i] * x[i + 2];
		x[i] = sum / f->pivot[i];
	}
}

/* Make x orthogonal to `count` orthonormal vectors, in two passes, and return what is left of its
 * norm ("twice is enough": Giraud, Langou, Rozloznik 2005). */
static double
orthogonalise(double *x, const double *vectors, size_t count, size_t n)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t j = 0; j < count; j++)
			vector_add_multiple(x, -vector_dot(x, vectors + j * n, n), vectors + j * n, n);
	return sqrt(vector_dot(x, x, n));
}

/* A random unit vector orthogonal to those before it. */
static void
random_direction(Rng *rng, double *x, const double *vectors, size_t count, size_t n)
{
	double norm;

	do
	{
		for (size_t i = 0; i < n; i++)
			x[i] = rng_normal(rng);
		vector_multiply(x, 1 / sqrt(vector_dot(x, x, n)), n);
		norm = orthogonalise(x, vectors, count, n);
	} while (!(norm > DBL_EPSILON));
	vector_multiply(x, 1 / norm, n);
}

/* vectors[j] = the eigenvector of T for its j-th value, orthogonal to those before it. */
static SdqStatus
inverse_iteration(const Tridiagonal *t, Rng *rng, Factors *factors, double value, double *vectors,
				  size_t j)
{
	size_t n = t->n;
	double *x = vectors + j * n;
	double accepted = INVERSE_TOLERANCE * (double) n * t->norm;
	bool was_close = false;

	factorise(t, value, factors);
	random_direction(rng, x, vectors, j, n);
	for (int step = 0; step < INVERSE_MAX_STEPS; step++)
	{
		double norm;

		solve(factors, x, n);
		/* Two normalisations: the first so that squares stay in range. */
		norm = sqrt(vector_dot(x, x, n));
		if (!isfinite(norm) || norm == 0)
		{
			random_direction(rng, x, vectors, j, n);
			continue;
		}
		vector_multiply(x, 1 / norm, n);
		norm *= orthogonalise(x, vectors, j, n);
		if (!(norm > 0))
		{
			random_direction(rng, x, vectors, j, n);
			continue;
		}
		vector_multiply(x, 1 / sqrt(vector_dot(x, x, n)), n);
		/* |(T - value) x| = 1 / norm; one more step after that is small cleans the vector. */
		if (was_close)
		{
			orthogonalise(x, vectors, j, n);
			vector_multiply(x, 1 / sqrt(vector_dot(x, x, n)), n);
			return sdq_ok();
		}
		was_close = 1 <= accepted * norm;
	}
	return sdq_error(SDQ_NOT_CONVERGED, INVERSE_MAX_STEPS, 0);
}

SdqStatus
tridiagonal_pairs(Job *job, const Tridiagonal *t, size_t q, double *scratch, bool *swapped,
				  double *values, double *vectors)
{
	Factors factors = {.pivot = scratch,
					   .upper1 = scratch + t->n,
					   .upper2 = scratch + 2 * t->n,
					   .factor = scratch + 3 * t->n,
					   .swapped = swapped};
	double upper = t->norm * (1 + DBL_EPSILON * (double) t->n);
	Rng rng;

	rng_seed(&rng, 0, RNG_STREAM_EIGEN);
	for (size_t j = 0; j < q; j++)
	{
		SdqStatus status;

		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		upper = values[j] = bisect(t, j, upper);
		status = inverse_iteration(t, &rng, &factors, values[j], vectors, j);
		if (sdq_failed(status))
			return status;
	}
	return sdq_ok();
}
