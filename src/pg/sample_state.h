/*
 * sample_state.h
 *		Samples as aggregate states and SQL values: one expanded object for every type that holds
 *		one or two multisets of doubles.
 *
 * A state type (ecdf, sample_pair, and others built on this file) is described by a SampleStateType:
 * how many samples ("sides") a value holds, and how many parameter words stand beside them. In
 * memory a value under construction is an expanded object, changed in place; elsewhere it is flat
 * (core/sample/ecdf_codec.h). The transition functions of a type are then a few lines each:
 *
 *		if (PG_ARGISNULL(1))
 *			return sample_state_unchanged(fcinfo);
 *		state = sample_state_for_update(fcinfo, &ecdf_type, NULL);
 *		sample_state_add_float8(state, 0, PG_GETARG_FLOAT8(1));
 *		return sample_state_datum(state);
 *
 * and a final or plain function reads
 *
 *		sample_state_open(PG_GETARG_DATUM(0), &sample_pair_type, views);
 *		tally = tally_open(&views[0], &views[1]);
 *
 * Rules kept for every type:
 * - Argument 0 may be NULL, flat, a read-only or a read-write expanded object; only the last is
 *	 changed in place, and only inside an aggregate; the others are copied first.
 * - NULL elements and NaN are skipped and not counted; -0 is stored as 0; infinities are values.
 *	 A side to which nothing was added is empty (n = 0), which is no error.
 * - A failing call leaves the old value whole wherever it can be seen again: outside of an aggregate
 *	 the old value is never touched, inside it goes away with the query.
 * - Memory is that of the object's context, a child of the aggregate context; a state that needs
 *	 more than synthdq.max_memory, a side of more than SAMPLE_MAX_COUNT observations, and a flat
 *	 value of 1 GB or more are errors (PROGRAM_LIMIT_EXCEEDED).
 * - The same multisets have the same flat bytes, whatever the order of rows and of merging.
 */
#ifndef SYNTHDQ_PG_SAMPLE_STATE_H
#define SYNTHDQ_PG_SAMPLE_STATE_H

#include "postgres.h"

#include "core/sample/sample.h"
#include "core/sample/tally.h"
#include "fmgr.h"

#define SAMPLE_STATE_MAX_SIDES      2
#define SAMPLE_STATE_MAX_PARAMETERS 4

/* One parameter of a state: 8 bytes, compared bit for bit. */
typedef union SampleParameter
{
	int64 integer;
	float8 number;
} SampleParameter;

/* What distinguishes the SQL types. Constant, one per type. */
typedef struct SampleStateType
{
	const char *name; /* SQL name, for messages */
	int n_sides;      /* 1 or 2 */
	int n_parameters; /* 0 to SAMPLE_STATE_MAX_PARAMETERS */
	/* Could this block have been written by the type's own transition functions? Asked for bytes
	 * and texts from outside. NULL if n_parameters = 0. */
	bool (*parameters_valid)(const SampleParameter *parameters);
	/* The hint for a text of another syntax; NULL: there is none. */
	const char *text_hint;
} SampleStateType;

extern const SampleStateType ecdf_type;        /* one sample */
extern const SampleStateType sample_pair_type; /* side 0 = x (real), side 1 = y (synthetic) */

/* An expanded value that may be changed. */
typedef struct SampleState SampleState;

/*
 * Argument 0 as an object that may be changed in place; an empty one if argument 0 is NULL.
 * `parameters` [n_parameters] are this row's; NULL if the type has none. If argument 0 holds others:
 * INVALID_PARAMETER_VALUE. Detoast all other arguments as usual, in the caller's context.
 */
extern SampleState *sample_state_for_update(FunctionCallInfo fcinfo, const SampleStateType *type,
											const SampleParameter *parameters);

/* The read-write Datum of a state, as a transition function returns it. */
extern Datum sample_state_datum(SampleState *state);

/* What a transition function returns for a row that adds nothing: argument 0 as it came, NULL
 * included (sets fcinfo->isnull). */
extern Datum sample_state_unchanged(FunctionCallInfo fcinfo);

/*
 * Argument 0 as a final function returns it: the object itself, to be read only. Up to version 15 the
 * server copies a result that is not in its own context, which would flatten the object and limit it to
 * 1 GB; a pointer to the object that is in that context passes. From 16 on it does so by itself.
 */
extern Datum sample_state_final(FunctionCallInfo fcinfo, const SampleStateType *type);

/* The number of observations of a side: constant time for an object. */
extern uint64 sample_state_n(Datum value, const SampleStateType *type, int side);

/* Add one value to a side. */
extern void sample_state_add_float8(SampleState *state, int side, float8 value);

/* Add all elements of a smallint[], integer[], real[] or double precision[] Datum to a side. */
extern void sample_state_add_array(SampleState *state, int side, Datum array);

/* The whole body of a combine function, or of the transition function of a union aggregate: folds
 * argument 1 into argument 0, in all four NULL cases (sets fcinfo->isnull for two NULLs). Different
 * parameters: INVALID_PARAMETER_VALUE. */
extern Datum sample_state_combine(FunctionCallInfo fcinfo, const SampleStateType *type);

/*
 * Look into a value, flat or expanded, without changing it: views[n_sides], and the parameters
 * [n_parameters] (NULL if the type has none). Both are borrowed from the value, or from a detoasted
 * copy in CurrentMemoryContext, and hold until the value is changed or goes away.
 */
extern const SampleParameter *sample_state_open(Datum value, const SampleStateType *type,
												SampleView *views);

/* The same as streams[n_sides], for whoever reads the samples in order: also where they are too large
 * for memory. Borrowed alike; each stream may be read while others of the same value are. */
extern const SampleParameter *sample_state_open_streams(Datum value, const SampleStateType *type,
														SampleStream *streams);

/*
 * samples[n_sides] of an object, for whoever can make more of them than streams, with work that is worth
 * threads: borrowed alike, and not to be changed in value. False for a flat value, and where little is left
 * to be sorted.
 */
extern bool sample_state_unsorted(Datum value, const SampleStateType *type, Sample **samples);

/* The parameters of an object, borrowed, without a look at its samples; not for a flat value. */
extern const SampleParameter *sample_state_parameters(Datum value, const SampleStateType *type);

/* The whole bodies of a type's input, output, receive and send functions. */
extern Datum sample_state_in(FunctionCallInfo fcinfo, const SampleStateType *type);
extern Datum sample_state_out(FunctionCallInfo fcinfo, const SampleStateType *type);
extern Datum sample_state_recv(FunctionCallInfo fcinfo, const SampleStateType *type);
extern Datum sample_state_send(FunctionCallInfo fcinfo, const SampleStateType *type);

#endif
