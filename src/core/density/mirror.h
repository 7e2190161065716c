/*
 * mirror.h
 *		Reflection at the ends of a domain, by images: instead of the sample, the places where its density is
 *		asked for are mirrored, which gives the same sums.
 *
 * One bound: the image of x at b is 2 b - x. Two bounds a and b: x goes back and forth, so that its images are
 * x + 2 k (b - a) and 2 a - x + 2 k (b - a) for all whole k within reach. Silverman, "Density Estimation for
 * Statistics and Data Analysis", 1986, section 2.10.
 */
#ifndef SYNTHDQ_CORE_DENSITY_MIRROR_H
#define SYNTHDQ_CORE_DENSITY_MIRROR_H

#include <stdbool.h>
#include <stddef.h>

/* The ends of the domain, in any unit. */
typedef struct Mirror
{
	bool has_lower;
	bool has_upper;
	double lower; /* lower < upper where both are there */
	double upper;
} Mirror;

/* Is x in the domain? */
extern bool mirror_holds(const Mirror *mirror, double x);

/* x, or the end of the domain that it lies beyond. */
extern double mirror_clamp(const Mirror *mirror, double x);

/* Images of any place that kernels within `reach` of the domain touch, the place itself included: even, or 1
 * without a bound. */
extern size_t mirror_count(const Mirror *mirror, double reach);

/* images[count] of x in the domain, count as above, in a fixed order: those of even number are moved, those of odd
 * number reflected. Where numbers overflow: infinity. */
extern void mirror_images(const Mirror *mirror, size_t count, double x, double *images);

#endif
