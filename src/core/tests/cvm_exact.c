/*
 * cvm_exact.c
 *		Counting assignments by their Cramer-von Mises statistic.
 *
 * Sample a is the smaller one. A state is how many of the S smallest values went to a, at the end of a
 * block of ties; there d = i n_b - (S - i) n_a, divided by the greatest common divisor of the sizes,
 * is a whole number, and so is Q = sum of t d^2, a multiple of the statistic. The recursion of Xiao,
 * Gordon and Yakovlev ("A C++ program for the Cramer-von Mises two-sample test", 2006) carries, for
 * each state, the chance of each value that Q can have there, from block to block: a block of t
 * values sends c of them to a with a hypergeometric chance. Evaluated at block ends only, it
 * is conditional on the ties.
 *
 * What makes it fast: only those values are carried that can still end on either side of the
 * observed q. The least and the greatest rest of Q from a state on are known beforehand (one pass
 * backwards). What is sure to reach q is added to p and forgotten; what cannot is dropped. Between the
 * two lies a window, and all values of one state are congruent modulo a number found in the
 * same way (4 for equal sizes without ties), so a window is a plain array, and crossing a block is
 * the sum of some shifted arrays. The windows' lengths are known beforehand as well, and so is the work.
 *
 * The last block adds nothing to Q, so before it the windows are empty; for three blocks or
 * less nothing is ever carried, and the work is the number of pairs of states.
 */
#include "core/tests/cvm_exact.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/integers.h"
#include "core/tests/hypergeometric.h"
#include "core/tests/lattice.h"

/* Work of one pair of states besides the window: two passes of the plan, and a weight. */
#define PAIR_WORK 16

/* Q must fit an int64 with room for sums. */
#define Q_MAX 0x1p61

/* Work between two looks at the stop flag: a few milliseconds. */
#define POLL_WORK 4e6

/* The states at the end of a block: those of a from first to last, and the start of their numbers in
 * the arrays of the plan. */
typedef struct BlockEnd
{
	int64_t t; /* size of the block */
	int64_t S; /* values up to its end */
	int64_t first;
	int64_t last;
	size_t offset;
} BlockEnd;

typedef struct Plan
{
	int64_t n_a; /* the smaller sample */
	int64_t n_b;
	int64_t divisor;
	int64_t q; /* observed */
	BlockEnd *ends;
	size_t n_ends; /* ends[0] is the start: no values, one state */
	/* For each state: least and greatest Q up to it, its own share included, and of the rest. */
	int64_t *least;
	int64_t *greatest;
	int64_t *least_rest;
	int64_t *greatest_rest;
	int64_t modulus;
	Stop *stop;
	double since_poll;
} Plan;

/* Values of Q at a state that are carried: low, low + modulus, ... */
typedef struct Window
{
	int64_t low;
	int64_t length;
} Window;

/* What a state adds to Q. */
static int64_t
share_of_q(const Plan *plan, const BlockEnd *end, int64_t i)
{
	int64_t d = (i * plan->n_b - (end->S - i) * plan->n_a) / plan->divisor;

	return end->t * d * d;
}

/* Count work done; has the caller asked to stop? */
static bool
poll_work(Plan *plan, double work)
{
	plan->since_poll += work;
	if (plan->since_poll < POLL_WORK)
		return false;
	plan->since_poll = 0;
	return stop_poll(plan->stop);
}

/* States of the block that lead from state i, or to state i: [*from, *to]. */
static void
states_after(const BlockEnd *end, int64_t i, int64_t *from, int64_t *to)
{
	*from = max_int64(i, end->first);
	*to = min_int64(i + end->t, end->last);
}

/* Read the block ends and q. Stops counting once the pairs of states are more work than the limit. */
static SdqStatus
read_ends(Plan *plan, Tally *tally, double limit, double *work, size_t *n_states)
{
	int64_t N = plan->n_a + plan->n_b;
	bool x_is_a = tally->x.n <= tally->y.n;
	BlockEnd *end = plan->ends;
	int64_t i = 0;
	TallyBlock block;

	*end = (BlockEnd){.t = 0};
	*n_states = 1;
	tally_rewind(tally);
	while (*work <= limit && tally_next(tally, &block))
	{
		int64_t n_before = end->last - end->first + 1;
		int64_t n_after;

		if (poll_work(plan, PAIR_WORK))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		end++;
		end->t = block.x + block.y;
		end->S = end[-1].S + end->t;
		end->first = max_int64(0, end->S - plan->n_b);
		end->last = min_int64(end->S, plan->n_a);
		end->offset = *n_states;
		i += x_is_a ? block.x : block.y;
		n_after = end->last - end->first + 1;
		*work += PAIR_WORK * (double) min_int64(end->t + 1, n_after) * (double) n_before;
		if (end->S == N)
			break; /* nothing is looked at there */
		plan->q += share_of_q(plan, end, i);
		*n_states += (size_t) n_after;
		plan->n_ends = (size_t) (end - plan->ends) + 1;
	}
	return tally_status(tally);
}

/* Least and greatest rest of Q of all states, from the last block end to the first. */
static SdqStatus
plan_backwards(Plan *plan)
{
	for (size_t k = plan->n_ends; k-- > 0;)
	{
		const BlockEnd *end = &plan->ends[k];
		const BlockEnd *next = end + 1;

		for (int64_t i = end->first; i <= end->last; i++)
		{
			size_t state = end->offset + (size_t) (i - end->first);
			int64_t least = INT64_MAX;
			int64_t greatest = 0;
			int64_t from;
			int64_t to;

			plan->least_rest[state] = plan->greatest_rest[state] = 0;
			if (k + 1 == plan->n_ends)
				continue;
			states_after(next, i, &from, &to);
			for (int64_t j = from; j <= to; j++)
			{
				size_t after = next->offset + (size_t) (j - next->first);
				int64_t share = share_of_q(plan, next, j);

				least = min_int64(least, share + plan->least_rest[after]);
				greatest = max_int64(greatest, share + plan->greatest_rest[after]);
			}
			plan->least_rest[state] = least;
			plan->greatest_rest[state] = greatest;
			if (poll_work(plan, PAIR_WORK / 2 * (double) (to - from + 1)))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
	}
	return sdq_ok();
}

/* Least and greatest Q at all states, and the modulus of their differences. */
static SdqStatus
plan_forwards(Plan *plan)
{
	plan->least[0] = plan->greatest[0] = 0;
	for (size_t k = 1; k < plan->n_ends; k++)
	{
		const BlockEnd *end = &plan->ends[k];
		const BlockEnd *before = end - 1;

		for (int64_t i = end->first; i <= end->last; i++)
		{
			size_t state = end->offset + (size_t) (i - end->first);
			int64_t share = share_of_q(plan, end, i);
			int64_t from = max_int64(i - end->t, before->first);
			int64_t to = min_int64(i, before->last);
			const int64_t *least = plan->least + before->offset - before->first;
			const int64_t *greatest = plan->greatest + before->offset - before->first;

			plan->least[state] = least[from] + share;
			plan->greatest[state] = greatest[from] + share;
			for (int64_t j = from + 1; j <= to; j++)
			{
				plan->least[state] = min_int64(plan->least[state], least[j] + share);
				plan->greatest[state] = max_int64(plan->greatest[state], greatest[j] + share);
				if (plan->modulus != 1)
					plan->modulus =
						greatest_common_divisor(plan->modulus, llabs(least[j] - least[from]));
			}
			if (poll_work(plan, PAIR_WORK / 2 * (double) (to - from + 1)))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
	}
	if (plan->modulus == 0)
		plan->modulus = 1; /* one value at each state */
	return sdq_ok();
}

/* The window of a state. */
static Window
window_of(const Plan *plan, size_t state)
{
	int64_t low = max_int64(plan->least[state], plan->q - plan->greatest_rest[state]);
	int64_t high = min_int64(plan->greatest[state], plan->q - plan->least_rest[state] - 1);
	int64_t over = (low - plan->least[state]) % plan->modulus;
	Window window;

	window.low = over == 0 ? low : low + plan->modulus - over;
	window.length = high < window.low ? 0 : (high - window.low) / plan->modulus + 1;
	return window;
}

/* Add the windows' part to the work, and find the longest row of windows. */
static SdqStatus
plan_windows(Plan *plan, double limit, double *work, double *longest)
{
	*longest = 1;
	for (size_t k = 1; k < plan->n_ends && *work <= limit; k++)
	{
		const BlockEnd *end = &plan->ends[k];
		double row = 0;

		for (int64_t i = end->first; i <= end->last; i++)
		{
			double length =
				(double) window_of(plan, end->offset + (size_t) (i - end->first)).length;
			int64_t from = i;
			int64_t to = i;

			if (k + 1 < plan->n_ends)
				states_after(end + 1, i, &from, &to);
			row += length;
			*work += length * (double) (to - from + 1);
			if (poll_work(plan, PAIR_WORK))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
		*longest = fmax(*longest, row);
	}
	return sdq_ok();
}

/* Send the chances of one state to another, which is `shift` windows' places higher: what falls below the window is
 * dropped, what falls above it is returned, as sure to reach q. */
static double
send(const double *restrict chances, int64_t n, double *restrict target, int64_t n_target,
	 int64_t shift, double weight)
{
	int64_t first = max_int64(0, -shift);
	int64_t end = max_int64(first, min_int64(n, n_target - shift));
	double above = 0;

	for (int64_t m = first; m < end; m++)
		target[m + shift] += weight * chances[m];
	for (int64_t m = end; m < n; m++)
		above += chances[m];
	return weight * above;
}

/* The recursion. rows[2] have room for the longest row of windows, weights for a block's states. */
static SdqStatus
run(Plan *plan, double *rows[2], double *weights, double *p)
{
	int64_t N = plan->n_a + plan->n_b;
	double *row = rows[0];
	double *next_row = rows[1];

	*p = 0;
	row[0] = 1;
	for (size_t k = 1; k < plan->n_ends; k++)
	{
		const BlockEnd *before = &plan->ends[k - 1];
		const BlockEnd *end = &plan->ends[k];
		const double *chances = row;
		double *swap = row;
		int64_t n_next = 0;
		/* Of the first target of this state; targets only move up. */
		double *target_row = next_row;
		int64_t target_first = end->first;

		for (int64_t j = end->first; j <= end->last; j++)
			n_next += window_of(plan, end->offset + (size_t) (j - end->first)).length;
		memset(next_row, 0, (size_t) n_next * sizeof(double));

		for (int64_t i = before->first; i <= before->last; i++)
		{
			/* The start is a window of its own, whatever q is. */
			Window window = k == 1 ? (Window){.low = 0, .length = 1}
								   : window_of(plan, before->offset + (size_t) (i - before->first));
			int64_t from;
			int64_t to;
			double *target;

			states_after(end, i, &from, &to);
			for (; target_first < from; target_first++)
				target_row +=
					window_of(plan, end->offset + (size_t) (target_first - end->first)).length;
			if (window.length > 0)
				hypergeometric_weights(end->t, N - before->S, plan->n_a - i, from - i, to - i,
									   weights);
			target = target_row;
			for (int64_t j = from; j <= to && window.length > 0; j++)
			{
				Window there = window_of(plan, end->offset + (size_t) (j - end->first));
				int64_t value = window.low + share_of_q(plan, end, j);
				/* Congruent, so the division is exact. */
				int64_t shift = (value - there.low) / plan->modulus;

				*p += send(chances, window.length, target, there.length, shift, weights[j - from]);
				target += there.length;
				if (poll_work(plan, PAIR_WORK + (double) window.length))
					return sdq_error(SDQ_INTERRUPTED, 0, 0);
			}
			chances += window.length;
		}
		row = next_row;
		next_row = swap;
	}
	return sdq_ok();
}

/* Plan and run, with scratch that the caller gives back. */
static SdqStatus
plan_and_run(Plan *plan, Tally *tally, int64_t n_blocks, double limit, Arena *scratch,
			 ExactLaw *result)
{
	double q_max = (double) plan->n_a * (double) plan->n_b / (double) plan->divisor;
	size_t n_states;
	double longest;
	double *rows[2];
	double *weights;
	double p;
	SdqStatus status;

	q_max *= q_max * ((double) plan->n_a + (double) plan->n_b);
	result->is_done = false;
	/* Each block end is a pair of states at least. */
	result->work = fmax((double) n_blocks * PAIR_WORK, q_max > Q_MAX ? q_max : 0);
	if (result->work > limit)
		return sdq_ok();
	plan->ends = arena_alloc(scratch, (size_t) n_blocks + 1, sizeof(BlockEnd));
	if (plan->ends == NULL)
		return arena_failure(scratch);
	result->work = 0;
	status = read_ends(plan, tally, limit, &result->work, &n_states);
	if (sdq_failed(status) || result->work > limit)
		return status;

	plan->least = arena_alloc(scratch, n_states, sizeof(int64_t));
	plan->greatest = arena_alloc(scratch, n_states, sizeof(int64_t));
	plan->least_rest = arena_alloc(scratch, n_states, sizeof(int64_t));
	plan->greatest_rest = arena_alloc(scratch, n_states, sizeof(int64_t));
	if (plan->least == NULL || plan->greatest == NULL || plan->least_rest == NULL ||
		plan->greatest_rest == NULL)
		return arena_failure(scratch);
	status = plan_backwards(plan);
	if (!sdq_failed(status))
		status = plan_forwards(plan);
	if (!sdq_failed(status))
		status = plan_windows(plan, limit, &result->work, &longest);
	if (sdq_failed(status) || result->work > limit)
		return status;

	rows[0] = arena_alloc(scratch, (size_t) longest, sizeof(double));
	rows[1] = arena_alloc(scratch, (size_t) longest, sizeof(double));
	weights = arena_alloc(scratch, (size_t) plan->n_a + 1, sizeof(double));
	if (rows[0] == NULL || rows[1] == NULL || weights == NULL)
		return arena_failure(scratch);
	status = run(plan, rows, weights, &p);
	result->is_done = p >= EXACT_P_MIN;
	/* What is sure to happen is not left to rounding. */
	result->log_p = plan->q <= plan->least_rest[0] ? 0 : log(p);
	return status;
}

SdqStatus
cvm_exact(Tally *tally, int64_t n_blocks, double limit, Arena *scratch, Stop *stop,
		  ExactLaw *result)
{
	int64_t n_x = (int64_t) tally->x.n;
	int64_t n_y = (int64_t) tally->y.n;
	ArenaMark mark = arena_mark(scratch);
	Plan plan = {.n_a = min_int64(n_x, n_y),
				 .n_b = max_int64(n_x, n_y),
				 .divisor = greatest_common_divisor(n_x, n_y),
				 .stop = stop};
	SdqStatus status = plan_and_run(&plan, tally, n_blocks, limit, scratch, result);

	arena_release(scratch, mark);
	return status;
}
