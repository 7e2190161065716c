/*
 * sample_loose.h
 *		How states travel between the processes of a parallel plan while they are nothing but numbers in
 *		no order.
 *
 * To bring such samples into the flat form would mean to sort them in each process, to check and decode
 * them in the one that combines, and to merge there what was sorted; which takes longer than to sort
 * all of them there. So they go as they are:
 *
 *		offset 0	the varlena's length
 *			   4	version, sides, parameters, flags as in the flat form, with SAMPLE_LOOSE_FLAG
 *			   8	parameters, 8 bytes each
 *				then per side: the number of observations, 8 bytes
 *				then per side: the observations as doubles
 *
 * This form is never stored: only the node of a plan that does not finish its aggregates writes it, only a
 * combine function called by the node above it reads it, and every other reader of flat values refuses its
 * flag.
 */
#ifndef SYNTHDQ_PG_SAMPLE_LOOSE_H
#define SYNTHDQ_PG_SAMPLE_LOOSE_H

#include "postgres.h"

#include "core/sample/sample.h"
#include "fmgr.h"
#include "pg/sample_state.h"

/* Is the function called for an aggregate whose state is passed on to be combined? */
extern bool sample_loose_is_passed_on(FunctionCallInfo fcinfo);

/* Is it called to combine states that were passed on? */
extern bool sample_loose_is_combining(FunctionCallInfo fcinfo);

/* The size of samples[n_sides] in the loose form; 0 if they have another. */
extern Size sample_loose_size(const SampleStateType *type, Sample *const *samples);

/* Write them to result[sample_loose_size()]. */
extern void sample_loose_write(const SampleStateType *type, const SampleParameter *parameters,
							   Sample *const *samples, void *result, Size bytes);

/* A state in the loose form. Borrowed. */
typedef struct LooseState
{
	const SampleParameter *parameters;
	size_t n[SAMPLE_STATE_MAX_SIDES];
	const double *values[SAMPLE_STATE_MAX_SIDES]; /* [n] */
} LooseState;

/* Look into a flat value, detoasted; false if it has another form. DATA_CORRUPTED if it has this one but
 * does not fit its type or its size. */
extern bool sample_loose_open(const struct varlena *value, const SampleStateType *type,
							  LooseState *state);

/* Add values[n] to a sample, with looks at interrupts. */
extern void sample_loose_add(Sample *sample, const double *values, size_t n);

/* Add a sample that is loose. */
extern void sample_loose_add_sample(Sample *sample, const Sample *other);

#endif
