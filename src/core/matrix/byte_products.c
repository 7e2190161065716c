/*
 * byte_products.c
 *		Packing, cache blocking, and the kernels of byte products.
 *
 * Layouts. Elements are taken in steps of four; d is filled up with zeros. A group of left rows is
 * [steps][8 rows][4] signed bytes x - 128. A group of right rows is a head of [16 rows] int32, which
 * is 128 times the sum of the row, and [steps][16 rows][4] unsigned bytes: one vector register of 512
 * bits is one step of a group. Then
 *
 *		x.y = 128 sum(y) + sum (x - 128) y,
 *
 * and a product of unsigned by signed bytes is what the VNNI instruction vpdpbusd adds up, four at a
 * time, in 32 bits and without saturation. (vpmaddubsw of AVX2 saturates in 16 bits: 2 * 255 * 127
 * does not fit.) The other levels read the same layout: the even and the odd bytes of a 32-bit lane,
 * widened to 16 bits, are two operands of vpmaddwd.
 *
 * Range. The accumulators begin with 128 sum(y). After t elements they hold
 * 128 sum(y) + sum_{l < t} (x_l - 128) y_l, which is between 0 and 255 sum(y) <= 255 * 255 d.
 *
 * Blocking. A kernel computes KERNEL_ROWS x KERNEL_COLUMNS results in registers. Right groups of one
 * kernel and BLOCK_STEPS steps stay in the first-level cache while all left groups pass by.
 */
#include "core/matrix/byte_products.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/cpu.h"
#include "core/base/sizes.h"
#include "core/base/status.h"

#ifdef CPU_HAS_X86_VARIANTS
#include <immintrin.h>
#endif

/* Elements of a step: bytes in a lane of 32 bits. */
#define STEP ((size_t) 4)

#define LEFT_STEP_BYTES  (BYTE_LEFT_GROUP * STEP)
#define RIGHT_STEP_BYTES (BYTE_RIGHT_GROUP * STEP)
#define RIGHT_HEAD_BYTES (BYTE_RIGHT_GROUP * sizeof(int32_t))

/* Results of a kernel: one left group by up to three right groups, 24 registers of 512 bits. */
#define KERNEL_GROUPS  ((size_t) 3)
#define KERNEL_ROWS    BYTE_LEFT_GROUP
#define KERNEL_COLUMNS (KERNEL_GROUPS * BYTE_RIGHT_GROUP)

/* Steps of a block: 48 columns of 800 bytes take 38 kB of the first-level cache. */
#define BLOCK_STEPS ((size_t) 200)

/* What makes an unsigned byte less 128 from an unsigned byte, in each byte of a step. */
#define SIGN_BITS UINT32_C(0x80808080)
#define OFFSET    128

/* ---------- packing ---------- */

/* n rows in groups of `group` rows that take head + divide_up(d, STEP) * step_bytes each. */
static size_t
packed_size(size_t n, size_t d, size_t group, size_t head, size_t step_bytes)
{
	size_t bytes;

	if (!checked_multiply(divide_up(d, STEP), step_bytes, &bytes) ||
		!checked_add(bytes, head, &bytes) || !checked_multiply(bytes, divide_up(n, group), &bytes))
		return 0;
	return bytes;
}

size_t
byte_left_size(size_t n, size_t d)
{
	return packed_size(n, d, BYTE_LEFT_GROUP, 0, LEFT_STEP_BYTES);
}

size_t
byte_right_size(size_t n, size_t d)
{
	return packed_size(n, d, BYTE_RIGHT_GROUP, RIGHT_HEAD_BYTES, RIGHT_STEP_BYTES);
}

/* The i-th line. */
static inline const uint8_t *
line_start(const ByteLines *lines, size_t i)
{
	const uint8_t *line = lines->lines != NULL ? lines->lines[i] : lines->data + i * lines->stride;

	return line + lines->offset;
}

/* Interleave the rows first .. first + count - 1 in steps, XORing each with `sign`. */
static inline __attribute__((always_inline)) void
interleave_rows(const ByteLines *rows, size_t first, size_t count, size_t d, uint32_t sign,
				size_t group, uint8_t *restrict out)
{
	size_t full = d / STEP;

	if (count < group)
		memset(out, 0, divide_up(d, STEP) * group * STEP);
	for (size_t r = 0; r < count; r++)
	{
		const uint8_t *restrict row = line_start(rows, first + r);
		uint32_t word;

		for (size_t s = 0; s < full; s++)
		{
			memcpy(&word, row + s * STEP, STEP);
			word ^= sign;
			memcpy(out + (s * group + r) * STEP, &word, STEP);
		}
		if (d % STEP == 0)
			continue;
		word = 0;
		memcpy(&word, row + full * STEP, d % STEP);
		word ^= sign;
		memcpy(out + (full * group + r) * STEP, &word, STEP);
	}
}

/* One step of a group from four lines, of which the first `count` bytes are used. */
static inline __attribute__((always_inline)) void
interleave_lines(const uint8_t *const line[STEP], size_t count, uint8_t sign, uint8_t *restrict out)
{
	const uint8_t *restrict a = line[0];
	const uint8_t *restrict b = line[1];
	const uint8_t *restrict c = line[2];
	const uint8_t *restrict e = line[3];

	for (size_t r = 0; r < count; r++)
	{
		out[r * STEP] = a[r] ^ sign;
		out[r * STEP + 1] = b[r] ^ sign;
		out[r * STEP + 2] = c[r] ^ sign;
		out[r * STEP + 3] = e[r] ^ sign;
	}
}

/* Interleave the rows first .. first + count - 1, given by columns. */
static inline __attribute__((always_inline)) void
interleave_columns(const ByteLines *columns, size_t first, size_t count, size_t d, uint8_t sign,
				   size_t group, uint8_t *restrict out)
{
	static const uint8_t zeros[BYTE_RIGHT_GROUP];

	if (count < group)
		memset(out, 0, divide_up(d, STEP) * group * STEP);
	for (size_t l = 0; l < d; l += STEP)
	{
		const uint8_t *line[STEP];

		for (size_t q = 0; q < STEP; q++)
			line[q] = l + q < d ? line_start(columns, l + q) + first : zeros;
		/* The constant count is what the compiler vectorises. */
		if (count == group)
			interleave_lines(line, group, sign, out + l * group);
		else
			interleave_lines(line, count, sign, out + l * group);
	}
}

/* Fill the head of a right group: 128 times the sum of each row, from its steps. */
static void
write_right_head(uint8_t *packed, size_t steps)
{
	const uint8_t *restrict bytes = packed + RIGHT_HEAD_BYTES;
	int32_t sums[BYTE_RIGHT_GROUP] = {0};

	for (size_t s = 0; s < steps; s++)
		for (size_t r = 0; r < BYTE_RIGHT_GROUP; r++)
		{
			uint32_t word;

			/* Bytes 0 and 2, and 1 and 3, as halves of a word, then the halves. */
			memcpy(&word, bytes + s * RIGHT_STEP_BYTES + r * STEP, STEP);
			word = (word & UINT32_C(0x00ff00ff)) + (word >> 8 & UINT32_C(0x00ff00ff));
			sums[r] += (int32_t) ((word & UINT32_C(0xffff)) + (word >> 16));
		}
	for (size_t r = 0; r < BYTE_RIGHT_GROUP; r++)
		sums[r] *= OFFSET;
	memcpy(packed, sums, sizeof(sums));
}

void
byte_left_pack(const ByteLines *rows, size_t n, size_t d, void *packed)
{
	uint8_t *out = packed;

	for (size_t i = 0; i < n; i += BYTE_LEFT_GROUP, out += byte_left_size(1, d))
		interleave_rows(rows, i, minimum(n - i, BYTE_LEFT_GROUP), d, SIGN_BITS, BYTE_LEFT_GROUP,
						out);
}

void
byte_right_pack(const ByteLines *rows, size_t n, size_t d, void *packed)
{
	uint8_t *out = packed;

	for (size_t i = 0; i < n; i += BYTE_RIGHT_GROUP, out += byte_right_size(1, d))
	{
		interleave_rows(rows, i, minimum(n - i, BYTE_RIGHT_GROUP), d, 0, BYTE_RIGHT_GROUP,
						out + RIGHT_HEAD_BYTES);
		write_right_head(out, divide_up(d, STEP));
	}
}

void
byte_left_pack_transposed(const ByteLines *columns, size_t n, size_t d, void *packed)
{
	uint8_t *out = packed;

	for (size_t i = 0; i < n; i += BYTE_LEFT_GROUP, out += byte_left_size(1, d))
		interleave_columns(columns, i, minimum(n - i, BYTE_LEFT_GROUP), d, (uint8_t) SIGN_BITS,
						   BYTE_LEFT_GROUP, out);
}

void
byte_right_pack_transposed(const ByteLines *columns, size_t n, size_t d, void *packed)
{
	uint8_t *out = packed;

	for (size_t i = 0; i < n; i += BYTE_RIGHT_GROUP, out += byte_right_size(1, d))
	{
		interleave_columns(columns, i, minimum(n - i, BYTE_RIGHT_GROUP), d, 0, BYTE_RIGHT_GROUP,
						   out + RIGHT_HEAD_BYTES);
		write_right_head(out, divide_up(d, STEP));
	}
}

/* ---------- kernels ---------- */

/* What one call of a kernel works on: one left group, consecutive right groups, some steps. */
typedef struct KernelTask
{
	size_t steps;
	const uint8_t *left;
	const uint8_t *right; /* of the first group */
	size_t right_stride;  /* bytes between groups */

	/* What is added to: start[row * start_row + group * start_group + lane]. */
	const int32_t *start;
	size_t start_row;
	size_t start_group;

	int32_t *out; /* [KERNEL_ROWS][ldo], may be where `start` is */
	size_t ldo;
} KernelTask;

typedef void (*Kernel)(const KernelTask *task);

/*
 * The plain kernel: rows are taken out of the steps as 16-bit integers, and dot products of such rows
 * are what compilers know how to vectorise on every processor (pmaddwd of SSE2, smlal of ARM).
 */
#define BLOCK_ELEMENTS (BLOCK_STEPS * STEP)

/* Left or right rows that share one pass over a row of the other side. */
#define PLAIN_ROWS 4

/* The four bytes of a step, each in 16 bits; in the order of the machine's bytes, as everywhere here. */
static inline uint64_t
spread_step(const uint8_t *step)
{
	uint32_t word;
	uint64_t spread;

	memcpy(&word, step, STEP);
	spread = (word | (uint64_t) word << 16) & UINT64_C(0x0000ffff0000ffff);
	return (spread | spread << 8) & UINT64_C(0x00ff00ff00ff00ff);
}

/* Take rows out of a group of unsigned bytes: step s of row r is at group + (s * rows + r) * STEP. */
static void
unpack_rows(const uint8_t *restrict group, size_t rows, size_t steps,
			int16_t (*restrict out)[BLOCK_ELEMENTS])
{
	for (size_t r = 0; r < rows; r++)
		for (size_t s = 0; s < steps; s++)
		{
			uint64_t spread = spread_step(group + (s * rows + r) * STEP);

			memcpy(&out[r][s * STEP], &spread, sizeof(spread));
		}
}

/* The same of signed bytes, which unsigned ones less 128 are. */
static void
unpack_left(const uint8_t *restrict group, size_t steps, int16_t (*restrict out)[BLOCK_ELEMENTS])
{
	unpack_rows(group, BYTE_LEFT_GROUP, steps, out);
	for (size_t r = 0; r < BYTE_LEFT_GROUP; r++)
		for (size_t l = 0; l < steps * STEP; l++)
			out[r][l] = (int8_t) out[r][l];
}

/* Add the products of one left row and PLAIN_ROWS right rows of n elements. */
static void
add_products_plain(const int16_t *restrict x, const int16_t (*restrict y)[BLOCK_ELEMENTS], size_t n,
				   int32_t *restrict sums)
{
	int32_t a = 0;
	int32_t b = 0;
	int32_t c = 0;
	int32_t e = 0;

	for (size_t l = 0; l < n; l++)
	{
		a += x[l] * y[0][l];
		b += x[l] * y[1][l];
		c += x[l] * y[2][l];
		e += x[l] * y[3][l];
	}
	sums[0] += a;
	sums[1] += b;
	sums[2] += c;
	sums[3] += e;
}

/* All rows of the left group, and `groups` right groups. */
static void
kernel_plain(const KernelTask *task, size_t groups)
{
	int16_t x[BYTE_LEFT_GROUP][BLOCK_ELEMENTS];
	int16_t y[BYTE_RIGHT_GROUP][BLOCK_ELEMENTS];

	unpack_left(task->left, task->steps, x);
	for (size_t group = 0; group < groups; group++)
	{
		unpack_rows(task->right + group * task->right_stride, BYTE_RIGHT_GROUP, task->steps, y);
		for (size_t i = 0; i < KERNEL_ROWS; i++)
		{
			int32_t sums[BYTE_RIGHT_GROUP];

			memcpy(sums, task->start + i * task->start_row + group * task->start_group,
				   sizeof(sums));
			for (size_t r = 0; r < BYTE_RIGHT_GROUP; r += PLAIN_ROWS)
				add_products_plain(x[i], (const int16_t(*)[BLOCK_ELEMENTS]) & y[r],
								   task->steps * STEP, sums + r);
			memcpy(task->out + i * task->ldo + group * BYTE_RIGHT_GROUP, sums, sizeof(sums));
		}
	}
}

static void
kernel_1_plain(const KernelTask *task)
{
	kernel_plain(task, 1);
}

static void
kernel_2_plain(const KernelTask *task)
{
	kernel_plain(task, 2);
}

static void
kernel_3_plain(const KernelTask *task)
{
	kernel_plain(task, KERNEL_GROUPS);
}

#ifdef CPU_HAS_X86_VARIANTS

/* A step of right rows in two halves, the even and the odd elements, as 16-bit integers. */
typedef struct Halves256
{
	__m256i even;
	__m256i odd;
} Halves256;

typedef struct Halves512
{
	__m512i even;
	__m512i odd;
} Halves512;

CPU_TARGET_AVX2 static inline Halves256
load_right_avx2(const uint8_t *bytes)
{
	__m256i words = _mm256_loadu_si256((const __m256i *) (const void *) bytes);

	return (Halves256){_mm256_and_si256(words, _mm256_set1_epi16(0xff)),
					   _mm256_srli_epi16(words, 8)};
}

CPU_TARGET_AVX2 static inline Halves256
broadcast_left_avx2(const uint8_t *bytes)
{
	int32_t step;
	__m256i words;

	memcpy(&step, bytes, sizeof(step));
	words = _mm256_set1_epi32(step);
	return (Halves256){_mm256_srai_epi16(_mm256_slli_epi16(words, 8), 8),
					   _mm256_srai_epi16(words, 8)};
}

CPU_TARGET_AVX2 static inline __m256i
add_products_avx2(__m256i sum, Halves256 x, Halves256 y)
{
	sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x.even, y.even));
	return _mm256_add_epi32(sum, _mm256_madd_epi16(x.odd, y.odd));
}

CPU_TARGET_AVX512 static inline Halves512
load_right_avx512(const uint8_t *bytes)
{
	__m512i words = _mm512_loadu_si512(bytes);

	return (Halves512){_mm512_and_si512(words, _mm512_set1_epi16(0xff)),
					   _mm512_srli_epi16(words, 8)};
}

CPU_TARGET_AVX512 static inline Halves512
broadcast_left_avx512(const uint8_t *bytes)
{
	int32_t step;
	__m512i words;

	memcpy(&step, bytes, sizeof(step));
	words = _mm512_set1_epi32(step);
	return (Halves512){_mm512_srai_epi16(_mm512_slli_epi16(words, 8), 8),
					   _mm512_srai_epi16(words, 8)};
}

CPU_TARGET_AVX512 static inline __m512i
add_products_avx512(__m512i sum, Halves512 x, Halves512 y)
{
	sum = _mm512_add_epi32(sum, _mm512_madd_epi16(x.even, y.even));
	return _mm512_add_epi32(sum, _mm512_madd_epi16(x.odd, y.odd));
}

CPU_TARGET_AVX512_VNNI static inline __m512i
load_right_vnni(const uint8_t *bytes)
{
	return _mm512_loadu_si512(bytes);
}

CPU_TARGET_AVX512_VNNI static inline __m512i
broadcast_left_vnni(const uint8_t *bytes)
{
	int32_t step;

	memcpy(&step, bytes, sizeof(step));
	return _mm512_set1_epi32(step);
}

CPU_TARGET_AVX512_VNNI static inline __m512i
add_products_vnni(__m512i sum, __m512i x, __m512i y)
{
	return _mm512_dpbusd_epi32(sum, y, x);
}

/* The template's kernels, once per instruction set. */
#define BYTES_TARGET           CPU_TARGET_AVX2
#define BYTES_NAME(name)       name##_avx2
#define BYTES_VECTOR           __m256i
#define BYTES_OPERAND          Halves256
#define BYTES_LOAD_SUMS(p)     _mm256_loadu_si256((const __m256i *) (const void *) (p))
#define BYTES_STORE_SUMS(p, v) _mm256_storeu_si256((__m256i *) (void *) (p), v)
/* 4 x 2 sums, 4 + 2 operands, 2 products: all 16 registers. */
#define BYTES_TILE_ROWS    4
#define BYTES_TILE_VECTORS 2
#include "core/matrix/byte_products_template.h"

#define BYTES_TARGET           CPU_TARGET_AVX512
#define BYTES_NAME(name)       name##_avx512
#define BYTES_VECTOR           __m512i
#define BYTES_OPERAND          Halves512
#define BYTES_LOAD_SUMS(p)     _mm512_loadu_si512(p)
#define BYTES_STORE_SUMS(p, v) _mm512_storeu_si512(p, v)
/* 16 sums, 4 + 2 operands, products. */
#define BYTES_TILE_ROWS    8
#define BYTES_TILE_VECTORS 2
#include "core/matrix/byte_products_template.h"

#define BYTES_TARGET           CPU_TARGET_AVX512_VNNI
#define BYTES_NAME(name)       name##_vnni
#define BYTES_VECTOR           __m512i
#define BYTES_OPERAND          __m512i
#define BYTES_LOAD_SUMS(p)     _mm512_loadu_si512(p)
#define BYTES_STORE_SUMS(p, v) _mm512_storeu_si512(p, v)
/* 24 sums, 3 + 1 operands. */
#define BYTES_TILE_ROWS    8
#define BYTES_TILE_VECTORS 3
#include "core/matrix/byte_products_template.h"

#endif

/* The kernels of this processor, by number of right groups less one. */
static const Kernel *
choose_kernels(void)
{
	static const Kernel plain[] = {kernel_1_plain, kernel_2_plain, kernel_3_plain};

#ifdef CPU_HAS_X86_VARIANTS
	static const Kernel avx2[] = {kernel_1_avx2, kernel_2_avx2, kernel_3_avx2};
	static const Kernel avx512[] = {kernel_1_avx512, kernel_2_avx512, kernel_3_avx512};
	static const Kernel vnni[] = {kernel_1_vnni, kernel_2_vnni, kernel_3_vnni};

	switch (cpu_level())
	{
		case CPU_AVX512_VNNI: return vnni;
		case CPU_AVX512: return avx512;
		case CPU_AVX2: return avx2;
		case CPU_PLAIN: break;
	}
#endif
	return plain;
}

/* ---------- products ---------- */

/* Run a kernel whose results do not all exist: in a tile of its own, of which rows x columns are
 * copied. */
static void
run_at_edge(Kernel kernel, const KernelTask *task, size_t rows, size_t columns)
{
	int32_t tile[KERNEL_ROWS * KERNEL_COLUMNS] = {0};
	KernelTask local = *task;

	local.out = tile;
	local.ldo = KERNEL_COLUMNS;
	if (task->start == task->out)
	{
		for (size_t i = 0; i < rows; i++)
			memcpy(tile + i * KERNEL_COLUMNS, task->out + i * task->ldo, columns * sizeof(int32_t));
		local.start = tile;
		local.start_row = KERNEL_COLUMNS;
	}
	kernel(&local);
	for (size_t i = 0; i < rows; i++)
		memcpy(task->out + i * task->ldo, tile + i * KERNEL_COLUMNS, columns * sizeof(int32_t));
}

void
byte_products(const void *left, size_t m, const void *right, size_t n, size_t d, int32_t *out,
			  size_t ldo)
{
	const Kernel *kernels = choose_kernels();
	size_t steps = divide_up(d, STEP);
	size_t left_stride = byte_left_size(1, d);
	size_t right_stride = byte_right_size(1, d);

	for (size_t s = 0; s < steps; s += BLOCK_STEPS)
		for (size_t j = 0; j < n; j += KERNEL_COLUMNS)
		{
			size_t columns = minimum(n - j, KERNEL_COLUMNS);
			size_t groups = divide_up(columns, BYTE_RIGHT_GROUP);
			const uint8_t *first = (const uint8_t *) right + j / BYTE_RIGHT_GROUP * right_stride;
			KernelTask task = {
				.steps = minimum(steps - s, BLOCK_STEPS),
				.right = first + RIGHT_HEAD_BYTES + s * RIGHT_STEP_BYTES,
				.right_stride = right_stride,
				.start = (const int32_t *) (const void *) first,
				.start_group = right_stride / sizeof(int32_t),
				.ldo = ldo,
			};

			for (size_t i = 0; i < m; i += KERNEL_ROWS)
			{
				size_t rows = minimum(m - i, KERNEL_ROWS);

				task.left = (const uint8_t *) left + i / BYTE_LEFT_GROUP * left_stride +
							s * LEFT_STEP_BYTES;
				task.out = out + i * ldo + j;
				if (s > 0)
				{
					task.start = task.out;
					task.start_row = ldo;
					task.start_group = BYTE_RIGHT_GROUP;
				}
				if (rows == KERNEL_ROWS && columns % BYTE_RIGHT_GROUP == 0)
					kernels[groups - 1](&task);
				else
					run_at_edge(kernels[groups - 1], &task, rows, columns);
			}
		}
}
