/*
 * byte_products_test.c
 *		Products of bytes against the definition, on all instruction sets, however they are packed.
 */
#include "core/matrix/byte_products.h"

#include <string.h>

#include "check.h"
#include "core/base/cpu.h"
#include "core/base/rng.h"

/* Marks results that must not be written. */
#define UNTOUCHED INT32_MIN

/* How an operand is given to the packing functions. */
typedef enum Packing
{
	PACK_STRIDED,
	PACK_GATHERED,   /* by an array of pointers, rows in reverse order */
	PACK_TRANSPOSED, /* columns in an array, behind an offset */
	PACK_IN_PIECES,  /* three groups, and the rest */
	N_PACKINGS,
} Packing;

typedef void (*PackFunction)(const ByteLines *lines, size_t n, size_t d, void *packed);
typedef size_t (*SizeFunction)(size_t n, size_t d);

/* One side of a product. */
typedef struct Side
{
	SizeFunction size;
	PackFunction pack;
	PackFunction pack_transposed;
	size_t group;
} Side;

static const Side left_side = {byte_left_size, byte_left_pack, byte_left_pack_transposed,
							   BYTE_LEFT_GROUP};
static const Side right_side = {byte_right_size, byte_right_pack, byte_right_pack_transposed,
								BYTE_RIGHT_GROUP};

static const char *const level_names[] = {"plain", "avx2", "avx512", "avx512_vnni"};

/* rows[n][d] packed in one of the ways; the packed bytes must not depend on it. */
static void *
pack(const Side *side, Packing packing, const uint8_t *rows, size_t n, size_t d)
{
	size_t bytes = side->size(n, d);
	uint8_t *packed = aligned_alloc(64, (bytes + 63) / 64 * 64);
	uint8_t *copy = malloc((n + 3) * d);
	const uint8_t **lines = malloc((n + d) * sizeof(*lines));
	ByteLines source = {.data = rows, .stride = d};
	size_t first = 3 * side->group;

	memset(packed, 0xa5, bytes);
	switch (packing)
	{
		case PACK_STRIDED: side->pack(&source, n, d, packed); break;
		case PACK_GATHERED:
			for (size_t i = 0; i < n; i++)
			{
				memcpy(copy + (n - 1 - i) * d, rows + i * d, d);
				lines[i] = copy + (n - 1 - i) * d;
			}
			side->pack(&(ByteLines){.lines = lines}, n, d, packed);
			break;
		case PACK_TRANSPOSED:
			for (size_t l = 0; l < d; l++)
			{
				lines[l] = copy + l * (n + 3);
				for (size_t i = 0; i < n; i++)
					copy[l * (n + 3) + 3 + i] = rows[i * d + l];
			}
			side->pack_transposed(&(ByteLines){.lines = lines, .offset = 3}, n, d, packed);
			break;
		case PACK_IN_PIECES:
			if (n <= first)
				first = 0;
			side->pack(&source, first, d, packed);
			source.data += first * d;
			side->pack(&source, n - first, d, packed + side->size(first, d));
			break;
		case N_PACKINGS: break;
	}
	free(lines);
	free(copy);
	return packed;
}

/* Do x[m][d] and y[n][d] multiply as defined, at the present level? */
static bool
agrees(const uint8_t *x, size_t m, const uint8_t *y, size_t n, size_t d, Packing packing)
{
	size_t ldo = n + 5;
	void *left = pack(&left_side, packing, x, m, d);
	void *right = pack(&right_side, packing, y, n, d);
	int32_t *out = malloc((m + 1) * ldo * sizeof(int32_t));
	bool result = true;

	for (size_t i = 0; i < (m + 1) * ldo; i++)
		out[i] = UNTOUCHED;
	byte_products(left, m, right, n, d, out, ldo);
	for (size_t i = 0; i < (m + 1) * ldo; i++)
	{
		int64_t want = 0;

		if (i / ldo == m || i % ldo >= n)
			want = UNTOUCHED;
		else
			for (size_t l = 0; l < d; l++)
				want += x[i / ldo * d + l] * y[i % ldo * d + l];
		result = result && out[i] == want;
	}
	free(out);
	free(right);
	free(left);
	return result;
}

/* n rows of d bytes: random, or all alike where `value` is not negative. */
static uint8_t *
make_rows(size_t n, size_t d, int value, Rng *rng)
{
	uint8_t *rows = malloc(n * d);

	for (size_t v = 0; v < n * d; v++)
		rows[v] = (uint8_t) (value >= 0 ? (uint64_t) value : rng_below(rng, 256));
	return rows;
}

/* All packings of one shape, with random bytes and with extreme ones. */
static bool
shape_agrees(size_t m, size_t n, size_t d, Rng *rng)
{
	static const int values[][2] = {{-1, -1}, {255, 0}, {0, 255}, {255, 255}, {255, -1}};
	bool result = true;

	for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++)
	{
		uint8_t *x = make_rows(m, d, values[v][0], rng);
		uint8_t *y = make_rows(n, d, values[v][1], rng);

		for (Packing packing = 0; packing < N_PACKINGS; packing++)
			result = result && agrees(x, m, y, n, d, packing);
		free(y);
		free(x);
	}
	return result;
}

/* Two rows by hand. */
static void
test_by_hand(void)
{
	static const uint8_t x[] = {1, 2, 3, 255, 0, 1};
	static const uint8_t y[] = {4, 5, 6, 0, 255, 255};
	void *left = pack(&left_side, PACK_STRIDED, x, 2, 3);
	void *right = pack(&right_side, PACK_STRIDED, y, 2, 3);
	int32_t out[4];

	/* 1*4 + 2*5 + 3*6, 0 + 2*255 + 3*255, 255*4 + 0 + 6, 0 + 0 + 255. */
	byte_products(left, 2, right, 2, 3, out, 2);
	check(out[0] == 32 && out[1] == 1275 && out[2] == 1026 && out[3] == 255,
		  "two by two rows of three columns, by hand");
	free(right);
	free(left);
}

/* Shapes around the sizes of groups, kernels, steps and blocks. */
static void
test_shapes(const char *level)
{
	static const size_t rows[] = {1, 7, 8, 9, 24, 37};
	static const size_t columns[] = {1, 15, 16, 17, 33, 48, 49, 100};
	static const size_t lengths[] = {1, 2, 3, 4, 5, 31, 64, 799, 800, 803, 1601};
	char name[100];
	bool holds = true;
	Rng rng;

	rng_seed(&rng, 1, RNG_STREAM_TEST);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t j = 0; j < sizeof(columns) / sizeof(columns[0]); j++)
			for (size_t l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++)
				/* Long rows with few of the shapes. */
				if (lengths[l] < 100 || (i + j) % 5 == 0)
					holds = holds && shape_agrees(rows[i], columns[j], lengths[l], &rng);
	snprintf(name, sizeof(name), "%s: shapes that fill no group, step or block are exact", level);
	check(holds, name);

	holds = shape_agrees(9, 17, BYTE_PRODUCTS_MAX_COLUMNS, &rng);
	snprintf(name, sizeof(name), "%s: so are the longest rows, all 255 too", level);
	check(holds, name);
}

/* Sizes are those of whole groups, and 0 where they overflow. */
static void
test_sizes(void)
{
	check(byte_left_size(16, 10) == 2 * byte_left_size(8, 10) &&
			  byte_left_size(9, 10) == byte_left_size(16, 10) &&
			  byte_right_size(32, 10) == 2 * byte_right_size(16, 10) &&
			  byte_right_size(17, 10) == byte_right_size(32, 10),
		  "sizes of operands are sums of those of their groups");
	check(byte_left_size(SIZE_MAX, 784) == 0 && byte_right_size(SIZE_MAX, 784) == 0,
		  "a size that is not representable is 0");
}

int
main(void)
{
	test_by_hand();
	test_sizes();
	for (CpuLevel level = CPU_PLAIN; level <= CPU_HIGHEST; level++)
	{
		cpu_set_limit(level);
		if (cpu_level() == level)
			test_shapes(level_names[level]);
		else
			printf("# this processor has no %s\n", level_names[level]);
	}
	return check_done();
}
