/*
 * ks_fold_test.c
 *		Folding samples while they are sorted, against the plain fold of the same values as a tally.
 */
#include "core/tests/ks_fold.h"

#include <math.h>
#include <string.h>

#include "check.h"
#include "core/base/rng.h"
#include "core/sample/run.h"
#include "sample_views.h"
#include "stops.h"

/* Samples of two kinds of size: sorted as one group, and in many. */
#define MOST_SMALL 3000
#define N_SMALL    4000
#define MOST_LARGE 120000
#define N_LARGE    (CHECK_RACES_ONLY ? 5 : 60)

static double x_values[MOST_LARGE];
static double y_values[MOST_LARGE];
static uint64_t x_keys[MOST_LARGE];
static uint64_t y_keys[MOST_LARGE];
static uint64_t x_scratch[MOST_LARGE];
static uint64_t y_scratch[MOST_LARGE];

/* Value i of a side in one of the distributions. */
typedef double (*MakeValue)(Rng *rng, bool is_y, size_t i, size_t n);

static double
uniform(Rng *rng, bool is_y, size_t i, size_t n)
{
	return rng_double(rng);
}

/* Both signs and all sizes, zeros of both signs, infinities. */
static double
anything(Rng *rng, bool is_y, size_t i, size_t n)
{
	static const double special[] = {0.0, -0.0, INFINITY, -INFINITY, 5e-324, -5e-324, 1, -1};

	if (i % 5000 == 0)
		return special[i / 5000 % N_ITEMS(special)];
	return (rng_double(rng) - 0.5) * pow(2, (double) (rng_u64(rng) % 2000) - 1000);
}

/* Some thousand values, each of which occurs a few times in both samples. */
static double
light_ties(Rng *rng, bool is_y, size_t i, size_t n)
{
	return (double) (rng_u64(rng) % (n / 4 + 1)) / 8;
}

/* One value that is everywhere, between others: heavy. */
static double
one_heavy(Rng *rng, bool is_y, size_t i, size_t n)
{
	return rng_u64(rng) % 8 == 0 ? 0.25 : rng_double(rng);
}

/* A value that occurs just as often as a light one may, or once or twice more. */
static double
about_light(Rng *rng, bool is_y, size_t i, size_t n)
{
	return i < 59 + n % 4 ? 0.5 : rng_double(rng);
}

/* Few values. */
static double
few(Rng *rng, bool is_y, size_t i, size_t n)
{
	return (double) (rng_u64(rng) % 500);
}

/* All of x below y, the ranges touching in places. */
static double
disjoint(Rng *rng, bool is_y, size_t i, size_t n)
{
	return is_y ? 1 + rng_double(rng) : rng_double(rng);
}

/* All of y below x. */
static double
disjoint_backwards(Rng *rng, bool is_y, size_t i, size_t n)
{
	return is_y ? -rng_double(rng) : rng_double(rng);
}

/* y lies higher. */
static double
shifted(Rng *rng, bool is_y, size_t i, size_t n)
{
	return rng_double(rng) + (is_y ? 0.1 : 0);
}

/* The same values on both sides. */
static double
equal_sides(Rng *rng, bool is_y, size_t i, size_t n)
{
	return (double) (i * 7919 % n) / 3;
}

/* Most keys in one bucket: far from zero, but for a few. */
static double
crowded(Rng *rng, bool is_y, size_t i, size_t n)
{
	return i % 1000 == 0 ? rng_double(rng) : 1e6 + 1e-6 * rng_double(rng);
}

static const MakeValue distributions[] = {uniform,     anything,    light_ties, one_heavy,
										  about_light, few,         disjoint,   disjoint_backwards,
										  shifted,     equal_sides, crowded};

#define N_DISTRIBUTIONS N_ITEMS(distributions)

/* Fill values and keys of a side. */
static void
make_side(MakeValue make, Rng *rng, bool is_y, size_t n, double *values, uint64_t *keys)
{
	for (size_t i = 0; i < n; i++)
	{
		values[i] = make(rng, is_y, i, n) + 0.0;
		keys[i] = run_key(values[i]);
	}
}

/* Do two folds agree in every bit? */
static bool
same_fold(const KsFold *a, const KsFold *b)
{
	bool same = a->n_x == b->n_x && a->n_y == b->n_y && a->n_blocks == b->n_blocks &&
				a->plus == b->plus && a->minus == b->minus &&
				(a->location == b->location || (isnan(a->location) && isnan(b->location))) &&
				a->ends_at_n_x == b->ends_at_n_x && a->ends_at_n_y == b->ends_at_n_y &&
				a->ties.n_x == b->ties.n_x && a->ties.n_y == b->ties.n_y &&
				a->ties.n_blocks == b->ties.n_blocks && a->ties.n_values == b->ties.n_values;

	for (int i = 0; i < KS_TIES_PARTS; i++)
		same = same && a->ties.parts[i].n_blocks == b->ties.parts[i].n_blocks &&
			   a->ties.parts[i].last_end == b->ties.parts[i].last_end &&
			   a->ties.parts[i].n_taps == b->ties.parts[i].n_taps;
	return same;
}

/* The plain fold of the values. */
static KsFold
plain_fold(size_t n_x, size_t n_y)
{
	SampleView x = view_of_values(x_values, n_x);
	SampleView y = view_of_values(y_values, n_y);
	Tally tally = tally_open(&x, &y);
	KsFold fold;

	ks_fold_tally(&tally, NULL, &fold);
	view_free(&x);
	view_free(&y);
	return fold;
}

/* Are keys in order? */
static bool
ascends(const uint64_t *keys, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (keys[i] < keys[i - 1])
			return false;
	return true;
}

/* Compare one case, on so many threads (0: no pool); *is_folded says whether there was anything to be
 * compared. Both sides are sorted in any case. */
static bool
case_agrees(MakeValue make, uint64_t seed, size_t n_x, size_t n_y, int threads, bool *is_folded)
{
	SortSide x = {.keys = x_keys, .scratch = x_scratch, .n = n_x};
	SortSide y = {.keys = y_keys, .scratch = y_scratch, .n = n_y};
	Stop stop = {.poll = NULL};
	KsFold fold;
	KsFold plain;
	Arena arena;
	Job job = {.arena = &arena, .stop = &stop};
	Rng rng;
	SdqStatus status;

	rng_seed(&rng, seed, 0);
	make_side(make, &rng, false, n_x, x_values, x_keys);
	make_side(make, &rng, true, n_y, y_values, y_keys);
	arena_init(&arena, arena_malloc_source(), 0);
	if (threads > 0)
		pool_create(&job.pool, threads, &stop);
	status = ks_fold_sides(&x, &y, &job, &fold, is_folded);
	pool_destroy(job.pool);
	arena_free(&arena);
	if (sdq_failed(status) || !ascends(x_keys, n_x) || !ascends(y_keys, n_y))
		return false;
	if (!*is_folded)
		return true;
	plain = plain_fold(n_x, n_y);
	return same_fold(&fold, &plain);
}

/* One group each. */
static void
check_small(void)
{
	bool agree = true;
	int n_folded[N_DISTRIBUTIONS] = {0};

	for (uint64_t k = 0; k < N_SMALL; k++)
	{
		size_t d = k % N_DISTRIBUTIONS;
		size_t n_x = 1 + k * 7919 % MOST_SMALL;
		/* Every third case has sides of one size. */
		size_t n_y = k % 3 == 0 ? n_x : 1 + k * 104729 % MOST_SMALL;
		bool is_folded;

		agree = case_agrees(distributions[d], k, n_x, n_y, 0, &is_folded) && agree;
		n_folded[d] += is_folded;
	}
	check(agree, "4,000 pairs of samples folded as keys give what their tallies give");
	check(n_folded[0] > 100 && n_folded[1] > 100 && n_folded[2] > 100 && n_folded[9] > 100,
		  "pairs with hardly any ties, and with light ones, are folded");
	check(n_folded[5] == 0, "pairs of few different values are not");
}

/* Many groups, on threads. */
static void
check_large(void)
{
	bool agree = true;
	int n_folded[N_DISTRIBUTIONS] = {0};

	for (uint64_t k = 0; k < N_LARGE; k++)
	{
		size_t d = k % N_DISTRIBUTIONS;
		size_t n_x = MOST_LARGE - k * 7919 % 50000;
		size_t n_y = k % 3 == 0 ? n_x : MOST_LARGE - k * 104729 % 60000;
		bool is_folded;

		agree = case_agrees(distributions[d], k, n_x, n_y, (int) (k % 4), &is_folded) && agree;
		n_folded[d] += is_folded;
	}
	check(agree, "so do pairs that are folded in groups, on any number of threads");
	check(CHECK_RACES_ONLY || (n_folded[0] > 0 && n_folded[1] > 0 && n_folded[2] > 0 &&
							   n_folded[6] > 0 && n_folded[7] > 0 && n_folded[9] > 0),
		  "which happens");
	check(n_folded[3] == 0, "pairs with a value that occurs very often are not folded");
}

/* One side much smaller, down to one key. */
static void
check_unequal(void)
{
	static const size_t sizes[] = {1, 2, 17, 1000};
	bool agree = true;
	bool is_folded = true;

	for (size_t i = 0; i < N_ITEMS(sizes); i++)
	{
		bool folded;

		agree =
			case_agrees(shifted, i, MOST_LARGE, sizes[i] + 20000 * (i == 0), 2, &folded) && agree;
		is_folded = is_folded && (folded || i > 0);
		agree = case_agrees(uniform, i, sizes[i], 1500, 2, &folded) && agree;
		is_folded = is_folded && folded;
		agree = case_agrees(uniform, i, 1500, sizes[i], 2, &folded) && agree;
		is_folded = is_folded && folded;
	}
	check(agree && is_folded, "sizes may differ much");
}

/* Fold two samples of n values each. */
static SdqStatus
fold_samples(Sample *x, Sample *y, KsFold *fold, bool *is_folded)
{
	Stop stop = {.poll = NULL};
	Arena arena;
	Job job = {.arena = &arena, .stop = &stop};
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), 0);
	pool_create(&job.pool, 2, &stop);
	status = ks_fold_samples(x, y, &job, fold, is_folded);
	pool_destroy(job.pool);
	arena_free(&arena);
	return status;
}

/* Samples rather than keys. */
static void
check_samples(void)
{
	SampleMemory memory = sample_malloc_memory(0);
	Sample x;
	Sample y;
	KsFold fold;
	KsFold plain = {.n_x = 0};
	SampleView view;
	bool is_folded;
	Rng rng;

	rng_seed(&rng, 1, 0);
	make_side(uniform, &rng, false, MOST_LARGE, x_values, x_keys);
	make_side(uniform, &rng, true, MOST_LARGE, y_values, y_keys);
	plain = plain_fold(MOST_LARGE, MOST_LARGE);
	sample_init(&x, &memory);
	sample_init(&y, &memory);
	sample_add_double(&x, x_values, MOST_LARGE, NULL);
	sample_add_double(&y, y_values, MOST_LARGE, NULL);

	check(!sdq_failed(fold_samples(&x, &x, &fold, &is_folded)) && !is_folded,
		  "a sample is not folded with itself");
	check(!sdq_failed(fold_samples(&x, &y, &fold, &is_folded)) && is_folded &&
			  same_fold(&fold, &plain),
		  "samples of distinct numbers are folded");
	check(!sdq_failed(fold_samples(&x, &y, &fold, &is_folded)) && !is_folded,
		  "but not once they are sorted");
	qsort(x_values, MOST_LARGE, sizeof(double), compare_doubles);
	check(!sdq_failed(sample_view(&x, NULL, &view)) && view.n == MOST_LARGE &&
			  view.n_distinct == MOST_LARGE && memcmp(view.values, x_values, sizeof(x_values)) == 0,
		  "their values stay what they were");
	sample_free(&x);
	sample_add_int32(&y, (int32_t[]){1, 2, 3}, 3, NULL);
	sample_add_double(&x, x_values, MOST_LARGE, NULL);
	check(!sdq_failed(fold_samples(&x, &y, &fold, &is_folded)) && !is_folded,
		  "samples of other kinds are left alone");
	sample_free(&x);
	sample_free(&y);
}

/* A stop anywhere leaves all keys. */
static void
check_stops(void)
{
	SortSide x = {.keys = x_keys, .scratch = x_scratch, .n = MOST_LARGE};
	SortSide y = {.keys = y_keys, .scratch = y_scratch, .n = MOST_LARGE};
	bool whole = true;
	int n_stopped = 0;
	uint64_t sum = 0;
	Rng rng;

	rng_seed(&rng, 2, 0);
	make_side(uniform, &rng, false, MOST_LARGE, x_values, x_keys);
	make_side(uniform, &rng, true, MOST_LARGE, y_values, y_keys);
	for (size_t i = 0; i < MOST_LARGE; i++)
		sum += x_keys[i] * (x_keys[i] | 1) + y_keys[i];
	for (int stop_at = 1; stop_at < 200; stop_at += 1 + stop_at / 2)
	{
		int left = stop_at;
		Stop stop = {.poll = stop_countdown, .context = &left};
		uint64_t now = 0;
		KsFold fold;
		bool is_folded;
		Arena arena;
		Job job = {.arena = &arena, .stop = &stop};
		SdqStatus status;

		arena_init(&arena, arena_malloc_source(), 0);
		pool_create(&job.pool, 2, &stop);
		status = ks_fold_sides(&x, &y, &job, &fold, &is_folded);
		pool_destroy(job.pool);
		arena_free(&arena);
		n_stopped += status.code == SDQ_INTERRUPTED && !is_folded;
		for (size_t i = 0; i < MOST_LARGE; i++)
			now += x_keys[i] * (x_keys[i] | 1) + y_keys[i];
		whole = whole && now == sum;
	}
	check(whole && n_stopped > 3, "a fold that is stopped leaves all keys");
}

int
main(void)
{
	check_small();
	check_large();
	check_unequal();
	check_samples();
	check_stops();
	return check_done();
}
