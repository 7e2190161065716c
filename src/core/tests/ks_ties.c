/*
 * ks_ties.c
 *		Counting ties, and reading the counts again.
 */
#include "core/tests/ks_ties.h"

#include <math.h>
#include <string.h>

/* A block of t values is divided in t + 1 ways, but only those within some standard deviations,
 * sqrt(t) / 2 or less, matter where p is not very small. */
#define DEVIATIONS_THAT_MATTER 22

/* In how many ways. */
static double
taps_of_block(int64_t t)
{
	double all = (double) t + 1;
	double most = 0.5 * DEVIATIONS_THAT_MATTER;

	return all < most * most ? all : most * sqrt(all);
}

void
ks_ties_init(KsTies *ties, Tally *tally)
{
	ties->tally = tally;
	ties->n_x = (int64_t) tally->x.n;
	ties->n_y = (int64_t) tally->y.n;
	ties->n_blocks = 0;
	ties->n_values = 0;
	ties->part = -1;
	ties->part_end = 0;
	memset(ties->parts, 0, sizeof(ties->parts));
}

/* Of N values, how many lie in the parts up to this one: value v (from 0) is in part
 * floor(v * KS_TIES_PARTS / N). */
static int64_t
end_of_part(int64_t N, int part)
{
	/* Fits: N is at most 2^32. */
	return ((part + 1) * N + KS_TIES_PARTS - 1) / KS_TIES_PARTS;
}

void
ks_ties_add(KsTies *ties, const TallyBlock *blocks, size_t n)
{
	int64_t N = ties->n_x + ties->n_y;
	int64_t n_values = ties->n_values;
	size_t next = 0;

	for (size_t i = 0; i < n && ties->n_blocks + (int64_t) i < KS_TIES_KEPT_MAX; i++)
		ties->kept[ties->n_blocks + (int64_t) i] = blocks[i].x + blocks[i].y;
	ties->n_blocks += (int64_t) n;

	/* Blocks that end in the same part; few parts are needed where blocks are many. */
	while (next < n)
	{
		int64_t t = blocks[next].x + blocks[next].y;
		KsTiesPart *part;
		double n_taps;
		size_t first = next;

		while (n_values + t > ties->part_end)
			ties->part_end = end_of_part(N, ++ties->part);
		part = &ties->parts[ties->part];
		n_taps = part->n_taps;
		do
		{
			n_values += t;
			n_taps += taps_of_block(t);
			if (++next == n)
				break;
			t = blocks[next].x + blocks[next].y;
		} while (n_values + t <= ties->part_end);
		part->n_blocks += (int64_t) (next - first);
		part->n_taps = n_taps;
		part->last_end = n_values;
	}
	ties->n_values = n_values;
}

bool
ks_ties_add_light(KsTies *ties, int64_t n_blocks, int64_t n_values)
{
	int64_t N = ties->n_x + ties->n_y;
	int part = ties->part;
	int64_t part_end = ties->part_end;

	if (n_blocks == 0)
		return true;
	while (ties->n_values + 1 > part_end)
		part_end = end_of_part(N, ++part);
	if (ties->n_values + n_values > part_end)
		return false;
	ties->part = part;
	ties->part_end = part_end;
	ties->n_blocks += n_blocks;
	ties->n_values += n_values;
	ties->parts[part].n_blocks += n_blocks;
	ties->parts[part].n_taps += (double) (n_values + n_blocks);
	ties->parts[part].last_end = ties->n_values;
	return true;
}

SdqStatus
ks_ties_read(KsTies *ties, Tally *tally)
{
	TallyBlock blocks[TALLY_BATCH];
	size_t n;

	ks_ties_init(ties, tally);
	tally_rewind(tally);
	while ((n = tally_next_batch(tally, blocks)) > 0)
		ks_ties_add(ties, blocks, n);
	return tally_status(tally);
}

KsTiesCursor
ks_ties_open(const KsTies *ties)
{
	if (ties->n_blocks > KS_TIES_KEPT_MAX)
		tally_rewind(ties->tally);
	return (KsTiesCursor){.ties = ties, .next = 0};
}

int64_t
ks_ties_next(KsTiesCursor *cursor)
{
	const KsTies *ties = cursor->ties;
	TallyBlock block;

	if (ties->n_blocks > KS_TIES_KEPT_MAX)
		return tally_next(ties->tally, &block) ? block.x + block.y : 0;
	return cursor->next < ties->n_blocks ? ties->kept[cursor->next++] : 0;
}

SdqStatus
ks_ties_status(const KsTiesCursor *cursor)
{
	return cursor->ties->n_blocks > KS_TIES_KEPT_MAX ? tally_status(cursor->ties->tally) : sdq_ok();
}
