/*
 * tally.c
 *		The merge of finished samples.
 */
#include "core/sample/tally.h"

Tally
tally_open(const SampleView *x, const SampleView *y)
{
	return tally_open_streams(sample_stream_of_view(x), sample_stream_of_view(y));
}

Tally
tally_open_streams(SampleStream x, SampleStream y)
{
	return (Tally){.x = x, .y = y, .next_x = 0, .next_y = 0, .status = sdq_ok()};
}

/* Is there an entry at *next? Brings the next piece where the one at hand is used up; false at the
 * end of the sample and on failure, which goes to *status. */
static bool
has_entry(SampleStream *stream, size_t *next, SdqStatus *status)
{
	if (*next < stream->n_entries)
		return true;
	if (stream->fetch == NULL || sdq_failed(*status))
		return false;
	*next = 0;
	*status = stream->fetch(stream);
	if (sdq_failed(*status))
		stream->n_entries = 0;
	return stream->n_entries > 0;
}

/* Back to the first entry. */
static void
restart(SampleStream *stream, size_t *next, SdqStatus *status)
{
	*next = 0;
	if (stream->restart != NULL && !sdq_failed(*status))
		*status = stream->restart(stream);
}

bool
tally_next_piece(Tally *tally, TallyBlock *block)
{
	bool has_x = has_entry(&tally->x, &tally->next_x, &tally->status);
	bool has_y = has_entry(&tally->y, &tally->next_y, &tally->status);
	double value_x;
	double value_y;

	if ((!has_x && !has_y) || sdq_failed(tally->status))
		return false;
	value_x = has_x ? tally->x.values[tally->next_x] : 0;
	value_y = has_y ? tally->y.values[tally->next_y] : 0;

	block->value = (has_x && (!has_y || value_x <= value_y)) ? value_x : value_y;
	block->x = 0;
	block->y = 0;
	if (has_x && value_x == block->value)
		block->x = (int64_t) tally->x.counts[tally->next_x++];
	if (has_y && value_y == block->value)
		block->y = (int64_t) tally->y.counts[tally->next_y++];
	return true;
}

/* Add blocks[n ...] of the pieces at hand, until one of these is used up or there are TALLY_BATCH; returns
 * how many there are. As tally_next(), with all that changes in registers. */
static size_t
merge_pieces(Tally *tally, TallyBlock *blocks, size_t n)
{
	const double *values_x = tally->x.values;
	const double *values_y = tally->y.values;
	const uint64_t *counts_x = tally->x.counts;
	const uint64_t *counts_y = tally->y.counts;
	size_t end_x = tally->x.n_entries;
	size_t end_y = tally->y.n_entries;
	size_t i = tally->next_x;
	size_t j = tally->next_y;

	while (n < TALLY_BATCH && i < end_x && j < end_y)
	{
		double value_x = values_x[i];
		double value_y = values_y[j];
		size_t take_x = !(value_y < value_x);
		size_t take_y = !(value_x < value_y);

		blocks[n].value = value_y < value_x ? value_y : value_x;
		blocks[n].x = (int64_t) (counts_x[i] & -(uint64_t) take_x);
		blocks[n].y = (int64_t) (counts_y[j] & -(uint64_t) take_y);
		n++;
		i += take_x;
		j += take_y;
	}
	tally->next_x = i;
	tally->next_y = j;
	return n;
}

size_t
tally_next_batch(Tally *tally, TallyBlock *blocks)
{
	size_t n = 0;

	do
		n = merge_pieces(tally, blocks, n);
	while (n < TALLY_BATCH && tally_next_piece(tally, &blocks[n]) && ++n < TALLY_BATCH);
	return n;
}

void
tally_rewind(Tally *tally)
{
	tally->status = sdq_ok();
	restart(&tally->x, &tally->next_x, &tally->status);
	restart(&tally->y, &tally->next_y, &tally->status);
}

SdqStatus
tally_many_open(SampleStream *streams, size_t k, Arena *scratch, TallyMany *tally)
{
	*tally = (TallyMany){.streams = streams,
						 .k = k,
						 .next = arena_zalloc(scratch, k, sizeof(size_t)),
						 .counts = arena_zalloc(scratch, k, sizeof(int64_t)),
						 .status = sdq_ok()};
	if (tally->next == NULL || tally->counts == NULL)
		return arena_failure(scratch);
	return sdq_ok();
}

bool
tally_many_next(TallyMany *tally)
{
	bool found = false;

	for (size_t g = 0; g < tally->k; g++)
	{
		SampleStream *stream = &tally->streams[g];

		if (!has_entry(stream, &tally->next[g], &tally->status))
			continue;
		if (!found || stream->values[tally->next[g]] < tally->value)
			tally->value = stream->values[tally->next[g]];
		found = true;
	}
	if (!found || sdq_failed(tally->status))
		return false;
	for (size_t g = 0; g < tally->k; g++)
	{
		const SampleStream *stream = &tally->streams[g];
		bool takes_part =
			tally->next[g] < stream->n_entries && stream->values[tally->next[g]] == tally->value;

		tally->counts[g] = takes_part ? (int64_t) stream->counts[tally->next[g]++] : 0;
	}
	return true;
}

void
tally_many_rewind(TallyMany *tally)
{
	tally->status = sdq_ok();
	for (size_t g = 0; g < tally->k; g++)
		restart(&tally->streams[g], &tally->next[g], &tally->status);
}
