/*
 * isj.h
 *		The improved Sheather-Jones bandwidth: Botev, Grotowski and Kroese, "Kernel density estimation via
 *		diffusion", Annals of Statistics 38 (2010), section 5.
 *
 * It estimates how curved the density is instead of taking it for normal, and so keeps apart modes that
 * Scott's and Silverman's rules blur. It asks for a sample of a continuous variable: where the same few values
 * come again and again, the bandwidth falls towards 0, since such a density is spikes.
 */
#ifndef SYNTHDQ_CORE_DENSITY_ISJ_H
#define SYNTHDQ_CORE_DENSITY_ISJ_H

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/weighted.h"

/* Nodes of the grid on which the sample is binned. */
#define ISJ_NODES ((size_t) 1 << 14)

/*
 * *h = the bandwidth of a sample of finite values, from 2^-400 to 2^400 in size; 0 if the fixed-point equation has
 * no solution, as for fewer than two distinct values. Multiplying the values by a constant multiplies h by it.
 * Work: the values once, and some ten milliseconds. Memory: 0.5 MB, given back.
 */
extern SdqStatus isj_bandwidth(Job *job, const WeightedSample *sample, double *h);

#endif
