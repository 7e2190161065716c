/*
 * bins_density.c
 *		Bandwidth, grid and density of binned values.
 */
#include "core/density/bins_density.h"

#include <math.h>

/* The bandwidth as a number, for the values: in options->bandwidth, and its rule in result. Without one, or with
 * nodes that cannot have a density, result->outcome says so. */
static SdqStatus
set_bandwidth(Job *job, const BinsSummary *summary, KdeOptions *options, Kde *result)
{
	Bandwidth *bandwidth = &options->bandwidth;
	SdqStatus status = kde_bandwidth(job, &summary->sample, options, result);

	if (sdq_failed(status) || result->outcome == KDE_OUT_OF_BOUNDS ||
		bandwidth->rule == BANDWIDTH_NUMBER)
		return status;
	if (result->outcome == KDE_NO_BANDWIDTH || !(summary->deviation > 0))
	{
		result->outcome = KDE_NO_BANDWIDTH;
		return status;
	}
	if (result->rule == BANDWIDTH_ISJ)
	{
		*bandwidth = (Bandwidth){.rule = BANDWIDTH_NUMBER, .value = result->bandwidth};
		options->adjust = 1;
	}
	else
	{
		*bandwidth = (Bandwidth){.rule = result->rule};
		*bandwidth =
			(Bandwidth){.rule = BANDWIDTH_NUMBER,
						.value = bandwidth_factor(bandwidth, summary->sample.effective_n, 1) *
								 summary->deviation};
	}
	result->outcome = KDE_DONE;
	return status;
}

/* Let open ends of the grid follow the values, if bins are fine beside h. */
static void
set_range(const Bins *bins, KdeOptions *options)
{
	double adjust = options->adjust == 0 ? 1 : options->adjust;
	double h = options->bandwidth.value * adjust;
	double margin = (options->has_cut ? options->cut : GRID_CUT) * h;
	double lo = bins->min - margin;
	double hi = bins->max + margin;

	if ((bins->hi - bins->lo) / (double) bins->n_bins > BINS_FINE * h || !isfinite(lo) ||
		!isfinite(hi))
		return;
	if (isnan(options->range.lo))
		options->range.lo = lo;
	if (isnan(options->range.hi))
		options->range.hi = hi;
}

SdqStatus
bins_density(Job *job, const Bins *bins, const KdeOptions *options, BinsSummary *summary,
			 Kde *result)
{
	KdeOptions own = *options;
	BandwidthRule rule;
	double share;
	SdqStatus status = bins_summarize(job, bins, summary);

	if (sdq_failed(status))
		return status;
	status = set_bandwidth(job, summary, &own, result);
	if (sdq_failed(status) || result->outcome == KDE_NO_BANDWIDTH ||
		result->outcome == KDE_OUT_OF_BOUNDS)
		return status;
	rule = result->rule;
	set_range(bins, &own);
	status = kde_evaluate_weighted(job, &summary->sample, &own, result);
	result->rule = rule;
	if (sdq_failed(status) || result->outcome != KDE_DONE)
		return status;
	result->method = KDE_BINNED;
	share = summary->weight_inside /
			(summary->weight_inside + summary->weight_below + summary->weight_above);
	result->mass *= share;
	for (size_t i = 0; i < result->grid_size; i++)
		result->density[i] *= share;
	return status;
}
