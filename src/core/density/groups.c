/*
 * groups.c
 *		The common kernel and grid of several groups.
 *
 * Numbers: each group says which bandwidth the rule gives it, which is the rule's factor times its deviation; a common
 * one follows from these without another look at the values. Points: models are fitted each by itself, and their
 * covariances pooled, in a unit that suits the largest coordinate of all groups (scale.h), to which points are then
 * brought as well.
 */
#include "core/density/groups.h"

#include <math.h>

#include "core/density/bandwidth.h"
#include "core/density/grid.h"
#include "core/density/plane.h"
#include "core/density/scale.h"
#include "core/density/weighted.h"

/* Sizes of groups, as far as a common kernel needs them. */
typedef struct GroupSizes
{
	size_t n_groups;
	double first;   /* the size of the first one */
	double ratios;  /* sum of log(size / first) */
	double freedom; /* sum of size - 1 */
} GroupSizes;

/* What the groups found out about their bandwidths. */
typedef struct GroupSpread
{
	double n;
	double h;        /* by the rule, in units of x; 0: the group has none */
	bool is_counted; /* no value is infinite, or beyond a bound */
} GroupSpread;

static void
sizes_add(GroupSizes *sizes, double n)
{
	if (sizes->n_groups++ == 0)
		sizes->first = n;
	sizes->ratios += log(n / sizes->first);
	sizes->freedom += n - 1;
}

/* The geometric mean of at least one size; exactly the size where all are the same. */
static double
mean_size(const GroupSizes *sizes)
{
	return sizes->first * exp(sizes->ratios / (double) sizes->n_groups);
}

/* The margin of a grid in bandwidths. */
static double
cut_of(bool has_cut, double cut)
{
	return has_cut ? cut : GRID_CUT;
}

/* ---------- numbers ---------- */

/* The bandwidth of one group, and its values into the extent of all. */
static SdqStatus
spread_of(Job *job, const SampleView *group, const KdeOptions *options, GroupSpread *spread,
		  Extent *extent)
{
	ArenaMark mark = arena_mark(job->arena);
	WeightedSample sample;
	Kde found;
	SdqStatus status;

	*spread = (GroupSpread){.n = (double) group->n};
	if (group->n == 0)
		return sdq_ok();
	status = weighted_from_view(job, group, &sample);
	if (!sdq_failed(status))
		status = kde_bandwidth(job, &sample, options, &found);
	if (sdq_failed(status))
		return status;
	arena_release(job->arena, mark);
	if (found.outcome == KDE_INFINITE || found.outcome == KDE_OUT_OF_BOUNDS)
		return status;
	spread->is_counted = true;
	if (found.outcome != KDE_NO_BANDWIDTH)
		spread->h = found.bandwidth;
	extent->min = fmin(extent->min, group->values[0]);
	extent->max = fmax(extent->max, group->values[group->n_distinct - 1]);
	return status;
}

/* The common bandwidth of a rule with a factor; `largest` is that of the groups', above 0. */
static double
pooled_bandwidth(const GroupSpread *spreads, size_t n_groups, const Bandwidth *rule, double largest)
{
	GroupSizes sizes = {.n_groups = 0};
	double variance = 0;
	double factor;

	for (size_t g = 0; g < n_groups; g++)
		if (spreads[g].is_counted)
			sizes_add(&sizes, spreads[g].n);
	factor = bandwidth_factor(rule, mean_size(&sizes), 1);
	for (size_t g = 0; g < n_groups; g++)
	{
		/* What the group's bandwidth would be with the common factor; squares of shares do not overflow. */
		double h = spreads[g].h / largest * (factor / bandwidth_factor(rule, spreads[g].n, 1));

		if (spreads[g].is_counted)
			variance += (spreads[g].n - 1) / sizes.freedom * (h * h);
	}
	return largest * sqrt(variance);
}

SdqStatus
groups_fit(Job *job, const SampleView *groups, size_t n_groups, bool is_pooled, KdeOptions *options)
{
	GroupSpread *spreads = arena_alloc(job->arena, n_groups, sizeof(*spreads));
	Extent extent = extent_of_nothing();
	double largest = 0;

	if (spreads == NULL)
		return arena_failure(job->arena);
	for (size_t g = 0; g < n_groups; g++)
	{
		SdqStatus status = spread_of(job, &groups[g], options, &spreads[g], &extent);

		if (sdq_failed(status))
			return status;
		largest = fmax(largest, spreads[g].h);
	}
	if (is_pooled && options->bandwidth.rule != BANDWIDTH_NUMBER)
	{
		if (largest > 0)
			largest = pooled_bandwidth(spreads, n_groups, &options->bandwidth, largest);
		options->bandwidth = (Bandwidth){.rule = BANDWIDTH_NUMBER, .value = largest};
		options->adjust = 1;
	}
	if (extent.min <= extent.max)
		options->range = grid_range(&options->range, extent.min, extent.max,
									cut_of(options->has_cut, options->cut) * largest);
	return sdq_ok();
}

/* ---------- points ---------- */

/* The extents of all groups that are finite; how many there are. */
static size_t
extents_of_models(const Kde2dModel *models, size_t n_groups, Extent *x, Extent *y)
{
	size_t n_finite = 0;

	*x = *y = extent_of_nothing();
	for (size_t g = 0; g < n_groups; g++)
	{
		const Kde2dModel *model = &models[g];

		if (model->outcome == KDE_INFINITE || model->n == 0)
			continue;
		x->min = fmin(x->min, model->min_x);
		x->max = fmax(x->max, model->max_x);
		y->min = fmin(y->min, model->min_y);
		y->max = fmax(y->max, model->max_y);
		n_finite++;
	}
	return n_finite;
}

/* The points of a model in another unit. Its own covariance and kernel are out of use. */
static SdqStatus
change_unit(Job *job, Kde2dModel *model, int exponent_x, int exponent_y)
{
	PointSet *set = &model->set;
	SdqStatus status = scale_in_place(job->stop, set->x, set->n, exponent_x - model->exponent_x);

	if (!sdq_failed(status))
		status = scale_in_place(job->stop, set->y, set->n, exponent_y - model->exponent_y);
	model->exponent_x = exponent_x;
	model->exponent_y = exponent_y;
	return status;
}

/* Give all models that are finite the common kernel; x and y are the extents of all. */
static SdqStatus
pool_models(Job *job, Kde2dModel *models, size_t n_groups, const Kde2dOptions *options, Extent x,
			Extent y)
{
	GroupSizes sizes = {.n_groups = 0};
	Covariance2d within = {0};
	Kde2dKernel kernel;
	Gaussian2d whitened;
	bool is_regular;

	x.exponent = scale_exponent(extent_largest(&x));
	y.exponent = scale_exponent(extent_largest(&y));
	for (size_t g = 0; g < n_groups; g++)
		if (models[g].outcome != KDE_INFINITE && models[g].n > 0)
			sizes_add(&sizes, models[g].n);
	for (size_t g = 0; g < n_groups; g++)
	{
		const Covariance2d *own = &models[g].covariance;
		int by_x = models[g].exponent_x - x.exponent;
		int by_y = models[g].exponent_y - y.exponent;
		double share = (models[g].n - 1) / sizes.freedom;

		if (models[g].outcome == KDE_INFINITE || !(models[g].n > 1))
			continue;
		within.xx += share * ldexp(own->xx, 2 * by_x);
		within.xy += share * ldexp(own->xy, by_x + by_y);
		within.yy += share * ldexp(own->yy, 2 * by_y);
	}
	kernel.factor = bandwidth_factor(&options->bandwidth, mean_size(&sizes), 2);
	if (options->adjust > 0)
		kernel.factor *= options->adjust;
	is_regular = plane_kernel(&within, kernel.factor, &whitened, &kernel.correlation);
	kernel.bandwidth_x = plane_bandwidth(within.xx, kernel.factor, x.exponent);
	kernel.bandwidth_y = plane_bandwidth(within.yy, kernel.factor, y.exponent);
	for (size_t g = 0; g < n_groups; g++)
	{
		Kde2dModel *model = &models[g];
		SdqStatus status;

		if (model->outcome == KDE_INFINITE || model->n == 0)
			continue;
		model->outcome = is_regular ? KDE_DONE : KDE_NO_BANDWIDTH;
		if (!is_regular)
			continue;
		status = change_unit(job, model, x.exponent, y.exponent);
		if (sdq_failed(status))
			return status;
		model->kernel = kernel;
		model->whitened = whitened;
	}
	return sdq_ok();
}

SdqStatus
groups_fit_plane(Job *job, const GroupPoints *groups, size_t n_groups, bool is_pooled,
				 Kde2dOptions *options, Kde2dModel *models)
{
	double cut = cut_of(options->has_cut, options->cut);
	double h_x = 0;
	double h_y = 0;
	Extent x;
	Extent y;
	SdqStatus status = sdq_ok();

	options->kernel = NULL;
	for (size_t g = 0; g < n_groups && !sdq_failed(status); g++)
		status = kde2d_fit(job, groups[g].points, groups[g].n, options, &models[g]);
	if (sdq_failed(status) || extents_of_models(models, n_groups, &x, &y) == 0)
		return status;
	if (is_pooled)
		status = pool_models(job, models, n_groups, options, x, y);
	for (size_t g = 0; g < n_groups && !sdq_failed(status); g++)
	{
		if (models[g].outcome != KDE_DONE)
			continue;
		h_x = fmax(h_x, models[g].kernel.bandwidth_x);
		h_y = fmax(h_y, models[g].kernel.bandwidth_y);
	}
	options->x_range = grid_range(&options->x_range, x.min, x.max, cut * h_x);
	options->y_range = grid_range(&options->y_range, y.min, y.max, cut * h_y);
	return status;
}
