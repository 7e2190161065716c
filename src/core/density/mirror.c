/*
 * mirror.c
 *		Images of a place between mirrors.
 */
#include "core/density/mirror.h"

#include <math.h>

bool
mirror_holds(const Mirror *mirror, double x)
{
	return !(mirror->has_lower && x < mirror->lower) && !(mirror->has_upper && x > mirror->upper);
}

double
mirror_clamp(const Mirror *mirror, double x)
{
	if (mirror->has_lower && x < mirror->lower)
		return mirror->lower;
	if (mirror->has_upper && x > mirror->upper)
		return mirror->upper;
	return x;
}

/* Pairs of images on either side of the first one, for two bounds. */
static size_t
pairs_beside(const Mirror *mirror, double reach)
{
	return (size_t) ceil((reach / (mirror->upper - mirror->lower) + 1) / 2);
}

size_t
mirror_count(const Mirror *mirror, double reach)
{
	if (mirror->has_lower && mirror->has_upper)
		return 2 * (2 * pairs_beside(mirror, reach) + 1);
	return mirror->has_lower || mirror->has_upper ? 2 : 1;
}

/* A place, or infinity where the arithmetic gave no number: nothing is within reach of that. */
static double
place_or_infinity(double x)
{
	return isnan(x) ? INFINITY : x;
}

void
mirror_images(const Mirror *mirror, size_t count, double x, double *images)
{
	double end = mirror->has_lower ? mirror->lower : mirror->upper;
	double reflected = end - (x - end);

	images[0] = x;
	if (count == 1)
		return;
	images[1] = reflected;
	for (size_t i = 2; i + 3 < count; i += 4)
	{
		double shift = 2 * (double) (i / 4 + 1) * (mirror->upper - mirror->lower);

		images[i] = place_or_infinity(x + shift);
		images[i + 1] = place_or_infinity(reflected + shift);
		images[i + 2] = place_or_infinity(x - shift);
		images[i + 3] = place_or_infinity(reflected - shift);
	}
}
