/*
 * ks_interval.c
 *		abs(D_n - D) is at most the sum of what the two samples are off.
 */
#include "core/tests/ks_interval.h"

#include <math.h>

/* Distinct values between two looks at the stop flag: some milliseconds. */
#define POLL_BLOCKS (1 << 20)

double
dkw_one_side(int64_t n, double alpha)
{
	return sqrt(-log(alpha) / (2 * (double) n));
}

SdqStatus
ks_distance(Tally *tally, Stop *stop, double *d)
{
	int64_t n_x = (int64_t) tally->x.n;
	int64_t n_y = (int64_t) tally->y.n;
	int64_t seen_x = 0;
	int64_t seen_y = 0;
	int64_t greatest = 0;
	int until_poll = POLL_BLOCKS;
	TallyBlock block;

	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		int64_t lattice;

		seen_x += block.x;
		seen_y += block.y;
		/* At most n_x n_y = 2^62. */
		lattice = seen_x * n_y - seen_y * n_x;
		if (lattice > greatest)
			greatest = lattice;
		if (-lattice > greatest)
			greatest = -lattice;
		if (--until_poll == 0)
		{
			until_poll = POLL_BLOCKS;
			if (stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
	}
	*d = (double) greatest / ((double) n_x * (double) n_y);
	return tally_status(tally);
}

KsInterval
ks_interval(double d, int64_t n_x, int64_t n_y, double alpha)
{
	/* Two samples, two directions. */
	double width = dkw_one_side(n_x, alpha / 4) + dkw_one_side(n_y, alpha / 4);

	return (KsInterval){.low = fmax(0, d - width), .high = fmin(1, d + width)};
}

double
ks_upper_bound(double d, int64_t n_x, int64_t n_y, double alpha)
{
	return fmin(1, d + dkw_one_side(n_x, alpha / 2) + dkw_one_side(n_y, alpha / 2));
}
