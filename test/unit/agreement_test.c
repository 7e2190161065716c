/*
 * agreement_test.c
 *		Agreement of clusters with labels: by hand, degenerate tables, generated labels with references of
 *		scikit-learn, names and sides that do not matter, counts beyond 2^32, failures.
 */
#include "core/tests/agreement.h"

#include <string.h>

#include "agreement.h"
#include "check.h"
#include "generated_samples.h"
#include "stops.h"

#define N_ITEMS(array) (sizeof(array) / sizeof((array)[0]))

#define MAX_SIDE 16

/* Has every call given back its scratch memory? */
static bool is_scratch_back = true;

/* The measures of counts[n_rows][n_columns]; cells of 0 are left out. */
static SdqStatus
measure(const int64_t *counts, size_t n_rows, size_t n_columns, Stop *stop, Agreement *result)
{
	CountCell cells[MAX_SIDE * MAX_SIDE];
	size_t ends[MAX_SIDE];
	size_t n = 0;
	CountTable table = {
		.cells = cells, .column_ends = ends, .n_columns = n_columns, .n_rows = n_rows};
	Arena arena;
	SdqStatus status;

	for (size_t j = 0; j < n_columns; j++)
	{
		for (size_t i = 0; i < n_rows; i++)
			if (counts[i * n_columns + j] > 0)
				cells[n++] = (CountCell){.row = i, .count = counts[i * n_columns + j]};
		ends[j] = n;
	}
	arena_init(&arena, arena_malloc_source(), 0);
	status = measure_agreement(&table, &arena, stop, result);
	is_scratch_back &= arena.newest == NULL || arena_mark(&arena).used == 0;
	arena_free(&arena);
	return status;
}

/* A table written down row by row: a row is a cluster, a column a label. */
#define MEASURE(result, n_columns, ...)                                                            \
	measure((const int64_t[]){__VA_ARGS__}, N_ITEMS(((int64_t[]){__VA_ARGS__})) / (n_columns),     \
			n_columns, NULL, result)

static void
check_small(void)
{
	Agreement r;

	/*
	 * Clusters (2, 1) and (0, 3): of the 15 pairs 1 + 0 + 3 = 4 are together in both; labels of 2 and 4 have 7
	 * pairs, clusters of 3 and 3 have 6. ARI = (4 - 7 * 6 / 15) / (6.5 - 7 * 6 / 15) = 12 / 37.
	 */
	MEASURE(&r, 2, 2, 1, 0, 3);
	check_close(r.adjusted_rand_index, 12. / 37, 1e-15, "ARI by hand: 12 / 37");
	check_close(r.purity, 5. / 6, 1e-15, "purity by hand: (2 + 3) / 6");
	check(r.n == 6 && r.n_labels == 2 && r.n_clusters == 2, "sizes");
	/* H(cluster) = log 2, H(label) = log 3 - log(2) 2/3, H(label | cluster) = half of the same. */
	check_close(r.homogeneity, .5, 1e-15, "homogeneity by hand: 1 / 2");
	check_close(r.completeness, (log(3) - log(2) * 2 / 3) / 2 / log(2), 1e-15,
				"completeness by hand");
	check_close(r.normalized_mutual_info,
				2 * r.homogeneity * r.completeness / (r.homogeneity + r.completeness), 1e-15,
				"NMI is the harmonic mean of both");

	/* Equal partitions under other names. */
	MEASURE(&r, 3, 0, 7, 0, 5, 0, 0, 0, 0, 2);
	check(r.adjusted_rand_index == 1 && r.normalized_mutual_info == 1 && r.homogeneity == 1 &&
			  r.completeness == 1 && r.purity == 1,
		  "equal partitions: all measures are exactly 1");
	/* Independent: 2 x 3 in shares 1:2 and 1:2:3. The index is below 0 on purpose (Hubert and Arabie). */
	MEASURE(&r, 3, 1, 2, 3, 2, 4, 6);
	check(r.normalized_mutual_info == 0 && r.homogeneity == 0 && r.completeness == 0,
		  "independent: no information, exactly");
	check(r.adjusted_rand_index < 0 && r.adjusted_rand_index > -0.1,
		  "and an index a little below 0");
	check_close(r.purity, .5, 1e-15, "and the purity of the most frequent label");
	/* Each row a cluster of its own. */
	MEASURE(&r, 2, 1, 0, 1, 0, 0, 1, 0, 1);
	check(r.purity == 1 && r.homogeneity == 1 && r.adjusted_rand_index == 0,
		  "clusters of one row are pure and say nothing");
	check_close(r.completeness, .5, 1e-15, "half of log 4 is told");
}

static void
check_degenerate(void)
{
	Agreement r;

	MEASURE(&r, 1, 5);
	check(r.adjusted_rand_index == 1 && r.normalized_mutual_info == 1 && r.homogeneity == 1 &&
			  r.completeness == 1 && r.purity == 1 && r.n_labels == 1 && r.n_clusters == 1,
		  "one label in one cluster: equal partitions");
	MEASURE(&r, 1, 1);
	check(r.adjusted_rand_index == 1 && r.normalized_mutual_info == 1 && r.n == 1,
		  "one row: equal partitions");
	MEASURE(&r, 1, 5, 3);
	check(r.adjusted_rand_index == 0 && r.normalized_mutual_info == 0 && r.homogeneity == 1 &&
			  r.completeness == 0 && r.purity == 1,
		  "one label in two clusters");
	MEASURE(&r, 2, 5, 3);
	check(r.adjusted_rand_index == 0 && r.normalized_mutual_info == 0 && r.homogeneity == 0 &&
			  r.completeness == 1,
		  "two labels in one cluster");
	check_close(r.purity, 5. / 8, 1e-15, "have the purity of the larger");
	MEASURE(&r, 3, 0, 1, 0, 1, 0, 0, 0, 0, 1);
	check(r.adjusted_rand_index == 1 && r.normalized_mutual_info == 1,
		  "each row alone on both sides: equal partitions");
	check(!sdq_failed(MEASURE(&r, 2, 0, 0, 0, 0)) && r.n == 0 && r.n_labels == 0,
		  "no rows: all fields are 0");
	MEASURE(&r, 3, 2, 0, 1, 0, 0, 0, 0, 0, 3);
	check(r.n_labels == 2 && r.n_clusters == 2, "empty rows and columns are not there");
	check_close(r.adjusted_rand_index, 12. / 37, 1e-15, "nor do they matter");
}

/* The labels of a case, as test/reference/agreement.py makes them, as counts[cluster][label]. */
static void
make_case(uint64_t number, int64_t counts[MAX_SIDE][MAX_SIDE])
{
	Generator generator = {number};
	uint64_t n = 1 + generator_below(&generator, 200);
	uint64_t n_labels = 1 + generator_below(&generator, 12);
	uint64_t n_clusters = 1 + generator_below(&generator, 12);
	uint64_t kind = number % 4;

	memset(counts, 0, MAX_SIDE * MAX_SIDE * sizeof(int64_t));
	for (uint64_t i = 0; i < n; i++)
	{
		uint64_t label = generator_below(&generator, n_labels);
		uint64_t cluster = generator_below(&generator, n_clusters);

		if (kind == 3 || (kind > 0 && generator_below(&generator, 4) < kind))
			cluster = n_labels - 1 - label;
		counts[cluster][label]++;
	}
}

/* Within 1e-12, or twelve digits. */
static bool
is_near(double got, double want)
{
	return fabs(got - want) <= 1e-12;
}

static void
check_references(void)
{
	bool equal = true;
	bool symmetric = true;
	bool renamed = true;

	for (size_t i = 0; i < N_ITEMS(agreement_reference); i++)
	{
		const struct AgreementReference *want = &agreement_reference[i];
		int64_t counts[MAX_SIDE][MAX_SIDE];
		int64_t other[MAX_SIDE][MAX_SIDE];
		Agreement r;
		Agreement o;

		make_case(i, counts);
		measure(&counts[0][0], MAX_SIDE, MAX_SIDE, NULL, &r);
		equal &= is_near(r.adjusted_rand_index, want->ari) &&
				 is_near(r.normalized_mutual_info, want->nmi) &&
				 is_near(r.homogeneity, want->homogeneity) &&
				 is_near(r.completeness, want->completeness) && is_near(r.purity, want->purity);
		if (i % 4 == 3)
			equal &= r.adjusted_rand_index == 1 && r.normalized_mutual_info == 1 && r.purity == 1;

		for (size_t a = 0; a < MAX_SIDE; a++)
			for (size_t b = 0; b < MAX_SIDE; b++)
				other[a][b] = counts[b][a];
		measure(&other[0][0], MAX_SIDE, MAX_SIDE, NULL, &o);
		symmetric &= o.adjusted_rand_index == r.adjusted_rand_index &&
					 is_near(o.normalized_mutual_info, r.normalized_mutual_info) &&
					 is_near(o.homogeneity, r.completeness) && o.n_labels == r.n_clusters;

		/* 5 and 3 have no factor in common with 16: both are permutations. */
		for (size_t a = 0; a < MAX_SIDE; a++)
			for (size_t b = 0; b < MAX_SIDE; b++)
				other[(a * 5 + 7) % MAX_SIDE][(b * 3 + i) % MAX_SIDE] = counts[a][b];
		measure(&other[0][0], MAX_SIDE, MAX_SIDE, NULL, &o);
		renamed &= o.adjusted_rand_index == r.adjusted_rand_index && o.purity == r.purity &&
				   is_near(o.normalized_mutual_info, r.normalized_mutual_info);
	}
	check(equal, "300 generated cases agree with scikit-learn");
	check(symmetric, "labels and clusters may change sides");
	check(renamed, "labels and clusters may change their names");
}

static void
check_large(void)
{
	const int64_t billion = 1000000000;
	Agreement small;
	Agreement r;
	SdqStatus status;

	/* Of many rows the index depends on the shares alone, but for terms of 1 / n. */
	MEASURE(&small, 2, 30000, 10000, 0, 20000);
	MEASURE(&r, 2, 3 * billion, billion, 0, 2 * billion);
	check(r.n == 6 * billion, "six thousand million rows");
	check_close(r.adjusted_rand_index, small.adjusted_rand_index, 1e-4, "have the index of fewer");
	check_close(r.normalized_mutual_info, small.normalized_mutual_info, 1e-14,
				"and the information of fewer");
	/* Around the largest number of rows whose pairs are compared exactly. */
	MEASURE(&small, 2, (int64_t) 1 << 30, (int64_t) 1 << 30, ((int64_t) 1 << 30) + 1,
			((int64_t) 1 << 30) - 1);
	MEASURE(&r, 2, (int64_t) 1 << 30, (int64_t) 1 << 30, ((int64_t) 1 << 30) + 1,
			(int64_t) 1 << 30);
	check(fabs(small.adjusted_rand_index) < 1e-8 && fabs(r.adjusted_rand_index) < 1e-8,
		  "2^32 rows and one more that are nearly independent");
	/* The largest counts there are. */
	MEASURE(&r, 2, INT64_MAX / 2, 0, 0, INT64_MAX / 2);
	check(r.adjusted_rand_index == 1 && r.normalized_mutual_info == 1, "2^63 - 2 rows, equal");
	MEASURE(&r, 2, INT64_MAX / 4, INT64_MAX / 4, INT64_MAX / 4, INT64_MAX / 4);
	check(fabs(r.adjusted_rand_index) < 1e-15 && r.normalized_mutual_info == 0,
		  "2^63 - 4 rows, independent");
	/* A rare label: entropies stay accurate. p (log(1/p)) + (1 - p) p + ... of p = 1e-9 */
	MEASURE(&r, 2, billion - 1, 0, 0, 1);
	check(r.adjusted_rand_index == 1 && r.normalized_mutual_info == 1,
		  "one row of 1e9 apart, equal");
	MEASURE(&r, 2, billion / 2, 0, billion / 2 - 1, 1);
	/* I = 1e-9 log 2 and a little: H(label) = 1e-9 (log 1e9 + 1). */
	check_close(r.homogeneity, log(2) / (log(1e9) + 1), 1e-8, "one row of 1e9 apart, in halves");
	status = MEASURE(&r, 2, INT64_MAX, 1, 0, 0);
	check(status.code == SDQ_TOO_LARGE, "counts whose sum does not fit are refused");
}

static void
check_failures_of_others(void)
{
	const int64_t counts[] = {1, 2, 3, 4};
	Stop stop = {.poll = stop_now};
	Agreement r;
	CountCell cell = {.row = 0, .count = 1};
	size_t end = 1;
	CountTable table = {.cells = &cell, .column_ends = &end, .n_columns = 1, .n_rows = 1000000};
	Arena arena;

	check(measure(counts, 2, 2, &stop, &r).code == SDQ_INTERRUPTED, "it can be stopped");
	arena_init(&arena, arena_malloc_source(), 1000);
	check(measure_agreement(&table, &arena, NULL, &r).code == SDQ_OVER_LIMIT,
		  "rows beyond the limit of memory are refused");
	arena_free(&arena);
}

int
main(void)
{
	check_small();
	check_degenerate();
	check_references();
	check_large();
	check_failures_of_others();
	check(is_scratch_back, "scratch is given back by every call");
	return check_done();
}
