/*
 * ecdf_codec.c
 *		Writing and distrustful reading of flat samples.
 */
#include "core/sample/ecdf_codec.h"

#include <math.h>
#include <string.h>

#define VERSION_OFFSET    4
#define SIDES_OFFSET      5
#define PARAMETERS_OFFSET 6
#define FLAGS_OFFSET      7
#define HEADER_BYTES      8
#define PARAMETER_BYTES   8

/* The words of a side in the header. */
typedef struct SideWords
{
	uint32_t n;
	uint32_t n_distinct;
	uint32_t n_bytes;
} SideWords;

/* Bytes before the words of the first side. */
static size_t
sides_offset(const EcdfShape *shape)
{
	return HEADER_BYTES + PARAMETER_BYTES * (size_t) shape->n_parameters;
}

/* Bytes before the entries of the first side. */
static size_t
entries_offset(const EcdfShape *shape)
{
	return sides_offset(shape) + sizeof(SideWords) * (size_t) shape->n_sides;
}

SdqStatus
ecdf_flat_measure(const EcdfShape *shape, SampleStream *streams, Stop *stop, size_t *bytes)
{
	*bytes = entries_offset(shape);
	for (int side = 0; side < shape->n_sides; side++)
	{
		size_t n_distinct;
		size_t n_bytes;
		SdqStatus status = entry_list_measure(&streams[side], stop, &n_distinct, &n_bytes);

		if (sdq_failed(status))
			return status;
		if (n_bytes > UINT32_MAX || !checked_add(*bytes, n_bytes, bytes))
			return sdq_error(SDQ_TOO_LARGE, (double) n_bytes, (double) UINT32_MAX);
	}
	return sdq_ok();
}

SdqStatus
ecdf_flat_write(void *flat, const EcdfShape *shape, const uint64_t *parameters,
				SampleStream *streams, Stop *stop)
{
	unsigned char *bytes = flat;
	unsigned char *entries = bytes + entries_offset(shape);

	bytes[VERSION_OFFSET] = ECDF_FLAT_VERSION;
	bytes[SIDES_OFFSET] = (unsigned char) shape->n_sides;
	bytes[PARAMETERS_OFFSET] = (unsigned char) shape->n_parameters;
	bytes[FLAGS_OFFSET] = 0;
	if (shape->n_parameters > 0)
		memcpy(bytes + HEADER_BYTES, parameters, PARAMETER_BYTES * (size_t) shape->n_parameters);
	for (int side = 0; side < shape->n_sides; side++)
	{
		SideWords words = {.n = (uint32_t) streams[side].n};
		size_t n_distinct;
		size_t n_bytes;
		SdqStatus status = entry_list_write(&streams[side], stop, entries, &n_distinct, &n_bytes);

		if (sdq_failed(status))
			return status;
		words.n_distinct = (uint32_t) n_distinct;
		words.n_bytes = (uint32_t) n_bytes;
		memcpy(bytes + sides_offset(shape) + (size_t) side * sizeof(words), &words, sizeof(words));
		entries += n_bytes;
	}
	return sdq_ok();
}

SdqStatus
ecdf_flat_open(const void *flat, size_t n_bytes, const EcdfShape *shape,
			   const uint64_t **parameters, EntryList *sides)
{
	const unsigned char *bytes = flat;
	size_t needed = entries_offset(shape);

	if (n_bytes < HEADER_BYTES)
		return sdq_bad_data(ECDF_BAD_SIZE, -1, (double) n_bytes, HEADER_BYTES);
	if (bytes[VERSION_OFFSET] != ECDF_FLAT_VERSION)
		return sdq_bad_data(ECDF_BAD_VERSION, -1, bytes[VERSION_OFFSET], ECDF_FLAT_VERSION);
	if (bytes[FLAGS_OFFSET] != 0)
		return sdq_bad_data(ECDF_BAD_FLAGS, -1, bytes[FLAGS_OFFSET], 0);
	if (bytes[SIDES_OFFSET] != shape->n_sides || bytes[PARAMETERS_OFFSET] != shape->n_parameters)
		return sdq_bad_data(ECDF_BAD_SHAPE, -1, bytes[SIDES_OFFSET], shape->n_sides);
	if (n_bytes < needed)
		return sdq_bad_data(ECDF_BAD_SIZE, -1, (double) n_bytes, (double) needed);

	for (int side = 0; side < shape->n_sides; side++)
	{
		SideWords words;
		SdqStatus status;

		memcpy(&words, bytes + sides_offset(shape) + (size_t) side * sizeof(words), sizeof(words));
		sides[side] = (EntryList){.n = words.n,
								  .n_distinct = words.n_distinct,
								  .n_bytes = words.n_bytes,
								  .bytes = bytes + needed};
		if (words.n_bytes > n_bytes - needed)
			return sdq_bad_data(ECDF_BAD_SIZE, -1, (double) n_bytes,
								(double) needed + words.n_bytes);
		needed += words.n_bytes;
		status = entry_list_check(&sides[side]);
		if (sdq_failed(status))
			return sdq_bad_data(ECDF_BAD_ENTRIES, side, status.detail, 0);
	}
	if (needed != n_bytes)
		return sdq_bad_data(ECDF_BAD_SIZE, -1, (double) n_bytes, (double) needed);
	*parameters = shape->n_parameters == 0 ? NULL : (const uint64_t *) (bytes + HEADER_BYTES);
	return sdq_ok();
}

SdqStatus
ecdf_view_check(const SampleView *view)
{
	uint64_t total = 0;

	for (size_t i = 0; i < view->n_distinct; i++)
	{
		double value = view->values[i];
		uint64_t count = view->counts[i];

		if (isnan(value))
			return sdq_bad_data(ECDF_NAN, (int64_t) i, value, 0);
		if (value == 0 && signbit(value))
			return sdq_bad_data(ECDF_NEGATIVE_ZERO, (int64_t) i, value, 0);
		if (i > 0 && !(value > view->values[i - 1]))
			return sdq_bad_data(ECDF_NOT_ASCENDING, (int64_t) i, value, view->values[i - 1]);
		if (count == 0 || count > (uint64_t) SAMPLE_MAX_COUNT)
			return sdq_bad_data(ECDF_BAD_COUNT, (int64_t) i, (double) count,
								(double) SAMPLE_MAX_COUNT);
		/* No overflow: the sum was within the limit, and so is the count. */
		total += count;
		if (total > (uint64_t) SAMPLE_MAX_COUNT)
			return sdq_bad_data(ECDF_BAD_TOTAL, (int64_t) i, (double) total,
								(double) SAMPLE_MAX_COUNT);
	}
	if (total != view->n)
		return sdq_bad_data(ECDF_BAD_TOTAL, -1, (double) total, (double) view->n);
	return sdq_ok();
}
