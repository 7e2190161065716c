/*
 * row_shape.h
 *		From the dimensions in a header to rows: how long, how many bytes, and whether that can be.
 */
#ifndef SYNTHDQ_CORE_IMAGE_ROW_SHAPE_H
#define SYNTHDQ_CORE_IMAGE_ROW_SHAPE_H

#include <stddef.h>

#include "core/base/status.h"
#include "core/image/byte_reader.h"

/*
 * *row_length = product of dimensions[n], 1 for n = 0. If there are rows it is in
 * [1, IMAGE_MAX_ROW_VALUES]; with n_rows = 0 it may be 0. SDQ_BAD_DATA with IMAGE_SIZE_OVERFLOW,
 * IMAGE_ROW_TOO_LONG, IMAGE_ROW_EMPTY.
 */
extern SdqStatus row_shape_length(size_t n_rows, const size_t *dimensions, size_t n,
								  size_t *row_length);

/* Tell the reader, which stands behind the header, that n_rows rows of row_length values of
 * value_bytes bytes follow and nothing else. IMAGE_SIZE_OVERFLOW, or what byte_reader_expect() says. */
extern SdqStatus row_shape_expect(ByteReader *reader, size_t n_rows, size_t row_length,
								  size_t value_bytes);

#endif
