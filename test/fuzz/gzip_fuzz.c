/*
 * gzip_fuzz.c
 *		byte_reader: whatever the bytes, it ends, stays within its limit, and does not depend on how
 *		much is asked for at a time. The first two bytes are the step and the limit, the rest is the file.
 */
#include "fuzz.h"
#include "image_file.h"

/* Read the file n_step bytes at a time, up to the limit. */
static SdqStatus
read_all(const uint8_t *bytes, size_t n, size_t limit, size_t n_step, File *content)
{
	uint8_t *step = malloc(n_step);
	size_t got = n_step;
	ByteReader *reader;
	Arena arena;
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), FUZZ_MEMORY);
	status = byte_reader_open(&reader, bytes, n, limit, &arena, NULL);
	while (!sdq_failed(status) && got == n_step)
	{
		status = byte_reader_read(reader, step, n_step, &got);
		if (!sdq_failed(status))
		{
			file_add(content, step, got);
			must(byte_reader_position(reader) == content->n, "the position counts what was read");
		}
	}
	arena_free(&arena);
	free(step);
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	File small_steps = {0};
	File one_step = {0};
	size_t limit;
	SdqStatus a;
	SdqStatus b;

	if (size < 2)
		return 0;
	limit = (size_t) data[1] << 12;
	a = read_all(data + 2, size - 2, limit, (size_t) data[0] + 1, &small_steps);
	b = read_all(data + 2, size - 2, limit, (limit > size ? limit : size) + 1, &one_step);

	must(a.code == b.code && a.detail == b.detail, "the step does not change the outcome");
	if (is_gzip(data + 2, size - 2))
		must(small_steps.n <= limit && one_step.n <= limit, "no more than the limit comes out");
	else
		must(a.code == SDQ_OK && one_step.n == size - 2, "a plain file comes out whole");
	if (a.code == SDQ_OK)
		must(small_steps.n == one_step.n &&
				 (one_step.n == 0 || memcmp(small_steps.bytes, one_step.bytes, one_step.n) == 0),
			 "the step does not change the content");
	free(small_steps.bytes);
	free(one_step.bytes);
	return 0;
}
