/*
 * moments.c
 *		Two passes over shifted data: the mean first, then products of deviations from it.
 */
#include "core/density/moments.h"

#include "core/base/compensated.h"

/* Values between two polls of the stop flag, about 2 ms. */
#define POLL_INTERVAL ((size_t) 1 << 18)

SdqStatus
centre_of(Stop *stop, const double *values, const double *weights, size_t n, Centre *centre)
{
	Compensated deviations = {0, 0};
	Compensated total = {0, 0};

	centre->shift = values[n / 2];
	for (size_t i = 0; i < n; i++)
	{
		if (i % POLL_INTERVAL == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		compensated_add(&deviations, weights[i] * (values[i] - centre->shift));
		compensated_add(&total, weights[i]);
	}
	centre->offset = compensated_total(&deviations) / compensated_total(&total);
	return sdq_ok();
}

SdqStatus
covariance_of(Stop *stop, const double *a, const Centre *centre_a, const double *b,
			  const Centre *centre_b, const double *weights, size_t n, double *covariance)
{
	Compensated products = {0, 0};
	Compensated total = {0, 0};

	for (size_t i = 0; i < n; i++)
	{
		double deviation_a = (a[i] - centre_a->shift) - centre_a->offset;
		double deviation_b = (b[i] - centre_b->shift) - centre_b->offset;

		if (i % POLL_INTERVAL == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		compensated_add(&products, weights[i] * deviation_a * deviation_b);
		compensated_add(&total, weights[i]);
	}
	*covariance = compensated_total(&products) / (compensated_total(&total) - 1);
	return sdq_ok();
}
