/*
 * bandwidth.h
 *		How wide the kernels are.
 */
#ifndef SYNTHDQ_CORE_DENSITY_BANDWIDTH_H
#define SYNTHDQ_CORE_DENSITY_BANDWIDTH_H

/* The numbers are part of stored states. */
typedef enum BandwidthRule
{
	BANDWIDTH_SCOTT,     /* factor n^(-1/(d+4)): Scott, "Multivariate Density Estimation", 1992 */
	BANDWIDTH_SILVERMAN, /* factor (n (d+2)/4)^(-1/(d+4)): Silverman, "Density Estimation for
						  * Statistics and Data Analysis", 1986; scipy's rule of that name, not R's nrd0 */
	BANDWIDTH_NUMBER,    /* given by the caller; what it means is said by each density */
	BANDWIDTH_ISJ,       /* one dimension only, no factor: see isj.h */
} BandwidthRule;

typedef struct Bandwidth
{
	BandwidthRule rule;
	double value; /* BANDWIDTH_NUMBER: finite, above 0 */
} Bandwidth;

/* The factor by which a rule multiplies the standard deviation (the square root of the covariance) of
 * n >= 1 observations in d dimensions. n counts repeated observations. BANDWIDTH_NUMBER: the value.
 * Not for BANDWIDTH_ISJ. */
extern double bandwidth_factor(const Bandwidth *bandwidth, double n, int d);

#endif
