/*
 * vector.h
 *		A growing vector of samples: for each array position the multiset of the numbers seen there.
 *
 * The rules are those of sample.h: NaN is skipped and not counted, -0 becomes 0, infinities are
 * values, and what a vector holds depends on nothing but the multisets of values, for any order of
 * adding and merging. How it holds them is its own business (see vector.c).
 *
 * The statuses are SDQ_NO_MEMORY, SDQ_OVER_LIMIT (the limit of the SampleMemory), SDQ_TOO_LARGE
 * (more than SAMPLE_MAX_COUNT observations at a position: a = the number, b = the limit) and
 * SDQ_INTERRUPTED (where there is a Stop, which may be NULL). Main thread only, one caller at a time.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_VECTOR_H
#define SYNTHDQ_CORE_SAMPLE_VECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/sample/memory.h"
#include "core/sample/run.h"
#include "core/sample/stream.h"
#include "core/sample/vector_codec.h"
#include "core/sample/window.h"

typedef struct SampleVector
{
	SampleMemory *memory; /* borrowed; must outlive the vector */
	size_t n_positions;
	bool has_shape;     /* is n_positions known? */
	uint64_t most;      /* no position has more observations than this */
	WindowRange window; /* of all positions */
	uint32_t *counters; /* [n_positions][window.n_slots, padded] */
	uint32_t *slots;    /* [n_positions] scratch: where the numbers of a row are counted */
	uint64_t *buffer;   /* [buffer_capacity][n_positions] keys of other values, or NO_KEY */
	size_t n_buffered;  /* rows in the buffer */
	size_t buffer_capacity;
	Run *runs; /* [n_positions] what left the buffer; NULL before that */
	Run shown; /* scratch: a position as it is shown */
} SampleVector;

/* A vector of no known length, without memory. */
extern void vector_init(SampleVector *vector, SampleMemory *memory);

/* Give back all memory; the vector is as after vector_init(). */
extern void vector_free(SampleVector *vector);

/* Set the number of positions, at most VECTOR_MAX_POSITIONS, of a vector that has none yet. */
extern SdqStatus vector_set_shape(SampleVector *vector, size_t n_positions);

/*
 * Add a row, values[n_positions]; the shape is set. Small integers take about a nanosecond each, in
 * any type; others some ten. A failure leaves the value as it was.
 */
extern SdqStatus vector_add_int16(SampleVector *vector, const int16_t *values, Stop *stop);
extern SdqStatus vector_add_int32(SampleVector *vector, const int32_t *values, Stop *stop);
extern SdqStatus vector_add_float(SampleVector *vector, const float *values, Stop *stop);
extern SdqStatus vector_add_double(SampleVector *vector, const double *values, Stop *stop);

/* Add all observations of a flat vector of the same shape. After a failure, which may be those of
 * vector_position() too, the vector can only be freed. */
extern SdqStatus vector_add_flat(SampleVector *vector, const VectorView *view, Stop *stop);

/* *bytes = the size of the vector's flat form; SDQ_TOO_LARGE if it does not fit 32 bits. Sorts what
 * is not sorted yet; the value does not change. */
extern SdqStatus vector_measure(SampleVector *vector, Stop *stop, size_t *bytes);

/* Write the flat form of that size. */
extern SdqStatus vector_write(SampleVector *vector, Stop *stop, void *flat);

#endif
