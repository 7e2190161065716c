/*
 * class_scatter.c
 *		Means and scatter in two passes over panels of rows.
 *
 * The first pass adds up the differences between each row and the first row of its class; so a column that
 * is constant within the classes has exactly that constant as its means, and no scatter from rounding.
 * The second pass subtracts the means and adds the products of columns in tiles of the lower triangle,
 * panel after panel, in double. Threads share the rows of a panel while it is read, its columns while means
 * are added, and the tiles; each number is added up by one of them in the order of rows.
 */
#include "core/matrix/class_scatter.h"

#include <math.h>
#include <string.h>

#include "core/base/blas.h"
#include "core/base/sizes.h"
#include "core/matrix/triangle_tiles.h"

/* Elements of one panel (8 MB), and bounds of its rows. */
#define PANEL_ELEMENTS ((size_t) 1 << 20)
#define PANEL_MIN_ROWS ((size_t) 64)
#define PANEL_MAX_ROWS ((size_t) 1024)

/* Rows of a panel that one chunk reads, and columns that one chunk adds to the means. */
#define READ_ROWS   ((size_t) 32)
#define SUM_COLUMNS ((size_t) 64)

typedef struct ScatterWork
{
	const ClassRows *classes;
	ClassScatter *scatter;
	const double *centre; /* [n_classes][d], subtracted from the rows of a panel */
	double *panel;        /* [count][d], the panel under way */
	double *norm2;        /* [count] squared norms of its rows */
	size_t panel_rows;    /* of a full panel */
	size_t first;
	size_t count;
	double *sums; /* [n_classes][d] */
} ScatterWork;

/* The store's number of row i of those that count. */
static size_t
row_number(const ClassRows *classes, size_t i)
{
	return classes->index == NULL ? i : classes->index[i];
}

/* Read some rows of the panel, minus the centres of their classes. */
static void
read_chunk(void *argument, size_t chunk, int thread)
{
	const ScatterWork *work = argument;
	size_t d = work->scatter->d;
	size_t end = minimum((chunk + 1) * READ_ROWS, work->count);

	for (size_t i = chunk * READ_ROWS; i < end; i++)
	{
		size_t row = row_number(work->classes, work->first + i);
		const double *restrict centre = work->centre + (size_t) work->classes->label[row] * d;
		double *restrict target = work->panel + i * d;
		double norm2 = 0;

		row_store_read_double(work->classes->rows, row, 1, target, d);
		for (size_t j = 0; j < d; j++)
		{
			target[j] -= centre[j];
			norm2 += target[j] * target[j];
		}
		work->norm2[i] = norm2;
	}
}

/* Add some columns of the panel to the sums of the rows' classes. */
static void
sum_chunk(void *argument, size_t chunk, int thread)
{
	const ScatterWork *work = argument;
	size_t d = work->scatter->d;
	size_t end = minimum((chunk + 1) * SUM_COLUMNS, d);

	for (size_t i = 0; i < work->count; i++)
	{
		size_t row = row_number(work->classes, work->first + i);
		double *restrict sums = work->sums + (size_t) work->classes->label[row] * d;
		const double *restrict source = work->panel + i * d;

		for (size_t j = chunk * SUM_COLUMNS; j < end; j++)
			sums[j] += source[j];
	}
}

/* Add the panel's products to one tile of the lower triangle. */
static void
product_tile(void *argument, size_t chunk, int thread)
{
	const ScatterWork *work = argument;
	size_t d = work->scatter->d;
	TriangleTile tile = lower_tile(d, chunk);

	blas_dgemm(BLAS_TRANSPOSE, BLAS_NO_TRANSPOSE, tile.rows, tile.columns, work->count, 1,
			   work->panel + tile.row, d, work->panel + tile.column, d, work->first == 0 ? 0 : 1,
			   work->scatter->product + tile.row * d + tile.column, d);
}

/* Read panel after panel; run `task` in n_chunks chunks on each, and add up fourth powers. */
static SdqStatus
for_each_panel(Job *job, ScatterWork *work, PoolTask task, size_t n_chunks)
{
	size_t n = work->classes->n;
	SdqStatus status = sdq_ok();

	work->scatter->fourth = 0;
	for (work->first = 0; work->first < n && !sdq_failed(status); work->first += work->panel_rows)
	{
		work->count = minimum(work->panel_rows, n - work->first);
		status = pool_run(job->pool, read_chunk, work, divide_up(work->count, READ_ROWS));
		if (!sdq_failed(status))
			status = pool_run(job->pool, task, work, n_chunks);
		for (size_t i = 0; i < work->count; i++)
			work->scatter->fourth += work->norm2[i] * work->norm2[i];
		job_progress(job, "scatter of classes", work->first, n, NAN);
	}
	return status;
}

/* Count the rows of each class, and read its first one into mean. */
static SdqStatus
find_first_rows(Job *job, const ClassRows *classes, ClassScatter *scatter)
{
	size_t d = scatter->d;

	memset(scatter->count, 0, classes->n_classes * sizeof(int64_t));
	memset(scatter->mean, 0, classes->n_classes * d * sizeof(double));
	for (size_t i = 0; i < classes->n; i++)
	{
		size_t row = row_number(classes, i);
		size_t label = (size_t) classes->label[row];

		if (scatter->count[label]++ > 0)
			continue;
		row_store_read_double(classes->rows, row, 1, scatter->mean + label * d, d);
		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return sdq_ok();
}

/* Move the means from the first rows to the means of all rows. */
static SdqStatus
compute_means(Job *job, ScatterWork *work)
{
	ClassScatter *scatter = work->scatter;
	size_t d = scatter->d;
	SdqStatus status = find_first_rows(job, work->classes, scatter);

	if (sdq_failed(status))
		return status;
	memset(work->sums, 0, scatter->n_classes * d * sizeof(double));
	work->centre = scatter->mean;
	status = for_each_panel(job, work, sum_chunk, divide_up(d, SUM_COLUMNS));
	for (size_t c = 0; c < scatter->n_classes && !sdq_failed(status); c++)
		for (size_t j = 0; j < d && scatter->count[c] > 0; j++)
			scatter->mean[c * d + j] += work->sums[c * d + j] / (double) scatter->count[c];
	return status;
}

SdqStatus
class_scatter(Job *job, const ClassRows *classes, ClassScatter *scatter)
{
	size_t d = classes->rows->d;
	ScatterWork work = {.classes = classes, .scatter = scatter};
	ArenaMark mark;
	SdqStatus status;

	*scatter = (ClassScatter){.n = classes->n, .d = d, .n_classes = classes->n_classes};
	scatter->count = arena_alloc(job->arena, classes->n_classes, sizeof(int64_t));
	scatter->mean = arena_alloc(job->arena, classes->n_classes, d * sizeof(double));
	scatter->product = arena_alloc(job->arena, d, d * sizeof(double));
	if (scatter->count == NULL || scatter->mean == NULL || scatter->product == NULL)
		return arena_failure(job->arena);
	mark = arena_mark(job->arena);
	work.panel_rows =
		minimum(clamp(PANEL_ELEMENTS / d, PANEL_MIN_ROWS, PANEL_MAX_ROWS), classes->n);
	work.panel = arena_alloc(job->arena, work.panel_rows, d * sizeof(double));
	work.norm2 = arena_alloc(job->arena, work.panel_rows, sizeof(double));
	work.sums = arena_alloc(job->arena, classes->n_classes, d * sizeof(double));
	if (work.panel == NULL || work.norm2 == NULL || work.sums == NULL)
		return arena_failure(job->arena);

	blas_load();
	status = compute_means(job, &work);
	if (!sdq_failed(status))
		status = for_each_panel(job, &work, product_tile, triangle_tiles(d));
	for (size_t j = 0; j < d && !sdq_failed(status); j++)
		scatter->trace += scatter->product[j * d + j];
	arena_release(job->arena, mark);
	return status;
}
