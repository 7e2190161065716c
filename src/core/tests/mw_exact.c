/*
 * mw_exact.c
 *		Counting the assignments of the pooled values by their U.
 *
 * Both laws count all C(N, n_x) assignments with U <= u, in doubles. Counts below 2^53 are exact;
 * beyond, rounding is relative. Only the lower half is ever counted: for u above the mean the roles
 * of the samples or the order of the values is reversed, which turns U into n_x n_y - U. The upper
 * tail is then 1 - P(U < u), and as u is at or below the mean, it is not small.
 */
#include "core/tests/mw_exact.h"

#include <math.h>
#include <string.h>

#include "core/base/integers.h"

/* Counts are divided by the largest once it exceeds this. What is lost at the low end is below
 * 1e-300 of the sum that is asked for. */
#define COUNT_MAX 0x1p900

/* Additions between two looks at the stop flag: a few milliseconds. */
#define POLL_WORK 4e6

double
mw_untied_work(int64_t n_x, int64_t n_y)
{
	double smaller = (double) min_int64(n_x, n_y);

	return smaller * smaller * (double) max_int64(n_x, n_y);
}

double
mw_tied_work(int64_t n_x, int64_t n_y)
{
	return 2 * mw_untied_work(n_x, n_y) * ((double) n_x + (double) n_y);
}

/* The two tails from the number of assignments at or below and exactly at the statistic, each in
 * units of exp(log_unit). */
static MwTails
tails_from_counts(double at_or_below, double at, double log_unit, double log_all)
{
	double below = exp(log(at_or_below - at) + log_unit - log_all);

	return (MwTails){
		.lower = pvalue_from_log(log(at_or_below) + log_unit - log_all),
		.upper = at_or_below > at ? pvalue_from(1 - below) : pvalue_from(1),
	};
}

/* Divide all counts by the largest if it is in danger of overflow. */
static void
rescale(double *counts, int64_t n, double *log_unit)
{
	double largest = 0;

	for (int64_t j = 0; j < n; j++)
		largest = counts[j] > largest ? counts[j] : largest;
	if (largest < COUNT_MAX)
		return;
	for (int64_t j = 0; j < n; j++)
		counts[j] /= largest;
	*log_unit += log(largest);
}

SdqStatus
mw_untied_tails(int64_t n_x, int64_t n_y, int64_t u, Arena *scratch, Stop *stop, MwTails *tails)
{
	ArenaMark mark = arena_mark(scratch);
	int64_t n = min_int64(n_x, n_y);
	int64_t m = max_int64(n_x, n_y);
	int64_t lower_u = min_int64(u, n_x * n_y - u);
	double *counts = arena_zalloc(scratch, (size_t) lower_u + 1, sizeof(double));
	double log_unit = 0;
	double at_or_below = 0;
	double since_poll = 0;

	if (counts == NULL)
		return arena_failure(scratch);
	/* From [m + i - 1 choose i - 1] to [m + i choose i]: times (1 - q^(m+i)) / (1 - q^i). Over the
	 * smaller sample: there are fewer steps, and less rounding. */
	counts[0] = 1;
	for (int64_t i = 1; i <= n; i++)
	{
		for (int64_t j = lower_u; j >= m + i; j--)
			counts[j] -= counts[j - m - i];
		for (int64_t j = i; j <= lower_u; j++)
			counts[j] += counts[j - i];
		rescale(counts, lower_u + 1, &log_unit);
		since_poll += 3 * (double) lower_u;
		if (since_poll > POLL_WORK)
		{
			if (stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
			since_poll = 0;
		}
	}
	for (int64_t j = 0; j <= lower_u; j++)
		at_or_below += counts[j];
	*tails = tails_from_counts(at_or_below, counts[lower_u], log_unit,
							   log_binomial((double) (n + m), (double) n));
	if (lower_u != u)
	{
		PValue swap = tails->lower;

		tails->lower = tails->upper;
		tails->upper = swap;
	}
	arena_release(scratch, mark);
	return sdq_ok();
}

/* The counts of the shift algorithm: by number of values given to sample a, and by W = twice the
 * U of a so far. W only grows, so what exceeds the statistic is forgotten. */
typedef struct ShiftTable
{
	int64_t n_a;       /* the smaller sample */
	int64_t n_b;       /* the larger one */
	int64_t width;     /* W from 0 to width - 1 */
	double *counts;    /* [n_a + 1][width] */
	double since_poll; /* additions since the last look at the stop flag, over all blocks */
} ShiftTable;

/* to[w + shift] += factor * from[w], as far as it fits. */
static void
add_shifted(double *restrict to, const double *restrict from, int64_t width, int64_t shift,
			double factor)
{
	for (int64_t w = 0; w + shift < width; w++)
		to[w + shift] += factor * from[w];
}

/*
 * Take in a block of t tied values after `before` others. Giving c of them to a that already has i
 * adds to W, for each of the c, 2 for every b before the block and 1 for every b in it. From large
 * numbers of a's to small ones, so that each row is still unchanged when it is read.
 */
static SdqStatus
take_in_block(ShiftTable *table, int64_t before, int64_t t, Stop *stop)
{
	/* Fewer a's than this could not reach n_a with all the values that are left. */
	int64_t fewest = max_int64(0, before + t - table->n_b);

	for (int64_t total = min_int64(table->n_a, before + t); total >= fewest; total--)
	{
		double ways = 1; /* t choose c */

		for (int64_t c = 1; c <= min_int64(t, total); c++)
		{
			int64_t i = total - c;

			ways = ways * (double) (t - c + 1) / (double) c;
			if (i > before)
				continue;
			add_shifted(table->counts + total * table->width, table->counts + i * table->width,
						table->width, c * (2 * (before - i) + t - c), ways);
			table->since_poll += (double) table->width;
			if (table->since_poll > POLL_WORK)
			{
				if (stop_poll(stop))
					return sdq_error(SDQ_INTERRUPTED, 0, 0);
				table->since_poll = 0;
			}
		}
	}
	return sdq_ok();
}

SdqStatus
mw_tied_tails(Tally *tally, int64_t doubled_u, Arena *scratch, Stop *stop, MwTails *tails)
{
	ArenaMark mark = arena_mark(scratch);
	int64_t n_x = (int64_t) tally->x.n;
	int64_t n_y = (int64_t) tally->y.n;
	int64_t mean = n_x * n_y;
	/* No more blocks than observations, of which an exact law has few. */
	int64_t *ties = arena_alloc(scratch, (size_t) (n_x + n_y), sizeof(int64_t));
	ShiftTable table = {.n_a = min_int64(n_x, n_y), .n_b = max_int64(n_x, n_y)};
	/* W of the smaller sample, from whichever end of the order makes it small. */
	int64_t of_a = n_x <= n_y ? doubled_u : 2 * mean - doubled_u;
	bool backwards = of_a > mean;
	int64_t lower = backwards ? 2 * mean - of_a : of_a;
	size_t n_blocks = 0;
	size_t n_counts;
	int64_t before = 0;
	double at_or_below = 0;
	const double *last_row;
	TallyBlock block;

	if (ties == NULL)
		return arena_failure(scratch);
	tally_rewind(tally);
	while (tally_next(tally, &block))
		ties[n_blocks++] = block.x + block.y;
	if (sdq_failed(tally_status(tally)))
		return tally_status(tally);

	table.width = lower + 1;
	if (!checked_multiply((size_t) table.n_a + 1, (size_t) table.width, &n_counts))
		return sdq_error(SDQ_TOO_LARGE, (double) table.width, (double) SIZE_MAX);
	table.counts = arena_zalloc(scratch, n_counts, sizeof(double));
	if (table.counts == NULL)
		return arena_failure(scratch);
	table.counts[0] = 1;
	for (size_t k = 0; k < n_blocks; k++)
	{
		int64_t t = ties[backwards ? n_blocks - 1 - k : k];
		SdqStatus status = take_in_block(&table, before, t, stop);

		if (sdq_failed(status))
			return status;
		before += t;
	}

	last_row = table.counts + table.n_a * table.width;
	for (int64_t w = 0; w <= lower; w++)
		at_or_below += last_row[w];
	*tails = tails_from_counts(at_or_below, last_row[lower], 0,
							   log_binomial((double) (n_x + n_y), (double) n_x));
	/* Two reversals, or none, leave x's tails as they are. */
	if (backwards != (n_x > n_y))
	{
		PValue swap = tails->lower;

		tails->lower = tails->upper;
		tails->upper = swap;
	}
	arena_release(scratch, mark);
	return sdq_ok();
}
