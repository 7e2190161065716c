/*
 * knn_test.c
 *		The blocked neighbour search against the plain one, on ordinary and on hostile data.
 */
#include "check.h"

#include <float.h>
#include <string.h>
#include <time.h>

#include "core/base/blas.h"
#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "core/matrix/byte_products.h"
#include "core/matrix/candidates.h"
#include "core/matrix/knn.h"
#include "digits.h"
#include "knn.h"
#include "row_stores.h"
#include "stops.h"

/* Memory that an arena may need beside what is asked of it. */
#define SLACK ((size_t) 256 * 1024)

static Arena arena;
static Job job = {.arena = &arena};

/* The same rows and distances, bit for bit? */
static bool
is_same(const Neighbors *a, const Neighbors *b)
{
	size_t count = a->n * a->k;

	return a->n == b->n && a->k == b->k &&
		   memcmp(a->index, b->index, count * sizeof(uint32_t)) == 0 &&
		   memcmp(a->distance2, b->distance2, count * sizeof(double)) == 0;
}

/* Do both searches of a store in itself give the same? */
static bool
agrees_with_plain(const RowStore *store, size_t k)
{
	Neighbors fast, plain;

	return !sdq_failed(knn_self(&job, store, k, &fast)) &&
		   !sdq_failed(knn_self_plain(&job, store, k, &plain)) && is_same(&fast, &plain);
}

/* Do both searches of a store in another give the same? */
static bool
sides_agree_with_plain(const RowStore *queries, const RowStore *reference, size_t k)
{
	Neighbors fast, plain;

	return !sdq_failed(knn(&job, queries, reference, k, &fast)) &&
		   !sdq_failed(knn_plain(&job, queries, reference, k, &plain)) && is_same(&fast, &plain);
}

/* Random rows of one kind. */
static void
fill(RowStore *store, size_t n, size_t d, int kind)
{
	double *row = malloc(d * sizeof(double));
	Rng rng;

	rng_seed(&rng, n + d, RNG_STREAM_TEST);
	for (size_t i = 0; i < n; i++)
	{
		for (size_t j = 0; j < d; j++)
			switch (kind)
			{
				case 0: row[j] = (double) rng_below(&rng, 256); break;
				case 1: row[j] = (double) (float) rng_normal(&rng); break;
				case 2: row[j] = rng_normal(&rng); break;
				case 3: row[j] = (double) rng_below(&rng, 2); break;     /* many ties */
				case 4: row[j] = 1e6 + 1e-6 * rng_normal(&rng); break;   /* a large offset */
				case 5: row[j] = i == 0 ? 1e7 : rng_normal(&rng); break; /* an outlier */
				case 6: row[j] = rng_normal(&rng) * 1e-170; break;       /* squares underflow */
				case 7: row[j] = rng_normal(&rng) * 1e170; break;        /* squares overflow */
				case 8: row[j] = i % 400; break; /* hundreds of duplicates */
				case 9: row[j] = 3; break;       /* nothing but duplicates */
				default: row[j] = i % 2 == 0 ? rng_normal(&rng) : 0.25; break; /* half are equal */
			}
		row_store_append(store, row, d);
	}
	free(row);
	row_store_finish(store, &job, NULL);
}

static const char *const kind_names[] = {
	"bytes",
	"floats",
	"doubles",
	"bits, with many ties",
	"a large common offset",
	"an outlier",
	"values whose squares underflow",
	"values whose squares overflow",
	"hundreds of duplicates",
	"nothing but duplicates",
	"half of the rows equal",
};

/* knn_paths_agree, small: every kind of data, odd shapes around the tiles' edges. */
static void
test_kinds(void)
{
	static const size_t shapes[][3] = {{2, 1, 1},     {3, 5, 2},      {50, 3, 49},   {255, 17, 10},
									   {1100, 7, 30}, {2050, 20, 90}, {300, 4200, 5}};

	for (int kind = 0; kind <= 10; kind++)
	{
		bool agrees = true;
		char sentence[200];

		for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++)
		{
			RowStore store = new_store(&arena);

			if (CHECK_RACES_ONLY && shapes[s][0] * shapes[s][1] > 10000)
				continue;
			fill(&store, shapes[s][0], shapes[s][1], kind);
			if (!agrees_with_plain(&store, shapes[s][2]))
			{
				agrees = false;
				printf("# n = %zu, d = %zu, k = %zu\n", shapes[s][0], shapes[s][1], shapes[s][2]);
			}
		}
		snprintf(sentence, sizeof(sentence), "knn_paths_agree: %s", kind_names[kind]);
		check(agrees, sentence);
	}
}

/* The same of two sides: every kind of query among every kind of reference rows. */
static void
test_kinds_of_sides(void)
{
	static const size_t shapes[][4] = {
		{1, 1, 1, 1}, {1, 40, 3, 40}, {70, 2, 5, 2}, {300, 1100, 17, 30}};

	for (int kind = 0; kind <= 10; kind++)
	{
		bool agrees = true;
		char sentence[200];

		for (int other = 0; other <= 10; other++)
			for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++)
			{
				RowStore queries = new_store(&arena);
				RowStore reference;

				if (CHECK_RACES_ONLY && (other > 2 || shapes[s][1] > 100))
					continue;
				fill(&queries, shapes[s][0], shapes[s][2], kind);
				row_store_init(&reference, &arena);
				fill(&reference, shapes[s][1], shapes[s][2], other);
				if (sides_agree_with_plain(&queries, &reference, shapes[s][3]))
					continue;
				agrees = false;
				printf("# %zu queries among %zu rows of %zu, %s\n", shapes[s][0], shapes[s][1],
					   shapes[s][2], kind_names[other]);
			}
		snprintf(sentence, sizeof(sentence), "two sides agree with plain: %s", kind_names[kind]);
		check(agrees, sentence);
	}
}

/* Two sides by hand; what is refused. */
static void
test_sides_by_hand(void)
{
	/* Of 0, 1, 3, 7 the nearest to 2 are 1 and 3, the lower row first; to 7: itself; to 300: 7. */
	static const uint32_t want[3][4] = {{1, 2, 0, 3}, {3, 2, 1, 0}, {3, 2, 1, 0}};
	static const double want_distance2[3][4] = {
		{1, 1, 4, 25}, {0, 16, 36, 49}, {293 * 293, 297 * 297, 299 * 299, 300 * 300}};
	RowStore reference = new_store(&arena);
	RowStore queries, wide, empty;
	Neighbors got;
	SdqStatus status;

	for (int i = 0; i < 4; i++)
		row_store_append(&reference, (double[]){(1 << i) - 1}, 1);
	row_store_finish(&reference, &job, NULL);
	row_store_init(&queries, &arena);
	row_store_append(&queries, (double[]){2}, 1);
	row_store_append(&queries, (double[]){7}, 1);
	row_store_append(&queries, (double[]){300}, 1);
	row_store_finish(&queries, &job, NULL);
	status = knn(&job, &queries, &reference, 4, &got);
	check(!sdq_failed(status) && memcmp(got.index, want, sizeof(want)) == 0,
		  "k = n: 2, 7, 300 among 0, 1, 3, 7, the lower row first among equally near");
	check(memcmp(got.distance2, want_distance2, sizeof(want_distance2)) == 0,
		  "and so their distances");
	check(queries.mean[0] == 103 && reference.mean[0] == 2.75,
		  "the search leaves the stores as they were");

	status = knn(&job, &queries, &reference, 5, &got);
	check(status.code == SDQ_BAD_ARGUMENT && status.detail == KNN_K && status.a == 5 &&
			  status.b == 4,
		  "k = n + 1 is refused with the largest k");
	check(knn(&job, &queries, &reference, 0, &got).code == SDQ_BAD_ARGUMENT, "k = 0 is refused");
	row_store_init(&wide, &arena);
	row_store_append(&wide, (double[]){2, 3}, 2);
	row_store_finish(&wide, &job, NULL);
	status = knn(&job, &wide, &reference, 1, &got);
	check(status.code == SDQ_BAD_ARGUMENT && status.detail == KNN_COLUMNS && status.a == 2 &&
			  status.b == 1,
		  "sides with different numbers of columns are refused with both");
	row_store_init(&empty, &arena);
	row_store_finish(&empty, &job, NULL);
	check(!sdq_failed(knn(&job, &empty, &reference, 2, &got)) && got.n == 0,
		  "no query rows, no neighbours");
	status = knn(&job, &queries, &empty, 1, &got);
	check(status.code == SDQ_BAD_ARGUMENT && status.detail == KNN_K && status.b == 0,
		  "no reference rows, no legal k");
}

/* Values that are alike as bytes, floats and doubles are at distance 0, and neighbours of each other. */
static void
test_types_of_sides(void)
{
	RowStore stores[3];
	bool agrees = true;
	bool zero = true;

	arena_free(&arena);
	for (int type = 0; type < 3; type++)
	{
		Rng rng;

		row_store_init(&stores[type], &arena);
		rng_seed(&rng, 5, RNG_STREAM_TEST);
		for (int i = 0; i < 60; i++)
		{
			double row[9];

			for (int j = 0; j < 9; j++)
				row[j] = (double) rng_below(&rng, 256);
			row_store_append(&stores[type], row, 9);
		}
		/* The last row decides the type. */
		row_store_append(&stores[type],
						 (double[]){type == 0   ? 7
									: type == 1 ? 0.5
												: 0.1,
									0, 0, 0, 0, 0, 0, 0, 0},
						 9);
		row_store_finish(&stores[type], &job, NULL);
	}
	for (int a = 0; a < 3; a++)
		for (int b = 0; b < 3; b++)
		{
			Neighbors got;

			agrees &= stores[a].type == (ElementType) a;
			agrees &= sides_agree_with_plain(&stores[a], &stores[b], 7);
			knn(&job, &stores[a], &stores[b], 1, &got);
			for (uint32_t i = 0; i < 60; i++)
				zero &= got.index[i] == i && got.distance2[i] == 0;
		}
	check(agrees, "sides of different types agree with plain");
	check(zero, "equal rows are at distance exactly 0, whatever the types");
}

/* Too little memory is found out before the work, with all that is needed. */
static void
test_memory(void)
{
	RowStore store = new_store(&arena);
	Arena small;
	Job limited = {.arena = &small};
	Neighbors got;
	SdqStatus status;

	fill(&store, 3000, 20, 1);
	arena_init(&small, arena_malloc_source(), 1 << 20);
	status = knn_self(&limited, &store, 20, &got);
	check(status.code == SDQ_OVER_LIMIT && status.a > 3000 * 20 * 12 && status.b == 1 << 20 &&
			  small.held == 0,
		  "too little memory is refused before the work, with both numbers");
	arena_free(&small);
	arena_init(&small, arena_malloc_source(), (size_t) status.a + SLACK);
	check(!sdq_failed(knn_self(&limited, &store, 20, &got)), "and the number it names suffices");
	arena_free(&small);
}

/* 0, 1, 3, 7 on a line: the neighbours by hand. */
static void
test_by_hand(void)
{
	static const uint32_t want[4][2] = {{1, 2}, {0, 2}, {1, 0}, {2, 1}};
	static const double want_distance2[4][2] = {{1, 9}, {1, 4}, {4, 9}, {16, 36}};
	RowStore store = new_store(&arena);
	Neighbors got;
	SdqStatus status;

	for (int i = 0; i < 4; i++)
		row_store_append(&store, (double[]){(1 << i) - 1}, 1);
	row_store_finish(&store, &job, NULL);
	status = knn_self(&job, &store, 2, &got);
	check(!sdq_failed(status) && memcmp(got.index, want, sizeof(want)) == 0,
		  "neighbours of 0, 1, 3, 7 are right");
	check(memcmp(got.distance2, want_distance2, sizeof(want_distance2)) == 0,
		  "and so their distances");
	status = knn_self(&job, &store, 4, &got);
	check(status.code == SDQ_BAD_ARGUMENT && status.a == 4 && status.b == 3,
		  "k = n is refused with the largest k");
	check(knn_self(&job, &store, 0, &got).code == SDQ_BAD_ARGUMENT, "k = 0 is refused");
}

/* knn_identical. */
static void
test_images(void)
{
	RowStore store = new_store(&arena);
	Neighbors got;
	bool absent = true;

	digits_append(&store, "mnist-t10k-images-idx3-ubyte.gz", 500);
	/* The eighth image again, as the last row. */
	{
		RowStore copy;
		double image[DIGIT_PIXELS];

		row_store_init(&copy, &arena);
		digits_append(&copy, "mnist-t10k-images-idx3-ubyte.gz", 8);
		row_store_finish(&copy, &job, NULL);
		row_store_read_exact(&copy, 7, image);
		row_store_append(&store, image, DIGIT_PIXELS);
	}
	row_store_finish(&store, &job, NULL);
	knn_self(&job, &store, 5, &got);
	check(got.index[7 * 5] == 500 && got.distance2[7 * 5] == 0 && got.index[500 * 5] == 7 &&
			  got.distance2[500 * 5] == 0,
		  "knn_identical: two identical images are each other's neighbour at distance 0");
	for (size_t i = 0; i < store.n; i++)
		for (size_t j = 0; j < 5; j++)
			absent &= got.index[i * 5 + j] != i;
	check(absent, "knn_identical: no row is its own neighbour");
}

/* As a table of scikit-learn's? */
static bool
is_reference(const Neighbors *got, const int *ids, const int *squares)
{
	bool same = true;

	for (size_t v = 0; v < got->n * got->k; v++)
		same &= got->index[v] == (uint32_t) ids[v] && got->distance2[v] == squares[v];
	return same;
}

/* Digits as scikit-learn sees them (test/reference/knn.py). */
static void
test_reference(void)
{
	RowStore store = new_store(&arena);
	RowStore fake;
	Neighbors got;

	digits_append(&store, "mnist-t10k-images-idx3-ubyte.gz", 300);
	row_store_finish(&store, &job, NULL);
	check(!sdq_failed(knn_self(&job, &store, 10, &got)) &&
			  is_reference(&got, knn_reference_self_ids, knn_reference_self_squares),
		  "digits have the neighbours that scikit-learn finds");

	store = new_store(&arena);
	digits_append(&store, "mnist-train-first10k-images-idx3-ubyte.gz", 1000);
	row_store_finish(&store, &job, NULL);
	row_store_init(&fake, &arena);
	digits_append(&fake, "mnist-dcgan-e25-images-idx3-ubyte.gz", 100);
	row_store_finish(&fake, &job, NULL);
	check(!sdq_failed(knn(&job, &fake, &store, 5, &got)) &&
			  is_reference(&got, knn_reference_sides_ids, knn_reference_sides_squares),
		  "synthetic digits have the real neighbours that scikit-learn finds");
}

/* Do a search in itself and one in another store have the same bits for 1, 2, 3, 7 threads? */
static bool
is_same_for_threads(int kind)
{
	static const int threads[] = {1, 2, 3, 7};
	Neighbors self[4];
	Neighbors sides[4];
	RowStore store = new_store(&arena);
	RowStore queries;
	bool same = true;

	fill(&store, 2000, 40, kind);
	row_store_init(&queries, &arena);
	fill(&queries, 700, 40, kind);
	for (int t = 0; t < 4; t++)
	{
		Job threaded = {.arena = &arena};

		pool_create(&threaded.pool, threads[t], NULL);
		same &= !sdq_failed(knn_self(&threaded, &store, 20, &self[t])) &&
				!sdq_failed(knn(&threaded, &queries, &store, 20, &sides[t]));
		same = same && is_same(&self[t], &self[0]) && is_same(&sides[t], &sides[0]);
		pool_destroy(threaded.pool);
	}
	return same;
}

/* Same bits for any threads, with the library's products and with the plain ones. */
static void
test_threads(void)
{
	RowStore store;
	Neighbors library, plain;

	check(is_same_for_threads(0), "neighbours of bytes have the same bits for 1, 2, 3, 7 threads");
	check(is_same_for_threads(1), "and so have those of floats");
	check(is_same_for_threads(3), "and those of rows with many ties");
	store = new_store(&arena);
	fill(&store, 2000, 40, 1);
	knn_self(&job, &store, 20, &library);
	blas_force_plain(true);
	knn_self(&job, &store, 20, &plain);
	blas_force_plain(false);
	check(is_same(&library, &plain), "neighbours have the same bits without the library");
}

/* Rows in reverse have the same neighbours, renumbered, if there are no ties. */
static void
test_order(void)
{
	RowStore store = new_store(&arena);
	RowStore reversed;
	Neighbors got, backwards;
	size_t order[500];
	bool same = true;

	fill(&store, 500, 9, 1);
	row_store_init(&reversed, &arena);
	fill(&reversed, 500, 9, 1);
	for (size_t i = 0; i < 500; i++)
		order[i] = 499 - i;
	row_store_finish(&reversed, &job, order);
	knn_self(&job, &store, 5, &got);
	knn_self(&job, &reversed, 5, &backwards);
	for (size_t i = 0; i < 500; i++)
		for (size_t rank = 0; rank < 5; rank++)
			same &= got.index[i * 5 + rank] == 499 - backwards.index[(499 - i) * 5 + rank] &&
					got.distance2[i * 5 + rank] == backwards.distance2[(499 - i) * 5 + rank];
	check(same, "another order of the rows gives the same neighbours");
}

/* Where memory is short for all lists at once, a search in itself goes another way to the same end. */
static void
test_little_memory(void)
{
	static const int kinds[] = {0, 1, 3, 8};
	bool same = true;

	if (CHECK_RACES_ONLY)
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
	{
		RowStore store = new_store(&arena);
		Arena small;
		Job limited = {.arena = &small, .pool = job.pool};
		Neighbors roomy, tight;
		SdqStatus status;

		fill(&store, 18000, 3, kinds[i]);
		knn_self(&job, &store, 25, &roomy);
		/* What a refusal names is the least that will do; all lists at once take 0.6 MB more. */
		arena_init(&small, arena_malloc_source(), 1);
		status = knn_self(&limited, &store, 25, &tight);
		arena_free(&small);
		arena_init(&small, arena_malloc_source(), (size_t) status.a + SLACK);
		same &= !sdq_failed(knn_self(&limited, &store, 25, &tight)) && is_same(&roomy, &tight);
		arena_free(&small);
	}
	check(same, "with little memory the neighbours are the same");
}

/* knn_saturation on every instruction set, and the same neighbours everywhere. */
static void
test_levels(void)
{
	bool saturated = true;
	bool same = true;
	Neighbors first[3];
	RowStore extremes = new_store(&arena);
	RowStore stores[3];

	for (int i = 0; i < 40; i++)
	{
		int16_t row[DIGIT_PIXELS];

		for (size_t j = 0; j < DIGIT_PIXELS; j++)
			row[j] = i < 20 ? 0 : 255;
		row_store_append_int16(&extremes, row, DIGIT_PIXELS);
	}
	row_store_finish(&extremes, &job, NULL);
	for (int kind = 0; kind < 3; kind++)
	{
		row_store_init(&stores[kind], &arena);
		fill(&stores[kind], 600, 37, kind);
	}
	for (CpuLevel level = CPU_PLAIN; level <= CPU_HIGHEST; level++)
	{
		Neighbors got;

		cpu_set_limit(level);
		knn_self(&job, &extremes, 20, &got);
		saturated &= got.distance2[18] == 0 && got.distance2[19] == 784.0 * 65025 &&
					 got.index[19] == 20 && got.distance2[25 * 20 + 19] == 784.0 * 65025 &&
					 got.index[25 * 20 + 19] == 0;
		knn(&job, &extremes, &extremes, 40, &got);
		saturated &= got.distance2[19] == 0 && got.distance2[20] == 784.0 * 65025 &&
					 got.distance2[39] == 784.0 * 65025 && got.index[20] == 20;
		for (int kind = 0; kind < 3; kind++)
		{
			knn_self(&job, &stores[kind], 30, &got);
			if (level == CPU_PLAIN)
				first[kind] = got;
			same &= is_same(&first[kind], &got);
		}
	}
	cpu_set_limit(CPU_HIGHEST);
	check(saturated,
		  "knn_saturation: 255 against 0 is exactly 784 * 65025 on every instruction set");
	check(same, "neighbours and their distances are the same on every instruction set");
}

/* As many columns as products of bytes can have, and one more; all of them 255 away. */
static void
test_widest_bytes(void)
{
	bool exact = true;

	for (size_t d = BYTE_PRODUCTS_MAX_COLUMNS; d <= BYTE_PRODUCTS_MAX_COLUMNS + 1; d++)
	{
		RowStore store = new_store(&arena);
		int16_t *row = malloc(d * sizeof(int16_t));
		Neighbors got;

		for (int i = 0; i < 6; i++)
		{
			for (size_t j = 0; j < d; j++)
				row[j] = i < 3 ? 0 : 255;
			row_store_append_int16(&store, row, d);
		}
		row_store_finish(&store, &job, NULL);
		knn_self(&job, &store, 5, &got);
		exact &= got.distance2[1] == 0 && got.distance2[2] == 65025.0 * (double) d &&
				 got.index[2] == 3 && got.distance2[5 * 5 + 4] == 65025.0 * (double) d;
		free(row);
	}
	check(exact, "distances of the longest rows of bytes are exact");
}

/* Stopped wherever it is. */
static void
test_stop(void)
{
	bool stopped = true;

	for (int after = 1; after < 60; after += 7)
	{
		int left = after;
		int kind = after % 2;
		Stop stop = {.poll = stop_countdown, .context = &left};
		Job stopping = {.arena = &arena, .stop = &stop};
		RowStore store = new_store(&arena);
		Neighbors got;

		fill(&store, 5000, 30, kind);
		pool_create(&stopping.pool, 2, &stop);
		stopped &= knn_self(&stopping, &store, 10, &got).code == SDQ_INTERRUPTED;
		pool_destroy(stopping.pool);
	}
	check(stopped, "a stop request ends the search");
}

/* Selection and heaps against sorting. */
static void
test_candidates(void)
{
	static uint64_t values[1000];
	static uint64_t given[1000];
	static Candidate heap[1000];
	bool selected = true;
	bool sorted = true;
	Rng rng;

	rng_seed(&rng, 1, RNG_STREAM_TEST);
	for (int round = 0; round < 500; round++)
	{
		size_t n = 1 + rng_below(&rng, 1000);
		size_t keep = 1 + rng_below(&rng, n);
		size_t smaller = 0;
		size_t length = 0;
		uint64_t largest;

		for (size_t i = 0; i < n; i++)
		{
			double value = round % 2 ? rng_normal(&rng) : (double) rng_below(&rng, 3) - 1;

			given[i] = values[i] = packed_make((float) value, (uint32_t) i);
			candidate_offer(heap, &length, keep,
							(Candidate){.distance2 = fabs(value), .index = (uint32_t) i});
			selected &= packed_key(values[i]) == (float) value;
		}
		largest = packed_select(values, n, keep);
		for (size_t i = 0; i < n; i++)
		{
			if (given[i] <= largest)
				selected &= smaller < keep && values[smaller++] == given[i];
			/* Order of packed values is order of (key, row). */
			selected &= i == 0 || (given[i] < given[i - 1]) ==
									  (packed_key(given[i]) < packed_key(given[i - 1]) ||
									   (packed_key(given[i]) == packed_key(given[i - 1]) &&
										(uint32_t) given[i] < (uint32_t) given[i - 1]));
		}
		selected &= smaller == keep;
		sorted &= length == keep;
		candidates_sort_heap(heap, keep);
		for (size_t i = 1; i < keep; i++)
			sorted &=
				heap[i - 1].distance2 < heap[i].distance2 ||
				(heap[i - 1].distance2 == heap[i].distance2 && heap[i - 1].index < heap[i].index);
	}
	check(selected, "the smallest packed keys are selected, ties by row");
	check(sorted, "heaps give the nearest in order");
}

/* knn_paths_agree: 2,000 digits as bytes, the same as floats (moved by 1000, which is exact), and plain. */
static void
test_digits(void)
{
	RowStore bytes = new_store(&arena);
	RowStore floats;
	double row[DIGIT_PIXELS];
	Neighbors by_bytes, by_floats, by_plain;

	if (CHECK_RACES_ONLY)
		return;
	digits_append(&bytes, "mnist-t10k-images-idx3-ubyte.gz", 2000);
	row_store_finish(&bytes, &job, NULL);
	row_store_init(&floats, &arena);
	for (size_t i = 0; i < bytes.n; i++)
	{
		row_store_read_exact(&bytes, i, row);
		for (size_t j = 0; j < DIGIT_PIXELS; j++)
			row[j] += 1000;
		row_store_append(&floats, row, DIGIT_PIXELS);
	}
	row_store_finish(&floats, &job, NULL);
	knn_self(&job, &bytes, 90, &by_bytes);
	knn_self(&job, &floats, 90, &by_floats);
	knn_self_plain(&job, &bytes, 90, &by_plain);
	check(is_same(&by_bytes, &by_plain), "knn_paths_agree: 2,000 digits as bytes");
	check(is_same(&by_floats, &by_plain), "knn_paths_agree: 2,000 digits as floats");
	check(!sdq_failed(knn(&job, &bytes, &bytes, 90, &by_bytes)) &&
			  !sdq_failed(knn(&job, &floats, &floats, 90, &by_floats)) &&
			  is_same(&by_bytes, &by_floats),
		  "knn_paths_agree: 2,000 digits, both sides");
}

/* Time of 10,000 digits. */
static void
test_speed(void)
{
	RowStore store = new_store(&arena);
	struct timespec start, end;
	Neighbors got;

	if (CHECK_RACES_ONLY)
		return;
	digits_append(&store, "mnist-train-first10k-images-idx3-ubyte.gz", 10000);
	row_store_finish(&store, &job, NULL);
	clock_gettime(CLOCK_MONOTONIC, &start);
	check(!sdq_failed(knn_self(&job, &store, 90, &got)), "90 neighbours of 10,000 digits");
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("# %.3f s\n",
		   (double) (end.tv_sec - start.tv_sec) + 1e-9 * (double) (end.tv_nsec - start.tv_nsec));
}

int
main(void)
{
	arena_init(&arena, arena_malloc_source(), 0);
	pool_create(&job.pool, 2, NULL);
	test_by_hand();
	for (CpuLevel level = CPU_PLAIN; level <= CPU_HIGHEST; level++)
	{
		cpu_set_limit(level);
		test_candidates();
	}
	test_kinds();
	test_sides_by_hand();
	test_kinds_of_sides();
	test_types_of_sides();
	test_memory();
	test_images();
	test_reference();
	test_threads();
	test_order();
	test_little_memory();
	test_levels();
	test_widest_bytes();
	test_stop();
	test_digits();
	test_speed();
	pool_destroy(job.pool);
	arena_free(&arena);
	return check_done();
}
