/*
 * kde.c
 *		The density of one sample.
 *
 * The sample is brought to a unit in which squares neither overflow nor vanish, gets its bandwidth, and is binned
 * if the exact sums would take long: a binned sample is one of fewer values, and so everything after that is one
 * path. What is asked for at a place is a sum over the values within reach of its images (mirror.h), of kernels
 * or of their integrals; the values are sorted, so that a window is found by bisection. Images are nodes of
 * grid_sum() like any other place, which spreads them over the threads.
 *
 * Large samples of counted values are crowds (crowd.h) whether they are sorted or not: their bandwidth, whether bins pay,
 * and the bins come from sums that know no order. So a sample that has not been sorted gets its bins, or is sent back to
 * be sorted, and nobody can tell from the result.
 *
 * A binned sample is convolved with the kernel directly: a place reads at most 2 * 37.5 * 48 = 3,600 nodes, a few
 * microseconds, so that a transform would gain nothing and lose much: it wraps around, its error is a share of
 * the peak everywhere, and so its tails are noise of either sign.
 */
#include "core/density/kde.h"

#include <float.h>
#include <math.h>

#include "core/base/compensated.h"
#include "core/base/search.h"
#include "core/base/sizes.h"
#include "core/density/binned.h"
#include "core/density/crowd.h"
#include "core/density/isj.h"
#include "core/density/mirror.h"
#include "core/density/scale.h"

/* Reflected Gaussians of this many times the width of the domain are uniform: the first term of the remainder is
 * 2 exp(-pi^2 3^2 / 2) = 1e-19 of the density. */
#define UNIFORM_WIDTH 3.0

/* Between two bounds the density is nowhere below that of a kernel at the domain's width w, and so kernels beyond
 * sqrt(w^2 + 80 h^2), exp(-40) of that, do not matter. */
#define CLOSED_REACH 80.0

/* An integral of a kernel, which is an error function or such, costs as much as so many terms of a density. */
#define INTEGRAL_COST 10.0

/* Places looked at to learn how much work the sums are. */
#define WORK_SAMPLE 4096

/* Images handled at once. */
#define BATCH_IMAGES ((size_t) 1 << 16)

/* Values per partial sum of weights. */
#define WEIGHT_BLOCK ((size_t) 1 << 10)

/* Doubles within a bin: a node is out of place by at most 1 / 512 of a bin, 1 / 24,576 of h. */
#define PLACES_IN_BIN 256

/* A sample ready for sums, all in a unit of 2^exponent. */
typedef struct Estimate
{
	Crowd crowd;           /* without entries: the weights are no counts */
	WeightedSample sample; /* empty where there is only a crowd so far */
	double min;            /* of all values, in their own unit */
	double max;
	Mirror mirror;
	Kernel kernel;
	int exponent;
	double h;
	double inverse_h;
	double reach; /* of a kernel */
	bool is_uniform;
	size_t n_images;
	const double
		*blocks; /* sum of weights before each WEIGHT_BLOCK of them; NULL: not needed so far */
} Estimate;

/* What a node's term needs. */
typedef struct ImageSums
{
	const Estimate *estimate;
	const double *images;
} ImageSums;

/* Are there counts? */
static bool
is_crowd(const Estimate *estimate)
{
	return estimate->crowd.total > 0;
}

/* The sample in the estimate's unit. */
static SdqStatus
scale_values(Job *job, const WeightedSample *sample, Estimate *estimate)
{
	double *values;

	estimate->sample = *sample;
	if (estimate->exponent == 0)
		return sdq_ok();
	values = arena_alloc(job->arena, sample->n, sizeof(double));
	if (values == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < sample->n; i++)
	{
		if (i % WEIGHTED_POLL_INTERVAL == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		values[i] = ldexp(sample->values[i], -estimate->exponent);
	}
	estimate->sample.values = values;
	return sdq_ok();
}

/* h by a rule of thumb; 0 if the values do not spread. */
static SdqStatus
thumb_bandwidth(Job *job, const Estimate *estimate, const Bandwidth *bandwidth, double *h)
{
	const WeightedSample *sample = &estimate->sample;
	double n = is_crowd(estimate) ? estimate->crowd.total : sample->effective_n;
	double variance;
	SdqStatus status;

	*h = 0;
	if (estimate->min == estimate->max || !(n > 1))
		return sdq_ok();
	if (is_crowd(estimate))
		status = crowd_variance(job, &estimate->crowd, ldexp(estimate->min, -estimate->exponent),
								ldexp(estimate->max, -estimate->exponent), &variance);
	else
		status = weighted_variance(job, sample, &variance);
	if (sdq_failed(status))
		return status;
	*h = bandwidth_factor(bandwidth, n, 1) * sqrt(variance);
	return sdq_ok();
}

/* h by any rule, and which one it was. */
static SdqStatus
rule_bandwidth(Job *job, const Estimate *estimate, const Bandwidth *bandwidth, BandwidthRule *rule,
			   double *h)
{
	static const Bandwidth fallback = {.rule = BANDWIDTH_SILVERMAN};

	*rule = bandwidth->rule;
	if (bandwidth->rule != BANDWIDTH_ISJ)
		return thumb_bandwidth(job, estimate, bandwidth, h);
	{
		SdqStatus status = isj_bandwidth(job, &estimate->sample, h);

		if (sdq_failed(status) || *h > 0)
			return status;
	}
	*rule = fallback.rule;
	return thumb_bandwidth(job, estimate, &fallback, h);
}

/* The sample without what weighs nothing at its ends. */
static WeightedSample
trim(const WeightedSample *sample)
{
	WeightedSample result = *sample;

	while (result.n > 0 && !(result.weights[result.n - 1] > 0))
		result.n--;
	while (result.n > 0 && !(result.weights[0] > 0))
	{
		result.values++;
		result.weights++;
		result.n--;
	}
	return result;
}

/* The images that kernels can touch, and how far those reach. */
static void
set_reach(Estimate *estimate)
{
	const Mirror *mirror = &estimate->mirror;
	double width = mirror->upper - mirror->lower;

	estimate->reach = kernel_reach(estimate->kernel) / estimate->inverse_h;
	if (mirror->has_lower && mirror->has_upper && estimate->kernel == KERNEL_GAUSSIAN)
	{
		estimate->is_uniform = estimate->h >= UNIFORM_WIDTH * width;
		estimate->reach =
			fmin(estimate->reach, sqrt(width * width + CLOSED_REACH * estimate->h * estimate->h));
	}
	if (!estimate->is_uniform)
		estimate->n_images = mirror_count(mirror, estimate->reach);
}

/* The exponent of a unit for values from min to max and a bandwidth. */
static int
unit_exponent(const KdeOptions *options, double min, double max, double bandwidth)
{
	double largest = fmax(fabs(min), fabs(max));

	if (options->bandwidth.rule == BANDWIDTH_NUMBER)
		largest = fmax(largest, bandwidth);
	return scale_exponent(largest);
}

/* The bandwidth that the options state, if they state one. */
static double
stated_bandwidth(const KdeOptions *options)
{
	double adjust = options->adjust == 0 ? 1 : options->adjust;

	return fmin(options->bandwidth.value * adjust, DBL_MAX);
}

/* Start an estimate of values from min to max; result->outcome says whether it is worth to go on. */
static void
begin_estimate(const KdeOptions *options, double min, double max, Estimate *estimate, Kde *result)
{
	const KdeBounds *bounds = &options->bounds;
	Mirror mirror = {bounds->has_lower, bounds->has_upper, bounds->lower, bounds->upper};

	*estimate = (Estimate){.kernel = options->kernel, .mirror = mirror, .min = min, .max = max};
	if (isinf(min) || isinf(max))
		result->outcome = KDE_INFINITE;
	else if (!mirror_holds(&mirror, min) || !mirror_holds(&mirror, max))
	{
		result->outcome = KDE_OUT_OF_BOUNDS;
		result->offender = mirror_holds(&mirror, min) ? max : min;
	}
	else
	{
		result->outcome = KDE_DONE;
		estimate->exponent = unit_exponent(options, min, max, stated_bandwidth(options));
		estimate->mirror.lower = ldexp(bounds->lower, -estimate->exponent);
		estimate->mirror.upper = ldexp(bounds->upper, -estimate->exponent);
	}
}

/* The bandwidth of an estimate with values, and what follows from it. */
static SdqStatus
set_bandwidth(Job *job, const KdeOptions *options, Estimate *estimate, Kde *result)
{
	const KdeBounds *bounds = &options->bounds;
	double adjust = options->adjust == 0 ? 1 : options->adjust;
	double number = stated_bandwidth(options);

	result->outcome = KDE_NO_BANDWIDTH;
	if (options->bandwidth.rule == BANDWIDTH_NUMBER)
		estimate->h = ldexp(number, -estimate->exponent);
	else
	{
		SdqStatus status =
			rule_bandwidth(job, estimate, &options->bandwidth, &result->rule, &estimate->h);

		if (sdq_failed(status))
			return status;
		estimate->h = fmin(estimate->h * adjust, DBL_MAX);
		number = ldexp(estimate->h, estimate->exponent);
	}
	if (!(number > 0))
		return sdq_ok();
	result->bandwidth = number;
	/* h may have vanished beside data more than 1e300 times as large. */
	estimate->inverse_h = fmin(1 / estimate->h, DBL_MAX);
	result->outcome = KDE_DONE;
	if (bounds->has_lower && bounds->has_upper && options->kernel != KERNEL_GAUSSIAN &&
		estimate->h > KDE_MAX_FOLDS * (estimate->mirror.upper - estimate->mirror.lower))
		result->outcome = KDE_TOO_WIDE;
	else
		set_reach(estimate);
	return sdq_ok();
}

/* A result of which nothing is known. */
static Kde
no_result(const KdeOptions *options)
{
	return (Kde){.outcome = KDE_NO_BANDWIDTH,
				 .grid_size = options->grid_size,
				 .rule = options->bandwidth.rule,
				 .method = KDE_EXACT};
}

/* Everything up to the bandwidth; result->outcome says whether sums make sense. */
static SdqStatus
open_estimate(Job *job, const WeightedSample *sample, const KdeOptions *options, Estimate *estimate,
			  Kde *result)
{
	WeightedSample trimmed = trim(sample);
	SdqStatus status;

	*result = no_result(options);
	if (trimmed.n == 0)
		return sdq_ok();
	begin_estimate(options, trimmed.values[0], trimmed.values[trimmed.n - 1], estimate, result);
	if (result->outcome != KDE_DONE)
		return sdq_ok();
	status = scale_values(job, &trimmed, estimate);
	if (sdq_failed(status))
		return status;
	if (trimmed.is_counted)
		estimate->crowd = crowd_of_sample(&estimate->sample);
	return set_bandwidth(job, options, estimate, result);
}

SdqStatus
kde_bandwidth(Job *job, const WeightedSample *sample, const KdeOptions *options, Kde *result)
{
	ArenaMark mark = arena_mark(job->arena);
	Estimate estimate;
	SdqStatus status = open_estimate(job, sample, options, &estimate, result);

	arena_release(job->arena, mark);
	return status;
}

/* About how many terms the exact sums at all of at[n] have, n >= 1. */
static SdqStatus
count_terms(Job *job, const Estimate *estimate, const double *at, size_t n, double *terms)
{
	ArenaMark mark = arena_mark(job->arena);
	const WeightedSample *sample = &estimate->sample;
	double *images = arena_alloc(job->arena, estimate->n_images, sizeof(double));
	size_t stride = divide_up(n, WORK_SAMPLE);
	double total = 0;

	if (images == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < n; i += stride)
	{
		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		mirror_images(&estimate->mirror, estimate->n_images, at[i], images);
		for (size_t j = 0; j < estimate->n_images; j++)
		{
			size_t first = 0;
			size_t end = sample->n;

			grid_window(sample->values, images[j], estimate->reach, &first, &end);
			total += (double) (end - first);
		}
	}
	*terms = total * (double) stride;
	arena_release(job->arena, mark);
	return sdq_ok();
}

/* What a term of a quantity costs. */
static double
term_cost(KdeQuantity quantity)
{
	return quantity == KDE_PDF ? 1 : INTEGRAL_COST;
}

/*
 * Would exact sums of a crowd have so many terms that bins pay? Decided by a part of the values, which is the same for
 * any order of all of them. *is_known = false: values repeat so much that no part will do.
 */
static SdqStatus
bins_pay(Job *job, const Estimate *estimate, double bins, KdeQuantity quantity, const double *at,
		 size_t n, bool *is_known, bool *pay)
{
	Estimate few = *estimate;
	double images = (double) n * (double) estimate->n_images;
	double one_of;
	double n_distinct;
	double terms;
	SdqStatus status =
		crowd_draw(job, &estimate->crowd, &few.sample.values, &few.sample.n, &one_of);

	*pay = false;
	*is_known = one_of > 0;
	if (sdq_failed(status) || !*is_known)
		return status;
	n_distinct = (double) few.sample.n * one_of;
	if (images * n_distinct * term_cost(quantity) <= KDE_EXACT_TERMS || !(2 * bins < n_distinct))
		return status;
	status = count_terms(job, &few, at, n, &terms);
	*pay = !sdq_failed(status) && terms * one_of * term_cost(quantity) > KDE_EXACT_TERMS;
	return status;
}

/* As choose_method(), for a crowd; *is_chosen = false: by the sample, then. */
static SdqStatus
choose_for_crowd(Job *job, KdeMethod method, KdeQuantity quantity, const double *at, size_t n,
				 Estimate *estimate, Kde *result, bool *is_chosen)
{
	double min = ldexp(estimate->min, -estimate->exponent);
	double max = ldexp(estimate->max, -estimate->exponent);
	double step = estimate->h / BINNED_PER_BANDWIDTH;
	double bins = (max - min) / step;
	bool pay = true;
	SdqStatus status = sdq_ok();

	*is_chosen =
		is_crowd(estimate) && estimate->crowd.total >= CROWD_MIN && bins <= CROWD_MOST_BINS;
	if (*is_chosen && method == KDE_AUTO)
		status = bins_pay(job, estimate, bins, quantity, at, n, is_chosen, &pay);
	if (sdq_failed(status) || !*is_chosen || !pay)
		return status;
	result->method = KDE_BINNED;
	return crowd_bin(job, &estimate->crowd, min, max, step, &estimate->sample);
}

/* Do doubles tell the places within a bin apart? Else the nodes would be out of place, and there are so few distinct
 * values that exact sums are cheap. */
static bool
places_are_exact(const Estimate *estimate, double step)
{
	double largest = ldexp(fmax(fabs(estimate->min), fabs(estimate->max)), -estimate->exponent);

	return step >= PLACES_IN_BIN * DBL_EPSILON * largest;
}

/* Replace the sample by its bins if that is asked for, or pays for sums of a quantity at at[n], n >= 1. */
static SdqStatus
choose_method(Job *job, KdeMethod method, KdeQuantity quantity, const double *at, size_t n,
			  Estimate *estimate, Kde *result)
{
	WeightedSample *sample = &estimate->sample;
	double step = estimate->h / BINNED_PER_BANDWIDTH;
	double bins;
	bool is_chosen;
	WeightedSample binned;
	SdqStatus status;

	if (estimate->is_uniform || method == KDE_EXACT || estimate->kernel != KERNEL_GAUSSIAN ||
		!places_are_exact(estimate, step))
		return sdq_ok();
	status = choose_for_crowd(job, method, quantity, at, n, estimate, result, &is_chosen);
	if (sdq_failed(status) || is_chosen || sample->n == 0)
		return status;
	bins = (sample->values[sample->n - 1] - sample->values[0]) / step;
	if (!(bins <= fmax(BINNED_MOST_NODES, (double) sample->n)))
		return status;
	if (method == KDE_AUTO)
	{
		double terms = (double) n * (double) estimate->n_images * (double) sample->n;

		if (terms * term_cost(quantity) <= KDE_EXACT_TERMS || !(2 * bins < (double) sample->n))
			return status;
		status = count_terms(job, estimate, at, n, &terms);
		if (sdq_failed(status) || terms * term_cost(quantity) <= KDE_EXACT_TERMS)
			return status;
	}
	status = binned_sample(job, sample, step, &binned);
	if (sdq_failed(status))
		return status;
	*sample = binned;
	result->method = KDE_BINNED;
	return status;
}

static double
density_term(const void *argument, size_t node, size_t first, size_t end)
{
	const ImageSums *sums = argument;
	const Estimate *estimate = sums->estimate;
	const WeightedSample *sample = &estimate->sample;
	double x = sums->images[node];

	grid_window(sample->values, x, estimate->reach, &first, &end);
	return kernel_sum(estimate->kernel, sample->values + first, sample->weights + first,
					  end - first, x, estimate->inverse_h);
}

/* The sum of the weights of values [0, end). */
static double
weight_below(const Estimate *estimate, size_t end)
{
	Compensated total = {estimate->blocks[end / WEIGHT_BLOCK], 0};

	for (size_t i = end - end % WEIGHT_BLOCK; i < end; i++)
		compensated_add(&total, estimate->sample.weights[i]);
	return compensated_total(&total);
}

/* Values far enough below a place count as a whole, those far enough above not at all. */
static double
integral_term(const void *argument, size_t node, size_t first, size_t end)
{
	const ImageSums *sums = argument;
	const Estimate *estimate = sums->estimate;
	const WeightedSample *sample = &estimate->sample;
	double full = kernel_full(estimate->kernel) / estimate->inverse_h;
	double x = sums->images[node];
	size_t whole = first_at_least(sample->values, first, end, x - full);
	size_t none = first_at_least(sample->values, whole, end, grid_window_end(x, estimate->reach));

	return weight_below(estimate, whole) - weight_below(estimate, first) +
		   kernel_integral_sum(estimate->kernel, sample->values + whole, sample->weights + whole,
							   none - whole, x, estimate->inverse_h);
}

/* Fill estimate->blocks. */
static SdqStatus
sum_weights(Job *job, Estimate *estimate)
{
	const WeightedSample *sample = &estimate->sample;
	double *blocks = arena_alloc(job->arena, sample->n / WEIGHT_BLOCK + 1, sizeof(double));
	Compensated total = {0, 0};

	if (blocks == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < sample->n; i++)
	{
		if (i % WEIGHT_BLOCK == 0)
			blocks[i / WEIGHT_BLOCK] = compensated_total(&total);
		if (i % WEIGHTED_POLL_INTERVAL == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		compensated_add(&total, sample->weights[i]);
	}
	if (sample->n % WEIGHT_BLOCK == 0)
		blocks[sample->n / WEIGHT_BLOCK] = compensated_total(&total);
	estimate->blocks = blocks;
	return sdq_ok();
}

/* The density in the estimate's unit from the sums at a place's images. */
static double
density_of(const Estimate *estimate, double x, const double *sums)
{
	double factor = kernel_peak(estimate->kernel) * estimate->inverse_h / estimate->sample.total;
	double total = 0;

	if (!mirror_holds(&estimate->mirror, x))
		return 0;
	for (size_t j = 0; j < estimate->n_images; j++)
		total += sums[j];
	/* The peak of a kernel that is hardly more than a point overflows; 0 beside it is still 0. */
	if (total > 0 && estimate->inverse_h == DBL_MAX)
		return INFINITY;
	return total > 0 ? total * factor : 0;
}

/* The integral up to a place. What lies between a bound and a place is, by its mirror image, the difference of
 * the integrals at the two; only an upper bound alone leaves an integral from minus infinity, of all. */
static double
integral_of(const Estimate *estimate, const double *sums)
{
	const Mirror *mirror = &estimate->mirror;
	Compensated total = {0, 0};

	for (size_t j = 0; j < estimate->n_images; j++)
		compensated_add(&total, j % 2 == 0 ? sums[j] : -sums[j]);
	if (mirror->has_upper && !mirror->has_lower)
		compensated_add(&total, estimate->sample.total);
	return fmax(0, fmin(1, compensated_total(&total) / estimate->sample.total));
}

/* A quantity where the kernels are so wide that the density is the same everywhere between two bounds. */
static double
uniform_value(const Estimate *estimate, KdeQuantity quantity, double x)
{
	const Mirror *mirror = &estimate->mirror;
	double width = mirror->upper - mirror->lower;

	if (quantity == KDE_PDF)
		return mirror_holds(mirror, x) ? 1 / width : 0;
	return (mirror_clamp(mirror, x) - mirror->lower) / width;
}

/* values[n] = the quantity at at[n], both in the estimate's unit, for a number of places that is small. */
static SdqStatus
evaluate_batch(Job *job, const Estimate *estimate, KdeQuantity quantity, const double *at, size_t n,
			   double *values)
{
	ArenaMark mark = arena_mark(job->arena);
	size_t n_images = estimate->n_images;
	double *images = arena_alloc(job->arena, n, n_images * sizeof(double));
	double *sums = arena_alloc(job->arena, n, n_images * sizeof(double));
	ImageSums argument = {.estimate = estimate, .images = images};
	SdqStatus status;

	if (images == NULL || sums == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < n; i++)
		mirror_images(&estimate->mirror, n_images, mirror_clamp(&estimate->mirror, at[i]),
					  images + i * n_images);
	status = grid_sum(job, estimate->sample.n, n * n_images,
					  quantity == KDE_PDF ? density_term : integral_term, &argument, sums);
	if (sdq_failed(status))
		return status;
	for (size_t i = 0; i < n; i++)
		values[i] = quantity == KDE_PDF ? density_of(estimate, at[i], sums + i * n_images)
										: integral_of(estimate, sums + i * n_images);
	arena_release(job->arena, mark);
	return sdq_ok();
}

/* The same for any number of places. */
static SdqStatus
evaluate(Job *job, Estimate *estimate, KdeQuantity quantity, const double *at, size_t n,
		 double *values)
{
	size_t batch;
	SdqStatus status;

	if (estimate->is_uniform)
	{
		for (size_t i = 0; i < n; i++)
			values[i] = uniform_value(estimate, quantity, at[i]);
		return sdq_ok();
	}
	if (quantity == KDE_CDF && estimate->blocks == NULL)
	{
		status = sum_weights(job, estimate);
		if (sdq_failed(status))
			return status;
	}
	batch = clamp(BATCH_IMAGES / estimate->n_images, 1, BATCH_IMAGES);
	for (size_t start = 0; start < n; start += batch)
	{
		status = evaluate_batch(job, estimate, quantity, at + start, minimum(batch, n - start),
								values + start);
		if (sdq_failed(status))
			return status;
	}
	return sdq_ok();
}

/* Fill result->x for data from min to max; false if the ends meet or cross. */
static bool
make_grid(const KdeOptions *options, double min, double max, Kde *result)
{
	const KdeBounds *bounds = &options->bounds;
	double margin = (options->has_cut ? options->cut : GRID_CUT) * result->bandwidth;
	GridRange range = grid_range(&options->range, min, max, margin);

	/* fmax() and fmin() pass over the NAN of an open end. */
	if (options->has_clip)
	{
		range.lo = fmax(range.lo, options->clip.lo);
		range.hi = fmin(range.hi, options->clip.hi);
	}
	if (bounds->has_lower)
		range.lo = fmax(range.lo, bounds->lower);
	if (bounds->has_upper)
		range.hi = fmin(range.hi, bounds->upper);
	return grid_axis(&range, min, max, result->bandwidth, options->grid_size, result->x);
}

/* The density of an estimate on a grid. Neither is there if the sample is a crowd that is to be summed exactly. */
static SdqStatus
evaluate_on_grid(Job *job, const KdeOptions *options, Estimate *estimate, Kde *result)
{
	size_t n = options->grid_size;
	double *nodes;
	double ends[2];
	double shares[2];
	SdqStatus status;

	result->x = arena_alloc(job->arena, n, sizeof(double));
	result->density = arena_alloc(job->arena, n, sizeof(double));
	nodes = arena_alloc(job->arena, n, sizeof(double));
	if (result->x == NULL || result->density == NULL || nodes == NULL)
		return arena_failure(job->arena);
	if (!make_grid(options, estimate->min, estimate->max, result))
	{
		result->outcome = KDE_NO_GRID;
		return sdq_ok();
	}
	for (size_t i = 0; i < n; i++)
		nodes[i] = ldexp(result->x[i], -estimate->exponent);

	status = choose_method(job, options->method, KDE_PDF, nodes, n, estimate, result);
	if (sdq_failed(status) || estimate->sample.n == 0)
		return status;
	status = evaluate(job, estimate, KDE_PDF, nodes, n, result->density);
	if (sdq_failed(status))
		return status;
	for (size_t i = 0; i < n; i++)
		result->density[i] = ldexp(result->density[i], -estimate->exponent);
	ends[0] = nodes[0];
	ends[1] = nodes[n - 1];
	status = evaluate(job, estimate, KDE_CDF, ends, 2, shares);
	result->mass = shares[1] - shares[0];
	return status;
}

SdqStatus
kde_evaluate_weighted(Job *job, const WeightedSample *sample, const KdeOptions *options,
					  Kde *result)
{
	Estimate estimate;
	SdqStatus status = open_estimate(job, sample, options, &estimate, result);

	if (sdq_failed(status) || result->outcome != KDE_DONE)
		return status;
	return evaluate_on_grid(job, options, &estimate, result);
}

bool
kde_takes_crowds(const KdeOptions *options, double total)
{
	return total >= CROWD_MIN && options->method != KDE_EXACT &&
		   options->kernel == KERNEL_GAUSSIAN && options->bandwidth.rule != BANDWIDTH_ISJ;
}

SdqStatus
kde_evaluate_crowd(Job *job, const Crowd *crowd, const KdeOptions *options, Kde *result,
				   bool *is_done)
{
	double min;
	double max;
	Estimate estimate;
	SdqStatus status;

	*result = no_result(options);
	*is_done = false;
	if (!kde_takes_crowds(options, crowd->total))
		return sdq_ok();
	status = crowd_extent(job, crowd, &min, &max);
	if (sdq_failed(status))
		return status;
	begin_estimate(options, min, max, &estimate, result);
	if (result->outcome != KDE_DONE || estimate.exponent != 0)
		return status;
	estimate.crowd = *crowd;
	status = set_bandwidth(job, options, &estimate, result);
	if (sdq_failed(status) || result->outcome != KDE_DONE || estimate.is_uniform)
		return status;
	status = evaluate_on_grid(job, options, &estimate, result);
	*is_done = estimate.sample.n > 0;
	return status;
}

SdqStatus
kde_evaluate(Job *job, const SampleView *sample, const KdeOptions *options, Kde *result)
{
	WeightedSample weighted;
	SdqStatus status = weighted_from_view(job, sample, &weighted);

	if (sdq_failed(status))
		return status;
	return kde_evaluate_weighted(job, &weighted, options, result);
}

SdqStatus
kde_at(Job *job, const WeightedSample *sample, const KdeOptions *options, KdeQuantity quantity,
	   const double *at, size_t n, double *values, Kde *result)
{
	double *places;
	Estimate estimate;
	SdqStatus status = open_estimate(job, sample, options, &estimate, result);

	if (sdq_failed(status) || result->outcome != KDE_DONE || n == 0)
		return status;
	places = arena_alloc(job->arena, n, sizeof(double));
	if (places == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < n; i++)
		places[i] = ldexp(at[i], -estimate.exponent);
	status = choose_method(job, options->method, quantity, places, n, &estimate, result);
	if (!sdq_failed(status))
		status = evaluate(job, &estimate, quantity, places, n, values);
	for (size_t i = 0; !sdq_failed(status) && quantity == KDE_PDF && i < n; i++)
		values[i] = ldexp(values[i], -estimate.exponent);
	return status;
}
