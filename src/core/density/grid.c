/*
 * grid.c
 *		Axes, and the exact sum of n points at m nodes cut into pieces that can be interrupted.
 */
#include "core/density/grid.h"

#include <float.h>
#include <math.h>

#include "core/base/compensated.h"
#include "core/base/search.h"

/* Points per block: 6 MB of coordinates and weights in two dimensions. */
#define BLOCK_POINTS ((size_t) 1 << 18)

/* Terms per chunk: 2 to 16 ms, by instruction set. */
#define CHUNK_TERMS ((size_t) 1 << 21)

/* What a node costs beside its terms, in terms. */
#define NODE_TERMS 64

/* Nodes between two polls of the stop flag on the main thread: a few milliseconds. */
#define POLL_NODES ((size_t) 1 << 18)

typedef struct GridSum
{
	GridTerm term;
	const void *argument;
	size_t first; /* the block of points */
	size_t end;
	size_t n_nodes;
	size_t chunk_nodes;
	Compensated *totals; /* [n_nodes] */
} GridSum;

/* Infinite ends come from data near the largest double. */
static double
clamp_finite(double value)
{
	return fmax(-DBL_MAX, fmin(DBL_MAX, value));
}

GridRange
grid_range(const GridRange *range, double min, double max, double margin)
{
	return (GridRange){.lo = isnan(range->lo) ? clamp_finite(min - margin) : range->lo,
					   .hi = isnan(range->hi) ? clamp_finite(max + margin) : range->hi};
}

bool
grid_axis(const GridRange *range, double min, double max, double bandwidth, size_t n, double *nodes)
{
	GridRange ends = grid_range(range, min, max, GRID_CUT * bandwidth);
	double lo = ends.lo;
	double hi = ends.hi;
	double intervals = (double) (n - 1);

	if (!(lo < hi))
		return false;
	for (size_t i = 0; i < n - 1; i++)
	{
		/* hi - lo may overflow, the nodes cannot. */
		if (isfinite(hi - lo))
			nodes[i] = (double) i * ((hi - lo) / intervals) + lo;
		else
			nodes[i] = 2 * ((double) i * ((hi / 2 - lo / 2) / intervals) + lo / 2);
	}
	nodes[n - 1] = hi;
	return true;
}

double
grid_integral(const double *nodes, const double *values, size_t n)
{
	Compensated total = {0, 0};

	for (size_t i = 1; i < n; i++)
	{
		double height = values[i] / 2 + values[i - 1] / 2;

		/* A width may be infinite where the data are tiny beside the grid. */
		if (height > 0)
			compensated_add(&total, (nodes[i] - nodes[i - 1]) * height);
	}
	/* A sum that has overflowed has lost infinitely much. */
	return isfinite(total.sum) ? compensated_total(&total) : total.sum;
}

double
grid_window_end(double x, double reach)
{
	double end = x + reach;

	return end > x ? end : nextafter(x, INFINITY);
}

void
grid_window(const double *values, double x, double reach, size_t *first, size_t *end)
{
	*first = first_at_least(values, *first, *end, x - reach);
	*end = first_at_least(values, *first, *end, grid_window_end(x, reach));
}

/* One chunk of nodes over the current block of points. */
static void
grid_chunk(void *argument, size_t chunk, int thread)
{
	GridSum *sum = argument;
	size_t start = chunk * sum->chunk_nodes;
	size_t end = start + sum->chunk_nodes;

	for (size_t node = start; node < end && node < sum->n_nodes; node++)
	{
		if (sum->first == 0)
			sum->totals[node] = (Compensated){0, 0};
		compensated_add(&sum->totals[node], sum->term(sum->argument, node, sum->first, sum->end));
	}
}

SdqStatus
grid_sum(Job *job, size_t n_points, size_t n_nodes, GridTerm term, const void *argument,
		 double *sums)
{
	ArenaMark mark = arena_mark(job->arena);
	GridSum sum = {.term = term, .argument = argument, .n_nodes = n_nodes};

	sum.totals = arena_alloc(job->arena, n_nodes, sizeof(Compensated));
	if (sum.totals == NULL)
		return arena_failure(job->arena);
	for (sum.first = 0; sum.first < n_points; sum.first = sum.end)
	{
		SdqStatus status;
		size_t n_block = n_points - sum.first < BLOCK_POINTS ? n_points - sum.first : BLOCK_POINTS;

		sum.end = sum.first + n_block;
		sum.chunk_nodes = CHUNK_TERMS / (n_block + NODE_TERMS);
		status = pool_run(job->pool, grid_chunk, &sum,
						  (n_nodes + sum.chunk_nodes - 1) / sum.chunk_nodes);
		if (sdq_failed(status))
			return status;
		job_progress(job, "density", sum.end, n_points, NAN);
	}
	for (size_t node = 0; node < n_nodes; node++)
	{
		if (node % POLL_NODES == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		sums[node] = compensated_total(&sum.totals[node]);
	}
	arena_release(job->arena, mark);
	return sdq_ok();
}
