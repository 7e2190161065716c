/*
 * sample_flat.h
 *		Flat values of the types that hold samples: what sample_state.c reads and writes where a value
 *		is not an object in memory.
 *
 * The layout is that of core/sample/ecdf_codec.h inside a varlena. The bodies of the types' input,
 * output, receive and send functions, which sample_state.h declares, are in sample_flat.c too.
 */
#ifndef SYNTHDQ_PG_SAMPLE_FLAT_H
#define SYNTHDQ_PG_SAMPLE_FLAT_H

#include "postgres.h"

#include "pg/sample_state.h"

/* Look into a flat Datum of any form (short, compressed, toasted), as sample_state_open() does.
 * DATA_CORRUPTED if its bytes make no sense. */
extern const SampleParameter *sample_flat_open(Datum value, const SampleStateType *type,
											   SampleView *views);

/* The size of these samples as a value; PROGRAM_LIMIT_EXCEEDED if that is 1 GB or more. */
extern Size sample_flat_size(const SampleStateType *type, const SampleView *views);

/* Write a flat value of the size that sample_flat_size() gave. */
extern void sample_flat_write(const SampleStateType *type, const SampleParameter *parameters,
							  const SampleView *views, void *result, Size bytes);

#endif
