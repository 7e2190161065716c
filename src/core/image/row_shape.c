/*
 * row_shape.c
 *		Every product of dimensions is checked: headers lie.
 */
#include "core/image/row_shape.h"

#include "core/image/fault.h"

SdqStatus
row_shape_length(size_t n_rows, const size_t *dimensions, size_t n, size_t *row_length)
{
	size_t length = 1;

	for (size_t i = 0; i < n; i++)
		if (!checked_multiply(length, dimensions[i], &length))
			return sdq_bad_data(IMAGE_SIZE_OVERFLOW, -1, 0, 0);
	if (length > IMAGE_MAX_ROW_VALUES)
		return sdq_bad_data(IMAGE_ROW_TOO_LONG, -1, (double) length, IMAGE_MAX_ROW_VALUES);
	/* Else a file of a few bytes could announce any number of rows. */
	if (length == 0 && n_rows > 0)
		return sdq_bad_data(IMAGE_ROW_EMPTY, -1, (double) n_rows, 0);
	*row_length = length;
	return sdq_ok();
}

SdqStatus
row_shape_expect(ByteReader *reader, size_t n_rows, size_t row_length, size_t value_bytes)
{
	size_t content_bytes;

	if (!checked_multiply(n_rows, row_length, &content_bytes) ||
		!checked_multiply(content_bytes, value_bytes, &content_bytes) ||
		!checked_add(content_bytes, byte_reader_position(reader), &content_bytes))
		return sdq_bad_data(IMAGE_SIZE_OVERFLOW, -1, 0, 0);
	return byte_reader_expect(reader, content_bytes);
}
