/*
 * ks_fold_keys.c
 *		Folding two samples while their keys are sorted.
 *
 * Large samples of distinct numbers are sorted in groups (sort.h): all keys of both sides in a range of
 * values, together in the cache. How many observations of each side lie below the group is known
 * from counting, so that F - G is known where the group begins, and each group can be folded at once, on
 * the thread that has sorted it. What remains is to put the groups' findings together in their order:
 *
 * - the greatest and the least d_k are those of the groups;
 * - where D is attained first is looked for in the first group that attains it;
 * - whether a block ends after n_x values is looked for in the group in which they end;
 * - the ties (ks_ties.h) are counted by parts of the pooled sample, and nearly every group lies within
 *	 one part: its number of distinct values is all that is needed. The others are read block by block.
 *
 * d_k is an integer and a maximum has no order, so that all this is what ks_fold_tally() finds, bit for bit.
 * That would not hold for the work that ties cause where one of the values occurs more often than
 * KS_TIES_LIGHT: its square root is rounded. Such samples, and those with so few distinct values that
 * their counts are kept, are left to ks_fold_tally(), for which they are sorted by then.
 *
 * The fold of a group reads its keys one by one rather than block by block: before each key, a block
 * has ended if the key differs from the one before it. There is no branch on which side comes next.
 */
#include "core/tests/ks_fold.h"

#include <math.h>

#include "core/sample/run.h"

/* A value that occurs more than KS_TIES_LIGHT times occurs at more than half as many successive places
 * of a side. So two of these that are so far apart are equal. */
#define LIGHT_STRIDE (KS_TIES_LIGHT / 4)

/* What was found in a group. */
typedef struct GroupFold
{
	SortedGroup keys; /* side 0 is x */
	int64_t high;     /* max(d_k) of the blocks that end here, and of the last one before */
	int64_t low;      /* min(d_k) */
	int64_t n_blocks;
	bool is_light; /* certainly no value occurs more often than KS_TIES_LIGHT */
} GroupFold;

/* A fold under way. */
typedef struct FoldWork
{
	int64_t n_x;
	int64_t n_y;
	GroupFold *groups; /* [SORT_MOST_GROUPS] */
	size_t n_groups;
} FoldWork;

/* Does no key of a side occur often? */
static bool
is_light(const uint64_t *keys, size_t n)
{
	for (size_t i = LIGHT_STRIDE; i < n; i += LIGHT_STRIDE)
		if (keys[i] == keys[i - LIGHT_STRIDE])
			return false;
	return true;
}

/* The number of different ones among sorted keys[n]. */
static int64_t
count_distinct(const uint64_t *keys, size_t n)
{
	int64_t n_distinct = n > 0;

	for (size_t i = 1; i < n; i++)
		n_distinct += keys[i] != keys[i - 1];
	return n_distinct;
}

/* d_k where a group begins. */
static int64_t
lattice_before(const FoldWork *work, const SortedGroup *keys)
{
	return (int64_t) keys->before[0] * work->n_y - (int64_t) keys->before[1] * work->n_x;
}

/* Visit of the sort: fold a group. */
static void
fold_group(void *argument, size_t index, const SortedGroup *keys)
{
	FoldWork *work = argument;
	const uint64_t *x = keys->keys[0];
	const uint64_t *y = keys->keys[1];
	int64_t step_x = work->n_y;
	int64_t step_y = -work->n_x;
	int64_t d = lattice_before(work, keys);
	int64_t high = d;
	int64_t low = d;
	int64_t n_blocks = 0;
	uint64_t previous = 0; /* the key of no number */
	size_t i = 0;
	size_t j = 0;

	while (i < keys->n[0] && j < keys->n[1])
	{
		size_t take_y = y[j] < x[i];
		uint64_t key = take_y ? y[j] : x[i];
		bool has_ended = key != previous;
		int64_t ended = has_ended ? d : high;

		high = ended > high ? ended : high;
		ended = has_ended ? d : low;
		low = ended < low ? ended : low;
		n_blocks += has_ended;
		d += take_y ? step_y : step_x;
		i += 1 - take_y;
		j += take_y;
		previous = key;
	}
	/* What is left of one side, behind what still belongs to the last block, moves d one way. */
	for (; i < keys->n[0] && x[i] == previous; i++)
		d += step_x;
	for (; j < keys->n[1] && y[j] == previous; j++)
		d += step_y;
	high = d > high ? d : high;
	low = d < low ? d : low;
	n_blocks += count_distinct(x + i, keys->n[0] - i);
	n_blocks += count_distinct(y + j, keys->n[1] - j);
	d += (int64_t) (keys->n[0] - i) * step_x + (int64_t) (keys->n[1] - j) * step_y;
	high = d > high ? d : high;
	low = d < low ? d : low;
	work->groups[index] =
		(GroupFold){.keys = *keys,
					.high = high,
					.low = low,
					.n_blocks = n_blocks,
					.is_light = is_light(x, keys->n[0]) && is_light(y, keys->n[1])};
}

/* Reads a group block by block. */
typedef struct GroupReader
{
	const SortedGroup *keys;
	size_t next[2];
} GroupReader;

/* Take the keys of a side that equal `key`. */
static int64_t
take_equal(GroupReader *reader, int side, uint64_t key)
{
	const uint64_t *keys = reader->keys->keys[side];
	size_t start = reader->next[side];
	size_t i = start;

	while (i < reader->keys->n[side] && keys[i] == key)
		i++;
	reader->next[side] = i;
	return (int64_t) (i - start);
}

/* The next block; false at the end of the group. */
static bool
read_block(GroupReader *reader, TallyBlock *block)
{
	bool has_any = false;
	uint64_t key = 0;

	for (int side = 0; side < 2; side++)
	{
		size_t i = reader->next[side];

		if (i == reader->keys->n[side])
			continue;
		if (!has_any || reader->keys->keys[side][i] < key)
			key = reader->keys->keys[side][i];
		has_any = true;
	}
	if (!has_any)
		return false;
	block->value = run_key_value(key);
	block->x = take_equal(reader, 0, key);
	block->y = take_equal(reader, 1, key);
	return true;
}

/* Add the ties of a group. */
static void
add_ties(KsTies *ties, const GroupFold *group)
{
	GroupReader reader = {.keys = &group->keys, .next = {0, 0}};
	TallyBlock block;

	if (ks_ties_add_light(ties, group->n_blocks, (int64_t) (group->keys.n[0] + group->keys.n[1])))
		return;
	while (read_block(&reader, &block))
		ks_ties_add(ties, &block, 1);
}

/* Does a block end after so many values of the pooled sample, 1 or more? */
static bool
has_end_at(const FoldWork *work, int64_t n_values)
{
	for (size_t g = 0; g < work->n_groups; g++)
	{
		const SortedGroup *keys = &work->groups[g].keys;
		GroupReader reader = {.keys = keys, .next = {0, 0}};
		int64_t seen = (int64_t) (keys->before[0] + keys->before[1]);
		TallyBlock block;

		if (seen + (int64_t) (keys->n[0] + keys->n[1]) < n_values)
			continue;
		while (seen < n_values && read_block(&reader, &block))
			seen += block.x + block.y;
		return seen == n_values;
	}
	return false;
}

/* The first value at which d_k or -d_k is `greatest`. */
static double
find_location(const FoldWork *work, int64_t greatest)
{
	for (size_t g = 0; g < work->n_groups; g++)
	{
		const GroupFold *group = &work->groups[g];
		GroupReader reader = {.keys = &group->keys, .next = {0, 0}};
		int64_t d = lattice_before(work, &group->keys);
		TallyBlock block;

		if (group->high < greatest && group->low > -greatest)
			continue;
		while (read_block(&reader, &block))
		{
			d += block.x * work->n_y - block.y * work->n_x;
			if (d == greatest || d == -greatest)
				return block.value;
		}
	}
	return NAN;
}

/* Put the groups together; false if the samples must be read as a tally. */
static bool
gather(const FoldWork *work, KsFold *fold)
{
	int64_t greatest;
	int64_t n_blocks = 0;

	for (size_t g = 0; g < work->n_groups; g++)
	{
		if (!work->groups[g].is_light)
			return false;
		n_blocks += work->groups[g].n_blocks;
	}
	if (n_blocks <= KS_TIES_KEPT_MAX)
		return false;

	fold->n_x = fold->ties.n_x;
	fold->n_y = fold->ties.n_y;
	fold->plus = 0;
	fold->minus = 0;
	for (size_t g = 0; g < work->n_groups; g++)
	{
		const GroupFold *group = &work->groups[g];

		fold->plus = group->high > fold->plus ? group->high : fold->plus;
		fold->minus = -group->low > fold->minus ? -group->low : fold->minus;
		add_ties(&fold->ties, group);
	}
	greatest = fold->plus > fold->minus ? fold->plus : fold->minus;
	fold->n_blocks = fold->ties.n_blocks;
	fold->location = greatest == 0 ? NAN : find_location(work, greatest);
	fold->ends_at_n_x = has_end_at(work, fold->n_x);
	fold->ends_at_n_y = has_end_at(work, fold->n_y);
	return true;
}

/* A fold of so many observations, and memory for it. */
static SdqStatus
begin_fold(uint64_t n_x, uint64_t n_y, Job *job, KsFold *fold, FoldWork *work)
{
	Tally sizes = {.x = {.n = n_x}, .y = {.n = n_y}};

	ks_ties_init(&fold->ties, &sizes);
	fold->ties.tally = NULL;
	*work = (FoldWork){.n_x = (int64_t) n_x,
					   .n_y = (int64_t) n_y,
					   .groups = arena_alloc(job->arena, SORT_MOST_GROUPS, sizeof(GroupFold))};
	return work->groups == NULL ? arena_failure(job->arena) : sdq_ok();
}

SdqStatus
ks_fold_samples(Sample *x, Sample *y, Job *job, KsFold *fold, bool *is_folded)
{
	Sample *samples[] = {x, y};
	FoldWork work;
	SdqStatus status = begin_fold(x->n, y->n, job, fold, &work);

	*is_folded = false;
	if (!sdq_failed(status))
		status = sample_sort_sides(samples, 2, fold_group, &work, job, &work.n_groups);
	if (!sdq_failed(status) && work.n_groups > 0)
		*is_folded = gather(&work, fold);
	return status;
}

SdqStatus
ks_fold_sides(const SortSide *x, const SortSide *y, Job *job, KsFold *fold, bool *is_folded)
{
	SortSide sides[] = {*x, *y};
	FoldWork work;
	SdqStatus status = begin_fold(x->n, y->n, job, fold, &work);

	*is_folded = false;
	if (!sdq_failed(status))
		status = sort_sides_by_job(sides, 2, fold_group, &work, job, &work.n_groups);
	if (!sdq_failed(status))
		*is_folded = gather(&work, fold);
	return status;
}
