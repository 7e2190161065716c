/*
 * place_test.c
 *		New rows in a map that stands.
 *
 * The rows are clusters in many columns, the map is one disc for each of them, as descents leave them.
 */
#include "check.h"

#include <string.h>

#include "core/base/rng.h"
#include "core/tsne/affinities.h"
#include "core/tsne/place.h"
#include "row_stores.h"
#include "stops.h"
#include "workbench.h"

#define CLUSTERS 5

/* Extent of a map, and radius of its discs. */
#define SIDE   40.0
#define RADIUS 5.0

/* Rows of d values that arrive in reverse, as a finished store in their order; order[n] is its memory. */
static RowStore
store_of_late_rows(Job *job, const double *values, size_t n, size_t d, size_t *order)
{
	RowStore rows;

	row_store_init(&rows, job->arena);
	for (size_t i = 0; i < n; i++)
	{
		order[i] = n - 1 - i;
		if (sdq_failed(row_store_append(&rows, values + (n - 1 - i) * d, d)))
			exit(EXIT_FAILURE);
	}
	if (sdq_failed(row_store_finish(&rows, job, order)))
		exit(EXIT_FAILURE);
	return rows;
}

/* Normal rows; row i is of cluster i % CLUSTERS, whose mean is 10 in column i % CLUSTERS. */
static double *
cluster_rows(size_t n, size_t d, uint64_t seed)
{
	double *rows = random_rows(n, d, seed);

	for (size_t i = 0; i < n; i++)
		rows[i * d + i % CLUSTERS] += 10;
	return rows;
}

/* Where the middle of a cluster's disc is: on a circle. */
static double
disc_middle(size_t cluster, int d)
{
	double angle = 2 * acos(-1.0) * (double) cluster / CLUSTERS;

	return 0.5 * (SIDE - 2 * RADIUS) * (d == 0 ? cos(angle) : sin(angle));
}

/* Positions in the discs: the first two columns of a row's noise decide. */
static double *
cluster_map(const double *rows, size_t n, size_t d)
{
	double *y = malloc(2 * n * sizeof(double));

	for (size_t i = 0; i < n; i++)
		for (int c = 0; c < 2; c++)
			y[2 * i + (size_t) c] = disc_middle(i % CLUSTERS, c) +
									RADIUS * 0.6 * tanh(rows[i * d + CLUSTERS + (size_t) c]);
	return y;
}

/* Place, or end the program. */
static Placement
place(Bench *bench, const RowStore *reference, const double *map, const RowStore *query,
	  const PlaceOptions *options)
{
	Placement result;

	if (sdq_failed(tsne_place(&bench->job, reference, map, query, options, &result)))
		exit(EXIT_FAILURE);
	return result;
}

/* How many rows lie in the disc of their cluster? */
static size_t
count_at_home(const Placement *result)
{
	size_t count = 0;

	for (size_t i = 0; i < result->n; i++)
		count += hypot(result->y[2 * i] - disc_middle(i % CLUSTERS, 0),
					   result->y[2 * i + 1] - disc_middle(i % CLUSTERS, 1)) < 1.2 * RADIUS;
	return count;
}

/* New rows land with the rows they are like; a reference row placed anew has distance 0. */
static void
test_clusters(void)
{
	enum
	{
		N = 1000,
		M = 200,
		D = 60
	};
	static const size_t pca[] = {0, 50};
	double *rows = cluster_rows(N, D, 1);
	double *new_rows = cluster_rows(M, D, 2);
	double *map = cluster_map(rows, N, D);

	for (size_t p = 0; p < 2; p++)
	{
		PlaceOptions options = {.perplexity = 5, .pca = pca[p]};
		Bench bench;
		RowStore reference;
		RowStore query;
		Placement result;
		Neighbors nearest;
		bool right = true;

		bench_open(&bench, 2);
		reference = store_of_rows(&bench.job, rows, N, D);
		query = store_of_rows(&bench.job, new_rows, M, D);
		result = place(&bench, &reference, map, &query, &options);
		check(result.n == M && count_at_home(&result) == M, "new rows land in their cluster");
		if (sdq_failed(knn_plain(&bench.job, &query, &reference, 1, &nearest)))
			exit(EXIT_FAILURE);
		for (size_t i = 0; i < M; i++)
			right = right && result.distance[i] == sqrt(nearest.distance2[i]);
		check(right, "distances are those from the nearest reference row in all columns");
		result = place(&bench, &reference, map, &reference, &options);
		right = true;
		for (size_t i = 0; i < N; i++)
			right = right && result.distance[i] == 0;
		check(count_at_home(&result) == N && right,
			  "reference rows placed anew land in their cluster, at distance 0");
		bench_close(&bench);
	}
	free(rows);
	free(new_rows);
	free(map);
}

/* Four rows on the axes of both spaces, and one in the middle: symmetry leaves it there. */
static void
test_middle(void)
{
	static const double rows[] = {1, 0, -1, 0, 0, 1, 0, -1};
	static const double map[] = {17, 5, 3, 5, 10, 12, 10, -2};
	static const double middle[] = {0, 0};
	PlaceOptions options = {.perplexity = 5};
	Bench bench;
	RowStore reference;
	RowStore query;
	Placement result;

	bench_open(&bench, 1);
	reference = store_of_rows(&bench.job, rows, 4, 2);
	query = store_of_rows(&bench.job, middle, 1, 2);
	result = place(&bench, &reference, map, &query, &options);
	check(fabs(result.y[0] - 10) < 1e-2 && fabs(result.y[1] - 5) < 1e-2,
		  "the middle of four rows is placed in the middle of their positions");
	check(result.distance[0] == 1, "at distance 1 from each");
	bench_close(&bench);
}

/*
 * Neighbours in three places. All 25 are equally far from the new row, in columns of their own: eleven lie
 * around (0, 0), seven around (40, 20) and seven around (20, 40). Both coordinates of their median are about
 * 20, where 2,000 other rows crowd, 6.4 on a unit of area. There the objective is about
 * 1.5 (11 ln 801 + 14 ln 401) / 25 + ln(6.4 pi ln 101) = 14.0, among the eleven it is
 * 1.5 (14 ln 2001) / 25 + ln 10 = 8.7 and a little, among seven of the others 10.
 */
static void
test_split(void)
{
	enum
	{
		NEAR = 25,
		N = NEAR + 2000,
		D = NEAR
	};
	static const double middle[3][2] = {{0, 0}, {40, 20}, {20, 40}};
	double *rows = calloc((size_t) N * D, sizeof(double));
	double *map = malloc(sizeof(double) * 2 * N);
	double row[D] = {0};
	PlaceOptions options = {.perplexity = 5};
	Bench bench;
	RowStore reference;
	RowStore query;
	Placement result;
	Rng rng;

	rng_seed(&rng, 10, RNG_STREAM_TEST);
	for (size_t i = 0; i < N; i++)
	{
		double angle = 2 * acos(-1.0) * rng_double(&rng);
		/* Even over the crowd's disc; a small one around each of the three. */
		double radius = (i < NEAR ? 1 : 10) * sqrt(rng_double(&rng));
		size_t part = i < 11 ? 0 : i < 18 ? 1 : 2;

		map[2 * i] = (i < NEAR ? middle[part][0] : 20) + radius * cos(angle);
		map[2 * i + 1] = (i < NEAR ? middle[part][1] : 20) + radius * sin(angle);
		if (i < NEAR)
			rows[i * D + i] = 1;
		else
			rows[i * D] = 100 + rng_double(&rng);
	}
	bench_open(&bench, 1);
	reference = store_of_rows(&bench.job, rows, N, D);
	query = store_of_rows(&bench.job, row, 1, D);
	result = place(&bench, &reference, map, &query, &options);
	check(hypot(result.y[0], result.y[1]) < 5,
		  "a row with neighbours in three places lands where most are, not between them");
	bench_close(&bench);
	free(rows);
	free(map);
}

/* The number of neighbours at perplexity 5. */
#define PLAIN_NEIGHBORS 25

/* The median of one coordinate of the neighbours: the one that 12 are below. */
static double
plain_median(const uint32_t *index, const double *map, size_t d)
{
	for (size_t j = 0; j < PLAIN_NEIGHBORS; j++)
	{
		size_t below = 0;

		for (size_t l = 0; l < PLAIN_NEIGHBORS; l++)
			below += map[2 * index[l] + d] < map[2 * index[j] + d];
		if (below == PLAIN_NEIGHBORS / 2)
			return map[2 * index[j] + d];
	}
	return NAN;
}

/* The objective at y, its field summed over all rows. */
static double
plain_objective(const double *p, const uint32_t *index, const double *map, size_t n,
				const double *y)
{
	double attraction = 0;
	double s = 0;
	size_t j = 0;

	for (size_t l = 0; l < PLAIN_NEIGHBORS; l++)
		attraction +=
			p[l] * log(1 + pow(y[0] - map[2 * index[l]], 2) + pow(y[1] - map[2 * index[l] + 1], 2));
	/* There is at least one row, so s > 0. */
	do
		s += 1 / (1 + pow(y[0] - map[2 * j], 2) + pow(y[1] - map[2 * j + 1], 2));
	while (++j < n);
	return 1.5 * attraction + log(s);
}

/* The same descent, its field summed over all rows in double; perplexity 5. */
static void
place_plainly(const double *distance2, const uint32_t *index, const double *map, size_t n,
			  double *y)
{
	double scratch[PLAIN_NEIGHBORS];
	double p[PLAIN_NEIGHBORS];
	double velocity[2] = {0, 0};

	affinities_row(distance2, PLAIN_NEIGHBORS, 5, scratch, p);
	for (size_t d = 0; d < 2; d++)
		y[d] = plain_median(index, map, d);
	for (size_t j = 0; j < PLAIN_NEIGHBORS; j++)
	{
		const double *position = map + 2 * index[j];

		if (plain_objective(p, index, map, n, position) < plain_objective(p, index, map, n, y))
			memcpy(y, position, 2 * sizeof(double));
	}
	for (int step = 0; step < 250; step++)
	{
		double gradient[2] = {0, 0};
		double s = 0;
		double norm;

		for (size_t j = 0; j < n; j++)
			s += 1 / (1 + pow(y[0] - map[2 * j], 2) + pow(y[1] - map[2 * j + 1], 2));
		for (size_t j = 0; j < n; j++)
		{
			double w = 1 / (1 + pow(y[0] - map[2 * j], 2) + pow(y[1] - map[2 * j + 1], 2));
			double pull = -w * w / s;

			for (size_t l = 0; l < PLAIN_NEIGHBORS; l++)
				pull += index[l] == j ? 1.5 * p[l] * w : 0;
			for (size_t d = 0; d < 2; d++)
				gradient[d] += pull * (y[d] - map[2 * j + d]);
		}
		norm = hypot(gradient[0], gradient[1]);
		for (size_t d = 0; d < 2; d++)
		{
			velocity[d] = 0.8 * velocity[d] - 0.1 * gradient[d] * fmin(1, 0.25 / norm);
			y[d] += velocity[d];
		}
	}
}

/* Against that, for a few rows. */
static void
test_plain(void)
{
	enum
	{
		N = 800,
		M = 20,
		D = 8
	};
	double *rows = cluster_rows(N, D, 3);
	double *new_rows = cluster_rows(M, D, 4);
	double *map = cluster_map(rows, N, D);
	PlaceOptions options = {.perplexity = 5};
	double largest = 0;
	Bench bench;
	RowStore reference;
	RowStore query;
	Placement result;
	Neighbors neighbors;

	bench_open(&bench, 2);
	reference = store_of_rows(&bench.job, rows, N, D);
	query = store_of_rows(&bench.job, new_rows, M, D);
	result = place(&bench, &reference, map, &query, &options);
	if (sdq_failed(knn_plain(&bench.job, &query, &reference, PLAIN_NEIGHBORS, &neighbors)))
		exit(EXIT_FAILURE);
	for (size_t i = 0; i < M; i++)
	{
		double y[2] = {0, 0};

		place_plainly(neighbors.distance2 + i * PLAIN_NEIGHBORS,
					  neighbors.index + i * PLAIN_NEIGHBORS, map, N, y);
		largest = fmax(largest, hypot(result.y[2 * i] - y[0], result.y[2 * i + 1] - y[1]));
	}
	printf("# farthest from the plain one: %.2g\n", largest);
	check(largest < 0.05, "all pairs in double give the same places to a thousandth of the map");
	bench_close(&bench);
	free(rows);
	free(new_rows);
	free(map);
}

/* Places on a line, and what ranks rows next to them must have. */
typedef struct RankCase
{
	const char *name;
	double reference[5];
	double row[5];
	double rank[5];
} RankCase;

/*
 * By hand. On the line 0, 1, 3, 7, 15 the nearest other row is 1, 1, 2, 4, 8 away. 1 is nearer than 1 to no
 * row of the line; 2, 3, 5 and 9 are farther than two, three, four and five of these. Of three equal rows,
 * 10 and 12 the nearest others are 0, 0, 0, 2, 2 away.
 */
static const RankCase rank_cases[] = {
	{"ranks of distances from rows on a line",
	 {0, 1, 3, 7, 15},
	 {-1, 17, 18, 20, 24},
	 {0, 0.4, 0.6, 0.8, 1}},
	{"ranks of distances where some rows are equal",
	 {4, 4, 4, 10, 12},
	 {4, 5, 6, 11, 15},
	 {0, 0.6, 0.6, 0.6, 1}},
	{"ranks of distances where all rows are equal",
	 {4, 4, 4, 4, 4},
	 {4, 4.5, 5, 1e100, -4},
	 {0, 1, 1, 1, 1}},
};

/* The share of reference rows that are nearer to their nearest other. */
static void
test_ranks(void)
{
	static const double map[] = {0, 0, 1, 0, 0, 1, 1, 1, 2, 2};
	PlaceOptions options = {.perplexity = 5};

	for (size_t c = 0; c < sizeof(rank_cases) / sizeof(rank_cases[0]); c++)
	{
		const RankCase *expected = &rank_cases[c];
		Bench bench;
		RowStore reference;
		RowStore query;
		Placement result;

		bench_open(&bench, 2);
		reference = store_of_rows(&bench.job, expected->reference, 5, 1);
		query = store_of_rows(&bench.job, expected->row, 5, 1);
		result = place(&bench, &reference, map, &query, &options);
		check(memcmp(result.distance_rank, expected->rank, sizeof(expected->rank)) == 0,
			  expected->name);
		bench_close(&bench);
	}
}

/* The share of own[0], own[step], .. that is below a distance, the step being a fraction n / m. */
static double
plain_rank(const double *own, size_t n, size_t m, double distance)
{
	size_t below = 0;

	for (size_t i = 0; i < m; i++)
		below += own[i * n / m] < distance;
	return (double) below / (double) m;
}

/* Beyond PLACE_SAMPLE_ROWS an even sample stands for the reference, whatever the order of arrival. */
static void
test_sampled_ranks(void)
{
	enum
	{
		N = PLACE_SAMPLE_ROWS + 1000,
		M = 100,
		D = 3
	};
	double *rows = random_rows(N, D, 11);
	double *new_rows = random_rows(M, D, 12);
	double *map = malloc(sizeof(double) * 2 * N);
	double *own = malloc(sizeof(double) * N);
	size_t *order = malloc(sizeof(size_t) * N);
	PlaceOptions options = {.perplexity = 5};
	double largest = 0;
	bool right = true;
	Bench bench;
	RowStore reference;
	RowStore query;
	Neighbors others;
	Placement result;
	Placement again;

	for (size_t i = 0; i < N; i++)
		memcpy(map + 2 * i, rows + i * D, 2 * sizeof(double));
	bench_open(&bench, 2);
	reference = store_of_rows(&bench.job, rows, N, D);
	query = store_of_rows(&bench.job, new_rows, M, D);
	if (sdq_failed(knn_self_plain(&bench.job, &reference, 1, &others)))
		exit(EXIT_FAILURE);
	for (size_t i = 0; i < N; i++)
		own[i] = sqrt(others.distance2[i]);
	result = place(&bench, &reference, map, &query, &options);
	for (size_t i = 0; i < M; i++)
	{
		double rank = plain_rank(own, N, PLACE_SAMPLE_ROWS, result.distance[i]);

		right = right && result.distance_rank[i] == rank;
		largest = fmax(largest, fabs(rank - plain_rank(own, N, N, result.distance[i])));
	}
	check(right, "ranks are those among an even sample of the reference");
	/* Four standard errors; the sample being a large part of all, it is nearer than that. */
	check(largest > 0 && largest < 4 * 0.008, "and near those among all rows");
	reference = store_of_late_rows(&bench.job, rows, N, D, order);
	again = place(&bench, &reference, map, &query, &options);
	check(memcmp(again.distance_rank, result.distance_rank, M * sizeof(double)) == 0,
		  "rows that arrive in another order have the same ranks");
	bench_close(&bench);
	free(rows);
	free(new_rows);
	free(map);
	free(own);
	free(order);
}

/* The same bits alone, among others, in another order, and for any number of threads. */
static void
test_independent(void)
{
	enum
	{
		N = 600,
		M = 300,
		D = 60
	};
	static const int threads[] = {1, 2, 3, 7};
	static const size_t pca[] = {0, 50};
	double *rows = cluster_rows(N, D, 5);
	double *new_rows = cluster_rows(M, D, 6);
	double *reversed = malloc(sizeof(double) * M * D);
	double *map = cluster_map(rows, N, D);
	bool same_threads = true;
	bool same_order = true;
	bool same_alone = true;

	for (size_t i = 0; i < M; i++)
		memcpy(reversed + i * D, new_rows + (M - 1 - i) * D, D * sizeof(double));
	for (size_t p = 0; p < 2; p++)
	{
		PlaceOptions options = {.perplexity = 7, .pca = pca[p]};
		Bench first_bench;
		RowStore reference;
		RowStore query;
		Placement first;

		bench_open(&first_bench, 1);
		reference = store_of_rows(&first_bench.job, rows, N, D);
		query = store_of_rows(&first_bench.job, new_rows, M, D);
		first = place(&first_bench, &reference, map, &query, &options);
		for (size_t t = 0; t < sizeof(threads) / sizeof(threads[0]); t++)
		{
			Bench bench;
			Placement result;

			bench_open(&bench, threads[t]);
			result = place(&bench, &reference, map, &query, &options);
			same_threads =
				same_threads && memcmp(result.y, first.y, 2 * M * sizeof(double)) == 0 &&
				memcmp(result.distance, first.distance, M * sizeof(double)) == 0 &&
				memcmp(result.distance_rank, first.distance_rank, M * sizeof(double)) == 0;
			query = store_of_rows(&bench.job, reversed, M, D);
			result = place(&bench, &reference, map, &query, &options);
			for (size_t i = 0; i < M; i++)
				same_order = same_order && memcmp(result.y + 2 * i, first.y + 2 * (M - 1 - i),
												  2 * sizeof(double)) == 0;
			for (size_t i = 0; i < M; i += 50)
			{
				query = store_of_rows(&bench.job, new_rows + i * D, 1, D);
				result = place(&bench, &reference, map, &query, &options);
				same_alone = same_alone &&
							 memcmp(result.y, first.y + 2 * i, 2 * sizeof(double)) == 0 &&
							 result.distance[0] == first.distance[i] &&
							 result.distance_rank[0] == first.distance_rank[i];
			}
			query = store_of_rows(&first_bench.job, new_rows, M, D);
			bench_close(&bench);
		}
		bench_close(&first_bench);
	}
	check(same_threads, "place_independent: any number of threads gives the same bits");
	check(same_order, "place_independent: any order gives the same bits");
	check(same_alone, "place_independent: a row alone has the same bits as among others");
	free(rows);
	free(new_rows);
	free(reversed);
	free(map);
}

/* Maps far away, with an outlier, in one place; equal rows; few rows. All places are in the disc. */
static void
test_degenerate(void)
{
	enum
	{
		N = 500,
		M = 50,
		D = 8
	};
	double *rows = cluster_rows(N, D, 7);
	double *new_rows = cluster_rows(M, D, 8);
	double *map = cluster_map(rows, N, D);
	double *moved = malloc(sizeof(double) * 2 * N);
	double *equal = calloc((size_t) N * D, sizeof(double));
	PlaceOptions options = {.perplexity = 5};
	Bench bench;
	RowStore reference;
	RowStore query;
	RowStore same;
	Placement first;
	Placement result;
	bool right = true;

	bench_open(&bench, 2);
	reference = store_of_rows(&bench.job, rows, N, D);
	query = store_of_rows(&bench.job, new_rows, M, D);
	same = store_of_rows(&bench.job, equal, N, D);
	first = place(&bench, &reference, map, &query, &options);
	for (size_t v = 0; v < (size_t) 2 * N; v++)
		moved[v] = map[v] + 0x1.0p20;
	result = place(&bench, &reference, moved, &query, &options);
	for (size_t v = 0; v < (size_t) 2 * M; v++)
		right = right && fabs(result.y[v] - 0x1.0p20 - first.y[v]) < 1e-3;
	check(right, "a map far from the origin takes rows at the same places");

	memcpy(moved, map, sizeof(double) * 2 * N);
	moved[0] = 1e6;
	moved[3] = -PLACE_MAX_COORDINATE;
	result = place(&bench, &reference, moved, &query, &options);
	right = true;
	for (size_t v = 0; v < (size_t) 2 * M; v++)
		right = right && isfinite(result.y[v]);
	check(right, "outliers in the map are no obstacle");

	for (size_t i = 0; i < N; i++)
	{
		moved[2 * i] = 3;
		moved[2 * i + 1] = -4;
	}
	result = place(&bench, &reference, moved, &query, &options);
	right = true;
	for (size_t i = 0; i < M; i++)
		right = right && result.y[2 * i] == 3 && result.y[2 * i + 1] == -4;
	check(right, "in a map that is a point every row is placed there");

	result = place(&bench, &same, map, &same, &options);
	right = true;
	for (size_t i = 0; i < N; i++)
		right = right && isfinite(result.y[2 * i]) && result.y[2 * i] == result.y[0] &&
				result.y[2 * i + 1] == result.y[1] && result.distance[i] == 0;
	check(right, "equal rows are placed in one place");

	options.perplexity = PLACE_MAX_PERPLEXITY;
	reference = store_of_rows(&bench.job, rows, PLACE_MIN_ROWS, D);
	result = place(&bench, &reference, map, &query, &options);
	right = true;
	for (size_t v = 0; v < (size_t) 2 * M; v++)
		right = right && isfinite(result.y[v]);
	check(right, "four reference rows suffice at any perplexity");
	bench_close(&bench);
	free(rows);
	free(new_rows);
	free(map);
	free(moved);
	free(equal);
}

/* What cannot be placed. */
static void
test_errors(void)
{
	enum
	{
		N = 300,
		M = 100,
		D = 60
	};
	double *rows = cluster_rows(N, D, 9);
	double *map = cluster_map(rows, N, D);
	PlaceOptions options = {.perplexity = 5, .pca = 50};
	Stop stop = {.poll = stop_now};
	Placement result;
	SdqStatus status;
	RowStore reference;
	RowStore few;
	RowStore narrow;
	RowStore none;
	Bench bench;

	bench_open(&bench, 1);
	reference = store_of_rows(&bench.job, rows, N, D);
	few = store_of_rows(&bench.job, rows, PLACE_MIN_ROWS - 1, D);
	narrow = store_of_rows(&bench.job, rows, M, D - 1);
	none = store_of_rows(&bench.job, rows, 0, D);
	status = tsne_place(&bench.job, &few, map, &reference, &options, &result);
	check(status.code == SDQ_BAD_ARGUMENT && status.detail == PLACE_FEW_ROWS && status.a == 3 &&
			  status.b == 4,
		  "three reference rows are too few");
	status = tsne_place(&bench.job, &reference, map, &narrow, &options, &result);
	check(status.code == SDQ_BAD_ARGUMENT && status.detail == PLACE_COLUMNS && status.a == D - 1 &&
			  status.b == D,
		  "both sides have the same number of columns");
	status = tsne_place(&bench.job, &reference, map, &none, &options, &result);
	check(!sdq_failed(status) && result.n == 0, "no rows, no places");
	bench.arena.limit = bench.arena.held + ((size_t) 1 << 20);
	status = tsne_place(&bench.job, &reference, map, &reference, &options, &result);
	check(status.code == SDQ_OVER_LIMIT, "more memory than allowed is refused");
	bench.arena.limit = 0;
	pool_destroy(bench.job.pool);
	if (sdq_failed(pool_create(&bench.job.pool, 2, &stop)))
		exit(EXIT_FAILURE);
	bench.job.stop = &stop;
	status = tsne_place(&bench.job, &reference, map, &reference, &options, &result);
	check(status.code == SDQ_INTERRUPTED, "it stops when asked to");
	bench_close(&bench);
	free(rows);
	free(map);
}

int
main(void)
{
	test_clusters();
	test_middle();
	test_split();
	test_plain();
	test_ranks();
	test_sampled_ranks();
	test_independent();
	test_degenerate();
	test_errors();
	return check_done();
}
