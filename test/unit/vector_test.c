/*
 * vector_test.c
 *		Vectors of samples: each position holds what a sample of its own would, in one form of bytes,
 *		for any type, order and merging.
 */
#include "check.h"

#include <float.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/sample/sample.h"
#include "core/sample/vector.h"
#include "stops.h"

#define MAX_POSITIONS 40
#define MAX_ROWS      3000

/* Kinds of rows. */
typedef enum RowKind
{
	PIXELS,          /* 0 to 255, mostly 0 */
	SIGNED_INTEGERS, /* a range that grows, below 0 too */
	WIDE_INTEGERS,   /* too wide for a window */
	SCALED_PIXELS,   /* floats in [0, 1] */
	REALS,           /* doubles, all different */
	MIXED,           /* integers, fractions, infinities, NaN, -0 */
	N_ROW_KINDS,
} RowKind;

static double
random_number(Rng *rng, RowKind kind, size_t row)
{
	static const double mixed[] = {0,        -0.0,  1,   255,    -1,      NAN,
								   INFINITY, 0.5,   NAN, 0x1p51, -0x1p53, DBL_TRUE_MIN,
								   -0.25,    1e300, 0.1, 1000,   DBL_MAX, -INFINITY};
	uint64_t word = rng_u64(rng);

	switch (kind)
	{
		case PIXELS: return word % 5 > 0 ? 0 : (double) (word % 256);
		case SIGNED_INTEGERS: return (double) (word % (row + 1)) - (double) (word % 7 * row / 8);
		case WIDE_INTEGERS: return (double) (word % 2000000) - 1e6;
		case SCALED_PIXELS: return (float) (word % 5 > 0 ? 0 : word % 256) / 255.0F;
		case REALS: return rng_double(rng);
		default: return mixed[word % (sizeof(mixed) / sizeof(*mixed))];
	}
}

/* The rows of a test, and the samples that their columns are. */
typedef struct Rows
{
	size_t n_rows;
	size_t n_positions;
	double values[MAX_ROWS][MAX_POSITIONS];
} Rows;

static Rows rows;

static void
make_rows(Rng *rng, RowKind kind, size_t n_rows, size_t n_positions)
{
	rows.n_rows = n_rows;
	rows.n_positions = n_positions;
	for (size_t row = 0; row < n_rows; row++)
		for (size_t i = 0; i < n_positions; i++)
			rows.values[row][i] = random_number(rng, kind, row);
}

/* Add a row in the type that is asked for, in which its numbers must fit. */
static SdqStatus
add_row(SampleVector *vector, const double *values, int type)
{
	int16_t small[MAX_POSITIONS];
	int32_t integer[MAX_POSITIONS];
	float single[MAX_POSITIONS];

	for (size_t i = 0; i < vector->n_positions && type < 3; i++)
	{
		small[i] = (int16_t) (type == 0 ? values[i] : 0);
		integer[i] = (int32_t) (type == 1 ? values[i] : 0);
		single[i] = (float) values[i];
	}
	switch (type)
	{
		case 0: return vector_add_int16(vector, small, NULL);
		case 1: return vector_add_int32(vector, integer, NULL);
		case 2: return vector_add_float(vector, single, NULL);
		default: return vector_add_double(vector, values, NULL);
	}
}

/* The flat form; the caller frees. NULL if there is none. */
static void *
flat_of(SampleVector *vector, size_t *n_bytes)
{
	void *flat;

	if (sdq_failed(vector_measure(vector, NULL, n_bytes)))
		return NULL;
	flat = calloc(1, *n_bytes);
	if (sdq_failed(vector_write(vector, NULL, flat)))
	{
		free(flat);
		return NULL;
	}
	return flat;
}

/* Does a flat vector hold at each position what a sample of that column holds? */
static bool
is_vector_of_rows(const void *flat, size_t n_bytes)
{
	static double values[MAX_ROWS];
	static uint64_t counts[MAX_ROWS];
	VectorView view;
	bool same = !sdq_failed(vector_open(flat, n_bytes, &view)) &&
				view.n_positions == rows.n_positions && view.max_distinct <= MAX_ROWS;

	for (size_t i = 0; i < rows.n_positions && same; i++)
	{
		SampleMemory memory = sample_malloc_memory(0);
		Sample sample;
		SampleView want;
		SampleView got;

		sample_init(&sample, &memory);
		for (size_t row = 0; row < rows.n_rows; row++)
			sample_add(&sample, rows.values[row][i], NULL);
		same &= !sdq_failed(sample_view(&sample, NULL, &want)) &&
				!sdq_failed(vector_position(&view, i, values, counts, &got)) && got.n == want.n &&
				got.n_distinct == want.n_distinct && vector_position_n(&view, i) == want.n &&
				(want.n == 0 ||
				 (memcmp(got.values, want.values, want.n_distinct * sizeof(double)) == 0 &&
				  memcmp(got.counts, want.counts, want.n_distinct * sizeof(uint64_t)) == 0));
		sample_free(&sample);
	}
	return same;
}

/* The types that hold a kind's numbers exactly, from this one on. */
static int
first_type(RowKind kind)
{
	return kind == PIXELS || kind == SIGNED_INTEGERS ? 0
		   : kind == WIDE_INTEGERS                   ? 1
		   : kind == SCALED_PIXELS                   ? 2
													 : 3;
}

static void
test_all_kinds(void)
{
	static const size_t n_rows[] = {0, 1, 3, 100, 1023, 1024, 1025, MAX_ROWS};
	bool same = true;
	bool canonical = true;
	bool freed = true;
	Rng rng;

	rng_seed(&rng, 1, RNG_STREAM_TEST);
	for (int kind = 0; kind < N_ROW_KINDS; kind++)
		for (size_t k = 0; k < sizeof(n_rows) / sizeof(*n_rows); k++)
		{
			void *first = NULL;
			size_t first_bytes = 0;

			make_rows(&rng, kind, n_rows[k], 1 + rng_below(&rng, MAX_POSITIONS));
			/* In every type, forwards and backwards, asked in between, and as a union. */
			for (int way = first_type(kind); way < 6; way++)
			{
				SampleMemory memory = sample_malloc_memory(0);
				SampleVector vectors[2];
				void *flat;
				size_t n_bytes;

				for (int v = 0; v < 2; v++)
				{
					vector_init(&vectors[v], &memory);
					vector_set_shape(&vectors[v], rows.n_positions);
				}
				for (size_t row = 0; row < rows.n_rows; row++)
				{
					size_t from = way == 4 ? rows.n_rows - 1 - row : row;
					int half = way == 5 && row % 3 == 0;

					same &=
						!sdq_failed(add_row(&vectors[half], rows.values[from], way < 4 ? way : 3));
					if (way == 4 && row % 1000 == 0)
						free(flat_of(&vectors[0], &n_bytes));
				}
				if (way == 5)
				{
					VectorView view;

					flat = flat_of(&vectors[1], &n_bytes);
					same &= !sdq_failed(vector_open(flat, n_bytes, &view)) &&
							!sdq_failed(vector_add_flat(&vectors[0], &view, NULL));
					free(flat);
				}
				flat = flat_of(&vectors[0], &n_bytes);
				same &= flat != NULL && is_vector_of_rows(flat, n_bytes);
				if (first == NULL)
				{
					first = flat;
					first_bytes = n_bytes;
				}
				else
				{
					canonical &= n_bytes == first_bytes && memcmp(flat, first, n_bytes) == 0;
					free(flat);
				}
				vector_free(&vectors[0]);
				vector_free(&vectors[1]);
				freed &= memory.held == 0;
			}
			free(first);
		}
	check(same, "each position holds what a sample of its column holds");
	check(canonical, "the bytes do not depend on type, order and merging");
	check(freed, "all memory is given back");
}

static void
test_empty(void)
{
	SampleMemory memory = sample_malloc_memory(0);
	SampleVector vector;
	VectorView view;
	size_t n_bytes;
	void *flat;

	vector_init(&vector, &memory);
	check(!sdq_failed(vector_set_shape(&vector, 0)) &&
			  !sdq_failed(vector_add_double(&vector, NULL, NULL)),
		  "rows may have no elements");
	flat = flat_of(&vector, &n_bytes);
	check(flat != NULL && !sdq_failed(vector_open(flat, n_bytes, &view)) && view.n_positions == 0,
		  "a vector without positions is a vector");
	free(flat);
	vector_free(&vector);
	vector_init(&vector, &memory);
	check(vector_set_shape(&vector, VECTOR_MAX_POSITIONS + 1).code == SDQ_TOO_LARGE,
		  "there is a largest number of positions");
	vector_free(&vector);
	check(memory.held == 0, "nothing is left of them");
}

/* 2^31 observations at a position are the limit; positions that missed rows have room. */
static void
test_count_limit(void)
{
	static const double values[] = {7, 8};
	SampleMemory memory = sample_malloc_memory(0);
	SampleVector vector;
	unsigned char *flat;
	double row[] = {NAN, 8};
	uint64_t counts[] = {(uint64_t) SAMPLE_MAX_COUNT - 2, 5};
	VectorWriter writer;
	VectorView view;
	size_t n_bytes = 0;
	bool added = true;

	vector_flat_size(2, 100, &n_bytes);
	flat = calloc(1, n_bytes);
	writer = vector_write_begin(flat, 2);
	for (size_t i = 0; i < 2; i++)
	{
		SampleView sample = {
			.n_distinct = 1, .values = values + i, .counts = counts + i, .n = counts[i]};

		vector_write_position(&writer, &sample, NULL);
	}
	vector_flat_size(2, writer.end, &n_bytes);
	vector_init(&vector, &memory);
	vector_set_shape(&vector, 2);
	added &= !sdq_failed(vector_open(flat, n_bytes, &view)) &&
			 !sdq_failed(vector_add_flat(&vector, &view, NULL));
	for (int i = 0; i < 10; i++)
		added &= !sdq_failed(vector_add_double(&vector, row, NULL));
	row[0] = 0.5;
	added &= !sdq_failed(vector_add_double(&vector, row, NULL)) &&
			 !sdq_failed(vector_add_double(&vector, row, NULL));
	check(added, "rows are added up to the limit of each position");
	check(vector_add_double(&vector, row, NULL).code == SDQ_TOO_LARGE, "but not beyond it");
	check(vector_add_flat(&vector, &view, NULL).code == SDQ_TOO_LARGE, "nor are unions");
	free(flat);
	vector_free(&vector);
	check(memory.held == 0, "all memory is given back after that");
}

static void
test_failures(void)
{
	bool whole = true;
	bool freed = true;
	bool refused = false;
	bool interrupted = false;
	Rng rng;

	rng_seed(&rng, 2, RNG_STREAM_TEST);
	for (int i = 0; i < 60; i++)
	{
		SampleMemory memory = sample_malloc_memory(0);
		int left = 1 + (int) rng_below(&rng, 50);
		Stop stop = {.poll = stop_countdown, .context = &left};
		SampleVector vector;
		void *flat;
		size_t n_bytes;

		make_rows(&rng, i % 2 == 0 ? REALS : MIXED, 2100, 20);
		vector_init(&vector, &memory);
		vector_set_shape(&vector, 20);
		for (size_t row = 0; row < rows.n_rows; row++)
		{
			SdqStatus status;

			/* Now and then there is no memory, or a stop. */
			memory.limit = rng_below(&rng, 40) == 0 ? memory.held + rng_below(&rng, 1000) : 0;
			status = vector_add_double(&vector, rows.values[row], &stop);
			refused |= status.code == SDQ_OVER_LIMIT;
			interrupted |= status.code == SDQ_INTERRUPTED;
			if (sdq_failed(status))
			{
				memory.limit = 0;
				left = 1 + (int) rng_below(&rng, 50);
				atomic_store(&stop.requested, false);
				row--;
			}
		}
		memory.limit = 0;
		flat = flat_of(&vector, &n_bytes);
		whole &= flat != NULL && is_vector_of_rows(flat, n_bytes);
		free(flat);
		vector_free(&vector);
		freed &= memory.held == 0;
	}
	check(refused && interrupted, "rows are refused for want of memory, and interrupted");
	check(whole, "a row that was refused can be added again");
	check(freed, "all memory is given back after failures");
}

int
main(void)
{
	test_all_kinds();
	test_empty();
	test_count_limit();
	test_failures();
	return check_done();
}
