/*
 * row_store.c
 *		Rows in blocks, each in the narrowest type that was exact when it was begun.
 *
 * A block holds a fixed number of consecutive rows (a power of two), so the store grows without
 * moving a row, and the arena, which takes nothing back, is not left with outgrown copies. A row that
 * needs a wider type widens the block under way, and later blocks begin with that type; the earlier
 * ones are brought to it by row_store_finish(), which can be interrupted. What a late widening leaves
 * behind is at most half of the final size; data that is wide from its first row leaves nothing.
 *
 * Cost of an append: one pass that checks and one that converts.
 */
#include "core/matrix/row_store.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/sizes.h"
#include "core/matrix/distance.h"
#include "core/matrix/row_blocks.h"
#include "core/matrix/row_loops.h"

/* Elements aimed at in one block: 64 kB of bytes, 512 kB of doubles. */
#define BLOCK_ELEMENTS        ((size_t) 65536)
#define FIRST_BLOCKS_CAPACITY ((size_t) 64)

/* Elements that are checked together, without a branch between them. */
#define CHECKED_ELEMENTS ((size_t) 64)

const size_t row_element_size[] = {
	[ELEMENT_UINT8] = sizeof(uint8_t),
	[ELEMENT_FLOAT] = sizeof(float),
	[ELEMENT_DOUBLE] = sizeof(double),
};

void
row_store_init(RowStore *store, Arena *arena)
{
	*store = (RowStore){.arena = arena, .type = ELEMENT_UINT8, .scale = 1};
}

/* ---------- conversions ---------- */

/* Define a function that copies a row of one type into another; adding 0 turns -0 into 0. */
#define DEFINE_CONVERT(name, target_type, source_type)                                             \
	static void name(void *restrict target, const source_type *restrict source, size_t d)          \
	{                                                                                              \
		target_type *restrict out = target;                                                        \
                                                                                                   \
		for (size_t j = 0; j < d; j++)                                                             \
			out[j] = (target_type) (source[j] + (source_type) 0);                                  \
	}

DEFINE_CONVERT(uint8_to_float, float, uint8_t)
DEFINE_CONVERT(uint8_to_double, double, uint8_t)
DEFINE_CONVERT(int16_to_uint8, uint8_t, int16_t)
DEFINE_CONVERT(int16_to_float, float, int16_t)
DEFINE_CONVERT(int16_to_double, double, int16_t)
DEFINE_CONVERT(float_to_uint8, uint8_t, float)
DEFINE_CONVERT(float_to_float, float, float)
DEFINE_CONVERT(float_to_double, double, float)
DEFINE_CONVERT(double_to_uint8, uint8_t, double)
DEFINE_CONVERT(double_to_float, float, double)
DEFINE_CONVERT(double_to_double, double, double)

SdqStatus
row_store_widen_block(RowStore *store, RowBlock *block, size_t rows, ElementType type)
{
	size_t capacity = ((size_t) 1 << store->block_shift) * store->d;
	size_t count = rows * store->d;
	void *data = arena_alloc(store->arena, capacity, row_element_size[type]);

	if (data == NULL)
		return arena_failure(store->arena);
	if (block->type == ELEMENT_FLOAT)
		float_to_double(data, block->data, count);
	else if (type == ELEMENT_FLOAT)
		uint8_to_float(data, block->data, count);
	else
		uint8_to_double(data, block->data, count);
	block->data = data;
	block->type = type;
	return sdq_ok();
}

/* ---------- appending ---------- */

/* Begin a block of the given type. */
static SdqStatus
add_block(RowStore *store, size_t d, ElementType type)
{
	unsigned shift = store->block_shift;
	size_t elements;
	void *data;

	if (store->n_blocks == 0)
		for (shift = 0; d <= BLOCK_ELEMENTS >> (shift + 1); shift++)
			;
	if (store->n_blocks == store->blocks_capacity)
	{
		size_t capacity = store->n_blocks == 0 ? FIRST_BLOCKS_CAPACITY : 2 * store->blocks_capacity;
		RowBlock *blocks = arena_alloc(store->arena, capacity, sizeof(RowBlock));

		if (blocks == NULL)
			return arena_failure(store->arena);
		if (store->n_blocks > 0)
			memcpy(blocks, store->blocks, store->n_blocks * sizeof(RowBlock));
		store->blocks = blocks;
		store->blocks_capacity = capacity;
	}
	if (!checked_multiply(d, (size_t) 1 << shift, &elements))
		return sdq_error(SDQ_TOO_LARGE, (double) d, (double) SIZE_MAX);
	data = arena_alloc(store->arena, elements, row_element_size[type]);
	if (data == NULL)
		return arena_failure(store->arena);
	store->blocks[store->n_blocks++] = (RowBlock){.type = type, .data = data};
	store->block_shift = shift;
	return sdq_ok();
}

/* Is a row of this length welcome? */
static SdqStatus
check_length(const RowStore *store, size_t d)
{
	if (d == 0)
		return sdq_bad_data(ROW_EMPTY, (int64_t) store->n, 0, 0);
	if (store->n > 0 && d != store->d)
		return sdq_bad_data(ROW_LENGTH, (int64_t) store->n, (double) d, (double) store->d);
	if (store->n >= ROW_STORE_MAX_ROWS)
		return sdq_error(SDQ_TOO_LARGE, (double) store->n + 1, (double) ROW_STORE_MAX_ROWS);
	return sdq_ok();
}

/* Make room for one more row that needs at least `needed`: where to write it, and as what type. The
 * row counts once commit_row() is called. */
static SdqStatus
reserve_row(RowStore *store, size_t d, ElementType needed, void **target, ElementType *type)
{
	ElementType widest = needed > store->type ? needed : store->type;
	size_t within;
	RowBlock *block;
	SdqStatus status;

	if (store->n == store->n_blocks << store->block_shift)
	{
		status = add_block(store, d, widest);
		if (sdq_failed(status))
			return status;
		store->d = d;
	}
	block = &store->blocks[store->n_blocks - 1];
	within = store->n & (((size_t) 1 << store->block_shift) - 1);
	if (block->type < needed)
	{
		status = row_store_widen_block(store, block, within, needed);
		if (sdq_failed(status))
			return status;
	}
	*type = block->type;
	*target = (char *) block->data + within * store->d * row_element_size[block->type];
	return sdq_ok();
}

/* Count the reserved row. */
static void
commit_row(RowStore *store, ElementType needed)
{
	if (needed > store->type)
		store->type = needed;
	store->n++;
}

/*
 * Define a test whether all values are integers in 0..255. Adding 2^(mantissa bits) leaves an integer
 * of that range in the low bits of the sum, and subtracting it again gives back an integer alone; NaN
 * and infinities have another exponent. All in integers, which compilers vectorise, while they do not
 * vectorise comparisons that may trap. A row that is not of bytes is known after its first piece.
 */
#define DEFINE_IS_BYTES(name, real, bits_type, large)                                              \
	static bool name(const real *row, size_t d)                                                    \
	{                                                                                              \
		for (size_t first = 0; first < d; first += CHECKED_ELEMENTS)                               \
		{                                                                                          \
			size_t end = minimum(first + CHECKED_ELEMENTS, d);                                     \
			bits_type others = 0;                                                                  \
                                                                                                   \
			for (size_t j = first; j < end; j++)                                                   \
			{                                                                                      \
				real value = row[j] + 0; /* no -0 */                                               \
				real shifted = value + (large);                                                    \
				real returned = shifted - (large);                                                 \
				real largest = (large) + UINT8_MAX;                                                \
				bits_type value_bits;                                                              \
				bits_type returned_bits;                                                           \
				bits_type shifted_bits;                                                            \
				bits_type largest_bits;                                                            \
                                                                                                   \
				memcpy(&value_bits, &value, sizeof(value));                                        \
				memcpy(&returned_bits, &returned, sizeof(returned));                               \
				memcpy(&shifted_bits, &shifted, sizeof(shifted));                                  \
				memcpy(&largest_bits, &largest, sizeof(largest));                                  \
				others |= value_bits ^ returned_bits;                                              \
				others |= (shifted_bits ^ largest_bits) & ~(bits_type) UINT8_MAX;                  \
			}                                                                                      \
			if (others != 0)                                                                       \
				return false;                                                                      \
		}                                                                                          \
		return true;                                                                               \
	}

DEFINE_IS_BYTES(is_bytes_float, float, uint32_t, 0x1p23f)
DEFINE_IS_BYTES(is_bytes_double, double, uint64_t, 0x1p52)

/* Define a search for the first value that is not finite; d if there is none. Adding one to an
 * exponent of all ones overflows into the sign. */
#define DEFINE_FIRST_NOT_FINITE(name, real, bits_type, mantissa_bits)                              \
	static size_t name(const real *row, size_t d)                                                  \
	{                                                                                              \
		const bits_type sign = (bits_type) 1 << (8 * sizeof(real) - 1);                            \
                                                                                                   \
		for (size_t first = 0; first < d; first += CHECKED_ELEMENTS)                               \
		{                                                                                          \
			size_t end = minimum(first + CHECKED_ELEMENTS, d);                                     \
			bits_type others = 0;                                                                  \
                                                                                                   \
			for (size_t j = first; j < end; j++)                                                   \
			{                                                                                      \
				bits_type bits;                                                                    \
                                                                                                   \
				memcpy(&bits, &row[j], sizeof(bits));                                              \
				others |= (bits & ~sign) + ((bits_type) 1 << (mantissa_bits));                     \
			}                                                                                      \
			for (size_t j = first; (others & sign) != 0 && j < end; j++)                           \
				if (!isfinite(row[j]))                                                             \
					return j;                                                                      \
		}                                                                                          \
		return d;                                                                                  \
	}

DEFINE_FIRST_NOT_FINITE(first_not_finite_float, float, uint32_t, FLT_MANT_DIG - 1)
DEFINE_FIRST_NOT_FINITE(first_not_finite_double, double, uint64_t, DBL_MANT_DIG - 1)

/* Is every value exactly a float? */
static bool
is_floats(const double *row, size_t d)
{
	for (size_t j = 0; j < d; j++)
		if (!(fabs(row[j]) <= FLT_MAX && (double) (float) row[j] == row[j]))
			return false;
	return true;
}

SdqStatus
row_store_append(RowStore *store, const double *row, size_t d)
{
	SdqStatus status = check_length(store, d);
	ElementType needed = ELEMENT_UINT8;
	ElementType type;
	void *target;

	if (sdq_failed(status))
		return status;
	if (!is_bytes_double(row, d))
	{
		size_t fault = first_not_finite_double(row, d);

		if (fault < d)
			return sdq_bad_data(ROW_NOT_FINITE, (int64_t) store->n, (double) fault + 1, row[fault]);
		needed = is_floats(row, d) ? ELEMENT_FLOAT : ELEMENT_DOUBLE;
	}
	status = reserve_row(store, d, needed, &target, &type);
	if (sdq_failed(status))
		return status;
	switch (type)
	{
		case ELEMENT_UINT8: double_to_uint8(target, row, d); break;
		case ELEMENT_FLOAT: double_to_float(target, row, d); break;
		case ELEMENT_DOUBLE: double_to_double(target, row, d); break;
	}
	commit_row(store, needed);
	return sdq_ok();
}

SdqStatus
row_store_append_float(RowStore *store, const float *row, size_t d)
{
	SdqStatus status = check_length(store, d);
	ElementType needed = ELEMENT_UINT8;
	ElementType type;
	void *target;

	if (sdq_failed(status))
		return status;
	if (!is_bytes_float(row, d))
	{
		size_t fault = first_not_finite_float(row, d);

		if (fault < d)
			return sdq_bad_data(ROW_NOT_FINITE, (int64_t) store->n, (double) fault + 1, row[fault]);
		needed = ELEMENT_FLOAT;
	}
	status = reserve_row(store, d, needed, &target, &type);
	if (sdq_failed(status))
		return status;
	switch (type)
	{
		case ELEMENT_UINT8: float_to_uint8(target, row, d); break;
		case ELEMENT_FLOAT: float_to_float(target, row, d); break;
		case ELEMENT_DOUBLE: float_to_double(target, row, d); break;
	}
	commit_row(store, needed);
	return sdq_ok();
}

SdqStatus
row_store_append_int16(RowStore *store, const int16_t *row, size_t d)
{
	SdqStatus status = check_length(store, d);
	unsigned bits = 0;
	ElementType needed;
	ElementType type;
	void *target;

	if (sdq_failed(status))
		return status;
	for (size_t j = 0; j < d; j++)
		bits |= (unsigned) row[j];
	needed = bits <= UINT8_MAX ? ELEMENT_UINT8 : ELEMENT_FLOAT;
	status = reserve_row(store, d, needed, &target, &type);
	if (sdq_failed(status))
		return status;
	switch (type)
	{
		case ELEMENT_UINT8: int16_to_uint8(target, row, d); break;
		case ELEMENT_FLOAT: int16_to_float(target, row, d); break;
		case ELEMENT_DOUBLE: int16_to_double(target, row, d); break;
	}
	commit_row(store, needed);
	return sdq_ok();
}

/* ---------- reading ---------- */

/* Define a function that writes rows centred and scaled, in the type of its output. */
#define DEFINE_READ(name, real, suffix)                                                            \
	void name(const RowStore *store, size_t first, size_t count, real *out, size_t ldo)            \
	{                                                                                              \
		const RowLoops *loops = row_loops();                                                       \
		const double *mean = store->mean;                                                          \
		double scale = store->scale;                                                               \
		size_t d = store->d;                                                                       \
                                                                                                   \
		for (size_t i = 0; i < count; i++, out += ldo)                                             \
		{                                                                                          \
			const void *row = final_row(store, first + i);                                         \
                                                                                                   \
			switch (store->type)                                                                   \
			{                                                                                      \
				case ELEMENT_UINT8: loops->center_bytes##suffix(row, d, mean, scale, out); break;  \
				case ELEMENT_FLOAT: loops->center_floats##suffix(row, d, mean, scale, out); break; \
				case ELEMENT_DOUBLE: loops->center_doubles##suffix(row, d, mean, scale, out);      \
					break;                                                                         \
			}                                                                                      \
		}                                                                                          \
	}

DEFINE_READ(row_store_read, float, )
DEFINE_READ(row_store_read_double, double, _double)

void
row_store_read_exact(const RowStore *store, size_t i, double *out)
{
	const void *row = final_row(store, i);

	switch (store->type)
	{
		case ELEMENT_UINT8: uint8_to_double(out, row, store->d); break;
		case ELEMENT_FLOAT: float_to_double(out, row, store->d); break;
		case ELEMENT_DOUBLE: double_to_double(out, row, store->d); break;
	}
}

const uint8_t *
row_store_bytes(const RowStore *store, size_t i)
{
	return final_row(store, i);
}

double
row_store_cross_distance2(const RowStore *x, size_t i, const RowStore *y, size_t j)
{
	const void *a = final_row(x, i);
	const void *b = final_row(y, j);
	size_t d = x->d;

	if (x->type > y->type)
		return row_store_cross_distance2(y, j, x, i);
	switch (x->type)
	{
		case ELEMENT_UINT8:
			switch (y->type)
			{
				case ELEMENT_UINT8: return byte_distance2(a, b, d);
				case ELEMENT_FLOAT: return byte_float_distance2(a, b, d);
				default: return byte_double_distance2(a, b, d);
			}
		case ELEMENT_FLOAT:
			return y->type == ELEMENT_FLOAT ? float_distance2(a, b, d)
											: float_double_distance2(a, b, d);
		default: return double_distance2(a, b, d);
	}
}

double
row_store_distance2(const RowStore *store, size_t i, size_t j)
{
	return row_store_cross_distance2(store, i, store, j);
}
