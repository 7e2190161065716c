/*
 * sample_text.h
 *		Reading samples from their text form.
 *
 * A sample is {value:count,value:count,...} in ascending order, e.g. {0:12,1.5:3,Infinity:1}; two
 * samples are ({...},{...}); parameters come first, as 16 hexadecimal digits each, as in
 * (00000000000000c8,{...}). A vector of samples is [{...},{...},...]. Blanks may stand between tokens.
 * It is written elsewhere, with the shortest decimals that read back exactly.
 *
 * Any text gives samples that promise what SampleView does, or SDQ_BAD_DATA with an EcdfFault as
 * detail and the offset in the text, or the index of the entry in its sample, as row.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_SAMPLE_TEXT_H
#define SYNTHDQ_CORE_SAMPLE_SAMPLE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/sample/ecdf_codec.h"
#include "core/sample/stream.h"

/* The numbers of samples and of entries of all samples that a text can have at most: all that must be
 * known to make room for them. */
extern void sample_text_measure(const char *text, size_t *n_samples, size_t *n_entries);

/* Read a NUL-terminated text of a shape: parameters[n_parameters], and views[n_sides] of what is read
 * into values[n_entries] and counts[n_entries]. SDQ_INTERRUPTED if the Stop, which may be NULL, says
 * so. */
extern SdqStatus sample_text_read(const char *text, const EcdfShape *shape, Stop *stop,
								  uint64_t *parameters, double *values, uint64_t *counts,
								  SampleView *views);

/* The same for the text of a vector: views[n_samples], of which *n_samples are there. */
extern SdqStatus sample_text_read_vector(const char *text, Stop *stop, double *values,
										 uint64_t *counts, SampleView *views, size_t *n_samples);

#endif
