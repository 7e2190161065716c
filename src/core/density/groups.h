/*
 * groups.h
 *		Several samples, a density of each: on one grid, and with one kernel if that is asked for.
 *
 * Densities that are to be compared need the same nodes, and a kernel that makes no difference by itself. The common
 * kernel is that of pair.h for any number of groups: its covariance is that within the groups,
 * sum((n_g - 1) C_g) / sum(n_g - 1), and not that of their union, which distances between them would widen. It is
 * multiplied by the square of the factor that the rule has for the geometric mean of their sizes; rules are powers of
 * n, so that this is the geometric mean of their factors. A group of one value, or of equal ones, has a density by
 * the common kernel too.
 *
 * The grid reaches from `cut` bandwidths below the lowest value of all groups to as far above the highest: those of
 * the common kernel, or else the largest of any group. Groups with an infinite value count for neither.
 *
 * All is fitted first; then the groups are evaluated one after the other, so that one grid at a time is in memory. The
 * same bits for any number of threads. Status: SDQ_INTERRUPTED, memory.
 */
#ifndef SYNTHDQ_CORE_DENSITY_GROUPS_H
#define SYNTHDQ_CORE_DENSITY_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/density/kde.h"
#include "core/density/kde2d.h"
#include "core/sample/stream.h"

/*
 * Groups of numbers: bring options, as they are for each group by itself, to those for kde_evaluate() of any of the
 * groups. The range is then that of all; if is_pooled, the bandwidth is the common one as a number, 0 if the groups
 * do not spread (kde_evaluate() then is KDE_NO_BANDWIDTH), and the rule must not be BANDWIDTH_ISJ, which has no
 * factor. A bandwidth that is a number stays as it is. Scratch: 16 bytes per distinct value of the largest group.
 */
extern SdqStatus groups_fit(Job *job, const SampleView *groups, size_t n_groups, bool is_pooled,
							KdeOptions *options);

/* Points of a group, in any order; borrowed. No NaN, no -0. */
typedef struct GroupPoints
{
	const Point2d *points;
	size_t n;
} GroupPoints;

/*
 * Groups of points: models[n_groups], and in options the ranges of all, for kde2d_on_grid() where the model's outcome
 * is KDE_DONE. If is_pooled all have the common kernel, or none if that is singular. options->kernel is not in use.
 * Memory: 24 bytes per point in the job's arena, 32 per point of the largest group as scratch.
 */
extern SdqStatus groups_fit_plane(Job *job, const GroupPoints *groups, size_t n_groups,
								  bool is_pooled, Kde2dOptions *options, Kde2dModel *models);

#endif
