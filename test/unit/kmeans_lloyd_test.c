/*
 * kmeans_lloyd_test.c
 *		What must not change the result of k-means: bounds, the instruction set, which restarts run side
 *		by side; and what it takes of memory.
 */
#include "core/matrix/kmeans_lloyd.h"

#include <string.h>

#include "check.h"
#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "digits.h"
#include "row_stores.h"

static Arena arena;
static Job job = {.arena = &arena};

/* The rows that the tests run on. */
typedef enum Rows
{
	ROWS_DIGITS,     /* bytes */
	ROWS_SCALED,     /* the same in [0, 1], floats */
	ROWS_DOUBLES,    /* normal, 20 columns */
	ROWS_FEW_VALUES, /* bytes in 3 columns: many duplicates, many distances that are equal */
	N_ROWS,
} Rows;

static const char *const rows_names[] = {"digits", "scaled digits", "doubles", "few values"};

/* A store with n rows of a kind. */
static RowStore
make_rows(Rows kind, size_t n)
{
	RowStore store = new_store(&arena);
	Arena digits_arena;
	RowStore digits;
	Rng rng;

	arena_init(&digits_arena, arena_malloc_source(), 0);
	row_store_init(&digits, &digits_arena);
	rng_seed(&rng, kind, RNG_STREAM_TEST);
	if (kind == ROWS_DIGITS)
		digits_append(&store, "mnist-t10k-images-idx3-ubyte.gz", n);
	if (kind == ROWS_SCALED)
		digits_append(&digits, "mnist-t10k-images-idx3-ubyte.gz", n);
	for (size_t i = 0; i < n && kind != ROWS_DIGITS; i++)
	{
		size_t d = kind == ROWS_SCALED ? DIGIT_PIXELS : kind == ROWS_DOUBLES ? 20 : 3;
		double row[DIGIT_PIXELS] = {0};

		if (kind == ROWS_SCALED)
			row_store_read_exact(&digits, i, row);
		for (size_t j = 0; j < d; j++)
			row[j] = kind == ROWS_SCALED    ? (float) (row[j] / 255)
					 : kind == ROWS_DOUBLES ? rng_normal(&rng)
											: (double) rng_below(&rng, 9);
		row_store_append(&store, row, d);
	}
	row_store_finish(&store, &job, NULL);
	arena_free(&digits_arena);
	return store;
}

/* Are two results the same to the bit? */
static bool
same_result(const Kmeans *a, const Kmeans *b)
{
	return a->k == b->k && a->restart == b->restart && a->iterations == b->iterations &&
		   a->converged == b->converged && a->total_inertia == b->total_inertia &&
		   memcmp(a->cluster, b->cluster, a->n * sizeof(int32_t)) == 0 &&
		   memcmp(a->distance, b->distance, a->n * sizeof(double)) == 0 &&
		   memcmp(a->centers, b->centers, a->k * a->d * sizeof(double)) == 0 &&
		   (a->k == 1 || (memcmp(a->second, b->second, a->n * sizeof(int32_t)) == 0 &&
						  memcmp(a->margin, b->margin, a->n * sizeof(double)) == 0));
}

/* The same rows with and without bounds, and, of bytes, with all instruction sets. */
static void
test_bounds(Rows kind, size_t n, size_t k)
{
	RowStore store = make_rows(kind, n);
	KmeansOptions options = {.k = k, .n_init = 2, .max_iter = 300, .tol = 0};
	char sentence[120];
	Kmeans want;
	Kmeans got;
	bool same = true;

	options.measure_all = true;
	check(!sdq_failed(kmeans(&job, &store, &options, &want)), "the rows are clustered");
	options.measure_all = false;
	kmeans(&job, &store, &options, &got);
	snprintf(sentence, sizeof(sentence),
			 "km_hamerly: %s, k = %zu: the same bits with and without bounds", rows_names[kind], k);
	check(same_result(&got, &want), sentence);
	if (store.type != ELEMENT_UINT8)
		return;
	for (CpuLevel level = CPU_PLAIN; level < CPU_HIGHEST; level++)
	{
		cpu_set_limit(level);
		kmeans(&job, &store, &options, &got);
		same &= same_result(&got, &want);
	}
	cpu_set_limit(CPU_HIGHEST);
	snprintf(sentence, sizeof(sentence), "%s, k = %zu: the same bits on all instruction sets",
			 rows_names[kind], k);
	check(same, sentence);
}

/* From given centres not even rounding of float products shows. */
static void
test_levels_of_floats(void)
{
	RowStore store = make_rows(ROWS_SCALED, 1500);
	double *initial = malloc(10 * DIGIT_PIXELS * sizeof(double));
	KmeansOptions options = {.k = 10, .n_init = 1, .max_iter = 300, .tol = 1e-4};
	bool same = true;
	Kmeans want;
	Kmeans got;

	for (size_t c = 0; c < 10; c++)
		row_store_read_exact(&store, c, initial + c * DIGIT_PIXELS);
	options.initial = initial;
	kmeans(&job, &store, &options, &want);
	for (CpuLevel level = CPU_PLAIN; level < CPU_HIGHEST; level++)
	{
		cpu_set_limit(level);
		kmeans(&job, &store, &options, &got);
		same &= same_result(&got, &want);
	}
	cpu_set_limit(CPU_HIGHEST);
	check(same, "scaled digits from given centres: the same bits on all instruction sets");
	free(initial);
}

/* Centres of a run: k rows that depend on the run's number. */
static void
start_run(const KmeansRows *rows, LloydRun *run, size_t k, size_t number)
{
	run->centers.k = k;
	for (size_t c = 0; c < k; c++)
		kmeans_row_read(rows, (number * 131 + c * 17) % rows->n, run->centers.exact + c * rows->d);
}

/* A run gets what it would get alone, among runs that end before it and after it, and that have fewer
 * centres. */
static void
test_side_by_side(Rows kind)
{
	enum
	{
		RUNS = 6
	};
	RowStore store = make_rows(kind, 1200);
	KmeansOptions options = {.k = 20, .max_iter = 40, .tol = 1e-4};
	LloydRun together[RUNS];
	bool same = true;
	size_t fewest = SIZE_MAX;
	size_t most = 0;
	char sentence[120];
	KmeansRows rows;

	kmeans_rows_load(&job, &store, &rows);
	lloyd_allocate(&arena, &rows, 20, RUNS, together);
	for (size_t r = 0; r < RUNS; r++)
		start_run(&rows, &together[r], r == 2 ? 3 : 20, r);
	check(!sdq_failed(lloyd_iterate(&job, &rows, &options, together, RUNS, 0, RUNS)),
		  "six runs go side by side");
	for (size_t r = 0; r < RUNS; r++)
	{
		LloydRun alone;

		lloyd_allocate(&arena, &rows, 20, 1, &alone);
		start_run(&rows, &alone, r == 2 ? 3 : 20, r);
		lloyd_iterate(&job, &rows, &options, &alone, 1, 0, 1);
		same &=
			alone.iterations == together[r].iterations &&
			alone.converged == together[r].converged && alone.inertia == together[r].inertia &&
			memcmp(alone.labels, together[r].labels, rows.n * sizeof(int32_t)) == 0 &&
			memcmp(alone.sums, together[r].sums, alone.centers.k * rows.d * sizeof(double)) == 0;
		fewest = alone.iterations < fewest ? alone.iterations : fewest;
		most = alone.iterations > most ? alone.iterations : most;
	}
	snprintf(sentence, sizeof(sentence), "%s: each gets what it gets alone", rows_names[kind]);
	check(same && fewest < most, sentence);
}

/* So many rows that sums are formed in several phases: they are those of the labels, exactly. */
static void
test_many_rows(void)
{
	size_t n = 300000;
	RowStore store = make_rows(ROWS_FEW_VALUES, n);
	KmeansOptions options = {.k = 5, .max_iter = 6, .tol = 0};
	double sums[5][3] = {{0}};
	int64_t counts[5] = {0};
	KmeansRows rows;
	LloydRun run;

	kmeans_rows_load(&job, &store, &rows);
	lloyd_allocate(&arena, &rows, 5, 1, &run);
	start_run(&rows, &run, 5, 1);
	check(!sdq_failed(lloyd_iterate(&job, &rows, &options, &run, 1, 0, 1)),
		  "300,000 rows are clustered");
	for (size_t i = 0; i < n; i++)
	{
		double row[3];

		row_store_read_exact(&store, i, row);
		counts[run.labels[i]]++;
		for (size_t j = 0; j < 3; j++)
			sums[run.labels[i]][j] += row[j];
	}
	check(memcmp(sums, run.sums, sizeof(sums)) == 0 &&
			  memcmp(counts, run.counts, sizeof(counts)) == 0,
		  "sums and counts are those of the labels");
}

/* Ends of blocks that the arena may leave unused. */
#define ARENA_SLACK ((size_t) 32 * 1000 * 1000)

/* The total is refused before anything is computed, and what is said to suffice does. */
static void
test_memory(Rows kind, size_t n, size_t k)
{
	RowStore store = make_rows(kind, n);
	KmeansOptions options = {.k = k, .n_init = 20, .max_iter = 5, .tol = 0};
	char sentence[120];
	Kmeans got;
	SdqStatus status;

	arena.limit = arena.held + 1000;
	status = kmeans(&job, &store, &options, &got);
	snprintf(sentence, sizeof(sentence), "%s, k = %zu: too little memory is refused with the total",
			 rows_names[kind], k);
	check(status.code == SDQ_OVER_LIMIT && status.b == (double) arena.limit &&
			  status.a > (double) arena.held + (double) n * (double) store.d,
		  sentence);
	arena.limit = (size_t) status.a + ARENA_SLACK;
	status = kmeans(&job, &store, &options, &got);
	snprintf(sentence, sizeof(sentence), "%s, k = %zu: the total suffices", rows_names[kind], k);
	check(status.code == SDQ_OK, sentence);
	arena.limit = 0;
}

int
main(void)
{
	arena_init(&arena, arena_malloc_source(), 0);
	pool_create(&job.pool, 2, NULL);
	for (Rows kind = 0; kind < N_ROWS; kind++)
	{
		test_side_by_side(kind);
		if (CHECK_RACES_ONLY)
			continue;
		test_bounds(kind, 2000, 1);
		test_bounds(kind, 2000, 2);
		test_bounds(kind, 2000, 3);
		test_bounds(kind, 2000, 10);
		test_bounds(kind, 1000, 100);
		test_bounds(kind, 100, 100);
		test_memory(kind, 3000, 10);
		test_memory(kind, 1000, 300);
	}
	test_many_rows();
	if (!CHECK_RACES_ONLY)
		test_levels_of_floats();
	pool_destroy(job.pool);
	arena_free(&arena);
	return check_done();
}
