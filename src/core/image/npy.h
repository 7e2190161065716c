/*
 * npy.h
 *		NPY files: NumPy's format for one array.
 *
 * Format (numpy.lib.format, "NPY format"): the magic number, a version, the length of a header, the
 * header as the text of a Python dictionary with the keys 'descr', 'fortran_order' and 'shape', then
 * the values. Versions 1.0 (16-bit length), 2.0 and 3.0 (32-bit length) are read; C order only.
 *
 * A row is what the first dimension of the shape counts. The element types are f2 f4 f8 i1 i2 i4 u1,
 * little- or big-endian, and become float: f2 f4 i1 i2 u1 exactly, f8 and i4 rounded to the nearest
 * float, ties to even; too small becomes 0, too large is IMAGE_NPY_VALUE_RANGE. NaN and infinities
 * stay what they are.
 */
#ifndef SYNTHDQ_CORE_IMAGE_NPY_H
#define SYNTHDQ_CORE_IMAGE_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/image/byte_reader.h"

/* As many as NumPy 2 allows. */
#define NPY_MAX_DIMENSIONS 64
/* The longest header that version 1 can hold; no array of a plain type needs more. */
#define NPY_MAX_HEADER_BYTES 65535
/* How much of a descr is kept for messages: any plain type, the beginning of a structured one. */
#define NPY_DESCR_KEPT 40

typedef enum NpyType
{
	NPY_F2,
	NPY_F4,
	NPY_F8,
	NPY_I1,
	NPY_I2,
	NPY_I4,
	NPY_U1,
} NpyType;

typedef struct NpyHeader
{
	char descr[NPY_DESCR_KEPT +
			   1]; /* as the file has it, cut off, unprintable bytes replaced by ? */
	NpyType type;
	bool big_endian;
	size_t value_bytes;
	bool fortran_order;
	size_t n_dimensions;
	size_t shape[NPY_MAX_DIMENSIONS];
	size_t n_rows;     /* shape[0] */
	size_t row_length; /* product of the others, in [1, IMAGE_MAX_ROW_VALUES] if there are rows */
} NpyHeader;

/*
 * Read the header of a new reader, check it against the file's length (byte_reader_expect), and leave
 * the reader at the first value. The header's text, at most 64 kB, stays in the arena.
 * *header is filled as far as it was read, for messages, after a failure too. SDQ_BAD_DATA with: the
 * gzip and size faults, IMAGE_HEADER_SHORT, IMAGE_WRONG_MAGIC, IMAGE_NPY_*; SDQ_INTERRUPTED,
 * SDQ_NO_MEMORY, SDQ_OVER_LIMIT.
 */
extern SdqStatus npy_read_header(ByteReader *reader, Arena *arena, NpyHeader *header);

/*
 * The next row, as floats, into out[header->row_length]. Memory: 32 kB of stack. The gzip faults,
 * IMAGE_DATA_SHORT, SDQ_INTERRUPTED; IMAGE_NPY_VALUE_RANGE with a = the value and row = its position in
 * the row.
 */
extern SdqStatus npy_read_row(ByteReader *reader, const NpyHeader *header, float *out);

#endif
