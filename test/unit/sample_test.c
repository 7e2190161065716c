/*
 * sample_test.c
 *		Samples against the plainest oracle there is: sort all values with qsort, count neighbours.
 */
#include "check.h"

#include <float.h>
#include <limits.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/base/search.h"
#include "core/sample/sample.h"
#include "stops.h"

#define MAX_VALUES 300000
#define N_KINDS    14
#define N_CASES    6000

/* The oracle: values as they arrived, NaN included. */
typedef struct Plain
{
	double *values;
	size_t n;
} Plain;

/* Does the sample show what the oracle says? */
static bool
agrees(Sample *sample, const Plain *plain)
{
	SampleView view;
	double *sorted;
	size_t n = 0;
	size_t k = 0;
	bool equal = true;

	if (sdq_failed(sample_view(sample, NULL, &view)))
		return false;
	sorted = malloc((plain->n + 1) * sizeof(double));
	for (size_t i = 0; i < plain->n; i++)
		if (!isnan(plain->values[i]))
			sorted[n++] = plain->values[i] == 0 ? 0.0 : plain->values[i];
	qsort(sorted, n, sizeof(double), compare_doubles);
	equal = view.n == n && sample->n == n;
	for (size_t i = 0; i < n && equal; k++)
	{
		size_t end = i;

		while (end < n && sorted[end] == sorted[i])
			end++;
		equal = k < view.n_distinct && view.counts[k] == end - i &&
				memcmp(&view.values[k], &sorted[i], sizeof(double)) == 0;
		i = end;
	}
	free(sorted);
	return equal && k == view.n_distinct;
}

/* One random value of a kind. */
static double
draw(Rng *rng, int kind)
{
	double special[] = {NAN,
						INFINITY,
						-INFINITY,
						-0.0,
						0.0,
						DBL_MIN,
						DBL_TRUE_MIN,
						-DBL_TRUE_MIN,
						DBL_MAX,
						-DBL_MAX,
						1,
						INT16_MIN,
						INT16_MAX,
						4503599627370496.0,
						4503599627370497.0,
						-4503599627370497.0,
						9007199254740993.0,
						1e18};
	uint64_t bits;
	double value;

	switch (kind)
	{
		case 0: return (double) rng_below(rng, 256);
		case 1: return rng_below(rng, 5) > 0 ? 0 : (double) rng_below(rng, 256);
		case 2: return rng_normal(rng);
		case 3: return (double) (float) rng_normal(rng);
		case 4: return (double) rng_below(rng, 256) / 255;
		case 5: return (double) rng_below(rng, 65536) - 32768;
		case 6: return (double) (int64_t) rng_below(rng, 400000) - 200000;
		case 7: return special[rng_below(rng, sizeof(special) / sizeof(special[0]))];
		case 8:
			bits = rng_u64(rng);
			memcpy(&value, &bits, sizeof(value));
			return value;
		case 9: return 7;
		case 10: return 1e9 + (double) rng_below(rng, 3) * 1e-7;
		case 11: return 1e12 + (double) rng_below(rng, 1000);
		case 12: return (double) (int64_t) (rng_u64(rng) >> 11) - 4503599627370496.0;
		default: return rng_below(rng, 2) ? draw(rng, 7) : draw(rng, (int) rng_below(rng, 7));
	}
}

/* Can this piece be passed as another element type without a change of values? */
static bool
fits_integers(const double *values, size_t n, double low, double high)
{
	for (size_t i = 0; i < n; i++)
		if (!(values[i] >= low && values[i] <= high && values[i] == floor(values[i])))
			return false;
	return true;
}

static bool
fits_floats(const double *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isnan(values[i]) && (double) (float) values[i] != values[i])
			return false;
	return true;
}

/* Add a piece through one of the adders that can take it. */
static SdqStatus
add_piece(Rng *rng, Sample *sample, const double *values, size_t n)
{
	SdqStatus status = sdq_ok();
	int way = (int) rng_below(rng, 5);
	void *copy = malloc(n * sizeof(double) + 1);

	if (way == 0 && fits_integers(values, n, INT16_MIN, INT16_MAX))
	{
		for (size_t i = 0; i < n; i++)
			((int16_t *) copy)[i] = (int16_t) values[i];
		status = sample_add_int16(sample, copy, n, NULL);
	}
	else if (way == 1 && fits_integers(values, n, INT32_MIN, INT32_MAX))
	{
		for (size_t i = 0; i < n; i++)
			((int32_t *) copy)[i] = (int32_t) values[i];
		status = sample_add_int32(sample, copy, n, NULL);
	}
	else if (way == 2 && fits_floats(values, n))
	{
		for (size_t i = 0; i < n; i++)
			((float *) copy)[i] = (float) values[i];
		status = sample_add_float(sample, copy, n, NULL);
	}
	else if (way == 3)
		for (size_t i = 0; i < n && !sdq_failed(status); i++)
			status = sample_add(sample, values[i], NULL);
	else
		status = sample_add_double(sample, values, n, NULL);
	free(copy);
	return status;
}

/* Build a sample of values[n] by a random tree of additions and merges, looking at it at times. */
static SdqStatus
build(Rng *rng, SampleMemory *memory, const double *values, size_t n, int depth, Sample *sample)
{
	Sample other;
	SampleView view;
	SdqStatus status;
	size_t split;

	sample_init(sample, memory);
	if (n == 0)
		return sdq_ok();
	if (depth == 0 || rng_below(rng, 3) == 0)
	{
		for (size_t start = 0; start < n;)
		{
			size_t length = 1 + rng_below(rng, n - start);

			status = add_piece(rng, sample, values + start, length);
			if (sdq_failed(status))
				return status;
			if (rng_below(rng, 4) == 0 && sdq_failed(sample_view(sample, NULL, &view)))
				return status;
			start += length;
		}
		return sdq_ok();
	}
	split = rng_below(rng, n + 1);
	status = build(rng, memory, values, split, depth - 1, sample);
	if (sdq_failed(status))
		return status;
	status = build(rng, memory, values + split, n - split, depth - 1, &other);
	if (!sdq_failed(status))
		status = sample_merge(sample, &other, NULL);
	sample_free(&other);
	return status;
}

static void
test_against_oracle(void)
{
	static double values[MAX_VALUES];
	int failures[N_KINDS] = {0};
	bool whole = true;
	Rng rng;

	rng_seed(&rng, 1, RNG_STREAM_TEST);
	for (int i = 0; i < N_CASES; i++)
	{
		int kind = i % N_KINDS;
		SampleMemory memory = sample_malloc_memory(0);
		size_t n = rng_below(&rng, i % 2000 < N_KINDS ? MAX_VALUES : i % 60 < N_KINDS ? 5000 : 80);
		Plain plain = {.values = values, .n = n};
		Sample sample;

		for (size_t k = 0; k < n; k++)
			values[k] = draw(&rng, kind);
		failures[kind] += sdq_failed(build(&rng, &memory, values, n, 4, &sample));
		failures[kind] += !agrees(&sample, &plain);
		/* Again, from what the first call left. */
		failures[kind] += !agrees(&sample, &plain);
		sample_free(&sample);
		whole &= memory.held == 0;
	}
	for (int kind = 0; kind < N_KINDS; kind++)
	{
		char name[100];

		snprintf(name, sizeof(name), "values of kind %d in any order, by any way, as sorted", kind);
		check(failures[kind] == 0, name);
	}
	check(whole, "all memory is given back");
}

static void
test_small(void)
{
	const double values[] = {3, 1, NAN, -0.0, 1, 0, INFINITY, 0.5, -INFINITY, 1};
	const double want[] = {-INFINITY, 0, 0.5, 1, 3, INFINITY};
	const uint64_t counts[] = {1, 2, 1, 3, 1, 1};
	SampleMemory memory = sample_malloc_memory(0);
	Sample sample;
	SampleView view;

	sample_init(&sample, &memory);
	check(!sdq_failed(sample_view(&sample, NULL, &view)) && view.n_distinct == 0 && view.n == 0,
		  "an empty sample shows nothing");
	check(memory.held == 0, "an empty sample holds no memory");
	sample_add_double(&sample, values, 10, NULL);
	sample_view(&sample, NULL, &view);
	check(view.n == 9 && view.n_distinct == 6 && memcmp(view.values, want, sizeof(want)) == 0 &&
			  memcmp(view.counts, counts, sizeof(counts)) == 0,
		  "ten values by hand: NaN left out, -0 is 0, infinities at the ends");
	sample_free(&sample);

	sample_init(&sample, &memory);
	sample_add(&sample, 1, NULL);
	check(memory.held <= 1024, "a sample of one value holds less than 1 kB");
	sample_free(&sample);

	/* Window at 1, which then grows down past a value that rounding would call 1 - 1 = 0. */
	sample_init(&sample, &memory);
	sample_add(&sample, -1, NULL);
	sample_add(&sample, 1e-320, NULL);
	sample_add(&sample, -1 + 1e-16, NULL);
	sample_view(&sample, NULL, &view);
	check(view.n_distinct == 3, "numbers that are nearly integers are not counted as integers");
	sample_free(&sample);
}

static void
test_long_arrays(void)
{
	size_t n = ((size_t) 1 << 21) + 12345;
	double *values = malloc(n * sizeof(double));
	int16_t *small = malloc(n * sizeof(int16_t));
	SampleMemory memory = sample_malloc_memory(0);
	Plain plain = {.values = values, .n = n};
	Sample sample;
	SampleView view;
	Rng rng;

	rng_seed(&rng, 2, RNG_STREAM_TEST);
	for (size_t i = 0; i < n; i++)
		values[i] = rng_normal(&rng);
	sample_init(&sample, &memory);
	sample_add_double(&sample, values, n, NULL);
	check(agrees(&sample, &plain), "two million normal numbers in one array");
	sample_free(&sample);

	/* The same one by one, which goes through many runs. */
	sample_init(&sample, &memory);
	for (size_t i = 0; i < n; i++)
		sample_add(&sample, values[i], NULL);
	check(agrees(&sample, &plain), "two million normal numbers one by one");
	sample_free(&sample);

	for (size_t i = 0; i < n; i++)
		values[i] = small[i] = (int16_t) rng_below(&rng, 256);
	sample_init(&sample, &memory);
	sample_add_int16(&sample, small, n, NULL);
	check(agrees(&sample, &plain), "two million pixels in one array");
	check(memory.held < 16384, "pixels need a few kB however many they are");
	sample_view(&sample, NULL, &view);
	check(view.n_distinct == 256, "pixels have 256 values");
	sample_free(&sample);
	check(memory.held == 0, "all of it is given back");
	free(values);
	free(small);
}

/* Bytes that come one by one, in orders that let the window grow towards either end, meet the ends of
 * their range last or never, and leave it in the end. */
static void
test_bytes(void)
{
	size_t worst = 0;
	bool right = true;
	Rng rng;

	rng_seed(&rng, 12, RNG_STREAM_TEST);
	for (int repeat = 0; repeat < 300; repeat++)
	{
		SampleMemory memory = sample_malloc_memory(0);
		double values[600];
		size_t n = sizeof(values) / sizeof(values[0]);
		Plain plain = {.values = values, .n = n};
		Sample sample;

		sample_init(&sample, &memory);
		for (size_t i = 0; i < n; i++)
		{
			/* The range widens with i, from its lower end, its upper end or its middle. */
			uint64_t width = i < 256 ? i + 1 : 256;
			uint64_t room = 256 - width;
			uint64_t first = repeat % 3 == 0 ? 0 : repeat % 3 == 1 ? room : room / 2;

			values[i] = (double) (first + rng_below(&rng, width));
			sample_add(&sample, values[i], NULL);
			if (memory.held > worst)
				worst = memory.held;
		}
		if (repeat % 4 == 0)
		{
			/* No bytes any more. */
			values[0] = repeat % 8 == 0 ? -1 : 256;
			sample_free(&sample);
			sample_init(&sample, &memory);
			for (size_t i = n; i-- > 0;)
				sample_add(&sample, values[i], NULL);
		}
		right = right && agrees(&sample, &plain);
		sample_free(&sample);
	}
	check(right, "bytes in any order are counted right");
	/* A counter for each lane of each slot, one slot more, and an empty buffer of 16 values. */
	check(worst <= 257 * WINDOW_LANES * sizeof(uint32_t) + 16 * sizeof(uint64_t),
		  "bytes never need more than 256 slots");
}

/* Memory that fails after a number of calls. */
typedef struct Failing
{
	int calls_left;
	SampleMemory plain;
} Failing;

static void *
failing_resize(void *context, void *block, size_t old_bytes, size_t new_bytes)
{
	Failing *failing = context;

	if (new_bytes > 0 && failing->calls_left-- <= 0)
		return NULL;
	return failing->plain.resize(NULL, block, old_bytes, new_bytes);
}

/* Whatever fails, and wherever, the old value is whole, and the call can be made again. */
static void
test_failures(void)
{
	static double values[MAX_VALUES];
	int lost = 0;
	int wrong_code = 0;
	int failed = 0;
	Rng rng;

	rng_seed(&rng, 3, RNG_STREAM_TEST);
	for (int i = 0; i < 3000; i++)
	{
		int kind = i % N_KINDS;
		size_t n = rng_below(&rng, i % 100 < 2 ? 150000 : 300);
		size_t first = rng_below(&rng, n + 1);
		Failing failing = {.calls_left = INT_MAX, .plain = sample_malloc_memory(0)};
		SampleMemory memory = {
			.resize = failing_resize, .context = &failing, .limit = 0, .held = 0};
		int polls = 1 + (int) rng_below(&rng, 3);
		Stop stop = {.poll = stop_countdown, .context = &polls, .requested = false};
		Plain before = {.values = values, .n = first};
		Plain after = {.values = values};
		Sample sample;
		Sample other;
		SampleView view;
		SdqStatus status;

		for (size_t k = 0; k < n; k++)
			values[k] = draw(&rng, kind);
		build(&rng, &memory, values, first, 3, &sample);
		build(&rng, &memory, values + first, n - first, 3, &other);
		switch (i % 3)
		{
			case 0: failing.calls_left = (int) rng_below(&rng, 4); break;
			case 1: memory.limit = memory.held + rng_below(&rng, 2000); break;
			default: break;
		}
		switch (rng_below(&rng, 3))
		{
			case 0:
				status = sample_view(&sample, i % 3 == 2 ? &stop : NULL, &view);
				n = first;
				break;
			case 1: status = sample_merge(&sample, &other, i % 3 == 2 ? &stop : NULL); break;
			default:
				status = sample_add_double(&sample, values + first, n - first,
										   i % 3 == 2 ? &stop : NULL);
				break;
		}
		failing.calls_left = INT_MAX;
		memory.limit = 0;
		if (sdq_failed(status))
		{
			SdqCode want[] = {SDQ_NO_MEMORY, SDQ_OVER_LIMIT, SDQ_INTERRUPTED};

			failed++;
			wrong_code += status.code != want[i % 3];
			lost += !agrees(&sample, &before);
			sample_add_double(&sample, values + first, n - first, NULL);
		}
		after.n = n;
		lost += !agrees(&sample, &after);
		sample_free(&sample);
		sample_free(&other);
		lost += memory.held != 0;
	}
	check(failed > 100, "failures were provoked");
	check(wrong_code == 0, "a failure says what it was");
	check(lost == 0, "a failed call leaves the sample whole, and nothing leaks");
}

static void
test_limits(void)
{
	SampleMemory memory = sample_malloc_memory(0);
	const double value = 0.5;
	const uint64_t count = (uint64_t) SAMPLE_MAX_COUNT - 1;
	SampleView most = {.n_distinct = 1, .values = &value, .counts = &count, .n = count};
	const double two[] = {NAN, 0.5, 3};
	Sample sample;
	SampleView view;
	SdqStatus status;

	sample_init(&sample, &memory);
	check(!sdq_failed(sample_add_view(&sample, &most, NULL)), "2^31 - 1 observations are accepted");
	status = sample_add_double(&sample, two, 3, NULL);
	check(status.code == SDQ_TOO_LARGE && status.b == (double) SAMPLE_MAX_COUNT,
		  "two more are too many");
	check(!sdq_failed(sample_add_double(&sample, two, 2, NULL)), "one and a NaN are not");
	check(sample_add(&sample, 1, NULL).code == SDQ_TOO_LARGE, "then it is full");
	check(!sdq_failed(sample_add(&sample, NAN, NULL)), "but for NaN, which is not counted");
	check(sample_add_view(&sample, &most, NULL).code == SDQ_TOO_LARGE, "for views too");
	sample_view(&sample, NULL, &view);
	check(view.n_distinct == 1 && view.counts[0] == (uint64_t) SAMPLE_MAX_COUNT,
		  "the count is exact at the limit");
	sample_free(&sample);

	/* The same in the window. */
	sample_init(&sample, &memory);
	sample_add(&sample, 3, NULL);
	most.values = &two[2];
	check(!sdq_failed(sample_add_view(&sample, &most, NULL)) && sample.n == count + 1,
		  "the window counts to 2^31");
	sample_view(&sample, NULL, &view);
	check(view.n_distinct == 1 && view.counts[0] == (uint64_t) SAMPLE_MAX_COUNT, "exactly");
	sample_free(&sample);
}

/* Loose samples show their numbers in some order; everything else that holds values is not loose. */
static void
test_loose(void)
{
	static const double numbers[] = {0.5, -INFINITY, 2.5, 0.5, INFINITY};
	SampleMemory memory = sample_malloc_memory(0);
	double copied[5];
	double sum = 0;
	Sample sample;
	SampleView view;

	sample_init(&sample, &memory);
	check(sample_is_loose(&sample), "an empty sample is loose");
	check(sample_try_add(&sample, 2.5) == false, "nothing is added where there is no room yet");
	sample_add_double(&sample, numbers, 5, NULL);
	check(sample_is_loose(&sample), "so are numbers that are no integers");
	sample_loose_values(&sample, 1, 4, copied + 1);
	sample_loose_values(&sample, 0, 1, copied);
	for (size_t i = 0; i < 5; i++)
		sum += isinf(copied[i]) ? (copied[i] > 0 ? 100 : 1000) : copied[i];
	check(sum == 1103.5, "which are shown as they are");
	sample_view(&sample, NULL, &view);
	check(!sample_is_loose(&sample), "once it has been sorted it is not");
	check(view.n == 5 && view.n_distinct == 4 && view.counts[1] == 2, "and has the same values");
	sample_free(&sample);
	sample_add(&sample, 3, NULL);
	check(!sample_is_loose(&sample), "nor is one that counts");
	check(!sample_try_add(&sample, 3) && !sample_try_add(&sample, NAN),
		  "integers are not buffered");
	check(sample.n == 1, "what was not added does not count");
	sample_free(&sample);
}

int
main(void)
{
	test_small();
	test_loose();
	test_against_oracle();
	test_long_arrays();
	test_bytes();
	test_failures();
	test_limits();
	return check_done();
}
