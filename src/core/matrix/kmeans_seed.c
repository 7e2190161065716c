/*
 * kmeans_seed.c
 *		The choice of initial centres.
 *
 * All trials of a step are panels of one narrow product per tile of rows. Distances of bytes are exact.
 * Of floats, those so small that rounding may have made them are formed again from differences. So a
 * row that equals a centre is at distance 0, is never drawn, and the end is recognised by a sum of
 * exactly 0.
 */
#include "core/matrix/kmeans_seed.h"

#include <math.h>
#include <string.h>

#include "core/base/sizes.h"
#include "core/matrix/distance.h"
#include "core/matrix/kmeans_kernel.h"

/* Rows of a tile; sums are formed per tile and added in tile order. */
#define TILE_ROWS ((size_t) 256)

/* A distance below so many error bounds is formed again from differences. */
#define TRUSTED_ERRORS 8

typedef struct SeedWork
{
	const KmeansRows *rows;
	size_t n_tiles;
	float *nearest; /* [n] squared distance to the nearest chosen row */
	double *sums;   /* [n_tiles] of them */

	size_t trials;
	const size_t *trial_rows; /* [trials] */
	int64_t *trial_sums;      /* [trials] of their bytes */
	double *trial_norms;      /* [trials] */
	void *panels;             /* of the trials */
	float *distance2;         /* [n][trials] to the rows on trial */
	double *potentials;       /* [n_tiles][trials] what the tile's sum would become */

	size_t winner; /* number of the trial that is accepted */
} SeedWork;

/* Bytes of a panel. */
static size_t
panel_size(const KmeansRows *rows)
{
	return PANEL_CENTERS * (rows->is_bytes ? rows->ld : rows->d * sizeof(float));
}

/* One row into a lane of a panel of bytes; returns the sum of its values. */
static int64_t
fill_byte_lane(const int8_t *row, size_t d, uint8_t *panel, size_t lane)
{
	int64_t sum = 0;

	for (size_t j = 0; j < d; j++)
	{
		uint8_t value = (uint8_t) (row[j] + BYTE_SHIFT);

		panel[(j / BYTE_GROUP * PANEL_CENTERS + lane) * BYTE_GROUP + j % BYTE_GROUP] = value;
		sum += value;
	}
	return sum;
}

/* The same of floats. */
static void
fill_float_lane(const float *row, size_t d, float *panel, size_t lane)
{
	for (size_t j = 0; j < d; j++)
		panel[j * PANEL_CENTERS + lane] = row[j];
}

/* Lay out the rows on trial. */
static void
fill_panels(const SeedWork *work)
{
	const KmeansRows *rows = work->rows;
	size_t bytes = panel_size(rows);

	memset(work->panels, 0, divide_up(work->trials, PANEL_CENTERS) * bytes);
	for (size_t t = 0; t < work->trials; t++)
	{
		void *panel = (char *) work->panels + t / PANEL_CENTERS * bytes;
		size_t lane = t % PANEL_CENTERS;
		size_t row = work->trial_rows[t];

		work->trial_norms[t] = sqrt(kmeans_row_norm2(rows, row));
		if (rows->is_bytes)
			work->trial_sums[t] =
				fill_byte_lane(rows->bytes + row * rows->ld, rows->d, panel, lane);
		else
			fill_float_lane(rows->floats.data + row * rows->floats.ld, rows->d, panel, lane);
	}
}

/* distance2[count][trials]: exact squared distances of up to KERNEL_ROWS rows, from row `start` on, to
 * the rows on trial: |x|^2 + |y|^2 - 2 x'.y - 2 * BYTE_SHIFT sum(y) with x' = x - BYTE_SHIFT. */
static void
byte_distances(const SeedWork *work, size_t start, size_t count, float *distance2)
{
	const KmeansRows *rows = work->rows;
	const int8_t *pointers[KERNEL_ROWS];
	int32_t products[KERNEL_ROWS][PANEL_CENTERS];

	for (size_t i = 0; i < KERNEL_ROWS; i++)
		pointers[i] = rows->bytes + (start + (i < count ? i : 0)) * rows->ld;
	for (size_t first = 0; first < work->trials; first += PANEL_CENTERS)
	{
		byte_panel_products(pointers, rows->ld / BYTE_GROUP,
							(const uint8_t *) work->panels +
								first / PANEL_CENTERS * panel_size(rows),
							1, products[0]);
		for (size_t i = 0; i < count; i++)
			for (size_t t = first; t < minimum(first + PANEL_CENTERS, work->trials); t++)
				distance2[i * work->trials + t] =
					(float) ((int64_t) rows->byte_norm2[start + i] +
							 rows->byte_norm2[work->trial_rows[t]] -
							 2 * (products[i][t - first] + BYTE_SHIFT * work->trial_sums[t]));
	}
}

/* The same of floats, where products round. */
static void
float_distances(const SeedWork *work, size_t start, size_t count, float *distance2)
{
	const FloatRows *rows = &work->rows->floats;
	const float *pointers[KERNEL_ROWS];
	float products[KERNEL_ROWS][PANEL_CENTERS];

	for (size_t i = 0; i < KERNEL_ROWS; i++)
		pointers[i] = rows->data + (start + (i < count ? i : 0)) * rows->ld;
	for (size_t first = 0; first < work->trials; first += PANEL_CENTERS)
	{
		float_panel_products(pointers, rows->d,
							 (const float *) work->panels +
								 first / PANEL_CENTERS * rows->d * PANEL_CENTERS,
							 products[0]);
		for (size_t i = 0; i < count; i++)
		{
			double norm = sqrt(rows->norm2[start + i]);

			for (size_t t = first; t < minimum(first + PANEL_CENTERS, work->trials); t++)
			{
				size_t other = work->trial_rows[t];
				float *result = &distance2[i * work->trials + t];
				double error = float_product_error(norm, work->trial_norms[t], rows->d);

				*result = rows->norm2[start + i] + rows->norm2[other] - 2 * products[i][t - first];
				if (!(*result > TRUSTED_ERRORS * error))
					*result = (float) float_distance2(pointers[i], rows->data + other * rows->ld,
													  rows->d);
			}
		}
	}
}

/* Squared distances of one tile's rows to the rows on trial, and the sums they would lead to. */
static void
trial_chunk(void *argument, size_t tile, int thread)
{
	const SeedWork *work = argument;
	size_t trials = work->trials;
	size_t start = tile * TILE_ROWS;
	size_t end = minimum(start + TILE_ROWS, work->rows->n);
	double *potentials = work->potentials + tile * trials;

	for (size_t i = start; i < end; i += KERNEL_ROWS)
		if (work->rows->is_bytes)
			byte_distances(work, i, minimum(KERNEL_ROWS, end - i), work->distance2 + i * trials);
		else
			float_distances(work, i, minimum(KERNEL_ROWS, end - i), work->distance2 + i * trials);
	memset(potentials, 0, trials * sizeof(double));
	for (size_t i = start; i < end; i++)
		for (size_t t = 0; t < trials; t++)
		{
			float distance2 = work->distance2[i * trials + t];

			potentials[t] += distance2 < work->nearest[i] ? distance2 : work->nearest[i];
		}
}

/* Let one tile know that the winner was chosen. */
static void
accept_chunk(void *argument, size_t tile, int thread)
{
	const SeedWork *work = argument;
	size_t end = minimum((tile + 1) * TILE_ROWS, work->rows->n);
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
	fill_panels(work);
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
	end = minimum((tile + 1) * TILE_ROWS, work->rows->n);
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

/* Rows on trial in one step. */
static size_t
most_trials(size_t k)
{
	return 2 + (size_t) floor(log((double) k));
}

double
kmeans_seed_memory(const RowStore *store, size_t k)
{
	double trials = (double) most_trials(k);
	double panels = (double) divide_up(most_trials(k), PANEL_CENTERS);
	double n_tiles = (double) divide_up(store->n, TILE_ROWS);

	return (double) store->n * (1 + trials) * sizeof(float) +
		   n_tiles * (1 + trials) * sizeof(double) +
		   panels * PANEL_CENTERS * (double) store->d * sizeof(float);
}

/* Allocate for up to max_trials rows on trial. */
static SdqStatus
allocate_work(Job *job, SeedWork *work, size_t max_trials, size_t **trial_rows)
{
	size_t n = work->rows->n;

	work->nearest = arena_alloc(job->arena, n, sizeof(float));
	work->sums = arena_alloc(job->arena, work->n_tiles, sizeof(double));
	work->panels =
		arena_alloc(job->arena, divide_up(max_trials, PANEL_CENTERS), panel_size(work->rows));
	work->trial_sums = arena_alloc(job->arena, max_trials, sizeof(int64_t));
	work->trial_norms = arena_alloc(job->arena, max_trials, sizeof(double));
	work->distance2 = arena_alloc(job->arena, n, max_trials * sizeof(float));
	work->potentials = arena_alloc(job->arena, work->n_tiles, max_trials * sizeof(double));
	*trial_rows = arena_alloc(job->arena, max_trials, sizeof(size_t));
	if (work->nearest == NULL || work->sums == NULL || work->panels == NULL ||
		work->trial_sums == NULL || work->trial_norms == NULL || work->distance2 == NULL ||
		work->potentials == NULL || *trial_rows == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < n; i++)
		work->nearest[i] = INFINITY;
	return sdq_ok();
}

SdqStatus
kmeans_seed(Job *job, const KmeansRows *rows, size_t k, Rng *rng, size_t *chosen, size_t *found)
{
	SeedWork work = {.rows = rows, .n_tiles = divide_up(rows->n, TILE_ROWS)};
	size_t max_trials = most_trials(k);
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
