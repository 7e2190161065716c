/*
 * binned.h
 *		A large sample as a small one: linear binning.
 */
#ifndef SYNTHDQ_CORE_DENSITY_BINNED_H
#define SYNTHDQ_CORE_DENSITY_BINNED_H

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/weighted.h"

/*
 * Bins to a Gaussian's h. A value between two nodes is shared by them, which replaces its kernel, as a function of
 * where the value lies, by its chord: the error is at most step^2 / 8 times the second derivative, 1 / (8 * 48^2) =
 * 5.4e-5 of the kernel's peak where the sample is one point, and far less where it spreads.
 */
#define BINNED_PER_BANDWIDTH 48

/* A sample is binned if there are at most so many nodes, or as many as values: beyond, bins gain nothing. */
#define BINNED_MOST_NODES 0x1p20

/*
 * The sample with each value moved to the nodes k * step + values[0] beside it, the weight shared in proportion to
 * nearness: mean and sum of weights remain. Nodes that get nothing are left out. Values are finite; the range is at most
 * BINNED_MOST_NODES or n steps, whichever is more. On the pool, in fixed chunks. In the job's arena: 32 bytes a node.
 */
extern SdqStatus binned_sample(Job *job, const WeightedSample *sample, double step,
							   WeightedSample *binned);

#endif
