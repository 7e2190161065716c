/*
 * eigen.c
 *		Leading eigenpairs by tridiagonalisation, bisection and inverse iteration.
 *
 * Why own code. LAPACK's drivers cannot be interrupted, and take seconds at a few thousand columns.
 *
 * Method (Golub and Van Loan, "Matrix Computations", chapter 8; Wilkinson, "The Algebraic Eigenvalue
 * Problem"). The matrix is scaled by a power of two and reduced to tridiagonal form T by Householder
 * reflections. The q largest eigenvalues of T come from bisection on Sturm counts, each independent of
 * the rest of the spectrum. Their vectors come from inverse iteration on T, every iterate being
 * orthogonalised against all vectors found before: with repeated or close eigenvalues the
 * vectors span the right space and are orthonormal to rounding, at a cost of n q^2. The reflections
 * are then applied to the vectors in reverse. Small matrices go to cyclic Jacobi rotations.
 *
 * One pass per reflection. Step k needs the product of the trailing matrix with its vector, after the
 * rank-two update of step k - 1. Both are done while a row is in cache: the update of the row that
 * defines the next reflection first, then all rows below it, in chunks of rows on the pool. A row's
 * arithmetic does not depend on the chunk it is in, so results have the same bits for any number of
 * threads.
 *
 * Cost: 2 n^3 operations, memory n^2 + O(n) doubles. All loops poll the stop flag.
 */
#include "core/matrix/eigen.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/rng.h"

/* Up to this size Jacobi's rotations are as fast, and most accurate. */
#define JACOBI_MAX_N      ((size_t) 32)
#define JACOBI_MAX_SWEEPS 60

/* Rows of the trailing matrix in one chunk, and the size below which waking workers costs more. */
#define REDUCTION_CHUNK_ROWS ((size_t) 32)
#define REDUCTION_SERIAL_N   ((size_t) 192)

/* Bisection halves an interval of at most 2 n times the norm down to the last bit of a double. */
#define BISECTION_MAX_STEPS 120

/* Inverse iteration converges in two or three steps; clusters may need some more. */
#define INVERSE_MAX_STEPS 12

/* Residual, relative to the norm and per unknown, at which an eigenvector of T is accepted. */
#define INVERSE_TOLERANCE (8 * DBL_EPSILON)

/* Rows copied between two looks at the stop flag. */
#define STOP_ROWS 64

/* Partial sums of a dot product, in a fixed order. */
#define DOT_LANES 8

/* x . y, in DOT_LANES partial sums added pairwise. */
static double
dot(const double *restrict x, const double *restrict y, size_t n)
{
	double lanes[DOT_LANES] = {0};
	size_t i = 0;

	for (; i + DOT_LANES <= n; i += DOT_LANES)
		for (size_t l = 0; l < DOT_LANES; l++)
			lanes[l] += x[i + l] * y[i + l];
	for (size_t l = 0; i < n; i++, l++)
		lanes[l] += x[i] * y[i];
	for (size_t half = DOT_LANES / 2; half > 0; half /= 2)
		for (size_t l = 0; l < half; l++)
			lanes[l] += lanes[l + half];
	return lanes[0];
}

/* y += factor * x. */
static void
add_multiple(double *restrict y, double factor, const double *restrict x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] += factor * x[i];
}

/* x *= factor. */
static void
multiply(double *x, double factor, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] *= factor;
}

/* Copy a[n][n], multiplied by a power of two that brings its largest magnitude into [0.5, 1); the
 * factor is 1 for a matrix of zeros. */
static SdqStatus
copy_scaled(Job *job, double *copy, const double *a, size_t n, double *factor)
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
		multiply(copy + i * n, *factor, n);
	}
	return sdq_ok();
}

/* Turn the vector so that its entry of largest magnitude, the first of equals, is positive. */
static void
fix_sign(double *vector, size_t n)
{
	size_t largest = 0;

	for (size_t i = 1; i < n; i++)
		if (fabs(vector[i]) > fabs(vector[largest]))
			largest = i;
	if (vector[largest] < 0)
		multiply(vector, -1, n);
}

/* ---------- Jacobi ---------- */

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
	double norm = sqrt(dot(w, w, n * n));
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
	status = copy_scaled(job, w, a, n, &factor);
	if (!sdq_failed(status))
		status = jacobi_sweeps(job, w, vectors, n);
	if (!sdq_failed(status))
	{
		for (size_t i = 0; i < n; i++)
			values[i] = w[i * n + i] / factor;
		sort_pairs(values, vectors, n);
		for (size_t i = 0; i < n; i++)
			fix_sign(vectors + i * n, n);
	}
	arena_release(job->arena, mark);
	return status;
}

/* ---------- reduction to tridiagonal form ---------- */

/* T, and the reflections that lead to it. */
typedef struct Tridiagonal
{
	size_t n;
	double *diagonal; /* [n] */
	double *beside;   /* [n], of which n - 1 are used: T[i][i + 1] */
	double norm;      /* an upper bound of the largest magnitude of an eigenvalue of T */

	double *w;    /* [n][n]: row k holds, from column k + 1 on, the vector of reflection k */
	double *beta; /* [n]: reflection k is I - beta v v'; 0 = none */
} Tridiagonal;

/* The step under way: rows `first` and following are updated and multiplied. */
typedef struct ReductionStep
{
	double *w;
	size_t n;
	size_t first;
	const double *old_v; /* [n], or NULL when no update is pending */
	const double *old_u;
	const double *v; /* [n], zero before `first` */
	double *product; /* [n] */
} ReductionStep;

/* row i, columns from..: subtract the pending old_v old_u' + old_u old_v'. */
static void
update_row(const ReductionStep *step, size_t i, size_t from)
{
	double *restrict row = step->w + i * step->n;
	const double *restrict v = step->old_v;
	const double *restrict u = step->old_u;
	double vi, ui;

	if (step->old_v == NULL)
		return;
	vi = v[i];
	ui = u[i];
	for (size_t j = from; j < step->n; j++)
		row[j] -= vi * u[j] + ui * v[j];
}

/* Update and multiply the rows of a chunk. */
static void
reduction_chunk(void *argument, size_t chunk, int thread)
{
	const ReductionStep *step = argument;
	size_t start = step->first + chunk * REDUCTION_CHUNK_ROWS;
	size_t end = step->n - start < REDUCTION_CHUNK_ROWS ? step->n : start + REDUCTION_CHUNK_ROWS;

	for (size_t i = start; i < end; i++)
	{
		update_row(step, i, step->first);
		step->product[i] =
			dot(step->w + i * step->n + step->first, step->v + step->first, step->n - step->first);
	}
}

/* Update and multiply all rows from step->first on. */
static SdqStatus
reduction_pass(Job *job, ReductionStep *step)
{
	size_t rows = step->n - step->first;
	size_t chunks = (rows + REDUCTION_CHUNK_ROWS - 1) / REDUCTION_CHUNK_ROWS;

	if (rows >= REDUCTION_SERIAL_N)
		return pool_run(job->pool, reduction_chunk, step, chunks);
	for (size_t chunk = 0; chunk < chunks; chunk++)
		reduction_chunk(step, chunk, 0);
	return stop_poll(job->stop) ? sdq_error(SDQ_INTERRUPTED, 0, 0) : sdq_ok();
}

/* Turn x[m] into the vector v of the reflection that maps x to (alpha, 0, ..., 0): returns beta, 0
 * if x has that form already. */
static double
make_reflection(double *x, size_t m, double *alpha)
{
	double tail = m > 1 ? dot(x + 1, x + 1, m - 1) : 0;
	double norm = sqrt(x[0] * x[0] + tail);

	*alpha = x[0];
	if (tail == 0)
		return 0;
	/* The sign that makes x[0] - alpha a sum of magnitudes. */
	*alpha = x[0] > 0 ? -norm : norm;
	x[0] -= *alpha;
	return 2 / (x[0] * x[0] + tail);
}

/* Reduce t->w[n][n]. scratch: 4 n doubles. */
static SdqStatus
reduce(Job *job, Tridiagonal *t, double *scratch)
{
	size_t n = t->n;
	double *v[2] = {scratch, scratch + n};
	double *u[2] = {scratch + 2 * n, scratch + 3 * n};
	bool is_pending = false;

	for (size_t k = 0; k < n; k++)
	{
		size_t now = k % 2;
		double *row = t->w + k * n;
		ReductionStep step = {.w = t->w,
							  .n = n,
							  .first = k + 1,
							  .old_v = is_pending ? v[1 - now] : NULL,
							  .old_u = is_pending ? u[1 - now] : NULL,
							  .v = v[now],
							  .product = u[now]};
		SdqStatus status;
		double half;

		update_row(&step, k, k);
		t->diagonal[k] = row[k];
		t->beside[k] = 0;
		t->beta[k] = 0;
		if (k + 1 == n)
			break;
		t->beta[k] = make_reflection(row + k + 1, n - k - 1, &t->beside[k]);
		if (t->beta[k] == 0)
			memset(row + k + 1, 0, (n - k - 1) * sizeof(double));
		memset(v[now], 0, n * sizeof(double));
		memcpy(v[now] + k + 1, row + k + 1, (n - k - 1) * sizeof(double));
		status = reduction_pass(job, &step);
		if (sdq_failed(status))
			return status;
		/* u = beta (A v - (beta / 2)(v' A v) v), so that H A H = A - v u' - u v'. */
		multiply(u[now] + k + 1, t->beta[k], n - k - 1);
		half = 0.5 * t->beta[k] * dot(u[now] + k + 1, v[now] + k + 1, n - k - 1);
		add_multiple(u[now] + k + 1, -half, v[now] + k + 1, n - k - 1);
		is_pending = true;
		job_progress(job, "eigenvectors", k + 1, n, NAN);
	}

	t->norm = 0;
	for (size_t i = 0; i < n; i++)
	{
		double row_sum = fabs(t->diagonal[i]) + fabs(t->beside[i]);

		row_sum += i > 0 ? fabs(t->beside[i - 1]) : 0;
		t->norm = row_sum > t->norm ? row_sum : t->norm;
	}
	/* Zeros have all pivots replaced by multiples of the norm. */
	if (t->norm == 0)
		t->norm = 1;
	return sdq_ok();
}

/* ---------- eigenpairs of T ---------- */

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
			add_multiple(x, -dot(x, vectors + j * n, n), vectors + j * n, n);
	return sqrt(dot(x, x, n));
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
		multiply(x, 1 / sqrt(dot(x, x, n)), n);
		norm = orthogonalise(x, vectors, count, n);
	} while (!(norm > DBL_EPSILON));
	multiply(x, 1 / norm, n);
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
		norm = sqrt(dot(x, x, n));
		if (!isfinite(norm) || norm == 0)
		{
			random_direction(rng, x, vectors, j, n);
			continue;
		}
		multiply(x, 1 / norm, n);
		norm *= orthogonalise(x, vectors, j, n);
		if (!(norm > 0))
		{
			random_direction(rng, x, vectors, j, n);
			continue;
		}
		multiply(x, 1 / sqrt(dot(x, x, n)), n);
		/* |(T - value) x| = 1 / norm; one more step after that is small cleans the vector. */
		if (was_close)
		{
			orthogonalise(x, vectors, j, n);
			multiply(x, 1 / sqrt(dot(x, x, n)), n);
			return sdq_ok();
		}
		was_close = 1 <= accepted * norm;
	}
	return sdq_error(SDQ_NOT_CONVERGED, INVERSE_MAX_STEPS, 0);
}

/* ---------- back to the matrix ---------- */

typedef struct BackTransform
{
	const Tridiagonal *t;
	double *vectors;
	Stop *stop;
} BackTransform;

/* Apply all reflections, the last first, to one vector. */
static void
back_transform(void *argument, size_t chunk, int thread)
{
	const BackTransform *work = argument;
	const Tridiagonal *t = work->t;
	size_t n = t->n;
	double *x = work->vectors + chunk * n;

	for (size_t k = n - 1; k-- > 0;)
	{
		const double *v = t->w + k * n + k + 1;
		size_t m = n - k - 1;

		if (t->beta[k] != 0)
			add_multiple(x + k + 1, -t->beta[k] * dot(v, x + k + 1, m), v, m);
		if (stop_requested(work->stop))
			return;
	}
	fix_sign(x, n);
}

/* Eigenpairs of the reduced matrix. */
static SdqStatus
solve_tridiagonal(Job *job, const Tridiagonal *t, size_t q, Factors *factors, double *values,
				  double *vectors)
{
	double upper = t->norm * (1 + DBL_EPSILON * (double) t->n);
	Rng rng;

	rng_seed(&rng, 0, RNG_STREAM_EIGEN);
	for (size_t j = 0; j < q; j++)
	{
		SdqStatus status;

		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		upper = values[j] = bisect(t, j, upper);
		status = inverse_iteration(t, &rng, factors, values[j], vectors, j);
		if (sdq_failed(status))
			return status;
	}
	return sdq_ok();
}

SdqStatus
eigen_leading(Job *job, const double *a, size_t n, size_t q, double *values, double *vectors)
{
	ArenaMark mark = arena_mark(job->arena);
	Tridiagonal t = {.n = n};
	Factors factors;
	BackTransform back = {.t = &t, .vectors = vectors, .stop = job->stop};
	double *scratch;
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
	/* Diagonal, off-diagonal and beta; four rows of scratch, used by both phases in turn. */
	t.diagonal = arena_alloc(job->arena, 7 * n, sizeof(double));
	factors.swapped = arena_alloc(job->arena, n, sizeof(bool));
	if (t.w == NULL || t.diagonal == NULL || factors.swapped == NULL)
		return arena_failure(job->arena);
	t.beside = t.diagonal + n;
	t.beta = t.diagonal + 2 * n;
	scratch = t.diagonal + 3 * n;
	factors.pivot = scratch;
	factors.upper1 = scratch + n;
	factors.upper2 = scratch + 2 * n;
	factors.factor = scratch + 3 * n;

	status = copy_scaled(job, t.w, a, n, &factor);
	if (!sdq_failed(status))
		status = reduce(job, &t, scratch);
	if (!sdq_failed(status))
		status = solve_tridiagonal(job, &t, q, &factors, values, vectors);
	if (!sdq_failed(status))
		status = pool_run(job->pool, back_transform, &back, q);
	for (size_t j = 0; j < q && !sdq_failed(status); j++)
		values[j] /= factor;
	arena_release(job->arena, mark);
	return status;
}
