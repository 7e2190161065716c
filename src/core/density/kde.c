/*
 * kde.c
 *		The density of one sample. The values are sorted, so that a node sums only those within reach.
 */
#include "core/density/kde.h"

#include <float.h>
#include <math.h>

#include "core/density/gaussian.h"
#include "core/density/moments.h"
#include "core/density/scale.h"

#define INVERSE_SQRT_2PI 0.39894228040143267794

/* Values converted between two polls of the stop flag. */
#define POLL_INTERVAL ((size_t) 1 << 20)

/* The sample in a unit of 2^exponent. */
typedef struct ScaledSample
{
	int exponent;
	size_t n_distinct;
	const double *values;  /* [n_distinct] ascending */
	const double *weights; /* [n_distinct] counts */
} ScaledSample;

/* What a node's term needs. */
typedef struct KdeSum
{
	const ScaledSample *sample;
	const double *nodes; /* in the sample's unit */
	double inverse_h;
} KdeSum;

/* Choose the unit and convert; `largest` is the largest absolute value that takes part. */
static SdqStatus
scale_sample(Job *job, const SampleView *sample, double largest, ScaledSample *scaled)
{
	double *weights = arena_alloc(job->arena, sample->n_distinct, sizeof(double));
	double *values = NULL;

	if (weights == NULL)
		return arena_failure(job->arena);
	scaled->exponent = scale_exponent(largest);
	if (scaled->exponent != 0)
	{
		values = arena_alloc(job->arena, sample->n_distinct, sizeof(double));
		if (values == NULL)
			return arena_failure(job->arena);
	}
	for (size_t i = 0; i < sample->n_distinct; i++)
	{
		if (i % POLL_INTERVAL == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		weights[i] = (double) sample->counts[i];
		if (values != NULL)
			values[i] = ldexp(sample->values[i], -scaled->exponent);
	}
	scaled->n_distinct = sample->n_distinct;
	scaled->values = values != NULL ? values : sample->values;
	scaled->weights = weights;
	return sdq_ok();
}

/* h in the sample's unit, by the rule; 0 if the values do not spread. */
static SdqStatus
rule_bandwidth(Job *job, const ScaledSample *sample, double n, const Bandwidth *bandwidth,
			   double *result)
{
	Centre centre;
	double variance;
	SdqStatus status;

	*result = 0;
	if (sample->n_distinct < 2)
		return sdq_ok();
	status = centre_of(job->stop, sample->values, sample->weights, sample->n_distinct, &centre);
	if (sdq_failed(status))
		return status;
	status = covariance_of(job->stop, sample->values, &centre, sample->values, &centre,
						   sample->weights, sample->n_distinct, &variance);
	if (sdq_failed(status))
		return status;
	*result = bandwidth_factor(bandwidth, n, 1) * sqrt(variance);
	return sdq_ok();
}

static double
kde_term(const void *argument, size_t node, size_t first, size_t end)
{
	const KdeSum *sum = argument;
	const ScaledSample *sample = sum->sample;
	double x = sum->nodes[node];
	double reach = GAUSSIAN_REACH / sum->inverse_h;

	grid_window(sample->values, x, reach, &first, &end);
	return gaussian_sum(sample->values + first, sample->weights + first, end - first, x,
						sum->inverse_h);
}

/* Fill result->density, with h in the sample's unit. */
static SdqStatus
sum_kernels(Job *job, const ScaledSample *sample, double n, double h, Kde *result)
{
	/* h may have vanished beside data more than 1e300 times as large. */
	KdeSum sum = {.sample = sample, .inverse_h = fmin(1 / h, DBL_MAX)};
	double *nodes = arena_alloc(job->arena, result->grid_size, sizeof(double));
	double factor = INVERSE_SQRT_2PI * sum.inverse_h / n;
	SdqStatus status;

	if (nodes == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < result->grid_size; i++)
		nodes[i] = ldexp(result->x[i], -sample->exponent);
	sum.nodes = nodes;
	status = grid_sum(job, sample->n_distinct, result->grid_size, kde_term, &sum, result->density);
	if (sdq_failed(status))
		return status;
	for (size_t i = 0; i < result->grid_size; i++)
		result->density[i] *= factor;
	result->mass = grid_integral(nodes, result->density, result->grid_size);
	for (size_t i = 0; i < result->grid_size; i++)
		result->density[i] = ldexp(result->density[i], -sample->exponent);
	return sdq_ok();
}

SdqStatus
kde_evaluate(Job *job, const SampleView *sample, const KdeOptions *options, Kde *result)
{
	bool has_number = options->bandwidth.rule == BANDWIDTH_NUMBER;
	ScaledSample scaled;
	double n = (double) sample->n;
	double min;
	double max;
	double largest;
	double h;
	SdqStatus status;

	*result = (Kde){.outcome = KDE_NO_BANDWIDTH, .grid_size = options->grid_size};
	if (sample->n_distinct == 0)
		return sdq_ok();
	min = sample->values[0];
	max = sample->values[sample->n_distinct - 1];
	if (isinf(min) || isinf(max))
	{
		result->outcome = KDE_INFINITE;
		return sdq_ok();
	}
	largest = fmax(fabs(min), fabs(max));
	if (has_number)
		largest = fmax(largest, options->bandwidth.value);

	status = scale_sample(job, sample, largest, &scaled);
	if (sdq_failed(status))
		return status;
	if (has_number)
		h = ldexp(options->bandwidth.value, -scaled.exponent);
	else
	{
		status = rule_bandwidth(job, &scaled, n, &options->bandwidth, &h);
		if (sdq_failed(status))
			return status;
		if (h == 0)
			return sdq_ok();
	}
	result->bandwidth = has_number ? options->bandwidth.value : ldexp(h, scaled.exponent);

	result->x = arena_alloc(job->arena, options->grid_size, sizeof(double));
	result->density = arena_alloc(job->arena, options->grid_size, sizeof(double));
	if (result->x == NULL || result->density == NULL)
		return arena_failure(job->arena);
	result->outcome = KDE_NO_GRID;
	if (!grid_axis(&options->range, min, max, result->bandwidth, options->grid_size, result->x))
		return sdq_ok();
	result->outcome = KDE_DONE;
	return sum_kernels(job, &scaled, n, h, result);
}
