/*
 * sample_state.c
 *		The expanded object behind the types that hold samples.
 *
 * The object lives in a memory context of its own, a child of the aggregate context (of the current
 * one in plain calls), together with the blocks of its samples: whoever accounts for the aggregate
 * context sees all of it, and deleting the context frees all of it, and removes the temporary files to
 * which samples go that are larger than synthdq.max_memory. Nothing of the server is called from core
 * but the callbacks for memory and for files (spill_file.c), which raise no errors, so that core can
 * back out and report.
 *
 * Opening an object for reading may sort what has not been sorted yet and may build the list of
 * distinct values. That changes the form in memory, not the value, and leaves the object whole if
 * it fails; so it is done in read-only objects as well (as array_expanded.c does), and each final
 * call over a growing window frame finds the work of the last one done. It also makes
 * get_flat_size() cheap when it is called again. Flat values are sample_flat.c's business.
 */
#include "pg/sample_state.h"

#include "catalog/pg_type.h"
#include "utils/expandeddatum.h"
#include "utils/memutils.h"

#include "core/sample/sample_ahead.h"
#include "pg/array_reader.h"
#include "pg/computation.h"
#include "pg/sample_flat.h"
#include "pg/sample_loose.h"
#include "pg/sample_memory.h"
#include "pg/settings.h"
#include "pg/spill_file.h"

/* So many observations take some milliseconds to sort; to start and join threads takes a tenth of one. */
#define WORTH_THREADS ((uint64) 1 << 18)

/* Values that a sample has between two looks at whether its sort could be prepared, before that is so. */
#define LOOK_INTERVAL (SAMPLE_AHEAD_MIN / 8)

/* One sample of a state, and its share of the memory. */
typedef struct SampleSide
{
	Sample sample;
	SampleMemory memory;
	size_t next_look; /* buffered values at which look_ahead() has something to do */
} SampleSide;

struct SampleState
{
	ExpandedObjectHeader header;
	const SampleStateType *type;
	Size flat_size;    /* 0 = not known */
	size_t limit;      /* synthdq.max_memory as the sides have it */
	bool is_passed_on; /* to whoever combines it; see sample_loose.h */
	SortAhead *ahead;  /* prepares the sort on a thread; NULL: it does not */
	MemoryContextCallback at_end;
	SampleParameter parameters[SAMPLE_STATE_MAX_PARAMETERS];
	SampleSide sides[FLEXIBLE_ARRAY_MEMBER]; /* [type->n_sides] */
};

/* What the streams of an object that is on disk need, in the reader's context. */
typedef struct StreamScratch
{
	Arena arena;
	Stop stop;
} StreamScratch;

/* ecdf(t) of a text column is not the aggregate, as the server reads it, but a cast; so is
 * ecdf('{1,2}'). */
const SampleStateType ecdf_type = {
	.name = "ecdf",
	.n_sides = 1,
	.n_parameters = 0,
	.parameters_valid = NULL,
	.text_hint =
		gettext_noop("An ecdf is written {value:count,...}. To build one from text that holds "
					 "numbers, cast it first: ecdf(t::float8), ecdf(t::real[])."),
};
const SampleStateType sample_pair_type = {
	.name = "sample_pair", .n_sides = 2, .n_parameters = 0, .parameters_valid = NULL};

static Size state_flat_size(ExpandedObjectHeader *header);
static void state_flatten(ExpandedObjectHeader *header, void *result, Size allocated_size);

static const ExpandedObjectMethods state_methods = {.get_flat_size = state_flat_size,
													.flatten_into = state_flatten};

/* One thread at a time prepares a sort, however many states the session has. */
static bool is_preparing = false;

/* The limit may have been changed since the last call. Each side has its share, so that one side need not
 * go to disk to make room for the other. */
static void
set_limits(SampleState *state)
{
	size_t limit = settings_max_memory();

	if (limit == state->limit)
		return;
	state->limit = limit;
	for (int side = 0; side < state->type->n_sides; side++)
		state->sides[side].memory.limit = limit / state->type->n_sides;
}

/* A new, empty object. */
static SampleState *
state_create(const SampleStateType *type, const SampleParameter *parameters, MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "synthdq sample", ALLOCSET_SMALL_SIZES);
	SampleState *state = MemoryContextAllocZero(
		context, offsetof(SampleState, sides) + (size_t) type->n_sides * sizeof(SampleSide));
	const SampleSpill *spill = spill_files(context);

	EOH_init_header(&state->header, &state_methods, context);
	state->type = type;
	if (type->n_parameters > 0)
		memcpy(state->parameters, parameters, type->n_parameters * sizeof(SampleParameter));
	for (int i = 0; i < type->n_sides; i++)
	{
		SampleSide *side = &state->sides[i];

		side->memory = sample_context_memory(context);
		side->memory.spill = spill;
		side->next_look = type->n_sides == 1 ? SIZE_MAX : LOOK_INTERVAL;
		sample_init(&side->sample, &side->memory);
	}
	set_limits(state);
	return state;
}

/* The object that an expanded Datum points to. */
static SampleState *
expanded_state(Datum value, const SampleStateType *type)
{
	ExpandedObjectHeader *header = DatumGetEOHP(value);
	SampleState *state = (SampleState *) header;

	/* Only a cast WITHOUT FUNCTION can bring anything else. */
	if (header->eoh_methods != &state_methods || state->type != type)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("argument is not a value of type %s", type->name)));
	return state;
}

/* Pointers to the samples of an object. */
static void
list_samples(SampleState *state, Sample **samples)
{
	for (int side = 0; side < state->type->n_sides; side++)
		samples[side] = &state->sides[side].sample;
}

/* End the thread that prepares the sort of an object, if there is one. */
static void
stop_preparing(SampleState *state)
{
	Sample *samples[SAMPLE_STATE_MAX_SIDES];

	if (state->ahead == NULL)
		return;
	list_samples(state, samples);
	sample_ahead_forget(samples, (size_t) state->type->n_sides);
	sort_ahead_free(state->ahead);
	state->ahead = NULL;
	is_preparing = false;
}

/* Callback of the object's context, on every way out. */
static void
end_preparing(void *argument)
{
	stop_preparing(argument);
}

/*
 * Prepare the sort of an object on a thread while rows come, where the server gives one to spare. Not in one
 * process of several of a parallel plan: what it holds is passed on unsorted.
 */
static void
start_preparing(SampleState *state, Sample **samples)
{
	if (is_preparing || state->is_passed_on || settings_threads() < 2)
		return;
	state->ahead = sample_ahead_start(samples, (size_t) state->type->n_sides);
	if (state->ahead == NULL)
		return;
	is_preparing = true;
	state->at_end.func = end_preparing;
	state->at_end.arg = state;
	MemoryContextRegisterResetCallback(state->header.eoh_context, &state->at_end);
}

/* Start to prepare the sort, or go on. */
static void
prepare_sort(SampleState *state)
{
	int n_sides = state->type->n_sides;
	Sample *samples[SAMPLE_STATE_MAX_SIDES];
	size_t interval = SORT_AHEAD_PIECE;

	list_samples(state, samples);
	if (state->ahead == NULL && sample_ahead_may_start(samples, (size_t) n_sides))
	{
		start_preparing(state, samples);
		if (state->ahead == NULL)
			interval = SIZE_MAX;
	}
	else if (state->ahead == NULL)
		interval = LOOK_INTERVAL;
	if (state->ahead != NULL && !sample_ahead_continue(samples, (size_t) n_sides, state->ahead))
	{
		stop_preparing(state);
		interval = SIZE_MAX;
	}
	for (int side = 0; side < n_sides; side++)
		state->sides[side].next_look =
			interval == SIZE_MAX ? SIZE_MAX : samples[side]->n_buffered + interval;
}

/* Has a side become long enough for another look? */
static inline void
look_ahead(SampleState *state, int side)
{
	if (state->sides[side].sample.n_buffered >= state->sides[side].next_look)
		prepare_sort(state);
}

/* Work of a computation: sort what is not sorted. */
static SdqStatus
sort_sides(Job *job, void *argument)
{
	SampleState *state = argument;
	Sample *samples[SAMPLE_STATE_MAX_SIDES];
	size_t n_groups;
	SdqStatus status;

	list_samples(state, samples);
	status = sample_sort_sides(samples, (size_t) state->type->n_sides, NULL, NULL, job, &n_groups);
	for (int side = 0; side < state->type->n_sides && !sdq_failed(status); side++)
		status = sample_sort(samples[side], job);
	return status;
}

/* Is there much to be sorted? */
static bool
is_worth_threads(const SampleState *state)
{
	uint64 n_unsorted = 0;

	for (int side = 0; side < state->type->n_sides; side++)
		n_unsorted += sample_unsorted(&state->sides[side].sample);
	return n_unsorted >= WORTH_THREADS;
}

/* Sort large samples on threads, before they are looked at. */
static void
sort_on_threads(SampleState *state)
{
	Computation *computation;

	if (!is_worth_threads(state))
		return;
	computation = computation_begin();
	check_sample_status(computation_run(computation, sort_sides, state));
	computation_end(computation);
	stop_preparing(state);
}

/* Views of all sides of an object. */
static void
open_expanded(SampleState *state, SampleView *views)
{
	Stop stop = sample_stop();

	sort_on_threads(state);
	for (int side = 0; side < state->type->n_sides; side++)
		check_sample_status(sample_view(&state->sides[side].sample, &stop, &views[side]));
}

/* The same as streams, with buffers in a context that can free. */
static StreamScratch *
open_expanded_streams(SampleState *state, MemoryContext context, SampleStream *streams)
{
	StreamScratch *scratch;

	sort_on_threads(state);
	scratch = MemoryContextAlloc(context, sizeof(*scratch));
	arena_init(&scratch->arena, sample_arena_source(context), settings_max_memory());
	scratch->stop = sample_stop();
	for (int side = 0; side < state->type->n_sides; side++)
		check_sample_status(sample_stream_open(&state->sides[side].sample, &scratch->arena,
											   &scratch->stop, &streams[side]));
	return scratch;
}

/* Give the buffers back before their context does. */
static void
close_streams(StreamScratch *scratch)
{
	arena_free(&scratch->arena);
	pfree(scratch);
}

const SampleParameter *
sample_state_open(Datum value, const SampleStateType *type, SampleView *views)
{
	SampleState *state;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return sample_flat_open(value, type, views);
	state = expanded_state(value, type);
	open_expanded(state, views);
	return type->n_parameters == 0 ? NULL : state->parameters;
}

const SampleParameter *
sample_state_open_streams(Datum value, const SampleStateType *type, SampleStream *streams)
{
	SampleState *state;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return sample_flat_open_streams(value, type, streams);
	state = expanded_state(value, type);
	open_expanded_streams(state, CurrentMemoryContext, streams);
	return type->n_parameters == 0 ? NULL : state->parameters;
}

bool
sample_state_unsorted(Datum value, const SampleStateType *type, Sample **samples)
{
	SampleState *state;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return false;
	state = expanded_state(value, type);
	list_samples(state, samples);
	return is_worth_threads(state);
}

const SampleParameter *
sample_state_parameters(Datum value, const SampleStateType *type)
{
	return expanded_state(value, type)->parameters;
}

uint64
sample_state_n(Datum value, const SampleStateType *type, int side)
{
	SampleStream streams[SAMPLE_STATE_MAX_SIDES];

	if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return expanded_state(value, type)->sides[side].sample.n;
	sample_flat_open_streams(value, type, streams);
	return streams[side].n;
}

/* Add the samples of a value to those of an object. */
static void
add_streams(SampleState *state, SampleStream *streams)
{
	Stop stop = sample_stop();

	state->flat_size = 0;
	for (int side = 0; side < state->type->n_sides; side++)
		check_sample_status(sample_add_stream(&state->sides[side].sample, &streams[side], &stop));
}

/* Two parameter blocks must be one and the same. Looked at for every row: memcmp() would wait for words that
 * have just been stored to be read as longer ones. */
static inline void
check_parameters(const SampleStateType *type, const SampleParameter *held,
				 const SampleParameter *given)
{
	bool are_same = true;

	for (int i = 0; i < type->n_parameters; i++)
		are_same = are_same && held[i].integer == given[i].integer;
	if (!are_same)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("parameters of %s must be the same for all rows", type->name),
						errhint("Pass constants, or group by the columns they come from.")));
}

SampleState *
sample_state_for_update(FunctionCallInfo fcinfo, const SampleStateType *type,
						const SampleParameter *parameters)
{
	MemoryContext aggregate;
	bool in_aggregate = AggCheckCallContext(fcinfo, &aggregate) != 0;
	MemoryContext parent = in_aggregate ? aggregate : CurrentMemoryContext;
	const SampleParameter *held;
	SampleStream streams[SAMPLE_STATE_MAX_SIDES];
	SampleState *state;
	Datum value;

	if (PG_ARGISNULL(0))
	{
		state = state_create(type, parameters, parent);
		state->is_passed_on = sample_loose_is_passed_on(fcinfo);
		return state;
	}
	value = PG_GETARG_DATUM(0);
	if (in_aggregate && VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(value)))
	{
		state = expanded_state(value, type);
		check_parameters(type, state->parameters, parameters);
		set_limits(state);
		return state;
	}
	held = sample_state_open_streams(value, type, streams);
	check_parameters(type, held, parameters);
	state = state_create(type, parameters, parent);
	add_streams(state, streams);
	return state;
}

Datum
sample_state_datum(SampleState *state)
{
	return EOHPGetRWDatum(&state->header);
}

Datum
sample_state_final(FunctionCallInfo fcinfo, const SampleStateType *type)
{
	Datum value = PG_GETARG_DATUM(0);
	struct varlena *pointer;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)) ||
		AggCheckCallContext(fcinfo, NULL) != AGG_CONTEXT_AGGREGATE)
		return value;
	pointer = palloc(EXPANDED_POINTER_SIZE);
	memcpy(pointer, DatumGetPointer(EOHPGetRODatum(DatumGetEOHP(value))), EXPANDED_POINTER_SIZE);
	return PointerGetDatum(pointer);
}

Datum
sample_state_unchanged(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return PG_GETARG_DATUM(0);
}

void
sample_state_add_float8(SampleState *state, int side, float8 value)
{
	Sample *sample = &state->sides[side].sample;
	Stop stop;

	state->flat_size = 0;
	/* Nearly all rows of a table of distinct numbers end here. */
	if (sample_try_add(sample, value))
	{
		look_ahead(state, side);
		return;
	}
	stop = sample_stop();
	check_sample_status(sample_add(sample, value, &stop));
}

void
sample_state_add_array(SampleState *state, int side, Datum array)
{
	ArrayElements elements = array_elements(array_detoast(array));
	Sample *sample = &state->sides[side].sample;
	Stop stop = sample_stop();
	SdqStatus status = sdq_ok();

	state->flat_size = 0;
	switch (elements.type)
	{
		case INT2OID:
			status = sample_add_int16(sample, elements.data, elements.n_present, &stop);
			break;
		case INT4OID:
			status = sample_add_int32(sample, elements.data, elements.n_present, &stop);
			break;
		case FLOAT4OID:
			status = sample_add_float(sample, elements.data, elements.n_present, &stop);
			break;
		case FLOAT8OID:
			status = sample_add_double(sample, elements.data, elements.n_present, &stop);
			break;
		default: elog(ERROR, "unexpected array element type %u", elements.type);
	}
	check_sample_status(status);
	look_ahead(state, side);
}

/* Combine states of parallel processes that are still loose; NULL: argument 1 is not. */
static SampleState *
combine_loose(FunctionCallInfo fcinfo, const SampleStateType *type)
{
	Datum value = PG_GETARG_DATUM(1);
	Sample *samples[SAMPLE_STATE_MAX_SIDES];
	LooseState loose;
	SampleState *state;

	if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
	{
		SampleState *other = expanded_state(value, type);

		list_samples(other, samples);
		if (sample_loose_size(type, samples) == 0)
			return NULL;
		state = sample_state_for_update(fcinfo, type, other->parameters);
		for (int side = 0; side < type->n_sides; side++)
			sample_loose_add_sample(&state->sides[side].sample, samples[side]);
	}
	else
	{
		if (!sample_loose_open(PG_DETOAST_DATUM(value), type, &loose))
			return NULL;
		state = sample_state_for_update(fcinfo, type, loose.parameters);
		for (int side = 0; side < type->n_sides; side++)
			sample_loose_add(&state->sides[side].sample, loose.values[side], loose.n[side]);
	}
	state->flat_size = 0;
	return state;
}

Datum
sample_state_combine(FunctionCallInfo fcinfo, const SampleStateType *type)
{
	SampleStream streams[SAMPLE_STATE_MAX_SIDES];
	const SampleParameter *parameters;
	SampleState *state;

	if (PG_ARGISNULL(1))
		return sample_state_unchanged(fcinfo);
	if (sample_loose_is_combining(fcinfo))
	{
		state = combine_loose(fcinfo, type);
		if (state != NULL)
			return sample_state_datum(state);
	}
	parameters = sample_state_open_streams(PG_GETARG_DATUM(1), type, streams);
	state = sample_state_for_update(fcinfo, type, parameters);
	add_streams(state, streams);
	return sample_state_datum(state);
}

/* Method of the expanded object. Tuples are formed in contexts of any kind, also in those of a sort that
 * cannot free (since PostgreSQL 17): scratch is taken from the object's own. */
static Size
state_flat_size(ExpandedObjectHeader *header)
{
	SampleState *state = (SampleState *) header;
	SampleStream streams[SAMPLE_STATE_MAX_SIDES];
	Sample *samples[SAMPLE_STATE_MAX_SIDES];

	list_samples(state, samples);
	if (state->flat_size == 0 && state->is_passed_on)
		state->flat_size = sample_loose_size(state->type, samples);
	if (state->flat_size == 0)
	{
		StreamScratch *scratch = open_expanded_streams(state, header->eoh_context, streams);

		state->flat_size = sample_flat_size(state->type, streams);
		close_streams(scratch);
	}
	return state->flat_size;
}

/* Method of the expanded object. */
static void
state_flatten(ExpandedObjectHeader *header, void *result, Size allocated_size)
{
	SampleState *state = (SampleState *) header;
	SampleStream streams[SAMPLE_STATE_MAX_SIDES];
	Sample *samples[SAMPLE_STATE_MAX_SIDES];
	StreamScratch *scratch;

	Assert(allocated_size == state->flat_size);
	list_samples(state, samples);
	if (state->is_passed_on && sample_loose_size(state->type, samples) > 0)
	{
		sample_loose_write(state->type, state->parameters, samples, result, allocated_size);
		return;
	}
	scratch = open_expanded_streams(state, header->eoh_context, streams);
	sample_flat_write(state->type, state->parameters, streams, result, allocated_size);
	close_streams(scratch);
}
