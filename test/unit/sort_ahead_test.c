/*
 * sort_ahead_test.c
 *		Keys that are spread while they come, against qsort(); and samples that do so, against samples that
 *		do not.
 */
#include "core/sample/sort_ahead.h"

#include <math.h>
#include <string.h>

#include "check.h"
#include "core/base/rng.h"
#include "core/sample/run.h"
#include "core/sample/sample_ahead.h"
#include "core/tests/ks_fold.h"
#include "sample_views.h"
#include "stops.h"

#define N_X     (CHECK_RACES_ONLY ? 60000 : 700000)
#define N_Y     (CHECK_RACES_ONLY ? 40000 : 600000)
#define N_FIRST 30000

/* Values come in arrays of so many. */
#define N_ROW 1000

static double values[2][700000];
static uint64_t keys[2][700000];
static uint64_t wanted[2][700000];
static const size_t sizes[2] = {N_X, N_Y};

/* How values of a side come. */
typedef enum Law
{
	UNIFORM,
	ALL_SIZES,
	ASCENDING, /* nothing is known of what will come */
	TIES,
	N_LAWS
} Law;

static double
make_value(Law law, Rng *rng, size_t i)
{
	switch (law)
	{
		case ALL_SIZES:
			return (rng_double(rng) - 0.5) * pow(2, (double) (rng_u64(rng) % 2000) - 1000);
		case ASCENDING: return 1e6 + (double) i + 0.5;
		case TIES: return (double) (rng_u64(rng) % 100000) + 0.5;
		default: return rng_double(rng);
	}
}

/* For qsort(). */
static int
compare_keys(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *) a;
	uint64_t y = *(const uint64_t *) b;

	return (x > y) - (x < y);
}

static void
make_sides(Law law)
{
	Rng rng;

	rng_seed(&rng, (uint64_t) law + 1, RNG_STREAM_TEST);
	for (int side = 0; side < 2; side++)
	{
		for (size_t i = 0; i < sizes[side]; i++)
		{
			values[side][i] = make_value(law, &rng, i);
			keys[side][i] = run_key(values[side][i]);
		}
		memcpy(wanted[side], keys[side], sizes[side] * sizeof(uint64_t));
		qsort(wanted[side], sizes[side], sizeof(uint64_t), compare_keys);
	}
}

/* Start with the first keys, and hand most of the others over, those of both sides in turn. */
static SortAhead *
hand_over(size_t n_sides, size_t *n_ahead)
{
	KeyList lists[] = {{.keys = keys[0], .n = N_FIRST}, {.keys = keys[1], .n = N_FIRST}};
	SortAhead *ahead = sort_ahead_start(lists, n_sides);
	bool has_more = true;

	n_ahead[0] = n_ahead[1] = 0;
	while (has_more)
	{
		has_more = false;
		for (size_t side = 0; side < n_sides; side++)
		{
			size_t n = side == 0 ? SORT_AHEAD_PIECE : 1000;

			if (n_ahead[side] + n > sizes[side] - 5000)
				continue;
			has_more = true;
			if (sort_ahead_put(ahead, side, keys[side] + n_ahead[side], n))
				n_ahead[side] += n;
		}
	}
	return ahead;
}

/* Sort what was handed over; *is_done as sort_sides_ahead() says. */
static SdqStatus
sort_ahead(size_t n_sides, int threads, Stop *stop, bool *is_done)
{
	SortSide sides[] = {{.keys = keys[0], .n = N_X}, {.keys = keys[1], .n = N_Y}};
	size_t n_ahead[2];
	size_t n_groups;
	SortAhead *ahead = hand_over(n_sides, n_ahead);
	Arena arena;
	Job job = {.arena = &arena, .stop = stop};
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), 0);
	pool_create(&job.pool, threads, stop);
	status = sort_sides_ahead(ahead, n_ahead, sides, NULL, NULL, &job, &n_groups, is_done);
	pool_destroy(job.pool);
	arena_free(&arena);
	sort_ahead_free(ahead);
	return status;
}

/* Are the keys of some sides those that are wanted, in order? */
static bool
are_sorted(size_t n_sides)
{
	bool right = true;

	for (size_t side = 0; side < n_sides; side++)
		right = right && memcmp(keys[side], wanted[side], sizes[side] * sizeof(uint64_t)) == 0;
	return right;
}

static void
test_keys(void)
{
	bool right = true;
	bool refused = true;

	for (Law law = UNIFORM; law < N_LAWS; law++)
		for (size_t n_sides = 1; n_sides <= 2; n_sides++)
		{
			Stop stop = {.poll = NULL};
			bool is_done;

			make_sides(law);
			right = right && !sdq_failed(sort_ahead(n_sides, (int) n_sides, &stop, &is_done));
			if (law == ASCENDING)
			{
				refused = refused && (CHECK_RACES_ONLY || !is_done);
				refused = refused && (is_done || keys[0][7] == run_key(values[0][7]));
			}
			else
				right = right && is_done && are_sorted(n_sides);
		}
	check(right, "keys that are spread while they come are sorted");
	check(refused, "keys beyond the cuts are left as they are");
}

/* Sums that do not depend on the order. */
static uint64_t
sum_of_keys(void)
{
	uint64_t sum = 0;

	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < sizes[side]; i++)
			sum += keys[side][i] * (keys[side][i] | 1);
	return sum;
}

static void
test_stops(void)
{
	uint64_t sum;
	bool whole = true;
	int n_stopped = 0;

	make_sides(UNIFORM);
	sum = sum_of_keys();
	for (int stop_at = 1; stop_at < 400; stop_at += 1 + stop_at / 2)
	{
		int left = stop_at;
		Stop stop = {.poll = stop_countdown, .context = &left};
		bool is_done;
		SdqStatus status = sort_ahead(2, 2, &stop, &is_done);

		n_stopped += status.code == SDQ_INTERRUPTED || !is_done;
		whole = whole && sum_of_keys() == sum;
	}
	check(whole && n_stopped > (CHECK_RACES_ONLY ? 0 : 3),
		  "a sort that is stopped leaves all keys");
}

/* Whoever is not asked to finish can be freed at any time. */
static void
test_given_up(void)
{
	KeyList list = {.keys = keys[0], .n = N_FIRST};
	size_t n_ahead[2];

	for (int i = 0; i < 20; i++)
	{
		SortAhead *ahead = sort_ahead_start(&list, 1);

		if (i > 0)
			sort_ahead_put(ahead, 0, keys[0], (size_t) i);
		sort_ahead_free(ahead);
	}
	sort_ahead_free(hand_over(2, n_ahead));
	sort_ahead_free(NULL);
	check(true, "a thread that is given up ends");
}

/* Fold two samples. */
static SdqStatus
fold(Sample **samples, KsFold *result, bool *is_folded)
{
	Stop stop = {.poll = NULL};
	Arena arena;
	Job job = {.arena = &arena, .stop = &stop};
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), 0);
	pool_create(&job.pool, 2, &stop);
	status = ks_fold_samples(samples[0], samples[1], &job, result, is_folded);
	pool_destroy(job.pool);
	arena_free(&arena);
	return status;
}

/* Add all values row by row; ahead unless it is NULL, as *ahead. */
static void
fill(Sample **samples, SortAhead **ahead)
{
	for (size_t i = 0; i < N_X; i += N_ROW)
		for (int side = 0; side < 2; side++)
		{
			if (i >= sizes[side])
				continue;
			sample_add_double(samples[side], values[side] + i, N_ROW, NULL);
			if (ahead == NULL)
				continue;
			if (*ahead == NULL && sample_ahead_may_start(samples, 2))
				*ahead = sample_ahead_start(samples, 2);
			if (*ahead != NULL && !sample_ahead_continue(samples, 2, *ahead))
			{
				sample_ahead_forget(samples, 2);
				sort_ahead_free(*ahead);
				*ahead = NULL;
			}
		}
}

/* Two pairs of samples of one law, with and without. */
static bool
folds_agree(Law law, bool *was_ahead)
{
	SampleMemory memory = sample_malloc_memory(0);
	Sample pairs[2][2];
	KsFold folds[2];
	bool is_folded[2];
	SortAhead *ahead = NULL;
	bool agree = true;

	make_sides(law);
	for (int p = 0; p < 2; p++)
	{
		Sample *samples[] = {&pairs[p][0], &pairs[p][1]};

		sample_init(samples[0], &memory);
		sample_init(samples[1], &memory);
		fill(samples, p == 0 ? NULL : &ahead);
		agree = agree && !sdq_failed(fold(samples, &folds[p], &is_folded[p]));
	}
	*was_ahead = ahead != NULL;
	agree = agree && is_folded[0] == is_folded[1];
	if (is_folded[0])
		agree = agree && folds[0].plus == folds[1].plus && folds[0].minus == folds[1].minus &&
				folds[0].location == folds[1].location && folds[0].n_blocks == folds[1].n_blocks;
	for (int side = 0; side < 2; side++)
	{
		SampleView a;
		SampleView b;

		agree = agree && !sdq_failed(sample_view(&pairs[0][side], NULL, &a)) &&
				!sdq_failed(sample_view(&pairs[1][side], NULL, &b)) && a.n == b.n &&
				a.n_distinct == b.n_distinct &&
				memcmp(a.values, b.values, a.n_distinct * sizeof(double)) == 0 &&
				memcmp(a.counts, b.counts, a.n_distinct * sizeof(uint64_t)) == 0;
	}
	sort_ahead_free(ahead);
	for (int p = 0; p < 2; p++)
		for (int side = 0; side < 2; side++)
			sample_free(&pairs[p][side]);
	return agree;
}

static void
test_samples(void)
{
	bool agree = true;
	bool was_ahead = true;

	for (Law law = UNIFORM; law < N_LAWS; law++)
	{
		bool was;

		agree = folds_agree(law, &was) && agree;
		was_ahead = was_ahead && (was || CHECK_RACES_ONLY || (law != UNIFORM && law != ASCENDING));
	}
	check(agree, "samples whose sort was prepared give what others do");
	check(was_ahead, "which happens");
}

/* What else is done to samples meanwhile. */
static void
test_changes(void)
{
	SampleMemory memory = sample_malloc_memory(0);
	Sample x;
	Sample y;
	Sample *samples[] = {&x, &y};
	SortAhead *ahead = NULL;
	SampleView view;
	KsFold result;
	bool is_folded;

	make_sides(UNIFORM);
	sample_init(&x, &memory);
	sample_init(&y, &memory);
	fill(samples, &ahead);
	check(CHECK_RACES_ONLY || ahead != NULL, "the sort is prepared");
	if (ahead == NULL)
	{
		sample_free(&x);
		sample_free(&y);
		return;
	}
	check(!sdq_failed(sample_view(&x, NULL, &view)) && view.n_distinct == N_X &&
			  run_key(view.values[0]) == wanted[0][0],
		  "a sample that is looked at meanwhile is whole");
	check(!sample_ahead_continue(samples, 2, ahead), "then it is of no use any more");
	sample_add_double(&x, values[0], N_ROW, NULL);
	check(!sdq_failed(fold(samples, &result, &is_folded)) && !is_folded,
		  "and the sort does without");
	check(!sdq_failed(sample_view(&y, NULL, &view)) && view.n_distinct == N_Y &&
			  run_key(view.values[N_Y - 1]) == wanted[1][N_Y - 1],
		  "as does that of the other sample");
	sample_ahead_forget(samples, 2);
	sort_ahead_free(ahead);
	sample_free(&x);
	sample_free(&y);
}

int
main(void)
{
	test_keys();
	test_stops();
	test_given_up();
	test_samples();
	test_changes();
	return check_done();
}
