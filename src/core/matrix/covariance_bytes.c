/*
 * covariance_bytes.c
 *		Sums of rows of 8-bit pixels, several times faster than in double.
 *
 * A whole number x from 0 to 255 is the digit 2^12 x at plane 0, so that sums of products are those of bytes,
 * shifted: the same integers as from any other way.
 */
#include <string.h>

#include "core/matrix/byte_products.h"
#include "core/matrix/covariance_sums.h"

#define MAX_BYTE 255

/* Columns of a tile: multiples of BYTE_LEFT_GROUP and of BYTE_RIGHT_GROUP, and of STRIP_COLUMNS. */
#define TILE_LEFT  ((size_t) 64)
#define TILE_RIGHT ((size_t) 256)

/* Fewer columns are faster in double: the tiles would be mostly empty. */
#define MIN_COLUMNS ((size_t) 48)

#define ALIGNMENT ((size_t) 64)

/* The buffered rows while they are multiplied. */
typedef struct ByteRows
{
	size_t n;
	size_t d;
	uint8_t *rows; /* [n][d] */
	unsigned char *left;
	unsigned char *right;
	int32_t *tile; /* [TILE_LEFT][TILE_RIGHT] */
} ByteRows;

bool
are_byte_rows(const Covariance *covariance, const double *peaks)
{
	size_t n_numbers = covariance->n_buffered * covariance->d;
	int64_t n_others = 0;
	double peak = 0;

	for (size_t j = 0; j < covariance->d; j++)
	{
		if (peaks[j] > MAX_BYTE || covariance->planes[j] > 0)
			return false;
		peak = peaks[j] > peak ? peaks[j] : peak;
	}
	if (covariance->d < MIN_COLUMNS || peak == 0)
		return false;
	for (size_t k = 0; k < n_numbers; k++)
	{
		double x = covariance->buffer[k];

		n_others += x < 0 || (double) (int) x != x;
	}
	return n_others == 0;
}

/* Convert the rows, and add up their columns. */
static void
read_bytes(ByteRows *bytes, Covariance *covariance)
{
	for (size_t i = 0; i < bytes->n; i++)
		for (size_t j = 0; j < bytes->d; j++)
		{
			size_t k = i * bytes->d + j;

			bytes->rows[k] = (uint8_t) covariance->buffer[k];
			covariance->sums[0][j] += (int64_t) bytes->rows[k] << -PLANE_ZERO_BIT;
		}
}

/* Add a tile of products, whose first columns are given, to the blocks on and above the diagonal. */
static void
add_tile(const ByteRows *bytes, const Covariance *covariance, size_t left, size_t right)
{
	size_t left_end = minimum(left + TILE_LEFT, bytes->d);
	size_t right_end = minimum(right + TILE_RIGHT, bytes->d);

	for (size_t i = left; i < left_end; i++)
		for (size_t j = right; j < right_end; j += STRIP_COLUMNS)
		{
			size_t columns = minimum(STRIP_COLUMNS, right_end - j);
			const int32_t *from = bytes->tile + (i - left) * TILE_RIGHT + (j - right);
			int64_t *to;

			if (j / STRIP_COLUMNS < i / STRIP_COLUMNS)
				continue;
			to = covariance->products[0][0].narrow +
				 block_start(covariance, i / STRIP_COLUMNS, j / STRIP_COLUMNS) +
				 i % STRIP_COLUMNS * STRIP_COLUMNS;
			for (size_t l = 0; l < columns; l++)
				to[l] += (int64_t) from[l] << (-2 * PLANE_ZERO_BIT);
		}
}

/* Multiply all pairs of columns. */
static SdqStatus
multiply_bytes(const ByteRows *bytes, Covariance *covariance, Stop *stop)
{
	ByteLines lines = {.data = bytes->rows, .stride = bytes->d};

	byte_left_pack_transposed(&lines, bytes->d, bytes->n, bytes->left);
	byte_right_pack_transposed(&lines, bytes->d, bytes->n, bytes->right);
	for (size_t left = 0; left < bytes->d; left += TILE_LEFT)
	{
		size_t m = minimum(TILE_LEFT, bytes->d - left);

		for (size_t right = left; right < bytes->d; right += TILE_RIGHT)
		{
			byte_products(bytes->left + byte_left_size(left, bytes->n), m,
						  bytes->right + byte_right_size(right, bytes->n),
						  minimum(TILE_RIGHT, bytes->d - right), bytes->n, bytes->tile, TILE_RIGHT);
			add_tile(bytes, covariance, left, right);
			if (stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
	}
	return sdq_ok();
}

/* The next piece of a block of memory. */
static void *
next_piece(unsigned char **at, size_t bytes)
{
	unsigned char *piece = *at;

	*at += divide_up(bytes, ALIGNMENT) * ALIGNMENT;
	return piece;
}

SdqStatus
add_byte_rows(Covariance *covariance, Stop *stop)
{
	ByteRows bytes = {.n = covariance->n_buffered, .d = covariance->d};
	size_t left_size = byte_left_size(bytes.d, bytes.n);
	size_t right_size = byte_right_size(bytes.d, bytes.n);
	size_t tile_size = TILE_LEFT * TILE_RIGHT * sizeof(int32_t);
	/* Far from overflow: rows and columns are limited. */
	size_t size = bytes.n * bytes.d + left_size + right_size + tile_size + 5 * ALIGNMENT;
	const bool present[DIGIT_SLOTS] = {true};
	uint64_t most = (uint64_t) MAX_BYTE << -PLANE_ZERO_BIT;
	SdqStatus status = reserve_sums(covariance, present, stop);
	unsigned char *block;
	unsigned char *at;

	if (!sdq_failed(status))
		status =
			reserve_range(covariance, &covariance->products[0][0], bytes.n * most * most, stop);
	if (sdq_failed(status))
		return status;
	block = sample_memory_resize(covariance->memory, NULL, 0, size, &status);
	if (block == NULL)
		return status;
	at = block + (ALIGNMENT - (uintptr_t) block % ALIGNMENT);
	bytes.rows = next_piece(&at, bytes.n * bytes.d);
	bytes.left = next_piece(&at, left_size);
	bytes.right = next_piece(&at, right_size);
	bytes.tile = next_piece(&at, tile_size);
	read_bytes(&bytes, covariance);
	status = multiply_bytes(&bytes, covariance, stop);
	sample_memory_free(covariance->memory, block, size);
	return status;
}
