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
 * Means are sums over fixed chunks of rows, added in chunk order, of differences to the first row: a
 * large common offset costs no digits. Bytes need no such care, their sums are exact.
 *
 * Cost of an append: one pass that checks and one that converts. finish(): one pass over the data.
 */
#include "core/matrix/row_store.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/sizes.h"
#include "core/matrix/distance.h"
#include "core/matrix/row_loops.h"

/* Elements aimed at in one block: 64 kB of bytes, 512 kB of doubles. */
#define BLOCK_ELEMENTS        ((size_t) 65536)
#define FIRST_BLOCKS_CAPACITY ((size_t) 64)

/* Chunks of finish(): at most so many, of at least so many rows, so that the partial sums stay small
 * beside the data. */
#define FINISH_MAX_CHUNKS ((size_t) 64)
#define FINISH_MIN_ROWS   ((size_t) 16)

/* Elements that are checked together, without a branch between them. */
#define CHECKED_ELEMENTS ((size_t) 64)

/* Sums of values near the largest double are formed of values times this, which 2^31 of them cannot
 * overflow. */
#define HUGE_VALUE_FACTOR 0x1.0p-40

static const size_t element_size[] = {
	[ELEMENT_UINT8] = sizeof(uint8_t),
	[ELEMENT_FLOAT] = sizeof(float),
	[ELEMENT_DOUBLE] = sizeof(double),
};

void
row_store_init(RowStore *store, Arena *arena)
{
	*store = (RowStore){.arena = arena, .type = ELEMENT_UINT8, .scale = 1};
}

/* The row with this arrival number. */
static void *
arrived_row(const RowStore *store, size_t arrival, ElementType *type)
{
	const RowBlock *block = &store->blocks[arrival >> store->block_shift];
	size_t within = arrival & (((size_t) 1 << store->block_shift) - 1);

	*type = block->type;
	return (char *) block->data + within * store->d * element_size[block->type];
}

/* Row i in final order; all blocks have store->type by now. */
static const void *
final_row(const RowStore *store, size_t i)
{
	ElementType type;

	return arrived_row(store, store->order == NULL ? i : store->order[i], &type);
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

/* Bring one block with `rows` rows to a wider type; its old memory stays in the arena. */
static SdqStatus
widen_block(RowStore *store, RowBlock *block, size_t rows, ElementType type)
{
	size_t capacity = ((size_t) 1 << store->block_shift) * store->d;
	size_t count = rows * store->d;
	void *data = arena_alloc(store->arena, capacity, element_size[type]);

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
	data = arena_alloc(store->arena, elements, element_size[type]);
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
		status = widen_block(store, block, within, needed);
		if (sdq_failed(status))
			return status;
	}
	*type = block->type;
	*target = (char *) block->data + within * store->d * element_size[block->type];
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

/* ---------- finishing ---------- */

typedef struct FinishWork
{
	const RowStore *store;
	size_t n_chunks;
	double factor;       /* values are multiplied by it before they are summed */
	const double *shift; /* [d] subtracted from the values before that */
	double *sums;        /* [n_chunks][d] */
	char *minima;        /* [n_chunks][d] of the type of the store */
	char *maxima;        /* [n_chunks][d] of the type of the store */
	uint16_t *partial;   /* [n_chunks][d], for bytes */
} FinishWork;

/* First row of a chunk. */
static size_t
chunk_start(const FinishWork *work, size_t chunk)
{
	/* n is at most 2^31 and there are few chunks. */
	return work->store->n * chunk / work->n_chunks;
}

/* Sums and ranges of the columns over some rows of bytes. */
static void
scan_bytes(const FinishWork *work, size_t chunk, void *minima, void *maxima)
{
	const RowStore *store = work->store;
	const RowLoops *loops = row_loops();
	uint16_t *partial = work->partial + chunk * store->d;
	double *sums = work->sums + chunk * store->d;
	size_t chunk_end = chunk_start(work, chunk + 1);

	for (size_t i = chunk_start(work, chunk); i < chunk_end;)
	{
		size_t end = minimum(i + ROW_LOOPS_BYTE_ROWS, chunk_end);

		memset(partial, 0, store->d * sizeof(uint16_t));
		for (; i < end; i++)
			loops->add_bytes(final_row(store, i), store->d, partial, minima, maxima);
		for (size_t j = 0; j < store->d; j++)
			sums[j] += partial[j];
	}
}

/* Sums of factor * (value - shift) and ranges of the columns over the rows of a chunk. */
static void
scan_chunk(void *argument, size_t chunk, int thread)
{
	const FinishWork *work = argument;
	const RowStore *store = work->store;
	const RowLoops *loops = row_loops();
	size_t row_bytes = store->d * element_size[store->type];
	size_t first = chunk_start(work, chunk);
	size_t end = chunk_start(work, chunk + 1);
	double *sums = work->sums + chunk * store->d;
	void *minima = work->minima + chunk * row_bytes;
	void *maxima = work->maxima + chunk * row_bytes;

	memset(sums, 0, store->d * sizeof(double));
	memcpy(minima, final_row(store, first), row_bytes);
	memcpy(maxima, final_row(store, first), row_bytes);
	switch (store->type)
	{
		case ELEMENT_UINT8: scan_bytes(work, chunk, minima, maxima); break;
		case ELEMENT_FLOAT:
			for (size_t i = first; i < end; i++)
				loops->add_floats(final_row(store, i), store->d, work->shift, sums, minima, maxima);
			break;
		case ELEMENT_DOUBLE:
			for (size_t i = first; i < end; i++)
				loops->add_doubles(final_row(store, i), store->d, work->factor, work->shift, sums,
								   minima, maxima);
			break;
	}
}

/* One of the values of a row of the type of the store. */
static double
element(const RowStore *store, const void *row, size_t j)
{
	switch (store->type)
	{
		case ELEMENT_UINT8: return ((const uint8_t *) row)[j];
		case ELEMENT_FLOAT: return ((const float *) row)[j];
		default: return ((const double *) row)[j];
	}
}

/* store->lowest and ->highest, from the chunks' ranges. */
static void
ranges_from_chunks(RowStore *store, const FinishWork *work)
{
	size_t row_bytes = store->d * element_size[store->type];

	for (size_t j = 0; j < store->d; j++)
	{
		store->lowest[j] = INFINITY;
		store->highest[j] = -INFINITY;
		for (size_t chunk = 0; chunk < work->n_chunks; chunk++)
		{
			double low = element(store, work->minima + chunk * row_bytes, j);
			double high = element(store, work->maxima + chunk * row_bytes, j);

			store->lowest[j] = low < store->lowest[j] ? low : store->lowest[j];
			store->highest[j] = high > store->highest[j] ? high : store->highest[j];
		}
	}
}

/* store->mean = shift + sum / (factor * n), from the chunks' sums; false if a sum overflowed. */
static bool
means_from_sums(RowStore *store, const FinishWork *work)
{
	bool finite = true;

	for (size_t j = 0; j < store->d; j++)
	{
		double sum = 0;

		for (size_t chunk = 0; chunk < work->n_chunks; chunk++)
			sum += work->sums[chunk * store->d + j];
		store->mean[j] = (work->factor * work->shift[j] + sum / (double) store->n) / work->factor;
		finite &= isfinite(store->mean[j]);
	}
	return finite;
}

/* Column means. */
static SdqStatus
compute_means(RowStore *store, Job *job, FinishWork *work)
{
	SdqStatus status = pool_run(job->pool, scan_chunk, work, work->n_chunks);

	if (sdq_failed(status) || means_from_sums(store, work))
		return status;
	work->factor = HUGE_VALUE_FACTOR;
	status = pool_run(job->pool, scan_chunk, work, work->n_chunks);
	if (!sdq_failed(status))
		means_from_sums(store, work);
	return status;
}

/* The largest distance of a value from its column's mean, halved so that it is finite. The extreme
 * values of a column are farthest, after rounding too. */
static double
half_reach(const RowStore *store)
{
	double largest = 0;

	for (size_t j = 0; j < store->d; j++)
	{
		double below = 0.5 * store->mean[j] - 0.5 * store->lowest[j];
		double above = 0.5 * store->highest[j] - 0.5 * store->mean[j];

		largest = below > largest ? below : largest;
		largest = above > largest ? above : largest;
	}
	return largest;
}

/* The power of two that brings the largest distance from the means into [0.5, 1). */
static double
scale_of_reach(double half_reach)
{
	int exponent;

	if (half_reach == 0)
		return 1;
	frexp(half_reach, &exponent);
	exponent = -(exponent + 1);
	/* Both the scale and its reciprocal must be normal numbers, and so must twice the scale. */
	if (exponent > DBL_MAX_EXP - 3)
		exponent = DBL_MAX_EXP - 3;
	if (exponent < DBL_MIN_EXP - 1)
		exponent = DBL_MIN_EXP - 1;
	return ldexp(1, exponent);
}

/* How many chunks the rows are cut into. */
static size_t
finish_chunks(const RowStore *store)
{
	size_t chunks = store->n / FINISH_MIN_ROWS;

	chunks = chunks > FINISH_MAX_CHUNKS ? FINISH_MAX_CHUNKS : chunks;
	return chunks == 0 ? 1 : chunks;
}

SdqStatus
row_store_finish(RowStore *store, Job *job, const size_t *order)
{
	size_t per_block = (size_t) 1 << store->block_shift;
	FinishWork work = {.store = store, .factor = 1};
	double *shift;
	ArenaMark mark;
	SdqStatus status;

	store->order = order;
	if (store->n == 0)
		return sdq_ok();

	for (size_t b = 0; b < store->n_blocks; b++)
	{
		RowBlock *block = &store->blocks[b];
		size_t rows = store->n - b * per_block < per_block ? store->n - b * per_block : per_block;

		if (block->type >= store->type)
			continue;
		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		status = widen_block(store, block, rows, store->type);
		if (sdq_failed(status))
			return status;
	}

	store->mean = arena_alloc(store->arena, store->d, sizeof(double));
	store->lowest = arena_alloc(store->arena, store->d, sizeof(double));
	store->highest = arena_alloc(store->arena, store->d, sizeof(double));
	if (store->mean == NULL || store->lowest == NULL || store->highest == NULL)
		return arena_failure(store->arena);
	work.n_chunks = finish_chunks(store);

	mark = arena_mark(store->arena);
	shift = arena_zalloc(store->arena, store->d, sizeof(double));
	work.sums = arena_alloc(store->arena, work.n_chunks, store->d * sizeof(double));
	work.minima = arena_alloc(store->arena, work.n_chunks, store->d * element_size[store->type]);
	work.maxima = arena_alloc(store->arena, work.n_chunks, store->d * element_size[store->type]);
	work.partial = arena_alloc(store->arena, work.n_chunks, store->d * sizeof(uint16_t));
	if (shift == NULL || work.sums == NULL || work.minima == NULL || work.maxima == NULL ||
		work.partial == NULL)
		return arena_failure(store->arena);
	if (store->type != ELEMENT_UINT8)
		row_store_read_exact(store, 0, shift);
	work.shift = shift;
	status = compute_means(store, job, &work);
	if (!sdq_failed(status))
	{
		ranges_from_chunks(store, &work);
		store->scale = scale_of_reach(half_reach(store));
	}
	arena_release(store->arena, mark);
	return status;
}

void
row_store_share_frame(RowStore *store, RowStore *reference)
{
	store->mean = reference->mean;
	store->scale = scale_of_reach(fmax(half_reach(store), half_reach(reference)));
	reference->scale = store->scale;
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
