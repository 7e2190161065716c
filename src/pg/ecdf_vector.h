/*
 * ecdf_vector.h
 *		The SQL type ecdf_vector: one empirical distribution per array position.
 *
 * As with the types of sample_state.h a value under construction is an expanded object, changed in
 * place inside an aggregate; elsewhere it is flat (core/sample/vector_codec.h). The same rules hold:
 * argument 0 comes in four shapes, NULL elements and NaN are skipped at their position, -0 is 0, equal
 * vectors have equal bytes, memory is that of the object's context and limited by synthdq.max_memory.
 * Rows of different length are an error.
 */
#ifndef SYNTHDQ_PG_ECDF_VECTOR_H
#define SYNTHDQ_PG_ECDF_VECTOR_H

#include "postgres.h"

#include "core/sample/vector_codec.h"

/* Look into a value, flat or expanded; an expanded one is made flat in CurrentMemoryContext, and so is
 * a toasted one. Borrowed. DATA_CORRUPTED if the bytes make no sense. */
extern void ecdf_vector_open(Datum value, VectorView *view);

/* Raise what vector_position() has reported, DATA_CORRUPTED included; returns if it is SDQ_OK. */
extern void ecdf_vector_check(SdqStatus status);

/* A flat value of samples[n_positions]. PROGRAM_LIMIT_EXCEEDED if it takes 1 GB or more. */
extern struct varlena *ecdf_vector_make(const SampleView *samples, size_t n_positions);

/* What is wrong with a vector (a VectorFault), as a sentence. */
extern char *ecdf_vector_fault_detail(SdqStatus status);

#endif
