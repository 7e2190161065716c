/*
 * covariance.c
 *		Exact sums of rows and of products of their columns.
 *
 * Digits. The bits of a double lie at absolute places: plane p is the places from 2^(21 p - 12) up to,
 * but not including, 2^(21 p + 9), and the digit of a number at plane p is the part of it that lies there,
 * in units of 2^(21 p - 12), with the number's sign: a whole number below 2^21. Each column keeps three
 * digits of its numbers, those at the plane of its largest magnitude and at the two planes below: more
 * than 42 bits below the first bit of the largest. What lies lower is cut off. Numbers up to 511 with
 * steps down to 2^-12 (pixels) have one digit, fractions k/255 in single precision have two, which is
 * what the odd place of the planes is chosen for.
 *
 * Sums. Kept are the sums of each digit of each column, and for each pair of columns the sums of products
 * of each digit of one and each of the other: whole numbers, so exact. When a number at a higher plane
 * comes to a column, its digits move down by as many slots as the plane is higher, and the sums with
 * them; what leaves the lowest slot is forgotten. The final plane of a column is that of its largest
 * magnitude, each partial state had the same plane or a lower one, and so kept every digit that the
 * final state keeps: neither the order of rows nor that of merging makes a difference. This is why the
 * sums of the nine pairs of digits are kept apart.
 *
 * Splitting numbers so that sums of products are exact in floating point: Ozaki, Ogita, Oishi, Rump,
 * "Error-free transformations of matrix multiplication by using fast routines of matrix multiplication and
 * its applications", Numerical Algorithms 59 (2012). Planes at absolute places, of which the highest are
 * kept: Demmel, Nguyen, "Fast reproducible floating-point summation", ARITH 21 (2013).
 *
 * Work. Rows are gathered in a buffer. When it is full, they are cut into digits, strips of 8 columns,
 * and the strips are multiplied by the kernel, 256 rows at a time, exactly in double, into sums of 64
 * bits; before those could overflow they are moved into 128 bits beside them. A digit that has been 0
 * throughout has no sums and no cost; nor has a strip that is 0 in these rows. n d^2 / 2 multiplications
 * for each pair of digits: one for pixels, four for most data in single precision, nine for double. A
 * buffer of nothing but bytes is multiplied in integers (covariance_bytes.c).
 *
 * Memory. Blocks of 8 x 8 sums for the upper triangle, 4 d^2 bytes for each pair of digits, and 256 rows
 * in double; while they are multiplied, as much again for each digit.
 */
#include "core/matrix/covariance.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/matrix/covariance_sums.h"

/* Rows of the first buffer. */
#define FIRST_BUFFER_ROWS 4

#define CACHE_LINE 64

void
covariance_init(Covariance *covariance, SampleMemory *memory)
{
	*covariance = (Covariance){.memory = memory};
}

/* ---------- from the buffer into the sums ---------- */

/* Scratch of one panel. */
typedef struct Panel
{
	size_t n;                    /* rows */
	size_t n_strips;             /* even; the last may be beyond the columns, and 0 */
	double *digits[DIGIT_SLOTS]; /* [n_strips][n][STRIP_COLUMNS] */
	double (*scale)[2];          /* [n_strips * STRIP_COLUMNS] see split_strip() */
	double *peaks;               /* [d] largest magnitudes */
	int8_t *planes;              /* [d] their planes */
	int *down;                   /* [d] */
	bool *used[DIGIT_SLOTS];     /* [n_strips] is a digit of the strip not 0? */
	double peak[DIGIT_SLOTS];    /* the largest digit */
} Panel;

/* The next count * size bytes of a block, aligned to a cache line; with a NULL block they are only
 * counted. */
static void *
carve(unsigned char *block, size_t *used, size_t count, size_t size)
{
	unsigned char *piece = block == NULL ? NULL : block + *used;

	/* Far from overflow: the columns are limited, and the rows of a panel. */
	*used += divide_up(count * size, CACHE_LINE) * CACHE_LINE;
	return piece;
}

/* Lay a panel out in a block; with NULL only its size is found. */
static size_t
panel_lay_out(Panel *panel, size_t d, unsigned char *block)
{
	size_t padded = panel->n_strips * STRIP_COLUMNS;
	size_t used = 0;

	for (int slot = 0; slot < DIGIT_SLOTS; slot++)
	{
		panel->digits[slot] = carve(block, &used, padded * panel->n, sizeof(double));
		panel->used[slot] = carve(block, &used, panel->n_strips, sizeof(bool));
	}
	panel->scale = carve(block, &used, padded, 2 * sizeof(double));
	panel->peaks = carve(block, &used, d, sizeof(double));
	panel->down = carve(block, &used, d, sizeof(int));
	panel->planes = carve(block, &used, d, sizeof(int8_t));
	return used;
}

/* Where digits of a strip begin. */
static double *
panel_strip(const Panel *panel, int slot, size_t strip)
{
	return panel->digits[slot] + strip * panel->n * STRIP_COLUMNS;
}

/* Cut the buffer into digits. The planes are high enough. */
static void
panel_split(Panel *panel, const Covariance *covariance)
{
	for (size_t j = 0; j < covariance->d; j++)
	{
		/* In two steps, since one power of two may be out of range; both have the sign of the whole. */
		int exponent =
			covariance->planes[j] == COLUMN_OF_ZEROS ? 0 : -covariance_unit(covariance, j);

		panel->scale[j][0] = ldexp(1, exponent / 2);
		panel->scale[j][1] = ldexp(1, exponent - exponent / 2);
	}
	for (size_t strip = 0; strip < panel->n_strips; strip++)
	{
		size_t first = strip * STRIP_COLUMNS;
		size_t left = first < covariance->d ? covariance->d - first : 0;
		double *digits[DIGIT_SLOTS];
		double peaks[DIGIT_SLOTS];

		for (int slot = 0; slot < DIGIT_SLOTS; slot++)
			digits[slot] = panel_strip(panel, slot, strip);
		split_strip(covariance->buffer + (left > 0 ? first : 0), panel->n, covariance->d,
					minimum(left, STRIP_COLUMNS), panel->scale + first, digits, peaks);
		for (int slot = 0; slot < DIGIT_SLOTS; slot++)
		{
			panel->used[slot][strip] = peaks[slot] > 0;
			panel->peak[slot] = fmax(panel->peak[slot], peaks[slot]);
		}
	}
}

/* Add the digits of one slot to the column sums. */
static void
panel_add_sums(const Panel *panel, Covariance *covariance, int slot)
{
	for (size_t strip = 0; strip < count_strips(covariance); strip++)
	{
		const double *digits = panel_strip(panel, slot, strip);
		size_t first = strip * STRIP_COLUMNS;
		size_t columns = minimum(covariance->d - first, STRIP_COLUMNS);

		if (!panel->used[slot][strip])
			continue;
		for (size_t i = 0; i < panel->n; i++)
			for (size_t l = 0; l < columns; l++)
				covariance->sums[slot][first + l] += (int64_t) digits[i * STRIP_COLUMNS + l];
	}
}

/* Add the products of two digits. */
static SdqStatus
panel_add_products(const Panel *panel, Covariance *covariance, int a, int b, Stop *stop)
{
	ProductSums *products = &covariance->products[a][b];
	size_t n_strips = count_strips(covariance);
	SdqStatus status =
		reserve_range(covariance, products,
					  panel->n * (uint64_t) panel->peak[a] * (uint64_t) panel->peak[b], stop);

	for (size_t j = 0; j < n_strips && !sdq_failed(status); j += 2)
	{
		const double *right[2] = {panel_strip(panel, b, j), panel_strip(panel, b, j + 1)};
		bool wanted[2] = {panel->used[b][j], j + 1 < n_strips && panel->used[b][j + 1]};

		for (size_t i = 0; i < minimum(j + 2, n_strips) && (wanted[0] || wanted[1]); i++)
		{
			int64_t *sums[2] = {NULL, NULL};

			if (!panel->used[a][i])
				continue;
			for (size_t k = 0; k < 2; k++)
				if (wanted[k] && i <= j + k)
					sums[k] = products->narrow + block_start(covariance, i, j + k);
			add_products(panel_strip(panel, a, i), right, panel->n, sums);
		}
		if (stop_poll(stop))
			status = sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return status;
}

/* Add the buffered rows to the sums, with a panel that has its memory. */
static SdqStatus
panel_run(Panel *panel, Covariance *covariance, Stop *stop)
{
	bool present[DIGIT_SLOTS];
	SdqStatus status;

	find_column_peaks(covariance->buffer, panel->n, covariance->d, panel->peaks);
	for (size_t j = 0; j < covariance->d; j++)
		panel->planes[j] = (int8_t) plane_of(panel->peaks[j]);
	status = raise_planes(covariance, panel->planes, panel->down, stop);
	if (sdq_failed(status))
		return status;
	if (are_byte_rows(covariance, panel->peaks))
		return add_byte_rows(covariance, stop);
	panel_split(panel, covariance);
	for (int slot = 0; slot < DIGIT_SLOTS; slot++)
		present[slot] = panel->peak[slot] > 0 || covariance->sums[slot] != NULL;
	status = reserve_sums(covariance, present, stop);
	for (int a = 0; a < DIGIT_SLOTS; a++)
	{
		if (panel->peak[a] == 0 || sdq_failed(status))
			continue;
		panel_add_sums(panel, covariance, a);
		for (int b = 0; b < DIGIT_SLOTS && !sdq_failed(status); b++)
			if (panel->peak[b] > 0)
				status = panel_add_products(panel, covariance, a, b, stop);
	}
	return status;
}

SdqStatus
covariance_settle(Covariance *covariance, Stop *stop)
{
	Panel panel = {.n = covariance->n_buffered,
				   .n_strips = divide_up(count_strips(covariance), 2) * 2};
	SdqStatus status = sdq_ok();
	unsigned char *block;
	size_t bytes;

	if (covariance->n_buffered == 0)
		return status;
	bytes = panel_lay_out(&panel, covariance->d, NULL) + CACHE_LINE;
	block = sample_memory_resize(covariance->memory, NULL, 0, bytes, &status);
	if (block == NULL)
		return status;
	panel_lay_out(&panel, covariance->d, block + (CACHE_LINE - (uintptr_t) block % CACHE_LINE));
	status = panel_run(&panel, covariance, stop);
	sample_memory_free(covariance->memory, block, bytes);
	if (!sdq_failed(status))
		covariance->n_buffered = 0;
	return status;
}

/* ---------- rows ---------- */

/* Make room for one more row in the buffer, which is not as large as it may become. */
static SdqStatus
grow_buffer(Covariance *covariance)
{
	size_t row_bytes = covariance->d * sizeof(double);
	size_t old = covariance->buffer_capacity;
	size_t capacity = old == 0 ? FIRST_BUFFER_ROWS : 2 * old;
	SdqStatus status = sdq_ok();
	double *buffer = sample_memory_resize(covariance->memory, covariance->buffer, old * row_bytes,
										  capacity * row_bytes, &status);

	if (buffer != NULL)
	{
		covariance->buffer = buffer;
		covariance->buffer_capacity = capacity;
	}
	return status;
}

SdqStatus
covariance_next_row(Covariance *covariance, size_t d, Stop *stop, double **row)
{
	SdqStatus status = covariance_set_shape(covariance, d);

	if (!sdq_failed(status) && covariance->n >= COVARIANCE_MAX_ROWS)
		status = sdq_error(SDQ_TOO_LARGE, (double) covariance->n + 1, (double) COVARIANCE_MAX_ROWS);
	if (!sdq_failed(status) && covariance->n_buffered == PANEL_ROWS)
		status = covariance_settle(covariance, stop);
	if (!sdq_failed(status) && covariance->n_buffered == covariance->buffer_capacity)
		status = grow_buffer(covariance);
	if (!sdq_failed(status))
		*row = covariance->buffer + covariance->n_buffered * d;
	return status;
}

SdqStatus
covariance_take_row(Covariance *covariance)
{
	const double *row = covariance->buffer + covariance->n_buffered * covariance->d;
	int64_t n_bad = 0;

	/* A loop without an exit is several times faster. */
	for (size_t j = 0; j < covariance->d; j++)
		n_bad += !(fabs(row[j]) <= DBL_MAX);
	for (size_t j = 0; j < covariance->d && n_bad > 0; j++)
		if (!isfinite(row[j]))
			return sdq_bad_data(COVARIANCE_NOT_FINITE, -1, (double) (j + 1), row[j]);
	covariance->n_buffered++;
	covariance->n++;
	return sdq_ok();
}

SdqStatus
covariance_add(Covariance *covariance, const double *row, size_t d, Stop *stop)
{
	double *place;
	SdqStatus status = covariance_next_row(covariance, d, stop, &place);

	if (sdq_failed(status))
		return status;
	memcpy(place, row, d * sizeof(double));
	return covariance_take_row(covariance);
}
