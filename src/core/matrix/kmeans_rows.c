/*
 * kmeans_rows.c
 *		Bytes less 128, so that they are the signed factor of products with unsigned centres.
 */
#include "core/matrix/kmeans_rows.h"

#include <string.h>

#include "core/base/sizes.h"
#include "core/matrix/kmeans_kernel.h"

/* float_rows_load() pads rows to whole cache lines. */
#define FLOAT_PADDING 15

/* Rows that one chunk reads. */
#define LOAD_ROWS ((size_t) 256)

bool
kmeans_rows_are_bytes(const RowStore *store)
{
	return store->type == ELEMENT_UINT8 && store->d <= BYTE_MAX_COLUMNS;
}

/* Shift the rows of a chunk, and form their norms. */
static void
load_chunk(void *argument, size_t chunk, int thread)
{
	const KmeansRows *rows = argument;
	size_t end = minimum((chunk + 1) * LOAD_ROWS, rows->n);

	for (size_t i = chunk * LOAD_ROWS; i < end; i++)
	{
		const uint8_t *restrict values = row_store_bytes(rows->store, i);
		int8_t *restrict row = rows->bytes + i * rows->ld;
		uint32_t norm2 = 0;

		for (size_t j = 0; j < rows->d; j++)
		{
			row[j] = (int8_t) (values[j] - BYTE_SHIFT);
			norm2 += (uint32_t) values[j] * values[j];
		}
		memset(row + rows->d, 0, rows->ld - rows->d);
		rows->byte_norm2[i] = norm2;
	}
}

SdqStatus
kmeans_rows_load(Job *job, const RowStore *store, KmeansRows *rows)
{
	SdqStatus status;

	*rows = (KmeansRows){
		.store = store, .n = store->n, .d = store->d, .is_bytes = kmeans_rows_are_bytes(store)};
	if (!rows->is_bytes)
	{
		status = float_rows_load(job, store, &rows->floats);
		rows->norm2_sum = rows->total = rows->floats.total;
		return status;
	}
	rows->ld = divide_up(store->d, BYTE_GROUP) * BYTE_GROUP;
	rows->bytes = arena_alloc(job->arena, store->n, rows->ld);
	rows->byte_norm2 = arena_alloc(job->arena, store->n, sizeof(uint32_t));
	if (rows->bytes == NULL || rows->byte_norm2 == NULL)
		return arena_failure(job->arena);
	status = pool_run(job->pool, load_chunk, rows, divide_up(store->n, LOAD_ROWS));
	for (size_t i = 0; i < store->n && !sdq_failed(status); i++)
		rows->norm2_sum += rows->byte_norm2[i];
	rows->total = rows->norm2_sum;
	for (size_t j = 0; j < store->d; j++)
		rows->total -= (double) store->n * (store->mean[j] * store->mean[j]);
	return status;
}

double
kmeans_rows_memory(const RowStore *store)
{
	double n = (double) store->n;
	double d = (double) store->d;

	if (kmeans_rows_are_bytes(store))
		return n * ((double) (divide_up(store->d, BYTE_GROUP) * BYTE_GROUP) + sizeof(uint32_t));
	/* The rows, padded, and their norms, in double while they are formed. */
	return n * ((d + FLOAT_PADDING) * sizeof(float) + sizeof(float) + sizeof(double));
}

void
kmeans_row_read(const KmeansRows *rows, size_t i, double *out)
{
	const int8_t *row;

	if (!rows->is_bytes)
	{
		row_store_read_double(rows->store, i, 1, out, rows->d);
		return;
	}
	row = rows->bytes + i * rows->ld;
	for (size_t j = 0; j < rows->d; j++)
		out[j] = row[j] + BYTE_SHIFT;
}

void
kmeans_row_add(const KmeansRows *rows, size_t i, double sign, size_t first, size_t columns,
			   double *sum)
{
	if (rows->is_bytes)
		add_byte_row(sum, sign, rows->bytes + i * rows->ld + first, columns);
	else
		add_float_row(sum, sign, rows->floats.data + i * rows->floats.ld + first, columns);
}

double
kmeans_to_rows(const KmeansRows *rows, double value, size_t j)
{
	return rows->is_bytes ? value : (value - rows->store->mean[j]) * rows->store->scale;
}

double
kmeans_from_rows(const KmeansRows *rows, double value, size_t j)
{
	return rows->is_bytes ? value : rows->store->mean[j] + value / rows->store->scale;
}
