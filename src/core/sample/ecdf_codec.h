/*
 * ecdf_codec.h
 *		The flat form of samples, and the text form's reader.
 *
 * A flat value is a multiple of 8 bytes, in the machine's byte order, 8-byte aligned, so that the
 * views of its samples point straight into it:
 *
 *		offset 0	4 bytes that belong to the container (the server keeps the length there)
 *			   4	version (ECDF_FLAT_VERSION)
 *			   5	number of samples ("sides"), 1 or 2
 *			   6	number of parameter words, 0 to ECDF_MAX_PARAMETERS
 *			   7	flags, 0: none is defined yet
 *			   8	parameters, 8 bytes each
 *				then per side: n_distinct, n (8 bytes each)
 *				then per side: values[n_distinct] as doubles, counts[n_distinct] as 64-bit integers
 *
 * It is canonical: equal samples have equal bytes. It is stored in tables, so every later version
 * of this file must read it.
 *
 * The text form is {value:count,value:count,...} in ascending order, e.g. {0:12,1.5:3,Infinity:1};
 * with two sides ({...},{...}); parameters come first, as 16 hexadecimal digits each, as in
 * (00000000000000c8,{...}). Blanks may stand between tokens. It is written elsewhere, with the
 * shortest decimals that read back exactly.
 *
 * The readers trust nothing: any bytes give either a well-formed value or SDQ_BAD_DATA with an
 * EcdfFault as detail, and memory outside of what they were given is never touched.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_ECDF_CODEC_H
#define SYNTHDQ_CORE_SAMPLE_ECDF_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/sample/tally.h"

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
	ECDF_SYNTAX,        /* a text has something else where a token belongs */
	ECDF_BAD_NUMBER,    /* a text's value is no number, or outside of the range of doubles */
} EcdfFault;

/* *bytes = the size of a flat value whose sides have these numbers of distinct values; false if that
 * does not fit a size_t. */
extern bool ecdf_flat_size(const EcdfShape *shape, const size_t *n_distinct, size_t *bytes);

/* Where the entries of such a value lie: the values and counts of views[n_sides] point into flat[],
 * for the caller to fill before ecdf_flat_write(); n is left 0. */
extern void ecdf_flat_place(void *flat, const EcdfShape *shape, const size_t *n_distinct,
							SampleView *views);

/* Write views[n_sides] and parameters[n_parameters] to flat[], which is 8-byte aligned and as large
 * as ecdf_flat_size() says. The container's 4 bytes are left alone. The views may be those of
 * ecdf_flat_place() for the same flat[]. SDQ_INTERRUPTED if the Stop, which may be NULL, says
 * so. */
extern SdqStatus ecdf_flat_write(void *flat, const EcdfShape *shape, const uint64_t *parameters,
								 const SampleView *views, Stop *stop);

/*
 * Look into flat[n_bytes], 8-byte aligned: views[n_sides] and *parameters point into it. Constant
 * time: sizes, version and shape are checked, so that all of the views is readable; the entries
 * themselves are not looked at (ecdf_view_check does that).
 */
extern SdqStatus ecdf_flat_open(const void *flat, size_t n_bytes, const EcdfShape *shape,
								const uint64_t **parameters, SampleView *views);

/* Does a view keep what SampleView promises? Linear, about a nanosecond an entry. */
extern SdqStatus ecdf_view_check(const SampleView *view);

/* ecdf_flat_open(), then ecdf_view_check() of every side. */
extern SdqStatus ecdf_flat_check(const void *flat, size_t n_bytes, const EcdfShape *shape,
								 const uint64_t **parameters, SampleView *views);

/* The numbers of entries, n_distinct[n_sides], that a text can have at most: all that must be known
 * to make room for it. */
extern void ecdf_text_measure(const char *text, const EcdfShape *shape, size_t *n_distinct);

/* Read a NUL-terminated text into flat[], which is 8-byte aligned and has the size for the
 * n_distinct[] that ecdf_text_measure() found. */
extern SdqStatus ecdf_text_read(const char *text, const EcdfShape *shape, const size_t *n_distinct,
								void *flat);

#endif
