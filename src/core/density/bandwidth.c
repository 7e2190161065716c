/*
 * bandwidth.c
 *		Rules of thumb for the bandwidth.
 */
#include "core/density/bandwidth.h"

#include <math.h>

double
bandwidth_factor(const Bandwidth *bandwidth, double n, int d)
{
	switch (bandwidth->rule)
	{
		case BANDWIDTH_SCOTT: return pow(n, -1.0 / (d + 4));
		case BANDWIDTH_SILVERMAN: return pow(n * (d + 2) / 4.0, -1.0 / (d + 4));
		case BANDWIDTH_NUMBER:
		case BANDWIDTH_ISJ: break;
	}
	return bandwidth->value;
}
