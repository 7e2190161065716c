/*
 * pair_test.c
 *		Two samples on one grid: kernels by hand, what a comparison must not depend on, samples without a
 *		density, halves of a sample; and the points of two sides, there and back as bytes.
 */
#include "core/density/pair.h"

#include <float.h>
#include <string.h>

#include "check.h"
#include "core/density/labelled_points.h"
#include "core/density/permutation.h"
#include "sample_views.h"
#include "stops.h"
#include "workbench.h"

#define N          400
#define GRID_NODES 64

static const PairOptions SCOTT = {.grid_size = GRID_NODES, .bandwidth = {.rule = BANDWIDTH_SCOTT}};

static PairOptions
with_number(double h)
{
	return (PairOptions){.grid_size = GRID_NODES,
						 .bandwidth = {.rule = BANDWIDTH_NUMBER, .value = h}};
}

/* Compare values in any order; the pair stays in the bench. Ends the program on failure. */
static DensityPair
compare(Bench *bench, const double *a, size_t n_a, const double *b, size_t n_b,
		const PairOptions *options)
{
	SampleView sides[2] = {view_of_values(a, n_a), view_of_values(b, n_b)};
	DensityPair pair;

	if (sdq_failed(pair_compare(&bench->job, sides, options, &pair)))
		exit(EXIT_FAILURE);
	view_free(&sides[0]);
	view_free(&sides[1]);
	return pair;
}

/* The same of points. */
static DensityPair
compare_points(Bench *bench, const Point2d *a, size_t n_a, const Point2d *b, size_t n_b,
			   const PairOptions *options)
{
	PointSet sides[2];
	DensityPair pair;

	if (sdq_failed(points_collect(&bench->job, a, n_a, &sides[0])) ||
		sdq_failed(points_collect(&bench->job, b, n_b, &sides[1])) ||
		sdq_failed(pair_compare_2d(&bench->job, sides, options, &pair)))
		exit(EXIT_FAILURE);
	return pair;
}

/* ---------- kernels by hand ---------- */

/*
 * (0, 2) and (10, 14, 12): squares about the means are 2 and 8, so the variance within the sides is 10 / 3, whatever the
 * distance between them. Scott's factors are 2^(-1/5) and 3^(-1/5), their geometric mean 6^(-1/10).
 */
static void
test_kernel(void)
{
	static const double a[] = {0, 2};
	static const double b[] = {10, 14, 12};
	static const double far_b[] = {1e6, 1e6 + 4, 1e6 + 2};
	PairOptions number = with_number(0.5);
	double h = pow(6, -0.1) * sqrt(10 / 3.0);
	double want;
	Bench bench;
	DensityPair pair;

	bench_open(&bench, 2);
	pair = compare(&bench, a, 2, b, 3, &SCOTT);
	check(pair.outcome == KDE_DONE && pair.similarity.is_defined, "five values have densities");
	check_close(pair.bandwidth_x, h, 1e-14, "the bandwidth is that within the sides");
	check(isnan(pair.bandwidth_y) && isnan(pair.p_value), "nothing else was asked for");
	check_close(pair.grid.x[0], -3 * h, 1e-13, "the grid begins three bandwidths below all values");
	check_close(pair.grid.x[GRID_NODES - 1], 14 + 3 * h, 1e-13, "and ends as far above them");
	want = 0;
	for (int i = 0; i < 3; i++)
		want += exp(-0.5 * pow((pair.grid.x[40] - b[i]) / h, 2)) / (3 * h * sqrt(2 * acos(-1.0)));
	check_close(pair.density[1][40], want, 1e-12, "a density is the mean of its kernels");

	pair = compare(&bench, a, 2, far_b, 3, &SCOTT);
	check_close(pair.bandwidth_x, h, 1e-9,
				"a distance between the sides does not widen the kernel");
	check(pair.similarity.overlap < 1e-9, "nor hide it");

	pair = compare(&bench, a, 2, b, 3, &number);
	check(pair.bandwidth_x == 0.5, "a number is the bandwidth itself");
	pair = compare(&bench, a, 1, b, 1, &number);
	check(pair.outcome == KDE_DONE, "with a number one value a side is enough");
	bench_close(&bench);
}

/*
 * Corners of the unit square on both sides, the second moved by (5, 0): within the sides xx = yy = (1 + 1) / 6 and xy = 0.
 * Scott's factor in the plane is 4^(-1/6) for both.
 */
static void
test_kernel_of_plane(void)
{
	static const Point2d a[] = {{0, 0}, {1, 0}, {0, 1}, {1, 1}};
	static const Point2d b[] = {{5, 0}, {6, 0}, {5, 1}, {6, 1}};
	double h = pow(4, -1.0 / 6) * sqrt(1 / 3.0);
	double x;
	double y;
	double want = 0;
	Bench bench;
	DensityPair pair;

	bench_open(&bench, 2);
	pair = compare_points(&bench, a, 4, b, 4, &SCOTT);
	check(pair.outcome == KDE_DONE, "eight points have densities");
	check_close(pair.bandwidth_x, h, 1e-14, "the bandwidth along x is that within the sides");
	check_close(pair.bandwidth_y, h, 1e-14, "and so is that along y");
	x = pair.grid.x[20];
	y = pair.grid.y[30];
	for (int i = 0; i < 4; i++)
		want += exp(-0.5 * (pow((x - a[i].x) / h, 2) + pow((y - a[i].y) / h, 2))) /
				(4 * 2 * acos(-1.0) * h * h);
	check_close(pair.density[0][30 * GRID_NODES + 20], want, 1e-12,
				"a density of points is the mean of its kernels");
	bench_close(&bench);
}

/* ---------- what a comparison does not depend on ---------- */

static bool
same_pair(const DensityPair *a, const DensityPair *b, size_t n_nodes)
{
	return memcmp(a->density[0], b->density[0], n_nodes * sizeof(double)) == 0 &&
		   memcmp(a->density[1], b->density[1], n_nodes * sizeof(double)) == 0 &&
		   a->similarity.overlap == b->similarity.overlap && a->p_value == b->p_value;
}

/* Random points of two sides, the second wider. */
static void
make_points(Point2d *points, bool reversed)
{
	double *rows = random_rows(2 * N, 2, 11);

	for (size_t i = 0; i < 2 * N; i++)
	{
		size_t side = i / N;
		size_t from = reversed ? side * N + (N - 1 - i % N) : i;

		points[i] = (Point2d){rows[2 * from] * (1 + (double) side), rows[2 * from + 1]};
	}
	free(rows);
}

static void
test_same_bits(void)
{
	static const int threads[] = {1, 2, 3, 7};
	Point2d points[2 * N];
	double x[2 * N];
	PairOptions options = SCOTT;
	Bench first;
	DensityPair line = {.p_value = NAN};
	DensityPair plane = {.p_value = NAN};
	DensityPair swapped;
	bool same = true;

	options.permutations = 50;
	options.seed = 3;
	bench_open(&first, 1);
	for (int t = 0; t < 4; t++)
	{
		Bench bench;
		DensityPair again;

		make_points(points, t % 2 == 1);
		for (size_t i = 0; i < 2 * N; i++)
			x[i] = points[i].x;
		if (t == 0)
		{
			line = compare(&first, x, N, x + N, N, &options);
			plane = compare_points(&first, points, N, points + N, N, &options);
		}
		bench_open(&bench, threads[t]);
		again = compare(&bench, x, N, x + N, N, &options);
		same = same && same_pair(&line, &again, GRID_NODES);
		again = compare_points(&bench, points, N, points + N, N, &options);
		same = same && same_pair(&plane, &again, (size_t) GRID_NODES * GRID_NODES);
		bench_close(&bench);
	}
	check(same, "any order and number of threads give the same bits");
	check(line.p_value > 0 && line.p_value <= 1 && plane.p_value > 0 && plane.p_value <= 1,
		  "p-values are chances");

	swapped = compare(&first, x + N, N, x, N, &SCOTT);
	check_close(swapped.similarity.overlap, line.similarity.overlap, 1e-12,
				"sides may change places");
	for (size_t i = 0; i < 2 * N; i++)
		x[i] = ldexp(x[i], 900);
	swapped = compare(&first, x, N, x + N, N, &options);
	check(swapped.similarity.overlap == line.similarity.overlap && swapped.p_value == line.p_value,
		  "a unit that is a power of two changes nothing");
	for (size_t i = 0; i < 2 * N; i++)
		x[i] = ldexp(x[i], -1800);
	swapped = compare(&first, x, N, x + N, N, &options);
	check(swapped.similarity.overlap == line.similarity.overlap, "and so does a tiny one");
	swapped = compare(&first, x, N, x, N, &SCOTT);
	check(swapped.similarity.overlap == 1 && swapped.similarity.js == 0,
		  "a sample is wholly like itself");
	bench_close(&first);
}

/* ---------- samples without a density ---------- */

static void
test_degenerate(void)
{
	static const double equal[] = {4, 4, 4};
	static const double some[] = {1, 2, 3};
	static const double infinite[] = {1, INFINITY, 3};
	static const double huge[] = {-DBL_MAX, 0, DBL_MAX};
	static const Point2d on_line[] = {{0, 0}, {1, 2}, {2, 4}};
	static const Point2d corners[] = {{0, 0}, {1, 0}, {0, 1}};
	static const Point2d infinite_points[] = {{0, 0}, {1, -INFINITY}, {2, 4}};
	Bench bench;
	DensityPair pair;
	SampleView views[2] = {view_of_values(some, 3), view_of_values(some, 3)};

	bench_open(&bench, 1);
	pair = compare(&bench, equal, 3, equal, 3, &SCOTT);
	check(pair.outcome == KDE_NO_BANDWIDTH && !pair.similarity.is_defined &&
			  isnan(pair.bandwidth_x),
		  "equal values have no bandwidth");
	check(compare(&bench, equal, 3, some, 3, &SCOTT).outcome == KDE_DONE,
		  "but one constant side does");
	check(compare(&bench, some, 0, some, 3, &SCOTT).outcome == KDE_NO_BANDWIDTH &&
			  compare(&bench, some, 3, some, 0, &SCOTT).outcome == KDE_NO_BANDWIDTH,
		  "an empty side has no density");
	check(compare(&bench, some, 1, some, 1, &SCOTT).outcome == KDE_NO_BANDWIDTH,
		  "nor have two values");
	check(compare(&bench, infinite, 3, some, 3, &SCOTT).outcome == KDE_INFINITE,
		  "infinite values have none");
	pair = compare(&bench, huge, 3, some, 3, &SCOTT);
	check(pair.outcome == KDE_NO_GRID || pair.outcome == KDE_DONE,
		  "the largest values have a grid, or none");
	check(compare_points(&bench, on_line, 3, on_line, 3, &SCOTT).outcome == KDE_NO_BANDWIDTH,
		  "points on a line have no kernel");
	check(compare_points(&bench, on_line, 3, corners, 3, &SCOTT).outcome == KDE_DONE,
		  "but one side on a line does");
	check(compare_points(&bench, corners, 0, corners, 3, &SCOTT).outcome == KDE_NO_BANDWIDTH,
		  "an empty side of points has none");
	check(compare_points(&bench, infinite_points, 3, corners, 3, &SCOTT).outcome == KDE_INFINITE,
		  "nor have points at infinity");

	bench.job.stop = &(Stop){.poll = stop_now};
	check(pair_compare(&bench.job, views, &SCOTT, &pair).code == SDQ_INTERRUPTED,
		  "a comparison can be stopped");
	view_free(&views[0]);
	view_free(&views[1]);
	bench_close(&bench);
}

/* Kernels that are as good as points: their peak is beyond all doubles, and 0 beside it is still 0. */
static void
test_narrow_kernel(void)
{
	static const Point2d a[] = {{0, 0}, {1e9, 1}, {2e9, 5}};
	static const Point2d b[] = {{0, 3}, {1e9, 2}, {3e9, 4}};
	PairOptions options = with_number(1e-300);
	bool is_finite = true;
	DensityPair pair;
	Bench bench;

	bench_open(&bench, 1);
	pair = compare_points(&bench, a, 3, b, 3, &options);
	check(pair.outcome == KDE_DONE, "points as kernels have densities");
	for (size_t node = 0; node < GRID_NODES * GRID_NODES; node++)
		is_finite = is_finite && isfinite(pair.density[0][node]) && isfinite(pair.density[1][node]);
	check(is_finite, "that are finite");
	bench_close(&bench);
}

/* In units whose squares are no doubles the measures are the same to the bit, for these are powers of two. The gap has
 * the unit of a density and leaves the range of doubles. */
static void
test_units(void)
{
	static const Point2d a[] = {{0, 0}, {1, 3}, {2, 1}, {4, 4}};
	static const Point2d b[] = {{1, 0}, {3, 3}, {5, 1}, {4, 6}};
	static const int exponents[] = {-600, 600};
	PairOptions options = SCOTT;
	DensityPair want;
	Bench bench;

	options.permutations = 19;
	bench_open(&bench, 1);
	want = compare_points(&bench, a, 4, b, 4, &options);
	for (int i = 0; i < 2; i++)
	{
		int exponent = exponents[i];
		Point2d scaled[2][4];
		DensityPair got;

		for (int j = 0; j < 4; j++)
		{
			scaled[0][j] = (Point2d){ldexp(a[j].x, exponent), ldexp(a[j].y, exponent)};
			scaled[1][j] = (Point2d){ldexp(b[j].x, exponent), ldexp(b[j].y, exponent)};
		}
		got = compare_points(&bench, scaled[0], 4, scaled[1], 4, &options);
		check(got.similarity.is_defined && got.similarity.overlap == want.similarity.overlap &&
				  got.similarity.js == want.similarity.js &&
				  got.similarity.kl_12 == want.similarity.kl_12 && got.p_value == want.p_value,
			  "points in an extreme unit are as alike as before");
		check(got.similarity.l2 == ldexp(want.similarity.l2, -exponent),
			  "l2 goes with the unit of length");
		check(exponent < 0 ? isinf(got.similarity.gap) : got.similarity.gap == 0,
			  "the gap goes with its square");
	}
	bench_close(&bench);
}

/* ---------- halves ---------- */

static void
test_split(void)
{
	static const double values[] = {-1, 2, 5, 7};
	static const uint64_t counts[] = {1, 1000, 3, 9};
	SampleView sample = view_of_counts(values, counts, 4);
	PointSet set = {.n = 4,
					.x = (double[]){-1, 2, 5, 7},
					.y = (double[]){4, 4, 0, 0},
					.weights = (double[]){1, 1000, 3, 9}};
	Bench bench;
	bool whole = true;
	bool differs = false;
	uint64_t first_taken = 0;

	bench_open(&bench, 1);
	for (uint64_t seed = 0; seed < 20; seed++)
	{
		SampleView halves[2];
		SampleView again[2];
		PointSet sets[2];
		uint64_t seen[4] = {0};
		double points = 0;

		if (sdq_failed(pair_split(&bench.job, &sample, seed, halves)) ||
			sdq_failed(pair_split(&bench.job, &sample, seed, again)) ||
			sdq_failed(pair_split_2d(&bench.job, &set, seed, sets)))
			exit(EXIT_FAILURE);
		whole = whole && halves[0].n == 506 && halves[1].n == 507;
		for (int half = 0; half < 2; half++)
		{
			for (size_t i = 0; i < halves[half].n_distinct; i++)
				for (int v = 0; v < 4; v++)
					if (halves[half].values[i] == values[v])
						seen[v] += halves[half].counts[i];
			whole = whole && again[half].n_distinct == halves[half].n_distinct &&
					memcmp(again[half].counts, halves[half].counts,
						   halves[half].n_distinct * sizeof(uint64_t)) == 0;
			whole = whole && sets[half].n == halves[half].n_distinct;
			for (size_t i = 0; i < sets[half].n; i++)
				points += sets[half].weights[i];
		}
		whole = whole && memcmp(seen, counts, sizeof(counts)) == 0 && points == 1013;
		first_taken = seed == 0 ? halves[0].counts[halves[0].n_distinct - 1] : first_taken;
		differs = differs || halves[0].counts[halves[0].n_distinct - 1] != first_taken;
	}
	check(whole, "halves are of half the size, and together the sample, the same for a seed");
	check(differs, "another seed splits otherwise");
	view_free(&sample);
	bench_close(&bench);
}

/* ---------- points of two sides ---------- */

static uint8_t *
bytes_of(const LabelledPoints *labelled, size_t *size)
{
	uint8_t *bytes = malloc(*size = labelled_points_size(labelled));

	labelled_points_encode(labelled, bytes);
	return bytes;
}

static void
free_points(LabelledPoints *labelled, SampleMemory *memory)
{
	for (int side = 0; side < 2; side++)
		sample_memory_free(memory, labelled->points[side],
						   labelled->capacity[side] * sizeof(Point2d));
	labelled_points_init(labelled);
}

/* Is a copy of bytes[size] with one byte changed refused? */
static bool
is_refused(const uint8_t *bytes, size_t size, size_t at, uint8_t value)
{
	SampleMemory memory = sample_malloc_memory(0);
	uint8_t *changed = malloc(size);
	LabelledPoints read;
	bool refused;

	memcpy(changed, bytes, size);
	changed[at] = value;
	refused = labelled_points_decode(&read, &memory, changed, size).detail == LABELLED_POINTS_BYTES;
	free_points(&read, &memory);
	free(changed);
	return refused;
}

static void
test_labelled_points(void)
{
	SampleMemory memory = sample_malloc_memory(0);
	PairOptions other = with_number(0.25);
	LabelledPoints labelled;
	LabelledPoints read;
	LabelledPoints empty;
	uint8_t *bytes;
	uint8_t *again;
	size_t size;
	size_t size_again;
	bool refused = true;

	labelled_points_init(&labelled);
	labelled_points_init(&empty);
	check(!sdq_failed(labelled_points_merge(&empty, &memory, &labelled)) && !empty.has_options,
		  "nothing and nothing is nothing");
	check(!sdq_failed(labelled_points_expect(&labelled, &SCOTT)) &&
			  !sdq_failed(labelled_points_expect(&labelled, &SCOTT)),
		  "options may be repeated");
	check(labelled_points_expect(&labelled, &other).detail == LABELLED_POINTS_OPTIONS,
		  "but not changed");
	for (int i = 0; i < 100; i++)
		if (sdq_failed(labelled_points_add(&labelled, &memory, i % 3 == 0, i, -0.0)))
			exit(EXIT_FAILURE);
	check(labelled.n[0] == 66 && labelled.n[1] == 34 && labelled.points[1][1].x == 3 &&
			  !signbit(labelled.points[0][0].y),
		  "points are where they were put, and -0 is 0");
	bytes = bytes_of(&labelled, &size);
	check(!sdq_failed(labelled_points_decode(&read, &memory, bytes, size)), "bytes are read");
	again = bytes_of(&read, &size_again);
	check(size == size_again && memcmp(bytes, again, size) == 0, "and written as they were");
	free(again);
	for (size_t length = 0; length < size; length++)
	{
		LabelledPoints cut;

		refused =
			refused && labelled_points_decode(&cut, &memory, bytes, length).code == SDQ_BAD_DATA;
		free_points(&cut, &memory);
	}
	check(refused, "bytes that are cut off are refused");
	/* Version; grid size 0x4000; a rule that is none; a number beside a rule; permutations beyond all; a
	 * number of points. */
	check(is_refused(bytes, size, 0, 2) && is_refused(bytes, size, 5, 0x40) &&
			  is_refused(bytes, size, 8, 77) && is_refused(bytes, size, 19, 0x3f) &&
			  is_refused(bytes, size, 27, 0x80) && is_refused(bytes, size, 36, 65) &&
			  is_refused(bytes, size, 43, 0xff),
		  "so are those that no encoder has written");
	memset(bytes + size - 8, 0xff, 8);
	check(is_refused(bytes, size, 0, 1), "and NaN");

	check(!sdq_failed(labelled_points_merge(&read, &memory, &read)) && read.n[0] == 132 &&
			  memcmp(read.points[0], read.points[0] + 66, 66 * sizeof(Point2d)) == 0,
		  "points can be united with themselves");
	check(!sdq_failed(labelled_points_merge(&empty, &memory, &read)) && empty.n[1] == 68 &&
			  empty.options.grid_size == GRID_NODES,
		  "and with nothing, which takes their options");
	empty.options.seed++;
	check(labelled_points_merge(&read, &memory, &empty).detail == LABELLED_POINTS_OPTIONS &&
			  read.n[0] == 132,
		  "not with those of other options");
	memory.limit = memory.held;
	check(labelled_points_merge(&labelled, &memory, &read).code == SDQ_OVER_LIMIT &&
			  labelled.n[0] == 66,
		  "where memory is short, nothing is added");
	memory.limit = 0;
	free(bytes);
	free_points(&labelled, &memory);
	free_points(&read, &memory);
	free_points(&empty, &memory);
	check(memory.held == 0, "all memory is given back");
}

static void
test_options(void)
{
	PairOptions negative = with_number(-1);
	PairOptions infinite = with_number(INFINITY);
	PairOptions zero = with_number(0);
	PairOptions number = with_number(5e-324);
	PairOptions options = SCOTT;

	check(pair_options_are_valid(&SCOTT) && pair_options_are_valid(&number), "what is valid");
	check(!pair_options_are_valid(&negative) && !pair_options_are_valid(&infinite) &&
			  !pair_options_are_valid(&zero),
		  "what is no bandwidth");
	options.grid_size = GRID_MIN_SIZE - 1;
	check(!pair_options_are_valid(&options), "what is no grid");
	options = SCOTT;
	options.permutations = PERMUTATIONS_MAX + 1;
	check(!pair_options_are_valid(&options), "too many permutations");
	options = SCOTT;
	options.bandwidth.rule = BANDWIDTH_ISJ;
	check(!pair_options_are_valid(&options), "a rule for one variable");
}

int
main(void)
{
	test_kernel();
	test_kernel_of_plane();
	test_same_bits();
	test_degenerate();
	test_narrow_kernel();
	test_units();
	test_split();
	test_labelled_points();
	test_options();
	return check_done();
}
