/*
 * npy_fuzz.c
 *		NPY files: whatever the bytes, they are read or refused; gzip makes no difference; finite values
 *		stay finite; and the header's description is always printable.
 */
#include "core/image/npy.h"

#include "fuzz.h"
#include "image_file.h"

#include <math.h>

/* Does the type have infinities of its own? */
static bool
has_infinities(NpyType type)
{
	return type == NPY_F2 || type == NPY_F4 || type == NPY_F8;
}

/* Check a row, and add its bits to a sum that depends on the order. */
static void
check_row(const NpyHeader *header, const float *row, uint64_t *sum)
{
	for (size_t i = 0; i < header->row_length; i++)
	{
		uint32_t bits;

		must(has_infinities(header->type) || isfinite(row[i]), "integers become finite floats");
		memcpy(&bits, &row[i], sizeof(bits));
		*sum = *sum * 31 + bits;
	}
}

/* Read a whole file. */
static SdqStatus
read_npy(const uint8_t *bytes, size_t n, uint64_t *sum)
{
	float *row = NULL;
	ByteReader *reader;
	NpyHeader header = {.descr = ""};
	Arena arena;
	SdqStatus status;

	*sum = 0;
	arena_init(&arena, arena_malloc_source(), FUZZ_MEMORY);
	status = byte_reader_open(&reader, bytes, n, NO_LIMIT, &arena, NULL);
	if (!sdq_failed(status))
		status = npy_read_header(reader, &arena, &header);
	must(strlen(header.descr) <= NPY_DESCR_KEPT, "the descr is a string");
	for (const char *c = header.descr; *c != '\0'; c++)
		must(*c >= ' ' && *c <= '~', "the descr is printable");
	if (!sdq_failed(status))
	{
		row = arena_alloc(&arena, header.row_length, sizeof(float));
		if (row == NULL)
			status = arena_failure(&arena);
	}
	for (size_t i = 0; !sdq_failed(status) && i < header.n_rows; i++)
	{
		status = npy_read_row(reader, &header, row);
		if (!sdq_failed(status))
			check_row(&header, row, sum);
	}
	if (!sdq_failed(status))
		status = byte_reader_finish(reader);
	arena_free(&arena);
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	File packed = {0};
	uint64_t plain_sum;
	uint64_t packed_sum;
	SdqStatus plain = read_npy(data, size, &plain_sum);
	SdqStatus unpacked;

	file_add_gzip(&packed, data, size);
	unpacked = read_npy(packed.bytes, packed.n, &packed_sum);
	free(packed.bytes);
	/* What is gzip already would have to be unpacked twice. */
	if (is_gzip(data, size))
		return 0;
	must(sdq_failed(plain) == sdq_failed(unpacked), "gzip does not change the outcome");
	if (!sdq_failed(plain))
		must(plain_sum == packed_sum, "gzip does not change the values");
	return 0;
}
