/*
 * points.c
 *		A merge sort in pieces small enough to be interrupted.
 *
 * Blocks of BLOCK_POINTS points are sorted each by one chunk of work. Then runs are merged in
 * pairs, pass by pass; a chunk writes one block of the pass's output, and finds where it begins in
 * the two runs by bisection (the "merge path" of Odeh et al., "Merge Path - Parallel Merging Made
 * Simple", 2012). Equal points are identical, so stability does not matter.
 */
#include "core/density/points.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/sizes.h"

/* 1 MB of points, sorted in a few milliseconds. */
#define BLOCK_POINTS ((size_t) 1 << 16)

/* Runs up to this length are sorted by insertion. */
#define INSERTION_POINTS 16

/* One pass over all points. */
typedef struct SortPass
{
	const Point2d *points; /* the caller's, read by the first pass */
	Point2d *from;         /* read by the others; scratch of the first */
	Point2d *to;
	size_t n;
	size_t run; /* length of the sorted runs in `from`, a multiple of BLOCK_POINTS */
} SortPass;

static inline bool
point_before(const Point2d *a, const Point2d *b)
{
	return a->x < b->x || (a->x == b->x && a->y < b->y);
}

static void
insertion_sort(Point2d *points, size_t n)
{
	for (size_t i = 1; i < n; i++)
	{
		Point2d point = points[i];
		size_t j = i;

		for (; j > 0 && point_before(&point, &points[j - 1]); j--)
			points[j] = points[j - 1];
		points[j] = point;
	}
}

/* Write `n` points of the merge of two runs, from a[i] and b[j] on. */
static void
merge_runs(const Point2d *a, size_t i, size_t n_a, const Point2d *b, size_t j, size_t n_b,
		   Point2d *out, size_t n)
{
	for (size_t k = 0; k < n; k++)
	{
		if (i < n_a && (j == n_b || !point_before(&b[j], &a[i])))
			out[k] = a[i++];
		else
			out[k] = b[j++];
	}
}

/* Sort points[n] in place, by way of scratch[n]. */
static void
sort_block(Point2d *points, Point2d *scratch, size_t n)
{
	for (size_t start = 0; start < n; start += INSERTION_POINTS)
		insertion_sort(points + start, minimum(INSERTION_POINTS, n - start));
	for (size_t run = INSERTION_POINTS; run < n; run *= 2)
	{
		memcpy(scratch, points, n * sizeof(Point2d));
		for (size_t start = 0; start < n; start += 2 * run)
		{
			size_t n_a = minimum(run, n - start);
			size_t n_b = minimum(run, n - start - n_a);

			merge_runs(scratch + start, 0, n_a, scratch + start + n_a, 0, n_b, points + start,
					   n_a + n_b);
		}
	}
}

static void
sort_chunk(void *argument, size_t chunk, int thread)
{
	SortPass *pass = argument;
	size_t start = chunk * BLOCK_POINTS;
	size_t n = minimum(BLOCK_POINTS, pass->n - start);

	memcpy(pass->to + start, pass->points + start, n * sizeof(Point2d));
	sort_block(pass->to + start, pass->from + start, n);
}

/* How many of the first k points of the merge of two runs come from a. */
static size_t
merge_split(const Point2d *a, size_t n_a, const Point2d *b, size_t n_b, size_t k)
{
	size_t low = k > n_b ? k - n_b : 0;
	size_t high = minimum(k, n_a);

	while (low < high)
	{
		size_t middle = low + (high - low) / 2;

		if (!point_before(&b[k - middle - 1], &a[middle]))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
merge_chunk(void *argument, size_t chunk, int thread)
{
	SortPass *pass = argument;
	size_t start = chunk * BLOCK_POINTS;
	size_t n = minimum(BLOCK_POINTS, pass->n - start);
	size_t pair = start - start % (2 * pass->run);
	size_t n_a = minimum(pass->run, pass->n - pair);
	size_t n_b = minimum(pass->run, pass->n - pair - n_a);
	const Point2d *a = pass->from + pair;
	const Point2d *b = a + n_a;
	size_t i = merge_split(a, n_a, b, n_b, start - pair);

	merge_runs(a, i, n_a, b, start - pair - i, n_b, pass->to + start, n);
}

/* Merge equal neighbours of the sorted points. */
static SdqStatus
collect_distinct(Job *job, const Point2d *sorted, size_t n, PointSet *set)
{
	set->n = 0;
	for (size_t i = 0; i < n; i++)
	{
		if (i % BLOCK_POINTS == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		if (i > 0 && !point_before(&sorted[i - 1], &sorted[i]))
		{
			set->weights[set->n - 1]++;
			continue;
		}
		set->x[set->n] = sorted[i].x;
		set->y[set->n] = sorted[i].y;
		set->weights[set->n] = 1;
		set->n++;
	}
	return sdq_ok();
}

SdqStatus
points_collect(Job *job, const Point2d *points, size_t n, PointSet *set)
{
	size_t n_chunks = n / BLOCK_POINTS + (n % BLOCK_POINTS != 0);
	SortPass pass = {.points = points, .n = n};
	ArenaMark mark;
	SdqStatus status;

	set->x = arena_alloc(job->arena, n, sizeof(double));
	set->y = arena_alloc(job->arena, n, sizeof(double));
	set->weights = arena_alloc(job->arena, n, sizeof(double));
	if (set->x == NULL || set->y == NULL || set->weights == NULL)
		return arena_failure(job->arena);
	mark = arena_mark(job->arena);
	pass.from = arena_alloc(job->arena, n, sizeof(Point2d));
	pass.to = arena_alloc(job->arena, n, sizeof(Point2d));
	if (pass.from == NULL || pass.to == NULL)
		return arena_failure(job->arena);

	status = pool_run(job->pool, sort_chunk, &pass, n_chunks);
	for (size_t run = BLOCK_POINTS; !sdq_failed(status) && run < n; run *= 2)
	{
		Point2d *sorted = pass.to;

		pass.to = pass.from;
		pass.from = sorted;
		pass.run = run;
		status = pool_run(job->pool, merge_chunk, &pass, n_chunks);
	}
	if (sdq_failed(status))
		return status;
	status = collect_distinct(job, pass.to, n, set);
	arena_release(job->arena, mark);
	return status;
}
