/*
 * binned.c
 *		Linear binning of ascending values. Each chunk of values falls into a range of nodes of its own, but for
 *		those at its ends: it fills a slice for that range, and the slices are added up in order.
 */
#include "core/density/binned.h"

#include <math.h>
#include <string.h>

#include "core/base/sizes.h"

/* Values per chunk of the pool: below a millisecond. */
#define CHUNK_VALUES ((size_t) 1 << 17)

/* The nodes of a chunk's values, and the place of their shares. */
typedef struct BinSlice
{
	size_t first; /* node */
	size_t n;
	double *shares; /* [n] */
} BinSlice;

typedef struct Binning
{
	const WeightedSample *sample;
	double origin;
	double per_step;
	BinSlice *slices; /* by chunk */
} Binning;

/* The place of a value, in steps from the origin. */
static inline double
place_of(const Binning *binning, double value)
{
	return (value - binning->origin) * binning->per_step;
}

static void
bin_chunk(void *argument, size_t chunk, int thread)
{
	const Binning *binning = argument;
	const BinSlice *slice = &binning->slices[chunk];
	const double *values = binning->sample->values;
	const double *weights = binning->sample->weights;
	size_t end = minimum((chunk + 1) * CHUNK_VALUES, binning->sample->n);

	memset(slice->shares, 0, slice->n * sizeof(double));
	for (size_t i = chunk * CHUNK_VALUES; i < end; i++)
	{
		double place = place_of(binning, values[i]);
		size_t node = (size_t) place;
		double above = weights[i] * (place - (double) node);

		slice->shares[node - slice->first] += weights[i] - above;
		slice->shares[node - slice->first + 1] += above;
	}
}

/* The slices of all chunks, over *n_nodes nodes. */
static SdqStatus
make_slices(Job *job, Binning *binning, size_t n_chunks, size_t *n_nodes)
{
	const WeightedSample *sample = binning->sample;

	binning->slices = arena_alloc(job->arena, n_chunks, sizeof(BinSlice));
	if (binning->slices == NULL)
		return arena_failure(job->arena);
	for (size_t chunk = 0; chunk < n_chunks; chunk++)
	{
		BinSlice *slice = &binning->slices[chunk];
		size_t end = minimum((chunk + 1) * CHUNK_VALUES, sample->n);
		size_t last = (size_t) place_of(binning, sample->values[end - 1]);

		slice->first = (size_t) place_of(binning, sample->values[chunk * CHUNK_VALUES]);
		slice->n = last - slice->first + 2;
		slice->shares = arena_alloc(job->arena, slice->n, sizeof(double));
		if (slice->shares == NULL)
			return arena_failure(job->arena);
		*n_nodes = last + 2;
	}
	return sdq_ok();
}

SdqStatus
binned_sample(Job *job, const WeightedSample *sample, double step, WeightedSample *binned)
{
	Binning binning = {.sample = sample, .per_step = 1 / step};
	size_t n_chunks = divide_up(sample->n, CHUNK_VALUES);
	size_t n_nodes = 0;
	size_t n_kept = 0;
	double *values;
	double *weights;
	SdqStatus status;

	*binned = *sample;
	if (sample->n == 0)
		return sdq_ok();
	binning.origin = sample->values[0];
	status = make_slices(job, &binning, n_chunks, &n_nodes);
	if (sdq_failed(status))
		return status;
	status = pool_run(job->pool, bin_chunk, &binning, n_chunks);
	if (sdq_failed(status))
		return status;

	values = arena_alloc(job->arena, n_nodes, sizeof(double));
	weights = arena_zalloc(job->arena, n_nodes, sizeof(double));
	if (values == NULL || weights == NULL)
		return arena_failure(job->arena);
	for (size_t chunk = 0; chunk < n_chunks; chunk++)
		for (size_t i = 0; i < binning.slices[chunk].n; i++)
			weights[binning.slices[chunk].first + i] += binning.slices[chunk].shares[i];
	for (size_t node = 0; node < n_nodes; node++)
	{
		if (!(weights[node] > 0))
			continue;
		values[n_kept] = binning.origin + (double) node * step;
		weights[n_kept++] = weights[node];
	}
	binned->n = n_kept;
	binned->values = values;
	binned->weights = weights;
	return sdq_ok();
}
