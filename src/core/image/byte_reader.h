/*
 * byte_reader.h
 *		The content of a file in memory, from first byte to last, decompressed on the way if it is gzip.
 *
 * Nothing is held but zlib's window (about 40 kB), so a file of any size is read in the memory of one
 * row. gzip (RFC 1952) is recognised by its magic number; several members in a row are one content,
 * as gzip(1) has it, and each member's check sum is verified when its end is reached.
 *
 * The stop flag is polled at least once per BYTE_READER_SLICE bytes of input or output. After any
 * failure the reader must not be used again. It needs no closing: all it holds is the arena's.
 */
#ifndef SYNTHDQ_CORE_IMAGE_BYTE_READER_H
#define SYNTHDQ_CORE_IMAGE_BYTE_READER_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/base/stop.h"

/* zlib inflates this much in about a millisecond. */
#define BYTE_READER_SLICE ((size_t) 256 * 1024)

typedef struct ByteReader ByteReader;

/*
 * A reader at the first byte of file[n_bytes], which is borrowed until the last read. limit = content
 * bytes that a compressed file may unpack to; one that goes beyond is IMAGE_GZIP_OVER_LIMIT. A plain
 * file is as long as it is. stop is borrowed and may be NULL.
 * SDQ_NO_MEMORY, SDQ_OVER_LIMIT.
 */
extern SdqStatus byte_reader_open(ByteReader **reader, const uint8_t *file, size_t n_bytes,
								  size_t limit, Arena *arena, Stop *stop);

/* Up to n_wanted bytes into out; *n_got is less only where the content ends.
 * SDQ_INTERRUPTED; SDQ_BAD_DATA with one of IMAGE_GZIP_*. */
extern SdqStatus byte_reader_read(ByteReader *reader, uint8_t *out, size_t n_wanted, size_t *n_got);

/* Exactly n_wanted bytes of a header into out, IMAGE_HEADER_SHORT if the content ends before. */
extern SdqStatus byte_reader_read_header(ByteReader *reader, uint8_t *out, size_t n_wanted);

/* Content bytes read so far. */
extern size_t byte_reader_position(const ByteReader *reader);

/*
 * Say how long the whole content must be, once a header told. What can be known at once is checked at
 * once: a plain file's length (IMAGE_DATA_SHORT, IMAGE_DATA_TRAILING), a compressed one's against the
 * limit (IMAGE_GZIP_OVER_LIMIT).
 */
extern SdqStatus byte_reader_expect(ByteReader *reader, size_t content_bytes);

/* Exactly n_wanted bytes into out, IMAGE_DATA_SHORT if the content ends before. After
 * byte_reader_expect(). */
extern SdqStatus byte_reader_read_exactly(ByteReader *reader, uint8_t *out, size_t n_wanted);

/* The content must end here: IMAGE_DATA_TRAILING if it does not, and any fault of the last check sum.
 * After byte_reader_expect(). */
extern SdqStatus byte_reader_finish(ByteReader *reader);

#endif
