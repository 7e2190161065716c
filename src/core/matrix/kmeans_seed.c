/*
 * kmeans_seed.c
 *		The choice of initial centres.
 *
 * All trials of a step are one narrow matrix product per tile of rows. Distances so small that
 * rounding may have made them are formed again from differences, so that a row that equals a centre
 * is at distance 0, is never drawn, and the end is recognised by a sum of exactly 0.
 */
#include "core/matrix/kmeans_seed.h"

#include <math.h>
#include <string.h>

#include "core/base/blas.h"
#include "core/matrix/distance.h"

/* Rows of a tile; sums are formed per tile and added in tile order. */
#define TILE_ROWS ((size_t) 256)

/* A distance below so many error bounds is formed again from differences. */
#define TRUSTED_ERRORS 8

typedef struct SeedWork
{
	const FloatRows *rows;
	size_t n_tiles;
	float *nearest; /* [n] squared distance to the nearest chosen row */
	double *sums;   /* [n_tiles] of them */

	size_t trials;
	const size_t *trial_rows; /* [trials] */
	float *trial_data;        /* [trials][ld] */
	float *distance2;         /* [n][trials] to the rows on trial */
	double *potentials;       /* [n_tiles][trials] what the tile's sum would become */

	size_t winner; /* number of the trial that is accepted */
} SeedWork;

/* Squared distances of one tile's rows to the rows on trial, and the sums they would lead to. */
static void
trial_chunk(void *argument, size_t tile, int thread)
{
	const SeedWork *work = argument;
	const FloatRows *rows = work->rows;
	size_t trials = work->trials;
	size_t start = tile * TILE_ROWS;
	size_t count = rows->n - start < TILE_ROWS ? rows->n - start : TILE_ROWS;
	double *potentials = work->potentials + tile * trials;

	blas_sgemm(BLAS_NO_TRANSPOSE, BLAS_TRANSPOSE, count, trials, rows->d, -2,
			   rows->data + start * rows->ld, rows->ld, work->trial_data, rows->ld, 0,
			   work->distance2 + start * trials, trials);
	memset(potentials, 0, trials * sizeof(double));
	for (size_t i = start; i < start + count; i++)
	{
		double norm = sqrt(rows->norm2[i]);

		for (size_t t = 0; t < trials; t++)
		{
			size_t other = work->trial_rows[t];
			float *distance2 = &work->distance2[i * trials + t];
			double error = float_product_error(norm, sqrt(rows->norm2[other]), rows->d);

			*distance2 += rows->norm2[i] + rows->norm2[other];
			if (!(*distance2 > TRUSTED_ERRORS * error))
				*distance2 = (float) float_distance2(rows->data + i * rows->ld,
													 rows->data + other * rows->ld, rows->d);
			potentials[t] += *distance2 < work->nearest[i] ? *distance2 : work->nearest[i];
		}
	}
}

/* Let one tile know that the winner was chosen. */
static void
accept_chunk(void *argument, size_t tile, int thread)
{
	const SeedWork *work = argument;
	size_t n = work->rows->n;
	size_t end = (tile + 1) * TILE_ROWS < n ? (tile + 1) * TILE_ROWS : n;
	double sum = 0;

	for (size_t i = tile * TILE_ROWS; i < end; i++)
	{
		float distance2 = work->distance2[i * work->trials + work->winner];

		if (distance2 < work->nearest[i])
			work->nearest[i] = distance2;
		sum += work->nearest[i];
	}
	work->sums[tile] = sum;
}

/* Measure the rows on trial, accept the best: its row. */
static SdqStatus
run_trials(Job *job, SeedWork *work, const size_t *trial_rows, size_t trials, size_t *winner)
{
	double best = INFINITY;
	SdqStatus status;

	work->trials = trials;
	work->trial_rows = trial_rows;
	for (size_t t = 0; t < trials; t++)
		memcpy(work->trial_data + t * work->rows->ld,
			   work->rows->data + trial_rows[t] * work->rows->ld, work->rows->ld * sizeof(float));
	status = pool_run(job->pool, trial_chunk, work, work->n_tiles);
	if (sdq_failed(status))
		return status;
	for (size_t t = 0; t < trials; t++)
	{
		double potential = 0;

		for (size_t tile = 0; tile < work->n_tiles; tile++)
			potential += work->potentials[tile * trials + t];
		if (t == 0 || potential < best ||
			(potential == best && trial_rows[t] < trial_rows[work->winner]))
		{
			best = potential;
			work->winner = t;
		}
	}
	*winner = trial_rows[work->winner];
	return pool_run(job->pool, accept_chunk, work, work->n_tiles);
}

/* A row, drawn with probability proportional to its distance. total > 0. */
static size_t
draw_row(const SeedWork *work, Rng *rng, double total)
{
	double left = rng_double(rng) * total;
	size_t tile = 0;
	size_t last = 0;
	size_t end;

	/* Rounding may leave a little at the end: then it is the last tile, or row, with any distance. */
	for (size_t t = 0; t < work->n_tiles; t++)
	{
		if (work->sums[t] == 0)
			continue;
		tile = t;
		if (left < work->sums[t])
			break;
		left -= work->sums[t];
	}
	end = (tile + 1) * TILE_ROWS < work->rows->n ? (tile + 1) * TILE_ROWS : work->rows->n;
	for (size_t i = tile * TILE_ROWS; i < end; i++)
	{
		if (work->nearest[i] == 0)
			continue;
		last = i;
		if (left < work->nearest[i])
			break;
		left -= work->nearest[i];
	}
	return last;
}

/* Allocate for up to max_trials rows on trial. */
static SdqStatus
allocate_work(Job *job, SeedWork *work, size_t max_trials, size_t **trial_rows)
{
	size_t n = work->rows->n;

	work->nearest = arena_alloc(job->arena, n, sizeof(float));
	work->sums = arena_alloc(job->arena, work->n_tiles, sizeof(double));
	work->trial_data = arena_alloc(job->arena, max_trials, work->rows->ld * sizeof(float));
	work->distance2 = arena_alloc(job->arena, n, max_trials * sizeof(float));
	work->potentials = arena_alloc(job->arena, work->n_tiles, max_trials * sizeof(double));
	*trial_rows = arena_alloc(job->arena, max_trials, sizeof(size_t));
	if (work->nearest == NULL || work->sums == NULL || work->trial_data == NULL ||
		work->distance2 == NULL || work->potentials == NULL || *trial_rows == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < n; i++)
		work->nearest[i] = INFINITY;
	return sdq_ok();
}

SdqStatus
kmeans_seed(Job *job, const FloatRows *rows, size_t k, Rng *rng, size_t *chosen, size_t *found)
{
	SeedWork work = {.rows = rows, .n_tiles = rows->n / TILE_ROWS + (rows->n % TILE_ROWS != 0)};
	size_t max_trials = 2 + (size_t) floor(log((double) k));
	ArenaMark mark = arena_mark(job->arena);
	size_t *trial_rows;
	SdqStatus status = allocate_work(job, &work, max_trials, &trial_rows);

	*found = 0;
	while (!sdq_failed(status) && *found < k)
	{
		size_t trials = 1;

		if (*found == 0)
			trial_rows[0] = rng_below(rng, rows->n);
		else
		{
			double total = 0;

			for (size_t tile = 0; tile < work.n_tiles; tile++)
				total += work.sums[tile];
			if (total == 0)
				break;
			trials = max_trials;
			for (size_t t = 0; t < trials; t++)
				trial_rows[t] = draw_row(&work, rng, total);
		}
		status = run_trials(job, &work, trial_rows, trials, &chosen[*found]);
		if (!sdq_failed(status))
			++*found;
	}
	arena_release(job->arena, mark);
	return status;
}
