/*
 * kuiper_scaled.c
 *		Kuiper's law for many observations of few values, from a sample that is small enough.
 *
 * In the limit V depends on the sizes only through sqrt(n_x n_y / N) V, and on the ties only through the
 * shares u of the values up to each block end: it is the range of a Brownian bridge looked at there. The
 * exact law (kuiper_exact.h) of SCALED_SIZE + SCALED_SIZE observations with about the same shares is
 * near to it, nearer than the law without ties, which with most values in one block is off by
 * powers of ten. Two things are corrected:
 *
 * - V lies on a lattice in both samples; as for any lattice the normal limit is met half a step below, and
 *	 between the lattice points of the small sample ln p is interpolated.
 * - Far out the small sample's tails are too light, and end. There p is mostly the chance that one arc of
 *	 the circle, the one nearest to half of all values, has too many values of one sample, which is
 *	 hypergeometric. p is taken relative to that chance in the small sample, up to FAR_SHARE of what
 *	 is possible, and multiplied by that chance in the large one.
 *
 * Where one block holds more than LARGEST_SHARE of all values, what happens in the rest would be too
 * coarse; the block is made as small as that, which changes little but the scale, and that goes
 * by the same arc.
 */
#include "core/tests/kuiper_scaled.h"

#include <math.h>

#include "core/tests/kuiper_exact.h"
#include "core/tests/lattice.h"
#include "core/tests/tail.h"

/* Observations a side of the small sample, and in all. With 100 errors were three times as large, with
 * 400 it took 60 ms. */
#define SCALED_SIZE  200
#define SCALED_TOTAL (2 * SCALED_SIZE)

#define LARGEST_SHARE 0.8

/* The small sample is asked up to this share of the largest difference that the arc can have. */
#define FAR_SHARE 0.3

/* A tail's sum ends at terms below this share. */
#define NEGLIGIBLE 1e-17

/* The blocks of both samples. Points are block ends: points[0] = 0, the last one is left out, as it is the
 * first again. */
typedef struct Scaled
{
	int64_t *points;       /* [n_points] values up to the block end */
	int64_t *small_points; /* [n_points] the same in the small sample */
	size_t n_points;
	int64_t *ties; /* [n_ties] of the small sample */
	int64_t n_ties;
} Scaled;

/* ln P(X >= k), X being how many of S among N values belong to a sample of n. */
static double
log_tail(double N, double n, double S, double k)
{
	double most = fmin(n, S);
	double term = 1;
	double sum = 1;

	if (k <= fmax(0, S + n - N))
		return 0;
	if (k > most)
		return -INFINITY;
	for (double i = k; i < most && term > NEGLIGIBLE * sum; i++)
	{
		term *= (S - i) * (n - i) / ((i + 1) * (N - S - n + i + 1));
		sum += term;
	}
	return fmin(0, log(sum) + log_binomial(S, k) + log_binomial(N - S, n - k) - log_binomial(N, n));
}

/* ln of the chance that an arc of S values has at least as many of n as make the lattice number e; between
 * whole numbers interpolated, half a step below. */
static double
log_arc_tail(double N, double n, double S, double e)
{
	double k = (e + S * n) / N + 0.5;
	double below = log_tail(N, n, S, floor(k));
	double above = log_tail(N, n, S, floor(k) + 1);

	return above == -INFINITY ? below : below + (k - floor(k)) * (above - below);
}

/* The mean of that chance over both samples, which swap their roles when the arc is turned over. */
static double
log_mean_arc_tail(double N, double n, double S, double e)
{
	double a = log_arc_tail(N, n, S, e);
	double b = log_arc_tail(N, N - n, S, e);
	double greater = fmax(a, b);

	return greater + log(0.5 * (exp(a - greater) + exp(b - greater)));
}

/* Read the block ends, and scale them. */
static SdqStatus
read_blocks(Tally *tally, Scaled *scaled)
{
	double N = (double) tally->x.n + (double) tally->y.n;
	double largest = 0;
	double scaled_total;
	double seen = 0;
	int64_t S = 0;
	TallyBlock block;

	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		double t = (double) (block.x + block.y);

		largest = fmax(largest, t);
	}
	if (sdq_failed(tally_status(tally)))
		return tally_status(tally);
	/* N after the largest block has been cut to its share. */
	scaled_total = fmin(N, (N - largest) / (1 - LARGEST_SHARE));

	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		int64_t t = block.x + block.y;
		int64_t small_before = (int64_t) round(seen / scaled_total * SCALED_TOTAL);
		int64_t small_after;

		seen += (double) t == largest ? largest - (N - scaled_total) : (double) t;
		/* There may be two largest blocks only where nothing is cut. */
		small_after = (int64_t) round(seen / scaled_total * SCALED_TOTAL);
		scaled->points[scaled->n_points] = S;
		scaled->small_points[scaled->n_points++] = small_before;
		if (small_after > small_before)
			scaled->ties[scaled->n_ties++] = small_after - small_before;
		S += t;
	}
	return tally_status(tally);
}

/* The arc whose length is nearest to half of all values: *S of N, *small_S in the small sample. */
static void
find_arc(const Scaled *scaled, int64_t N, int64_t *S, int64_t *small_S)
{
	int64_t nearest = N;
	size_t j = 0;

	*S = *small_S = 0;
	for (size_t k = 0; k < scaled->n_points; k++)
	{
		/* Arcs that end here grow as they start earlier; the best are those on either side of half. */
		while (j + 1 < k && 2 * (scaled->points[k] - scaled->points[j + 1]) >= N)
			j++;
		for (size_t i = j; i < k && i <= j + 1; i++)
		{
			int64_t length = scaled->points[k] - scaled->points[i];
			int64_t off = 2 * length > N ? 2 * length - N : N - 2 * length;

			if (off >= nearest)
				continue;
			nearest = off;
			*S = length;
			*small_S = scaled->small_points[k] - scaled->small_points[i];
		}
	}
}

/* ln of P(V >= c) of the small sample over the chance of its arc, c in lattice steps. */
static SdqStatus
log_relative_p(const Scaled *scaled, double small_S, int64_t c, Arena *scratch, Stop *stop,
			   bool *is_done, double *log_ratio)
{
	ExactLaw exact = {.is_done = true, .log_p = 0};
	SdqStatus status = sdq_ok();

	if (c > 0)
		status = kuiper_exact_of_ties(scaled->ties, scaled->n_ties, SCALED_SIZE, SCALED_SIZE,
									  c * SCALED_SIZE, INFINITY, scratch, stop, &exact);
	*is_done = *is_done && exact.is_done;
	*log_ratio = exact.log_p -
				 log_arc_tail(SCALED_TOTAL, SCALED_SIZE, small_S, ((double) c - 0.5) * SCALED_SIZE);
	return status;
}

SdqStatus
kuiper_scaled_log_p(Tally *tally, int64_t n_blocks, int64_t lattice, Arena *scratch, Stop *stop,
					bool *is_done, double *log_p)
{
	ArenaMark mark = arena_mark(scratch);
	int64_t n_x = (int64_t) tally->x.n;
	int64_t n_y = (int64_t) tally->y.n;
	int64_t N = n_x + n_y;
	Scaled scaled = {.points = arena_alloc(scratch, (size_t) n_blocks, sizeof(int64_t)),
					 .small_points = arena_alloc(scratch, (size_t) n_blocks, sizeof(int64_t)),
					 .ties = arena_alloc(scratch, (size_t) n_blocks, sizeof(int64_t))};
	double e = (double) lattice - 0.5 * (double) greatest_common_divisor(n_x, n_y);
	int64_t S;
	int64_t small_S;
	double share;
	double small_share;
	double c;
	double at;
	double above;
	SdqStatus status;

	*is_done = true;
	if (scaled.points == NULL || scaled.small_points == NULL || scaled.ties == NULL)
		return arena_failure(scratch);
	status = read_blocks(tally, &scaled);
	if (sdq_failed(status))
		return status;
	find_arc(&scaled, N, &S, &small_S);
	if (small_S == 0 || small_S == SCALED_TOTAL)
	{
		*is_done = false;
		arena_release(scratch, mark);
		return sdq_ok();
	}

	/* As many standard deviations of the arc in both samples. */
	share = (double) S / (double) N;
	small_share = (double) small_S / SCALED_TOTAL;
	c = e / sqrt((double) n_x * (double) n_y * (double) N) * sqrt(SCALED_TOTAL) *
		sqrt(small_share * (1 - small_share) / (share * (1 - share)));
	c = fmin(c, FAR_SHARE * (double) (small_S < SCALED_SIZE ? small_S : SCALED_TOTAL - small_S));
	c += 0.5;
	status =
		log_relative_p(&scaled, (double) small_S, (int64_t) floor(c), scratch, stop, is_done, &at);
	if (!sdq_failed(status))
		status = log_relative_p(&scaled, (double) small_S, (int64_t) floor(c) + 1, scratch, stop,
								is_done, &above);
	if (sdq_failed(status))
		return status;
	*log_p = at + (c - floor(c)) * (above - at) +
			 log_mean_arc_tail((double) N, (double) n_x, (double) S, e);
	*is_done = *is_done && isfinite(*log_p);
	arena_release(scratch, mark);
	return sdq_ok();
}
