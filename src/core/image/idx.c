/*
 * idx.c
 *		The header of an IDX file.
 */
#include "core/image/idx.h"

#include <string.h>

#include "core/image/fault.h"
#include "core/image/row_shape.h"

#define IDX_MAGIC_BYTES     4
#define IDX_DIMENSION_BYTES 4
#define IDX_UNSIGNED_BYTE   0x08

/* The big-endian number at bytes. */
static uint32_t
big_endian_u32(const uint8_t *bytes)
{
	return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 |
		   bytes[3];
}

/* Does a file of this kind have so many dimensions? */
static bool
is_dimensions_of_kind(uint32_t n_dimensions, IdxKind kind)
{
	return kind == IDX_LABELS ? n_dimensions == 1
							  : n_dimensions >= 2 && n_dimensions <= IDX_MAX_DIMENSIONS;
}

SdqStatus
idx_read_header(ByteReader *reader, IdxKind kind, IdxHeader *header)
{
	uint8_t magic[IDX_MAGIC_BYTES];
	size_t row_dimensions[IDX_MAX_DIMENSIONS];
	SdqStatus status;

	memset(header, 0, sizeof(*header));
	status = byte_reader_read_header(reader, magic, IDX_MAGIC_BYTES);
	if (sdq_failed(status))
		return status;
	if (magic[0] != 0 || magic[1] != 0)
		return sdq_bad_data(IMAGE_WRONG_MAGIC, 0, big_endian_u32(magic), 0);
	if (magic[2] != IDX_UNSIGNED_BYTE)
		return sdq_bad_data(IMAGE_IDX_TYPE, 2, magic[2], 0);
	if (!is_dimensions_of_kind(magic[3], kind))
		return sdq_bad_data(IMAGE_IDX_DIMENSIONS, 3, magic[3], 0);

	for (uint32_t i = 0; i < magic[3]; i++)
	{
		uint8_t bytes[IDX_DIMENSION_BYTES];

		status = byte_reader_read_header(reader, bytes, IDX_DIMENSION_BYTES);
		if (sdq_failed(status))
			return status;
		header->dimensions[i] = big_endian_u32(bytes);
		header->n_dimensions = i + 1;
		row_dimensions[i] = header->dimensions[i];
	}
	header->n_rows = header->dimensions[0];
	status = row_shape_length(header->n_rows, row_dimensions + 1, header->n_dimensions - 1,
							  &header->row_length);
	if (sdq_failed(status))
		return status;
	return row_shape_expect(reader, header->n_rows, header->row_length, 1);
}
