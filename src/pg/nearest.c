/*
 * nearest.c
 *		nearest(px, reference, k): the rows of a query that are nearest to one array.
 *
 * The rows pass by one after the other; only the nearest k so far are kept, in ascending order of
 * (distance, id). A row that is nearer than the last of them is put into its place. Distances are
 * those of knn(), bit for bit.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include <math.h>

#include "core/matrix/distance.h"
#include "pg/arguments.h"
#include "pg/array_reader.h"
#include "pg/computation.h"
#include "pg/errors.h"
#include "pg/id_order.h"
#include "pg/query_reader.h"
#include "pg/result.h"

/* Arguments of the form without id_type. */
#define NEAREST_ARGUMENTS 3

#define INITIAL_NEIGHBORS 64

PG_FUNCTION_INFO_V1(synthdq_nearest);

typedef struct NearRow
{
	double distance2;
	Datum id; /* a copy */
} NearRow;

typedef struct NearestCall
{
	Computation *computation;
	const double *px; /* [d] */
	double *row;      /* [d] the row that passes by */
	size_t d;
	size_t k;
	int16 id_length; /* typlen and typbyval */
	bool id_by_value;
	IdOrder order;
	size_t rows_seen;
	size_t count; /* kept, at most k */
	size_t capacity;
	NearRow *kept; /* [capacity] ascending */
} NearestCall;

/* Does the row come before one that is kept? */
static bool
is_before(const NearestCall *call, double distance2, Datum id, const NearRow *kept)
{
	if (distance2 != kept->distance2)
		return distance2 < kept->distance2;
	return id_compare(&call->order, id, kept->id) < 0;
}

/* Room for one more. */
static void
grow(NearestCall *call)
{
	size_t capacity = call->capacity == 0 ? INITIAL_NEIGHBORS : 2 * call->capacity;

	/* k is less than 2^31. */
	check_status(arena_check(&call->computation->arena, capacity * sizeof(NearRow)));
	call->kept = call->kept == NULL ? palloc(capacity * sizeof(NearRow))
									: repalloc_huge(call->kept, capacity * sizeof(NearRow));
	call->capacity = capacity;
}

/* Put a row into its place; the last one of k has to go. */
static void
keep(NearestCall *call, double distance2, Datum id)
{
	MemoryContext caller = MemoryContextSwitchTo(call->computation->context);
	size_t low = 0;
	size_t high = call->count;

	while (low < high)
	{
		size_t middle = (low + high) / 2;

		if (is_before(call, distance2, id, &call->kept[middle]))
			high = middle;
		else
			low = middle + 1;
	}
	if (call->count == call->k)
	{
		if (!call->id_by_value)
			pfree(DatumGetPointer(call->kept[call->k - 1].id));
		call->count--;
	}
	else if (call->count == call->capacity)
		grow(call);
	memmove(call->kept + low + 1, call->kept + low, (call->count - low) * sizeof(NearRow));
	call->kept[low].distance2 = distance2;
	call->kept[low].id = datumCopy(id, call->id_by_value, call->id_length);
	call->count++;
	MemoryContextSwitchTo(caller);
}

/* Visitor: measure a row. */
static SdqStatus
visit(void *argument, const ArrayElements *row, Datum id)
{
	NearestCall *call = argument;
	double distance2;

	if (row->n != call->d)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("argument \"px\" has %zu elements, but a row of the reference has %zu",
						call->d, row->n),
				 errhint("Rows of the reference must have as many elements as the array.")));
	array_read_doubles(row, call->row);
	for (size_t j = 0; j < call->d; j++)
		if (!isfinite(call->row[j]))
			return sdq_bad_data(ROW_NOT_FINITE, (int64) call->rows_seen, (double) j + 1,
								call->row[j]);
	call->rows_seen++;
	distance2 = double_distance2(call->px, call->row, call->d);
	if (call->count < call->k || is_before(call, distance2, id, &call->kept[call->count - 1]))
		keep(call, distance2, id);
	return sdq_ok();
}

/* The array to look for. */
static void
read_px(NearestCall *call, ArrayType *array)
{
	call->d = array_elements(array).n;
	if (call->d == 0)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("argument \"px\" is an empty array")));
	call->px = array_read_vector(array, "px");
	call->row = palloc_extended(call->d * sizeof(double), MCXT_ALLOC_HUGE);
}

/* nearest([id_type,] px, reference, k) */
Datum
synthdq_nearest(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int first = argument_skip_id_type(fcinfo, NEAREST_ARGUMENTS, &id_type);
	ResultSet set = result_set_begin(fcinfo);
	const char *reference = argument_text(fcinfo, first + 1, "reference");
	NearestCall call = {.k = argument_k(fcinfo, first + 2)};
	MemoryContext caller;

	/* Like a row of a query whose array is NULL. */
	if (PG_ARGISNULL(first))
		return (Datum) 0;
	call.computation = computation_begin();
	call.order = id_order(id_type);
	get_typlenbyval(id_type, &call.id_length, &call.id_by_value);
	caller = MemoryContextSwitchTo(call.computation->context);
	read_px(&call, PG_GETARG_ARRAYTYPE_P(first));
	MemoryContextSwitchTo(caller);
	query_visit_rows(call.computation, reference, id_type, visit, &call);
	if (call.rows_seen > 0 && call.k > call.rows_seen)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"k\" is %zu, but the largest possible number of neighbors "
						"is %zu",
						call.k, call.rows_seen),
				 errhint("Choose k between 1 and %zu.", call.rows_seen)));
	for (size_t i = 0; i < call.count; i++)
	{
		Datum values[3] = {Int32GetDatum((int32) i + 1), call.kept[i].id,
						   Float8GetDatum(sqrt(call.kept[i].distance2))};
		bool nulls[3] = {false};

		result_set_put(&set, values, nulls);
	}
	computation_end(call.computation);
	return (Datum) 0;
}
