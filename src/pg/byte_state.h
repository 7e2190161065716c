/*
 * byte_state.h
 *		Objects of the core as aggregate states and SQL values: one expanded object for every type whose
 *		object can be merged and written as bytes.
 *
 * A type is described by a ByteStateType. In memory a value under construction is an expanded object,
 * changed in place, with its own memory context below the aggregate's, charged against
 * synthdq.max_memory; elsewhere it is a varlena of the bytes that the core writes, which are the binary form
 * as well; and the text form is that of bytea. Whoever reads bytes checks them completely. A transition
 * function is then
 *
 *		if (PG_ARGISNULL(1))
 *			return byte_state_unchanged(fcinfo);
 *		state = byte_state_for_update(fcinfo, &type);
 *		type_check(core_add(byte_state_object(state), byte_state_memory(state), ...));
 *		return byte_state_datum(state);
 *
 * Argument 0 may be NULL, flat, a read-only or a read-write expanded object; only the last is changed in
 * place, and only inside an aggregate; the others are copied first.
 */
#ifndef SYNTHDQ_PG_BYTE_STATE_H
#define SYNTHDQ_PG_BYTE_STATE_H

#include "postgres.h"

#include "core/sample/memory.h"
#include "fmgr.h"

/* What distinguishes the types. Constant, one per type. Statuses of SDQ_BAD_DATA are the room's own. */
typedef struct ByteStateType
{
	const char *name;   /* SQL name, for messages */
	size_t object_size; /* of the core's object */
	void (*init)(void *object);
	/* Settle the object, without changing its value, and find the size of its bytes; then write them. */
	SdqStatus (*measure)(void *object, SampleMemory *memory, size_t *size);
	void (*encode)(const void *object, uint8_t *bytes);
	/* Read bytes into uninitialised memory; SDQ_BAD_DATA if no encoder has written them. */
	SdqStatus (*decode)(void *object, SampleMemory *memory, const uint8_t *bytes, size_t size);
	SdqStatus (*merge)(void *object, SampleMemory *memory, const void *other);
	/* Raise what adding and merging report; returns if it is SDQ_OK. */
	void (*check)(SdqStatus status);
} ByteStateType;

/* An expanded value that may be changed. */
typedef struct ByteState ByteState;

/* Argument 0 as an object that may be changed in place; an initialised one if argument 0 is NULL. */
extern ByteState *byte_state_for_update(FunctionCallInfo fcinfo, const ByteStateType *type);

/* The core's object of a state, and where it has its memory. */
extern void *byte_state_object(ByteState *state);
extern SampleMemory *byte_state_memory(ByteState *state);

/* The read-write Datum of a state, as a transition function returns it. */
extern Datum byte_state_datum(ByteState *state);

/* What a transition function returns for a row that adds nothing: argument 0 as it came. */
extern Datum byte_state_unchanged(FunctionCallInfo fcinfo);

/* The core's object of a value, flat or expanded, settled: not to be changed; borrowed from the value, or made in
 * CurrentMemoryContext. */
extern const void *byte_state_open(Datum value, const ByteStateType *type);

/* The whole body of a combine function, or of the transition function of a union aggregate: folds
 * argument 1 into argument 0, in all four NULL cases. */
extern Datum byte_state_combine(FunctionCallInfo fcinfo, const ByteStateType *type);

/* The whole bodies of a type's input, output, receive and send functions. */
extern Datum byte_state_in(FunctionCallInfo fcinfo, const ByteStateType *type);
extern Datum byte_state_out(FunctionCallInfo fcinfo, const ByteStateType *type);
extern Datum byte_state_recv(FunctionCallInfo fcinfo, const ByteStateType *type);
extern Datum byte_state_send(FunctionCallInfo fcinfo, const ByteStateType *type);

#endif
