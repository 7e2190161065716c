/*
 * bins_codec.c
 *		Writing and distrustful reading of bins as bytes.
 *
 * Version and number of bins, 4 bytes each; lo, hi, min, max; the six counts; the spread, 16 bytes; the width
 * of a share, 4 bytes: 0 if there are none, 8, or 16 where 8 bytes do not hold them; the shares of all nodes;
 * exact sums of nodes, and the others.
 */
#include "core/density/bins.h"

#include <math.h>

#define CODEC_VERSION 1

/* Bytes of small numbers; of all before the shares. */
#define COUNT_BYTES  4
#define HEADER_BYTES (3 * COUNT_BYTES + 4 * 8 + 6 * 8 + 16)

/* Bytes of shares. */
#define NARROW 8
#define WIDE   16

/* The bytes that a share takes. */
static size_t
share_width(const Bins *bins)
{
	if (bins->n_unweighted == 0)
		return 0;
	for (size_t i = 0; i <= bins->n_bins; i++)
		if (bins->shares[i] > UINT64_MAX)
			return WIDE;
	return NARROW;
}

SdqStatus
bins_measure(Bins *bins, SampleMemory *memory, size_t *size)
{
	SdqStatus status = exact_sums_normalize(&bins->nodes, memory);

	if (!sdq_failed(status))
		status = exact_sums_normalize(&bins->sums, memory);
	*size = HEADER_BYTES + (bins->n_bins + 1) * share_width(bins);
	if (!sdq_failed(status) &&
		(!exact_sums_add_size(&bins->nodes, size) || !exact_sums_add_size(&bins->sums, size)))
		return sdq_error(SDQ_TOO_LARGE, (double) SIZE_MAX, (double) SIZE_MAX);
	return status;
}

static uint8_t *
write_share(uint8_t *at, BinShare share, size_t width)
{
	at = bytes_write(at, (uint64_t) share, sizeof(uint64_t));
	return width == WIDE ? bytes_write(at, (uint64_t) (share >> 64), sizeof(uint64_t)) : at;
}

void
bins_encode(const Bins *bins, uint8_t *bytes)
{
	size_t width = share_width(bins);
	uint8_t *at = bytes_write(bytes, CODEC_VERSION, COUNT_BYTES);

	at = bytes_write(at, bins->n_bins, COUNT_BYTES);
	at = bytes_write_double(at, bins->lo);
	at = bytes_write_double(at, bins->hi);
	at = bytes_write_double(at, bins->n == 0 ? 0 : bins->min);
	at = bytes_write_double(at, bins->n == 0 ? 0 : bins->max);
	at = bytes_write(at, (uint64_t) bins->n, 8);
	at = bytes_write(at, (uint64_t) bins->n_unweighted, 8);
	at = bytes_write(at, (uint64_t) bins->n_below, 8);
	at = bytes_write(at, (uint64_t) bins->n_above, 8);
	at = bytes_write(at, (uint64_t) bins->n_unweighted_below, 8);
	at = bytes_write(at, (uint64_t) bins->n_unweighted_above, 8);
	at = write_share(at, bins->spread, WIDE);
	at = bytes_write(at, width, COUNT_BYTES);
	for (size_t i = 0; width != 0 && i <= bins->n_bins; i++)
		at = write_share(at, bins->shares[i], width);
	at = exact_sums_write(&bins->nodes, at);
	exact_sums_write(&bins->sums, at);
}

static BinShare
read_share(ByteCursor *cursor, size_t width)
{
	BinShare share = bytes_read(cursor, sizeof(uint64_t));

	if (width == WIDE)
		share |= (BinShare) bytes_read(cursor, sizeof(uint64_t)) << 64;
	return share;
}

/* Read a count, of at most `most`. */
static int64_t
read_count(ByteCursor *cursor, int64_t most)
{
	int64_t count = (int64_t) bytes_read(cursor, sizeof(uint64_t));

	cursor->is_bad |= count < 0 || count > most;
	/* Others are subtracted from. */
	return cursor->is_bad ? 0 : count;
}

/* Read the grid, the range and the counts. */
static void
read_header(ByteCursor *cursor, Bins *bins)
{
	int64_t n_bins = (int64_t) bytes_read(cursor, COUNT_BYTES);
	double lo = bytes_read_double(cursor);
	double hi = bytes_read_double(cursor);
	double min = bytes_read_double(cursor);
	double max = bytes_read_double(cursor);

	cursor->is_bad |= !bins_is_grid(lo, hi, n_bins);
	if (cursor->is_bad)
		return;
	bins_set_grid(bins, lo, hi, (size_t) n_bins);
	bins->n = read_count(cursor, INT64_MAX);
	bins->n_unweighted = read_count(cursor, bins->n);
	bins->n_below = read_count(cursor, INT64_MAX - bins->n);
	bins->n_above = read_count(cursor, INT64_MAX - bins->n - bins->n_below);
	bins->n_unweighted_below = read_count(cursor, bins->n_below);
	bins->n_unweighted_above = read_count(cursor, bins->n_above);
	bins->spread = read_share(cursor, WIDE);
	if (bins->n > 0)
	{
		cursor->is_bad |= !(lo <= min && min <= max && max <= hi);
		bins->min = min;
		bins->max = max;
	}
	else
		cursor->is_bad |= min != 0 || max != 0 || signbit(min) || signbit(max);
	/* f (1 - f) is at most a quarter. */
	cursor->is_bad |= bins->spread > (BinShare) bins->n_unweighted << 62;
}

/* Read the shares, whose sum must be that of the values. */
static SdqStatus
read_shares(ByteCursor *cursor, Bins *bins, SampleMemory *memory)
{
	size_t width = (size_t) bytes_read(cursor, COUNT_BYTES);
	BinShare left = (BinShare) bins->n_unweighted << 32;
	size_t size = (bins->n_bins + 2) * sizeof(BinShare);
	SdqStatus status = sdq_ok();

	cursor->is_bad |= width != 0 && width != NARROW && width != WIDE;
	cursor->is_bad |= (width == 0) != (bins->n_unweighted == 0);
	cursor->is_bad |= cursor->left < (bins->n_bins + 1) * width;
	if (cursor->is_bad || width == 0)
		return status;
	bins->shares = sample_memory_resize(memory, NULL, 0, size, &status);
	if (bins->shares == NULL)
		return status;
	for (size_t i = 0; i <= bins->n_bins; i++)
	{
		bins->shares[i] = read_share(cursor, width);
		cursor->is_bad |= bins->shares[i] > left;
		left -= bins->shares[i];
	}
	bins->shares[bins->n_bins + 1] = 0;
	cursor->is_bad |= left != 0 || share_width(bins) != width;
	return status;
}

SdqStatus
bins_decode(Bins *bins, SampleMemory *memory, const uint8_t *bytes, size_t size)
{
	ByteCursor cursor = {.at = bytes, .left = size};
	SdqStatus status = sdq_ok();

	bins_init(bins);
	cursor.is_bad = bytes_read(&cursor, COUNT_BYTES) != CODEC_VERSION;
	read_header(&cursor, bins);
	if (!cursor.is_bad)
		status = read_shares(&cursor, bins, memory);
	if (!sdq_failed(status) && !cursor.is_bad)
		status = exact_sums_read(&bins->nodes, memory, &cursor);
	if (!sdq_failed(status) && !cursor.is_bad)
		status = exact_sums_read(&bins->sums, memory, &cursor);
	if (sdq_failed(status))
		return status;
	if (cursor.is_bad || cursor.left != 0 || exact_sums_has_negative(&bins->nodes) ||
		exact_sums_has_negative(&bins->sums))
		return sdq_bad_data(BINS_BYTES, -1, 0, 0);
	return status;
}
