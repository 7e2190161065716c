/*
 * tridiagonal.c
 *		The way to the tridiagonal form, and back.
 */
#include "core/matrix/tridiagonal.h"

#include <math.h>
#include <string.h>

#include "core/base/cpu.h"
#include "core/base/sizes.h"
#include "core/matrix/eigen_parts.h"
#include "core/matrix/vectors.h"

/* Rows of the trailing matrix in one chunk, and the size below which waking workers costs more. */
#define REDUCTION_CHUNK_ROWS ((size_t) 32)
#define REDUCTION_SERIAL_N   ((size_t) 192)

/* Rows that are updated before they are multiplied, while they are in the first-level cache. */
#define PASS_ROWS ((size_t) 4)

/* ---------- there ---------- */

typedef void (*SubtractFunction)(double *restrict y, double a, const double *restrict u, double b,
								 const double *restrict v, size_t n);

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
	SubtractFunction subtract;
} ReductionStep;

/* Define y -= a * u + b * v, once per instruction set, with the same bits. */
#define DEFINE_SUBTRACT(name, target)                                                              \
	target static void name(double *restrict y, double a, const double *restrict u, double b,      \
							const double *restrict v, size_t n)                                    \
	{                                                                                              \
		for (size_t j = 0; j < n; j++)                                                             \
			y[j] -= a * u[j] + b * v[j];                                                           \
	}

DEFINE_SUBTRACT(subtract_plain, )
#ifdef CPU_HAS_X86_VARIANTS
DEFINE_SUBTRACT(subtract_avx2, CPU_TARGET_AVX2)
DEFINE_SUBTRACT(subtract_avx512, CPU_TARGET_AVX512)
#endif

/* The variant of this processor. */
static SubtractFunction
choose_subtract(void)
{
#ifdef CPU_HAS_X86_VARIANTS
	if (cpu_level() >= CPU_AVX512)
		return subtract_avx512;
	if (cpu_level() >= CPU_AVX2)
		return subtract_avx2;
#endif
	return subtract_plain;
}

/* row i, columns from..: subtract the pending old_v old_u' + old_u old_v'. */
static void
update_row(const ReductionStep *step, size_t i, size_t from)
{
	if (step->old_v != NULL)
		step->subtract(step->w + i * step->n + from, step->old_v[i], step->old_u + from,
					   step->old_u[i], step->old_v + from, step->n - from);
}

/* Update and multiply the rows of a chunk. */
static void
reduction_chunk(void *argument, size_t chunk, int thread)
{
	const ReductionStep *step = argument;
	size_t n = step->n;
	size_t start = step->first + chunk * REDUCTION_CHUNK_ROWS;
	size_t end = minimum(n, start + REDUCTION_CHUNK_ROWS);

	for (size_t i = start; i < end; i += PASS_ROWS)
	{
		size_t count = minimum(end - i, PASS_ROWS);

		for (size_t r = i; r < i + count; r++)
			update_row(step, r, step->first);
		dot_rows(step->w + i * n + step->first, count, n, step->v + step->first, 1, n,
				 n - step->first, step->product + i, 1);
	}
}

/* Update and multiply all rows from step->first on. */
static SdqStatus
reduction_pass(Job *job, ReductionStep *step)
{
	size_t rows = step->n - step->first;
	size_t chunks = divide_up(rows, REDUCTION_CHUNK_ROWS);

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
	double tail = m > 1 ? vector_dot(x + 1, x + 1, m - 1) : 0;
	double norm = sqrt(x[0] * x[0] + tail);

	*alpha = x[0];
	if (tail == 0)
		return 0;
	/* The sign that makes x[0] - alpha a sum of magnitudes. */
	*alpha = x[0] > 0 ? -norm : norm;
	x[0] -= *alpha;
	return 2 / (x[0] * x[0] + tail);
}

SdqStatus
tridiagonal_reduce(Job *job, Tridiagonal *t, double *scratch)
{
	size_t n = t->n;
	double *v[2] = {scratch, scratch + n};
	double *u[2] = {scratch + 2 * n, scratch + 3 * n};
	SubtractFunction subtract = choose_subtract();
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
							  .product = u[now],
							  .subtract = subtract};
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
		vector_multiply(u[now] + k + 1, t->beta[k], n - k - 1);
		half = 0.5 * t->beta[k] * vector_dot(u[now] + k + 1, v[now] + k + 1, n - k - 1);
		vector_add_multiple(u[now] + k + 1, -half, v[now] + k + 1, n - k - 1);
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

/* ---------- and back ---------- */

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
			vector_add_multiple(x + k + 1, -t->beta[k] * vector_dot(v, x + k + 1, m), v, m);
		if (stop_requested(work->stop))
			return;
	}
	eigen_fix_sign(x, n);
}

SdqStatus
tridiagonal_back(Job *job, const Tridiagonal *t, size_t q, double *vectors)
{
	BackTransform work = {.t = t, .vectors = vectors, .stop = job->stop};

	return pool_run(job->pool, back_transform, &work, q);
}
