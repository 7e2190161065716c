/*
 * bins_test.c
 *		Bins and weighted values: by hand, moments, any order and grouping to the bit, bytes there and back, faults.
 */
#include "core/density/bins.h"

#include <float.h>
#include <string.h>

#include "check.h"
#include "core/density/bins_density.h"
#include "core/density/weighted_points.h"
#include "workbench.h"

#define N_VALUES 1000

/* Open a grid with these values. */
static void
fill(Bins *bins, SampleMemory *memory, double lo, double hi, size_t n_bins, const double *values,
	 size_t n)
{
	bins_init(bins);
	bins_set_grid(bins, lo, hi, n_bins);
	bins_add(bins, memory, NULL, values, n);
}

static void
check_by_hand(void)
{
	/* On nodes 0, 1, 2, 3, 4: .25 gives .75 and .25, 4 is a node; -1, 5 and the infinities lie outside. */
	static const double values[] = {.25, 4, -1, 5, 1e300, -INFINITY, INFINITY, NAN, 2, -0.0};
	static const double want[] = {1.75, .25, 1, 0, 1};
	SampleMemory memory = sample_malloc_memory(0);
	BinsSummary summary;
	Bench bench;
	Bins bins;
	bool same = true;

	bench_open(&bench, 1);
	fill(&bins, &memory, 0, 4, 4, values, 10);
	check(bins.n == 4 && bins.n_below == 2 && bins.n_above == 3,
		  "values beyond the ends are counted");
	check(bins.min == 0 && !signbit(bins.min) && bins.max == 4,
		  "the range is that of values inside");
	check(!sdq_failed(bins_summarize(&bench.job, &bins, &summary)), "there is a summary");
	for (size_t i = 0; i < 5; i++)
		same &= summary.sample.weights[i] == want[i] && summary.sample.values[i] == (double) i;
	check(same, "nodes have their shares");
	check(summary.sample.total == 4 && summary.sample.effective_n == 4 &&
			  summary.weight_below == 2 && summary.weight_above == 3,
		  "each value weighs 1");
	/* 0, .25, 2, 4: mean 1.5625; squares 20.0625 - 4 * 1.5625^2 = 10.296875, over 3. */
	check_close(summary.deviation, sqrt(10.296875 / 3), 1e-14,
				"the deviation is that of the values");
	check(!sdq_failed(bins_add_weighted(&bins, &memory, 1.5, 2)) &&
			  !sdq_failed(bins_add_weighted(&bins, &memory, 9, .5)) &&
			  !sdq_failed(bins_add_weighted(&bins, &memory, 1.5, 0)) &&
			  !sdq_failed(bins_summarize(&bench.job, &bins, &summary)),
		  "weighted values join them");
	check(summary.sample.weights[1] == 1.25 && summary.sample.weights[2] == 2 &&
			  summary.sample.total == 6 && summary.weight_above == 3.5 && bins.n == 5,
		  "by their weights");
	/* (4 + 2)^2 / (4 + 4) */
	check(summary.sample.effective_n == 4.5, "and count by Kish's rule");
	bins_free(&bins, &memory);
	check(memory.held == 0, "all memory is given back");
	bench_close(&bench);
}

/* -1, 1 and 7, mean 7/3, squares 51 - 49/3, in an extreme unit: the deviation is sqrt(52/3) units. */
static void
check_scale(Bench *bench, double unit, const char *name)
{
	const double values[] = {-unit, unit, 7 * unit};
	SampleMemory memory = sample_malloc_memory(0);
	KdeOptions options = {
		.grid_size = 5, .bandwidth = {.rule = BANDWIDTH_SCOTT}, .range = {.lo = NAN, .hi = NAN}};
	BinsSummary summary;
	Kde kde;
	Bins bins;

	fill(&bins, &memory, -10 * unit, 10 * unit, 10, values, 3);
	bins_summarize(&bench->job, &bins, &summary);
	check_close(summary.deviation / unit, sqrt(52 / 3.0), 1e-9, name);
	if (sdq_failed(bins_density(&bench->job, &bins, &options, &summary, &kde)))
		exit(EXIT_FAILURE);
	check_close(kde.bandwidth / unit, pow(3, -.2) * sqrt(52 / 3.0), 1e-9,
				"have a bandwidth of their size");
	bins_free(&bins, &memory);
}

/* 1, 2 and 3 with equal weights, however small: the density is that of counts. Deviations need squares of the weights. */
static void
check_tiny_weights(void)
{
	static const double weights[] = {1e-150, 1e-157, 1e-300, 5e-324};
	SampleMemory memory = sample_malloc_memory(0);
	KdeOptions options = {.grid_size = 3,
						  .bandwidth = {.rule = BANDWIDTH_NUMBER, .value = .5},
						  .range = {.lo = 1, .hi = 3}};
	/* At the middle value, for h = 1/2: (1 + 2 exp(-2)) / (3 h sqrt(2 pi)). */
	double want = (1 + 2 * exp(-2)) / (1.5 * sqrt(2 * acos(-1)));
	BinsSummary summary;
	Bench bench;
	Kde kde;
	Bins bins;

	bench_open(&bench, 1);
	for (int w = 0; w < 4; w++)
	{
		fill(&bins, &memory, 0, 4, 4, NULL, 0);
		for (int i = 1; i <= 4; i++)
			bins_add_weighted(&bins, &memory, i == 4 ? 9 : i, weights[w]);
		if (sdq_failed(bins_density(&bench.job, &bins, &options, &summary, &kde)))
			exit(EXIT_FAILURE);
		check_close(kde.density[1], .75 * want, 1e-12, "tiny weights count by their ratios");
		check(summary.weight_inside == 3 * weights[w] && summary.weight_above == weights[w],
			  "and are what they are");
		check(w == 0 ? fabs(summary.deviation - 1) < 1e-12 : isnan(summary.deviation),
			  "squares that are rounded off do not tell the number of observations");
		bins_free(&bins, &memory);
	}
	bench_close(&bench);
}

/* Moments of values far from 0, against two passes. */
static void
check_moments(void)
{
	double *values = random_rows(N_VALUES, 1, 3);
	SampleMemory memory = sample_malloc_memory(0);
	BinsSummary summary;
	Bench bench;
	Bins bins;
	long double mean = 0;
	long double squares = 0;

	bench_open(&bench, 1);
	for (size_t i = 0; i < N_VALUES; i++)
		values[i] = 1e9 + values[i];
	for (size_t i = 0; i < N_VALUES; i++)
		mean += values[i] / (long double) N_VALUES;
	for (size_t i = 0; i < N_VALUES; i++)
		squares += (values[i] - mean) * (values[i] - mean);
	fill(&bins, &memory, 1e9 - 8, 1e9 + 8, 37, values, N_VALUES);
	bins_summarize(&bench.job, &bins, &summary);
	check_close(summary.deviation, sqrt((double) (squares / (N_VALUES - 1))), 1e-8,
				"coarse bins far from 0 do not change the deviation");
	bins_free(&bins, &memory);
	check_scale(&bench, 0x1p-980, "values whose squares vanish");
	check_scale(&bench, 0x1p1000, "values whose squares overflow");
	bench_close(&bench);
	free(values);
}

static uint8_t *
bytes_of(Bins *bins, SampleMemory *memory, size_t *size)
{
	uint8_t *bytes = NULL;

	if (!sdq_failed(bins_measure(bins, memory, size)))
		bytes = malloc(*size);
	if (bytes == NULL)
		exit(EXIT_FAILURE);
	bins_encode(bins, bytes);
	return bytes;
}

static void
check_any_order(void)
{
	double *values = random_rows(N_VALUES, 1, 4);
	double *weights = random_rows(N_VALUES, 1, 5);
	SampleMemory memory = sample_malloc_memory(0);
	Bins bins[3];
	Bins again;
	uint8_t *bytes[2];
	size_t size[2];
	bool refused = true;

	for (int b = 0; b < 3; b++)
		fill(&bins[b], &memory, -2, 3, 50, NULL, 0);
	for (size_t i = 0; i < N_VALUES; i++)
	{
		size_t j = N_VALUES - 1 - i;

		bins_add(&bins[0], &memory, NULL, &values[i], 1);
		bins_add_weighted(&bins[0], &memory, values[i], exp(5 * weights[i]));
		bins_add_weighted(&bins[1 + j % 2], &memory, values[j], exp(5 * weights[j]));
		bins_add(&bins[1 + j % 3 / 2], &memory, NULL, &values[j], 1);
	}
	check(!sdq_failed(bins_merge(&bins[1], &memory, &bins[2])), "bins are merged");
	for (int b = 0; b < 2; b++)
		bytes[b] = bytes_of(&bins[b], &memory, &size[b]);
	check(size[0] == size[1] && memcmp(bytes[0], bytes[1], size[0]) == 0,
		  "any order and any grouping give the same bytes");
	free(bytes[1]);
	check(!sdq_failed(bins_decode(&again, &memory, bytes[0], size[0])), "bytes are read");
	bytes[1] = bytes_of(&again, &memory, &size[1]);
	check(size[0] == size[1] && memcmp(bytes[0], bytes[1], size[0]) == 0, "and written again");
	bins_free(&again, &memory);
	for (size_t length = 0; length < size[0]; length += 1 + length / 50)
	{
		refused &= bins_decode(&again, &memory, bytes[0], length).code == SDQ_BAD_DATA;
		bins_free(&again, &memory);
	}
	check(refused, "bytes that are cut off are refused");
	bins_set_grid(&again, -2, 3, 51);
	check(bins_merge(&again, &memory, &bins[0]).detail == BINS_OTHER_GRID,
		  "another number of bins is another grid");
	for (int b = 0; b < 3; b++)
		bins_free(&bins[b], &memory);
	for (int b = 0; b < 2; b++)
		free(bytes[b]);
	check(memory.held == 0, "all memory is given back");
	free(values);
	free(weights);
}

static void
check_faults(void)
{
	SampleMemory memory = sample_malloc_memory(0);
	Bins bins;

	check(!bins_is_grid(1, 1, 5) && !bins_is_grid(2, 1, 5) && !bins_is_grid(NAN, 1, 5) &&
			  !bins_is_grid(0, INFINITY, 5) && !bins_is_grid(-DBL_MAX, DBL_MAX, 5) &&
			  !bins_is_grid(0, DBL_MIN, 5) && !bins_is_grid(0, 1, 0) &&
			  !bins_is_grid(0, 1, BINS_MAX + 1),
		  "what is no grid");
	check(bins_is_grid(0, 1, BINS_MAX) && bins_is_grid(-1e300, 1e300, 1), "what is one");
	fill(&bins, &memory, 0, 1, 1, NULL, 0);
	check(bins_add_weighted(&bins, &memory, 0, -1).detail == BINS_WEIGHT &&
			  bins_add_weighted(&bins, &memory, 0, NAN).detail == BINS_WEIGHT &&
			  bins_add_weighted(&bins, &memory, 0, INFINITY).detail == BINS_WEIGHT,
		  "what is no weight");
	check(bins_add_weighted(&bins, &memory, 0, 1e200).detail == BINS_OVERFLOW,
		  "a weight whose square is none");
	bins_free(&bins, &memory);
}

/* Weighted values: order, bytes, and the sample for densities. */
static void
check_weighted_points(void)
{
	double *rows = random_rows(N_VALUES * 50, 2, 6);
	SampleMemory memory = sample_malloc_memory(0);
	WeightedPoints forward;
	WeightedPoints backward;
	WeightedPoints again;
	WeightedSample sample;
	Bench bench;
	size_t n = (size_t) N_VALUES * 50;
	bool ascending = true;
	uint8_t *bytes;
	size_t size;
	double total;

	bench_open(&bench, 1);
	weighted_points_init(&forward);
	weighted_points_init(&backward);
	for (size_t i = 0; i < n; i++)
	{
		size_t j = n - 1 - i;

		weighted_points_add(&forward, &memory, rows[2 * i], fabs(rows[2 * i + 1]));
		weighted_points_add(&backward, &memory, rows[2 * j], fabs(rows[2 * j + 1]));
	}
	check(!sdq_failed(weighted_points_sort(&forward, &memory, NULL)) &&
			  !sdq_failed(weighted_points_sort(&backward, &memory, NULL)) && forward.n == n &&
			  memcmp(forward.points, backward.points, n * sizeof(WeightedPoint)) == 0,
		  "any order of values becomes the same one");
	for (size_t i = 1; i < n; i++)
		ascending &= forward.points[i - 1].value <= forward.points[i].value;
	check(ascending, "which ascends");
	weighted_points_measure(&forward, &size);
	bytes = malloc(size);
	weighted_points_encode(&forward, bytes);
	check(!sdq_failed(weighted_points_decode(&again, &memory, bytes, size)) && again.n == n &&
			  memcmp(again.points, forward.points, n * sizeof(WeightedPoint)) == 0,
		  "bytes are read as they were written");
	weighted_points_free(&again, &memory);
	check(weighted_points_decode(&again, &memory, bytes, size - 1).code == SDQ_BAD_DATA,
		  "bytes that are cut off are refused");
	weighted_points_free(&again, &memory);
	memcpy(bytes + 4, bytes + size - 8, 8);
	bytes[4 + 7] = 0x7f;
	check(weighted_points_decode(&again, &memory, bytes, size).code == SDQ_BAD_DATA,
		  "and so are those out of order");
	weighted_points_free(&again, &memory);
	weighted_points_free(&forward, &memory);
	check(weighted_points_add(&forward, &memory, 1, -1).detail == WEIGHTED_WEIGHT &&
			  weighted_points_add(&forward, &memory, 1, INFINITY).detail == WEIGHTED_WEIGHT,
		  "negative and infinite weights are refused");
	weighted_points_add(&forward, &memory, 1, 0);
	weighted_points_add(&forward, &memory, NAN, 1);
	weighted_points_add(&forward, &memory, 1, NAN);
	check(forward.n == 0, "0 and NaN add nothing");
	weighted_points_add(&forward, &memory, 1, 1e-200);
	weighted_points_add(&forward, &memory, 2, 3e-200);
	weighted_points_sample(&bench.job, &forward, &sample, &total);
	check(total == 4e-200 && sample.effective_n == 1.6 && sample.total >= 4 && sample.total < 8,
		  "tiny weights count by their ratios");
	weighted_points_free(&forward, &memory);
	weighted_points_free(&backward, &memory);
	check(memory.held == 0, "all memory is given back");
	free(bytes);
	free(rows);
	bench_close(&bench);
}

int
main(void)
{
	check_by_hand();
	check_moments();
	check_tiny_weights();
	check_any_order();
	check_faults();
	check_weighted_points();
	return check_done();
}
