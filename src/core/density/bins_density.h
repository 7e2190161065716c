/*
 * bins_density.h
 *		Kernel density of binned values.
 */
#ifndef SYNTHDQ_CORE_DENSITY_BINS_DENSITY_H
#define SYNTHDQ_CORE_DENSITY_BINS_DENSITY_H

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/bins.h"
#include "core/density/kde.h"

/* Bins no wider than this share of h hardly show: the density is then within 1e-4 of its peak, and the grid
 * is that of the values. */
#define BINS_FINE 0.1

/*
 * The density of the nodes, each a value with the weight of its shares, times the share of all weight that lies
 * inside. Rules take the deviation of the values, not that of the nodes; the sums are over all nodes, and
 * result->method is KDE_BINNED. An open end of the grid lies options->cut bandwidths beyond the values, or, with bins
 * above BINS_FINE bandwidths, beyond the nodes, whose kernels it would cut otherwise. At least one value is
 * inside. *summary is filled in, weights may be taken from it. Status: as bins_summarize() and
 * kde_evaluate_weighted().
 */
extern SdqStatus bins_density(Job *job, const Bins *bins, const KdeOptions *options,
							  BinsSummary *summary, Kde *result);

#endif
