/*
 * exact_sums_codec.c
 *		Exact sums as bytes: the number of planes with a digit other than 0, 4 bytes, then for each of them,
 *		ascending, its place, 4 bytes, and n digits of 4 bytes. Sums in normal form have one such form.
 */
#include "core/base/exact_sums.h"

/* Bytes of the number of planes and of a place, and of a digit. */
#define COUNT_BYTES 4
#define DIGIT_BYTES 4

/* Is any digit of plane p other than 0? Planes that are not there have none. */
static bool
is_used(const ExactSums *sums, size_t p)
{
	if (sums->planes[p] != NULL)
		for (size_t i = 0; i < sums->n; i++)
			if (sums->planes[p][i] != 0)
				return true;
	return false;
}

/* The number of planes with digits. */
static size_t
used_planes(const ExactSums *sums)
{
	size_t n = 0;

	for (size_t p = 0; p < EXACT_PLANES; p++)
		n += is_used(sums, p);
	return n;
}

bool
exact_sums_add_size(const ExactSums *sums, size_t *size)
{
	size_t plane;
	size_t all;

	return checked_multiply(sums->n, DIGIT_BYTES, &plane) &&
		   checked_add(plane, COUNT_BYTES, &plane) &&
		   checked_multiply(plane, used_planes(sums), &all) &&
		   checked_add(all, COUNT_BYTES, &all) && checked_add(*size, all, size);
}

uint8_t *
exact_sums_write(const ExactSums *sums, uint8_t *at)
{
	at = bytes_write(at, used_planes(sums), COUNT_BYTES);
	for (size_t p = 0; p < EXACT_PLANES; p++)
	{
		if (!is_used(sums, p))
			continue;
		at = bytes_write(at, p, COUNT_BYTES);
		for (size_t i = 0; i < sums->n; i++)
			at = bytes_write(at, (uint64_t) sums->planes[p][i], DIGIT_BYTES);
	}
	return at;
}

SdqStatus
exact_sums_read(ExactSums *sums, SampleMemory *memory, ByteCursor *cursor)
{
	SdqStatus status = sdq_ok();
	size_t n_planes = (size_t) bytes_read(cursor, COUNT_BYTES);
	size_t lowest = 0;

	for (size_t i = 0; i < n_planes; i++)
	{
		size_t p = (size_t) bytes_read(cursor, COUNT_BYTES);
		int64_t *plane;

		if (p < lowest || p >= EXACT_PLANES || cursor->left / DIGIT_BYTES < sums->n)
			cursor->is_bad = true;
		if (cursor->is_bad)
			return status;
		lowest = p + 1;
		plane = exact_sums_plane(sums, memory, p, &status);
		if (plane == NULL)
			return status;
		for (size_t j = 0; j < sums->n; j++)
		{
			if (j % EXACT_POLL_SUMS == 0 && sample_memory_cancelled(memory))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
			plane[j] = (int32_t) bytes_read(cursor, DIGIT_BYTES);
		}
		cursor->is_bad |= !is_used(sums, p);
	}
	return status;
}

bool
exact_sums_has_negative(const ExactSums *sums)
{
	const int64_t *planes[EXACT_PLANES];
	size_t n_planes = 0;

	for (size_t p = EXACT_PLANES; p-- > 0;)
		if (sums->planes[p] != NULL)
			planes[n_planes++] = sums->planes[p];
	/* In normal form all digits below one of 1 are less than it, and so the highest one has the sign of the sum. */
	for (size_t i = 0; i < sums->n; i++)
	{
		size_t p = 0;

		while (p < n_planes && planes[p][i] == 0)
			p++;
		if (p < n_planes && planes[p][i] < 0)
			return true;
	}
	return false;
}
