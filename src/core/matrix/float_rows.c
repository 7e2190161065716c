/*
 * float_rows.c
 *		The float matrix and the error bound of products of its rows.
 */
#include "core/matrix/float_rows.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/matrix/distance.h"

/* Rows are padded to whole cache lines unless that would double them. */
#define LINE_FLOATS ((size_t) 16)

/* Rows that one chunk reads. */
#define LOAD_ROWS ((size_t) 64)

typedef struct LoadWork
{
	const RowStore *store;
	FloatRows *rows;
	double *norm2; /* [n] */
} LoadWork;

/* Read some rows and their norms. */
static void
load_chunk(void *argument, size_t chunk, int thread)
{
	const LoadWork *work = argument;
	FloatRows *rows = work->rows;
	size_t start = chunk * LOAD_ROWS;
	size_t end = rows->n - start < LOAD_ROWS ? rows->n : start + LOAD_ROWS;

	row_store_read(work->store, start, end - start, rows->data + start * rows->ld, rows->ld);
	for (size_t i = start; i < end; i++)
	{
		float *x = rows->data + i * rows->ld;
		double norm2 = float_norm2(x, rows->d);

		memset(x + rows->d, 0, (rows->ld - rows->d) * sizeof(float));
		work->norm2[i] = norm2;
		rows->norm2[i] = (float) norm2;
	}
}

SdqStatus
float_rows_load(Job *job, const RowStore *store, FloatRows *rows)
{
	size_t n = store->n;
	size_t d = store->d;
	LoadWork work = {.store = store, .rows = rows};
	double largest = 0;
	ArenaMark mark;
	SdqStatus status;

	*rows = (FloatRows){.n = n, .d = d, .ld = d};
	if (d > LINE_FLOATS)
		rows->ld = (d + LINE_FLOATS - 1) / LINE_FLOATS * LINE_FLOATS;
	rows->data = arena_alloc(job->arena, n, rows->ld * sizeof(float));
	rows->norm2 = arena_alloc(job->arena, n, sizeof(float));
	if (rows->data == NULL || rows->norm2 == NULL)
		return arena_failure(job->arena);
	mark = arena_mark(job->arena);
	work.norm2 = arena_alloc(job->arena, n, sizeof(double));
	if (work.norm2 == NULL)
		return arena_failure(job->arena);
	status = pool_run(job->pool, load_chunk, &work, (n + LOAD_ROWS - 1) / LOAD_ROWS);
	for (size_t i = 0; i < n && !sdq_failed(status); i++)
	{
		rows->total += work.norm2[i];
		largest = work.norm2[i] > largest ? work.norm2[i] : largest;
	}
	rows->largest = sqrt(largest);
	arena_release(job->arena, mark);
	return status;
}

double
float_product_error(double norm_x, double norm_y, size_t d)
{
	const double u = 0x1.0p-24;
	double sum = norm_x + norm_y;

	return u * (8 * sum * sum + 2.1 * (double) d * norm_x * norm_y) + (double) d * FLT_MIN;
}
