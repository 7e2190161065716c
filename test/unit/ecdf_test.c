/*
 * ecdf_test.c
 *		The tally, questions to an ecdf, and its flat and text forms.
 */
#include "check.h"

#include <float.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/sample/ecdf.h"
#include "core/sample/sample.h"
#include "core/sample/tally.h"
#include "flat_sample.h"

static const EcdfShape one_side = {.n_sides = 1, .n_parameters = 0};
static const EcdfShape two_sides = {.n_sides = 2, .n_parameters = 0};
static const EcdfShape with_parameters = {.n_sides = 1, .n_parameters = 2};

/* Questions to a view. */
static double
cdf_of(const SampleView *view, double x)
{
	SampleStream stream = sample_stream_of_view(view);
	double share = -1;

	ecdf_cdf(&stream, x, NULL, &share);
	return share;
}

static double
quantile_of(const SampleView *view, double p)
{
	SampleStream stream = sample_stream_of_view(view);
	double value = NAN;

	ecdf_quantile(&stream, p, NULL, &value);
	return value;
}

static EcdfMoments
moments_of(const SampleView *view)
{
	SampleStream stream = sample_stream_of_view(view);
	EcdfMoments moments = {.mean = -1, .stddev = -1};

	ecdf_moments(&stream, NULL, &moments);
	return moments;
}

/* A view of literal values and counts. */
static SampleView
view_of(const double *values, const uint64_t *counts, size_t n_distinct)
{
	SampleView view = {.n_distinct = n_distinct, .values = values, .counts = counts, .n = 0};

	for (size_t i = 0; i < n_distinct; i++)
		view.n += counts[i];
	return view;
}

static void
test_tally(void)
{
	const double x_values[] = {-INFINITY, 1, 2, 5};
	const uint64_t x_counts[] = {1, 2, 3, 4};
	const double y_values[] = {1, 3, 5, INFINITY};
	const uint64_t y_counts[] = {5, 6, 7, 8};
	const TallyBlock want[] = {{-INFINITY, 1, 0}, {1, 2, 5}, {2, 3, 0},
							   {3, 0, 6},         {5, 4, 7}, {INFINITY, 0, 8}};
	SampleView x = view_of(x_values, x_counts, 4);
	SampleView y = view_of(y_values, y_counts, 4);
	SampleView empty = view_of(NULL, NULL, 0);
	Tally tally = tally_open(&x, &y);
	TallyBlock block;
	bool holds = true;

	for (int pass = 0; pass < 2; pass++)
	{
		for (int i = 0; i < 6; i++)
			holds &= tally_next(&tally, &block) && block.value == want[i].value &&
					 block.x == want[i].x && block.y == want[i].y;
		holds &= !tally_next(&tally, &block);
		tally_rewind(&tally);
	}
	check(holds, "the tally merges two samples, twice");

	tally = tally_open(&empty, &y);
	for (int i = 0; i < 4; i++)
		holds &= tally_next(&tally, &block) && block.value == y_values[i] && block.x == 0;
	check(holds && !tally_next(&tally, &block), "the tally of an empty and another sample");
	tally = tally_open(&empty, &empty);
	check(!tally_next(&tally, &block), "the tally of two empty samples");
}

static void
test_distribution(void)
{
	const double values[] = {1, 2, 4};
	const uint64_t counts[] = {1, 2, 1};
	SampleView view = view_of(values, counts, 3);
	uint64_t hundred_counts[100];
	double hundred[100];
	bool inverse = true;
	bool smallest = true;

	check(cdf_of(&view, 0.999) == 0 && cdf_of(&view, 1) == 0.25 && cdf_of(&view, 2) == 0.75 &&
			  cdf_of(&view, 3.9) == 0.75 && cdf_of(&view, INFINITY) == 1 &&
			  cdf_of(&view, -INFINITY) == 0,
		  "F of 1, 2, 2, 4 by hand");
	check(isnan(cdf_of(&view, NAN)), "F of NaN is NaN");
	check(quantile_of(&view, 0) == 1 && quantile_of(&view, 0.25) == 1 &&
			  quantile_of(&view, 0.26) == 2 && quantile_of(&view, 0.75) == 2 &&
			  quantile_of(&view, 0.76) == 4 && quantile_of(&view, 1) == 4,
		  "quantiles of 1, 2, 2, 4 by hand");

	for (size_t n = 1; n <= 100; n++)
	{
		for (size_t i = 0; i < n; i++)
		{
			hundred[i] = (double) i;
			hundred_counts[i] = 1;
		}
		view = view_of(hundred, hundred_counts, n);
		for (size_t i = 0; i < n; i++)
			inverse &= quantile_of(&view, cdf_of(&view, hundred[i])) == hundred[i];
		for (int k = 0; k <= 1000; k++)
		{
			double p = k / 1000.0;
			double v = quantile_of(&view, p);

			smallest &= cdf_of(&view, v) >= p && (v == 0 || cdf_of(&view, v - 1) < p);
		}
	}
	check(inverse, "quantile(F(v)) = v for every v, as 7/100 x 100 > 7 would break");
	check(smallest, "quantile(p) is the smallest v with F(v) >= p");
}

static void
test_moments(void)
{
	const uint64_t ones[] = {1, 1, 1, 1};
	const uint64_t pair[] = {3, 1};
	const double small[] = {1, 2, 3, 4};
	const double offset[] = {1e9, 1e9 + 0x1p-23, 1e9 + 0x1p-22};
	const double huge[] = {DBL_MAX / 2, DBL_MAX};
	const double tiny[] = {0, 4 * DBL_TRUE_MIN};
	const double ends[] = {-INFINITY, 0, INFINITY};
	const double tenth[] = {0.1};
	const uint64_t many[] = {1000000007};
	SampleView view = view_of(small, ones, 4);
	EcdfMoments moments = moments_of(&view);
	Rng rng;
	bool close = true;

	check_close(moments.mean, 2.5, 0, "mean of 1, 2, 3, 4");
	check_close(moments.stddev, sqrt(5.0 / 3), 1e-15, "standard deviation of 1, 2, 3, 4");
	view = view_of(offset, ones, 3);
	moments = moments_of(&view);
	check_close(moments.mean, 1e9 + 0x1p-23, 0, "mean of three neighbours at 1e9");
	check_close(moments.stddev, 0x1p-23, 1e-15, "standard deviation of three neighbours at 1e9");
	view = view_of(huge, ones, 2);
	moments = moments_of(&view);
	check_close(moments.mean, DBL_MAX / 4 * 3, 1e-15, "the mean does not overflow");
	check_close(moments.stddev, DBL_MAX / 2 / sqrt(2), 1e-15, "nor does the standard deviation");
	view = view_of(tiny, pair, 2);
	moments = moments_of(&view);
	check(moments.mean == DBL_TRUE_MIN && moments.stddev == 2 * DBL_TRUE_MIN,
		  "subnormal numbers do not vanish");
	view = view_of(ends, ones, 3);
	check(isnan(moments_of(&view).mean) && isnan(moments_of(&view).stddev), "both infinities: NaN");
	view = view_of(ends + 1, ones, 2);
	check(moments_of(&view).mean == INFINITY && isnan(moments_of(&view).stddev),
		  "one infinity is the mean");
	view = view_of(tenth, many, 1);
	check(moments_of(&view).mean == 0.1 && moments_of(&view).stddev == 0,
		  "equal values have exact moments");
	view = view_of(tenth, ones, 1);
	check(moments_of(&view).mean == 0.1 && isnan(moments_of(&view).stddev),
		  "one value has no standard deviation");

	rng_seed(&rng, 4, RNG_STREAM_TEST);
	for (int i = 0; i < 500; i++)
	{
		double values[50];
		uint64_t counts[50];
		size_t n = 2 + rng_below(&rng, 49);
		double scale = ldexp(1, (int) rng_below(&rng, 200) - 100);
		long double sum = 0;
		long double squares = 0;
		long double total = 0;

		for (size_t k = 0; k < n; k++)
		{
			values[k] = scale * ((double) k + rng_double(&rng) + 1e6);
			counts[k] = 1 + rng_below(&rng, 1000);
			sum += (long double) counts[k] * values[k];
			total += counts[k];
		}
		for (size_t k = 0; k < n; k++)
			squares += counts[k] * (values[k] - sum / total) * (values[k] - sum / total);
		view = view_of(values, counts, n);
		moments = moments_of(&view);
		close &= fabsl(moments.mean - sum / total) <= 1e-15L * sum / total;
		close &= fabsl(moments.stddev / sqrtl(squares / (total - 1)) - 1) < 1e-9L;
	}
	check(close, "moments agree with long double arithmetic");
}

static bool
same_view(const SampleView *a, const SampleView *b)
{
	return a->n == b->n && a->n_distinct == b->n_distinct &&
		   (a->n == 0 || (memcmp(a->values, b->values, a->n_distinct * sizeof(double)) == 0 &&
						  memcmp(a->counts, b->counts, a->n_distinct * sizeof(uint64_t)) == 0));
}

/* Are these views what a flat value gives back? It is freed. */
static bool
reads_back(void *flat, size_t bytes, const EcdfShape *shape, const uint64_t *parameters,
		   const SampleView *views)
{
	ReadSamples read;
	bool same = !sdq_failed(unflatten(flat, bytes, shape, &read));

	for (int side = 0; same && side < shape->n_sides; side++)
		same = same_view(&read.views[side], &views[side]);
	if (same && parameters != NULL)
		same = memcmp(read.parameters, parameters, shape->n_parameters * sizeof(uint64_t)) == 0;
	if (same)
		read_samples_free(&read);
	free(flat);
	return same;
}

static void
test_flat(void)
{
	const double x_values[] = {-INFINITY, 0, 0.5, INFINITY};
	const uint64_t x_counts[] = {1, 2, 3, 4};
	const double y_values[] = {7};
	const uint64_t y_counts[] = {9};
	const uint64_t written[] = {200, UINT64_MAX};
	const SampleView views[] = {view_of(x_values, x_counts, 4), view_of(y_values, y_counts, 1)};
	const SampleView half_empty[] = {view_of(NULL, NULL, 0), view_of(y_values, y_counts, 1)};
	ReadSamples read;
	size_t bytes;
	void *flat = flatten(&two_sides, NULL, views, &bytes);

	/* Header, words of two sides; four floats with counts; one integer with its count. */
	check(bytes == 8 + 2 * 12 + (2 + 4 * 4 + 4) + (2 + 1 + 1),
		  "a flat pair is as long as documented");
	check(unflatten(flat, bytes, &one_side, &read).detail == ECDF_BAD_SHAPE,
		  "a pair is not taken for one sample");
	check(unflatten(flat, bytes, &with_parameters, &read).detail == ECDF_BAD_SHAPE,
		  "nor for a state with parameters");
	check(reads_back(flat, bytes, &two_sides, NULL, views), "a flat pair reads back");

	flat = flatten(&two_sides, NULL, half_empty, &bytes);
	check(reads_back(flat, bytes, &two_sides, NULL, half_empty),
		  "a pair with an empty side reads back");
	flat = flatten(&with_parameters, written, views, &bytes);
	check(reads_back(flat, bytes, &with_parameters, written, views), "parameters read back");
}

/* 8-bit pixels of 60,000 images. */
static void
test_flat_size(void)
{
	double values[256];
	uint64_t counts[256];
	SampleView view;
	size_t bytes;

	for (int i = 0; i < 256; i++)
	{
		values[i] = i;
		counts[i] = i == 0 ? 38000000 : 20000 + (uint64_t) i * i;
	}
	view = view_of(values, counts, 256);
	free(flatten(&one_side, NULL, &view, &bytes));
	check(bytes < 1024, "the pixels of 60,000 images take less than a kilobyte");
}

/* The fault found in one side of these entries. */
static int
fault_of(const double *values, const uint64_t *counts, size_t n_distinct)
{
	SampleView view = view_of(values, counts, n_distinct);

	return ecdf_view_check(&view).detail;
}

static void
test_hostile_entries(void)
{
	const uint64_t ones[] = {1, 1, 1};
	const uint64_t with_zero[] = {1, 0, 1};
	const uint64_t too_many[] = {1, (uint64_t) SAMPLE_MAX_COUNT, 1};
	const uint64_t wrapping[] = {1, UINT64_MAX, 1};
	const double with_nan[] = {0, NAN, 1};
	const double nan_first[] = {NAN, 0, 1};
	const double minus_zero[] = {-1, -0.0, 1};
	const double equal[] = {1, 1, 2};
	const double falling[] = {1, 2, 0};
	const double good[] = {-INFINITY, DBL_TRUE_MIN, INFINITY};
	SampleView view = view_of(good, ones, 3);

	check(fault_of(good, ones, 3) == ECDF_OK, "ascending values with counts are good");
	check(fault_of(with_nan, ones, 3) == ECDF_NAN && fault_of(nan_first, ones, 3) == ECDF_NAN,
		  "NaN is found");
	check(fault_of(minus_zero, ones, 3) == ECDF_NEGATIVE_ZERO, "-0 is found");
	check(fault_of(equal, ones, 3) == ECDF_NOT_ASCENDING &&
			  fault_of(falling, ones, 3) == ECDF_NOT_ASCENDING,
		  "disorder is found");
	check(fault_of(good, with_zero, 3) == ECDF_BAD_COUNT, "a count of zero is found");
	check(fault_of(good, too_many, 3) == ECDF_BAD_TOTAL, "too large a sum is found");
	check(fault_of(good, wrapping, 3) == ECDF_BAD_COUNT, "a count that would overflow is found");
	view.n = 4;
	check(ecdf_view_check(&view).detail == ECDF_BAD_TOTAL, "a wrong sum is found");
}

/* Every byte of a flat value is changed in every bit, and it is cut at every length: the reader
 * must say no, or yes to something that keeps the promises. Sanitizers watch its reads. */
static void
test_mutations(void)
{
	const double values[] = {-3, 0, 2.5};
	const uint64_t counts[] = {1, 2, 3};
	const SampleView views[] = {view_of(values, counts, 3), view_of(values + 1, counts + 1, 2)};
	ReadSamples read;
	size_t bytes;
	unsigned char *flat = flatten(&two_sides, NULL, views, &bytes);
	bool holds = true;

	for (size_t i = 4; i < bytes; i++)
		for (int bit = 0; bit < 8; bit++)
		{
			SdqStatus status;

			flat[i] ^= 1 << bit;
			status = unflatten(flat, bytes, &two_sides, &read);
			/* Header, sizes and counts are redundant; a changed value may stay in order. */
			if (i < 8 + 2 * 12)
				holds &= status.code == SDQ_BAD_DATA;
			if (!sdq_failed(status))
			{
				for (int side = 0; side < 2; side++)
					holds &= !sdq_failed(ecdf_view_check(&read.views[side]));
				read_samples_free(&read);
			}
			flat[i] ^= 1 << bit;
		}
	check(holds, "no changed bit of the sizes goes unnoticed");
	for (size_t length = 0; length < bytes; length++)
	{
		unsigned char *cut = malloc(length + 1);

		memcpy(cut, flat, length);
		holds &= sdq_failed(unflatten(cut, length, &two_sides, &read));
		free(cut);
	}
	check(holds, "no cut value is accepted");
	free(flat);
}

/* Is a text read as these views? */
static bool
is_read_as(const char *text, const EcdfShape *shape, const uint64_t *parameters,
		   const SampleView *views)
{
	ReadSamples read;
	bool same = !sdq_failed(read_text(text, shape, &read));

	if (!same)
		return false;
	for (int side = 0; side < shape->n_sides; side++)
		same &= same_view(&read.views[side], &views[side]);
	if (parameters != NULL)
		same &= memcmp(read.parameters, parameters, shape->n_parameters * sizeof(uint64_t)) == 0;
	read_samples_free(&read);
	return same;
}

/* Is a text refused, and where? -1 if it is not. */
static int64_t
refused_at(const char *text, const EcdfShape *shape)
{
	ReadSamples read;
	SdqStatus status = read_text(text, shape, &read);

	if (status.code == SDQ_BAD_DATA)
		return status.row;
	printf("# accepted: %s\n", text);
	if (!sdq_failed(status))
		read_samples_free(&read);
	return -1;
}

static void
test_text(void)
{
	const double values[] = {-INFINITY, -2.5e-320, 0, 0.1, INFINITY};
	const uint64_t counts[] = {1, 2, 3, 4, 2147483638};
	const SampleView view = view_of(values, counts, 5);
	const char *texts[] = {
		"{-Infinity:1,-2.5e-320:2,0:3,0.1:4,Infinity:2147483638}",
		" { -Infinity : 1 , -25e-321:2\n,-0:3,\t1e-1:0004,Infinity:2147483638 } "};
	const char *bad[] = {"",
						 "{",
						 "}",
						 "{}}",
						 "{1}",
						 "{1:}",
						 "{1:1,}",
						 "{,1:1}",
						 "{:1}",
						 "{1:1",
						 "1:1}",
						 "{1:1} x",
						 "{1:1;2:1}",
						 "{1:-1}",
						 "{1:+1}",
						 "{1:1.0}",
						 "{1:0}",
						 "{1:99999999999}",
						 "{1:2147483649}",
						 "{1:2147483648,2:1}",
						 "{2:1,1:1}",
						 "{1:1,1:1}",
						 "{-0:1,0:1}",
						 "{nan:1}",
						 "{NaN:1}",
						 "{inf:1}",
						 "{infinity:1}",
						 "{0x10:1}",
						 "{1e400:1}",
						 "{1e-400:1}",
						 "{1.2.3:1}",
						 "{--1:1}",
						 "{1e:1}",
						 "{.:1}",
						 "{1::1}",
						 "{Infinity1:1}",
						 "({1:1})",
						 "{1:1}{2:1}",
						 "{1:1,2:2}:",
						 "{{1:1}}"};
	const uint64_t parameters[] = {200, UINT64_MAX};
	const SampleView pair[] = {view_of(values + 3, counts + 1, 1), view_of(NULL, NULL, 0)};
	bool holds = true;

	for (int i = 0; i < 2; i++)
		holds &= is_read_as(texts[i], &one_side, NULL, &view);
	check(holds, "a text reads as what it says, with and without blanks");
	check(is_read_as("{}", &one_side, NULL, &pair[1]), "the empty sample has a text");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		holds &= refused_at(bad[i], &one_side) >= 0;
	check(holds, "malformed texts are refused");

	check(is_read_as("({0.1:2},{})", &two_sides, NULL, pair), "a pair has a text");
	check(refused_at("({1:2})", &two_sides) >= 0 &&
			  refused_at("({1:2},{1:1},{1:1})", &two_sides) >= 0 &&
			  refused_at("{1:2},{1:1}", &two_sides) >= 0 &&
			  refused_at("({1:2},{1:1}", &two_sides) >= 0 &&
			  refused_at("({1:2,{1:1})", &two_sides) >= 0,
		  "a pair is two samples in parentheses");
	check(is_read_as("(00000000000000c8,ffffffffffffffff,{0.1:2})", &with_parameters, parameters,
					 pair),
		  "parameters have a text");
	check(refused_at("(c8,0,{1:2})", &with_parameters) >= 0 &&
			  refused_at("(00000000000000C8,0000000000000000,{1:2})", &with_parameters) >= 0 &&
			  refused_at("(00000000000000c8,{1:2})", &with_parameters) >= 0,
		  "parameters are 16 lower-case hexadecimal digits");
	check(refused_at("{1:1,1:1}", &one_side) == 1 && refused_at("{1:1 x}", &one_side) == 5,
		  "a fault says where it is");
}

/* The text of a vector is a list of samples. */
static void
test_vector_text(void)
{
	static const char *const bad[] = {"",
									  "[",
									  "]",
									  "{1:1}",
									  "[{1:1}",
									  "[{1:1},]",
									  "[,{1:1}]",
									  "[{1:1}{1:1}]",
									  "[[{1:1}]]",
									  "[{1:1}]]",
									  "[{1:1}] x",
									  "[1:1]",
									  "[{2:1,1:1}]",
									  "[{},{1:0}]",
									  "[{:1}]",
									  "[{1:1},1:1]"};
	double values[10];
	uint64_t counts[10];
	SampleView views[10];
	size_t n;
	size_t n_entries;
	bool holds = true;

	sample_text_measure("[{1:2,3:4},{},{5:6}]", &n, &n_entries);
	check(n == 3 && n_entries == 3, "a text tells how much room it needs");
	check(!sdq_failed(sample_text_read_vector(" [ {1:2,3:4} , { } ,{5:6}] ", NULL, values, counts,
											  views, &n)) &&
			  n == 3 && views[0].n == 6 && views[1].n == 0 && views[2].n == 6 &&
			  views[0].n_distinct == 2 && views[2].values[0] == 5 && views[0].values[1] == 3,
		  "a vector has a text");
	check(!sdq_failed(sample_text_read_vector("[]", NULL, values, counts, views, &n)) && n == 0,
		  "a vector without positions has a text");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		holds &=
			sample_text_read_vector(bad[i], NULL, values, counts, views, &n).code == SDQ_BAD_DATA;
	check(holds, "malformed texts of vectors are refused");
}

/* The flat bytes depend on the multiset alone. */
static void
test_canonical(void)
{
	double values[400];
	bool equal = true;
	Rng rng;

	rng_seed(&rng, 5, RNG_STREAM_TEST);
	for (int i = 0; i < 500; i++)
	{
		SampleMemory memory = sample_malloc_memory(0);
		size_t n = 1 + rng_below(&rng, 400);
		size_t split = rng_below(&rng, n);
		Sample samples[3];
		SampleView views[2];
		size_t bytes[2];
		void *flat[2];

		for (size_t k = 0; k < n; k++)
			values[k] = rng_below(&rng, 2) ? (double) rng_below(&rng, 3000) / 4 : rng_normal(&rng);
		for (int s = 0; s < 3; s++)
			sample_init(&samples[s], &memory);
		for (size_t k = 0; k < n; k++)
			sample_add(&samples[0], values[k], NULL);
		sample_add_double(&samples[1], values + split, n - split, NULL);
		sample_add_double(&samples[2], values, split, NULL);
		sample_merge(&samples[1], &samples[2], NULL);
		for (int s = 0; s < 2; s++)
		{
			sample_view(&samples[s], NULL, &views[s]);
			flat[s] = flatten(&one_side, NULL, &views[s], &bytes[s]);
		}
		equal &= bytes[0] == bytes[1] && memcmp(flat[0], flat[1], bytes[0]) == 0;
		for (int s = 0; s < 3; s++)
			sample_free(&samples[s]);
		free(flat[0]);
		free(flat[1]);
	}
	check(equal, "equal samples have equal bytes, however they were made");
}

int
main(void)
{
	test_tally();
	test_distribution();
	test_moments();
	test_flat();
	test_flat_size();
	test_hostile_entries();
	test_mutations();
	test_text();
	test_vector_text();
	test_canonical();
	return check_done();
}
