/*
 * covariance_fuzz.c
 *		Flat covariances and rows: whatever the bytes, they are read or refused; what is read is written again
 *		as it was, is united with itself, and answers questions; rows give the same bytes in any order.
 *
 * The first byte chooses what the rest is: a flat value, or rows of up to nine doubles.
 */
#include "core/matrix/covariance.h"
#include "core/matrix/covariance_codec.h"

#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COLUMNS 9

/* The flat form of an object; the caller frees. */
static unsigned char *
write_flat(Covariance *covariance, size_t *size)
{
	CovarianceLayout layout;
	unsigned char *flat;

	must(!sdq_failed(covariance_settle(covariance, NULL)) &&
			 !sdq_failed(covariance_measure(covariance, NULL, &layout)),
		 "an object has a layout");
	flat = calloc(1, layout.bytes);
	must(flat != NULL && !sdq_failed(covariance_write(covariance, &layout, NULL, flat)),
		 "and is written");
	*size = layout.bytes;
	return flat;
}

/* Ask everything. */
static void
ask(const Covariance *covariance)
{
	double *numbers = malloc(covariance->d * covariance->d * sizeof(double));

	covariance_mean(covariance, numbers);
	for (size_t j = 0; j < covariance->d; j++)
		must(isfinite(numbers[j]), "means are finite");
	if (covariance->n > 1)
	{
		(void) covariance_variances(covariance, numbers);
		(void) covariance_matrix(covariance, NULL, numbers);
	}
	free(numbers);
}

/* Bytes as a flat value. */
static void
try_flat(const uint8_t *data, size_t size)
{
	SampleMemory memory = sample_malloc_memory(FUZZ_MEMORY);
	Covariance covariance;
	CovarianceView view;
	unsigned char *flat;
	size_t n_bytes;

	if (sdq_failed(covariance_open(data, size, NULL, &view)))
		return;
	covariance_init(&covariance, &memory);
	if (!sdq_failed(covariance_merge(&covariance, &view, NULL)))
	{
		flat = write_flat(&covariance, &n_bytes);
		must(n_bytes == size && memcmp(flat + 4, data + 4, size - 4) == 0,
			 "it is written as it was");
		free(flat);
		ask(&covariance);
		if (!sdq_failed(covariance_merge(&covariance, &view, NULL)))
		{
			flat = write_flat(&covariance, &n_bytes);
			must(!sdq_failed(covariance_open(flat, n_bytes, NULL, &view)), "twice it is one, too");
			free(flat);
		}
	}
	covariance_free(&covariance);
	must(memory.held == 0, "all memory is given back");
}

/* Bytes as rows: added in order, and by halves in reverse. */
static void
try_rows(const uint8_t *data, size_t size)
{
	size_t d = size == 0 ? 1 : 1 + data[0] % MAX_COLUMNS;
	size_t row_bytes = d * sizeof(double);
	size_t n_rows = size == 0 ? 0 : (size - 1) / row_bytes;
	SampleMemory memory = sample_malloc_memory(FUZZ_MEMORY);
	Covariance parts[3];
	double row[MAX_COLUMNS];
	CovarianceView view;
	unsigned char *flat[2];
	size_t n_bytes[2];

	for (int p = 0; p < 3; p++)
		covariance_init(&parts[p], &memory);
	for (size_t i = 0; i < n_rows; i++)
	{
		memcpy(row, data + 1 + i * row_bytes, row_bytes);
		(void) covariance_add(&parts[0], row, d, NULL);
		memcpy(row, data + 1 + (n_rows - 1 - i) * row_bytes, row_bytes);
		(void) covariance_add(&parts[1 + i % 2], row, d, NULL);
	}
	must(parts[0].n == parts[1].n + parts[2].n, "the same rows are refused");
	if (parts[1].n > 0 && parts[2].n > 0)
	{
		flat[0] = write_flat(&parts[2], &n_bytes[0]);
		must(!sdq_failed(covariance_open(flat[0], n_bytes[0], NULL, &view)) &&
				 !sdq_failed(covariance_merge(&parts[1], &view, NULL)),
			 "halves can be united");
		free(flat[0]);
		for (int p = 0; p < 2; p++)
			flat[p] = write_flat(&parts[p], &n_bytes[p]);
		must(n_bytes[0] == n_bytes[1] && memcmp(flat[0], flat[1], n_bytes[0]) == 0,
			 "both ways give the same bytes");
		ask(&parts[0]);
		for (int p = 0; p < 2; p++)
			free(flat[p]);
	}
	for (int p = 0; p < 3; p++)
		covariance_free(&parts[p]);
	must(memory.held == 0, "all memory is given back");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % 2 == 0)
		try_flat(data + 1, size - 1);
	else
		try_rows(data + 1, size - 1);
	return 0;
}
