/*
 * ecdf_fuzz.c
 *		Flat samples, their text form, and the samples themselves: whatever the bytes, they are read or
 *		refused; what is read keeps the promises of SampleView and survives being added, shown, asked
 *		and written again.
 *
 * The first byte chooses what the rest is: a flat value, a text, or doubles to be added.
 */
#include "core/sample/ecdf.h"
#include "core/sample/ecdf_codec.h"
#include "core/sample/sample.h"

#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const EcdfShape shapes[] = {{.n_sides = 1, .n_parameters = 0},
								   {.n_sides = 2, .n_parameters = 0},
								   {.n_sides = 1, .n_parameters = 2}};

/* Write views flat again; the caller frees. */
static void *
write_again(const EcdfShape *shape, const uint64_t *parameters, const SampleView *views,
			size_t *bytes)
{
	size_t n_distinct[ECDF_MAX_SIDES];
	void *flat;

	for (int side = 0; side < shape->n_sides; side++)
		n_distinct[side] = views[side].n_distinct;
	must(ecdf_flat_size(shape, n_distinct, bytes), "what was read has a size");
	flat = calloc(1, *bytes);
	must(flat != NULL, "there is memory for what was read");
	must(!sdq_failed(ecdf_flat_write(flat, shape, parameters, views, NULL)), "and is written");
	return flat;
}

/* A view that was accepted goes through everything that takes views. */
static void
use_view(const SampleView *view)
{
	SampleMemory memory = sample_malloc_memory(FUZZ_MEMORY);
	Sample sample;
	SampleView again;

	sample_init(&sample, &memory);
	must(!sdq_failed(sample_add_view(&sample, view, NULL)), "a sound view can be added");
	must(!sdq_failed(sample_view(&sample, NULL, &again)), "and shown");
	must(again.n == view->n && again.n_distinct == view->n_distinct, "it is the same sample");
	if (view->n > 0)
	{
		EcdfMoments moments = ecdf_moments(view);

		must(memcmp(again.values, view->values, view->n_distinct * sizeof(double)) == 0 &&
				 memcmp(again.counts, view->counts, view->n_distinct * sizeof(uint64_t)) == 0,
			 "to the bit");
		must(!(moments.stddev < 0), "no standard deviation is negative");
		must(ecdf_cdf(view, INFINITY) == 1, "all observations are counted");
		must(ecdf_quantile(view, 0) == view->values[0] &&
				 ecdf_quantile(view, 1) == view->values[view->n_distinct - 1],
			 "the extreme quantiles are the extremes");
	}
	sample_free(&sample);
	must(memory.held == 0, "all memory is given back");
}

/* Bytes as a flat value. */
static void
try_flat(const EcdfShape *shape, const uint8_t *data, size_t size)
{
	void *flat = malloc(size + 1); /* 8-byte aligned, which data need not be */
	SampleView views[ECDF_MAX_SIDES];
	const uint64_t *parameters;

	memcpy(flat, data, size);
	if (!sdq_failed(ecdf_flat_check(flat, size, shape, &parameters, views)))
	{
		size_t bytes;
		void *again = write_again(shape, parameters, views, &bytes);

		must(bytes == size && memcmp((char *) again + 4, (char *) flat + 4, size - 4) == 0,
			 "a flat value is canonical");
		free(again);
		for (int side = 0; side < shape->n_sides; side++)
			use_view(&views[side]);
	}
	free(flat);
}

/* Bytes as a text. */
static void
try_text(const EcdfShape *shape, const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	size_t n_distinct[ECDF_MAX_SIDES];
	size_t bytes;
	void *flat;

	memcpy(text, data, size);
	text[size] = '\0';
	ecdf_text_measure(text, shape, n_distinct);
	must(ecdf_flat_size(shape, n_distinct, &bytes), "a short text gives a small value");
	flat = calloc(1, bytes);
	if (!sdq_failed(ecdf_text_read(text, shape, n_distinct, flat)))
	{
		const uint64_t *parameters;
		SampleView views[ECDF_MAX_SIDES];

		must(!sdq_failed(ecdf_flat_check(flat, bytes, shape, &parameters, views)),
			 "a text that is read gives a sound value");
		for (int side = 0; side < shape->n_sides; side++)
			use_view(&views[side]);
	}
	free(flat);
	free(text);
}

/* Bytes as doubles: added one by one, as an array and by halves. */
static void
try_values(const uint8_t *data, size_t size)
{
	size_t n = size / sizeof(double);
	double *values = malloc(n * sizeof(double) + 1);
	SampleMemory memory = sample_malloc_memory(FUZZ_MEMORY);
	Sample samples[3];
	SampleView views[2];

	memcpy(values, data, n * sizeof(double));
	for (int i = 0; i < 3; i++)
		sample_init(&samples[i], &memory);
	for (size_t i = 0; i < n; i++)
		must(!sdq_failed(sample_add(&samples[0], values[i], NULL)), "a value can be added");
	must(!sdq_failed(sample_add_double(&samples[1], values, n / 2, NULL)) &&
			 !sdq_failed(sample_add_double(&samples[2], values + n / 2, n - n / 2, NULL)) &&
			 !sdq_failed(sample_merge(&samples[1], &samples[2], NULL)),
		 "halves can be added and merged");
	for (int i = 0; i < 2; i++)
	{
		must(!sdq_failed(sample_view(&samples[i], NULL, &views[i])), "samples can be shown");
		must(!sdq_failed(ecdf_view_check(&views[i])), "what is shown keeps its promises");
	}
	must(views[0].n == views[1].n && views[0].n_distinct == views[1].n_distinct &&
			 (views[0].n == 0 ||
			  memcmp(views[0].values, views[1].values, views[0].n_distinct * sizeof(double)) == 0),
		 "both ways show the same");
	for (int i = 0; i < 3; i++)
		sample_free(&samples[i]);
	must(memory.held == 0, "all memory is given back");
	free(values);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0] % 7)
	{
		case 0: try_values(data + 1, size - 1); break;
		case 1:
		case 2:
		case 3: try_flat(&shapes[data[0] % 7 - 1], data + 1, size - 1); break;
		default: try_text(&shapes[data[0] % 7 - 4], data + 1, size - 1); break;
	}
	return 0;
}
