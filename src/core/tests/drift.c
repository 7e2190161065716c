/*
 * drift.c
 *		Bins, counts in them, and what follows from the counts.
 *
 * Shares are never rounded before they are subtracted: with P = count_x n_y and Q = count_y n_x, whole
 * numbers below 2^63, p - q is (P - Q) / (n_x n_y). Where p and q are close, logarithms of their ratio
 * are taken as log1p of the exact difference, so that a small drift keeps its digits.
 */
#include "core/tests/drift.h"

#include <math.h>

#include "core/base/compensated.h"
#include "core/base/constants.h"
#include "core/tests/gamma_tail.h"

/* Distinct values between two looks at the stop flag: some milliseconds. */
#define POLL_BLOCKS (1 << 20)

/* The chance of a psi above psi_null_95, and the quantile of the normal law for it. */
#define NULL_TAIL   0.05
#define NULL_NORMAL 1.6448536269514722

/* What the pass over the tally remembers to place the edges. */
typedef struct EdgeFold
{
	double *edges; /* quantiles of x, merged; room for one more before and n_bins - 1 in all */
	size_t n_edges;
	double *distinct;  /* the first n_bins distinct values of both */
	size_t n_distinct; /* of all values; beyond n_bins not remembered */
	double low;        /* ends of both samples, and of x */
	double high;
	double low_x;
	double high_x;
} EdgeFold;

/* One block of the tally; next is the quantile that x is to reach, seen_x what it has reached. */
static void
edge_fold_block(EdgeFold *fold, const TallyBlock *block, size_t n_bins, int64_t n_x,
				int64_t *seen_x, int64_t *next)
{
	bool reaches = false;

	if (fold->n_distinct == 0)
		fold->low = block->value;
	if (fold->n_distinct < n_bins)
		fold->distinct[fold->n_distinct] = block->value;
	fold->n_distinct++;
	fold->high = block->value;
	if (block->x == 0)
		return;

	if (*seen_x == 0)
		fold->low_x = block->value;
	fold->high_x = block->value;
	*seen_x += block->x;
	/* Both products are below 2^31 * DRIFT_MAX_BINS. */
	while (*next < (int64_t) n_bins && *seen_x * (int64_t) n_bins >= *next * n_x)
	{
		reaches = true;
		(*next)++;
	}
	if (reaches)
		fold->edges[fold->n_edges++] = block->value;
}

/* The bins that the fold calls for. */
static DriftBins
bins_of_fold(EdgeFold *fold, size_t n_bins)
{
	double *edges = fold->edges;
	size_t n_edges = fold->n_edges;

	if (fold->n_distinct <= n_bins)
		return (DriftBins){.edges = fold->distinct, .n_bins = fold->n_distinct};
	if (edges[0] == fold->low_x && fold->low < fold->low_x)
	{
		edges--;
		n_edges++;
		edges[0] = nextafter(fold->low_x, -INFINITY);
	}
	if (edges[n_edges - 1] == fold->high_x && fold->high == fold->high_x)
		n_edges--;
	return (DriftBins){.edges = edges, .n_bins = n_edges + 1};
}

SdqStatus
drift_quantile_bins(Tally *tally, size_t n_bins, Arena *arena, Stop *stop, DriftBins *bins)
{
	EdgeFold fold = {.n_edges = 0};
	int64_t seen_x = 0;
	int64_t next = 1;
	TallyBlock block;

	if (tally->x.n == 0 || tally->y.n == 0 || n_bins < 2 || n_bins > DRIFT_MAX_BINS)
		return sdq_error(SDQ_BAD_ARGUMENT, (double) n_bins, DRIFT_MAX_BINS);
	fold.edges = arena_alloc(arena, n_bins, sizeof(double));
	fold.distinct = arena_alloc(arena, n_bins, sizeof(double));
	if (fold.edges == NULL || fold.distinct == NULL)
		return arena_failure(arena);
	fold.edges++;

	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		edge_fold_block(&fold, &block, n_bins, (int64_t) tally->x.n, &seen_x, &next);
		if (fold.n_distinct % POLL_BLOCKS == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	if (sdq_failed(tally_status(tally)))
		return tally_status(tally);
	*bins = bins_of_fold(&fold, n_bins);
	return sdq_ok();
}

/* Counts of both samples in the bins. */
static SdqStatus
count_bins(Tally *tally, const DriftBins *bins, Stop *stop, int64_t *counts_x, int64_t *counts_y)
{
	size_t n_blocks = 0;
	size_t bin = 0;
	TallyBlock block;

	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		while (bin < bins->n_bins - 1 && block.value > bins->edges[bin])
			bin++;
		counts_x[bin] += block.x;
		counts_y[bin] += block.y;
		if (++n_blocks % POLL_BLOCKS == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return tally_status(tally);
}

/* One bin's part of psi, times (n_x + smoothing B) (n_y + smoothing B). With p' = a / (n_x + s B) and so
 * on it is (a - c) ln(a / c), a and c being p' and q' over a common denominator. */
static double
psi_term(int64_t x, int64_t y, int64_t n_x, int64_t n_y, double n_bins, double smoothing)
{
	double a = ((double) x + smoothing) * ((double) n_y + smoothing * n_bins);
	double c = ((double) y + smoothing) * ((double) n_x + smoothing * n_bins);
	/* a - c, from whole numbers. */
	double difference = (double) (x * n_y - y * n_x) +
						smoothing * (n_bins * (double) (x - y) + (double) (n_y - n_x));

	if (a == 0 && c == 0)
		return 0;
	if (a == 0 || c == 0)
		return INFINITY;
	if (fabs(difference) < 0.5 * c)
		return difference * log1p(difference / c);
	return difference * log(a / c);
}

/* (1 + d) ln(1 + d) + (1 - d) ln(1 - d), -1 <= d <= 1. */
static double
entropy_term(double d)
{
	/* Up to here the series has 14 terms; beyond, the two products do not cancel. */
	const double series_limit = 0.25;
	const int series_terms = 14;
	double square = d * d;
	double sum = 0;

	if (fabs(d) == 1)
		return 2 * LN_2;
	if (fabs(d) > series_limit)
		return (1 + d) * log1p(d) + (1 - d) * log1p(-d);
	/* sum of d^(2k) / (k (2k - 1)) */
	for (int k = series_terms; k >= 1; k--)
		sum = square * (1.0 / (k * (2 * k - 1)) + sum);
	return sum;
}

/* The x above which a chi-squared variable lies with chance NULL_TAIL: secants of the logarithm of the
 * tail, from the approximation of Wilson and Hilferty (1931). */
static double
null_quantile(double df)
{
	const double tolerance = 1e-13;
	const int max_steps = 50;
	double spread = 2 / (9 * df);
	double x = df * pow(1 - spread + NULL_NORMAL * sqrt(spread), 3);
	double excess = chi_squared_tail(df, x).log10_p - log10(NULL_TAIL);
	double next = x * 1.001;

	for (int i = 0; i < max_steps && fabs(next - x) > tolerance * next; i++)
	{
		double next_excess = chi_squared_tail(df, next).log10_p - log10(NULL_TAIL);
		double slope = (next_excess - excess) / (next - x);

		x = next;
		excess = next_excess;
		if (slope < 0)
			next = x - excess / slope;
	}
	return next;
}

/* All measures, from the counts. */
static void
measure_counts(const int64_t *counts_x, const int64_t *counts_y, size_t n_bins, double smoothing,
			   DriftResult *result)
{
	int64_t n_x = result->n_x;
	int64_t n_y = result->n_y;
	double pairs = (double) n_x * (double) n_y;
	double smoothed_pairs =
		((double) n_x + smoothing * (double) n_bins) * ((double) n_y + smoothing * (double) n_bins);
	double null_scale = 1 / (double) n_x + 1 / (double) n_y;
	Compensated psi = {0, 0};
	Compensated js = {0, 0};
	Compensated hellinger = {0, 0};
	uint64_t variation = 0; /* at most 2 n_x n_y <= 2^63 */
	double df = -1;
	bool has_gap = false;

	for (size_t i = 0; i < n_bins; i++)
	{
		int64_t P = counts_x[i] * n_y;
		int64_t Q = counts_y[i] * n_x;
		double total = (double) ((uint64_t) P + (uint64_t) Q);
		double difference = (double) (P - Q);
		/* (sqrt P + sqrt Q)^2, exact where one of them is 0. */
		double roots = total + 2 * sqrt((double) P) * sqrt((double) Q);
		double term = psi_term(counts_x[i], counts_y[i], n_x, n_y, (double) n_bins, smoothing);

		has_gap = has_gap || isinf(term);
		compensated_add(&psi, isinf(term) ? 0 : term);
		if (total == 0)
			continue;
		df++;
		compensated_add(&js, total * entropy_term(difference / total));
		compensated_add(&hellinger, difference * (difference / roots));
		variation += P > Q ? (uint64_t) (P - Q) : (uint64_t) (Q - P);
	}
	result->psi = has_gap ? INFINITY : compensated_total(&psi) / smoothed_pairs;
	/* A quarter: half of the sum, whose terms have m = total / (2 pairs). Rounding may not leave [0, 1]. */
	result->js_divergence = fmin(1, compensated_total(&js) / pairs / 4 / LN_2);
	result->js_distance = sqrt(result->js_divergence);
	result->hellinger = fmin(1, sqrt(compensated_total(&hellinger) / pairs / 2));
	result->total_variation = (double) variation / (2 * pairs);
	result->psi_null_mean = df * null_scale;
	result->psi_null_95 = df > 0 ? null_quantile(df) * null_scale : 0;
}

SdqStatus
drift_measure(Tally *tally, const DriftBins *bins, double smoothing, Arena *scratch, Stop *stop,
			  DriftResult *result)
{
	ArenaMark mark = arena_mark(scratch);
	int64_t *counts_x;
	int64_t *counts_y;
	SdqStatus status;

	if (tally->x.n == 0 || tally->y.n == 0 || bins->n_bins < 1 || bins->n_bins > DRIFT_MAX_BINS ||
		!(smoothing >= 0 && smoothing <= DRIFT_MAX_SMOOTHING))
		return sdq_error(SDQ_BAD_ARGUMENT, smoothing, DRIFT_MAX_SMOOTHING);
	counts_x = arena_zalloc(scratch, bins->n_bins, sizeof(int64_t));
	counts_y = arena_zalloc(scratch, bins->n_bins, sizeof(int64_t));
	if (counts_x == NULL || counts_y == NULL)
		status = arena_failure(scratch);
	else
		status = count_bins(tally, bins, stop, counts_x, counts_y);
	if (!sdq_failed(status))
	{
		result->n_x = (int64_t) tally->x.n;
		result->n_y = (int64_t) tally->y.n;
		measure_counts(counts_x, counts_y, bins->n_bins, smoothing, result);
	}
	arena_release(scratch, mark);
	return status;
}
