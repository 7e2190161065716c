/*
 * byte_reader.c
 *		Plain or gzip content, in slices.
 *
 * zlib allocates through the arena, so that a caller may leave at any point, by an error of the server
 * too, without ending the stream. Its frees are ignored: further members reuse the state of the first
 * by inflateReset().
 */
#include "core/image/byte_reader.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

#include "core/image/fault.h"

#define GZIP_MAGIC_BYTES 2
/* zlib.h, inflateInit2: the largest window, plus 16 for a gzip header and trailer and no other. */
#define GZIP_WINDOW_BITS (15 + 16)

struct ByteReader
{
	const uint8_t *file;
	size_t n_file;
	size_t next; /* bytes of the file consumed */
	bool is_gzip;
	bool at_end; /* of the content */
	size_t limit;
	size_t position; /* content bytes read */
	size_t expected; /* content bytes in all, by byte_reader_expect() */
	Stop *stop;
	Arena *arena;
	z_stream stream;
};

/* Does a gzip member begin at the reader's place? */
static bool
is_gzip_member(const ByteReader *reader)
{
	return reader->n_file - reader->next >= GZIP_MAGIC_BYTES &&
		   reader->file[reader->next] == 0x1f && reader->file[reader->next + 1] == 0x8b;
}

/* zlib's allocator: the arena. */
static voidpf
zlib_allocate(voidpf arena, uInt count, uInt size)
{
	return arena_alloc(arena, count, size);
}

/* zlib's release: the arena gives everything back at once. */
static void
zlib_release(voidpf arena, voidpf block)
{
	(void) arena;
	(void) block;
}

SdqStatus
byte_reader_open(ByteReader **reader_out, const uint8_t *file, size_t n_bytes, size_t limit,
				 Arena *arena, Stop *stop)
{
	ByteReader *reader = arena_zalloc(arena, 1, sizeof(ByteReader));

	if (reader == NULL)
		return arena_failure(arena);
	reader->file = file;
	reader->n_file = n_bytes;
	reader->limit = limit;
	reader->stop = stop;
	reader->arena = arena;
	reader->is_gzip = is_gzip_member(reader);
	if (reader->is_gzip)
	{
		reader->stream.zalloc = zlib_allocate;
		reader->stream.zfree = zlib_release;
		reader->stream.opaque = arena;
		if (inflateInit2(&reader->stream, GZIP_WINDOW_BITS) != Z_OK)
			return arena_failure(arena);
	}
	*reader_out = reader;
	return sdq_ok();
}

/* Up to n_wanted bytes of a plain file: *n_got bytes. */
static SdqStatus
copy_slice(ByteReader *reader, uint8_t *out, size_t n_wanted, size_t *n_got)
{
	size_t n = reader->n_file - reader->next;

	if (n > n_wanted)
		n = n_wanted;
	if (n > 0)
		memcpy(out, reader->file + reader->next, n);
	reader->next += n;
	reader->at_end = reader->next == reader->n_file;
	*n_got = n;
	return sdq_ok();
}

/* A fault of the compressed data at the reader's place. */
static SdqStatus
gzip_fault(const ByteReader *reader, ImageFault fault)
{
	return sdq_bad_data(fault, (int64_t) reader->next, 0, 0);
}

/* After a member's end: the content ends here, or the next member begins. */
static SdqStatus
next_member(ByteReader *reader)
{
	if (reader->next == reader->n_file)
	{
		reader->at_end = true;
		return sdq_ok();
	}
	if (!is_gzip_member(reader))
		return gzip_fault(reader, IMAGE_GZIP_TRAILING);
	inflateReset(&reader->stream);
	return sdq_ok();
}

/* One call of inflate(), at most a slice of input and n_wanted <= a slice of output: *n_got bytes. */
static SdqStatus
inflate_slice(ByteReader *reader, uint8_t *out, size_t n_wanted, size_t *n_got)
{
	z_stream *stream = &reader->stream;
	size_t n_input = reader->n_file - reader->next;
	int result;

	if (n_input > BYTE_READER_SLICE)
		n_input = BYTE_READER_SLICE;
	stream->next_in = (z_const Bytef *) (reader->file + reader->next);
	stream->avail_in = (uInt) n_input;
	stream->next_out = out;
	stream->avail_out = (uInt) n_wanted;
	result = inflate(stream, Z_NO_FLUSH);
	reader->next += n_input - stream->avail_in;
	*n_got = n_wanted - stream->avail_out;
	switch (result)
	{
		case Z_OK: return sdq_ok();
		case Z_STREAM_END: return next_member(reader);
		/* No progress: as there is room for output, the input is at its end. */
		case Z_BUF_ERROR: return gzip_fault(reader, IMAGE_GZIP_TRUNCATED);
		case Z_MEM_ERROR: return arena_failure(reader->arena);
		default: return gzip_fault(reader, IMAGE_GZIP_CORRUPT);
	}
}

SdqStatus
byte_reader_read(ByteReader *reader, uint8_t *out, size_t n_wanted, size_t *n_got)
{
	*n_got = 0;
	while (*n_got < n_wanted && !reader->at_end)
	{
		size_t wanted = n_wanted - *n_got;
		size_t got;
		SdqStatus status;

		if (stop_poll(reader->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		if (wanted > BYTE_READER_SLICE)
			wanted = BYTE_READER_SLICE;
		status = reader->is_gzip ? inflate_slice(reader, out + *n_got, wanted, &got)
								 : copy_slice(reader, out + *n_got, wanted, &got);
		*n_got += got;
		reader->position += got;
		if (reader->is_gzip && reader->position > reader->limit)
			return sdq_bad_data(IMAGE_GZIP_OVER_LIMIT, (int64_t) reader->next, NAN,
								(double) reader->limit);
		if (sdq_failed(status))
			return status;
	}
	return sdq_ok();
}

SdqStatus
byte_reader_read_header(ByteReader *reader, uint8_t *out, size_t n_wanted)
{
	size_t needed = reader->position + n_wanted;
	size_t got;
	SdqStatus status = byte_reader_read(reader, out, n_wanted, &got);

	if (!sdq_failed(status) && got < n_wanted)
		return sdq_bad_data(IMAGE_HEADER_SHORT, -1, (double) needed, (double) reader->position);
	return status;
}

size_t
byte_reader_position(const ByteReader *reader)
{
	return reader->position;
}

/* The content is not as long as its header says. */
static SdqStatus
length_fault(const ByteReader *reader, ImageFault fault, size_t there)
{
	return sdq_bad_data(fault, -1, (double) reader->expected, (double) there);
}

SdqStatus
byte_reader_expect(ByteReader *reader, size_t content_bytes)
{
	reader->expected = content_bytes;
	if (reader->is_gzip)
		return content_bytes <= reader->limit
				   ? sdq_ok()
				   : sdq_bad_data(IMAGE_GZIP_OVER_LIMIT, -1, (double) content_bytes,
								  (double) reader->limit);
	if (reader->n_file < content_bytes)
		return length_fault(reader, IMAGE_DATA_SHORT, reader->n_file);
	if (reader->n_file > content_bytes)
		return length_fault(reader, IMAGE_DATA_TRAILING, reader->n_file);
	return sdq_ok();
}

SdqStatus
byte_reader_read_exactly(ByteReader *reader, uint8_t *out, size_t n_wanted)
{
	size_t got;
	SdqStatus status = byte_reader_read(reader, out, n_wanted, &got);

	if (!sdq_failed(status) && got < n_wanted)
		return length_fault(reader, IMAGE_DATA_SHORT, reader->position);
	return status;
}

SdqStatus
byte_reader_finish(ByteReader *reader)
{
	uint8_t beyond;
	size_t got;
	SdqStatus status = byte_reader_read(reader, &beyond, 1, &got);

	/* A byte too many is what is wrong, even if it is also the one beyond the limit. */
	if (got > 0)
		return length_fault(reader, IMAGE_DATA_TRAILING, reader->position);
	return status;
}
