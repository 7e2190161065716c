/*
 * auc_interval.c
 *		See the header. psi and phi are kept doubled and undivided: 2 n_y psi = 2 B + y, 2 n_x phi = 2 (n_x -
 *		C) + x, where B observations of y lie below the block, and C of x up to its end.
 */
#include "core/tests/auc_interval.h"

#include <math.h>

#include "core/base/integers.h"
#include "core/tests/ks_interval.h"
#include "core/tests/normal_quantile.h"

/* Distinct values between two looks at the stop flag: some milliseconds. */
#define POLL_BLOCKS (1 << 20)

/* Upper ends of the bands of abs(delta). */
#define NEGLIGIBLE_BELOW 0.147
#define SMALL_BELOW      0.33
#define MEDIUM_BELOW     0.474

/* n times the sum of squares minus the square of the sum, brought to the variance of a mean. `scale` is
 * twice the size of the other sample. */
static double
variance_of_mean(int64_t n, Int128 sum, Int128 squares, double scale)
{
	double size = (double) n;

	if (n == 1)
		return NAN;
	return (double) (n * squares - sum * sum) / (size * size * (size - 1) * scale * scale);
}

SdqStatus
auc_moments(Tally *tally, Stop *stop, AucMoments *moments)
{
	int64_t n_x = (int64_t) tally->x.n;
	int64_t n_y = (int64_t) tally->y.n;
	int64_t seen_x = 0;
	int64_t seen_y = 0;
	int until_poll = POLL_BLOCKS;
	Int128 sum = 0;       /* of 2 n_y psi over x, and of 2 n_x phi over y: it is twice U */
	Int128 squares_x = 0; /* up to 2^95 for samples of 2^31, and n times that 2^126 */
	Int128 squares_y = 0;
	double pairs = (double) n_x * (double) n_y;
	TallyBlock block;

	if (n_x == 0 || n_y == 0)
		return sdq_error(SDQ_BAD_ARGUMENT, 0, 1);
	tally_rewind(tally);
	while (tally_next(tally, &block))
	{
		Int128 below = 2 * seen_y + block.y;
		Int128 above = 2 * (n_x - seen_x) - block.x;

		sum += block.x * below;
		squares_x += block.x * below * below;
		squares_y += block.y * above * above;
		seen_x += block.x;
		seen_y += block.y;
		if (--until_poll == 0)
		{
			until_poll = POLL_BLOCKS;
			if (stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
		}
	}
	moments->n_x = n_x;
	moments->n_y = n_y;
	moments->auc = (double) sum / (2 * pairs);
	moments->cliffs_delta = (double) (sum - (Int128) n_x * n_y) / pairs;
	moments->variance_x = variance_of_mean(n_x, sum, squares_x, 2 * (double) n_y);
	moments->variance_y = variance_of_mean(n_y, sum, squares_y, 2 * (double) n_x);
	return tally_status(tally);
}

AucMagnitude
auc_magnitude(double cliffs_delta)
{
	double size = fabs(cliffs_delta);

	if (size < NEGLIGIBLE_BELOW)
		return AUC_NEGLIGIBLE;
	if (size < SMALL_BELOW)
		return AUC_SMALL;
	return size < MEDIUM_BELOW ? AUC_MEDIUM : AUC_LARGE;
}

AucInterval
auc_interval(const AucMoments *moments, double tail)
{
	double a = moments->auc;
	double variance = moments->variance_x + moments->variance_y;
	AucInterval interval = {.low = NAN, .high = NAN, .std_error = sqrt(variance)};
	double logit;
	double width;

	if (!(variance > 0) || a <= 0 || a >= 1)
		return interval;
	logit = log(a / (1 - a));
	width = normal_upper_quantile(tail) * interval.std_error / (a * (1 - a));
	interval.low = 1 / (1 + exp(width - logit));
	interval.high = 1 / (1 + exp(-width - logit));
	return interval;
}

AucInterval
auc_margin_interval(const AucMoments *moments, double tail)
{
	double variance = moments->variance_x + moments->variance_y;
	double width;

	if (variance > 0)
	{
		double z = normal_upper_quantile(tail);
		double h = (z * z + 1) / (4 * fmin((double) moments->n_x, (double) moments->n_y));

		width = h + sqrt(z * z * variance + h * h);
	}
	else
		/* A is the mean of one distribution function over the other sample: it is off by no more than
		 * both are, each in one direction for each of the bounds. */
		width = dkw_one_side(moments->n_x, tail / 2) + dkw_one_side(moments->n_y, tail / 2);
	return (AucInterval){.low = fmax(0, moments->auc - width),
						 .high = fmin(1, moments->auc + width),
						 .std_error = sqrt(variance)};
}
