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
 * for each pair of digits: one for pixels, four for most data in single precision, nine for double.
 *
 * Memory. Blocks of 8 x 8 sums for the upper triangle, 4 d^2 bytes for each pair of digits, and 256 rows
 * in double; while they are multiplied, as much again for each digit.
 */
#include "core/matrix/covariance.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/sizes.h"
#include "core/matrix/covariance_codec.h"

/* The place of the lowest bit of plane 0. */
#define PLANE_ZERO_BIT (-12)

/* Rows of the first buffer. */
#define FIRST_BUFFER_ROWS 4

/* Narrow sums stay below it, so that adding to them cannot overflow. */
#define NARROW_BOUND ((uint64_t) 1 << 62)

#define CACHE_LINE 64

void
covariance_init(Covariance *covariance, SampleMemory *memory)
{
	*covariance = (Covariance){.memory = memory};
}

/* ---------- shape and memory ---------- */

/* Strips of columns. */
static size_t
count_strips(const Covariance *covariance)
{
	return divide_up(covariance->d, STRIP_COLUMNS);
}

/* Sums that are kept for a pair of digits: blocks of the upper triangle. No overflow: d is limited. */
static size_t
count_sums(const Covariance *covariance)
{
	size_t strips = count_strips(covariance);

	return strips * (strips + 1) / 2 * BLOCK_SUMS;
}

/* Where the block of strips i <= j begins. */
static size_t
block_start(const Covariance *covariance, size_t i, size_t j)
{
	return (i * (2 * count_strips(covariance) - i + 1) / 2 + (j - i)) * BLOCK_SUMS;
}

/* Where the sum of columns i <= j lies. */
static size_t
sum_place(const Covariance *covariance, size_t i, size_t j)
{
	return block_start(covariance, i / STRIP_COLUMNS, j / STRIP_COLUMNS) +
		   i % STRIP_COLUMNS * STRIP_COLUMNS + j % STRIP_COLUMNS;
}

/* A block of memory filled with zeros; NULL and *status on failure. */
static void *
allocate_zeros(SampleMemory *memory, size_t bytes, SdqStatus *status)
{
	void *block = sample_memory_resize(memory, NULL, 0, bytes, status);

	if (block != NULL)
		memset(block, 0, bytes);
	return block;
}

void
covariance_free(Covariance *covariance)
{
	SampleMemory *memory = covariance->memory;
	size_t n_sums = count_sums(covariance);

	sample_memory_free(memory, covariance->planes, covariance->d);
	sample_memory_free(memory, covariance->buffer,
					   covariance->buffer_capacity * covariance->d * sizeof(double));
	for (int a = 0; a < DIGIT_SLOTS; a++)
	{
		sample_memory_free(memory, covariance->sums[a], covariance->d * sizeof(int64_t));
		for (int b = 0; b < DIGIT_SLOTS; b++)
		{
			ProductSums *products = &covariance->products[a][b];

			sample_memory_free(memory, products->narrow, n_sums * sizeof(int64_t));
			sample_memory_free(memory, products->wide, n_sums * sizeof(WideInteger));
		}
	}
	covariance_init(covariance, memory);
}

/* Fix the number of columns of an object that has none, or compare it. */
static SdqStatus
set_shape(Covariance *covariance, size_t d)
{
	SampleMemory *memory = covariance->memory;
	SdqStatus status = sdq_ok();
	Covariance shape = {.d = d};
	size_t needed;

	if (d == 0)
		return sdq_bad_data(COVARIANCE_EMPTY, -1, 0, 0);
	if (covariance->d != 0)
		return covariance->d == d
				   ? status
				   : sdq_bad_data(COVARIANCE_LENGTH, -1, (double) d, (double) covariance->d);
	if (d > COVARIANCE_MAX_COLUMNS)
		return sdq_error(SDQ_TOO_LARGE, (double) d, (double) COVARIANCE_MAX_COLUMNS);
	/* What small integers will need, at least: better said now than after a panel of rows. */
	needed = memory->held + count_sums(&shape) * sizeof(int64_t) + d;
	if (memory->limit != 0 && needed > memory->limit)
		return sdq_error(SDQ_OVER_LIMIT, (double) needed, (double) memory->limit);
	covariance->planes = sample_memory_resize(memory, NULL, 0, d, &status);
	if (sdq_failed(status))
		return status;
	memset(covariance->planes, COLUMN_OF_ZEROS, d);
	covariance->d = d;
	return status;
}

/* Make sure that there are sums for every pair of these digits. */
static SdqStatus
reserve_sums(Covariance *covariance, const bool present[DIGIT_SLOTS])
{
	SdqStatus status = sdq_ok();

	for (int a = 0; a < DIGIT_SLOTS; a++)
	{
		if (!present[a])
			continue;
		if (covariance->sums[a] == NULL)
			covariance->sums[a] =
				allocate_zeros(covariance->memory, covariance->d * sizeof(int64_t), &status);
		for (int b = 0; b < DIGIT_SLOTS && !sdq_failed(status); b++)
			if (present[b] && covariance->products[a][b].narrow == NULL)
				covariance->products[a][b].narrow = allocate_zeros(
					covariance->memory, count_sums(covariance) * sizeof(int64_t), &status);
		if (sdq_failed(status))
			return status;
	}
	return status;
}

/* ---------- sums of up to 128 bits ---------- */

static inline Int128
wide_value(WideInteger wide)
{
	return (Int128) wide.high * ((Int128) 1 << 64) + wide.low;
}

static inline WideInteger
wide_integer(Int128 value)
{
	return (WideInteger){.low = (uint64_t) value, .high = (int64_t) (value >> 64)};
}

/* One sum. */
static inline Int128
product_sum(const ProductSums *products, size_t place)
{
	Int128 sum = products->narrow[place];

	return products->wide == NULL ? sum : sum + wide_value(products->wide[place]);
}

Int128
covariance_product(const Covariance *covariance, int a, int b, size_t i, size_t j)
{
	const ProductSums *products =
		i <= j ? &covariance->products[a][b] : &covariance->products[b][a];

	if (products->narrow == NULL)
		return 0;
	return product_sum(products,
					   i <= j ? sum_place(covariance, i, j) : sum_place(covariance, j, i));
}

/* Give sums their wide part. */
static SdqStatus
reserve_wide(Covariance *covariance, ProductSums *products)
{
	SdqStatus status = sdq_ok();

	if (products->wide == NULL)
		products->wide = allocate_zeros(covariance->memory,
										count_sums(covariance) * sizeof(WideInteger), &status);
	return status;
}

/* Make room for adding up to so much (below 2^63) to each narrow sum: move them if they could overflow. */
static SdqStatus
reserve_range(Covariance *covariance, ProductSums *products, uint64_t most)
{
	size_t n_sums = count_sums(covariance);
	SdqStatus status;

	if (products->bound + most > NARROW_BOUND)
	{
		status = reserve_wide(covariance, products);
		if (sdq_failed(status))
			return status;
		for (size_t k = 0; k < n_sums; k++)
			products->wide[k] = wide_integer(wide_value(products->wide[k]) + products->narrow[k]);
		memset(products->narrow, 0, n_sums * sizeof(int64_t));
		products->bound = 0;
	}
	products->bound += most;
	return sdq_ok();
}

/* ---------- planes ---------- */

/* The plane of a magnitude's highest bit. */
static int
plane_of(double magnitude)
{
	int exponent;

	if (magnitude == 0)
		return COLUMN_OF_ZEROS;
	frexp(magnitude, &exponent);
	/* The highest bit is at exponent - 1; plane 0 begins at PLANE_ZERO_BIT. Rounded down. */
	exponent += -1 - PLANE_ZERO_BIT - LOWEST_PLANE * DIGIT_BITS;
	return exponent / DIGIT_BITS + LOWEST_PLANE;
}

int
covariance_unit(const Covariance *covariance, size_t column)
{
	return (covariance->planes[column] - (DIGIT_SLOTS - 1)) * DIGIT_BITS + PLANE_ZERO_BIT;
}

/* Move one sum of the columns i, j, whose digits move down by so many slots, to where it belongs. */
static void
move_sum(Covariance *covariance, size_t i, size_t j, int down_i, int down_j)
{
	size_t place = sum_place(covariance, i, j);

	for (int a = DIGIT_SLOTS - 1; a >= 0; a--)
		for (int b = DIGIT_SLOTS - 1; b >= 0; b--)
		{
			ProductSums *to = &covariance->products[a][b];
			const ProductSums *from = NULL;

			if (to->narrow == NULL)
				continue;
			if (a >= down_i && b >= down_j)
				from = &covariance->products[a - down_i][b - down_j];
			if (from != NULL && from->narrow == NULL)
				from = NULL;
			to->narrow[place] = from == NULL ? 0 : from->narrow[place];
			if (to->wide != NULL)
				to->wide[place] =
					from == NULL || from->wide == NULL ? (WideInteger){0, 0} : from->wide[place];
		}
}

/* The sums of digits that move down, of one column. */
static void
move_column(Covariance *covariance, size_t column, int down)
{
	for (int a = DIGIT_SLOTS - 1; a >= 0; a--)
		if (covariance->sums[a] != NULL)
			covariance->sums[a][column] = a >= down && covariance->sums[a - down] != NULL
											  ? covariance->sums[a - down][column]
											  : 0;
}

/* How many slots the digits of a column move down when its plane is raised from one to another. */
static int
slots_between(int from, int to)
{
	int down = to - from;

	/* Zeros may move anywhere. */
	return from == COLUMN_OF_ZEROS ? 0 : down < DIGIT_SLOTS ? down : DIGIT_SLOTS;
}

/* Make sure of the sums that digits can move to, wide ones where there are any. */
static SdqStatus
reserve_moves(Covariance *covariance, const int *down)
{
	bool present[DIGIT_SLOTS] = {false};
	bool has_wide = false;
	uint64_t bound = 0;
	SdqStatus status;

	for (int a = 0; a < DIGIT_SLOTS; a++)
	{
		present[a] = present[a] || covariance->sums[a] != NULL;
		for (size_t j = 0; j < covariance->d && covariance->sums[a] != NULL; j++)
			if (a + down[j] < DIGIT_SLOTS)
				present[a + down[j]] = true;
		for (int b = 0; b < DIGIT_SLOTS; b++)
		{
			has_wide = has_wide || covariance->products[a][b].wide != NULL;
			if (covariance->products[a][b].bound > bound)
				bound = covariance->products[a][b].bound;
		}
	}
	status = reserve_sums(covariance, present);
	for (int a = 0; a < DIGIT_SLOTS; a++)
		for (int b = 0; b < DIGIT_SLOTS && !sdq_failed(status); b++)
		{
			if (!present[a] || !present[b])
				continue;
			covariance->products[a][b].bound = bound;
			if (has_wide)
				status = reserve_wide(covariance, &covariance->products[a][b]);
		}
	return status;
}

/* Raise the planes of columns to planes[d] where those are higher, and move the sums. down[d] is
 * scratch. */
static SdqStatus
raise_planes(Covariance *covariance, const int8_t *planes, int *down, Stop *stop)
{
	bool is_move = false;
	SdqStatus status;

	for (size_t j = 0; j < covariance->d; j++)
	{
		down[j] = 0;
		if (planes[j] > covariance->planes[j])
		{
			down[j] = slots_between(covariance->planes[j], planes[j]);
			covariance->planes[j] = planes[j];
		}
		is_move = is_move || down[j] > 0;
	}
	if (!is_move)
		return sdq_ok();
	status = reserve_moves(covariance, down);
	if (sdq_failed(status))
		return status;
	for (size_t i = 0; i < covariance->d; i++)
	{
		move_column(covariance, i, down[i]);
		for (size_t j = i; j < covariance->d; j++)
			if (down[i] > 0 || down[j] > 0)
				move_sum(covariance, i, j, down[i], down[j]);
		if (stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return sdq_ok();
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
	SdqStatus status = reserve_range(
		covariance, products, panel->n * (uint64_t) panel->peak[a] * (uint64_t) panel->peak[b]);

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
	panel_split(panel, covariance);
	for (int slot = 0; slot < DIGIT_SLOTS; slot++)
		present[slot] = panel->peak[slot] > 0 || covariance->sums[slot] != NULL;
	status = reserve_sums(covariance, present);
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
	SdqStatus status = set_shape(covariance, d);

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

/* ---------- union ---------- */

/* Make room for the sums of a view, whose columns move down by down[d], in products that reach up to
 * `most`: in the narrow sums, or in the wide ones (*is_wide). */
static SdqStatus
reserve_merge(Covariance *covariance, const CovarianceView *view, const int *down, bool *is_wide)
{
	bool present[DIGIT_SLOTS];
	uint64_t most = covariance_view_bound(view);
	SdqStatus status;

	*is_wide = most >= NARROW_BOUND;
	for (int a = 0; a < DIGIT_SLOTS; a++)
		present[a] = covariance->sums[a] != NULL;
	for (int a = 0; a < DIGIT_SLOTS; a++)
		for (size_t j = 0; j < view->d && view->present[a]; j++)
			if (a + down[j] < DIGIT_SLOTS)
				present[a + down[j]] = true;
	status = reserve_sums(covariance, present);
	for (int a = 0; a < DIGIT_SLOTS; a++)
		for (int b = 0; b < DIGIT_SLOTS && !sdq_failed(status); b++)
			if (present[a] && present[b])
				status = *is_wide ? reserve_wide(covariance, &covariance->products[a][b])
								  : reserve_range(covariance, &covariance->products[a][b], most);
	return status;
}

/* Add to the sum of digit a of column i and digit b of column j; i <= j. */
static inline void
add_to_sum(Covariance *covariance, int a, int b, size_t place, Int128 value, bool is_wide)
{
	ProductSums *products;

	if (a >= DIGIT_SLOTS || b >= DIGIT_SLOTS)
		return;
	products = &covariance->products[a][b];
	if (is_wide)
		products->wide[place] = wide_integer(wide_value(products->wide[place]) + value);
	else
		products->narrow[place] += (int64_t) value;
}

/* Add the sums of products of digits a <= b of a view. */
static SdqStatus
merge_products(Covariance *covariance, const CovarianceView *view, int a, int b, const int *down,
			   bool is_wide, Stop *stop)
{
	const IntegerList *list = &view->products[a][b];
	size_t next = 0;

	for (size_t i = 0; i < view->d; i++)
	{
		for (size_t j = a == b ? i : 0; j < view->d; j++)
		{
			Int128 value = integer_list_get(list, next++);

			if (value == 0)
				continue;
			if (i <= j)
				add_to_sum(covariance, a + down[i], b + down[j], sum_place(covariance, i, j), value,
						   is_wide);
			/* The other half of the matrix is the upper triangle of b and a. */
			if (i > j || (i == j && a != b))
				add_to_sum(covariance, b + down[j], a + down[i], sum_place(covariance, j, i), value,
						   is_wide);
		}
		if (stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return sdq_ok();
}

/* The union, with scratch down[d]. */
static SdqStatus
merge(Covariance *covariance, const CovarianceView *view, int *down, Stop *stop)
{
	bool is_wide;
	SdqStatus status = raise_planes(covariance, view->planes, down, stop);

	if (sdq_failed(status))
		return status;
	for (size_t j = 0; j < view->d; j++)
		down[j] = slots_between(view->planes[j], covariance->planes[j]);
	status = reserve_merge(covariance, view, down, &is_wide);
	for (int a = 0; a < DIGIT_SLOTS; a++)
	{
		if (!view->present[a])
			continue;
		for (size_t j = 0; j < view->d && !sdq_failed(status); j++)
			if (a + down[j] < DIGIT_SLOTS)
				covariance->sums[a + down[j]][j] += (int64_t) integer_list_get(&view->sums[a], j);
		for (int b = a; b < DIGIT_SLOTS && !sdq_failed(status); b++)
			if (view->present[b])
				status = merge_products(covariance, view, a, b, down, is_wide, stop);
	}
	return status;
}

SdqStatus
covariance_merge(Covariance *covariance, const CovarianceView *view, Stop *stop)
{
	SdqStatus status = set_shape(covariance, view->d);
	size_t bytes = view->d * sizeof(int);
	int *down;

	if (!sdq_failed(status) && view->n > COVARIANCE_MAX_ROWS - covariance->n)
		status = sdq_error(SDQ_TOO_LARGE, (double) covariance->n + (double) view->n,
						   (double) COVARIANCE_MAX_ROWS);
	if (sdq_failed(status))
		return status;
	down = sample_memory_resize(covariance->memory, NULL, 0, bytes, &status);
	if (down == NULL)
		return status;
	status = merge(covariance, view, down, stop);
	sample_memory_free(covariance->memory, down, bytes);
	covariance->n += view->n;
	return status;
}
