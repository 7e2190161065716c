/*
 * pair.c
 *		The common kernel and grid of two samples.
 *
 * Both sides are brought to a unit in which squares neither overflow nor vanish (scale.h). In one dimension the
 * densities are those of kde_evaluate() with a stated bandwidth and range; in two they are those of
 * plane_density(), because the kernel is not that of the points.
 */
#include "core/density/pair.h"

#include <float.h>
#include <math.h>

#include "core/base/rng.h"
#include "core/density/gaussian.h"
#include "core/density/moments.h"
#include "core/density/permutation.h"
#include "core/density/plane.h"
#include "core/density/relabel.h"
#include "core/density/scale.h"

/* Points looked at between two polls of the stop flag. */
#define POLL_INTERVAL ((size_t) 1 << 18)

/* Stream of the random numbers that halve a sample, behind those of the permutations. */
#define STREAM_SPLIT (RNG_STREAM_RELABEL + 0x0fffffff)

/* Sums of squares and products about the mean of one side or of several; those with y are 0 in one dimension. */
typedef struct Moments
{
	double n;
	Centre x;
	Centre y;
	double xx;
	double xy;
	double yy;
} Moments;

/* The extent of values[n] of both sides. */
static SdqStatus
extent_of(Stop *stop, const double *const values[2], const size_t n[2], Extent *extent)
{
	SdqStatus status = sdq_ok();

	*extent = extent_of_nothing();
	for (int s = 0; s < 2 && !sdq_failed(status); s++)
		status = extent_add(stop, values[s], n[s], extent);
	return status;
}

/* Bring values[n] of both sides to the unit of the extent, in place. `other` is as large as the unit must also suit,
 * or 0. */
static SdqStatus
choose_unit(Stop *stop, double *const values[2], const size_t n[2], double other, Extent *extent)
{
	SdqStatus status = sdq_ok();

	extent->exponent = scale_exponent(fmax(extent_largest(extent), other));
	for (int s = 0; s < 2 && !sdq_failed(status); s++)
		status = scale_in_place(stop, values[s], n[s], extent->exponent);
	return status;
}

/* The sum of products of a and b about their means. */
static SdqStatus
products_of(Stop *stop, const PointSet *side, const double *a, const Centre *centre_a,
			const double *b, const Centre *centre_b, double n, double *products)
{
	SdqStatus status = sdq_ok();

	*products = 0;
	if (n > 1)
		status = covariance_of(stop, a, centre_a, b, centre_b, side->weights, side->n, products);
	*products *= n - 1;
	return status;
}

/* The moments of a side of at least one point. y is NULL in one dimension. */
static SdqStatus
moments_of(Stop *stop, const PointSet *side, double n, Moments *moments)
{
	SdqStatus status;

	*moments = (Moments){.n = n};
	status = centre_of(stop, side->x, side->weights, side->n, &moments->x);
	if (!sdq_failed(status))
		status =
			products_of(stop, side, side->x, &moments->x, side->x, &moments->x, n, &moments->xx);
	if (side->y == NULL || sdq_failed(status))
		return status;
	status = centre_of(stop, side->y, side->weights, side->n, &moments->y);
	if (!sdq_failed(status))
		status =
			products_of(stop, side, side->x, &moments->x, side->y, &moments->y, n, &moments->xy);
	if (!sdq_failed(status))
		status =
			products_of(stop, side, side->y, &moments->y, side->y, &moments->y, n, &moments->yy);
	return status;
}

static double
distance_between(const Centre *a, const Centre *b)
{
	return (a->shift - b->shift) + (a->offset - b->offset);
}

/* The covariance within two sides. */
static Covariance2d
within_sides(const Moments sides[2])
{
	double freedom = sides[0].n + sides[1].n - 2;

	return (Covariance2d){.xx = (sides[0].xx + sides[1].xx) / freedom,
						  .xy = (sides[0].xy + sides[1].xy) / freedom,
						  .yy = (sides[0].yy + sides[1].yy) / freedom};
}

/* The covariance of the union of two sides. */
static Covariance2d
of_union(const Moments sides[2])
{
	double n = sides[0].n + sides[1].n;
	double apart = sides[0].n * (sides[1].n / n);
	double x = distance_between(&sides[0].x, &sides[1].x);
	double y = distance_between(&sides[0].y, &sides[1].y);

	return (Covariance2d){.xx = (sides[0].xx + sides[1].xx + apart * x * x) / (n - 1),
						  .xy = (sides[0].xy + sides[1].xy + apart * x * y) / (n - 1),
						  .yy = (sides[0].yy + sides[1].yy + apart * y * y) / (n - 1)};
}

/* The geometric mean of the rule's factors for both sides. */
static double
common_factor(const Bandwidth *bandwidth, const Moments sides[2], int d)
{
	return sqrt(bandwidth_factor(bandwidth, sides[0].n, d)) *
		   sqrt(bandwidth_factor(bandwidth, sides[1].n, d));
}

/* Copies of coordinates and weights for a side of the permutation test. */
static SdqStatus
kernel_coordinates(Job *job, const PointSet *side, double min_x, double min_y,
				   const Gaussian2d *kernel, PermutationSide *result)
{
	double *u = arena_alloc(job->arena, side->n, sizeof(double));
	double *v = side->y == NULL ? NULL : arena_alloc(job->arena, side->n, sizeof(double));

	if (u == NULL || (side->y != NULL && v == NULL))
		return arena_failure(job->arena);
	for (size_t i = 0; i < side->n; i++)
	{
		double dx = side->x[i] - min_x;

		if (i % POLL_INTERVAL == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		u[i] = dx * kernel->inverse_x;
		if (v != NULL)
			v[i] = ((side->y[i] - min_y) - kernel->slope * dx) * kernel->inverse_y;
	}
	*result = (PermutationSide){.n = side->n, .u = u, .v = v, .weights = side->weights};
	return sdq_ok();
}

/* The p-value; the kernel and the extents are in the sides' unit. */
static SdqStatus
test_labels(Job *job, const PointSet sides[2], double min_x, double min_y, const Gaussian2d *kernel,
			const PairOptions *options, double *p)
{
	ArenaMark mark = arena_mark(job->arena);
	PermutationSide labelled[2];
	double lowest = INFINITY;
	SdqStatus status = sdq_ok();

	*p = NAN;
	if (options->permutations == 0)
		return status;
	for (int s = 0; s < 2 && !sdq_failed(status); s++)
		status = kernel_coordinates(job, &sides[s], min_x, min_y, kernel, &labelled[s]);
	/* The slope leaves no coordinate where it was: v from 0 on again. */
	for (int s = 0; s < 2 && !sdq_failed(status) && sides[0].y != NULL; s++)
		for (size_t i = 0; i < sides[s].n; i++)
			lowest = fmin(lowest, labelled[s].v[i]);
	for (int s = 0; s < 2 && !sdq_failed(status) && sides[0].y != NULL; s++)
		for (size_t i = 0; i < sides[s].n; i++)
			((double *) labelled[s].v)[i] -= lowest;
	if (!sdq_failed(status))
		status = permutation_test(job, labelled, options->permutations, options->seed, p);
	if (!sdq_failed(status))
		arena_release(job->arena, mark);
	return status;
}

/* Values and counts of a sample as doubles of our own, as a set without y. */
static SdqStatus
copy_sample(Job *job, const SampleView *sample, PointSet *set)
{
	*set = (PointSet){.n = sample->n_distinct,
					  .x = arena_alloc(job->arena, sample->n_distinct, sizeof(double)),
					  .weights = arena_alloc(job->arena, sample->n_distinct, sizeof(double))};
	if (set->x == NULL || set->weights == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < set->n; i++)
	{
		if (i % POLL_INTERVAL == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		set->x[i] = sample->values[i];
		set->weights[i] = (double) sample->counts[i];
	}
	return sdq_ok();
}

/* h of the densities, and what the test needs: both in the sides' unit; 0 if there is none. */
static SdqStatus
common_bandwidth(Job *job, const PointSet sides[2], const double n[2], const PairOptions *options,
				 double *h, double *h_of_union)
{
	Moments moments[2];
	double factor;

	*h = 0;
	if (n[0] + n[1] <= 2)
		return sdq_ok();
	for (int s = 0; s < 2; s++)
	{
		SdqStatus status = moments_of(job->stop, &sides[s], n[s], &moments[s]);

		if (sdq_failed(status))
			return status;
	}
	factor = common_factor(&options->bandwidth, moments, 1);
	*h = factor * sqrt(within_sides(moments).xx);
	*h_of_union = factor * sqrt(of_union(moments).xx);
	return sdq_ok();
}

/* The density of one side on the pair's grid, which it makes if it is the first. */
static SdqStatus
evaluate_side(Job *job, const SampleView *sample, const GridRange *range,
			  const PairOptions *options, int s, DensityPair *pair)
{
	KdeOptions own = {.grid_size = options->grid_size,
					  .bandwidth = {.rule = BANDWIDTH_NUMBER, .value = pair->bandwidth_x},
					  .range = *range};
	Kde kde;
	SdqStatus status = kde_evaluate(job, sample, &own, &kde);

	if (sdq_failed(status))
		return status;
	pair->outcome = kde.outcome;
	pair->grid = (SimilarityGrid){.n_x = options->grid_size, .n_y = 1, .x = kde.x};
	pair->density[s] = kde.density;
	return sdq_ok();
}

SdqStatus
pair_compare(Job *job, const SampleView sides[2], const PairOptions *options, DensityPair *pair)
{
	bool has_number = options->bandwidth.rule == BANDWIDTH_NUMBER;
	const double *const values[2] = {sides[0].values, sides[1].values};
	const double n[2] = {(double) sides[0].n, (double) sides[1].n};
	size_t distinct[2] = {sides[0].n_distinct, sides[1].n_distinct};
	double *nodes;
	GridRange range = {.lo = NAN, .hi = NAN};
	PointSet sets[2];
	double *copies[2];
	Extent extent;
	Extent unit;
	double h;
	double h_of_union;
	SdqStatus status;

	*pair = (DensityPair){
		.outcome = KDE_NO_BANDWIDTH, .bandwidth_x = NAN, .bandwidth_y = NAN, .p_value = NAN};
	if (sides[0].n == 0 || sides[1].n == 0)
		return sdq_ok();
	status = extent_of(job->stop, values, distinct, &extent);
	if (sdq_failed(status))
		return status;
	if (extent_is_infinite(&extent))
	{
		pair->outcome = KDE_INFINITE;
		return sdq_ok();
	}
	for (int s = 0; s < 2 && !sdq_failed(status); s++)
	{
		status = copy_sample(job, &sides[s], &sets[s]);
		copies[s] = sets[s].x;
	}
	unit = extent;
	if (!sdq_failed(status))
		status = choose_unit(job->stop, copies, distinct, has_number ? options->bandwidth.value : 0,
							 &unit);
	if (has_number)
		h = h_of_union = ldexp(options->bandwidth.value, -unit.exponent);
	else if (!sdq_failed(status))
		status = common_bandwidth(job, sets, n, options, &h, &h_of_union);
	if (sdq_failed(status) || h == 0)
		return status;
	pair->bandwidth_x = has_number ? options->bandwidth.value : ldexp(h, unit.exponent);

	pair->outcome = KDE_NO_GRID;
	nodes = arena_alloc(job->arena, options->grid_size, sizeof(double));
	if (nodes == NULL)
		return arena_failure(job->arena);
	if (!grid_axis(&range, extent.min, extent.max, pair->bandwidth_x, options->grid_size, nodes))
		return sdq_ok();
	range = (GridRange){.lo = nodes[0], .hi = nodes[options->grid_size - 1]};
	for (int s = 0; s < 2 && !sdq_failed(status); s++)
		status = evaluate_side(job, &sides[s], &range, options, s, pair);
	if (!sdq_failed(status) && pair->outcome == KDE_DONE)
		status =
			similarity_of(job, &pair->grid, pair->density[0], pair->density[1], &pair->similarity);
	if (!sdq_failed(status))
	{
		Gaussian2d kernel = {.inverse_x = fmin(1 / h_of_union, DBL_MAX)};

		status = test_labels(job, sets, ldexp(extent.min, -unit.exponent), 0, &kernel, options,
							 &pair->p_value);
	}
	return status;
}

/* The density of one side on the pair's grid, in the sides' units. */
static SdqStatus
evaluate_side_2d(Job *job, const PointSet *side, double n, const PlaneGrid *grid, double **density)
{
	/* At most GRID_MAX_SIZE squared. */
	*density = arena_alloc(job->arena, grid->size * grid->size, sizeof(double));
	if (*density == NULL)
		return arena_failure(job->arena);
	return plane_density(job, side, n, grid, *density);
}

/* One axis of the pair's grid, and a copy in the sides' unit; *outcome is KDE_NO_GRID if there is none. */
static SdqStatus
make_axis(Arena *arena, const Extent *extent, double bandwidth, size_t n, double **nodes,
		  double **scaled, KdeOutcome *outcome)
{
	static const GridRange open = {.lo = NAN, .hi = NAN};

	*nodes = arena_alloc(arena, n, sizeof(double));
	*scaled = arena_alloc(arena, n, sizeof(double));
	if (*nodes == NULL || *scaled == NULL)
		return arena_failure(arena);
	if (!grid_axis(&open, extent->min, extent->max, bandwidth, n, *nodes))
	{
		*outcome = KDE_NO_GRID;
		return sdq_ok();
	}
	for (size_t i = 0; i < n; i++)
		(*scaled)[i] = ldexp((*nodes)[i], -extent->exponent);
	return sdq_ok();
}

/* The densities of both sides, and their similarity. */
static SdqStatus
compare_on_grid(Job *job, const PointSet sides[2], const double n[2], const Gaussian2d *kernel,
				const Extent *x, const Extent *y, size_t grid_size, DensityPair *pair)
{
	double *nodes[2];
	double *scaled[2];
	int exponent = x->exponent + y->exponent;
	SimilarityGrid unit;
	PlaneGrid grid;
	SdqStatus status;

	pair->outcome = KDE_DONE;
	status = make_axis(job->arena, x, pair->bandwidth_x, grid_size, &nodes[0], &scaled[0],
					   &pair->outcome);
	if (!sdq_failed(status))
		status = make_axis(job->arena, y, pair->bandwidth_y, grid_size, &nodes[1], &scaled[1],
						   &pair->outcome);
	if (sdq_failed(status) || pair->outcome != KDE_DONE)
		return status;
	pair->grid = (SimilarityGrid){.n_x = grid_size, .n_y = grid_size, .x = nodes[0], .y = nodes[1]};
	grid = (PlaneGrid){.x = scaled[0], .y = scaled[1], .size = grid_size, .kernel = *kernel};
	for (int s = 0; s < 2 && !sdq_failed(status); s++)
		status = evaluate_side_2d(job, &sides[s], n[s], &grid, &pair->density[s]);
	/* Compared in the sides' units, in which densities neither overflow nor vanish. */
	unit = pair->grid;
	unit.x = scaled[0];
	unit.y = scaled[1];
	if (!sdq_failed(status))
		status = similarity_of(job, &unit, pair->density[0], pair->density[1], &pair->similarity);
	for (int s = 0; s < 2 && !sdq_failed(status); s++)
		status = plane_rescale(job, pair->density[s], grid_size * grid_size, exponent);
	if (sdq_failed(status) || !pair->similarity.is_defined)
		return status;
	pair->similarity.l2 *= exp2(-exponent / 2.0);
	pair->similarity.gap = ldexp(pair->similarity.gap, -exponent);
	return status;
}

/* The number of points of a set, exactly. */
static double
size_of_set(const PointSet *set)
{
	double n = 0;

	for (size_t i = 0; i < set->n; i++)
		n += set->weights[i];
	return n;
}

SdqStatus
pair_compare_2d(Job *job, PointSet sides[2], const PairOptions *options, DensityPair *pair)
{
	double *const all_x[2] = {sides[0].x, sides[1].x};
	double *const all_y[2] = {sides[0].y, sides[1].y};
	const double *const read_x[2] = {sides[0].x, sides[1].x};
	const double *const read_y[2] = {sides[0].y, sides[1].y};
	size_t distinct[2] = {sides[0].n, sides[1].n};
	const double n[2] = {size_of_set(&sides[0]), size_of_set(&sides[1])};
	Moments moments[2];
	Covariance2d within;
	Covariance2d together;
	Extent x;
	Extent y;
	double factor;
	double correlation;
	Gaussian2d kernel;
	Gaussian2d kernel_of_union;
	SdqStatus status;

	*pair = (DensityPair){
		.outcome = KDE_NO_BANDWIDTH, .bandwidth_x = NAN, .bandwidth_y = NAN, .p_value = NAN};
	if (n[0] == 0 || n[1] == 0)
		return sdq_ok();
	status = extent_of(job->stop, read_x, distinct, &x);
	if (!sdq_failed(status))
		status = extent_of(job->stop, read_y, distinct, &y);
	if (sdq_failed(status))
		return status;
	if (extent_is_infinite(&x) || extent_is_infinite(&y))
	{
		pair->outcome = KDE_INFINITE;
		return sdq_ok();
	}
	status = choose_unit(job->stop, all_x, distinct, 0, &x);
	if (!sdq_failed(status))
		status = choose_unit(job->stop, all_y, distinct, 0, &y);
	for (int s = 0; s < 2 && !sdq_failed(status); s++)
		status = moments_of(job->stop, &sides[s], n[s], &moments[s]);
	if (sdq_failed(status) || n[0] + n[1] <= 2)
		return status;

	within = within_sides(moments);
	together = of_union(moments);
	factor = common_factor(&options->bandwidth, moments, 2);
	if (!plane_kernel(&within, factor, &kernel, &correlation))
		return sdq_ok();
	/* Only where the sides are a million bandwidths apart. */
	if (!plane_kernel(&together, factor, &kernel_of_union, &correlation))
		kernel_of_union = kernel;
	pair->bandwidth_x = plane_bandwidth(within.xx, factor, x.exponent);
	pair->bandwidth_y = plane_bandwidth(within.yy, factor, y.exponent);
	status = compare_on_grid(job, sides, n, &kernel, &x, &y, options->grid_size, pair);
	if (sdq_failed(status))
		return status;
	return test_labels(job, sides, ldexp(x.min, -x.exponent), ldexp(y.min, -y.exponent),
					   &kernel_of_union, options, &pair->p_value);
}

/* taken[n] = how many of each of counts[n] go to the first half. */
static SdqStatus
draw_half(Job *job, const int64_t *counts, size_t n, uint64_t seed, int64_t *taken)
{
	RelabelLeft left = {0, 0};
	Rng rng;

	for (size_t i = 0; i < n; i++)
		left.left += counts[i];
	left.needed = left.left / 2;
	rng_seed(&rng, seed, STREAM_SPLIT);
	for (size_t i = 0; i < n; i += RELABEL_KINDS)
	{
		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		relabel_draw(&rng, &left, counts + i, n - i < RELABEL_KINDS ? n - i : RELABEL_KINDS,
					 taken + i);
	}
	return sdq_ok();
}

SdqStatus
pair_split(Job *job, const SampleView *sample, uint64_t seed, SampleView halves[2])
{
	size_t n = sample->n_distinct;
	int64_t *counts = arena_alloc(job->arena, n, sizeof(int64_t));
	int64_t *taken = arena_alloc(job->arena, n, sizeof(int64_t));
	SdqStatus status;

	if (counts == NULL || taken == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < n; i++)
		counts[i] = (int64_t) sample->counts[i];
	status = draw_half(job, counts, n, seed, taken);
	for (int half = 0; half < 2 && !sdq_failed(status); half++)
	{
		double *values = arena_alloc(job->arena, n, sizeof(double));
		uint64_t *own = arena_alloc(job->arena, n, sizeof(uint64_t));

		if (values == NULL || own == NULL)
			return arena_failure(job->arena);
		halves[half] = (SampleView){.values = values, .counts = own};
		for (size_t i = 0; i < n; i++)
		{
			int64_t count = half == 0 ? taken[i] : counts[i] - taken[i];

			if (count == 0)
				continue;
			values[halves[half].n_distinct] = sample->values[i];
			own[halves[half].n_distinct++] = (uint64_t) count;
			halves[half].n += (uint64_t) count;
		}
	}
	return status;
}

SdqStatus
pair_split_2d(Job *job, const PointSet *set, uint64_t seed, PointSet halves[2])
{
	size_t n = set->n;
	int64_t *counts = arena_alloc(job->arena, n, sizeof(int64_t));
	int64_t *taken = arena_alloc(job->arena, n, sizeof(int64_t));
	SdqStatus status;

	if (counts == NULL || taken == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < n; i++)
		counts[i] = (int64_t) set->weights[i];
	status = draw_half(job, counts, n, seed, taken);
	for (int half = 0; half < 2 && !sdq_failed(status); half++)
	{
		PointSet *to = &halves[half];

		*to = (PointSet){.n = 0,
						 .x = arena_alloc(job->arena, n, sizeof(double)),
						 .y = arena_alloc(job->arena, n, sizeof(double)),
						 .weights = arena_alloc(job->arena, n, sizeof(double))};
		if (to->x == NULL || to->y == NULL || to->weights == NULL)
			return arena_failure(job->arena);
		for (size_t i = 0; i < n; i++)
		{
			int64_t count = half == 0 ? taken[i] : counts[i] - taken[i];

			if (count == 0)
				continue;
			to->x[to->n] = set->x[i];
			to->y[to->n] = set->y[i];
			to->weights[to->n++] = (double) count;
		}
	}
	return status;
}
