/*
 * idx_fuzz.c
 *		IDX files: whatever the bytes, they are read or refused, and gzip makes no difference.
 */
#include "core/image/idx.h"

#include "fuzz.h"
#include "image_file.h"

/* Read a whole file and add up its values. */
static SdqStatus
read_idx(const uint8_t *bytes, size_t n, IdxKind kind, uint64_t *sum)
{
	uint8_t *row = NULL;
	ByteReader *reader;
	IdxHeader header;
	Arena arena;
	SdqStatus status;

	*sum = 0;
	arena_init(&arena, arena_malloc_source(), FUZZ_MEMORY);
	status = byte_reader_open(&reader, bytes, n, NO_LIMIT, &arena, NULL);
	if (!sdq_failed(status))
		status = idx_read_header(reader, kind, &header);
	if (!sdq_failed(status))
	{
		row = arena_alloc(&arena, header.row_length, 1);
		if (row == NULL)
			status = arena_failure(&arena);
	}
	for (size_t i = 0; !sdq_failed(status) && i < header.n_rows; i++)
	{
		status = byte_reader_read_exactly(reader, row, header.row_length);
		for (size_t j = 0; !sdq_failed(status) && j < header.row_length; j++)
			*sum += (i + 1) * row[j];
	}
	if (!sdq_failed(status))
		status = byte_reader_finish(reader);
	arena_free(&arena);
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int kind = IDX_IMAGES; kind <= IDX_LABELS; kind++)
	{
		File packed = {0};
		uint64_t plain_sum;
		uint64_t packed_sum;
		SdqStatus plain = read_idx(data, size, (IdxKind) kind, &plain_sum);
		SdqStatus unpacked;

		file_add_gzip(&packed, data, size);
		unpacked = read_idx(packed.bytes, packed.n, (IdxKind) kind, &packed_sum);
		free(packed.bytes);
		/* What is gzip already would have to be unpacked twice. */
		if (is_gzip(data, size))
			continue;
		must(sdq_failed(plain) == sdq_failed(unpacked), "gzip does not change the outcome");
		if (!sdq_failed(plain))
			must(plain_sum == packed_sum, "gzip does not change the values");
	}
	return 0;
}
