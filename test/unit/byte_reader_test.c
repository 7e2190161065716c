/*
 * byte_reader_test.c
 *		Plain and gzip content: the same bytes come out; every damage is seen; the limit holds.
 */
#include "core/image/byte_reader.h"

#include "check.h"
#include "image_file.h"
#include "stops.h"

/* Longer than a slice, and not of one byte only. */
#define LONG_CONTENT (3 * BYTE_READER_SLICE + 17)
#define BOMB_BYTES   ((size_t) 64 * 1024 * 1024)
#define BOMB_LIMIT   ((size_t) 1024 * 1024)

/* Read all of a file, n_step bytes at a time; *content is malloc'd. */
static SdqStatus
read_all(const File *file, size_t limit, size_t n_step, Stop *stop, File *content)
{
	unsigned char *bytes = exact_copy(file->bytes, file->n);
	unsigned char *step = malloc(n_step);
	Arena arena;
	ByteReader *reader;
	size_t got = n_step;
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), 0);
	status = byte_reader_open(&reader, bytes, file->n, limit, &arena, stop);
	while (!sdq_failed(status) && got == n_step)
	{
		status = byte_reader_read(reader, step, n_step, &got);
		file_add(content, step, got);
	}
	arena_free(&arena);
	free(bytes);
	free(step);
	return status;
}

/* Does reading the file give these n bytes, in one piece and in small steps? */
static bool
gives(const File *file, const void *bytes, size_t n)
{
	static const size_t steps[] = {7, 1000, LONG_CONTENT * 3};
	bool same = true;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
	{
		File content = {0};
		SdqStatus status = read_all(file, NO_LIMIT, steps[i], NULL, &content);

		same = same && !sdq_failed(status) && content.n == n &&
			   (n == 0 || memcmp(content.bytes, bytes, n) == 0);
		free(content.bytes);
	}
	return same;
}

/* How reading all of a file ends. */
static SdqStatus
end_of(const File *file, size_t limit)
{
	File content = {0};
	SdqStatus status = read_all(file, limit, 1000, NULL, &content);

	free(content.bytes);
	return status;
}

/* A content that neither compresses to nothing nor not at all. */
static unsigned char *
make_content(size_t n)
{
	unsigned char *content = malloc(n);

	for (size_t i = 0; i < n; i++)
		content[i] = (unsigned char) (i * i / 7 % 251);
	return content;
}

static void
test_contents(void)
{
	unsigned char *content = make_content(LONG_CONTENT);
	File plain = {0};
	File packed = {0};
	File members = {0};
	File empty = {0};
	File empty_members = {0};

	file_add(&plain, content, LONG_CONTENT);
	check(gives(&plain, content, LONG_CONTENT), "a plain file gives its bytes");
	file_add_gzip(&packed, content, LONG_CONTENT);
	check(gives(&packed, content, LONG_CONTENT), "a gzip file gives what was packed");
	file_add_gzip(&members, content, 1000);
	file_add_gzip(&members, content + 1000, 0);
	file_add_gzip(&members, content + 1000, LONG_CONTENT - 1000);
	check(gives(&members, content, LONG_CONTENT), "several members, one of them empty, are joined");
	check(gives(&empty, NULL, 0), "an empty file is an empty content");
	for (int i = 0; i < 1000; i++)
		file_add_gzip(&empty_members, content, 0);
	check(gives(&empty_members, NULL, 0), "a thousand empty members are an empty content");

	free(content);
	free(plain.bytes);
	free(packed.bytes);
	free(members.bytes);
	free(empty_members.bytes);
}

static void
test_damage(void)
{
	unsigned char *content = make_content(5000);
	File packed = {0};
	File damaged = {0};
	bool all_truncated = true;
	bool none_silent = true;

	file_add_gzip(&packed, content, 5000);
	for (size_t n = 2; n < packed.n; n++)
		all_truncated =
			all_truncated && is_fault(end_of(&(File){.bytes = packed.bytes, .n = n}, NO_LIMIT),
									  IMAGE_GZIP_TRUNCATED);
	check(all_truncated, "a gzip file cut off anywhere is reported as truncated");

	/* Byte 3 holds flags, 4 to 9 time and system: some of their bits may change unseen. */
	for (size_t i = 10; i < packed.n; i++)
	{
		packed.bytes[i] ^= 0x55;
		none_silent = none_silent && end_of(&packed, NO_LIMIT).code == SDQ_BAD_DATA;
		packed.bytes[i] ^= 0x55;
	}
	check(none_silent, "no changed byte of data or check sum goes unnoticed");

	packed.bytes[packed.n - 8] ^= 1;
	check(is_fault(end_of(&packed, NO_LIMIT), IMAGE_GZIP_CORRUPT), "a wrong check sum is corrupt");
	packed.bytes[packed.n - 8] ^= 1;

	file_add(&damaged, packed.bytes, packed.n);
	file_add(&damaged, "junk", 4);
	check(is_fault(end_of(&damaged, NO_LIMIT), IMAGE_GZIP_TRAILING),
		  "bytes after the last member are reported");
	check(end_of(&damaged, NO_LIMIT).row == (int64_t) packed.n, "with their position");

	free(content);
	free(packed.bytes);
	free(damaged.bytes);
}

static void
test_limit(void)
{
	unsigned char *zeros = calloc(BOMB_BYTES, 1);
	File bomb = {0};
	File content = {0};
	File exact = {0};
	SdqStatus status;

	file_add_gzip(&bomb, zeros, BOMB_BYTES);
	status = read_all(&bomb, BOMB_LIMIT, 1000, NULL, &content);
	check(is_fault(status, IMAGE_GZIP_OVER_LIMIT) && status.b == (double) BOMB_LIMIT,
		  "a bomb stops at the limit and names it");
	check(content.n <= BOMB_LIMIT + 1000, "and has not been unpacked beyond it");

	file_add_gzip(&exact, zeros, BOMB_LIMIT);
	check(end_of(&exact, BOMB_LIMIT).code == SDQ_OK, "a content of the limit's size passes");
	check(is_fault(end_of(&exact, BOMB_LIMIT - 1), IMAGE_GZIP_OVER_LIMIT),
		  "one byte more does not");
	check(end_of(&(File){.bytes = zeros, .n = BOMB_LIMIT}, 10).code == SDQ_OK,
		  "the limit does not concern plain files");

	free(zeros);
	free(bomb.bytes);
	free(content.bytes);
	free(exact.bytes);
}

static void
test_stop(void)
{
	unsigned char *content = make_content(LONG_CONTENT);
	File packed = {0};
	int left = 3;
	Stop stop = {.poll = stop_countdown, .context = &left};
	File read = {0};
	SdqStatus status;

	file_add_gzip(&packed, content, LONG_CONTENT);
	status = read_all(&packed, NO_LIMIT, LONG_CONTENT, &stop, &read);
	check(status.code == SDQ_INTERRUPTED && read.n <= 3 * BYTE_READER_SLICE,
		  "a stop ends the reading between two slices");
	free(content);
	free(packed.bytes);
	free(read.bytes);
}

static void
test_memory(void)
{
	File packed = {0};
	ByteReader *reader;
	Arena arena;
	SdqStatus status;

	file_add_gzip(&packed, "x", 1);
	arena_init(&arena, arena_malloc_source(), 100);
	status = byte_reader_open(&reader, packed.bytes, packed.n, NO_LIMIT, &arena, NULL);
	check(status.code == SDQ_OVER_LIMIT, "without memory for a reader there is none");
	arena_free(&arena);
	arena_init(&arena, arena_malloc_source(), 2000);
	status = byte_reader_open(&reader, packed.bytes, packed.n, NO_LIMIT, &arena, NULL);
	check(status.code == SDQ_OVER_LIMIT, "without memory for zlib neither");
	arena_free(&arena);
	free(packed.bytes);
}

int
main(void)
{
	test_contents();
	test_damage();
	test_limit();
	test_stop();
	test_memory();
	return check_done();
}
