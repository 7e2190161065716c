/*
 * ecdf_codec.h
 *		The flat form of samples.
 *
 *		offset 0	4 bytes that belong to the container (the server keeps the length there)
 *			   4	version (ECDF_FLAT_VERSION)
 *			   5	number of samples ("sides"), 1 or 2
 *			   6	number of parameter words, 0 to ECDF_MAX_PARAMETERS
 *			   7	flags, 0: none is defined yet
 *			   8	parameters, 8 bytes each
 *				then per side: n, n_distinct, n_bytes (32 bits each)
 *				then per side: its entries, n_bytes of blocks (entry_list.h)
 *
 * Words are in the machine's byte order, blocks are the same everywhere. A flat value lies on an
 * 8-byte boundary, for the sake of the parameters. It is canonical: equal samples have equal bytes.
 * It is stored in tables, so every later version of this file must read it.
 *
 * The readers trust nothing: any bytes give either a well-formed value or SDQ_BAD_DATA with an
 * EcdfFault as detail, and memory outside of what they were given is never touched.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_ECDF_CODEC_H
#define SYNTHDQ_CORE_SAMPLE_ECDF_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/sample/entry_list.h"
#include "core/sample/stream.h"

#define ECDF_FLAT_VERSION   1
#define ECDF_MAX_SIDES      2
#define ECDF_MAX_PARAMETERS 4

/* What a type's values consist of. */
typedef struct EcdfShape
{
	int n_sides;      /* 1 or 2 */
	int n_parameters; /* 0 to ECDF_MAX_PARAMETERS */
} EcdfShape;

/* What is wrong; `row` of the status is the index of the entry, or the offset in a text. */
typedef enum EcdfFault
{
	ECDF_OK = 0,
	ECDF_BAD_VERSION,   /* a = the version */
	ECDF_BAD_FLAGS,     /* a = the flags */
	ECDF_BAD_SHAPE,     /* other sides or parameters than the type has */
	ECDF_BAD_SIZE,      /* bytes and counts contradict each other: a = bytes given, b = needed */
	ECDF_NAN,           /* a value is NaN */
	ECDF_NEGATIVE_ZERO, /* a value is -0 */
	ECDF_NOT_ASCENDING, /* a value is not above the one before it: a = the value */
	ECDF_BAD_COUNT,     /* a count is 0 or above SAMPLE_MAX_COUNT: a = the count */
	ECDF_BAD_TOTAL,     /* counts do not add up, or to more than SAMPLE_MAX_COUNT: a = their sum */
	ECDF_BAD_ENTRIES,   /* stored entries cannot be read; row = the side, a = the EntryListFault */
	ECDF_SYNTAX,        /* a text has something else where a token belongs */
	ECDF_BAD_NUMBER,    /* a text's value is no number, or outside of the range of doubles */
} EcdfFault;

/* *bytes = the size of a flat value of streams[n_sides], which are read and brought back to their
 * start. SDQ_TOO_LARGE if it does not fit 32 bits; SDQ_INTERRUPTED if the Stop, which may be NULL,
 * says so; failures of a stream. */
extern SdqStatus ecdf_flat_measure(const EcdfShape *shape, SampleStream *streams, Stop *stop,
								   size_t *bytes);

/* Write streams[n_sides] and parameters[n_parameters] to flat[], which has the size that
 * ecdf_flat_measure() gave. The container's 4 bytes are left alone. Same statuses. */
extern SdqStatus ecdf_flat_write(void *flat, const EcdfShape *shape, const uint64_t *parameters,
								 SampleStream *streams, Stop *stop);

/*
 * Look into flat[n_bytes], 8-byte aligned: sides[n_sides] and *parameters point into it. Constant
 * time: sizes, version and shape are checked, so that the lists can be read; the entries themselves
 * are checked by whoever reads them.
 */
extern SdqStatus ecdf_flat_open(const void *flat, size_t n_bytes, const EcdfShape *shape,
								const uint64_t **parameters, EntryList *sides);

/* Does a view keep what SampleView promises? Linear, about a nanosecond an entry. */
extern SdqStatus ecdf_view_check(const SampleView *view);

#endif
