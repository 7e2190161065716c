/*
 * positions.c
 *		Positions spread over threads; each one is a chunk of the pool.
 *
 * Memory. A test allocates what its samples ask for: nothing for most, megabytes for an exact law that
 * was forced. Each thread therefore has a lane: buffers for the two samples, which come from the job's
 * arena before threads start, and an arena of its own, which takes blocks from malloc() as the test asks
 * (the server's allocator is not for threads) and keeps the first. The arenas of all lanes share what the
 * limit leaves. A test for which that is not enough is put off, and made again afterwards, by the main
 * thread alone and with the whole of what is left. So the number of threads decides neither the
 * results nor whether there is memory for them. Where the buffers of the lanes would not fit, or there
 * is but one thread, all positions are put off from the start.
 *
 * Stop. The main thread asks the caller; the stop flag of another lane asks the main one's flag.
 *
 * Failures. The result is the failure of the first position that fails. A position behind one that has
 * failed is not tested any more; one before it always is.
 */
#include "core/tests/positions.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "core/tests/cvm.h"
#include "core/tests/distances.h"
#include "core/tests/ks.h"
#include "core/tests/mw.h"

/* Of what the memory limit leaves, the share that buffers of lanes may take. */
#define LANE_BUFFERS_SHARE 4

/* What one thread works with. */
typedef struct Lane
{
	double *values_x; /* [max_distinct of x] */
	uint64_t *counts_x;
	double *values_y;
	uint64_t *counts_y;
	SampleView x; /* the position at hand */
	SampleView y;
	Tally tally;
	Arena *arena;
	Arena own_arena;
	Stop *stop;
	Stop own_stop;
	size_t failed_position; /* the first that failed in this lane, SIZE_MAX: none */
	SdqStatus failure;
} Lane;

typedef struct PositionsRun
{
	const PositionTest *test;
	const PositionSide *x;
	const PositionSide *y;
	TestMethod method;
	PositionsResult *result;
	Lane *lanes;                /* [n_lanes] */
	bool *is_put_off;           /* [n_positions] */
	atomic_size_t first_failed; /* of all lanes, SIZE_MAX: none */
	SdqStatus failure;          /* of that position, once the lanes are gone */
} PositionsRun;

/* The share of exact zeros. */
static double
zero_share(const SampleView *sample)
{
	if (sample->n == 0)
		return NAN;
	return (double) sample_view_count_of(sample, 0) / (double) sample->n;
}

/* Test one position. */
static SdqStatus
test_samples(PositionsRun *run, Lane *lane, size_t position)
{
	PositionsResult *result = run->result;
	ArenaMark mark = arena_mark(lane->arena);
	SdqStatus status;

	status = run->x->show(run->x->source, position, lane->values_x, lane->counts_x, &lane->x);
	if (sdq_failed(status))
		return status;
	status = run->y->show(run->y->source, position, lane->values_y, lane->counts_y, &lane->y);
	if (sdq_failed(status))
		return status;
	result->zeros_x[position] = zero_share(&lane->x);
	result->zeros_y[position] = zero_share(&lane->y);
	result->is_tested[position] = lane->x.n > 0 && lane->y.n > 0;
	if (!result->is_tested[position])
		return sdq_ok();
	lane->tally = tally_open(&lane->x, &lane->y);
	status = run->test->run(&lane->tally, run->method, lane->arena, lane->stop,
							result->results + position * result->result_size);
	arena_release(lane->arena, mark);
	return status;
}

/* Remember the failure of a position. */
static void
note_failure(PositionsRun *run, Lane *lane, size_t position, SdqStatus status)
{
	size_t first = atomic_load_explicit(&run->first_failed, memory_order_relaxed);

	if (position < lane->failed_position)
	{
		lane->failed_position = position;
		lane->failure = status;
		lane->failure.row = (int64_t) position;
	}
	while (position < first &&
		   !atomic_compare_exchange_weak_explicit(&run->first_failed, &first, position,
												  memory_order_relaxed, memory_order_relaxed))
		;
}

/* A chunk of the pool: one position. */
static void
test_in_lane(void *argument, size_t position, int thread)
{
	PositionsRun *run = argument;
	Lane *lane = &run->lanes[thread];
	SdqStatus status;

	if (position > atomic_load_explicit(&run->first_failed, memory_order_relaxed))
		return;
	status = test_samples(run, lane, position);
	if (status.code == SDQ_OVER_LIMIT || status.code == SDQ_NO_MEMORY)
		run->is_put_off[position] = true;
	else if (sdq_failed(status))
		note_failure(run, lane, position, status);
}

/* The stop flag of a lane asks that of the main thread. */
static bool
is_main_stopped(void *context)
{
	return stop_requested((Stop *) context);
}

/* Give a lane its buffers; false if the arena has no room for them. */
static bool
open_buffers(Lane *lane, const PositionSide *x, const PositionSide *y, Arena *arena)
{
	lane->values_x = arena_alloc(arena, x->max_distinct, sizeof(double));
	lane->counts_x = arena_alloc(arena, x->max_distinct, sizeof(uint64_t));
	lane->values_y = arena_alloc(arena, y->max_distinct, sizeof(double));
	lane->counts_y = arena_alloc(arena, y->max_distinct, sizeof(uint64_t));
	lane->failed_position = SIZE_MAX;
	return lane->values_x != NULL && lane->counts_x != NULL && lane->values_y != NULL &&
		   lane->counts_y != NULL;
}

/* Bytes of the limit that are left, 0 = no limit. */
static size_t
bytes_left(const Arena *arena)
{
	if (arena->limit == 0)
		return 0;
	return arena->held < arena->limit ? arena->limit - arena->held : 1;
}

/* Are buffers for so many lanes a modest part of what the limit leaves? */
static bool
lanes_fit(const Arena *arena, const PositionSide *x, const PositionSide *y, size_t n_lanes)
{
	double bytes = ((double) x->max_distinct + (double) y->max_distinct) *
				   (double) (sizeof(double) + sizeof(uint64_t)) * (double) n_lanes;

	return arena->limit == 0 || bytes <= (double) bytes_left(arena) / LANE_BUFFERS_SHARE;
}

/* Make the lanes; false if there is no memory for them. */
static bool
open_lanes(PositionsRun *run, Arena *arena, Stop *stop, size_t n_lanes)
{
	size_t left;

	run->lanes = arena_zalloc(arena, n_lanes, sizeof(Lane));
	if (run->lanes == NULL)
		return false;
	for (size_t i = 0; i < n_lanes; i++)
	{
		if (!open_buffers(&run->lanes[i], run->x, run->y, arena))
			return false;
	}
	left = bytes_left(arena);
	for (size_t i = 0; i < n_lanes; i++)
	{
		Lane *lane = &run->lanes[i];

		/* left = 0 is no limit, and stays so; else the share is not to become 0. */
		arena_init(&lane->own_arena, arena_malloc_source(), (left + n_lanes - 1) / n_lanes);
		lane->arena = &lane->own_arena;
		/* A first block, so that small scratch is not returned to malloc() after each test. A
		 * failure shows in the test that needs it. */
		arena_alloc(lane->arena, 1, 1);
		lane->own_stop.poll = is_main_stopped;
		lane->own_stop.context = stop;
		lane->stop = i == 0 ? stop : &lane->own_stop;
	}
	return true;
}

/* Test all positions in lanes, but those that have to be put off. */
static SdqStatus
test_in_lanes(PositionsRun *run, Job *job)
{
	ArenaMark mark = arena_mark(job->arena);
	size_t n_lanes = (size_t) pool_threads(job->pool);
	SdqStatus status;

	if (n_lanes < 2 || run->result->n_positions < 2 ||
		!lanes_fit(job->arena, run->x, run->y, n_lanes) ||
		!open_lanes(run, job->arena, job->stop, n_lanes))
	{
		arena_release(job->arena, mark);
		memset(run->is_put_off, true, run->result->n_positions * sizeof(bool));
		return sdq_ok();
	}
	status = pool_run(job->pool, test_in_lane, run, run->result->n_positions);
	for (size_t i = 0; i < n_lanes; i++)
	{
		Lane *lane = &run->lanes[i];

		arena_free(&lane->own_arena);
		if (sdq_failed(lane->failure) && lane->failed_position == atomic_load(&run->first_failed))
			run->failure = lane->failure;
	}
	arena_release(job->arena, mark);
	return status;
}

/* Test what was put off, on this thread, with all the memory there is. */
static SdqStatus
test_alone(PositionsRun *run, Job *job)
{
	ArenaMark mark = arena_mark(job->arena);
	Lane lane = {.arena = job->arena, .stop = job->stop};
	bool has_buffers = false;

	for (size_t i = 0; i < run->result->n_positions; i++)
	{
		SdqStatus status;

		if (!run->is_put_off[i])
			continue;
		if (i > atomic_load(&run->first_failed))
			break;
		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		if (!has_buffers && !open_buffers(&lane, run->x, run->y, job->arena))
			return arena_failure(job->arena);
		has_buffers = true;
		status = test_samples(run, &lane, i);
		if (sdq_failed(status))
		{
			run->failure = status;
			run->failure.row = (int64_t) i;
			break;
		}
	}
	arena_release(job->arena, mark);
	return run->failure;
}

/* Adjust the p-values of the positions that were tested. */
static SdqStatus
adjust_positions(PositionsResult *result, const PositionTest *test, AdjustMethod method, Job *job)
{
	for (size_t i = 0; i < result->n_positions; i++)
	{
		const void *of_position = positions_result(result, i);

		result->adjusted[i] = of_position == NULL ? PVALUE_MISSING : test->p_value(of_position);
	}
	return adjust_p_values(result->adjusted, result->n_positions, method, job->arena, job->stop);
}

SdqStatus
positions_test(Job *job, const PositionTest *test, const PositionSide *x, const PositionSide *y,
			   TestMethod method, AdjustMethod adjust, PositionsResult *result)
{
	size_t n = x->n_positions;
	PositionsRun run = {
		.test = test, .x = x, .y = y, .method = method, .result = result, .failure = sdq_ok()};
	SdqStatus status;

	if (y->n_positions != n)
		return sdq_error(SDQ_BAD_ARGUMENT, (double) y->n_positions, (double) n);
	result->n_positions = n;
	result->result_size = test->result_size;
	result->results = arena_alloc(job->arena, n, test->result_size);
	result->is_tested = arena_zalloc(job->arena, n, sizeof(bool));
	result->zeros_x = arena_alloc(job->arena, n, sizeof(double));
	result->zeros_y = arena_alloc(job->arena, n, sizeof(double));
	result->adjusted = test->p_value == NULL ? NULL : arena_alloc(job->arena, n, sizeof(PValue));
	run.is_put_off = arena_zalloc(job->arena, n, sizeof(bool));
	if (result->results == NULL || result->is_tested == NULL || result->zeros_x == NULL ||
		result->zeros_y == NULL || (test->p_value != NULL && result->adjusted == NULL) ||
		run.is_put_off == NULL)
		return arena_failure(job->arena);
	atomic_init(&run.first_failed, SIZE_MAX);
	status = test_in_lanes(&run, job);
	if (!sdq_failed(status))
		status = test_alone(&run, job);
	if (sdq_failed(status) || test->p_value == NULL)
		return status;
	return adjust_positions(result, test, adjust, job);
}

static SdqStatus
run_ks(Tally *tally, TestMethod method, Arena *scratch, Stop *stop, void *result)
{
	return ks_test(tally, method, scratch, stop, result);
}

static PValue
ks_p_value(const void *result)
{
	return ((const KsResult *) result)->two_sided;
}

static SdqStatus
run_mw(Tally *tally, TestMethod method, Arena *scratch, Stop *stop, void *result)
{
	return mw_test(tally, method, scratch, stop, result);
}

static PValue
mw_p_value(const void *result)
{
	return ((const MwResult *) result)->two_sided;
}

static SdqStatus
run_cvm(Tally *tally, TestMethod method, Arena *scratch, Stop *stop, void *result)
{
	return cvm_test(tally, method, scratch, stop, result);
}

static PValue
cvm_p_value(const void *result)
{
	return ((const CvmResult *) result)->p_value;
}

static SdqStatus
run_wasserstein(Tally *tally, TestMethod method, Arena *scratch, Stop *stop, void *result)
{
	(void) method;
	(void) scratch;
	return wasserstein_distance(tally, stop, result);
}

const PositionTest position_ks = {
	.result_size = sizeof(KsResult), .run = run_ks, .p_value = ks_p_value};

const PositionTest position_mw = {
	.result_size = sizeof(MwResult), .run = run_mw, .p_value = mw_p_value};

const PositionTest position_cvm = {
	.result_size = sizeof(CvmResult), .run = run_cvm, .p_value = cvm_p_value};

const PositionTest position_wasserstein = {
	.result_size = sizeof(WassersteinResult), .run = run_wasserstein, .p_value = NULL};
