/*
 * tally.c
 *		The merge of two finished samples.
 */
#include "core/sample/tally.h"

Tally
tally_open(const SampleView *x, const SampleView *y)
{
	return (Tally){.x = *x, .y = *y, .next_x = 0, .next_y = 0};
}

bool
tally_next(Tally *tally, TallyBlock *block)
{
	bool has_x = tally->next_x < tally->x.n_distinct;
	bool has_y = tally->next_y < tally->y.n_distinct;
	double value_x;
	double value_y;

	if (!has_x && !has_y)
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

void
tally_rewind(Tally *tally)
{
	tally->next_x = 0;
	tally->next_y = 0;
}
