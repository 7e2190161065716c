/*
 * labelled_points.c
 *		Two growing arrays, and their form in bytes: version, options, the two numbers of points, the points.
 */
#include "core/density/labelled_points.h"

#include <math.h>
#include <string.h>

#include "core/base/bytes.h"
#include "core/density/permutation.h"

#define CODEC_VERSION  1
#define WORD_BYTES     4
#define FIRST_CAPACITY 16

/* Version, grid size, rule, bandwidth, permutations, seed, and two sizes. */
#define HEADER_BYTES (3 * WORD_BYTES + 5 * sizeof(uint64_t))

void
labelled_points_init(LabelledPoints *labelled)
{
	*labelled = (LabelledPoints){.has_options = false};
}

bool
pair_options_are_valid(const PairOptions *options)
{
	const Bandwidth *bandwidth = &options->bandwidth;
	bool has_number = bandwidth->rule == BANDWIDTH_NUMBER;

	return options->grid_size >= GRID_MIN_SIZE && options->grid_size <= GRID_MAX_SIZE &&
		   (has_number || bandwidth->rule == BANDWIDTH_SCOTT ||
			bandwidth->rule == BANDWIDTH_SILVERMAN) &&
		   (has_number ? isfinite(bandwidth->value) && bandwidth->value > 0
					   : bandwidth->value == 0) &&
		   options->permutations >= 0 && options->permutations <= PERMUTATIONS_MAX;
}

static bool
are_same_options(const PairOptions *a, const PairOptions *b)
{
	return a->grid_size == b->grid_size && a->bandwidth.rule == b->bandwidth.rule &&
		   a->bandwidth.value == b->bandwidth.value && a->permutations == b->permutations &&
		   a->seed == b->seed;
}

SdqStatus
labelled_points_expect(LabelledPoints *labelled, const PairOptions *options)
{
	if (!labelled->has_options)
		labelled->options = *options;
	else if (!are_same_options(&labelled->options, options))
		return sdq_bad_data(LABELLED_POINTS_OPTIONS, -1, 0, 0);
	labelled->has_options = true;
	return sdq_ok();
}

/* Room for so many more points on a side. */
static SdqStatus
reserve(LabelledPoints *labelled, SampleMemory *memory, int side, size_t more)
{
	size_t needed = labelled->n[side] + more; /* both are sizes of arrays in memory */
	size_t capacity = 2 * labelled->capacity[side];
	SdqStatus status = sdq_ok();
	Point2d *points;

	if (needed <= labelled->capacity[side])
		return status;
	if (needed > (size_t) SAMPLE_MAX_COUNT)
		return sdq_error(SDQ_TOO_LARGE, (double) needed, (double) SAMPLE_MAX_COUNT);
	capacity = capacity < FIRST_CAPACITY ? FIRST_CAPACITY : capacity;
	capacity = capacity < needed ? needed : capacity;
	points = sample_memory_resize(memory, labelled->points[side],
								  labelled->capacity[side] * sizeof(Point2d),
								  capacity * sizeof(Point2d), &status);
	if (points == NULL)
		return status;
	labelled->points[side] = points;
	labelled->capacity[side] = capacity;
	return status;
}

SdqStatus
labelled_points_add(LabelledPoints *labelled, SampleMemory *memory, int side, double x, double y)
{
	SdqStatus status = reserve(labelled, memory, side, 1);

	if (sdq_failed(status))
		return status;
	/* 0 for -0 */
	labelled->points[side][labelled->n[side]++] = (Point2d){.x = x + 0.0, .y = y + 0.0};
	return status;
}

SdqStatus
labelled_points_merge(LabelledPoints *labelled, SampleMemory *memory, const LabelledPoints *other)
{
	SdqStatus status = sdq_ok();
	size_t n[2] = {other->n[0], other->n[1]};

	if (other->has_options)
		status = labelled_points_expect(labelled, &other->options);
	for (int side = 0; side < 2 && !sdq_failed(status); side++)
		status = reserve(labelled, memory, side, n[side]);
	for (int side = 0; side < 2 && !sdq_failed(status); side++)
	{
		/* Read only now: where it is the same value, its points have moved. */
		if (n[side] > 0)
			memcpy(labelled->points[side] + labelled->n[side], other->points[side],
				   n[side] * sizeof(Point2d));
		labelled->n[side] += n[side];
	}
	return status;
}

size_t
labelled_points_size(const LabelledPoints *labelled)
{
	return HEADER_BYTES + (labelled->n[0] + labelled->n[1]) * sizeof(Point2d);
}

void
labelled_points_encode(const LabelledPoints *labelled, uint8_t *bytes)
{
	const PairOptions *options = &labelled->options;
	uint8_t *at = bytes_write(bytes, CODEC_VERSION, WORD_BYTES);

	at = bytes_write(at, options->grid_size, WORD_BYTES);
	at = bytes_write(at, (uint64_t) options->bandwidth.rule, WORD_BYTES);
	at = bytes_write_double(at, options->bandwidth.value);
	at = bytes_write(at, (uint64_t) options->permutations, sizeof(uint64_t));
	at = bytes_write(at, options->seed, sizeof(uint64_t));
	for (int side = 0; side < 2; side++)
		at = bytes_write(at, labelled->n[side], sizeof(uint64_t));
	for (int side = 0; side < 2; side++)
	{
		for (size_t i = 0; i < labelled->n[side]; i++)
		{
			at = bytes_write_double(at, labelled->points[side][i].x);
			at = bytes_write_double(at, labelled->points[side][i].y);
		}
	}
}

static SdqStatus
bad_bytes(void)
{
	return sdq_bad_data(LABELLED_POINTS_BYTES, -1, 0, 0);
}

/* Read the points of a side; a NaN among them is noted. */
static SdqStatus
read_side(LabelledPoints *labelled, SampleMemory *memory, int side, size_t n, ByteCursor *cursor)
{
	SdqStatus status = reserve(labelled, memory, side, n);

	if (sdq_failed(status))
		return status;
	for (size_t i = 0; i < n; i++)
	{
		double x = bytes_read_double(cursor);
		double y = bytes_read_double(cursor);

		cursor->is_bad |= isnan(x) || isnan(y);
		labelled->points[side][i] = (Point2d){.x = x + 0.0, .y = y + 0.0};
	}
	labelled->n[side] = n;
	return status;
}

SdqStatus
labelled_points_decode(LabelledPoints *labelled, SampleMemory *memory, const uint8_t *bytes,
					   size_t size)
{
	ByteCursor cursor = {.at = bytes, .left = size};
	PairOptions *options = &labelled->options;
	uint64_t rule;
	uint64_t permutations;
	uint64_t n[2];

	labelled_points_init(labelled);
	cursor.is_bad = bytes_read(&cursor, WORD_BYTES) != CODEC_VERSION;
	options->grid_size = (size_t) bytes_read(&cursor, WORD_BYTES);
	rule = bytes_read(&cursor, WORD_BYTES);
	options->bandwidth.rule = (BandwidthRule) rule;
	options->bandwidth.value = bytes_read_double(&cursor) + 0.0;
	permutations = bytes_read(&cursor, sizeof(uint64_t));
	options->permutations = permutations <= PERMUTATIONS_MAX ? (int64_t) permutations : -1;
	options->seed = bytes_read(&cursor, sizeof(uint64_t));
	for (int side = 0; side < 2; side++)
		n[side] = bytes_read(&cursor, sizeof(uint64_t));
	/* The sizes are compared before they are added or multiplied. */
	if (cursor.is_bad || rule != (uint64_t) options->bandwidth.rule ||
		!pair_options_are_valid(options) || cursor.left % sizeof(Point2d) != 0 ||
		n[0] > cursor.left / sizeof(Point2d) || n[1] != cursor.left / sizeof(Point2d) - n[0])
		return bad_bytes();
	labelled->has_options = true;
	for (int side = 0; side < 2; side++)
	{
		SdqStatus status = read_side(labelled, memory, side, (size_t) n[side], &cursor);

		if (sdq_failed(status))
			return status;
	}
	return cursor.is_bad ? bad_bytes() : sdq_ok();
}
