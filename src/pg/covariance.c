/*
 * covariance.c
 *		The object behind the type covariance, and its aggregates.
 *
 * The object lives in a memory context of its own, a child of the aggregate context, and is charged
 * against synthdq.max_memory. What is folded into it is either a row or another covariance in flat form.
 */
#include "pg/covariance.h"

#include "fmgr.h"
#include "utils/array.h"
#include "utils/expandeddatum.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "pg/array_reader.h"
#include "pg/compat.h"
#include "pg/errors.h"
#include "pg/sample_memory.h"
#include "pg/settings.h"

PG_FUNCTION_INFO_V1(synthdq_covariance_add);
PG_FUNCTION_INFO_V1(synthdq_covariance_combine);

typedef struct CovarianceState
{
	ExpandedObjectHeader header;
	SampleMemory memory;
	CovarianceLayout layout; /* bytes = 0: not known */
	Covariance covariance;
} CovarianceState;

static Size state_flat_size(ExpandedObjectHeader *header);
static void state_flatten(ExpandedObjectHeader *header, void *result, Size allocated_size);

static const ExpandedObjectMethods state_methods = {.get_flat_size = state_flat_size,
													.flatten_into = state_flatten};

/* A new object of no known length. */
static CovarianceState *
state_create(MemoryContext parent)
{
	MemoryContext context =
		AllocSetContextCreate(parent, "synthdq covariance", ALLOCSET_SMALL_SIZES);
	CovarianceState *state = MemoryContextAllocZero(context, sizeof(CovarianceState));

	EOH_init_header(&state->header, &state_methods, context);
	state->memory = sample_context_memory(context);
	covariance_init(&state->covariance, &state->memory);
	return state;
}

/* The object that an expanded Datum points to. */
static CovarianceState *
expanded_state(Datum value)
{
	ExpandedObjectHeader *header = DatumGetEOHP(value);

	/* Only a cast WITHOUT FUNCTION can bring anything else. */
	if (header->eoh_methods != &state_methods)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("argument is not a value of type %s", COVARIANCE_NAME)));
	return (CovarianceState *) header;
}

char *
covariance_fault_detail(SdqStatus status)
{
	switch ((CovarianceFault) status.detail)
	{
		case COVARIANCE_BAD_VERSION: return psprintf("Format version %.0f is not known.", status.a);
		case COVARIANCE_BAD_SIZE: return pstrdup("Its size and its numbers do not agree.");
		case COVARIANCE_BAD_HEADER: return pstrdup("Its header cannot be read.");
		default: return pstrdup("Its sums are those of no rows.");
	}
}

void
covariance_check(SdqStatus status)
{
	if (status.code == SDQ_TOO_LARGE && status.b == (double) COVARIANCE_MAX_COLUMNS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("array of %.0f elements exceeds the limit of %.0f for type %s",
							   status.a, status.b, COVARIANCE_NAME),
						errhint("Use fewer columns, for example a smaller picture.")));
	if (status.code != SDQ_BAD_DATA)
	{
		check_status(status);
		return;
	}
	switch ((CovarianceFault) status.detail)
	{
		case COVARIANCE_NOT_FINITE:
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("array has %s at position %.0f", float8out_internal(status.b),
								   status.a),
							errhint("Exclude the row, or replace the value.")));
			break;
		case COVARIANCE_LENGTH:
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("array has %.0f elements, but what came before it has %.0f",
								   status.a, status.b),
							errhint("All arrays of one %s must have the same number of elements.",
									COVARIANCE_NAME)));
			break;
		case COVARIANCE_EMPTY:
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("array has no elements"),
							errhint("Exclude the row.")));
			break;
		case COVARIANCE_OVERFLOW:
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("a covariance is out of range for type double precision"),
							errhint("Scale the data, for example by dividing each column by its "
									"largest magnitude.")));
			break;
		default:
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
							errmsg("stored value of type %s is damaged", COVARIANCE_NAME),
							errdetail_internal("%s", covariance_fault_detail(status))));
	}
}

/* Bring an object into the form that is read. */
static void
settle(CovarianceState *state)
{
	Stop stop = sample_stop();

	covariance_check(covariance_settle(&state->covariance, &stop));
}

/* Method of the expanded object. */
static Size
state_flat_size(ExpandedObjectHeader *header)
{
	CovarianceState *state = (CovarianceState *) header;
	Stop stop = sample_stop();

	if (state->layout.bytes != 0)
		return state->layout.bytes;
	settle(state);
	covariance_check(covariance_measure(&state->covariance, &stop, &state->layout));
	if (!AllocSizeIsValid(state->layout.bytes))
	{
		state->layout.bytes = 0;
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("value of type %s with %zu positions exceeds the maximum size of 1 GB",
						COVARIANCE_NAME, state->covariance.d),
				 errhint("Round the values to fewer digits or use fewer columns; inside an "
						 "aggregate, set max_parallel_workers_per_gather to 0.")));
	}
	return state->layout.bytes;
}

/* Method of the expanded object. */
static void
state_flatten(ExpandedObjectHeader *header, void *result, Size allocated_size)
{
	CovarianceState *state = (CovarianceState *) header;
	Stop stop = sample_stop();

	Assert(allocated_size == state->layout.bytes);
	covariance_check(covariance_write(&state->covariance, &state->layout, &stop, result));
	SET_VARSIZE(result, allocated_size);
}

struct varlena *
covariance_value_flat(Datum value)
{
	struct varlena *flat;
	Size bytes;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return PG_DETOAST_DATUM(value);
	bytes = EOH_get_flat_size(&expanded_state(value)->header);
	flat = palloc(bytes);
	EOH_flatten_into(DatumGetEOHP(value), flat, bytes);
	return flat;
}

/* Fold a flat covariance into an object. */
static void
add_flat(CovarianceState *state, const struct varlena *flat)
{
	Stop stop = sample_stop();
	CovarianceView view;

	state->layout.bytes = 0;
	covariance_check(covariance_open(flat, VARSIZE(flat), &stop, &view));
	covariance_check(covariance_merge(&state->covariance, &view, &stop));
}

const Covariance *
covariance_value_open(Datum value)
{
	CovarianceState *state;

	if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
	{
		state = expanded_state(value);
		settle(state);
	}
	else
	{
		state = state_create(CurrentMemoryContext);
		add_flat(state, covariance_value_flat(value));
	}
	return &state->covariance;
}

/* Argument 0 as an object that may be changed in place; an empty one if it is NULL. */
static CovarianceState *
state_for_update(FunctionCallInfo fcinfo)
{
	MemoryContext aggregate;
	bool in_aggregate = AggCheckCallContext(fcinfo, &aggregate) != 0;
	MemoryContext parent = in_aggregate ? aggregate : CurrentMemoryContext;
	CovarianceState *state;

	if (!PG_ARGISNULL(0) && in_aggregate &&
		VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(PG_GETARG_DATUM(0))))
	{
		state = expanded_state(PG_GETARG_DATUM(0));
		state->memory.limit = settings_max_memory();
		return state;
	}
	state = state_create(parent);
	if (!PG_ARGISNULL(0))
		add_flat(state, covariance_value_flat(PG_GETARG_DATUM(0)));
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

/* Refuse an array with a NULL element. */
static void
check_no_nulls(ArrayType *array, const ArrayElements *elements)
{
	const bits8 *bitmap = ARR_NULLBITMAP(array);
	size_t i = 0;

	if (elements->n_present == elements->n)
		return;
	while ((bitmap[i / 8] >> (i % 8)) & 1)
		i++;
	ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("array has a null element at position %zu", i + 1),
					errhint("Exclude the row, or replace the element.")));
}

/* covariance_add(state, px array): transition function for all array types. */
Datum
synthdq_covariance_add(PG_FUNCTION_ARGS)
{
	Stop stop = sample_stop();
	ArrayType *array;
	ArrayElements elements;
	CovarianceState *state;
	double *row;

	if (PG_ARGISNULL(1))
		return state_unchanged(fcinfo);
	array = PG_GETARG_ARRAYTYPE_P(1);
	elements = array_elements(array);
	check_no_nulls(array, &elements);
	state = state_for_update(fcinfo);
	state->layout.bytes = 0;
	covariance_check(covariance_next_row(&state->covariance, elements.n, &stop, &row));
	array_read_doubles(&elements, row);
	covariance_check(covariance_take_row(&state->covariance));
	return EOHPGetRWDatum(&state->header);
}

/* covariance_combine(state, covariance): combine function, and transition function of the union. */
Datum
synthdq_covariance_combine(PG_FUNCTION_ARGS)
{
	struct varlena *flat;
	CovarianceState *state;

	if (PG_ARGISNULL(1))
		return state_unchanged(fcinfo);
	flat = covariance_value_flat(PG_GETARG_DATUM(1));
	state = state_for_update(fcinfo);
	add_flat(state, flat);
	return EOHPGetRWDatum(&state->header);
}
