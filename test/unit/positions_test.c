/*
 * positions_test.c
 *		A test at each position: by hand, each position beside the same test by itself, adjusted p-values,
 *		any number of threads, little memory, failures, and a caller who stops.
 */
#include "core/tests/positions.h"

#include "check.h"
#include "core/base/rng.h"
#include "core/tests/cvm.h"
#include "core/tests/distances.h"
#include "core/tests/ks.h"
#include "core/tests/mw.h"
#include "sample_views.h"
#include "stops.h"

#define MOST_THREADS 8

static const int thread_numbers[] = {1, 2, 3, MOST_THREADS};

/* Samples of a side, all in memory. */
typedef struct Views
{
	SampleView *views;
	size_t n;
	size_t failing; /* the position that cannot be shown */
} Views;

/* Copies the sample into the scratch of the lane, as a decoder does. */
static SdqStatus
show_view(const void *source, size_t position, double *values, uint64_t *counts, SampleView *sample)
{
	const Views *views = source;

	if (position == views->failing)
		return sdq_bad_data(7, -1, 0, 0);
	*sample = views->views[position];
	memcpy(values, sample->values, sample->n_distinct * sizeof(double));
	memcpy(counts, sample->counts, sample->n_distinct * sizeof(uint64_t));
	sample->values = values;
	sample->counts = counts;
	return sdq_ok();
}

static PositionSide
side_of(const Views *views)
{
	PositionSide side = {.n_positions = views->n, .show = show_view, .source = views};

	for (size_t i = 0; i < views->n; i++)
	{
		if (views->views[i].n_distinct > side.max_distinct)
			side.max_distinct = views->views[i].n_distinct;
	}
	return side;
}

/* Room for n samples. */
static Views
make_views(size_t n)
{
	return (Views){.views = calloc(n, sizeof(SampleView)), .n = n, .failing = SIZE_MAX};
}

static void
free_views(Views *views)
{
	for (size_t i = 0; i < views->n; i++)
		view_free(&views->views[i]);
	free(views->views);
}

/* Run a test over positions in an arena of a limit; the arena is the caller's to free. */
static SdqStatus
run_positions(Arena *arena, size_t limit, int threads, Stop *stop, const PositionTest *test,
			  const Views *x, const Views *y, TestMethod method, AdjustMethod adjust,
			  PositionsResult *result)
{
	PositionSide side_x = side_of(x);
	PositionSide side_y = side_of(y);
	Job job = {.arena = arena, .stop = stop};
	SdqStatus status;

	arena_init(arena, arena_malloc_source(), limit);
	pool_create(&job.pool, threads, stop);
	status = positions_test(&job, test, &side_x, &side_y, method, adjust, result);
	pool_destroy(job.pool);
	return status;
}

/*
 * Position 1: {1,2,3} / {4,5,6}: D = 1, exact p = 2/20. Position 2: y is empty. Position 3: {0,0,1} /
 * {0,0,1}: D = 0, p = 1, two of three are zero. Position 4: {-1,0} / {1}: D = 1, both ends of 3
 * assignments are as extreme: p = 2/3. Of the three p-values .1, 1 and 2/3 BH makes .3, 1 and 1.
 */
static void
check_by_hand(void)
{
	Views x = make_views(4);
	Views y = make_views(4);
	Arena arena;
	PositionsResult r;
	const KsResult *ks;

	x.views[0] = view_of_values((double[]){1, 2, 3}, 3);
	y.views[0] = view_of_values((double[]){4, 5, 6}, 3);
	x.views[1] = view_of_values((double[]){0, 0, 0, 5}, 4);
	y.views[1] = view_of_values((double[]){0}, 0);
	x.views[2] = view_of_values((double[]){0, 0, 1}, 3);
	y.views[2] = view_of_values((double[]){1, 0, 0}, 3);
	x.views[3] = view_of_values((double[]){-1, 0}, 2);
	y.views[3] = view_of_values((double[]){1}, 1);
	check(!sdq_failed(
			  run_positions(&arena, 0, 2, NULL, &position_ks, &x, &y, TEST_AUTO, ADJUST_BH, &r)),
		  "four positions");
	ks = positions_result(&r, 0);
	check(ks->statistic == 1 && ks->method == TEST_EXACT, "D = 1 at the first");
	check_close(ks->two_sided.p, .1, 1e-12, "p = .1");
	check(positions_result(&r, 1) == NULL && pvalue_is_missing(r.adjusted[1]),
		  "none at the second");
	check(r.zeros_x[1] == .75 && isnan(r.zeros_y[1]), "zeros of the side that is not empty");
	ks = positions_result(&r, 2);
	check(ks->statistic == 0 && ks->two_sided.p == 1, "D = 0 at the third");
	check_close(r.zeros_x[2], 2.0 / 3, 1e-15, "two of three are zero");
	check(r.zeros_x[2] == r.zeros_y[2] && r.zeros_x[0] == 0, "zeros of both sides");
	check(r.zeros_x[3] == .5 && r.zeros_y[3] == 0, "zeros after negative values");
	check_close(r.adjusted[0].p, .3, 1e-12, "BH counts three p-values");
	check_close(r.adjusted[3].p, 1, 1e-12, "BH of 2/3 is 1");
	arena_free(&arena);
	free_views(&x);
	free_views(&y);
}

/* Samples of one position: sizes from 0 up, few or many distinct values. */
static SampleView
random_sample(Rng *rng, int kind)
{
	size_t n = kind == 0 ? rng_below(rng, 4) : kind == 1 ? 200 + rng_below(rng, 300) : 40;
	uint64_t n_values = kind == 2 ? 3 : 1 + rng_below(rng, 1000);
	double values[500];

	for (size_t i = 0; i < n; i++)
		values[i] = (double) rng_below(rng, n_values) - 1;
	return view_of_values(values, n);
}

/* Random samples at n positions. */
static Views
random_views(Rng *rng, size_t n)
{
	Views views = make_views(n);

	for (size_t i = 0; i < n; i++)
		views.views[i] = random_sample(rng, (int) (i % 4));
	return views;
}

static bool
same_p(PValue a, PValue b)
{
	return a.p == b.p && a.log10_p == b.log10_p;
}

/* Are all fields the same? */
static bool
same_ks(const KsResult *a, const KsResult *b)
{
	return a->statistic == b->statistic && a->d_plus == b->d_plus && a->d_minus == b->d_minus &&
		   same_p(a->two_sided, b->two_sided) && same_p(a->greater, b->greater) &&
		   same_p(a->less, b->less) &&
		   (a->location == b->location || (isnan(a->location) && isnan(b->location))) &&
		   a->n_x == b->n_x && a->n_y == b->n_y && a->method == b->method;
}

static bool
same_mw(const MwResult *a, const MwResult *b)
{
	return a->u == b->u && a->auc == b->auc && a->cliffs_delta == b->cliffs_delta && a->z == b->z &&
		   same_p(a->two_sided, b->two_sided) && same_p(a->greater, b->greater) &&
		   same_p(a->less, b->less) && a->n_x == b->n_x && a->n_y == b->n_y &&
		   a->method == b->method;
}

static bool
same_cvm(const CvmResult *a, const CvmResult *b)
{
	return a->statistic == b->statistic && same_p(a->p_value, b->p_value) && a->n_x == b->n_x &&
		   a->n_y == b->n_y && a->method == b->method;
}

/* Is the result at a position that of the test by itself? *p is its p-value. */
static bool
agrees_alone(const PositionsResult *r, const PositionTest *test, const Views *x, const Views *y,
			 size_t i, TestMethod method, PValue *p)
{
	Tally tally = tally_open(&x->views[i], &y->views[i]);
	bool has_both = x->views[i].n > 0 && y->views[i].n > 0;
	KsResult ks;
	MwResult mw;
	CvmResult cvm;
	Arena arena;
	bool agrees;

	*p = PVALUE_MISSING;
	if (!has_both)
		return positions_result(r, i) == NULL;
	arena_init(&arena, arena_malloc_source(), 0);
	if (test == &position_ks)
	{
		agrees = !sdq_failed(ks_test(&tally, method, &arena, NULL, &ks)) &&
				 same_ks(positions_result(r, i), &ks);
		*p = ks.two_sided;
	}
	else if (test == &position_mw)
	{
		agrees = !sdq_failed(mw_test(&tally, method, &arena, NULL, &mw)) &&
				 same_mw(positions_result(r, i), &mw);
		*p = mw.two_sided;
	}
	else
	{
		agrees = !sdq_failed(cvm_test(&tally, method, &arena, NULL, &cvm)) &&
				 same_cvm(positions_result(r, i), &cvm);
		*p = cvm.p_value;
	}
	arena_free(&arena);
	return agrees;
}

/* A distance has no p-value. {0,1} / {1,3}: moved by 1 and 2, 1.5 on average. */
static void
check_distance(void)
{
	Views x = make_views(2);
	Views y = make_views(2);
	Arena arena;
	PositionsResult r;
	const WassersteinResult *w;

	x.views[0] = view_of_values((double[]){2}, 0);
	y.views[0] = view_of_values((double[]){2}, 1);
	x.views[1] = view_of_values((double[]){0, 1}, 2);
	y.views[1] = view_of_values((double[]){1, 3}, 2);
	check(!sdq_failed(run_positions(&arena, 0, 2, NULL, &position_wasserstein, &x, &y, TEST_AUTO,
									ADJUST_BH, &r)),
		  "two distances");
	w = positions_result(&r, 1);
	check(positions_result(&r, 0) == NULL && r.adjusted == NULL, "without p-values");
	check(w->distance == 1.5 && w->y_above == 1.5, "1.5 at the second position");
	check(r.zeros_x[1] == .5 && r.zeros_y[1] == 0 && isnan(r.zeros_x[0]), "and zeros beside");
	arena_free(&arena);
	free_views(&x);
	free_views(&y);
}

/* batch_independence: a position by itself and among others gives the same, for any number of threads. */
static void
check_batch_independence(void)
{
	static const struct
	{
		const PositionTest *test;
		TestMethod method;
		const char *name;
	} cases[] = {
		{&position_ks, TEST_AUTO, "ks"},   {&position_ks, TEST_ASYMPTOTIC, "asymptotic ks"},
		{&position_mw, TEST_AUTO, "mw"},   {&position_mw, TEST_ASYMPTOTIC, "asymptotic mw"},
		{&position_cvm, TEST_AUTO, "cvm"}, {&position_cvm, TEST_ASYMPTOTIC, "asymptotic cvm"},
	};
	size_t n = CHECK_RACES_ONLY ? 40 : 400;
	Rng rng;
	Views x;
	Views y;

	rng_seed(&rng, 12, RNG_STREAM_TEST);
	x = random_views(&rng, n);
	y = random_views(&rng, n);
	for (size_t k = 0; k < N_ITEMS(cases) * N_ITEMS(thread_numbers); k++)
	{
		const PositionTest *test = cases[k % N_ITEMS(cases)].test;
		TestMethod method = cases[k % N_ITEMS(cases)].method;
		int threads = thread_numbers[k / N_ITEMS(cases)];
		PValue *p = malloc(n * sizeof(PValue));
		bool agree = true;
		bool adjusted_agree = true;
		Arena arena;
		PositionsResult r;
		char name[100];

		check(!sdq_failed(
				  run_positions(&arena, 0, threads, NULL, test, &x, &y, method, ADJUST_BY, &r)),
			  "the test succeeds");
		for (size_t i = 0; i < n; i++)
			agree = agree && agrees_alone(&r, test, &x, &y, i, method, &p[i]);
		check_failures += sdq_failed(adjust_p_values(p, n, ADJUST_BY, &arena, NULL));
		for (size_t i = 0; i < n; i++)
		{
			adjusted_agree =
				adjusted_agree && (same_p(p[i], r.adjusted[i]) ||
								   (pvalue_is_missing(p[i]) && pvalue_is_missing(r.adjusted[i])));
		}
		snprintf(name, sizeof(name), "batch_independence: %s, %d threads",
				 cases[k % N_ITEMS(cases)].name, threads);
		check(agree, name);
		check(adjusted_agree, "and p-values adjusted over what was tested");
		arena_free(&arena);
		free(p);
	}
	free_views(&x);
	free_views(&y);
}

/* 1..n with each value twice, moved by `shift`. */
static SampleView
paired_values(size_t n, double shift)
{
	double values[400];

	for (size_t i = 0; i < n; i++)
		values[i] = (double) (i / 2) + shift;
	return view_of_values(values, n);
}

/* One test needs more than its thread's share of memory, and gets all there is. */
static void
check_memory(void)
{
	Views x = make_views(6);
	Views y = make_views(6);
	MwResult want = {.u = 0};
	bool agree = true;
	bool refused = true;

	for (size_t i = 0; i < 6; i++)
	{
		/* The exact law of 70 + 70 takes a few MB, of 4 + 4 nothing. */
		x.views[i] = paired_values(i == 3 ? 70 : 4, 0);
		y.views[i] = paired_values(i == 3 ? 70 : 4, 1);
	}
	for (size_t k = 0; k < N_ITEMS(thread_numbers); k++)
	{
		Arena arena;
		PositionsResult r;
		SdqStatus status = run_positions(&arena, 8000000, thread_numbers[k], NULL, &position_mw, &x,
										 &y, TEST_EXACT, ADJUST_BH, &r);
		const MwResult *mw;

		agree = agree && !sdq_failed(status);
		mw = sdq_failed(status) ? &want : positions_result(&r, 3);
		if (k == 0)
			want = *mw;
		agree = agree && same_mw(mw, &want) && mw->method == TEST_EXACT;
		arena_free(&arena);
		status = run_positions(&arena, 1000000, thread_numbers[k], NULL, &position_mw, &x, &y,
							   TEST_EXACT, ADJUST_BH, &r);
		refused = refused && status.code == SDQ_OVER_LIMIT && status.row == 3;
		arena_free(&arena);
		status = run_positions(&arena, 1000, thread_numbers[k], NULL, &position_mw, &x, &y,
							   TEST_AUTO, ADJUST_BH, &r);
		refused = refused && status.code == SDQ_OVER_LIMIT;
		arena_free(&arena);
	}
	check(agree, "a test larger than its thread's share of memory is made with all of it");
	check(refused, "and refused, for any number of threads, if that is not enough");
	free_views(&x);
	free_views(&y);
}

/* The first failure counts, whichever thread meets one first. */
static void
check_failures_in_order(void)
{
	Views x = make_views(60);
	Views y = make_views(60);
	Views short_y;
	bool first = true;
	bool unreadable = true;
	Arena arena;
	PositionsResult r;
	SdqStatus status;

	for (size_t i = 0; i < 60; i++)
	{
		x.views[i] = paired_values(4, 0);
		y.views[i] = paired_values(4, 1);
	}
	for (size_t i = 9; i < 60; i += 7)
	{
		view_free(&x.views[i]);
		x.views[i] = view_of_counts((double[]){0, 1}, (uint64_t[]){500, 500}, 2);
		view_free(&y.views[i]);
		y.views[i] = view_of_counts((double[]){0, 1}, (uint64_t[]){400, 500}, 2);
	}
	for (size_t k = 0; k < N_ITEMS(thread_numbers); k++)
	{
		status = run_positions(&arena, 0, thread_numbers[k], NULL, &position_mw, &x, &y, TEST_EXACT,
							   ADJUST_BH, &r);
		first = first && status.code == SDQ_TOO_LARGE && status.row == 9 &&
				status.detail == TESTS_EXACT_INFEASIBLE;
		arena_free(&arena);
		y.failing = 8;
		status = run_positions(&arena, 0, thread_numbers[k], NULL, &position_mw, &x, &y, TEST_EXACT,
							   ADJUST_BH, &r);
		unreadable = unreadable && status.code == SDQ_BAD_DATA && status.row == 8;
		arena_free(&arena);
		y.failing = SIZE_MAX;
	}
	check(first, "the failure is that of the first position that fails");
	check(unreadable, "a position that cannot be read is a failure");
	short_y = (Views){.views = y.views, .n = 59, .failing = SIZE_MAX};
	status =
		run_positions(&arena, 0, 1, NULL, &position_ks, &x, &short_y, TEST_AUTO, ADJUST_BH, &r);
	check(status.code == SDQ_BAD_ARGUMENT && status.a == 59 && status.b == 60,
		  "sides of different length are refused");
	arena_free(&arena);
	x.n = y.n = 0;
	check(!sdq_failed(
			  run_positions(&arena, 0, 2, NULL, &position_ks, &x, &y, TEST_AUTO, ADJUST_BH, &r)) &&
			  r.n_positions == 0,
		  "no positions, no rows");
	arena_free(&arena);
	x.n = y.n = 60;
	free_views(&x);
	free_views(&y);
}

/* Workers in the middle of a long test stop as well. */
static void
check_stop(void)
{
	Views x = make_views(20);
	Views y = make_views(20);
	bool stopped = true;

	/* Each takes a tenth of a second. */
	for (size_t i = 0; i < 20; i++)
	{
		x.views[i] = paired_values(160, 0);
		y.views[i] = paired_values(160, 1);
	}
	for (size_t k = 0; k < N_ITEMS(thread_numbers); k++)
	{
		int left = 5;
		Stop stop = {.poll = stop_countdown, .context = &left};
		Arena arena;
		PositionsResult r;
		SdqStatus status = run_positions(&arena, 0, thread_numbers[k], &stop, &position_mw, &x, &y,
										 TEST_EXACT, ADJUST_BH, &r);

		stopped = stopped && status.code == SDQ_INTERRUPTED && left == 0;
		arena_free(&arena);
	}
	check(stopped, "long tests stop when asked to, for any number of threads");
	free_views(&x);
	free_views(&y);
}

int
main(void)
{
	check_by_hand();
	check_distance();
	check_batch_independence();
	check_memory();
	check_failures_in_order();
	check_stop();
	return check_done();
}
