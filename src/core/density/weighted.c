/*
 * weighted.c
 *		Counts as weights, and the variance.
 */
#include "core/density/weighted.h"

#include "core/base/compensated.h"
#include "core/base/sizes.h"

/* Values per chunk of the pool: 1 MB with their weights, a tenth of a millisecond. */
#define CHUNK_VALUES ((size_t) 1 << 16)

/* Terms added up before the total is compensated, and sums kept side by side. */
#define BLOCK_VALUES 256
#define LANES        8

/* One pass over the values: sums of weight * (value - shift - offset), or of its squares. */
typedef struct MomentPass
{
	const WeightedSample *sample;
	double shift;
	double offset;
	bool is_squared;
	Compensated *sums; /* by chunk */
} MomentPass;

/* Counts to be converted. */
typedef struct CountPass
{
	const SampleView *view;
	double *weights;
} CountPass;

static void
convert_chunk(void *argument, size_t chunk, int thread)
{
	const CountPass *pass = argument;
	size_t end = minimum((chunk + 1) * CHUNK_VALUES, pass->view->n_distinct);

	for (size_t i = chunk * CHUNK_VALUES; i < end; i++)
		pass->weights[i] = (double) pass->view->counts[i];
}

SdqStatus
weighted_from_view(Job *job, const SampleView *view, WeightedSample *sample)
{
	CountPass pass = {.view = view};

	pass.weights = arena_alloc(job->arena, view->n_distinct, sizeof(double));
	if (pass.weights == NULL)
		return arena_failure(job->arena);
	*sample = (WeightedSample){.n = view->n_distinct,
							   .values = view->values,
							   .weights = pass.weights,
							   .total = (double) view->n,
							   .effective_n = (double) view->n,
							   .is_counted = true};
	return pool_run(job->pool, convert_chunk, &pass, divide_up(view->n_distinct, CHUNK_VALUES));
}

/* The terms of values [start, end), at most BLOCK_VALUES of them. */
static double
sum_block(const MomentPass *pass, size_t start, size_t end)
{
	const double *restrict values = pass->sample->values + start;
	const double *restrict weights = pass->sample->weights + start;
	double lanes[LANES] = {0};
	double shift = pass->shift;
	double offset = pass->offset;
	size_t n = end - start;
	size_t i = 0;

	/* Two loops, so that neither has a branch within. */
	for (; pass->is_squared && i + LANES <= n; i += LANES)
	{
		for (size_t lane = 0; lane < LANES; lane++)
		{
			double deviation = (values[i + lane] - shift) - offset;

			lanes[lane] += weights[i + lane] * deviation * deviation;
		}
	}
	for (; !pass->is_squared && i + LANES <= n; i += LANES)
		for (size_t lane = 0; lane < LANES; lane++)
			lanes[lane] += weights[i + lane] * ((values[i + lane] - shift) - offset);
	for (; i < n; i++)
	{
		double deviation = (values[i] - shift) - offset;

		lanes[i % LANES] += weights[i] * deviation * (pass->is_squared ? deviation : 1);
	}
	for (size_t half = LANES / 2; half > 0; half /= 2)
		for (size_t lane = 0; lane < half; lane++)
			lanes[lane] += lanes[lane + half];
	return lanes[0];
}

static void
sum_chunk(void *argument, size_t chunk, int thread)
{
	const MomentPass *pass = argument;
	size_t end = minimum((chunk + 1) * CHUNK_VALUES, pass->sample->n);
	Compensated total = {0, 0};

	for (size_t i = chunk * CHUNK_VALUES; i < end; i += BLOCK_VALUES)
		compensated_add(&total, sum_block(pass, i, minimum(i + BLOCK_VALUES, end)));
	pass->sums[chunk] = total;
}

/* The sum of a pass over all values. */
static SdqStatus
run_pass(Job *job, MomentPass *pass, double *result)
{
	size_t n_chunks = divide_up(pass->sample->n, CHUNK_VALUES);
	Compensated total = {0, 0};
	SdqStatus status = pool_run(job->pool, sum_chunk, pass, n_chunks);

	for (size_t chunk = 0; !sdq_failed(status) && chunk < n_chunks; chunk++)
	{
		compensated_add(&total, pass->sums[chunk].sum);
		compensated_add(&total, pass->sums[chunk].lost);
	}
	*result = compensated_total(&total);
	return status;
}

SdqStatus
weighted_variance(Job *job, const WeightedSample *sample, double *variance)
{
	ArenaMark mark = arena_mark(job->arena);
	MomentPass pass = {.sample = sample, .shift = sample->values[sample->n / 2]};
	double sum;
	SdqStatus status;

	pass.sums = arena_alloc(job->arena, divide_up(sample->n, CHUNK_VALUES), sizeof(*pass.sums));
	if (pass.sums == NULL)
		return arena_failure(job->arena);
	status = run_pass(job, &pass, &sum);
	if (sdq_failed(status))
		return status;
	pass.offset = sum / sample->total;
	pass.is_squared = true;
	status = run_pass(job, &pass, &sum);
	/* total - 1 for counts. */
	*variance = sum / (sample->total - sample->total / sample->effective_n);
	arena_release(job->arena, mark);
	return status;
}
