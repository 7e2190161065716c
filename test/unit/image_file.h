/*
 * image_file.h
 *		What the tests of the image readers share: files built in memory, and an arena to read them in.
 */
#ifndef SYNTHDQ_TEST_UNIT_IMAGE_FILE_H
#define SYNTHDQ_TEST_UNIT_IMAGE_FILE_H

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/base/arena.h"
#include "core/image/byte_reader.h"
#include "core/image/fault.h"

#define NO_LIMIT SIZE_MAX

/* Bytes that grow at the end; free(bytes) when done. */
typedef struct File
{
	unsigned char *bytes;
	size_t n;
	size_t capacity;
} File;

/* Append n bytes. */
static inline void
file_add(File *file, const void *bytes, size_t n)
{
	if (file->n + n > file->capacity || file->bytes == NULL)
	{
		file->capacity = 2 * (file->n + n) + 1;
		file->bytes = realloc(file->bytes, file->capacity);
	}
	if (n > 0)
		memcpy(file->bytes + file->n, bytes, n);
	file->n += n;
}

/* Append a big-endian 32-bit number. */
static inline void
file_add_u32(File *file, unsigned value)
{
	unsigned char bytes[] = {value >> 24, value >> 16 & 0xff, value >> 8 & 0xff, value & 0xff};

	file_add(file, bytes, sizeof(bytes));
}

/* Append the n bytes as one gzip member. */
static inline void
file_add_gzip(File *file, const void *bytes, size_t n)
{
	z_stream stream = {0};
	unsigned char *packed;
	size_t bound;

	deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	bound = deflateBound(&stream, n);
	packed = malloc(bound);
	stream.next_in = (z_const Bytef *) bytes;
	stream.avail_in = (uInt) n;
	stream.next_out = packed;
	stream.avail_out = (uInt) bound;
	deflate(&stream, Z_FINISH);
	file_add(file, packed, bound - stream.avail_out);
	deflateEnd(&stream);
	free(packed);
}

/* A copy of exactly n bytes, so that a sanitizer sees a read beyond them. */
static inline unsigned char *
exact_copy(const void *bytes, size_t n)
{
	unsigned char *copy = malloc(n > 0 ? n : 1);

	if (n > 0)
		memcpy(copy, bytes, n);
	return copy;
}

/* Is this the room's fault? */
static inline bool
is_fault(SdqStatus status, ImageFault fault)
{
	return status.code == SDQ_BAD_DATA && status.detail == (int) fault;
}

#endif
