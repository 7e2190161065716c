/*
 * ecdf_fuzz.c
 *		Flat samples, their text form, and the samples themselves: whatever the bytes, they are read or
 *		refused; what is read keeps the promises of SampleView and survives being added, shown, asked
 *		and written again.
 *
 * The first byte chooses what the rest is: a flat value, a text, or doubles to be added.
 */
#include "core/sample/ecdf.h"
#include "core/sample/sample.h"

#include "flat_sample.h"
#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const EcdfShape shapes[] = {{.n_sides = 1, .n_parameters = 0},
								   {.n_sides = 2, .n_parameters = 0},
								   {.n_sides = 1, .n_parameters = 2},
								   {.n_sides = 2, .n_parameters = 4}};

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
		SampleStream stream = sample_stream_of_view(view);
		EcdfMoments moments;
		double share = NAN;
		double low = NAN;
		double high = NAN;

		must(!sdq_failed(ecdf_moments(&stream, NULL, &moments)) &&
				 !sdq_failed(ecdf_cdf(&stream, INFINITY, NULL, &share)) &&
				 !sdq_failed(ecdf_quantile(&stream, 0, NULL, &low)) &&
				 !sdq_failed(ecdf_quantile(&stream, 1, NULL, &high)),
			 "it answers questions");
		must(memcmp(again.values, view->values, view->n_distinct * sizeof(double)) == 0 &&
				 memcmp(again.counts, view->counts, view->n_distinct * sizeof(uint64_t)) == 0,
			 "to the bit");
		must(!(moments.stddev < 0), "no standard deviation is negative");
		must(share == 1, "all observations are counted");
		must(low == view->values[0] && high == view->values[view->n_distinct - 1],
			 "the extreme quantiles are the extremes");
	}
	sample_free(&sample);
	must(memory.held == 0, "all memory is given back");
}

/* Samples that were read are written and read again: the same, and in as few bytes as can be. */
static void
write_again(const EcdfShape *shape, const ReadSamples *read, size_t most)
{
	ReadSamples again;
	size_t bytes;
	void *flat = flatten(shape, read->parameters, read->views, &bytes);

	must(flat != NULL, "what was read is written");
	must(bytes <= most, "what is written is the smallest form");
	must(!sdq_failed(unflatten(flat, bytes, shape, &again)), "and read");
	for (int side = 0; side < shape->n_sides; side++)
	{
		const SampleView *a = &read->views[side];
		const SampleView *b = &again.views[side];

		must(a->n == b->n && a->n_distinct == b->n_distinct &&
				 memcmp(a->values, b->values, a->n_distinct * sizeof(double)) == 0 &&
				 memcmp(a->counts, b->counts, a->n_distinct * sizeof(uint64_t)) == 0,
			 "it is the same sample");
	}
	read_samples_free(&again);
	free(flat);
}

/* Bytes as a flat value. */
static void
try_flat(const EcdfShape *shape, const uint8_t *data, size_t size)
{
	void *flat = malloc(size + 1); /* 8-byte aligned, which data need not be */
	ReadSamples read;

	memcpy(flat, data, size);
	if (!sdq_failed(unflatten(flat, size, shape, &read)))
	{
		write_again(shape, &read, size);
		for (int side = 0; side < shape->n_sides; side++)
		{
			must(!sdq_failed(ecdf_view_check(&read.views[side])), "what is read is sound");
			use_view(&read.views[side]);
		}
		read_samples_free(&read);
	}
	free(flat);
}

/* Bytes as a text. */
static void
try_text(const EcdfShape *shape, const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	ReadSamples read;

	memcpy(text, data, size);
	text[size] = '\0';
	if (!sdq_failed(read_text(text, shape, &read)))
	{
		write_again(shape, &read, SIZE_MAX);
		for (int side = 0; side < shape->n_sides; side++)
			use_view(&read.views[side]);
		read_samples_free(&read);
	}
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
	switch (data[0] % 9)
	{
		case 0: try_values(data + 1, size - 1); break;
		case 1:
		case 2:
		case 3: try_flat(&shapes[data[0] % 9 - 1], data + 1, size - 1); break;
		case 4:
		case 5:
		case 6: try_text(&shapes[data[0] % 9 - 4], data + 1, size - 1); break;
		case 7: try_flat(&shapes[3], data + 1, size - 1); break;
		default: try_text(&shapes[3], data + 1, size - 1); break;
	}
	return 0;
}
