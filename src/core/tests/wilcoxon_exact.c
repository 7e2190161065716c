/*
 * wilcoxon_exact.c
 *		Counting the 2^n choices of signs by their rank sum.
 *
 * The number of choices with a given sum is a coefficient of the product of (1 + q^rank) over all
 * differences, tied or not. Coefficients up to the statistic are all that is kept, since each is a sum of
 * coefficients at or below it. Nothing is ever subtracted: counts below 2^53 are exact, and beyond every
 * difference adds at most one rounding.
 */
#include "core/tests/wilcoxon_exact.h"

#include <math.h>

#include "core/base/constants.h"

/* A difference doubles a count at most. After so many of them the counts are scaled down if the
 * largest is above 2^COUNT_BITS, so that none reaches 2^1024. What small counts lose to that is below
 * 1e-250 of the sum that is asked for. */
#define SCALE_EVERY 100
#define COUNT_BITS  900

/* Below this power of two, p is formed in logarithm. */
#define LEAST_EXPONENT (-1000)

/* Additions between two looks at the stop flag: a few milliseconds. */
#define POLL_ADDITIONS (1 << 21)

/* The counts under way; times 2^exponent. */
typedef struct SignTable
{
	double *counts;     /* [w + 1] by rank sum */
	int64_t w;          /* largest sum of interest */
	int64_t reached;    /* largest sum that has a count */
	int64_t n;          /* differences so far */
	int exponent;       /* of what has been scaled away */
	int64_t since_poll; /* additions since the last look at the stop flag */
} SignTable;

double
wilcoxon_work(int64_t n, int64_t w)
{
	return (double) n * ((double) w + 1);
}

/* Scale the counts down by a power of two, which loses no digit, if they need it. */
static void
scale_down(SignTable *table)
{
	double largest = 0;
	int bits;

	for (int64_t j = 0; j <= table->reached; j++)
		largest = fmax(largest, table->counts[j]);
	frexp(largest, &bits);
	if (bits <= COUNT_BITS)
		return;
	for (int64_t j = 0; j <= table->reached; j++)
		table->counts[j] = ldexp(table->counts[j], -bits);
	table->exponent += bits;
}

/* Take in one difference: times 1 + q^rank. From large sums to small ones, so that each count is still
 * unchanged when it is read. */
static SdqStatus
take_in(SignTable *table, int64_t rank, Stop *stop)
{
	int64_t top = table->reached > table->w - rank ? table->w : table->reached + rank;

	for (int64_t end = top; end >= rank; end -= POLL_ADDITIONS)
	{
		int64_t last = end - POLL_ADDITIONS >= rank ? end - POLL_ADDITIONS + 1 : rank;

		for (int64_t j = end; j >= last; j--)
			table->counts[j] += table->counts[j - rank];
		table->since_poll += end - last + 1;
		if (table->since_poll > POLL_ADDITIONS)
		{
			if (stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
			table->since_poll = 0;
		}
	}
	table->reached = top;
	if (++table->n % SCALE_EVERY == 0)
		scale_down(table);
	return sdq_ok();
}

/* Take in all differences of one absolute value. */
static SdqStatus
take_in_tie(SignTable *table, WilcoxonTie tie, Stop *stop)
{
	if (tie.rank > table->w)
	{
		/* Heads would be too much. */
		table->n += tie.count;
		return sdq_ok();
	}
	for (int64_t c = 0; c < tie.count; c++)
	{
		SdqStatus status = take_in(table, tie.rank, stop);

		if (sdq_failed(status))
			return status;
	}
	return sdq_ok();
}

/* The share that so many choices are of all. */
static PValue
share_of_choices(const SignTable *table, double count)
{
	double exponent = (double) table->exponent - (double) table->n;

	if (exponent >= LEAST_EXPONENT)
		return pvalue_from(ldexp(count, (int) exponent));
	return pvalue_from_log(log(count) + exponent * LN_2);
}

SdqStatus
wilcoxon_tails(const WilcoxonTie *ties, size_t n_ties, int64_t w, Arena *scratch, Stop *stop,
			   WilcoxonTails *tails)
{
	ArenaMark mark = arena_mark(scratch);
	SignTable table = {.counts = arena_zalloc(scratch, (size_t) w + 1, sizeof(double)), .w = w};
	double below = 0;

	if (table.counts == NULL)
		return arena_failure(scratch);
	table.counts[0] = 1;
	for (size_t i = 0; i < n_ties; i++)
	{
		SdqStatus status = take_in_tie(&table, ties[i], stop);

		if (sdq_failed(status))
			return status;
	}
	for (int64_t j = 0; j < w; j++)
		below += table.counts[j];
	tails->lower = share_of_choices(&table, below + table.counts[w]);
	/* At most half of all lie below. */
	tails->upper = pvalue_from(1 - share_of_choices(&table, below).p);
	arena_release(scratch, mark);
	return sdq_ok();
}
