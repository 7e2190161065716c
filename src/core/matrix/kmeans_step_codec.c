/*
 * kmeans_step_codec.c
 *		Writing and distrustful reading of steps of k-means as bytes; see the header.
 */
#include "core/matrix/kmeans_step.h"

#include <math.h>
#include <string.h>

#include "core/base/sizes.h"

#define CODEC_VERSION 1

/* Bytes of version, k and d, of a cluster's size, of the number of planes, of a digit. */
#define HEADER_BYTES 12
#define SIZE_BYTES   8
#define COUNT_BYTES  4
#define DIGIT_BYTES  4

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

/* Add what sums take to *size; false if it does not fit. */
static bool
add_sums_size(const ExactSums *sums, size_t *size)
{
	size_t plane;
	size_t all;

	return checked_multiply(sums->n, DIGIT_BYTES, &plane) &&
		   checked_add(plane, COUNT_BYTES, &plane) &&
		   checked_multiply(plane, used_planes(sums), &all) &&
		   checked_add(all, COUNT_BYTES, &all) && checked_add(*size, all, size);
}

size_t
kmeans_step_size(const KmeansStep *step)
{
	size_t size = HEADER_BYTES;
	size_t part;

	if (!checked_multiply(step->sums.n, sizeof(float), &part) || !checked_add(size, part, &size) ||
		!checked_multiply(step->k, SIZE_BYTES, &part) || !checked_add(size, part, &size) ||
		!add_sums_size(&step->sums, &size) || !add_sums_size(&step->inertia, &size))
		return SIZE_MAX;
	return size;
}

/* Write the lowest n bytes of a number, lowest first; where the next one goes. */
static uint8_t *
write_number(uint8_t *at, uint64_t number, size_t n)
{
	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t) (number >> (8 * i));
	return at + n;
}

/* Write sums in normal form. */
static uint8_t *
write_sums(uint8_t *at, const ExactSums *sums)
{
	at = write_number(at, used_planes(sums), COUNT_BYTES);
	for (size_t p = 0; p < EXACT_PLANES; p++)
	{
		if (!is_used(sums, p))
			continue;
		at = write_number(at, p, COUNT_BYTES);
		for (size_t i = 0; i < sums->n; i++)
			at = write_number(at, (uint64_t) sums->planes[p][i], DIGIT_BYTES);
	}
	return at;
}

void
kmeans_step_encode(const KmeansStep *step, uint8_t *bytes)
{
	uint8_t *at = write_number(bytes, CODEC_VERSION, COUNT_BYTES);

	at = write_number(at, step->k, COUNT_BYTES);
	at = write_number(at, step->d, COUNT_BYTES);
	for (size_t i = 0; i < step->sums.n; i++)
	{
		uint32_t bits;

		memcpy(&bits, &step->given[i], sizeof(bits));
		at = write_number(at, bits, sizeof(bits));
	}
	for (size_t c = 0; c < step->k; c++)
		at = write_number(at, (uint64_t) step->sizes[c], SIZE_BYTES);
	at = write_sums(at, &step->sums);
	write_sums(at, &step->inertia);
}

/* Bytes being read. Past their end there are zeros, and it is noted. */
typedef struct ByteCursor
{
	const uint8_t *at;
	size_t left;
	bool is_bad;
} ByteCursor;

/* A number of n bytes, lowest first. */
static uint64_t
read_number(ByteCursor *cursor, size_t n)
{
	uint64_t number = 0;

	if (cursor->left < n)
	{
		cursor->is_bad = true;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		number |= (uint64_t) cursor->at[i] << (8 * i);
	cursor->at += n;
	cursor->left -= n;
	return number;
}

/* Read sums; bad bytes are noted, memory that fails is returned. */
static SdqStatus
read_sums(ByteCursor *cursor, ExactSums *sums, SampleMemory *memory)
{
	SdqStatus status = sdq_ok();
	size_t n_planes = (size_t) read_number(cursor, COUNT_BYTES);
	size_t lowest = 0;

	for (size_t i = 0; i < n_planes; i++)
	{
		size_t p = (size_t) read_number(cursor, COUNT_BYTES);
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
			plane[j] = (int32_t) read_number(cursor, DIGIT_BYTES);
		cursor->is_bad |= !is_used(sums, p);
	}
	return status;
}

/* Read what follows the header into an object without memory. */
static SdqStatus
read_step(ByteCursor *cursor, KmeansStep *step, SampleMemory *memory, size_t k, size_t d)
{
	SdqStatus status = sdq_ok();
	/* The bytes are as many, so that this neither overflows nor asks for memory that they do not
	 * account for. */
	size_t n = k * d;
	float *given = sample_memory_resize(memory, NULL, 0, n * sizeof(float), &status);

	if (given == NULL)
		return status;
	for (size_t i = 0; i < n; i++)
	{
		uint32_t bits = (uint32_t) read_number(cursor, sizeof(uint32_t));

		memcpy(&given[i], &bits, sizeof(bits));
		cursor->is_bad |= !isfinite(given[i]);
	}
	status = kmeans_step_init(step, memory, given, k, d);
	sample_memory_free(memory, given, n * sizeof(float));
	if (sdq_failed(status))
		return status;
	for (size_t c = 0; c < k; c++)
	{
		step->sizes[c] = (int64_t) read_number(cursor, SIZE_BYTES);
		cursor->is_bad |=
			step->sizes[c] < 0 || __builtin_add_overflow(step->n, step->sizes[c], &step->n);
	}
	status = read_sums(cursor, &step->sums, memory);
	return sdq_failed(status) ? status : read_sums(cursor, &step->inertia, memory);
}

SdqStatus
kmeans_step_decode(KmeansStep *step, SampleMemory *memory, const uint8_t *bytes, size_t size)
{
	ByteCursor cursor = {.at = bytes, .left = size};
	bool is_known = read_number(&cursor, COUNT_BYTES) == CODEC_VERSION;
	size_t k = (size_t) read_number(&cursor, COUNT_BYTES);
	size_t d = (size_t) read_number(&cursor, COUNT_BYTES);
	SdqStatus status = sdq_ok();

	*step = (KmeansStep){.k = 0};
	if (!is_known || k == 0 || d == 0 ||
		(uint64_t) k > cursor.left / ((uint64_t) d * sizeof(float) + SIZE_BYTES))
		cursor.is_bad = true;
	if (!cursor.is_bad)
		status = read_step(&cursor, step, memory, k, d);
	if (sdq_failed(status))
		return status;
	if (cursor.is_bad || cursor.left != 0 || exact_sums_quotient(&step->inertia, 0, 1) < 0)
		return sdq_bad_data(KMEANS_STEP_BYTES, -1, 0, 0);
	return sdq_ok();
}
