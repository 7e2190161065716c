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
	memset(ties->parts, 0, sizeof(ties->parts));
}

void
ks_ties_add(KsTies *ties, int64_t t)
{
	uint64_t N = (uint64_t) ties->n_x + (uint64_t) ties->n_y;
	KsTiesPart *part;

	/* Fits: N is at most 2^32. */
	part = &ties->parts[((uint64_t) (ties->n_values + t - 1) * KS_TIES_PARTS) / N];
	ties->n_values += t;
	part->n_blocks++;
	part->last_end = ties->n_values;
	part->n_taps += taps_of_block(t);
	if (ties->n_blocks < KS_TIES_KEPT_MAX)
		ties->kept[ties->n_blocks] = t;
	ties->n_blocks++;
}

SdqStatus
ks_ties_read(KsTies *ties, Tally *tally)
{
	TallyBlock block;

	ks_ties_init(ties, tally);
	tally_rewind(tally);
	while (tally_next(tally, &block))
		ks_ties_add(ties, block.x + block.y);
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
