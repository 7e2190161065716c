/*
 * point_kl.c
 *		Affinities against a given map.
 *
 * The map may come from any program and have any size, and the answer is compared between maps. So Z is
 * the sum over all pairs in double, not one of the fast sums that the descent uses: it takes less time
 * than the search for neighbours, which is over all pairs too.
 *
 * Threads: chunks of rows, of which a chunk takes the pairs with later rows. Their number depends on n
 * alone, and their sums are added in order.
 */
#include "core/tsne/point_kl.h"

#include <math.h>

#include "core/base/sizes.h"
#include "core/tsne/field_exact.h"

/* Pairs of a chunk of the sum over all: about 10 ms. */
#define CHUNK_PAIRS ((size_t) 4 << 20)

/* Rows of a chunk of the sums over affinities: about 1 ms at 150 entries a row. */
#define CHUNK_ROWS ((size_t) 512)

/* Partial sums of a row of pairs, added side by side. */
#define LANES 8

typedef struct KlWork
{
	const Affinities *affinities;
	size_t n;
	double *y[MAP_MAX_DIMS]; /* [n] each coordinate; 0 beyond the map's */
	size_t chunk_rows;       /* of the sum over pairs */
	double *sums;            /* [chunks] */
	double log_z;
	double *kl; /* [n] */
} KlWork;

/* 1 / (1 + |y_i - y_j|^2). */
static inline double
similarity(const KlWork *work, size_t i, size_t j)
{
	double square = 1;

	for (int d = 0; d < MAP_MAX_DIMS; d++)
		square += (work->y[d][i] - work->y[d][j]) * (work->y[d][i] - work->y[d][j]);
	return 1 / square;
}

/* The sum of w_ij over j > i. */
static double
sum_later(const KlWork *work, size_t i)
{
	double lane[LANES] = {0};
	double total = 0;
	size_t j = i + 1;

	for (; j + LANES <= work->n; j += LANES)
		for (size_t l = 0; l < LANES; l++)
			lane[l] += similarity(work, i, j + l);
	for (; j < work->n; j++)
		total += similarity(work, i, j);
	for (size_t l = 0; l < LANES; l++)
		total += lane[l];
	return total;
}

/* The pairs of the rows of one chunk with later rows. */
static void
pair_chunk(void *argument, size_t chunk, int thread)
{
	const KlWork *work = argument;
	size_t end = minimum((chunk + 1) * work->chunk_rows, work->n);
	double total = 0;

	for (size_t i = chunk * work->chunk_rows; i < end; i++)
		total += sum_later(work, i);
	work->sums[chunk] = total;
}

/* The divergences of the rows of one chunk. */
static void
divergence_chunk(void *argument, size_t chunk, int thread)
{
	const KlWork *work = argument;
	const Affinities *affinities = work->affinities;
	size_t end = minimum((chunk + 1) * CHUNK_ROWS, work->n);

	for (size_t i = chunk * CHUNK_ROWS; i < end; i++)
	{
		double total = 0;

		for (size_t e = affinities->start[i]; e < affinities->start[i + 1]; e++)
		{
			double p = (double) affinities->p[e];

			if (p > 0)
				total +=
					p * (log(p) - log(similarity(work, i, affinities->column[e])) + work->log_z);
		}
		work->kl[i] = total;
	}
}

/* The map, one coordinate after the other. */
static SdqStatus
load_map(Job *job, const double *map, size_t dims, KlWork *work)
{
	for (size_t d = 0; d < MAP_MAX_DIMS; d++)
	{
		work->y[d] = arena_zalloc(job->arena, work->n, sizeof(double));
		if (work->y[d] == NULL)
			return arena_failure(job->arena);
		for (size_t i = 0; i < work->n && d < dims; i++)
			work->y[d][i] = map[i * dims + d];
	}
	return sdq_ok();
}

/* ln Z. */
static SdqStatus
sum_pairs(Job *job, KlWork *work)
{
	size_t chunks;
	double total = 0;
	SdqStatus status;

	work->chunk_rows = CHUNK_PAIRS / work->n + 1;
	chunks = divide_up(work->n, work->chunk_rows);
	work->sums = arena_alloc(job->arena, chunks, sizeof(double));
	if (work->sums == NULL)
		return arena_failure(job->arena);
	job_progress(job, "divergence", 0, work->n, NAN);
	status = pool_run(job->pool, pair_chunk, work, chunks);
	for (size_t chunk = 0; chunk < chunks && !sdq_failed(status); chunk++)
		total += work->sums[chunk];
	/* Each pair twice. */
	work->log_z = log(2) + log(total);
	return status;
}

/* What is needed at most, beside small pieces. */
static SdqStatus
check_memory(Job *job, const RowStore *rows, const AffinityOptions *options)
{
	/* The coordinates, and at worst a sum for each row. */
	size_t per_row = (MAP_MAX_DIMS + 1) * sizeof(double);
	AffinityBytes affinities;
	size_t more;

	if (!row_affinities_bytes(job, rows, options, &affinities) ||
		!checked_multiply(rows->n, per_row, &more) || !checked_add(affinities.held, more, &more))
		return sdq_error(SDQ_TOO_LARGE, (double) rows->n, (double) SIZE_MAX);
	return arena_check(job->arena, affinities.search > more ? affinities.search : more);
}

/* All steps; the scratch is the caller's to release. */
static SdqStatus
compare_map(Job *job, const RowStore *rows, const double *map, int dims,
			const AffinityOptions *options, double *kl)
{
	Affinities affinities;
	AffinityTimes times = {0};
	KlWork work = {.affinities = &affinities, .n = rows->n, .kl = kl};
	SdqStatus status = row_affinities(job, rows, options, &affinities, &times);

	if (!sdq_failed(status))
		status = load_map(job, map, (size_t) dims, &work);
	if (!sdq_failed(status))
		status = sum_pairs(job, &work);
	if (!sdq_failed(status))
		status = pool_run(job->pool, divergence_chunk, &work, divide_up(work.n, CHUNK_ROWS));
	return status;
}

SdqStatus
point_kl(Job *job, const RowStore *rows, const double *map, int dims,
		 const AffinityOptions *options, double *kl)
{
	bool all_equal = true;
	SdqStatus status = sdq_ok();
	ArenaMark mark;

	if (rows->n >= TSNE_MIN_ROWS)
	{
		status = row_affinities_check(rows->n, options->perplexity);
		if (!sdq_failed(status))
			status = check_memory(job, rows, options);
		if (!sdq_failed(status))
			status = rows_all_equal(job, rows, &all_equal);
	}
	for (size_t i = 0; i < rows->n; i++)
		kl[i] = NAN;
	if (sdq_failed(status) || all_equal)
		return status;
	mark = arena_mark(job->arena);
	status = compare_map(job, rows, map, dims, options, kl);
	arena_release(job->arena, mark);
	return status;
}
