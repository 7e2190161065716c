/*
 * kuiper_exact.c
 *		Walks around the circle that start at their lowest point.
 *
 * Sample a is the smaller one. After the S smallest values, i of them of a, d = i n_b - (S - i) n_a; V is
 * its range over the ends of blocks of ties, times n_a n_b. d is 0 before the first value and after the
 * last, so the blocks may as well lie on a circle, and V does not depend on where the circle is cut
 * (Kuiper 1960). Cut it at the lowest point of d, the first one if there are several: from there,
 * e = d - min d is a walk that never falls below 0, and V reaches v where e does. So
 *
 *		P(V >= v) = sum over block ends j of P(the walk from j stays at or above 0 to the end of the
 *					order, above 0 from there to j, and is at or above v somewhere),
 *
 * all of it positive. All ways of handing the values to the samples being equally likely, the walk from j
 * is a recursion over i, from block to block, with two chances for each state: of having stayed below v
 * so far, and of having reached it.
 *
 * Without ties the walk from j has the same law for all j, which differ in where the order ends. Then one
 * recursion does for all: it carries the walks before the end of the order and those after it
 * together, and at each value one more of the starts has passed the end.
 *
 * A block is crossed value by value, or at once by hypergeometric weights, whichever is cheaper.
 */
#include "core/tests/kuiper_exact.h"

#include <math.h>
#include <string.h>

#include "core/base/integers.h"
#include "core/tests/hypergeometric.h"

/* Work, in units of one state of one walk in a step by one value: a pair of states when a block is
 * crossed at once, and a pass. */
#define PAIR_WORK 6
#define PASS_WORK 16

/* Nanoseconds that planning one crossing takes. */
#define PLAN_WORK 20

/* Work between two looks at the stop flag: a few milliseconds. */
#define POLL_WORK 4e6

/* The chances of a set of walks after S values, for the states [first, last]: of not having reached v,
 * and of having reached it. Arrays start at state -1, where they are 0, and are 0 outside of
 * [first, last]. */
typedef struct Front
{
	double *below;
	double *reached;
	double *next_below;
	double *next_reached;
} Front;

typedef struct Walk
{
	int64_t n_a; /* the smaller sample */
	int64_t n_b;
	int64_t lattice;
	int64_t S;
	int64_t first;
	int64_t last;
	double *weights; /* [n_a + 1] */
	Stop *stop;
	double since_poll;
	bool is_stopped;
} Walk;

/* The least state at which e is at or above `least` >= 0 after S values: i N >= S n_a + least. The sum is
 * below 2^64, as S <= 2^32, n_a <= 2^31, least <= 2^62. */
static int64_t
least_state(const Walk *walk, int64_t S, int64_t least)
{
	uint64_t N = (uint64_t) (walk->n_a + walk->n_b);
	uint64_t bound = (uint64_t) S * (uint64_t) walk->n_a + (uint64_t) least;

	return (int64_t) ((bound + N - 1) / N);
}

/* Count work done; has the caller asked to stop? Once true, always true. */
static bool
poll_work(Walk *walk, double work)
{
	walk->since_poll += work;
	if (walk->since_poll >= POLL_WORK)
	{
		walk->since_poll = 0;
		walk->is_stopped = stop_poll(walk->stop);
	}
	return walk->is_stopped;
}

/* Work of crossing a block value by value, and at once, from the states [first, last] after S values. */
static double
stepping_work(const Walk *walk, int64_t t, int64_t first, int64_t last)
{
	double width = (double) (min_int64(last + t, walk->n_a) - first + 1);

	return (double) t * (width + PASS_WORK);
}

static double
jumping_work(const Walk *walk, int64_t t, int64_t first, int64_t last)
{
	double targets = (double) min_int64(t, walk->n_a) + 1;

	return PAIR_WORK * (double) (last - first + 1) * targets + PASS_WORK;
}

/* Work of one walk over blocks ties[n_blocks] (NULL: of one value each), circular, from block `start` on. Stops counting above the limit, and
 * when asked to stop. */
static double
walk_work(Walk *walk, const int64_t *ties, int64_t n_blocks, int64_t start, double limit)
{
	double work = 0;
	int64_t S = 0;
	int64_t first = 0;
	int64_t last = 0;

	for (int64_t k = 0; k < n_blocks && work <= limit && !poll_work(walk, PLAN_WORK); k++)
	{
		int64_t t = ties == NULL ? 1 : ties[(start + k) % n_blocks];

		/* Two arrays each. */
		work += 2 * fmin(stepping_work(walk, t, first, last), jumping_work(walk, t, first, last));
		S += t;
		first = least_state(walk, S, 0);
		last = min_int64(S, walk->n_a);
	}
	return work;
}

/* Work of all walks. */
static double
plan(Walk *walk, const int64_t *ties, int64_t n_blocks, double limit)
{
	double work = 0;

	if (ties == NULL)
		return 2 * walk_work(walk, ties, n_blocks, 0, limit);
	for (int64_t j = 0; j < n_blocks && work <= limit && !walk->is_stopped; j++)
		work += walk_work(walk, ties, n_blocks, j, limit - work);
	return work;
}

/* Arrays of a front, with room for the states -1 to n_a; false if there is no memory. */
static bool
allocate_front(const Walk *walk, Arena *scratch, Front *front)
{
	size_t n = (size_t) walk->n_a + 2;

	front->below = arena_alloc(scratch, n, sizeof(double));
	front->reached = arena_alloc(scratch, n, sizeof(double));
	front->next_below = arena_alloc(scratch, n, sizeof(double));
	front->next_reached = arena_alloc(scratch, n, sizeof(double));
	if (front->below == NULL || front->reached == NULL || front->next_below == NULL ||
		front->next_reached == NULL)
		return false;
	front->below++;
	front->reached++;
	front->next_below++;
	front->next_reached++;
	return true;
}

/* All walks at the start, or none. */
static void
clear_front(const Walk *walk, Front *front, double start)
{
	size_t bytes = ((size_t) walk->n_a + 2) * sizeof(double);

	memset(front->below - 1, 0, bytes);
	memset(front->reached - 1, 0, bytes);
	memset(front->next_below - 1, 0, bytes);
	memset(front->next_reached - 1, 0, bytes);
	front->below[0] = start;
}

static void
swap_front(Front *front)
{
	Front old = *front;

	front->below = old.next_below;
	front->reached = old.next_reached;
	front->next_below = old.below;
	front->next_reached = old.reached;
}

/* Hand out one value after s others, for the states [first, last] before it. */
static void
step(const Walk *walk, int64_t s, int64_t first, int64_t last, const double *restrict from,
	 double *restrict to)
{
	double inverse = 1 / (double) (walk->n_a + walk->n_b - s);
	double to_a = (double) (walk->n_a + 1);
	double to_b = (double) (walk->n_b - s);
	int32_t n = (int32_t) (min_int64(last + 1, walk->n_a) - first + 1);

	from += first;
	to += first;
	for (int32_t m = 0; m < n; m++)
	{
		double i = (double) first + m;

		to[m] = ((to_a - i) * from[m - 1] + (to_b + i) * from[m]) * inverse;
	}
}

/* Hand out a block at once. */
static void
jump(Walk *walk, Front *front, int64_t t)
{
	int64_t left = walk->n_a + walk->n_b - walk->S;

	for (int64_t i = walk->first; i <= walk->last; i++)
	{
		int64_t needed = walk->n_a - i;
		int64_t least = max_int64(0, needed - (left - t));
		int64_t most = min_int64(t, needed);

		hypergeometric_weights(t, left, needed, least, most, walk->weights);
		for (int64_t c = least; c <= most; c++)
		{
			front->next_below[i + c] += walk->weights[c - least] * front->below[i];
			front->next_reached[i + c] += walk->weights[c - least] * front->reached[i];
		}
	}
}

/* Cross a block of t values; the states of the walk are not advanced yet. */
static void
cross(Walk *walk, Front *front, int64_t t)
{
	int64_t last = walk->last;

	if (jumping_work(walk, t, walk->first, last) < stepping_work(walk, t, walk->first, last))
	{
		size_t bytes = (size_t) (min_int64(last + t, walk->n_a) - walk->first + 1) * sizeof(double);

		memset(front->next_below + walk->first, 0, bytes);
		memset(front->next_reached + walk->first, 0, bytes);
		jump(walk, front, t);
		swap_front(front);
		return;
	}
	for (int64_t s = walk->S; s < walk->S + t; s++)
	{
		step(walk, s, walk->first, last, front->below, front->next_below);
		step(walk, s, walk->first, last, front->reached, front->next_reached);
		swap_front(front);
		last = min_int64(last + 1, walk->n_a);
	}
}

/* The end of a block: walks below `least` are out, those at v or above have reached it. */
static void
look(const Walk *walk, Front *front, int64_t old_first, int64_t least)
{
	int64_t first = least_state(walk, walk->S, least);

	for (int64_t i = old_first; i < first && i <= walk->last; i++)
		front->below[i] = front->reached[i] = 0;
	for (int64_t i = least_state(walk, walk->S, walk->lattice); i <= walk->last; i++)
	{
		front->reached[i] += front->below[i];
		front->below[i] = 0;
	}
}

/* Make the step of one block with one front, or with two; true if the caller has asked to stop. */
static bool
advance(Walk *walk, Front *front, int64_t least, Front *other, int64_t other_least, int64_t t)
{
	int64_t old_first = walk->first;
	double work = 2 * fmin(stepping_work(walk, t, walk->first, walk->last),
						   jumping_work(walk, t, walk->first, walk->last));

	cross(walk, front, t);
	if (other != NULL)
		cross(walk, other, t);
	walk->S += t;
	walk->last = min_int64(walk->S, walk->n_a);
	look(walk, front, old_first, least);
	if (other != NULL)
		look(walk, other, old_first, other_least);
	/* Zeros below: what is there from earlier blocks must not come back. */
	walk->first = least_state(walk, walk->S, 0);
	front->below[walk->first - 1] = front->reached[walk->first - 1] = 0;
	front->next_below[walk->first - 1] = front->next_reached[walk->first - 1] = 0;
	if (other != NULL)
	{
		other->below[walk->first - 1] = other->reached[walk->first - 1] = 0;
		other->next_below[walk->first - 1] = other->next_reached[walk->first - 1] = 0;
	}
	return poll_work(walk, other == NULL ? work : 2 * work);
}

/* All walks without ties. */
static SdqStatus
walk_untied(Walk *walk, Arena *scratch, double *p)
{
	Front before; /* walks that have not passed the end of the order */
	Front after;  /* walks from all starts for which that has happened */
	int64_t N = walk->n_a + walk->n_b;

	if (!allocate_front(walk, scratch, &before) || !allocate_front(walk, scratch, &after))
		return arena_failure(scratch);
	clear_front(walk, &before, 1);
	clear_front(walk, &after, 0);
	for (int64_t s = 1; s <= N; s++)
	{
		for (int64_t i = walk->first; i <= walk->last; i++)
		{
			after.below[i] += before.below[i];
			after.reached[i] += before.reached[i];
		}
		/* The last value is where the walk began. */
		if (advance(walk, &before, 0, &after, s < N ? 1 : 0, 1))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	*p = after.reached[walk->n_a];
	return sdq_ok();
}

/* The walk from each block end in turn. */
static SdqStatus
walk_tied(Walk *walk, const int64_t *ties, int64_t n_blocks, Arena *scratch, double *p)
{
	Front front;

	if (!allocate_front(walk, scratch, &front))
		return arena_failure(scratch);
	*p = 0;
	for (int64_t start = 0; start < n_blocks; start++)
	{
		clear_front(walk, &front, 1);
		walk->S = walk->first = walk->last = 0;
		for (int64_t k = 1; k <= n_blocks; k++)
		{
			bool passed_end = start + k >= n_blocks && k < n_blocks;

			if (advance(walk, &front, passed_end ? 1 : 0, NULL, 0,
						ties[(start + k - 1) % n_blocks]))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
		*p += front.reached[walk->n_a];
	}
	return sdq_ok();
}

/* Plan and walk, with scratch that the caller gives back. */
static SdqStatus
plan_and_walk(Walk *walk, const int64_t *ties, int64_t n_blocks, double limit, Arena *scratch,
			  ExactLaw *result)
{
	double p = 0;
	SdqStatus status;

	result->work = plan(walk, ties, n_blocks, limit);
	if (walk->is_stopped)
		return sdq_error(SDQ_INTERRUPTED, 0, 0);
	if (result->work > limit)
		return sdq_ok();
	walk->weights = arena_alloc(scratch, (size_t) walk->n_a + 1, sizeof(double));
	if (walk->weights == NULL)
		return arena_failure(scratch);
	status = ties == NULL ? walk_untied(walk, scratch, &p)
						  : walk_tied(walk, ties, n_blocks, scratch, &p);
	if (sdq_failed(status))
		return status;
	result->is_done = p >= EXACT_P_MIN;
	result->log_p = log(p);
	return sdq_ok();
}

SdqStatus
kuiper_exact_of_ties(const int64_t *ties, int64_t n_blocks, int64_t n_x, int64_t n_y,
					 int64_t lattice, double limit, Arena *scratch, Stop *stop, ExactLaw *result)
{
	ArenaMark mark = arena_mark(scratch);
	Walk walk = {
		.n_a = min_int64(n_x, n_y), .n_b = max_int64(n_x, n_y), .lattice = lattice, .stop = stop};
	SdqStatus status;

	result->is_done = false;
	/* Each walk passes each block end. */
	result->work = PASS_WORK * (double) n_blocks * (ties == NULL ? 1 : (double) n_blocks);
	if (result->work > limit)
		return sdq_ok();
	status = plan_and_walk(&walk, ties, n_blocks, limit, scratch, result);
	arena_release(scratch, mark);
	return status;
}

SdqStatus
kuiper_exact(Tally *tally, int64_t n_blocks, int64_t lattice, double limit, Arena *scratch,
			 Stop *stop, ExactLaw *result)
{
	ArenaMark mark = arena_mark(scratch);
	int64_t n_x = (int64_t) tally->x.n;
	int64_t n_y = (int64_t) tally->y.n;
	int64_t *ties = NULL;
	int64_t n = 0;
	TallyBlock block;
	SdqStatus status;

	if (n_blocks < n_x + n_y)
	{
		result->is_done = false;
		result->work = PASS_WORK * (double) n_blocks * (double) n_blocks;
		if (result->work > limit)
			return sdq_ok();
		/* At most 2^15 of them, by the largest limit there is. */
		ties = arena_alloc(scratch, (size_t) n_blocks, sizeof(int64_t));
		if (ties == NULL)
			return arena_failure(scratch);
		tally_rewind(tally);
		while (tally_next(tally, &block))
			ties[n++] = block.x + block.y;
		if (sdq_failed(tally_status(tally)))
			return tally_status(tally);
	}
	status = kuiper_exact_of_ties(ties, n_blocks, n_x, n_y, lattice, limit, scratch, stop, result);
	arena_release(scratch, mark);
	return status;
}
