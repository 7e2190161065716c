/*
 * ecdf.c
 *		Questions to an empirical distribution.
 */
#include "core/sample/ecdf.h"

#include <math.h>

#include "core/base/compensated.h"

/* Entries between two looks at the stop flag: less than a millisecond. */
#define ENTRIES_PER_POLL 65536

/* Reads a stream entry by entry. */
typedef struct Cursor
{
	SampleStream *stream;
	Stop *stop;
	size_t next; /* index in the piece at hand */
	size_t until_poll;
	SdqStatus status;
} Cursor;

static Cursor
cursor_open(SampleStream *stream, Stop *stop)
{
	return (Cursor){
		.stream = stream, .stop = stop, .until_poll = ENTRIES_PER_POLL, .status = sdq_ok()};
}

/* cursor_next() at the end of a piece, or when it is time to look at the stop flag. */
static bool
cursor_turn(Cursor *cursor)
{
	SampleStream *stream = cursor->stream;

	if (sdq_failed(cursor->status))
		return false;
	cursor->until_poll = ENTRIES_PER_POLL;
	if (stop_poll(cursor->stop))
	{
		cursor->status = sdq_error(SDQ_INTERRUPTED, 0, 0);
		return false;
	}
	if (cursor->next < stream->n_entries)
		return true;
	if (stream->fetch == NULL)
		return false;
	cursor->next = 0;
	cursor->status = stream->fetch(stream);
	return !sdq_failed(cursor->status) && stream->n_entries > 0;
}

/* The next entry; false at the end, and on failure, which is in cursor->status. */
static inline bool
cursor_next(Cursor *cursor, double *value, uint64_t *count)
{
	if ((cursor->next == cursor->stream->n_entries || cursor->until_poll == 0) &&
		!cursor_turn(cursor))
		return false;
	cursor->until_poll--;
	*value = cursor->stream->values[cursor->next];
	*count = cursor->stream->counts[cursor->next];
	cursor->next++;
	return true;
}

/* To the start again. */
static SdqStatus
restart(SampleStream *stream)
{
	return stream->restart == NULL ? sdq_ok() : stream->restart(stream);
}

SdqStatus
ecdf_cdf(SampleStream *stream, double x, Stop *stop, double *share)
{
	Cursor cursor = cursor_open(stream, stop);
	uint64_t below = 0;
	double value;
	uint64_t count;

	*share = x;
	if (isnan(x))
		return sdq_ok();
	while (cursor_next(&cursor, &value, &count) && value <= x)
		below += count;
	*share = (double) below / (double) stream->n;
	return cursor.status;
}

/* The smallest rank r >= 1 with r / n >= p, the division being that of doubles. */
static uint64_t
rank_of(double p, uint64_t n)
{
	double size = (double) n;
	double rank = ceil(p * size);

	/* The product may have been rounded to either side of the true one. */
	while (rank > 1 && (rank - 1) / size >= p)
		rank--;
	while (rank < 1 || rank / size < p)
		rank++;
	return (uint64_t) rank;
}

SdqStatus
ecdf_quantile(SampleStream *stream, double p, Stop *stop, double *value)
{
	Cursor cursor = cursor_open(stream, stop);
	uint64_t rank = rank_of(p, stream->n);
	uint64_t below = 0;
	uint64_t count;

	while (below < rank && cursor_next(&cursor, value, &count))
		below += count;
	return cursor.status;
}

/* Sums over the sample of (scaled value - centre) and of its square. */
static SdqStatus
sum_powers(SampleStream *stream, int exponent, double centre, Stop *stop, double *first,
		   double *second)
{
	Cursor cursor = cursor_open(stream, stop);
	Compensated linear = {0, 0};
	Compensated square = {0, 0};
	SdqStatus status = restart(stream);
	double value;
	uint64_t count;

	if (sdq_failed(status))
		return status;
	while (cursor_next(&cursor, &value, &count))
	{
		double distance = ldexp(value, -exponent) - centre;

		compensated_add(&linear, (double) count * distance);
		compensated_add(&square, (double) count * distance * distance);
	}
	*first = compensated_total(&linear);
	*second = compensated_total(&square);
	return cursor.status;
}

/* The extremes. */
static SdqStatus
find_range(SampleStream *stream, Stop *stop, double *low, double *high)
{
	Cursor cursor = cursor_open(stream, stop);
	uint64_t count;

	if (cursor_next(&cursor, low, &count))
		*high = *low;
	/* The last of each piece is all that is needed. */
	while (!sdq_failed(cursor.status) && stream->n_entries > 0)
	{
		*high = stream->values[stream->n_entries - 1];
		cursor.next = stream->n_entries;
		if (!cursor_turn(&cursor))
			break;
	}
	return cursor.status;
}

SdqStatus
ecdf_moments(SampleStream *stream, Stop *stop, EcdfMoments *moments)
{
	double n = (double) stream->n;
	int exponent = 0;
	double low = NAN;
	double high = NAN;
	double mean;
	double first;
	double second;
	SdqStatus status = find_range(stream, stop, &low, &high);

	*moments = (EcdfMoments){.mean = NAN, .stddev = NAN};
	if (sdq_failed(status))
		return status;
	if (isinf(low) || isinf(high))
	{
		/* -Infinity + Infinity is NaN, a finite end leaves the other. */
		moments->mean = low + high;
		return sdq_ok();
	}
	if (low == high)
	{
		moments->mean = low;
		if (stream->n > 1)
			moments->stddev = 0;
		return sdq_ok();
	}

	/* Scaled by 2^-exponent all values lie in [-1, 1], the largest above 1/2. */
	frexp(fmax(fabs(low), fabs(high)), &exponent);
	status = sum_powers(stream, exponent, 0, stop, &first, &second);
	if (sdq_failed(status))
		return status;
	mean = first / n;
	status = sum_powers(stream, exponent, mean, stop, &first, &second);
	if (sdq_failed(status))
		return status;
	moments->mean = ldexp(mean + first / n, exponent);
	/* What rounding of the mean left in the sum of distances is taken out of the squares. */
	second = fmax(second - first * first / n, 0);
	moments->stddev = ldexp(sqrt(second / (n - 1)), exponent);
	return sdq_ok();
}

SdqStatus
ecdf_equal(SampleStream *a, SampleStream *b, Stop *stop, bool *equal)
{
	Cursor cursor_a = cursor_open(a, stop);
	Cursor cursor_b = cursor_open(b, stop);
	double value_a;
	double value_b;
	uint64_t count_a;
	uint64_t count_b;

	*equal = a->n == b->n;
	while (*equal && cursor_next(&cursor_a, &value_a, &count_a))
		*equal =
			cursor_next(&cursor_b, &value_b, &count_b) && value_a == value_b && count_a == count_b;
	return sdq_failed(cursor_a.status) ? cursor_a.status : cursor_b.status;
}
