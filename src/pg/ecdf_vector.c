/*
 * ecdf_vector.c
 *		The object behind the type ecdf_vector, and its aggregates.
 *
 * The object lives in a memory context of its own, a child of the aggregate context, as
 * sample_state.c has it. What is folded into it is either a row or another vector in flat form.
 */
#include "pg/ecdf_vector.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/expandeddatum.h"
#include "utils/memutils.h"

#include "core/sample/vector.h"
#include "pg/array_reader.h"
#include "pg/errors.h"
#include "pg/sample_memory.h"
#include "pg/settings.h"

PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_add);
PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_combine);
PG_FUNCTION_INFO_V1(synthdq_ecdf_vector_final);

#define TYPE_NAME "ecdf_vector"

typedef struct VectorState
{
	ExpandedObjectHeader header;
	SampleMemory memory;
	Size flat_size; /* 0 = not known */
	SampleVector vector;
} VectorState;

static Size state_flat_size(ExpandedObjectHeader *header);
static void state_flatten(ExpandedObjectHeader *header, void *result, Size allocated_size);

static const ExpandedObjectMethods state_methods = {.get_flat_size = state_flat_size,
													.flatten_into = state_flatten};

/* A new object of no known length. */
static VectorState *
state_create(MemoryContext parent)
{
	MemoryContext context =
		AllocSetContextCreate(parent, "synthdq ecdf_vector", ALLOCSET_START_SMALL_SIZES);
	VectorState *state = MemoryContextAllocZero(context, sizeof(VectorState));

	EOH_init_header(&state->header, &state_methods, context);
	state->memory = sample_context_memory(context);
	vector_init(&state->vector, &state->memory);
	return state;
}

/* The object that an expanded Datum points to. */
static VectorState *
expanded_state(Datum value)
{
	ExpandedObjectHeader *header = DatumGetEOHP(value);

	/* Only a cast WITHOUT FUNCTION can bring anything else. */
	if (header->eoh_methods != &state_methods)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("argument is not a value of type %s", TYPE_NAME)));
	return (VectorState *) header;
}

char *
ecdf_vector_fault_detail(SdqStatus status)
{
	switch ((VectorFault) status.detail)
	{
		case VECTOR_BAD_VERSION: return psprintf("Format version %.0f is not known.", status.a);
		case VECTOR_BAD_FLAGS: return psprintf("Flags %.0f are not known.", status.a);
		case VECTOR_BAD_SIZE: return pstrdup("Its size and its number of entries do not agree.");
		case VECTOR_BAD_ENTRIES:
			return psprintf("The entries of position %lld cannot be read.",
							(long long) status.row + 1);
		case VECTOR_OK: break;
	}
	return pstrdup("Unknown fault.");
}

void
ecdf_vector_check(SdqStatus status)
{
	if (status.code == SDQ_BAD_DATA)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("stored value of type %s is damaged", TYPE_NAME),
						errdetail_internal("%s", ecdf_vector_fault_detail(status))));
	check_sample_status(status);
}

/* A vector's flat size, or an error if that is 1 GB or more. */
static Size
checked_size(SdqStatus status, size_t n_positions, size_t bytes)
{
	if ((status.code == SDQ_TOO_LARGE && status.b == (double) UINT32_MAX) ||
		(!sdq_failed(status) && !AllocSizeIsValid(bytes)))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("value of type %s with %zu positions exceeds the maximum size of 1 GB",
						TYPE_NAME, n_positions),
				 errhint("Use fewer rows per group or round the values; inside an aggregate, set "
						 "max_parallel_workers_per_gather to 0.")));
	ecdf_vector_check(status);
	return bytes;
}

/* Method of the expanded object. */
static Size
state_flat_size(ExpandedObjectHeader *header)
{
	VectorState *state = (VectorState *) header;

	if (state->flat_size == 0)
	{
		Stop stop = sample_stop();
		size_t bytes = 0;
		SdqStatus status = vector_measure(&state->vector, &stop, &bytes);

		state->flat_size = checked_size(status, state->vector.n_positions, bytes);
	}
	return state->flat_size;
}

/* Method of the expanded object. */
static void
state_flatten(ExpandedObjectHeader *header, void *result, Size allocated_size)
{
	VectorState *state = (VectorState *) header;
	Stop stop = sample_stop();

	Assert(allocated_size == state->flat_size);
	check_sample_status(vector_write(&state->vector, &stop, result));
	SET_VARSIZE(result, allocated_size);
}

void
ecdf_vector_open(Datum value, VectorView *view)
{
	struct varlena *flat;

	if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
	{
		VectorState *state = expanded_state(value);
		Size bytes = EOH_get_flat_size(&state->header);

		flat = palloc(bytes);
		EOH_flatten_into(&state->header, flat, bytes);
	}
	else
		flat = PG_DETOAST_DATUM(value);
	ecdf_vector_check(vector_open(flat, VARSIZE(flat), view));
}

struct varlena *
ecdf_vector_make(const SampleView *samples, size_t n_positions)
{
	Stop stop = sample_stop();
	SdqStatus status = sdq_ok();
	size_t entry_bytes = 0;
	size_t bytes = 0;
	VectorWriter writer;
	struct varlena *flat;

	for (size_t i = 0; i < n_positions && !sdq_failed(status); i++)
	{
		SampleStream stream = sample_stream_of_view(&samples[i]);
		size_t n_distinct;
		size_t n_bytes;

		status = entry_list_measure(&stream, &stop, &n_distinct, &n_bytes);
		/* What is in memory is far from overflow. */
		entry_bytes += sdq_failed(status) ? 0 : n_bytes;
	}
	if (!sdq_failed(status) && !vector_flat_size(n_positions, entry_bytes, &bytes))
		status = sdq_error(SDQ_TOO_LARGE, (double) entry_bytes, (double) UINT32_MAX);
	bytes = checked_size(status, n_positions, bytes);
	flat = palloc(bytes);
	writer = vector_write_begin(flat, n_positions);
	for (size_t i = 0; i < n_positions; i++)
		check_sample_status(vector_write_position(&writer, &samples[i], &stop));
	SET_VARSIZE(flat, bytes);
	return flat;
}

/* Rows and vectors that are folded into a vector must have its length, which the first one sets. */
static void
check_shape(SampleVector *vector, size_t n_positions, const char *what, const char *parts)
{
	if (!vector->has_shape)
		check_status(vector_set_shape(vector, n_positions));
	else if (vector->n_positions != n_positions)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("%s has %zu %s, but what came before it has %zu", what, n_positions, parts,
						vector->n_positions),
				 errhint("All rows of an %s must have the same length; ecdf() has no such rule.",
						 TYPE_NAME)));
}

/* Fold a flat vector into an object. */
static void
add_flat(VectorState *state, const VectorView *view)
{
	Stop stop = sample_stop();

	state->flat_size = 0;
	check_shape(&state->vector, view->n_positions, "vector", "positions");
	ecdf_vector_check(vector_add_flat(&state->vector, view, &stop));
}

/* Argument 0 as an object that may be changed in place; an empty one if it is NULL. */
static VectorState *
state_for_update(FunctionCallInfo fcinfo)
{
	MemoryContext aggregate;
	bool in_aggregate = AggCheckCallContext(fcinfo, &aggregate) != 0;
	MemoryContext parent = in_aggregate ? aggregate : CurrentMemoryContext;
	VectorState *state;
	VectorView view;

	if (PG_ARGISNULL(0))
		return state_create(parent);
	if (in_aggregate && VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(PG_GETARG_DATUM(0))))
	{
		state = expanded_state(PG_GETARG_DATUM(0));
		state->memory.limit = settings_max_memory();
		return state;
	}
	ecdf_vector_open(PG_GETARG_DATUM(0), &view);
	state = state_create(parent);
	add_flat(state, &view);
	return state;
}

/* Argument 0 as it came. */
static Datum
state_unchanged(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return PG_GETARG_DATUM(0);
}

/* Add a row that lies there in its own type. */
static SdqStatus
add_elements(SampleVector *vector, const ArrayElements *elements, Stop *stop)
{
	switch (elements->type)
	{
		case INT2OID: return vector_add_int16(vector, elements->data, stop);
		case INT4OID: return vector_add_int32(vector, elements->data, stop);
		case FLOAT4OID: return vector_add_float(vector, elements->data, stop);
		case FLOAT8OID: return vector_add_double(vector, elements->data, stop);
		default: elog(ERROR, "unexpected array element type %u", elements->type);
	}
}

/* ecdf_vector_add(state, px array): transition function for all array types. */
Datum
synthdq_ecdf_vector_add(PG_FUNCTION_ARGS)
{
	Stop stop = sample_stop();
	ArrayType *array;
	ArrayElements elements;
	VectorState *state;
	SdqStatus status;

	if (PG_ARGISNULL(1))
		return state_unchanged(fcinfo);
	array = PG_GETARG_ARRAYTYPE_P(1);
	elements = array_elements(array);
	state = state_for_update(fcinfo);
	check_shape(&state->vector, elements.n, "array", "elements");
	state->flat_size = 0;
	if (elements.n_present == elements.n)
		status = add_elements(&state->vector, &elements, &stop);
	else
	{
		double *row = palloc_extended(elements.n * sizeof(double), MCXT_ALLOC_HUGE);

		array_read_doubles_or_nan(array, row);
		status = vector_add_double(&state->vector, row, &stop);
		pfree(row);
	}
	check_sample_status(status);
	return EOHPGetRWDatum(&state->header);
}

/* ecdf_vector_combine(state, ecdf_vector): combine function, and transition function of the union. */
Datum
synthdq_ecdf_vector_combine(PG_FUNCTION_ARGS)
{
	VectorState *state;
	VectorView view;

	if (PG_ARGISNULL(1))
		return state_unchanged(fcinfo);
	ecdf_vector_open(PG_GETARG_DATUM(1), &view);
	state = state_for_update(fcinfo);
	add_flat(state, &view);
	return EOHPGetRWDatum(&state->header);
}

/* ecdf_vector_final(state): the state itself; NULL if it has no positions. */
Datum
synthdq_ecdf_vector_final(PG_FUNCTION_ARGS)
{
	Datum value = PG_GETARG_DATUM(0);
	VectorView view;

	if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
	{
		if (expanded_state(value)->vector.n_positions == 0)
			PG_RETURN_NULL();
		return value;
	}
	ecdf_vector_open(value, &view);
	if (view.n_positions == 0)
		PG_RETURN_NULL();
	return value;
}
