/*
 * binned.c
 *		Linear binning of ascending values: one pass, in which the nodes appear in ascending order too, so
 *		that only those that hold something are written, however wide the data.
 */
#include "core/density/binned.h"

#include <math.h>

#include "core/base/sizes.h"

/* The pair of nodes beside the value at hand: number `node` and the one above. */
typedef struct BinPair
{
	double
		node; /* a whole number; beyond 2^53 both nodes are one place, and the upper one gets nothing */
	double low;
	double high;
} BinPair;

typedef struct BinWriter
{
	double *values;
	double *weights;
	size_t n;
	double origin;
	double step;
} BinWriter;

static void
write_node(BinWriter *writer, double node, double weight)
{
	if (!(weight > 0))
		return;
	writer->values[writer->n] = writer->origin + node * writer->step;
	writer->weights[writer->n] = weight;
	writer->n++;
}

/* Most nodes there can be: two for each value, and no more than fit between the ends. */
static size_t
most_nodes(const WeightedSample *sample, double step)
{
	double between = (sample->values[sample->n - 1] - sample->values[0]) / step + 3;
	size_t most = 2 * sample->n; /* the values take 8 bytes each, so this does not overflow */

	return between < (double) most ? (size_t) between : most;
}

SdqStatus
binned_sample(Job *job, const WeightedSample *sample, double step, WeightedSample *binned)
{
	BinWriter writer = {.step = step};
	BinPair pair = {0, 0, 0};
	double per_step = 1 / step;
	size_t most;

	*binned = *sample;
	if (sample->n == 0)
		return sdq_ok();
	most = most_nodes(sample, step);
	writer.values = arena_alloc(job->arena, most, sizeof(double));
	writer.weights = arena_alloc(job->arena, most, sizeof(double));
	if (writer.values == NULL || writer.weights == NULL)
		return arena_failure(job->arena);
	writer.origin = sample->values[0];

	for (size_t i = 0; i < sample->n; i++)
	{
		double place = (sample->values[i] - writer.origin) * per_step;
		double node = floor(place);
		double share = sample->weights[i] * (place - node);

		if (i % WEIGHTED_POLL_INTERVAL == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		if (node != pair.node)
		{
			bool next = node == pair.node + 1;

			write_node(&writer, pair.node, pair.low);
			if (!next)
				write_node(&writer, pair.node + 1, pair.high);
			pair = (BinPair){node, next ? pair.high : 0, 0};
		}
		pair.low += sample->weights[i] - share;
		pair.high += share;
	}
	write_node(&writer, pair.node, pair.low);
	write_node(&writer, pair.node + 1, pair.high);
	binned->n = writer.n;
	binned->values = writer.values;
	binned->weights = writer.weights;
	return sdq_ok();
}
