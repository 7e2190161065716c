/*
 * field_exact.c
 *		All pairs, each evaluated once.
 *
 * Points are cut into blocks of rows. The chunk of block b evaluates the pairs of its rows with the
 * columns of the same and of all later blocks, in tiles that fit the first-level cache. A pair gives
 * to both its points: the row's part is summed over the tile's columns in registers and added up in
 * double (`own`); the column's part is summed over the block's rows in float, into an array that
 * belongs to this block alone (`reaction`), so that no two threads write to one place and the order
 * of all sums is fixed by n. field_exact_forces() then subtracts the reactions of all earlier blocks
 * in their order. In the tile of a block with itself every pair occurs twice, and the columns' sums
 * are thrown away. There a row must not meet itself: each row sees a copy of the columns in which it
 * stands far away, because taking the 1 off the sum of w afterwards would leave nothing of the Z of a
 * few distant points.
 *
 * Precision. Positions are rounded to float and subtracted directly, which is as good at the start
 * of the descent, when all points lie within 1e-4, as at its end: there is no cancellation between
 * large terms as in an expansion about the origin. No float sum runs over more than
 * FIELD_TILE_COLUMNS / lanes or `block` terms.
 *
 * Padding. Columns beyond n are placed so far away that they add 1e-18 to Z and 1e-27 to a force,
 * and yet no product underflows into the slow denormal range; rows beyond n are not visited.
 */
#include "core/tsne/field_exact.h"

#include <string.h>

#include "core/base/cpu.h"

#ifdef CPU_HAS_X86_VARIANTS
#include <immintrin.h>
#endif

/* Columns come in multiples of the widest vector. */
#define FIELD_LANES 16

/* Positions and reactions of so many columns in 3 dimensions take 24 kB of the 32 kB first-level
 * cache; half as many measure 5 % slower, since every row ends with a sum over lanes. */
#define FIELD_TILE_COLUMNS ((size_t) 1024)

/* Blocks grow beyond 256 rows when there would be more than this many, which bounds the memory of
 * the reactions to 4 * dims * FIELD_MAX_BLOCKS / 2 bytes a point. */
#define FIELD_MAX_BLOCKS 128

#define FAR_AWAY 1e9f

/* Four floats to a vector in the compiler's own notation: what every 64-bit target has. */
typedef float FloatVector __attribute__((vector_size(16)));
typedef float UnalignedFloatVector __attribute__((vector_size(16), aligned(4), may_alias));

#define VECTOR       FloatVector
#define VECTOR_LANES 4
#define VECTOR_TARGET
#define VECTOR_LOAD(p)       ((FloatVector) * (const UnalignedFloatVector *) (p))
#define VECTOR_STORE(p, v)   (*(UnalignedFloatVector *) (p) = (v))
#define VECTOR_SET(x)        ((FloatVector){(x), (x), (x), (x)})
#define VECTOR_ADD(a, b)     ((a) + (b))
#define VECTOR_SUB(a, b)     ((a) - (b))
#define VECTOR_MUL(a, b)     ((a) * (b))
#define VECTOR_FMA(a, b, c)  ((a) * (b) + (c))
#define VECTOR_RECIPROCAL(a) (VECTOR_SET(1) / (a))
#define TILE_ROWS            2
#define FIELD_NAME(name)     field_base_##name
#include "core/tsne/field_exact_template.h"

#ifdef CPU_HAS_X86_VARIANTS

/* The reciprocal to 2^-22: the processor's estimate e (12 or 14 bits) and one Newton step,
 * e (2 - a e). */
CPU_TARGET_AVX2 static inline __m256
reciprocal_avx2(__m256 a)
{
	__m256 e = _mm256_rcp_ps(a);

	return _mm256_mul_ps(e, _mm256_fnmadd_ps(a, e, _mm256_set1_ps(2)));
}

CPU_TARGET_AVX512 static inline __m512
reciprocal_avx512(__m512 a)
{
	__m512 e = _mm512_rcp14_ps(a);

	return _mm512_mul_ps(e, _mm512_fnmadd_ps(a, e, _mm512_set1_ps(2)));
}

#define VECTOR            __m256
#define VECTOR_LANES      8
#define VECTOR_TARGET     CPU_TARGET_AVX2
#define VECTOR_LOAD       _mm256_loadu_ps
#define VECTOR_STORE      _mm256_storeu_ps
#define VECTOR_SET        _mm256_set1_ps
#define VECTOR_ADD        _mm256_add_ps
#define VECTOR_SUB        _mm256_sub_ps
#define VECTOR_MUL        _mm256_mul_ps
#define VECTOR_FMA        _mm256_fmadd_ps
#define VECTOR_RECIPROCAL reciprocal_avx2
#define TILE_ROWS         2
#define FIELD_NAME(name)  field_avx2_##name
#include "core/tsne/field_exact_template.h"

#define VECTOR            __m512
#define VECTOR_LANES      16
#define VECTOR_TARGET     CPU_TARGET_AVX512
#define VECTOR_LOAD       _mm512_loadu_ps
#define VECTOR_STORE      _mm512_storeu_ps
#define VECTOR_SET        _mm512_set1_ps
#define VECTOR_ADD        _mm512_add_ps
#define VECTOR_SUB        _mm512_sub_ps
#define VECTOR_MUL        _mm512_mul_ps
#define VECTOR_FMA        _mm512_fmadd_ps
#define VECTOR_RECIPROCAL reciprocal_avx512
#define TILE_ROWS         4
#define FIELD_NAME(name)  field_avx512_##name
#include "core/tsne/field_exact_template.h"

#endif

/* The fastest kernel for the processor at hand. */
static FieldKernel
choose_kernel(int dims)
{
#ifdef CPU_HAS_X86_VARIANTS
	switch (cpu_level())
	{
		case CPU_AVX512_VNNI:
		case CPU_AVX512: return dims == 2 ? field_avx512_2d : field_avx512_3d;
		case CPU_AVX2: return dims == 2 ? field_avx2_2d : field_avx2_3d;
		case CPU_PLAIN: break;
	}
#endif
	return dims == 2 ? field_base_2d : field_base_3d;
}

/* Rows of a block: a multiple of the alignment, such that there are at most FIELD_MAX_BLOCKS. */
static size_t
block_rows(size_t n)
{
	size_t per_block = (n - 1) / FIELD_MAX_BLOCKS + 1;

	return ((per_block - 1) / FIELD_ROW_ALIGNMENT + 1) * FIELD_ROW_ALIGNMENT;
}

/* Where the reactions of block b begin in field->reaction[d]: for the columns of blocks b + 1, ... */
static size_t
reaction_start(const FieldExact *field, size_t b)
{
	return (b * field->n_blocks - b * (b + 1) / 2) * field->block;
}

bool
field_exact_bytes(size_t n, int dims, size_t *bytes)
{
	size_t block = block_rows(n);
	size_t n_blocks = (n - 1) / block + 1;
	/* A row's two positions, own force, its share of the unused column sums, and on average the
	 * reactions of half of the blocks. */
	size_t per_row =
		(size_t) dims * (2 * sizeof(float) + sizeof(double) + n_blocks * sizeof(float) / 2) +
		sizeof(float);

	return checked_multiply(n_blocks * block, per_row, bytes);
}

SdqStatus
field_exact_create(Job *job, size_t n, int dims, FieldExact *field)
{
	size_t reactions;

	*field = (FieldExact){.n = n, .dims = dims, .kernel = choose_kernel(dims)};
	field->block = block_rows(n);
	field->n_blocks = (n - 1) / field->block + 1;
	field->padded = field->n_blocks * field->block;
	if (!checked_multiply(field->padded, (field->n_blocks - 1) / 2 + 1, &reactions))
		return sdq_error(SDQ_TOO_LARGE, (double) n, (double) SIZE_MAX);
	reactions = reaction_start(field, field->n_blocks - 1);
	for (int d = 0; d < dims; d++)
	{
		field->position[d] = arena_alloc(job->arena, field->padded, sizeof(float));
		field->others[d] = arena_alloc(job->arena, field->padded, sizeof(float));
		field->own[d] = arena_alloc(job->arena, field->padded, sizeof(double));
		field->reaction[d] = arena_alloc(job->arena, reactions, sizeof(float));
		if (field->position[d] == NULL || field->others[d] == NULL || field->own[d] == NULL ||
			field->reaction[d] == NULL)
			return arena_failure(job->arena);
	}
	field->unused = arena_alloc(job->arena, field->padded, sizeof(float));
	field->block_z = arena_alloc(job->arena, field->n_blocks, sizeof(double));
	if (field->unused == NULL || field->block_z == NULL)
		return arena_failure(job->arena);
	return sdq_ok();
}

size_t
field_exact_chunks(const FieldExact *field)
{
	return field->n_blocks;
}

void
field_exact_place(FieldExact *field, const double *y)
{
	size_t dims = (size_t) field->dims;

	for (size_t d = 0; d < dims; d++)
	{
		float *position = field->position[d];

		for (size_t i = 0; i < field->n; i++)
			position[i] = (float) y[i * dims + d];
		for (size_t i = field->n; i < field->padded; i++)
			position[i] = FAR_AWAY;
	}
}

/* The number of points in block b. */
static size_t
rows_of_block(const FieldExact *field, size_t b)
{
	size_t left = field->n - b * field->block;

	return left < field->block ? left : field->block;
}

/* The pairs within block b, each from both sides; their sum of w. */
static double
evaluate_diagonal(FieldExact *field, size_t b)
{
	size_t row = b * field->block;
	size_t n_rows = rows_of_block(field, b);
	double z = 0;
	FieldTile tile = {.n_rows = 1};

	memset(field->unused + row, 0, field->block * sizeof(float));
	for (int d = 0; d < field->dims; d++)
	{
		memcpy(field->others[d] + row, field->position[d] + row, field->block * sizeof(float));
		tile.column[d] = field->others[d] + row;
		tile.column_force[d] = field->unused + row; /* one for all: nobody reads it */
	}
	tile.n_columns = ((n_rows - 1) / FIELD_LANES + 1) * FIELD_LANES;
	for (size_t i = row; i < row + n_rows; i++)
	{
		for (int d = 0; d < field->dims; d++)
		{
			field->others[d][i] = FAR_AWAY;
			tile.row[d] = field->position[d] + i;
			tile.row_force[d] = field->own[d] + i;
		}
		z += field->kernel(&tile);
		for (int d = 0; d < field->dims; d++)
			field->others[d][i] = field->position[d][i];
	}
	return z;
}

/* The pairs of block b with the points of all later blocks, each once; their sum of w. */
static double
evaluate_later(FieldExact *field, size_t b)
{
	size_t row = b * field->block;
	size_t first = row + field->block;
	/* Whole vectors that hold a point: the rest of the padding need not be visited. */
	size_t end = ((field->n - 1) / FIELD_LANES + 1) * FIELD_LANES;
	double z = 0;
	FieldTile tile = {.n_rows = rows_of_block(field, b)};

	for (int d = 0; d < field->dims; d++)
	{
		tile.row[d] = field->position[d] + row;
		tile.row_force[d] = field->own[d] + row;
	}
	for (size_t j = first; j < end; j += FIELD_TILE_COLUMNS)
	{
		tile.n_columns = end - j < FIELD_TILE_COLUMNS ? end - j : FIELD_TILE_COLUMNS;
		for (int d = 0; d < field->dims; d++)
		{
			tile.column[d] = field->position[d] + j;
			tile.column_force[d] = field->reaction[d] + reaction_start(field, b) + (j - first);
			memset(tile.column_force[d], 0, tile.n_columns * sizeof(float));
		}
		z += field->kernel(&tile);
	}
	return z;
}

void
field_exact_chunk(FieldExact *field, size_t b)
{
	for (int d = 0; d < field->dims; d++)
		memset(field->own[d] + b * field->block, 0, field->block * sizeof(double));
	field->block_z[b] = evaluate_diagonal(field, b) + 2 * evaluate_later(field, b);
}

double
field_exact_z(const FieldExact *field)
{
	double z = 0;

	for (size_t b = 0; b < field->n_blocks; b++)
		z += field->block_z[b];
	return z;
}

void
field_exact_forces(const FieldExact *field, size_t first, size_t count, double *force)
{
	size_t dims = (size_t) field->dims;
	size_t block = first / field->block;

	for (size_t d = 0; d < dims; d++)
	{
		for (size_t i = 0; i < count; i++)
			force[i * dims + d] = field->own[d][first + i];
		for (size_t b = 0; b < block; b++)
		{
			const float *reaction =
				field->reaction[d] + reaction_start(field, b) + (first - (b + 1) * field->block);

			for (size_t i = 0; i < count; i++)
				force[i * dims + d] -= (double) reaction[i];
		}
	}
}

/* A chunk of a pool run. */
static void
field_task(void *argument, size_t chunk, int thread)
{
	field_exact_chunk(argument, chunk);
}

SdqStatus
field_exact_evaluate(Job *job, FieldExact *field, const double *y, double *force, double *z)
{
	SdqStatus status;

	field_exact_place(field, y);
	status = pool_run(job->pool, field_task, field, field_exact_chunks(field));
	if (sdq_failed(status))
		return status;
	*z = field_exact_z(field);
	for (size_t i = 0; i < field->n; i += FIELD_ROW_ALIGNMENT)
	{
		size_t count = field->n - i < FIELD_ROW_ALIGNMENT ? field->n - i : FIELD_ROW_ALIGNMENT;

		field_exact_forces(field, i, count, force + i * (size_t) field->dims);
	}
	return sdq_ok();
}

void
field_plain(const double *y, size_t n, int dims, double *force, double *z)
{
	*z = 0;
	for (size_t i = 0; i < n; i++)
	{
		double sum[MAP_MAX_DIMS] = {0, 0, 0};

		for (size_t j = 0; j < n; j++)
		{
			double delta[MAP_MAX_DIMS];
			double w = 1;

			if (j == i)
				continue;
			for (int d = 0; d < dims; d++)
			{
				delta[d] = y[i * (size_t) dims + (size_t) d] - y[j * (size_t) dims + (size_t) d];
				w += delta[d] * delta[d];
			}
			w = 1 / w;
			*z += w;
			for (int d = 0; d < dims; d++)
				sum[d] += w * w * delta[d];
		}
		for (int d = 0; d < dims; d++)
			force[i * (size_t) dims + (size_t) d] = sum[d];
	}
}
