/*
 * kmeans_score.c
 *		|x|^2 + |c|^2 - 2 x.c by products of bytes or floats.
 *
 * Bytes. A coordinate c in [0, 255] is taken as the two-digit number q = hi + lo/256 nearest to it, so
 * that x.q is two exact integer products. With x' = x - 128, which fits a signed byte,
 *
 *		|x - c|^2 = |x|^2 + |c|^2 - 2 x'.q - 256 sum(q) - 2 x.(c - q),
 *
 * where all but |c|^2 and the last term are multiples of 1/256 far below 2^53 and so exact in double.
 * The last term is left out: it is at most 2 |x| |c - q|. |c - q| is computed, and is at most
 * sqrt(d)/512 for centres that are means; any other centre has a larger one, and its scores are of
 * no use, but not wrong.
 *
 * Floats. Centres are rounded to float; the error is that of float_product_error().
 */
#include "core/matrix/kmeans_score.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/sizes.h"

/* Digits of a byte centre: q = Q / DIGIT_BASE. */
#define DIGIT_BASE   256
#define DIGITS       ((size_t) 2)
#define LARGEST_BYTE 255

/* What rounding in double adds to the error of bytes: relative to (|x| + |c|)^2, which a sum of d up
 * to BYTE_MAX_COLUMNS squares is off by less than d 2^-53 < 1e-11; and absolute, a few roundings of
 * sums of magnitude up to 256 * 255 * BYTE_MAX_COLUMNS = 2^32, 2^-21 each. */
#define DOUBLE_ROUNDING   1e-10
#define ABSOLUTE_ROUNDING 0x1.0p-18

/* Bytes of one panel. */
static size_t
panel_size(bool is_bytes, size_t d)
{
	return is_bytes ? DIGITS * divide_up(d, BYTE_GROUP) * BYTE_GROUP * PANEL_CENTERS
					: d * PANEL_CENTERS * sizeof(float);
}

SdqStatus
centers_allocate(Arena *arena, const KmeansRows *rows, size_t k, Centers *centers)
{
	size_t n_panels = divide_up(k, PANEL_CENTERS);

	*centers = (Centers){.k = k, .n_panels = n_panels};
	centers->exact = arena_alloc(arena, k, rows->d * sizeof(double));
	centers->panels = arena_alloc(arena, n_panels, panel_size(rows->is_bytes, rows->d));
	centers->offsets = arena_alloc(arena, n_panels, PANEL_CENTERS * sizeof(double));
	centers->norms = arena_alloc(arena, n_panels, sizeof(double));
	centers->errors = arena_alloc(arena, n_panels, sizeof(double));
	if (centers->exact == NULL || centers->panels == NULL || centers->offsets == NULL ||
		centers->norms == NULL || centers->errors == NULL)
		return arena_failure(arena);
	return sdq_ok();
}

double
centers_memory(bool is_bytes, size_t d, size_t k)
{
	double n_panels = (double) divide_up(k, PANEL_CENTERS);

	return (double) k * (double) d * sizeof(double) +
		   n_panels * ((double) panel_size(is_bytes, d) + (PANEL_CENTERS + 2) * sizeof(double));
}

/* ---------- preparing ---------- */

/* One centre's digits into its lane of a panel of bytes; its offset; returns its squared distance to
 * the digits. */
static double
prepare_byte_center(const double *restrict center, size_t d, uint8_t *restrict panel, size_t lane,
					double *offset, double *norm2)
{
	size_t panel_bytes = panel_size(true, d) / DIGITS;
	int64_t digit_sum = 0;
	double error2 = 0;

	*norm2 = 0;
	for (size_t j = 0; j < d; j++)
	{
		double inside = center[j] > 0 ? (center[j] < LARGEST_BYTE ? center[j] : LARGEST_BYTE) : 0;
		int32_t q = (int32_t) (inside * DIGIT_BASE + 0.5);
		double error = center[j] - (double) q / DIGIT_BASE;
		uint8_t *digits =
			panel + (j / BYTE_GROUP * PANEL_CENTERS + lane) * BYTE_GROUP + j % BYTE_GROUP;

		digits[0] = (uint8_t) (q / DIGIT_BASE);
		digits[panel_bytes] = (uint8_t) (q % DIGIT_BASE);
		digit_sum += q;
		error2 += error * error;
		*norm2 += center[j] * center[j];
	}
	*offset = *norm2 - (double) (2 * BYTE_SHIFT / DIGIT_BASE * digit_sum);
	return error2;
}

/* The same in float; the norm is that of the centre in double. */
static void
prepare_float_center(const double *restrict center, size_t d, float *restrict panel, size_t lane,
					 double *offset)
{
	double norm2 = 0;

	for (size_t j = 0; j < d; j++)
	{
		panel[j * PANEL_CENTERS + lane] = (float) center[j];
		norm2 += center[j] * center[j];
	}
	*offset = norm2;
}

void
centers_prepare_panel(const KmeansRows *rows, Centers *centers, size_t panel)
{
	size_t d = rows->d;
	size_t bytes = panel_size(rows->is_bytes, d);
	void *data = (char *) centers->panels + panel * bytes;
	size_t first = panel * PANEL_CENTERS;
	size_t lanes = minimum(PANEL_CENTERS, centers->k - first);
	double *offsets = centers->offsets + first;
	double largest_norm2 = 0;
	double largest_error2 = 0;

	/* The lanes that are not used, and the columns beyond d. */
	if (lanes < PANEL_CENTERS || rows->is_bytes)
		memset(data, 0, bytes);
	for (size_t lane = 0; lane < PANEL_CENTERS; lane++)
	{
		const double *center = centers->exact + (first + lane) * d;
		double norm2;
		double error2 = 0;

		if (lane >= lanes)
		{
			offsets[lane] = INFINITY;
			continue;
		}
		if (rows->is_bytes)
			error2 = prepare_byte_center(center, d, data, lane, &offsets[lane], &norm2);
		else
		{
			prepare_float_center(center, d, data, lane, &offsets[lane]);
			norm2 = offsets[lane];
		}
		largest_norm2 = fmax(largest_norm2, norm2);
		largest_error2 = fmax(largest_error2, error2);
	}
	centers->norms[panel] = sqrt(largest_norm2);
	centers->errors[panel] = sqrt(largest_error2);
}

void
centers_prepared(Centers *centers)
{
	centers->largest_norm = 0;
	centers->largest_error = 0;
	for (size_t p = 0; p < centers->n_panels; p++)
	{
		centers->largest_norm = fmax(centers->largest_norm, centers->norms[p]);
		centers->largest_error = fmax(centers->largest_error, centers->errors[p]);
	}
}

typedef struct PrepareWork
{
	const KmeansRows *rows;
	Centers *centers;
} PrepareWork;

static void
prepare_chunk(void *argument, size_t panel, int thread)
{
	const PrepareWork *work = argument;

	centers_prepare_panel(work->rows, work->centers, panel);
}

SdqStatus
centers_prepare(Job *job, const KmeansRows *rows, Centers *centers)
{
	PrepareWork work = {.rows = rows, .centers = centers};
	SdqStatus status = pool_run(job->pool, prepare_chunk, &work, centers->n_panels);

	if (!sdq_failed(status))
		centers_prepared(centers);
	return status;
}

/* ---------- scores ---------- */

/* The scores of one panel of byte centres, for KERNEL_ROWS rows of which `count` are wanted. */
static void
score_byte_panel(const KmeansRows *rows, const Centers *centers, size_t panel,
				 const int8_t *const *pointers, const double *norm2, size_t count, double *scores)
{
	size_t bytes = panel_size(true, rows->d);
	const double *offsets = centers->offsets + panel * PANEL_CENTERS;
	size_t stride = score_stride(centers);
	_Alignas(64) int32_t products[KERNEL_ROWS][DIGITS][PANEL_CENTERS];

	byte_panel_products(pointers, rows->ld / BYTE_GROUP,
						(const uint8_t *) centers->panels + panel * bytes, DIGITS, products[0][0]);
	for (size_t i = 0; i < count; i++)
		for (size_t c = 0; c < PANEL_CENTERS; c++)
			scores[i * stride + panel * PANEL_CENTERS + c] =
				norm2[i] + offsets[c] -
				2 * ((double) products[i][0][c] + (double) products[i][1][c] * (1.0 / DIGIT_BASE));
}

/* The same of floats. */
static void
score_float_panel(const KmeansRows *rows, const Centers *centers, size_t panel,
				  const float *const *pointers, const double *norm2, size_t count, double *scores)
{
	const double *offsets = centers->offsets + panel * PANEL_CENTERS;
	size_t stride = score_stride(centers);
	_Alignas(64) float products[KERNEL_ROWS][PANEL_CENTERS];

	float_panel_products(pointers, rows->d,
						 (const float *) centers->panels + panel * rows->d * PANEL_CENTERS,
						 products[0]);
	for (size_t i = 0; i < count; i++)
		for (size_t c = 0; c < PANEL_CENTERS; c++)
			scores[i * stride + panel * PANEL_CENTERS + c] =
				norm2[i] + offsets[c] - 2 * (double) products[i][c];
}

void
score_rows(const KmeansRows *rows, const Centers *centers, const uint32_t *list, size_t count,
		   double *scores)
{
	const int8_t *bytes[KERNEL_ROWS];
	const float *floats[KERNEL_ROWS];
	double norm2[KERNEL_ROWS];

	for (size_t i = 0; i < KERNEL_ROWS; i++)
	{
		size_t row = list[i < count ? i : 0];

		norm2[i] = kmeans_row_norm2(rows, row);
		if (rows->is_bytes)
			bytes[i] = rows->bytes + row * rows->ld;
		else
			floats[i] = rows->floats.data + row * rows->floats.ld;
	}
	for (size_t panel = 0; panel < centers->n_panels; panel++)
		if (rows->is_bytes)
			score_byte_panel(rows, centers, panel, bytes, norm2, count, scores);
		else
			score_float_panel(rows, centers, panel, floats, norm2, count, scores);
}

double
score_error(const KmeansRows *rows, const Centers *centers, size_t i)
{
	double norm = sqrt(kmeans_row_norm2(rows, i));
	double sum = norm + centers->largest_norm;

	if (!rows->is_bytes)
		return float_product_error(norm, centers->largest_norm, rows->d);
	return 2 * norm * centers->largest_error + DOUBLE_ROUNDING * sum * sum + ABSOLUTE_ROUNDING;
}
