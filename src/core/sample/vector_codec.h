/*
 * vector_codec.h
 *		The flat form of a vector of samples: one sample per array position.
 *
 *		offset 0	4 bytes that belong to the container (the server keeps the length there)
 *			   4	version (VECTOR_FLAT_VERSION)
 *			   5	3 bytes of flags, 0: none is defined yet
 *			   8	number of positions, 32 bits
 *				then per position: n, n_distinct, end (32 bits each)
 *				then the entries of all positions, as lists of blocks (entry_list.h)
 *
 * `end` is where the entries of the position end, counted from where those of the first begin. Words
 * are in the machine's byte order, blocks are the same everywhere; nothing needs an alignment. The
 * form is canonical: equal vectors have equal bytes. It is stored in tables, so every later version of
 * this file must read it.
 *
 * The readers trust nothing: any bytes give well-formed samples or SDQ_BAD_DATA with a VectorFault as
 * detail and the index of the position as row.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_VECTOR_CODEC_H
#define SYNTHDQ_CORE_SAMPLE_VECTOR_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/sample/entry_list.h"
#include "core/sample/stream.h"

#define VECTOR_FLAT_VERSION 1

/* Most positions of a vector; more than an array of the server can have elements. */
#define VECTOR_MAX_POSITIONS ((size_t) 1 << 28)

/* What is wrong with a flat vector. */
typedef enum VectorFault
{
	VECTOR_OK = 0,
	VECTOR_BAD_VERSION, /* a = the version */
	VECTOR_BAD_FLAGS,
	VECTOR_BAD_SIZE,    /* bytes and numbers contradict each other: a = bytes given, b = needed */
	VECTOR_BAD_ENTRIES, /* the entries of a position cannot be read; a = the EntryListFault */
} VectorFault;

/* A flat vector that is being read. Borrowed from its bytes. */
typedef struct VectorView
{
	size_t n_positions;
	size_t max_distinct; /* largest number of distinct values at one position */
	const unsigned char *directory;
	const unsigned char *entries;
} VectorView;

/* Look into flat[n_bytes]. Everything but the entries themselves is checked. Linear in the number of
 * positions, a few nanoseconds each. */
extern SdqStatus vector_open(const void *flat, size_t n_bytes, VectorView *view);

/* The observations at a position (from 0), as vector_position() will find them. */
extern uint64_t vector_position_n(const VectorView *view, size_t position);

/*
 * The sample at a position (from 0), decoded into values[max_distinct] and counts[max_distinct] and
 * checked; an empty sample has n = 0. Some nanoseconds an entry. Any thread may call it.
 */
extern SdqStatus vector_position(const VectorView *view, size_t position, double *values,
								 uint64_t *counts, SampleView *sample);

/* The stored sample at a position, for whoever reads it as a stream. */
extern EntryList vector_position_list(const VectorView *view, size_t position);

/* Writing: header and directory are filled while positions are put one after the other. */
typedef struct VectorWriter
{
	unsigned char *flat;
	size_t n_positions;
	size_t n_put;
	size_t end; /* of the entries so far */
} VectorWriter;

/* Bytes of a flat vector whose entries take so many; false if that does not fit. */
extern bool vector_flat_size(size_t n_positions, size_t entry_bytes, size_t *bytes);

/* Start to write to flat[vector_flat_size()]; the container's 4 bytes are left alone. */
extern VectorWriter vector_write_begin(void *flat, size_t n_positions);

/* Write the sample of the next position. Statuses of entry_list_write(). */
extern SdqStatus vector_write_position(VectorWriter *writer, const SampleView *sample, Stop *stop);

#endif
