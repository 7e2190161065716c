/*
 * curve.c
 *		Hilbert's curve (D. Hilbert, "Ueber die stetige Abbildung einer Linie auf ein Flaechenstueck",
 *		Mathematische Annalen 38, 1891).
 *
 * The square is cut into four quarters, which the curve visits one after the other in the shape of a U,
 * and so on within each; the first and the last quarter hold the U turned by reflection on a diagonal.
 */
#include "core/tsne/curve.h"

#include <math.h>

#include "core/base/sizes.h"
#include "core/sample/sort.h"

/* Points whose keys one chunk computes: about 0.5 ms. */
#define KEY_CHUNK ((size_t) 8192)

typedef struct KeyWork
{
	const double *y;
	size_t n;
	double low[2];
	double scale; /* cells per unit */
	uint64_t *keys;
} KeyWork;

uint32_t
curve_place(uint32_t x, uint32_t y)
{
	uint32_t place = 0;

	for (uint32_t half = CURVE_SIDE / 2; half > 0; half /= 2)
	{
		uint32_t right = (x & half) != 0;
		uint32_t upper = (y & half) != 0;

		place = 4 * place + ((3 * right) ^ upper);
		if (!upper)
		{
			uint32_t swap = x;

			/* The last quarter is reflected on the other diagonal. */
			x = right ? ~y : y;
			y = right ? ~swap : swap;
		}
	}
	return place;
}

/* The cell of a coordinate. */
static inline uint32_t
cell_of(const KeyWork *work, size_t i, int d)
{
	double cell = (work->y[2 * i + (size_t) d] - work->low[d]) * work->scale;

	return cell < CURVE_SIDE - 1 ? (uint32_t) cell : CURVE_SIDE - 1;
}

/* The keys of a chunk of points: the place on the curve, and then the point. */
static void
key_chunk(void *argument, size_t chunk, int thread)
{
	const KeyWork *work = argument;
	size_t end = minimum((chunk + 1) * KEY_CHUNK, work->n);

	for (size_t i = chunk * KEY_CHUNK; i < end; i++)
		work->keys[i] = (uint64_t) curve_place(cell_of(work, i, 0), cell_of(work, i, 1)) << 32 | i;
}

SdqStatus
curve_order(Job *job, const double *y, size_t n, uint64_t *keys, uint64_t *scratch, uint32_t *order)
{
	KeyWork work = {.y = y, .n = n, .low = {y[0], y[1]}, .keys = keys};
	double high[2] = {y[0], y[1]};
	double extent;
	SdqStatus status;

	for (size_t i = 0; i < n; i++)
		for (size_t d = 0; d < 2; d++)
		{
			work.low[d] = fmin(work.low[d], y[2 * i + d]);
			high[d] = fmax(high[d], y[2 * i + d]);
		}
	extent = fmax(high[0] - work.low[0], high[1] - work.low[1]);
	/* All at one place, or as good as: one cell. */
	work.scale = extent > 0 && isfinite(CURVE_SIDE / extent) ? CURVE_SIDE / extent : 0;
	status = pool_run(job->pool, key_chunk, &work, divide_up(n, KEY_CHUNK));
	if (!sdq_failed(status))
		status = sort_keys(keys, scratch, n, job->stop);
	if (sdq_failed(status))
		return status;
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t) keys[i];
	return sdq_ok();
}
