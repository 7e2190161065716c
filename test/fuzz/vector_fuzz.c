/*
 * vector_fuzz.c
 *		Blocks of entries, flat vectors, their text form, and vectors that grow: whatever the bytes, they
 *		are read or refused; what is read keeps the promises of SampleView, is written again in as few
 *		bytes or fewer, and is united with itself.
 *
 * The first byte chooses what the rest is: a block, a flat vector, a text, or rows to be added.
 */
#include "core/sample/ecdf_codec.h"
#include "core/sample/entry_block.h"
#include "core/sample/sample.h"
#include "core/sample/sample_text.h"
#include "core/sample/vector.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Does a flat vector hold nothing but sound samples? */
static bool
read_all(const void *flat, size_t size, VectorView *view)
{
	double *values;
	uint64_t *counts;
	bool sound = true;

	if (sdq_failed(vector_open(flat, size, view)))
		return false;
	values = malloc(view->max_distinct * sizeof(*values) + 1);
	counts = malloc(view->max_distinct * sizeof(*counts) + 1);
	for (size_t i = 0; i < view->n_positions && sound; i++)
	{
		SampleView sample;

		sound = !sdq_failed(vector_position(view, i, values, counts, &sample));
		if (sound)
			must(!sdq_failed(ecdf_view_check(&sample)) && sample.n == vector_position_n(view, i),
				 "a sample that is read is sound");
	}
	free(values);
	free(counts);
	return sound;
}

/* The flat form of a vector; the caller frees. */
static void *
write_flat(SampleVector *vector, size_t *size)
{
	void *flat;

	must(!sdq_failed(vector_measure(vector, NULL, size)), "a vector has a size");
	flat = calloc(1, *size);
	must(flat != NULL && !sdq_failed(vector_write(vector, NULL, flat)), "and is written");
	return flat;
}

/* Bytes as a block. */
static void
try_block(const uint8_t *data, size_t size)
{
	static double values[ENTRY_BLOCK_MAX_ENTRIES];
	static uint64_t counts[ENTRY_BLOCK_MAX_ENTRIES];
	static double again_values[ENTRY_BLOCK_MAX_ENTRIES];
	static uint64_t again_counts[ENTRY_BLOCK_MAX_ENTRIES];
	static unsigned char bytes[ENTRY_BLOCK_MAX_BYTES];
	EntryBlock block;
	EntryBlock again;
	size_t n_bytes;
	SampleView view;

	if (sdq_failed(entry_block_decode(data, size, ENTRY_BLOCK_MAX_ENTRIES, values, counts, &block)))
		return;
	must(block.n_bytes <= size, "a block ends within its bytes");
	view = (SampleView){
		.n_distinct = block.n_entries, .values = values, .counts = counts, .n = block.total};
	if (block.total <= (uint64_t) SAMPLE_MAX_COUNT)
		must(!sdq_failed(ecdf_view_check(&view)), "a block that is read is sound");
	n_bytes = entry_block_encode(values, counts, block.n_entries, bytes);
	must(n_bytes <= block.n_bytes, "what is written is the smallest form");
	must(!sdq_failed(entry_block_decode(bytes, n_bytes, block.n_entries, again_values, again_counts,
										&again)) &&
			 again.n_entries == block.n_entries && again.n_bytes == n_bytes &&
			 again.total == block.total &&
			 memcmp(values, again_values, block.n_entries * sizeof(*values)) == 0 &&
			 memcmp(counts, again_counts, block.n_entries * sizeof(*counts)) == 0,
		 "and is read again");
}

/* Bytes as a flat vector. */
static void
try_flat(const uint8_t *data, size_t size)
{
	SampleMemory memory = sample_malloc_memory(FUZZ_MEMORY);
	SampleVector vector;
	VectorView view;
	size_t n_bytes;
	void *flat;

	if (!read_all(data, size, &view))
		return;
	vector_init(&vector, &memory);
	must(!sdq_failed(vector_set_shape(&vector, view.n_positions)), "its shape can be taken");
	if (!sdq_failed(vector_add_flat(&vector, &view, NULL)))
	{
		flat = write_flat(&vector, &n_bytes);
		must(n_bytes <= size, "what is written is the smallest form");
		must(read_all(flat, n_bytes, &view), "and is read again");
		free(flat);
	}
	vector_free(&vector);
	must(memory.held == 0, "all memory is given back");
}

/* Bytes as a text. */
static void
try_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	size_t n_samples;
	size_t n_entries;
	double *values;
	uint64_t *counts;
	SampleView *samples;

	memcpy(text, data, size);
	text[size] = '\0';
	sample_text_measure(text, &n_samples, &n_entries);
	values = malloc(n_entries * sizeof(*values) + 1);
	counts = malloc(n_entries * sizeof(*counts) + 1);
	samples = malloc(n_samples * sizeof(*samples) + 1);
	if (!sdq_failed(sample_text_read_vector(text, NULL, values, counts, samples, &n_samples)))
		for (size_t i = 0; i < n_samples; i++)
			must(!sdq_failed(ecdf_view_check(&samples[i])), "what is read is sound");
	free(samples);
	free(counts);
	free(values);
	free(text);
}

/* Bytes as rows of up to eight doubles: added in order, and by halves in reverse. */
static void
try_rows(const uint8_t *data, size_t size)
{
	size_t n_positions = size == 0 ? 1 : 1 + data[0] % 8;
	size_t row_bytes = n_positions * sizeof(double);
	size_t n_rows = size == 0 ? 0 : (size - 1) / row_bytes;
	double row[8];
	SampleMemory memory = sample_malloc_memory(FUZZ_MEMORY);
	SampleVector vectors[3];
	VectorView view;
	size_t n_bytes[2];
	void *flat[2];

	for (int v = 0; v < 3; v++)
	{
		vector_init(&vectors[v], &memory);
		must(!sdq_failed(vector_set_shape(&vectors[v], n_positions)), "a vector has a shape");
	}
	for (size_t i = 0; i < n_rows; i++)
	{
		memcpy(row, data + 1 + i * row_bytes, row_bytes);
		must(!sdq_failed(vector_add_double(&vectors[0], row, NULL)), "a row can be added");
		memcpy(row, data + 1 + (n_rows - 1 - i) * row_bytes, row_bytes);
		must(!sdq_failed(vector_add_double(&vectors[1 + i % 2], row, NULL)), "and in halves");
	}
	flat[1] = write_flat(&vectors[2], &n_bytes[1]);
	must(!sdq_failed(vector_open(flat[1], n_bytes[1], &view)) &&
			 !sdq_failed(vector_add_flat(&vectors[1], &view, NULL)),
		 "halves can be united");
	free(flat[1]);
	for (int v = 0; v < 2; v++)
		flat[v] = write_flat(&vectors[v], &n_bytes[v]);
	must(n_bytes[0] == n_bytes[1] && memcmp(flat[0], flat[1], n_bytes[0]) == 0,
		 "both ways give the same bytes");
	must(read_all(flat[0], n_bytes[0], &view), "which can be read");
	for (int v = 0; v < 2; v++)
		free(flat[v]);
	for (int v = 0; v < 3; v++)
		vector_free(&vectors[v]);
	must(memory.held == 0, "all memory is given back");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0] % 4)
	{
		case 0: try_rows(data + 1, size - 1); break;
		case 1: try_block(data + 1, size - 1); break;
		case 2: try_flat(data + 1, size - 1); break;
		default: try_text(data + 1, size - 1); break;
	}
	return 0;
}
