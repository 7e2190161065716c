/*
 * vector_codec.c
 *		Writing and distrustful reading of flat vectors of samples.
 */
#include "core/sample/vector_codec.h"

#include <stdbool.h>
#include <string.h>

#define VERSION_OFFSET   4
#define FLAGS_OFFSET     5
#define N_FLAGS          3
#define POSITIONS_OFFSET 8
#define DIRECTORY_OFFSET 12

/* The words of a position in the directory. */
#define N_WORD          0
#define N_DISTINCT_WORD 1
#define END_WORD        2
#define POSITION_BYTES  (3 * sizeof(uint32_t))

/* A word at any address. */
static inline uint32_t
read_word(const unsigned char *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static inline void
write_word(unsigned char *bytes, size_t word)
{
	uint32_t narrow = (uint32_t) word;

	memcpy(bytes, &narrow, sizeof(narrow));
}

/* A word of the directory. */
static inline uint32_t
directory_word(const VectorView *view, size_t position, int word)
{
	return read_word(view->directory + position * POSITION_BYTES + word * sizeof(uint32_t));
}

bool
vector_flat_size(size_t n_positions, size_t entry_bytes, size_t *bytes)
{
	/* Ends are kept in 32 bits. */
	return n_positions <= VECTOR_MAX_POSITIONS && entry_bytes <= UINT32_MAX &&
		   checked_add(DIRECTORY_OFFSET + n_positions * POSITION_BYTES, entry_bytes, bytes);
}

EntryList
vector_position_list(const VectorView *view, size_t position)
{
	size_t start = position == 0 ? 0 : directory_word(view, position - 1, END_WORD);

	return (EntryList){.n = directory_word(view, position, N_WORD),
					   .n_distinct = directory_word(view, position, N_DISTINCT_WORD),
					   .n_bytes = directory_word(view, position, END_WORD) - start,
					   .bytes = view->entries + start};
}

SdqStatus
vector_open(const void *flat, size_t n_bytes, VectorView *view)
{
	const unsigned char *bytes = flat;
	size_t n_positions;
	size_t n_entry_bytes;
	size_t start = 0;

	if (n_bytes < DIRECTORY_OFFSET)
		return sdq_bad_data(VECTOR_BAD_SIZE, -1, (double) n_bytes, DIRECTORY_OFFSET);
	if (bytes[VERSION_OFFSET] != VECTOR_FLAT_VERSION)
		return sdq_bad_data(VECTOR_BAD_VERSION, -1, bytes[VERSION_OFFSET], VECTOR_FLAT_VERSION);
	for (int i = 0; i < N_FLAGS; i++)
		if (bytes[FLAGS_OFFSET + i] != 0)
			return sdq_bad_data(VECTOR_BAD_FLAGS, -1, bytes[FLAGS_OFFSET + i], 0);
	n_positions = read_word(bytes + POSITIONS_OFFSET);
	if (n_positions > VECTOR_MAX_POSITIONS ||
		n_positions > (n_bytes - DIRECTORY_OFFSET) / POSITION_BYTES)
		return sdq_bad_data(VECTOR_BAD_SIZE, -1, (double) n_bytes, (double) n_positions);

	*view = (VectorView){.n_positions = n_positions,
						 .max_distinct = 0,
						 .directory = bytes + DIRECTORY_OFFSET,
						 .entries = bytes + DIRECTORY_OFFSET + n_positions * POSITION_BYTES};
	n_entry_bytes = n_bytes - DIRECTORY_OFFSET - n_positions * POSITION_BYTES;
	for (size_t position = 0; position < n_positions; position++)
	{
		size_t end = directory_word(view, position, END_WORD);
		EntryList list;
		SdqStatus status;

		if (end < start || end > n_entry_bytes)
			return sdq_bad_data(VECTOR_BAD_SIZE, (int64_t) position, (double) end,
								(double) n_entry_bytes);
		start = end;
		list = vector_position_list(view, position);
		status = entry_list_check(&list);
		if (sdq_failed(status))
			return sdq_bad_data(VECTOR_BAD_ENTRIES, (int64_t) position, status.detail, 0);
		if (list.n_distinct > view->max_distinct)
			view->max_distinct = list.n_distinct;
	}
	if (start != n_entry_bytes)
		return sdq_bad_data(VECTOR_BAD_SIZE, -1, (double) n_entry_bytes, (double) start);
	return sdq_ok();
}

uint64_t
vector_position_n(const VectorView *view, size_t position)
{
	return directory_word(view, position, N_WORD);
}

SdqStatus
vector_position(const VectorView *view, size_t position, double *values, uint64_t *counts,
				SampleView *sample)
{
	EntryList list = vector_position_list(view, position);
	SdqStatus status = entry_list_read(&list, NULL, values, counts, sample);

	if (status.code == SDQ_BAD_DATA)
		return sdq_bad_data(VECTOR_BAD_ENTRIES, (int64_t) position, status.detail, 0);
	return status;
}

VectorWriter
vector_write_begin(void *flat, size_t n_positions)
{
	unsigned char *bytes = flat;

	bytes[VERSION_OFFSET] = VECTOR_FLAT_VERSION;
	memset(bytes + FLAGS_OFFSET, 0, N_FLAGS);
	write_word(bytes + POSITIONS_OFFSET, n_positions);
	return (VectorWriter){.flat = bytes, .n_positions = n_positions, .n_put = 0, .end = 0};
}

SdqStatus
vector_write_position(VectorWriter *writer, const SampleView *sample, Stop *stop)
{
	unsigned char *directory = writer->flat + DIRECTORY_OFFSET;
	unsigned char *entries = directory + writer->n_positions * POSITION_BYTES;
	unsigned char *words = directory + writer->n_put * POSITION_BYTES;
	SampleStream stream = sample_stream_of_view(sample);
	size_t n_distinct;
	size_t n_bytes;
	SdqStatus status =
		entry_list_write(&stream, stop, entries + writer->end, &n_distinct, &n_bytes);

	if (sdq_failed(status))
		return status;
	writer->end += n_bytes;
	writer->n_put++;
	write_word(words + N_WORD * sizeof(uint32_t), sample->n);
	write_word(words + N_DISTINCT_WORD * sizeof(uint32_t), n_distinct);
	write_word(words + END_WORD * sizeof(uint32_t), writer->end);
	return sdq_ok();
}
