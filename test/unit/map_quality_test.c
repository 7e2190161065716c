/*
 * map_quality_test.c
 *		Trustworthiness, continuity and preservation against ranks by sorting.
 */
#include "check.h"

#include <string.h>

#include "core/base/rng.h"
#include "core/tsne/map_quality.h"
#include "row_stores.h"
#include "workbench.h"

/* rank[j] = place of row j among the others of row i, from 1, ties to the lower row. */
static void
ranks_of(const RowStore *store, size_t i, size_t *rank)
{
	for (size_t j = 0; j < store->n; j++)
	{
		double distance2 = row_store_distance2(store, i, j);

		rank[j] = 1;
		for (size_t l = 0; l < store->n; l++)
		{
			double other = row_store_distance2(store, i, l);

			rank[j] += l != i && (other < distance2 || (other == distance2 && l < j));
		}
	}
}

/* The definition, row by row: what the neighbours of `other` are too far away in `store`. */
static double
plain_quality(const RowStore *store, const RowStore *other, size_t k)
{
	size_t n = store->n;
	size_t *rank = malloc(n * sizeof(size_t));
	size_t *other_rank = malloc(n * sizeof(size_t));
	double sum = 0;

	for (size_t i = 0; i < n; i++)
	{
		ranks_of(store, i, rank);
		ranks_of(other, i, other_rank);
		for (size_t j = 0; j < n; j++)
			if (j != i && other_rank[j] <= k && rank[j] > k)
				sum += (double) (rank[j] - k);
	}
	free(rank);
	free(other_rank);
	return 1 - 2 * sum / ((double) n * (double) k * (2 * (double) n - 3 * (double) k - 1));
}

/* Some k of one pair of stores. */
static void
compare(const double *input, size_t d, const double *map, size_t n, const char *name)
{
	const size_t ks[] = {1, map_quality_max_k(n), 3};
	bool right = true;
	bool means = true;
	char sentence[200];

	for (size_t c = 0; c < 3 && ks[c] <= map_quality_max_k(n); c++)
	{
		Bench bench;
		RowStore input_store;
		RowStore map_store;
		MapQuality quality;
		double trust = 0;

		bench_open(&bench, 2);
		input_store = store_of_rows(&bench.job, input, n, d);
		map_store = store_of_rows(&bench.job, map, n, 2);
		if (sdq_failed(map_quality(&bench.job, &input_store, &map_store, ks[c], &quality)))
			exit(EXIT_FAILURE);
		right = right &&
				fabs(quality.trustworthiness - plain_quality(&input_store, &map_store, ks[c])) <=
					1e-14 &&
				fabs(quality.continuity - plain_quality(&map_store, &input_store, ks[c])) <= 1e-14;
		for (size_t i = 0; i < n; i++)
			trust += quality.row_trustworthiness[i] / (double) n;
		means = means && fabs(trust - quality.trustworthiness) <= 1e-12;
		bench_close(&bench);
	}
	snprintf(sentence, sizeof(sentence), "%s: ranks as by sorting", name);
	check(right, sentence);
	snprintf(sentence, sizeof(sentence), "%s: the mean of all rows is the whole", name);
	check(means, sentence);
}

static void
test_ranks(void)
{
	enum
	{
		N = 90,
		D = 20
	};
	double *input = random_rows(N, D, 1);
	double *map = random_rows(N, 2, 2);

	compare(input, D, map, N, "random rows");
	for (size_t v = 0; v < N * D; v++)
		input[v] = floor(4 * input[v]) + 100;
	for (size_t v = 0; v < 2 * N; v++)
		map[v] = floor(2 * map[v]);
	compare(input, D, map, N, "bytes with ties, a map with ties");
	for (size_t v = 0; v < N * D / 2; v++)
		input[v] = input[v % D];
	compare(input, D, map, N, "half of the rows equal");
	for (size_t v = 0; v < N * D; v++)
		input[v] += 1e9;
	compare(input, D, map, N, "a large offset");
	for (size_t v = 0; v < N * D; v++)
		input[v] = 7;
	compare(input, D, map, N, "all rows equal");
	compare(input, 1, map, 3, "three rows of one column");
	free(input);
	free(map);
}

/* Five points on a line, in the input at 0 1 2 3 4, in the map with the first moved to the other end, at
 * 5. k = 1, ties to the lower row. Nearest in the input: 0 has 1, 1 has 0, 2 has 1, 3 has 2, 4 has 3; in
 * the map: 0 has 4, 1 has 2, 2 has 1, 3 has 2, 4 has 0. So two of five are preserved, and the intruders
 * are 4 for 0 (the last of four in the input, 3 too far), 2 for 1 (second there, 1 too far), and 0 for 4
 * (the last, 3 too far): 7 in all, of n k (2n - 3k - 1) / 2 = 15 at worst. */
static void
test_by_hand(void)
{
	const double input[] = {0, 1, 2, 3, 4};
	const double map[] = {5, 0, 1, 0, 2, 0, 3, 0, 4, 0};
	Bench bench;
	RowStore input_store;
	RowStore map_store;
	MapQuality quality;

	bench_open(&bench, 1);
	input_store = store_of_rows(&bench.job, input, 5, 1);
	map_store = store_of_rows(&bench.job, map, 5, 2);
	check(!sdq_failed(map_quality(&bench.job, &input_store, &map_store, 1, &quality)),
		  "five points are judged");
	check_close(quality.trustworthiness, 8 / 15.0, 1e-15, "their trustworthiness is 8/15");
	check_close(quality.preservation, 2 / 5.0, 1e-15, "two of five neighbours are preserved");
	check(quality.row_trustworthiness[0] == 0 && quality.row_preservation[0] == 0 &&
			  quality.row_trustworthiness[2] == 1 && quality.row_preservation[2] == 1,
		  "row 0 is as badly placed as can be, row 2 well");
	check(!sdq_failed(map_quality(&bench.job, &input_store, &input_store, 2, &quality)) &&
			  quality.trustworthiness == 1 && quality.continuity == 1 && quality.preservation == 1,
		  "the input is a perfect map of itself");
	bench_close(&bench);
}

static void
test_arguments(void)
{
	const double rows[] = {0, 1, 2, 3, 4};
	Bench bench;
	RowStore store;
	MapQuality quality;
	SdqStatus status;

	bench_open(&bench, 1);
	store = store_of_rows(&bench.job, rows, 5, 1);
	status = map_quality(&bench.job, &store, &store, 3, &quality);
	check(status.code == SDQ_BAD_ARGUMENT && status.a == 3 && status.b == 2,
		  "k must be less than half of the rows");
	check(map_quality(&bench.job, &store, &store, 0, &quality).code == SDQ_BAD_ARGUMENT,
		  "k = 0 is refused");
	bench.arena.limit = bench.arena.held + 1000;
	check(map_quality(&bench.job, &store, &store, 1, &quality).code == SDQ_OVER_LIMIT,
		  "too little memory is noticed before the work");
	bench_close(&bench);
}

/* Bits for 1, 2, 3 and 7 threads. */
static void
test_same_bits(void)
{
	enum
	{
		N = 1500,
		D = 30
	};
	static const int threads[] = {1, 2, 3, 7};
	double *input = random_rows(N, D, 3);
	double *map = random_rows(N, 2, 4);
	double *first = malloc(N * sizeof(double));
	bool same = true;

	for (size_t t = 0; t < sizeof(threads) / sizeof(threads[0]); t++)
	{
		Bench bench;
		RowStore input_store;
		RowStore map_store;
		MapQuality quality;

		bench_open(&bench, threads[t]);
		input_store = store_of_rows(&bench.job, input, N, D);
		map_store = store_of_rows(&bench.job, map, N, 2);
		if (sdq_failed(map_quality(&bench.job, &input_store, &map_store, 12, &quality)))
			exit(EXIT_FAILURE);
		if (t == 0)
			memcpy(first, quality.row_trustworthiness, N * sizeof(double));
		same = same && memcmp(first, quality.row_trustworthiness, N * sizeof(double)) == 0;
		bench_close(&bench);
	}
	check(same, "1, 2, 3 and 7 threads give the same bits");
	free(input);
	free(map);
	free(first);
}

int
main(void)
{
	test_by_hand();
	test_ranks();
	test_arguments();
	test_same_bits();
	return check_done();
}
