/*
 * knn_test.c
 *		The blocked neighbour search against the plain one, on ordinary and on hostile data.
 */
#include "check.h"

#include <float.h>
#include <string.h>
#include <time.h>

#include "core/base/blas.h"
#include "core/base/rng.h"
#include "core/matrix/candidates.h"
#include "core/matrix/knn.h"
#include "digits.h"
#include "row_stores.h"
#include "stops.h"

static Arena arena;
static Job job = {.arena = &arena};

/* Do both searches give the same rows and distances, bit for bit? */
static bool
agrees_with_plain(const RowStore *store, size_t k)
{
	Neighbors fast, plain;
	size_t count = store->n * k;

	if (sdq_failed(knn_self(&job, store, k, &fast)) ||
		sdq_failed(knn_self_plain(&job, store, k, &plain)))
		return false;
	return memcmp(fast.index, plain.index, count * sizeof(uint32_t)) == 0 &&
		   memcmp(fast.distance2, plain.distance2, count * sizeof(double)) == 0;
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

/* knn_identical and knn_saturation. */
static void
test_images(void)
{
	RowStore store = new_store(&arena);
	int16_t row[DIGIT_PIXELS];
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

	store = new_store(&arena);
	for (int i = 0; i < 40; i++)
	{
		for (size_t j = 0; j < DIGIT_PIXELS; j++)
			row[j] = i < 20 ? 0 : 255;
		row_store_append_int16(&store, row, DIGIT_PIXELS);
	}
	row_store_finish(&store, &job, NULL);
	knn_self(&job, &store, 20, &got);
	check(got.distance2[18] == 0 && got.distance2[19] == 784.0 * 65025 && got.index[19] == 20,
		  "knn_saturation: 255 against 0 is exactly 784 * 65025, ties go to the lowest row");
}

/* Same bits for any threads, with the library's products and with the plain ones. */
static void
test_threads(void)
{
	static const int threads[] = {1, 2, 8};
	size_t count = 2000 * 20;
	uint32_t *index = malloc(count * sizeof(uint32_t));
	double *distance2 = malloc(count * sizeof(double));
	bool same = true;

	for (int t = 0; t < 6; t++)
	{
		RowStore store = new_store(&arena);
		Job threaded = {.arena = &arena};
		Neighbors got;

		pool_create(&threaded.pool, threads[t % 3], NULL);
		blas_force_plain(t >= 3);
		fill(&store, 2000, 40, 1);
		knn_self(&threaded, &store, 20, &got);
		if (t == 0)
		{
			memcpy(index, got.index, count * sizeof(uint32_t));
			memcpy(distance2, got.distance2, count * sizeof(double));
		}
		same &= memcmp(index, got.index, count * sizeof(uint32_t)) == 0 &&
				memcmp(distance2, got.distance2, count * sizeof(double)) == 0;
		pool_destroy(threaded.pool);
	}
	blas_force_plain(false);
	free(index);
	free(distance2);
	check(same, "neighbours have the same bits for 1, 2, 8 threads, with and without the library");
}

/* Stopped wherever it is. */
static void
test_stop(void)
{
	bool stopped = true;

	for (int after = 1; after < 60; after += 7)
	{
		int left = after;
		Stop stop = {.poll = stop_countdown, .context = &left};
		Job stopping = {.arena = &arena, .stop = &stop};
		RowStore store = new_store(&arena);
		Neighbors got;

		fill(&store, 5000, 30, 1);
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

			values[i] = packed_make((float) value, (uint32_t) i);
			candidate_offer(heap, &length, keep,
							(Candidate){.distance2 = fabs(value), .index = (uint32_t) i});
			selected &= packed_key(values[i]) == (float) value;
		}
		largest = packed_select(values, n, keep);
		for (size_t i = 0; i < n; i++)
		{
			selected &= i < keep ? values[i] <= largest : values[i] > largest;
			smaller += values[i] <= largest;
			/* Order of packed values is order of (key, row). */
			selected &= i == 0 || (values[i] < values[i - 1]) ==
									  (packed_key(values[i]) < packed_key(values[i - 1]) ||
									   (packed_key(values[i]) == packed_key(values[i - 1]) &&
										(uint32_t) values[i] < (uint32_t) values[i - 1]));
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

/* 2,000 digits against the plain search, and the time of 10,000. */
static void
test_digits(void)
{
	RowStore store = new_store(&arena);
	struct timespec start, end;
	Neighbors got;

	if (CHECK_RACES_ONLY)
		return;
	digits_append(&store, "mnist-t10k-images-idx3-ubyte.gz", 2000);
	row_store_finish(&store, &job, NULL);
	check(agrees_with_plain(&store, 90), "knn_paths_agree: 2,000 digits, k = 90");

	store = new_store(&arena);
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
	test_candidates();
	test_kinds();
	test_images();
	test_threads();
	test_stop();
	test_digits();
	pool_destroy(job.pool);
	arena_free(&arena);
	return check_done();
}
