/*
 * flat_sample.h
 *		Flat samples for unit tests and fuzz targets: written from views or texts, read back whole.
 */
#ifndef SYNTHDQ_TEST_UNIT_FLAT_SAMPLE_H
#define SYNTHDQ_TEST_UNIT_FLAT_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "core/sample/ecdf_codec.h"
#include "core/sample/sample_text.h"

/* Samples that were read from a flat value or from a text. */
typedef struct ReadSamples
{
	SampleView views[ECDF_MAX_SIDES];
	uint64_t parameters[ECDF_MAX_PARAMETERS];
	double *values[ECDF_MAX_SIDES];
	uint64_t *counts[ECDF_MAX_SIDES];
} ReadSamples;

static inline void
read_samples_free(ReadSamples *read)
{
	for (int side = 0; side < ECDF_MAX_SIDES; side++)
	{
		free(read->values[side]);
		free(read->counts[side]);
	}
}

/* Write views flat; NULL if that fails. The caller frees. */
static inline void *
flatten(const EcdfShape *shape, const uint64_t *parameters, const SampleView *views, size_t *bytes)
{
	SampleStream streams[ECDF_MAX_SIDES];
	void *flat;

	for (int side = 0; side < shape->n_sides; side++)
		streams[side] = sample_stream_of_view(&views[side]);
	if (sdq_failed(ecdf_flat_measure(shape, streams, NULL, bytes)))
		return NULL;
	flat = calloc(1, *bytes);
	if (sdq_failed(ecdf_flat_write(flat, shape, parameters, streams, NULL)))
	{
		free(flat);
		return NULL;
	}
	return flat;
}

/* Read a flat value, 8-byte aligned. On success *read is the caller's, for read_samples_free(). */
static inline SdqStatus
unflatten(const void *flat, size_t n_bytes, const EcdfShape *shape, ReadSamples *read)
{
	EntryList sides[ECDF_MAX_SIDES];
	const uint64_t *parameters;
	SdqStatus status = ecdf_flat_open(flat, n_bytes, shape, &parameters, sides);

	memset(read, 0, sizeof(*read));
	if (sdq_failed(status))
		return status;
	if (shape->n_parameters > 0)
		memcpy(read->parameters, parameters, (size_t) shape->n_parameters * sizeof(*parameters));
	for (int side = 0; side < shape->n_sides && !sdq_failed(status); side++)
	{
		read->values[side] = malloc(sides[side].n_distinct * sizeof(double) + 1);
		read->counts[side] = malloc(sides[side].n_distinct * sizeof(uint64_t) + 1);
		status = entry_list_read(&sides[side], NULL, read->values[side], read->counts[side],
								 &read->views[side]);
	}
	if (sdq_failed(status))
		read_samples_free(read);
	return status;
}

/* Read a text. On success *read is the caller's, for read_samples_free(). */
static inline SdqStatus
read_text(const char *text, const EcdfShape *shape, ReadSamples *read)
{
	size_t n_samples;
	size_t n_entries;
	SdqStatus status;

	memset(read, 0, sizeof(*read));
	sample_text_measure(text, &n_samples, &n_entries);
	read->values[0] = malloc(n_entries * sizeof(double) + 1);
	read->counts[0] = malloc(n_entries * sizeof(uint64_t) + 1);
	status = sample_text_read(text, shape, NULL, read->parameters, read->values[0], read->counts[0],
							  read->views);
	if (sdq_failed(status))
		read_samples_free(read);
	return status;
}

#endif
