/*
 * vector_codec_test.c
 *		Lists of blocks and flat vectors: round trips, streams, their layout, damaged bytes.
 */
#include "check.h"

#include <string.h>

#include "core/base/rng.h"
#include "core/sample/entry_list.h"
#include "core/sample/vector_codec.h"

#define MAX_ENTRIES 10000

static double values[MAX_ENTRIES];
static uint64_t counts[MAX_ENTRIES];
static double got_values[MAX_ENTRIES];
static uint64_t got_counts[MAX_ENTRIES];

/* A sample of n entries; kinds 0 to 3: dense and sparse integers, floats, doubles. */
static SampleView
make_sample(Rng *rng, int kind, size_t n)
{
	SampleView view = {.n_distinct = n, .values = values, .counts = counts, .n = 0};
	double value = -50;

	for (size_t i = 0; i < n; i++)
	{
		static const double steps[] = {1, 1000, 0.25, 0.1};

		value += steps[kind] * (double) (1 + (kind > 0 ? rng_below(rng, 5) : 0));
		values[i] = value;
		counts[i] = 1 + rng_below(rng, kind % 2 == 0 ? 1 : 300);
		view.n += counts[i];
	}
	return view;
}

/* A view that is brought piece by piece. */
typedef struct Pieces
{
	const SampleView *view;
	size_t next;
	size_t piece;
	size_t fail_at; /* fetching beyond fails */
} Pieces;

static SdqStatus
fetch_piece(SampleStream *stream)
{
	Pieces *pieces = stream->source;
	size_t left = pieces->view->n_distinct - pieces->next;

	if (pieces->next > pieces->fail_at)
		return sdq_error(SDQ_NO_MEMORY, 1, 0);
	stream->values = pieces->view->values + pieces->next;
	stream->counts = pieces->view->counts + pieces->next;
	stream->n_entries = left < pieces->piece ? left : pieces->piece;
	pieces->next += stream->n_entries;
	return sdq_ok();
}

static SdqStatus
restart_pieces(SampleStream *stream)
{
	((Pieces *) stream->source)->next = 0;
	stream->n_entries = 0;
	return sdq_ok();
}

static SampleStream
stream_of(Pieces *pieces)
{
	return (SampleStream){.n = pieces->view->n,
						  .values = NULL,
						  .counts = NULL,
						  .n_entries = 0,
						  .fetch = fetch_piece,
						  .restart = restart_pieces,
						  .source = pieces};
}

/* Does a list give the entries of the view, at once and as a stream, twice? */
static bool
reads_back(const EntryList *list, const SampleView *view)
{
	SampleView read;
	EntryListReader reader = {.values = got_values, .counts = got_counts};
	SampleStream stream;

	if (sdq_failed(entry_list_check(list)) ||
		sdq_failed(entry_list_read(list, NULL, got_values, got_counts, &read)) ||
		read.n != view->n || read.n_distinct != view->n_distinct ||
		memcmp(got_values, view->values, view->n_distinct * sizeof(double)) != 0 ||
		memcmp(got_counts, view->counts, view->n_distinct * sizeof(uint64_t)) != 0)
		return false;
	stream = entry_list_stream(&reader, list);
	for (int pass = 0; pass < 2; pass++)
	{
		size_t next = 0;

		do
		{
			if (sdq_failed(stream.fetch(&stream)) ||
				memcmp(stream.values, view->values + next, stream.n_entries * sizeof(double)) != 0)
				return false;
			next += stream.n_entries;
		} while (stream.n_entries > 0);
		if (next != view->n_distinct || sdq_failed(stream.fetch(&stream)) || stream.n_entries > 0 ||
			sdq_failed(stream.restart(&stream)))
			return false;
	}
	return stream.n == view->n;
}

static void
test_lists(void)
{
	static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 8192, MAX_ENTRIES};
	static const size_t pieces_of[] = {1, 1000, 4096, 5000, MAX_ENTRIES};
	Rng rng;
	bool same = true;
	bool sizes_hold = true;
	bool independent = true;
	bool failures_show = true;

	rng_seed(&rng, 1, 0);
	for (size_t k = 0; k < sizeof(sizes) / sizeof(*sizes); k++)
		for (int kind = 0; kind < 4; kind++)
		{
			SampleView view = make_sample(&rng, kind, sizes[k]);
			SampleStream stream = sample_stream_of_view(&view);
			EntryList list = {.n = view.n};
			unsigned char *bytes;
			size_t n_distinct;
			size_t n_written;

			sizes_hold &=
				!sdq_failed(entry_list_measure(&stream, NULL, &list.n_distinct, &list.n_bytes)) &&
				list.n_distinct == sizes[k];
			bytes = malloc(list.n_bytes + 1);
			list.bytes = bytes;
			sizes_hold &=
				!sdq_failed(entry_list_write(&stream, NULL, bytes, &n_distinct, &n_written)) &&
				n_written == list.n_bytes;
			same &= reads_back(&list, &view);

			for (size_t p = 0; p < sizeof(pieces_of) / sizeof(*pieces_of); p++)
			{
				Pieces pieces = {.view = &view, .piece = pieces_of[p], .fail_at = SIZE_MAX};
				unsigned char *again = malloc(list.n_bytes + 1);
				size_t n_bytes;

				stream = stream_of(&pieces);
				independent &=
					!sdq_failed(entry_list_measure(&stream, NULL, &n_distinct, &n_bytes)) &&
					n_bytes == list.n_bytes && n_distinct == sizes[k] &&
					!sdq_failed(entry_list_write(&stream, NULL, again, &n_distinct, &n_bytes)) &&
					memcmp(again, bytes, n_bytes) == 0;
				pieces.fail_at = sizes[k] / 2;
				if (sizes[k] > 1)
					failures_show &=
						entry_list_measure(&stream, NULL, &n_distinct, &n_bytes).code ==
							SDQ_NO_MEMORY ||
						pieces_of[p] > sizes[k] / 2;
				free(again);
			}
			free(bytes);
		}
	check(sizes_hold, "a list has the size that was measured");
	check(same, "a list gives back its sample, at once and as a stream");
	check(independent, "the bytes do not depend on the pieces of the stream");
	check(failures_show, "a stream that fails fails the list");
}

/* The code of the fault that reading a list shows, ENTRY_LIST_OK if none. */
static int
list_fault(EntryList list)
{
	SampleView view;
	SdqStatus status = entry_list_check(&list);

	if (!sdq_failed(status))
		status = entry_list_read(&list, NULL, got_values, got_counts, &view);
	return status.detail;
}

static void
test_list_faults(void)
{
	static const unsigned char one[] = {0x00, 0x01, 0x00}; /* 0 once */
	const EntryList good = {.n = 1, .n_distinct = 1, .n_bytes = 3, .bytes = one};
	unsigned char *two_blocks = malloc(100000);
	EntryList list = good;
	SampleView view;
	SampleStream stream;
	Rng rng;

	check(list_fault(good) == ENTRY_LIST_OK, "a list of one entry");
	list.n = 2;
	check(list_fault(list) == ENTRY_LIST_BAD_TOTAL, "counts do not add up to n");
	list.n = 0;
	check(list_fault(list) == ENTRY_LIST_BAD_TOTAL, "more entries than observations");
	list.n = (uint64_t) SAMPLE_MAX_COUNT + 1;
	check(list_fault(list) == ENTRY_LIST_BAD_TOTAL, "too many observations");
	list.n_distinct = 0;
	list.n = 1;
	check(list_fault(list) == ENTRY_LIST_BAD_TOTAL, "observations without entries");
	list = good;
	list.n_distinct = 5000;
	list.n = 5000;
	check(list_fault(list) == ENTRY_LIST_BAD_SIZE, "two blocks in three bytes");
	list = good;
	list.n_distinct = 2;
	list.n = 2;
	check(list_fault(list) == ENTRY_LIST_BAD_BLOCK, "a block with fewer entries than there are");
	list = good;
	list.n_bytes = 2;
	check(list_fault(list) == ENTRY_LIST_BAD_SIZE, "less than a block");
	list = good;
	list.n_distinct = 0;
	list.n = 0;
	check(list_fault(list) == ENTRY_LIST_BAD_SIZE, "bytes without entries");

	rng_seed(&rng, 2, 0);
	view = make_sample(&rng, 0, 2 * 4096);
	stream = sample_stream_of_view(&view);
	list = (EntryList){.n = view.n, .bytes = two_blocks};
	entry_list_write(&stream, NULL, two_blocks, &list.n_distinct, &list.n_bytes);
	check(list_fault(list) == ENTRY_LIST_OK, "a list of two blocks");
	memcpy(two_blocks + list.n_bytes / 2, two_blocks, list.n_bytes / 2);
	check(list_fault(list) == ENTRY_LIST_NOT_ASCENDING, "the second block repeats the first");
	free(two_blocks);
}

/* A flat vector of n_positions samples of these kinds, the caller frees; *sizes_hold is cleared if a
 * size is wrong. */
static unsigned char *
make_vector(uint64_t seed, size_t n_positions, size_t max_n, size_t *n_bytes)
{
	Rng rng;
	size_t entry_bytes = 0;
	unsigned char *flat;
	VectorWriter writer;

	rng_seed(&rng, seed, 0);
	for (size_t i = 0; i < n_positions; i++)
	{
		SampleView view = make_sample(&rng, (int) (i % 4), i * 7919 % (max_n + 1));
		SampleStream stream = sample_stream_of_view(&view);
		size_t n_distinct;
		size_t bytes;

		entry_list_measure(&stream, NULL, &n_distinct, &bytes);
		entry_bytes += bytes;
	}
	vector_flat_size(n_positions, entry_bytes, n_bytes);
	flat = calloc(1, *n_bytes);
	writer = vector_write_begin(flat, n_positions);
	rng_seed(&rng, seed, 0);
	for (size_t i = 0; i < n_positions; i++)
	{
		SampleView view = make_sample(&rng, (int) (i % 4), i * 7919 % (max_n + 1));

		vector_write_position(&writer, &view, NULL);
	}
	check(writer.end == entry_bytes, "a vector takes what was measured");
	return flat;
}

static void
test_vectors(void)
{
	static const size_t lengths[] = {0, 1, 5, 50};
	bool same = true;

	for (size_t k = 0; k < sizeof(lengths) / sizeof(*lengths); k++)
	{
		size_t n_bytes;
		unsigned char *flat = make_vector(k, lengths[k], MAX_ENTRIES, &n_bytes);
		VectorView vector;
		Rng rng;

		rng_seed(&rng, k, 0);
		same &= !sdq_failed(vector_open(flat, n_bytes, &vector)) &&
				vector.n_positions == lengths[k] && vector.max_distinct <= MAX_ENTRIES;
		for (size_t i = 0; same && i < lengths[k]; i++)
		{
			SampleView view = make_sample(&rng, (int) (i % 4), i * 7919 % (MAX_ENTRIES + 1));
			EntryList list = vector_position_list(&vector, i);
			SampleView got;

			same &= !sdq_failed(vector_position(&vector, i, got_values, got_counts, &got)) &&
					got.n == view.n && got.n_distinct == view.n_distinct &&
					vector_position_n(&vector, i) == view.n && reads_back(&list, &view);
		}
		free(flat);
	}
	check(same, "a vector gives back its samples");
}

/* Read all of a vector that may be damaged; false if that shows anything but BAD_DATA. */
static bool
read_all(const unsigned char *flat, size_t n_bytes)
{
	VectorView vector;
	SdqStatus status = vector_open(flat, n_bytes, &vector);
	double *room;
	uint64_t *count_room;

	if (sdq_failed(status))
		return status.code == SDQ_BAD_DATA;
	if (vector.max_distinct > n_bytes * ENTRY_BLOCK_MAX_ENTRIES)
		return false;
	room = malloc((vector.max_distinct + 1) * sizeof(*room));
	count_room = malloc((vector.max_distinct + 1) * sizeof(*count_room));
	for (size_t i = 0; i < vector.n_positions; i++)
	{
		SampleView view;

		status = vector_position(&vector, i, room, count_room, &view);
		if (sdq_failed(status) && status.code != SDQ_BAD_DATA)
			return false;
	}
	free(room);
	free(count_room);
	return true;
}

static void
test_damaged_vectors(void)
{
	size_t n_bytes;
	unsigned char *flat = make_vector(9, 6, 3, &n_bytes);
	bool refused = true;
	bool survives = true;

	for (size_t length = 0; length < n_bytes; length++)
	{
		unsigned char *prefix = malloc(length + 1);
		VectorView vector;

		memcpy(prefix + 1, flat, length);
		refused &= vector_open(prefix + 1, length, &vector).code == SDQ_BAD_DATA;
		free(prefix);
	}
	for (size_t at = 4; at < n_bytes; at++)
		for (int flip = 1; flip < 256; flip++)
		{
			flat[at] ^= (unsigned char) flip;
			survives &= read_all(flat, n_bytes);
			flat[at] ^= (unsigned char) flip;
		}
	check(refused, "a vector that is cut short is refused");
	check(survives, "a changed byte gives well-formed samples or a fault");
	free(flat);
}

int
main(void)
{
	test_lists();
	test_list_faults();
	test_vectors();
	test_damaged_vectors();
	return check_done();
}
