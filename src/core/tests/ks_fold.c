/*
 * ks_fold.c
 *		Folding a tally.
 */
#include "core/tests/ks_fold.h"

#include <math.h>

/* Distinct values between two looks at the stop flag while folding: some milliseconds. */
#define POLL_BLOCKS (1 << 20)

/*
 * Fold some blocks, of which there are *seen_x and *seen_y values before. The lattice number is evaluated
 * after whole blocks only: that alone makes ties right. Where it is greatest is looked for only if
 * these blocks have a new greatest one, so that the first pass has no branches.
 */
static void
fold_blocks(KsFold *fold, const TallyBlock *blocks, size_t n, int64_t *seen_x, int64_t *seen_y)
{
	int64_t n_x = fold->n_x;
	int64_t n_y = fold->n_y;
	int64_t before = fold->plus > fold->minus ? fold->plus : fold->minus;
	int64_t start = *seen_x * n_y - *seen_y * n_x;
	int64_t x = *seen_x;
	int64_t y = *seen_y;
	int64_t high = fold->plus;
	int64_t low = -fold->minus;
	bool ends_at_n_x = false;
	bool ends_at_n_y = false;
	int64_t greatest;

	for (size_t i = 0; i < n; i++)
	{
		int64_t d;

		x += blocks[i].x;
		y += blocks[i].y;
		d = x * n_y - y * n_x;
		high = d > high ? d : high;
		low = d < low ? d : low;
		ends_at_n_x |= x + y == n_x;
		ends_at_n_y |= x + y == n_y;
	}
	fold->plus = high;
	fold->minus = -low;
	fold->ends_at_n_x |= ends_at_n_x;
	fold->ends_at_n_y |= ends_at_n_y;
	*seen_x = x;
	*seen_y = y;

	greatest = high > -low ? high : -low;
	if (greatest == before)
		return;
	for (size_t i = 0; i < n; i++)
	{
		start += blocks[i].x * n_y - blocks[i].y * n_x;
		if (start == greatest || -start == greatest)
		{
			fold->location = blocks[i].value;
			return;
		}
	}
}

SdqStatus
ks_fold_tally(Tally *tally, Stop *stop, KsFold *fold)
{
	TallyBlock blocks[TALLY_BATCH];
	int64_t seen_x = 0;
	int64_t seen_y = 0;
	int64_t next_poll = POLL_BLOCKS;
	size_t n;

	ks_ties_init(&fold->ties, tally);
	fold->n_x = fold->ties.n_x;
	fold->n_y = fold->ties.n_y;
	fold->plus = 0;
	fold->minus = 0;
	fold->ends_at_n_x = false;
	fold->ends_at_n_y = false;
	fold->location = NAN;
	tally_rewind(tally);
	while ((n = tally_next_batch(tally, blocks)) > 0)
	{
		fold_blocks(fold, blocks, n, &seen_x, &seen_y);
		ks_ties_add(&fold->ties, blocks, n);
		if (fold->ties.n_blocks >= next_poll)
		{
			next_poll = fold->ties.n_blocks + POLL_BLOCKS;
			if (stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
	}
	fold->n_blocks = fold->ties.n_blocks;
	return tally_status(tally);
}
