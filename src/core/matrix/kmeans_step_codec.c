/*
 * kmeans_step_codec.c
 *		Writing and distrustful reading of steps of k-means as bytes; see the header.
 */
#include "core/matrix/kmeans_step.h"

#include <math.h>
#include <string.h>

#include "core/base/sizes.h"

#define CODEC_VERSION 1

/* Bytes of version, k and d, of each of them, of a cluster's size. */
#define HEADER_BYTES 12
#define SIZE_BYTES   8
#define COUNT_BYTES  4

size_t
kmeans_step_size(const KmeansStep *step)
{
	size_t size = HEADER_BYTES;
	size_t part;

	if (!checked_multiply(step->sums.n, sizeof(float), &part) || !checked_add(size, part, &size) ||
		!checked_multiply(step->k, SIZE_BYTES, &part) || !checked_add(size, part, &size) ||
		!exact_sums_add_size(&step->sums, &size) || !exact_sums_add_size(&step->inertia, &size))
		return SIZE_MAX;
	return size;
}

void
kmeans_step_encode(const KmeansStep *step, uint8_t *bytes)
{
	uint8_t *at = bytes_write(bytes, CODEC_VERSION, COUNT_BYTES);

	at = bytes_write(at, step->k, COUNT_BYTES);
	at = bytes_write(at, step->d, COUNT_BYTES);
	for (size_t i = 0; i < step->sums.n; i++)
	{
		uint32_t bits;

		memcpy(&bits, &step->given[i], sizeof(bits));
		at = bytes_write(at, bits, sizeof(bits));
	}
	for (size_t c = 0; c < step->k; c++)
		at = bytes_write(at, (uint64_t) step->sizes[c], SIZE_BYTES);
	at = exact_sums_write(&step->sums, at);
	exact_sums_write(&step->inertia, at);
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
		uint32_t bits = (uint32_t) bytes_read(cursor, sizeof(uint32_t));

		memcpy(&given[i], &bits, sizeof(bits));
		cursor->is_bad |= !isfinite(given[i]);
	}
	status = kmeans_step_init(step, memory, given, k, d);
	sample_memory_free(memory, given, n * sizeof(float));
	if (sdq_failed(status))
		return status;
	for (size_t c = 0; c < k; c++)
	{
		step->sizes[c] = (int64_t) bytes_read(cursor, SIZE_BYTES);
		cursor->is_bad |=
			step->sizes[c] < 0 || __builtin_add_overflow(step->n, step->sizes[c], &step->n);
	}
	status = exact_sums_read(&step->sums, memory, cursor);
	return sdq_failed(status) ? status : exact_sums_read(&step->inertia, memory, cursor);
}

SdqStatus
kmeans_step_decode(KmeansStep *step, SampleMemory *memory, const uint8_t *bytes, size_t size)
{
	ByteCursor cursor = {.at = bytes, .left = size};
	bool is_known = bytes_read(&cursor, COUNT_BYTES) == CODEC_VERSION;
	size_t k = (size_t) bytes_read(&cursor, COUNT_BYTES);
	size_t d = (size_t) bytes_read(&cursor, COUNT_BYTES);
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
