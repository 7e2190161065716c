/*
 * scale.c
 *		The extent of values, and values in another unit.
 */
#include "core/density/scale.h"

/* Values looked at between two polls of the stop flag. */
#define POLL_INTERVAL ((size_t) 1 << 18)

SdqStatus
extent_add(Stop *stop, const double *values, size_t n, Extent *extent)
{
	for (size_t i = 0; i < n; i++)
	{
		if (i % POLL_INTERVAL == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		extent->min = fmin(extent->min, values[i]);
		extent->max = fmax(extent->max, values[i]);
	}
	return sdq_ok();
}

SdqStatus
scale_in_place(Stop *stop, double *values, size_t n, int exponent)
{
	if (exponent == 0)
		return sdq_ok();
	for (size_t i = 0; i < n; i++)
	{
		if (i % POLL_INTERVAL == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		values[i] = ldexp(values[i], -exponent);
	}
	return sdq_ok();
}
