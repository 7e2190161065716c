/*
 * idx.h
 *		IDX files of unsigned bytes: the format of the MNIST distribution.
 *
 * Format (Y. LeCun, "The MNIST database of handwritten digits"): two zero bytes, a type code, the
 * number of dimensions, then each dimension as a big-endian 32-bit number, then the values, last
 * dimension fastest. Type 8 is unsigned bytes, the only one read here.
 *
 * A row is what the first dimension counts; read it with byte_reader_read_exactly(reader, out,
 * header->row_length), header->n_rows times, and end with byte_reader_finish().
 */
#ifndef SYNTHDQ_CORE_IMAGE_IDX_H
#define SYNTHDQ_CORE_IMAGE_IDX_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/image/byte_reader.h"

#define IDX_MAX_DIMENSIONS 3

typedef enum IdxKind
{
	IDX_IMAGES, /* two or three dimensions: vectors, or images of rows x columns */
	IDX_LABELS, /* one dimension */
} IdxKind;

typedef struct IdxHeader
{
	uint32_t n_dimensions;
	uint32_t dimensions[IDX_MAX_DIMENSIONS];
	size_t n_rows;     /* dimensions[0] */
	size_t row_length; /* product of the others, in [1, IMAGE_MAX_ROW_VALUES] if there are rows */
} IdxHeader;

/*
 * Read the header of a new reader, check it against the file's length (byte_reader_expect), and leave
 * the reader at the first value. *header is filled as far as it was read, for messages, after a
 * failure too. SDQ_BAD_DATA with: the gzip and size faults, IMAGE_HEADER_SHORT, IMAGE_WRONG_MAGIC,
 * IMAGE_IDX_TYPE, IMAGE_IDX_DIMENSIONS; SDQ_INTERRUPTED.
 */
extern SdqStatus idx_read_header(ByteReader *reader, IdxKind kind, IdxHeader *header);

#endif
