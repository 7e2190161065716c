/*
 * point_kl_test.c
 *		The divergence of rows: against plain sums, for any number of threads, stopped, short of memory.
 */
#include "check.h"

#include <string.h>

#include "core/tsne/attraction.h"
#include "core/tsne/field_exact.h"
#include "core/tsne/point_kl.h"
#include "row_stores.h"
#include "stops.h"
#include "workbench.h"

/* More pairs than a chunk takes. */
#define N 3001
#define D 12

static const AffinityOptions OPTIONS = {.perplexity = 20, .pca = 5};

/* The sum of kl is the divergence by the plain functions. */
static void
test_sum(void)
{
	double *values = random_rows(N, D, 1);
	double *map = random_rows(N, 3, 2);
	double *force = malloc(sizeof(double) * N * 3);
	double kl[N];

	for (int dims = 2; dims <= 3; dims++)
	{
		Bench bench;
		RowStore rows;
		Affinities affinities;
		AffinityTimes times = {0};
		double z;
		double want;
		double got = 0;
		size_t held;

		bench_open(&bench, 2);
		rows = store_of_rows(&bench.job, values, N, D);
		held = bench.arena.used;
		check(!sdq_failed(point_kl(&bench.job, &rows, map, dims, &OPTIONS, kl)) &&
				  bench.arena.used == held,
			  "it works, and gives all memory back");
		if (sdq_failed(row_affinities(&bench.job, &rows, &OPTIONS, &affinities, &times)))
			exit(EXIT_FAILURE);
		field_plain(map, N, dims, force, &z);
		want = attraction_entropy(&affinities, 0, N) +
			   attraction_objective(&affinities, map, dims, 0, N) + log(z);
		for (size_t i = 0; i < N; i++)
			got += kl[i];
		check_close(got, want, 1e-6, "point_kl_sum: the sum over rows is the divergence");
		check(times.reduction > 0 && times.neighbors > 0 && times.affinities > 0,
			  "each phase takes its time");
		bench_close(&bench);
	}
	free(force);
	free(map);
	free(values);
}

/* The same bits for any number of threads. */
static void
test_threads(void)
{
	double *values = random_rows(N, D, 3);
	double *map = random_rows(N, 2, 4);
	double kl[2][N];
	bool equal = true;

	for (int threads = 1; threads <= 7; threads++)
	{
		Bench bench;
		RowStore rows;

		bench_open(&bench, threads);
		rows = store_of_rows(&bench.job, values, N, D);
		if (sdq_failed(point_kl(&bench.job, &rows, map, 2, &OPTIONS, kl[threads > 1])))
			exit(EXIT_FAILURE);
		equal = equal && (threads == 1 || memcmp(kl[0], kl[1], sizeof(kl[0])) == 0);
		bench_close(&bench);
	}
	check(equal, "the same bits with 1 to 7 threads");
	free(map);
	free(values);
}

/* A stop at any question ends it. */
static void
test_stop(void)
{
	double *values = random_rows(N, D, 5);
	double *map = random_rows(N, 2, 6);
	double kl[N];
	bool stopped = true;
	bool released = true;
	int questions = 0;

	for (int after = 1; stopped && after < 1000000; after *= 2)
	{
		int left = after;
		Stop stop = {.poll = stop_countdown, .context = &left};
		Bench bench;
		RowStore rows;
		size_t used;
		SdqStatus status;

		bench_open(&bench, 2);
		rows = store_of_rows(&bench.job, values, N, D);
		used = bench.arena.used;
		pool_destroy(bench.job.pool);
		bench.job.stop = &stop;
		if (sdq_failed(pool_create(&bench.job.pool, 2, &stop)))
			exit(EXIT_FAILURE);
		status = point_kl(&bench.job, &rows, map, 2, &OPTIONS, kl);
		stopped = status.code == SDQ_INTERRUPTED;
		released = released && bench.arena.used == used && (stopped || !sdq_failed(status));
		questions += stopped;
		bench_close(&bench);
	}
	check(questions > 3, "it asks several times whether to stop, and stops");
	check(released, "stopped or not, it gives its memory back");
	free(map);
	free(values);
}

/* Too little memory is found before the work. */
static void
test_memory(void)
{
	double *values = random_rows(N, D, 7);
	double *map = random_rows(N, 2, 8);
	double kl[N];
	Bench bench;
	RowStore rows;
	SdqStatus status;

	bench_open(&bench, 1);
	rows = store_of_rows(&bench.job, values, N, D);
	bench.arena.limit = bench.arena.held + (1 << 20);
	status = point_kl(&bench.job, &rows, map, 2, &OPTIONS, kl);
	check(status.code == SDQ_OVER_LIMIT && status.a > status.b, "memory is refused beforehand");
	bench.arena.limit = (size_t) status.a;
	check(!sdq_failed(point_kl(&bench.job, &rows, map, 2, &OPTIONS, kl)),
		  "what it asks for is enough");
	bench_close(&bench);
	free(map);
	free(values);
}

int
main(void)
{
	test_sum();
	test_threads();
	test_stop();
	test_memory();
	return check_done();
}
