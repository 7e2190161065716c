/*
 * digits.h
 *		The shipped digits, for unit tests: they run in the top directory.
 */
#ifndef SYNTHDQ_TEST_UNIT_DIGITS_H
#define SYNTHDQ_TEST_UNIT_DIGITS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "core/matrix/row_store.h"

#define DIGIT_PIXELS        784
#define DIGITS_HEADER_BYTES 16

/* Append the first n images of a file in data/, in file order; false if they cannot be read. */
static inline bool
digits_append(RowStore *store, const char *name, size_t n)
{
	unsigned char header[DIGITS_HEADER_BYTES];
	unsigned char image[DIGIT_PIXELS];
	int16_t row[DIGIT_PIXELS];
	char path[200];
	gzFile file;
	bool complete;

	snprintf(path, sizeof(path), "data/%s", name);
	file = gzopen(path, "rb");
	if (file == NULL)
		return false;
	complete = gzread(file, header, sizeof(header)) == (int) sizeof(header);
	for (size_t i = 0; i < n && complete; i++)
	{
		complete = gzread(file, image, sizeof(image)) == (int) sizeof(image);
		for (size_t j = 0; j < DIGIT_PIXELS; j++)
			row[j] = image[j];
		complete = complete && !sdq_failed(row_store_append_int16(store, row, DIGIT_PIXELS));
	}
	gzclose(file);
	return complete;
}

#endif
