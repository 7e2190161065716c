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

#include "core/sample/stream.h"
#include "lib/stringinfo.h"
#include "pg/sample_state.h"

/* Look into a flat Datum of any form (short, compressed, toasted), as sample_state_open() does: the
 * samples are decoded into CurrentMemoryContext. DATA_CORRUPTED if its bytes make no sense. */
extern const SampleParameter *sample_flat_open(Datum value, const SampleStateType *type,
											   SampleView *views);

/* The same as sample_state_open_streams() does: a stream of a large sample decodes block by block. */
extern const SampleParameter *sample_flat_open_streams(Datum value, const SampleStateType *type,
													   SampleStream *streams);

/* The size of these samples as a value; PROGRAM_LIMIT_EXCEEDED if that is 1 GB or more. The streams
 * must be at their start and are brought back to it. */
extern Size sample_flat_size(const SampleStateType *type, SampleStream *streams);

/* Write a flat value of the size that sample_flat_size() gave. */
extern void sample_flat_write(const SampleStateType *type, const SampleParameter *parameters,
							  SampleStream *streams, void *result, Size bytes);

/* A flat value of samples that lie in memory, in CurrentMemoryContext. */
extern struct varlena *sample_flat_make(const SampleStateType *type,
										const SampleParameter *parameters, const SampleView *views);

/* What is wrong with a value that came from outside (an EcdfFault), as a sentence. */
extern char *sample_fault_detail(SdqStatus status);

/* Bring the next piece of a stream, or the end (false); back to its start. Errors are raised. */
extern bool sample_next_piece(SampleStream *stream);
extern void sample_restart(SampleStream *stream);

/* Append a number, or a sample from the start of its stream, in the text form. */
extern void sample_append_number(StringInfo text, double value);
extern void sample_append_text(StringInfo text, SampleStream *stream);

/* Append a sample, from the start of its stream, to a binary message: the number of entries, then
 * each value with its count. */
extern void sample_send_entries(StringInfo message, SampleStream *stream);

/* Read it back into CurrentMemoryContext. INVALID_BINARY_REPRESENTATION if it makes no sense. */
extern SampleView sample_receive_entries(StringInfo message, const char *type_name);

/* Raise INVALID_BINARY_REPRESENTATION. */
extern _Noreturn void sample_refuse_message(const char *type_name, const char *detail);

#endif
