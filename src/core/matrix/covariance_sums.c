/*
 * covariance_sums.c
 *		Memory of the sums of a covariance, and their moves when a plane is raised.
 */
#include "core/matrix/covariance_sums.h"

#include <math.h>
#include <string.h>

/* Bytes that are filled, and sums that are moved, between two looks at the stop flag: a few milliseconds, with
 * fresh pages. */
#define ZEROED_AT_ONCE ((size_t) 1 << 23)
#define MOVED_AT_ONCE  ((size_t) 1 << 18)

/* ---------- memory ---------- */

/* Sums that are kept for a pair of digits: blocks of the upper triangle. No overflow: d is limited. */
static size_t
count_sums(const Covariance *covariance)
{
	size_t strips = count_strips(covariance);

	return strips * (strips + 1) / 2 * BLOCK_SUMS;
}

/* A block of memory filled with zeros; NULL and *status on failure. */
static void *
allocate_zeros(SampleMemory *memory, size_t bytes, Stop *stop, SdqStatus *status)
{
	unsigned char *block = sample_memory_resize(memory, NULL, 0, bytes, status);

	for (size_t done = 0; done < bytes && block != NULL; done += ZEROED_AT_ONCE)
	{
		memset(block + done, 0, minimum(ZEROED_AT_ONCE, bytes - done));
		if (stop_poll(stop))
		{
			sample_memory_free(memory, block, bytes);
			*status = sdq_error(SDQ_INTERRUPTED, 0, 0);
			return NULL;
		}
	}
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

SdqStatus
covariance_set_shape(Covariance *covariance, size_t d)
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

SdqStatus
reserve_sums(Covariance *covariance, const bool present[DIGIT_SLOTS], Stop *stop)
{
	SdqStatus status = sdq_ok();

	for (int a = 0; a < DIGIT_SLOTS; a++)
	{
		if (!present[a])
			continue;
		if (covariance->sums[a] == NULL)
			covariance->sums[a] =
				allocate_zeros(covariance->memory, covariance->d * sizeof(int64_t), stop, &status);
		for (int b = 0; b < DIGIT_SLOTS && !sdq_failed(status); b++)
			if (present[b] && covariance->products[a][b].narrow == NULL)
				covariance->products[a][b].narrow = allocate_zeros(
					covariance->memory, count_sums(covariance) * sizeof(int64_t), stop, &status);
		if (sdq_failed(status))
			return status;
	}
	return status;
}

/* ---------- sums of up to 128 bits ---------- */

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

SdqStatus
reserve_wide(Covariance *covariance, ProductSums *products, Stop *stop)
{
	SdqStatus status = sdq_ok();

	if (products->wide == NULL)
		products->wide = allocate_zeros(
			covariance->memory, count_sums(covariance) * sizeof(WideInteger), stop, &status);
	return status;
}

SdqStatus
reserve_range(Covariance *covariance, ProductSums *products, uint64_t most, Stop *stop)
{
	size_t n_sums = count_sums(covariance);
	SdqStatus status;

	if (products->bound + most > NARROW_BOUND)
	{
		status = reserve_wide(covariance, products, stop);
		if (sdq_failed(status))
			return status;
		for (size_t k = 0; k < n_sums; k++)
		{
			products->wide[k] = wide_integer(wide_value(products->wide[k]) + products->narrow[k]);
			products->narrow[k] = 0;
			if (k % MOVED_AT_ONCE == 0 && stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
		products->bound = 0;
	}
	products->bound += most;
	return sdq_ok();
}

/* ---------- planes ---------- */

int
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

int
slots_between(int from, int to)
{
	int down = to - from;

	/* Zeros may move anywhere. */
	return from == COLUMN_OF_ZEROS ? 0 : down < DIGIT_SLOTS ? down : DIGIT_SLOTS;
}

/* Make sure of the sums that digits can move to, wide ones where there are any. */
static SdqStatus
reserve_moves(Covariance *covariance, const int *down, Stop *stop)
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
	status = reserve_sums(covariance, present, stop);
	for (int a = 0; a < DIGIT_SLOTS; a++)
		for (int b = 0; b < DIGIT_SLOTS && !sdq_failed(status); b++)
		{
			if (!present[a] || !present[b])
				continue;
			covariance->products[a][b].bound = bound;
			if (has_wide)
				status = reserve_wide(covariance, &covariance->products[a][b], stop);
		}
	return status;
}

SdqStatus
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
	status = reserve_moves(covariance, down, stop);
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
