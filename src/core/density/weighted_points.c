/*
 * weighted_points.c
 *		Collecting weighted values.
 */
#include "core/density/weighted_points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/bytes.h"
#include "core/base/compensated.h"
#include "core/base/sizes.h"

#define CODEC_VERSION 1
#define HEADER_BYTES  4

#define FIRST_CAPACITY 16

/* Points between two polls of the stop flag, some milliseconds; runs of as many are sorted first. */
#define RUN_POINTS ((size_t) 1 << 14)

void
weighted_points_init(WeightedPoints *points)
{
	*points = (WeightedPoints){.n = 0};
}

void
weighted_points_free(WeightedPoints *points, SampleMemory *memory)
{
	sample_memory_free(memory, points->points, points->capacity * sizeof(WeightedPoint));
	weighted_points_init(points);
}

/* Make room for so many points more. */
static SdqStatus
reserve(WeightedPoints *points, SampleMemory *memory, size_t more)
{
	SdqStatus status = sdq_ok();
	size_t n;
	size_t capacity;
	size_t bytes;
	WeightedPoint *block;

	if (!checked_add(points->n, more, &n) || !checked_multiply(n, 2 * sizeof(*block), &bytes))
		return sdq_error(SDQ_TOO_LARGE, (double) points->n + (double) more, (double) SIZE_MAX);
	if (n <= points->capacity)
		return status;
	capacity = clamp(2 * points->capacity, FIRST_CAPACITY, SIZE_MAX);
	if (capacity < n)
		capacity = n;
	block = sample_memory_resize(memory, points->points, points->capacity * sizeof(WeightedPoint),
								 capacity * sizeof(WeightedPoint), &status);
	if (block == NULL)
		return status;
	points->points = block;
	points->capacity = capacity;
	return status;
}

/* The order of points: by value, then by weight. */
static int
compare_points(const void *a, const void *b)
{
	const WeightedPoint *p = a;
	const WeightedPoint *q = b;

	if (p->value != q->value)
		return p->value < q->value ? -1 : 1;
	return (p->weight > q->weight) - (p->weight < q->weight);
}

SdqStatus
weighted_points_add(WeightedPoints *points, SampleMemory *memory, double value, double weight)
{
	SdqStatus status;

	if (isnan(weight) || isnan(value))
		return sdq_ok();
	if (weight < 0 || isinf(weight))
		return sdq_bad_data(WEIGHTED_WEIGHT, -1, weight, 0);
	if (weight == 0)
		return sdq_ok();
	status = reserve(points, memory, 1);
	if (sdq_failed(status))
		return status;
	points->points[points->n++] = (WeightedPoint){.value = value + 0.0, .weight = weight};
	return status;
}

SdqStatus
weighted_points_merge(WeightedPoints *points, SampleMemory *memory, const WeightedPoints *other)
{
	SdqStatus status = reserve(points, memory, other->n);

	if (sdq_failed(status) || other->n == 0)
		return status;
	memcpy(points->points + points->n, other->points, other->n * sizeof(WeightedPoint));
	points->n += other->n;
	return status;
}

/* Merge the runs from[first, middle) and from[middle, end) into to. */
static SdqStatus
merge_runs(Stop *stop, const WeightedPoint *from, size_t first, size_t middle, size_t end,
		   WeightedPoint *to)
{
	size_t a = first;
	size_t b = middle;

	for (size_t i = first; i < end; i++)
	{
		if ((i - first) % RUN_POINTS == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		if (b == end || (a < middle && compare_points(&from[a], &from[b]) <= 0))
			to[i] = from[a++];
		else
			to[i] = from[b++];
	}
	return sdq_ok();
}

/* Sort points by merging runs of twice the length again and again; scratch has room for them. Where the result lies:
 * *sorted. */
static SdqStatus
sort_runs(Stop *stop, WeightedPoint *points, WeightedPoint *scratch, size_t n,
		  WeightedPoint **sorted)
{
	WeightedPoint *from = points;
	WeightedPoint *to = scratch;
	SdqStatus status = sdq_ok();

	for (size_t first = 0; first < n; first += RUN_POINTS)
	{
		if (stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		qsort(from + first, minimum(RUN_POINTS, n - first), sizeof(WeightedPoint), compare_points);
	}
	for (size_t length = RUN_POINTS; length < n; length *= 2)
	{
		WeightedPoint *swap = from;

		for (size_t first = 0; first < n && !sdq_failed(status); first += 2 * length)
			status = merge_runs(stop, from, first, minimum(first + length, n),
								minimum(first + 2 * length, n), to);
		if (sdq_failed(status))
			return status;
		from = to;
		to = swap;
	}
	*sorted = from;
	return status;
}

SdqStatus
weighted_points_sort(WeightedPoints *points, SampleMemory *memory, Stop *stop)
{
	size_t n = points->n;
	size_t bytes = n * sizeof(WeightedPoint);
	SdqStatus status = sdq_ok();
	WeightedPoint *scratch;
	WeightedPoint *sorted;

	if (points->n_sorted == n)
		return status;
	/* The points are copied, so that a failure on the way leaves them whole. */
	scratch = sample_memory_resize(memory, NULL, 0, 2 * bytes, &status);
	if (scratch == NULL)
		return status;
	memcpy(scratch, points->points, bytes);
	status = sort_runs(stop, scratch, scratch + n, n, &sorted);
	if (!sdq_failed(status))
	{
		memcpy(points->points, sorted, bytes);
		points->n_sorted = n;
	}
	sample_memory_free(memory, scratch, 2 * bytes);
	return status;
}

/* The sum of the weights times 2^exponent. */
static SdqStatus
sum_weights(Job *job, const WeightedPoints *points, int exponent, double *sum, double *squares)
{
	Compensated total = {0, 0};
	Compensated total_squares = {0, 0};

	for (size_t i = 0; i < points->n; i++)
	{
		double weight = ldexp(points->points[i].weight, exponent);

		if (i % RUN_POINTS == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		compensated_add(&total, weight);
		compensated_add(&total_squares, weight * weight);
	}
	*sum = compensated_total(&total);
	*squares = compensated_total(&total_squares);
	return sdq_ok();
}

SdqStatus
weighted_points_sample(Job *job, const WeightedPoints *points, WeightedSample *sample,
					   double *total)
{
	double *values = arena_alloc(job->arena, points->n, sizeof(double));
	double *weights = arena_alloc(job->arena, points->n, sizeof(double));
	double largest = 0;
	double sum = 0;
	double squares = 0;
	int exponent;
	SdqStatus status;

	*sample = (WeightedSample){.n = 0};
	*total = 0;
	if (points->n == 0)
		return sdq_ok();
	if (values == NULL || weights == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < points->n; i++)
		largest = fmax(largest, points->points[i].weight);
	/* First so that nothing overflows, then so that the sum is in [4, 8). */
	exponent = -ilogb(largest);
	status = sum_weights(job, points, exponent, &sum, &squares);
	if (sdq_failed(status))
		return status;
	*total = ldexp(sum, -exponent);
	if (isinf(*total))
		return sdq_bad_data(WEIGHTED_OVERFLOW, -1, 0, 0);
	exponent += 2 - ilogb(sum);
	for (size_t i = 0; i < points->n; i++)
	{
		if (i % RUN_POINTS == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		values[i] = points->points[i].value;
		weights[i] = ldexp(points->points[i].weight, exponent);
	}
	*sample = (WeightedSample){.n = points->n,
							   .values = values,
							   .weights = weights,
							   .total = ldexp(sum, 2 - ilogb(sum)),
							   .effective_n = sum * (sum / squares)};
	return sdq_ok();
}

SdqStatus
weighted_points_measure(const WeightedPoints *points, size_t *size)
{
	size_t bytes;

	if (!checked_multiply(points->n, sizeof(WeightedPoint), &bytes) ||
		!checked_add(bytes, HEADER_BYTES, size))
		return sdq_error(SDQ_TOO_LARGE, (double) points->n, (double) SIZE_MAX);
	return sdq_ok();
}

void
weighted_points_encode(const WeightedPoints *points, uint8_t *bytes)
{
	uint8_t *at = bytes_write(bytes, CODEC_VERSION, HEADER_BYTES);

	for (size_t i = 0; i < points->n; i++)
	{
		at = bytes_write_double(at, points->points[i].value);
		at = bytes_write_double(at, points->points[i].weight);
	}
}

/* Could weighted_points_add() have stored this? */
static bool
is_point(const WeightedPoint *point)
{
	bool is_minus_zero = point->value == 0 && signbit(point->value);

	return !isnan(point->value) && !is_minus_zero && point->weight > 0 && !isinf(point->weight);
}

SdqStatus
weighted_points_decode(WeightedPoints *points, SampleMemory *memory, const uint8_t *bytes,
					   size_t size)
{
	ByteCursor cursor = {.at = bytes, .left = size};
	SdqStatus status;
	size_t n;

	weighted_points_init(points);
	if (bytes_read(&cursor, HEADER_BYTES) != CODEC_VERSION || cursor.is_bad ||
		cursor.left % sizeof(WeightedPoint) != 0)
		return sdq_bad_data(WEIGHTED_BYTES, -1, 0, 0);
	n = cursor.left / sizeof(WeightedPoint);
	status = reserve(points, memory, n);
	if (sdq_failed(status))
		return status;
	for (size_t i = 0; i < n; i++)
	{
		WeightedPoint *point = &points->points[i];

		point->value = bytes_read_double(&cursor);
		point->weight = bytes_read_double(&cursor);
		if (!is_point(point) || (i > 0 && compare_points(point - 1, point) > 0))
			return sdq_bad_data(WEIGHTED_BYTES, -1, 0, 0);
	}
	points->n = n;
	points->n_sorted = n;
	return status;
}
