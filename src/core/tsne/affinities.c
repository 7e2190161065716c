/*
 * affinities.c
 *		From k nearest neighbours to the symmetric P of t-SNE.
 *
 * L. van der Maaten, G. Hinton, "Visualizing Data using t-SNE", JMLR 9 (2008); sparse over the
 * nearest neighbours as in L. van der Maaten, "Accelerating t-SNE using Tree-Based Algorithms",
 * JMLR 15 (2014).
 *
 * Perplexity. For a row with squared distances d_j the entropy of p_j ~ exp(-b d_j) is
 * H(b) = ln sum + b mean(d), and dH / d ln b = -b^2 Var(d). H falls from ln k to the logarithm of the
 * number of nearest ties, so ln b is found by Newton steps inside a bisection bracket. The smallest
 * distance is subtracted first, which keeps the sum >= 1. The rest is divided by the distance of that
 * rank which the perplexity names, since b is a few times its inverse: this makes start and bracket
 * the same for all units of the data, and lets a row hold distances of any magnitudes.
 *
 * Symmetry. The rows of neighbours come by distance; transposing twice by counting sort puts both
 * the matrix and its transpose into ascending columns in O(n k), and a merge adds them. Sums of two
 * terms commute, so p_ij and p_ji are the same bits.
 *
 * Threads: rows in chunks, with scratch of their thread. The two transpositions run on the main thread, which polls
 * the stop flag.
 */
#include "core/tsne/affinities.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/sizes.h"

/* Rows of one chunk at most, and neighbours of its rows: about 3 ms. */
#define AFFINITY_CHUNK_ROWS    ((size_t) 256)
#define AFFINITY_CHUNK_ENTRIES (AFFINITY_CHUNK_ROWS * 90)

/* Neighbours between two polls of the stop flag on the main thread: about 5 ms. */
#define AFFINITY_POLL_ENTRIES ((size_t) 4096 * 90)

#define ENTROPY_TOLERANCE 1e-10
#define ENTROPY_MAX_STEPS 200

/* The bracket of ln b for scaled distances: at the lower end every weight within reach is 1 to the
 * last bit, at the upper one b is nearly the largest double. */
#define LOG_PRECISION_MIN (-40.0)
#define LOG_PRECISION_MAX 700.0

/* Where the search starts: the usual answer for digits and for normal rows is 0.5 to 1.5. */
#define LOG_PRECISION_START 1.0

/* exp(-x) beyond this is below the smallest float: 0 here, and no denormal is computed. */
#define WEIGHT_CUTOFF 100.0

/* A sparse matrix under construction. */
typedef struct SparseRows
{
	size_t *start;
	uint32_t *column;
	float *value;
} SparseRows;

typedef struct BuildTask
{
	const Neighbors *neighbors;
	double perplexity;
	SparseRows given;      /* p(j|i), in the order of the neighbours */
	SparseRows sorted;     /* the same, columns ascending */
	SparseRows transposed; /* p(i|j), columns ascending */
	size_t chunk_rows;
	double *scratch; /* [threads][2][k] */
	Affinities *result;
} BuildTask;

/* The entropy of exp(-b x_j) / sum, the weights in w, and minus the derivative by ln b. */
static double
row_entropy(const double *x, size_t k, double b, double *w, double *sum, double *slope)
{
	double total = 0;
	double first = 0;
	double second = 0;
	double mean;

	for (size_t j = 0; j < k; j++)
	{
		double exponent = b * x[j];

		w[j] = exponent < WEIGHT_CUTOFF ? exp(-exponent) : 0;
		if (w[j] > 0)
		{
			total += w[j];
			first += w[j] * x[j];
			second += w[j] * x[j] * x[j];
		}
	}
	mean = first / total;
	*sum = total;
	*slope = b * b * fmax(second / total - mean * mean, 0);
	/* cppcheck-suppress invalidFunctionArg ; the nearest has x = 0 and weight 1 */
	return log(total) + b * mean;
}

/* The row's scaled x_j go in, p_j comes out through `w`, which must not alias. */
static void
search_precision(const double *x, size_t k, double perplexity, double *w)
{
	double target = log(perplexity);
	double low = LOG_PRECISION_MIN;
	double high = LOG_PRECISION_MAX;
	double log_b = LOG_PRECISION_START;
	double sum = 1;

	for (int step = 0; step < ENTROPY_MAX_STEPS; step++)
	{
		double slope;
		double excess = row_entropy(x, k, exp(log_b), w, &sum, &slope) - target;
		double next;

		if (fabs(excess) <= ENTROPY_TOLERANCE)
			break;
		if (excess > 0)
			low = log_b;
		else
			high = log_b;
		next = log_b + excess / slope;
		/* A slope of 0 gives no number or an infinite one: both fail the comparison. */
		log_b = next > low && next < high ? next : 0.5 * (low + high);
	}
	for (size_t j = 0; j < k; j++)
		w[j] /= sum;
}

void
affinities_row(const double *distance2, size_t k, double perplexity, double *scratch, double *p)
{
	size_t rank = (size_t) ceil(perplexity) - 1;
	size_t ties = 0;
	double scale;

	for (size_t j = 0; j < k; j++)
	{
		/* The comparison keeps infinity - infinity out. */
		scratch[j] = distance2[j] == distance2[0] ? 0 : distance2[j] - distance2[0];
		ties += scratch[j] == 0;
	}
	while (rank > 0 && isinf(scratch[rank]))
		rank--;
	scale = scratch[rank];
	if ((double) ties >= perplexity || scale == 0)
	{
		for (size_t j = 0; j < k; j++)
			p[j] = j < ties ? 1.0 / (double) ties : 0;
		return;
	}
	for (size_t j = 0; j < k; j++)
		scratch[j] /= scale;
	search_precision(scratch, k, perplexity, p);
}

size_t
affinities_neighbors(size_t n, double perplexity)
{
	double wanted = floor(NEIGHBORS_PER_PERPLEXITY * perplexity);

	return wanted < (double) (n - 1) ? (size_t) wanted : n - 1;
}

bool
affinities_bytes(size_t n, size_t k, size_t *bytes)
{
	/* Per entry: its value, two sorted copies, and twice the result at most. */
	size_t per_entry = sizeof(float) + 4 * (sizeof(uint32_t) + sizeof(float));
	size_t per_row;
	size_t rows;
	size_t scratch;

	return checked_multiply(k, per_entry, &per_row) &&
		   checked_add(per_row, 4 * sizeof(size_t), &per_row) &&
		   checked_multiply(n, per_row, &rows) &&
		   checked_multiply(POOL_MAX_THREADS, 2 * k * sizeof(double), &scratch) &&
		   checked_add(rows, scratch, bytes);
}

/* The conditional similarities of the rows of one chunk. */
static void
similarity_task(void *argument, size_t chunk, int thread)
{
	BuildTask *task = argument;
	size_t n = task->neighbors->n;
	size_t k = task->neighbors->k;
	size_t end = minimum((chunk + 1) * task->chunk_rows, n);
	double *x = task->scratch + (size_t) thread * 2 * k;
	double *p = x + k;

	for (size_t i = chunk * task->chunk_rows; i < end; i++)
	{
		affinities_row(task->neighbors->distance2 + i * k, k, task->perplexity, x, p);
		for (size_t j = 0; j < k; j++)
			task->given.value[i * k + j] = p[j] < FLT_MIN ? 0 : (float) p[j];
	}
}

/* Transpose by counting sort: rows of the result ascend by column whatever the order of the input.
 * to->start[n + 1], to->column and to->value of the same number of entries. */
static SdqStatus
transpose(Stop *stop, size_t n, const SparseRows *from, SparseRows *to)
{
	size_t *next = to->start + 1; /* next[c]: where the next entry of column c goes */

	memset(to->start, 0, (n + 1) * sizeof(size_t));
	/* Count column c into start[c + 2], so that the running sum leaves its beginning in next[c]. */
	for (size_t e = 0; e < from->start[n]; e++)
	{
		if (e % AFFINITY_POLL_ENTRIES == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		if (from->column[e] + (size_t) 2 <= n)
			to->start[from->column[e] + (size_t) 2]++;
	}
	for (size_t c = 2; c <= n; c++)
		to->start[c] += to->start[c - 1];
	for (size_t i = 0, last = 0; i < n; i++)
	{
		if (from->start[i] - last >= AFFINITY_POLL_ENTRIES)
		{
			last = from->start[i];
			if (stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
		for (size_t e = from->start[i]; e < from->start[i + 1]; e++)
		{
			size_t place = next[from->column[e]]++;

			to->column[place] = (uint32_t) i;
			to->value[place] = from->value[e];
		}
	}
	return sdq_ok();
}

/* Merge one row of two matrices; column and p may be NULL to count only. Returns the row's length. */
static size_t
merge_row(const SparseRows *a, const SparseRows *b, size_t i, double factor, uint32_t *column,
		  float *p)
{
	size_t e = a->start[i];
	size_t f = b->start[i];
	size_t length = 0;

	while (e < a->start[i + 1] || f < b->start[i + 1])
	{
		uint64_t left = e < a->start[i + 1] ? a->column[e] : UINT64_MAX;
		uint64_t right = f < b->start[i + 1] ? b->column[f] : UINT64_MAX;
		double value = 0;

		if (left <= right)
			value += (double) a->value[e++];
		if (right <= left)
			value += (double) b->value[f++];
		if (column != NULL)
		{
			value *= factor;
			column[length] = (uint32_t) (left < right ? left : right);
			p[length] = value < FLT_MIN ? 0 : (float) value;
		}
		length++;
	}
	return length;
}

/* The lengths of the merged rows of one chunk, into start[i + 1]. */
static void
count_task(void *argument, size_t chunk, int thread)
{
	BuildTask *task = argument;
	size_t n = task->neighbors->n;
	size_t end = minimum((chunk + 1) * task->chunk_rows, n);

	for (size_t i = chunk * task->chunk_rows; i < end; i++)
		task->result->start[i + 1] = merge_row(&task->sorted, &task->transposed, i, 0, NULL, NULL);
}

/* The merged rows of one chunk. */
static void
merge_task(void *argument, size_t chunk, int thread)
{
	BuildTask *task = argument;
	Affinities *result = task->result;
	size_t n = task->neighbors->n;
	size_t end = minimum((chunk + 1) * task->chunk_rows, n);
	double factor = 0.5 / (double) n;

	for (size_t i = chunk * task->chunk_rows; i < end; i++)
		merge_row(&task->sorted, &task->transposed, i, factor, result->column + result->start[i],
				  result->p + result->start[i]);
}

/* Allocate a sparse matrix of n rows; false when memory fails. */
static bool
allocate_rows(Arena *arena, size_t n, size_t entries, SparseRows *rows)
{
	rows->start = arena_alloc(arena, n + 1, sizeof(size_t));
	rows->column = arena_alloc(arena, entries, sizeof(uint32_t));
	rows->value = arena_alloc(arena, entries, sizeof(float));
	return rows->start != NULL && rows->column != NULL && rows->value != NULL;
}

/* Merge the two triangles' sources into the result. */
static SdqStatus
merge_matrices(Job *job, BuildTask *task, size_t chunks)
{
	Affinities *result = task->result;
	size_t n = result->n;
	SdqStatus status = pool_run(job->pool, count_task, task, chunks);

	if (sdq_failed(status))
		return status;
	result->start[0] = 0;
	for (size_t i = 0; i < n; i++)
		result->start[i + 1] += result->start[i];
	result->column = arena_alloc(job->arena, result->start[n], sizeof(uint32_t));
	result->p = arena_alloc(job->arena, result->start[n], sizeof(float));
	if (result->column == NULL || result->p == NULL)
		return arena_failure(job->arena);
	return pool_run(job->pool, merge_task, task, chunks);
}

SdqStatus
affinities_build(Job *job, const Neighbors *neighbors, double perplexity, Affinities *result)
{
	size_t n = neighbors->n;
	size_t k = neighbors->k;
	size_t chunk_rows = clamp(AFFINITY_CHUNK_ENTRIES / k, 1, AFFINITY_CHUNK_ROWS);
	size_t chunks = divide_up(n, chunk_rows);
	size_t entries;
	BuildTask task = {.neighbors = neighbors, .perplexity = perplexity, .result = result};
	SdqStatus status;

	if (!checked_multiply(n, k, &entries))
		return sdq_error(SDQ_TOO_LARGE, (double) n * (double) k, (double) SIZE_MAX);
	*result = (Affinities){.n = n};
	result->start = arena_alloc(job->arena, n + 1, sizeof(size_t));
	task.chunk_rows = chunk_rows;
	task.scratch =
		arena_alloc(job->arena, (size_t) pool_threads(job->pool) * 2, k * sizeof(double));
	task.given.start = arena_alloc(job->arena, n + 1, sizeof(size_t));
	task.given.column = neighbors->index;
	task.given.value = arena_alloc(job->arena, entries, sizeof(float));
	if (result->start == NULL || task.scratch == NULL || task.given.start == NULL ||
		task.given.value == NULL || !allocate_rows(job->arena, n, entries, &task.transposed) ||
		!allocate_rows(job->arena, n, entries, &task.sorted))
		return arena_failure(job->arena);

	for (size_t i = 0; i <= n; i++)
		task.given.start[i] = i * k;
	status = pool_run(job->pool, similarity_task, &task, chunks);
	if (!sdq_failed(status))
		status = transpose(job->stop, n, &task.given, &task.transposed);
	if (!sdq_failed(status))
		status = transpose(job->stop, n, &task.transposed, &task.sorted);
	if (!sdq_failed(status))
		status = merge_matrices(job, &task, chunks);
	return status;
}
